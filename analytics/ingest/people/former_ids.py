"""Ids that contacts had before, as items and files state them: what comes by such an id from then on is theirs."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from analytics.ingest.people.words import Statement
from analytics.ingest.references import owners_by_any_id

MOST_FORMER_IDS = 100
"""How many former ids a contact may have."""


@dataclass
class FormerIds:
    """To which contacts ids lead, after the items so far; None stands for a device of nobody known."""

    workspace_id: int
    owners: dict[str, set[str | None]] = field(default_factory=dict)
    looked_up: set[str] = field(default_factory=set)
    """Ids whose owners were read. Others were named by items alone, before any stated a former id."""

    def load(self, statements: Iterable[Statement]) -> None:
        """Three queries, none where no former ids are stated."""
        items = list(statements)
        stated = {former_id for item in items for former_id in item.former_ids}
        if stated:
            wanted = (stated | {item.user_id for item in items}) - self.looked_up
            for an_id, found in owners_by_any_id(self.workspace_id, wanted).items():
                is_known = found - {None}
                self.owners[an_id] = found if is_known else found | self.owners.get(an_id, set())
            self.looked_up |= wanted

    def divide(self, item: Statement) -> tuple[list[str], list[str]]:
        """The stated ids that become the contact's now, and those that are another's already."""
        contact = next((owner for owner in self.owners.get(item.user_id, ()) if owner is not None), item.user_id)
        self.owners.setdefault(item.user_id, set()).add(contact)
        gained, others = [], []
        for former_id in item.former_ids:
            owners = self.owners.setdefault(former_id, set())
            if owners - {None, contact}:
                others.append(former_id)
            elif contact not in owners:
                owners.add(contact)
                gained.append(former_id)
        return gained, others


def left_out(former_id: str) -> tuple[str, str]:
    """The warning about an id that is another contact's."""
    return (
        "identity_conflict",
        f"formerIds: {former_id!r} is another contact's, and is left out. If the two are one, join them on the "
        "contact's page.",
    )
