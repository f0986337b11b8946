"""The clock's work on the outbox: send what is due, try again what was not taken, and forget what is long over."""

import json
import logging
import time
from datetime import datetime, timedelta
from email.utils import parseaddr
from smtplib import SMTPException, SMTPRecipientsRefused
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from standardwebhooks import Webhook as Signature

from analytics.models import Delivery, DeliveryState, WebhookEndpoint
from analytics.operations.bounce_mails import message_id
from analytics.scheduled_emails import note_outcome
from campaignos import __version__
from campaignos.outgoing import PostAnswer, post
from campaignos.texts import in_one_line
from workspaces.models import Workspace
from workspaces.scope import scope, scope_of_all

DELIVERY_SECONDS = 60
"""After how long a run takes no further delivery."""
RETRIES = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 5 * 60, 10 * 60, 14 * 60, 20 * 60, 20 * 60 + 24)
)
"""How long after each attempt the next one comes: three days in all."""
KEPT_FOR = timedelta(days=30)
GONE = 410
"""By which an endpoint says that it wants no more."""

logger = logging.getLogger(__name__)


def deliver(now: datetime) -> dict[str, int]:
    """What is due, the oldest first; an endpoint or a mail server that does not answer is left alone for this run."""
    end = time.monotonic() + DELIVERY_SECONDS
    sent = failed = 0
    with scope_of_all("whoever has something to send"):
        waiting = Delivery.objects.filter(state=DeliveryState.WAITING, due_at__lte=now)
        due = [*waiting.order_by("due_at", "pk").values_list("workspace", "pk")]
    unreachable: set[int | None] = set()
    for workspace_id, pk in due:
        if time.monotonic() > end:
            break
        with scope(workspace_id):
            delivery = Delivery.objects.select_related("endpoint").get(workspace=workspace_id, pk=pk)
            if delivery.endpoint_id in unreachable:
                continue
            answer = _attempt(delivery)
            sent, failed = sent + answer.is_taken, failed + (not answer.is_taken)
            if answer.status is None:
                unreachable.add(delivery.endpoint_id)
    return {"sent": sent, "failed": failed}


def _attempt(delivery: Delivery) -> PostAnswer:
    at = timezone.now()
    answer = _mail(delivery) if delivery.endpoint is None else _post(delivery, delivery.endpoint, at)
    attempt: dict[str, Any] = {"at": at.isoformat(), "status": answer.status, "problem": answer.problem}
    recipient, is_refused = delivery.body.get("recipient"), _is_refused(delivery, answer)
    if recipient and delivery.endpoint is None and (answer.is_taken or is_refused):
        attempt["refusals"] = note_outcome(delivery.workspace_id, recipient, is_refused=is_refused)
    delivery.attempts = [*delivery.attempts, attempt]
    made = len(delivery.attempts)
    if answer.is_taken:
        delivery.state, delivery.ended_at = DeliveryState.DELIVERED, at
    elif made > len(RETRIES) or is_refused:
        delivery.state, delivery.ended_at = DeliveryState.FAILED, at
    else:
        delivery.due_at = at + RETRIES[made - 1]
    delivery.save(update_fields=["attempts", "state", "due_at", "ended_at"])
    if answer.status == GONE and delivery.endpoint is not None:
        WebhookEndpoint.objects.filter(workspace=delivery.workspace_id, pk=delivery.endpoint.pk).update(disabled_at=at)
    return answer


def _is_refused(delivery: Delivery, answer: PostAnswer) -> bool:
    """For good."""
    if delivery.endpoint is None:
        return answer.status is not None and answer.status >= 500
    return answer.status == GONE or delivery.endpoint.disabled_at is not None


def _post(delivery: Delivery, endpoint: WebhookEndpoint, at: datetime) -> PostAnswer:
    if endpoint.disabled_at is not None:
        return PostAnswer(problem="The endpoint is switched off.")
    if (secret := endpoint.secret) is None:
        return PostAnswer(problem="The secret cannot be read any more: SECRET_KEY was changed. Make the endpoint anew.")
    body = json.dumps(delivery.body, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"CampaignOS-Analytics/{__version__}",
        "webhook-id": delivery.api_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Signature(secret).sign(delivery.api_id, at, body),
    }
    return post(endpoint.url, body.encode(), headers)


def _mail(delivery: Delivery) -> PostAnswer:
    """A status of 250 or 550 stands for taken and refused for good, as mail servers say it."""
    body = delivery.body
    message = EmailMultiAlternatives(
        in_one_line(body["subject"]),
        body["text"],
        settings.DEFAULT_FROM_EMAIL,
        [delivery.email],
        headers={"Message-ID": message_id(delivery, _domain()), **body.get("headers", {})},
    )
    if html := body.get("html"):
        message.attach_alternative(html, "text/html")
    try:
        message.send()
    except SMTPRecipientsRefused as error:
        [(code, _)] = error.recipients.values()
        return PostAnswer(code, "The mail server refused the address.")
    except (SMTPException, OSError):
        logger.warning("The mail %s could not be sent.", delivery.api_id, exc_info=True)
        return PostAnswer(problem="The mail server could not be reached, or did not take it.")
    return PostAnswer(250)


def _domain() -> str:
    """That which mails come from."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def expire_deliveries(now: datetime) -> dict[str, int]:
    """What ended long ago."""
    deleted = 0
    for pk in Workspace.objects.values_list("pk", flat=True):
        with scope(pk):
            over = Delivery.objects.filter(workspace=pk, ended_at__lt=now - KEPT_FOR)
            deleted += over.delete()[0]
    return {"deliveries": deleted}
