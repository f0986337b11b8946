"""The log: JSON lines that name the request, its user and workspace by number, and no secret or person."""

import io
import json
import logging

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from analytics.models import Contact
from campaignos.logs import JsonFormatter, LineFormatter
from tests.conftest import post_json


@pytest.fixture
def lines():
    """The lines that are logged, as JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)


def of_requests(lines):
    return [line for line in lines() if line["logger"] == "campaignos.request"]


def test_each_request_is_one_line_with_its_user_and_workspace(lines, api, owner, workspace):
    response = api.get(f"/api/workspaces/{workspace.api_id}/analytics/timeseries?days=7")
    (line,) = of_requests(lines)
    assert isinstance(line.pop("ms"), float)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "campaignos.request",
        "message": "GET api-timeseries 200",
        "request_id": response["X-Request-Id"],
        "user": owner.pk,
        "workspace": workspace.pk,
        "method": "GET",
        "route": "api-timeseries",
        "status": 200,
    }


def test_a_call_with_a_key_names_the_key_by_its_number(lines, track, workspace):
    track({"type": "track", "event": "purchase", "userId": "ada"})
    (line,) = of_requests(lines)
    assert line["workspace"] == workspace.pk
    assert line["key"] == workspace.keys.get().pk


def test_what_one_request_bound_is_not_in_the_next_one(lines, api, workspace):
    api.get(f"/api/workspaces/{workspace.api_id}/analytics")
    api.get("/favicon.ico")
    assert ["workspace" in line for line in of_requests(lines)] == [True, False]


def test_probes_leave_no_line(lines, client):
    client.get("/healthz")
    assert of_requests(lines) == []


def test_no_address_key_password_or_person_is_logged(lines, api, track, write_key, workspace):
    api.get(f"/api/workspaces/{workspace.api_id}/nothing/secret-path?search=lovelace@example.com")
    track({"type": "identify", "userId": "user-of-lovelace", "traits": {"email": "lovelace@example.com"}})
    post_json(Client(), "/api/session", {"email": "lovelace@example.com", "password": "hunter2-hunter2"})
    post_json(Client(), "/v1/track", {"writeKey": write_key, "event": ""})
    Client().get("/login/secret-path/")
    text = json.dumps(lines())
    assert len(of_requests(lines)) == 5
    for secret in ("secret-path", "lovelace", "hunter2", write_key, "search"):
        assert secret not in text


def test_an_unexpected_error_is_logged_once_with_its_route_and_without_the_address(lines, api, workspace, monkeypatch):
    def breaks(*args, **kwargs):
        raise RuntimeError("of ada@example.com with sk_0123456789abcdef")

    monkeypatch.setattr("analytics.api.reports.trends.report.timeseries", breaks)
    api.raise_request_exception = False
    api.get(f"/api/workspaces/{workspace.api_id}/analytics/timeseries?days=7")
    (error,) = [line for line in lines() if line["level"] == "ERROR"]
    assert error["message"] == "Internal Server Error: api-timeseries"
    assert error["workspace"] == workspace.pk
    assert error["exception"].endswith("RuntimeError: of (email) with sk_…")


def test_the_rows_that_the_database_quotes_are_struck_out(lines, workspace):
    at = "2026-03-31T12:00:00+00:00"
    row = {"workspace": workspace, "external_id": "user-of-ada", "attributes_at": at, "signed_up_at": at}
    Contact.objects.create(person_number=1, **row)
    with transaction.atomic():
        try:
            with transaction.atomic():
                Contact.objects.create(person_number=2, **row)
        except IntegrityError:
            logging.getLogger("tests").exception("as expected")
    (line,) = lines()
    assert "IntegrityError" in line["exception"]
    assert "user-of-ada" not in line["exception"]


def test_the_readable_format_says_the_same():
    record = logging.LogRecord("tests", logging.INFO, "", 0, "to %s", ("ada@example.com",), None)
    assert LineFormatter().format(record).endswith(" INFO tests: to (email)")
