"""How the reports' results look in JSON: the keys of the published API, and `meta` beside them."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from analytics.reports.cohorts import Cohort, CohortsReport


class InstantField(serializers.Field[datetime, Any, str, datetime]):
    """An instant in ISO 8601 with the offset it has, which is that of the workspace's zone."""

    def to_representation(self, value: datetime) -> str:
        return value.isoformat()


class MetaSerializer(serializers.Serializer[Any]):
    timeZone = serializers.CharField(source="time_zone")
    to = InstantField(source="ends_at")
    generatedAt = InstantField(source="generated_at")
    dataThrough = InstantField(source="data_through", allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": InstantField(source="starts_at"), **super().get_fields()}


class ContactTotalsSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    new = serializers.IntegerField()


class CampaignTotalsSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    active = serializers.IntegerField()


class MessageTotalsSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    sent = serializers.IntegerField()
    opened = serializers.IntegerField()
    clicked = serializers.IntegerField()
    openRate = serializers.FloatField(source="open_rate")
    clickRate = serializers.FloatField(source="click_rate")
    humanOpened = serializers.IntegerField(source="human_opened")
    humanClicked = serializers.IntegerField(source="human_clicked")
    humanOpenRate = serializers.FloatField(source="human_open_rate")
    humanClickRate = serializers.FloatField(source="human_click_rate")


class EventTotalsSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()


class OverviewSerializer(serializers.Serializer[Any]):
    contacts = ContactTotalsSerializer()
    campaigns = CampaignTotalsSerializer()
    messages = MessageTotalsSerializer()
    events = EventTotalsSerializer()
    meta = MetaSerializer()


class PeriodField(serializers.Field[int, Any, str, int]):
    """A number of days as `30d`."""

    def to_representation(self, value: int) -> str:
        return f"{value}d"


class CampaignNameSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()


class EnrolmentTotalsSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    active = serializers.IntegerField()
    completed = serializers.IntegerField()


class CampaignMessageTotalsSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    sent = serializers.IntegerField()
    delivered = serializers.IntegerField()
    opened = serializers.IntegerField()
    clicked = serializers.IntegerField()
    bounced = serializers.IntegerField()
    failed = serializers.IntegerField()
    openRate = serializers.FloatField(source="open_rate")
    clickRate = serializers.FloatField(source="click_rate")
    bounceRate = serializers.FloatField(source="bounce_rate")
    humanOpened = serializers.IntegerField(source="human_opened")
    humanClicked = serializers.IntegerField(source="human_clicked")
    humanOpenRate = serializers.FloatField(source="human_open_rate")
    humanClickRate = serializers.FloatField(source="human_click_rate")


class StatusCountSerializer(serializers.Serializer[Any]):
    status = serializers.CharField()
    _count = serializers.IntegerField(source="count")


class ChannelCountSerializer(serializers.Serializer[Any]):
    channel = serializers.CharField()
    _count = serializers.IntegerField(source="count")


class VariantTotalsSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    sent = serializers.IntegerField()
    opened = serializers.IntegerField()
    humanOpened = serializers.IntegerField(source="human_opened")


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
    events = serializers.IntegerField()
    contacts = serializers.IntegerField()
    messages = serializers.IntegerField()
    opens = serializers.IntegerField()
    clicks = serializers.IntegerField()


class TimeseriesSerializer(serializers.Serializer[Any]):
    period = PeriodField(source="days")
    series = DayTotalsSerializer(many=True)
    meta = MetaSerializer()


class SourceTotalsSerializer(serializers.Serializer[Any]):
    medium = serializers.CharField(allow_null=True)
    campaign = serializers.CharField(allow_null=True)
    uniqueVisitors = serializers.IntegerField(source="unique_visitors")
    totalEvents = serializers.IntegerField(source="total_events")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"source": serializers.CharField(), **super().get_fields()}


class AttributionSerializer(serializers.Serializer[Any]):
    period = PeriodField(source="days")
    sources = SourceTotalsSerializer(many=True)
    totalAttributedEvents = serializers.IntegerField(source="total_attributed_events")
    conversions = serializers.IntegerField()
    meta = MetaSerializer()


class StepTotalsSerializer(serializers.Serializer[Any]):
    step = serializers.CharField()
    count = serializers.IntegerField()
    dropoff = serializers.IntegerField()
    conversionFromPrevious = serializers.FloatField(source="conversion_from_previous")


class FunnelSerializer(serializers.Serializer[Any]):
    period = PeriodField(source="days")
    steps = StepTotalsSerializer(many=True)
    overallConversion = serializers.FloatField(source="overall_conversion")
    meta = MetaSerializer()


def _week_name(number: int) -> str:
    return f"week_{number}"


class CohortSerializer(serializers.Serializer[Cohort]):
    cohort = serializers.DateField(source="day")
    size = serializers.IntegerField()
    activeContacts = serializers.IntegerField(source="active_contacts")
    retentionRate = serializers.FloatField(source="retention_rate")
    retention = serializers.SerializerMethodField()

    def get_retention(self, cohort: Cohort) -> dict[str, int]:
        return {_week_name(number): active for number, active in enumerate(cohort.active_by_week)}


class CohortsSerializer(serializers.Serializer[CohortsReport]):
    period = PeriodField(source="days")
    metric = serializers.CharField()
    cohorts = CohortSerializer(many=True)
    meta = serializers.SerializerMethodField()

    def get_meta(self, report: CohortsReport) -> dict[str, Any]:
        running = {cohort.day.isoformat(): _week_name(len(cohort.active_by_week) - 1) for cohort in report.cohorts}
        return {**MetaSerializer(report.meta).data, "runningWeeks": running}
