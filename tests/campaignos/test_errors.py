"""What every answer carries, and what is said when something is wrong."""

import json
import re
import sys
from types import ModuleType

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from django.test import Client
from django.urls import include, path
from rest_framework import exceptions
from rest_framework.views import APIView

import campaignos.urls
from campaignos.errors import ParameterError, api_error_response
from tests.conftest import post_json

"""The project's own wants `collectstatic` to have run."""

RAISED = {
    "suspicious": SuspiciousOperation("a secret detail"),
    "denied": PermissionDenied("a secret detail"),
    "absent": Http404("a secret detail"),
    "broken": ZeroDivisionError("a secret detail"),
    "endless": RecursionError("a secret detail"),
}


def plain(request, name):
    raise RAISED[name]


class Rest(APIView):
    permission_classes = ()

    def get(self, request, name):
        raise RAISED[name]

    post = get


@pytest.fixture
def failing_views(settings):
    """The project's addresses, and some that raise."""
    views = ModuleType("failing_views")
    views.urlpatterns = [
        path("api/plain/<name>", plain),
        path("page/<name>", plain),
        path("api/rest/<name>", Rest.as_view()),
        path("", include("campaignos.urls")),
    ]
    for status in ("400", "403", "404", "500"):
        setattr(views, f"handler{status}", getattr(campaignos.urls, f"handler{status}"))
    settings.ROOT_URLCONF = views
    return Client(raise_request_exception=False)


def assert_error(response, status, code):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert body["code"] == code
    assert body["message"] == body["detail"] != ""
    return body


# Unknown addresses and methods


@pytest.mark.parametrize("path", ["/api/", "/api/nothing", "/api/nothing/", "/api/workspacesx", "/v1/", "/v1/nothing"])
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_an_unknown_api_address_is_a_404_in_json(path, method):
    body = assert_error(getattr(Client(enforce_csrf_checks=True), method)(path), 404, "not_found")
    assert body["requestId"]


def test_an_unknown_address_below_a_workspace_is_a_404(api, workspace):
    assert_error(api.get(f"/api/workspaces/{workspace.api_id}/nothing"), 404, "not_found")
    assert_error(post_json(api, f"/api/workspaces/{workspace.api_id}/nothing/bulk", {"items": []}), 404, "not_found")


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/v1/batch", "/v1/track/"])
def test_ingest_takes_only_posts(path, method):
    response = getattr(Client(), method)(path)
    assert_error(response, 405, "method_not_allowed")
    assert response["Allow"] == "POST"


def test_a_known_address_with_another_method_is_a_405_that_says_which_are_allowed(api, workspace):
    response = api.put("/api/workspaces")
    assert_error(response, 405, "method_not_allowed")
    assert set(response["Allow"].split(", ")) >= {"GET", "POST"}
    response = api.get(f"/api/workspaces/{workspace.api_id}/contacts/bulk")
    assert_error(response, 405, "method_not_allowed")
    assert "POST" in response["Allow"]


# What views raise


@pytest.mark.parametrize("kind", ["plain", "rest"])
@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("suspicious", 400, "bad_request"),
        ("denied", 403, "permission_denied"),
        ("absent", 404, "not_found"),
        ("broken", 500, "server_error"),
    ],
)
def test_what_an_api_view_raises_is_answered_in_json_without_its_details(failing_views, kind, name, status, code):
    response = failing_views.get(f"/api/{kind}/{name}")
    body = assert_error(response, status, code)
    assert "secret" not in response.text
    if "requestId" in body:
        assert body["requestId"] == response["X-Request-Id"]
    else:
        assert kind == "rest"


def test_an_endless_recursion_of_ours_is_no_fault_of_the_body(failing_views):
    for body in ({}, {"a": [1]}):
        assert_error(post_json(failing_views, "/api/rest/endless", body), 500, "server_error")


@pytest.mark.parametrize(("name", "status"), [("suspicious", 400), ("denied", 403), ("absent", 404), ("broken", 500)])
def test_what_a_page_raises_is_answered_with_a_page_that_names_the_request(failing_views, db, name, status):
    response = failing_views.get(f"/page/{name}")
    assert response.status_code == status
    assert response["Content-Type"].startswith("text/html")
    assert response["X-Request-Id"] in response.text
    assert "secret detail" not in response.text


def test_a_foreign_host_is_a_400(db):
    assert_error(Client().get("/api/session", headers={"Host": "evil.example"}), 400, "bad_request")


def test_a_url_longer_than_one_can_name_is_shortened_in_the_answer(api, workspace):
    path = f"/api/workspaces/{workspace.api_id}/analytics/timeseries?days={'9' * 500}"
    body = assert_error(api.get(path), 400, "invalid_parameter")
    assert body["message"] == (f"days cannot be '{'9' * 100}…'; allowed: a whole number from 1 to 365.")
    assert body["given"] == "9" * 500


def test_a_parameter_error_says_the_parameter_what_was_given_and_what_is_allowed():
    response = api_error_response(ParameterError("days", given="x", allowed="a number"), {})
    assert response.status_code == 400
    assert response.data == {
        "code": "invalid_parameter",
        "message": "days cannot be 'x'; allowed: a number.",
        "detail": "days cannot be 'x'; allowed: a number.",
        "parameter": "days",
        "given": "x",
        "allowed": "a number",
    }


def test_a_missing_parameter_is_said_to_be_required():
    response = api_error_response(ParameterError("steps", given=None, allowed="event types"), {})
    assert response.data["message"] == "steps is required; allowed: event types."
    assert response.data["given"] is None


def test_a_throttled_call_is_told_in_whole_seconds_when_to_come_again():
    response = api_error_response(exceptions.Throttled(wait=1.2), {})
    assert response.status_code == 429
    assert response["Retry-After"] == "3"


def test_what_is_not_known_goes_on_to_django():
    assert api_error_response(ValueError("x"), {}) is None


# What every answer carries

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
ANSWERS = {
    "200": ("get", "/api/workspaces"),
    "404": ("get", "/api/nothing"),
    "405": ("get", "/v1/batch"),
    "400": ("post", "/api/session"),
    "204": ("delete", "/api/session"),
}


@pytest.mark.parametrize("name", list(ANSWERS))
def test_every_api_answer_has_the_security_headers(api, name):
    method, path = ANSWERS[name]
    response = getattr(api, method)(path, **({"content_type": "application/json"} if method == "post" else {}))
    assert response.status_code == int(name)
    assert {header: response.get(header) for header in HEADERS} == HEADERS
    policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "object-src": "'none'",
        "report-uri": "/csp-report",
    }


@pytest.mark.parametrize("name", ["suspicious", "denied", "absent", "broken"])
def test_an_answer_to_a_failure_has_the_security_headers_too(failing_views, name):
    response = failing_views.get(f"/api/plain/{name}")
    assert {header: response.get(header) for header in HEADERS} == HEADERS
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["X-Request-Id"]


def test_every_request_has_an_id_of_its_own(db):
    ids = {Client().get("/api/session")["X-Request-Id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in ids)


@pytest.mark.parametrize("given", ["abc", "A-1._z", "x" * 64])
def test_a_plain_id_of_the_callers_is_returned(db, given):
    response = Client().get("/api/nothing", headers={"X-Request-Id": given})
    assert response["X-Request-Id"] == given
    assert response.json()["requestId"] == given


@pytest.mark.parametrize("given", ["", "a b", "<script>", "x" * 65, "ä", "a\tb"])
def test_another_id_of_the_callers_is_replaced(db, given):
    response = Client().get("/api/nothing", headers={"X-Request-Id": given})
    assert re.fullmatch("[0-9a-f]{32}", response["X-Request-Id"])


def test_api_answers_vary_by_cookie_so_that_no_cache_mixes_users_up(api):
    assert "Cookie" in api.get("/api/workspaces")["Vary"]


def test_no_answer_names_the_software(api):
    response = api.get("/api/workspaces")
    assert "Server" not in response
    assert "X-Powered-By" not in response
    assert sys.version.split()[0] not in str(response.headers)


@pytest.mark.parametrize("steps", [["a", "x" * 201], ["a", "b", "\ud800"], ["a", ""]])
def test_what_is_wrong_inside_of_a_list_is_said_in_words_with_its_place(api, workspace, steps):
    body = json.dumps({"name": "F", "steps": steps})
    path = f"/api/workspaces/{workspace.api_id}/funnels"
    message = api.post(path, body, content_type="application/json").json()["message"]
    assert message.startswith(f"steps.{len(steps) - 1}: ")
    assert "ErrorDetail" not in message
