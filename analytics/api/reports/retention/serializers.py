"""How cohorts and who of them came back look in JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from analytics.api.net_money import BY_CURRENCY, OF_MONEY
from analytics.api.reports.serializers import (
    Beside,
    GroupSerializer,
    MetaSerializer,
    PeriodField,
    beside,
    beside_more,
    comparison_beside,
    count_field,
    rate_field,
    row_addresses,
)
from analytics.questions.retention import RETENTION_PARAMETERS
from analytics.reports.cohorts.groups import CohortGroup
from analytics.reports.cohorts.report import Cohort, CohortsReport, WeekTotals
from analytics.reports.retention.report import MeanPeriod
from analytics.reports.revenue.member_money import NetMoney

_WITH_PERIODS = f"With one of {', '.join(RETENTION_PARAMETERS)}"
"""What an answer to them has beside or in place of weeks."""


def _by_week(number_type: str, help_text: str) -> Beside:
    return beside_more({"type": "object", "additionalProperties": {"type": number_type}}, help_text)


def _by_week_of_money(help_text: str, each: Mapping[str, Any] = {"type": "integer"}) -> Beside:
    return beside(
        {"type": "object", "additionalProperties": each},
        f"With `metric=revenue`, in minor units: {help_text}",
        source="money_behind",
    )


def _of_money(help_text: str, schema: Mapping[str, Any]) -> Beside:
    return beside({**schema}, f"With `metric=revenue`: {help_text}", source="money_behind")


def week_name(number: int) -> str:
    return f"week_{number}"


def _money_by_week(weeks: Sequence[NetMoney]) -> dict[str, Any]:
    if not weeks:
        return {}
    return {
        "revenue": {week_name(number): week.by_currency for number, week in enumerate(weeks)},
        "converted": {week_name(number): week.converted for number, week in enumerate(weeks)},
    }


class CohortGroupSerializer(serializers.Serializer[CohortGroup]):
    cohort = serializers.DateField(source="bucket.first_day", help_text="The first day of signup.")
    to = serializers.DateField(source="bucket.last_day", help_text="The last day of signup.")
    size = count_field("cohort_size")
    activeContacts = serializers.IntegerField(min_value=0, source="newest.active")
    retentionRate = serializers.FloatField(min_value=0, source="newest.retention_rate")
    retention = serializers.SerializerMethodField()

    def get_retention(self, group: CohortGroup) -> dict[str, int]:
        return {week_name(number): week.active for number, week in enumerate(group.weeks)}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        money = [week.money for week in instance.weeks if week.money is not None]
        return {**super().to_representation(instance), **_money_by_week(money)}


class CohortSerializer(serializers.Serializer[Cohort]):
    cohort = serializers.DateField(source="day")
    to = beside(
        {"type": "string", "format": "date"}, "By week or month, the last day of signup; `cohort` is the first."
    )
    size = count_field("cohort_size")
    retentionRates = _by_week("number", "by week, the share of those of the cohort for whom it has begun.")
    sizes = _by_week("integer", "by week, how many these are.")
    weeksOver = beside_more({"type": "integer"}, "how many of the weeks are over for all of them.")
    periodsOver = beside({"type": "integer"}, f"{_WITH_PERIODS}: how many of the periods are over for all of them.")
    activeContacts = count_field("active_contacts", source="active_contacts")
    retentionRate = rate_field("retention_rate", source="retention_rate")
    retention = serializers.SerializerMethodField(
        help_text="By week from signup on (`week_0`, `week_1` …), the contacts who were active in it."
    )
    revenue = _by_week_of_money(
        "by week, what the contacts brought in less what they got back, by currency.", BY_CURRENCY
    )
    converted = _by_week_of_money("by week, the same in the workspace's currency, as far as rates say it.")
    rows = row_addresses()

    def get_retention(self, cohort: Cohort) -> dict[str, int]:
        return {week_name(number): active for number, active in enumerate(cohort.active_by_week)}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Written by hand, since there are thousands."""
        numbers = {"activeContacts": instance.active_contacts, "retentionRate": instance.retention_rate}
        body = {"cohort": instance.day.isoformat(), "size": instance.size, **numbers}
        return {**body, "retention": self.get_retention(instance), **_money_by_week(instance.money_by_week)}


class AverageWeekSerializer(serializers.Serializer[WeekTotals]):
    week = serializers.IntegerField(min_value=0)
    size = count_field("cohort_size")
    active = count_field("active_contacts")
    retentionRate = rate_field("retention_rate", source="retention_rate")
    revenue = _of_money("what they brought in less what they got back, in minor units by currency.", BY_CURRENCY)
    converted = _of_money("the same in the workspace's currency, as far as rates say it.", {"type": "integer"})
    rows = row_addresses()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        body = {"week": instance.week, "size": instance.size, "active": instance.active}
        body["retentionRate"] = instance.retention_rate
        money = instance.money
        return body if money is None else {**body, "revenue": money.by_currency, "converted": money.converted}


class MeanPeriodSerializer(serializers.Serializer[MeanPeriod]):
    period = serializers.IntegerField(min_value=0, source="number")
    cohorts = serializers.IntegerField(min_value=0, help_text="How many cohorts it is complete for: they are meant.")
    size = count_field("cohort_size")
    active = count_field("active_contacts")
    retentionRate = rate_field("retention_rate", source="retention_rate")
    interval = serializers.ListField(
        child=serializers.FloatField(), help_text="The 95 % interval of the rate: its lower and its upper end."
    )
    revenue = _of_money("what they brought in less what they got back, in minor units by currency.", BY_CURRENCY)
    converted = _of_money("the same in the workspace's currency, as far as rates say it.", {"type": "integer"})
    rows = row_addresses()


def _periods() -> MeanPeriodSerializer:
    return MeanPeriodSerializer(many=True, required=False, help_text=f"{_WITH_PERIODS}, in place of `weeks`.")


class AverageSerializer(serializers.Serializer[Any]):
    """All cohorts together, by the weeks that are over: a mean weighted by their sizes."""

    size = count_field("cohort_size")
    weeks = AverageWeekSerializer(many=True, required=False)
    periods = _periods()
    rows = row_addresses()


class CohortsMetaSerializer(MetaSerializer):
    runningWeeks = serializers.DictField(
        child=serializers.CharField(), help_text="By cohort, the week that is not over yet, such as week_3."
    )


class CohortsOfGroupSerializer(GroupSerializer):
    """The contacts of a group, all cohorts together, by the weeks that are over."""

    size = count_field("cohort_size")
    weeks = AverageWeekSerializer(many=True, required=False)
    periods = _periods()
    changes = beside(
        {"type": "object", "additionalProperties": True},
        "With `compare`: as `comparison.changes`, of the group.",
    )
    rows = row_addresses()


class CohortsSerializer(serializers.Serializer[CohortsReport]):
    period = PeriodField(source="days")
    metric = serializers.CharField()
    unit = beside({"type": "string"}, f"{_WITH_PERIODS}: what the names of periods begin with, such as month_3.")
    provisional = beside({"type": "boolean"}, f"{_WITH_PERIODS}: whether every number may still rise.")
    cohorts = CohortSerializer(many=True)
    average = AverageSerializer(
        required=False,
        source="mean",
        help_text="Where more than the last so many days is asked for: all cohorts together, of weeks that are over.",
    )
    groups = CohortsOfGroupSerializer(
        many=True,
        required=False,
        help_text="With `breakdown`: each group, most contacts first, those without one last.",
    )
    money = _of_money("what should be known of all these amounts.", OF_MONEY)
    meta = serializers.SerializerMethodField()
    comparison = comparison_beside("Cohorts")

    @extend_schema_field(CohortsMetaSerializer)
    def get_meta(self, report: CohortsReport) -> dict[str, Any]:
        running = {cohort.day.isoformat(): week_name(len(cohort.active_by_week) - 1) for cohort in report.cohorts}
        return {**MetaSerializer(report.meta).data, "runningWeeks": running}
