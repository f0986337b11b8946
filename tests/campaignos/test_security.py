"""What holds for every answer: headers, cookies, caches, tokens of forms, texts that are code elsewhere, the log."""

import json
import logging
import os
import re
import subprocess
import sys

import pytest
from django import forms
from django.conf import settings as project
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import get_resolver
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers

import campaignos.settings
from campaignos import csp
from campaignos.csv_export import cell, csv_response, spreadsheet_response, text_of_cell
from campaignos.strict import StrictSerializer
from tests.conftest import PASSWORD, post_json
from workspaces.changes import change_settings
from workspaces.roles import Role

PAGES = ["/login/", "/password/reset/", "/signup/", "/nothing-here", "/invitations/x/"]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_the_security_headers(db, path):
    response = Client().get(path)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]
    assert "report-uri /csp-report" in response["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/w/", "/w/acme/settings/", "/account/", "/admin/", "/api/session"])
def test_pages_with_data_stay_in_no_cache(api, workspace, owner, path):
    owner.is_staff = owner.is_superuser = True
    owner.save()
    response = api.get(path)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["", "/analytics", "/contacts", "/contacts?format=csv", "/members", "/keys", "/events"]
)
def test_no_cache_keeps_what_the_api_answers(api, workspace, path):
    response = api.get(f"/api/workspaces/{workspace.api_id}{path}")
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    if "ETag" in response:
        known = api.get(f"/api/workspaces/{workspace.api_id}{path}", headers={"If-None-Match": response["ETag"]})
        assert (known.status_code, known["Cache-Control"]) == (304, "no-store")


def test_what_somebody_has_seen_is_not_confirmed_with_another_role_or_none(workspace, viewer, viewer_client, track):
    track({"type": "identify", "userId": "ada", "traits": {"email": "ada@example.com"}})
    path = f"/api/workspaces/{workspace.api_id}/contacts"
    membership = viewer.memberships.get()
    viewer.memberships.update(role=Role.ANALYST)
    seen = viewer_client.get(path)
    known = {"If-None-Match": seen["ETag"]}
    assert "ada@example.com" in seen.text
    assert viewer_client.get(path, headers=known).status_code == 304
    viewer.memberships.update(role=Role.VIEWER)
    now = viewer_client.get(path, headers=known)
    assert (now.status_code, "ada@example.com" in now.text, "no-store" in now["Cache-Control"]) == (200, False, True)
    membership.delete()
    for headers in (known, {"If-None-Match": now["ETag"]}, {"If-None-Match": "*"}):
        gone = viewer_client.get(path, headers=headers)
        assert (gone.status_code, "ETag" in gone) == (404, False)


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "/contacts/bulk"), ("post", "/events"), ("patch", ""), ("delete", "/contacts/ct_1")],
)
def test_what_is_sent_to_the_api_by_plain_http_is_refused_and_not_led_elsewhere(api, workspace, settings, method, path):
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    address = f"/api/workspaces/{workspace.api_id}{path}"
    response = getattr(api, method)(address, {"items": []}, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (403, "https_required")
    assert "https://" in response.json()["message"]


def test_who_only_asks_by_plain_http_is_led_to_https(settings):
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    response = Client().get("/api/docs/")
    assert (response.status_code, response["Location"]) == (301, "https://testserver/api/docs/")


@pytest.mark.parametrize("path", ["/api/workspaces", "/api/session", "/login/", "/w/", "/csp-report", "/healthz"])
def test_no_route_answers_other_origins_but_those_that_take_events(api, path):
    origin = {"Origin": "https://elsewhere.example"}
    asked = {**origin, "Access-Control-Request-Method": "POST"}
    for response in (api.get(path, headers=origin), api.options(path, headers=asked)):
        assert not [name for name in response.headers if name.startswith("Access-Control-")]


def test_passwords_are_kept_by_argon2(settings):
    settings.PASSWORD_HASHERS = campaignos.settings.PASSWORD_HASHERS
    assert make_password(PASSWORD).startswith("argon2$argon2id$")


SERVED = """
import django; django.setup()
from django.test import Client
from django.conf import settings
from workspaces.models import User
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
User.objects.create_user("a@example.com", "correct-horse-battery")
client = Client(headers={"Host": "analytics.example.com"})
plain = client.get("/login/")
print(plain.status_code, plain["Location"])
client.get("/login/", secure=True)
answer = client.post("/login/", {"login": "a@example.com", "password": "correct-horse-battery"}, secure=True)
print(answer["Strict-Transport-Security"])
for name, cookie in sorted(client.cookies.items()):
    print(name, *(str(cookie[name] or "-") for name in ("secure", "httponly", "samesite", "path", "domain")))
"""


@pytest.mark.either_database("headers and cookies are the settings'")
def test_under_https_cookies_belong_to_the_host_alone_and_http_leads_to_https(own_database, migrated):
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "campaignos.settings",
        "DATABASE_URL": migrated(own_database),
        "HTTPS": "true",
        "ALLOWED_HOSTS": "analytics.example.com",
        "SECRET_KEY": "for-this-test",
        "LOG_LEVEL": "ERROR",
    }
    run = subprocess.run(
        [sys.executable, "-c", SERVED],
        cwd=project.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    redirect, hsts, *cookies = run.stdout.splitlines()
    assert redirect == "301 https://analytics.example.com/login/"
    assert hsts == "max-age=31536000; includeSubDomains; preload"
    names = ("__Host-browser", "__Host-csrftoken", "__Host-sessionid")
    assert cookies == [f"{name} True True Lax / -" for name in names]


# Forms of other sites


def test_no_page_of_ours_takes_a_post_without_its_token(owner, workspace):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    posts = [
        "/login/",
        "/logout/",
        "/theme/",
        "/w/",
        "/account/",
        "/account/sessions/end/",
        "/account/email/",
        "/account/password/",
        "/account/reauthenticate/",
        "/w/acme/settings/",
        "/w/acme/settings/members/",
        "/w/acme/settings/members/1/role/",
        "/w/acme/settings/members/1/remove/",
        "/w/acme/settings/keys/",
        "/w/acme/settings/delete/",
        "/password/reset/",
        "/signup/",
    ]
    assert {path: client.post(path).status_code for path in posts} == dict.fromkeys(posts, 403)


def test_only_routes_without_sessions_go_without_the_token():
    exempt = {
        pattern.name or str(pattern.pattern)
        for pattern in _patterns(get_resolver())
        if getattr(pattern.callback, "csrf_exempt", False) and not hasattr(pattern.callback, "cls")
    }
    unknown = "^(?:api|v1|hooks)/"
    assert {name for name in exempt if not name.startswith(("ingest-", "webhook", "hook"))} <= {
        "csp-report",
        "api-mcp",  # knows keys alone
        "email-unsubscribe",  # mail programs post to it (RFC 8058), and its token alone says whose it is
        unknown,
    }


def _patterns(resolver):
    for one in resolver.url_patterns:
        yield from _patterns(one) if hasattr(one, "url_patterns") else [one]


# Reports of browsers


@pytest.fixture
def reported(caplog):
    def send(report, **options):
        with caplog.at_level(logging.WARNING, logger="campaignos.csp"):
            response = Client(**options).post("/csp-report", report, content_type="application/csp-report")
        assert response.status_code == 204
        return [record.getMessage() for record in caplog.records if record.name == "campaignos.csp"]

    return send


REPORT = {"csp-report": {"document-uri": "https://a.example/w/?q=secret", "effective-directive": "img-src", "x": "y"}}


def test_a_violation_is_logged_without_query_strings(reported):
    [said] = reported(json.dumps(REPORT))
    assert said.endswith('{"effective-directive": "img-src", "document-uri": "https://a.example/w/"}')


@pytest.mark.parametrize("report", ["", "x", "[]", '{"csp-report": 1}', '{"a": 1}', "[" * 5000, "x" * 10_000])
def test_what_is_no_report_is_not_logged(reported, report):
    assert reported(report) == []


def test_a_report_cannot_write_lines_of_its_own_or_fill_the_log(reported):
    long = {"csp-report": {"blocked-uri": "a\nWARNING forged " + "x" * 5000}}
    [said] = reported(json.dumps(long))
    assert "\n" not in said
    assert len(said) < 400


def test_reports_are_limited(reported):
    for _ in range(csp.REPORTS.times + 5):
        said = reported(json.dumps(REPORT))
    assert len(said) == csp.REPORTS.times


def test_reports_come_by_post(db):
    assert Client().get("/csp-report").status_code == 405


# Texts that are code elsewhere


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-A1", "+49/(30)", "@SUM(A1)", "\t=1", "\rx"])
def test_no_cell_begins_like_a_formula(text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("x;=1+1;", "x;'=1+1;"),
        ("x\n=1+1;y", "x\n'=1+1;y"),
        ("\r=1", "'\r'=1"),
        ("a;;@b", "a;;'@b"),
        ("a;'=b", "a;''=b"),
        ('a;"=b', "a;'\"=b"),
        ("-5;+49 (30) 1;-a", "'-5;+49 (30) 1;'-a"),
        ("a;b = c; d", "a;b = c; d"),
    ],
)
def test_no_cell_holds_what_begins_like_a_formula_where_semicolons_separate(text, written):
    assert cell(text) == written
    assert text_of_cell(written) == text


def test_numbers_and_plain_texts_stay_as_they_are():
    assert [cell(value) for value in (-1, 1.5, None, "a=1", "")] == [-1, 1.5, None, "a=1", ""]


@pytest.mark.parametrize("text", ["+49 30 123456", "+49 (30) 123456", "-12", "+", "(030) 1"])
def test_a_telephone_number_is_no_formula(text):
    assert cell(text) == text


@given(st.text(st.sampled_from("'\"=+-@\t\r\n; a1(")))
def test_what_a_file_says_is_read_as_it_was(text):
    assert text_of_cell(cell(text)) == text


def test_csv_is_quoted():
    response = csv_response("x.csv", ["a", "b"], [['say "hi"', "1,2"], ["line\nbreak", None]])
    assert b"".join(response.streaming_content).decode() == 'a,b\r\n"say ""hi""","1,2"\r\n"line\nbreak",\r\n'


def test_files_differ_for_programs_and_people_by_the_mark_of_spreadsheets_alone():
    files = [made("x.csv", ["a"], [["=1"], ["2"]]) for made in (csv_response, spreadsheet_response)]
    assert [response["X-Row-Count"] for response in files] == ["2", "2"]
    of_programs, of_people = (b"".join(response.streaming_content).decode() for response in files)
    assert (of_programs, of_people) == ("a\r\n'=1\r\n2\r\n", f"\ufeff{of_programs}")


def subclasses(kind):
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


CALLED = ("name", "text")
OTHERWISE = {
    "workspaces.views.settings.DeleteForm",  # the workspace's name again, as it is
    "workspaces.admin.KeyForm",  # the administration makes such fields anew, see its tests
    "workspaces.admin.UserCreationForm",
}


def fields_of_names():
    """Of all forms and bodies in which somebody says what a thing is called; not what other programs call theirs."""
    assert get_resolver().url_patterns  # which imports all of them
    for kind in {*subclasses(forms.BaseForm), *subclasses(StrictSerializer)}:
        place = f"{kind.__module__}.{kind.__name__}"
        fields = getattr(kind, "base_fields", None) or getattr(kind, "_declared_fields", {})
        is_ours = place.startswith(("analytics.", "workspaces.")) and kind.__module__ != "analytics.api.resources.items"
        if is_ours and place not in OTHERWISE:
            yield from ((place, fields[name]) for name in CALLED if name in fields)


def test_what_things_are_called_is_one_line_without_control_characters():
    fields = dict(fields_of_names())
    assert len(fields) > 25
    for field in fields.values():
        read = getattr(field, "clean", None) or field.run_validation
        for text in ("a\nBcc: b", "a\rb", "a\x1bb", "a\x85b", "a\u2028b", "a\tb"):
            with pytest.raises((ValidationError, serializers.ValidationError), match="Line breaks, tabs and other"):
                read(text)


def test_a_name_with_a_line_break_is_refused_by_page_and_api(api, workspace):
    name = "Acme\n\nYour account is locked: https://evil.example"
    response = api.patch(f"/api/workspaces/{workspace.api_id}", {"name": name}, content_type="application/json")
    assert (response.status_code, "Line breaks" in response.text) == (400, True)
    response = api.post("/account/", {"name": name, "theme": "auto", "has_shortcuts": "on"})
    assert (response.status_code, "Line breaks" in response.text) == (400, True)


@pytest.mark.parametrize("name", ["{{ 7|add:7 }}", "{% debug %}", "<script>alert(1)</script>", "'\"><img src=x>"])
def test_a_name_is_a_text_and_no_template_or_markup(api, workspace, owner, name):
    change_settings(workspace=workspace, by=owner, name=name)
    for path in ("/w/", "/w/acme/settings/", "/w/acme/settings/audit/", "/w/acme/settings/delete/"):
        html = api.get(path).text
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "{{ 7" in html or "14" not in name


# The log


def test_no_secret_is_logged(caplog, workspace, owner, api):
    with caplog.at_level(logging.DEBUG):
        Client().post("/login/", {"login": "owner@example.com", "password": PASSWORD})
        Client().post("/login/", {"login": "owner@example.com", "password": "hunter2-hunter2"})
        post_json(Client(), "/api/session", {"email": "owner@example.com", "password": PASSWORD})
        made = api.post("/w/acme/settings/keys/", {"name": "k", "kind": "write"}).text
        token = re.search(r'value="(wk_[^"]+)"', made)[1]
        post_json(Client(), "/v1/track", {"userId": "a", "event": "e"}, Authorization=f"Bearer {token}")
        invited = api.post("/w/acme/settings/members/", {"email": "ada@example.com", "role": "VIEWER"}).text
        link = re.search(r"/invitations/([^/\"]+)/", invited)[1]
        Client().get(f"/invitations/{link}/")
        Client().get("/invitations/made-up-token/")
    ours = [record for record in caplog.records if not record.name.startswith("django.db")]
    said = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in ours)
    for secret in (PASSWORD, "hunter2-hunter2", token, link, api.session.session_key):
        assert secret not in said, secret
