"""Killed at any instant, what deletes old facts leaves whole days, and the next run ends what it began."""

import os
import random
import time
from collections import Counter
from datetime import timedelta

import pytest

from analytics import ingest
from analytics.ingest.removal.expiry import expire
from analytics.ledger.rebuild import Difference, verify
from analytics.models import Event, Message, MessageEvent
from tests.analytics.processes import Process
from tests.conftest import NOW
from workspaces.models import Workspace

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

KILLS = max(int(os.environ.get("KILLS", "12")) // 4, 1)
DAYS_A_KILL = 12
KEPT_DAYS = 10
EVENTS_A_DAY, MESSAGES_A_DAY = 30, 20


@pytest.fixture
def past(workspace: Workspace) -> Workspace:
    """Days of events and messages; the messages are opened the day after, and clicked when they are kept no longer."""
    received_at = NOW - timedelta(minutes=1)
    campaign, contact = {"externalId": "c", "name": "C"}, {"externalId": "ada", "signedUpAt": "2020-01-01T00:00:00Z"}
    assert ingest.take_campaigns(workspace, [campaign], received_at=received_at).accepted == 1
    assert ingest.take_contacts(workspace, [contact], received_at=received_at).accepted == 1
    sent = {"campaign": "c", "contact": "ada", "channel": "EMAIL"}
    messages: list[dict[str, object]] = []
    reports: list[dict[str, object]] = []
    events: list[dict[str, object]] = []
    for ago in range(KILLS * DAYS_A_KILL + KEPT_DAYS):
        at = NOW - timedelta(days=ago, hours=3)
        day = at.isoformat()
        told = {"createdAt": day, "openedAt": (at + timedelta(days=1)).isoformat() if ago else None}
        told["clickedAt"] = (NOW - timedelta(hours=2)).isoformat() if ago % 2 else None
        messages += ({**sent, **told, "externalId": f"m{ago}-{n}"} for n in range(MESSAGES_A_DAY))
        reports += (
            {"message": f"m{ago}-0", "type": "delivered", "at": day},
            {"message": f"u{ago}", "type": "sent", "at": day},
        )
        events += (
            {
                "type": "seen",
                "messageId": f"e{ago}-{n}",
                "occurredAt": day,
                **({"contact": "ada"} if n % 2 else {"anonymousId": f"d{ago}-{n}"}),
            }
            for n in range(EVENTS_A_DAY)
        )
    for take, items in (
        (ingest.take_messages, messages),
        (ingest.take_message_events, reports),
        (ingest.take_events, events),
    ):
        for start in range(0, len(items), 1000):
            assert take(workspace, items[start : start + 1000], received_at=received_at).rejected == []
    Workspace.objects.filter(pk=workspace.pk).update(kept_days=KEPT_DAYS)
    workspace.refresh_from_db()
    return workspace


def assert_days_are_whole(workspace: Workspace) -> int:
    """And the ledger is theirs; how many they are."""
    assert [found for found in verify(workspace) if isinstance(found, Difference)] == []
    events = Counter(Event.objects.values_list("occurred_at__date", flat=True))
    messages = Counter(Message.objects.values_list("created_at__date", flat=True))
    assert set(events.values()) == {EVENTS_A_DAY}
    assert set(messages.values()) == {MESSAGES_A_DAY}
    assert events.keys() == messages.keys()
    assert set(MessageEvent.objects.values_list("occurred_at__date", flat=True)) == events.keys()
    return len(events)


def test_killed_at_any_instant_days_are_whole_and_the_next_run_ends_it(past: Workspace) -> None:
    chance = random.Random(20261126)
    left = assert_days_are_whole(past)
    for _ in range(KILLS):
        process = Process("tests.analytics.ingest.removal.expirer", str(past.pk), NOW.isoformat())
        process.wait_for(1 + chance.randrange(3))
        time.sleep(chance.random() * 0.2)
        process.kill()
        before, left = left, assert_days_are_whole(past)
        assert left <= before - len(process.said)
    assert left > KEPT_DAYS, "Nothing was left to be killed at: make more days."

    assert sum(step.events for step in expire(past, NOW)) == (left - KEPT_DAYS) * EVENTS_A_DAY

    assert assert_days_are_whole(past) == KEPT_DAYS
    assert list(expire(past, NOW)) == []
