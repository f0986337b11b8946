"""How long before a conversion touches count: a setting of the workspace, over the API and on its page."""

import pytest

from tests.analytics.reports.items import contact, event
from tests.analytics.views.texts import text_of
from workspaces.models import Action, AuditEvent, Workspace

DEFAULTS = {"utm": 30, "click": 5, "open": 1, "delivered": 1}
MONEY = "/w/acme/settings/money/"


@pytest.fixture
def patch(api, workspace):
    def send(body, status=200):
        answer = api.patch(f"/api/workspaces/{workspace.api_id}", body, content_type="application/json")
        assert answer.status_code == status, answer.content
        return answer.json()

    return send


def test_those_that_are_said_change(patch, workspace):
    assert patch({"name": "Acme"})["lookbackDays"] == DEFAULTS
    assert patch({"lookbackDays": {"click": 7}})["lookbackDays"] == {**DEFAULTS, "click": 7}
    assert patch({"lookbackDays": {}})["lookbackDays"] == {**DEFAULTS, "click": 7}
    assert Workspace.objects.get().click_lookback_days == 7
    [changed] = AuditEvent.objects.filter(action=Action.SETTINGS_CHANGED)
    assert (changed.before, changed.after) == ({"click_lookback_days": 5}, {"click_lookback_days": 7})


@pytest.mark.parametrize("days", [0, 366, "a week", None])
def test_what_is_no_number_of_days_is_refused(patch, days):
    assert "lookbackDays" in str(patch({"lookbackDays": {"utm": days}}, status=400))


def test_a_kind_that_there_is_not_is_refused(patch):
    patch({"lookbackDays": {"visit": 3}}, status=400)


@pytest.fixture
def credited(api, workspace, bulk, now):
    bulk("contacts", [contact("ada", "01-10 09:00")])
    bulk("events", [event("visit", "ada", "03-10 09:00", utm={"source": "s"}), event("purchase", "ada", "03-20 09:00")])

    def get(place="analytics/attribution", **query):
        return api.get(f"/api/workspaces/{workspace.api_id}/{place}", query).json()

    return get


@pytest.mark.long
def test_credit_looks_back_so_far_unless_it_is_told_otherwise(credited, patch):
    assert credited(model="last")["credit"]["credited"] == 1
    patch({"lookbackDays": {"utm": 9, "open": 3}})
    answer = credited(model="last")
    assert answer["credit"]["credited"] == 0
    assert answer["meta"]["question"]["lookback.utm"] == "9d"
    assert credited(model="last", lookback="30d")["credit"]["credited"] == 1
    assert credited(touchpoints="utm,open")["credit"]["lookback"] == {"utm": "9d", "open": "3d"}
    assert len(credited("conversions", credited="true")["results"]) == 0


def test_without_a_rule_the_setting_changes_nothing(credited, patch):
    before = credited()
    patch({"lookbackDays": {"utm": 9}})
    after = credited()
    assert {**after, "meta": {}} == {**before, "meta": {}}


def test_the_page_saves_them(api, workspace):
    form = {"utm_lookback_days": "14", "click_lookback_days": "3"}
    rest = {"open_lookback_days": "1", "delivered_lookback_days": "2"}
    assert api.post(MONEY, {**form, **rest}).status_code == 302
    assert Workspace.objects.get().lookback_days == {"utm": 14, "click": 3, "open": 1, "delivered": 2}
    refused = api.post(MONEY, {**form, **rest, "utm_lookback_days": "400"})
    assert refused.status_code == 400
    assert "less than or equal to 365" in text_of(refused.text)
    assert "Visits with a UTM source, in days" in text_of(api.get(MONEY).text)
