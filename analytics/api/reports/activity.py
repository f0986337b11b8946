"""Who is active, over the API: people's lifecycle, and how often they come."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api import params
from analytics.api.reports.conditions import CONDITIONS, SCHEMA_OF_CONDITIONS
from analytics.api.reports.groups import named_group
from analytics.api.reports.parameters import ACTIVITY_BREAKDOWN, COHORT_INTERVAL, LIMIT
from analytics.api.reports.retention.periods import activity_query
from analytics.api.reports.rows import ReportRows
from analytics.api.reports.serializers import GroupSerializer, MetaSerializer, row_addresses
from analytics.api.reports.view import OF_DAYS, Body, ReportShape, ReportView, report_schema, shown_by
from analytics.lists import PeopleList
from analytics.lists.active_people import METRIC_ALLOWED, ActivePeople
from analytics.lists.names import event_type_exists
from analytics.metrics import rate
from analytics.periods import OF_WHOLE_DAYS
from analytics.questions.fields import Subject
from analytics.questions.groups import SEGMENT, Group
from analytics.questions.questions import EVENT_METRIC_PREFIX, REVENUE, CohortsQuestion
from analytics.reports.activity.groups import ActivityGroup, lifecycle_groups, stickiness_groups
from analytics.reports.activity.lifecycle import LifecyclePeriod, LifecycleReport, LifecycleState, lifecycle
from analytics.reports.activity.periods import MOST_ACTIVE_PERIODS, whole_periods
from analytics.reports.activity.stickiness import ActiveOnDay, StickinessReport, stickiness, trailing_windows
from analytics.reports.answers import Answer
from analytics.reports.cohorts.report import subject_of_activity
from analytics.reports.splits import in_group
from campaignos.csv_export import Download
from campaignos.errors import ParameterError
from workspaces.models import Workspace

_OF_ACTIVITY = (
    OpenApiParameter("return", str, description=f"What makes people active: {METRIC_ALLOWED}; any event at first."),
    COHORT_INTERVAL,
)


_WITH_GROUPS = (
    "With `breakdown`: each group of people, by their own value or that of the first that they ever did; most people "
    "first, those without a value last."
)


def _count(help_text: str) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, help_text=help_text)


class LifecyclePeriodSerializer(serializers.Serializer[LifecyclePeriod]):
    """People by what a day, week or month is in their lifecycle; active are the first three together."""

    date = serializers.DateField(source="bucket.first_day", help_text="The first day of the period.")
    to = serializers.DateField(source="bucket.last_day", help_text="The last day.")
    new = _count("Active for the first time ever.")
    returning = _count("Active, as in the period before.")
    resurrecting = _count("Active again, but not in the period before.")
    dormant = _count("Active in the period before, and not in this one.")
    active = _count("New, returning and resurrecting.")
    complete = serializers.BooleanField(source="is_complete", help_text="Whether the period is over.")
    rows = row_addresses()


class LifecycleGroupSerializer(GroupSerializer):
    periods = LifecyclePeriodSerializer(many=True)


class LifecycleSerializer(serializers.Serializer[LifecycleReport]):
    period = serializers.CharField()
    metric = serializers.CharField()
    interval = serializers.CharField()
    periods = LifecyclePeriodSerializer(many=True)
    groups = LifecycleGroupSerializer(many=True, required=False, help_text=f"{_WITH_GROUPS} They add up in each state.")
    meta = MetaSerializer()


class ActiveTimesSerializer(serializers.Serializer[Any]):
    periods = serializers.IntegerField(min_value=1, help_text="In how many days, weeks or months of the range.")
    people = _count("Who were active in exactly so many.")
    share = serializers.FloatField(min_value=0, help_text="Of all who were active.")
    rows = row_addresses()


class ActiveOnDaySerializer(serializers.Serializer[ActiveOnDay]):
    date = serializers.DateField(source="day")
    dau = _count("People active on the day.")
    wau = _count("People active in the seven days that end with it.")
    mau = _count("People active in the thirty days that end with it.")
    stickiness = serializers.FloatField(min_value=0, help_text="dau / mau.")
    rows = row_addresses()


class StickinessGroupSerializer(GroupSerializer):
    people = _count("Who were active in the range.")
    distribution = ActiveTimesSerializer(many=True)
    rows = row_addresses()


class StickinessSerializer(serializers.Serializer[StickinessReport]):
    period = serializers.CharField()
    metric = serializers.CharField()
    interval = serializers.CharField()
    people = _count("Who were active in the range.")
    distribution = ActiveTimesSerializer(many=True)
    series = ActiveOnDaySerializer(many=True, help_text="By day.")
    groups = StickinessGroupSerializer(many=True, required=False, help_text=_WITH_GROUPS)
    rows = row_addresses()
    meta = MetaSerializer()


class ActivityView(ReportView):
    parameters = (*OF_DAYS, *CONDITIONS, "return", "interval", "breakdown", "limit")

    @property
    def subjects(self) -> tuple[Subject, ...]:
        return Subject.PEOPLE, subject_of_activity(self.metric)

    @property
    def asks_more(self) -> bool:
        return True

    @property
    def metric(self) -> str:
        """Raises ParameterError."""
        metric = params.activity(activity_query(self.request.query_params))
        if metric == REVENUE:
            raise ParameterError("return", given=metric, allowed=METRIC_ALLOWED)
        return metric

    def activity_question(self, request: Request, workspace: Workspace) -> CohortsQuestion:
        """Raises ParameterError for what is not understood, and for too many periods."""
        question = self.question(request, workspace).with_params(CohortsQuestion, metric=self.metric)
        if question.interval not in OF_WHOLE_DAYS:
            raise ParameterError("interval", given=question.interval.value, allowed=", ".join(OF_WHOLE_DAYS))
        event_type = question.metric.removeprefix(EVENT_METRIC_PREFIX)
        if event_type != question.metric and not event_type_exists(workspace, event_type):
            raise ParameterError("return", given=question.metric, allowed="the type of an event that has come in")
        return question

    def say_question(self, body: Body, question: CohortsQuestion) -> None:
        asked = {**question.query, "return": question.metric}
        body["meta"]["question"] = {name: said for name, said in asked.items() if name in self.parameters}

    def beside_group(self, group: ActivityGroup[Any], question: CohortsQuestion) -> ReportRows | None:
        """For the rows of a group: of a segment those who meet its conditions."""
        if not self.tells_rows:
            return None
        return ReportRows(self.addresses, question if of_field(group) else in_group(question, group.group))


class LifecycleView(ActivityView):
    rows = "periods"

    @report_schema("lifecycle", LifecycleSerializer, *_OF_ACTIVITY, *SCHEMA_OF_CONDITIONS, ACTIVITY_BREAKDOWN, LIMIT)
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """How many people are new in each day, week or month, return, come back after a pause, or have stopped.

        Days, weeks and months are whole ones: those in which days of the range lie. Active are those new, returning and
        resurrecting; dormant are those active in the period before who do not return.
        """
        workspace = self.workspace(request, workspace_id)
        question = self.activity_question(request, workspace)
        if len(whole_periods(question.window, question.interval)) > MOST_ACTIVE_PERIODS:
            allowed = f"one with at most {MOST_ACTIVE_PERIODS} periods, such as month"
            raise ParameterError("interval", given=question.interval.value, allowed=allowed)
        report = lifecycle(self.source, question)
        shape = ReportShape(plain=_lifecycle, rows=partial(_lifecycle_rows, question))
        body = self.body(Answer(report), question, shape)
        if question.split:
            groups = lifecycle_groups(self.source, question)
            body["groups"] = [self.lifecycle_group(group, question) for group in groups]
        self.say_question(body, question)
        return self.respond(body)

    def lifecycle_group(self, group: ActivityGroup[LifecycleReport], question: CohortsQuestion) -> Body:
        body = {**named_group(group.group, group.name, group.values), "periods": _periods(group.shown)}
        if beside := self.beside_group(group, question):
            _lifecycle_rows(question, beside, body, group.shown, of_field(group))
        return body


class StickinessView(ActivityView):
    rows = "distribution"

    @report_schema("stickiness", StickinessSerializer, *_OF_ACTIVITY, *SCHEMA_OF_CONDITIONS, ACTIVITY_BREAKDOWN, LIMIT)
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """How many people were active on one day of the range, on two, and so on, or in as many weeks or months; and
        day by day how many were on it, in the seven and in the thirty days that end with it."""
        workspace = self.workspace(request, workspace_id)
        question = self.activity_question(request, workspace)
        if question.window.days > MOST_ACTIVE_PERIODS:
            given = request.query_params.get("from") or request.query_params.get("range")
            name = "from" if "from" in request.query_params else "range"
            raise ParameterError(name, given=given, allowed=f"at most {MOST_ACTIVE_PERIODS} days")
        report = stickiness(self.source, question)
        shape = ReportShape(plain=_stickiness, rows=partial(_stickiness_rows, question))
        body = self.body(Answer(report), question, shape)
        if question.split:
            groups = stickiness_groups(self.source, question)
            body["groups"] = [self.stickiness_group(group, question) for group in groups]
        self.say_question(body, question)
        return self.respond(body)

    def stickiness_group(self, group: ActivityGroup[tuple[int, ...]], question: CohortsQuestion) -> Body:
        body = named_group(group.group, group.name, group.values)
        body |= {"people": sum(group.shown), "distribution": _distribution(group.shown)}
        if beside := self.beside_group(group, question):
            _times_rows(question, beside, body, ActivePeople(question.metric, question.interval, group=of_field(group)))
        return body


def _head(report: LifecycleReport | StickinessReport) -> Body:
    return {"period": f"{report.days}d", "metric": report.metric, "interval": report.interval.value}


def of_field(group: ActivityGroup[Any]) -> Group | None:
    """The group that a list names; None of a segment, which is a condition."""
    return None if group.group.by == SEGMENT else group.group


def _periods(report: LifecycleReport) -> list[Body]:
    return [dict(shown_by(LifecyclePeriodSerializer)(period)) for period in report.periods]


def _lifecycle(report: LifecycleReport) -> Body:
    return {**_head(report), "periods": _periods(report), "meta": dict(MetaSerializer(report.meta).data)}


def _lifecycle_rows(
    question: CohortsQuestion, beside: ReportRows, body: Body, report: LifecycleReport, group: Group | None = None
) -> None:
    for row, period in zip(body["periods"], report.periods, strict=True):
        window = period.bucket.window(question.window.zone)
        active = ActivePeople(report.metric, report.interval, group=group)
        of_states = {state.value: PeopleList(window, choice=replace(active, state=state)) for state in LifecycleState}
        beside.add(row, active=PeopleList(window, choice=active), **of_states)


def _distribution(people: Sequence[int]) -> list[Body]:
    return [{"periods": number, "people": n, "share": rate(n, sum(people))} for number, n in enumerate(people, 1)]


def _stickiness(report: StickinessReport) -> Body:
    series = [dict(shown_by(ActiveOnDaySerializer)(row)) for row in report.series]
    rest = {"people": report.active, "distribution": _distribution(report.people), "series": series}
    return {**_head(report), **rest, "meta": dict(MetaSerializer(report.meta).data)}


def _times_rows(question: CohortsQuestion, beside: ReportRows, body: Body, active: ActivePeople) -> None:
    """Of how many were active, and in how many periods."""
    beside.add(body, people=PeopleList(question.window, choice=active))
    for row in body["distribution"]:
        beside.add(row, people=PeopleList(question.window, choice=replace(active, times=row["periods"])))


def _stickiness_rows(question: CohortsQuestion, beside: ReportRows, body: Body, report: StickinessReport) -> None:
    zone, active = question.window.zone, ActivePeople(report.metric, report.interval)
    _times_rows(question, beside, body, active)
    for row, on_day in zip(body["series"], report.series, strict=True):
        lists = {name: PeopleList(window, choice=active) for name, window in trailing_windows(on_day, zone).items()}
        beside.add(row, **lists)
