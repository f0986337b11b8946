"""How revenue looks in JSON: amounts in minor units, by currency and converted, and what should be known of them."""

from typing import Any

from rest_framework import serializers

from analytics.api.reports.serializers import (
    GroupSerializer,
    MetaSerializer,
    PeriodField,
    comparison_beside,
    comparison_of_group,
    count_field,
    row_addresses,
    starts_at_of_hour,
    time_of,
)
from analytics.orders import Amounts, MoneyTotals

_OF_CURRENCIES = ("gross", "refunds", "net", "aov")


def _by_currency(help_text: str, **options: Any) -> serializers.DictField:
    child = serializers.IntegerField(**options)
    return serializers.DictField(child=child, help_text=f"{help_text} In minor units, by currency.")


class ConvertedSerializer(serializers.Serializer[Amounts]):
    """Amounts in minor units of the workspace's currency."""

    orders = serializers.IntegerField(min_value=0, help_text="Those with an amount that is in it or converted.")
    gross = serializers.IntegerField(min_value=0, help_text="What was sold.")
    refunds = serializers.IntegerField(min_value=0, help_text="What was given back.")
    net = serializers.IntegerField(help_text="What was sold less what was given back.")
    aov = serializers.IntegerField(
        min_value=0, source="average_order", allow_null=True, help_text="Gross by order; null without one."
    )
    rows = row_addresses()

    def to_representation(self, instance: Amounts) -> dict[str, Any]:
        return _with_orders(instance)


class MoneyTotalsSerializer(serializers.Serializer[MoneyTotals]):
    orders = count_field("orders")
    buyers = count_field("buyers", allow_null=True)
    gross = _by_currency("What was sold.", min_value=0)
    refunds = _by_currency("What was given back.", min_value=0)
    net = _by_currency("What was sold less what was given back.")
    aov = _by_currency("Gross by order with an amount.", min_value=0, allow_null=True)
    converted = ConvertedSerializer(
        allow_null=True,
        help_text="All amounts in the workspace's currency, by the rates of their days, without those `unconverted`; "
        "null where that is all there are.",
    )
    unconverted = serializers.DictField(
        child=serializers.IntegerField(min_value=1),
        help_text="By currency, how many orders and refunds have an amount that no rate converts.",
    )
    withoutAmount = serializers.IntegerField(min_value=0, help_text="Orders and refunds without an amount.")
    duplicateOrders = serializers.IntegerField(
        min_value=0, help_text="Events that tell again of an order, and count for nothing."
    )
    currencyAssumed = serializers.IntegerField(
        min_value=0, help_text="Amounts without a currency, which is then the workspace's."
    )
    rows = row_addresses()

    def to_representation(self, instance: MoneyTotals) -> dict[str, Any]:
        by_name = {currency: _amounts(amounts) for currency, amounts in instance.by_currency.items()}
        return {
            "orders": instance.orders,
            "buyers": instance.buyers,
            **{name: {code: amounts[name] for code, amounts in by_name.items()} for name in _OF_CURRENCIES},
            "converted": None if instance.converted is None else _with_orders(instance.converted),
            "unconverted": {**instance.unconverted},
            "withoutAmount": instance.without_amount,
            "duplicateOrders": instance.repeated_orders,
            "currencyAssumed": instance.assumed_currency,
        }


def _amounts(amounts: Amounts) -> dict[str, int | None]:
    return {
        "gross": amounts.gross,
        "refunds": amounts.refunds,
        "net": amounts.net,
        "aov": amounts.average_order,
    }


def _with_orders(amounts: Amounts) -> dict[str, int | None]:
    return {"orders": amounts.orders, **_amounts(amounts)}


class RevenueRowSerializer(MoneyTotalsSerializer):
    date = serializers.DateField()
    startsAt = starts_at_of_hour()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Different people are told of whole days alone, as lists of them are."""
        bucket, totals = instance
        body = {**time_of(bucket), **super().to_representation(totals)}
        return {**body, "buyers": None} if bucket.hour else body


class RevenueTotalSerializer(MoneyTotalsSerializer):
    activePeople = count_field("active_people")
    conversionRate = serializers.FloatField(min_value=0, help_text="Buyers of active people.")


class RevenueGroupSerializer(GroupSerializer, MoneyTotalsSerializer):
    comparison = comparison_of_group()


class RevenueMetaSerializer(MetaSerializer):
    currency = serializers.CharField(required=False, help_text="The workspace's, in which `converted` is.")
    exponents = serializers.DictField(
        child=serializers.IntegerField(min_value=0),
        required=False,
        help_text="By currency, how many digits of its amounts stand behind the point.",
    )


class RevenueSerializer(serializers.Serializer[Any]):
    period = PeriodField(source="days")
    total = RevenueTotalSerializer()
    series = RevenueRowSerializer(source="rows", many=True)
    meta = RevenueMetaSerializer()
    groups = RevenueGroupSerializer(
        many=True,
        required=False,
        help_text="With `breakdown`: the same of each group, the largest net first, then `other`, and last those "
        "without a value.",
    )
    comparison = comparison_beside("Revenue")
