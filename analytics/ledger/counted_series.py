"""Of which touches counts are."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from analytics.ledger.message_series import series_of_messages
from analytics.ledger.series import Series
from analytics.metrics import Counted
from analytics.questions.fields import Field
from analytics.questions.slices import Slice


def counted_series(
    counted: Collection[Counted],
    part: Slice,
    conversion_types: Sequence[str],
    by: Field | None = None,
    within: timedelta | None = None,
) -> Mapping[Counted, Sequence[Series]]:
    """For each of what is counted, but for enrollments, the part of it that is meant, told with the values of `by`; of
    statuses those that messages reached within a time after their creation."""
    where, types = part.where.events, dict.fromkeys(conversion_types)
    every: dict[Counted, Sequence[Series]] = {
        Counted.CONTACTS: [Series.SIGNUPS],
        Counted.EVENTS: [Series("events", None, where, by)],
        Counted.CONVERSIONS: [Series.of_type(name, where, by) for name in types],
    }
    of_messages = series_of_messages(counted, part, by, within)
    every |= {each: [of_kind] for each, of_kind in of_messages.items()}
    return {each: every[each] for each in counted if each in every}
