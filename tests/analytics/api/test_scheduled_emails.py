"""Scheduled emails over the API."""

import pytest

from analytics.models import EmailRecipient, SavedQuestion, ScheduledEmail
from tests.conftest import post_json
from workspaces.changes import create_workspace
from workspaces.models import AuditEvent

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def url(workspace):
    return f"/api/workspaces/{workspace.api_id}/scheduled-emails"


@pytest.fixture
def body(workspace, owner):
    question = SavedQuestion.objects.create(workspace=workspace, name="Q", report="overview")
    said = {"name": "Week", "question": question.api_id, "frequency": "weekly", "recipients": [owner.api_id]}
    return {**said, "hour": 7, "days": "period"}


def test_one_is_set_up_shown_changed_paused_and_deleted(api, url, body, owner, viewer_client):
    made = post_json(api, url, body)
    record = {
        "id": made.json()["id"],
        **body,
        "recipients": [{"member": owner.api_id, "state": "subscribed"}],
        "isPaused": False,
        "nextAt": "2026-04-06T05:00:00Z",
        "madeAt": None,
        "problem": "",
        "createdAt": "2026-03-31T12:00:00Z",
        "createdBy": "owner@example.com",
    }
    assert (made.status_code, made.json()) == (201, record)
    assert viewer_client.get(url).json() == {"results": [record], "next": None}
    path = f"{url}/{record['id']}"
    daily = api.patch(path, {"frequency": "daily"}, content_type="application/json").json()
    assert daily == {**record, "frequency": "daily", "nextAt": "2026-04-01T05:00:00Z"}
    paused = api.patch(path, {"isPaused": True}, content_type="application/json").json()
    assert paused == {**daily, "isPaused": True, "nextAt": None}
    assert api.patch(path, {"recipients": []}, content_type="application/json").json()["recipients"] == []
    assert api.delete(path).status_code == 204
    assert not ScheduledEmail.objects.exists()
    actions = AuditEvent.objects.filter(action__contains="email").order_by("pk").values_list("action", flat=True)
    assert [*actions] == ["email_scheduled", *["scheduled_email_changed"] * 2, "scheduled_email_deleted"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"question": "qst_999"}, "question"),
        ({"question": "x"}, "question"),
        ({"frequency": "hourly"}, "frequency"),
        ({"hour": 24}, "hour"),
        ({"days": "all"}, "days"),
        ({"recipients": ["usr_999"]}, "recipients"),
        ({"recipients": ["ada@example.com"]}, "recipients"),
        ({"other": 1}, "other"),
    ],
)
def test_what_no_email_can_be_is_refused(api, url, body, changed, field):
    refused = post_json(api, url, {**body, **changed})
    assert (refused.status_code, [*refused.json()["fields"]]) == (400, [field]), refused.json()
    assert not ScheduledEmail.objects.exists()


def test_a_question_that_cannot_be_asked_is_refused(api, url, body):
    SavedQuestion.objects.update(parameters={"segment": ["seg_999"]})
    assert [*post_json(api, url, body).json()["fields"]] == ["question"]


def test_a_name_is_taken_once(api, url, body):
    assert post_json(api, url, body).status_code == 201
    assert post_json(api, url, body).status_code == 409


def test_whoever_unsubscribed_stays_so(api, url, body, owner, now):
    path = f"{url}/{post_json(api, url, body).json()['id']}"
    EmailRecipient.objects.update(unsubscribed_at=now)
    changed = api.patch(path, {"recipients": [owner.api_id]}, content_type="application/json").json()
    assert changed["recipients"] == [{"member": owner.api_id, "state": "unsubscribed"}]


def test_those_of_a_question_are_listed_and_of_this_workspace_alone(api, url, body, owner):
    made = post_json(api, url, body).json()
    assert [row["id"] for row in api.get(url, {"question": body["question"]}).json()["results"]] == [made["id"]]
    assert api.get(url, {"question": "qst_999"}).json()["results"] == []
    other = create_workspace(name="Other", by=owner)
    theirs = f"/api/workspaces/{other.api_id}/scheduled-emails"
    assert api.get(theirs).json()["results"] == []
    assert api.get(f"{theirs}/{made['id']}").status_code == 404
    assert post_json(api, theirs, body).status_code == 400
