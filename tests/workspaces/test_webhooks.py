"""Making, rotating and revoking a workspace's webhooks, and what their addresses look like."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from analytics.providers import ALWAYS_SIGN, Provider
from workspaces.changes import create_webhook, revoke_webhook, rotate_webhook, set_signing_key
from workspaces.models import Action, AuditEvent, Webhook

ORIGIN = "https://analytics.example.com"
SENDGRID_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6w"
    "EA3F+g=="
)


def made(workspace, provider=Provider.POSTMARK):
    return create_webhook(workspace=workspace, provider=provider, by=None)


def test_tokens_and_passwords_are_long_and_all_different(workspace):
    hooks = [made(workspace, provider) for provider in Provider]
    secrets = {secret for hook in hooks for secret in (hook.token, hook.password)}
    assert len(secrets) == 2 * len(Provider)
    assert min(map(len, secrets)) == 43


def test_an_address_has_the_password_in_it_unless_the_provider_signs(workspace):
    hook = made(workspace)
    path = f"/hooks/{hook.token}/postmark/"
    assert hook.address(ORIGIN) == f"https://campaignos:{hook.password}@analytics.example.com{path}"
    for provider in ALWAYS_SIGN:
        hook = made(workspace, provider)
        assert hook.address(ORIGIN) == f"{ORIGIN}/hooks/{hook.token}/{provider}/"
    hook = made(workspace, Provider.SENDGRID)
    assert hook.password in hook.address(ORIGIN)
    set_signing_key(webhook=hook, key=SENDGRID_KEY, by=None)
    assert hook.address(ORIGIN) == f"{ORIGIN}{hook.path}"


def test_those_who_always_sign_wait_for_their_key(workspace):
    assert {provider for provider in Provider if made(workspace, provider).waits_for_signing_key} == ALWAYS_SIGN
    hook = Webhook.objects.get(provider=Provider.MAILGUN)
    set_signing_key(webhook=hook, key="key-1", by=None)
    assert not hook.waits_for_signing_key


def test_a_provider_has_one_webhook_in_use(workspace, owner):
    hook = made(workspace)
    with pytest.raises(IntegrityError), transaction.atomic():
        made(workspace)
    revoke_webhook(webhook=hook, by=owner)
    assert made(workspace).token != hook.token


def test_revoking_again_changes_nothing(workspace, owner, now, time_machine):
    hook = made(workspace)
    revoke_webhook(webhook=hook, by=owner)
    time_machine.shift(60)
    revoke_webhook(webhook=hook, by=owner)
    hook.refresh_from_db()
    assert hook.revoked_at == now
    assert AuditEvent.objects.filter(action=Action.WEBHOOK_REVOKED).count() == 1
    with pytest.raises(ValidationError, match="revoked"):
        rotate_webhook(webhook=hook, by=owner)


def test_rotating_makes_another_address_and_keeps_the_signing_key(workspace, owner):
    hook = made(workspace, Provider.MAILGUN)
    set_signing_key(webhook=hook, key="key-1", by=None)
    new = rotate_webhook(webhook=hook, by=owner)
    assert list(Webhook.objects.usable()) == [new]
    assert (new.signing_key, new.created_by) == ("key-1", owner)
    assert new.token != hook.token
    assert new.password != hook.password


def test_a_signing_key_is_kept_without_the_blanks_of_copying(workspace):
    hook = made(workspace, Provider.SENDGRID)
    set_signing_key(webhook=hook, key=f" {SENDGRID_KEY[:60]}\n{SENDGRID_KEY[60:]} ", by=None)
    hook.refresh_from_db()
    assert hook.signing_key == SENDGRID_KEY
    set_signing_key(webhook=hook, key="", by=None)
    assert hook.signing_key == ""


@pytest.mark.parametrize(
    ("provider", "key", "told"),
    [
        (Provider.POSTMARK, "key", "Postmark signs nothing"),
        (Provider.MAILGUN, "schlüssel", "only letters, digits and signs"),
        (Provider.RESEND, "a2V5", "begins with whsec_"),
        (Provider.RESEND, "whsec_a2V", "not complete"),
        (Provider.RESEND, "whsec_", "is longer"),
        (Provider.SENDGRID, "MFkwE", "not complete"),
        (Provider.SENDGRID, SENDGRID_KEY[:-8], "not complete"),
        (Provider.SENDGRID, "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=", "elliptic"),
    ],
)
def test_what_cannot_be_a_signing_key_is_refused(workspace, provider, key, told):
    hook = made(workspace, provider)
    with pytest.raises(ValidationError, match=told):
        set_signing_key(webhook=hook, key=key, by=None)
    assert Webhook.objects.get().signing_key == ""


def test_what_is_done_is_recorded_without_secrets(workspace, owner):
    hook = create_webhook(workspace=workspace, provider=Provider.MAILGUN, by=owner)
    set_signing_key(webhook=hook, key="key-1", by=owner)
    new = rotate_webhook(webhook=hook, by=owner)
    revoke_webhook(webhook=new, by=owner)
    trail = AuditEvent.objects.filter(target__startswith="hook_").order_by("id")
    assert list(trail.values_list("action", "target", "actor_name")) == [
        ("webhook_created", hook.api_id, owner.email),
        ("signing_key_changed", hook.api_id, owner.email),
        ("webhook_rotated", hook.api_id, owner.email),
        ("webhook_revoked", new.api_id, owner.email),
    ]
    said = str(list(trail.values_list("before", "after")))
    assert not any(secret in said for secret in (hook.token, hook.password, new.token, "key-1"))
