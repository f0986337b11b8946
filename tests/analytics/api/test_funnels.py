"""Saved funnels over the API."""

import json

import pytest
from django.test import Client

from tests.conftest import post_json
from workspaces.changes import create_key
from workspaces.models import AuditEvent, KeyKind
from workspaces.roles import Right

FUNNEL = {"name": "Checkout", "steps": ["add_to_cart", "purchase"]}


@pytest.fixture
def url(workspace):
    return f"/api/workspaces/{workspace.api_id}/funnels"


@pytest.mark.usefixtures("now")
def test_a_funnel_is_saved_shown_and_deleted(api, url, viewer_client):
    made = post_json(api, url, FUNNEL)
    assert made.status_code == 201
    expected = {
        **FUNNEL,
        "id": made.json()["id"],
        "window": "14d",
        "order": "ordered",
        "exclude": [],
        "range": "30d",
        "createdAt": "2026-03-31T12:00:00Z",
        "createdBy": "owner@example.com",
    }
    assert made.json() == expected
    assert viewer_client.get(url).json() == {"results": [expected], "next": None}
    assert viewer_client.get(url, {"q": "nothing"}).json()["results"] == []
    path = f"{url}/{expected['id']}"
    assert viewer_client.get(path).json() == expected
    assert api.delete(path, headers={"If-Match": '"other"'}).status_code == 412
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_a_name_is_taken_once(api, url, workspace):
    key = create_key(workspace=workspace, kind=KeyKind.SECRET, name="k", by=None, scopes=[Right.CURATE])[1]
    made = post_json(Client(), url, FUNNEL, Authorization=f"Bearer {key}")
    assert (made.status_code, made.json()["createdBy"]) == (201, None)
    again = post_json(api, url, FUNNEL)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


def test_the_same_request_saves_one_funnel(api, url):
    first, again = (post_json(api, url, FUNNEL, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert (again.status_code, again.json(), again["ETag"]) == (201, first.json(), first["ETag"])
    assert post_json(api, url, FUNNEL, **{"Idempotency-Key": "k2"}).status_code == 409


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("steps", []),
        ("steps", ["a"] * 11),
        ("steps", ["a", ""]),
        ("steps", "a,b"),
        ("steps", ["x" * 201]),
        ("range", "2d"),
    ],
)
def test_a_bad_funnel_names_the_field(api, url, field, value):
    refused = post_json(api, url, {**FUNNEL, field: value})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert field in refused.json()["fields"]


def test_who_may_save_and_delete(api, url, viewer_client, stranger_client, secret_key):
    path = f"{url}/{post_json(api, url, FUNNEL).json()['id']}"
    key = {"Authorization": f"Bearer {secret_key}"}
    for client, headers, status in ((viewer_client, {}, 403), (stranger_client, {}, 404), (Client(), key, 403)):
        assert post_json(client, url, FUNNEL, **headers).status_code == status
        assert client.delete(path, headers=headers).status_code == status
    assert Client().delete(path).status_code == 401


def test_a_funnel_is_changed_field_by_field(api, url):
    made = post_json(api, url, FUNNEL).json()
    path = f"{url}/{made['id']}"
    for change in ({"name": "Other"}, {"steps": ["x"]}, {"range": "7d"}, {}):
        made |= change
        answer = api.patch(path, json.dumps(change), content_type="application/json")
        assert (answer.status_code, answer.json()) == (200, made)
        assert api.get(path).json() == made
    stale = {"If-Match": '"other"'}
    assert api.patch(path, json.dumps({}), content_type="application/json", headers=stale).status_code == 412


def test_a_change_to_a_name_that_is_taken_changes_nothing(api, url):
    post_json(api, url, {**FUNNEL, "name": "Taken"})
    made = post_json(api, url, FUNNEL).json()
    path = f"{url}/{made['id']}"
    refused = api.patch(path, json.dumps({"name": "Taken", "steps": ["x"]}), content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert api.get(path).json() == made


@pytest.mark.parametrize("change", [{"name": ""}, {"steps": []}, {"range": "2d"}, {"steps": None}])
def test_a_bad_change_names_the_field(api, url, change):
    path = f"{url}/{post_json(api, url, FUNNEL).json()['id']}"
    refused = api.patch(path, json.dumps(change), content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert refused.json()["fields"].keys() == change.keys()


def test_what_is_done_to_funnels_is_recorded(api, url, workspace):
    key, token = create_key(workspace=workspace, kind=KeyKind.SECRET, name="k", by=None, scopes=[Right.CURATE])
    made = post_json(Client(), url, FUNNEL, Authorization=f"Bearer {token}").json()
    path = f"{url}/{made['id']}"
    for change in ({"range": "7d"}, {"range": "7d"}):
        api.patch(path, json.dumps(change), content_type="application/json")
    api.delete(path)
    lines = AuditEvent.objects.filter(workspace=workspace, target=made["id"]).order_by("pk")
    kept = {**FUNNEL, "rules": {"window": "14d"}, "range": "30d"}
    assert list(lines.values_list("action", "actor_name", "before", "after")) == [
        ("funnel_saved", key.prefix, {}, kept),
        ("funnel_changed", "owner@example.com", {"range": "30d"}, {"range": "7d"}),
        ("funnel_deleted", "owner@example.com", {**kept, "range": "7d"}, {}),
    ]
