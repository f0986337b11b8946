"""Notes on days over the API."""

import pytest
from django.test import Client

from analytics.models import Campaign, Note
from tests.conftest import post_json
from workspaces.changes import create_key, create_workspace
from workspaces.models import AuditEvent, KeyKind
from workspaces.roles import Right

SALE = {"day": "2026-03-12", "text": "Sale began"}


@pytest.fixture
def url(workspace):
    return f"/api/workspaces/{workspace.api_id}/notes"


@pytest.mark.usefixtures("now")
def test_a_note_is_written_shown_changed_and_deleted(api, url, viewer_client, workspace):
    made = post_json(api, url, SALE)
    expected = {
        "id": made.json()["id"],
        **SALE,
        "campaign": None,
        "createdAt": "2026-03-31T12:00:00Z",
        "createdBy": "owner@example.com",
    }
    assert (made.status_code, made.json()) == (201, expected)
    assert viewer_client.get(url).json() == {"results": [expected], "next": None}
    path = f"{url}/{expected['id']}"
    changed = api.patch(path, {"text": "Sale ended"}, content_type="application/json").json()
    assert changed == {**expected, "text": "Sale ended"}
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    lines = AuditEvent.objects.filter(workspace=workspace, action__startswith="note_").order_by("pk")
    assert [(line.action, line.before, line.after) for line in lines] == [
        ("note_written", {}, {**SALE, "campaign": None}),
        ("note_changed", {"text": "Sale began"}, {"text": "Sale ended"}),
        ("note_deleted", {**SALE, "text": "Sale ended", "campaign": None}, {}),
    ]


def test_notes_are_found_by_day_and_by_campaign(api, url, bulk, workspace):
    bulk("campaigns", [{"externalId": "spring", "name": "Spring", "channel": "EMAIL", "status": "ACTIVE"}])
    campaign = Campaign.objects.get(workspace=workspace).api_id
    for day, of in (("2026-03-11", None), ("2026-03-12", campaign), ("2026-03-13", None)):
        assert post_json(api, url, {"day": day, "text": day, "campaign": of}).status_code == 201

    def days(**asked):
        return [row["day"] for row in api.get(url, {"ordering": "day", **asked}).json()["results"]]

    assert days(dayFrom="2026-03-12") == ["2026-03-12", "2026-03-13"]
    assert days(dayBefore="2026-03-12") == ["2026-03-11"]
    assert days(campaign=campaign) == ["2026-03-12"]
    assert api.get(url, {"campaign": "cmp_999999"}).status_code == 400


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("day", "yesterday"),
        ("day", None),
        ("day", "1969-12-31"),
        ("day", "2100-01-01"),
        ("text", ""),
        ("text", "x" * 201),
        ("campaign", "cmp_999999"),
        ("campaign", "spring"),
    ],
)
def test_what_no_note_can_be_of_is_refused(api, url, field, value):
    refused = post_json(api, url, {**SALE, field: value})
    assert (refused.status_code, [*refused.json()["fields"]]) == (400, [field])
    note = post_json(api, url, SALE).json()["id"]
    assert api.patch(f"{url}/{note}", {field: value}, content_type="application/json").status_code == 400
    assert Note.objects.get().text == SALE["text"]


def test_a_note_names_no_campaign_of_another_workspace(api, url, owner):
    other = create_workspace(name="Other", by=owner)
    theirs = Campaign.objects.create(workspace=other, external_id="c", name="C").api_id
    assert post_json(api, url, {**SALE, "campaign": theirs}).status_code == 400


def test_a_key_writes_notes_by_its_right_to_curate(url, workspace):
    curate, read = (
        create_key(workspace=workspace, kind=KeyKind.SECRET, name=str(right), by=None, scopes=[right])[1]
        for right in (Right.CURATE, Right.READ)
    )
    assert post_json(Client(), url, SALE, Authorization=f"Bearer {read}").status_code == 403
    assert post_json(Client(), url, SALE, Authorization=f"Bearer {curate}").json()["createdBy"] is None


def test_addresses_in_notes_are_masked_for_who_sees_none(api, url, viewer_client):
    post_json(api, url, {**SALE, "text": "Asked ann.lee@example.org"})
    assert "ann.lee" not in viewer_client.get(url).text
    assert "ann.lee" in api.get(url).text
