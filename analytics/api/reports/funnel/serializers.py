"""How a funnel looks in JSON."""

from typing import Any

from rest_framework import serializers

from analytics.api.net_money import OF_NET_MONEY
from analytics.api.reports.funnel.depth import OF_DIFFERENCE, OF_MATURE, OF_MATURE_STEP, OF_TIMES, OF_TREND
from analytics.api.reports.serializers import (
    Beside,
    GroupSerializer,
    MetaSerializer,
    PeriodField,
    beside,
    beside_more,
    comparison_beside,
    comparison_of_group,
    count_field,
    rate_field,
    row_addresses,
)
from analytics.questions.step_texts import step_name
from analytics.reports.funnel.report import GroupSteps


class StepField(serializers.CharField):
    def to_representation(self, value: Any) -> str:
        return step_name(value)


class StepTotalsSerializer(serializers.Serializer[Any]):
    step = StepField(help_text="The event type, or what `step` takes for it.")
    count = count_field("funnel_count")
    dropoff = count_field("funnel_dropoff")
    conversionFromPrevious = rate_field("funnel_step_rate", source="conversion_from_previous")
    conversionFromFirst = beside_more({"type": "number"}, "the share of the people of the first step.")
    goneSinceFirst = beside_more({"type": "integer"}, "the people of the first step who did not get here.")
    mature = beside(OF_MATURE_STEP, "With a `window`: of the people whose window is over.")
    young = beside({"type": "integer"}, "With a `window`: the others of the step's people, whose window is not.")
    rows = row_addresses()


def _funnel_money() -> Beside:
    return beside(
        {**OF_NET_MONEY},
        "Where more than the last so many days is asked for, and the last step says what it is worth: what those who "
        "completed the funnel brought in by events of it, from then on.",
        source="money_behind",
    )


def _mature() -> Beside:
    return beside(OF_MATURE, "With a `window`: of the people whose window is over.", source="mature_behind")


class StepsOfGroupSerializer(serializers.Serializer[GroupSteps]):
    steps = StepTotalsSerializer(many=True)
    overallConversion = rate_field("funnel_overall_rate", source="overall_conversion")
    mature = _mature()
    revenue = _funnel_money()


class FunnelGroupSerializer(GroupSerializer, StepsOfGroupSerializer):
    """The people with a value."""

    difference = beside(
        OF_DIFFERENCE,
        "By how much the share of the group's people who completed the funnel is above that of the `rest`, with its "
        "95 % interval (Newcombe); `pAdjusted` is p for several groups (Holm). With a window of those whose window is "
        "over.",
    )
    comparison = comparison_of_group()


class FunnelSerializer(serializers.Serializer[Any]):
    period = PeriodField(source="days")
    steps = StepTotalsSerializer(many=True)
    overallConversion = rate_field("funnel_overall_rate", source="overall_conversion")
    mature = _mature()
    time = beside(
        OF_TIMES,
        "With `window`, `order`, `exclude` or `by`: how many seconds people took from each step to the next one and "
        "from the first to the last, of those whose window is over; the least that so many per cent took at most.",
    )
    trend = beside(OF_TREND, "With `by`: the people by the day, week or month of their entry.")
    revenue = _funnel_money()
    groups = FunnelGroupSerializer(
        many=True,
        required=False,
        help_text="With `breakdown`: the funnel of the people with each value, most people first, those without one "
        "last. Each person is in one group; of segments in each that they are in.",
    )
    meta = MetaSerializer()
    comparison = comparison_beside("Funnel")
