"""How the reports' results look in JSON: the keys of the published API, and `meta` beside them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from analytics.api.campaign_money_schema import CREDIT_OF_CAMPAIGN, CREDIT_OF_CAMPAIGNS, CREDIT_OF_ONE_CAMPAIGN
from analytics.api.funnel_depth import OF_DIFFERENCE, OF_MATURE, OF_MATURE_STEP, OF_TIMES, OF_TREND
from analytics.api.net_money import BY_CURRENCY, OF_MONEY, OF_NET_MONEY
from analytics.ledger import FactsRead
from analytics.metrics import METRICS, Numbers, Unit
from analytics.orders import MoneyTotals
from analytics.periods import Bucket
from analytics.questions.retention import RETENTION_PARAMETERS
from analytics.questions.step_texts import step_name
from analytics.reports.campaigns import CampaignRow
from analytics.reports.cohort_groups import CohortGroup
from analytics.reports.cohorts import Cohort, CohortsReport, WeekTotals
from analytics.reports.funnel import GroupSteps
from analytics.reports.member_money import NetMoney
from analytics.reports.retention.report import MeanPeriod
from analytics.reports.source_tree import SourceNode
from analytics.reports.timeseries import TimeseriesReport
from campaignos.currencies import exponent


def count_field(metric: str, **options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, help_text=METRICS[metric].definition, **options)


def _rate(metric: str, **options: Any) -> serializers.FloatField:
    """From 0 to 1, to three decimals, of harm to four."""
    metric_ = METRICS[metric]
    return serializers.FloatField(min_value=0, help_text=f"{metric_.definition} {metric_.formula}.", **options)


@extend_schema_field(OpenApiTypes.ANY)
class _Beside(serializers.Field[Any, Any, Any, Any]):
    """A part that the answer has only where it was asked for."""

    def __init__(self, schema: dict[str, Any], help_text: str, **options: Any) -> None:
        super().__init__(required=False, read_only=False, help_text=help_text, **options)
        self._spectacular_annotation = {"field": schema}

    def to_representation(self, value: Any) -> Any:
        return value


def beside(schema: Mapping[str, Any], help_text: str) -> _Beside:
    """A part of the schema."""
    return _Beside({**schema}, help_text)


def comparison_beside(report: str, **more: dict[str, Any]) -> _Beside:
    """`report` is the name of the report's schema; `more` are the schemas of what else stands in its comparison."""
    same = {"$ref": f"#/components/schemas/{report}"}
    changes = {"type": "object", "additionalProperties": True}
    return _Beside(
        {"type": ["object", "null"], "properties": {"complete": same, "compared": same, "changes": changes, **more}},
        "With `compare`: this report of the days that are over and have a partner (`complete`) and of their partners "
        "(`compared`), and how its numbers changed (`changes`: a fraction of the count before or, of a rate, the "
        "difference; null where that says nothing); null where no day has a partner.",
    )


def changes_beside() -> _Beside:
    return _Beside(
        {"type": "object", "additionalProperties": {"type": ["number", "null"]}},
        "With `compare`: a fraction of the number before; null where that says nothing.",
    )


def row_addresses() -> _Beside:
    return _Beside(
        {"type": "object", "additionalProperties": {"type": ["string", "null"], "format": "uri"}},
        "With `rows=true`: by the names of the counts beside it, the address of the list that has exactly these rows; "
        "null where there is none, or none that the caller may see.",
        source="rows_behind",
    )


def starts_at_of_hour() -> _Beside:
    return _Beside({"type": "string", "format": "date-time"}, "With `interval=hour`: when the hour begins.")


def _beside_all(schema_type: str, help_text: str) -> _Beside:
    """What stands beside the numbers in an answer to more than a number of last days."""
    return _Beside({"type": schema_type}, f"Where more than the last so many days is asked for: {help_text}")


_WITH_PERIODS = f"With one of {', '.join(RETENTION_PARAMETERS)}"
"""What an answer to them has beside or in place of weeks."""


def _by_week(number_type: str, help_text: str) -> _Beside:
    schema = {"type": "object", "additionalProperties": {"type": number_type}}
    return _Beside(schema, f"Where more than the last so many days is asked for: {help_text}")


def _by_week_of_money(help_text: str, each: Mapping[str, Any] = {"type": "integer"}) -> _Beside:
    return _Beside(
        {"type": "object", "additionalProperties": each},
        f"With `metric=revenue`, in minor units: {help_text}",
        source="money_behind",
    )


def _of_money(help_text: str, schema: Mapping[str, Any]) -> _Beside:
    return _Beside({**schema}, f"With `metric=revenue`: {help_text}", source="money_behind")


_NUMBERS = {"type": "object", "additionalProperties": {"type": ["number", "null"]}}


class NumbersSerializer(serializers.Serializer[Numbers]):
    metrics: ClassVar[Mapping[str, str]] = {}
    """By the names in the answer, the keys of the metrics."""
    may_be_of_a_part: ClassVar[bool] = False
    """Of which some numbers are null: those that a condition, a channel or a campaign cannot apply to."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = {
            name: (_rate if METRICS[key].unit is Unit.SHARE else count_field)(key, allow_null=self.may_be_of_a_part)
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
    question = _Beside(
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
    money = _Beside(
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


def comparison_of_group() -> _Beside:
    numbers = {"type": "object", "additionalProperties": True}
    return _Beside(
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


GROUPS_HELP = (
    "With `breakdown`: the same of each group, the largest first, then `other`, and last those without a value."
)


class OverviewSerializer(serializers.Serializer[Any]):
    contacts = ContactTotalsSerializer(source="numbers")
    campaigns = CampaignTotalsSerializer(source="numbers")
    messages = MessageTotalsSerializer(source="numbers")
    events = EventTotalsSerializer(source="numbers")
    meta = MetaSerializer()
    groups = OverviewGroupSerializer(many=True, required=False, help_text=GROUPS_HELP)
    comparison = comparison_beside("Overview")


@extend_schema_field({"type": "string", "pattern": "^[0-9]+d$"})
class PeriodField(serializers.Field[int, Any, str, int]):
    """A number of days as `30d`."""

    def to_representation(self, value: int) -> str:
        return f"{value}d"


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
    ofDelivered = _beside_all("number", "the share of the delivered messages, of what is one.")
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
    credit = _Beside(*CREDIT_OF_ONE_CAMPAIGN)
    meta = MetaSerializer()
    groups = CampaignSplitSerializer(many=True, required=False, help_text=GROUPS_HELP)
    comparison = comparison_beside("CampaignReport")


class DayTotalsSerializer(NumbersSerializer):
    may_be_of_a_part = True
    metrics = {
        "events": "events",
        "contacts": "contacts_new",
        "messages": "messages_total",
        "opens": "opens",
        "clicks": "clicks",
    }
    date = serializers.DateField()
    startsAt = starts_at_of_hour()
    numbers = _Beside(_NUMBERS, "With `metric`: each of them by its key.")
    compared = _Beside(
        {"type": ["object", "null"], "additionalProperties": True},
        "With `compare`: the same numbers of the partners of the row's days, and `from` and `to`, the first and the "
        "last of them, or of the row's hour, and when that hour `startsAt`; null where these have none.",
    )

    def to_representation(self, instance: Any) -> dict[str, Any]:
        bucket, numbers = instance
        return {**time_of(bucket), **super().to_representation(numbers)}


def time_of(bucket: Bucket) -> dict[str, str]:
    """The first day of what a row is of; of an hour, its day and when it begins."""
    day = {"date": bucket.first_day.isoformat()}
    return {**day, "startsAt": bucket.hour.local_start.isoformat()} if bucket.hour else day


_MATCHED = {
    "type": "object",
    "description": "What changes are between: the days that have a partner, taken together, and these.",
    "properties": {"days": {"type": "integer"}, "complete": _NUMBERS, "compared": _NUMBERS},
}


class GroupRowSerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    startsAt = starts_at_of_hour()
    numbers = serializers.DictField(child=serializers.FloatField(allow_null=True))
    rows = row_addresses()


class TrendGroupSerializer(GroupSerializer):
    """A group's series, and the numbers of all rows."""

    series = GroupRowSerializer(many=True)
    total = serializers.DictField(child=serializers.FloatField(allow_null=True))
    comparison = comparison_of_group()
    rows = row_addresses()


class TimeseriesSerializer(serializers.Serializer[TimeseriesReport]):
    period = PeriodField(source="trend.window.days")
    series = DayTotalsSerializer(source="rows", many=True)
    meta = MetaSerializer()
    total = _Beside(_NUMBERS, "With `metric`: each of them over all rows.")
    groups = TrendGroupSerializer(many=True, required=False, help_text="With `breakdown`, the largest first.")
    comparison = comparison_beside("Timeseries", matched=_MATCHED)
    rows = row_addresses()


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


class StepField(serializers.CharField):
    def to_representation(self, value: Any) -> str:
        return step_name(value)


class StepTotalsSerializer(serializers.Serializer[Any]):
    step = StepField(help_text="The event type, or what `step` takes for it.")
    count = count_field("funnel_count")
    dropoff = count_field("funnel_dropoff")
    conversionFromPrevious = _rate("funnel_step_rate", source="conversion_from_previous")
    conversionFromFirst = _beside_all("number", "the share of the people of the first step.")
    goneSinceFirst = _beside_all("integer", "the people of the first step who did not get here.")
    mature = beside(OF_MATURE_STEP, "With a `window`: of the people whose window is over.")
    young = beside({"type": "integer"}, "With a `window`: the others of the step's people, whose window is not.")
    rows = row_addresses()


def _funnel_money() -> _Beside:
    return _Beside(
        {**OF_NET_MONEY},
        "Where more than the last so many days is asked for, and the last step says what it is worth: what those who "
        "completed the funnel brought in by events of it, from then on.",
        source="money_behind",
    )


def _mature() -> _Beside:
    return _Beside(OF_MATURE, "With a `window`: of the people whose window is over.", source="mature_behind")


class StepsOfGroupSerializer(serializers.Serializer[GroupSteps]):
    steps = StepTotalsSerializer(many=True)
    overallConversion = _rate("funnel_overall_rate", source="overall_conversion")
    mature = _mature()
    revenue = _funnel_money()


class FunnelGroupSerializer(GroupSerializer, StepsOfGroupSerializer):
    """The people with a value."""

    difference = beside(
        OF_DIFFERENCE,
        "By how much the share of the group's people who completed the funnel is above that of the `rest`, with its "
        "95 % interval (Newcombe); `pAdjusted` is p for several groups (Holm). With a window of those whose window is "
        "over.",
    )
    comparison = comparison_of_group()


class FunnelSerializer(serializers.Serializer[Any]):
    period = PeriodField(source="days")
    steps = StepTotalsSerializer(many=True)
    overallConversion = _rate("funnel_overall_rate", source="overall_conversion")
    mature = _mature()
    time = beside(
        OF_TIMES,
        "With `window`, `order`, `exclude` or `by`: how many seconds people took from each step to the next one and "
        "from the first to the last, of those whose window is over; the least that so many per cent took at most.",
    )
    trend = beside(OF_TREND, "With `by`: the people by the day, week or month of their entry.")
    revenue = _funnel_money()
    groups = FunnelGroupSerializer(
        many=True,
        required=False,
        help_text="With `breakdown`: the funnel of the people with each value, most people first, those without one "
        "last. Each person is in one group; of segments in each that they are in.",
    )
    meta = MetaSerializer()
    comparison = comparison_beside("Funnel")


def week_name(number: int) -> str:
    return f"week_{number}"


def _money_by_week(weeks: Sequence[NetMoney]) -> dict[str, Any]:
    if not weeks:
        return {}
    return {
        "revenue": {week_name(number): week.by_currency for number, week in enumerate(weeks)},
        "converted": {week_name(number): week.converted for number, week in enumerate(weeks)},
    }


class CohortGroupSerializer(serializers.Serializer[CohortGroup]):
    cohort = serializers.DateField(source="bucket.first_day", help_text="The first day of signup.")
    to = serializers.DateField(source="bucket.last_day", help_text="The last day of signup.")
    size = count_field("cohort_size")
    activeContacts = serializers.IntegerField(min_value=0, source="newest.active")
    retentionRate = serializers.FloatField(min_value=0, source="newest.retention_rate")
    retention = serializers.SerializerMethodField()

    def get_retention(self, group: CohortGroup) -> dict[str, int]:
        return {week_name(number): week.active for number, week in enumerate(group.weeks)}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        money = [week.money for week in instance.weeks if week.money is not None]
        return {**super().to_representation(instance), **_money_by_week(money)}


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
    credit = _Beside(*CREDIT_OF_CAMPAIGN)


class CampaignsReportSerializer(serializers.Serializer[Any]):
    campaigns = CampaignRowSerializer(many=True)
    credit = _Beside(*CREDIT_OF_CAMPAIGNS)
    meta = MetaSerializer()
    comparison = comparison_beside("CampaignsReport")


class CohortSerializer(serializers.Serializer[Cohort]):
    cohort = serializers.DateField(source="day")
    to = _Beside(
        {"type": "string", "format": "date"}, "By week or month, the last day of signup; `cohort` is the first."
    )
    size = count_field("cohort_size")
    retentionRates = _by_week("number", "by week, the share of those of the cohort for whom it has begun.")
    sizes = _by_week("integer", "by week, how many these are.")
    weeksOver = _beside_all("integer", "how many of the weeks are over for all of them.")
    periodsOver = _Beside({"type": "integer"}, f"{_WITH_PERIODS}: how many of the periods are over for all of them.")
    activeContacts = count_field("active_contacts", source="active_contacts")
    retentionRate = _rate("retention_rate", source="retention_rate")
    retention = serializers.SerializerMethodField(
        help_text="By week from signup on (`week_0`, `week_1` …), the contacts who were active in it."
    )
    revenue = _by_week_of_money(
        "by week, what the contacts brought in less what they got back, by currency.", BY_CURRENCY
    )
    converted = _by_week_of_money("by week, the same in the workspace's currency, as far as rates say it.")
    rows = row_addresses()

    def get_retention(self, cohort: Cohort) -> dict[str, int]:
        return {week_name(number): active for number, active in enumerate(cohort.active_by_week)}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Written by hand, since there are thousands."""
        numbers = {"activeContacts": instance.active_contacts, "retentionRate": instance.retention_rate}
        body = {"cohort": instance.day.isoformat(), "size": instance.size, **numbers}
        return {**body, "retention": self.get_retention(instance), **_money_by_week(instance.money_by_week)}


class AverageWeekSerializer(serializers.Serializer[WeekTotals]):
    week = serializers.IntegerField(min_value=0)
    size = count_field("cohort_size")
    active = count_field("active_contacts")
    retentionRate = _rate("retention_rate", source="retention_rate")
    revenue = _of_money("what they brought in less what they got back, in minor units by currency.", BY_CURRENCY)
    converted = _of_money("the same in the workspace's currency, as far as rates say it.", {"type": "integer"})
    rows = row_addresses()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        body = {"week": instance.week, "size": instance.size, "active": instance.active}
        body["retentionRate"] = instance.retention_rate
        money = instance.money
        return body if money is None else {**body, "revenue": money.by_currency, "converted": money.converted}


class MeanPeriodSerializer(serializers.Serializer[MeanPeriod]):
    period = serializers.IntegerField(min_value=0, source="number")
    cohorts = serializers.IntegerField(min_value=0, help_text="How many cohorts it is complete for: they are meant.")
    size = count_field("cohort_size")
    active = count_field("active_contacts")
    retentionRate = _rate("retention_rate", source="retention_rate")
    interval = serializers.ListField(
        child=serializers.FloatField(), help_text="The 95 % interval of the rate: its lower and its upper end."
    )
    revenue = _of_money("what they brought in less what they got back, in minor units by currency.", BY_CURRENCY)
    converted = _of_money("the same in the workspace's currency, as far as rates say it.", {"type": "integer"})
    rows = row_addresses()


def _periods() -> MeanPeriodSerializer:
    return MeanPeriodSerializer(many=True, required=False, help_text=f"{_WITH_PERIODS}, in place of `weeks`.")


class AverageSerializer(serializers.Serializer[Any]):
    """All cohorts together, by the weeks that are over: a mean weighted by their sizes."""

    size = count_field("cohort_size")
    weeks = AverageWeekSerializer(many=True, required=False)
    periods = _periods()
    rows = row_addresses()


class CohortsMetaSerializer(MetaSerializer):
    runningWeeks = serializers.DictField(
        child=serializers.CharField(), help_text="By cohort, the week that is not over yet, such as week_3."
    )


class CohortsOfGroupSerializer(GroupSerializer):
    """The contacts of a group, all cohorts together, by the weeks that are over."""

    size = count_field("cohort_size")
    weeks = AverageWeekSerializer(many=True, required=False)
    periods = _periods()
    changes = _Beside(
        {"type": "object", "additionalProperties": True},
        "With `compare`: as `comparison.changes`, of the group.",
    )
    rows = row_addresses()


class CohortsSerializer(serializers.Serializer[CohortsReport]):
    period = PeriodField(source="days")
    metric = serializers.CharField()
    unit = _Beside({"type": "string"}, f"{_WITH_PERIODS}: what the names of periods begin with, such as month_3.")
    provisional = _Beside({"type": "boolean"}, f"{_WITH_PERIODS}: whether every number may still rise.")
    cohorts = CohortSerializer(many=True)
    average = AverageSerializer(
        required=False,
        source="mean",
        help_text="Where more than the last so many days is asked for: all cohorts together, of weeks that are over.",
    )
    groups = CohortsOfGroupSerializer(
        many=True,
        required=False,
        help_text="With `breakdown`: each group, most contacts first, those without one last.",
    )
    money = _of_money("what should be known of all these amounts.", OF_MONEY)
    meta = serializers.SerializerMethodField()
    comparison = comparison_beside("Cohorts")

    @extend_schema_field(CohortsMetaSerializer)
    def get_meta(self, report: CohortsReport) -> dict[str, Any]:
        running = {cohort.day.isoformat(): week_name(len(cohort.active_by_week) - 1) for cohort in report.cohorts}
        return {**MetaSerializer(report.meta).data, "runningWeeks": running}
