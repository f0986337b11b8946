"""Pages of a list by keyset: a page begins after the last row of the one before, however many rows came meanwhile."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import CharField, F, Model, Q, QuerySet

from campaignos.encryption import decrypt, encrypt
from campaignos.errors import ParameterError
from campaignos.texts import CodePoints

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
STREAMED_PAGE_SIZE = 500
"""What the rows of a page link to is read by a condition for each, and SQLite takes at most 1,000 in one statement."""

_Row = TypeVar("_Row", bound=Model)


@dataclass(frozen=True)
class Ordering:
    """By a field that is never null, then by id; `name` is how the API calls it."""

    name: str
    field: str
    is_descending: bool

    def sorted(self, rows: QuerySet[_Row]) -> QuerySet[_Row]:
        """The rows in this order, texts by their code points."""
        sign = "-" if self.is_descending else ""
        if self.field == "pk":
            return rows.order_by(f"{sign}pk")
        is_text = isinstance(rows.model._meta.get_field(self.field), CharField)
        place = CodePoints(self.field) if is_text else F(self.field)
        placed: QuerySet[_Row] = rows.alias(place=place)  # type: ignore[assignment]
        return placed.order_by(f"{sign}place", f"{sign}pk")

    def after(self, value: Any, pk: Any) -> Q:
        """Of sorted rows, those beyond a row. The redundant first condition is what an index can be entered by."""
        beyond = "lt" if self.is_descending else "gt"
        if self.field == "pk":
            return Q(**{f"pk__{beyond}": pk})
        return Q(**{f"place__{beyond}e": value}) & (Q(**{f"place__{beyond}": value}) | Q(**{f"pk__{beyond}": pk}))


def ordering(query: Mapping[str, str], fields: Mapping[str, str]) -> Ordering:
    """`ordering=name` or `-name`; the first of `fields` (name in the API → field), newest first, unless asked for."""
    default = f"-{next(iter(fields))}"
    given = query.get("ordering", default)
    name = given.removeprefix("-")
    if name not in fields:
        allowed = ", ".join(f"{one}, -{one}" for one in fields)
        raise ParameterError("ordering", given=given, allowed=allowed)
    return Ordering(given, fields[name], given.startswith("-"))


def page_size(query: Mapping[str, str]) -> int:
    given = query.get("pageSize", str(DEFAULT_PAGE_SIZE))
    if not (given.isascii() and given.isdigit() and len(given) <= 9 and 1 <= int(given) <= MAX_PAGE_SIZE):
        raise ParameterError("pageSize", given=given, allowed=f"a whole number from 1 to {MAX_PAGE_SIZE}")
    return int(given)


@dataclass(frozen=True)
class Page(Generic[_Row]):
    rows: Sequence[_Row]
    next_cursor: str | None


def page(rows: QuerySet[_Row], order: Ordering, *, size: int, cursor: str | None) -> Page[_Row]:
    """The rows after the cursor's, `size` at most. One query; raises ParameterError for a cursor that is none."""
    rows = order.sorted(rows)
    if cursor:
        rows = rows.filter(_after(rows.model, order, cursor))
    found = list(rows[: size + 1])
    return Page(found[:size], _cursor(order, found[size - 1]) if len(found) > size else None)


def all_pages(rows: QuerySet[_Row], order: Ordering) -> Iterator[Sequence[_Row]]:
    """Every row, five hundred at a time, one query each."""
    cursor = None
    while True:
        one = page(rows, order, size=STREAMED_PAGE_SIZE, cursor=cursor)
        yield one.rows
        cursor = one.next_cursor
        if cursor is None:
            return


def _cursor(order: Ordering, row: Model) -> str:
    """Encrypted: what comes back is what was given out, and nobody reads in it what the list itself hides."""
    value = None if order.field == "pk" else getattr(row, order.field)
    told = [order.name, value.isoformat() if isinstance(value, datetime) else value, str(row.pk)]
    return encrypt(json.dumps(told), purpose=_purpose(type(row)))


def _after(model: type[Model], order: Ordering, cursor: str) -> Q:
    text = decrypt(cursor, purpose=_purpose(model))
    name, value, pk = (None, None, None) if text is None else json.loads(text)
    if name != order.name:
        allowed = "what `next` of the page before had, with the same ordering"
        raise ParameterError("cursor", given=cursor, allowed=allowed)
    return order.after(value, pk)


def _purpose(model: type[Model]) -> str:
    return f"cursor of {model._meta.label}"
