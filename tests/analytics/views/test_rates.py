"""The settings page of exchange rates: listed, added, imported from a file, deleted and brought back."""

import html
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from analytics.models import ExchangeRate
from tests.analytics.views.texts import text_of
from tests.conftest import PASSWORD
from workspaces.models import AuditEvent, Membership, User
from workspaces.roles import Role

RATES = "/w/acme/settings/rates/"
UPLOAD = f"{RATES}upload/"
GIVEN = {"day": "2026-03-01", "source": "eur", "target": "USD", "rate": "1.0845"}


def stated():
    return [(str(row), row.rate_text) for row in ExchangeRate.objects.order_by("day", "source")]


def upload(client, content, name="rates.csv", **options):
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, content)}, **options)


def rows_of(client):
    return [text_of(row) for row in re.findall(r"<tr>\s*<th scope=\"row\">.*?</tr>", client.get(RATES).text, re.S)]


def test_a_rate_is_added_changed_and_shown(api, workspace, owner):
    assert "No rates yet." in api.get(RATES).text
    assert api.post(RATES, GIVEN)["Location"] == RATES
    assert api.post(RATES, {**GIVEN, "day": "2026-03-02", "rate": "1.1"}).status_code == 302
    assert api.post(RATES, {**GIVEN, "rate": "1.09"}).status_code == 302
    assert rows_of(api) == ["Mon 2 Mar 2026 EUR USD 1.1 Delete", "Sun 1 Mar 2026 EUR USD 1.09 Delete"]
    line = AuditEvent.objects.latest("id")
    name = "EUR to USD on 2026-03-01"
    assert (line.action, line.actor, line.before, line.after) == (
        "rates_stated",
        owner,
        {name: "1.0845"},
        {name: "1.09"},
    )
    assert line.get_action_display() == "Exchange rates changed"


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("day", "", "required"),
        ("day", "1969-12-31", "The first day that can be named"),
        ("source", "Euro", "3 characters"),
        ("source", "ABC", "allowed are codes of ISO 4217"),
        ("target", "eur", "to must be another currency than from"),
        ("rate", "0", "allowed: a number above 0 such as 1.0845, of at most 15 digits"),
        ("rate", "1,08", "rate cannot be '1,08'"),
        ("rate", "x" * 41, "at most 40 characters"),
    ],
)
def test_what_is_no_rate_is_told_and_changes_nothing(api, workspace, field, value, problem):
    refused = api.post(RATES, {**GIVEN, field: value})
    assert refused.status_code == 400
    assert problem in html.unescape(refused.text)
    assert stated() == []


def test_a_file_is_taken_with_semicolons_too(api, workspace, owner):
    done = upload(
        api, b"\xef\xbb\xbfday;from;to;rate\r\n2026-03-01;EUR;USD;1.0845\r\n2026-03-02;EUR;USD;1.1\r\n", follow=True
    )
    assert "2 new rates, 0 changed, 0 as before." in done.text
    again = upload(api, b'{"day": "2026-03-01", "from": "EUR", "to": "USD", "rate": 2}\n', "r.jsonl", follow=True)
    assert "0 new rates, 1 changed, 0 as before." in again.text
    assert stated() == [("EUR to USD on 2026-03-01", "2"), ("EUR to USD on 2026-03-02", "1.1")]
    assert AuditEvent.objects.filter(action="rates_stated", actor=owner).count() == 2


def test_of_a_file_the_good_rows_are_taken_and_the_others_told(api, workspace):
    lines = ["day,from,to,rate", "2026-03-01,EUR,USD,1.0845", "2026-03-02,EUR,USD,-1", *["x,EUR,USD,1"] * 30]
    answer = upload(api, "\n".join(lines).encode())
    assert answer.status_code == 400
    shown = text_of(answer.text)
    assert "1 new rate, 0 changed, 0 as before. 31 rejected, of which these are the first 20:" in shown
    assert "Line 3: rate cannot be '-1'; allowed: a number above 0" in shown
    assert shown.count("Line ") == 20
    assert stated() == [("EUR to USD on 2026-03-01", "1.0845")]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "The file is empty."),
        (b"day,from,to\n2026-03-01,EUR,USD\n", "rate"),
        (b"day,from,to,rate\n", "no "),
        (b"\x89PNG\r\n\x1a\n\x00", ""),
    ],
)
def test_a_file_that_is_none_is_told(api, workspace, content, problem):
    answer = upload(api, content)
    assert answer.status_code == 400
    [told] = re.findall(r'id="id_file_error">(.*?)</p>', answer.text)
    assert problem in html.unescape(told)
    assert stated() == []


def test_a_file_that_is_too_large_is_told(api, workspace, settings):
    settings.MAX_UPLOAD_BYTES = 1024**2
    answer = upload(api, b"day,from,to,rate\n" + b"2026-03-01,EUR,USD,1.0845\n" * 50_000)
    assert (answer.status_code, "larger than 1 MB" in answer.text) == (400, True)


def test_without_a_file_one_is_asked_for(api, workspace):
    assert "Choose a file." in api.post(UPLOAD, {}).text


def test_a_rate_is_deleted_and_comes_back(api, workspace, owner):
    api.post(RATES, GIVEN)
    row = ExchangeRate.objects.get()
    told = api.post(f"{RATES}{row.pk}/delete/", follow=True).text
    assert "The rate EUR to USD on 2026-03-01 is deleted." in told
    assert stated() == []
    assert AuditEvent.objects.latest("id").before == {"EUR to USD on 2026-03-01": "1.0845"}
    token = html.unescape(re.search(r'name="what" value="([^"]+)"', told)[1])
    assert "is there again" in api.post("/undo/", {"what": token, "next": RATES}, follow=True).text
    assert stated() == [("EUR to USD on 2026-03-01", "1.0845")]
    again = api.post("/undo/", {"what": token, "next": RATES}, follow=True).text
    assert "There is a rate from EUR to USD of that day by now." in again


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.ANALYST, 403), (Role.ADMIN, 302)])
def test_every_member_sees_them_and_those_who_manage_change_them(api, workspace, role, status):
    api.post(RATES, GIVEN)
    row = ExchangeRate.objects.get()
    user = User.objects.create_user("ada@example.com", PASSWORD)
    Membership.objects.create(workspace=workspace, user=user, role=role)
    client = Client()
    client.force_login(user)
    shown = client.get(RATES).text.partition("<main")[2].partition("</main>")[0]
    assert "1.0845" in shown
    assert ("<form" in shown) is (status == 302)
    assert client.post(RATES, {**GIVEN, "day": "2026-03-02"}).status_code == status
    assert upload(client, b"day,from,to,rate\n2026-03-03,EUR,USD,1\n").status_code == status
    assert client.post(f"{RATES}{row.pk}/delete/").status_code == status


def test_rates_of_another_workspace_are_not_there(stranger_client, api, workspace):
    api.post(RATES, GIVEN)
    row = ExchangeRate.objects.get()
    for answer in (
        stranger_client.get(RATES),
        stranger_client.post(RATES, GIVEN),
        upload(stranger_client, b"day,from,to,rate\n2026-03-03,EUR,USD,1\n"),
        stranger_client.post(f"{RATES}{row.pk}/delete/"),
        stranger_client.post(f"/w/elsewhere/settings/rates/{row.pk}/delete/"),
    ):
        assert answer.status_code == 404
    assert "No rates yet." in stranger_client.get("/w/elsewhere/settings/rates/").text
    assert stated() == [("EUR to USD on 2026-03-01", "1.0845")]


def test_deleting_and_importing_need_a_post(api, workspace):
    api.post(RATES, GIVEN)
    assert api.get(f"{RATES}{ExchangeRate.objects.get().pk}/delete/").status_code == api.get(UPLOAD).status_code == 405


def test_many_come_in_pages_with_few_queries(api, workspace, django_assert_max_num_queries):
    lines = [f"2026-{month:02}-{day:02},EUR,USD,1.{day}" for month in (1, 2) for day in range(1, 29)]
    upload(api, "\n".join(["day,from,to,rate", *lines]).encode())
    api.get(RATES)  # which tells that they are saved
    with django_assert_max_num_queries(6):
        shown = api.get(RATES)
    assert "1 to 50 of 56" in text_of(shown.text)
    assert len(re.findall(r'<th scope="row">', api.get(RATES, {"page": "2"}).text)) == 6
    [address] = re.findall(r'href="([^"]+rates\.csv)"', shown.text)
    assert api.get(address).getvalue().count(b"\r\n") == 57
