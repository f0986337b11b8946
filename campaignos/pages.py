"""Pages of a list by keyset: a page begins after the last row of the one before, however many rows came meanwhile.

A place can be written into an address in more than one way: for the API it is encrypted.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, Protocol, TypeVar

from django.db.models import CharField, DateTimeField, Expression, F, Model, Q, QuerySet

from campaignos.encryption import decrypt, encrypt
from campaignos.errors import ParameterError
from campaignos.texts import CodePoints

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
STREAMED_PAGE_SIZE = 500
"""What the rows of a page link to is read by a condition for each, and SQLite takes at most 1,000 in one statement."""

Row = TypeVar("Row")
_Model = TypeVar("_Model", bound=Model)
_Model_co = TypeVar("_Model_co", bound=Model, covariant=True)


@dataclass(frozen=True)
class Place:
    """Where a page ended: what its last row is ordered by, and that row's key."""

    value: Any
    pk: Any


class RowsInOrder(Protocol[_Model_co]):
    """Rows that a query alone does not find."""

    @property
    def model(self) -> type[_Model_co]: ...

    def count(self) -> int: ...

    def after(self, order: "Ordering", place: Place | None, number: int) -> Sequence[_Model_co]:
        """The first so many in the order, of them those beyond a place."""


@dataclass(frozen=True)
class Rows(Generic[Row]):
    """A page; `following` is what to ask for the next one with, empty on the last."""

    rows: tuple[Row, ...]
    following: str = ""


@dataclass(frozen=True)
class Ordering:
    """By a field that is never null, or one of the model's `order_expressions`, then by the rows' `key`; `name` is how
    the API calls it."""

    name: str
    field: str
    is_descending: bool
    key: str = "pk"

    def place(self, row: Model) -> Place:
        return Place(None if self.field == self.key else getattr(row, self.field), getattr(row, self.key))

    def rows_after(self, rows: QuerySet[_Model], place: Place | None) -> QuerySet[_Model]:
        """The rows in this order, texts by their code points; of them those beyond a place."""
        sign = "-" if self.is_descending else ""
        if self.field == self.key:
            return rows.filter(self._beyond(place)).order_by(f"{sign}{self.key}")
        placed: QuerySet[_Model] = rows.alias(place=self._ordered_by(rows.model))  # type: ignore[assignment]
        return placed.filter(self._beyond(place)).order_by(f"{sign}place", f"{sign}{self.key}")

    def _ordered_by(self, model: type[Model]) -> Expression | F:
        if expression := _expressions(model).get(self.field):
            return expression
        is_text = isinstance(model._meta.get_field(self.field), CharField)
        return CodePoints(self.field) if is_text else F(self.field)

    def _beyond(self, place: Place | None) -> Q:
        """The redundant first condition is what an index can be entered by."""
        if place is None:
            return Q()
        beyond = "lt" if self.is_descending else "gt"
        of_key = Q(**{f"{self.key}__{beyond}": place.pk})
        if self.field == self.key:
            return of_key
        return Q(**{f"place__{beyond}e": place.value}) & (Q(**{f"place__{beyond}": place.value}) | of_key)


def first_rows(
    rows: "QuerySet[_Model] | RowsInOrder[_Model]", order: Ordering, place: Place | None, number: int
) -> Sequence[_Model]:
    """So many of the rows in the order, from beyond a place on. Of a query one."""
    if isinstance(rows, QuerySet):
        return list(order.rows_after(rows, place)[:number])
    return rows.after(order, place, number)


def page_of(found: Sequence[Row], size: int, place_text: Callable[[Row], str]) -> Rows[Row]:
    """A page of rows, of which one more was asked for than fits."""
    return Rows(tuple(found[:size]), place_text(found[size - 1]) if len(found) > size else "")


def all_pages(page_after: Callable[[str], Rows[Row]]) -> Iterator[Sequence[Row]]:
    """Every row, page by page."""
    following = ""
    while True:
        found = page_after(following)
        yield found.rows
        following = found.following
        if not following:
            return


def ordering(query: Mapping[str, str], fields: Mapping[str, str], key: str = "pk") -> Ordering:
    """`ordering=name` or `-name`; the first of `fields` (name in the API → field), newest first, unless asked for."""
    default = f"-{next(iter(fields))}"
    given = query.get("ordering", default)
    name = given.removeprefix("-")
    if name not in fields:
        allowed = ", ".join(f"{field}, -{field}" for field in fields)
        raise ParameterError("ordering", given=given, allowed=allowed)
    return Ordering(given, fields[name], given.startswith("-"), key)


def page_size(query: Mapping[str, str]) -> int:
    given = query.get("pageSize", str(DEFAULT_PAGE_SIZE))
    if not (given.isascii() and given.isdigit() and len(given) <= 9 and 1 <= int(given) <= MAX_PAGE_SIZE):
        raise ParameterError("pageSize", given=given, allowed=f"a whole number from 1 to {MAX_PAGE_SIZE}")
    return int(given)


def counts_rows(query: Mapping[str, str]) -> bool:
    """Whether it is asked how many rows there are. Raises ParameterError."""
    given = query.get("count", "")
    if given not in ("", "true", "false"):
        raise ParameterError("count", given=given, allowed="true, false")
    return given == "true"


def page(
    rows: "QuerySet[_Model] | RowsInOrder[_Model]", order: Ordering, *, size: int, cursor: str | None
) -> Rows[_Model]:
    """The rows after the cursor's, `size` at most. One query; raises ParameterError for a cursor that was not given out
    here."""
    place = _place(rows.model, order, cursor) if cursor else None
    return page_of(first_rows(rows, order, place, size + 1), size, lambda row: _cursor(order, row))


def pages_of(
    rows: "QuerySet[_Model] | RowsInOrder[_Model]", order: Ordering, size: int = STREAMED_PAGE_SIZE
) -> Iterator[Sequence[_Model]]:
    """Every row, so many at a time, one query each."""
    return all_pages(lambda cursor: page(rows, order, size=size, cursor=cursor))


def _cursor(order: Ordering, row: Model) -> str:
    """Encrypted: what comes back is what was given out, and nobody reads in it what the list itself hides."""
    place = order.place(row)
    value = place.value.isoformat() if isinstance(place.value, date) else place.value
    return encrypt(json.dumps([order.name, value, str(place.pk)]), purpose=_purpose(type(row)))


def _place(model: type[Model], order: Ordering, cursor: str) -> Place:
    text = decrypt(cursor, purpose=_purpose(model))
    name, value, pk = (None, None, None) if text is None else json.loads(text)
    if name != order.name:
        allowed = "what `next` of the page before had, with the same ordering"
        raise ParameterError("cursor", given=cursor, allowed=allowed)
    return Place(value if value is None else _value_of(model, order.field, value), pk)


def _value_of(model: type[Model], name: str, text: str) -> Any:
    is_expression = name in _expressions(model)
    field: Any = DateTimeField() if is_expression else model._meta.get_field(name)
    return field.to_python(text)


def _expressions(model: type[Model]) -> Mapping[str, Expression | F]:
    """By name, instants that rows are ordered by, and that are no fields of theirs."""
    return getattr(model, "order_expressions", {})


def _purpose(model: type[Model]) -> str:
    return f"cursor of {model._meta.label}"
