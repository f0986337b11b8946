"""One rule for email addresses: of contacts, by whatever door, and of who is invited."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from analytics.models import Contact
from campaignos.email_addresses import is_email
from tests.conftest import post_json
from workspaces.models import Invitation, Workspace

NONE = ["max@x", "max@localhost", "max@x.", "@x.example", "max@.example", "max", "max@x@y.example", "a b@x.example"]


@pytest.mark.parametrize("text", NONE)
def test_what_is_none(text: str) -> None:
    assert not is_email(text)


@pytest.mark.parametrize("text", ["max@x.example", "özil@müller.example", "o'neill+a@mail.x.example", "a@1.example"])
def test_what_is_one(text: str) -> None:
    assert is_email(text)


@pytest.mark.parametrize("text", NONE)
def test_nobody_is_invited_at_what_is_none(api: Client, workspace: Workspace, text: str) -> None:
    by_page = api.post(reverse("settings-members", args=["acme"]), {"email": text, "role": "VIEWER"})
    by_api = post_json(api, f"/api/workspaces/{workspace.api_id}/invitations", {"email": text, "role": "VIEWER"})
    assert (by_page.status_code, by_api.status_code) == (400, 400)
    assert len(by_api.json()["fields"]["email"]) == 1
    assert by_page.text.count("valid email address") + by_page.text.count("an email address such as") == 1
    assert not Invitation.objects.exists()


def test_a_client_s_identify_goes_on_without_it(track: Callable[..., Any]) -> None:
    answer = track({"type": "identify", "userId": "max", "traits": {"email": "max@x", "plan": "pro"}}).json()
    assert [warning["code"] for warning in answer["warnings"]] == ["invalid_email"]
    contact = Contact.objects.get()
    assert (contact.email, contact.attributes["plan"]) == ("", "pro")
