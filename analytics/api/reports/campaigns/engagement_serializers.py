"""How it looks in JSON what people made of a campaign, hour by hour, link by link, and beside what is usual."""

from dataclasses import replace
from typing import Any

from rest_framework import serializers

from analytics.api.reports.campaigns.serializers import CampaignNameSerializer
from analytics.api.reports.serializers import MetaSerializer, PeriodField, row_addresses
from analytics.reports.campaigns.detail import HourCount, LinkCount, ReasonCount
from analytics.reports.campaigns.outcomes import HowFar
from analytics.reports.campaigns.usual import UsualRates


def _camel(outcome: HowFar) -> str:
    return "notDelivered" if outcome is HowFar.NOT_DELIVERED else outcome.value


class HourSerializer(serializers.Serializer[HourCount]):
    hours = serializers.IntegerField(min_value=0, help_text="Since the messages were sent.")
    opened = serializers.IntegerField(min_value=0, help_text="Messages first opened by then.")
    clicked = serializers.IntegerField(min_value=0, help_text="Messages first clicked by then.")
    rows = row_addresses()


class LinkSerializer(serializers.Serializer[LinkCount]):
    url = serializers.CharField(help_text="Empty where it was not told.")
    messages = serializers.IntegerField(min_value=0, help_text="Messages in which it was clicked.")
    clicks = serializers.IntegerField(min_value=0, help_text="All clicks on it.")
    rows = row_addresses()


class ReasonSerializer(serializers.Serializer[ReasonCount]):
    reason = serializers.CharField(help_text="Empty where it was not told.")
    messages = serializers.IntegerField(min_value=0, help_text="Messages that bounced for it.")
    rows = row_addresses()


class UsualRateSerializer(serializers.Serializer[Any]):
    rate = serializers.FloatField(help_text="The median of the others; of opens and clicks within 3 days of creation.")
    ownRate = serializers.FloatField(
        allow_null=True, help_text="The campaign's own at the same age, of messages as old; null while there are none."
    )
    campaign = serializers.ChoiceField(
        ["above", "below", "open"], help_text="Where the campaign's own is, if not by chance: its whole 95 % interval."
    )


_RATES_OF_USUAL = {
    "deliveryRate": "delivery_rate",
    "openRate": "campaign_open_rate",
    "humanOpenRate": "campaign_human_open_rate",
    "clickRate": "campaign_click_rate",
    "humanClickRate": "campaign_human_click_rate",
}


class UsualSerializer(serializers.Serializer[UsualRates]):
    campaigns = serializers.IntegerField(min_value=0, help_text="So many others of the channel, the last 12 at most.")
    deliveryRate = UsualRateSerializer(allow_null=True, help_text="Of sent messages. Null where too few say anything.")
    openRate = UsualRateSerializer(allow_null=True, help_text="Of delivered messages, as the following.")
    humanOpenRate = UsualRateSerializer(allow_null=True)
    clickRate = UsualRateSerializer(allow_null=True)
    humanClickRate = UsualRateSerializer(allow_null=True)
    conversionsPerRecipient = serializers.FloatField(
        allow_null=True, help_text="Credited by the workspace's rule in the last 91 days; null without money."
    )
    revenuePerRecipient = serializers.FloatField(allow_null=True, help_text="Minor units, likewise.")

    def to_representation(self, instance: UsualRates) -> dict[str, Any]:
        words = {1: "above", 0: "open", -1: "below"}
        rates = {
            name: {
                "rate": instance.rates[metric],
                "ownRate": None if instance.is_too_early else instance.settled.value(metric),
                "campaign": words[instance.is_beyond(metric)],
            }
            if metric in instance.rates
            else None
            for name, metric in _RATES_OF_USUAL.items()
        }
        credited = {"conversionsPerRecipient": instance.conversions, "revenuePerRecipient": instance.revenue}
        return {"campaigns": instance.campaigns, **rates, **credited}


class OutcomeSerializer(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField([_camel(each) for each in HowFar])
    people = serializers.IntegerField(
        allow_null=True, min_value=0, help_text="Null for a campaign of more than 92 days: the list says how many."
    )
    rows = row_addresses()


class SendsSerializer(serializers.Serializer[Any]):
    firstOn = serializers.DateField(source="first_day", help_text="The day on which the first was created.")
    lastOn = serializers.DateField(source="last_day")
    messages = serializers.IntegerField(min_value=0, help_text="How many of its messages have been sent by now.")
    rows = row_addresses()


class EngagementSerializer(serializers.Serializer[Any]):
    period = PeriodField(source="days")
    campaign = CampaignNameSerializer()
    sends = SendsSerializer(
        allow_null=True,
        help_text="Of the whole campaign, on whatever days; null while nothing of it is sent, and under conditions.",
    )
    hours = HourSerializer(many=True, help_text="From 0 to 72, cumulated.")
    links = LinkSerializer(many=True, help_text="The most clicked ones.")
    bounceReasons = ReasonSerializer(source="bounce_reasons", many=True, help_text="The most frequent ones.")
    usual = UsualSerializer(help_text="What other campaigns of the channel reach; nothing under conditions.")
    outcomes = OutcomeSerializer(
        many=True,
        help_text="Everybody who was written to, by how far they got; none under conditions on messages.",
    )
    meta = MetaSerializer()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        groups = [{"outcome": _camel(each), "people": group.people} for each, group in instance.outcomes.items()]
        return super().to_representation(replace(instance, outcomes=groups))
