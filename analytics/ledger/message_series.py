"""Of which touches counts of messages are."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

from analytics.ledger.series import Series
from analytics.metrics import OF_MESSAGES, STATUSES, Counted
from analytics.questions.fields import Field, field_of
from analytics.questions.filters import AllOf, Filter, Is, Not, all_of
from analytics.questions.slices import Slice

FIRST_ACTS = {Counted.OPENS: Series.OPENS, Counted.CLICKS: Series.CLICKS}


def series_of_messages(
    counted: Collection[Counted], part: Slice, by: Field | None = None, within: timedelta | None = None
) -> Mapping[Counted, Series]:
    """For each of what is counted of messages, the part of them that is meant, told with the values of `by`; of
    statuses those that were reached within a time after the creation."""
    where = all_of(part.where.messages, in_slice_of_messages(part))
    series = {each: replace(FIRST_ACTS[each], where=where, by=by) for each in counted if each in FIRST_ACTS}
    reached = {each: each.value if each in STATUSES else "" for each in counted if each in OF_MESSAGES}
    return series | {each: Series.of_messages(status, where, by, within) for each, status in reached.items()}


def in_slice_of_messages(part: Slice) -> AllOf:
    """A part's campaign, channel and variant as conditions on messages."""
    campaign, channel, variant = (field for name in ("campaign", "channel", "variant") if (field := field_of(name)))
    conditions: list[Filter] = []
    if part.campaign_id is not None:
        conditions.append(Is(campaign, (f"cmp_{part.campaign_id}",)))
    if part.channel is not None:
        conditions.append(Is(channel, (part.channel,)))
    if part.variant_id is not None:
        conditions.append(Is(variant, (str(part.variant_id),)))
    if part.without_campaigns:
        conditions.append(Not(Is(campaign, tuple(f"cmp_{pk}" for pk in part.without_campaigns))))
    return AllOf(tuple(conditions))
