"""How it looks in JSON where events came from."""

from typing import Any

from rest_framework import serializers

from analytics.api.reports.serializers import (
    GroupSerializer,
    MetaSerializer,
    PeriodField,
    changes_beside,
    comparison_beside,
    comparison_of_group,
    count_field,
    row_addresses,
)
from analytics.reports.attribution.source_tree import SourceNode


class SourceTotalsSerializer(serializers.Serializer[Any]):
    medium = serializers.CharField(allow_null=True)
    campaign = serializers.CharField(allow_null=True)
    uniqueVisitors = count_field("unique_visitors", source="unique_visitors")
    totalEvents = count_field("attributed_events", source="total_events")
    changes = changes_beside()
    rows = row_addresses()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"source": serializers.CharField(), **super().get_fields()}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Written by hand: there are tens of thousands, and field by field takes long."""
        names = {"source": instance.source, "medium": instance.medium, "campaign": instance.campaign}
        return {**names, "uniqueVisitors": instance.unique_visitors, "totalEvents": instance.total_events}


class SourceNodeSerializer(serializers.Serializer[SourceNode]):
    """Of a source, with its medium, with its campaign: null where all of them are meant, empty where none was said."""

    medium = serializers.CharField(allow_null=True)
    campaign = serializers.CharField(allow_null=True)
    uniqueVisitors = count_field("unique_visitors", source="visitors")
    totalEvents = count_field("attributed_events", source="events")
    conversions = count_field("last_touch_conversions")
    share = serializers.FloatField(required=False, help_text="Of all events of the days, attributed or not.")
    changes = changes_beside()
    rows = row_addresses()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"source": serializers.CharField(), **super().get_fields()}

    def to_representation(self, instance: SourceNode) -> dict[str, Any]:
        names = dict(zip(("source", "medium", "campaign"), (*instance.path, None, None), strict=False))
        numbers = {"uniqueVisitors": instance.visitors, "totalEvents": instance.events}
        return {**names, **numbers, "conversions": instance.conversions}


class EventsAndConversionsSerializer(serializers.Serializer[Any]):
    totalEvents = count_field("events")
    conversions = count_field("conversion_events")
    share = serializers.FloatField(required=False, help_text="Of all events of the days, attributed or not.")
    changes = changes_beside()
    rows = row_addresses()


class AttributionGroupSerializer(GroupSerializer):
    """What is not the conversions' own is null where these are taken together by a field of theirs."""

    totalAttributedEvents = count_field("attributed_events", allow_null=True)
    conversions = count_field("conversions")
    comparison = comparison_of_group()
    rows = row_addresses()


class AttributionSerializer(serializers.Serializer[Any]):
    period = PeriodField(source="days")
    sources = SourceTotalsSerializer(many=True)
    totalAttributedEvents = count_field("attributed_events", source="total_attributed_events")
    conversions = count_field("conversions")
    meta = MetaSerializer()
    breakdown = SourceNodeSerializer(
        many=True,
        required=False,
        help_text="With `breakdown`: sources, and below each its media and campaigns, most events first, with the "
        "conversions credited to each.",
    )
    direct = EventsAndConversionsSerializer(
        required=False, help_text="With `breakdown`: events and conversions without a source."
    )
    all = EventsAndConversionsSerializer(
        required=False, help_text="With `breakdown`: all events and conversions, with a source or without."
    )
    groups = AttributionGroupSerializer(
        many=True,
        required=False,
        help_text="With a `breakdown` by another field: each group, most conversions first, then `other`, and last "
        "those without a value.",
    )
    comparison = comparison_beside("Attribution")
    rows = row_addresses()
