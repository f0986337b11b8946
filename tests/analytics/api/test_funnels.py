"""Saved funnels over the API."""

import pytest
from django.test import Client

from tests.conftest import post_json
from workspaces.changes import create_key
from workspaces.models import KeyKind
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
