"""Mails that came back: the mail of ours that one is of, and what follows for whom it was sent to."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from email.message import Message
from enum import StrEnum

from django.core import signing
from django.db import transaction

from analytics.bounces import BounceClass, bounce_class
from analytics.models import Delivery, DeliveryState
from analytics.scheduled_emails import note_return
from campaignos.delivery_reports import DeliveryReport, delivery_report
from workspaces.scope import scope

_SIGNER = signing.Signer(salt="analytics.delivery", sep=".")
_OURS = re.compile(r"(dlv\.\d{1,18}\.\d{1,18}\.[\w-]{20,100})@")
_PERMANENT = "5"


class Bounce(StrEnum):
    """What a mail in the mailbox for bounces is."""

    HARD = "given up for good"
    SOFT = "given up for now"
    KNOWN = "known already"
    OTHER = "no bounce of ours"


def message_id(delivery: Delivery, domain: str) -> str:
    """By which what comes back is known: signed, so that nobody else makes it."""
    return f"<{_SIGNER.sign(f'dlv.{delivery.workspace_id}.{delivery.pk}')}@{domain}>"


def take_bounces(mails: Iterable[Message], *, now: datetime) -> Counter[Bounce]:
    """How many of each kind there are. The same mail again changes nothing."""
    return Counter(_take(mail, now) for mail in mails)


def _take(mail: Message, now: datetime) -> Bounce:
    report = delivery_report(mail)
    found = _delivery_of(report) if report is not None else None
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


def _is_hard(report: DeliveryReport) -> bool:
    """For good; what says so in words alone has to say that there is no such address."""
    if report.status:
        return report.status.startswith(_PERMANENT) and bounce_class(report.status) is not BounceClass.FULL
    return bounce_class(report.reason) is BounceClass.ADDRESS


def _delivery_of(report: DeliveryReport) -> tuple[int, int] | None:
    """The workspace and the number of the delivery that came back; None where none of the ids is ours."""
    for id in report.message_ids:
        if ours := _OURS.match(id):
            try:
                _, workspace_id, pk = _SIGNER.unsign(ours[1]).split(".")
            except signing.BadSignature:
                continue
            return int(workspace_id), int(pk)
    return None
