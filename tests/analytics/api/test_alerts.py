"""Alerts over the API."""

import pytest
from django.utils import timezone

from analytics.models import Alert, AlertChange
from tests.conftest import post_json
from workspaces.changes import create_workspace
from workspaces.models import AuditEvent

ALERT = {"name": "Few visits", "metric": "events", "kind": "threshold", "direction": "down", "amount": 2}


@pytest.fixture
def url(workspace):
    return f"/api/workspaces/{workspace.api_id}/alerts"


@pytest.mark.usefixtures("now")
def test_an_alert_is_set_up_shown_changed_and_deleted(api, url, viewer_client):
    made = post_json(api, url, ALERT)
    record = {
        "id": made.json()["id"],
        **ALERT,
        "amount": 2.0,
        "parameters": {},
        "mailed": "author",
        "state": "resolved",
        "changedOn": None,
        "judgedOn": None,
        "snoozedUntil": None,
        "createdAt": "2026-03-31T12:00:00Z",
        "createdBy": "owner@example.com",
    }
    assert (made.status_code, made.json()) == (
        201,
        {**record, "trial": {"days": 90, "openedOn": ["2025-12-31"], "fallsTold": None}},
    )
    assert viewer_client.get(url).json() == {"results": [record], "next": None}
    path = f"{url}/{record['id']}"
    changed = api.patch(path, {"snoozedUntil": "2026-04-02T10:00:00Z"}, content_type="application/json").json()
    assert changed == {**record, "snoozedUntil": "2026-04-02T10:00:00Z"}
    assert api.patch(path, {"amount": 3}, content_type="application/json").json()["amount"] == 3.0
    assert api.delete(path).status_code == 204
    assert not Alert.objects.exists()
    actions = [*AuditEvent.objects.filter(action__startswith="alert").order_by("pk").values_list("action", flat=True)]
    assert actions == ["alert_saved", "alert_changed", "alert_changed", "alert_deleted"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"metric": "nonsense"}, "metric"),
        ({"kind": "other"}, "kind"),
        ({"amount": None}, "amount"),
        ({"kind": "anomaly"}, "amount"),
        ({"direction": "both"}, "direction"),
        ({"kind": "silence", "amount": None, "direction": "up"}, "direction"),
        ({"kind": "change", "amount": -1}, "amount"),
        ({"mailed": "everybody"}, "mailed"),
        ({"parameters": {"range": "7d"}}, "parameters"),
        ({"parameters": {"segment": ["seg_999"]}}, "parameters"),
        ({"parameters": {"campaign": "cmp_999"}}, "parameters"),
        ({"name": ""}, "name"),
    ],
)
def test_what_no_alert_can_be_is_refused(api, url, changed, field):
    refused = post_json(api, url, {**ALERT, **changed})
    assert (refused.status_code, [*refused.json()["fields"]]) == (400, [field]), refused.json()
    assert not Alert.objects.exists()


def test_a_name_is_taken_once(api, url):
    assert post_json(api, url, ALERT).status_code == 201
    assert post_json(api, url, ALERT).status_code == 409


def test_changes_are_listed_of_an_alert(api, url, workspace, owner):
    alert = Alert.objects.get(pk=int(post_json(api, url, ALERT).json()["id"].removeprefix("alr_")))
    change = {"day": "2026-03-30", "at": timezone.now(), "value": 1.0, "low": 2.0}
    AlertChange.objects.create(workspace=workspace, alert=alert, opened=True, **change)
    [row] = api.get(f"{url.removesuffix('alerts')}alert-changes", {"alert": alert.api_id}).json()["results"]
    assert {name: row[name] for name in ("alert", "state", "day", "value", "expected", "low", "high")} == {
        "alert": alert.api_id,
        "state": "open",
        "day": "2026-03-30",
        "value": 1.0,
        "expected": None,
        "low": 2.0,
        "high": None,
    }
    other = create_workspace(name="Other", by=owner)
    assert api.get(f"/api/workspaces/{other.api_id}/alert-changes").json()["results"] == []
    assert api.get(f"/api/workspaces/{other.api_id}/alerts/{alert.api_id}").status_code == 404
