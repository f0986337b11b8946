"""The report endpoints: workspace, params, report, JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api import params, serializers, streaming
from analytics.api.credit_changes import add_changes_of_credit
from analytics.api.credit_parameters import RULE
from analytics.api.credit_serializers import AttributionWithCreditSerializer
from analytics.api.credit_view import OF_CREDIT, CreditView
from analytics.api.net_money import money_remarks
from analytics.api.report_changes import (
    change_of_period,
    changes_of_attribution,
    changes_of_periods,
    changes_of_source,
    changes_of_sources,
)
from analytics.api.report_conditions import CONDITIONS, SCHEMA_OF_CONDITIONS
from analytics.api.report_groups import compared_numbers, named_group
from analytics.api.report_parameters import (
    BREAKDOWN,
    COHORT_BREAKDOWN,
    COHORT_INTERVAL,
    COMPARED_PARAMETERS,
    LIMIT,
    METRIC,
)
from analytics.api.report_rows import ReportRows
from analytics.api.report_view import (
    COMPARISON,
    OF_DAYS,
    Body,
    ReportShape,
    ReportView,
    report_schema,
    serializer_of,
    shown_by,
)
from analytics.api.retention import (
    RETENTION_SCHEMA,
    activity_query,
    asked_start,
    asks_retention,
    cohorts_body,
    retention_body,
    retention_question,
    split_query,
)
from analytics.lists import OrderList
from analytics.lists.member_orders import MemberOrders
from analytics.lists.names import event_type_exists
from analytics.metrics import rate
from analytics.periods import OF_WHOLE_DAYS, Interval
from analytics.questions.fields import Subject
from analytics.questions.groups import Breakdown
from analytics.questions.ltv import LtvStart
from analytics.questions.questions import (
    EVENT_METRIC_PREFIX,
    CohortsQuestion,
    Question,
)
from analytics.questions.retention import RETENTION_PARAMETERS, CohortStart, RetentionQuestion
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.attribution import AttributionReport, SourceTotals, attribution
from analytics.reports.attribution_groups import attributed_metrics, attribution_groups
from analytics.reports.cohort_groups import CohortGroup, cohort_groups
from analytics.reports.cohort_splits import CohortsOfGroup, split_cohorts
from analytics.reports.cohorts import MAX_WEEKS, CohortsReport, cohorts, subject_of_activity
from analytics.reports.credit.report import CreditQuestion, credit
from analytics.reports.retention.changes import PeriodShare
from analytics.reports.retention.report import retention_report
from analytics.reports.source_tree import ALL, DEPTHS_OF_SOURCES, DIRECT, compared_sources
from analytics.reports.splits import GroupNumbers, in_group
from campaignos.csv_export import Download
from campaignos.errors import ParameterError
from campaignos.parameters import with_ignored
from workspaces.models import Workspace
from workspaces.roles import may_see_addresses

ATTRIBUTION = ReportShape(
    plain=shown_by(serializers.AttributionSerializer), rows=ReportRows.attribution, changes=changes_of_attribution
)


OF_ATTRIBUTION = {
    "totalAttributedEvents": "attributed_events",
    "conversions": "conversions",
}


def _add_changes(bodies: Sequence[Body], rows: Sequence[SourceTotals], answer: Answer[AttributionReport]) -> None:
    if answer.compared is None:
        return
    for body, row in zip(bodies, rows, strict=True):
        body["changes"] = changes_of_source(answer, row.path)


class AttributionView(CreditView):
    parameters = (*OF_DAYS, *COMPARISON, *CONDITIONS, "breakdown", "limit", *OF_CREDIT)
    conditioned = (Subject.PEOPLE, Subject.EVENTS)
    rows = "sources"

    @report_schema(
        *("attribution", AttributionWithCreditSerializer),
        *(*COMPARED_PARAMETERS, *SCHEMA_OF_CONDITIONS, BREAKDOWN, LIMIT, *RULE),
    )
    def get(self, request: Request, workspace_id: str) -> Response | StreamingHttpResponse:
        """Where events came from, by the UTM parameters of their links, most events first.

        An answer with many rows is sent in parts. With a breakdown by source, medium or campaign, `breakdown` has the
        sources and what lies below them, with the conversions credited to each: of a conversion, to the last source
        before it. With another one, `groups` has the conversions by a field of theirs, or everything by one of people.

        With a parameter of a rule, or `breakdown=touch`, the answer has `credit`: conversions and their money credited
        to the touches before them, a row for each touch, or for each source, medium or campaign.
        """
        workspace = self.workspace(request, workspace_id)
        question = self.question(request, workspace)
        answer = compared_answer(attribution, self.source, question)
        report = answer.report
        is_streamed = len(report.sources) > streaming.ROWS_OF_A_PART and not self.is_file
        body = self.body(
            replace(answer, report=replace(report, sources=())) if is_streamed else answer, question, ATTRIBUTION
        )
        if depth := self.depth(question):
            body |= self.broken_down(question, depth)
        elif question.split:
            self.add_attributed(body, question)
        if isinstance(question, CreditQuestion):
            self.add_credit(body, question)
        if not is_streamed:
            _add_changes(body["sources"], report.sources, answer)
            return self.respond(body)
        body = with_ignored(self.with_facts_read(body), self.ignored)
        show = partial(self.sources, question=question, answer=answer)
        return streaming.streamed_answer(
            self.shown_data(body), "sources", report.sources, lambda rows: self.shown_data(show(rows))
        )

    def question(self, request: Request, workspace: Workspace) -> Question:
        question = super().question(request, workspace)
        return self.credit_question(question) if self.asks_credit else question

    @property
    def split(self) -> Breakdown | None:
        return None if self.asks_credit else super().split

    def add_credit(self, body: Body, question: CreditQuestion) -> None:
        answer = compared_answer(credit, self.source, question)
        body["credit"] = self.credit(answer.report, question)
        add_changes_of_credit(body["credit"]["breakdown"], answer, self.source.workspace.currency)
        questions = question.compared_questions
        if questions and answer.complete is not None and answer.compared is not None:
            for name, report, asked in zip(
                ("complete", "compared"), (answer.complete, answer.compared), questions, strict=True
            ):
                body["comparison"][name]["credit"] = self.credit(report, asked)

    def sources(
        self, rows: Sequence[SourceTotals], question: Question, answer: Answer[AttributionReport]
    ) -> list[Body]:
        bodies = list(map(serializer_of(serializers.SourceTotalsSerializer).to_representation, rows))
        if self.tells_rows:
            beside = ReportRows(self.addresses, question)
            for body, row in zip(bodies, rows, strict=True):
                beside.source(body, row)
        _add_changes(bodies, rows, answer)
        return bodies

    def broken_down(self, question: Question, depth: int) -> Body:
        tree, answer = compared_sources(self.source, question)
        nodes = [node for node in tree.nodes if len(node.path) <= depth]
        show = shown_by(serializers.SourceNodeSerializer)
        body: Body = {
            "breakdown": list(map(show, nodes)),
            "direct": {"totalEvents": tree.direct_events, "conversions": tree.direct_conversions},
            "all": {"totalEvents": tree.all_events, "conversions": tree.all_conversions},
        }
        places = [*((node.path,) for node in nodes), (DIRECT,), (ALL,)]
        for row, paths in zip([*body["breakdown"], body["direct"], body["all"]], places, strict=True):
            row["share"] = rate(row["totalEvents"], tree.all_events)
            if answer.compared is not None:
                row["changes"] = changes_of_sources(answer, *paths)
        if self.tells_rows:
            ReportRows(self.addresses, question).source_tree(body, tree)
        return body

    def depth(self, question: Question) -> int:
        """How deep a tree of sources is asked for. Raises ParameterError for a limit: it is whole."""
        depth = DEPTHS_OF_SOURCES.get(question.split.field.key, 0) if question.split else 0
        if depth and (limit := self.request.query_params.get("limit")) is not None:
            raise ParameterError("limit", given=limit, allowed="nothing beside a breakdown by source: it has all")
        return depth

    def add_attributed(self, body: Body, question: Question) -> None:
        """What each group has of the numbers that the split divides."""
        divided = attributed_metrics(question)
        names = {name: key for name, key in OF_ATTRIBUTION.items() if key in divided}
        groups = attribution_groups(self.source, question)
        body["groups"] = [self.attribution_group(group, question, names) for group in groups]
        if missing := [f"groups.{name}" for name in OF_ATTRIBUTION if name not in names]:
            body["meta"]["notApplicable"] = missing

    def attribution_group(self, group: GroupNumbers, question: Question, names: Mapping[str, str]) -> Body:
        numbers = {name: group.numbers[key] if name in names else None for name, key in OF_ATTRIBUTION.items()}
        body = {**named_group(group.group, group.name, group.values), **numbers}
        if self.tells_rows:
            beside = ReportRows(self.addresses, in_group(question, group.group))
            beside.add_counts(body, names)
        if question.compared_days:
            body["comparison"] = compared_numbers(group, names, question, self.addresses if self.tells_rows else None)
        return body

    def file_rows(self, body: Body) -> Sequence[Mapping[str, Any]]:
        if "credit" in body:
            rows: Sequence[Mapping[str, Any]] = body["credit"]["breakdown"]
            return rows
        return body["breakdown"] if "breakdown" in body else super().file_rows(body)


class CohortsView(ReportView):
    parameters = (*OF_DAYS, *COMPARISON, *CONDITIONS, "metric", "interval", "breakdown", "limit", *RETENTION_PARAMETERS)
    rows = "cohorts"

    @property
    def subjects(self) -> Sequence[Subject]:
        return Subject.PEOPLE, subject_of_activity(self.metric)

    @property
    def split_subjects(self) -> Sequence[Subject]:
        """Whoever began with something is in the group that they were in then."""
        if not self.asks_retention:
            return self.subjects
        return (Subject.PEOPLE, self.start.act.subject) if self.start.act else (Subject.PEOPLE,)

    @property
    def split_query(self) -> Mapping[str, str]:
        return split_query(self.request.query_params)

    @property
    def asks_retention(self) -> bool:
        return asks_retention(self.request.query_params)

    @property
    def asks_more(self) -> bool:
        return self.asks_retention or super().asks_more

    @property
    def metric(self) -> str:
        """Raises ParameterError."""
        return params.activity(activity_query(self.request.query_params))

    @cached_property
    def start(self) -> CohortStart:
        """Raises ParameterError."""
        assert self.access is not None
        sees_addresses = may_see_addresses(self.access.rights)
        return asked_start(self.request.query_params, self.access.workspace, sees_addresses=sees_addresses)

    def question(self, request: Request, workspace: Workspace) -> Question:
        question = super().question(request, workspace)
        if question.interval not in OF_WHOLE_DAYS:
            raise ParameterError("interval", given=question.interval.value, allowed=", ".join(OF_WHOLE_DAYS))
        return question

    @report_schema(
        *("cohorts", serializers.CohortsSerializer),
        *(
            METRIC,
            COHORT_INTERVAL,
            *COMPARED_PARAMETERS,
            *SCHEMA_OF_CONDITIONS,
            COHORT_BREAKDOWN,
            LIMIT,
            *RETENTION_SCHEMA,
        ),
    )
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """The contacts who signed up on each day, and how many of them were active in each week since.

        By week or month, the days of signup are taken together: week k is then of those for whom it has begun. With a
        breakdown, `groups` has the contacts with each value, all cohorts together. With `compare`, `changes` tells of
        each week that cohorts of both have completed how the share of those who came back differs: at the same age. A
        group has `changes` of its own.
        """
        workspace = self.workspace(request, workspace_id)
        metric, question = self.metric, self.question(request, workspace)
        if self.asks_retention:
            return self.respond(self.retention(question))
        question = question.with_params(CohortsQuestion, metric=metric)
        answer = compared_answer(cohorts, self.source, question)
        report = answer.report
        is_active = any(active for cohort in report.cohorts for active in cohort.active_by_week)
        event_type = metric.removeprefix(EVENT_METRIC_PREFIX)
        if event_type != metric and not is_active and not event_type_exists(workspace, event_type):
            raise ParameterError("metric", given=metric, allowed="the type of an event that has come in")
        shape = ReportShape(
            plain=shown_by(serializers.CohortsSerializer),
            rows=partial(_add_rows, question.interval),
            more=partial(_add_groups, question.interval),
            changes=lambda answer: {"weeks": changes_of_periods(answer.of(lambda report: report.weeks), "week")},
        )
        body = self.body(answer, question, shape)
        if question.split:
            body["groups"] = [self.group(group, question) for group in split_cohorts(self.source, question)]
        if report.is_of_money:
            body["money"] = money_remarks(report.money, workspace.currency)
        if report.is_of_money and self.tells_rows:
            members = MemberOrders(LtvStart.SIGNUP, question.window, None, 0, MAX_WEEKS - 1)
            ReportRows(self.addresses, question).money(body["money"], OrderList(members=members))
        return self.respond(body)

    def retention(self, question: Question) -> Body:
        asked = retention_question(self.request.query_params, question, self.start, self.metric)
        body = retention_body(self.source, asked, self.rows_beside(asked))
        understood = {*self.parameters}
        body["meta"]["question"] = {name: said for name, said in asked.query.items() if name in understood}
        if asked.compared_days:
            body["comparison"] = self.retention_compared(asked)
        if asked.split and asked.split.segments:
            body["meta"]["groupsMayOverlap"] = True
        return body

    def retention_compared(self, question: RetentionQuestion) -> Body | None:
        """Of all people together; groups have changes of their own."""
        questions = replace(question, split=None).compared_questions
        if questions is None:
            return None
        complete, compared = (retention_report(self.source, asked) for asked in questions)
        bodies = {
            name: cohorts_body(self.source, asked, report, self.rows_beside(asked))
            for name, asked, report in zip(("complete", "compared"), questions, (complete, compared), strict=True)
        }
        answer: Answer[Sequence[PeriodShare]] = Answer(complete.mean, complete.mean, compared.mean)
        return {**bodies, "changes": {"periods": changes_of_periods(answer, "period")}}

    def rows_beside(self, question: Question) -> ReportRows | None:
        return ReportRows(self.addresses, question) if self.tells_rows else None

    def group(self, group: CohortsOfGroup, question: CohortsQuestion) -> Body:
        body = {**named_group(group.group, group.name, group.values), **_average(group.report)}
        if question.compared_days:
            body["changes"] = {"weeks": [change_of_period(change, "week") for change in group.changes]}
        if self.tells_rows:
            is_of_facts = group.group.by.subject is not Subject.PEOPLE
            ReportRows(self.addresses, in_group(question, group.group)).average(
                body, group.report, are_told=not is_of_facts
            )
        return body


def _groups(report: CohortsReport, interval: Interval) -> tuple[CohortGroup, ...]:
    return tuple(cohort_groups(report.cohorts, report.window, interval))


def _add_rows(interval: Interval, beside: ReportRows, body: Body, report: CohortsReport) -> None:
    beside.cohorts(body, report, groups=_groups(report, interval))


def _add_groups(interval: Interval, body: Body, report: CohortsReport) -> None:
    """Cohorts by the interval, and all of them together."""
    groups = _groups(report, interval)
    if interval is not Interval.DAY:
        body["cohorts"] = list(map(shown_by(serializers.CohortGroupSerializer), groups))
    for row, group in zip(body["cohorts"], groups, strict=True):
        weeks = {serializers.week_name(number): week for number, week in enumerate(group.weeks)}
        row["retentionRates"] = {name: week.retention_rate for name, week in weeks.items()}
        if interval is not Interval.DAY:
            row["sizes"] = {name: week.size for name, week in weeks.items()}
        row["weeksOver"] = sum(week.ended for week in group.weeks)
    body["average"] = _average(report)


def _average(report: CohortsReport) -> Body:
    return {"size": report.size, "weeks": list(map(shown_by(serializers.AverageWeekSerializer), report.weeks))}
