"""What needs somebody's attention: what is over its limit, and not by chance, what has fallen silent, what was refused
and what has ended."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from django.db.models import Sum

from analytics.ledger import Source
from analytics.metrics import METRICS, Numbers, rate
from analytics.models import ABTest, Campaign, IngestRemark, RemarkKind
from analytics.periods import local_day
from analytics.questions.questions import Question, TrendsQuestion
from analytics.questions.slices import EVERYTHING
from analytics.questions.what_changed import WhatChangedQuestion
from analytics.reports.answers import Answer
from analytics.reports.campaigns.side_by_side import CampaignRow, CampaignsReport, campaigns
from analytics.reports.changes.period_facts import counts_of_period
from analytics.reports.emails.harm_limits import HARM_LIMITS, HarmLimit, HarmStatus, harm_status, least_harm
from analytics.reports.meta import Meta
from analytics.reports.trends import Trend, TrendsReport, compared_trends
from analytics.statistics import difference_interval

GREAT_FALL = 0.25
USUAL_GAPS, LEAST_GAPS = 3, 7
"""Silence is as long as so many usual gaps between days on which something came; fewer gaps say nothing of usual."""
MOST_ENDED = 5
"""So many tests and campaigns are told that have ended: the last ones."""
CLICK_RATE = "campaign_click_rate"
METRICS_LOOKED_AT = (CLICK_RATE, "events", "messages_total")


@dataclass(frozen=True)
class HighHarm:
    """A campaign that did more harm than the limit allows."""

    campaign: CampaignRow
    limit: HarmLimit

    @property
    def count(self) -> int:
        return self.campaign.numbers[METRICS[self.limit.metric].parts[0]]

    @property
    def base(self) -> int:
        return self.campaign.numbers[METRICS[self.limit.metric].parts[1]]

    @property
    def share(self) -> float:
        return rate(self.count, self.base)

    @property
    def excess(self) -> float:
        """How many times the limit it is at least."""
        return least_harm(self.limit, self.campaign.numbers) / self.limit.over


@dataclass(frozen=True)
class FallenClicks:
    """The click rate of delivered messages, which fell far below what it was `before`."""

    share: float
    before: float


@dataclass(frozen=True)
class Silence:
    """Nothing of a metric has come since a day, for much longer than it usually takes."""

    metric: str
    since: date


@dataclass(frozen=True)
class RejectedItems:
    """What senders sent and ingest refused."""

    count: int


@dataclass(frozen=True)
class EndedTest:
    test_id: str
    name: str
    day: date


@dataclass(frozen=True)
class EndedCampaign:
    campaign_id: str
    name: str
    day: date


Concern = HighHarm | FallenClicks | Silence | RejectedItems | EndedTest | EndedCampaign


@dataclass(frozen=True)
class AttentionReport:
    concerns: tuple[Concern, ...]
    meta: Meta


def attention_report(source: Source, question: Question) -> AttentionReport:
    """Of the question's days, and of what they are compared with. Source: the ledger's counts. Six queries."""
    trend = compared_trends(source, question.with_params(TrendsQuestion, metrics=METRICS_LOOKED_AT))
    return AttentionReport(concerns(source, trend, campaigns(source, question), question), trend.report.meta)


def concerns(
    source: Source, answer: Answer[TrendsReport], report: CampaignsReport, question: Question
) -> tuple[Concern, ...]:
    """A click rate that fell by a quarter, campaigns that do harm, the worst first, and, without conditions, what has
    fallen silent, was refused or has ended on the question's days.

    A rate is over its limit where the whole interval of 95 % is. Clicks are those within three days of a message's
    creation, of messages as old. Three queries, and two where clicks seem to have fallen.
    """
    harms = sorted(_harms(report), key=lambda each: -each.excess)
    found: list[Concern] = [*harms]
    if fall := _fallen_clicks(source, answer, question):
        found.insert(0, fall)
    if question.part != EVERYTHING:
        return tuple(found)
    silences = (_silence(answer.report.all, metric, question) for metric in ("events", "messages_total"))
    return (*found, *filter(None, silences), *_refusals(source, question), *_endings(source, question))


def _harms(report: CampaignsReport) -> Iterator[HighHarm]:
    for row in report.campaigns:
        for limit in HARM_LIMITS:
            if harm_status(limit, row.numbers) is HarmStatus.OVER:
                yield HighHarm(row, limit)


def _fallen_clicks(source: Source, answer: Answer[TrendsReport], question: Question) -> FallenClicks | None:
    """None where the click rate did not fall so far. Older messages have more late clicks: a fall is one at equal age,
    and is looked for there only where it seems to be one."""
    match = question.settled_match
    settled = match.windows if match else None
    if answer.complete is None or answer.compared is None or settled is None:
        return None
    totals = (each.all.total().compared_by(CLICK_RATE) for each in (answer.complete, answer.compared))
    if _fall(*totals) is None:
        return None
    asked = question.with_params(WhatChangedQuestion, metric=CLICK_RATE)
    parts = asked.part, asked.part_compared
    return _fall(
        *(
            counts_of_period(source, replace(asked.on(window), part=part), METRICS[CLICK_RATE].parts)
            for window, part in zip(settled, parts, strict=True)
        )
    )


def _fall(numbers: Numbers, before: Numbers) -> FallenClicks | None:
    delivered, delivered_before = numbers["delivered"], before["delivered"]
    clicked, clicked_before = numbers["clicked"], before["clicked"]
    least, _ = difference_interval(clicked_before, delivered_before, clicked, delivered)
    share, share_before = rate(clicked, delivered), rate(clicked_before, delivered_before)
    return FallenClicks(share, share_before) if least > GREAT_FALL * share_before else None


def _silence(trend: Trend, metric: str, question: Question) -> Silence | None:
    """Up to the last day that is over, where that is one of the last two: what lies far back is no news."""
    over = [(day, numbers[metric]) for day, numbers in trend.numbers_by_day if day < question.today]
    if not over or over[-1][0] < question.today - timedelta(days=1) or (trend.days[-1][metric] and question.is_running):
        return None
    busy = [day for day, number in over if number]
    gaps = [(later - earlier).days for earlier, later in pairwise(busy)]
    if len(gaps) < LEAST_GAPS:
        return None
    silent = (over[-1][0] - busy[-1]).days
    return Silence(metric, busy[-1]) if silent >= USUAL_GAPS * median(gaps) and silent >= max(gaps) else None


def _refusals(source: Source, question: Question) -> Iterator[RejectedItems]:
    window = question.window
    refused = IngestRemark.objects.filter(
        workspace_id=source.workspace.pk,
        kind=RemarkKind.REJECTED,
        received_at__gte=window.starts_at,
        received_at__lt=window.ends_at,
    )
    if total := refused.aggregate(total=Sum("count"))["total"]:
        yield RejectedItems(total)


def _endings(source: Source, question: Question) -> Sequence[EndedTest | EndedCampaign]:
    """Tests before campaigns, the last ended first."""
    window = question.window
    inside = {"ended_at__gte": window.starts_at, "ended_at__lt": window.ends_at, "ended_at__lte": question.now}

    def last(rows: type[ABTest] | type[Campaign]) -> list[tuple[int, str, date]]:
        ended = rows.objects.filter(workspace=source.workspace, **inside).order_by("-ended_at", "-pk")
        found = ended.values_list("pk", "name", "ended_at")[:MOST_ENDED]
        return [(pk, name, local_day(at, window.zone)) for pk, name, at in found if at is not None]

    tests = [EndedTest(f"ab_{pk}", name, day) for pk, name, day in last(ABTest)]
    return (*tests, *(EndedCampaign(f"cmp_{pk}", name, day) for pk, name, day in last(Campaign)))
