"""The report on hours, days, weeks and months one by one, also split."""

from collections.abc import Mapping
from dataclasses import replace

from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api import params
from analytics.api.reports.changes import changes_of_trends
from analytics.api.reports.conditions import CONDITIONS, SCHEMA_OF_CONDITIONS
from analytics.api.reports.groups import compared_numbers, named_group, some_metrics
from analytics.api.reports.parameters import (
    CAMPAIGN_PARAMETER,
    CHANNEL_PARAMETER,
    COMPARED_PARAMETERS,
    INTERVAL_PARAMETER,
    LIMIT,
    OF_PEOPLE_AND_FACTS,
    TREND_METRIC,
)
from analytics.api.reports.rows import ReportRows
from analytics.api.reports.serializers import money_gaps_body, time_of
from analytics.api.reports.trends.serializers import DayTotalsSerializer, TimeseriesSerializer
from analytics.api.reports.view import COMPARISON, OF_DAYS, Body, ReportShape, ReportView, report_schema, shown_by
from analytics.metrics import Numbers
from analytics.periods import HourOfDay, Window
from analytics.questions.fields import Subject
from analytics.questions.questions import TrendsQuestion
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.splits import GroupNumbers, divided_metrics, group_numbers, in_group
from analytics.reports.timeseries import METRICS_OF_DAYS, TimeseriesReport, timeseries
from analytics.reports.trends import TrendsReport, compared_trends
from campaignos.csv_export import Download


class TimeseriesView(ReportView):
    parameters = (
        *OF_DAYS, *COMPARISON, *CONDITIONS, "interval", "channel", "campaign", "metric", "breakdown", "limit",
    )  # fmt: skip
    conditioned = tuple(Subject)
    rows = "series"

    @report_schema(
        *("time-series", TimeseriesSerializer),
        *(
            *COMPARED_PARAMETERS,
            *SCHEMA_OF_CONDITIONS,
            INTERVAL_PARAMETER,
            CHANNEL_PARAMETER,
            CAMPAIGN_PARAMETER,
            TREND_METRIC,
            OF_PEOPLE_AND_FACTS,
            LIMIT,
        ),
    )
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """The workspace's days one by one, oldest first, those without data as zeros; or its hours, weeks or months.

        Hours are those of the workspace's clock, up to the one that is running: a day on which it changes has 23 or 25.

        Of one channel or campaign, what has none is null, and named in `meta.notApplicable`; so is what a condition
        cannot apply to.
        """
        workspace = self.workspace(request, workspace_id)
        asked = self.question(request, workspace)
        metrics = params.trend_metrics(self.request.query_params, asked)
        question = asked.with_params(TrendsQuestion, metrics=metrics)
        answer = compared_answer(timeseries, self.source, question)
        body = self.body(answer, question, SERIES)
        if question.compared_days:
            self.add_partners(body, answer.report, compared_trends(self.source, _of_all(question)), question)
        if question.split:
            body["groups"] = [self.group(group, question) for group in self.groups(question)]
        return self.respond(body)

    def groups(self, question: TrendsQuestion) -> tuple[GroupNumbers, ...]:
        """Those with most of the first metric asked for first. Raises ParameterError where it divides nothing."""
        metrics = some_metrics(question, dict.fromkeys((*question.metrics, *METRICS_OF_DAYS)))
        return group_numbers(self.source, question, metrics, by_day=True)

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
                "complete": _compared_numbers(names, trend.complete.all.total()),
                "compared": _compared_numbers(names, trend.compared.all.total()),
            }

    def group(self, group: GroupNumbers, question: TrendsQuestion) -> Body:
        names = _names_of_groups(question)
        body: Body = {**named_group(group.group, group.name, group.values), "series": [], "total": {}}
        beside = ReportRows(self.addresses, in_group(question, group.group))
        part = beside.question.part
        assert group.trend is not None
        for bucket, numbers in group.trend.by(question.interval):
            row: Body = {**time_of(bucket), "numbers": _numbers(names, numbers)}
            if self.tells_rows:
                window = bucket.window(question.window.zone)
                beside.add_counts(row, {f"numbers.{key}": key for key in names}, part, window)
            body["series"].append(row)
        body["total"] = _numbers(names, group.numbers)
        if self.tells_rows:
            beside.add_counts(body, {f"total.{key}": key for key in names}, part)
        if question.compared_days:
            body["comparison"] = compared_numbers(group, names, question, self.addresses if self.tells_rows else None)
        return body


def _of_all(question: TrendsQuestion) -> TrendsQuestion:
    metrics = tuple(dict.fromkeys((*METRICS_OF_DAYS, *question.metrics)))
    return replace(question, metrics=metrics)


def _ends(partners: Window) -> dict[str, str]:
    days = {"from": partners.first_day.isoformat(), "to": partners.last_day.isoformat()}
    return {**days, "startsAt": partners.local_start.isoformat()} if isinstance(partners, HourOfDay) else days


def _names(report: TimeseriesReport) -> dict[str, str]:
    """By the names of a row's numbers, the keys of their metrics."""
    of_days = {name: key for name, key in DayTotalsSerializer.metrics.items() if report.has(key)}
    return of_days | {key: key for key in report.metrics}


def _compared_numbers(names: Mapping[str, str], numbers: Numbers) -> Body:
    """Those that changes are between: of rates that rise with age those of messages that are old enough."""
    return {
        name: number
        for name, metric in names.items()
        for number in _numbers({name: metric}, numbers.compared_by(metric)).values()
    }


def _numbers(names: Mapping[str, str], numbers: Numbers) -> Body:
    return {name: numbers.known_value(key) for name, key in names.items()}


def _series(report: TimeseriesReport) -> Body:
    body = shown_by(TimeseriesSerializer)(report)
    names = DayTotalsSerializer.metrics
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
    if report.money:
        body["meta"]["money"] = money_gaps_body(report.money, report.currency)
    return body


SERIES = ReportShape(plain=_series, rows=ReportRows.timeseries)


def _names_of_groups(question: TrendsQuestion) -> dict[str, str]:
    metrics = divided_metrics(dict.fromkeys((*METRICS_OF_DAYS, *question.metrics)), question)
    return {key: key for key in metrics}
