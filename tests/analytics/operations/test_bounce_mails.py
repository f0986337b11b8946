"""Scheduled emails that came back: whom nothing more is sent to, and `manage.py bounces`, which reads them."""

import io
import sys
from datetime import timedelta
from email import message_from_string
from unittest.mock import patch

import pytest
from django.core import mail as sent_mail
from django.core.management import CommandError, call_command
from django.db import OperationalError

from analytics.email_periods import Frequency
from analytics.ingest import take_campaigns, take_contacts, take_messages
from analytics.ledger.rebuild import Difference, verify
from analytics.models import Contact, Delivery, DeliveryState, EmailRecipient, MessageEvent
from analytics.operations.bounce_mails import Bounce, take_bounces
from analytics.operations.delivering import deliver
from analytics.operations.emailing import send_emails
from analytics.scheduled_emails import subscribe
from tests.analytics.operations.test_emailing import MONDAY, email, member  # noqa: F401  fixtures
from tests.campaignos.test_delivery_reports import ADDRESS, RETURNED, report
from tests.campaignos.test_feedback_reports import AT as COMPLAINED_AT
from tests.campaignos.test_feedback_reports import MAIL, MINIMAL, feedback

GONE = f"{ADDRESS}Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n"
FULL = f"{ADDRESS}Action: failed\nStatus: 5.2.2\n"


@pytest.fixture
def send(email, time_machine):  # noqa: F811
    """What a mail of such a day has as id."""
    email(frequency=Frequency.DAILY)

    def on_day(day):
        at = MONDAY + timedelta(days=day)
        time_machine.move_to(at, tick=False)
        sent_mail.outbox.clear()
        assert send_emails(at)["sent"] == 1
        deliver(at)
        [mail] = sent_mail.outbox
        return mail.message()["Message-ID"]

    return on_day


def returned_mail(id, fields=GONE, **options):
    return report(fields, **options).replace("<sent.1@example.com>", id)


def take(*texts):
    return dict(take_bounces(map(message_from_string, texts), now=MONDAY + timedelta(days=9)))


def test_three_in_a_row_that_came_back_stop_it(send, email):  # noqa: F811
    for day in range(3):
        assert EmailRecipient.objects.get().state == "subscribed"
        assert take(returned_mail(send(day))) == {Bounce.HARD: 1}
    recipient = EmailRecipient.objects.get()
    assert (recipient.refusals, recipient.state) == (3, "stopped")
    assert send_emails(MONDAY + timedelta(days=3)) == {"answered": 1, "sent": 0}
    assert {each.state for each in Delivery.objects.all()} == {DeliveryState.FAILED}
    assert Delivery.objects.first().attempts[-1]["problem"] == "It came back: 5.1.1."


def test_one_that_did_not_come_back_begins_anew(send):
    for day in (0, 1):
        take(returned_mail(send(day)))
    send(2)
    assert take(returned_mail(send(3))) == {Bounce.HARD: 1}
    assert EmailRecipient.objects.get().refusals == 1


def test_what_comes_back_days_later_counts_for_each(send):
    ids = [send(day) for day in range(3)]
    assert take(*map(returned_mail, ids)) == {Bounce.HARD: 3}
    assert EmailRecipient.objects.get().state == "stopped"


def test_the_same_mail_again_changes_nothing(send, workspace, owner):
    text = returned_mail(send(0))
    assert take(text, text) == {Bounce.HARD: 1, Bounce.KNOWN: 1}
    assert EmailRecipient.objects.get().refusals == 1
    recipient = EmailRecipient.objects.select_related("scheduled_email", "member").get()
    subscribe(email=recipient.scheduled_email, member=recipient.member)
    assert take(text) == {Bounce.KNOWN: 1}
    assert EmailRecipient.objects.get().refusals == 0


def test_a_full_mailbox_and_mail_that_waits_are_not_for_good(send):
    id = send(0)
    assert take(returned_mail(id, f"{ADDRESS}Action: delayed\nStatus: 4.4.7\n")) == {Bounce.OTHER: 1}
    assert take(returned_mail(id, FULL)) == {Bounce.SOFT: 1}
    assert EmailRecipient.objects.get().refusals == 0


def test_a_notice_in_words_counts_where_it_says_that_there_is_no_such_address(send):
    head = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\n\n"
    copy = RETURNED.replace("<sent.1@example.com>", send(0))
    assert take(f"{head}Could not deliver. Try later.\n\n{copy}") == {Bounce.SOFT: 1}
    copy = RETURNED.replace("<sent.1@example.com>", send(1))
    assert take(f"{head}No such user here.\n\n{copy}") == {Bounce.HARD: 1}


@pytest.mark.parametrize(
    "change", [lambda id: id.replace("dlv.", "dlv.9"), lambda id: id[:-25] + "x" + id[-24:], str.upper]
)
def test_what_nobody_signed_counts_for_nobody(send, change):
    assert take(returned_mail(change(send(0)))) == {Bounce.OTHER: 1}
    assert EmailRecipient.objects.get().refusals == 0


def test_of_a_delivery_that_is_gone_nothing_is_said(send):
    id = send(0)
    Delivery.objects.all().delete()
    assert take(returned_mail(id)) == {Bounce.OTHER: 1}


def bounces_output(*names, stdin=b""):
    out = io.StringIO()
    with patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin))):
        call_command("bounces", *names, stdout=out)
    return out.getvalue()


def counts_line(mails, *counts):
    hard, soft, known, other = counts
    counts = (hard, soft, 0, 0, known, other)
    kinds = (
        *("given up for good", "given up for now", "called spam", "called spam, but not known"),
        *("known already", "no bounce of ours"),
    )
    return (
        f"{mails} mail{'' if mails == 1 else 's'} read: "
        + ", ".join(f"{count} {kind}" for count, kind in zip(counts, kinds, strict=True))
        + ".\n"
    )


def complaint(id, kind="abuse"):
    mail = MAIL.replace("<8787KJKJ3K4J3K4J3K4J3.mail@example.net>", id)
    return feedback(MINIMAL.replace("abuse", kind), mail=mail)


def test_who_calls_an_email_spam_is_unsubscribed_from_it(send):
    id = send(0)
    text = complaint(id)
    assert take(complaint(id, "not-spam")) == {Bounce.OTHER: 1}
    assert EmailRecipient.objects.get().state == "subscribed"
    assert take(text, text) == {Bounce.COMPLAINT: 1, Bounce.KNOWN: 1}
    recipient = EmailRecipient.objects.select_related("scheduled_email", "member").get()
    assert recipient.state == "unsubscribed"
    subscribe(email=recipient.scheduled_email, member=recipient.member)
    assert take(text) == {Bounce.KNOWN: 1}
    assert EmailRecipient.objects.get().state == "subscribed"
    assert Delivery.objects.get().attempts[-1]["problem"] == "Its reader called it spam."


def test_complaints_that_nobody_signed_stop_nothing(send):
    assert take(complaint(send(0).replace("dlv.", "dlv.9")), complaint("<other@example.com>")) == {Bounce.UNKNOWN: 2}
    id = send(1)
    Delivery.objects.all().delete()
    assert take(complaint(id)) == {Bounce.UNKNOWN: 1}
    assert EmailRecipient.objects.get().state == "subscribed"


@pytest.fixture
def message(workspace, now):
    take_contacts(workspace, [{"externalId": "ada"}], received_at=now)
    take_campaigns(workspace, [{"externalId": "spring", "name": "Spring"}], received_at=now)
    about = {"campaign": "spring", "contact": "ada", "channel": "EMAIL", "sentAt": "2026-03-01T08:00:00Z"}

    def kept(provider_id, external_id="m1"):
        item = {"externalId": external_id, "providerMessageId": provider_id, **about}
        assert take_messages(workspace, [item], received_at=now).accepted == 1

    return kept


@pytest.mark.parametrize("provider_id", ["0102abc@mail.example", "<0102abc@mail.example>", "0102abc"])
def test_a_complaint_about_a_message_is_a_report_on_it(workspace, message, now, provider_id):
    message(provider_id)
    mails = [message_from_string(complaint("<0102abc@mail.example>")) for _ in range(2)]
    assert take_bounces(mails, now=now) == {Bounce.UNKNOWN: 2}
    assert take_bounces(mails, now=now, workspace=workspace) == {Bounce.COMPLAINT: 1, Bounce.KNOWN: 1}
    report = MessageEvent.objects.get()
    assert (report.type, report.occurred_at, report.message_ref) == ("complained", COMPLAINED_AT, "m1")
    assert Contact.objects.get().complained_at == COMPLAINED_AT
    assert not [found for found in verify(workspace) if isinstance(found, Difference)]


def test_ids_of_our_own_name_no_message_in_a_mail(workspace, message, now):
    message("", external_id="0102abc")
    mail = message_from_string(complaint("<0102abc@mail.example>"))
    assert take_bounces([mail], now=now, workspace=workspace) == {Bounce.UNKNOWN: 1}
    assert not MessageEvent.objects.exists()


def test_the_command_counts_complaints_of_a_workspace(workspace, message):
    message("0102abc")
    out = io.StringIO()
    with patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(complaint("<0102abc@mail.example>").encode()))):
        call_command("bounces", workspace=workspace.api_id, stdout=out)
    assert out.getvalue().startswith("1 mail read: 0 given up for good, 0 given up for now, 1 called spam, 0 called")
    with pytest.raises(CommandError, match="There is no workspace 'ws_9999'"):
        call_command("bounces", workspace="ws_9999")


def test_the_command_reads_mailboxes_of_each_kind(send, tmp_path):
    texts = [returned_mail(send(day)) for day in range(3)]
    mbox = tmp_path / "mbox"
    mbox.write_text(
        "".join(f"From MAILER-DAEMON Mon Mar 30 05:00:00 2026\n{text}\n" for text in (texts[0], "Subject: Hi\n\nHi\n"))
    )
    assert bounces_output(str(mbox)) == counts_line(2, 1, 0, 0, 1)
    (tmp_path / "one.eml").write_text(texts[1])
    for folder in ("cur", "new", "tmp"):
        (tmp_path / "Maildir" / folder).mkdir(parents=True)
    (tmp_path / "Maildir" / "new" / "1.host").write_text(texts[0])
    assert bounces_output(str(tmp_path / "one.eml"), str(tmp_path / "Maildir")) == counts_line(2, 1, 0, 1, 0)
    assert bounces_output(stdin=texts[2].encode()) == counts_line(1, 1, 0, 0, 0)
    assert bounces_output("-", stdin=b"\n") == counts_line(0, 0, 0, 0, 0)
    assert EmailRecipient.objects.get().state == "stopped"


def test_a_mail_of_parts_within_parts_keeps_no_others_from_being_read(send, tmp_path):
    deep, ours = "Content-Type: message/rfc822\n\n" * 5_000, returned_mail(send(0))
    (tmp_path / "mbox").write_text("".join(f"From MAILER-DAEMON Mon\n{text}\n" for text in (deep, ours)))
    for folder in ("cur", "new", "tmp"):
        (tmp_path / "Maildir" / folder).mkdir(parents=True)
    (tmp_path / "Maildir" / "new" / "1.host").write_text(deep)
    (tmp_path / "Maildir" / "new" / "2.host").write_text(ours)
    assert bounces_output(str(tmp_path / "mbox")) == counts_line(2, 1, 0, 0, 1)
    assert bounces_output(str(tmp_path / "Maildir")) == counts_line(2, 0, 0, 1, 1)


def test_what_is_no_mailbox_is_refused_in_words(tmp_path):
    with pytest.raises(CommandError, match=r"nowhere cannot be read: No such file or directory\."):
        bounces_output(str(tmp_path / "nowhere"))
    with pytest.raises(CommandError, match="is a folder, and no Maildir: it has no cur"):
        bounces_output(str(tmp_path))


def test_a_mail_server_is_told_to_try_again_while_the_database_is_away(capsys):
    broken = patch("analytics.management.commands.bounces.take_bounces", side_effect=OperationalError("gone"))
    with broken, pytest.raises(SystemExit) as ended:
        call_command("bounces", "-")
    assert ended.value.code == 75
    assert capsys.readouterr().err == "The database does not answer: gone\n"
