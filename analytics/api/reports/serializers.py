"""What answers of reports have in common in JSON: numbers, `meta`, and what stands beside them for who asks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from analytics.ledger import FactsRead
from analytics.metrics import METRICS, Numbers, Unit
from analytics.orders import MoneyTotals
from analytics.periods import Bucket
from campaignos.currencies import exponent


def count_field(metric: str, **options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, help_text=METRICS[metric].definition, **options)


def rate_field(metric: str, **options: Any) -> serializers.FloatField:
    """From 0 to 1, to three decimals, of harm to four."""
    metric_ = METRICS[metric]
    return serializers.FloatField(min_value=0, help_text=f"{metric_.definition} {metric_.formula}.", **options)


@extend_schema_field(OpenApiTypes.ANY)
class Beside(serializers.Field[Any, Any, Any, Any]):
    """A part that the answer has only where it was asked for."""

    def __init__(self, schema: dict[str, Any], help_text: str, **options: Any) -> None:
        super().__init__(required=False, read_only=False, help_text=help_text, **options)
        self._spectacular_annotation = {"field": schema}

    def to_representation(self, value: Any) -> Any:
        return value


def beside(schema: Mapping[str, Any], help_text: str, **options: Any) -> Beside:
    """A part of the schema."""
    return Beside({**schema}, help_text, **options)


def comparison_beside(report: str, **more: dict[str, Any]) -> Beside:
    """`report` is the name of the report's schema; `more` are the schemas of what else stands in its comparison."""
    same = {"$ref": f"#/components/schemas/{report}"}
    changes = {"type": "object", "additionalProperties": True}
    return Beside(
        {"type": ["object", "null"], "properties": {"complete": same, "compared": same, "changes": changes, **more}},
        "With `compare`: this report of the days that are over and have a partner (`complete`) and of their partners "
        "(`compared`), and how its numbers changed (`changes`: a fraction of the count before or, of a rate, the "
        "difference; null where that says nothing); null where no day has a partner.",
    )


def changes_beside() -> Beside:
    return Beside(
        {"type": "object", "additionalProperties": {"type": ["number", "null"]}},
        "With `compare`: a fraction of the number before; null where that says nothing.",
    )


def row_addresses() -> Beside:
    return Beside(
        {"type": "object", "additionalProperties": {"type": ["string", "null"], "format": "uri"}},
        "With `rows=true`: by the names of the counts beside it, the address of the list that has exactly these rows; "
        "null where there is none, or none that the caller may see.",
        source="rows_behind",
    )


def starts_at_of_hour() -> Beside:
    return Beside({"type": "string", "format": "date-time"}, "With `interval=hour`: when the hour begins.")


def beside_more(schema: Mapping[str, Any], help_text: str) -> Beside:
    """What stands beside the numbers in an answer to more than a number of last days."""
    return beside(schema, f"Where more than the last so many days is asked for: {help_text}")


class NumbersSerializer(serializers.Serializer[Numbers]):
    metrics: ClassVar[Mapping[str, str]] = {}
    """By the names in the answer, the keys of the metrics."""
    may_be_of_a_part: ClassVar[bool] = False
    """Of which some numbers are null: those that a condition, a channel or a campaign cannot apply to."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = {
            name: (rate_field if METRICS[key].unit is Unit.SHARE else count_field)(
                key, allow_null=self.may_be_of_a_part
            )
            for name, key in self.metrics.items()
        }
        return {**super().get_fields(), **fields, "rows": row_addresses()}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {name: instance.value(key) for name, key in self.metrics.items()}


@extend_schema_field(OpenApiTypes.DATETIME)
class InstantField(serializers.Field[datetime, Any, str, datetime]):
    """An instant in ISO 8601 with the offset it has, which is that of the workspace's zone."""

    def to_representation(self, value: datetime) -> str:
        return value.isoformat()


class FactsReadSerializer(serializers.Serializer[FactsRead]):
    eventType = serializers.CharField(source="event_type", help_text="Of which events.")
    field = serializers.CharField(
        source="column", help_text="Such as property.plan; utm for source, medium and campaign."
    )
    days = serializers.IntegerField(min_value=1, help_text="On how many of the days.")


def money_gaps_body(totals: MoneyTotals, currency: str) -> dict[str, Any]:
    return {
        "currency": currency,
        "exponent": exponent(currency),
        "unconverted": {**totals.unconverted},
        "withoutAmount": totals.without_amount,
        "currencyAssumed": totals.assumed_currency,
    }


class MetaSerializer(serializers.Serializer[Any]):
    """What a report is of: a window of whole days in the workspace's time zone, half open."""

    timeZone = serializers.CharField(source="time_zone", help_text="The workspace's, in which its days begin and end.")
    to = InstantField(source="ends_at", help_text="The window's end: the first instant after it.")
    generatedAt = InstantField(source="generated_at", help_text="When the report was made.")
    dataThrough = InstantField(
        source="data_through", allow_null=True, help_text="When the newest fact counted was received; null for none."
    )
    question = Beside(
        {
            "type": "object",
            "additionalProperties": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        },
        "What was asked, as it was understood; where more was asked than a number of last days. `where` and `segment` "
        "are arrays.",
    )
    notApplicable = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Numbers that are null, for the part asked for has none, or the conditions cannot apply to them, or "
        "the breakdown cannot divide them (those begin with `groups.`).",
    )
    money = Beside(
        {
            "type": "object",
            "properties": {
                "currency": {"type": "string"},
                "exponent": {"type": "integer"},
                "unconverted": {"type": "object", "additionalProperties": {"type": "integer"}},
                "withoutAmount": {"type": "integer"},
                "currencyAssumed": {"type": "integer"},
            },
        },
        "With metrics of money, where any event tells of an amount: the workspace's currency, in whose minor units "
        "amounts are, and how many digits of these stand behind the point; by currency, how many orders and refunds no "
        "rate converts; how many have no amount, and of how many amounts the currency is not stated.",
    )
    groupsMayOverlap = serializers.BooleanField(
        required=False, help_text="True where the groups are segments, which may have people in common."
    )
    ignored = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Parameters that nobody knows, and that were left out; only if there are some.",
    )
    readFromFacts = FactsReadSerializer(
        source="facts_read",
        many=True,
        required=False,
        help_text="Columns that the ledger does not have on some of the days: what the question asks about them was "
        "read from the events, with the same result, slower. Only if there are some.",
    )
    dataFrom = serializers.DateField(
        source="data_from",
        allow_null=True,
        help_text="The first day of which events and messages are kept; null where they are kept for ever.",
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        first = InstantField(source="starts_at", help_text="The window's first instant.")
        return {"from": first, **super().get_fields()}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        body: dict[str, Any] = super().to_representation(instance)
        return body if body["readFromFacts"] else {name: body[name] for name in body if name != "readFromFacts"}


def comparison_of_group() -> Beside:
    numbers = {"type": "object", "additionalProperties": True}
    return Beside(
        {"type": ["object", "null"], "properties": dict.fromkeys(("complete", "compared", "changes"), numbers)},
        "With `compare`: the group's numbers of the days that are over and of those compared with, and how they "
        "changed; null where no day has a partner.",
    )


class GroupSerializer(serializers.Serializer[Any]):
    value = serializers.CharField(
        allow_null=True,
        help_text="The value, a key of a campaign, variant or segment; null for none, `other` the rest.",
    )
    name = serializers.CharField(
        allow_null=True, help_text="What the value is called; of the rest, with how many values it has."
    )


GROUPS_HELP = (
    "With `breakdown`: the same of each group, the largest first, then `other`, and last those without a value."
)


@extend_schema_field({"type": "string", "pattern": "^[0-9]+d$"})
class PeriodField(serializers.Field[int, Any, str, int]):
    """A number of days as `30d`."""

    def to_representation(self, value: int) -> str:
        return f"{value}d"


def time_of(bucket: Bucket) -> dict[str, str]:
    """The first day of what a row is of; of an hour, its day and when it begins."""
    day = {"date": bucket.first_day.isoformat()}
    return {**day, "startsAt": bucket.hour.local_start.isoformat()} if bucket.hour else day
