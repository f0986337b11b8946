"""Conversions with the touches before them over the API: what credit is made of."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from analytics.api.net_money import BY_CURRENCY
from analytics.api.reports.credit.parameters import RULE, credit_rule, number_up_to
from analytics.api.reports.credit.serializers import in_conversions, label_body
from analytics.api.resources.ledger_rows import LedgerEventsFilter, LedgerEventsViewSet
from analytics.api.resources.records import contact_id_or_null, contact_or_null, device_or_null
from analytics.lists import ConversionList
from analytics.lists.conversions import ANY_TOUCH, NO_ID, OTHER_PATHS_ALLOWED, TOUCH_PARAMETERS, read_other_paths
from analytics.lists.credited_events import CreditedResults
from analytics.models import Event
from analytics.periods import Window, instant_of, local_day
from analytics.questions.credit import TOUCHPOINTS, CreditRule
from analytics.reports.credit.conversion_paths import ConversionChoice, ConversionTouch, TouchMatch
from analytics.reports.credit.path_ranks import FrequentPaths
from analytics.reports.credit.path_report import LONGEST_PATH
from analytics.reports.credit.worth import CreditedMoney
from campaignos.errors import ParameterError
from campaignos.filters import FlagFilter, ReferenceFilter, TextFilter
from campaignos.ids import number_of


class ConversionFilter(LedgerEventsFilter):
    named = ("contact",)

    for _parameter in RULE:
        locals()[_parameter.name] = TextFilter(method="is_asked_for", help_text=_parameter.description)
    del _parameter
    credited = FlagFilter(method="is_asked_for", help_text="Whether they have a touch.")
    touch = TextFilter(
        method="is_asked_for",
        help_text=f"Those with such a touch: {', '.join(TOUCHPOINTS)}, or {ANY_TOUCH}; and with the others below. "
        "Conditions on sources mean its source.",
    )
    touchSource = TextFilter(method="is_asked_for", help_text="Of this UTM source, or of messages the channel.")
    touchMedium = TextFilter(method="is_asked_for", help_text="Of this medium; empty for none.")
    touchCampaign = TextFilter(method="is_asked_for", help_text="Of this name of a campaign; empty for none.")
    touchCampaignId = TextFilter(method="is_asked_for", help_text="Of this campaign, such as cmp_12, or `none`.")
    touchVariantId = TextFilter(method="is_asked_for", help_text="Of this variant, such as var_3, or `none`.")
    path = TextFilter(method="is_asked_for", help_text="On the path with this `key`.")
    min = TextFilter(method="is_asked_for", help_text="On paths of so many touches or more.")
    max = TextFilter(method="is_asked_for", help_text="On paths of so many touches or fewer.")
    otherPaths = TextFilter(
        method="is_asked_for",
        help_text="With a touch, but on other paths than those with most conversions: `50,1,1000` for the 50 of those "
        "with 1 to 1,000 touches.",
    )
    withoutAmount = FlagFilter(method="is_asked_for", help_text="With `true`, orders that state no amount.")
    currencyAssumed = FlagFilter(
        method="is_asked_for", help_text="With `true`, those with an amount of which no currency is stated."
    )
    oncePerPerson = FlagFilter(method="is_asked_for", help_text="With `true`, of each person the newest of them alone.")
    contact = ReferenceFilter(method="is_asked_for", prefix="ct", help_text="Of this contact.")

    def results(self) -> CreditedResults:
        return self._conversions().find(self.workspace, now=self.now)

    def _conversions(self) -> ConversionList:
        asked = self.form.cleaned_data
        return ConversionList(
            window=self._window(),
            rule=credit_rule(self.data, CreditRule.with_lookback_days(self.workspace.lookback_days)),
            choice=ConversionChoice(
                has_touch=asked["credited"],
                touch=self._touch(),
                path_key=asked["path"] or None,
                fewest=number_up_to(self.data, "min", 0, LONGEST_PATH) or None,
                most=number_up_to(self.data, "max", 0, LONGEST_PATH) or None,
                besides=self._besides(asked["otherPaths"]),
                without_amount=asked["withoutAmount"] or False,
                currency_assumed=asked["currencyAssumed"] or False,
                once_a_person=asked["oncePerPerson"] or False,
            ),
            person=self.asked_person(),
            conditions=self.list_conditions,
        )

    def _window(self) -> Window | None:
        """The days that the instants lie in; None without both."""
        since, before = self.asked_instants
        if since is None or before is None:
            return None
        zone = self.workspace.zone
        first, last = local_day(since, zone), local_day(before - timedelta.resolution, zone)
        return Window.between(first, max(first, last), zone=zone)

    def _besides(self, text: str) -> FrequentPaths | None:
        found = read_other_paths(text) if text else None
        if text and found is None:
            raise ParameterError("otherPaths", given=text[:200], allowed=OTHER_PATHS_ALLOWED)
        return found

    def _touch(self) -> TouchMatch | None:
        if not any(name in self.data for name in TOUCH_PARAMETERS):
            return None
        name = self.data.get("touch")
        if name and name not in (*TOUCHPOINTS, ANY_TOUCH):
            raise ParameterError("touch", given=name[:200], allowed=f"one of {', '.join(TOUCHPOINTS)}, {ANY_TOUCH}")
        return TouchMatch(
            TOUCHPOINTS.get(name) if name else None,
            self.data.get("touchSource") or None,
            self.data.get("touchMedium"),
            self.data.get("touchCampaign"),
            self._id("touchCampaignId", "cmp"),
            self._id("touchVariantId", "var"),
        )

    def _id(self, name: str, prefix: str) -> int | None:
        """0 for none that is known."""
        given = self.data.get(name)
        number = number_of(prefix, given) if given and given != NO_ID else 0
        if number is None:
            raise ParameterError(name, given=str(given)[:200], allowed=f"an id such as {prefix}_1, or {NO_ID}")
        return number if given else None


class ConversionRecord(serializers.Serializer[Any]):
    id = serializers.CharField(source="api_id", help_text="That of the event, `evt_` and 32 hexadecimal digits.")
    messageId = serializers.CharField(source="message_id", help_text="The sender's id of the event.")
    type = serializers.CharField(help_text="Such as purchase.")
    occurredAt = serializers.DateTimeField(source="occurred_at", help_text="Corrected for the sender's clock.")
    contactId = contact_id_or_null()
    contact = contact_or_null()
    anonymousId = device_or_null()
    credit = serializers.SerializerMethodField(
        help_text="The share of the touches asked for, of all of them where none are; null where the model weighs none."
    )
    creditedRevenue = serializers.SerializerMethodField(help_text="Of these touches, in minor units by currency.")
    revenue = serializers.SerializerMethodField(
        help_text="Of the conversion, in minor units by currency; refunds are taken back."
    )
    path = serializers.SerializerMethodField(help_text="The touches before it, in order of time, with their shares.")

    @extend_schema_field({"type": ["number", "null"]})
    def get_credit(self, event: Any) -> float | None:
        return in_conversions(event.told.credit)

    @extend_schema_field({**BY_CURRENCY, "type": ["object", "null"]})
    def get_creditedRevenue(self, event: Any) -> dict[str, int] | None:
        revenue: CreditedMoney | None = event.told.revenue
        return None if revenue is None else _without_zeros(revenue)

    @extend_schema_field(BY_CURRENCY)
    def get_revenue(self, event: Any) -> dict[str, int]:
        return _without_zeros(event.told.path.revenue)

    @extend_schema_field({"type": "array", "items": {"type": "object", "additionalProperties": True}})
    def get_path(self, event: Any) -> list[dict[str, Any]]:
        return [_touch_body(touch) for touch in event.told.path.touches]


def _without_zeros(money: CreditedMoney) -> dict[str, int]:
    return {currency: units for currency, units in money.by_currency.items() if units}


def _touch_body(touch: ConversionTouch) -> dict[str, Any]:
    return {
        **label_body(touch.label),
        "at": f"{instant_of(touch.at):%Y-%m-%dT%H:%M:%S.%fZ}",
        "credit": in_conversions(touch.credit),
        "revenue": None if touch.revenue is None else _without_zeros(touch.revenue),
    }


class ConversionsViewSet(LedgerEventsViewSet):
    """Conversion events, each with the touches before it and their shares by a rule of credit. The credit of a report
    is the sum of these."""

    resource = "conversions"
    filters = ConversionFilter
    serializer_class = ConversionRecord

    def results_around(self, event: Event) -> CreditedResults:
        workspace = self.access.workspace
        day = local_day(event.occurred_at, workspace.zone)
        rule = CreditRule.with_lookback_days(workspace.lookback_days)
        return ConversionList(Window.between(day, day, zone=workspace.zone), rule).find(workspace, now=timezone.now())
