"""What is in the outbox is sent, tried again for three days, and told."""

import json
from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core.mail.backends.locmem import EmailBackend
from standardwebhooks import Webhook as Receiver

from analytics.endpoints import add_endpoint, delete_endpoint, send_again, switch_endpoint
from analytics.models import Delivery, DeliveryState, OutgoingEvent, WebhookEndpoint
from analytics.operations.delivering import RETRIES, deliver, expire_deliveries
from analytics.outbox import mail, tell_endpoints
from tests.campaignos.test_outgoing import receiver  # noqa: F401  a fixture
from workspaces.changes import create_workspace
from workspaces.models import AuditEvent

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
OPENED = OutgoingEvent.ALERT_OPENED


@pytest.fixture
def posting(workspace, owner, receiver, time_machine):  # noqa: F811
    """An endpoint on this host with its secret, what came there, and what it answers."""
    time_machine.move_to(NOW, tick=False)
    address, got, answers = receiver
    endpoint, secret = add_endpoint(workspace=workspace, url=f"{address}/hook", events=[OPENED], by=owner)
    return endpoint, secret, got, answers


def tell(workspace, key="a", at=NOW):
    return tell_endpoints(workspace.pk, OPENED, key, {"alert": "alr_1", "name": "Größe"}, at=at)


def states():
    return [delivery.state for delivery in Delivery.objects.order_by("pk")]


def test_an_event_is_posted_once_signed_so_that_receivers_can_check_it(posting, workspace):
    _, secret, got, _ = posting
    assert tell(workspace) == 1
    assert deliver(NOW) == {"sent": 1, "failed": 0}
    assert deliver(NOW) == {"sent": 0, "failed": 0}
    [(path, headers, body)] = got
    assert path == "/hook"
    told = Receiver(secret).verify(body, headers)
    assert told == {"type": "alert.opened", "timestamp": NOW.isoformat(), "data": {"alert": "alr_1", "name": "Größe"}}
    assert headers["webhook-id"] == Delivery.objects.get().api_id
    with pytest.raises(Exception, match="No matching signature"):
        Receiver(secret).verify(body + b" ", headers)


def test_the_same_is_told_once(posting, workspace):
    tell(workspace)
    tell(workspace)
    assert Delivery.objects.count() == 1


def test_what_is_not_taken_is_tried_for_three_days_and_then_failed(posting, workspace, time_machine):
    _, _, got, answers = posting
    answers["status"] = 500
    tell(workspace)
    at, waits = NOW, []
    for _ in range(len(RETRIES) + 1):
        time_machine.move_to(at, tick=False)
        assert deliver(at) == {"sent": 0, "failed": 1}
        assert deliver(at)["failed"] == 0
        due = Delivery.objects.get().due_at
        waits.append(due - at)
        at = due
    assert waits[:-1] == [*RETRIES]
    assert sum(RETRIES, timedelta()) == timedelta(days=3)
    assert states() == [DeliveryState.FAILED]
    assert [attempt["status"] for attempt in Delivery.objects.get().attempts] == [500] * (len(RETRIES) + 1)
    assert len({headers["webhook-id"] for _, headers, _ in got}) == 1


def test_what_failed_can_be_sent_again_under_the_same_id(posting, workspace):
    got = posting[2]
    tell(workspace)
    Delivery.objects.update(state=DeliveryState.FAILED, ended_at=NOW)
    send_again(Delivery.objects.get(), at=NOW)
    deliver(NOW)
    assert states() == [DeliveryState.DELIVERED]
    assert got[0][1]["webhook-id"] == Delivery.objects.get().api_id


def test_an_endpoint_that_is_gone_is_switched_off(posting, workspace):
    _, _, got, answers = posting
    answers["status"] = 410
    tell(workspace)
    tell(workspace, "b")
    deliver(NOW)
    assert (states(), len(got)) == ([DeliveryState.FAILED] * 2, 1)
    assert WebhookEndpoint.objects.get().disabled_at == NOW
    assert tell(workspace, "c") == 0


def test_one_that_does_not_answer_is_left_alone_for_a_run(posting, workspace):
    WebhookEndpoint.objects.update(url="http://127.0.0.1:1/")
    tell(workspace)
    tell(workspace, "b")
    assert deliver(NOW) == {"sent": 0, "failed": 1}


def test_mails_are_sent_once(workspace, mailoutbox):
    for _ in range(2):
        mail(workspace.pk, "ada@example.com", "alert.opened", "a", {"subject": "S\nx", "text": "T"}, at=NOW)
    assert deliver(NOW) == {"sent": 1, "failed": 0}
    assert [(sent.subject, sent.body, sent.to) for sent in mailoutbox] == [("S x", "T", ["ada@example.com"])]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (SMTPRecipientsRefused({"ada@example.com": (550, b"none here")}), DeliveryState.FAILED),
        (SMTPRecipientsRefused({"ada@example.com": (450, b"later")}), DeliveryState.WAITING),
        (SMTPServerDisconnected(), DeliveryState.WAITING),
        (ConnectionRefusedError(), DeliveryState.WAITING),
    ],
)
def test_a_mail_that_is_refused_for_good_is_not_tried_again(workspace, monkeypatch, error, state):
    def refuse(self, messages):
        raise error

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    mail(workspace.pk, "ada@example.com", "alert.opened", "a", {"subject": "S", "text": "T"}, at=NOW)
    assert deliver(NOW) == {"sent": 0, "failed": 1}
    assert states() == [state]


def test_each_workspace_tells_its_own_endpoints(posting, workspace, owner):
    other = create_workspace(name="Other", by=owner)
    assert tell(other) == 0
    assert not Delivery.objects.exists()


def test_secrets_are_kept_encrypted_and_the_audit_log_has_hosts_alone(posting, workspace, owner):
    endpoint, secret, _, _ = posting
    assert secret.startswith("whsec_")
    assert secret not in endpoint.encrypted_secret
    assert WebhookEndpoint.objects.get().secret == secret
    switch_endpoint(endpoint=endpoint, is_on=False, by=owner, at=NOW)
    delete_endpoint(endpoint=endpoint, by=owner)
    lines = AuditEvent.objects.filter(action__startswith="endpoint").order_by("pk")
    assert [line.action for line in lines] == ["endpoint_added", "endpoint_changed", "endpoint_deleted"]
    assert not any("/hook" in json.dumps([line.before, line.after]) for line in lines)


def test_what_ended_long_ago_is_forgotten(posting, workspace):
    tell(workspace)
    tell(workspace, "b")
    Delivery.objects.filter(key__startswith="a").update(state=DeliveryState.DELIVERED, ended_at=NOW)
    assert expire_deliveries(NOW + timedelta(days=30)) == {"deliveries": 0}
    assert expire_deliveries(NOW + timedelta(days=31)) == {"deliveries": 1}
    assert states() == [DeliveryState.WAITING]
