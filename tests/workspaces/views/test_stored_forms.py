"""Two tabs, or two people, at the same settings: who comes second does not undo what the first one saved unseen."""

import re

import pytest

from tests.conftest import prove
from workspaces.models import Membership, User
from workspaces.roles import Role

SETTINGS = "/w/acme/settings/"
MEANWHILE = "Somebody saved these settings after you opened this page"


def form_of(client, address):
    """What a browser would send back from a page, untouched."""
    text = client.get(address).text
    form = next(one for one in re.findall(r'<form method="post".*?</form>', text, re.S) if "seen" in one)
    sent = {"seen": re.search(r'name="seen" value="([^"]*)"', form)[1].replace("&quot;", '"')}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="(\w+)"', tag)[1], re.search(r'value="([^"]*)"', tag)
        if 'type="checkbox"' not in tag and "hidden" not in tag:
            sent[name] = value[1] if value else ""
        elif "checked" in tag:
            sent[name] = "on"
    for name, text in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>\s*(.*?)</textarea>', form, re.S):
        sent[name] = text
    return sent


def test_a_stale_tab_is_told_what_was_saved_and_overwrites_nothing(api, workspace):
    first, second = form_of(api, SETTINGS), form_of(api, SETTINGS)
    assert api.post(SETTINGS, {**first, "name": "Bean shop", "time_zone": "Asia/Tokyo"}).status_code == 302

    typed = {**second, "name": "Kaffee", "slug": "kaffee"}
    refused = api.post(SETTINGS, typed)
    assert refused.status_code == 400
    assert MEANWHILE in refused.text
    assert "this was changed to: Bean shop" in refused.text
    workspace.refresh_from_db()
    assert (workspace.name, workspace.slug, workspace.time_zone) == ("Bean shop", "acme", "Asia/Tokyo")
    shown = re.search(r'name="time_zone" value="([^"]*)"', refused.text)[1]
    assert shown == "Asia/Tokyo", "what was left alone is shown as it is stored"
    assert 'value="Kaffee"' in refused.text, "what was typed stays typed"

    seen = re.search(r'name="seen" value="([^"]*)"', refused.text)[1].replace("&quot;", '"')
    assert api.post(SETTINGS, {**typed, "time_zone": shown, "seen": seen}).status_code == 302
    workspace.refresh_from_db()
    assert (workspace.name, workspace.slug, workspace.time_zone) == ("Kaffee", "kaffee", "Asia/Tokyo")


def test_saving_the_same_twice_is_no_conflict(api, workspace):
    sent = {**form_of(api, SETTINGS), "name": "Bean shop"}
    assert api.post(SETTINGS, sent).status_code == 302
    assert api.post(SETTINGS, sent).status_code == 302


@pytest.mark.parametrize("seen", ["", "x", "[]", '{"name": 3}', "null"])
def test_a_mark_that_is_none_is_a_stale_one_or_none(api, workspace, seen):
    sent = {**form_of(api, SETTINGS), "name": "Bean shop", "seen": seen}
    assert api.post(SETTINGS, sent).status_code == (400 if "name" in seen else 302)


def test_a_stale_profile_is_told(api, owner):
    sent = {**form_of(api, "/account/"), "theme": "auto"}
    assert api.post("/account/", {**sent, "name": "Ada"}).status_code == 302
    refused = api.post("/account/", {**sent, "name": "Bert"})
    assert refused.status_code == 400
    assert "changed to: Ada" in refused.text


def test_a_stale_page_of_how_long_data_is_kept_deletes_nothing(api, workspace):
    prove(api)
    address = f"{SETTINGS}data/"
    sent = form_of(api, f"{address}?kept_days=400")
    assert api.post(address, {**sent, "kept_days": "700"}).status_code == 302
    assert api.post(address, {**sent, "kept_days": "400"}).status_code == 400
    workspace.refresh_from_db()
    assert workspace.kept_days == 700


def test_a_role_that_was_changed_meanwhile_stays(api, workspace):
    prove(api)
    user = User.objects.create_user("ada@example.com")
    member = Membership.objects.create(workspace=workspace, user=user, role=Role.VIEWER)
    address = f"{SETTINGS}members/{member.pk}/role/"
    api.post(address, {"role": Role.ADMIN, "seen": Role.VIEWER})
    told = api.post(address, {"role": Role.ANALYST, "seen": Role.VIEWER}, follow=True)
    assert "meanwhile somebody changed it to Admin" in told.text
    member.refresh_from_db()
    assert member.role == Role.ADMIN
