"""Holdouts: what people did who could be reached, against those who could not; by hand, recounted, and simulated."""

from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ingest import take_assignments, take_events
from analytics.ingest.ab_tests import take_tests
from analytics.ledger import Ledger
from analytics.questions.credit import CreditRule
from analytics.questions.experiments import ExperimentQuestion
from analytics.reports.credit.report import CreditQuestion
from analytics.reports.credit.shares import CONVERSION
from analytics.reports.experiments.holdouts import HoldoutState, holdouts, increment, people_of_holdout
from tests.analytics.asking import ask
from tests.analytics.ledger.facts import Facts
from tests.analytics.reports.items import at, contact, event
from tests.conftest import NOW
from tests.copied_rows import copied
from tests.examples import examples
from workspaces.changes import create_workspace
from workspaces.models import Workspace

pytestmark = pytest.mark.usefixtures("now")

ARMS = [{"name": "treated", "weight": 9}, {"name": "held out", "isControl": True}]
HOLDOUT = {"externalId": "h", "name": "Holdout", "isHoldout": True, "variants": ARMS}
PEOPLE = 70
slugs = count()


def rows_of(report):
    [row] = report.holdouts
    return row


@pytest.fixture
def asked(workspace, now):
    return ask(workspace, now, kind=CreditQuestion, rule=CreditRule())


def order(number, instant, amount, **more):
    properties = {"revenue": amount, "currency": "EUR", "order_id": f"{number}-{instant}"}
    return event("purchase", f"u{number}", instant, properties=properties, **more)


@pytest.fixture
@copied
def history(bulk, workspace, now):
    """Of 70 people every other one is held out of a campaign on the 10th, and it is sent to the others, and to u1
    all the same, on the 11th. The first ten of the treated click and buy; of the held out u1 and u3 do. u0 buys more
    than a month before, too, and u2 a second time after the end."""
    bulk("campaigns", [{"externalId": "c", "name": "C"}])
    bulk("contacts", [contact(f"u{number}", "03-01 09:00") for number in range(PEOPLE)])
    life = {"startedAt": at("03-09 00:00"), "endedAt": at("03-25 00:00")}
    take_tests(workspace, [{**HOLDOUT, **life, "campaign": "c"}], received_at=now)
    given = [
        {"abTest": "h", "variant": "held out" if number % 2 else "treated", "contact": f"u{number}"}
        for number in range(PEOPLE)
    ]
    bulk("assignments", [{**each, "assignedAt": at("03-10 12:00")} for each in given])
    sent = [1, *range(0, PEOPLE, 2)]
    clicked = {number: {"clickedAt": at("03-12 12:00")} for number in range(0, 20, 2)}
    times = {"createdAt": at("03-11 12:00"), "sentAt": at("03-11 12:00")}
    bulk(
        "messages",
        [
            {
                "externalId": f"m{n}",
                "campaign": "c",
                "contact": f"u{n}",
                "channel": "EMAIL",
                **times,
                **clicked.get(n, {}),
            }
            for n in sent
        ],
    )
    bulk("events", [order(number, "03-13 12:00", 10) for number in (*range(0, 20, 2), 1, 3)])
    bulk("events", [order(0, "02-08 11:00", 99), order(2, "03-26 12:00", 99)])


@pytest.mark.long
def test_a_holdout_by_hand(history, workspace, asked):
    row = rows_of(holdouts(Ledger(workspace), asked))
    treated, held_out = row.treated, row.held_out
    assert (treated.people, treated.converted, treated.conversions, treated.revenue) == (35, 10, 10, 10_000)
    assert (held_out.people, held_out.converted, held_out.conversions, held_out.revenue) == (35, 2, 2, 2_000)
    assert (row.sent_anyway, row.of_several) == (1, 0)
    assert row.conversions.amount == pytest.approx(8)
    assert row.revenue.amount == pytest.approx(8_000)
    assert row.conversions.low < 0 < row.conversions.high, "of so few people"
    by_model = {each.rule.model.value: each for each in row.models}
    assert by_model["last"].credit == by_model["linear"].credit == 10 * CONVERSION
    assert by_model["last"].revenue == 10_000
    assert by_model["last"].share(row.conversions)[0] == pytest.approx(0.8)
    assert by_model["last"].share_of_revenue(row.revenue)[0] == pytest.approx(0.8)
    assert by_model["markov"].refusal
    assert by_model["markov"].share(row.conversions) is None


def test_what_people_did_in_the_month_before_is_taken_off(history, workspace, asked, bulk):
    """u0 to u4 had bought in the 30 days before: u1 and u3 of the held out, at the edges of these days."""
    bulk("events", [order(n, "03-01 12:00", 20) for n in (0, 2, 4)])
    bulk("events", [order(1, "02-08 12:00", 20), order(3, "03-10 11:59", 20), order(5, "02-08 11:59", 20)])
    row = rows_of(holdouts(Ledger(workspace), asked))
    bought = np.array([n in (*range(0, 20, 2), 1, 3) for n in range(PEOPLE)], np.float64)
    before = np.array([n < 5 for n in range(PEOPLE)], np.float64)
    theta = np.cov(bought, before)[0, 1] / before.var(ddof=1)
    rest = bought - theta * (before - before.mean())
    assert row.conversions.amount == pytest.approx(35 * (rest[::2].mean() - rest[1::2].mean()))
    assert row.conversions.amount < 8, "the treated had bought more before"
    assert row.conversions.saved == pytest.approx(np.corrcoef(bought, before)[0, 1] ** 2)
    assert row.revenue.amount == pytest.approx(1_000 * row.conversions.amount)
    assert row.converted.amount == pytest.approx(8), "shares are told as they are"
    assert (row.treated.conversions, row.held_out.conversions) == (10, 2), "and what happened is"


def test_days_choose_conversions_and_not_people(history, workspace, now):
    asked = ask(workspace, now, days=5, kind=CreditQuestion, rule=CreditRule())
    row = rows_of(holdouts(Ledger(workspace), asked))
    assert (row.treated.people, row.treated.conversions) == (35, 0)
    assert row.conversions is None


def test_a_holdout_of_all_campaigns_is_beside_what_all_messages_are_credited_with(history, workspace, asked, now, bulk):
    take_tests(workspace, [{**HOLDOUT, "externalId": "all"}], received_at=now)
    bulk("assignments", [{"abTest": "all", "variant": "treated", "contact": "u0", "assignedAt": at("03-01 12:00")}])
    bulk("events", [order(0, "03-08 12:00", 99)])
    found = {row.test.external_id: row for row in holdouts(Ledger(workspace), asked).holdouts}
    row = found["all"]
    assert (row.treated.people, row.treated.conversions, row.held_out.people) == (1, 2, 0)
    assert row.conversions is None, "of too few people"
    assert row.models[1].credit == CONVERSION


def test_holdouts_without_people_are_not_shown(workspace, asked, now):
    take_tests(workspace, [HOLDOUT, {**HOLDOUT, "externalId": "x", "isHoldout": False}], received_at=now)
    assert holdouts(Ledger(workspace), asked).holdouts == ()


def test_another_workspaces_holdouts_are_not_there(history, asked, owner):
    other = create_workspace(name="Other", time_zone="UTC", by=owner)
    assert holdouts(Ledger(other), asked).holdouts == ()


def test_it_is_the_same_by_the_facts(history, workspace, asked):
    by_ledger, by_facts = (rows_of(holdouts(of(workspace), asked)) for of in (Ledger, Facts))
    assert by_ledger == by_facts


DAYS = st.integers(1, 28)
GIVEN = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["treated", "held out"]), DAYS), max_size=8)
BOUGHT = st.lists(st.tuples(st.integers(0, 5), DAYS), max_size=10, unique=True)


@pytest.mark.long
@pytest.mark.django_db
@examples(15)
@given(given=GIVEN, bought=BOUGHT, end=DAYS)
def test_conversions_after_the_assignment_are_those_of_a_plain_recount(given, bought, end):
    workspace = Workspace.objects.create(name="W", slug=f"h{next(slugs)}", time_zone="Europe/Berlin")
    take_tests(workspace, [{**HOLDOUT, "endedAt": at(f"03-{end:02} 20:00")}], received_at=NOW)
    assignments = [
        {"abTest": "h", "variant": variant, "contact": f"u{person}", "assignedAt": at(f"03-{day:02} 12:00")}
        for person, variant, day in given
    ]
    assert not take_assignments(workspace, assignments, received_at=NOW).rejected
    take_events(
        workspace,
        [event("purchase", f"u{person}", f"03-{day:02} 12:00") for person, day in bought],
        received_at=NOW,
    )
    asked = ask(workspace, NOW, days=31, kind=CreditQuestion, rule=CreditRule())
    first = {}
    for person, variant, day in sorted(given, key=lambda each: (each[2], each[1] == "held out")):
        if day <= end:
            first.setdefault(person, (variant, day))
    counts = {"treated": 0, "held out": 0}
    for person, day in bought:
        if person in first and first[person][1] <= day <= end:
            counts[first[person][0]] += 1
    rows = holdouts(Ledger(workspace), asked).holdouts
    assert len(rows) == bool(first)
    for row in rows:
        assert {"treated": row.treated.conversions, "held out": row.held_out.conversions} == counts
        assert row.treated.people + row.held_out.people == len(first)
        for arm in (row.treated, row.held_out):
            of_arm = {
                person
                for person, day in bought
                if first.get(person, "")[:1] == (arm.name,) and first[person][1] <= day <= end
            }
            asked = ask(workspace, NOW, days=31, kind=ExperimentQuestion, test_id=row.test.pk)
            listed = people_of_holdout(Ledger(workspace), asked, HoldoutState.CONVERTED, arm.variant_id)
            assert (len(listed), arm.converted) == (len(of_arm), len(of_arm))


def test_the_interval_holds_the_true_increment():
    """Of 500 senders with 2,000 treated and 400 held out, 12 against 10 of 100 buy, once or more."""
    random = np.random.default_rng(1)
    is_held_out = np.arange(2_400) >= 2_000
    shares = np.where(is_held_out, 0.10, 0.12)
    held = 0
    for bought in random.poisson(shares, (500, 2_400)):
        found = increment(bought, is_held_out)
        held += found.low <= 2_000 * 0.02 <= found.high
    assert held >= 475


def test_with_what_was_known_before_the_interval_is_narrower_and_holds_as_often():
    """How often people buy is half in their nature, which the days before show as well."""
    random = np.random.default_rng(2)
    is_held_out = np.arange(2_400) >= 2_000
    held, widths = 0, []
    for _ in range(500):
        nature = random.gamma(0.5, 2, 2_400)
        before, bought = random.poisson(nature), random.poisson(nature + ~is_held_out * 0.1)
        with_before, without = increment(bought, is_held_out, before), increment(bought, is_held_out)
        held += with_before.low <= 200 <= with_before.high
        widths.append((with_before.high - with_before.low) / (without.high - without.low))
    assert held >= 475
    assert np.mean(widths) < 0.85


def test_nothing_is_told_of_few_people_or_where_nothing_differs():
    is_held_out = np.arange(60) >= 30
    assert increment(np.zeros(60, np.int64), is_held_out) is None
    assert increment(np.arange(60), np.arange(60) >= 31) is None
    found = increment(np.arange(60) % 2, is_held_out)
    assert found.amount == 0
    assert found.p == 1
