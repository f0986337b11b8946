"""Lists of people who ordered, or did anything, on some days: as a page and over the API."""

import pytest

from tests.analytics.reports.items import contact, event
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied

DAYS = {"from": "2026-03-20", "to": "2026-03-21"}
DAYS_OF_API = {"occurredFrom": "2026-03-20", "occurredBefore": "2026-03-22"}


@pytest.fixture
@copied
def some_orders(bulk, now):
    bulk("contacts", [contact("ada", "01-10 09:00")])
    told = {"revenue": 5, "order_id": "a1"}
    bulk(
        "events",
        [
            event("purchase", "ada", "03-20 09:00", properties=told),
            event("purchase", "?d", "03-21 09:00", properties=told),
            event("visit", "?e", "03-21 09:00"),
            event("purchase", "?f", "03-22 09:00", properties={"revenue": 1}),
        ],
    )


@pytest.mark.parametrize(
    ("query", "number"), [({"did": name}, number) for name, number in {"order": 1, "conversion": 2, "event": 3}.items()]
)
def test_who_did_it_on_the_days(api, workspace, some_orders, query, number):
    """Who tells again of an order has not ordered."""
    html = api.get(f"/w/{workspace.slug}/people/", {**DAYS, **query}).content.decode()
    assert f'data-total="{number}"' in html
    found = api.get(f"/api/workspaces/{workspace.api_id}/people", {**DAYS_OF_API, **query}).json()
    assert len(found["results"]) == number


def test_conditions_on_orders_are_for_buyers_alone(api, workspace, some_orders):
    place, where = f"/api/workspaces/{workspace.api_id}/people", {"where": "property.revenue>=9"}
    assert api.get(place, {**DAYS_OF_API, "did": "order", **where}).json()["results"] == []
    assert api.get(place, {**DAYS_OF_API, "did": "event", **where}).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        {"did": "laugh", **DAYS_OF_API},
        {"did": "order,event", **DAYS_OF_API},
        {"did": "order"},
        {"did": "order", "steps": "visit", **DAYS_OF_API},
        {"did": "order", "utmSource": "google", **DAYS_OF_API},
    ],
)
def test_what_is_not_understood_is_refused(api, workspace, some_orders, query):
    answer = api.get(f"/api/workspaces/{workspace.api_id}/people", query)
    assert answer.status_code == 400
    assert answer.json()["parameter"] in query


def test_a_page_tells_what_it_leaves_out(api, workspace, some_orders):
    html = api.get(f"/w/{workspace.slug}/people/", {**DAYS, "did": "order", "steps": "visit"}).content.decode()
    assert "did cannot be" in text_of(html)
