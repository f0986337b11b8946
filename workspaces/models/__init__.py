"""Who: users, workspaces, memberships and keys. Ordinary tables, few rows."""

from workspaces.models.answers import KeptAnswer
from workspaces.models.audit import Action, AuditEvent
from workspaces.models.keys import Key, KeyKind, new_token, token_digest
from workspaces.models.users import Session, User, UserManager
from workspaces.models.workspaces import (
    FormerSlug,
    Invitation,
    Membership,
    Workspace,
    default_conversion_types,
    unused_slug,
    validate_event_types,
    validate_time_zone,
)

__all__ = [
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
    "Workspace",
    "default_conversion_types",
    "new_token",
    "token_digest",
    "unused_slug",
    "validate_event_types",
    "validate_time_zone",
]
