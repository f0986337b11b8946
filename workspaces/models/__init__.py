"""Who: users, workspaces, memberships and keys. Ordinary tables, few rows."""

from workspaces.models.answers import KeptAnswer
from workspaces.models.audit import Action, AuditEvent
from workspaces.models.keys import SECRET_PREFIX, Key, KeyKind, new_token, token_digest
from workspaces.models.users import Session, User, UserManager
from workspaces.models.webhooks import ALWAYS_SIGN, Provider, Webhook, sendgrid_key, validate_signing_key
from workspaces.models.workspaces import (
    MAX_KEPT_DAYS,
    FormerSlug,
    Invitation,
    Membership,
    Workspace,
    default_conversion_types,
    time_zones,
    unused_slug,
    validate_event_types,
    validate_time_zone,
)

__all__ = [
    "ALWAYS_SIGN",
    "MAX_KEPT_DAYS",
    "SECRET_PREFIX",
    "Action",
    "AuditEvent",
    "FormerSlug",
    "Invitation",
    "KeptAnswer",
    "Key",
    "KeyKind",
    "Membership",
    "Provider",
    "Session",
    "User",
    "UserManager",
    "Webhook",
    "Workspace",
    "default_conversion_types",
    "new_token",
    "sendgrid_key",
    "time_zones",
    "token_digest",
    "unused_slug",
    "validate_event_types",
    "validate_signing_key",
    "validate_time_zone",
]
