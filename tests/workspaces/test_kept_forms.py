"""What somebody typed is theirs to send again, also when their session ended or changed meanwhile."""

import re

import pytest
from django.test import Client

from tests.conftest import PASSWORD

SETTINGS = "/w/acme/settings/"
TYPED = {"name": "Acme & Söhne", "slug": "acme", "time_zone": "UTC", "conversion_types": "a\nb", "a_password": "sesame"}
OWN = {"Origin": "http://testserver"}


def fields(response):
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', response.text))


def test_logged_out_one_gets_the_form_back_but_no_secrets(workspace):
    response = Client().post(SETTINGS, TYPED, headers=OWN)
    assert response.status_code == 403
    assert "You are logged out" in response.text
    assert f'action="{SETTINGS}"' in response.text
    kept = fields(response)
    assert kept["name"] == "Acme &amp; Söhne"
    assert kept["conversion_types"] == "a\nb"
    assert "sesame" not in response.text


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_what_another_site_sends_is_not_repeated(workspace, headers):
    response = Client().post(SETTINGS, TYPED, headers=headers)
    assert response["Location"] == f"/login/?next={SETTINGS}"
    strict = Client(enforce_csrf_checks=True)
    response = strict.post(SETTINGS, TYPED, headers=headers)
    assert response.status_code == 403
    assert "Söhne" not in response.text
    assert "Your session changed, please try again" in response.text


def test_what_is_too_long_is_not_repeated(workspace):
    response = Client().post(SETTINGS, {**TYPED, "name": "x" * 100_001}, headers=OWN)
    assert response.status_code == 302


def test_a_tab_from_before_the_log_in_is_told_so_and_can_send_again(workspace, owner):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner)
    stale = re.search(r'csrfmiddlewaretoken" value="(\w+)"', strict.get(SETTINGS).text)[1]
    strict.logout()
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', strict.get("/login/").text)[1]
    strict.post("/login/", {"login": owner.email, "password": PASSWORD, "csrfmiddlewaretoken": token})

    refused = strict.post(SETTINGS, {**TYPED, "csrfmiddlewaretoken": stale}, headers=OWN)
    assert refused.status_code == 403
    assert "Your session changed, please try again" in refused.text
    assert "owner@example.com" in refused.text
    token = re.findall(r'csrfmiddlewaretoken" value="(\w+)"', refused.text)[-1]
    again = {**fields(refused), "name": TYPED["name"], "csrfmiddlewaretoken": token}
    assert strict.post(SETTINGS, again, headers=OWN)["Location"] == SETTINGS
    workspace.refresh_from_db()
    assert workspace.name == "Acme & Söhne"


def test_a_form_goes_along_to_the_address_that_a_workspace_has_now(api, workspace):
    api.post(SETTINGS, {**TYPED, "slug": "bean-shop"})
    response = api.post(SETTINGS, {**TYPED, "slug": "bean-shop", "name": "Bean shop"}, follow=True)
    assert response.redirect_chain[0] == ("/w/bean-shop/settings/", 307)
    workspace.refresh_from_db()
    assert workspace.name == "Bean shop"
