"""Contacts with the same email address, which may be one person under two ids. It is reported, and changes nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import Count, Max, Min, QuerySet

from analytics.models import Contact
from analytics.models.fixed_queries import WORKSPACE, FixedQuery
from campaignos.fixed_rows import Placeholder
from campaignos.texts import AsciiLower, ascii_lower


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
        return f"Another contact has the same email address: {other!r}{others}."


def with_others(sharing: Sharing | None, external_ids: Collection[str]) -> Sharing | None:
    """Together with other contacts that have the same address; None where nobody has it."""
    ids = [*external_ids, *((sharing.first, sharing.last) if sharing else ())]
    return Sharing((sharing.contacts if sharing else 0) + len(external_ids), min(ids), max(ids)) if ids else None


def shared_addresses(
    workspace_id: int, addresses: set[str], *, but: Collection[int] = (), least: int = 1
) -> Mapping[str, Sharing]:
    """By address in lower case, who has it, in whatever case it is written. One query, none without addresses.

    `but` are the keys of contacts that are left out, `least` is of how many contacts an address is that is asked for.
    """
    if not addresses:
        return {}
    lowered = {ascii_lower(text) for text in addresses}
    if but:
        rows = _SHARED_BUT.rows(workspace_id, addresses=lowered, least=least, but=but)
    else:
        rows = _SHARED.rows(workspace_id, addresses=lowered, least=least)
    return {address: Sharing(*sharing) for address, *sharing in rows}


def _of_addresses(*, with_all: bool) -> QuerySet[Any, tuple[Any, ...]]:
    contacts: QuerySet[Any] = Contact.objects.current().filter(workspace_id=WORKSPACE)
    if not with_all:
        contacts = contacts.exclude(pk__among=Placeholder("but"))
    rows = contacts.annotate(lowered=AsciiLower("email")).filter(lowered__among=Placeholder("addresses"))
    found = rows.order_by().values_list("lowered")
    found = found.annotate(contacts=Count("pk"), first=Min("external_id"), last=Max("external_id"))
    return found.filter(contacts__gte=Placeholder("least"))  # type: ignore[no-any-return]


_SHARED, _SHARED_BUT = (FixedQuery(partial(_of_addresses, with_all=with_all)) for with_all in (True, False))
