"""The mailbox providers of contacts, by the numbers that their messages carry: as the contacts' addresses are now."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from analytics.ledger import storage
from analytics.ledger.codecs import FactColumn, FactValue, ValueColumn, joined_columns, no_values
from analytics.ledger.contacts import DOMAIN, newest_places
from analytics.ledger.packs import Rows, Segment
from analytics.models import DayPack, PackKind
from analytics.models.fixed_queries import WORKSPACE, FixedQuery

_PACKS = FixedQuery(
    lambda: (
        DayPack.objects.filter(workspace_id=WORKSPACE, kind=PackKind.CONTACT)
        .order_by()
        .values_list("n", "data", "columns", storage.column_data(DOMAIN, Q(kind=PackKind.CONTACT)))
    )
)


@dataclass(frozen=True, eq=False)
class ContactMailboxes:
    """`codes` has by person number the place among the `values`; the first is None, for whom no address is known.

    `current` are the numbers of contacts that are no part of another one.
    """

    codes: NDArray[np.uint32]
    values: list[FactValue | None]
    current: NDArray[np.int32]

    @classmethod
    def read(cls, workspace_id: int) -> "ContactMailboxes":
        """From the ledger, which has all contacts. One query."""
        rows = _PACKS.rows(workspace_id)
        pieces = [(n, storage.segment(data, columns, {DOMAIN: part})) for n, data, columns, part in rows]
        newest = [
            (part.people[is_last], part.columns[DOMAIN].at(is_last), part.values[is_last] == 0)
            for (sign, part), is_last in zip(pieces, newest_places(pieces), strict=True)
            if sign > 0
        ]
        joined = joined_columns([column for _, column, _ in newest]).as_values if newest else no_values(0)
        nobody = np.empty(0, np.int32)
        numbers = np.concatenate([nobody, *(people for people, _, _ in newest)])
        current = np.concatenate([nobody, *(people[is_current] for people, _, is_current in newest)])
        codes = np.zeros(int(numbers.max(initial=-1)) + 1, np.uint32)
        codes[numbers] = joined.codes
        return cls(codes, [*joined.values], current)

    @property
    def contacts(self) -> Counter[str | None]:
        """How many contacts each provider has."""
        totals = np.bincount(self.codes[self.current], minlength=len(self.values))
        return Counter(
            {None if value is None else str(value): n for value, n in zip(self.values, totals.tolist(), strict=True)}
        )

    def added_to(self, rows: Segment | Rows) -> Rows:
        """Messages with the column of the provider, called as the field is."""
        numbers = rows.people
        codes = np.zeros(len(numbers), np.uint32)
        is_there = numbers < len(self.codes)
        codes[is_there] = self.codes[numbers[is_there]]
        columns: Mapping[str, FactColumn] = {DOMAIN: ValueColumn(codes, self.values, are_texts=True)}
        of_rows = rows.columns
        with_them = replace(of_rows, by_name={**of_rows.by_name, **columns})
        return Rows(rows.since_midnight, numbers, rows.values, with_them)
