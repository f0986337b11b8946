"""Messages as touches: on the day of their creation, a row for each and for each status that it has reached; and first
opens and clicks, on theirs. Beside who and when, all have campaign, channel and variant.

Who has reached a status has so some time after the creation, which is a column. So what was reached on some days lies
in the packs of these days and of few before them; what was reached later than that, or before the creation, lies in
packs of its own besides (`PackKind.LATE_ACT`), on the day of the creation as well.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.channels import Channel
from analytics.ledger.codecs import FactColumn, NumberColumn, ValueColumn
from analytics.ledger.columns import Columns
from analytics.ledger.packs import Rows, Segment
from analytics.models import PackKind
from analytics.periods import Window, microseconds, start_of_day

AFTER = "after"
"""The column of how many seconds after its creation a message reached the status; others are called by the fields that
they have."""
NEAR_DAYS = 7
"""What was reached on the day of creation, or so many days after it, is not late."""
CHANNELS_BY_CODE = (None, *Channel.values)
CODE_OF_CHANNEL = {name: code for code, name in enumerate(CHANNELS_BY_CODE)}
MICROSECOND = timedelta(microseconds=1)
_UNITS = ((1_000_000, 0), (1_000, 3), (1, 6))
"""In microseconds, with their decimal places of a second."""


class MessageTouch(NamedTuple):
    """Who, how many microseconds after the local day began, and of what message: a variant of 0 is none.

    Of a status also how many microseconds `after` the creation it was reached.
    """

    person: int
    since_midnight: int
    campaign: int
    channel: str
    variant: int
    after: int | None = None

    def reaching(self, at: datetime, created_at: datetime) -> "MessageTouch":
        """The same message's, of a status that it reached at an instant."""
        return self._replace(after=(at - created_at) // MICROSECOND)


def rows_of_messages(touches: Sequence[MessageTouch]) -> Rows:
    """At least one, all of the same kind and status."""
    people, since_midnight, campaigns, channels, variants, after = zip(*touches, strict=True)
    return rows_of_arrays(
        np.array(people, np.int32),
        np.array(since_midnight, np.int64),
        np.array(campaigns, np.int64),
        np.array([*map(CODE_OF_CHANNEL.__getitem__, channels)], np.uint8),
        np.array(variants, np.int64),
        None if after[0] is None else np.array(after, np.int64),
    )


def rows_of_arrays(
    people: NDArray[np.int32],
    since_midnight: NDArray[np.int64],
    campaigns: NDArray[np.int64],
    channels: NDArray[np.uint8],
    variants: NDArray[np.int64],
    after: NDArray[np.int64] | None,
) -> Rows:
    """The same of parallel arrays, channels by their codes."""
    columns: dict[str, FactColumn] = {
        "campaign": NumberColumn(campaigns, campaigns > 0, 0),
        "channel": ValueColumn(channels, CHANNELS_BY_CODE),
        "variant": NumberColumn(variants, variants > 0, 0),
    }
    if after is not None:
        columns[AFTER] = _seconds(after)
    return Rows(since_midnight, people, np.zeros(len(people), np.int32), Columns(len(people), columns))


def _seconds(microseconds: NDArray[np.int64]) -> NumberColumn:
    unit, places = next(each for each in _UNITS if not (microseconds % each[0]).any())
    return NumberColumn(microseconds // unit, np.ones(len(microseconds), np.bool_), places)


def acts_inside(kind: PackKind, day: date, segment: Segment | Rows, window: Window) -> Rows:
    """Of messages created on a day that reached a status, those that did so in the window. Their time is that of the
    act, since the first day began.

    Of a pack of all of them, those that are late are left out: they lie in a pack of their own. Raises LookupError
    where the segment does not say when.
    """
    after = segment.columns[AFTER]
    if not isinstance(after, NumberColumn):
        raise LookupError(AFTER)
    begins = microseconds(start_of_day(day, window.zone))
    at = begins + segment.since_midnight + after.numbers * 10 ** (6 - after.places)
    starts, ends = window.bounds
    if kind == PackKind.MESSAGE:
        starts, ends = max(starts, begins), min(ends, microseconds(start_of_day(near_end(day), window.zone)))
    inside = (at >= starts) & (at < ends)
    if inside.all():
        return Rows(at - window.day_starts[0], segment.people, segment.values, segment.columns)
    return replace(segment.at(inside), since_midnight=at[inside] - window.day_starts[0])


def soon_reached(segment: Segment | Rows, time: timedelta) -> Segment | Rows:
    """Of messages that reached a status, those that did so within a time after their creation. Raises LookupError where
    the segment does not say when."""
    after = segment.columns[AFTER]
    if not isinstance(after, NumberColumn):
        raise LookupError(AFTER)
    return segment.at(after.numbers * 10 ** (6 - after.places) <= time // MICROSECOND)


def near_end(day: date) -> date:
    """The first day on which it is late for messages that were created on a day."""
    return day + timedelta(days=NEAR_DAYS + 1)
