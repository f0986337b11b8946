"""Edges of funnels by name: the last microsecond of the last day, days of 23 and 25 hours, people who turn out to be
one, and acts of one instant."""

import pytest

from tests.analytics.reports.items import contact, event

pytestmark = pytest.mark.usefixtures("now")
ORDERS = ("ordered", "strict", "any")


@pytest.fixture
def ask(report):
    """In a window of a day, unless another is said."""

    def get(steps="visit,purchase", **query):
        return report("/funnel", **{"steps": steps, "window": "1d", **query})

    return get


@pytest.fixture
def counts(ask):
    """The people of each step."""

    def get(*steps, **query):
        return [row["count"] for row in ask(*steps, **query)["steps"]]

    return get


@pytest.mark.parametrize("order", ORDERS)
def test_the_last_microsecond_of_the_last_day_is_an_entry_and_may_complete_after_it(bulk, counts, order):
    people = [("?last", "03-27 23:59:59.999999"), ("?late", "03-28 00:00"), ("?first", "03-27 00:00")]
    bulk("events", [event("visit", who, when) for who, when in people])
    bulk("events", [event("purchase", who, "03-28 00:00:00.000001") for who in ("?last", "?late")])
    bulk("events", [event("purchase", "?first", "03-28 00:00")])
    assert counts(**{"from": "2026-03-27", "to": "2026-03-27"}, order=order) == [2, 2]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("days", "entry", "in_time", "late"),
    [
        ("2026-03-28", "2026-03-28T12:00:00+01:00", "2026-03-29T13:00:00+02:00", "2026-03-29T13:00:00.000001+02:00"),
        ("2025-10-25", "2025-10-25T12:00:00+02:00", "2025-10-26T11:00:00+01:00", "2025-10-26T11:00:00.000001+01:00"),
    ],
    ids=["23 hours", "25 hours"],
)
def test_a_day_of_a_window_has_24_hours_whatever_the_clocks_do(bulk, counts, order, days, entry, in_time, late):
    bulk("events", [{**event("visit", who, "03-01 00:00"), "occurredAt": entry} for who in ("?a", "?b")])
    purchases = [("?a", in_time), ("?b", late)]
    bulk("events", [{**event("purchase", who, "03-01 00:00"), "occurredAt": at} for who, at in purchases])
    assert counts(**{"from": days, "to": days}, order=order) == [2, 1]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2025-10-26", 25)])
def test_all_hours_of_a_day_on_which_the_clocks_change_are_entries_of_it(bulk, ask, day, hours):
    offsets = {"2026-03-29": "+01:00", "2025-10-26": "+02:00"}
    first = f"{day}T00:00:00{offsets[day]}"
    last = f"{day}T23:59:59.999999{'+02:00' if hours == 23 else '+01:00'}"
    for who, at in (("?a", first), ("?b", last)):
        bulk("events", [{**event("visit", who, "03-01 00:00"), "occurredAt": at}])
    [bucket] = ask("visit", **{"from": day, "to": day}, by="day")["trend"]
    assert (bucket["date"], bucket["entrants"]) == (day, 2)
    before = ask("visit", **{"from": "2025-10-01", "to": "2026-03-31"}, by="day")["trend"]
    assert sum(row["entrants"] for row in before) == 2


@pytest.mark.parametrize("order", ORDERS)
def test_what_people_did_before_they_were_known_to_be_one_is_one_attempt(bulk, ask, order):
    """Entered on a phone, gone on with on a laptop; both turn out to be ada's."""
    bulk("contacts", [contact("ada", "01-10 09:00")])
    bulk("events", [event("visit", "?phone", "03-20 09:00"), event("purchase", "?laptop", "03-20 10:00")])
    assert [row["count"] for row in ask(order=order)["steps"]] == [1, 0]
    known = [
        event("login", "ada", f"03-2{day} 09:00", anonymousId=device) for day, device in ((1, "?phone"), (2, "?laptop"))
    ]
    bulk("events", known)
    body = ask(order=order, by="day")
    assert [row["count"] for row in body["steps"]] == [1, 1]
    assert body["time"]["overall"]["mean"] == 3600
    assert [(row["date"], row["entrants"]) for row in body["trend"] if row["entrants"]] == [("2026-03-20", 1)]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("steps", ["visit,purchase,refund", "refund,purchase,visit", "purchase,visit,refund"])
def test_acts_of_one_instant_are_in_the_order_of_the_funnel(bulk, counts, order, steps):
    bulk("events", [event(name, "?a", "03-20 09:00") for name in ("purchase", "visit", "refund")])
    assert counts(steps, order=order) == [1, 1, 1]


@pytest.mark.parametrize("order", ORDERS)
def test_a_step_that_stands_twice_needs_two_acts_of_one_instant(bulk, counts, order):
    bulk("events", [event("visit", "?a", "03-20 09:00")])
    assert counts("visit,visit", order=order) == [1, 0]
    bulk("events", [event("visit", "?a", "03-20 09:00")])
    assert counts("visit,visit", order=order) == [1, 1]


def test_what_is_excluded_at_the_instant_of_a_step_is_not_between(bulk, counts):
    acts = (("visit", "09:00"), ("refund", "09:00"), ("purchase", "10:00"), ("refund", "10:00"))
    bulk("events", [event(name, "?a", f"03-20 {when}") for name, when in acts])
    assert counts(exclude="refund@1-2") == [1, 1]
    bulk("events", [event("refund", "?a", "03-20 09:00:00.000001")])
    assert counts(exclude="refund@1-2") == [0, 0]
