"""Beside each number of a report, the address of the list of exactly that length: for who asks with `rows=true`."""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from analytics.api.reports.campaigns.serializers import CampaignMessageTotalsSerializer, EnrollmentTotalsSerializer
from analytics.api.reports.overview.serializers import (
    CampaignTotalsSerializer,
    ContactTotalsSerializer,
    EventTotalsSerializer,
    MessageTotalsSerializer,
)
from analytics.api.reports.retention.serializers import week_name
from analytics.api.reports.row_addresses import ACTIVE_CAMPAIGNS, ALL_CAMPAIGNS, ResourceList, RowAddresses
from analytics.api.reports.trends.serializers import DayTotalsSerializer
from analytics.lists import (
    AnyList,
    ClickList,
    ContactList,
    ConversionList,
    Conversions,
    EventList,
    ListConditions,
    MessageList,
    OrderKind,
    OrderList,
    PeopleList,
    UtmSource,
    list_for,
    under_conditions,
)
from analytics.lists.events import conversions_of_all_sources, events_of_all_sources
from analytics.lists.funnel_orders import FunnelOrders
from analytics.lists.member_orders import MemberOrders
from analytics.metrics import KEY_OF, LADDER, METRICS, Unit
from analytics.periods import Window
from analytics.questions.entrants import Entrants, TimeTaken
from analytics.questions.groups import Group
from analytics.questions.ltv import LtvStart
from analytics.questions.questions import CampaignQuestion, FunnelQuestion, Question
from analytics.questions.slices import EVERYTHING, Slice
from analytics.reports.attention import AttentionReport, HighHarm
from analytics.reports.attribution.report import AttributionReport, SourceTotals
from analytics.reports.attribution.source_tree import SourceTree
from analytics.reports.campaigns.credit import CampaignCredits
from analytics.reports.campaigns.engagement import EngagementReport
from analytics.reports.campaigns.one import CampaignReport
from analytics.reports.campaigns.side_by_side import CampaignsReport
from analytics.reports.cohorts.groups import CohortGroup
from analytics.reports.cohorts.report import CohortsReport
from analytics.reports.credit.conversion_paths import ConversionChoice, TouchMatch
from analytics.reports.credit.path_report import PathsReport
from analytics.reports.credit.report import CreditReport, CreditRow
from analytics.reports.credit.side_by_side import ModelsReport
from analytics.reports.funnel.report import AnyFunnel
from analytics.reports.funnel.times import FunnelTimes
from analytics.reports.funnel.trend import EntryBucket
from analytics.reports.overview import OverviewReport
from analytics.reports.timeseries import TimeseriesReport

AnswerPart = MutableMapping[str, Any]
OF_VARIANTS = {"sent": "sent", "opened": "opened", "humanOpened": "human_opened"}
_CAMPAIGNS = {"campaigns_total": ALL_CAMPAIGNS, "campaigns_active": ACTIVE_CAMPAIGNS}


@dataclass(frozen=True)
class ReportRows:
    """Adds `rows` to the bodies of reports that were asked the question."""

    addresses: RowAddresses
    question: Question

    @property
    def window(self) -> Window:
        return self.question.window

    def add(self, body: AnswerPart, **rows: AnyList | ResourceList | None) -> None:
        """By the names of the body's numbers, with dots for those within another object. No number has no rows."""
        meant = {name: self.under_conditions(one) if _has(body, name) else None for name, one in rows.items()}
        body["rows"] = {**body.get("rows", {}), **{name: self.addresses.of(one) for name, one in meant.items()}}

    def under_conditions(self, rows: AnyList | ResourceList | None) -> AnyList | ResourceList | None:
        """Those of the rows that meet the question's conditions; None where these cannot apply to them."""
        if rows is None or isinstance(rows, tuple):
            return None if self.question.part.has_conditions else rows
        return under_conditions(rows, self.question.part)

    def add_counts(
        self, body: AnswerPart, metrics: Mapping[str, str], part: Slice = EVERYTHING, window: Window | None = None
    ) -> None:
        """`metrics` are by the names of the body's numbers; shares of two counts are the length of no list, and amounts
        the sum of what the list's rows have."""
        counts = {name: key for name, key in metrics.items() if METRICS[key].unit is not Unit.SHARE}
        shown = {name: self.question.shown_metric(key) for name, key in counts.items()}
        self.add(
            body,
            **{name: _CAMPAIGNS.get(key) or list_for(key, window or self.window, part) for name, key in shown.items()},
        )

    def overview(self, body: AnswerPart, report: OverviewReport) -> None:
        self.add_counts(body["contacts"], ContactTotalsSerializer.metrics)
        self.add_counts(body["campaigns"], CampaignTotalsSerializer.metrics)
        self.add_counts(body["messages"], MessageTotalsSerializer.metrics)
        self.add_counts(body["events"], EventTotalsSerializer.metrics)

    def campaign(self, body: AnswerPart, report: CampaignReport) -> None:
        assert isinstance(self.question, CampaignQuestion)
        part = Slice(self.question.campaign_id)
        self.add_counts(body["enrollments"], EnrollmentTotalsSerializer.metrics, part)
        self.add_counts(body["messages"], CampaignMessageTotalsSerializer.metrics, part)
        for row in body["statusBreakdown"]:
            self.add_counts(row, {"_count": KEY_OF[LADDER[row["status"]]]}, part)
        for row in body["channelBreakdown"]:
            self.add_counts(row, {"_count": "messages_total"}, replace(part, channel=row["channel"]))
        for test, result in zip(body["abTests"], report.ab_tests, strict=True):
            for row, variant in zip(test["variants"], result.variants, strict=True):
                of_variant = replace(part, variant_id=variant.number)
                self.add_counts(row, OF_VARIANTS, of_variant)

    def campaigns(self, body: AnswerPart, report: CampaignsReport) -> None:
        for row, campaign in zip(body["campaigns"], report.campaigns, strict=True):
            part = replace(self.question.part, campaign_id=campaign.number)
            self.add_counts(row["messages"], CampaignMessageTotalsSerializer.metrics, part)

    def credit_of_campaign(self, body: AnswerPart, credits: CampaignCredits, campaign_id: int) -> None:
        """The list has the conversions in which its touches took part; their parts add up to what it is credited
        with."""
        touch = TouchMatch(campaign_id=campaign_id)
        took_part = ConversionList(credits.window, credits.rule, ConversionChoice(touch=touch))
        self.add(body, conversions=took_part, converted=took_part)

    def engagement(self, body: AnswerPart, report: EngagementReport) -> None:
        assert isinstance(self.question, CampaignQuestion)
        part = Slice(self.question.campaign_id)
        messages = MessageList(self.window, part=part)
        reached = {name: self.question.shown_metric(name) for name in ("opened", "clicked")}
        for row, hour in zip(body["hours"], report.hours, strict=True):
            within = {
                name: replace(messages, reached=status, within_hours=hour.hours) for name, status in reached.items()
            }
            self.add(row, **within)
        for row, link in zip(body["links"], report.links, strict=True):
            clicks = ClickList(self.window, part, link.url)
            self.add(row, messages=replace(messages, link=link.url), clicks=clicks)
        for row, reason in zip(body["bounceReasons"], report.bounce_reasons, strict=True):
            self.add(row, messages=replace(messages, reason=reason.reason))
        if report.sends:
            life = Window.between(report.sends.first_day, report.sends.last_day, zone=self.window.zone)
            self.add(body["sends"], messages=MessageList(life, reached="sent", part=part))
        for row, group in zip(body["outcomes"], report.outcomes.values(), strict=True):
            self.add(row, people=PeopleList(conditions=ListConditions(group.condition)))

    def attention(self, body: AnswerPart, report: AttentionReport) -> None:
        for row, concern in zip(body["attention"], report.concerns, strict=True):
            if isinstance(concern, HighHarm):
                counted, base = METRICS[concern.limit.metric].parts
                self.add_counts(row, {"count": counted, "of": base}, Slice(concern.campaign.number))
                if concern.limit.metric == "bounce_share":
                    self.add_counts(row, {"sent": "sent", "bounced": "bounced"}, Slice(concern.campaign.number))

    def timeseries(self, body: AnswerPart, report: TimeseriesReport) -> None:
        metrics = {name: key for name, key in DayTotalsSerializer.metrics.items() if report.has(key)}
        further = {f"numbers.{key}": key for key in report.metrics}
        for row, (bucket, _) in zip(body["series"], report.rows, strict=True):
            window = bucket.window(self.window.zone)
            self.add_counts(row, {**metrics, **further}, report.part, window)
        if report.metrics:
            self.add_counts(body, {f"total.{key}": key for key in report.metrics}, report.part)

    def attribution(self, body: AnswerPart, report: AttributionReport) -> None:
        for row, source in zip(body["sources"], report.sources, strict=True):
            self.source(row, source)
        metrics = {"totalAttributedEvents": "attributed_events", "conversions": "conversions"}
        self.add_counts(body, metrics)

    def source(self, body: AnswerPart, row: SourceTotals) -> None:
        source = UtmSource(row.source, row.medium or "", row.campaign or "")
        self.add(
            body,
            uniqueVisitors=PeopleList(self.window, source),
            totalEvents=EventList(self.window, source=source),
        )

    def source_tree(self, body: AnswerPart, tree: SourceTree) -> None:
        for row in body["breakdown"]:
            names = (row["source"], row["medium"], row["campaign"])
            source = UtmSource(*names)
            self.add(
                row,
                uniqueVisitors=PeopleList(self.window, source),
                totalEvents=EventList(self.window, source=source),
                conversions=EventList(self.window, source=source, conversions=Conversions.CREDITED),
            )
        self.add(
            body["direct"],
            totalEvents=EventList(self.window, attributed=False),
            conversions=EventList(self.window, conversions=Conversions.DIRECT),
        )
        part = self.question.part
        self.add(
            body["all"],
            totalEvents=events_of_all_sources(self.window, part),
            conversions=conversions_of_all_sources(self.window, part),
        )

    def credit(self, body: AnswerPart, report: CreditReport) -> None:
        """Beside what rows are of and what has no touch: conversions, each with its path."""
        self._of_conversions(body, report)
        for row, of_report in zip(body["breakdown"], report.rows, strict=False):
            self._of_label(row, of_report, report)

    def models(self, body: AnswerPart, report: ModelsReport) -> None:
        [first, *_] = report.reports
        self._of_conversions(body, first)
        for row, of_report in zip(body["breakdown"], report.rows, strict=False):
            self._of_label(row, of_report.asked_row, first)

    def _of_conversions(self, body: AnswerPart, report: CreditReport) -> None:
        whole = ConversionList(self.window, report.rule)
        self.add(body, conversions=whole, credited=_those_of(whole, has_touch=True))
        self.add(body["unattributed"], conversions=_those_of(whole, has_touch=False))
        self._of_money(body["money"], whole)

    def _of_money(self, body: AnswerPart, whole: ConversionList) -> None:
        assumed = _those_of(whole, currency_assumed=True)
        self.add(body, withoutAmount=_those_of(whole, without_amount=True), currencyAssumed=assumed)

    def _of_label(self, body: AnswerPart, row: CreditRow, report: CreditReport) -> None:
        label = TouchMatch.of(row.label, report.by)
        conversions = ConversionList(self.window, report.rule, ConversionChoice(touch=label))
        self.add(body, assists=conversions, people=_those_of(conversions, once_a_person=True))

    def paths(self, body: AnswerPart, report: PathsReport) -> None:
        whole = ConversionList(self.window, report.question.rule)
        self.add(
            body,
            conversions=whole,
            withoutTouch=_those_of(whole, has_touch=False),
            withOneTouch=_those_of(whole, fewest=1, most=1),
            withMoreTouches=_those_of(whole, fewest=2),
            **{"others.conversions": _those_of(whole, besides=report.question.frequent)},
        )
        self._of_money(body["money"], whole)
        for row, of_report in zip(body["paths"], report.rows, strict=True):
            on_path = _those_of(whole, path_key=of_report.key)
            self.add(row, conversions=on_path, people=_those_of(on_path, once_a_person=True))

    def funnel_money(self, body: AnswerPart, group: Group | None = None) -> None:
        """Of what people who completed a funnel brought in, those of a group where one is meant."""
        assert isinstance(self.question, FunnelQuestion)
        funnel = FunnelOrders(self.question.counted_steps, group, self.question.counted_rules)
        orders = OrderList(self.window, funnel=funnel)
        self.add(body, orders=replace(orders, kind=OrderKind.SALE), converted=orders)
        self.money(body, orders)

    def funnel(self, body: AnswerPart, report: AnyFunnel, group: Group | None = None) -> None:
        assert isinstance(self.question, FunnelQuestion)
        for place, row in enumerate(body["steps"], start=1):
            people = replace(self._of_funnel(self.question), step=place, group=group)
            lost = None if place == 1 else replace(people, lost_since=place - 1)
            self.add(row, count=people, dropoff=lost, goneSinceFirst=lost and replace(lost, lost_since=1))
            if "mature" in row:
                mature, young = (Entrants(is_mature=is_mature) for is_mature in (True, False))
                self.add(row, young=replace(people, entrants=young))
                lost = lost and replace(lost, entrants=mature)
                self.add(row["mature"], count=replace(people, entrants=mature), dropoff=lost)

    @staticmethod
    def _of_funnel(question: FunnelQuestion) -> PeopleList:
        """Those who entered it."""
        return PeopleList(question.window, steps=question.counted_steps, rules=question.counted_rules)

    def funnel_times(self, body: AnswerPart, times: FunnelTimes) -> None:
        assert isinstance(self.question, FunnelQuestion)
        everybody = self._of_funnel(self.question)
        is_mature = None if self.question.rules.window is None else True
        for row, time in zip([*body["steps"], body["overall"]], [*times.steps, times.overall], strict=True):
            people = replace(everybody, step=time.step, entrants=Entrants(is_mature=is_mature))
            self.add(row, people=people)
            for part, each in zip(row["histogram"], time.bins, strict=True):
                took = TimeTaken(time.since, each.at_least, each.below)
                self.add(part, people=replace(people, entrants=replace(people.entrants, took=took)))

    def funnel_trend(self, rows: Sequence[AnswerPart], trend: Sequence[EntryBucket]) -> None:
        assert isinstance(self.question, FunnelQuestion)
        everybody = self._of_funnel(self.question)
        for row, each in zip(rows, trend, strict=True):
            entered = self.between(each.bucket.first_day, each.bucket.last_day)
            people = replace(everybody, entrants=Entrants(entered_on=entered))
            self.add(row, entrants=people, finishers=replace(people, step=len(people.steps)))

    def cohorts(self, body: AnswerPart, report: CohortsReport, *, groups: Sequence[CohortGroup]) -> None:
        for row, group in zip(body["cohorts"], groups, strict=True):
            self.cohort(row, group, report.metric)
        self.average(body["average"], report)

    def money(self, body: AnswerPart, orders: OrderList) -> None:
        """Of what should be known of the amounts of an answer, which are those of all these orders."""
        self.add(
            body,
            withoutAmount=replace(orders, without_amount=True),
            currencyAssumed=replace(orders, currency_assumed=True),
            **{f"unconverted.{name}": replace(orders, unconverted=True, currency=name) for name in body["unconverted"]},
        )

    def average(self, body: AnswerPart, report: CohortsReport, *, are_told: bool = True) -> None:
        """Of all cohorts together. Where the rows cannot be told, each is None."""
        self.add(body, size=ContactList(self.window) if are_told else None)
        for row, week in zip(body["weeks"], report.weeks, strict=True):
            signed_up = self.between(self.window.first_day, report.last_day_over(week.week))
            active = ContactList(signed_up, week.week, report.metric)
            rows: dict[str, AnyList] = {"size": ContactList(signed_up), "active": active}
            money = {"converted": _orders(signed_up, week.week)} if report.is_of_money else {}
            self.add(row, **{name: each if are_told else None for name, each in {**rows, **money}.items()})

    def cohort(self, body: AnswerPart, group: CohortGroup, metric: str) -> None:
        signed_up = self.between(group.bucket.first_day, group.bucket.last_day)
        weeks = {week_name(number): number for number in range(len(group.weeks))}
        active = {f"retention.{name}": ContactList(signed_up, week, metric) for name, week in weeks.items()}
        begun = {name: self.between(*group.begun_on(week, self.question.today)) for name, week in weeks.items()}
        converted = {f"converted.{name}": _orders(signed_up, weeks[name]) for name in body.get("converted", ())}
        sizes = {f"sizes.{name}": ContactList(begun[name]) for name in body.get("sizes", ())}
        newest = ContactList(signed_up, len(weeks) - 1, metric)
        self.add(body, size=ContactList(signed_up), activeContacts=newest, **active, **sizes, **converted)

    def between(self, first_day: date, last_day: date) -> Window:
        return Window.between(first_day, last_day, zone=self.window.zone)


def _orders(signed_up: Window, week: int) -> OrderList:
    """Of the contacts, in a week after their signup."""
    return OrderList(members=MemberOrders(LtvStart.SIGNUP, signed_up, None, week, week))


def _those_of(rows: ConversionList, **more: Any) -> ConversionList:
    return replace(rows, choice=replace(rows.choice, **more))


def _has(body: AnswerPart, name: str) -> bool:
    """Whether there is a number of the name."""
    first, _, rest = name.partition(".")
    value = body.get(first)
    return _has(value, rest) if rest and value is not None else value is not None
