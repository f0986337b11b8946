"""Campaigns that began, as marks on the charts and tables of days and hours."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import groupby

from analytics.periods import Bucket, buckets
from analytics.presentation.formats import short_name
from analytics.presentation.tables import Link, Mark
from analytics.questions.questions import Question
from analytics.reports.campaign_starts import CampaignStart

NEWEST_FIRST = Link("campaigns", {"sort": "-started"}, keeps_filters=False)


def campaign_marks(starts: Sequence[CampaignStart], question: Question) -> dict[Bucket, Mark]:
    """By the hour, day, week or month they began in; several there are one mark."""
    rows = buckets(question.window, question.interval)

    def row(start: CampaignStart) -> Bucket:
        if rows[0].hour:
            return rows[bisect_right(question.window.hours, start.at, key=lambda hour: hour.starts_at) - 1]
        return rows[bisect_right(rows, start.day, key=lambda bucket: bucket.first_day) - 1]

    return {bucket: _mark(list(begun)) for bucket, begun in groupby(starts, row)}


def _mark(begun: list[CampaignStart]) -> Mark:
    if len(begun) == 1:
        return Mark(short_name(begun[0].name), Link("campaign", {"campaign": begun[0].campaign_id}))
    return Mark(f"{len(begun)} campaigns", NEWEST_FIRST)
