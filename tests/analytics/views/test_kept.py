"""The settings page that says how long data is kept: shown first, confirmed with the password, recorded."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.conftest import NOW, prove
from workspaces.models import AuditEvent, Workspace

pytestmark = pytest.mark.usefixtures("now")

ADDRESS = "/w/acme/settings/data/"


@pytest.fixture
def proved(api: Client) -> Client:
    """The owner, who has just proved who they are."""
    prove(api)
    return api


@pytest.fixture(autouse=True)
def _events(workspace: Workspace, bulk: Any) -> None:
    bulk("contacts", [{"externalId": "ada"}])
    for days in (0, 9, 10, 40):
        at = (NOW - timedelta(days=days)).isoformat()
        bulk("events", [{"type": "seen", "contact": "ada", "occurredAt": at, "messageId": f"e{days}"}])


def test_what_would_go_is_shown_and_nothing_is_changed(api: Client, workspace: Workspace) -> None:
    page = api.get(ADDRESS, {"kept_days": "10"}).text

    assert "From before Sun 22 Mar 2026" in page
    assert "<li>2 events</li>" in page
    assert "<li>0 messages" in page
    assert "contacts, with all" not in page
    assert "0 contacts, with all" in api.get(ADDRESS, {"kept_days": "10", "erases_idle_contacts": "on"}).text
    workspace.refresh_from_db()
    assert workspace.kept_days is None


def test_what_is_confirmed_is_kept_and_recorded(proved: Client, workspace: Workspace) -> None:
    proved.post(ADDRESS, {"kept_days": "10", "erases_idle_contacts": "on"})

    workspace.refresh_from_db()
    assert (workspace.kept_days, workspace.erases_idle_contacts) == (10, True)
    line = AuditEvent.objects.filter(action="settings_changed").first()
    assert line is not None
    assert line.before == {"kept_days": None, "erases_idle_contacts": False}
    assert line.after == {"kept_days": 10, "erases_idle_contacts": True}
    assert 'value="10"' in proved.get(ADDRESS).text


def test_it_can_be_for_ever_again(proved: Client, workspace: Workspace) -> None:
    proved.post(ADDRESS, {"kept_days": "10"})
    assert "Keep data forever" in proved.get(ADDRESS, {"kept_days": ""}).text

    proved.post(ADDRESS, {"kept_days": ""})

    workspace.refresh_from_db()
    assert workspace.kept_days is None


def test_confirming_asks_for_the_password_first(api: Client, workspace: Workspace) -> None:
    assert api.post(ADDRESS, {"kept_days": "10"})["Location"].startswith("/account/reauthenticate/")

    workspace.refresh_from_db()
    assert workspace.kept_days is None


@pytest.mark.parametrize("days", ["0", "-1", "36501", "x", "1.5"])
def test_a_number_of_days_that_cannot_be_is_told(proved: Client, workspace: Workspace, days: str) -> None:
    for ask in (proved.get, proved.post):
        response = ask(ADDRESS, {"kept_days": days})
        assert response.status_code == 400
        assert 'class="error"' in response.text
    workspace.refresh_from_db()
    assert workspace.kept_days is None
