"""A slice as a condition on rows that have a campaign, a channel and a variant, as messages and counts do."""

from django.db.models import Q

from analytics.questions.slices import Slice

NO_CAMPAIGN = 0
"""The campaign of a count that belongs to none."""


def in_slice(part: Slice, prefix: str = "") -> Q:
    """`prefix` leads from the rows to what has the fields."""
    condition = Q()
    for name in ("campaign_id", "channel", "variant_id"):
        value = getattr(part, name)
        if value is not None:
            condition &= Q(**{f"{prefix}{name}": value})
    if part.without_campaigns:
        condition &= ~Q(**{f"{prefix}campaign_id__in": [NO_CAMPAIGN, *part.without_campaigns]})
    return condition
