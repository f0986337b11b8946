"""What reports on A/B tests say, for the schema."""

from typing import Any

from rest_framework import serializers

from analytics.api.reports.campaigns.serializers import CampaignNameSerializer
from analytics.api.reports.serializers import MetaSerializer, row_addresses
from analytics.reports.experiments.comparisons import Judgement, Method
from analytics.reports.experiments.report import Status


def _interval(text: str = "Where its interval begins and ends.") -> serializers.ListField:
    return serializers.ListField(
        child=serializers.FloatField(), min_length=2, max_length=2, allow_null=True, help_text=text
    )


class NamedExperimentSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    campaignId = serializers.CharField(allow_null=True, help_text="Null outside of messages.")
    isHoldout = serializers.BooleanField()
    startedAt = serializers.DateTimeField(allow_null=True)
    endedAt = serializers.DateTimeField(allow_null=True)
    status = serializers.ChoiceField([status.value for status in Status])
    method = serializers.ChoiceField([method.value for method in Method])
    metric = serializers.CharField(help_text="What the variants are compared by.")
    window = serializers.CharField(help_text="How long after their assignment what people do counts, such as 7d.")


class LookPlanSerializer(serializers.Serializer[Any]):
    size = serializers.IntegerField(help_text="People planned, of all variants.")
    looks = serializers.ListField(child=serializers.IntegerField(), help_text="After how many mature people.")
    taken = serializers.IntegerField(help_text="How many looks there have been.")
    nextLook = serializers.IntegerField(allow_null=True, help_text="After how many people the next one comes.")


class SampleRatioSerializer(serializers.Serializer[Any]):
    """Whether as many people were given each variant as its weight says."""

    p = serializers.FloatField(help_text="Likely by chance; while the test runs, at any look.")
    mismatch = serializers.BooleanField(help_text="Below 0.001: then the result is not to be trusted.")
    running = serializers.BooleanField()


class VariantResultSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    name = serializers.CharField()
    isControl = serializers.BooleanField()
    weight = serializers.FloatField()
    assigned = serializers.IntegerField(help_text="People whose first variant it is.")
    mature = serializers.IntegerField(help_text="Of these, whose window is over: those who count.")
    young = serializers.IntegerField(help_text="The others.")
    withheld = serializers.IntegerField(help_text="Who were given nothing.")
    delivered = serializers.IntegerField(allow_null=True, help_text="Of the mature, whose message was delivered.")
    reached = serializers.IntegerField(help_text="Of the mature, who did it at all.")
    value = serializers.IntegerField(help_text="How many did it, how often, or net minor units.")
    rate = serializers.FloatField(allow_null=True, help_text="Of the mature; null for what is no share.")
    mean = serializers.FloatField(help_text="Of each mature person.")
    interval = _interval("Of 95 %, around the mean.")
    rows = row_addresses()


class LookSerializer(serializers.Serializer[Any]):
    people = serializers.IntegerField(help_text="The first so many mature people of the test.")
    at = serializers.DateTimeField(help_text="When the last of them was mature.")
    difference = serializers.FloatField()
    interval = _interval()
    p = serializers.FloatField(help_text="By this look alone.")
    rows = row_addresses()


class RelativeDifferenceSerializer(serializers.Serializer[Any]):
    difference = serializers.FloatField()
    interval = _interval()


class AgainstControlSerializer(serializers.Serializer[Any]):
    variant = serializers.CharField()
    number = serializers.IntegerField()
    method = serializers.ChoiceField([method.value for method in Method])
    judgement = serializers.ChoiceField([judgement.value for judgement in Judgement])
    difference = serializers.FloatField(allow_null=True, help_text="To the control; null with too few people.")
    interval = _interval()
    relative = RelativeDifferenceSerializer(allow_null=True, help_text="As a share of the control's mean.")
    p = serializers.FloatField(help_text="The least of all looks.")
    holm = serializers.FloatField(help_text="The same in view of the other variants.")
    decidedBy = LookSerializer(allow_null=True, help_text="The first look that told it.")
    looks = LookSerializer(many=True)


class GuardrailSerializer(serializers.Serializer[Any]):
    metric = serializers.CharField()
    variants = VariantResultSerializer(many=True)
    comparisons = AgainstControlSerializer(many=True)


class CampaignOutcomeSerializer(GuardrailSerializer):
    status = serializers.ChoiceField([status.value for status in Status])
    method = serializers.ChoiceField([method.value for method in Method])
    window = serializers.CharField(help_text="How long after their message what people do counts, such as 7d.")


class ExcludedSerializer(serializers.Serializer[Any]):
    twoVariants = serializers.IntegerField(help_text="Given another variant later; they count with their first.")
    rows = row_addresses()


class MoneyCapSerializer(serializers.Serializer[Any]):
    people = serializers.IntegerField(help_text="Whose money was cut off.")
    at = serializers.IntegerField(help_text="At so many minor units.")
    rows = row_addresses()


class ExperimentSerializer(NamedExperimentSerializer):
    plan = LookPlanSerializer(allow_null=True)
    srm = SampleRatioSerializer()
    variants = VariantResultSerializer(many=True)
    comparisons = AgainstControlSerializer(many=True)
    guardrails = GuardrailSerializer(many=True)
    excluded = ExcludedSerializer()
    peopleMissing = serializers.IntegerField(
        help_text="How many more of each variant would show a lift of a tenth, in four of five cases."
    )
    varianceSaved = serializers.FloatField(help_text="What is known of people from before explains so much (CUPED).")
    cap = MoneyCapSerializer(allow_null=True)
    unconverted = serializers.IntegerField(
        help_text="Amounts of people whose window is over that have no rate, and count as nothing."
    )
    rows = row_addresses()
    currency = serializers.CharField(allow_null=True)
    meta = MetaSerializer()


class ExperimentOfListSerializer(NamedExperimentSerializer):
    people = serializers.IntegerField(help_text="Who were given a variant.")
    mature = serializers.IntegerField(help_text="Of these, whose window is over.")
    rows = row_addresses()
    mismatch = serializers.BooleanField()
    best = serializers.CharField(allow_null=True, help_text="The variant that is better than the control for certain.")


class CampaignExperimentSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    isHoldout = serializers.BooleanField()
    outcomes = CampaignOutcomeSerializer(many=True)


class CampaignExperimentsSerializer(serializers.Serializer[Any]):
    campaign = CampaignNameSerializer()
    abTests = CampaignExperimentSerializer(many=True)
    meta = MetaSerializer()


class ExperimentsSerializer(serializers.Serializer[Any]):
    abTests = ExperimentOfListSerializer(many=True)
    meta = MetaSerializer()
