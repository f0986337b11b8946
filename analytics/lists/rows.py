"""The rows that a list finds, in pages: the thousandth is as quick as the first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from numpy.typing import NDArray

from analytics.periods import DaysOfWeek, Window, instant_of, microseconds
from analytics.questions.fields import PROPERTY_PREFIX
from campaignos.errors import ParameterError
from campaignos.pages import Ordering, Place, Rows, RowsInOrder, first_rows, page, page_of

PAGE_ROWS = 50

_Row = TypeVar("_Row")
_Fact = TypeVar("_Fact", bound=Model)
_Fact_co = TypeVar("_Fact_co", bound=Model, covariant=True)


class Results(Protocol[_Row]):
    """The rows that a list means in a workspace."""

    @property
    def total(self) -> int: ...

    def page(self, after: str = "", size: int = PAGE_ROWS) -> Rows[_Row]: ...


class MatchingRows(RowsInOrder[_Fact_co], Protocol[_Fact_co]):
    """Rows that meet conditions; `unknown_columns` are what these look at and the ledger does not keep, which takes
    longer, once that is found out."""

    unknown_columns: Sequence[str]


@dataclass(frozen=True)
class RowResults(Generic[_Fact]):
    """Rows of a table by one of their instants, newest first. One query for the total, one for a page.

    `ledger_total` returns the total where the ledger knows it, so that the rows need not be counted.
    """

    rows: QuerySet[_Fact] | MatchingRows[_Fact]
    instant: str
    ledger_total: Callable[[], int] | None = None

    @cached_property
    def total(self) -> int:
        return self.rows.count() if self.ledger_total is None else self.ledger_total()

    def page(self, after: str = "", size: int = PAGE_ROWS) -> Rows[_Fact]:
        if not isinstance(self.rows, QuerySet):
            _ = self.total  # what is looked at for it need not be looked at for the page again
        return newest_first(self.rows, self.instant, after=after, size=size)


@dataclass(frozen=True)
class OrderedResults(Generic[_Fact]):
    """Rows of a table in an order; where a page ended is encrypted, for it may be a name that somebody may not see."""

    rows: QuerySet[_Fact]
    order: Ordering
    ledger_total: Callable[[], int] | None = None

    @cached_property
    def total(self) -> int:
        return self.rows.count() if self.ledger_total is None else self.ledger_total()

    def page(self, after: str = "", size: int = PAGE_ROWS) -> Rows[_Fact]:
        try:
            return page(self.rows, self.order, size=size, cursor=after or None)
        except ParameterError:  # of another order, or none
            return page(self.rows, self.order, size=size, cursor=None)


def unknown_columns(found: Results[Any]) -> Sequence[str]:
    """What conditions look at and the ledger does not keep; known once there is a page."""
    if not isinstance(found, RowResults) or isinstance(found.rows, QuerySet):
        return ()
    return [name.removeprefix(PROPERTY_PREFIX) for name in found.rows.unknown_columns]


@dataclass(frozen=True)
class PeopleResults(Generic[_Row]):
    """People by their numbers, highest first; `numbers` are ascending, and `fetch` reads the rows of a page."""

    numbers: NDArray[np.signedinteger[Any]]
    fetch: Callable[[list[int]], Sequence[_Row]]

    @property
    def total(self) -> int:
        return len(self.numbers)

    def page(self, after: str = "", size: int = PAGE_ROWS) -> Rows[_Row]:
        last = _person_number(after)
        end = len(self.numbers) if last is None else int(np.searchsorted(self.numbers, last))
        start = max(end - size, 0)
        numbers = self.numbers[start:end][::-1].tolist()
        return Rows(tuple(self.fetch(numbers)), str(numbers[-1]) if start else "")


@dataclass(frozen=True)
class RankedResults(Generic[_Row]):
    """People by their `numbers`, in the order in which they are shown; `fetch` reads the rows of a page."""

    numbers: NDArray[np.signedinteger[Any]]
    fetch: Callable[[list[int]], Sequence[_Row]]

    @property
    def total(self) -> int:
        return len(self.numbers)

    def page(self, after: str = "", size: int = PAGE_ROWS) -> Rows[_Row]:
        """After somebody who is not there any more, the first."""
        last = _person_number(after)
        places = self.numbers[:0] if last is None else np.flatnonzero(self.numbers == last)
        start = int(places[0]) + 1 if len(places) else 0
        numbers = self.numbers[start : start + size].tolist()
        return Rows(tuple(self.fetch(numbers)), str(numbers[-1]) if start + size < self.total else "")


def _person_number(after: str) -> int | None:
    """That a page of people ends with; None for any other text."""
    return int(after) if after.isdecimal() and after.isascii() and len(after) < 10 else None


def read_place(text: str, model: type[Model]) -> Place | None:
    """The place that `place_text` wrote into an address; None for any other text."""
    at, _, key = text.partition("-")
    try:
        return Place(instant_of(int(at)), model._meta.pk.to_python(key))
    except (ValueError, OverflowError, ValidationError):
        return None


def place_text(place: Place) -> str:
    """`<microseconds>-<key>`"""
    return f"{microseconds(place.value)}-{getattr(place.pk, 'hex', place.pk)}"


def are_whole_days(window: Window | None) -> bool:
    """Of all time and of days the ledger's counts know totals, of an hour or of a weekday they do not."""
    return window is None or window.is_whole_days


def inside(rows: QuerySet[_Fact], instant: str, window: Window | None) -> QuerySet[_Fact]:
    """The rows with an instant in the window; all rows for None."""
    if window is None:
        return rows
    rows = rows.filter(_between(instant, window))
    if isinstance(window, DaysOfWeek):
        return rows.filter(reduce(or_, (_between(instant, day) for day in window.each_day), Q(pk__in=())))
    return rows


def _between(instant: str, window: Window) -> Q:
    return Q(**{f"{instant}__gte": window.starts_at, f"{instant}__lt": window.ends_at})


def newest_first(
    rows: QuerySet[_Fact] | RowsInOrder[_Fact], instant: str, *, after: str, size: int = PAGE_ROWS
) -> Rows[_Fact]:
    """The rows by an instant of theirs, from a place on; from the newest if there is no such place. One query."""
    order = latest(instant)
    page_and_next = first_rows(rows, order, read_place(after, rows.model), size + 1)
    return page_of(page_and_next, size, lambda row: place_text(order.place(row)))


def latest(instant: str) -> Ordering:
    return Ordering(f"-{instant}", instant, is_descending=True)
