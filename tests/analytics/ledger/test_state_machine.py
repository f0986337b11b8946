"""Whatever happens, in whatever order, the ledger is what a recount of the facts says, and so is every report."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, product
from unittest.mock import patch

import pytest
from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from analytics import actors, ingest
from analytics.actors import RULES
from analytics.ingest.ab_tests import take_tests
from analytics.ingest.edits import people_held
from analytics.ingest.messages.reclassification import reclassify
from analytics.ingest.people.joins import join_contacts, undo_join
from analytics.ingest.references import contacts_by_external_id
from analytics.ingest.removal import erasure, key_drops
from analytics.ingest.removal.erasure import erase_contact
from analytics.ingest.removal.expiry import expire
from analytics.ingest.removal.key_drops import SentByKey, drop_sent
from analytics.ingest.senders import BROWSER, TRUSTED
from analytics.ledger import Ledger, compaction, storage
from analytics.ledger.rebuild import Difference, rebuild, verify
from analytics.models import ABTest, Campaign, ColumnChoice, Contact, DayCount, DayPack, Join, UtmTriple
from analytics.operations.jobs import build_columns
from analytics.periods import Window
from analytics.properties import change_property
from analytics.questions.credit import CreditRule
from analytics.questions.experiments import ExperimentQuestion
from analytics.questions.questions import (
    ACTIVITIES,
    CampaignQuestion,
    CohortsQuestion,
    FunnelQuestion,
    TrendsQuestion,
)
from analytics.questions.slices import Slice
from analytics.questions.steps import EventStep
from analytics.reports.attribution.report import attribution, visitors
from analytics.reports.attribution.source_tree import conversion_credit, source_tree
from analytics.reports.campaigns.one import campaign
from analytics.reports.campaigns.side_by_side import campaign_rows, campaigns
from analytics.reports.cohorts.report import active_contacts, cohorts
from analytics.reports.credit.report import CreditQuestion
from analytics.reports.experiments.catalogue import campaign_experiments
from analytics.reports.experiments.holdouts import HoldoutState, holdouts, people_of_holdout
from analytics.reports.experiments.report import experiment
from analytics.reports.funnel.report import funnel, people_of_step
from analytics.reports.overview import overview
from analytics.reports.timeseries import timeseries
from analytics.reports.trends import trends
from tests.analytics.asking import ask
from tests.analytics.ledger.facts import Facts
from tests.examples import examples
from workspaces.changes import change_time_zone
from workspaces.models import Key, Workspace

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
PAGE = replace(BROWSER, browser_key=7)
ZONES = ["Europe/Berlin", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe", "UTC"]
slugs = count()

instants = st.one_of(
    st.integers(0, 12 * 24 * 4).map(lambda quarters: NOW - timedelta(minutes=15 * quarters)),
    st.sampled_from([NOW + timedelta(hours=3), NOW + timedelta(days=3), NOW - timedelta(days=400)]),
    st.sampled_from([datetime(2026, 3, 29, hour, tzinfo=UTC) for hour in (0, 1, 22, 23)]),
    st.datetimes(datetime(2026, 3, 20), datetime(2026, 3, 31), timezones=st.just(UTC)),
).map(datetime.isoformat)
users, devices = st.sampled_from(["u1", "u2", "u3", "u4"]), st.sampled_from(["d1", "d2", "d3"])
emails = st.sampled_from(["a@gmail.com", "b@web.de", "", None])
numbers = st.integers(0, 25)
utms = st.sampled_from([{}, {"source": "google"}, {"source": "news", "medium": "email", "name": "May"}])


def maybe(strategy):
    return st.none() | strategy


def items(**fields):
    return st.lists(
        st.fixed_dictionaries(fields).map(
            lambda item: {key: value for key, value in item.items() if value is not None}
        ),
        min_size=1,
        max_size=6,
    )


def _with_arm(row):
    test, variant = row.pop("arm", (None, None))
    return {**row, "abTest": test, "variant": variant} if test else row


PROPERTIES = ["plan", "amount", "order"]
ARMS = [("s", "A"), ("s", "B"), ("h", "treated"), ("h", "held out")]
"""A test of the campaign x, and a holdout of all."""
exposures = st.sampled_from([{"experiment_id": test, "variation_id": variant} for test, variant in ARMS])
calls = items(
    type=st.sampled_from(["track", "track", "track", "page", "identify"]),
    event=st.sampled_from(["a", "b", "purchase", "Experiment Viewed"]),
    messageId=numbers.map(lambda number: f"c{number}"),
    timestamp=instants,
    userId=maybe(users),
    anonymousId=devices,
    traits=maybe(st.fixed_dictionaries({"plan": st.sampled_from(["pro", "free", None])})),
    properties=maybe(
        st.dictionaries(st.sampled_from(PROPERTIES), st.sampled_from(["pro", "free", 5, True])) | exposures
    ),
    context=utms.map(lambda utm: {"campaign": utm}),
)
aliases = items(
    type=st.just("alias"), messageId=numbers.map(lambda number: f"a{number}"), userId=users, previousId=users | devices
)
attributes = st.dictionaries(st.sampled_from(["plan", "size", "name"]), st.sampled_from(["pro", "free", 5, None, True]))
contacts = items(externalId=users, signedUpAt=maybe(instants), attributes=maybe(attributes), email=maybe(emails))
reports = items(
    message=numbers.map(lambda number: f"m{number % 5}"),
    type=st.sampled_from(["sent", "delivered", "opened", "clicked", "clicked", "bounced", "complained"]),
    at=instants,
    url=st.sampled_from(["a", "b"]),
    userAgent=maybe(st.sampled_from(["Mozilla/5.0", "GoogleImageProxy", "curl/8.5.0"])),
)
messages = items(
    externalId=numbers.map(lambda number: f"m{number % 5}"),
    campaign=st.sampled_from(["x", "y"]),
    contact=users,
    channel=st.sampled_from(["EMAIL", "SMS"]),
    createdAt=maybe(instants),
    deliveredAt=maybe(instants),
    openedAt=maybe(instants),
    clickedAt=maybe(instants),
    sentAt=maybe(instants),
    arm=maybe(st.sampled_from(ARMS[:2])),
).map(lambda rows: [_with_arm(row) for row in rows])
assignments = items(
    arm=st.sampled_from(ARMS),
    contact=maybe(users),
    anonymousId=devices,
    assignedAt=maybe(instants),
    withheld=maybe(st.booleans()),
).map(lambda rows: [_with_arm(row) for row in rows])
enrollments = items(
    campaign=st.sampled_from(["x", "y"]),
    contact=users,
    status=maybe(st.sampled_from(["ACTIVE", "COMPLETED", "EXITED"])),
    enrolledAt=maybe(instants),
)
sendings = st.one_of(
    st.tuples(st.just("take_calls"), calls),
    st.tuples(st.just("take_calls"), aliases),
    st.tuples(st.just("take_contacts"), contacts),
    st.tuples(st.just("take_messages"), messages),
    st.tuples(st.just("take_message_events"), reports),
    st.tuples(st.just("take_enrollments"), enrollments),
    st.tuples(st.just("take_assignments"), assignments),
)


class Crash(Exception):
    pass


class Life(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.workspace = Workspace.objects.create(name="W", slug=f"life-{next(slugs)}", time_zone="Europe/Berlin")
        for name in "xy":
            self.do("take_campaigns", [{"externalId": name, "name": name}])
        self.do("take_contacts", [{"externalId": user} for user in ("u1", "u2", "u3")])
        sent = {"campaign": "x", "channel": "EMAIL", "createdAt": "2026-03-28T12:00:00Z"}
        self.do("take_messages", [{"externalId": f"m{number}", "contact": f"u{number}", **sent} for number in (1, 2)])
        subject = {"externalId": "s", "name": "S", "campaign": "x", "variants": [{"name": "A"}, {"name": "B"}]}
        arms = [{"name": "treated"}, {"name": "held out", "isControl": True}]
        holdout = {"externalId": "h", "name": "H", "isHoldout": True, "variants": arms}
        assert not take_tests(self.workspace, [subject, holdout], received_at=NOW).rejected
        given = [
            {"abTest": test, "variant": variant, "contact": f"u{1 + n % 3}"} for n, (test, variant) in enumerate(ARMS)
        ]
        self.do("take_assignments", [{**each, "assignedAt": "2026-03-27T12:00:00Z"} for each in given])

    def do(self, name, sent, sender=TRUSTED):
        sender = {"sender": sender} if name == "take_calls" else {}
        return getattr(ingest, name)(self.workspace, sent, received_at=NOW, **sender)

    def crash(self, action, after):
        """Runs an action of which some statement fails."""
        left = count(after, -1)

        def failing(execute, sql, params, many, context):
            if next(left) <= 0:
                raise Crash
            return execute(sql, params, many, context)

        try:
            with transaction.atomic(), connection.execute_wrapper(failing):
                action()
        except Crash:
            pass

    def stop(self, action, after):
        """As `crash`, but of an action of several steps, of which those that were done stay."""
        left = count(after, -1)

        def failing(execute, sql, params, many, context):
            if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")) and next(left) == 0:
                raise Crash
            return execute(sql, params, many, context)

        try:
            with connection.execute_wrapper(failing):
                action()
        except Crash:
            pass

    @rule(sending=sendings)
    def send(self, sending):
        self.do(*sending)

    @rule(sending=sendings, after=st.integers(1, 15))
    def send_and_crash(self, sending, after):
        self.crash(lambda: self.do(*sending), after)

    @rule()
    def compact_what_is_crowded(self):
        with patch.object(compaction, "FAN_IN", 2):
            compaction.merge_crowded(self.workspace.pk)

    @rule(most=st.sampled_from([4, 1_000_000]), most_together=st.sampled_from([0, storage.MOST_TOGETHER]))
    def compact_all(self, most, most_together):
        with (
            patch.object(compaction, "MOST_TOUCHES", most),
            patch.object(storage, "MOST_TOGETHER", most_together),
        ):
            compaction.merge_fully(self.workspace.pk)

    @rule(after=st.integers(1, 12))
    def compact_and_crash(self, after):
        self.crash(lambda: compaction.merge_fully(self.workspace.pk), after)

    @rule()
    def rebuild(self):
        list(rebuild(self.workspace))

    @rule(rules=st.sampled_from([RULES, RULES[-1:]]))
    def classify_by_these_or_other_rules(self, rules):
        with patch.object(actors, "RULES", rules):
            list(reclassify(self.workspace))

    @rule(after=st.integers(1, 12))
    def classify_and_crash(self, after):
        self.crash(lambda: list(reclassify(self.workspace)), after)

    @rule(after=st.integers(1, 30))
    def rebuild_and_crash(self, after):
        self.crash(lambda: list(rebuild(self.workspace)), after)

    @rule(
        event_type=st.sampled_from(["a", "purchase"]),
        name=st.sampled_from(PROPERTIES),
        column=st.sampled_from(ColumnChoice),
    )
    def switch_a_column(self, event_type, name, column):
        switch = {"event_type": event_type, "name": name, "column": column}
        change_property(workspace=self.workspace, by=None, now=NOW, **switch)

    @rule()
    def build_columns(self):
        build_columns(NOW)

    @rule(after=st.integers(1, 40))
    def build_columns_and_stop(self, after):
        self.stop(lambda: build_columns(NOW), after)

    @rule()
    def lose_the_ledger_and_rebuild(self):
        DayCount.objects.filter(workspace=self.workspace).delete()
        DayPack.objects.filter(workspace=self.workspace).delete()
        list(rebuild(self.workspace))

    @precondition(lambda self: Contact.objects.filter(workspace=self.workspace).exists())
    @rule(place=st.integers(0, 3))
    def erase(self, place):
        found = list(Contact.objects.filter(workspace=self.workspace).order_by("external_id"))
        erase_contact(self.workspace, found[place % len(found)])

    @precondition(lambda self: Contact.objects.filter(workspace=self.workspace).exists())
    @rule(place=st.integers(0, 3), after=st.integers(1, 80))
    def erase_step_by_step_and_stop(self, place, after):
        found = list(Contact.objects.filter(workspace=self.workspace).order_by("external_id"))
        with patch.object(erasure, "EVENTS_ERASED", 1):
            self.stop(lambda: erase_contact(self.workspace, found[place % len(found)]), after)

    @rule(days=st.sampled_from([4, 30]))
    def forget_what_is_older(self, days):
        self.workspace.kept_days = days
        self.workspace.save()
        list(expire(self.workspace, NOW))
        self.workspace.kept_days = None
        self.workspace.save()

    @rule(items=calls)
    def send_from_a_page(self, items):
        self.do("take_calls", items, sender=PAGE)

    @rule(received=st.sampled_from(["before", "all"]))
    def drop_what_pages_sent(self, received):
        list(drop_sent(self.sent_from_pages(received), by=None))

    @rule(after=st.integers(1, 60))
    def drop_step_by_step_and_stop(self, after):
        with patch.object(key_drops, "EVENTS_DROPPED", 1), patch.object(key_drops, "CONTACTS_DROPPED", 1):
            self.stop(lambda: list(drop_sent(self.sent_from_pages("all"), by=None)), after)

    def sent_from_pages(self, received):
        since = NOW - timedelta(days=1) if received == "all" else NOW + timedelta(days=1)
        return SentByKey(self.workspace, Key(pk=PAGE.browser_key), since, NOW + timedelta(days=2))

    @precondition(lambda self: Join.objects.filter(workspace_id=self.workspace.pk, undone_at=None).exists())
    @rule(place=st.integers(0, 5))
    def undo_a_join(self, place):
        found = list(Join.objects.filter(workspace_id=self.workspace.pk, undone_at=None).order_by("gone"))
        with people_held(self.workspace):
            undo_join(self.workspace, gone=found[place % len(found)].gone, by=None, now=NOW)

    @rule(pair=st.permutations(["u1", "u2", "u3"]))
    def join_by_hand(self, pair):
        known = contacts_by_external_id(self.workspace.pk, pair[:2])
        gone, kept = (known.get(name) for name in pair[:2])
        if gone is not None and kept is not None and gone != kept:
            with people_held(self.workspace):
                join_contacts(self.workspace, gone=gone, kept=kept, by=None, now=NOW)

    @rule(zone=st.sampled_from(ZONES))
    def move(self, zone):
        change_time_zone(self.workspace, zone)

    @invariant()
    def ledger_and_facts_agree(self):
        assert [found for found in verify(self.workspace) if isinstance(found, Difference)] == []

    @invariant()
    def reports_agree(self):
        assert self.reports(Ledger(self.workspace)) == self.reports(Facts(self.workspace))

    def ask(self, **params):
        return ask(self.workspace, NOW, 9, **params)

    def reports(self, source):
        """All that a page shows, and of people their numbers."""
        of_x = Campaign.objects.filter(workspace=self.workspace).earliest("pk").pk
        steps = self.ask(kind=FunnelQuestion, steps=tuple(map(EventStep, ("a", "b", "a"))))
        window = Window.last_days(9, zone=self.workspace.zone, now=NOW)
        reports = [
            overview(source, ask(self.workspace, NOW)),
            timeseries(source, self.ask()),
            campaign(source, self.ask(kind=CampaignQuestion, campaign_id=of_x)),
            campaigns(source, self.ask()),
            campaigns(source, self.ask(part=Slice(channel="SMS"))),
            trends(source, self.ask(kind=TrendsQuestion)),
            trends(source, self.ask(kind=TrendsQuestion, part=Slice(of_x, "EMAIL"))),
            trends(source, self.ask(kind=TrendsQuestion, part=Slice(without_campaigns=(of_x,)))),
            attribution(source, self.ask()),
            source_tree(source, self.ask()),
            funnel(source, steps),
            *(cohorts(source, self.ask(kind=CohortsQuestion, metric=metric)) for metric in ACTIVITIES),
        ]
        people = [
            people_of_step(source, steps, 2, lost_since=1),
            visitors(source, window, UtmTriple.objects.values_list("pk", flat=True)),
            active_contacts(source, self.ask(kind=CohortsQuestion), 0),
        ]
        lists = [
            campaign_rows(source, Campaign.objects.filter(workspace=self.workspace).order_by("pk"), None)[0],
            [[each.outcome for each in test.reports] for test in campaign_experiments(source, self.ask(), of_x)],
            *self.tests(source),
            conversion_credit(source, window),
            source.event_types(window=window),
        ]
        return [*map(without_freshness, reports), *(numbers.tolist() for numbers in people), *lists]

    def tests(self, source):
        """What is told of each test by conversions, and of the holdout on the days, with who converted."""
        rows = ABTest.objects.filter(workspace=self.workspace).order_by("pk")
        asked = [self.ask(kind=ExperimentQuestion, test_id=test.pk, goal="conversion", window_days=3) for test in rows]
        found = holdouts(source, self.ask(kind=CreditQuestion, rule=CreditRule())).holdouts
        if isinstance(source, Ledger):
            for each, state in product(found, HoldoutState):
                of_days = self.ask(kind=ExperimentQuestion, test_id=each.test.pk)
                converted = each.treated.converted + each.held_out.converted
                expected = converted if state is HoldoutState.CONVERTED else each.sent_anyway
                assert len(people_of_holdout(source, of_days, state)) == expected
        return [*(without_freshness(experiment(source, question, with_harm=False)) for question in asked), found]


def without_freshness(report):
    return {name: value for name, value in vars(report).items() if name not in ("meta", "weeks")}


@pytest.mark.django_db
def test_ledger_and_facts_agree_whatever_happens():
    run_state_machine_as_test(Life, settings=examples(4, stateful_step_count=12))
