"""How the reports' results look in JSON: the keys of the published API, and `meta` beside them."""

from datetime import datetime
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from analytics.metrics import METRICS
from analytics.reports.cohorts import Cohort, CohortsReport


def _count(metric: str, **options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, help_text=METRICS[metric].definition, **options)


def _rate(metric: str, **options: Any) -> serializers.FloatField:
    """From 0 to 1, to three decimals."""
    one = METRICS[metric]
    return serializers.FloatField(min_value=0, help_text=f"{one.definition} {one.formula}.", **options)


@extend_schema_field(OpenApiTypes.DATETIME)
class InstantField(serializers.Field[datetime, Any, str, datetime]):
    """An instant in ISO 8601 with the offset it has, which is that of the workspace's zone."""

    def to_representation(self, value: datetime) -> str:
        return value.isoformat()


class MetaSerializer(serializers.Serializer[Any]):
    """What a report is of: a window of whole days in the workspace's time zone, half open."""

    timeZone = serializers.CharField(source="time_zone", help_text="The workspace's, in which its days begin and end.")
    to = InstantField(source="ends_at", help_text="The window's end: the first instant after it.")
    generatedAt = InstantField(source="generated_at", help_text="When the report was made.")
    dataThrough = InstantField(
        source="data_through", allow_null=True, help_text="When the newest fact counted was received; null for none."
    )
    ignored = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Parameters that nobody knows, and that were left out; only if there are some.",
    )
    dataFrom = serializers.DateField(
        source="data_from",
        allow_null=True,
        help_text="The first day of which events and messages are kept; null where they are kept for ever.",
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        first = InstantField(source="starts_at", help_text="The window's first instant.")
        return {"from": first, **super().get_fields()}


class ContactTotalsSerializer(serializers.Serializer[Any]):
    total = _count("contacts_total")
    new = _count("contacts_new")


class CampaignTotalsSerializer(serializers.Serializer[Any]):
    total = _count("campaigns_total")
    active = _count("campaigns_active")


class MessageTotalsSerializer(serializers.Serializer[Any]):
    total = _count("messages_total")
    sent = _count("sent")
    opened = _count("opened")
    clicked = _count("clicked")
    openRate = _rate("open_rate", source="open_rate")
    clickRate = _rate("click_rate", source="click_rate")
    humanOpened = _count("human_opened", source="human_opened")
    humanClicked = _count("human_clicked", source="human_clicked")
    humanOpenRate = _rate("human_open_rate", source="human_open_rate")
    humanClickRate = _rate("human_click_rate", source="human_click_rate")


class EventTotalsSerializer(serializers.Serializer[Any]):
    total = _count("events")


class OverviewSerializer(serializers.Serializer[Any]):
    contacts = ContactTotalsSerializer()
    campaigns = CampaignTotalsSerializer()
    messages = MessageTotalsSerializer()
    events = EventTotalsSerializer()
    meta = MetaSerializer()


@extend_schema_field({"type": "string", "pattern": "^[0-9]+d$"})
class PeriodField(serializers.Field[int, Any, str, int]):
    """A number of days as `30d`."""

    def to_representation(self, value: int) -> str:
        return f"{value}d"


class CampaignNameSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()


class EnrolmentTotalsSerializer(serializers.Serializer[Any]):
    total = _count("enrollments_total")
    active = _count("enrollments_active")
    completed = _count("enrollments_completed")


class CampaignMessageTotalsSerializer(serializers.Serializer[Any]):
    total = _count("messages_total")
    sent = _count("sent")
    delivered = _count("delivered")
    opened = _count("opened")
    clicked = _count("clicked")
    bounced = _count("bounced")
    failed = _count("failed")
    openRate = _rate("campaign_open_rate", source="open_rate")
    clickRate = _rate("campaign_click_rate", source="click_rate")
    bounceRate = _rate("bounce_rate", source="bounce_rate")
    humanOpened = _count("human_opened", source="human_opened")
    humanClicked = _count("human_clicked", source="human_clicked")
    humanOpenRate = _rate("campaign_human_open_rate", source="human_open_rate")
    humanClickRate = _rate("campaign_human_click_rate", source="human_click_rate")


class StatusCountSerializer(serializers.Serializer[Any]):
    status = serializers.CharField()
    _count = serializers.IntegerField(source="count")


class ChannelCountSerializer(serializers.Serializer[Any]):
    channel = serializers.CharField()
    _count = serializers.IntegerField(source="count")


class VariantTotalsSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    sent = _count("sent")
    opened = _count("opened")
    humanOpened = _count("human_opened", source="human_opened")


class ABTestResultSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    variants = VariantTotalsSerializer(many=True)


class CampaignReportSerializer(serializers.Serializer[Any]):
    period = PeriodField(source="days")
    campaign = CampaignNameSerializer()
    enrollments = EnrolmentTotalsSerializer()
    messages = CampaignMessageTotalsSerializer()
    statusBreakdown = StatusCountSerializer(source="status_breakdown", many=True)
    channelBreakdown = ChannelCountSerializer(source="channel_breakdown", many=True)
    abTests = ABTestResultSerializer(source="ab_tests", many=True)
    meta = MetaSerializer()


class DayTotalsSerializer(serializers.Serializer[Any]):
    date = serializers.DateField(source="day")
    events = _count("events")
    contacts = _count("contacts_new")
    messages = _count("messages_total")
    opens = _count("opens")
    clicks = _count("clicks")


class TimeseriesSerializer(serializers.Serializer[Any]):
    period = PeriodField(source="days")
    series = DayTotalsSerializer(many=True)
    meta = MetaSerializer()


class SourceTotalsSerializer(serializers.Serializer[Any]):
    medium = serializers.CharField(allow_null=True)
    campaign = serializers.CharField(allow_null=True)
    uniqueVisitors = _count("unique_visitors", source="unique_visitors")
    totalEvents = _count("attributed_events", source="total_events")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"source": serializers.CharField(), **super().get_fields()}


class AttributionSerializer(serializers.Serializer[Any]):
    period = PeriodField(source="days")
    sources = SourceTotalsSerializer(many=True)
    totalAttributedEvents = _count("attributed_events", source="total_attributed_events")
    conversions = _count("conversions")
    meta = MetaSerializer()


class StepTotalsSerializer(serializers.Serializer[Any]):
    step = serializers.CharField()
    count = _count("funnel_count")
    dropoff = _count("funnel_dropoff")
    conversionFromPrevious = _rate("funnel_step_rate", source="conversion_from_previous")


class FunnelSerializer(serializers.Serializer[Any]):
    period = PeriodField(source="days")
    steps = StepTotalsSerializer(many=True)
    overallConversion = _rate("funnel_overall_rate", source="overall_conversion")
    meta = MetaSerializer()


def _week_name(number: int) -> str:
    return f"week_{number}"


class CohortSerializer(serializers.Serializer[Cohort]):
    cohort = serializers.DateField(source="day")
    size = _count("cohort_size")
    activeContacts = _count("active_contacts", source="active_contacts")
    retentionRate = _rate("retention_rate", source="retention_rate")
    retention = serializers.SerializerMethodField(
        help_text="By week from signup on (`week_0`, `week_1` …), the contacts who were active in it."
    )

    def get_retention(self, cohort: Cohort) -> dict[str, int]:
        return {_week_name(number): active for number, active in enumerate(cohort.active_by_week)}


class CohortsMetaSerializer(MetaSerializer):
    runningWeeks = serializers.DictField(
        child=serializers.CharField(), help_text="By cohort, the week that is not over yet, such as week_3."
    )


class CohortsSerializer(serializers.Serializer[CohortsReport]):
    period = PeriodField(source="days")
    metric = serializers.CharField()
    cohorts = CohortSerializer(many=True)
    meta = serializers.SerializerMethodField()

    @extend_schema_field(CohortsMetaSerializer)
    def get_meta(self, report: CohortsReport) -> dict[str, Any]:
        running = {cohort.day.isoformat(): _week_name(len(cohort.active_by_week) - 1) for cohort in report.cohorts}
        return {**MetaSerializer(report.meta).data, "runningWeeks": running}
