"""Whether emails arrive, and what harm they do, over the API."""

from dataclasses import replace
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.reports.changes import changes_by
from analytics.api.reports.conditions import CONDITIONS, SCHEMA_OF_CONDITIONS
from analytics.api.reports.parameters import COMPARED_PARAMETERS, LIMIT, OF_PEOPLE_AND_MESSAGES, OTHER_GROUP
from analytics.api.reports.rows import AnswerPart, ReportRows
from analytics.api.reports.serializers import (
    GROUPS_HELP,
    GroupSerializer,
    MetaSerializer,
    NumbersSerializer,
    PeriodField,
    comparison_beside,
    comparison_of_group,
)
from analytics.api.reports.view import COMPARISON, OF_DAYS, Body, ReportShape, ReportView, report_schema
from analytics.lists.emails import emails_list
from analytics.metrics import METRICS, Unit
from analytics.questions.deliverability import DeliverabilityBy, DeliverabilityQuestion
from analytics.questions.fields import Subject
from analytics.reports.answers import compared_answer
from analytics.reports.emails.deliverability import DeliverabilityReport, DeliverabilityRow, deliverability
from analytics.reports.emails.harm_limits import HARM_LIMITS, HarmStatus, harm_status, share_estimate
from campaignos.csv_export import Download
from campaignos.errors import ParameterError
from campaignos.parameters import register

register(("by",))

_NUMBERS = {
    "messages": "messages_total",
    "sent": "sent",
    "delivered": "delivered",
    "humanOpened": "human_opened",
    "humanClicked": "human_clicked",
    "bounced": "bounced",
    "hardBounced": "hard_bounced",
    "softBounced": "soft_bounced",
    "complained": "complained",
    "unsubscribed": "unsubscribed",
    "deliveryRate": "delivery_rate",
    "humanOpenRate": "campaign_human_open_rate",
    "humanClickRate": "campaign_human_click_rate",
    "bounceRate": "bounce_share",
    "hardBounceRate": "hard_bounce_rate",
    "complaintRate": "complaint_rate",
    "unsubscribeRate": "unsubscribe_rate",
}


class EmailsOfGroupSerializer(NumbersSerializer):
    may_be_of_a_part = True
    metrics = _NUMBERS


BY = OpenApiParameter(
    "by",
    {"type": "string", "enum": [each.value for each in DeliverabilityBy], "default": DeliverabilityBy.DOMAIN.value},
    description="By what emails are taken together: the recipient's mailbox provider, the campaign, the day, or why "
    "they came back.",
)


class EmailTotalsSerializer(NumbersSerializer):
    """Null is what is not known of these: who of Google's mailboxes complained, or what did not bounce of a class."""

    may_be_of_a_part = True
    metrics = {**_NUMBERS, "deferred": "deferred"}


class IntervalOfShareSerializer(serializers.Serializer[Any]):
    low = serializers.FloatField(min_value=0, max_value=1)
    high = serializers.FloatField(min_value=0, max_value=1)


class HarmStatusSerializer(serializers.Serializer[Any]):
    rate = serializers.CharField(help_text="The name of the rate.")
    watch = serializers.FloatField(help_text="From where on it is to be watched.")
    over = serializers.FloatField(help_text="From where on it is too high.")
    status = serializers.ChoiceField(
        [each.value for each in HarmStatus],
        allow_null=True,
        help_text="Which of the two the whole interval of the rate lies above; null for none.",
    )
    setBy = serializers.CharField(help_text="Whose limits these are.")


class EmailsRowSerializer(serializers.Serializer[DeliverabilityRow]):
    value = serializers.CharField(
        allow_null=True,
        help_text="google, microsoft, yahoo, apple, gmx or another domain; `other` for all domains with fewer than 20 "
        "contacts, null for contacts without an address. Else a campaign's id, a day, or a class of bounces.",
    )
    name = serializers.CharField(allow_null=True)
    emails = EmailTotalsSerializer()
    intervals = serializers.DictField(
        child=IntervalOfShareSerializer(allow_null=True),
        help_text="By the names of the rates, in which range the true one probably lies (Wilson, 95 %).",
    )


class EmailsGroupSerializer(GroupSerializer):
    emails = EmailsOfGroupSerializer()
    comparison = comparison_of_group()


class DeliverabilitySerializer(serializers.Serializer[DeliverabilityReport]):
    period = PeriodField(source="days")
    by = serializers.ChoiceField([each.value for each in DeliverabilityBy])
    emails = EmailTotalsSerializer(source="numbers")
    intervals = serializers.DictField(child=IntervalOfShareSerializer(allow_null=True))
    limits = HarmStatusSerializer(many=True)
    breakdown = EmailsRowSerializer(source="rows", many=True)
    meta = MetaSerializer()
    groups = EmailsGroupSerializer(many=True, required=False, help_text=GROUPS_HELP)
    comparison = comparison_beside("Deliverability")


def _emails(row: DeliverabilityRow) -> Body:
    metrics = EmailTotalsSerializer.metrics.items()
    return {name: row.numbers.value(key) if row.tells(key) else None for name, key in metrics}


def _intervals(row: DeliverabilityRow) -> Body:
    rates = {name: key for name, key in _NUMBERS.items() if METRICS[key].unit is Unit.SHARE}
    found = {name: share_estimate(key, row.numbers) if row.tells(key) else None for name, key in rates.items()}
    return {name: each and {"low": each.low, "high": each.high} for name, each in found.items()}


def _limits(row: DeliverabilityRow) -> list[Body]:
    names = {key: name for name, key in _NUMBERS.items()}
    return [
        {
            "rate": names[limit.metric],
            "watch": limit.watch,
            "over": limit.over,
            "status": harm_status(limit, row.numbers),
            "setBy": limit.source,
        }
        for limit in HARM_LIMITS
    ]


def _row(row: DeliverabilityRow) -> Body:
    named = {"value": row.value, "name": row.name or None}
    if row.domains:
        named = {"value": OTHER_GROUP, "name": f"Other ({row.domains:,})"}
    return {**named, "emails": _emails(row), "intervals": _intervals(row)}


def _plain(report: DeliverabilityReport) -> Body:
    return {
        "period": f"{report.days}d",
        "by": report.by.value,
        "emails": _emails(report.total),
        "intervals": _intervals(report.total),
        "limits": _limits(report.total),
        "breakdown": [*map(_row, report.rows)],
        "meta": dict(MetaSerializer(report.meta).data),
    }


def _add_rows(beside: ReportRows, body: AnswerPart, report: DeliverabilityReport) -> None:
    for part, row in ((body, report.total), *zip(body["breakdown"], report.rows, strict=True)):
        of_row = ReportRows(beside.addresses, replace(beside.question, window=row.window, part=row.part))
        lists = {name: emails_list(key, row) for name, key in EmailTotalsSerializer.metrics.items()}
        of_row.add(part["emails"], **lists)


DELIVERABILITY = ReportShape(plain=_plain, rows=_add_rows, changes=changes_by(DeliverabilitySerializer))


class DeliverabilityView(ReportView):
    parameters = (*OF_DAYS, *COMPARISON, *CONDITIONS, "by", "breakdown", "limit")
    conditioned = (Subject.PEOPLE, Subject.MESSAGES)
    rows = "breakdown"

    @report_schema(
        *("deliverability", DeliverabilitySerializer, BY),
        *(*COMPARED_PARAMETERS, *SCHEMA_OF_CONDITIONS, OF_PEOPLE_AND_MESSAGES, LIMIT),
    )
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """Whether the emails of the period arrived, and what harm they did, by mailbox provider, campaign, day, or why
        they came back.

        Opens and clicks are those by people. A limit has a status only where the whole interval of a rate lies above
        it. Google reports no complaints: of its mailboxes they are null, unless one was reported all the same.
        """
        workspace = self.workspace(request, workspace_id)
        question = self.question(request, workspace).with_params(DeliverabilityQuestion, by=self.by)
        answer = compared_answer(deliverability, self.source, question)
        body = self.body(answer, question, DELIVERABILITY)
        emails = replace(question, part=answer.report.total.part)
        self.add_groups(body, emails, {"emails": EmailsOfGroupSerializer})
        return self.respond(body)

    @property
    def asks_more(self) -> bool:
        return True

    @property
    def by(self) -> DeliverabilityBy:
        """Raises ParameterError."""
        given = self.request.query_params.get("by", DeliverabilityBy.DOMAIN.value)
        if given not in [*DeliverabilityBy]:
            raise ParameterError("by", given=given, allowed=", ".join(DeliverabilityBy))
        return DeliverabilityBy(given)
