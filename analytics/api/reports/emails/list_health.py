"""The list that is written to, over the API: how it grows, and who on it still reads."""

from functools import partial
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.reports.conditions import CONDITIONS, SCHEMA_OF_CONDITIONS
from analytics.api.reports.parameters import COHORT_INTERVAL, COMPARED_PARAMETERS
from analytics.api.reports.rows import AnswerPart, ReportRows
from analytics.api.reports.serializers import MetaSerializer, PeriodField, comparison_beside, row_addresses
from analytics.api.reports.view import COMPARISON, OF_DAYS, Body, ReportShape, ReportView, report_schema, shown_by
from analytics.lists import PeopleList
from analytics.lists.listed_people import ListedPeople
from analytics.metrics import rate
from analytics.periods import OF_WHOLE_DAYS
from analytics.questions.fields import Subject
from analytics.questions.questions import Question
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.emails.list_engagement import EngagedPeople, LastAct, ListEngagementReport, list_engagement
from analytics.reports.emails.list_growth import ListFlow, ListGrowthReport, ListPeriod, list_growth
from campaignos.csv_export import Download
from campaignos.errors import ParameterError
from workspaces.models import Workspace


def _count(help_text: str, **options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, help_text=help_text, **options)


class ListPeriodSerializer(serializers.Serializer[ListPeriod]):
    """opening + new + resubscribed - unsubscribed - hardBounced - complained = closing."""

    date = serializers.DateField(source="bucket.first_day", help_text="The first day of the period.")
    to = serializers.DateField(source="bucket.last_day", help_text="The last day.")
    opening = _count("Contacts on the list when the period begins.")
    new = _count("Who signed up in it.")
    resubscribed = _count("Who were off the list, and subscribed again.")
    unsubscribed = _count("Who asked for no more messages.")
    hardBounced = _count("Whose mailbox refused for good.", source="hard_bounced")
    complained = _count("Who reported a message as spam.")
    closing = _count("Contacts on the list when the period ends.")
    complete = serializers.BooleanField(source="is_complete", help_text="Whether the period is over.")
    rows = row_addresses()


class ListGrowthSerializer(serializers.Serializer[ListGrowthReport]):
    period = PeriodField(source="days")
    interval = serializers.CharField()
    total = ListPeriodSerializer(help_text="All days as one period: who left and came back in it counts as both once.")
    periods = ListPeriodSerializer(many=True)
    meta = MetaSerializer()
    comparison = comparison_beside("ListGrowth")


class EngagedPeopleSerializer(serializers.Serializer[EngagedPeople]):
    lastAct = serializers.ChoiceField(
        [each.value for each in LastAct],
        source="last_act",
        help_text="How many days before the last day they opened or clicked themselves for the last time.",
    )
    people = _count("People on the list.")
    share = serializers.FloatField(min_value=0, help_text="Of all on the list.")
    messagesSince = serializers.FloatField(
        min_value=0, help_text="How many messages each of them got since then, on average; ever, of `never`."
    )
    rows = row_addresses()


class ListEngagementSerializer(serializers.Serializer[ListEngagementReport]):
    period = PeriodField(source="days")
    people = _count("People on the list at the end of the days.")
    lastActs = EngagedPeopleSerializer(source="rows", many=True)
    rows = row_addresses()
    meta = MetaSerializer()


class ListGrowthView(ReportView):
    parameters = (*OF_DAYS, *COMPARISON, *CONDITIONS, "interval")
    conditioned = (Subject.PEOPLE,)
    rows = "periods"

    @report_schema("list-growth", ListGrowthSerializer, COHORT_INTERVAL, *COMPARED_PARAMETERS, *SCHEMA_OF_CONDITIONS)
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """How many contacts can be written to, who came in each day, week or month, and who left why.

        On the list are contacts who signed up, have neither unsubscribed nor complained, and whose mailbox has not
        refused for good. A report of a subscription brings back who unsubscribed or complained. Each person counts once
        in a period. Contacts that were erased or merged into another one are in none of the numbers.
        """
        workspace = self.workspace(request, workspace_id)
        question = self.question(request, workspace)
        answer = compared_answer(list_growth, self.source, question)
        return self.respond(self.body(answer, question, LIST_GROWTH))

    def question(self, request: Request, workspace: Workspace) -> Question:
        """Raises ParameterError."""
        question = super().question(request, workspace)
        if question.interval not in OF_WHOLE_DAYS:
            raise ParameterError("interval", given=question.interval.value, allowed=", ".join(OF_WHOLE_DAYS))
        return question

    @property
    def asks_more(self) -> bool:
        return True


class ListEngagementView(ReportView):
    parameters = (*OF_DAYS, *CONDITIONS)
    conditioned = (Subject.PEOPLE,)
    rows = "lastActs"

    @report_schema("list-engagement", ListEngagementSerializer, *SCHEMA_OF_CONDITIONS)
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """Who of the contacts on the list at the end of the days still reads: by how long ago they last opened or
        clicked themselves, and how many messages they got since."""
        workspace = self.workspace(request, workspace_id)
        question = self.question(request, workspace)
        report = list_engagement(self.source, question)
        return self.respond(self.body(Answer(report), question, LIST_ENGAGEMENT))

    @property
    def asks_more(self) -> bool:
        return True


def _growth_rows(beside: ReportRows, body: AnswerPart, report: ListGrowthReport) -> None:
    for row, period in ((body["total"], report.total), *zip(body["periods"], report.periods, strict=True)):
        window = period.bucket.window(beside.window.zone)
        beside.add(row, **{flow.value: PeopleList(window, choice=ListedPeople(flow)) for flow in ListFlow})


def _engagement(report: ListEngagementReport) -> Body:
    rows = [
        {
            "lastAct": row.last_act.value,
            "people": row.people,
            "share": rate(row.people, report.people),
            "messagesSince": row.mean_messages,
        }
        for row in report.rows
    ]
    rest = {"period": f"{report.days}d", "people": report.people, "lastActs": rows}
    return {**rest, "meta": dict(MetaSerializer(report.meta).data)}


def _engagement_rows(beside: ReportRows, body: AnswerPart, report: ListEngagementReport) -> None:
    on_list = partial(PeopleList, beside.window)
    beside.add(body, people=on_list(choice=ListedPeople(ListFlow.CLOSING)))
    for row, readers in zip(body["lastActs"], report.rows, strict=True):
        beside.add(row, people=on_list(choice=ListedPeople(readers.last_act)))


LIST_GROWTH = ReportShape(plain=shown_by(ListGrowthSerializer), rows=_growth_rows)
LIST_ENGAGEMENT = ReportShape(plain=_engagement, rows=_engagement_rows)
