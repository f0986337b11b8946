"""What people are worth by their age, over the API."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.net_money import BY_CURRENCY, OF_MONEY, money_remarks
from analytics.api.reports.conditions import CONDITIONS, SCHEMA_OF_CONDITIONS
from analytics.api.reports.groups import named_group
from analytics.api.reports.retention.serializers import week_name
from analytics.api.reports.revenue.ltv_params import LTV_PARAMETERS, ltv_terms
from analytics.api.reports.rows import ReportRows
from analytics.api.reports.serializers import MetaSerializer, beside, row_addresses
from analytics.api.reports.view import OF_DAYS, Body, ReportShape, ReportView, report_schema
from analytics.lists import OrderList, PeopleList
from analytics.lists.member_orders import MemberOrders
from analytics.periods import Interval, Window
from analytics.questions.fields import Subject
from analytics.questions.groups import Group
from analytics.questions.ltv import DEFAULT_HORIZON, LONGEST_HORIZON, LtvBy, LtvQuestion, LtvStart
from analytics.reports.answers import Answer
from analytics.reports.revenue.ltv import LtvReport, ValueByAge, ValueCohort, ltv, payback
from campaignos.csv_export import Download
from campaignos.parameters import register

register(LTV_PARAMETERS)

_SCHEMA = (
    OpenApiParameter(
        "cohort",
        {"type": "string", "enum": [*LtvStart], "default": LtvStart.SIGNUP.value},
        description="Since when people belong to a cohort: contacts since their signup, or people since their first "
        "order.",
    ),
    OpenApiParameter(
        "by",
        {"type": "string", "enum": [*LtvBy], "default": LtvBy.MONTH.value},
        description="What a cohort is: the week or month in which they began, or the source or campaign of the first "
        "event with a source that they had by then.",
    ),
    OpenApiParameter("age", {"type": "string", "enum": [Interval.WEEK.value]}, description="What ages are counted in."),
    OpenApiParameter(
        "horizon",
        {"type": "integer", "minimum": 1, "maximum": LONGEST_HORIZON, "default": DEFAULT_HORIZON},
        description="How many weeks are told.",
    ),
    OpenApiParameter(
        "cost",
        {"type": "string"},
        description="What each of them cost, in the workspace's currency, such as 2.50: then it is told after how many "
        "weeks they are worth it.",
    ),
)


def _by_week(each: dict[str, Any], help_text: str) -> serializers.Field[Any, Any, Any, Any]:
    return beside({"type": "object", "additionalProperties": each}, f"By week of age: {help_text}")


def _payback() -> serializers.IntegerField:
    return serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="With `cost`: the first week by whose end they are worth it; null where no complete one says so.",
    )


class ValueCohortSerializer(serializers.Serializer[ValueCohort]):
    """Those who began together."""

    cohort = serializers.DateField(required=False, help_text="By week or month, the first day.")
    to = serializers.DateField(required=False, help_text="The last day.")
    value = serializers.CharField(
        required=False, allow_null=True, help_text="By source or campaign, that; `other` for the rest, null for none."
    )
    name = serializers.CharField(required=False, allow_null=True, help_text="What it is called.")
    members = serializers.IntegerField(min_value=0, help_text="People who began then.")
    worth = _by_week(
        {"type": "integer"},
        "what each of them is worth on average by its end, in minor units of the workspace's currency.",
    )
    converted = _by_week({"type": "integer"}, "what all of them brought in by its end, in the same.")
    net = _by_week(BY_CURRENCY, "what they brought in as it is stated, in minor units by currency.")
    weeksComplete = serializers.IntegerField(
        min_value=0,
        help_text="How many of the weeks all of them have reached the end of: later ones will still change.",
    )
    payback = _payback()
    rows = row_addresses()


class MeanAgeSerializer(serializers.Serializer[ValueByAge]):
    week = serializers.IntegerField(min_value=0)
    members = serializers.IntegerField(min_value=0, help_text="Of the cohorts that are complete.")
    worth = serializers.IntegerField(help_text="What each of them is worth on average by its end.")
    converted = serializers.IntegerField()
    net = beside(BY_CURRENCY, "What they brought in as it is stated, in minor units by currency.")
    rows = row_addresses()


class MeanValueSerializer(serializers.Serializer[Any]):
    """All cohorts together, week by week those that are complete: a mean weighted by their members."""

    weeks = MeanAgeSerializer(many=True)
    payback = _payback()


class LtvSerializer(serializers.Serializer[LtvReport]):
    period = serializers.CharField()
    members = serializers.IntegerField(min_value=0, help_text="Of all cohorts.")
    cohorts = ValueCohortSerializer(many=True)
    mean = MeanValueSerializer()
    money = beside(OF_MONEY, "What should be known of all these amounts.")
    rows = row_addresses()
    meta = MetaSerializer()


class LtvView(ReportView):
    parameters = (*OF_DAYS, *CONDITIONS, *LTV_PARAMETERS)
    conditioned = (Subject.PEOPLE,)
    rows = "cohorts"

    @report_schema("ltv", LtvSerializer, *_SCHEMA, *SCHEMA_OF_CONDITIONS)
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """What those who began together are worth by the end of each week of theirs: what they brought in by then, less
        what they got back, divided among all of them.

        What they brought in before they began is in the first week. A week counts as complete once all of them have
        reached its end.
        """
        workspace = self.workspace(request, workspace_id)
        terms = ltv_terms(request.query_params, workspace.currency)
        question = self.question(request, workspace).with_params(LtvQuestion, **terms)
        report = ltv(self.source, question)
        shape: ReportShape[LtvReport] = ReportShape(
            plain=lambda report: _body(report, question), rows=partial(_add_rows, question)
        )
        body = self.body(Answer(report), question, shape)
        asked = {**question.query, **({"cost": request.query_params["cost"]} if question.cost else {})}
        body["meta"]["question"] = {name: said for name, said in asked.items() if name in self.parameters}
        return self.respond(body)


def _body(report: LtvReport, question: LtvQuestion) -> Body:
    mean = {"weeks": [_mean_age(of_age) for of_age in report.mean], **_payback_of(report.mean, question)}
    return {
        "period": f"{report.days}d",
        "members": report.members,
        "cohorts": [_cohort(cohort, question) for cohort in report.cohorts],
        "mean": mean,
        "money": money_remarks(report.money, report.currency),
        "meta": dict(MetaSerializer(report.meta).data),
    }


def _cohort(cohort: ValueCohort, question: LtvQuestion) -> Body:
    if cohort.group is not None:
        named = named_group(cohort.group, cohort.group.value, cohort.values)
    else:
        named = {"cohort": cohort.bucket.first_day.isoformat(), "to": cohort.bucket.last_day.isoformat()}
    weeks = {week_name(of_age.age): of_age for of_age in cohort.ages}
    return {
        **named,
        "members": cohort.members,
        "worth": {name: of_age.value for name, of_age in weeks.items()},
        "converted": {name: of_age.money.converted for name, of_age in weeks.items()},
        "net": {name: dict(of_age.money.by_currency) for name, of_age in weeks.items()},
        "weeksComplete": sum(of_age.is_complete for of_age in cohort.ages),
        **_payback_of(cohort.ages, question),
    }


def _add_rows(question: LtvQuestion, beside: ReportRows, body: Body, report: LtvReport) -> None:
    """Behind an amount the orders that it is the sum of."""

    def add(row: Body, days: tuple[date, date], group: Group | None, ages: Mapping[str, int]) -> None:
        window = Window.between(*days, zone=question.window.zone)
        orders = {
            name: OrderList(members=MemberOrders(question.start, window, group, None, age))
            for name, age in ages.items()
        }
        beside.add(row, members=PeopleList(window, cohort=question.start, group=group), **orders)

    add(body, (question.window.first_day, question.window.last_day), None, {})
    members = MemberOrders(question.start, question.window, None, None, question.horizon - 1)
    beside.money(body["money"], OrderList(members=members))
    for row, cohort in zip(body["cohorts"], report.cohorts, strict=True):
        ages = {f"converted.{week_name(of_age.age)}": of_age.age for of_age in cohort.ages}
        add(row, (cohort.bucket.first_day, cohort.bucket.last_day), cohort.group, ages)
    for row, of_age in zip(body["mean"]["weeks"], report.mean, strict=True):
        add(row, report.days_complete(of_age.age), None, {"converted": of_age.age})


def _mean_age(of_age: ValueByAge) -> Body:
    money = {"converted": of_age.money.converted, "net": dict(of_age.money.by_currency)}
    return {"week": of_age.age, "members": of_age.members, "worth": of_age.value, **money}


def _payback_of(ages: Sequence[ValueByAge], question: LtvQuestion) -> Body:
    return {} if question.cost is None else {"payback": payback(ages, question.cost)}
