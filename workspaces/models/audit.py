"""The audit trail: who did what, kept for good."""

from typing import Any

from django.db import models
from django.utils.text import Truncator

from workspaces.models.users import User
from workspaces.models.workspaces import Workspace

SHOWN_CHARACTERS = 200


class Action(models.TextChoices):
    """What is recorded of people, keys and settings. To record one more, add it here; other apps register theirs."""

    LOG_IN = "log_in", "Logged in"
    LOG_IN_FAILED = "log_in_failed", "Login failed"
    LOG_OUT = "log_out", "Logged out"
    SESSION_ENDED = "session_ended", "Session ended"
    SIGNED_UP = "signed_up", "Signed up"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    PASSWORD_RESET = "password_reset", "Password reset"
    RESET_MAILED = "reset_mailed", "Password reset sent by staff"
    EMAIL_CHANGED = "email_changed", "Email changed"
    SECOND_FACTOR_ADDED = "second_factor_added", "Two-factor method added"
    SECOND_FACTOR_REMOVED = "second_factor_removed", "Two-factor method removed"
    RECOVERY_CODES_MADE = "recovery_codes_made", "Recovery codes created"
    WORKSPACE_CREATED = "workspace_created", "Workspace created"
    WORKSPACE_DELETED = "workspace_deleted", "Workspace deleted"
    SETTINGS_CHANGED = "settings_changed", "Settings changed"
    MEMBER_INVITED = "member_invited", "Member invited"
    INVITATION_RESENT = "invitation_resent", "Invitation sent again"
    INVITATION_REVOKED = "invitation_revoked", "Invitation revoked"
    MEMBER_JOINED = "member_joined", "Member joined"
    ROLE_CHANGED = "role_changed", "Role changed"
    MEMBER_REMOVED = "member_removed", "Member removed"
    KEY_CREATED = "key_created", "Key created"
    KEY_ROTATED = "key_rotated", "Key rotated"
    KEY_REVOKED = "key_revoked", "Key revoked"
    WEBHOOK_CREATED = "webhook_created", "Webhook created"
    WEBHOOK_ROTATED = "webhook_rotated", "Webhook rotated"
    WEBHOOK_REVOKED = "webhook_revoked", "Webhook revoked"
    SIGNING_KEY_CHANGED = "signing_key_changed", "Webhook signing key changed"
    ADMINISTERED = "administered", "Changed by staff"


_labels: dict[str, str] = {value: str(label) for value, label in Action.choices}


def register_actions(actions: type[models.TextChoices]) -> None:
    """What an app records beside these."""
    _labels.update({value: str(label) for value, label in actions.choices})


def action_choices() -> list[tuple[str, str]]:
    return list(_labels.items())


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def seen_from(self, workspace: Workspace) -> "AuditEventQuerySet":
        """What happened in a workspace, and to the accounts of its members while they are members."""
        members = workspace.memberships.values("user")
        return self.filter(models.Q(workspace=workspace) | models.Q(workspace=None, account__in=members))


class AuditEvent(models.Model):
    """One thing that was done. The database refuses to change or delete it (a trigger, migration 0004).

    It outlives the users, keys and workspaces it names, so nothing holds its links. Secrets, and personal data except
    the actor's email, have no place in it: things are named by their ids.
    """

    workspace = models.ForeignKey(
        Workspace, models.DO_NOTHING, db_constraint=False, null=True, related_name="+", db_index=False
    )
    account = models.ForeignKey(
        User, models.DO_NOTHING, db_constraint=False, null=True, related_name="+", help_text="The user it happened to."
    )
    action = models.CharField(max_length=40)
    actor = models.ForeignKey(User, models.DO_NOTHING, db_constraint=False, null=True, related_name="+", db_index=False)
    actor_name = models.CharField(max_length=254, blank=True, help_text="The user's email or the key's beginning.")
    target = models.CharField(max_length=200, blank=True, help_text="The id of what it was done to.")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    ip = models.GenericIPAddressField("IP address", null=True)
    request_id = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["workspace", "id"], name="audit_event_of_workspace")]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.target}".strip()

    @property
    def changes(self) -> list[str]:
        """What changed, in words: `role: VIEWER → ADMIN`. Of a long value its beginning; the file has all."""
        names = dict.fromkeys([*self.before, *self.after])
        sides = {
            name: [
                Truncator(_value_text(side[name])).chars(SHOWN_CHARACTERS)
                for side in (self.before, self.after)
                if name in side
            ]
            for name in names
        }
        return [f"{name.replace('_', ' ')}: {' → '.join(words)}" for name, words in sides.items()]

    def get_action_display(self) -> str:
        return _labels.get(self.action, self.action)


def _value_text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_value_text, value)) or "none"
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_value_text(inner)}" for name, inner in sorted(value.items())) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)
