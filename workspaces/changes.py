"""Writes to workspaces, their keys and webhooks. Each is one transaction, with its line in the audit trail."""

import secrets
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.dispatch import Signal
from django.utils import timezone

from campaignos.days import LATEST_INSTANT
from workspaces.audit import record
from workspaces.conversions import MONEY_SETTINGS, canonical_settings, default_conversion_types, default_rule
from workspaces.models import (
    Action,
    FormerSlug,
    Key,
    KeyKind,
    Membership,
    User,
    Webhook,
    Workspace,
    new_token,
    token_digest,
    unused_slug,
    validate_signing_key,
)
from workspaces.proof import check_proved
from workspaces.roles import Right, Role
from workspaces.scope import at_the_door, scope


class ChangedMeanwhile(Exception):
    """What is to be changed is not what it was when somebody looked."""


time_zone_changed = Signal()
"""Sent with `workspace`, in the transaction that saves its new time zone."""
workspace_deleted = Signal()
"""Sent with `workspace`, in the transaction that is about to delete it."""

ROTATION_OVERLAP = timedelta(hours=24)
"""How long a key goes on working beside the one that replaces it."""
PROVED_SETTINGS = frozenset({"second_factor_required", "kept_days", "erases_idle_contacts"})
"""They delete data, or let in who has no second factor."""


@transaction.atomic
def create_workspace(
    *, name: str, time_zone: str = "UTC", by: User, form_id: uuid.UUID | None = None, **settings: Any
) -> Workspace:
    """A new workspace with `by` as its owner. Raises IntegrityError if one was made by the same form."""
    settings = canonical_settings(settings, default_conversion_types())
    workspace = _new_workspace(name=name, time_zone=time_zone, form_id=form_id, **settings)
    with scope(workspace):
        Membership.objects.create(workspace=workspace, user=by, role=Role.OWNER)
        record(Action.WORKSPACE_CREATED, by=by, workspace=workspace, target=workspace.api_id, after={"name": name})
    return workspace


def _new_workspace(**fields: Any) -> Workspace:
    """A workspace with a slug of its own; with another one where somebody takes it at the same moment."""
    while True:
        slug = unused_slug(fields["name"])
        try:
            with transaction.atomic():
                return Workspace.objects.create(slug=slug, **fields)
        except IntegrityError:
            if not Workspace.objects.filter(slug=slug).exists():
                raise


@transaction.atomic
def change_settings(
    *, workspace: Workspace, by: User, as_seen: Mapping[str, Any] | None = None, **settings: Any
) -> None:
    """Give fields of a workspace new values; those that have them already are left alone.

    A former slug goes on leading to the workspace. With another time zone, all of its ledger is made anew; with other
    MONEY_SETTINGS what it keeps of money, in the background.
    Raises ChangedMeanwhile where a field is not what it was `as_seen`, ValidationError, IntegrityError for a slug that
    is taken in the same moment, and ReauthenticationRequired where `by` has not proved who they are
    (`workspaces.proof`) and changes what is dangerous.
    """
    stored = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    settings = canonical_settings(settings, stored.conversion_types)
    if any(getattr(stored, name) != value for name, value in (as_seen or {}).items()):
        raise ChangedMeanwhile
    before = {name: getattr(stored, name) for name, value in settings.items() if getattr(stored, name) != value}
    if not before:
        return
    after = {name: settings[name] for name in before}
    if after.keys() & PROVED_SETTINGS:
        check_proved()
    if "slug" in after:
        check_slug(workspace, after["slug"])
    if "time_zone" in after:
        change_time_zone(workspace, after["time_zone"])
    for name, value in after.items():
        setattr(workspace, name, value)
    workspace.money_before = stored.money_before
    if after.keys() & {*MONEY_SETTINGS} and stored.money_before is None:
        workspace.money_before = {name: getattr(stored, name) for name in MONEY_SETTINGS}
    workspace.full_clean(validate_constraints=False)
    workspace.save(update_fields=[*after, "money_before"])
    if "slug" in after:
        FormerSlug.objects.filter(workspace=workspace, slug=after["slug"]).delete()
        FormerSlug.objects.create(workspace=workspace, slug=before["slug"])
    before, after = (
        _differing_rules(before, after, stored.conversion_types),
        _differing_rules(after, before, workspace.conversion_types),
    )
    record(Action.SETTINGS_CHANGED, by=by, workspace=workspace, target=workspace.api_id, before=before, after=after)


def _differing_rules(
    settings: dict[str, Any], others: Mapping[str, Any], conversion_types: Collection[str]
) -> dict[str, Any]:
    """The same, of money rules without those that the others have as well, and with those that go without saying for
    types of which only the others state one."""
    if "money_rules" not in settings:
        return settings
    stated, both = settings["money_rules"], others["money_rules"]
    unstated = {name: default_rule(name, conversion_types) for name in sorted(both.keys() - stated.keys())}
    rules = {
        **{name: rule for name, rule in stated.items() if both.get(name) != rule},
        **{name: rule.data for name, rule in unstated.items() if rule.is_money},
    }
    return {**settings, "money_rules": rules}


def check_slug(workspace: Workspace, slug: str) -> None:
    """Raises ValidationError for one that leads to another workspace."""
    with at_the_door():
        if FormerSlug.objects.filter(slug=slug).exclude(workspace=workspace.pk).exists():
            raise ValidationError({"slug": "This address is taken."})


@transaction.atomic
def change_time_zone(workspace: Workspace, time_zone: str) -> None:
    """Give a workspace's days another meaning; what is kept by days is made anew before it is seen."""
    workspace.time_zone = time_zone
    workspace.save(update_fields=["time_zone"])
    time_zone_changed.send(Workspace, workspace=workspace)


@transaction.atomic
def delete_workspace(*, workspace: Workspace, by: User) -> None:
    """Delete a workspace with everything in it. What the audit trail says of it stays.

    Raises ReauthenticationRequired where `by` has not proved who they are (`workspaces.proof`).
    """
    check_proved()
    workspace_deleted.send(Workspace, workspace=workspace)
    _, deleted = Workspace.objects.filter(pk=workspace.pk).delete()
    if deleted.get(Workspace._meta.label):  # unless somebody else was faster
        before = {"name": workspace.name}
        record(Action.WORKSPACE_DELETED, by=by, workspace=workspace, target=workspace.api_id, before=before)


@transaction.atomic
def create_key(
    *,
    workspace: Workspace,
    kind: KeyKind,
    name: str,
    by: User | None,
    scopes: Collection[Right] = (Right.READ, Right.WRITE),
    expires_at: datetime | None = None,
    allows_browsers: bool = False,
) -> tuple[Key, str]:
    """A new key and its token, which is nowhere kept. Only secret keys have scopes, only write keys allow browsers."""
    key, token = _new_key(
        workspace=workspace,
        kind=kind,
        name=name,
        created_by=by,
        scopes=sorted(scopes) if kind is KeyKind.SECRET else [],
        expires_at=expires_at,
        allows_browsers=allows_browsers,
    )
    record(Action.KEY_CREATED, by=by, workspace=workspace, target=key.api_id, after=_summary(key))
    return key, token


@transaction.atomic
def rotate_key(*, key: Key, by: User) -> tuple[Key, str]:
    """A new key like this one, which ends in 24 hours if it does not earlier.

    Raises ValidationError for a key that is dead or has a successor, IntegrityError if it gets one in the same moment.
    """
    now = timezone.now()
    old = Key.objects.usable(now).select_for_update().filter(pk=key.pk).first()
    if old is None:
        raise ValidationError("The key is revoked or has expired: make a new one.")
    if successor := Key.objects.filter(predecessor=old).first():
        raise ValidationError(f"The key was rotated already: rotate {successor.api_id}, which took its place.")
    expires_at = min(now + (old.expires_at - old.created_at), LATEST_INSTANT) if old.expires_at else None
    new, token = _new_key(
        workspace=old.workspace,
        kind=KeyKind(old.kind),
        name=old.name,
        created_by=by,
        scopes=old.scopes,
        expires_at=expires_at,
        allows_browsers=old.allows_browsers,
        predecessor=old,
    )
    old.expires_at = min(old.expires_at or now + ROTATION_OVERLAP, now + ROTATION_OVERLAP)
    old.save(update_fields=["expires_at"])
    record(
        Action.KEY_ROTATED,
        by=by,
        workspace=old.workspace,
        target=old.api_id,
        before=_summary(old),
        after={"key": new.api_id, **_summary(new)},
    )
    return new, token


@transaction.atomic
def revoke_key(*, key: Key, by: User) -> None:
    """End a key at once. A key that is revoked already stays as it is."""
    if Key.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        record(Action.KEY_REVOKED, by=by, workspace=key.workspace, target=key.api_id, before=_summary(key))


def _new_key(*, kind: KeyKind, **fields: Any) -> tuple[Key, str]:
    token = new_token(kind)
    key = Key.objects.create(kind=kind, prefix=token[:9], digest=token_digest(token), **fields)
    return key, token


def _summary(key: Key) -> dict[str, Any]:
    expires_at = key.expires_at.isoformat(timespec="seconds") if key.expires_at else None
    fields = {
        "kind": key.kind,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "browsers": key.allows_browsers,
        "expires": expires_at,
    }
    return {name: value for name, value in fields.items() if value}


@transaction.atomic
def create_webhook(*, workspace: Workspace, provider: str, by: User | None) -> Webhook:
    """A new address for a provider's reports. Raises IntegrityError if the workspace has one in use."""
    webhook = _new_webhook(workspace, provider, by)
    record(
        Action.WEBHOOK_CREATED, by=by, workspace=workspace, target=webhook.api_id, after={"provider": webhook.provider}
    )
    return webhook


@transaction.atomic
def rotate_webhook(*, webhook: Webhook, by: User) -> Webhook:
    """Another address in the place of one that somebody saw who should not; the old one ends at once.

    The signing key is kept. Raises ValidationError for a webhook that is revoked.
    """
    if not Webhook.objects.usable().filter(pk=webhook.pk).update(revoked_at=timezone.now()):
        raise ValidationError("The webhook is revoked: make a new one.")
    new = _new_webhook(webhook.workspace, webhook.provider, by, signing_key=webhook.signing_key)
    record(
        Action.WEBHOOK_ROTATED,
        by=by,
        workspace=webhook.workspace,
        target=webhook.api_id,
        before={"provider": webhook.provider},
        after={"webhook": new.api_id},
    )
    return new


@transaction.atomic
def set_signing_key(*, webhook: Webhook, key: str, by: User | None) -> None:
    """Keep the key by which the provider signs, or with an empty one forget it. Raises ValidationError."""
    key = "".join(key.split())
    if key:
        validate_signing_key(webhook.provider, key)
    webhook.signing_key = key
    webhook.save(update_fields=["signing_key"])
    record(
        Action.SIGNING_KEY_CHANGED,
        by=by,
        workspace=webhook.workspace,
        target=webhook.api_id,
        after={"provider": webhook.provider, "signed": bool(key)},
    )


@transaction.atomic
def revoke_webhook(*, webhook: Webhook, by: User) -> None:
    """End a webhook at once. One that is revoked already stays as it is."""
    if Webhook.objects.usable().filter(pk=webhook.pk).update(revoked_at=timezone.now()):
        summary = {"provider": webhook.provider}
        record(Action.WEBHOOK_REVOKED, by=by, workspace=webhook.workspace, target=webhook.api_id, before=summary)


def _new_webhook(workspace: Workspace, provider: str, by: User | None, *, signing_key: str = "") -> Webhook:
    return Webhook.objects.create(
        workspace=workspace,
        provider=provider,
        token=secrets.token_urlsafe(32),
        password=secrets.token_urlsafe(32),
        signing_key=signing_key,
        created_by=by,
    )
