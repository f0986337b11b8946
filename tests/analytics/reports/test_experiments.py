"""The report of a test over its own life: by hand, and recounted from random histories."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Entries, Ledger
from analytics.models import ABTest, Assignment, Contact, Event, Message, Person, Variant
from analytics.questions.experiments import ExperimentQuestion
from analytics.reports.experiments.comparisons import Judgement, Method
from analytics.reports.experiments.report import Status, experiment
from tests.analytics.asking import ask
from tests.analytics.filtering.histories import NOW, facts
from tests.analytics.ledger.facts import Facts
from tests.analytics.reports.items import at, contact, event, message
from tests.analytics.rows import row
from tests.copied_rows import copied
from tests.examples import examples
from workspaces.models import Workspace

pytestmark = pytest.mark.usefixtures("now")

DAY = timedelta(days=1)
slugs = count()


def instant(local):
    return datetime.fromisoformat(at(local))


@transaction.atomic
def assign(test, given):
    """`given` are the number of a person, the name of a variant and an instant each."""
    variants = {variant.name: variant for variant in Variant.objects.filter(test=test)}
    entries = Entries.begin(test.workspace, received_at=NOW)
    assignments = [
        Assignment(
            id=uuid4(),
            workspace=test.workspace,
            test=test,
            variant=variants[name],
            person_number=person,
            assigned_at=assigned_at,
            withheld=False,
            received_at=NOW,
        )
        for person, name, assigned_at in given
    ]
    Assignment.objects.bulk_create(assignments)
    for assignment in assignments:
        entries.change_assignment(None, assignment)
    entries.write()


def new_test(workspace, campaign=None, **fields):
    test = ABTest.objects.create(
        workspace=workspace, campaign=campaign, external_id=f"t{next(slugs)}", name="T", **fields
    )
    for place, name in enumerate("AB"):
        Variant.objects.create(workspace=workspace, test=test, name=name, position=place, is_control=name == "A")
    return test


def asked(workspace, now, test, **params):
    return ask(workspace, now, kind=ExperimentQuestion, test_id=test.pk, **params)


def report(workspace, now, test, **params):
    return experiment(Ledger(workspace), asked(workspace, now, test, **params))


def numbers_of(bulk, workspace, names, signed_up="03-01 09:00"):
    bulk("contacts", [contact(name, signed_up) for name in names])
    numbers = dict(Contact.objects.filter(workspace=workspace).values_list("external_id", "person_number"))
    return [numbers[name] for name in names]


@pytest.fixture
@copied
def price(bulk, workspace):
    """Ada, bob, cy and di see price A, B, A and B on the 10th; eve A on the 28th, and fay none."""
    people = dict(zip("abcdef", numbers_of(bulk, workspace, [f"u{name}" for name in "abcdef"]), strict=True))
    test = new_test(workspace, goal="conversion", started_at=instant("03-09 00:00"))
    noon = instant("03-10 12:00")
    given = [(people[name], "AB"[place % 2], noon + timedelta(hours=place)) for place, name in enumerate("abcd")]
    assign(test, [*given, (people["e"], "A", instant("03-28 12:00"))])
    bulk(
        "events",
        [
            event("purchase", "ua", "03-10 11:59", properties={"revenue": 1}),
            event("purchase", "ua", "03-17 12:01", properties={"revenue": 2}),
            event("purchase", "ub", "03-10 13:00", properties={"revenue": 10}),
            event("purchase", "ub", "03-17 13:00", properties={"revenue": 5}),
            event("purchase", "ub", "03-17 13:01", properties={"revenue": 100}),
            event("Order Refunded", "ub", "03-16 13:01", properties={"revenue": 3}),
            event("purchase", "uc", "03-12 13:00", properties={"revenue": 7}),
            event("purchase", "ue", "03-29 13:00", properties={"revenue": 70}),
            event("purchase", "uf", "03-12 13:00", properties={"revenue": 700}),
            event("visit", "ud", "03-12 13:00"),
        ],
    )
    return test


def told(found):
    return [(variant.name, variant.assigned, variant.mature, variant.value) for variant in found.variants]


def test_what_people_do_within_the_window_counts_both_ends_included(price, workspace, now):
    """Ada bought before and after her window, bob at its first and last instant. Eve's is not over."""
    found = report(workspace, now, price)
    assert told(found) == [("A", 3, 2, 1), ("B", 2, 2, 1)]
    assert [variant.mean for variant in found.variants] == [0.5, 0.5]
    assert (found.young, found.of_two_variants) == (1, 0)
    assert (found.status, found.method) == (Status.RUNNING, Method.ANY_LOOK)
    assert [each.judgement for each in found.outcome.comparisons] == [Judgement.TOO_FEW]


def test_money_is_net_and_its_cut_never_changes_the_sum(price, workspace, now):
    found = report(workspace, now, price, goal="revenue")
    assert told(found) == [("A", 3, 2, 700), ("B", 2, 2, 1200)]
    cut = report(workspace, now, price, goal="revenue", cap=0.5)
    assert told(cut) == told(found)
    assert (cut.outcome.cut, cut.outcome.most) == (2, 0)
    assert [variant.mean for variant in cut.variants] == [0, 0]


def test_events_are_counted_as_people_or_one_by_one(price, workspace, now):
    assert told(report(workspace, now, price, goal="event:purchase")) == [("A", 3, 2, 1), ("B", 2, 2, 1)]
    assert told(report(workspace, now, price, goal="count:purchase")) == [("A", 3, 2, 1), ("B", 2, 2, 2)]
    assert told(report(workspace, now, price, goal="event:visit")) == [("A", 3, 2, 0), ("B", 2, 2, 1)]


def test_another_window_has_other_people_and_other_acts(price, workspace, now):
    """A day is 24 hours: that of the 28th at noon ends on the 29th at one, for the clocks go forward."""
    assert told(report(workspace, now, price, window_days=1)) == [("A", 3, 3, 1), ("B", 2, 2, 1)]
    assert told(report(workspace, now, price, window_days=8, goal="count:purchase")) == [("A", 3, 2, 2), ("B", 2, 2, 3)]
    assert told(report(workspace, now, price, window_days=30)) == [("A", 3, 0, 0), ("B", 2, 0, 0)]


def test_who_is_given_two_variants_counts_with_the_first(price, workspace, now):
    person = Assignment.objects.filter(workspace=workspace).earliest("assigned_at").person_number
    assign(price, [(person, "B", instant("03-11 12:00"))])
    found = report(workspace, now, price)
    assert told(found) == [("A", 3, 2, 1), ("B", 2, 2, 1)]
    assert found.of_two_variants == 1


def test_only_who_came_in_the_life_of_a_test_is_in_it(price, workspace, now):
    price.started_at, price.ended_at = instant("03-10 12:30"), instant("03-20 00:00")
    price.save()
    assert told(report(workspace, now, price)) == [("A", 1, 1, 1), ("B", 2, 2, 1)]


def test_another_workspaces_test_is_not_there(price, workspace, now):
    with pytest.raises(ABTest.DoesNotExist):
        report(row(ABTest, row_workspace()).workspace, now, price)


def row_workspace():
    return Workspace.objects.create(name="W", slug=f"x{next(slugs)}", time_zone="Europe/Berlin")


def test_a_test_of_nobody_has_nothing_to_tell(workspace, now):
    found = report(workspace, now, new_test(workspace))
    assert told(found) == [("A", 0, 0, 0), ("B", 0, 0, 0)]
    assert (found.status, found.ratio.p, found.outcome.comparisons) == (Status.RUNNING, 1, ())
    assert report(workspace, now, row(ABTest, workspace, external_id="none")).variants == ()


@pytest.fixture
@copied
def subject(bulk, workspace):
    """Of the campaign welcome: ada gets A, then B; bob B. Ada clicks in her B, which is hers all the same."""
    bulk("contacts", [contact(name, "03-01 09:00") for name in ("ada", "bob", "cy")])
    variants = [{"name": "A"}, {"name": "B"}]
    tests = [{"externalId": "s", "name": "Subject", "variants": variants}]
    bulk(
        "campaigns", [{"externalId": "welcome", "name": "Welcome", "abTests": tests}, {"externalId": "x", "name": "X"}]
    )
    of_test = {"abTest": "s", "sent": "03-10 09:00"}
    bulk(
        "messages",
        [
            message("m1", "03-10 08:00", variant="A", delivered="03-10 09:01", **of_test),
            message("m2", "03-11 08:00", **of_test | {"sent": "03-11 09:00"}, variant="B", clicked="03-12 10:00"),
            message("m3", "03-10 08:00", variant="B", contact="bob", opened="03-10 10:00", **of_test),
            message("m4", "03-10 08:00", variant="B", contact="cy", abTest="s"),
            message("m5", "03-10 08:00", campaign="x", contact="bob", clicked="03-10 10:00"),
        ],
    )
    return ABTest.objects.get(workspace=workspace, external_id="s")


@pytest.mark.long
def test_of_messages_people_were_given_what_was_sent_to_them_first(subject, workspace, now):
    """A message that was never sent gives nobody anything, and another campaign's clicks are none of the test's."""
    clicks = report(workspace, now, subject)
    assert told(clicks) == [("A", 1, 1, 1), ("B", 1, 1, 0)]
    assert told(report(workspace, now, subject, goal="open")) == [("A", 1, 1, 1), ("B", 1, 1, 1)]
    assert clicks.of_two_variants == 1
    assert [variant.delivered for variant in clicks.variants] == [1, 1]


def test_harm_that_messages_do_stands_beside_every_goal(subject, workspace, now, report_of):
    report_of("m3", "unsubscribed", "03-12 10:00")
    found = report(workspace, now, subject)
    harm = {outcome.goal.key: [variant.value for variant in outcome.variants] for outcome in found.guardrails}
    assert harm == {"unsubscribe": [0, 1], "complaint": [0, 0], "hardBounce": [0, 0]}


@pytest.fixture
def report_of(bulk):
    def tell(message_id, kind, when):
        bulk("message-events", [{"message": message_id, "type": kind, "at": at(when)}])

    return tell


def crowd(bulk, workspace, test, converted, people=100, *, day="03-05", spread=timedelta(minutes=1)):
    """So many people for each variant in turns, of whom the first so many convert."""
    names = [f"{variant}{place}" for place in range(people) for variant in "AB"]
    numbers = numbers_of(bulk, workspace, names)
    start = instant(f"{day} 09:00")
    assign(
        test,
        [
            (number, name[0], start + spread * place)
            for place, (number, name) in enumerate(zip(numbers, names, strict=True))
        ],
    )
    buyers = [name for name in names if int(name[1:]) < converted[name[0]]]
    bulk("events", [event("purchase", name, "03-11 09:00", properties={"revenue": 10}) for name in buyers])


def test_who_came_at_once_is_judged_once_all_are_mature(bulk, workspace, now):
    test = new_test(workspace, goal="conversion")
    crowd(bulk, workspace, test, {"A": 20, "B": 45})
    found = report(workspace, now, test)
    [better] = found.outcome.comparisons
    assert (found.status, found.method) == (Status.DECIDED, Method.FIXED)
    assert better.judgement is Judgement.BETTER
    assert (round(better.result.amount, 3), better.result.look.people) == (0.25, 200)
    young = report(workspace, instant("03-12 10:00"), test)
    assert (young.status, young.outcome.comparisons) == (Status.RUNNING, ())


def test_a_plan_is_looked_at_by_its_people_in_the_order_in_which_they_came(bulk, workspace, now):
    test = new_test(workspace, goal="conversion", planned_size=250)
    crowd(bulk, workspace, test, {"A": 20, "B": 45})
    found = report(workspace, now, test)
    assert (found.method, found.plan.sizes, found.plan.looks, found.plan.next_look) == (
        Method.PLAN,
        (50, 100, 150, 200, 250),
        4,
        250,
    )
    [better] = found.outcome.comparisons
    assert [each.look.people for each in better.looks] == [100, 150, 200]
    assert [each.look.samples[0].total for each in better.looks] == [20, 20, 20]
    assert [each.look.samples[1].total for each in better.looks] == [45, 45, 45]
    assert found.status is Status.DECIDED
    assert better.deciding_look.look.people == 100


@pytest.mark.long
def test_a_plan_that_ended_early_has_one_more_look_and_no_verdict_where_it_tells_none(bulk, workspace, now):
    test = new_test(workspace, goal="conversion", planned_size=300, ended_at=instant("03-06 00:00"))
    crowd(bulk, workspace, test, {"A": 20, "B": 22})
    found = report(workspace, now, test)
    assert [each.look.people for each in found.outcome.comparisons[0].looks] == [60, 120, 180, 200]
    assert found.status is Status.INCONCLUSIVE
    assert not found.ratio.is_running


def test_people_who_come_day_after_day_are_looked_at_by_day(bulk, workspace, now):
    test = new_test(workspace, goal="conversion")
    crowd(bulk, workspace, test, {"A": 99, "B": 99}, spread=timedelta(hours=2), day="03-02")
    found = report(workspace, now, test)
    assert found.method is Method.ANY_LOOK
    assert {look.look.people % 12 for look in found.outcome.comparisons[0].looks[:-1]} == {8}
    assert found.outcome.comparisons[0].looks[-1].look.people == 200


def test_weights_that_are_not_kept_are_told(bulk, workspace, now):
    test = new_test(workspace, goal="conversion")
    Variant.objects.filter(test=test, name="B").update(weight=3)
    crowd(bulk, workspace, test, {"A": 0, "B": 0})
    assert report(workspace, now, test).ratio.is_mismatch


@pytest.mark.long
def test_who_sends_one_variant_after_the_other_on_a_day_keeps_the_ratio(bulk, workspace, now):
    """Of one day, and of several, however the order within a day is."""
    for spread in (timedelta(0), timedelta(hours=3)):
        test = new_test(workspace, goal="conversion")
        people = [
            (100 + 80 * place + n, name)
            for place in range(10)
            for name in "AB"
            for n in range(40 * (name == "A"), 40 + 40 * (name == "A"))
        ]
        start = instant("03-02 03:00")
        day = timedelta(days=1) if spread else timedelta(0)
        assign(
            test,
            [(number, name, start + day * ((number - 100) // 80) + spread * (name == "B")) for number, name in people],
        )
        ratio = report(workspace, now, test).ratio
        assert not ratio.is_mismatch
        assert ratio.is_running is bool(spread)


given_variants = st.lists(st.tuples(st.integers(0, 6), st.sampled_from("AB"), st.integers(0, 12 * 24)), max_size=10)


def is_inside(at, assigned_at, days):
    return at is not None and assigned_at <= at <= assigned_at + days * DAY


class Oracle:
    """Looks at every row for every person."""

    def __init__(self, workspace, test, days):
        joined = Person.objects.filter(workspace=workspace, joined_to__isnull=False)
        self.root = dict(joined.values_list("number", "joined_to"))
        self.workspace, self.test, self.days = workspace, test, days
        self.messages = [*Message.objects.filter(workspace_id=workspace.pk)]
        self.events = [*Event.objects.filter(workspace_id=workspace.pk)]
        rows = [(a.assigned_at, a.variant_id, self.person(a)) for a in Assignment.objects.filter(test=test)]
        if test.campaign_id:
            rows += [
                (m.sent_at, m.variant_id, self.person(m))
                for m in self.of_test()
                if m.sent_at and m.variant_id in {v.pk for v in Variant.objects.filter(test=test)}
            ]
        self.given = {}
        for assigned_at, variant, person in sorted(rows):
            if assigned_at <= NOW:
                self.given.setdefault(person, []).append((assigned_at, variant))

    def person(self, fact):
        number = fact.person_number
        while number in self.root:
            number = self.root[number]
        return number

    def of_test(self):
        return [m for m in self.messages if self.test.campaign_id in (None, m.campaign_id)]

    def numbers(self, goal):
        """By variant: assigned, mature, and of the mature how many did it, or how often."""
        found = {variant.pk: [0, 0, 0] for variant in Variant.objects.filter(test=self.test)}
        for person, rows in self.given.items():
            assigned_at, variant = rows[0]
            found[variant][0] += 1
            if assigned_at + self.days * DAY <= NOW:
                acts = sum(is_inside(at, assigned_at, self.days) for at in self.acts(person, goal))
                found[variant][1] += 1
                found[variant][2] += acts if goal.startswith("count:") else bool(acts)
        return list(found.values())

    def acts(self, person, goal):
        instants = {"click": "human_clicked_at", "open": "human_opened_at", "unsubscribe": "unsubscribed_at"}
        if goal in instants:
            return [getattr(m, instants[goal]) for m in self.of_test() if self.person(m) == person]
        kind = "purchase" if goal == "conversion" else goal.partition(":")[2]
        return [e.occurred_at for e in self.events if e.type == kind and self.person(e) == person]


@pytest.mark.long
@examples(12)
@given(data=st.data(), history=facts, given=given_variants, outside=given_variants)
def test_reports_of_random_histories_are_as_a_recount_has_them(db, data, history, given, outside):
    workspace = row_workspace()
    history.send(workspace)
    numbers = sorted(Person.objects.filter(workspace=workspace).values_list("number", flat=True))
    tests = [ABTest.objects.get(workspace=workspace), new_test(workspace)]
    for test, people in zip(tests, (given, outside), strict=True):
        assign(test, [(numbers[who % len(numbers)], name, NOW - timedelta(hours=hours)) for who, name, hours in people])
    goal = data.draw(st.sampled_from(["click", "open", "conversion", "event:visit", "count:visit"]))
    days = data.draw(st.integers(1, 5))
    for test in tests:
        question = asked(workspace, NOW, test, goal=goal, window_days=days)
        found, oracle = experiment(Ledger(workspace), question), Oracle(workspace, test, days)
        assert [[v.assigned, v.mature, v.value] for v in found.variants] == oracle.numbers(goal)
        assert [v.value for v in found.guardrails[0].variants] == [n for _, _, n in oracle.numbers("unsubscribe")]
        assert found.of_two_variants == sum(len({v for _, v in rows}) > 1 for rows in oracle.given.values())
        of_facts = experiment(Facts(workspace), question)
        assert replace(of_facts, meta=found.meta) == found
