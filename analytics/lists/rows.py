"""Pages of rows by the place of the last one seen, so that the thousandth page is as quick as the first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from numpy.typing import NDArray

from analytics.periods import Window, instant_of, microseconds

PAGE_ROWS = 50

_Row = TypeVar("_Row")
_Fact = TypeVar("_Fact", bound=Model)


@dataclass(frozen=True)
class Rows(Generic[_Row]):
    """A page; `following` is what to ask for the next one with, empty on the last."""

    rows: tuple[_Row, ...]
    following: str = ""


class Results(Protocol[_Row]):
    """The rows that a list means in a workspace."""

    @property
    def total(self) -> int: ...

    def page(self, after: str = "", size: int = PAGE_ROWS) -> Rows[_Row]: ...


@dataclass(frozen=True)
class RowResults(Generic[_Fact]):
    """Rows of a table by an instant of theirs, newest first. One query for the total, one for a page.

    `ledger_total` answers the total where the ledger knows it, and the rows need not be gone through.
    """

    rows: QuerySet[_Fact]
    instant: str
    ledger_total: Callable[[], int] | None = None

    @cached_property
    def total(self) -> int:
        return self.rows.count() if self.ledger_total is None else self.ledger_total()

    def page(self, after: str = "", size: int = PAGE_ROWS) -> Rows[_Fact]:
        return newest_first(self.rows, self.instant, after=after, size=size)


@dataclass(frozen=True)
class PeopleResults(Generic[_Row]):
    """People by their numbers, which are ascending, the highest first; `fetch` reads the rows of a page."""

    numbers: NDArray[np.signedinteger[Any]]
    fetch: Callable[[list[int]], Sequence[_Row]]

    @property
    def total(self) -> int:
        return len(self.numbers)

    def page(self, after: str = "", size: int = PAGE_ROWS) -> Rows[_Row]:
        end = len(self.numbers)
        if after.isdecimal() and after.isascii() and len(after) < 10:
            end = int(np.searchsorted(self.numbers, int(after)))
        start = max(end - size, 0)
        numbers = self.numbers[start:end][::-1].tolist()
        return Rows(tuple(self.fetch(numbers)), str(numbers[-1]) if start else "")


@dataclass(frozen=True)
class Place:
    """Where a page ended: the instant and key of its last row, in an address `<microseconds>-<key>`."""

    at: datetime
    key: Any

    @classmethod
    def read(cls, text: str, model: type[Model]) -> "Place | None":
        at, _, key = text.partition("-")
        try:
            return cls(instant_of(int(at)), model._meta.pk.to_python(key))
        except (ValueError, OverflowError, ValidationError):
            return None

    def __str__(self) -> str:
        return f"{microseconds(self.at)}-{getattr(self.key, 'hex', self.key)}"


def inside(rows: QuerySet[_Fact], instant: str, window: Window | None) -> QuerySet[_Fact]:
    """Of the rows, those with an instant in the window; None is always."""
    if window is None:
        return rows
    return rows.filter(**{f"{instant}__gte": window.starts_at, f"{instant}__lt": window.ends_at})


def newest_first(rows: QuerySet[_Fact], instant: str, *, after: str, size: int = PAGE_ROWS) -> Rows[_Fact]:
    """The rows by an instant of theirs, from a place on; from the newest if there is no such place. One query."""
    place = Place.read(after, rows.model)
    if place is not None:
        rows = beyond(rows, instant, place)
    page_and_next = list(rows.order_by(f"-{instant}", "-pk")[: size + 1])
    return page_of(page_and_next, size, lambda row: str(Place(getattr(row, instant), row.pk)))


def beyond(rows: QuerySet[_Fact], instant: str, place: Place) -> QuerySet[_Fact]:
    later = Q(**{f"{instant}__lt": place.at}) | Q(**{instant: place.at, "pk__lt": place.key})
    return rows.filter(later, **{f"{instant}__lte": place.at})  # said twice, for the index


def page_of(rows: Sequence[_Row], size: int, place: Any) -> Rows[_Row]:
    """A page of rows, of which one more was asked for than fits."""
    return Rows(tuple(rows[:size]), place(rows[size - 1]) if len(rows) > size else "")
