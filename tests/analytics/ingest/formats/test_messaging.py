"""Track calls in the names of Segment's spec: reports on messages that they name, events if they name none."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from analytics.models import Contact, Event, Message, MessageEvent
from tests.analytics.ingest import stored
from tests.conftest import NOW, post_json
from tests.copied_rows import copied
from workspaces.models import Workspace

pytestmark = pytest.mark.usefixtures("now")

Take = Callable[..., dict[str, Any]]
AT = datetime(2026, 3, 20, 9, tzinfo=UTC)
CALL = {"type": "track", "userId": "u1", "timestamp": AT.isoformat()}
NAMED = {"message_id": "m1"}


@pytest.fixture
@copied
def message(bulk: Take) -> None:
    bulk("campaigns", [{"externalId": "c", "name": "C"}])
    bulk("contacts", [{"externalId": "u1"}])
    bulk(
        "messages",
        [{"externalId": "m1", "providerMessageId": "p1", "campaign": "c", "contact": "u1", "channel": "EMAIL"}],
    )


@pytest.mark.usefixtures("message")
@pytest.mark.parametrize(
    ("event", "field"),
    [
        ("Email Sent", "sent_at"),
        ("Email Delivered", "delivered_at"),
        ("Email Opened", "opened_at"),
        ("Email Link Clicked", "clicked_at"),
        ("Email Bounced", "bounced_at"),
        ("Push Notification Sent", "sent_at"),
        ("Push Notification Received", "delivered_at"),
        ("Push Notification Tapped", "clicked_at"),
        ("Push Notification Bounced", "bounced_at"),
        ("SMS Sent", "sent_at"),
        ("SMS Delivered", "delivered_at"),
        ("SMS Link Clicked", "clicked_at"),
        ("SMS Bounced", "bounced_at"),
        ("SMS Failed", "failed_at"),
    ],
)
@pytest.mark.parametrize("properties", [{"message_id": "m1"}, {"messageId": "p1"}])
def test_a_call_that_names_its_message_is_a_report_and_no_event(
    take: Take, event: str, field: str, properties: dict[str, str]
) -> None:
    answer = take({**CALL, "event": event, "messageId": "x", "properties": properties})

    assert (answer["accepted"], answer["rejected"]) == (1, [])
    assert stored.reached(Message.objects.get())[field] == AT
    assert not Event.objects.exists()


@pytest.mark.usefixtures("message")
def test_complaints_and_unsubscriptions_are_the_contacts(take: Take) -> None:
    take(*({**CALL, "event": event, "properties": NAMED} for event in ("Email Marked as Spam", "Unsubscribed")))
    contact = Contact.objects.get()
    assert (contact.complained_at, contact.unsubscribed_at) == (AT, AT)


@pytest.mark.usefixtures("message")
@pytest.mark.parametrize(
    "call",
    [
        {"event": "Email Opened"},
        {"event": "Email Opened", "properties": {}},
        {"event": "Email Opened", "properties": {"message_id": ""}},
        {"event": "Email Opened", "properties": {"email_id": "template-7"}},
        {"event": "email opened", "properties": NAMED},
        {"event": "Newsletter Read", "properties": NAMED},
        {"type": "page", "event": "Email Opened", "properties": NAMED},
    ],
)
def test_any_other_call_is_an_event(take: Take, call: dict[str, Any]) -> None:
    assert take({**CALL, **call})["accepted"] == 1
    assert Event.objects.count() == 1
    assert not MessageEvent.objects.exists()


@pytest.mark.usefixtures("message")
def test_a_report_keeps_link_user_agent_and_reason(take: Take) -> None:
    properties = {**NAMED, "link_url": "https://x.example/", "user_agent": "curl/8.5.0", "reason": "r"}
    take({**CALL, "event": "Email Link Clicked", "properties": properties})
    report = MessageEvent.objects.get()
    assert (report.url, report.user_agent, report.reason, report.actor) == (
        "https://x.example/",
        "curl/8.5.0",
        "r",
        "scanner",
    )


@pytest.mark.usefixtures("message")
def test_the_same_call_counts_once_and_a_wrong_clock_is_corrected(take: Take) -> None:
    call = {**CALL, "event": "Email Opened", "messageId": "x" * 255, "properties": NAMED}
    call["sentAt"] = "2026-03-31T11:00:00Z"
    assert take(call, call)["accepted"] == 1
    assert take(call)["duplicates"] == 1
    assert Message.objects.get().opened_at == datetime(2026, 3, 20, 10, tzinfo=UTC)


def test_reports_and_events_of_a_batch_are_answered_in_their_places(take: Take, workspace: Workspace) -> None:
    report = {**CALL, "event": "Email Opened", "properties": NAMED}
    answer = take(
        {**report, "messageId": "a"},
        {**CALL, "messageId": "b"},
        {**CALL, "event": "visit", "messageId": "c"},
        {**report, "messageId": "d", "timestamp": "1969-01-01T00:00:00Z"},
        7,
        {**report, "messageId": "e", "properties": {"message_id": ["m1"]}},
        {**report, "messageId": "a"},
    )
    assert (answer["accepted"], answer["duplicates"]) == (3, 1)
    assert [(remark["index"], remark["messageId"], remark["code"]) for remark in answer["rejected"]] == [
        (1, "b", "missing_event"),
        (3, "d", "too_old"),
        (4, None, "invalid_item"),
    ]
    assert MessageEvent.objects.get().message is None
    assert set(Event.objects.values_list("type", "message_id")) == {("visit", "c"), ("Email Opened", "e")}


def test_a_single_call_is_taken_alike(write_key: str) -> None:
    body = {"userId": "u1", "event": "Email Opened", "properties": NAMED}
    response = post_json(Client(), "/v1/track", body, Authorization=f"Bearer {write_key}")
    assert (response.status_code, response.json()["accepted"]) == (200, 1)
    assert MessageEvent.objects.get().occurred_at == NOW
