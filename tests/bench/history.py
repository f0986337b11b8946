"""A made-up history: N events over 90 days, N/20 people of whom few do much, N/5 messages; the same for a seed.

Events have seven properties of 2 to 20,000 values and an amount; people have four attributes.
"""

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
PROPERTIES = {
    "device": 2,
    "plan": 4,
    "country": 40,
    "category": 100,
    "referrer": 500,
    "product": 5_000,
    "path": 20_000,
}
"""How many values each has; few of them are frequent."""
ATTRIBUTES = {"plan": 4, "country": 40, "segment": 12, "age": 60}
HIGHEST_AMOUNT = 50_000
"""In hundredths."""
CHANNELS = ["EMAIL", "SMS", "PUSH", "IN_APP"]
CAMPAIGNS = 40
NEEDS = {"delivered": "sent", "opened": "delivered", "clicked": "opened", "bounced": "sent", "failed": "sent"}
"""What a message has to have reached before: what implies another status would be counted otherwise than it is told."""
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
    event_properties: dict[str, Array]
    """By name, the number of each event's value."""
    event_amount: Array
    """In hundredths."""
    signup_at: Array
    identified_at: Array
    """Until when a person's events come by their device alone; 0 for those who were known from the start."""
    attributes: dict[str, Array]
    """By name, the number of each person's value."""
    message_person: Array
    message_campaign: Array
    message_created: Array
    message_reached: dict[str, Array]

    @property
    def people(self) -> int:
        return len(self.signup_at)


def history(
    events: int,
    *,
    end: datetime,
    days: int = DAYS,
    seed: int = 1,
    people: int | None = None,
    messages: int | None = None,
    skew: float = 3,
) -> History:
    """With a skew of 1 all people do about as much; of 3 the busiest of 500,000 does an eightieth of all."""
    rng = np.random.default_rng(seed)
    people = max(events // 20, 10) if people is None else people
    messages = events // 5 if messages is None else messages
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
        if status in NEEDS:
            happens &= reached[NEEDS[status]] >= 0
        reached[status] = np.where(happens, at, -1)
        before = np.where(happens, at, before)
    return History(
        end=end,
        event_at=instants(events),
        event_person=(people * rng.random(events) ** skew).astype(np.int64),
        event_type=rng.choice(len(TYPES), events, p=TYPE_WEIGHTS).astype(np.uint8),
        event_triple=np.where(rng.random(events) < 0.3, rng.integers(0, len(TRIPLES), events), -1),
        signup_at=rng.integers(start, stop, people),
        identified_at=np.where(rng.random(people) < 0.25, rng.integers(start, stop, people), 0),
        message_person=(people * rng.random(messages) ** 2).astype(np.int64),
        message_campaign=rng.integers(0, CAMPAIGNS, messages),
        message_created=created,
        message_reached=reached,
        **_values(rng, events, people),
    )


def _values(rng: np.random.Generator, events: int, people: int) -> dict[str, Any]:
    def codes(n: int, values: int) -> Array:
        return (values * rng.random(n, np.float32) ** 2).astype(np.uint16)

    return {
        "event_properties": {name: codes(events, values) for name, values in PROPERTIES.items()},
        "event_amount": rng.integers(100, HIGHEST_AMOUNT, events).astype(np.int32),
        "attributes": {name: codes(people, values) for name, values in ATTRIBUTES.items()},
    }


def value_name(name: str, code: int) -> str:
    """What a property or an attribute has: in the order of the numbers."""
    return f"/{name}s/{code:05}/page" if name == "path" else f"{name} {code:05}"


def iso(milliseconds: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)).isoformat()
