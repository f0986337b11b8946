"""Every report equals a slow, obvious recount over random histories."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import ingest
from analytics.api.reports.campaigns.serializers import CampaignReportSerializer
from analytics.api.reports.credit.attribution_serializers import AttributionSerializer
from analytics.api.reports.funnel.serializers import FunnelSerializer
from analytics.api.reports.overview.serializers import OverviewSerializer
from analytics.api.reports.retention.serializers import CohortsSerializer
from analytics.api.reports.trends.serializers import TimeseriesSerializer
from analytics.ingest.senders import TRUSTED
from analytics.ledger import Ledger
from analytics.models import Campaign
from analytics.periods import Window
from analytics.questions.fields import field_of
from analytics.questions.groups import Breakdown
from analytics.questions.questions import CampaignQuestion, CohortsQuestion, FunnelQuestion, TrendsQuestion
from analytics.questions.reader import OF_API, read_question
from analytics.questions.slices import Slice
from analytics.questions.steps import EventStep
from analytics.reports.answers import compared_answer
from analytics.reports.attribution.report import attribution, compared_attribution
from analytics.reports.attribution.source_tree import source_tree
from analytics.reports.campaigns.one import campaign
from analytics.reports.campaigns.side_by_side import campaigns
from analytics.reports.cohorts.report import cohorts
from analytics.reports.funnel.report import funnel
from analytics.reports.outcomes import outcomes
from analytics.reports.overview import overview
from analytics.reports.splits import group_numbers, possible_metrics
from analytics.reports.timeseries import timeseries
from analytics.reports.trends import trends
from tests.analytics.asking import ask
from tests.analytics.reports.recount import STATUSES, History, World
from tests.examples import examples
from workspaces.models import Workspace

slugs = count()

DST_DAYS = {
    "Europe/Berlin": [(2026, 3, 29), (2025, 10, 26)],
    "America/New_York": [(2026, 3, 8), (2025, 11, 2)],
    "Africa/Cairo": [(2026, 4, 24), (2025, 10, 30)],
    "Australia/Lord_Howe": [(2026, 4, 5), (2025, 10, 5)],
    "Asia/Kolkata": [(2026, 2, 1)],
    "Pacific/Apia": [(2011, 12, 31)],
    "UTC": [(2026, 1, 1)],
}
USERS = ["u1", "u2", "u3"]
DEVICES = ["d1", "d2", "d3"]
REPORT_FIELDS = ("message", "type", "at", "url", "userAgent", "providerHint", "bounce")
TYPES = ["a", "b", "purchase"]
UTMS = [None, ("google", "cpc", "Sale"), ("google", None, None), ("news", "email", None)]


@st.composite
def histories(draw):
    """A window of days around a change of the clocks, and things that happen at a few instants in and around it."""
    zone = draw(st.sampled_from(list(DST_DAYS)))
    change = datetime(*draw(st.sampled_from(DST_DAYS[zone])), tzinfo=UTC)
    now = change + timedelta(days=draw(st.integers(0, 20)), hours=draw(st.integers(0, 23)), minutes=7)
    history = History(zone=ZoneInfo(zone), now=now)
    edges = [begins for _, begins, _ in World(history).window(12)]
    instants = st.one_of(
        st.sampled_from(edges),
        st.sampled_from(edges).map(lambda at: at - timedelta(microseconds=1)),
        st.integers(-1, 16 * 24 * 4).map(lambda quarters: now - timedelta(minutes=15 * quarters)),
        st.sampled_from([now - timedelta(days=1), now - timedelta(days=2)]),
    ).filter(lambda at: at <= now)
    maybe = st.none() | instants
    history.contacts = draw(
        st.lists(st.fixed_dictionaries({"externalId": st.sampled_from(USERS), "signedUpAt": maybe}), max_size=4)
    )
    history.contacts.append({"externalId": "u1"})  # to whom the messages go
    history.calls = draw(st.lists(_calls(instants), max_size=25))
    history.messages = draw(st.lists(_messages(maybe), max_size=8))
    history.message_events = draw(st.lists(_message_events(instants), max_size=12))
    order = draw(st.permutations(range(len(history.contacts) + len(history.calls))))
    for place, row in zip(order, history.contacts + history.calls, strict=True):
        row["arrived"] = place
    return history


def _message_events(instants):
    """Also in quick succession, as machines open and click."""
    seconds = st.integers(0, 12).map(lambda number: timedelta(seconds=number))
    return st.fixed_dictionaries(
        {
            "message": st.sampled_from(["m1", "m2", "m3"]),
            "type": st.sampled_from([*STATUSES, "opened", "clicked", "clicked", "complained", "unsubscribed"]),
            "at": st.builds(lambda at, later: at + later, instants, seconds),
            "url": st.sampled_from([None, "https://x.example/a", "https://x.example/b", "https://x.example/c"]),
            "userAgent": st.sampled_from([None, "Mozilla/5.0", "GoogleImageProxy", "python-requests/2.32", "Opera/9"]),
            "providerHint": st.sampled_from([None, None, None, "proxy", "prefetch", "bot"]),
            "bounce": st.sampled_from([None, "hard", "soft"]),
        }
    )


def _calls(instants):
    ids = {"messageId": st.integers(0, 40).map(str), "at": instants}
    somebody = st.one_of(
        st.fixed_dictionaries({"userId": st.sampled_from(USERS)}),
        st.fixed_dictionaries({"anonymousId": st.sampled_from(DEVICES)}),
        st.fixed_dictionaries({"userId": st.sampled_from(USERS), "anonymousId": st.sampled_from(DEVICES)}),
    )
    track = st.fixed_dictionaries(
        {**ids, "type": st.just("track"), "event": st.sampled_from(TYPES), "utm": st.sampled_from(UTMS)}
    )
    identify = st.fixed_dictionaries({**ids, "type": st.just("identify")})
    alias = st.fixed_dictionaries(
        {
            **ids,
            "type": st.just("alias"),
            "previousId": st.sampled_from(USERS + DEVICES),
            "userId": st.sampled_from(USERS),
        }
    )
    return st.one_of(
        st.builds(lambda call, who: {**call, **who}, track, somebody),
        st.builds(lambda call, who: {**call, **who}, track, somebody),
        st.builds(lambda call, who: {**call, **who}, identify, somebody),
        alias,
    )


def _messages(maybe):
    return st.fixed_dictionaries(
        {
            "externalId": st.sampled_from(["m1", "m2", "m3", "m4"]),
            "contact": st.just("u1"),
            "channel": st.sampled_from(["EMAIL", "PUSH"]),
            "createdAt": maybe,
            **{f"{status}At": maybe for status in STATUSES},
        }
    )


def send(workspace, history):
    """Feed the history to the ingest functions: people in their order, in batches; reports before their messages."""
    received = history.now
    for row in history.contacts + history.messages:
        row["received"] = received
    batch = []
    for row in sorted(history.contacts + history.calls, key=lambda row: row["arrived"]):
        is_contact = "externalId" in row
        if batch and (is_contact or len(batch) == 4):
            take(partial(ingest.take_calls, sender=TRUSTED), workspace, batch, received)
            batch = []
        if is_contact:
            take(ingest.take_contacts, workspace, [wire(row, "externalId", "signedUpAt")], received)
        else:
            batch.append(call(row))
    take(partial(ingest.take_calls, sender=TRUSTED), workspace, batch, received)
    take(ingest.take_campaigns, workspace, [{"externalId": "c", "name": "C"}], received)
    half = len(history.message_events) // 2
    events = [wire(row, *REPORT_FIELDS) for row in history.message_events]
    take(ingest.take_message_events, workspace, events[:half] + events[:half], received)
    for row in history.messages:
        names = ("externalId", "contact", "channel", "createdAt", *(f"{status}At" for status in STATUSES))
        take(ingest.take_messages, workspace, [{**wire(row, *names), "campaign": "c"}], received)
    take(ingest.take_message_events, workspace, events, received)


def take(function, workspace, items, received):
    if items:
        function(workspace, items, received_at=received)


def wire(row, *names):
    """The fields as JSON has them."""
    values = {name: row[name] for name in names if row.get(name) is not None}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def call(row):
    item = wire(row, "messageId", "type", "event", "userId", "anonymousId", "previousId")
    item["timestamp"] = row["at"].isoformat()
    if row.get("utm"):
        source, medium, name = row["utm"]
        item["context"] = {"campaign": {"source": f" {source.upper()} ", "medium": medium, "name": name}}
    return item


def without_meta(serializer, report):
    answer = serializer(report).data
    return {key: value for key, value in answer.items() if key not in ("meta", "period", "metric")}


@pytest.mark.django_db
@examples(12)
@given(history=histories(), steps=st.lists(st.sampled_from(TYPES), min_size=1, max_size=4), days=st.integers(1, 14))
def test_every_report_equals_a_recount(history, steps, days):
    workspace = Workspace.objects.create(name="W", slug=f"w{next(slugs)}", time_zone=history.zone.key)
    send(workspace, history)
    world, now = World(history), history.now

    answer = without_meta(OverviewSerializer, overview(Ledger(workspace), ask(workspace, now)))
    del answer["campaigns"]
    assert answer == world.overview()
    of_days = outcomes(Ledger(workspace), ask(workspace, now, days))
    assert (of_days.conversions, of_days.people) == world.conversions(days)
    one = Campaign.objects.get(workspace=workspace)
    answer = without_meta(
        CampaignReportSerializer,
        campaign(Ledger(workspace), ask(workspace, now, days, kind=CampaignQuestion, campaign_id=one.pk)),
    )
    assert {key: answer[key] for key in ("messages", "statusBreakdown", "channelBreakdown")} == world.campaign(days)
    answer = TimeseriesSerializer(timeseries(Ledger(workspace), ask(workspace, now, days))).data
    assert answer["series"] == world.timeseries(days)
    answer = without_meta(AttributionSerializer, attribution(Ledger(workspace), ask(workspace, now, days)))
    assert answer == world.attribution(days)
    span = Window.last_days(days, zone=history.zone, now=now)
    of_days = {"from": f"{span.first_day}", "to": f"{span.last_day}", "compare": "previous"}
    compared, _ = read_question(of_days, now=now, zone=history.zone, earliest=lambda: span.first_day, defaults=OF_API)
    of_sources = compared_attribution(Ledger(workspace), compared)
    recounted = compared_answer(attribution, Ledger(workspace), compared)
    for part in ("report", "complete", "compared"):
        told, expected = getattr(of_sources, part), getattr(recounted, part)
        assert told == (expected and replace(expected, meta=told.meta))
    answer = without_meta(
        FunnelSerializer,
        funnel(Ledger(workspace), ask(workspace, now, days, kind=FunnelQuestion, steps=tuple(map(EventStep, steps)))),
    )
    assert answer == world.funnel(tuple(steps), days)
    for metric in ("events", "opens", "clicks", "conversions", "event:a"):
        answer = CohortsSerializer(
            cohorts(Ledger(workspace), ask(workspace, now, days, kind=CohortsQuestion, metric=metric))
        ).data
        assert answer["cohorts"] == world.cohorts(days, metric)

    asked = ask(workspace, now, days, kind=TrendsQuestion, split=Breakdown(field_of("channel")))
    assert list(trends(Ledger(workspace), asked).all.days) == world.trend(days)
    by_channel = group_numbers(Ledger(workspace), asked, possible_metrics(asked), by_day=True)
    assert {group.group.value: list(group.trend.days) for group in by_channel} == {
        name: found for name in ("EMAIL", "PUSH") if any(found := world.trend(days, name))
    }
    email = trends(Ledger(workspace), ask(workspace, now, days, kind=TrendsQuestion, part=Slice(channel="EMAIL")))
    assert list(email.all.days) == world.trend(days, "EMAIL")
    (of_campaign,) = campaigns(Ledger(workspace), ask(workspace, now, days)).campaigns
    of_messages = world.campaign(days)["messages"]
    assert {name: of_campaign.numbers[name] for name in STATUSES}.items() <= of_messages.items()
    assert of_campaign.numbers["messages_total"] == of_messages["total"]
    tree = source_tree(Ledger(workspace), ask(workspace, now, days))
    recounted = world.source_tree(days)
    assert {node.path: (node.visitors, node.events, node.conversions) for node in tree.nodes} == recounted["nodes"]
    assert {"events": tree.direct_events, "conversions": tree.direct_conversions} == recounted["direct"]

    past = Window.between(now.date() - timedelta(days=6), now.date() - timedelta(days=3), zone=history.zone)
    all_days = timeseries(Ledger(workspace), ask(workspace, now, 14)).trend
    assert timeseries(Ledger(workspace), ask(workspace, now, past)).trend == all_days.within(past)
    all_cohorts = cohorts(Ledger(workspace), ask(workspace, now, 14, kind=CohortsQuestion)).cohorts
    assert cohorts(Ledger(workspace), ask(workspace, now, past, kind=CohortsQuestion)).cohorts == within(
        past, all_cohorts
    )


def within(window, rows):
    return tuple(row for row in rows if window.first_day <= row.day <= window.last_day)
