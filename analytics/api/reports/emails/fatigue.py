"""Whether people tire of emails, over the API."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.reports.conditions import CONDITIONS, SCHEMA_OF_CONDITIONS
from analytics.api.reports.rows import AnswerPart, ReportRows
from analytics.api.reports.serializers import MetaSerializer, PeriodField, row_addresses
from analytics.api.reports.view import OF_DAYS, Body, ReportShape, ReportView, report_schema
from analytics.lists import PeopleList
from analytics.lists.listed_people import ListedPeople
from analytics.questions.fields import Subject
from analytics.questions.questions import Question
from analytics.reports.answers import Answer
from analytics.reports.emails.fatigue import (
    MOST_FATIGUE_DAYS,
    EmailsBefore,
    FatigueReport,
    RateOfEmails,
    TiredPeople,
    fatigue,
)
from analytics.statistics import WithinSlope
from campaignos.csv_export import Download
from campaignos.errors import ParameterError
from workspaces.models import Workspace


class RateOfEmailsSerializer(serializers.Serializer[RateOfEmails]):
    hits = serializers.IntegerField(min_value=0, help_text="After how many emails people did it within three days.")
    emails = serializers.IntegerField(min_value=0, help_text="Of so many that were delivered.")
    rate = serializers.FloatField(min_value=0, help_text="The one divided by the other, not rounded.")
    low = serializers.FloatField(help_text="The lower end of its interval (95 %); one person's emails go together.")
    high = serializers.FloatField(help_text="Its upper end.")


class TiredPeopleSerializer(serializers.Serializer[TiredPeople]):
    emailsBefore = serializers.ChoiceField(
        [each.value for each in EmailsBefore],
        source="before",
        help_text="How many emails they had got in the 30 days before this one.",
    )
    people = serializers.IntegerField(min_value=0, help_text="Who got an email after so many. One may be in several.")
    clickRate = RateOfEmailsSerializer(source="click_rate", allow_null=True, help_text="Null of no email.")
    unsubscribeRate = RateOfEmailsSerializer(source="unsubscribe_rate", allow_null=True)
    rows = row_addresses()


class WithinSlopeSerializer(serializers.Serializer[WithinSlope]):
    """What one more email in the 30 days before changes in the click rate of the same person."""

    slope = serializers.FloatField(help_text="As a difference of shares: -0.01 is one point less.")
    low = serializers.FloatField(help_text="The lower end of its interval (95 %).")
    high = serializers.FloatField(help_text="Its upper end.")
    peopleCompared = serializers.IntegerField(
        min_value=0, source="people", help_text="Who got emails after different numbers of them."
    )


class FatigueSerializer(serializers.Serializer[FatigueReport]):
    period = PeriodField(source="days")
    to = serializers.DateField(
        source="window.last_day",
        allow_null=True,
        help_text="The last day whose emails are three days old; null of none.",
    )
    emailsBefore = TiredPeopleSerializer(source="rows", many=True)
    samePerson = WithinSlopeSerializer(
        source="slope", allow_null=True, help_text="Null where fewer than 30 people can be compared with themselves."
    )
    meta = MetaSerializer()


def _plain(report: FatigueReport) -> Body:
    slope = report.slope
    return {
        "period": f"{report.days}d",
        "to": report.window.last_day.isoformat() if report.window.days else None,
        "emailsBefore": [_row(row) for row in report.rows],
        "samePerson": slope
        and {"slope": slope.slope, "low": slope.low, "high": slope.high, "peopleCompared": slope.people},
        "meta": dict(MetaSerializer(report.meta).data),
    }


def _row(row: TiredPeople) -> Body:
    rates = {
        "clickRate": _rate(row.click_rate, row.clicked, row.emails),
        "unsubscribeRate": _rate(row.unsubscribe_rate, row.unsubscribed, row.emails),
    }
    return {"emailsBefore": row.before.value, "people": row.people, **rates}


def _rate(rate: RateOfEmails | None, hits: int, emails: int) -> Body | None:
    if rate is None:
        return None
    return {"hits": hits, "emails": emails, "rate": rate.rate, "low": rate.low, "high": rate.high}


def _add_rows(beside: ReportRows, body: AnswerPart, report: FatigueReport) -> None:
    for part, row in zip(body["emailsBefore"], report.rows, strict=True):
        beside.add(part, people=PeopleList(beside.window, choice=ListedPeople(row.before)))


FATIGUE: ReportShape[Any] = ReportShape(plain=_plain, rows=_add_rows)


class FatigueView(ReportView):
    parameters = (*OF_DAYS, *CONDITIONS)
    conditioned = (Subject.PEOPLE, Subject.MESSAGES)
    rows = "emailsBefore"

    @report_schema("fatigue", FatigueSerializer, *SCHEMA_OF_CONDITIONS)
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """Whether people who get more emails click less, and unsubscribe more: emails that were delivered, by how many
        others their receivers had got in the 30 days before.

        Emails that are at least three days old, and what people did within three days. Who gets more emails may be
        somebody else in other ways, too: `samePerson` compares everybody with themselves.
        """
        workspace = self.workspace(request, workspace_id)
        question = self.question(request, workspace)
        report = fatigue(self.source, question)
        return self.respond(self.body(Answer(report), question, FATIGUE))

    def question(self, request: Request, workspace: Workspace) -> Question:
        """Raises ParameterError for too many days."""
        question = super().question(request, workspace)
        if question.window.days > MOST_FATIGUE_DAYS:
            name = "from" if "from" in request.query_params else "range"
            allowed = f"at most {MOST_FATIGUE_DAYS} days"
            raise ParameterError(name, given=request.query_params.get(name), allowed=allowed)
        return question

    @property
    def asks_more(self) -> bool:
        return True
