"""What people brought in since they began, of random histories in which people become one: equal to a recount of the
events, in every way of asking; and each amount is the sum of its list of orders."""

from collections import defaultdict
from datetime import timedelta
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import ingest
from analytics.ledger import Ledger, compaction
from analytics.lists.cohort_people import orders_of_cell
from analytics.models import Contact, Event, Person
from analytics.periods import Interval, Window, buckets, local_day
from analytics.questions.fields import Subject, field_of
from analytics.questions.groups import Breakdown
from analytics.questions.questions import REVENUE
from analytics.questions.retention import BY_SIGNUP, CohortClock, CohortStart, RetentionQuestion, ReturnMode
from analytics.questions.steps import EventStep
from analytics.reports.retention import money
from analytics.reports.retention.groups import retention_groups
from analytics.reports.retention.report import retention_report
from tests.analytics.ledger.facts import Facts
from tests.analytics.reports.money_histories import NOW, histories, told, workspace_of
from tests.analytics.reports.retention import recount
from tests.examples import examples

UNITS = (Interval.DAY, Interval.WEEK, Interval.MONTH)
WAYS = [*product(UNITS, ReturnMode, CohortClock)]
STARTS = [BY_SIGNUP, CohortStart(EventStep("visit")), CohortStart(EventStep("purchase"), is_first=True)]


@st.composite
def people(draw):
    """When two contacts signed up, and whose devices turn out to be theirs."""
    signups = {name: draw(st.integers(0, 12)) for name in ("ada", "bob")}
    return signups, draw(st.sets(st.sampled_from(["d1", "d2"])))


def send(workspace, signups, devices):
    contacts = [
        {
            "externalId": name,
            "signedUpAt": (NOW - timedelta(days=days, hours=6)).isoformat(),
            "attributes": {"is": name},
        }
        for name, days in signups.items()
    ]
    ingest.take_contacts(workspace, contacts, received_at=NOW)
    at = (NOW - timedelta(hours=2)).isoformat()
    known = [
        {"type": "login", "occurredAt": at, "messageId": name, "contact": "bob", "anonymousId": name}
        for name in devices
    ]
    ingest.take_events(workspace, known, received_at=NOW)


class World:
    def __init__(self, workspace):
        self.workspace, self.zone = workspace, workspace.zone
        joined = dict(Person.objects.filter(workspace_id=workspace.pk).values_list("number", "joined_to"))
        self.root = {number: other or number for number, other in joined.items()}
        self.money = [
            (self.root[event.person_number], event.occurred_at, kind, stated)
            for event, stated, kind in told(workspace)
            if kind != "duplicate"
        ]

    def starts(self, start):
        if start.act is None:
            rows = Contact.objects.filter(workspace=self.workspace).values_list("person_number", "signed_up_at")
        else:
            events = Event.objects.filter(workspace_id=self.workspace.pk, type=start.act.event_type)
            rows = events.values_list("person_number", "occurred_at")
        return [(self.root[number], at) for number, at in rows]

    def orders(self):
        return [(person, at) for person, at, kind, _ in self.money if kind == "sale"]

    def amounts(self, question, members, period):
        """By currency what the members brought in, and in how many orders."""
        sums, orders = defaultdict(int), 0
        for person, start in members:
            for who, at, kind, stated in self.money:
                if who == person and is_in(start, at, question, period):
                    orders += kind == "sale"
                    sums[stated.currency] += stated.units or 0
        return orders, {currency: units for currency, units in sums.items() if units}


def is_in(start, at, question, period):
    """Nothing that lies after today's end is counted."""
    is_over = local_day(at, question.window.zone) > question.today
    return not is_over and recount.came_back(start, [at], question, period)


def asked(data, workspace, way, start):
    unit, mode, clock = way
    window = Window.last_days(data.draw(st.sampled_from([3, 12])), zone=workspace.zone, now=NOW)
    return RetentionQuestion(
        window=window,
        now=NOW,
        interval=data.draw(st.sampled_from(UNITS[:2])),
        metric=REVENUE,
        start=start,
        unit=unit,
        mode=mode,
        clock=clock,
        horizon=data.draw(st.sampled_from([1, 2, 12])),
    )


@pytest.mark.long
@pytest.mark.django_db
@examples(8)
@given(histories, people(), st.data())
def test_it_equals_a_recount_of_what_was_sent(monkeypatch, history, known, data):
    workspace = workspace_of(history)
    send(workspace, *known)
    if data.draw(st.booleans()):
        compaction.merge_fully(workspace.pk)
    world = World(workspace)
    for way, start in data.draw(st.lists(st.sampled_from([*product(WAYS, STARTS)]), min_size=5, max_size=5)):
        monkeypatch.setattr(money, "MOST_PAIRS", data.draw(st.sampled_from([2, 1000])))
        question = asked(data, workspace, way, start)
        cohorts = buckets(question.window, question.interval)
        report = retention_report(Ledger(workspace), question)
        expected = recount.retention(question, cohorts, world.starts(start), world.orders())
        assert recount.shown(report) == expected
        members = defaultdict(list)
        for place, person, at in recount.starts(world.starts(start), question, cohorts):
            members[cohorts[place]].append((person, at))
        for cohort in report.cohorts:
            shown = [(cell.money.orders, without_zeros(cell.money.by_currency)) for cell in cohort.cells]
            of_cohort = members[cohort.bucket]
            assert shown == [world.amounts(question, of_cohort, period) for period in range(len(cohort.cells))]
        assert amounts(report) == amounts(retention_report(Facts(workspace), question))
        check_lists(workspace, question, report)
        check_groups(workspace, question, report)


def without_zeros(by_currency):
    return {currency: units for currency, units in by_currency.items() if units}


def amounts(report):
    return report.money, [[cell.money for cell in cohort.cells] for cohort in report.cohorts]


def check_lists(workspace, question, report):
    """Of the first cohort each amount is the sum of its orders, and so is that of all until now."""
    for cohort in report.cohorts[:1]:
        window = cohort.bucket.window(question.window.zone)
        for period, cell in list(enumerate(cohort.cells))[-2:]:
            assert sums(workspace, orders_of_cell(question, window, period)) == of_money(cell.money)
        whole = retention_report(Ledger(workspace), question.on(window))
        until = orders_of_cell(question, window, question.horizon - 1, until=True)
        assert sums(workspace, until) == of_money(whole.money)


def sums(workspace, orders):
    found = orders.find(workspace, now=NOW).sums
    return found.orders, without_zeros({name: each.net for name, each in found.by_currency.items()})


def of_money(each):
    return each.orders, without_zeros(each.by_currency)


def check_groups(workspace, question, report):
    keys = ["contact.is"] if question.start.act is None else ["contact.is", "property.plan"]
    for key in keys:
        split = Breakdown(field_of(key))
        groups = retention_groups(Ledger(workspace), RetentionQuestion(**{**vars(question), "split": split}))
        for cohort in report.cohorts:
            same = [(group, of) for group in groups for of in group.report.cohorts if of.bucket == cohort.bucket]
            for period, cell in enumerate(cohort.cells):
                parts = [of.cells[period].money for _, of in same if len(of.cells) > period]
                assert sum(part.orders for part in parts) == cell.money.orders
                assert sum(part.converted for part in parts) == cell.money.converted
        for group in groups:
            for cohort in group.report.cohorts[:1] if group.group.by.subject is Subject.EVENTS else ():
                window = cohort.bucket.window(question.window.zone)
                orders = orders_of_cell(question, window, 0, group=group.group)
                assert sums(workspace, orders) == of_money(cohort.cells[0].money)


def test_pairs_are_made_a_bounded_number_at_a_time(monkeypatch):
    monkeypatch.setattr(money, "MOST_PAIRS", 3)
    parts = [part.tolist() for part in money._parts(np.array([1, 2, 0, 3, 3, 1]))]
    assert parts == [[0], [1, 2], [3], [4, 5]], "cut before the sum passes a multiple of three"
    assert [part.tolist() for part in money._parts(np.array([], np.int64))] == [[]]
