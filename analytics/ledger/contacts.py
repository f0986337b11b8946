"""What contacts have, by person number: each change appends their rows anew, and of a person's rows the last counts.

A row's time is the version of the workspace's contacts that it was written with, its value whether the contact was
merged into another one. Below zero, rows say that there is no contact of that number any more.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from numpy.typing import NDArray

from analytics.ledger.codecs import FactColumn, NumberColumn, column_of
from analytics.ledger.column_names import MAX_COLUMNS, nearly_all_differ, value_count
from analytics.ledger.columns import Columns, few_names
from analytics.ledger.packs import NO_ROWS, Rows, Segment
from analytics.mailboxes import mailbox_group
from analytics.models import Contact
from analytics.models.bulk import in_binary
from analytics.models.fixed_queries import WORKSPACE, FixedQuery
from analytics.periods import microseconds
from analytics.personal import NAMING_ATTRIBUTES
from analytics.questions.fields import CONTACT_PREFIX
from analytics.questions.values import Scalar, values_of_json
from campaignos.fixed_rows import Placeholder

SIGNED_UP_AT, DOMAIN = f"{CONTACT_PREFIX}signedUpAt", "domain"
"""Columns beside those of attributes: microseconds since 1970, and the provider of the mailbox."""
_OF_FIELDS = (SIGNED_UP_AT, DOMAIN)
_ROWS_AT_ONCE = 20_000

Signed = tuple[int, Segment | Rows]
"""With what a segment counts as: below zero, its people are gone."""


class ContactWords(NamedTuple):
    """What counts of a contact; attributes as JSON."""

    number: int
    signed_up_at: datetime
    email: str
    merged_into_id: int | None
    attributes: str


def _columns_of(contacts: QuerySet[Contact]) -> QuerySet[Contact, tuple[Any, ...]]:
    attributes = Cast("attributes", TextField())
    return contacts.order_by().values_list("person_number", "signed_up_at", "email", "merged_into_id", attributes)


_OF_NUMBERS = FixedQuery(
    lambda: _columns_of(Contact.objects.filter(workspace_id=WORKSPACE, person_number__among=Placeholder("numbers")))
)


def rows_of_numbers(workspace_id: int, numbers: Collection[int]) -> Iterator[ContactWords]:
    """The contacts of these numbers, as far as there are any. One query, none for none."""
    return map(ContactWords._make, _OF_NUMBERS.rows(workspace_id, numbers=numbers)) if numbers else iter(())


def rows_of_all_contacts(workspace_id: int, version: int) -> Rows:
    """Those of the workspace. One query."""
    contacts = in_binary(_columns_of(Contact.objects.filter(workspace_id=workspace_id)))
    parts = []
    while portion := [*islice(contacts, _ROWS_AT_ONCE)]:
        parts.append(contact_rows([*map(ContactWords._make, portion)], version))
    return without_distinct(Rows.of(parts))


def contact_rows(contacts: Sequence[ContactWords], version: int) -> Rows:
    """Of contacts as they are with a version."""
    if not contacts:
        return NO_ROWS
    numbers, signed_up_at, emails, merged_into, attributes = zip(*contacts, strict=True)
    is_merged = np.array([pk is not None for pk in merged_into], np.bool_)
    if is_merged.any():
        attributes = tuple("{}" if merged else text for text, merged in zip(attributes, is_merged, strict=True))
    columns = _attribute_columns(values_of_json(attributes))
    of_fields: Mapping[str, FactColumn] = {
        SIGNED_UP_AT: NumberColumn(np.array([*map(microseconds, signed_up_at)], np.int64), ~is_merged, 0),
        DOMAIN: column_of([*map(mailbox_group, emails)]),
    }
    return Rows(
        np.full(len(contacts), version, np.int64),
        np.array(numbers, np.int32),
        is_merged.astype(np.int32),
        replace(columns, by_name={**columns.by_name, **of_fields}),
    )


def _attribute_columns(values: Sequence[Mapping[str, Scalar]]) -> Columns:
    """Of the most frequent attributes, but for those that name somebody."""
    counts = Counter(chain.from_iterable(values))
    frequent = (path for path, _ in counts.most_common() if path not in NAMING_ATTRIBUTES)
    paths = [*islice(frequent, MAX_COLUMNS)]
    columns = {f"{CONTACT_PREFIX}{path}": column_of([each.get(path) for each in values]) for path in paths}
    missing = frozenset(f"{CONTACT_PREFIX}{path}" for path in counts.keys() - set(paths))
    return Columns(len(values), columns, few_names(missing))


def gone_rows(numbers: Sequence[int], version: int) -> Rows:
    """That there is no contact of these numbers any more."""
    n = len(numbers)
    return Rows(np.full(n, version, np.int64), np.array(numbers, np.int32), np.zeros(n, np.int32), Columns(n, {}))


def newest_places(pieces: Sequence[Signed]) -> list[NDArray[np.bool_]]:
    """For each piece, which of its rows are the last of their person."""
    size = 1 + max((int(part.people.max(initial=-1)) for _, part in pieces), default=-1)
    versions, owners = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
    starts = np.cumsum([0, *(part.n for _, part in pieces)])
    for start, (_, part) in zip(starts.tolist(), pieces, strict=False):
        people, at = part.people, part.since_midnight
        is_newer = at >= versions[people]
        people, places = people[is_newer], np.flatnonzero(is_newer)
        versions[people], owners[people] = at[places], start + places
    return [
        owners[part.people] == start + np.arange(part.n)
        for start, (_, part) in zip(starts.tolist(), pieces, strict=False)
    ]


def newest_rows(pieces: Sequence[Signed]) -> Iterator[tuple[int, Rows]]:
    """Of all pieces the last row of each person: of those there are, and of those that are gone."""
    for is_there in (True, False):
        parts = [
            Rows.of([part]).at(is_last)
            for (sign, part), is_last in zip(pieces, newest_places(pieces), strict=True)
            if (sign > 0) == is_there and is_last.any()
        ]
        if parts:
            rows = Rows.of(parts)
            yield (1, without_distinct(rows)) if is_there else (-1, rows)


def without_distinct(rows: Rows) -> Rows:
    """Without columns of texts that nearly all differ, such as ids: of few conditions, and large.

    And without those that no row has a value of any more, whose names may be somebody's.
    """
    columns = rows.columns
    counts = {name: value_count(column) for name, column in columns.by_name.items() if name not in _OF_FIELDS}
    distinct = {name for name, count in counts.items() if nearly_all_differ(columns[name], count)}
    kept = [name for name in columns.by_name if name in _OF_FIELDS or (counts[name] and name not in distinct)]
    missing = None if columns.missing is None else few_names(columns.missing | distinct)
    return rows if len(kept) == len(columns.by_name) else replace(rows, columns=columns.only(kept, missing))
