"""Cohorts: contacts by the day they signed up, and who of them was active in each week since."""

import pytest

from analytics.ledger import Ledger
from analytics.questions.questions import CohortsQuestion
from analytics.reports.cohorts.report import cohorts
from tests.analytics.asking import ask
from tests.analytics.reports.items import EMPTY_META, META, contact, event, message, some_of_all
from tests.analytics.reports.items import report as reported
from tests.copied_rows import copied

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def weeks(report):
    """For each cohort the active contacts of its weeks."""

    def get(metric="events", days=30):
        rows = report("/cohorts", metric=metric, days=days)["cohorts"]
        return {row["cohort"][5:]: list(row["retention"].values()) for row in rows}

    return get


@pytest.fixture
@copied
def ada(bulk):
    """A contact of 23 March, so that week 0 ends with the 29th and week 1 has begun."""
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}])
    bulk("contacts", [contact("ada", "03-23 09:00")])


def test_an_empty_workspace(report):
    assert report("/cohorts") == {
        "period": "30d",
        "metric": "events",
        "cohorts": [],
        "meta": {**EMPTY_META, "runningWeeks": {}},
    }


def test_cohorts_that_can_be_added_up_by_hand(bulk, report):
    bulk("contacts", [contact(name, "03-02 12:00") for name in ("ada", "bob", "cy")])
    bulk("contacts", [contact("dora", "03-25 12:00")])
    for when in ("03-02 10:00", "03-08 23:59", "03-09 00:00", "03-29 23:59", "03-30 00:00"):
        bulk("events", [event("visit", "ada", when)])
    bulk("events", [event("visit", "bob", "03-10 10:00"), event("visit", "dora", "03-25 13:00")])

    assert report("/cohorts") == {
        "period": "30d",
        "metric": "events",
        "cohorts": [
            {
                "cohort": "2026-03-02",
                "size": 3,
                "activeContacts": 1,
                "retentionRate": 0.333,
                "retention": {"week_0": 1, "week_1": 2, "week_2": 0, "week_3": 1, "week_4": 1},
            },
            {
                "cohort": "2026-03-25",
                "size": 1,
                "activeContacts": 1,
                "retentionRate": 1.0,
                "retention": {"week_0": 1},
            },
        ],
        "meta": {**META, "runningWeeks": {"2026-03-02": "week_4", "2026-03-25": "week_0"}},
    }


@pytest.mark.parametrize(
    ("signed_up", "begun"),
    [("03-31", 1), ("03-25", 1), ("03-24", 2), ("03-18", 2), ("03-17", 3), ("03-10", 4), ("03-03", 5), ("03-02", 5)],
)
def test_weeks_that_have_begun_are_present_and_later_ones_are_not(bulk, report, signed_up, begun):
    bulk("contacts", [contact("ada", f"{signed_up} 09:00")])
    answer = report("/cohorts")
    [cohort] = answer["cohorts"]
    assert list(cohort["retention"]) == [f"week_{number}" for number in range(begun)]
    assert answer["meta"]["runningWeeks"] == {f"2026-{signed_up}": f"week_{begun - 1}"}


def test_active_contacts_and_the_rate_are_those_of_the_newest_week(bulk, report, ada):
    bulk("contacts", [contact("bob", "03-23 09:00")])
    bulk("events", [event("visit", "ada", "03-23 10:00"), event("visit", "bob", "03-23 10:00")])
    [cohort] = report("/cohorts")["cohorts"]
    assert (cohort["activeContacts"], cohort["retentionRate"]) == (0, 0.0)
    bulk("events", [event("visit", "ada", "03-30 00:00")])
    [cohort] = report("/cohorts")["cohorts"]
    assert (cohort["activeContacts"], cohort["retentionRate"]) == (1, 0.5)
    assert cohort["retention"] == {"week_0": 2, "week_1": 1}


def test_days_without_signups_are_left_out_and_the_oldest_comes_first(bulk, weeks):
    bulk("contacts", [contact("ada", "03-30 09:00"), contact("bob", "03-10 09:00"), contact("cy", "03-20 09:00")])
    assert list(weeks()) == ["03-10", "03-20", "03-30"]


def test_nothing_is_forced_to_all_of_them_in_the_first_week(bulk, weeks, ada):
    assert weeks() == {"03-23": [0, 0]}


def test_weeks_are_whole_local_days_over_the_short_day_of_spring(bulk, weeks, ada):
    """Sunday 29 March has 23 hours; week 1 begins at local midnight all the same."""
    bulk("events", [event("visit", "ada", "03-29 23:59:59.999999")])
    assert weeks() == {"03-23": [1, 0]}
    bulk("events", [event("visit", "ada", "03-30 00:00")])
    assert weeks() == {"03-23": [1, 1]}


def test_the_day_of_signup_counts_from_its_begin(bulk, weeks, ada):
    bulk("events", [event("visit", "ada", "03-23 00:00")])
    assert weeks() == {"03-23": [1, 0]}


def test_what_happened_on_days_before_the_signup_does_not_count(bulk, weeks, ada):
    bulk("events", [event("visit", "ada", "03-22 23:59:59.999999"), event("visit", "ada", "03-10 09:00")])
    assert weeks() == {"03-23": [0, 0]}


def test_a_contact_counts_once_in_a_week_however_active(bulk, weeks, ada):
    bulk("events", [event("visit", "ada", f"03-{day} 0{hour}:00") for day in (24, 25, 26) for hour in (7, 8, 9)])
    assert weeks() == {"03-23": [1, 0]}


@pytest.mark.long
def test_cohorts_are_of_contacts_who_signed_up_in_the_window(bulk, weeks):
    bulk("contacts", [contact("before", "03-24 23:59:59.999999"), contact("first", "03-25 00:00")])
    bulk("contacts", [contact("last", "03-31 23:59"), contact("tomorrow", "04-01 00:00")])
    bulk("events", [event("visit", name, "03-30 09:00") for name in ("before", "first", "last")])
    assert weeks(days=7) == {"03-25": [1], "03-31": [0]}


def test_people_who_are_not_known_make_no_cohort(bulk, weeks):
    bulk("events", [event("visit", "?x", "03-30 09:00")])
    assert weeks() == {}


def test_what_contacts_did_before_they_were_known_counts(bulk, track, weeks, ada):
    bulk("events", [event("visit", "?phone", "03-24 09:00")])
    assert weeks() == {"03-23": [0, 0]}
    track({"type": "identify", "userId": "ada", "anonymousId": "?phone"})
    assert weeks() == {"03-23": [1, 0]}


def test_two_contacts_found_to_be_one_are_one_of_the_earlier_day(bulk, track_trusted, weeks, ada):
    bulk("contacts", [contact("ada@home", "03-16 09:00")])
    bulk("events", [event("visit", "ada", "03-24 09:00"), event("visit", "ada@home", "03-17 09:00")])
    assert weeks() == {"03-16": [1, 0, 0], "03-23": [1, 0]}
    track_trusted({"type": "alias", "previousId": "ada@home", "userId": "ada"})
    assert weeks() == {"03-16": [1, 1, 0]}


@pytest.mark.parametrize(("metric", "found"), [("opens", [1, 0]), ("clicks", [0, 1]), ("events", [0, 0])])
def test_messages_count_on_the_day_of_their_first_open_or_click(bulk, weeks, ada, metric, found):
    bulk("messages", [message("m1", "03-23 10:00", opened="03-24 09:00", clicked="03-30 09:00")])
    bulk("message-events", [reported("m1", "opened", "03-31 09:00"), reported("m1", "clicked", "03-31 09:00")])
    assert weeks(metric) == {"03-23": found}


def test_a_message_opened_twice_is_no_second_opening(bulk, weeks, ada):
    bulk("messages", [message("m1", "03-23 10:00", opened="03-24 09:00")])
    bulk("message-events", [reported("m1", "opened", "03-30 09:00")])
    assert weeks("opens") == {"03-23": [1, 0]}
    bulk("messages", [message("m2", "03-23 10:00", opened="03-30 09:00")])
    assert weeks("opens") == {"03-23": [1, 1]}


def test_a_click_implies_an_open(bulk, weeks, ada):
    bulk("messages", [message("m1", "03-23 10:00", clicked="03-30 09:00")])
    assert weeks("opens") == weeks("clicks") == {"03-23": [0, 1]}


def test_events_of_one_type(bulk, weeks, ada):
    bulk("events", [event("visit", "ada", "03-24 09:00"), event("log in", "ada", "03-30 09:00")])
    assert weeks("event:visit") == {"03-23": [1, 0]}
    assert weeks("event:log in") == {"03-23": [0, 1]}
    bulk("events", [event("lately", "ada", "01-10 09:00")])
    assert weeks("event:lately") == {"03-23": [0, 0]}


def test_conversions_are_the_types_the_workspace_says(bulk, weeks, workspace, ada):
    bulk("events", [event("purchase", "ada", "03-24 09:00"), event("upgrade", "ada", "03-30 09:00")])
    for types, found in [
        (["purchase"], [1, 0]),
        (["upgrade"], [0, 1]),
        (["purchase", "upgrade"], [1, 1]),
        ([], [0, 0]),
    ]:
        workspace.conversion_types = types
        workspace.save()
        assert weeks("conversions") == {"03-23": found}


@pytest.mark.parametrize(
    ("given", "echoed"),
    [
        ("opens", "opens"),
        ("event:visit", "event:visit"),
        ("event: page view ", "event:page view"),
        (" clicks", "clicks"),
    ],
)
def test_the_metric_is_echoed(report, given, echoed):
    assert report("/cohorts", metric=given, days=7)["metric"] == echoed


def test_a_year_has_its_53_weeks(bulk, weeks):
    """365 days are 52 weeks and a day."""
    item = {"externalId": "ada", "signedUpAt": "2025-04-01T00:00:00+02:00"}
    bulk("contacts", [item])
    bulk("events", [event("visit", "ada", "03-31 09:00"), event("visit", "ada", "03-30 23:59")])
    assert list(weeks(days=365).values()) == [[0] * 51 + [1, 1]]


@pytest.mark.long
@pytest.mark.parametrize("metric", ["events", "opens", "clicks", "conversions", "event:visit"])
def test_the_number_of_queries_does_not_grow(bulk, workspace, now, django_assert_num_queries, metric):
    for start, number in [(0, 5), (5, 45)]:
        some_of_all(bulk, start, number)
        with django_assert_num_queries(1):
            found = cohorts(Ledger(workspace), ask(workspace, now, 30, kind=CohortsQuestion, metric=metric))
        assert sum(cohort.size for cohort in found.cohorts) == start + number
