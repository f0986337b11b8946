"""What calls are read with, and what every format does alike: whose clock counts, and how JSON is kept."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from analytics.ingest import fields
from analytics.ingest.formats.made_ids import MadeIds
from analytics.ingest.ip_addresses import may_name_ips, without_ips
from analytics.ingest.outcome import ItemWarnings, Outcome
from analytics.ingest.senders import Sender
from analytics.periods import microseconds

SMALLEST_SKEW = timedelta(seconds=5)
_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


@dataclass(frozen=True)
class Reading:
    """What the items of a batch are read with. `skew` is how far the batch says that the sender's clock is behind."""

    workspace_id: int
    received_at: datetime
    sender: Sender
    skew: timedelta | None = None
    made_ids: MadeIds = field(default_factory=MadeIds)

    @property
    def space(self) -> tuple[str, ...]:
        """In which ids count: what anybody may send shall not take the place of what others will."""
        return () if self.sender.browser_key is None else ("browsers",)

    @property
    def of_key(self) -> tuple[int, int] | None:
        """As `Word.of_key`."""
        key = self.sender.browser_key
        return None if key is None else (key, microseconds(self.received_at))

    @classmethod
    def of_batch(
        cls,
        workspace_id: int,
        received_at: datetime,
        sent_at: object,
        items: Sequence[object],
        outcome: Outcome,
        sender: Sender,
    ) -> "Reading":
        """If its instant of sending cannot be read, the first item is warned of it."""
        warnings = ItemWarnings()
        sent = warnings.optional(fields.instant, {"sentAt": sent_at}, "sentAt")
        if warnings.pending and items:
            outcome.warn(0, items[0], warnings)
        return cls(workspace_id, received_at, sender, None if sent is None else received_at - sent)


def corrected_instant(
    reading: Reading, item: dict[str, Any], stated_at: datetime | None, warnings: ItemWarnings
) -> datetime:
    """When it happened by our clock."""
    skew = reading.skew
    if "sentAt" in item and (sent_at := warnings.optional(fields.instant, item, "sentAt")) is not None:
        skew = reading.received_at - sent_at
    if stated_at is None:
        return reading.received_at
    occurred_at = stated_at
    if skew is not None and abs(skew) >= SMALLEST_SKEW and stated_at < fields.LATEST_INSTANT:
        occurred_at = stated_at + skew
        if occurred_at < fields.EARLIEST_INSTANT:
            warnings.add("invalid_sent_at", "By sentAt it happened before 1970. It is left out.")
            return stated_at
    if occurred_at > reading.received_at + fields.LONGEST_AHEAD:
        fields.warn_of_future("The event", warnings)
        return reading.received_at
    return occurred_at


def original_instant(stated_at: datetime | None, occurred_at: datetime) -> datetime | None:
    """The instant that the sender stated, where another one counts; else None."""
    return None if stated_at is None or stated_at == occurred_at or stated_at >= fields.LATEST_INSTANT else stated_at


def stored_json(value: dict[str, Any]) -> str:
    """As it is kept: without IP addresses."""
    if not value:
        return "{}"
    written = _encoded(value)
    return _encoded(without_ips(value)) if may_name_ips(written) else written
