"""How the overview looks in JSON: the keys of the published API."""

from typing import Any

from rest_framework import serializers

from analytics.api.reports.serializers import (
    GROUPS_HELP,
    GroupSerializer,
    MetaSerializer,
    NumbersSerializer,
    comparison_beside,
    comparison_of_group,
)


class ContactTotalsSerializer(NumbersSerializer):
    may_be_of_a_part = True
    metrics = {"total": "contacts_total", "new": "contacts_new"}


class CampaignTotalsSerializer(NumbersSerializer):
    may_be_of_a_part = True
    metrics = {"total": "campaigns_total", "active": "campaigns_active"}


class MessageTotalsSerializer(NumbersSerializer):
    may_be_of_a_part = True
    metrics = {
        "total": "messages_total",
        "sent": "sent",
        "opened": "opened",
        "clicked": "clicked",
        "openRate": "open_rate",
        "clickRate": "click_rate",
        "humanOpened": "human_opened",
        "humanClicked": "human_clicked",
        "humanOpenRate": "human_open_rate",
        "humanClickRate": "human_click_rate",
    }


class EventTotalsSerializer(NumbersSerializer):
    may_be_of_a_part = True
    metrics = {"total": "events"}


class ConversionCountSerializer(NumbersSerializer):
    may_be_of_a_part = True
    metrics = {"total": "conversion_events"}


class OverviewGroupSerializer(GroupSerializer):
    contacts = ContactTotalsSerializer()
    campaigns = CampaignTotalsSerializer()
    messages = MessageTotalsSerializer()
    events = EventTotalsSerializer()
    conversions = ConversionCountSerializer()
    comparison = comparison_of_group()


class OverviewSerializer(serializers.Serializer[Any]):
    contacts = ContactTotalsSerializer(source="numbers")
    campaigns = CampaignTotalsSerializer(source="numbers")
    messages = MessageTotalsSerializer(source="numbers")
    events = EventTotalsSerializer(source="numbers")
    meta = MetaSerializer()
    groups = OverviewGroupSerializer(many=True, required=False, help_text=GROUPS_HELP)
    comparison = comparison_beside("Overview")
