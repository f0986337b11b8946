"""The funnel: how many people go through steps in their order."""

from dataclasses import replace

import pytest

from analytics.ledger import Ledger
from analytics.questions.fields import field_of
from analytics.questions.groups import Breakdown
from analytics.questions.questions import FunnelQuestion
from analytics.questions.steps import EventStep
from analytics.reports.funnel.report import funnel
from analytics.reports.funnel.splits import split_funnel
from tests.analytics.asking import ask
from tests.analytics.reports.items import EMPTY_META, META, contact, event, some_of_all

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def counts(report):
    """The people of each step."""

    def get(steps, days=30):
        return [row["count"] for row in report("/funnel", steps=steps, days=days)["steps"]]

    return get


def test_an_empty_workspace(report):
    assert report("/funnel", steps="visit,purchase") == {
        "period": "30d",
        "steps": [
            {"step": "visit", "count": 0, "dropoff": 0, "conversionFromPrevious": 1.0},
            {"step": "purchase", "count": 0, "dropoff": 0, "conversionFromPrevious": 0.0},
        ],
        "overallConversion": 0.0,
        "meta": EMPTY_META,
    }


def test_a_funnel_that_can_be_added_up_by_hand(bulk, report):
    bulk("contacts", [contact(name, "01-10 09:00") for name in ("ada", "bob", "cy", "eve")])
    bulk(
        "events",
        [
            event("visit", "ada", "03-10 09:00"),
            event("signup", "ada", "03-10 09:05"),
            event("purchase", "ada", "03-12 09:00"),
            event("visit", "bob", "03-10 09:00"),
            event("purchase", "bob", "03-10 09:05"),
            event("signup", "cy", "03-10 09:00"),
            event("visit", "cy", "03-10 09:05"),
            event("visit", "?x", "03-10 09:00"),
            event("signup", "?x", "03-20 09:00"),
            event("purchase", "eve", "03-10 09:00"),
        ],
    )
    assert report("/funnel", steps="visit,signup,purchase", days=30) == {
        "period": "30d",
        "steps": [
            {"step": "visit", "count": 4, "dropoff": 0, "conversionFromPrevious": 1.0},
            {"step": "signup", "count": 2, "dropoff": 2, "conversionFromPrevious": 0.5},
            {"step": "purchase", "count": 1, "dropoff": 1, "conversionFromPrevious": 0.5},
        ],
        "overallConversion": 0.25,
        "meta": META,
    }


def test_events_at_the_same_instant_count_as_being_in_the_funnels_order(bulk, counts):
    bulk("events", [event(type_, "?x", "03-10 09:00") for type_ in ("purchase", "signup", "visit")])
    assert counts("visit,signup,purchase") == [1, 1, 1]
    assert counts("purchase,visit,signup") == [1, 1, 1]


def test_a_microsecond_decides_the_order(bulk, counts):
    bulk("events", [event("visit", "?x", "03-10 09:00:00.000001"), event("signup", "?x", "03-10 09:00")])
    assert counts("visit,signup") == [1, 0]
    assert counts("signup,visit") == [1, 1]


def test_a_repeated_step_needs_a_second_event(bulk, counts):
    bulk("events", [event("visit", "?once", "03-10 09:00")])
    bulk("events", [event("visit", "?twice", when) for when in ("03-10 09:00", "03-11 09:00")])
    bulk("events", [event("visit", "?thrice", "03-10 09:00") for _ in range(3)])
    assert counts("visit,visit,visit") == [3, 2, 1]


def test_an_event_between_two_of_a_kind_does_not_stand_for_both(bulk, counts):
    bulk("events", [event("a", "?x", "03-10 09:00"), event("b", "?x", "03-10 10:00")])
    assert counts("a,b,a") == [1, 1, 0]
    bulk("events", [event("a", "?x", "03-10 09:30")])
    assert counts("a,b,a") == [1, 1, 0]
    bulk("events", [event("a", "?x", "03-10 10:00")])
    assert counts("a,b,a") == [1, 1, 1]


def test_the_same_event_sent_twice_is_one_event(bulk, counts):
    visit = event("visit", "?x", "03-10 09:00")
    bulk("events", [visit, visit])
    bulk("events", [visit])
    assert counts("visit,visit") == [1, 0]


def test_one_event_serves_one_step_also_where_a_repeated_step_stands_at_the_same_instant(bulk, counts):
    bulk("events", [event("a", "?x", "03-10 09:00"), event("b", "?x", "03-10 09:00")])
    assert counts("a,b,a") == [1, 1, 0]
    bulk("events", [event("a", "?x", "03-10 09:00")])
    assert counts("a,b,a") == [1, 1, 1]


def test_other_events_between_are_ignored(bulk, counts):
    types = ["visit", "scroll", "visit", "help", "signup", "scroll", "purchase"]
    bulk("events", [event(type_, "?x", f"03-10 09:{n:02}") for n, type_ in enumerate(types)])
    assert counts("visit,signup,purchase") == [1, 1, 1]


def test_a_later_try_succeeds_after_an_earlier_one_in_the_wrong_order(bulk, counts):
    types = ["purchase", "signup", "visit", "purchase", "signup", "purchase"]
    bulk("events", [event(type_, "?x", f"03-10 09:{n:02}") for n, type_ in enumerate(types)])
    assert counts("visit,signup,purchase") == [1, 1, 1]


def test_a_person_counts_once_however_often_they_go_through(bulk, counts):
    bulk("events", [event(type_, "?x", f"03-{day:02} 09:00") for day in range(10, 20) for type_ in ("visit", "signup")])
    assert counts("visit,signup") == [1, 1]


def test_all_steps_must_lie_in_the_window(bulk, counts):
    bulk("events", [event("visit", "?early", "03-24 23:59:59.999999"), event("signup", "?early", "03-25 00:00")])
    bulk("events", [event("visit", "?inside", "03-25 00:00"), event("signup", "?inside", "03-31 23:59:59.999999")])
    bulk("events", [event("visit", "?late", "03-31 09:00"), event("signup", "?late", "04-01 00:00")])
    assert counts("visit,signup", days=7) == [2, 1]
    assert counts("visit,signup", days=8) == [3, 2]


def test_what_somebody_did_before_they_were_known_counts_once_it_is_known_to_be_theirs(bulk, track, counts):
    bulk("events", [event("visit", "?phone", "03-10 09:00"), event("signup", "ada", "03-10 09:05")])
    assert counts("visit,signup") == [1, 0]
    track({"type": "identify", "userId": "ada", "anonymousId": "?phone"})
    assert counts("visit,signup") == [1, 1]


def test_two_devices_of_one_person_count_once(bulk, track, counts):
    bulk("events", [event("visit", device, "03-10 09:00") for device in ("?phone", "?laptop")])
    assert counts("visit") == [2]
    for device in ("?phone", "?laptop"):
        track({"type": "identify", "userId": "ada", "anonymousId": device})
    assert counts("visit") == [1]
    assert counts("visit,visit") == [1, 1]


def test_two_contacts_found_to_be_one_go_through_together(bulk, track_trusted, counts):
    bulk("events", [event("visit", "ada@home", "03-10 09:00"), event("signup", "ada", "03-10 09:05")])
    assert counts("visit,signup") == [1, 0]
    track_trusted({"type": "alias", "previousId": "ada@home", "userId": "ada"})
    assert counts("visit,signup") == [1, 1]


def test_blanks_around_names_are_dropped(bulk, report):
    bulk("events", [event("page view", "?x", "03-10 09:00")])
    steps = report("/funnel", steps=" page view ,  purchase")["steps"]
    assert [(row["step"], row["count"]) for row in steps] == [("page view", 1), ("purchase", 0)]


def test_names_are_compared_as_they_are(bulk, counts):
    bulk("events", [event("Visit", "?x", "03-10 09:00"), event("visit", "?x", "01-10 09:00")])
    assert counts("visit") == [0]
    assert counts("Visit") == [1]


def test_one_step_is_a_funnel(bulk, report):
    bulk("events", [event("visit", "?x", "03-10 09:00")])
    answer = report("/funnel", steps="visit")
    assert answer["steps"] == [{"step": "visit", "count": 1, "dropoff": 0, "conversionFromPrevious": 1.0}]
    assert answer["overallConversion"] == 1.0


def test_after_a_step_nobody_reached_there_is_nothing_to_divide(bulk, report):
    bulk("events", [event(type_, "?x", "03-10 09:00") for type_ in ("visit", "purchase")])
    bulk("events", [event("lately", "?x", "01-10 09:00")])
    answer = report("/funnel", steps="visit,lately,purchase")
    assert [(row["count"], row["dropoff"], row["conversionFromPrevious"]) for row in answer["steps"]] == [
        (1, 0, 1.0),
        (0, 1, 0.0),
        (0, 0, 0.0),
    ]
    assert answer["overallConversion"] == 0.0


def test_rates_are_rounded_half_up(bulk, report):
    """1 of 16 is 0.0625."""
    bulk("events", [event("visit", f"?{n}", "03-10 09:00") for n in range(16)])
    bulk("events", [event("signup", "?0", "03-10 09:00")])
    answer = report("/funnel", steps="visit,signup")
    assert answer["steps"][1]["conversionFromPrevious"] == answer["overallConversion"] == 0.063


def test_ten_steps_are_the_longest_funnel(bulk, counts):
    bulk("events", [event(type_, "?x", f"03-10 09:{n:02}") for n, type_ in enumerate("abcdefghij")])
    assert counts("a,b,c,d,e,f,g,h,i,j") == [1] * 10


@pytest.mark.long
def test_the_number_of_queries_does_not_grow(bulk, workspace, now, django_assert_num_queries):
    for start, number in [(0, 5), (5, 45)]:
        some_of_all(bulk, start, number)
        with django_assert_num_queries(1):
            found = funnel(
                Ledger(workspace),
                ask(
                    workspace,
                    now,
                    kind=FunnelQuestion,
                    steps=tuple(map(EventStep, ("visit", "purchase", "never", "visit"))),
                ),
            )
        assert [step.count for step in found.steps] == [start + number, start + number, 0, 0]


@pytest.mark.parametrize("field", ["property.plan", "contact.known"])
def test_a_funnel_and_its_groups_are_found_together(bulk, workspace, now, field, django_assert_num_queries):
    """Which people each step has, also with and without a value, is what the plain funnel says."""
    bulk("contacts", [contact(name, "01-10 09:00") for name in ("ada", "bob")])
    events = [event("visit", name, "03-10 09:00") for name in ("ada", "bob", "?x")]
    for each, plan in zip(events, ("pro", "free"), strict=False):
        each["properties"] = {"plan": plan}
    bulk("events", [*events, event("purchase", "ada", "03-12 09:00")])
    asked = ask(workspace, now, kind=FunnelQuestion, steps=(EventStep("visit"), EventStep("purchase")))
    split = replace(asked, split=Breakdown(field_of(field)))
    ledger = Ledger(workspace)
    groups = split_funnel(ledger, split)
    with django_assert_num_queries(0):
        report = funnel(ledger, split)
    assert report.steps == funnel(Ledger(workspace), asked).steps
    assert report.meta.data_through == funnel(Ledger(workspace), asked).meta.data_through
    assert sum(group.steps[0].count for group in groups) == report.steps[0].count == 3
