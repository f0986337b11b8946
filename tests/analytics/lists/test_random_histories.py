"""The list behind every number of every report has exactly as many rows, over random histories."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.lists import (
    ClickList,
    ContactList,
    Conversions,
    EventList,
    ListParameters,
    MessageList,
    PeopleList,
    UtmSource,
    list_for,
)
from analytics.metrics import LADDER, METRICS
from analytics.models import Campaign
from analytics.periods import Interval, Window
from analytics.questions.fields import field_of
from analytics.questions.groups import Breakdown
from analytics.questions.questions import (
    OF_CHANNELS,
    TREND_METRICS,
    CampaignQuestion,
    CohortsQuestion,
    FunnelQuestion,
    Opens,
    TrendsQuestion,
)
from analytics.questions.slices import Slice
from analytics.questions.steps import EventStep
from analytics.reports.attribution.report import attribution
from analytics.reports.attribution.source_tree import source_tree
from analytics.reports.campaigns.detail import campaign_detail
from analytics.reports.campaigns.one import campaign
from analytics.reports.campaigns.side_by_side import campaigns
from analytics.reports.cohorts.groups import cohort_groups
from analytics.reports.cohorts.report import cohorts
from analytics.reports.funnel.report import funnel
from analytics.reports.overview import overview
from analytics.reports.splits import group_numbers
from analytics.reports.timeseries import METRICS_OF_DAYS, timeseries
from analytics.reports.trends import trends
from tests.analytics.asking import ask
from tests.analytics.reports.test_random_histories import TYPES, histories, send, slugs
from tests.examples import examples
from workspaces.models import Workspace

METRICS_OF_COHORTS = ("events", "opens", "clicks", "conversions", "event:a")


class Check:
    """Compares numbers with lists, each as it comes back from an address."""

    def __init__(self, workspace, now):
        self.workspace, self.now = workspace, now
        self.compared = 0

    def __call__(self, number, one):
        asked = ListParameters(one.query, zone=self.workspace.zone, now=self.now)
        again = type(one).read(asked)
        assert (again, asked.notices) == (one, [])
        found = one.find(self.workspace, now=self.now)
        assert found.total == number, one
        keys = self.keys(found)
        assert len(set(keys)) == len(keys) == number, one
        self.compared += 1

    def ask(self, window, **params):
        return ask(self.workspace, self.now, window, **params)

    @staticmethod
    def keys(found, size=3):
        """Of all rows, page by page."""
        keys, after = [], ""
        while True:
            page = found.page(after, size)
            keys += [getattr(row, "number", None) or str(getattr(row, "pk", 0)) for row in page.rows]
            after = page.following
            if not after:
                return keys


@pytest.mark.django_db
@examples(6)
@given(
    history=histories(),
    steps=st.lists(st.sampled_from(TYPES), min_size=1, max_size=3),
    length=st.integers(1, 16),
    ended=st.integers(0, 5),
    metric=st.sampled_from(METRICS_OF_COHORTS),
)
def test_the_list_behind_every_number_has_as_many_rows(history, steps, length, ended, metric):
    workspace = Workspace.objects.create(name="W", slug=f"w{next(slugs)}", time_zone=history.zone.key)
    send(workspace, history)
    last = history.now.astimezone(ZoneInfo(history.zone.key)).date() - timedelta(days=ended)
    window = Window.between(last - timedelta(days=length - 1), last, zone=history.zone)
    check = Check(workspace, history.now)
    overview_and_trends(check, window)
    messages(check, window)
    sources(check, window)
    steps_of(check, window, tuple(map(EventStep, steps)))
    cells(check, window, metric)
    ever(check)
    assert check.compared >= 26


def overview_and_trends(check, window):
    found = overview(Ledger(check.workspace), check.ask(window))
    for metric, number in {
        "contacts_total": found.numbers["contacts_total"],
        "contacts_new": found.numbers["contacts_new"],
        "messages_total": found.numbers["messages_total"],
        "sent": found.numbers["sent"],
        "opened": found.numbers["opened"],
        "clicked": found.numbers["clicked"],
        "human_opened": found.numbers["human_opened"],
        "human_clicked": found.numbers["human_clicked"],
        "events": found.numbers["events"],
    }.items():
        check(number, list_for(metric, window))
    ledger = Ledger(check.workspace)
    report = trends(ledger, check.ask(window, kind=TrendsQuestion))
    by_channel = group_numbers(ledger, check.ask(window, split=Breakdown(field_of("channel"))), tuple(OF_CHANNELS))
    for metric in (key for key in TREND_METRICS if METRICS[key].counted):
        check(report.all.total().get(metric, 0), list_for(metric, window))
        for group in by_channel if metric in OF_CHANNELS else ():
            check(group.numbers[metric], list_for(metric, window, Slice(channel=group.group.value)))
    for day, numbers in timeseries(Ledger(check.workspace), check.ask(window)).trend.numbers_by_day:
        on = Window.between(day, day, zone=window.zone)
        for metric in METRICS_OF_DAYS:
            check(numbers[metric], list_for(metric, on))


def messages(check, window):
    one = Campaign.objects.get(workspace=check.workspace)
    found = campaign(
        Ledger(check.workspace),
        check.ask(window, kind=CampaignQuestion, campaign_id=one.pk, opens=Opens.ALL),
    )
    for status in found.status_breakdown:
        metric = "messages_total" if status.status == "QUEUED" else LADDER[status.status].value
        check(status.count, list_for(metric, window, Slice(campaign_id=one.pk)))
    for channel in found.channel_breakdown:
        check(channel.count, list_for("messages_total", window, Slice(campaign_id=one.pk, channel=channel.channel)))
    check(found.numbers["enrollments_total"], list_for("enrollments_total", window, Slice(campaign_id=one.pk)))
    detail = campaign_detail(
        Ledger(check.workspace),
        check.ask(window, kind=CampaignQuestion, campaign_id=one.pk, opens=Opens.ALL),
    )
    for hour in detail.hours[::24]:
        for reached, number in (("opened", hour.opened), ("clicked", hour.clicked)):
            check(number, MessageList(window, reached=reached, part=Slice(one.pk), within_hours=hour.hours))
    for link in detail.links:
        check(link.messages, MessageList(window, part=Slice(one.pk), link=link.url))
        check(link.clicks, ClickList(window, Slice(one.pk), link.url))
    everything = list_for("messages_total", window).find(check.workspace, now=check.now).total
    check(
        everything - found.numbers["messages_total"],
        list_for("messages_total", window, Slice(without_campaigns=(one.pk,))),
    )
    check(0, list_for("enrollments_total", window, Slice(without_campaigns=(one.pk,))))
    for line in campaigns(Ledger(check.workspace), check.ask(window)).campaigns:
        check(line.numbers["bounced"], list_for("bounced", window, Slice(campaign_id=one.pk)))


def sources(check, window):
    found = attribution(Ledger(check.workspace), check.ask(window))
    check(found.total_attributed_events, list_for("attributed_events", window))
    check(found.conversions, list_for("conversions", window))
    for line in found.sources:
        source = UtmSource(line.source, line.medium or "", line.campaign or "")
        check(line.unique_visitors, PeopleList(window, source))
        check(line.total_events, EventList(window, source=source))
    tree = source_tree(Ledger(check.workspace), check.ask(window))
    check(tree.direct_events, EventList(window, attributed=False))
    check(tree.attributed_conversions, list_for("conversions", window))
    check(tree.direct_conversions, EventList(window, conversions=Conversions.DIRECT))
    for node in tree.nodes:
        source = UtmSource(*node.path)
        check(node.visitors, PeopleList(window, source))
        check(node.events, EventList(window, source=source))
        check(node.conversions, EventList(window, source=source, conversions=Conversions.CREDITED))
    for name in {line.source for line in found.sources}:
        check(
            sum(line.total_events for line in found.sources if line.source == name),
            EventList(window, source=UtmSource(name)),
        )


def steps_of(check, window, steps):
    report = funnel(Ledger(check.workspace), check.ask(window, kind=FunnelQuestion, steps=steps))
    for number, step in enumerate(report.steps, 1):
        check(step.count, PeopleList(window, steps=steps, step=number))
        if number > 1:
            check(step.dropoff, PeopleList(window, steps=steps, step=number, lost_since=number - 1))
            gone = report.steps[0].count - step.count
            check(gone, PeopleList(window, steps=steps, step=number, lost_since=1))


def cells(check, window, metric):
    found = cohorts(Ledger(check.workspace), check.ask(window, kind=CohortsQuestion, metric=metric))
    for cohort in found.cohorts:
        on = Window.between(cohort.day, cohort.day, zone=window.zone)
        check(cohort.size, ContactList(on))
        for week, active in enumerate(cohort.active_by_week):
            check(active, ContactList(on, active_in_week=week, metric=metric))
    for group in cohort_groups(found.cohorts, window, Interval.WEEK):
        of_group = Window.between(group.bucket.first_day, group.bucket.last_day, zone=window.zone)
        check(group.size, ContactList(of_group))
        for week, cell in enumerate(group.weeks):
            check(cell.active, ContactList(of_group, active_in_week=week, metric=metric))
    for totals in found.weeks:
        ended = [cohort.day for cohort in found.cohorts if cohort.weeks_ended > totals.week]
        of_week = Window.between(window.first_day, ended[-1], zone=window.zone)
        check(totals.size, ContactList(of_week))
        check(totals.active, ContactList(of_week, active_in_week=totals.week, metric=metric))


def ever(check):
    """Lists without days: the ledger knows most of their totals, but their rows are counted here."""
    for one in (
        ContactList(),
        EventList(),
        EventList(type=TYPES[0]),
        MessageList(),
        MessageList(part=Slice(channel="EMAIL"), reached="opened"),
        MessageList(reached="human_clicked"),
        MessageList(by="clicked"),
        MessageList(by="opened", reached="clicked"),
    ):
        check(one.find(check.workspace, now=check.now).rows.count(), one)
