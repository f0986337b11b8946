"""How email providers send to webhooks: Anymail checks signatures and passwords, and knows their words."""

import base64
import hmac
import json
import re
import time
from collections.abc import Callable
from typing import Any

from anymail.exceptions import AnymailConfigurationError, AnymailError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent
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

from analytics.providers import Provider, sendgrid_key
from workspaces.models import Webhook

MAX_SIGNATURE_AGE_S = 300
MAX_MAILGUN_SIGNATURE_AGE_S = 24 * 3600
"""Mailgun sends a report again for eight hours, as it was signed."""
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


class WrongSecretError(Exception):
    """The password or the signature is missing or wrong."""


class _SendGrid(SendGridTrackingWebhookView):  # type: ignore[misc]  # the library has no types
    """SendGrid's view without the library's warning that it no longer tests it: our tests do."""

    warn_if_no_basic_auth = False

    def __init__(self, webhook: Webhook) -> None:
        if webhook.signing_key:
            self.webhook_verification_key = sendgrid_key(webhook.signing_key)
        AnymailBaseWebhookView.__init__(self, **_basic(webhook))


class _AmazonSES(AmazonSESTrackingWebhookView):  # type: ignore[misc]
    """Amazon's view without Amazon's own library, which would only be needed to confirm subscriptions."""

    def __init__(self, webhook: Webhook) -> None:
        self.auto_confirm_enabled = False
        AnymailBaseWebhookView.__init__(self, **_basic(webhook))

    def esp_to_anymail_events(self, ses_event: Any, sns_message: dict[str, Any]) -> list[AnymailTrackingEvent]:
        """Adds the notification's time, which counts, to what it is about."""
        if isinstance(ses_event, dict):
            ses_event = {**ses_event, "Timestamp": sns_message.get("Timestamp")}
        events: list[AnymailTrackingEvent] = super().esp_to_anymail_events(ses_event, sns_message)
        return events


class _Brevo(BrevoTrackingWebhookView):  # type: ignore[misc]
    def esp_to_anymail_event(self, esp_event: dict[str, Any]) -> AnymailTrackingEvent:
        """Takes a sender's custom header that is no JSON, too."""
        custom = esp_event.get("X-Mailin-custom")
        if isinstance(custom, str) and not custom.lstrip().startswith("{"):
            esp_event = {**esp_event, "X-Mailin-custom": "{}"}
        return super().esp_to_anymail_event(esp_event)


class _Mailgun(MailgunTrackingWebhookView):  # type: ignore[misc]
    """Mailgun signs a token and a time, not the report: whoever saw one could send any other by it, so it grows old."""

    def validate_request(self, request: HttpRequest) -> None:
        super().validate_request(request)
        is_json = request.content_type == "application/json"
        sent_at = (json.loads(request.body)["signature"] if is_json else request.POST)["timestamp"]
        _check_age(str(sent_at), MAX_MAILGUN_SIGNATURE_AGE_S)


class _Mailtrap(MailtrapTrackingWebhookView):  # type: ignore[misc]
    def esp_to_anymail_event(self, esp_event: dict[str, Any]) -> AnymailTrackingEvent:
        """Takes a report without a time, too."""
        if esp_event.get("timestamp") is not None:
            return super().esp_to_anymail_event(esp_event)
        event = super().esp_to_anymail_event({**esp_event, "timestamp": 0})
        event.timestamp = None
        return event


class _Resend(ResendTrackingWebhookView):  # type: ignore[misc]
    """Resend's view with a check of the signature of its own: the library wants a further package for it."""

    warn_if_no_basic_auth = False
    _svix_webhook = None

    def __init__(self, webhook: Webhook) -> None:
        self.key = base64.b64decode(webhook.signing_key.removeprefix("whsec_"))
        AnymailBaseWebhookView.__init__(self, **_basic(webhook))

    def validate_request(self, request: HttpRequest) -> None:
        sent_at = request.headers.get("svix-timestamp", "")
        _check_age(sent_at, MAX_SIGNATURE_AGE_S)
        signed = f"{request.headers.get('svix-id', '')}.{sent_at}.".encode() + request.body
        wanted = f"v1,{base64.b64encode(hmac.digest(self.key, signed, 'sha256')).decode()}"
        signatures = request.headers.get("svix-signature", "").split()
        if not any(constant_time_compare(signature, wanted) for signature in signatures):
            raise AnymailWebhookValidationFailure("Resend's signature is wrong.")


def _check_age(sent_at: str, seconds: int) -> None:
    """Raises AnymailWebhookValidationFailure for what is no time of the last so many seconds, or of the next."""
    if not re.fullmatch(r"[0-9]{1,12}", sent_at) or abs(time.time() - int(sent_at)) > seconds:
        raise AnymailWebhookValidationFailure("The signature is missing or old.")


def _basic(webhook: Webhook) -> dict[str, Any]:
    """Who signs needs no password."""
    return {"webhook_secret": [] if webhook.signing_key else [f"{Webhook.USER_NAME}:{webhook.password}"]}


def _with_signing_key(view: Any, key_name: str) -> Callable[[Webhook], Any]:
    return lambda webhook: view(**_basic(webhook), **({key_name: webhook.signing_key} if webhook.signing_key else {}))


def _plain(view: Any) -> Callable[[Webhook], Any]:
    return lambda webhook: view(**_basic(webhook))


PROVIDER_VIEWS: dict[str, Callable[[Webhook], Any]] = {
    Provider.AMAZON_SES: _AmazonSES,
    Provider.BREVO: _plain(_Brevo),
    Provider.MAILERSEND: _with_signing_key(MailerSendTrackingWebhookView, "signing_secret"),
    Provider.MAILGUN: _with_signing_key(_Mailgun, "webhook_signing_key"),
    Provider.MAILJET: _plain(MailjetTrackingWebhookView),
    Provider.MAILTRAP: _with_signing_key(_Mailtrap, "tracking_secret"),
    Provider.POSTMARK: _plain(PostmarkTrackingWebhookView),
    Provider.RESEND: _Resend,
    Provider.SENDGRID: _SendGrid,
    Provider.SPARKPOST: _plain(SparkPostTrackingWebhookView),
}


def subscription_to_confirm(webhook: Webhook, request: HttpRequest) -> str:
    """The address at which Amazon waits for a confirmation, if the request asks for one; else empty."""
    if webhook.provider != Provider.AMAZON_SES:
        return ""
    body = json.loads(request.body)
    address = str(body.get("SubscribeURL")) if body.get("Type") == "SubscriptionConfirmation" else ""
    return address if re.match(r"https://sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/", address) else ""
