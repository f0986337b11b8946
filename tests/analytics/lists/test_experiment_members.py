"""Lists of the people of a test: as a page and over the API."""

import pytest

from analytics.models import ABTest, Variant
from tests.analytics.reports.items import contact, message
from tests.copied_rows import copied

DAYS = {"occurredFrom": "2026-03-20", "occurredBefore": "2026-03-22"}


@pytest.fixture
@copied
def subject(bulk, now, workspace):
    """Of four who got A and B in turns two clicked; the last one's window is not over, and the first got B, too."""
    bulk("contacts", [contact(f"u{place}", "03-01 09:00") for place in range(4)])
    tests = [{"externalId": "s", "name": "S", "variants": [{"name": "A"}, {"name": "B"}]}]
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome", "abTests": tests}])
    days = ("03-10", "03-11", "03-12", "03-29")
    sent = [
        message(
            f"m{place}", f"{day} 08:00", contact=f"u{place}", abTest="s", variant="AB"[place % 2], sent=f"{day} 09:00"
        )
        for place, day in enumerate(days)
    ]
    clicked = {"clickedAt": "2026-03-13T09:00:00Z"}
    again = message("m9", "03-12 08:00", contact="u0", abTest="s", variant="B", sent="03-12 09:00")
    bulk("messages", [sent[0] | clicked, sent[1] | clicked, *sent[2:], again])
    return ABTest.objects.get(workspace=workspace)


@pytest.mark.parametrize(
    ("query", "people"),
    [
        ({}, {"u0", "u1", "u2", "u3"}),
        ({"members": "mature"}, {"u0", "u1", "u2"}),
        ({"members": "young"}, {"u3"}),
        ({"members": "several"}, {"u0"}),
        ({"members": "withheld"}, set()),
        ({"members": "reached"}, {"u0", "u1"}),
        ({"members": "reached", "goal": "conversion"}, set()),
        ({"members": "reached", "goalDays": "1"}, set()),
        ({"firstPeople": "2"}, {"u0", "u1"}),
        ({"where": "contact.known:false"}, set()),
    ],
)
def test_people_of_a_test_are_found_by_what_its_report_says_of_them(api, workspace, subject, query, people):
    asked = {"test": subject.api_id, **query}
    html = api.get(f"/w/{workspace.slug}/people/", asked).content.decode()
    assert f'data-total="{len(people)}"' in html
    found = api.get(f"/api/workspaces/{workspace.api_id}/people", asked).json()["results"]
    assert {person["contact"] for person in found} == people


@pytest.mark.long
def test_those_of_a_variant(api, workspace, subject):
    for name, number in (("A", 2), ("B", 2)):
        query = {"test": subject.api_id, "arm": Variant.objects.get(test=subject, name=name).pk}
        assert len(api.get(f"/api/workspaces/{workspace.api_id}/people", query).json()["results"]) == number
        assert f'data-total="{number}"' in api.get(f"/w/{workspace.slug}/people/", query).content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"test": "ab_999999"},
        {"test": "seven"},
        {"members": "mature"},
        {"goal": "click"},
        {"test": "", "members": "all"},
        {"test": "", "members": "mature,young"},
        {"test": "", "goal": "luck"},
        {"test": "", "goalDays": "400"},
        {"test": "", "did": "order", **DAYS},
        {"test": "", "cohort": "signup", **DAYS},
    ],
)
def test_what_is_not_understood_is_refused(api, workspace, subject, query):
    asked = {**query, **({"test": subject.api_id} if query.get("test") == "" else {})}
    answer = api.get(f"/api/workspaces/{workspace.api_id}/people", asked)
    assert answer.status_code == 400
    assert answer.json()["parameter"] in query


def test_a_page_tells_what_it_leaves_out(api, workspace, subject):
    query = {"test": subject.api_id, "members": "all", "goal": "luck", "goalDays": "400"}
    html = api.get(f"/w/{workspace.slug}/people/", query).content.decode()
    for name in ("members", "goal", "goalDays"):
        assert f"{name} cannot be" in html
    assert 'data-total="4"' in html


@pytest.fixture
def priced(bulk, subject):
    """What they ordered in currencies without a rate: u0 within a week, u1 within and after, u3 whose window is not
    over; and in the workspace's own."""

    def order(who, day, currency="CHF", revenue=5):
        at = f"2026-03-{day}T12:00:00Z"
        properties = {"revenue": revenue, "currency": currency}
        return {
            "messageId": f"{who}{at}",
            "type": "purchase",
            "contact": who,
            "occurredAt": at,
            "properties": properties,
        }

    bulk("events", [order("u0", 12), order("u0", 13, "EUR"), order("u1", 14, "USD"), order("u1", 28), order("u3", 30)])
    return subject


@pytest.mark.parametrize(
    ("window", "number", "in_all"),
    [(None, 2, 3), ("3d", 1, 1), ("30d", 0, 0)],
    ids=["its own week", "three days", "nobody is mature"],
)
def test_amounts_without_a_rate_open_to_their_orders(api, workspace, priced, window, number, in_all):
    base, asked = f"/api/workspaces/{workspace.api_id}", {"metric": "revenue", "rows": "true"}
    asked |= {"window": window} if window else {}
    report = api.get(f"{base}/analytics/ab-tests/{priced.api_id}/report", asked).json()
    assert report["unconverted"] == number
    listed = api.get(report["rows"]["unconverted"]).json()["results"]
    assert len(listed) == number
    assert all(order["currency"] in ("CHF", "USD") for order in listed)
    asked_of_page = {**asked, "test": priced.api_id}
    del asked_of_page["rows"]
    html = api.get(f"/w/{workspace.slug}/reports/experiments/", asked_of_page).content.decode()
    assert ("left out, without an exchange rate" in html) == bool(number)
    query = {"test": priced.api_id, "unconverted": "1", **({"goalDays": window.rstrip("d")} if window else {})}
    assert f'data-total="{number}"' in api.get(f"/w/{workspace.slug}/orders/", query).content.decode()
    every = {name: value for name, value in query.items() if name != "unconverted"}
    assert f'data-total="{in_all}"' in api.get(f"/w/{workspace.slug}/orders/", every).content.decode()


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"goalDays": "3"}, "goalDays"),
        ({"test": "", "goalDays": "400"}, "goalDays"),
        ({"test": "ab_999999"}, "test"),
        ({"test": "", "steps": "a,b", "occurredFrom": "2026-03-01", "occurredBefore": "2026-03-02"}, "test"),
    ],
)
def test_orders_of_no_test_are_refused(api, workspace, subject, query, named):
    asked = {name: value or subject.api_id for name, value in query.items()}
    refused = api.get(f"/api/workspaces/{workspace.api_id}/orders", asked)
    assert refused.status_code == 400
    assert named in refused.content.decode()
