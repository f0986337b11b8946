"""When emails are sent, and what comes of it, over the API."""

from dataclasses import replace

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.reports.conditions import CONDITIONS, SCHEMA_OF_CONDITIONS
from analytics.api.reports.rows import AnswerPart, ReportRows
from analytics.api.reports.serializers import MetaSerializer, PeriodField, row_addresses
from analytics.api.reports.view import OF_DAYS, Body, ReportShape, ReportView, report_schema
from analytics.lists.send_times import send_time_list
from analytics.questions.fields import Subject
from analytics.questions.questions import Question
from analytics.reports.answers import Answer
from analytics.reports.emails.harm_limits import share_estimate
from analytics.reports.emails.send_times import MOST_SEND_DAYS, SendTime, SendTimesReport, send_times
from campaignos.csv_export import Download
from campaignos.errors import ParameterError
from workspaces.models import Workspace

_RATE = "human_click_rate"


class SendTimeSerializer(serializers.Serializer[SendTime]):
    weekday = serializers.IntegerField(min_value=1, max_value=7, help_text="From 1, Monday, to 7.")
    hour = serializers.IntegerField(min_value=0, max_value=23, help_text="On the clock of the workspace.")
    sent = serializers.IntegerField(min_value=0, help_text="Emails created then that were sent.")
    clicked = serializers.IntegerField(min_value=0, help_text="Of these, those in which a person clicked.")
    clickRate = serializers.FloatField(min_value=0, help_text="Of sent.")
    low = serializers.FloatField(help_text="The lower end of the rate's interval (Wilson, 95 %).")
    high = serializers.FloatField(help_text="Its upper end.")
    few = serializers.BooleanField(source="is_small", help_text="Fewer than 100 emails, of which a rate says little.")
    rows = row_addresses()


class SendTimesSerializer(serializers.Serializer[SendTimesReport]):
    period = PeriodField(source="days")
    times = SendTimeSerializer(many=True)
    meta = MetaSerializer()


def _time(time: SendTime) -> Body:
    estimate = share_estimate(_RATE, time.numbers)
    return {
        "weekday": time.weekday,
        "hour": time.hour,
        "sent": time.numbers["sent"],
        "clicked": time.numbers["human_clicked"],
        "clickRate": time.numbers.value(_RATE),
        "low": estimate.low if estimate else 0.0,
        "high": estimate.high if estimate else 0.0,
        "few": time.is_small,
    }


def _plain(report: SendTimesReport) -> Body:
    meta = dict(MetaSerializer(report.meta).data)
    return {"period": f"{report.days}d", "times": [*map(_time, report.times)], "meta": meta}


def _add_rows(beside: ReportRows, body: AnswerPart, report: SendTimesReport) -> None:
    of_emails = ReportRows(beside.addresses, replace(beside.question, window=report.window, part=report.part))
    for row, time in zip(body["times"], report.times, strict=True):
        lists = {"sent": "sent", "clicked": "human_clicked"}
        found = {name: send_time_list(status, time, report.window, report.part) for name, status in lists.items()}
        of_emails.add(row, **found)


SEND_TIMES = ReportShape(plain=_plain, rows=_add_rows)


class SendTimesView(ReportView):
    parameters = (*OF_DAYS, *CONDITIONS)
    conditioned = (Subject.PEOPLE, Subject.MESSAGES)
    rows = "times"

    @report_schema("send-times", SendTimesSerializer, *SCHEMA_OF_CONDITIONS)
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """At which weekdays and hours emails were sent, and in how many of these people clicked.

        Of emails that are at least three days old: younger ones are still clicked, and would make a bad time of theirs.
        It says what came of them, not what another time would do: an A/B test tells that.
        """
        workspace = self.workspace(request, workspace_id)
        question = self.question(request, workspace)
        report = send_times(self.source, question)
        return self.respond(self.body(Answer(report), question, SEND_TIMES))

    def question(self, request: Request, workspace: Workspace) -> Question:
        """Raises ParameterError for too many days."""
        question = super().question(request, workspace)
        if question.window.days > MOST_SEND_DAYS:
            name = "from" if "from" in request.query_params else "range"
            raise ParameterError(name, given=request.query_params.get(name), allowed=f"at most {MOST_SEND_DAYS} days")
        return question

    @property
    def asks_more(self) -> bool:
        return True
