"""Attribution: where people came from, and what they bought afterwards."""

import numpy as np
import pytest

from analytics.ledger import Ledger
from analytics.reports.attribution.report import attribution, different_people
from tests.analytics.asking import ask
from tests.analytics.reports.items import EMPTY_META, META, at, contact, event, some_of_all

pytestmark = pytest.mark.usefixtures("now")

GOOGLE = {"source": "google", "medium": "cpc", "campaign": "sale"}


@pytest.fixture
def rows(report):
    """(source, medium, campaign, visitors, events) of each row."""

    def get(days=30):
        return [tuple(row.values()) for row in report("/attribution", days=days)["sources"]]

    return get


@pytest.fixture
def conversions(report):
    def get(days=30):
        return report("/attribution", days=days)["conversions"]

    return get


def came(who, when, **utm):
    return event("visit", who, when, utm=utm or GOOGLE)


def bought(who, when, type_="purchase", **more):
    return event(type_, who, when, **more)


def test_an_empty_workspace(report):
    assert report("/attribution") == {
        "period": "30d",
        "sources": [],
        "totalAttributedEvents": 0,
        "conversions": 0,
        "meta": EMPTY_META,
    }


def test_a_month_that_can_be_added_up_by_hand(bulk, report):
    bulk("contacts", [contact("ada", "01-10 09:00"), contact("bob", "01-10 09:00")])
    bulk(
        "events",
        [
            came("?x", "03-10 09:00"),
            came("?x", "03-11 09:00"),
            came("ada", "03-10 09:00"),
            came("ada", "03-12 09:00", source="news"),
            came("bob", "03-12 09:00", source="google"),
            event("visit", "bob", "03-13 09:00"),
            bought("ada", "03-10 10:00"),
            bought("bob", "03-12 08:59"),
            bought("?stranger", "03-20 09:00"),
        ],
    )
    assert report("/attribution") == {
        "period": "30d",
        "sources": [
            {"source": "google", "medium": "cpc", "campaign": "sale", "uniqueVisitors": 2, "totalEvents": 3},
            {"source": "google", "medium": None, "campaign": None, "uniqueVisitors": 1, "totalEvents": 1},
            {"source": "news", "medium": None, "campaign": None, "uniqueVisitors": 1, "totalEvents": 1},
        ],
        "totalAttributedEvents": 5,
        "conversions": 1,
        "meta": META,
    }


def test_most_events_come_first_then_names_with_missing_ones_before_others(bulk, rows):
    triples = [("b", "x", "y"), ("b", "x", None), ("b", None, "y"), ("b", None, None), ("a", "z", "z")]
    named = [
        {name: value for name, value in zip(("source", "medium", "campaign"), triple, strict=True) if value}
        for triple in triples
    ]
    bulk("events", [came("?x", "03-10 09:00", **utm) for utm in named])
    bulk("events", [came("?x", "03-10 09:00", source="z") for _ in range(2)])
    assert [row[:3] for row in rows()] == [
        ("z", None, None),
        ("a", "z", "z"),
        ("b", None, None),
        ("b", None, "y"),
        ("b", "x", None),
        ("b", "x", "y"),
    ]


def test_source_and_medium_are_compared_in_lower_case_and_trimmed_and_campaigns_as_they_are(bulk, rows):
    bulk(
        "events",
        [
            came("?x", "03-10 09:00", source=" Google", medium="CPC ", campaign="Sale"),
            came("?x", "03-10 09:00", source="google", medium="cpc", campaign="Sale"),
            came("?x", "03-10 09:00", source="GOOGLE", medium="cpc", campaign="sale"),
        ],
    )
    assert rows() == [("google", "cpc", "Sale", 1, 2), ("google", "cpc", "sale", 1, 1)]


@pytest.mark.parametrize("utm", [{}, {"medium": "cpc"}, {"source": ""}, {"source": "  ", "campaign": "sale"}])
def test_events_without_a_source_are_not_attributed(bulk, report, utm):
    bulk("events", [event("visit", "?x", "03-10 09:00", utm=utm), bought("?x", "03-11 09:00")])
    answer = report("/attribution")
    assert (answer["sources"], answer["totalAttributedEvents"], answer["conversions"]) == ([], 0, 0)


def test_visitors_are_different_people_over_the_whole_window_and_no_sum_of_days(bulk, rows):
    bulk("events", [came("?x", f"03-{day:02} 09:00") for day in range(2, 12)])
    bulk("events", [came("?y", "03-05 09:00")])
    assert rows() == [("google", "cpc", "sale", 2, 11)]


def test_two_identities_known_to_be_one_person_are_one_visitor(bulk, track, rows):
    bulk("events", [came("?phone", "03-10 09:00"), came("?laptop", "03-11 09:00"), came("ada", "03-12 09:00")])
    assert rows() == [("google", "cpc", "sale", 3, 3)]
    track({"type": "identify", "userId": "ada", "anonymousId": "?phone"})
    assert rows() == [("google", "cpc", "sale", 2, 3)]
    track({"type": "identify", "userId": "ada", "anonymousId": "?laptop"})
    assert rows() == [("google", "cpc", "sale", 1, 3)]


def test_a_person_is_a_visitor_of_each_source_they_came_by(bulk, report, rows):
    bulk("events", [came("?x", "03-10 09:00", source="a"), came("?x", "03-10 09:00", source="b")])
    assert rows() == [("a", None, None, 1, 1), ("b", None, None, 1, 1)]
    assert report("/attribution")["totalAttributedEvents"] == 2


def test_the_window_is_half_open_at_local_midnights(bulk, rows):
    edges = ["03-24 23:59:59.999999", "03-25 00:00", "03-31 23:59:59.999999", "04-01 00:00"]
    bulk("events", [came("?x", when) for when in edges])
    assert rows(7) == [("google", "cpc", "sale", 1, 2)]


# Conversions


@pytest.mark.parametrize(
    ("bought_at", "counted"), [("03-10 08:59:59.999999", 0), ("03-10 09:00", 1), ("03-10 09:00:00.000001", 1)]
)
def test_only_conversions_at_or_after_the_touch_count(bulk, conversions, bought_at, counted):
    bulk("events", [came("?x", "03-10 09:00"), bought("?x", bought_at)])
    assert conversions() == counted


def test_the_first_touch_is_enough_for_all_conversions_after_it(bulk, conversions):
    bulk("events", [came("?x", "03-10 09:00"), came("?x", "03-30 09:00", source="news")])
    bulk("events", [bought("?x", when) for when in ("03-09 09:00", "03-11 09:00", "03-12 09:00", "03-31 09:00")])
    assert conversions() == 3


def test_a_conversion_that_names_its_source_itself_counts(bulk, report):
    bulk("events", [bought("?x", "03-10 09:00", utm=GOOGLE)])
    answer = report("/attribution")
    assert (answer["totalAttributedEvents"], answer["conversions"]) == (1, 1)


def test_a_touch_from_before_the_window_does_not_count_and_neither_does_a_conversion(bulk, conversions):
    bulk("events", [came("?x", "03-24 23:59"), bought("?x", "03-30 09:00"), bought("?x", "03-24 23:59")])
    assert conversions(7) == 0
    assert conversions(8) == 2


def test_a_touch_before_somebody_was_known_counts_for_them(bulk, track, conversions):
    bulk("events", [came("?phone", "03-10 09:00"), bought("ada", "03-11 09:00")])
    assert conversions() == 0
    track({"type": "identify", "userId": "ada", "anonymousId": "?phone"})
    assert conversions() == 1


def test_two_contacts_found_to_be_one_share_their_touches(bulk, track_trusted, conversions):
    bulk("events", [came("ada", "03-10 09:00"), bought("ada@home", "03-11 09:00")])
    assert conversions() == 0
    track_trusted({"type": "alias", "previousId": "ada@home", "userId": "ada"})
    assert conversions() == 1


def test_the_workspace_says_which_event_types_convert(bulk, conversions, workspace):
    bulk("events", [came("?x", "03-10 09:00"), *(bought("?x", "03-11 09:00", kind) for kind in ("purchase", "signup"))])
    bulk("events", [bought("?x", "03-11 09:00", "Purchase"), bought("?x", "03-12 09:00", "signup")])
    for types, counted in [(["purchase"], 1), (["purchase", "signup"], 3), (["signup", "signup"], 2), ([], 0)]:
        workspace.conversion_types = types
        workspace.save()
        assert conversions() == counted


def test_anothers_touch_does_not_count(bulk, conversions):
    bulk("events", [came("?x", "03-10 09:00"), bought("?y", "03-11 09:00"), bought("ada", "03-11 09:00")])
    assert conversions() == 0


def test_utm_in_a_call_of_an_sdk_is_read_from_where_sdks_put_it(track, rows):
    track(
        {
            "type": "page",
            "anonymousId": "x",
            "timestamp": at("03-10 09:00"),
            "context": {"campaign": {"source": "Google", "medium": "cpc", "name": "sale"}},
        }
    )
    assert rows() == [("google", "cpc", "sale", 1, 1)]


@pytest.mark.long
def test_the_number_of_queries_does_not_grow(bulk, workspace, now, django_assert_num_queries):
    for start, number in [(0, 5), (5, 45)]:
        some_of_all(bulk, start, number)
        with django_assert_num_queries(2):
            found = attribution(Ledger(workspace), ask(workspace, now, 30))
        assert len(found.sources) == found.conversions == start + number


def test_a_longer_window_costs_no_more_queries(bulk, workspace, now, django_assert_num_queries):
    some_of_all(bulk, 0, 5)
    for days in (3, 365):
        with django_assert_num_queries(2):
            attribution(Ledger(workspace), ask(workspace, now, days))


@pytest.mark.parametrize(("groups", "n"), [(0, 0), (1, 1), (3, 2000), (50, 400), (400, 500)])
def test_different_people_are_counted_alike_in_few_large_and_in_many_small_groups(groups, n):
    rng = np.random.default_rng(groups)
    people = rng.integers(0, 40, n).astype(np.int32)
    group = 7 + 2 * rng.integers(0, max(groups, 1), n)
    ids = np.unique(group)

    found = list(different_people(people, group, ids))

    assert found == [len(set(people[group == id].tolist())) for id in ids]
