"""Sources, media and campaigns as a tree, and who came without any."""

import random

import pytest

from analytics.ledger import Ledger
from analytics.questions.credit import CreditModel, CreditRule
from analytics.reports.attribution.report import attribution
from analytics.reports.attribution.source_tree import source_tree
from analytics.reports.credit.report import CreditQuestion, credit
from analytics.reports.credit.shares import CONVERSION
from tests.analytics.asking import ask
from tests.analytics.reports.items import contact, event, some_of_all

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def tree(workspace, now):
    def get(days=30):
        return source_tree(Ledger(workspace), ask(workspace, now, days))

    return get


@pytest.fixture
def rows(tree):
    """(path, visitors, events, conversions) of each node."""
    return lambda days=30: [(n.path, n.visitors, n.events, n.conversions) for n in tree(days).nodes]


def came(who, when, source, medium="", campaign=""):
    utm = {"source": source, "medium": medium, "campaign": campaign}
    return event("visit", who, when, utm={key: value for key, value in utm.items() if value})


def test_an_empty_workspace(tree):
    found = tree()
    assert found.nodes == ()
    assert (found.attributed_events, found.direct_events, found.direct_conversions) == (0, 0, 0)


def test_a_person_counts_once_on_every_level(bulk, rows):
    bulk("contacts", [contact("ada", "03-01 09:00"), contact("bob", "03-01 09:00")])
    bulk(
        "events",
        [
            came("ada", "03-20 09:00", "google", "cpc", "brand"),
            came("ada", "03-20 10:00", "google", "cpc", "sale"),
            came("ada", "03-20 11:00", "google", "organic"),
            came("bob", "03-20 09:00", "google", "organic"),
            came("bob", "03-20 10:00", "news"),
        ],
    )
    assert rows() == [
        (("google",), 2, 4, 0),
        (("google", "cpc"), 1, 2, 0),
        (("google", "cpc", "brand"), 1, 1, 0),
        (("google", "cpc", "sale"), 1, 1, 0),
        (("google", "organic"), 2, 2, 0),
        (("google", "organic", ""), 2, 2, 0),
        (("news",), 1, 1, 0),
        (("news", ""), 1, 1, 0),
        (("news", "", ""), 1, 1, 0),
    ]


def test_a_conversion_is_credited_to_the_last_source_at_or_before_it(bulk, tree):
    bulk("contacts", [contact(name, "03-01 09:00") for name in ("ada", "bob", "cy", "dan")])
    bulk(
        "events",
        [
            came("ada", "03-20 09:00", "google"),
            came("ada", "03-21 09:00", "news"),
            came("ada", "03-23 09:00", "late"),
            event("purchase", "ada", "03-20 10:00"),
            event("purchase", "ada", "03-22 09:00"),
            came("bob", "03-22 09:00", "google"),
            event("purchase", "bob", "03-22 09:00"),
            event("purchase", "cy", "03-22 09:00"),
            came("cy", "03-22 09:01", "google"),
            event("purchase", "dan", "03-22 09:00"),
        ],
    )
    found = tree()
    credited = {node.path[0]: node.conversions for node in found.nodes if len(node.path) == 1}
    assert credited == {"google": 2, "news": 1, "late": 0}
    assert (found.attributed_conversions, found.direct_conversions) == (3, 2)
    assert (found.attributed_events, found.direct_events) == (5, 5)


@pytest.mark.parametrize("names", [["google", "news"], ["news", "google"]])
def test_of_visits_at_one_instant_the_last_by_name_counts_whichever_came_in_first(bulk, workspace, now, tree, names):
    bulk("contacts", [contact("ada", "03-01 09:00")])
    for name in names:
        bulk("events", [came("ada", "03-20 09:00", name)])
    bulk("events", [event("purchase", "ada", "03-20 09:00")])
    assert {node.path: node.conversions for node in tree().nodes if len(node.path) == 1} == {
        ("google",): 0,
        ("news",): 1,
    }
    by_rule = credit(Ledger(workspace), ask(workspace, now, 30, kind=CreditQuestion, rule=CreditRule(CreditModel.LAST)))
    assert {row.name[1]: row.credit for row in by_rule.rows if row.credit} == {"news": CONVERSION}


@pytest.mark.parametrize("types", [[], ["purchase", "upgrade"]])
def test_conversions_are_the_types_the_workspace_says(bulk, tree, workspace, types):
    workspace.conversion_types = types
    workspace.save()
    bulk("contacts", [contact("ada", "03-01 09:00")])
    bulk("events", [came("ada", "03-20 09:00", "google"), event("upgrade", "ada", "03-21 09:00")])
    assert tree().attributed_conversions == len(types[:1])


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_the_attribution_report(bulk, workspace, now, tree, seed):
    rng = random.Random(seed)
    people = [f"u{n}" for n in range(6)]
    bulk("contacts", [contact(name, "03-01 09:00") for name in people])
    times = [f"03-{rng.randint(10, 30)} 0{rng.randint(1, 3)}:00" for _ in range(80)]
    bulk(
        "events",
        [
            came(rng.choice(people), when, rng.choice("ab"), rng.choice(["", "x", "y"]), rng.choice(["", "s"]))
            if rng.random() < 0.6
            else event("purchase", rng.choice(people), when)
            for when in times
        ],
    )
    found = tree()
    flat = attribution(Ledger(workspace), ask(workspace, now, 30))
    leaves = {node.path: (node.visitors, node.events) for node in found.nodes if len(node.path) == 3}
    assert leaves == {
        (row.source, row.medium or "", row.campaign or ""): (row.unique_visitors, row.total_events)
        for row in flat.sources
    }
    assert found.attributed_events == flat.total_attributed_events
    assert found.attributed_conversions == flat.conversions
    for depth in (1, 2, 3):
        level = [node for node in found.nodes if len(node.path) == depth]
        assert sum(node.events for node in level) == flat.total_attributed_events
        assert sum(node.conversions for node in level) == flat.conversions


@pytest.mark.long
def test_the_number_of_queries_does_not_grow(bulk, tree, django_assert_num_queries):
    for start, number in [(0, 5), (5, 45)]:
        some_of_all(bulk, start, number)
        with django_assert_num_queries(3):
            assert len(tree().nodes) == 3 * (start + number)
