"""What can be asked of the ledger, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray


class Counted(StrEnum):
    """What is counted, each on one local day: that of the event, the signup, the message's creation, the first open
    or click, or the enrolment's begin."""

    EVENTS = "events"
    CONTACTS = "contacts"
    MESSAGES = "messages"
    SENT = "sent"
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    BOUNCED = "bounced"
    FAILED = "failed"
    OPENS = "opens"
    CLICKS = "clicks"
    ENROLMENTS = "enrolments"
    ENROLMENTS_ACTIVE = "enrolments_active"
    ENROLMENTS_COMPLETED = "enrolments_completed"


class Dimension(StrEnum):
    """What counts can be split by: only messages have a channel and a variant, they and enrolments a campaign."""

    DAY = "day"
    CAMPAIGN = "campaign_id"
    CHANNEL = "channel"
    VARIANT = "variant_id"


DimensionValue = date | str | int | None


@dataclass(frozen=True)
class Counts:
    """Numbers by what was counted and by the values of the dimensions asked for, in their order; zeros left out.

    `through` is the receive time of the newest fact counted, None if none was.
    """

    by_key: Mapping[tuple[Counted, *tuple[DimensionValue, ...]], int]
    through: datetime | None

    def of(self, counted: Counted, *dimensions: DimensionValue) -> int:
        return self.by_key.get((counted, *dimensions), 0)


@dataclass(frozen=True)
class Series:
    """A kind of touch: events (of one type, or any), attributed events, signups, first opens, first clicks."""

    name: str
    event_type: str | None = None

    EVENTS: ClassVar["Series"]
    ATTRIBUTED: ClassVar["Series"]
    SIGNUPS: ClassVar["Series"]
    OPENS: ClassVar["Series"]
    CLICKS: ClassVar["Series"]

    @classmethod
    def of_type(cls, event_type: str) -> "Series":
        return cls("events", event_type)


Series.EVENTS = Series("events")
Series.ATTRIBUTED = Series("attributed")
Series.SIGNUPS = Series("signups")
Series.OPENS = Series("opens")
Series.CLICKS = Series("clicks")


@dataclass(frozen=True, eq=False)
class Touches:
    """Parallel arrays, in no order: who (numbers after joining), when (microseconds since 1970), and for attributed
    events the id of the UTM triple (elsewhere empty)."""

    people: NDArray[np.int32]
    at: NDArray[np.int64]
    utm: NDArray[np.int32]

    @classmethod
    def joined(cls, parts: list["Touches"]) -> "Touches":
        """All of them as one."""
        if not parts:
            return cls(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int32))
        return cls(
            np.concatenate([part.people for part in parts]),
            np.concatenate([part.at for part in parts]),
            np.concatenate([part.utm for part in parts]),
        )
