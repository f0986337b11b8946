"""What e-mail providers send to webhooks, read by Anymail and told as message events of the bulk API.

Anymail checks signatures and passwords and knows the providers' words; what it drops (who opened, hard or soft bounces,
our own id of the message) is read beside it. Nothing is stored here.
"""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anymail.exceptions import AnymailConfigurationError, AnymailError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.base import AnymailBaseWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailersend import MailerSendTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.mailtrap import MailtrapTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.resend import ResendTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from analytics.actors import ProviderHint
from analytics.ingest.messages.sends import MAX_URL_LENGTH
from analytics.models import BounceKind, MessageEventType
from analytics.providers import Provider, sendgrid_key
from workspaces.models import Webhook

MESSAGE_KEY = "campaignos_message"
"""The key under which a provider gives our external id of a message back: its metadata, custom arguments or tags."""
MAX_REASON_LENGTH = 2000
MAX_SIGNATURE_AGE_S = 300

MALFORMED = (
    AnymailConfigurationError,
    AnymailError,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,  # an instant out of range
    RecursionError,
    TypeError,
    ValueError,
)
"""What reading a body may raise that is no provider's."""

TYPES = {
    EventType.QUEUED: MessageEventType.QUEUED,
    EventType.SENT: MessageEventType.SENT,
    EventType.DEFERRED: MessageEventType.DEFERRED,
    EventType.DELIVERED: MessageEventType.DELIVERED,
    EventType.OPENED: MessageEventType.OPENED,
    EventType.CLICKED: MessageEventType.CLICKED,
    EventType.BOUNCED: MessageEventType.BOUNCED,
    EventType.REJECTED: MessageEventType.FAILED,
    EventType.FAILED: MessageEventType.FAILED,
    EventType.COMPLAINED: MessageEventType.COMPLAINED,
    EventType.UNSUBSCRIBED: MessageEventType.UNSUBSCRIBED,
    EventType.AUTORESPONDED: MessageEventType.AUTORESPONDED,
    EventType.SUBSCRIBED: MessageEventType.SUBSCRIBED,
    EventType.UNKNOWN: MessageEventType.UNKNOWN,
}


class WrongSecretError(Exception):
    """The password or the signature is missing or wrong."""


@dataclass(frozen=True)
class _Details:
    """What Anymail does not tell of an event; None and empty where the provider does not either."""

    hint: ProviderHint | None = None
    bounce: BounceKind | None = None
    user_agent: str | None = None
    provider_id: str | None = None
    external_id: str | None = None


class _SendGrid(SendGridTrackingWebhookView):  # type: ignore[misc]  # the library has no types
    """Without the warning that the library no longer tests SendGrid's part; ours are the tests."""

    warn_if_no_basic_auth = False

    def __init__(self, webhook: Webhook) -> None:
        if webhook.signing_key:
            self.webhook_verification_key = sendgrid_key(webhook.signing_key)
        AnymailBaseWebhookView.__init__(self, **_basic(webhook))


class _AmazonSES(AmazonSESTrackingWebhookView):  # type: ignore[misc]
    """Without Amazon's own library, which would only be needed to confirm subscriptions."""

    def __init__(self, webhook: Webhook) -> None:
        self.auto_confirm_enabled = False
        AnymailBaseWebhookView.__init__(self, **_basic(webhook))


class _Brevo(BrevoTrackingWebhookView):  # type: ignore[misc]
    def esp_to_anymail_event(self, esp_event: dict[str, Any]) -> AnymailTrackingEvent:
        """Also where the sender's custom header is no JSON."""
        custom = esp_event.get("X-Mailin-custom")
        if isinstance(custom, str) and not custom.lstrip().startswith("{"):
            esp_event = {**esp_event, "X-Mailin-custom": "{}"}
        return super().esp_to_anymail_event(esp_event)


class _Resend(ResendTrackingWebhookView):  # type: ignore[misc]
    """With the check of the signature itself, for which the library wants another one."""

    warn_if_no_basic_auth = False
    _svix_webhook = None

    def __init__(self, webhook: Webhook) -> None:
        self.key = base64.b64decode(webhook.signing_key.removeprefix("whsec_"))
        AnymailBaseWebhookView.__init__(self, **_basic(webhook))

    def validate_request(self, request: HttpRequest) -> None:
        sent_at = request.headers.get("svix-timestamp", "")
        if not re.fullmatch(r"[0-9]{1,12}", sent_at) or abs(time.time() - int(sent_at)) > MAX_SIGNATURE_AGE_S:
            raise AnymailWebhookValidationFailure("Resend's signature is missing or old.")
        signed = f"{request.headers.get('svix-id', '')}.{sent_at}.".encode() + request.body
        wanted = f"v1,{base64.b64encode(hmac.digest(self.key, signed, 'sha256')).decode()}"
        given = request.headers.get("svix-signature", "").split()
        if not any(constant_time_compare(one, wanted) for one in given):
            raise AnymailWebhookValidationFailure("Resend's signature is wrong.")


def _basic(webhook: Webhook) -> dict[str, Any]:
    """Who signs needs no password."""
    return {"webhook_secret": [] if webhook.signing_key else [f"{Webhook.USER_NAME}:{webhook.password}"]}


def _signed(view: Any, key_name: str) -> Callable[[Webhook], Any]:
    return lambda webhook: view(**_basic(webhook), **({key_name: webhook.signing_key} if webhook.signing_key else {}))


def _plain(view: Any) -> Callable[[Webhook], Any]:
    return lambda webhook: view(**_basic(webhook))


VIEWS: dict[str, Callable[[Webhook], Any]] = {
    Provider.AMAZON_SES: _AmazonSES,
    Provider.BREVO: _plain(_Brevo),
    Provider.MAILERSEND: _signed(MailerSendTrackingWebhookView, "signing_secret"),
    Provider.MAILGUN: _signed(MailgunTrackingWebhookView, "webhook_signing_key"),
    Provider.MAILJET: _plain(MailjetTrackingWebhookView),
    Provider.MAILTRAP: _signed(MailtrapTrackingWebhookView, "tracking_secret"),
    Provider.POSTMARK: _plain(PostmarkTrackingWebhookView),
    Provider.RESEND: _Resend,
    Provider.SENDGRID: _SendGrid,
    Provider.SPARKPOST: _plain(SparkPostTrackingWebhookView),
}


def _object(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Empty where there is none, or null."""
    value: Mapping[str, Any] = raw.get(name) or {}
    return value


def _amazon_ses(raw: Mapping[str, Any]) -> _Details:
    kinds = {"Permanent": BounceKind.HARD, "Transient": BounceKind.SOFT}
    said = _object(_object(raw, "mail"), "tags").get(MESSAGE_KEY) or [None]
    return _Details(bounce=kinds.get(str(_object(raw, "bounce").get("bounceType"))), external_id=said[0])


def _brevo(raw: Mapping[str, Any]) -> _Details:
    kinds = {"hard_bounce": BounceKind.HARD, "invalid_email": BounceKind.HARD, "soft_bounce": BounceKind.SOFT}
    is_proxy = raw.get("event") in ("proxy_open", "unique_proxy_open")
    return _Details(
        hint=ProviderHint.PREFETCH if is_proxy else None,
        bounce=kinds.get(str(raw.get("event"))),
        user_agent=raw.get("user_agent"),
    )


def _mailersend(raw: Mapping[str, Any]) -> _Details:
    kinds = {"hard_bounced": BounceKind.HARD, "soft_bounced": BounceKind.SOFT}
    return _Details(bounce=kinds.get(raw["data"]["type"]))


def _mailgun(raw: Mapping[str, Any]) -> _Details:
    event = _object(raw, "event-data")  # none in webhooks of before 2018
    hints = {"apple": ProviderHint.PREFETCH, "gmail": ProviderHint.PROXY}
    bot = _object(event, "client-info").get("bot")
    return _Details(
        hint=hints.get(bot, ProviderHint.BOT) if bot else None,
        bounce=BounceKind.HARD if event.get("severity") == "permanent" else None,
    )


def _mailjet(raw: Mapping[str, Any]) -> _Details:
    kinds = {True: BounceKind.HARD, False: BounceKind.SOFT}
    return _Details(bounce=kinds.get(raw["hard_bounce"]) if "hard_bounce" in raw else None)


def _mailtrap(raw: Mapping[str, Any]) -> _Details:
    return _Details(bounce=BounceKind.HARD if raw.get("event") == "bounce" else None)


def _postmark(raw: Mapping[str, Any]) -> _Details:
    kinds = {"HardBounce": BounceKind.HARD, "SoftBounce": BounceKind.SOFT}
    return _Details(bounce=kinds.get(str(raw.get("Type") or raw.get("SuppressionReason"))))


def _resend(raw: Mapping[str, Any]) -> _Details:
    data = _object(raw, "data")
    kinds = {"Permanent": BounceKind.HARD, "Transient": BounceKind.SOFT}
    tags = data.get("tags") or {}
    if isinstance(tags, list):
        tags = {tag["name"]: tag["value"] for tag in tags}
    return _Details(
        bounce=kinds.get(str(_object(data, "bounce").get("type"))),
        user_agent=_object(data, "open").get("userAgent"),
        external_id=tags.get(MESSAGE_KEY),
    )


def _sendgrid(raw: Mapping[str, Any]) -> _Details:
    """SendGrid's own id of a message begins with the id that its API has answered."""
    kinds = {"bounce": BounceKind.HARD, "blocked": BounceKind.SOFT}
    own = raw.get("sg_message_id")
    return _Details(
        hint=ProviderHint.PREFETCH if raw.get("sg_machine_open") is True else None,
        bounce=kinds.get(str(raw.get("type", "bounce"))),
        provider_id=re.split(r"\.(?:recv|filter)", own)[0] if own is not None else None,
    )


def _sparkpost(raw: Mapping[str, Any]) -> _Details:
    """Its classes of bounces: 10, 30 and 90 are hard."""
    (event,) = raw["msys"].values()
    agent = event.get("user_agent_parsed") or {}
    hint = None
    if event.get("is_prefetched") or agent.get("is_prefetched"):
        hint = ProviderHint.PREFETCH
    elif agent.get("is_proxy"):
        hint = ProviderHint.PROXY
    is_hard = str(event.get("bounce_class")) in ("10", "30", "90")
    return _Details(hint=hint, bounce=BounceKind.HARD if is_hard else BounceKind.SOFT)


_DETAILS: dict[str, Callable[[Mapping[str, Any]], _Details]] = {
    Provider.AMAZON_SES: _amazon_ses,
    Provider.BREVO: _brevo,
    Provider.MAILERSEND: _mailersend,
    Provider.MAILGUN: _mailgun,
    Provider.MAILJET: _mailjet,
    Provider.MAILTRAP: _mailtrap,
    Provider.POSTMARK: _postmark,
    Provider.RESEND: _resend,
    Provider.SENDGRID: _sendgrid,
    Provider.SPARKPOST: _sparkpost,
}


def subscription_to_confirm(webhook: Webhook, request: HttpRequest) -> str:
    """Where Amazon wants to be told that its notifications are wanted, if that is what it asks; else empty."""
    if webhook.provider != Provider.AMAZON_SES:
        return ""
    body = json.loads(request.body)
    asked = str(body.get("SubscribeURL")) if body.get("Type") == "SubscriptionConfirmation" else ""
    return asked if re.match(r"https://sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/", asked) else ""


def item_of(webhook: Webhook, event: AnymailTrackingEvent, received_at: datetime) -> dict[str, Any]:
    """An event as an item of `take_message_events`. Raises one of MALFORMED."""
    details = _DETAILS[webhook.provider](event.esp_event)
    metadata = event.metadata if isinstance(event.metadata, dict) else {}
    provider_id = details.provider_id or event.message_id
    user_agent = details.user_agent or event.user_agent or ""
    known_by = event.event_id or [
        provider_id,
        event.timestamp.isoformat() if event.timestamp else None,
        event.click_url,
        user_agent,
    ]
    key = json.dumps([webhook.provider, known_by, event.event_type, event.recipient])
    reasons = (event.reject_reason, event.description, event.mta_response)
    return {
        "id": f"{webhook.provider}-{hashlib.sha256(key.encode()).hexdigest()}",
        "message": next(filter(_is_id, (details.external_id, metadata.get(MESSAGE_KEY), provider_id)), None),
        "type": TYPES[event.event_type],
        "at": (event.timestamp or received_at).isoformat(),
        "url": (event.click_url or "")[:MAX_URL_LENGTH],
        "userAgent": user_agent[:MAX_REASON_LENGTH],
        "reason": "; ".join(str(one) for one in reasons if one)[:MAX_REASON_LENGTH],
        "bounce": details.bounce,
        "providerHint": details.hint,
    }


def _is_id(value: object) -> bool:
    return bool(value) and isinstance(value, str | int) and not isinstance(value, bool)
