"""A report asked by a body is the one that is asked by its address, with room for longer conditions."""

import json

import pytest
from django.test import Client

from analytics.models import ABTest, Campaign
from analytics.questions.filter_reader import MAX_FILTER_BYTES
from analytics.registry import REPORTS
from tests.analytics.shop import add_plans_and_amounts, fill_shop
from tests.conftest import post_json
from tests.copied_rows import copied
from workspaces.changes import create_key
from workspaces.models import KeyKind

pytestmark = pytest.mark.either_database("a body is read before the database is asked")

DAYS = {"from": "2026-03-20", "to": "2026-03-31"}
ASKED = {
    "api-overview": {**DAYS, "opens": "human", "breakdown": "contact.plan", "limit": 1},
    "api-attention": {"range": "30d", "compare": "previous"},
    "api-campaigns-report": {**DAYS, "channel": "email"},
    "api-campaign": {"days": 12, "rows": True, "where": "channel:email"},
    "api-engagement": {**DAYS, "segment": []},
    "api-campaign-tests": {"rows": True},
    "api-timeseries": {**DAYS, "metric": ["sent", "opens"], "interval": "week", "breakdown": "channel"},
    "api-attribution": {**DAYS, "where": ["utm.source:s1", "contact.plan:*"]},
    "api-holdouts": {**DAYS, "model": "linear", "where": ["contact.known:true"]},
    "api-attribution-models": {**DAYS, "touchpoints": ["utm", "click"], "lookback.click": "2d", "breakdown": "touch"},
    "api-attribution-paths": {**DAYS, "reuse": False, "min": 1, "limit": 3},
    "api-funnel": {**DAYS, "steps": ["visit", "purchase"], "where": ["property.amount>=20"]},
    "api-revenue": {**DAYS, "refundsBy": "order", "breakdown": "contact.plan", "limit": 2},
    "api-cohorts": {"range": "30d", "metric": "conversions"},
    "api-ab-tests-report": {**DAYS, "rows": True},
    "api-ab-test-report": {"metric": "event:visit", "window": "3d", "cap": "0.99", "rows": True},
    "api-deliverability": {**DAYS, "by": "campaign", "where": "channel:email"},
    "api-list-growth": {**DAYS, "interval": "week", "where": "contact.known:true"},
    "api-list-engagement": DAYS,
    "api-send-times": {**DAYS, "where": "channel:email"},
    "api-fatigue": {**DAYS, "where": "contact.known:true"},
    "api-lifecycle": {**DAYS, "return": "opens", "interval": "week"},
    "api-stickiness": {**DAYS, "return": "event:visit", "interval": "week"},
    "api-what-changed": {**DAYS, "metric": "conversion_events", "breakdown": "contact.known", "rows": True},
    "api-rfm": {**DAYS, "where": "contact.known:true"},
    "api-ltv": {**DAYS, "cohort": "first_order", "by": "source", "horizon": 3, "cost": "9.50"},
}


@pytest.fixture
@copied
def shop(bulk, now):
    fill_shop(bulk)
    add_plans_and_amounts(bulk)


def place_of(workspace, endpoint):
    place = endpoint.place.replace("(?P<campaign_id>[^/]+?)", Campaign.objects.get(name="Welcome").api_id)
    place = place.replace("(?P<test_id>[^/]+?)", ABTest.objects.get(name="Subject").api_id)
    return f"/api/workspaces/{workspace.api_id}/analytics{place}"


def parameters(body):
    texts = {name: str(value).lower() if isinstance(value, bool) else value for name, value in body.items()}
    joined = {
        name: ",".join(texts[name]) for name in ("steps", "metric", "touchpoints") if isinstance(texts.get(name), list)
    }
    return {**texts, **joined}


def without_clock(answer):
    body = answer.json()
    return {**body, "meta": {name: value for name, value in body["meta"].items() if name != "generatedAt"}}


@pytest.mark.long
def test_each_report_answers_a_body_as_its_parameters(api, workspace, shop):
    for endpoint in (endpoint for report in REPORTS for endpoint in report.endpoints):
        body = ASKED[endpoint.name]
        place = place_of(workspace, endpoint)
        by_body = post_json(api, f"{place}/query", body)
        assert by_body.status_code == 200, (endpoint.name, by_body.content)
        by_address = api.get(place, parameters(body))
        assert without_clock(by_body) == without_clock(by_address)
        if question := by_body.json()["meta"].get("question"):
            again = post_json(api, f"{place}/query", {**question, "rows": body.get("rows", False)})
            assert without_clock(again) == without_clock(by_body), endpoint.name


def asked(api, workspace, body, path=""):
    return post_json(api, f"/api/workspaces/{workspace.api_id}/analytics{path}/query", body)


def test_a_filter_may_be_longer_than_an_address_and_its_question_asks_the_same(api, workspace, shop):
    plans = ["pro", *(f"a plan of many, number {n}" for n in range(400))]
    conditions = {"all": [{"field": "contact.plan", "is": plans}, {"did": "visit", "times": {"gte": 1}}]}
    assert len(json.dumps(conditions)) > 2 * MAX_FILTER_BYTES
    answer = asked(api, workspace, {**DAYS, "filter": conditions})
    short = {"all": ["contact.plan:pro", {"did": "visit", "times": {"gte": 1}}]}
    assert answer.json()["events"] == asked(api, workspace, {**DAYS, "filter": short}).json()["events"]
    question = answer.json()["meta"]["question"]
    again = asked(api, workspace, question)
    assert again.json()["meta"]["question"] == question
    assert without_clock(again) == without_clock(answer)


def test_rows_behind_conditions_that_no_address_has_room_for_have_none(api, workspace, shop):
    plans = [f"a plan of many, number {n}" for n in range(400)]
    answer = asked(api, workspace, {**DAYS, "rows": True, "filter": {"field": "contact.plan", "is": ["pro", *plans]}})
    assert answer.json()["events"]["rows"] == {"total": None}


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"colour": "red"}, "colour"),
        ({"steps": "a"}, "steps"),
        ({"range": ["7d", "30d"]}, "range"),
        ({"days": 1.5}, "days"),
        ({"days": None}, "days"),
        ({"range": "fortnight"}, "range"),
        ({"filter": {"field": "contact.plan"}}, "filter"),
        ({"filter": "{"}, "filter"),
        ({"where": [{"field": "contact.plan"}]}, "where"),
        ({"where": "x" * 3}, "where"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(api, workspace, shop, body, parameter):
    answer = asked(api, workspace, body)
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


def test_a_body_is_an_object_of_bounded_size(api, workspace):
    assert asked(api, workspace, [1]).status_code == 400
    assert asked(api, workspace, {"filter": "x" * 300_000}).status_code == 413


def test_reading_needs_no_more_than_the_right_to_read(api, workspace, shop):
    address = f"/api/workspaces/{workspace.api_id}/analytics/query"
    _, token = create_key(workspace=workspace, kind=KeyKind.SECRET, name="reads", scopes=["read"], by=None)
    answer = post_json(Client(), address, DAYS, Authorization=f"Bearer {token}")
    assert answer.status_code == 200, answer.content
    assert post_json(Client(), address, DAYS).status_code == 401
    assert api.get(address).status_code == 405
