"""The overview: contacts, campaigns, messages and events of the last 30 days."""

import pytest

from analytics.ledger import Ledger
from analytics.reports.overview import overview
from tests.analytics.asking import ask
from tests.analytics.reports.items import EMPTY_META, META, contact, event, message, some_of_all
from tests.analytics.reports.items import report as reported
from tests.conftest import post_json
from tests.copied_rows import copied

pytestmark = pytest.mark.usefixtures("now")

NOBODY = {
    **{"total": 0, "sent": 0, "opened": 0, "clicked": 0, "openRate": 0.0, "clickRate": 0.0},
    **{"humanOpened": 0, "humanClicked": 0, "humanOpenRate": 0.0, "humanClickRate": 0.0},
}


@pytest.fixture
@copied
def welcome(bulk):
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome", "status": "ACTIVE"}])
    bulk("contacts", [contact("ada", "01-10 09:00")])


def test_an_empty_workspace(report):
    assert report() == {
        "contacts": {"total": 0, "new": 0},
        "campaigns": {"total": 0, "active": 0},
        "messages": NOBODY,
        "events": {"total": 0},
        "meta": EMPTY_META,
    }


def test_a_month_that_can_be_added_up_by_hand(bulk, report, welcome):
    bulk("contacts", [contact("bob", "03-30 10:00"), contact("cy", "03-05 10:00")])
    bulk(
        "campaigns",
        [
            {"externalId": "sale", "name": "Sale", "status": "ACTIVE"},
            {"externalId": "spring", "name": "Spring", "status": "DRAFT"},
        ],
    )
    bulk(
        "messages",
        [
            message("m1", "03-10 09:00", sent="03-10 09:01", opened="03-10 10:00", clicked="03-10 10:01"),
            message("m2", "03-11 09:00", sent="03-11 09:01", opened="03-12 10:00"),
            message("m3", "03-12 09:00", sent="03-12 09:01", bounced="03-12 09:02"),
            message("m4", "03-13 09:00"),
        ],
    )
    bulk("events", [event("visit", who, "03-20 09:00") for who in ("ada", "bob", "?x")])

    assert report() == {
        "contacts": {"total": 3, "new": 2},
        "campaigns": {"total": 3, "active": 2},
        "messages": {
            **{"total": 4, "sent": 3, "opened": 2, "clicked": 1, "openRate": 0.667, "clickRate": 0.333},
            **{"humanOpened": 2, "humanClicked": 1, "humanOpenRate": 0.667, "humanClickRate": 0.333},
        },
        "events": {"total": 3},
        "meta": META,
    }


def test_the_window_is_half_open_at_local_midnights(bulk, report, welcome):
    edges = ["03-01 23:59:59.999999", "03-02 00:00", "03-31 23:59:59.999999", "04-01 00:00"]
    bulk("contacts", [contact(f"u{n}", when) for n, when in enumerate(edges)])
    bulk("messages", [message(f"m{n}", when) for n, when in enumerate(edges)])
    bulk("events", [event("visit", "ada", when) for when in edges])

    answer = report()

    assert answer["contacts"] == {"total": 5, "new": 2}
    assert answer["messages"]["total"] == 2
    assert answer["events"]["total"] == 2


def test_messages_are_those_created_in_the_window_with_what_became_of_them(bulk, report, welcome):
    bulk(
        "messages",
        [
            message("old", "03-01 09:00", sent="03-01 09:00", opened="03-20 09:00", clicked="03-20 09:00"),
            message("new", "03-02 09:00", sent="03-02 09:00"),
        ],
    )
    assert report()["messages"] == {**NOBODY, "total": 1, "sent": 1}


def test_a_repeated_open_or_click_counts_once(bulk, report, welcome):
    bulk(
        "messages", [message("m1", "03-10 09:00", sent="03-10 09:00"), message("m2", "03-10 09:00", sent="03-10 09:00")]
    )
    times = ["03-11 09:00", "03-12 09:00", "03-12 09:00", "03-13 09:00"]
    bulk("message-events", [reported("m1", type_, when) for type_ in ("opened", "clicked") for when in times])

    messages = report()["messages"]

    assert (messages["opened"], messages["clicked"]) == (1, 1)
    assert (messages["openRate"], messages["clickRate"]) == (0.5, 0.5)


def test_a_click_implies_an_open(bulk, report, welcome):
    bulk("messages", [message("m1", "03-10 09:00", sent="03-10 09:00", clicked="03-11 09:00")])
    bulk("messages", [message("m2", "03-10 09:00", sent="03-10 09:00")])
    bulk("message-events", [reported("m2", "clicked", "03-11 09:00")])
    messages = report()["messages"]
    assert (messages["opened"], messages["clicked"], messages["openRate"]) == (2, 2, 1.0)


def test_what_machines_opened_and_clicked_counts_but_not_as_peoples(bulk, report, welcome):
    bulk("messages", [message(f"m{n}", "03-10 09:00", sent="03-10 09:00") for n in range(4)])
    bulk("message-events", [{**reported("m0", "opened", "03-10 10:00"), "userAgent": "Mozilla/5.0"}])
    bulk("message-events", [{**reported("m1", "clicked", "03-10 10:00"), "userAgent": "python-requests/2.32"}])
    bulk("message-events", [{**reported("m2", "opened", "03-10 10:00"), "userAgent": "GoogleImageProxy"}])
    messages = report()["messages"]
    assert (messages["opened"], messages["openRate"], messages["clicked"], messages["clickRate"]) == (3, 0.75, 1, 0.25)
    assert (messages["humanOpened"], messages["humanOpenRate"]) == (1, 0.25)
    assert (messages["humanClicked"], messages["humanClickRate"]) == (0, 0.0)


def test_a_rate_over_nothing_is_nought(bulk, report, welcome):
    bulk("messages", [message("m1", "03-10 09:00")])
    assert report()["messages"] == {**NOBODY, "total": 1}


def test_people_who_are_not_known_are_no_contacts(bulk, report):
    bulk("events", [event("visit", "?x", "03-20 09:00")])
    assert report()["contacts"] == {"total": 0, "new": 0}


def test_two_contacts_found_to_be_one_count_once_from_the_first_signup_on(bulk, report, track_trusted):
    bulk("contacts", [contact("ada", "03-20 09:00"), contact("ada@home", "01-10 09:00")])
    assert report()["contacts"] == {"total": 2, "new": 1}
    track_trusted({"type": "alias", "previousId": "ada@home", "userId": "ada"})
    assert report()["contacts"] == {"total": 1, "new": 0}


@pytest.mark.parametrize("status", ["DRAFT", "SCHEDULED", "PAUSED", "COMPLETED", "ARCHIVED"])
def test_only_the_status_active_is_active(bulk, report, welcome, status):
    bulk("campaigns", [{"externalId": "other", "name": "Other", "status": status}])
    assert report()["campaigns"] == {"total": 2, "active": 1}


def test_the_same_sent_again_counts_once(bulk, report, welcome):
    for _ in range(2):
        bulk("contacts", [contact("bob", "03-20 09:00")])
        bulk("messages", [message("m1", "03-10 09:00", sent="03-10 09:00")])
        bulk("events", [{**event("visit", "ada", "03-20 09:00"), "messageId": "same"}])
    answer = report()
    assert answer["contacts"] == {"total": 2, "new": 1}
    assert answer["messages"]["total"] == answer["events"]["total"] == 1


def test_an_event_is_in_the_next_answer(report, track):
    for number in range(1, 4):
        visit = {"type": "track", "event": "visit", "anonymousId": "x", "messageId": f"visit {number}"}
        track(visit, {"type": "page", "anonymousId": "x", "messageId": f"page {number}"})
        assert report()["events"]["total"] == 2 * number


def test_calls_that_only_say_who_is_who_are_no_events(report, track):
    track(
        {"type": "identify", "userId": "ada"},
        {"type": "group", "userId": "ada", "groupId": "g"},
        {"type": "alias", "previousId": "x", "userId": "ada"},
    )
    assert report()["events"]["total"] == 0
    assert report()["contacts"]["total"] == 1


@pytest.mark.long
def test_it_is_the_sum_of_the_time_series(bulk, report):
    some_of_all(bulk, 0, 30)
    answer, days = report(), report("/timeseries", days=30)["series"]
    assert answer["events"]["total"] == sum(day["events"] for day in days) == 90
    assert answer["contacts"]["new"] == sum(day["contacts"] for day in days) == 30
    assert answer["messages"]["total"] == sum(day["messages"] for day in days) == 30


def test_another_workspaces_rows_do_not_count(bulk, report, stranger_client):
    theirs = stranger_client.get("/api/workspaces").json()["results"][0]["id"]
    for resource, items in {
        "campaigns": [{"externalId": "welcome", "name": "Theirs", "status": "ACTIVE"}],
        "contacts": [contact("ada", "03-20 09:00")],
        "messages": [message("m1", "03-20 09:00", sent="03-20 09:00")],
        "events": [event("visit", "ada", "03-20 09:00")],
    }.items():
        sent = post_json(stranger_client, f"/api/workspaces/{theirs}/{resource}/bulk", {"items": items})
        assert sent.json()["accepted"] == 1
    answer = report()
    assert answer["contacts"]["total"] == answer["campaigns"]["total"] == 0
    assert answer["messages"]["total"] == answer["events"]["total"] == 0
    assert answer["meta"] == EMPTY_META


@pytest.mark.long
def test_the_number_of_queries_does_not_grow(bulk, workspace, now, django_assert_num_queries):
    for start, number in [(0, 5), (5, 45)]:
        some_of_all(bulk, start, number)
        with django_assert_num_queries(3):
            assert overview(Ledger(workspace), ask(workspace, now)).numbers["events"] == 3 * (start + number)
