"""Holdouts over the API: what is incremental, as the report has it, in JSON and as a file."""

import csv
import io

import pytest

from analytics.ingest.ab_tests import take_tests
from analytics.models import ABTest
from tests.copied_rows import copied

pytestmark = pytest.mark.usefixtures("now")
ARMS = [{"name": "treated", "weight": 9}, {"name": "held out", "isControl": True}]
AT = "2026-03-{:02}T10:00:00Z"


@pytest.fixture
@copied
def holdout(bulk, workspace, now):
    """30 people each; 15 of the treated buy for 10 euros, and 6 who are held out."""
    take_tests(workspace, [{"externalId": "h", "name": "H", "isHoldout": True, "variants": ARMS}], received_at=now)
    numbers = range(60)
    bulk("contacts", [{"externalId": f"u{number}", "signedUpAt": AT.format(1)} for number in numbers])
    given = [
        {"abTest": "h", "variant": ("treated", "held out")[number % 2], "contact": f"u{number}"} for number in numbers
    ]
    bulk("assignments", [{**each, "assignedAt": AT.format(5)} for each in given])
    event = {"type": "purchase", "occurredAt": AT.format(9), "properties": {"revenue": 10, "currency": "EUR"}}
    bulk("events", [{**event, "contact": f"u{number}"} for number in (*range(0, 30, 2), *range(1, 13, 2))])


def test_what_is_incremental(holdout, report):
    [row] = report("/holdouts", days=30)["holdouts"]
    assert row["treated"] == {
        "variant": "treated",
        "people": 30,
        "convertingPeople": 15,
        "conversionRate": 0.5,
        "conversionsPerPerson": 0.5,
        "revenuePerPerson": 500.0,
    }
    assert (row["heldOut"]["people"], row["heldOut"]["conversionRate"], row["campaignId"]) == (30, 0.2, None)
    of_conversions, of_revenue = row["incremental"]["conversions"], row["incremental"]["revenue"]
    assert (of_conversions["amount"], of_revenue["amount"]) == (pytest.approx(9), pytest.approx(9_000))
    assert of_conversions["low"] < 9 < of_conversions["high"]
    assert 0 < of_conversions["p"] <= 1
    assert (row["sentAnywayRate"], row["ofBoth"]) == (0.0, 0)
    assert row["models"]["last"] == {"credit": 0.0, "revenue": 0, "share": None, "shareOfRevenue": None}
    assert row["models"]["markov"]["refusal"]


@pytest.mark.long
def test_people_open_to_their_lists(holdout, api, bulk, report):
    """u1 and u3 of the held out were sent a message all the same; what happened before counts of neither."""
    bulk("campaigns", [{"externalId": "c", "name": "C"}])
    sent = {"campaign": "c", "channel": "EMAIL"}
    times = {0: 6, 1: 6, 3: 7, 5: 4}
    bulk(
        "messages", [{**sent, "externalId": f"m{n}", "contact": f"u{n}", "sentAt": AT.format(times[n])} for n in times]
    )
    bulk("events", [{"type": "purchase", "occurredAt": AT.format(4), "contact": "u59"}])
    row = report("/holdouts", days=30, rows="true")["holdouts"][0]
    assert (row["sentAnyway"], row["sentAnywayRate"]) == (2, 0.067)
    assert _contacts(api, row["rows"]["sentAnyway"]) == {"u1", "u3"}
    assert _contacts(api, row["treated"]["rows"]["convertingPeople"]) == {f"u{n}" for n in range(0, 30, 2)}
    assert _contacts(api, row["heldOut"]["rows"]["convertingPeople"]) == {f"u{n}" for n in range(1, 13, 2)}
    for arm in ("treated", "heldOut"):
        assert len(api.get(row[arm]["rows"]["people"]).json()["results"]) == 30
    assert api.get(row["rows"]["ofBoth"]).json()["results"] == []


def _contacts(api, address):
    return {each["contact"] for each in api.get(address).json()["results"]}


@pytest.mark.parametrize(
    "query",
    [
        {"members": "converted"},
        {"members": "sentAnyway", "goal": "click"},
        {"members": "converted", "firstPeople": "3"},
    ],
)
def test_lists_by_days_need_these_and_no_goal(holdout, api, workspace, query):
    address, test = f"/api/workspaces/{workspace.api_id}/people", ABTest.objects.get().api_id
    days = {} if query == {"members": "converted"} else {"occurredFrom": "2026-03-01", "occurredBefore": "2026-04-01"}
    answer = api.get(address, {"test": test, **query, **days})
    assert (answer.status_code, answer.json()["parameter"] in {"occurredFrom", "members", *query}) == (400, True)
    page = api.get(f"/w/{workspace.slug}/people/", {"test": test, **query, **({"from": "2026-03-01"} if days else {})})
    assert page.status_code == (200 if days else 404)


@pytest.mark.long
def test_conditions_on_people_choose_whom_is_told_of(holdout, api, bulk, report):
    bulk("contacts", [{"externalId": f"u{number}", "attributes": {"plan": "pro"}} for number in range(10)])
    asked = {"days": 30, "where": "contact.plan:pro", "rows": "true"}
    row = report("/holdouts", **asked)["holdouts"][0]
    assert [row[arm]["people"] for arm in ("treated", "heldOut")] == [5, 5]
    assert len(api.get(row["treated"]["rows"]["people"]).json()["results"]) == 5
    assert row["incremental"]["conversions"] is None


def test_as_a_file_and_asked_by_a_body(holdout, api, workspace, report):
    url = f"/api/workspaces/{workspace.api_id}/analytics/holdouts"
    [line] = csv.DictReader(io.StringIO(api.get(f"{url}.csv", {"days": "30"}).getvalue().decode()))
    assert (line["name"], line["treated.people"], line["heldOut.conversionRate"]) == ("H", "30", "0.2")
    asked = api.post(f"{url}/query", {"days": 30}, content_type="application/json").json()
    assert asked["holdouts"] == report("/holdouts", days=30)["holdouts"]
    assert api.get(url, {"model": "guess"}).status_code == 400


def test_without_a_holdout_there_is_none(report):
    assert report("/holdouts")["holdouts"] == []
