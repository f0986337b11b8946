"""Who: users, workspaces, memberships and keys. Ordinary tables, few rows."""

from workspaces.conversions import default_conversion_types, validate_event_types
from workspaces.models.answers import KeptAnswer
from workspaces.models.audit import Action, AuditEvent
from workspaces.models.keys import SECRET_PREFIX, Key, KeyKind, new_token, token_digest
from workspaces.models.users import Session, User, UserManager
from workspaces.models.webhooks import PROVIDERS, Webhook, validate_signing_key
from workspaces.models.workspaces import (
    DEFAULT_CURRENCY,
    DEFAULT_LOOKBACK_DAYS,
    MAX_KEPT_DAYS,
    MAX_LOOKBACK_DAYS,
    SECOND_FACTORS,
    FormerSlug,
    Invitation,
    Membership,
    Workspace,
    time_zones,
    unused_slug,
    validate_currency,
    validate_time_zone,
)

__all__ = [
    "DEFAULT_CURRENCY",
    "DEFAULT_LOOKBACK_DAYS",
    "MAX_KEPT_DAYS",
    "MAX_LOOKBACK_DAYS",
    "PROVIDERS",
    "SECOND_FACTORS",
    "SECRET_PREFIX",
    "Action",
    "AuditEvent",
    "FormerSlug",
    "Invitation",
    "KeptAnswer",
    "Key",
    "KeyKind",
    "Membership",
    "Session",
    "User",
    "UserManager",
    "Webhook",
    "Workspace",
    "default_conversion_types",
    "new_token",
    "time_zones",
    "token_digest",
    "unused_slug",
    "validate_currency",
    "validate_event_types",
    "validate_signing_key",
    "validate_time_zone",
]
