"""How what lies behind the six reports looks in JSON: a campaign in detail, its A/B tests, what needs attention."""

from typing import Any

from rest_framework import serializers

from analytics.api.serializers import CampaignNameSerializer, MetaSerializer, PeriodField, row_addresses
from analytics.reports.attention import Concern, HighBounces
from analytics.reports.campaign_detail import HourCount, LinkCount, ReasonCount


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


class EngagementSerializer(serializers.Serializer[Any]):
    period = PeriodField(source="days")
    campaign = CampaignNameSerializer()
    hours = HourSerializer(many=True, help_text="From 0 to 72, cumulated.")
    links = LinkSerializer(many=True, help_text="The most clicked ones.")
    bounceReasons = ReasonSerializer(source="bounce_reasons", many=True, help_text="The most frequent ones.")
    meta = MetaSerializer()


class ConcernSerializer(serializers.Serializer[Concern]):
    kind = serializers.ChoiceField(["bounces", "clickRate"])
    campaign = CampaignNameSerializer(allow_null=True, help_text="Null for all together.")
    sent = serializers.IntegerField(allow_null=True, min_value=0)
    bounced = serializers.IntegerField(allow_null=True, min_value=0)
    share = serializers.FloatField(help_text="What is over the limit: bounced of sent, or clicked of delivered.")
    before = serializers.FloatField(allow_null=True, help_text="What it was, for what fell.")
    rows = row_addresses()

    def to_representation(self, instance: Concern) -> dict[str, Any]:
        if isinstance(instance, HighBounces):
            campaign = {"id": instance.campaign.id, "name": instance.campaign.name}
            counts = {"sent": instance.messages_sent, "bounced": instance.messages_bounced}
            return {"kind": "bounces", "campaign": campaign, **counts, "share": instance.share, "before": None}
        nothing = dict.fromkeys(("campaign", "sent", "bounced"))
        return {"kind": "clickRate", **nothing, "share": instance.share, "before": instance.before}


class AttentionSerializer(serializers.Serializer[Any]):
    attention = ConcernSerializer(source="concerns", many=True)
    meta = MetaSerializer()
