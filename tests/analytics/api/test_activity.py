"""Lifecycle and stickiness over the API."""

import pytest

from tests.analytics.reports.items import contact, event
from tests.copied_rows import copied

pytestmark = pytest.mark.usefixtures("now")
DAYS = {"from": "2026-03-23", "to": "2026-03-31"}


@pytest.fixture
@copied
def visits(bulk):
    bulk("contacts", [contact("ada", "03-02 10:00"), contact("bob", "03-02 10:00")])
    visits = [("ada", "03-02 12:00"), ("ada", "03-24 09:00"), ("ada", "03-30 09:00"), ("bob", "03-24 09:00")]
    bulk("events", [event("visit", who, when) for who, when in [*visits, ("?x", "03-30 10:00")]])


@pytest.fixture
def get(api, workspace):
    def ask(report, **query):
        return api.get(f"/api/workspaces/{workspace.api_id}/analytics/{report}", {**DAYS, **query})

    return ask


def test_lifecycle_by_week(visits, get):
    body = get("lifecycle", interval="week").json()
    assert body["meta"].pop("question") == {**DAYS, "interval": "week", "return": "events"}
    del body["meta"]
    assert body == {
        "period": "9d",
        "metric": "events",
        "interval": "week",
        "periods": [
            {
                "date": "2026-03-23",
                "to": "2026-03-29",
                **{"new": 1, "returning": 0, "resurrecting": 1, "dormant": 0, "active": 2},
                "complete": True,
            },
            {
                "date": "2026-03-30",
                "to": "2026-04-05",
                **{"new": 1, "returning": 1, "resurrecting": 0, "dormant": 1, "active": 2},
                "complete": False,
            },
        ],
    }


def test_stickiness(visits, get):
    body = get("stickiness").json()
    assert body["people"] == 3
    assert body["distribution"] == [
        {"periods": 1, "people": 2, "share": 0.667},
        {"periods": 2, "people": 1, "share": 0.333},
    ]
    assert body["series"][-2] == {"date": "2026-03-30", "dau": 2, "wau": 3, "mau": 3, "stickiness": 0.667}


@pytest.mark.long
def test_lifecycle_by_group(visits, get, api):
    body = get("lifecycle", interval="week", breakdown="contact.known", rows="true").json()
    known, unknown = body["groups"]
    assert (known["value"], unknown["value"]) == ("true", "false")
    states = ("new", "returning", "resurrecting", "dormant", "active")
    numbers = [[period[state] for state in states] for group in (known, unknown) for period in group["periods"]]
    assert numbers == [[1, 0, 1, 0, 2], [0, 1, 0, 1, 1], [0, 0, 0, 0, 0], [1, 0, 0, 0, 1]]
    for group in (known, unknown):
        for period in group["periods"]:
            for state in states:
                assert len(api.get(period["rows"][state]).json()["results"]) == period[state]
    lines = get("lifecycle", interval="week", breakdown="contact.known", format="csv").getvalue().decode("utf-8-sig")
    assert lines.splitlines()[1] == "true,true,2026-03-23,2026-03-29,1,0,1,0,2,True"


def test_stickiness_by_group(visits, get, api):
    body = get("stickiness", breakdown="contact.known", rows="true").json()
    known, unknown = body["groups"]
    assert [row["people"] for row in known["distribution"]] == [1, 1]
    assert [row["people"] for row in unknown["distribution"]] == [1]
    assert (known["people"], known["distribution"][0]["share"]) == (2, 0.5)
    for group in (known, unknown):
        for row in (group, *group["distribution"]):
            assert len(api.get(row["rows"]["people"]).json()["results"]) == row["people"]


def test_more_often_than_so_many_times_is_asked_for_with_a_number(visits, api, workspace):
    days = {"occurredFrom": "2026-03-23", "occurredBefore": "2026-04-01", "activity": "events"}
    address = f"/api/workspaces/{workspace.api_id}/people"
    assert len(api.get(address, {**days, "activePeriodsFrom": "2"}).json()["results"]) == 1
    for more in ({"activePeriods": "2"}, {"state": "new"}):
        refused = api.get(address, {**days, "activePeriodsFrom": "2", **more})
        assert refused.json()["parameter"] == "activePeriodsFrom"


@pytest.mark.parametrize(
    ("report", "query", "named"),
    [
        ("lifecycle", {"return": "revenue"}, "return"),
        ("lifecycle", {"return": "event:nothing"}, "return"),
        ("lifecycle", {"interval": "hour"}, "interval"),
        ("lifecycle", {"from": "2016-04-02"}, "interval"),
        ("stickiness", {"from": "2016-04-02"}, "from"),
        ("stickiness", {"breakdown": "contact.signedUpAt"}, "breakdown"),
        ("lifecycle", {"breakdown": "channel"}, "breakdown"),
    ],
)
def test_what_is_not_understood_is_refused(visits, get, report, query, named):
    answer = get(report, **query)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"{named} ")
