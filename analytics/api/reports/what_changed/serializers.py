"""How it looks in JSON what changed, and why."""

from typing import Any

from rest_framework import serializers

from analytics.api.reports.revenue.serializers import RevenueMetaSerializer
from analytics.api.reports.serializers import row_addresses


class CountsOfChangeSerializer(serializers.Serializer[Any]):
    value = serializers.FloatField(
        allow_null=True, help_text="The metric, a share to three decimals; null for a ratio of nothing."
    )
    counts = serializers.DictField(
        child=serializers.FloatField(),
        help_text="What the metric is made of, by the keys of their metrics: whole numbers but for credit.",
    )
    rows = row_addresses()


class PeriodOfChangeSerializer(CountsOfChangeSerializer):
    to = serializers.DateField(help_text="The last day.")

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField(help_text="The first day."), **super().get_fields()}


class BothPeriodsSerializer(serializers.Serializer[Any]):
    complete = PeriodOfChangeSerializer()
    compared = PeriodOfChangeSerializer()


class PartOfChangeSerializer(serializers.Serializer[Any]):
    value = serializers.CharField(
        allow_null=True,
        help_text="Null for what has none; `other` for the rest; of time its first and last day, of weekdays "
        "1 for Monday to 7.",
    )
    name = serializers.CharField(allow_null=True, help_text="What the value is called.")
    new = serializers.BooleanField(help_text="Whether nothing of it was there before.")
    gone = serializers.BooleanField(help_text="Whether nothing of it is there now.")
    complete = CountsOfChangeSerializer()
    compared = CountsOfChangeSerializer()
    change = serializers.FloatField(help_text="What it adds to the change; the parts add up to that.")
    mix = serializers.FloatField(allow_null=True, help_text="Of a ratio: because it is more or less of the whole.")
    rate = serializers.FloatField(allow_null=True, help_text="Of a ratio: because its own ratio changed.")
    p = serializers.FloatField(help_text="How likely as much is by chance alone.")
    beyondChance = serializers.BooleanField(help_text="Whether it is called more than chance.")
    unattributed = serializers.BooleanField(help_text="Of credit: whether it is conversions without a touch.")


class DimensionOfChangeSerializer(serializers.Serializer[Any]):
    dimension = serializers.CharField(help_text="A field, segment:seg_4, time or weekday.")
    mix = serializers.FloatField(allow_null=True, help_text="Of a ratio: that of all parts.")
    rate = serializers.FloatField(allow_null=True, help_text="Of a ratio: that of all parts.")
    reversed = serializers.BooleanField(
        help_text="Whether every value that both periods have moved the other way than the whole (Simpson's paradox)."
    )
    parts = PartOfChangeSerializer(many=True, help_text="Beyond chance first, the largest of these first.")


class FactorOfChangeSerializer(serializers.Serializer[Any]):
    numerator = serializers.CharField(help_text="So many of this metric …")
    denominator = serializers.CharField(allow_null=True, help_text="… for each of this one; null for the count itself.")
    complete = serializers.FloatField(allow_null=True)
    compared = serializers.FloatField(allow_null=True)
    change = serializers.FloatField(help_text="What it adds to the change; the factors add up to that.")


class WhatChangedSerializer(serializers.Serializer[Any]):
    metric = serializers.CharField()
    unit = serializers.ChoiceField(["count", "share", "money"])
    age = serializers.IntegerField(
        allow_null=True, help_text="Within how many days of their creation messages have reached what counts."
    )
    complete = PeriodOfChangeSerializer(
        allow_null=True, help_text="The days that are over and old enough; null where no such day has a partner."
    )
    compared = PeriodOfChangeSerializer(allow_null=True, help_text="The days they are compared with.")
    change = serializers.FloatField(
        allow_null=True, help_text="The difference of the two, not rounded; null where a ratio is of nothing."
    )
    p = serializers.FloatField(help_text="How likely as much is by chance alone.")
    beyondChance = serializers.BooleanField(help_text="Whether that is below 0.05.")
    uncut = BothPeriodsSerializer(allow_null=True, help_text="All days that are over, and all that was reached.")
    dimensions = DimensionOfChangeSerializer(many=True, help_text="What tells most first.")
    factors = FactorOfChangeSerializer(many=True, help_text="Where the metric is a product of others.")
    meta = RevenueMetaSerializer()
