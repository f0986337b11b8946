"""Segments of buyers: by hand, by published data, and recounted from random histories by their definition."""

from collections import Counter, defaultdict
from datetime import date
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Ledger, compaction
from analytics.models import Person
from analytics.periods import Window, local_day
from analytics.reports.revenue.rfm import RfmChoice, RfmScore, RfmSegment, day_a_month_before, rfm, rfm_people
from tests.analytics.asking import ask
from tests.analytics.ledger.facts import Facts
from tests.analytics.reports.items import event
from tests.analytics.reports.money_histories import NOW, histories, told, workspace_of
from tests.examples import examples

MARCH = (date(2026, 3, 1), date(2026, 3, 31))
NAMES = {
    "hibernating": ["11", "12", "21", "22"],
    "atRisk": ["13", "14", "23", "24"],
    "cannotLose": ["15", "25"],
    "aboutToSleep": ["31", "32"],
    "needAttention": ["33"],
    "loyal": ["34", "35", "44", "45"],
    "promising": ["41"],
    "new": ["51"],
    "potentialLoyalists": ["42", "43", "52", "53"],
    "champions": ["54", "55"],
}
"""By recency and frequency."""


def sold(who, when, revenue, **more):
    return event("purchase", who, when, properties={"revenue": revenue, **more})


def asked(workspace, now, first, last):
    return ask(workspace, now, Window.between(first, last, zone=workspace.zone))


@pytest.fixture
def buyers(bulk):
    """In March u1 ordered on the last day, u2 the day before, and so on; in February u5 and one more. u1 ordered five
    times, u2 four times and so on."""
    days = [31, 30, 20, 10, 2]
    orders = [
        sold(f"u{number}", f"03-{day:02} {8 + time:02}:00", 10 * number)
        for number, day in enumerate(days, start=1)
        for time in range(6 - number)
    ]
    refund = event("Order Refunded", "u1", "03-31 20:00", properties={"revenue": 15})
    bulk("events", [*orders, refund, sold("u5", "02-20 09:00", 1), sold("u6", "02-20 09:00", 1)])


def test_five_buyers_that_can_be_scored_by_hand(buyers, workspace, now):
    """Who ordered last ordered most often, too: the scores of both are the same, from 5 to 1."""
    report = rfm(Ledger(workspace), asked(workspace, now, *MARCH))
    assert [(each.segment, each.buyers, each.days_since) for each in report.segments] == [
        (RfmSegment.CHAMPIONS, 1, 0.0),
        (RfmSegment.LOYAL, 1, 1.0),
        (RfmSegment.ATTENTION, 1, 11.0),
        (RfmSegment.HIBERNATING, 2, 25.0),
    ]
    assert [(each.money.orders, each.money.converted) for each in report.segments] == [
        (5, 5000 - 1500),
        (4, 8000),
        (3, 9000),
        (3, 8000 + 5000),
    ]
    scores = {(each.by, each.score): (each.buyers, each.lowest, each.highest) for each in report.scores}
    assert scores[RfmScore.RECENCY, 5] == (1, 0, 0)
    assert scores[RfmScore.FREQUENCY, 1] == (1, 1, 1)
    assert [scores[RfmScore.MONETARY, score] for score in (5, 4, 3, 2, 1)] == [
        (1, 9000, 9000),
        (2, 8000, 8000),
        (0, None, None),
        (1, 5000, 5000),
        (1, 3500, 3500),
    ]
    assert (report.buyers, report.is_of_few) == (5, True)


def test_who_bought_in_february_and_march_has_moved(buyers, workspace, now):
    """Of 31 days until the 28th of February only two had ordered, as often and as late: both are in the middle."""
    report = rfm(Ledger(workspace), asked(workspace, now, *MARCH))
    assert (report.window_before.first_day, report.window_before.last_day) == (date(2026, 1, 29), date(2026, 2, 28))
    assert {(move.before, move.now): move.buyers for move in report.moves} == {
        (RfmSegment.ATTENTION, RfmSegment.HIBERNATING): 1,
        (RfmSegment.ATTENTION, RfmSegment.NONE): 1,
        (RfmSegment.NONE, RfmSegment.CHAMPIONS): 1,
        (RfmSegment.NONE, RfmSegment.LOYAL): 1,
        (RfmSegment.NONE, RfmSegment.ATTENTION): 1,
        (RfmSegment.NONE, RfmSegment.HIBERNATING): 1,
    }
    assert report.buyers_before == 2


@pytest.mark.parametrize(
    ("day", "before"),
    [
        *(("2026-03-31", "2026-02-28"), ("2026-03-30", "2026-02-28"), ("2026-02-28", "2026-01-31")),
        *(("2026-12-15", "2026-11-15"), ("2026-01-01", "2025-12-01"), ("2028-03-29", "2028-02-29")),
    ],
)
def test_the_last_day_of_a_month_follows_that_of_the_one_before(day, before):
    assert day_a_month_before(date.fromisoformat(day)) == date.fromisoformat(before)


def test_nobody_who_bought_is_in_no_segment(bulk, workspace, now):
    bulk("events", [event("visit", "ada", "03-20 09:00")])
    report = rfm(Ledger(workspace), asked(workspace, now, *MARCH))
    assert (report.buyers, report.segments, report.moves) == (0, (), ())


def fifth(values, value):
    """By the mean of the ranks of equal values."""
    below, same = sum(other < value for other in values), sum(other == value for other in values)
    return int(5 * (below + same / 2) / len(values)) + 1


def name_of(recency, frequency):
    return next(name for name, pairs in NAMES.items() if f"{recency}{frequency}" in pairs)


def segments_of(workspace, window, facts, root):
    """By person what is told of them: segment and scores."""
    orders, nets, last = Counter(), Counter(), {}
    for event_, said, kind in facts:
        day, person = local_day(event_.occurred_at, workspace.zone), root[event_.person_number] or event_.person_number
        if not window.first_day <= day <= window.last_day or kind == "duplicate":
            continue
        if kind == "sale":
            orders[person] += 1
            last[person] = max(last.get(person, day), day)
        if said.currency == workspace.currency:
            nets[person] += said.units or 0
    scores = {
        person: (
            fifth([*last.values()], last[person]),
            fifth([*orders.values()], orders[person]),
            fifth([nets[other] for other in orders], nets[person]),
        )
        for person in orders
    }
    return {person: (name_of(*of_person[:2]), of_person) for person, of_person in scores.items()}, orders, nets, last


@pytest.mark.long
@examples(20)
@given(st.data())
def test_segments_are_those_of_their_definition(db, data):
    workspace = workspace_of(data.draw(histories))
    if data.draw(st.booleans()):
        compaction.merge_fully(workspace.pk)
    window = Window.last_days(data.draw(st.integers(1, 12)), zone=workspace.zone, now=NOW)
    question = ask(workspace, NOW, window)
    report = rfm(Ledger(workspace), question)
    assert report.segments == rfm(Facts(workspace), question).segments
    facts = told(workspace)
    root = dict(Person.objects.filter(workspace_id=workspace.pk).values_list("number", "joined_to"))
    now, orders, nets, last = segments_of(workspace, window, facts, root)
    by_segment = defaultdict(list)
    for person, (segment, _) in now.items():
        by_segment[segment].append(person)
    assert {
        each.segment: (each.buyers, each.days_since, each.money.orders, each.money.converted)
        for each in report.segments
    } == {
        segment: (
            len(people),
            float(median((window.last_day - last[person]).days for person in people)),
            sum(orders[person] for person in people),
            sum(nets[person] for person in people),
        )
        for segment, people in by_segment.items()
    }
    before, *_ = segments_of(workspace, report.window_before, facts, root)
    moves = Counter((before.get(who, ["none"])[0], now.get(who, ["none"])[0]) for who in {*before, *now})
    assert {(move.before, move.now): move.buyers for move in report.moves} == moves
    check_people(workspace, question, now, before, report)


def check_people(workspace, question, now, before, report):
    """Behind each number."""
    source = Ledger(workspace)
    for move in report.moves:
        people = rfm_people(source, question, RfmChoice(move.now, move.before))
        found = {
            who
            for who in {*now, *before}
            if (before.get(who, ["none"])[0], now.get(who, ["none"])[0]) == (move.before, move.now)
        }
        assert {*people.tolist()} == found
    for each in report.scores:
        place = [*RfmScore].index(each.by)
        of_score = {who for who, (_, scores) in now.items() if scores[place] == each.score}
        assert {*rfm_people(source, question, RfmChoice(scores=((each.by, each.score),))).tolist()} == of_score
        assert each.buyers == len(of_score)
