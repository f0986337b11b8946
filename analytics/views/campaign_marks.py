"""Campaigns that began, as marks on the charts and tables of days."""

from bisect import bisect_right
from datetime import date
from itertools import groupby

from django.urls import reverse
from django.utils.text import Truncator

from analytics.periods import buckets
from analytics.presentation.tables import Mark
from analytics.questions.slices import EVERYTHING, Slice
from analytics.reports.campaign_starts import CampaignStart, campaign_starts
from analytics.views.page import Page
from analytics.views.room import NAME_CHARACTERS


def campaign_marks(page: Page, part: Slice = EVERYTHING) -> dict[date, Mark]:
    """By the first day of the day, week or month they began in; several there are one mark. One query."""
    starts = campaign_starts(page.workspace, page.window, now=page.now, part=part)
    first_days = [bucket.first_day for bucket in buckets(page.window, page.selection.interval)]
    together = groupby(starts, lambda start: first_days[bisect_right(first_days, start.day) - 1])
    return {first_day: _mark(page, list(begun)) for first_day, begun in together}


def _mark(page: Page, begun: list[CampaignStart]) -> Mark:
    if len(begun) == 1:
        name = Truncator(begun[0].name).chars(NAME_CHARACTERS)
        return Mark(name, page.address("campaign", campaign=begun[0].campaign_id))
    newest_first = f"{reverse('campaigns', args=[page.workspace.slug])}?sort=-started"
    return Mark(f"{len(begun)} campaigns", newest_first)
