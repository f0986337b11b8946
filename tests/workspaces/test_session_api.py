"""`/api/session`: log in by JSON, ask who one is, log out."""

import pytest
from django.test import Client

from tests.conftest import PASSWORD, post_json
from workspaces.models import Membership, User, Workspace
from workspaces.roles import Role

PROPERTIES = {"amount": ["revenue", "value", "total"], "currency": ["currency"], "order": ["order_id", "orderId"]}
MONEY_RULES = [
    {"type": "purchase", "kind": "sale", **PROPERTIES},
    {"type": "Order Refunded", "kind": "refund", **PROPERTIES},
]
URL = "/api/session"


@pytest.fixture
def browser():
    """A client that is held to the CSRF rules, as a browser is."""
    return Client(enforce_csrf_checks=True)


def log_in(client, email="owner@example.com", password=PASSWORD):
    return post_json(client, URL, {"email": email, "password": password})


def assert_refused(response, status, code):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert body["code"] == code
    assert body["message"] == body["detail"] != ""
    return body


def test_logging_in_tells_who_one_is_and_sets_the_session_cookie(browser, workspace):
    response = log_in(browser)

    assert response.status_code == 200
    assert response.cookies["sessionid"]["httponly"]
    body = response.json()
    assert body.pop("csrfToken")
    assert body == {
        "user": {"email": "owner@example.com", "name": None},
        "workspaces": [
            {
                "id": workspace.api_id,
                "name": "Acme",
                "slug": "acme",
                "timeZone": "Europe/Berlin",
                "timezone": "Europe/Berlin",
                "currency": "EUR",
                "conversionTypes": ["purchase"],
                "moneyRules": MONEY_RULES,
                "lookbackDays": {"utm": 30, "click": 5, "open": 1, "delivered": 1},
                "role": "OWNER",
            }
        ],
    }


def test_a_session_is_told_the_same_as_at_its_log_in(browser, workspace):
    told = log_in(browser).json()
    response = browser.get(URL)

    assert response.status_code == 200
    body = response.json()
    assert body.pop("csrfToken")
    del told["csrfToken"]
    assert body == told


def test_workspaces_come_by_name_with_the_role_in_each(browser, workspace, owner):
    other = Workspace.objects.create(name="Aardvark", slug="aardvark")
    Membership.objects.create(workspace=other, user=owner, role=Role.VIEWER)
    Workspace.objects.create(name="Not mine", slug="not-mine")

    told = log_in(browser).json()["workspaces"]

    assert [(row["name"], row["role"]) for row in told] == [("Aardvark", "VIEWER"), ("Acme", "OWNER")]


def test_a_user_without_workspaces_may_log_in(browser, owner):
    assert log_in(browser).json()["workspaces"] == []


def test_reports_answer_the_session(browser, workspace):
    path = f"/api/workspaces/{workspace.api_id}/analytics"
    assert browser.get(path).status_code == 401
    log_in(browser)
    assert browser.get(path).status_code == 200


@pytest.mark.parametrize("email", ["OWNER@example.com", "Owner@Example.COM", "  owner@example.com "])
def test_the_case_of_the_e_mail_does_not_matter(browser, owner, email):
    assert log_in(browser, email).status_code == 200


def test_the_case_of_the_password_does(browser, owner):
    assert_refused(log_in(browser, password=PASSWORD.upper()), 401, "authentication_failed")


def test_spaces_around_a_password_are_part_of_it(browser, db):
    User.objects.create_user("spaced@example.com", " spaced password ")
    assert log_in(browser, "spaced@example.com", " spaced password ").status_code == 200
    assert log_in(Client(), "spaced@example.com", "spaced password").status_code == 401


def test_an_unknown_user_and_a_wrong_password_hear_the_same(browser, owner):
    wrong = assert_refused(log_in(browser, password="not this one"), 401, "authentication_failed")
    unknown = assert_refused(log_in(browser, "nobody@example.com"), 401, "authentication_failed")
    assert wrong == unknown
    assert browser.get(URL).status_code == 401


def test_an_inactive_user_hears_the_same_and_is_not_let_in(browser, owner):
    wrong = log_in(browser, password="not this one").json()
    User.objects.update(is_active=False)
    assert assert_refused(log_in(browser), 401, "authentication_failed") == wrong
    assert browser.get(URL).status_code == 401


def test_who_is_made_inactive_has_no_session_any_more(browser, owner):
    log_in(browser)
    User.objects.update(is_active=False)
    assert_refused(browser.get(URL), 401, "not_authenticated")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({"email": "owner@example.com"}, "password"),
        ({"password": PASSWORD}, "email"),
        ({"email": "", "password": PASSWORD}, "email"),
        ({"email": None, "password": PASSWORD}, "email"),
        ({"email": ["owner@example.com"], "password": PASSWORD}, "email"),
        ({"email": "x" * 255, "password": PASSWORD}, "email"),
        ({"email": "a\0@example.com", "password": PASSWORD}, "email"),
        ({"email": "a\ud800@example.com", "password": PASSWORD}, "email"),
        ({"email": "owner@example.com", "password": ""}, "password"),
        ({"email": "owner@example.com", "password": {"a": 1}}, "password"),
        ({"email": "owner@example.com", "password": "x" * 1001}, "password"),
        ([], "non_field_errors"),
        ("text", "non_field_errors"),
        (None, "non_field_errors"),
        (7, "non_field_errors"),
    ],
)
def test_a_body_without_email_and_password_is_a_400_that_names_the_field(browser, owner, body, field):
    told = assert_refused(post_json(browser, URL, body), 400, "invalid")
    assert field in told["fields"]
    assert told["message"].startswith(f"{field}: ")


@pytest.mark.parametrize("body", ["{", "email=owner", '{"email": NaN}', "\udcff"])
def test_a_body_that_is_no_json_is_a_400(browser, db, body):
    response = browser.post(URL, body.encode("utf-8", "surrogateescape"), content_type="application/json")
    assert_refused(response, 400, "invalid_json")


def test_an_empty_body_is_a_400(browser, db):
    assert_refused(browser.post(URL, b"", content_type="application/json"), 400, "invalid")


def test_a_form_is_not_taken_so_that_no_other_site_can_log_one_in(browser, owner):
    response = browser.post(URL, {"email": "owner@example.com", "password": PASSWORD})
    assert_refused(response, 415, "unsupported_media_type")


def test_the_session_key_changes_at_log_in(browser, owner):
    session = browser.session
    session["kept"] = "from before"
    session.save()
    before = session.session_key

    log_in(browser)
    after = browser.session.session_key
    assert after != before
    assert Client(headers={"Cookie": f"sessionid={before}"}).get(URL).status_code == 401


def test_another_user_takes_nothing_over_from_the_session_before(browser, owner):
    User.objects.create_user("second@example.com", PASSWORD)
    log_in(browser)
    session = browser.session
    session["secret"] = "the owner's"
    session.save()

    assert log_in(browser, "second@example.com").json()["user"]["email"] == "second@example.com"
    assert "secret" not in browser.session


def test_a_dead_session_does_not_stand_in_the_way_of_logging_in(browser, owner):
    browser.cookies["sessionid"] = "long-gone"
    assert log_in(browser).status_code == 200


def test_logging_in_again_needs_no_token(browser, owner):
    log_in(browser)
    assert log_in(browser).status_code == 200


def test_nobody_is_logged_in_at_first(browser, db):
    response = browser.get(URL)
    assert_refused(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == "Session"


@pytest.mark.parametrize("token", [None, "", "x", "a" * 64])
def test_an_unsafe_call_without_the_sessions_token_is_a_403(browser, owner, token):
    log_in(browser)
    headers = {} if token is None else {"X-CSRFToken": token}

    assert_refused(browser.delete(URL, headers=headers), 403, "permission_denied")
    refused = post_json(browser, "/api/workspaces", {"name": "New"}, **headers)
    assert_refused(refused, 403, "permission_denied")

    assert browser.get(URL).status_code == 200
    assert not Workspace.objects.exists()


def test_the_log_ins_token_lets_unsafe_calls_through(browser, owner):
    token = log_in(browser).json()["csrfToken"]
    assert post_json(browser, "/api/workspaces", {"name": "New"}, **{"X-CSRFToken": token}).status_code == 201


def test_a_later_gets_token_lets_unsafe_calls_through(browser, owner):
    log_in(browser)
    token = browser.get(URL).json()["csrfToken"]
    assert post_json(browser, "/api/workspaces", {"name": "New"}, **{"X-CSRFToken": token}).status_code == 201


def test_a_token_from_before_the_log_in_is_worth_nothing_after(browser, owner):
    old = log_in(browser).json()["csrfToken"]
    log_in(browser)
    assert_refused(browser.delete(URL, headers={"X-CSRFToken": old}), 403, "permission_denied")


def test_logging_out_ends_the_session(browser, owner):
    token = log_in(browser).json()["csrfToken"]
    cookie = browser.cookies["sessionid"].value

    response = browser.delete(URL, headers={"X-CSRFToken": token})

    assert response.status_code == 204
    assert response.content == b""
    assert_refused(browser.get(URL), 401, "not_authenticated")
    assert Client(headers={"Cookie": f"sessionid={cookie}"}).get(URL).status_code == 401


def test_logging_out_without_a_session_is_a_401(browser, db):
    assert_refused(browser.delete(URL), 401, "not_authenticated")


@pytest.mark.parametrize("method", ["put", "patch"])
def test_other_methods_are_not_allowed(api, method):
    response = getattr(api, method)(URL)
    assert_refused(response, 405, "method_not_allowed")
    assert "POST" in response["Allow"]


def test_a_slash_at_the_end_is_no_redirect(browser, owner):
    assert post_json(browser, f"{URL}/", {"email": "owner@example.com", "password": PASSWORD}).status_code == 200
    assert browser.get(f"{URL}/").status_code == 200


def test_a_secret_key_is_no_session(secret_key):
    response = Client().get(URL, headers={"Authorization": f"Bearer {secret_key}"})
    assert_refused(response, 403, "permission_denied")
