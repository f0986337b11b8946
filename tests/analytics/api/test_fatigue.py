"""Fatigue over the API, with the people behind, and on the page of health."""

import pytest

from tests.analytics.reports.items import contact, message
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied

pytestmark = pytest.mark.either_database("a body is made of what the report answers, which its own tests ask of both")
DAYS = {"from": "2026-03-01", "to": "2026-03-31"}


@pytest.fixture
@copied
def emails(bulk, now):
    """Ada got two and clicked in the first, Bob one."""
    bulk("contacts", [contact(name, "02-01 09:00") for name in ("ada", "bob")])
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}])

    def got(name, who, when, **more):
        return message(name, when, contact=who, sent=when, delivered=when, **more)

    bulk("messages", [got("m1", "ada", "03-10 09:00", clicked="03-10 10:00"), got("m2", "ada", "03-12 09:00")])
    bulk("messages", [got("m3", "bob", "03-12 09:00")])


@pytest.fixture
def get(api, workspace):
    def ask(path, **query):
        return api.get(f"/api/workspaces/{workspace.api_id}{path}", query)

    return ask


def test_the_whole_answer(get, emails):
    body = get("/analytics/fatigue", **DAYS).json()
    assert body["to"] == "2026-03-27"
    assert body["samePerson"] is None
    first, second, third, *_ = body["emailsBefore"]
    rate = first["clickRate"]
    assert (first["emailsBefore"], first["people"]) == ("0", 2)
    assert (rate["hits"], rate["emails"], rate["rate"]) == (1, 2, 0.5)
    assert rate["low"] < 0.1 < 0.9 < rate["high"]
    assert (second["emailsBefore"], second["people"], second["clickRate"]["hits"]) == ("1", 1, 0)
    assert third == {"emailsBefore": "2-3", "people": 0, "clickRate": None, "unsubscribeRate": None}
    assert len(body["emailsBefore"]) == 6


def test_its_people_are_found_by_how_many_emails_they_had_got(get, emails):
    days = {"occurredFrom": "2026-03-01", "occurredBefore": "2026-04-01"}

    def found(**query):
        return [row["contact"] for row in get("/people", **days, **query).json()["results"]]

    assert sorted(found(emailsBefore="0")) == ["ada", "bob"]
    assert found(emailsBefore="1") == ["ada"]
    assert found(emailsBefore="0", where="channel:push") == []
    for query in ({"emailsBefore": "5"}, {"emailsBefore": "0", "flow": "new"}):
        assert get("/people", **days, **query).status_code == 400


def test_more_days_than_can_be_told_are_refused(get):
    answer = get("/analytics/fatigue", **{"from": "2025-01-01", "to": "2026-03-31"})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "from")


def test_health_has_the_curve_and_says_what_it_compares(api, workspace, emails):
    shown = text_of(api.get(f"/w/{workspace.slug}/reports/health/", DAYS).content.decode())
    assert "Email fatigue" in shown
    assert "Too few people got more emails at one time than at another to compare them with themselves." in shown
    assert "None 2 50.0%" in shown
    html = api.get(f"/w/{workspace.slug}/people/", {**DAYS, "emailsBefore": "1"}).content.decode()
    assert "Got an email, and before it in 30 days: 1 email" in text_of(html)
