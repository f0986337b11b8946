"""What of a person a member gets to see: viewers see no whole e-mail address, wherever it stands."""

import json
import re
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from analytics.models import Contact
from workspaces.models import Membership
from workspaces.roles import RIGHTS, Right, Role

_EMAIL = re.compile(r"([^\s@<>\"'(),;:\\]{1,256})@(?=[^\s@])")


def sees_addresses(membership: Membership) -> bool:
    return Right.CURATE in RIGHTS[Role(membership.role)]


def masked(text: str) -> str:
    """m…@example.com, for each address in the text."""
    return _EMAIL.sub(lambda found: f"{found[1][0]}…@", text)


def shown_to(membership: Membership, text: str) -> str:
    return text if sees_addresses(membership) else masked(text)


def phone_shown_to(membership: Membership, phone: str) -> str:
    return phone if sees_addresses(membership) or not phone else f"…{phone[-2:]}"


def name_shown_to(membership: Membership, contact: Contact) -> str:
    return shown_to(membership, str(contact))


def json_shown_to(membership: Membership, value: Any) -> str:
    """Indented, for people to read."""
    text = json.dumps(value, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder)
    return shown_to(membership, text)
