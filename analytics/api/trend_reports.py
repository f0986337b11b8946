"""The report on hours, days, weeks and months one by one, also split; and what in it needs somebody's attention."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api import detail_serializers, params, serializers
from analytics.api.report_changes import changes_of_trends
from analytics.api.report_conditions import CONDITIONS, SCHEMA_OF_CONDITIONS
from analytics.api.report_parameters import (
    CAMPAIGN_PARAMETER,
    CHANNEL_PARAMETER,
    COMPARED_PARAMETERS,
    INTERVAL_PARAMETER,
    LIMIT,
    OTHER_GROUP,
    TREND_BREAKDOWN,
    TREND_METRIC,
)
from analytics.api.report_rows import ReportRows
from analytics.api.report_view import COMPARISON, OF_DAYS, Body, ReportShape, ReportView, report_schema, shown_by
from analytics.channels import Channel
from analytics.ledger import DimensionValue, Source
from analytics.lists.query import MAX_IDS
from analytics.metrics import METRICS, Numbers
from analytics.models import Campaign
from analytics.periods import HourOfDay, Window
from analytics.questions.fields import Subject
from analytics.questions.questions import Breakdown, TrendsQuestion
from analytics.questions.slices import Slice
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.attention import attention_report
from analytics.reports.timeseries import METRICS_OF_DAYS, TimeseriesReport, timeseries
from analytics.reports.trends import Trend, TrendsReport, compared_trends, trends
from campaignos.csv_export import CsvResponse
from campaignos.errors import ParameterError
from campaignos.parameters import UnknownParameter

METRICS_OF_GROUPS = ("messages_total", "opens", "clicks")


class TimeseriesView(ReportView):
    parameters = (
        *OF_DAYS, *COMPARISON, *CONDITIONS, "interval", "channel", "campaign", "metric", "breakdown", "limit",
    )  # fmt: skip
    conditioned = tuple(Subject)
    rows = "series"

    @report_schema(
        *("time-series", serializers.TimeseriesSerializer),
        *(
            *COMPARED_PARAMETERS,
            *SCHEMA_OF_CONDITIONS,
            INTERVAL_PARAMETER,
            CHANNEL_PARAMETER,
            CAMPAIGN_PARAMETER,
            TREND_METRIC,
            TREND_BREAKDOWN,
            LIMIT,
        ),
    )
    def get(self, request: Request, workspace_id: str) -> Response | CsvResponse:
        """The workspace's days one by one, oldest first, those without data as zeros; or its hours, weeks or months.

        Hours are those of the workspace's clock, up to the one that is running: a day on which it changes has 23 or 25.

        Of one channel or campaign, what has none is null, and named in `meta.notApplicable`; so is what a condition
        cannot apply to.
        """
        workspace = self.workspace(request, workspace_id)
        asked, by, limit = self.question(request, workspace), *self.breakdown(request)
        metrics = params.trend_metrics(request.query_params, asked.part, by)
        if by is not Breakdown.NONE and not asked.part.has_metric(METRICS_OF_GROUPS[0]):
            raise ParameterError("breakdown", given=by.value, allowed="one without conditions on events")
        question = asked.with_params(TrendsQuestion, metrics=metrics, by=by)
        answer = compared_answer(timeseries, self.source, replace(question, by=Breakdown.NONE))
        body = self.body(answer, question, SERIES)
        if question.compared_days:
            self.add_partners(body, answer.report, compared_trends(self.source, _of_all(question)), question)
        if by is not Breakdown.NONE:
            groups = _groups(self.source, question, limit)
            body["groups"] = [self.group(group, question) for group in groups]
        return self.respond(body)

    def breakdown(self, request: Request) -> tuple[Breakdown, int]:
        query = request.query_params
        if "limit" in query and "breakdown" not in query:
            others = ", ".join(sorted({*self.parameters} - {"limit"}))
            raise UnknownParameter("limit", given=query["limit"], allowed=others)
        return params.trend_breakdown(query), params.limit(query)

    def add_partners(
        self, body: Body, report: TimeseriesReport, trend: Answer[TrendsReport], question: TrendsQuestion
    ) -> None:
        """Adds the numbers of its partner days to each row, and the sums that changes are between: of all days that
        have a partner."""
        names = _names(report)
        for row, (bucket, _) in zip(body["series"], report.rows, strict=True):
            partners = question.compared_days and question.compared_days.partners(bucket.window(question.window.zone))
            row["compared"] = None
            if partners and trend.report.partners:
                numbers = trend.report.partners.numbers_of(partners)
                row["compared"] = {**_ends(partners), **_numbers(names, numbers)}
                if self.tells_rows:
                    compared = replace(question, part=question.part_compared)
                    ReportRows(self.addresses, compared).add_counts(row["compared"], names, report.part, partners)
        if body["comparison"] is not None and trend.complete is not None and trend.compared is not None:
            body["comparison"]["changes"] = changes_of_trends(trend, names)
            body["comparison"]["matched"] = {
                "days": len(question.day_match.days if question.day_match else ()),
                "complete": _numbers(names, trend.complete.all.total()),
                "compared": _numbers(names, trend.compared.all.total()),
            }

    def group(self, group: "TrendGroup", question: TrendsQuestion) -> Body:
        keys = _metrics_of_groups(question)
        body: Body = {"value": group.value, "name": group.name, "series": [], "total": {}}
        beside = ReportRows(self.addresses, question)
        for bucket, numbers in group.trend.by(question.interval):
            row: Body = {**serializers.time_of(bucket), "numbers": _numbers({key: key for key in keys}, numbers)}
            if self.tells_rows and group.part:
                window = bucket.window(question.window.zone)
                beside.add_counts(row, {f"numbers.{key}": key for key in keys}, group.part, window)
            body["series"].append(row)
        body["total"] = _numbers({key: key for key in keys}, group.trend.total())
        if self.tells_rows and group.part:
            beside.add_counts(body, {f"total.{key}": key for key in keys}, group.part)
        return body


def _of_all(question: TrendsQuestion) -> TrendsQuestion:
    metrics = tuple(dict.fromkeys((*METRICS_OF_DAYS, *question.metrics)))
    return replace(question, metrics=metrics, by=Breakdown.NONE)


def _ends(partners: Window) -> dict[str, str]:
    days = {"from": partners.first_day.isoformat(), "to": partners.last_day.isoformat()}
    return {**days, "startsAt": partners.local_start.isoformat()} if isinstance(partners, HourOfDay) else days


def _names(report: TimeseriesReport) -> dict[str, str]:
    """By the names of a row's numbers, the keys of their metrics."""
    of_days = {name: key for name, key in serializers.DayTotalsSerializer.metrics.items() if report.has(key)}
    return of_days | {key: key for key in report.metrics}


def _numbers(names: Mapping[str, str], numbers: Numbers) -> Body:
    return {name: numbers.known_value(key) for name, key in names.items()}


def _series(report: TimeseriesReport) -> Body:
    body = shown_by(serializers.TimeseriesSerializer)(report)
    names = serializers.DayTotalsSerializer.metrics
    missing = [name for name, key in names.items() if not report.has(key)]
    for row, (_, numbers) in zip(body["series"], report.rows, strict=True) if missing or report.metrics else ():
        row |= dict.fromkeys(missing)
        if report.metrics:
            row["numbers"] = {key: numbers.known_value(key) for key in report.metrics}
    if report.metrics:
        total = report.trend.total()
        body["total"] = {key: total.known_value(key) for key in report.metrics}
    if missing:
        body["meta"]["notApplicable"] = missing
    return body


SERIES = ReportShape(plain=_series, rows=ReportRows.timeseries)


@dataclass(frozen=True)
class TrendGroup:
    """A channel, a campaign or, with OTHER as its value, the rest. `part` is what it is of; None for too many."""

    value: str
    name: str
    trend: Trend
    part: Slice | None


def _metrics_of_groups(question: TrendsQuestion) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*METRICS_OF_GROUPS, *question.metrics)))


def _groups(source: Source, question: TrendsQuestion, limit: int) -> Iterator[TrendGroup]:
    """Groups with most of the first metric asked for come first, for a rate those with most of its denominator. Three
    queries."""
    first = METRICS[question.metrics[0] if question.metrics else METRICS_OF_GROUPS[0]]
    base = first.denominator or first.key
    found = trends(source, replace(question, metrics=_metrics_of_groups(question))).groups
    names = _names_of_groups(source, question.by, found)
    ordered = sorted(found.items(), key=lambda group: (-group[1].total().value(base), names.get(group[0], "")))
    for key, trend in ordered[:limit]:
        if isinstance(key, int):
            part = replace(question.part, campaign_id=key)
            yield TrendGroup(Campaign(pk=key).api_id, names.get(key, ""), trend, part)
        else:
            yield TrendGroup(str(key), names[key], trend, replace(question.part, channel=str(key)))
    if rest := [trend for _, trend in ordered[limit:]]:
        shown = tuple(key for key, _ in ordered[:limit] if isinstance(key, int))
        others = replace(question.part, without_campaigns=shown) if 0 < len(shown) <= MAX_IDS else None
        yield TrendGroup(OTHER_GROUP, f"Other ({len(rest)})", Trend.sum_of(rest), others)


def _names_of_groups(
    source: Source, by: Breakdown, groups: Mapping[DimensionValue, Trend]
) -> dict[DimensionValue, str]:
    if by is Breakdown.CHANNEL:
        return {name: str(label) for name, label in Channel.choices}
    rows = Campaign.objects.filter(workspace=source.workspace, pk__in=list(groups))
    return dict(rows.values_list("pk", "name"))


ATTENTION = ReportShape(
    plain=shown_by(detail_serializers.AttentionSerializer), rows=ReportRows.attention, is_compared=False
)


class AttentionView(ReportView):
    parameters = (*OF_DAYS, *COMPARISON)
    rows = "attention"

    @report_schema("attention", detail_serializers.AttentionSerializer, *COMPARED_PARAMETERS)
    def get(self, request: Request, workspace_id: str) -> Response | CsvResponse:
        """What needs somebody's attention: what is over its limit, and not by chance.

        Campaigns of whose messages sent more than 2 % bounced and, with a comparison, a click rate that fell by a
        quarter.
        """
        workspace = self.workspace(request, workspace_id)
        question = self.question(request, workspace)
        report = attention_report(self.source, question)
        return self.respond(self.body(Answer(report), question, ATTENTION))
