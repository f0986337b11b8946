"""The ingest routes as HTTP: methods, browsers, unknown keys, rates."""

import json
from datetime import timedelta

import pytest
from django.core.cache import caches
from django.test import Client

from analytics.models import Event, IngestRemark, MessageEvent
from tests.blocks import blocks
from tests.conftest import NOW, post_json
from workspaces import access, rates
from workspaces.changes import create_key
from workspaces.models import Key, KeyKind
from workspaces.roles import Right

pytestmark = pytest.mark.usefixtures("now")
of_headers = pytest.mark.either_database("calls are counted in memory, and told by their headers")

ROUTES = [
    *(f"/v1/{name}" for name in ("batch", "import", "b", "track", "identify", "page", "screen", "group", "alias")),
    *(f"/v1/{letter}" for letter in "tipsga"),
    "/batch",
    "/capture",
    "/e",
]
each_route = pytest.mark.parametrize("path", [f"{path}{slash}" for path in ROUTES for slash in ("", "/")])
PAGE = {"Origin": "https://shop.example"}


def call(**fields):
    """What every route takes."""
    return {"event": "did", "userId": "u1", "distinct_id": "u1", "previousId": "d1", "type": "track", **fields}


@of_headers
@pytest.mark.parametrize("path", [*ROUTES, "/v1/track/", "/capture/", "/v1/m", "/v1/m/"])
@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete"])
def test_only_posts_are_taken(db, path, method):
    response = getattr(Client(), method)(path)
    assert response.status_code == 405
    assert response["Content-Type"] == "application/json"
    assert response["Allow"] == "POST"
    if method != "head":
        assert response.json()["code"] == "method_not_allowed"


@each_route
def test_each_route_answers_without_a_redirect(write_key, path):
    body = {**call(), "batch": [call()], "writeKey": write_key}
    response = post_json(Client(), path, body)
    assert response.status_code == 200, response.content
    assert (response.json()["accepted"], response.json()["rejected"]) == (1, [])
    assert "Access-Control-Allow-Origin" not in response


# Browsers


@of_headers
@each_route
def test_a_preflight_carries_no_key_and_is_always_answered(db, path, django_assert_num_queries):
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    with django_assert_num_queries(0):
        response = Client().options(path, headers=PAGE | asked)
    assert (response.status_code, response.content) == (204, b"")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Access-Control-Allow-Methods"] == "POST"
    assert response["Access-Control-Allow-Headers"] == "authorization, content-type, x-retry-count"
    assert response["Access-Control-Max-Age"] == "86400"
    assert "Access-Control-Allow-Credentials" not in response


@each_route
def test_a_page_may_send_with_a_key_that_is_for_pages(browser_key, path):
    body = {**call(), "batch": [call()], "writeKey": browser_key}
    response = post_json(Client(), path, body, **PAGE)
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == "*"


@of_headers
@each_route
def test_a_page_is_refused_with_another_key_and_gets_to_read_it(write_key, workspace, path):
    body = {**call(), "batch": [call()], "writeKey": write_key}
    response = post_json(Client(), path, body, **PAGE)
    assert response.status_code == 403
    assert response.json()["code"] == "browsers_not_allowed"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert not Event.objects.exists()
    assert IngestRemark.objects.get(workspace=workspace).code == "browsers_not_allowed"


@of_headers
@pytest.mark.parametrize("path", ["/v1/batch", "/v1/track", "/batch/"])
def test_no_cookie_is_set_where_events_come_in(browser_key, path):
    for headers in ({}, {"Origin": "https://shop.example"}):
        answer = post_json(Client(), path, {"writeKey": browser_key, "api_key": browser_key, "batch": []}, **headers)
        assert not answer.cookies


def test_a_page_gets_to_read_any_refusal(db):
    for body in ({}, {"writeKey": "wk_unknown"}, []):
        response = post_json(Client(), "/v1/t", body, **PAGE)
        assert response.status_code in (400, 401)
        assert response["Access-Control-Allow-Origin"] == "*"
        assert response["Access-Control-Expose-Headers"] == "Retry-After, X-RateLimit-Reset"


def test_each_key_says_for_itself_whether_it_is_for_pages(write_key, browser_key):
    answers = [post_json(Client(), "/v1/t", call(writeKey=key), **PAGE) for key in (browser_key, write_key)]
    assert [answer.status_code for answer in answers] == [200, 403]


@of_headers
@pytest.mark.parametrize("path", ["/v1/m", "/v1/m/"])
def test_what_the_browser_client_tells_of_itself_is_dropped_without_a_key(db, path, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = Client().post(path, b'{"series": []}', content_type="text/plain", headers=PAGE)
    assert (response.status_code, response.json()) == (200, {"success": True})
    assert response["Access-Control-Allow-Origin"] == "*"


# Unknown keys


def test_an_unknown_key_asks_the_database_once_in_five_seconds(
    db, monkeypatch, time_machine, django_assert_num_queries
):
    caches["process"].clear()
    for later, queries in ((0, 1), (0, 0), (4.9, 0), (5.1, 1), (5.1, 0)):
        time_machine.move_to(NOW + timedelta(seconds=later), tick=False)
        monkeypatch.setattr(access, "monotonic", lambda now=1000 + later: now)
        with django_assert_num_queries(queries):
            assert post_json(Client(), "/v1/t", call(writeKey="wk_nobodys")).status_code == 401


def test_an_unknown_key_in_the_header_is_refused_before_the_body_is_looked_at(db):
    headers = {"Authorization": "Bearer wk_nobodys", "Content-Encoding": "gzip"}
    response = Client().post("/v1/batch", b"nonsense", content_type="application/json", headers=headers)
    assert response.status_code == 401


# Rates


@pytest.fixture
def ten_a_second(settings, monkeypatch):
    """The rate; moves the process's own clock on."""
    settings.REQUESTS_PER_SECOND = 10
    monkeypatch.setattr(rates, "_paid_until", {})
    clock = [1000 * rates.SECOND]
    monkeypatch.setattr(rates, "monotonic_ns", lambda: clock[0])

    def wait(seconds):
        clock[0] += seconds * rates.SECOND

    return wait


def send_until_refused(path, body, **headers):
    client = Client()
    for number in range(1000):
        response = post_json(client, path, body, **headers)
        if response.status_code != 200:
            return number, response
    raise AssertionError("never refused")


@pytest.mark.long
@of_headers
def test_a_key_that_is_used_too_often_is_told_when_to_come_again(write_key, ten_a_second, time_machine):
    time_machine.move_to(NOW, tick=False)
    taken, response = send_until_refused("/v1/t", call(writeKey=write_key))
    assert taken == 100
    assert response.status_code == 429
    assert response["Content-Type"] == "application/json"
    assert response.json()["code"] == "throttled"
    assert response["Retry-After"] == "1"
    assert response["X-RateLimit-Reset"] == str(int(NOW.timestamp()) + 1)
    assert not IngestRemark.objects.filter(kind="rejected").exists()
    ten_a_second(1)
    assert send_until_refused("/v1/t", call(writeKey=write_key))[0] == 10
    ten_a_second(3600)
    assert send_until_refused("/v1/t", call(writeKey=write_key))[0] == 100


@pytest.mark.long
@of_headers
def test_a_clock_that_is_put_back_makes_no_key_wait(write_key, ten_a_second, time_machine):
    for hours in (0, -1):
        time_machine.move_to(NOW + timedelta(hours=hours), tick=False)
        assert send_until_refused("/v1/t", call(writeKey=write_key))[0] == 100
        ten_a_second(10)


@pytest.mark.long
@of_headers
@pytest.mark.usefixtures("ten_a_second")
def test_the_rate_is_each_keys_own_and_the_same_on_all_routes(write_key, secret_key, workspace):
    taken, _ = send_until_refused("/v1/batch", {"batch": [], "writeKey": write_key})
    assert taken == 100
    for path in ("/v1/t", "/batch/"):
        assert post_json(Client(), path, call(writeKey=write_key)).status_code == 429
    bearer = {"Authorization": f"Bearer {secret_key}"}
    taken, refused = send_until_refused(f"/api/workspaces/{workspace.api_id}/events/bulk", {"items": []}, **bearer)
    assert (taken, refused.status_code, refused["Retry-After"]) == (100, 429, "1")


@pytest.mark.long
@of_headers
@pytest.mark.usefixtures("ten_a_second")
def test_a_stranger_with_the_key_of_a_page_uses_up_no_visitors_rate(browser_key):
    assert send_until_refused("/v1/t", call(writeKey=browser_key))[0] == 100
    visitor = Client(REMOTE_ADDR="198.51.100.7")
    assert post_json(visitor, "/v1/t", call(writeKey=browser_key)).status_code == 200


@of_headers
def test_counts_of_very_many_networks_do_not_pile_up(ten_a_second, monkeypatch):
    monkeypatch.setattr(rates, "MANY", 50)
    for number in range(500):
        rates.spend_request("digest", network=str(number))
        ten_a_second(1)
    assert len(rates._paid_until) <= 50


@pytest.mark.long
@of_headers
@pytest.mark.usefixtures("ten_a_second")
def test_a_session_and_an_unknown_key_have_no_rate(api, workspace):
    for _ in range(150):
        assert api.get(f"/api/workspaces/{workspace.api_id}/campaigns").status_code == 200
        assert post_json(Client(), "/v1/t", call(writeKey="wk_nobodys")).status_code == 401


def test_a_revoked_key_is_refused_at_once(write_key):
    assert post_json(Client(), "/v1/t", call(writeKey=write_key)).status_code == 200
    Key.objects.update(revoked_at=NOW)
    assert post_json(Client(), "/v1/t", call(writeKey=write_key)).status_code == 401


def test_a_secret_key_that_may_write_sends_as_a_write_key_does(secret_key, workspace):
    body = {"batch": [{"type": "track", "event": "did", "userId": "u1"}]}

    response = post_json(Client(), "/v1/batch", body, Authorization=f"Bearer {secret_key}")

    assert (response.status_code, response.json()["accepted"]) == (200, 1)


def test_a_secret_key_that_may_only_read_is_told_what_it_lacks(workspace, owner):
    token = create_key(workspace=workspace, kind=KeyKind.SECRET, name="r", by=owner, scopes=[Right.READ])[1]

    response = post_json(Client(), "/v1/batch", {"batch": []}, Authorization=f"Bearer {token}")

    assert response.status_code == 403
    assert response.json()["code"] == "missing_scope"


def test_a_secret_key_is_refused_from_a_page(secret_key):
    response = post_json(Client(), "/v1/batch", {"batch": []}, Authorization=f"Bearer {secret_key}", **PAGE)

    assert (response.status_code, response.json()["code"]) == (403, "secret_key_in_browser")


# HTTPS


@of_headers
@each_route
def test_where_https_is_required_plain_http_is_refused_and_not_led_elsewhere(write_key, settings, path):
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    body = {**call(), "batch": [call()], "writeKey": write_key}

    refused = post_json(Client(), path, body, **PAGE)
    taken = Client().post(path, json.dumps(body), content_type="application/json", secure=True)

    assert (refused.status_code, refused.json()["code"]) == (403, "https_required")
    assert "https://" in refused.json()["message"]
    assert refused["Access-Control-Allow-Origin"] == "*"
    assert (taken.status_code, taken.json()["accepted"]) == (200, 1)


def test_the_documented_call_is_a_report_on_its_message_and_no_event(track, bulk, workspace):
    bulk("campaigns", [{"externalId": "spring", "name": "Spring"}])
    bulk("contacts", [{"externalId": "ada"}])
    bulk("messages", [{"externalId": "our-4711", "campaign": "spring", "contact": "ada", "channel": "EMAIL"}])
    [documented] = blocks("docs/webhooks.md", "json", "Track calls in Segment's names")
    assert track(json.loads(documented.text)).json()["accepted"] == 1
    report = MessageEvent.objects.get(workspace=workspace)
    assert (report.type, report.url) == ("clicked", "https://shop.example/spring")
    assert not Event.objects.filter(workspace=workspace).exists()
