"""Alerts judged by the clock: once a day in the morning, told at each change, to whom it concerns."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail as sent_mail

from analytics.alerts import AlertItem, save_alert, snooze_alert
from analytics.endpoints import add_endpoint
from analytics.models import Alert, AlertChange, Delivery, DeliveryState, MailTo
from analytics.operations import alerting
from analytics.operations.alerting import judge_alerts
from analytics.operations.delivering import deliver
from analytics.statistics.alarms import AlertKind, AlertRule, Direction
from tests.blocks import blocks

MORNING = datetime(2026, 3, 31, 7, 0, tzinfo=UTC)
"""Nine o'clock in the workspace, in Berlin."""
UNUSUAL = AlertRule(AlertKind.ANOMALY)


@pytest.fixture
def events(track, time_machine):
    """So many events on each of the days before this one, yesterday's last."""

    def send(*counts, until=MORNING):
        time_machine.move_to(until, tick=False)
        first = until.replace(hour=10) - timedelta(days=len(counts))
        calls = [
            {
                "type": "track",
                "anonymousId": f"d{number % 7}",
                "event": "visit",
                "messageId": f"{until:%d}-{place}-{number}",
                "timestamp": (first + timedelta(days=place, seconds=number)).isoformat(),
            }
            for place, count in enumerate(counts)
            for number in range(count)
        ]
        for start in range(0, len(calls), 500):
            assert track(*calls[start : start + 500]).json()["accepted"]

    return send


@pytest.fixture
def alert(workspace, owner):
    def save(rule=UNUSUAL, metric="events", name="Visits", **more):
        return save_alert(workspace=workspace, item=AlertItem(name, metric, rule, **more), by=owner)

    return save


def changes():
    return [(change.opened, str(change.day), change.value) for change in AlertChange.objects.order_by("pk")]


def test_an_alert_opens_in_the_morning_is_told_once_and_resolves(events, alert, workspace, owner, time_machine):
    alert(AlertRule(AlertKind.THRESHOLD, Direction.DOWN, 10.0))
    events(12, 6)
    assert judge_alerts(MORNING.replace(hour=3)) == {"judged": 0, "changed": 0}
    assert judge_alerts(MORNING) == {"judged": 1, "changed": 1}
    assert judge_alerts(MORNING + timedelta(minutes=5)) == {"judged": 0, "changed": 0}
    events(20, until=MORNING + timedelta(days=1))
    assert judge_alerts(MORNING + timedelta(days=1)) == {"judged": 1, "changed": 1}
    assert changes() == [(True, "2026-03-30", 6.0), (False, "2026-03-31", 20.0)]
    assert deliver(MORNING + timedelta(days=1)) == {"sent": 2, "failed": 0}
    assert [(message.subject, message.to) for message in sent_mail.outbox] == [
        ("Acme: Visits: alert", ["owner@example.com"]),
        ("Acme: Visits: resolved", ["owner@example.com"]),
    ]
    assert "Events on Mon 30 Mar 2026: 6 (the limit is 10)." in sent_mail.outbox[0].body
    assert f"/w/acme/alerts/{Alert.objects.get().pk}/" in sent_mail.outbox[0].body


def test_an_incomplete_day_never_rings(events, alert):
    alert(AlertRule(AlertKind.THRESHOLD, Direction.DOWN, 10.0))
    events(12)
    assert judge_alerts(MORNING)["changed"] == 0  # of today there is nothing yet


def test_what_is_clicked_late_is_judged_when_it_has_had_time(alert, now):
    alert(AlertRule(AlertKind.THRESHOLD, Direction.UP, 0.5), metric="campaign_click_rate")
    judge_alerts(MORNING)
    assert str(Alert.objects.get().judged_on) == "2026-03-27"


def test_a_part_of_the_facts_is_judged_by_itself(events, alert, track, time_machine):
    where = {"where": ["event:signup"]}
    events(12)
    signup = {"type": "track", "anonymousId": "d", "event": "signup", "timestamp": "2026-03-30T10:00:00Z"}
    track(signup)
    alert(AlertRule(AlertKind.THRESHOLD, Direction.DOWN, 10.0), parameters=where)
    judge_alerts(MORNING)
    assert changes() == [(True, "2026-03-30", 1.0)]
    assert "Events (Event is signup) on Mon 30 Mar 2026: 1 (the limit is 10)." in Delivery.objects.get().body["text"]


def test_an_alert_that_two_ticks_judge_at_once_is_told_once(events, alert, workspace, monkeypatch):
    """The second one has read the alert before the first one wrote what it found."""
    alert(AlertRule(AlertKind.THRESHOLD, Direction.DOWN, 10.0))
    events(6)
    read_before = Alert.objects.get()
    assert judge_alerts(MORNING)["changed"] == 1
    monkeypatch.setattr(alerting, "_due", lambda *_: iter([read_before]))
    assert judge_alerts(MORNING) == {"judged": 1, "changed": 0}
    assert changes() == [(True, "2026-03-30", 6.0)]
    assert Delivery.objects.count() == 1


def test_conditions_on_what_is_gone_leave_an_alert_as_it_is(events, alert, caplog):
    made = alert(AlertRule(AlertKind.THRESHOLD, Direction.DOWN, 10.0))
    Alert.objects.update(parameters={"segment": ["seg_999"]})
    events(1)
    assert judge_alerts(MORNING)["changed"] == 0
    assert f"{made.api_id} of" in caplog.text


def test_silence_rings_within_hours_and_ends_with_what_comes(events, alert, track, time_machine):
    alert(AlertRule(AlertKind.SILENCE, Direction.DOWN))
    time_machine.move_to(MORNING, tick=False)
    hours = [MORNING - timedelta(hours=number) for number in range(40, 4, -1)]
    track(*({"type": "track", "anonymousId": "d", "event": "visit", "timestamp": at.isoformat()} for at in hours))
    assert judge_alerts(MORNING)["changed"] == 1
    assert AlertChange.objects.get().opened
    later = MORNING + timedelta(hours=2)
    time_machine.move_to(later, tick=False)
    track(
        {
            "type": "track",
            "anonymousId": "d",
            "event": "visit",
            "timestamp": (later - timedelta(minutes=70)).isoformat(),
        }
    )
    assert judge_alerts(later)["changed"] == 1
    assert not Alert.objects.get().is_open


def test_a_snoozed_alert_changes_and_tells_nobody(events, alert, owner):
    made = alert(AlertRule(AlertKind.THRESHOLD, Direction.DOWN, 10.0))
    snooze_alert(alert=made, until=MORNING + timedelta(days=1), by=owner)
    events(6)
    assert judge_alerts(MORNING)["changed"] == 1
    assert Alert.objects.get().is_open
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("mailed", "addresses"),
    [
        (MailTo.NOBODY, []),
        (MailTo.AUTHOR, ["owner@example.com"]),
        (MailTo.MANAGERS, ["owner@example.com"]),
        (MailTo.MEMBERS, ["owner@example.com", "viewer@example.com"]),
    ],
)
def test_those_are_mailed_who_are_members_then(events, alert, viewer_client, mailed, addresses):
    alert(AlertRule(AlertKind.THRESHOLD, Direction.DOWN, 10.0), mailed=mailed)
    events(6)
    judge_alerts(MORNING)
    assert sorted(Delivery.objects.values_list("email", flat=True)) == addresses


def test_endpoints_are_told_of_what_they_take(events, alert, workspace, owner):
    taking, _ = add_endpoint(workspace=workspace, url="https://a.example/", events=["alert.opened"], by=owner)
    add_endpoint(workspace=workspace, url="https://b.example/", events=["alert.resolved"], by=owner)
    made = alert(AlertRule(AlertKind.THRESHOLD, Direction.DOWN, 10.0), mailed=MailTo.NOBODY)
    events(6)
    judge_alerts(MORNING)
    delivery = Delivery.objects.get()
    assert (delivery.endpoint, delivery.state) == (taking, DeliveryState.WAITING)
    assert delivery.body == {
        "type": "alert.opened",
        "timestamp": "2026-03-31T07:00:00+00:00",
        "data": {
            "alert": made.api_id,
            "name": "Visits",
            "metric": "events",
            "kind": "threshold",
            "state": "open",
            "day": "2026-03-30",
            "value": 6.0,
            "expected": None,
            "low": 10.0,
            "high": None,
            "address": f"http://127.0.0.1/w/acme/alerts/{made.pk}/",
        },
    }
    [documented] = blocks("docs/webhooks.md", "json", "Webhooks that go out")
    example = json.loads(documented.text)
    assert (example.keys(), example["data"].keys()) == (delivery.body.keys(), delivery.body["data"].keys())
