"""What of a person a member gets to see: viewers see no whole e-mail address, wherever it stands, and no number."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from analytics.addresses import hidden
from analytics.models import Contact
from workspaces.models import Membership
from workspaces.roles import RIGHTS, Role, may_see_addresses


def sees_addresses(membership: Membership) -> bool:
    return may_see_addresses(RIGHTS[Role(membership.role)])


def shown_to(membership: Membership, text: str) -> str:
    return text if sees_addresses(membership) else str(hidden(text))


def phone_shown_to(membership: Membership, phone: str) -> str:
    return phone if sees_addresses(membership) or not phone else f"…{phone[-2:]}"


def name_shown_to(membership: Membership, contact: Contact) -> str:
    return shown_to(membership, contact.label)


def json_shown_to(membership: Membership, value: Any) -> str:
    """Indented, for people to read."""
    shown = value if sees_addresses(membership) else hidden(value)
    return json.dumps(shown, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder)
