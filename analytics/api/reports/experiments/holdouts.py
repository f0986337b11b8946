"""Holdouts over the API: what would have happened anyway, and which share of what models credit is incremental."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.reports.conditions import CONDITIONS, SCHEMA_OF_CONDITIONS
from analytics.api.reports.credit.parameters import RULE
from analytics.api.reports.credit.serializers import in_conversions
from analytics.api.reports.credit.view import OF_CREDIT, CreditView
from analytics.api.reports.serializers import MetaSerializer, row_addresses
from analytics.api.reports.view import OF_DAYS, Body, report_schema, shown_by
from analytics.lists import PeopleList, under_conditions
from analytics.lists.experiment_members import MembersOfTest
from analytics.questions.fields import Subject
from analytics.reports.credit.report import CreditQuestion
from analytics.reports.experiments.holdouts import (
    HoldoutArm,
    HoldoutResult,
    HoldoutsReport,
    HoldoutState,
    Increment,
    ModelCalibration,
    holdouts,
)
from analytics.reports.experiments.report import MemberState
from campaignos.csv_export import Download

_MINOR = "in minor units of the workspace's currency"


class HoldoutArmSerializer(serializers.Serializer[HoldoutArm]):
    variant = serializers.CharField(source="name", help_text="The variant's name.")
    people = serializers.IntegerField(min_value=0, help_text="Who were given it first.")
    convertingPeople = serializers.IntegerField(
        source="converted", min_value=0, help_text="How many of them converted at least once."
    )
    conversionRate = serializers.FloatField(source="conversion_rate", help_text="The share of them that converted.")
    conversionsPerPerson = serializers.FloatField(source="conversions_per_person")
    revenuePerPerson = serializers.FloatField(source="revenue_per_person", help_text=f"Of conversions, {_MINOR}.")
    rows = row_addresses()


class IncrementSerializer(serializers.Serializer[Increment]):
    """The difference of the means times the treated people; null where nothing can be told."""

    amount = serializers.FloatField()
    low = serializers.FloatField(help_text="The lower end of the 95 % interval, which holds at any look.")
    high = serializers.FloatField(help_text="Its upper end.")
    p = serializers.FloatField(help_text="How likely as much is by chance.")
    varianceSaved = serializers.FloatField(
        source="saved",
        help_text="The share of the variance that the same people's 30 days before their assignment explain.",
    )


class IncrementsSerializer(serializers.Serializer[HoldoutResult]):
    converted = IncrementSerializer(allow_null=True, help_text="People who would not have converted.")
    conversions = IncrementSerializer(allow_null=True)
    revenue = IncrementSerializer(allow_null=True, help_text=f"Amounts {_MINOR}.")


class ShareSerializer(serializers.Serializer[Any]):
    """Which share of what is credited is incremental; null of nothing."""

    amount = serializers.FloatField()
    low = serializers.FloatField(help_text="The lower end of the 95 % interval.")
    high = serializers.FloatField()


class CalibrationSerializer(serializers.Serializer[Any]):
    """What a model credits of the treated people's conversions, and which share of that is incremental."""

    credit = serializers.FloatField(allow_null=True, help_text="Conversions; null where the model says nothing.")
    revenue = serializers.IntegerField(allow_null=True, help_text=f"Amounts {_MINOR}.")
    share = ShareSerializer(allow_null=True)
    shareOfRevenue = ShareSerializer(allow_null=True)
    refusal = serializers.CharField(required=False, help_text="Why the model says nothing.")


class HoldoutSerializer(serializers.Serializer[HoldoutResult]):
    id = serializers.CharField(source="test.api_id", help_text="Such as ab_1.")
    name = serializers.CharField(source="test.name")
    campaignId = serializers.CharField(
        source="test.campaign.api_id", default=None, allow_null=True, help_text="Null for a holdout of all campaigns."
    )
    startedAt = serializers.DateTimeField(source="test.started_at", allow_null=True)
    endedAt = serializers.DateTimeField(source="test.ended_at", allow_null=True)
    treated = HoldoutArmSerializer()
    heldOut = HoldoutArmSerializer(source="held_out")
    sentAnyway = serializers.IntegerField(
        source="sent_anyway", min_value=0, help_text="Who are held out and were sent a message all the same."
    )
    sentAnywayRate = serializers.FloatField(
        source="sent_anyway_rate", help_text="The share of the held out who were sent a message all the same."
    )
    ofBoth = serializers.IntegerField(
        source="of_several", min_value=0, help_text="People who were given both variants; they count with the first."
    )
    incremental = IncrementsSerializer(source="*")
    rows = row_addresses()
    models = serializers.SerializerMethodField(help_text="By model of credit, such as last or linear.")

    @extend_schema_field(serializers.DictField(child=CalibrationSerializer()))
    def get_models(self, result: HoldoutResult) -> dict[str, Any]:
        return {each.rule.model.value: _calibration(each, result) for each in result.models}


def _calibration(of_model: ModelCalibration, result: HoldoutResult) -> dict[str, Any]:
    body = {
        "credit": in_conversions(of_model.credit),
        "revenue": of_model.revenue,
        "share": _share(of_model.share(result.conversions)),
        "shareOfRevenue": _share(of_model.share_of_revenue(result.revenue)),
    }
    return {**body, "refusal": of_model.refusal} if of_model.refusal else body


def _share(bounds: tuple[float, float, float] | None) -> dict[str, float] | None:
    return None if bounds is None else dict(zip(("amount", "low", "high"), bounds, strict=True))


class HoldoutsSerializer(serializers.Serializer[HoldoutsReport]):
    holdouts = HoldoutSerializer(many=True, help_text="Those with people in them, oldest first.")
    currency = serializers.CharField(help_text="That of all amounts, the workspace's.")
    meta = MetaSerializer()


class HoldoutsView(CreditView):
    conditioned = (Subject.PEOPLE,)
    asks_credit = True
    rows = "holdouts"
    parameters = (*OF_DAYS, *CONDITIONS, *OF_CREDIT)
    split = None

    @report_schema("holdouts", HoldoutsSerializer, *SCHEMA_OF_CONDITIONS, *RULE)
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """What would have happened anyway: of each holdout, conversions and revenue of the treated on the days, against
        those who were held out; how much of it is incremental, and which share that is of what each model credits.
        """
        workspace = self.workspace(request, workspace_id)
        question = self.credit_question(self.question(request, workspace))
        report = holdouts(self.source, question)
        body = shown_by(HoldoutsSerializer)(report)
        if self.tells_rows:
            self._add_rows(body, report, question)
        return self.respond(self.with_question(body, question))

    def _add_rows(self, body: Body, report: HoldoutsReport, question: CreditQuestion) -> None:
        """Lists of people over the holdout's whole life, or by what happened on the days."""
        window, part = question.window, question.part

        def address(people: PeopleList) -> str | None:
            return self.addresses.of(under_conditions(people, part))

        for row, result in zip(body["holdouts"], report.holdouts, strict=True):
            key = result.test.pk
            for name, arm in (("treated", result.treated), ("heldOut", result.held_out)):
                converted = MembersOfTest(key, HoldoutState.CONVERTED, arm.variant_id)
                row[name]["rows"] = {
                    "people": address(PeopleList(test=MembersOfTest(key, variant_id=arm.variant_id))),
                    "convertingPeople": address(PeopleList(window, test=converted)),
                }
            row["rows"] = {
                "ofBoth": address(PeopleList(test=MembersOfTest(key, MemberState.SEVERAL))),
                "sentAnyway": address(PeopleList(window, test=MembersOfTest(key, HoldoutState.SENT_ANYWAY))),
            }
