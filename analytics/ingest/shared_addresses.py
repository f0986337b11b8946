"""Contacts with the same e-mail address, which may be one person under two ids: that is told, and nothing else done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Min, QuerySet
from django.db.models.functions import Lower

from analytics.models import Contact


@dataclass(frozen=True)
class Sharing:
    """How many contacts have an address, and the external ids of two of them, or twice that of the only one."""

    contacts: int
    first: str
    last: str

    def told_to(self, external_id: str) -> str | None:
        """What is told of the contact with this id, which has the address; None where no other one has it."""
        other = self.last if self.first == external_id else self.first
        if other == external_id:
            return None
        others = f" and {self.contacts - 2:,} more" if self.contacts > 2 else ""
        return f"Another contact has the same e-mail address: {other!r}{others}."


def shared_addresses(workspace_id: int, addresses: set[str]) -> Mapping[str, Sharing]:
    """By address in lower case, who has it, in whatever case it is written. One query, none without addresses."""
    if not addresses:
        return {}
    contacts: QuerySet[Any] = Contact.objects.current().filter(workspace_id=workspace_id)
    rows = contacts.annotate(lowered=Lower("email")).filter(lowered__among={text.lower() for text in addresses})
    found = rows.order_by().values_list("lowered")
    found = found.annotate(contacts=Count("pk"), first=Min("external_id"), last=Max("external_id"))
    return {address: Sharing(*of) for address, *of in found}
