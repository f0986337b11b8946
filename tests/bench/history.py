"""A made-up history: N events over 90 days, N/20 people of whom few do much, N/5 messages; the same for a seed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

DAYS = 90
TYPES = [
    "page_view",
    "product_view",
    "search",
    "add_to_cart",
    "signup",
    "checkout",
    "share",
    "review",
    "purchase",
    "refund",
]
TYPE_WEIGHTS = np.array([38, 20, 12, 9, 5, 5, 4, 3, 3, 1]) / 100
TRIPLES = [(f"source{s}", f"medium{m}", f"campaign{c}") for s in range(12) for m in range(4) for c in range(5)]
CHANNELS = ["EMAIL", "SMS", "PUSH", "IN_APP"]
CAMPAIGNS = 40
STATUSES = {"sent": 0.98, "delivered": 0.96, "opened": 0.35, "clicked": 0.1, "bounced": 0.02, "failed": 0.01}
Array = NDArray[Any]


@dataclass(frozen=True)
class History:
    """Parallel arrays; instants are in milliseconds since 1970, -1 for never."""

    end: datetime
    event_at: Array
    event_person: Array
    event_type: Array
    event_triple: Array
    """-1 for none"""
    signup_at: Array
    identified_at: Array
    """Until when a person's events come by their device alone; 0 for those who were known from the start."""
    message_person: Array
    message_campaign: Array
    message_created: Array
    message_reached: dict[str, Array]

    @property
    def people(self) -> int:
        return len(self.signup_at)


def history(events: int, *, end: datetime, days: int = DAYS, seed: int = 1) -> History:
    rng = np.random.default_rng(seed)
    people, messages = max(events // 20, 10), events // 5
    stop = int(end.timestamp() * 1000)
    start = stop - days * 86_400_000

    def instants(n: int) -> Array:
        return np.sort(rng.integers(start, stop, n))

    created = instants(messages)
    reached = {}
    before = created
    for status, share in STATUSES.items():
        after = before if status in ("sent", "delivered") else reached["delivered"]
        at = after + rng.integers(1_000, 6 * 3_600_000 if status in ("opened", "clicked") else 60_000, messages)
        if status == "clicked":
            at = np.maximum(at, reached["opened"] + 1_000)
            share /= STATUSES["opened"]
        happens = (rng.random(messages) < share) & (at < stop)
        if status == "clicked":
            happens &= reached["opened"] >= 0
        reached[status] = np.where(happens, at, -1)
        before = np.where(happens, at, before)
    return History(
        end=end,
        event_at=instants(events),
        event_person=(people * rng.random(events) ** 3).astype(np.int64),
        event_type=rng.choice(len(TYPES), events, p=TYPE_WEIGHTS),
        event_triple=np.where(rng.random(events) < 0.3, rng.integers(0, len(TRIPLES), events), -1),
        signup_at=rng.integers(start, stop, people),
        identified_at=np.where(rng.random(people) < 0.25, rng.integers(start, stop, people), 0),
        message_person=(people * rng.random(messages) ** 2).astype(np.int64),
        message_campaign=rng.integers(0, CAMPAIGNS, messages),
        message_created=created,
        message_reached=reached,
    )


def iso(milliseconds: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)).isoformat()
