"""Buyers by segment over the API, and the lists of some of them."""

import pytest

from tests.analytics.reports.items import contact, event
from tests.copied_rows import copied

pytestmark = pytest.mark.either_database("a body is made of what the report answers, which its own tests ask of both")
DAYS = {"from": "2026-03-01", "to": "2026-03-31"}


@pytest.fixture
@copied
def buyers(bulk, now):
    """Ada ordered twice and last, Bob once; Cy did in February alone."""
    bulk("contacts", [contact(name, "02-01 09:00") for name in ("ada", "bob", "cy")])
    orders = [
        ("ada", "03-20 09:00", 10),
        ("ada", "03-30 09:00", 20),
        ("bob", "03-02 09:00", 5),
        ("cy", "02-20 09:00", 7),
    ]
    bulk("events", [event("purchase", who, at, properties={"revenue": revenue}) for who, at, revenue in orders])


@pytest.fixture
def get(api, workspace):
    def ask(path, **query):
        return api.get(f"/api/workspaces/{workspace.api_id}{path}", query)

    return ask


def test_the_whole_answer(get, buyers):
    body = get("/analytics/rfm", **DAYS).json()
    assert body["buyers"] == 2
    assert body["few"] is True
    assert body["before"] == {"from": "2026-01-29", "to": "2026-02-28", "buyers": 1}
    assert body["segments"] == [
        {
            **{"segment": "loyal", "buyers": 1, "share": 0.5, "daysSince": 1.0},
            **{"orders": 2, "converted": 3000, "net": {"EUR": 3000}},
        },
        {
            **{"segment": "hibernating", "buyers": 1, "share": 0.5, "daysSince": 29.0},
            **{"orders": 1, "converted": 500, "net": {"EUR": 500}},
        },
    ]
    assert body["moves"] == [
        {"before": "needAttention", "now": "none", "buyers": 1},
        {"before": "none", "now": "loyal", "buyers": 1},
        {"before": "none", "now": "hibernating", "buyers": 1},
    ]
    assert body["scores"][:2] == [
        {"by": "recency", "score": 5, "buyers": 0, "lowest": None, "highest": None},
        {"by": "recency", "score": 4, "buyers": 1, "lowest": 1, "highest": 1},
    ]
    assert (body["money"]["currency"], body["money"]["withoutAmount"]) == ("EUR", 0)


def test_its_file_has_a_line_for_each_segment(get, buyers):
    lines = get("/analytics/rfm", **DAYS, format="csv").getvalue().decode("utf-8-sig").splitlines()
    assert lines == [
        "segment,buyers,share,daysSince,orders,converted,net.EUR",
        "loyal,1,0.5,1.0,2,3000,3000",
        "hibernating,1,0.5,29.0,1,500,500",
    ]


def test_people_are_found_by_segment_move_and_score(get, buyers):
    days = {"occurredFrom": "2026-03-01", "occurredBefore": "2026-04-01"}

    def found(**query):
        return [row["contact"] for row in get("/people", **days, **query).json()["results"]]

    assert found(rfm="loyal") == ["ada"]
    assert found(rfm="none", rfmBefore="needAttention") == ["cy"]
    assert found(rfm="none") == found(rfmBefore="needAttention") == ["cy"]
    assert found(frequency="4") == found(recency="4", monetary="4") == ["ada"]
    assert found(rfm="all") == ["bob", "ada"]
    assert get("/orders", **days, rfm="loyal").json()["results"][0]["amount"] == 2000


@pytest.mark.parametrize(
    ("path", "query", "parameter"),
    [
        ("/people", {"rfm": "best"}, "rfm"),
        ("/people", {"rfm": "none", "rfmBefore": "none"}, "rfm"),
        ("/people", {"rfm": "none", "rfmBefore": "loyal", "recency": "1"}, "rfm"),
        ("/people", {"rfm": "all", "recency": "1"}, "rfm"),
        ("/people", {"recency": "6"}, "recency"),
        ("/people", {"rfm": "loyal", "flow": "new"}, "rfm"),
        ("/people", {"rfm": "loyal", "did": "order"}, "rfm"),
        ("/people", {"rfm": "loyal", "breakdown": "contact.plan"}, "breakdown"),
        ("/orders", {"rfm": "loyal", "cohort": "signup"}, "rfm"),
        ("/orders", {"rfm": "loyal", "steps": "purchase"}, "rfm"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(get, buyers, path, query, parameter):
    days = {"occurredFrom": "2026-03-01", "occurredBefore": "2026-04-01"}
    answer = get(path, **days, **query)
    assert (answer.status_code, answer.json().get("parameter")) == (400, parameter), answer.content


@pytest.mark.parametrize("path", ["/people", "/orders"])
def test_a_segment_is_one_of_some_days(get, buyers, path):
    answer = get(path, rfm="loyal")
    assert (answer.status_code, answer.json()["parameter"]) == (400, "rfm")
