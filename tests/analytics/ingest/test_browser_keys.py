"""What a write key that stands in web pages may do, and what it may not: anybody who opens one can send with it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from analytics.models import Contact, Event, Message, MessageEvent
from tests.analytics.ingest import stored
from tests.conftest import post_json
from workspaces.models import Workspace

pytestmark = pytest.mark.usefixtures("now")

Send = Callable[..., dict[str, Any]]
AT = "2026-03-20T10:00:00Z"


@pytest.fixture
def page(browser_key: str) -> Send:
    """Sends calls as a web page does."""

    def send(*calls: dict[str, Any]) -> dict[str, Any]:
        answer = post_json(Client(), "/v1/batch", {"batch": calls, "writeKey": browser_key}, Origin="https://x.example")
        assert answer.status_code == 200, answer.content
        return answer.json()  # type: ignore[no-any-return]

    return send


def test_it_names_devices_and_sends_events(page: Send, workspace: Workspace) -> None:
    page({"type": "track", "event": "seen", "anonymousId": "device", "messageId": "1"})
    page({"type": "identify", "userId": "ada", "anonymousId": "device", "messageId": "2"})

    assert stored.device(workspace, "device") == stored.user(workspace, "ada")
    assert stored.people_of_events(workspace) == {"1": stored.user(workspace, "ada")}


def test_it_fills_what_is_empty_and_changes_nothing_that_is_known(page: Send, bulk: Any, track: Any) -> None:
    bulk("contacts", [{"externalId": "ada", "email": "ada@example.com", "attributes": {"plan": "pro"}}])
    said = {"email": "eve@example.com", "name": "Eve", "plan": "free", "city": "Rome", "createdAt": AT}
    page({"type": "identify", "userId": "ada", "traits": said, "messageId": "1"})
    page({"type": "track", "event": "x", "userId": "ada", "$set": {"email": None, "plan": None}, "messageId": "2"})

    ada = Contact.objects.get()
    assert (ada.email, ada.name) == ("ada@example.com", "Eve")
    assert (ada.attributes["plan"], ada.attributes["city"]) == ("pro", "Rome")
    track({"type": "identify", "userId": "ada", "traits": {"name": "Ada", "city": "Turin"}, "timestamp": AT})
    ada.refresh_from_db()
    assert (ada.name, ada.attributes["city"]) == ("Ada", "Turin"), "another key's word counts more, though it is older"


def test_it_joins_no_contacts(page: Send, bulk: Any, workspace: Workspace) -> None:
    bulk("contacts", [{"externalId": "ada"}, {"externalId": "bob"}])
    answer = page({"type": "alias", "userId": "ada", "previousId": "bob", "messageId": "1"})

    assert [remark["code"] for remark in answer["rejected"]] == ["identity_conflict"]
    assert stored.contacts(workspace) == {"ada", "bob"}


def test_an_id_is_not_reserved_by_it(page: Send, track: Any, workspace: Workspace) -> None:
    page({"type": "alias", "userId": "eve", "previousId": "ada", "messageId": "1"})
    track({"type": "track", "event": "x", "userId": "ada", "messageId": "2"})

    assert stored.user(workspace, "ada") != stored.user(workspace, "eve")


def test_it_does_not_report_on_messages(page: Send, bulk: Any) -> None:
    bulk("campaigns", [{"externalId": "c", "name": "C"}])
    bulk("contacts", [{"externalId": "ada"}])
    bulk("messages", [{"externalId": "m", "campaign": "c", "contact": "ada", "channel": "EMAIL"}])
    report = {"type": "track", "event": "Email Opened", "userId": "ada", "properties": {"message_id": "m"}}
    answer = page({**report, "messageId": "1"}, {"type": "track", "event": "x", "userId": "ada", "messageId": "2"})

    assert [(one["index"], one["code"]) for one in answer["rejected"]] == [(0, "report_not_allowed")]
    assert answer["accepted"] == 1
    assert not MessageEvent.objects.exists()
    assert Message.objects.get().opened_at is None


def test_its_message_ids_take_no_others_place(page: Send, track: Any) -> None:
    order = {"type": "track", "event": "purchase", "userId": "ada", "messageId": "order-1", "timestamp": AT}
    assert page({**order, "userId": "eve"})["accepted"] == 1
    assert page({**order, "userId": "eve"})["duplicates"] == 1
    assert track(order).json()["accepted"] == 1
    assert track(order).json()["duplicates"] == 1
    assert page({**order, "event": "other", "userId": "eve"})["rejected"][0]["code"] == "id_reused"

    assert sorted(Event.objects.values_list("message_id", "type")) == [("order-1", "purchase"), ("order-1", "purchase")]


def test_the_same_call_without_an_id_is_no_duplicate_of_a_servers(page: Send, track: Any) -> None:
    call = {"type": "track", "event": "x", "userId": "ada", "timestamp": AT}
    assert page(call)["accepted"] == track(call).json()["accepted"] == 1
    assert Event.objects.count() == 2


@pytest.mark.parametrize("is_page", [True, False])
def test_a_write_key_learns_nobodys_id_by_trying_out_devices(page: Send, track: Any, is_page: bool) -> None:
    track({"type": "identify", "userId": "ada@example.com", "anonymousId": "device", "messageId": "1"})

    def send(call: dict[str, Any]) -> dict[str, Any]:
        return page(call) if is_page else track(call).json()  # type: ignore[no-any-return]

    warned = send({"type": "identify", "userId": "eve", "anonymousId": "device", "messageId": "2"})
    refused = send({"type": "alias", "userId": "eve", "previousId": "device", "messageId": "3"})

    assert [one["code"] for one in (*warned["warnings"], *refused["rejected"])] == ["identity_conflict"] * 2
    assert "ada" not in json.dumps([warned, refused])
