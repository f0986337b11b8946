"""How campaigns look in JSON: one with what its messages went through, and all side by side."""

from typing import Any

from rest_framework import serializers

from analytics.api.reports.campaigns.money_schema import CREDIT_OF_CAMPAIGN, CREDIT_OF_CAMPAIGNS, CREDIT_OF_ONE_CAMPAIGN
from analytics.api.reports.serializers import (
    GROUPS_HELP,
    GroupSerializer,
    MetaSerializer,
    NumbersSerializer,
    PeriodField,
    beside,
    beside_more,
    changes_beside,
    comparison_beside,
    comparison_of_group,
    count_field,
    row_addresses,
)
from analytics.reports.campaigns.side_by_side import CampaignRow


class CampaignNameSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()


class EnrollmentTotalsSerializer(NumbersSerializer):
    may_be_of_a_part = True
    metrics = {"total": "enrollments_total", "active": "enrollments_active", "completed": "enrollments_completed"}


class CampaignMessageTotalsSerializer(NumbersSerializer):
    metrics = {
        "total": "messages_total",
        "sent": "sent",
        "delivered": "delivered",
        "opened": "opened",
        "clicked": "clicked",
        "bounced": "bounced",
        "failed": "failed",
        "openRate": "campaign_open_rate",
        "clickRate": "campaign_click_rate",
        "bounceRate": "bounce_rate",
        "humanOpened": "human_opened",
        "humanClicked": "human_clicked",
        "humanOpenRate": "campaign_human_open_rate",
        "humanClickRate": "campaign_human_click_rate",
        "hardBounced": "hard_bounced",
        "softBounced": "soft_bounced",
        "complained": "complained",
        "unsubscribed": "unsubscribed",
        "hardBounceRate": "hard_bounce_rate",
        "complaintRate": "complaint_rate",
        "unsubscribeRate": "unsubscribe_rate",
    }


class StatusCountSerializer(serializers.Serializer[Any]):
    status = serializers.CharField()
    _count = serializers.IntegerField(source="count")
    ofDelivered = beside_more({"type": "number"}, "the share of the delivered messages, of what is one.")
    rows = row_addresses()


class ChannelCountSerializer(serializers.Serializer[Any]):
    channel = serializers.CharField()
    _count = serializers.IntegerField(source="count")
    rows = row_addresses()


class VariantTotalsSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    sent = count_field("sent", source="numbers.sent")
    opened = count_field("opened", source="numbers.opened")
    humanOpened = count_field("human_opened", source="numbers.human_opened")
    rows = row_addresses()


class ABTestResultSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    variants = VariantTotalsSerializer(many=True)


class CampaignSplitSerializer(GroupSerializer):
    enrollments = EnrollmentTotalsSerializer()
    messages = CampaignMessageTotalsSerializer()
    comparison = comparison_of_group()


class CampaignReportSerializer(serializers.Serializer[Any]):
    period = PeriodField(source="days")
    campaign = CampaignNameSerializer()
    enrollments = EnrollmentTotalsSerializer(source="numbers")
    messages = CampaignMessageTotalsSerializer(source="numbers")
    statusBreakdown = StatusCountSerializer(source="status_breakdown", many=True)
    channelBreakdown = ChannelCountSerializer(source="channel_breakdown", many=True)
    abTests = ABTestResultSerializer(source="ab_tests", many=True)
    credit = beside(*CREDIT_OF_ONE_CAMPAIGN)
    meta = MetaSerializer()
    groups = CampaignSplitSerializer(many=True, required=False, help_text=GROUPS_HELP)
    comparison = comparison_beside("CampaignReport")


class RatesOfSentSerializer(NumbersSerializer):
    metrics = {"deliveryRate": "delivery_rate", "bounceRate": "bounce_share"}


class CampaignRowSerializer(serializers.Serializer[CampaignRow]):
    id = serializers.CharField()
    name = serializers.CharField()
    channel = serializers.CharField()
    status = serializers.CharField()
    messages = CampaignMessageTotalsSerializer(source="numbers")
    ofSent = RatesOfSentSerializer(source="numbers", help_text="Rates over sent messages.")
    changes = changes_beside()
    credit = beside(*CREDIT_OF_CAMPAIGN)


class CampaignsReportSerializer(serializers.Serializer[Any]):
    campaigns = CampaignRowSerializer(many=True)
    credit = beside(*CREDIT_OF_CAMPAIGNS)
    meta = MetaSerializer()
    comparison = comparison_beside("CampaignsReport")
