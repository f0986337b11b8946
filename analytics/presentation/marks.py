"""Campaigns that began, as marks on the charts and tables of days."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from itertools import groupby

from analytics.periods import buckets
from analytics.presentation.formats import short_name
from analytics.presentation.tables import Link, Mark
from analytics.questions.questions import Question
from analytics.reports.campaign_starts import CampaignStart

NEWEST_FIRST = Link("campaigns", {"sort": "-started"}, keeps_filters=False)


def campaign_marks(starts: Sequence[CampaignStart], question: Question) -> dict[date, Mark]:
    """By the first day of the day, week or month they began in; several there are one mark."""
    first_days = [bucket.first_day for bucket in buckets(question.window, question.interval)]
    together = groupby(starts, lambda start: first_days[bisect_right(first_days, start.day) - 1])
    return {first_day: _mark(list(begun)) for first_day, begun in together}


def _mark(begun: list[CampaignStart]) -> Mark:
    if len(begun) == 1:
        return Mark(short_name(begun[0].name), Link("campaign", {"campaign": begun[0].campaign_id}))
    return Mark(f"{len(begun)} campaigns", NEWEST_FIRST)
