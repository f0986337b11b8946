"""`POST /api/mcp`: who may ask, and that each request is answered by itself."""

import json

import psycopg
import pytest
from django.db import OperationalError
from django.test import Client

from workspaces.changes import create_key
from workspaces.models import KeyKind
from workspaces.roles import Right

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPT = "application/json, text/event-stream"


def post(body, token="", **headers):
    given = {"Accept": ACCEPT, "MCP-Protocol-Version": "2025-11-25", **headers}
    if token:
        given["Authorization"] = f"Bearer {token}"
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    client = Client(raise_request_exception=False)
    return client.post("/api/mcp", text, content_type="application/json", headers=given)


def call(name, arguments, token):
    body = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
    return post(body, token).json()["result"]


def test_a_key_that_may_read_lists_the_tools_and_asks(secret_key, workspace, now):
    response = post(LIST, secret_key)
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert len(response.json()["result"]["tools"]) == 7
    asked = call("explain_number", {"report": "overview", "number": "contacts.total"}, secret_key)
    assert (asked["isError"], asked["structuredContent"]["value"]) == (False, 0)
    assert asked["structuredContent"]["rows"] is None or asked["structuredContent"]["rows"].startswith(
        "http://testserver/"
    )
    assert json.loads(asked["content"][0]["text"]) == asked["structuredContent"]
    refused = call("nope", {}, secret_key)
    assert (refused["isError"], refused["content"][0]["text"][:24]) == (True, "There is no tool 'nope';")


def test_who_has_no_key_that_may_read_is_told_what_to_send(write_key, workspace, owner, now):
    for token in ("", "sk_unknown", write_key):
        response = post(LIST, token)
        assert response.status_code == 401
        assert "Bearer" in response["WWW-Authenticate"]
        assert "secret key" in response.json()["message"]
    _, token = create_key(workspace=workspace, kind=KeyKind.SECRET, name="w", scopes=[Right.WRITE], by=owner)
    response = post(LIST, token)
    assert (response.status_code, response.json()["message"]) == (403, "This needs the scope read.")
    assert Client().post("/api/mcp").status_code == 401


def test_a_session_is_no_key(api):
    assert api.post("/api/mcp", json.dumps(LIST), content_type="application/json").status_code == 401


@pytest.mark.parametrize("method", ["get", "delete", "put"])
def test_there_are_no_sessions_and_no_streams(secret_key, method):
    response = getattr(Client(), method)("/api/mcp", headers={"Authorization": f"Bearer {secret_key}"})
    assert (response.status_code, response["Allow"]) == (405, "POST")


def test_what_is_no_request_of_the_protocol_is_refused(secret_key):
    assert post(b"{", secret_key).status_code == 400
    assert post(b" " * 300_000, secret_key).status_code == 413
    unknown = post({"jsonrpc": "2.0", "id": 1, "method": "resources/list"}, secret_key).json()
    assert unknown["error"]["code"] == -32601


def test_a_filter_is_taken_as_the_object_that_it_is(secret_key, bulk, now):
    bulk("contacts", [{"externalId": "ada", "attributes": {"plan": "pro"}}, {"externalId": "bob"}])
    parameters = {"filter": {"field": "contact.plan", "is": ["pro"]}}
    asked = call(
        "explain_number", {"report": "overview", "number": "contacts.total", "parameters": parameters}, secret_key
    )
    assert (asked["isError"], asked["structuredContent"]["value"]) == (False, 1)


def test_a_place_beyond_all_rows_is_refused(secret_key, now):
    arguments = {"report": "overview", "number": f"messages[{'9' * 5000}]"}
    assert call("explain_number", arguments, secret_key)["isError"]


def test_what_a_tool_raises_is_a_500_without_its_details(secret_key, monkeypatch):
    def fail(*_):
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr("analytics.machines.server.call_tool", fail)
    body = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "list_metrics", "arguments": {}}}
    response = post(body, secret_key)
    assert (response.status_code, response.json()["code"]) == (500, "server_error")
    assert "hunter2" not in response.text


def test_where_the_database_is_away_it_is_a_503(secret_key, monkeypatch):
    def fail(*_):
        raise OperationalError('connection to server at "10.0.0.5" failed') from psycopg.OperationalError()

    monkeypatch.setattr("analytics.machines.server.call_tool", fail)
    body = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "list_metrics", "arguments": {}}}
    response = post(body, secret_key)
    assert response.status_code == 503
    assert "10.0.0.5" not in response.text


def test_without_the_package_the_address_is_not_there(secret_key, monkeypatch):
    monkeypatch.setattr("analytics.machines.http.is_installed", lambda: False)
    assert post(LIST, secret_key).status_code == 404
