"""Mails that came back, or that somebody called spam: which mail that was, and what follows for whom it was sent to."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from email.message import Message as Mail
from enum import StrEnum

from django.core import signing
from django.db import transaction

from analytics.bounces import BounceClass, bounce_class
from analytics.ingest import take_message_events
from analytics.models import Delivery, DeliveryState, EmailRecipient, Message
from analytics.scheduled_emails import note_return, unsubscribe
from campaignos.delivery_reports import DeliveryReport, delivery_report
from campaignos.feedback_reports import Complaint, complaint_of
from workspaces.models import Workspace
from workspaces.scope import scope

_SIGNER = signing.Signer(salt="analytics.delivery", sep=".")
_OURS = re.compile(r"(dlv\.\d{1,18}\.\d{1,18}\.[\w-]{20,100})@")
_PERMANENT = "5"


class Bounce(StrEnum):
    """What a mail in the mailbox for bounces is."""

    HARD = "given up for good"
    SOFT = "given up for now"
    COMPLAINT = "called spam"
    UNKNOWN = "called spam, but not known"
    KNOWN = "known already"
    OTHER = "no bounce of ours"


def message_id(delivery: Delivery, domain: str) -> str:
    """By which what comes back is known: signed, so that nobody else makes it."""
    return f"<{_SIGNER.sign(f'dlv.{delivery.workspace_id}.{delivery.pk}')}@{domain}>"


def take_bounces(mails: Iterable[Mail], *, now: datetime, workspace: Workspace | None = None) -> Counter[Bounce]:
    """How many of each kind there are. The same mail again changes nothing. Of the workspace, complaints about its
    messages count, too."""
    return Counter(_take(mail, workspace, now) for mail in mails)


def _take(mail: Mail, workspace: Workspace | None, now: datetime) -> Bounce:
    if (complaint := complaint_of(mail)) is not None:
        return _take_complaint(complaint, workspace, now)
    report = delivery_report(mail)
    found = _delivery_of(report.message_ids) if report is not None else None
    if report is None or found is None:
        return Bounce.OTHER
    workspace_id, pk = found
    with scope(workspace_id), transaction.atomic():
        delivery = Delivery.objects.select_for_update(no_key=True).filter(workspace=workspace_id, pk=pk).first()
        if delivery is None or not delivery.email:
            return Bounce.OTHER
        if delivery.state == DeliveryState.FAILED:
            return Bounce.KNOWN
        refusals = next((each["refusals"] for each in reversed(delivery.attempts) if "refusals" in each), 0)
        problem = f"It came back{': ' if report.status else ''}{report.status}."
        delivery.attempts = [*delivery.attempts, {"at": now.isoformat(), "status": None, "problem": problem}]
        delivery.state, delivery.ended_at = DeliveryState.FAILED, now
        delivery.save(update_fields=["attempts", "state", "ended_at"])
        is_hard = _is_hard(report)
        if is_hard and (recipient := delivery.body.get("recipient")):
            note_return(workspace_id, recipient, refusals=refusals)
    return Bounce.HARD if is_hard else Bounce.SOFT


def _take_complaint(complaint: Complaint, workspace: Workspace | None, now: datetime) -> Bounce:
    if found := _delivery_of(complaint.message_ids):
        return _stop_email(*found, now)
    return Bounce.UNKNOWN if workspace is None else _report_complaint(complaint, workspace, now)


def _stop_email(workspace_id: int, pk: int, now: datetime) -> Bounce:
    """Whoever calls an email spam is sent it no more, as if they had unsubscribed."""
    with scope(workspace_id), transaction.atomic():
        delivery = Delivery.objects.select_for_update(no_key=True).filter(workspace=workspace_id, pk=pk).first()
        if delivery is None or not delivery.email:
            return Bounce.UNKNOWN
        if any("complained" in each for each in delivery.attempts):
            return Bounce.KNOWN
        problem = "Its reader called it spam."
        attempt = {"at": now.isoformat(), "status": None, "problem": problem, "complained": True}
        delivery.attempts = [*delivery.attempts, attempt]
        delivery.save(update_fields=["attempts"])
        recipients = EmailRecipient.objects.filter(workspace=workspace_id, pk=delivery.body.get("recipient"))
        for recipient in recipients:
            unsubscribe(recipient=recipient, now=now)
    return Bounce.COMPLAINT


def _report_complaint(complaint: Complaint, workspace: Workspace, now: datetime) -> Bounce:
    """On the message of the workspace whose provider's id one of the ids is. Sending systems tell a `Message-ID` with
    its angle brackets or without, some without its domain."""
    named = [name for id in complaint.message_ids for name in (id, f"<{id}>", id.partition("@")[0]) if name]
    with scope(workspace):
        messages = Message.objects.filter(workspace=workspace, provider_message_id__among=named)
        external_id = messages.values_list("external_id", flat=True).first()
        if external_id is None:
            return Bounce.UNKNOWN
        at = complaint.reported_at or now
        item = {"message": external_id, "type": "complained", "at": at.isoformat(), "id": f"complaint-{external_id}"}
        outcome = take_message_events(workspace, [item], received_at=now, is_lenient=True)
    return Bounce.COMPLAINT if outcome.accepted else Bounce.KNOWN


def _is_hard(report: DeliveryReport) -> bool:
    """For good; what says so in words alone has to say that there is no such address."""
    if report.status:
        return report.status.startswith(_PERMANENT) and bounce_class(report.status) is not BounceClass.FULL
    return bounce_class(report.reason) is BounceClass.ADDRESS


def _delivery_of(message_ids: Iterable[str]) -> tuple[int, int] | None:
    """The workspace and the number of the delivery; None where none of the ids is ours."""
    for id in message_ids:
        if ours := _OURS.match(id):
            try:
                _, workspace_id, pk = _SIGNER.unsign(ours[1]).split(".")
            except signing.BadSignature:
                continue
            return int(workspace_id), int(pk)
    return None
