"""Cohorts over the API: who signed up, and who of them came back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial

from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api import params
from analytics.api.net_money import money_remarks
from analytics.api.reports.changes import (
    change_of_period,
    changes_of_periods,
)
from analytics.api.reports.conditions import CONDITIONS, SCHEMA_OF_CONDITIONS
from analytics.api.reports.groups import named_group
from analytics.api.reports.parameters import (
    COHORT_BREAKDOWN,
    COHORT_INTERVAL,
    COMPARED_PARAMETERS,
    LIMIT,
    METRIC,
)
from analytics.api.reports.retention.periods import (
    RETENTION_SCHEMA,
    activity_query,
    asked_start,
    asks_retention,
    cohorts_body,
    retention_body,
    retention_question,
    split_query,
)
from analytics.api.reports.retention.serializers import (
    AverageWeekSerializer,
    CohortGroupSerializer,
    CohortsSerializer,
    week_name,
)
from analytics.api.reports.rows import ReportRows
from analytics.api.reports.view import (
    COMPARISON,
    OF_DAYS,
    Body,
    ReportShape,
    ReportView,
    report_schema,
    shown_by,
)
from analytics.lists import OrderList
from analytics.lists.member_orders import MemberOrders
from analytics.lists.names import event_type_exists
from analytics.periods import OF_WHOLE_DAYS, Interval
from analytics.questions.fields import Subject
from analytics.questions.ltv import LtvStart
from analytics.questions.questions import (
    EVENT_METRIC_PREFIX,
    CohortsQuestion,
    Question,
)
from analytics.questions.retention import RETENTION_PARAMETERS, CohortStart, RetentionQuestion
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.cohorts.groups import CohortGroup, cohort_groups
from analytics.reports.cohorts.report import MAX_WEEKS, CohortsReport, cohorts, subject_of_activity
from analytics.reports.cohorts.splits import split_cohorts
from analytics.reports.retention.changes import PeriodShare
from analytics.reports.retention.report import retention_report
from analytics.reports.retention.splits import CohortsOfGroup
from analytics.reports.splits import in_group
from campaignos.csv_export import Download
from campaignos.errors import ParameterError
from workspaces.models import Workspace
from workspaces.roles import may_see_addresses


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
        *("cohorts", CohortsSerializer),
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
            plain=shown_by(CohortsSerializer),
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

    def group(self, group: CohortsOfGroup[CohortsReport], question: CohortsQuestion) -> Body:
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
        body["cohorts"] = list(map(shown_by(CohortGroupSerializer), groups))
    for row, group in zip(body["cohorts"], groups, strict=True):
        weeks = {week_name(number): week for number, week in enumerate(group.weeks)}
        row["retentionRates"] = {name: week.retention_rate for name, week in weeks.items()}
        if interval is not Interval.DAY:
            row["sizes"] = {name: week.size for name, week in weeks.items()}
        row["weeksOver"] = sum(week.ended for week in group.weeks)
    body["average"] = _average(report)


def _average(report: CohortsReport) -> Body:
    return {"size": report.size, "weeks": list(map(shown_by(AverageWeekSerializer), report.weeks))}
