"""The email providers whose reports we read, and what their signing keys look like."""

import base64

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.core.exceptions import ValidationError
from django.db import models

from workspaces.webhook_providers import Signing, WebhookProvider, any_key


class Provider(models.TextChoices):
    """An email provider that reports to a webhook; the value stands in its address."""

    AMAZON_SES = "amazon_ses", "Amazon SES"
    BREVO = "brevo", "Brevo"
    MAILERSEND = "mailersend", "MailerSend"
    MAILGUN = "mailgun", "Mailgun"
    MAILJET = "mailjet", "Mailjet"
    MAILTRAP = "mailtrap", "Mailtrap"
    POSTMARK = "postmark", "Postmark"
    RESEND = "resend", "Resend"
    SENDGRID = "sendgrid", "SendGrid"
    SPARKPOST = "sparkpost", "SparkPost"


ALWAYS_SIGN = frozenset({Provider.MAILERSEND, Provider.MAILGUN, Provider.RESEND})
"""They sign what they send and know no password: nothing is taken from them before their signing key is entered."""
SIGN_IF_ASKED = frozenset({Provider.MAILTRAP, Provider.SENDGRID})

RESEND_KEY_BYTES = 16
"""At least; by an empty one everybody could sign."""


def sendgrid_key(key: str) -> PublicKeyTypes:
    """Raises ValueError for a text that is no such key."""
    try:
        return load_der_public_key(base64.b64decode(key, validate=True))
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error


def _check_sendgrid_key(key: str) -> None:
    if not isinstance(sendgrid_key(key), EllipticCurvePublicKey):
        raise ValidationError("SendGrid's verification key is one for elliptic curves.")


def _check_resend_key(key: str) -> None:
    if not key.startswith("whsec_"):
        raise ValidationError("Resend's signing secret begins with whsec_.")
    if len(base64.b64decode(key.removeprefix("whsec_"), validate=True)) < RESEND_KEY_BYTES:
        raise ValidationError("Resend's signing secret is longer: copy it anew from Resend.")


_KEY_CHECKS = {Provider.RESEND: _check_resend_key, Provider.SENDGRID: _check_sendgrid_key}


def _signing(provider: Provider) -> Signing:
    if provider in ALWAYS_SIGN:
        return Signing.ALWAYS
    return Signing.IF_ASKED if provider in SIGN_IF_ASKED else Signing.NEVER


WEBHOOK_PROVIDERS = tuple(
    WebhookProvider(provider.value, str(provider.label), _signing(provider), _KEY_CHECKS.get(provider, any_key))
    for provider in Provider
)
"""As workspaces keep webhooks for them."""
