"""No database, or no lock in time: 503 as JSON where JSON is spoken, to be tried again; a page elsewhere."""

import threading

import pytest
from django.db import InterfaceError, OperationalError, connection, connections, transaction
from django.test import Client

from analytics.ingest.people.identities import locked_numbers
from analytics.models import Event
from tests.conftest import post_json
from workspaces.scope import scope

AWAY = [OperationalError("server closed the connection unexpectedly"), InterfaceError("connection already closed")]
CALL = {"type": "track", "event": "did", "userId": "u1", "distinct_id": "u1"}
REQUESTS = [
    ("post", "/v1/batch"),
    ("post", "/v1/track"),
    ("post", "/v1/t/"),
    ("post", "/batch/"),
    ("post", "/capture"),
    ("post", "/e/"),
    ("post", "/api/workspaces/{workspace}/events/bulk"),
    ("get", "/api/workspaces/{workspace}/campaigns"),
    ("get", "/api/workspaces/{workspace}/analytics"),
    ("get", "/api/session"),
    ("post", "/api/session"),
]


def failing_with(error):
    def fail(*_):
        raise error

    return connection.execute_wrapper(fail)


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_the_answer_is_json_and_says_when_to_try_again(api, write_key, workspace, method, path, error):
    body = {"batch": [CALL], "writeKey": write_key, **CALL}
    if path == "/api/session":
        body = {"email": "a@b.example", "password": "x"}
    path = path.format(workspace=workspace.api_id)
    with failing_with(error):
        response = post_json(api, path, body) if method == "post" else api.get(path)
    assert response.status_code == 503
    assert response["Content-Type"] == "application/json"
    assert int(response["Retry-After"]) > 0
    assert response.json()["code"] == "database_away"
    assert "connection" not in response.json()["message"]


def test_a_page_says_it_as_a_page(api, workspace):
    with failing_with(AWAY[0]):
        response = api.get(f"/w/{workspace.slug}/reports/overview/")
    assert response.status_code == 503
    assert response["Content-Type"].startswith("text/html")
    assert response["Retry-After"]
    assert "try again" in response.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/v1/batch", "/api/workspaces/{workspace}/events/bulk"])
def test_a_lock_that_is_not_to_be_had_in_time_is_a_503_and_the_next_try_succeeds(
    api, write_key, workspace, path, short_waits
):
    body = {
        "batch": [{**CALL, "messageId": "m"}],
        "items": [{"type": "did", "occurredAt": "2026-03-01", "contact": "u1", "messageId": "m"}],
        "writeKey": write_key,
    }
    held, done = threading.Event(), threading.Event()

    def hold():
        with scope(workspace), transaction.atomic():
            locked_numbers(workspace.pk)
            held.set()
            done.wait(30)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert held.wait(10)
        short_waits()
        response = post_json(api, path.format(workspace=workspace.api_id), body)
    finally:
        done.set()
        holder.join()
    assert response.status_code == 503
    assert response.json()["code"] == "database_away"
    assert not Event.objects.exists()
    assert post_json(api, path.format(workspace=workspace.api_id), body).json()["accepted"] == 1


class BrokenOff:
    def read(self, *_):
        raise ConnectionResetError

    readline = read


@pytest.mark.parametrize("path", ["/v1/batch", "/api/workspaces/{workspace}/events/bulk", "/api/session"])
def test_a_body_that_does_not_come_is_a_408_which_clients_send_again(api, workspace, write_key, path):
    given = {"wsgi.input": BrokenOff(), "CONTENT_LENGTH": "9", "CONTENT_TYPE": "application/json"}
    headers = {"Authorization": f"Bearer {write_key}"} if path.startswith("/v1") else {}
    response = api.generic("POST", path.format(workspace=workspace.api_id), headers=headers, **given)
    assert (response.status_code, response.json()["code"]) == (408, "body_incomplete")


def test_a_form_that_does_not_come_is_a_408(db):
    given = {"wsgi.input": BrokenOff(), "CONTENT_LENGTH": "9", "CONTENT_TYPE": "application/x-www-form-urlencoded"}
    response = Client(enforce_csrf_checks=False).generic("POST", "/login/", **given)
    assert response.status_code == 408
    assert "Send it again" in response.text


@pytest.fixture
def short_waits(db, monkeypatch):
    """This thread's connection gives up soon; the setting is seconds."""

    def shorten():
        if connection.vendor == "sqlite":
            monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.2)
        else:
            connection.cursor().execute("SET lock_timeout = '200ms'")

    yield shorten
    if connection.vendor == "postgresql":  # it goes back to the pool as it is
        connection.cursor().execute("RESET lock_timeout")
    connection.close()


def test_a_mistake_in_the_program_is_no_503(workspace):
    client = Client(raise_request_exception=False)

    def fail(*_):
        raise ZeroDivisionError

    with connection.execute_wrapper(fail):
        response = post_json(client, "/v1/track", {**CALL, "writeKey": "wk_x"})
    assert response.status_code == 500
    assert response.json()["code"] == "server_error"
