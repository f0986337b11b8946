"""What can be asked of the ledger, and what it answers."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from analytics.ledger.codecs import FactColumn, joined_columns, no_values
from analytics.ledger.contacts import DOMAIN
from analytics.ledger.masks import column_names
from analytics.ledger.message_touches import AFTER
from analytics.ledger.money_columns import MoneyColumns, MoneyValues
from analytics.ledger.people import lookup, root_numbers
from analytics.metrics import KEY_OF, Counted, Numbers
from analytics.periods import microseconds
from analytics.questions.fields import Field
from analytics.questions.filters import NO_CONDITION, AllOf, all_of, fields_in
from analytics.sorting import different_numbers

_Number = TypeVar("_Number", bound=np.generic)


DimensionValue = date | str | int | None
MOST_RUNS = 20_000
"""Touches whose days change more often are put in the days' order first."""


@dataclass(frozen=True)
class Counts:
    """Numbers by what was counted and by the values of the dimensions asked for, in their order; zeros are left out.

    `through` is when the newest fact counted was received, None if nothing was counted.
    """

    by_key: Mapping[tuple[Counted, *tuple[DimensionValue, ...]], int]
    through: datetime | None

    def of(self, counted: Counted, *dimensions: DimensionValue) -> int:
        return self.by_key.get((counted, *dimensions), 0)

    def numbers(self, *dimensions: DimensionValue) -> Numbers:
        """Returns all that was counted at these values of the dimensions, by the keys of the metrics."""
        return self._by_dimensions.get(dimensions, Numbers())

    @cached_property
    def _by_dimensions(self) -> Mapping[tuple[DimensionValue, ...], Numbers]:
        by_dimensions: dict[tuple[DimensionValue, ...], dict[str, int]] = defaultdict(dict)
        for (counted, *dimensions), n in self.by_key.items():
            by_dimensions[*dimensions,][KEY_OF[counted]] = n
        return {dimensions: Numbers(numbers) for dimensions, numbers in by_dimensions.items()}

    def values(self, place: int) -> tuple[DimensionValue, ...]:
        """Returns the values of the dimension at a place, 0 the first, that anything was counted at."""
        return tuple(dict.fromkeys(value for _, *values in self.by_key if (value := values[place]) is not None))

    def summed_over(self, *places: int) -> "Counts":
        """Returns the sums over the dimensions at these places, 0 the first."""
        summed: dict[tuple[Counted, *tuple[DimensionValue, ...]], int] = defaultdict(int)
        for (counted, *dimensions), n in self.by_key.items():
            kept = [value for place, value in enumerate(dimensions) if place not in places]
            summed[counted, *kept] += n
        return Counts(summed, self.through)


@dataclass(frozen=True)
class Series:
    """A kind of touch: events (of one type, or any), attributed events, signups, first opens, first clicks, or the
    first reaching of a `status` by messages, whose campaign and variant are conditions as any.

    Of events, those that meet a condition on events; of what messages reach, those of messages that meet one on
    messages. They are told with their values of the field `by`, and with which of the `marks`, conditions as well, they
    meet, where there are any. With `money` events of a type are told with what they say of it. Of messages that have
    reached a status, those that did so `within` a time after their creation. Of events of any type there are none of
    the types that it is `without`.
    """

    name: str
    event_type: str | None = None
    where: AllOf = NO_CONDITION
    by: Field | None = None
    status: str | None = None
    marks: tuple[AllOf, ...] = ()
    money: MoneyColumns | None = None
    within: timedelta | None = None
    without: frozenset[str] = frozenset()

    EVENTS: ClassVar["Series"]
    ATTRIBUTED: ClassVar["Series"]
    SIGNUPS: ClassVar["Series"]
    OPENS: ClassVar["Series"]
    CLICKS: ClassVar["Series"]
    MESSAGES: ClassVar["Series"]

    @classmethod
    def of_type(
        cls,
        event_type: str,
        where: AllOf = NO_CONDITION,
        by: Field | None = None,
        marks: tuple[AllOf, ...] = (),
        money: MoneyColumns | None = None,
    ) -> "Series":
        return cls("events", event_type, where, by, marks=marks, money=money)

    @classmethod
    def of_status(
        cls, status: str, where: AllOf = NO_CONDITION, by: Field | None = None, marks: tuple[AllOf, ...] = ()
    ) -> "Series":
        """`status` is the name of an instant of messages."""
        plain = {each.status: each for each in (Series.MESSAGES, Series.OPENS, Series.CLICKS)}
        if status in plain:
            return replace(plain[status], where=where, by=by, marks=marks)
        return cls("acts", status, where, by, status, marks)

    @classmethod
    def of_messages(
        cls, reached: str, where: AllOf, by: Field | None = None, within: timedelta | None = None
    ) -> "Series":
        """Creations of messages that have reached a status by now, or within a time; empty for all."""
        return replace(Series.MESSAGES, event_type=reached, where=where, by=by, within=within if reached else None)

    @cached_property
    def fields(self) -> frozenset[Field]:
        """The fields that are looked at."""
        return fields_in(all_of(self.where, *self.marks)) | ({self.by} if self.by else set())

    @cached_property
    def column_names(self) -> frozenset[str]:
        """The columns that are looked at."""
        of_money = self.money.names if self.money else ()
        names = column_names(self.fields).union(of_money, {AFTER} if self.is_of_acts or self.within is not None else ())
        return names - {DOMAIN}  # which is one of contacts

    @property
    def is_about_mailboxes(self) -> bool:
        """Whether it is looked at whose mailbox messages went to."""
        return any(field.key == DOMAIN for field in self.fields)

    @property
    def is_of_messages(self) -> bool:
        return self.status is not None

    @property
    def is_of_acts(self) -> bool:
        """Whether it is of what messages reach, but for first opens and clicks, which lie on their days."""
        return self.name == "acts"


Series.EVENTS = Series("events")
Series.ATTRIBUTED = Series("attributed")
Series.SIGNUPS = Series("signups")
Series.OPENS = Series("opens", status="opened")
Series.CLICKS = Series("clicks", status="clicked")
Series.MESSAGES = Series("messages", "", status="created")


@dataclass(frozen=True)
class FactsRead:
    """Of a type of event, a column that the ledger does not have on so many days: what was asked about it was read from
    the events."""

    event_type: str
    column: str
    days: int


@dataclass(frozen=True, eq=False)
class DayPlaces:
    """Where the touches of a day lie among all, in several parts."""

    parts: Sequence[slice | NDArray[np.intp]]

    def of(self, values: NDArray[_Number]) -> NDArray[_Number]:
        """What an array that is parallel to all touches has for those of the day."""
        found = [values[part] for part in self.parts]
        return found[0] if len(found) == 1 else np.concatenate(found)

    @property
    def numbers(self) -> NDArray[np.intp]:
        return np.concatenate(
            [np.arange(part.start, part.stop) if isinstance(part, slice) else part for part in self.parts]
        )


class DayPart(NamedTuple):
    """Touches of a day, made anew each time: the numbers that the facts carry, and when those at ascending places
    were."""

    numbers: Callable[[], NDArray[np.int32]]
    at: Callable[[NDArray[np.intp]], NDArray[np.int64]]


class Touches:
    """Parallel arrays, in no order, each made when it is first asked for."""

    def __init__(
        self,
        numbers: Callable[[], NDArray[np.int32]],
        table: NDArray[np.int32],
        days: Callable[[], NDArray[np.int16]],
        at: Callable[[], NDArray[np.int64]],
        utm: Callable[[], NDArray[np.int32]],
        values: Callable[[], FactColumn] | None = None,
        marks: Callable[[], NDArray[np.uint16]] | None = None,
        money: Callable[[], MoneyValues] | None = None,
        parts_by_day: Callable[[], Mapping[int, Sequence[DayPart]]] | None = None,
        stamps: Hashable = None,
    ) -> None:
        """`numbers` as the facts carry them, `table` as `lookup` makes it; values, marks and money as asked for, and
        `parts_by_day` where they lie day by day. Touches of which nothing differs have the same `stamps`; None where
        that is not known."""
        self.stamps = stamps
        self._numbers, self._table, self._days, self._at, self._utm = numbers, table, days, at, utm
        self._values, self._marks, self._money, self._parts_by_day = values, marks, money, parts_by_day

    @cached_property
    def numbers(self) -> NDArray[np.int32]:
        """Before joining."""
        return self._numbers()

    @cached_property
    def people(self) -> NDArray[np.int32]:
        """Numbers after joining."""
        return root_numbers(self.numbers, self._table)

    @property
    def different_people(self) -> NDArray[np.signedinteger]:
        """The numbers of all people, ascending, after joining."""
        numbers = different_numbers(self.numbers, 1 + int(self.numbers.max(initial=-1)))
        people = root_numbers(numbers.astype(np.int32), self._table)
        return different_numbers(people, 1 + int(people.max(initial=-1)))

    @cached_property
    def days(self) -> NDArray[np.int16]:
        """Which day of the window, 0 the first."""
        return self._days()

    @cached_property
    def at(self) -> NDArray[np.int64]:
        """Microseconds since 1970."""
        return self._at()

    @cached_property
    def utm(self) -> NDArray[np.int32]:
        """Of attributed events, the id of the UTM triple."""
        return self._utm()

    @cached_property
    def values(self) -> FactColumn:
        """Those of the field that the series was asked for by."""
        assert self._values is not None
        return self._values()

    @cached_property
    def marks(self) -> NDArray[np.uint16]:
        """A bit for each of the marks that the series was asked for with, the lowest for the first: whether it is met.

        Without marks all have the first bit.
        """
        return np.ones(len(self.numbers), np.uint16) if self._marks is None else self._marks()

    @cached_property
    def money(self) -> MoneyValues:
        """What they say of money, by the columns that the series was asked for with."""
        assert self._money is not None
        return self._money()

    def of_each(self, by_person: NDArray[_Number], otherwise: int) -> NDArray[_Number]:
        """Returns for each touch what an array has for its person, or `otherwise` beyond the array's end.

        It is `by_person[touches.people]`, but quicker: there are fewer people than touches, so the people are joined.
        """
        numbers = np.arange(int(self.numbers.max(initial=-1)) + 1, dtype=np.int32)
        people = root_numbers(numbers, self._table)
        by_number = np.full(len(numbers), otherwise, by_person.dtype)
        is_there = people < len(by_person)
        by_number[is_there] = by_person[people[is_there]]
        return by_number[self.numbers]

    def people_by_day(self, size: int) -> Iterator[tuple[int, NDArray[np.bool_]]]:
        """Yields the days that have touches, and by person number below a size whether any of the day's is theirs.

        The array is the same each time. It is `of_each` for truths, but quicker: one for each person fits the cache.
        """
        people = self.person_of_number
        joined = np.flatnonzero(people != np.arange(len(people)))
        are_there = np.zeros(max(size, 1 + int(people.max(initial=-1)), len(people)), np.bool_)
        for day, parts in self.parts_by_day.items():
            are_there[:] = False
            for part in parts:
                are_there[part.numbers()] = True
            known_otherwise = people[joined[are_there[joined]]]
            are_there[joined] = False
            are_there[known_otherwise] = True
            yield day, are_there[:size]

    @cached_property
    def parts_by_day(self) -> Mapping[int, Sequence[DayPart]]:
        """By day, in order, its touches: one day after the other, for no cache of a processor holds all of them."""
        if self._parts_by_day is not None:
            return self._parts_by_day()
        return {
            day: [DayPart(partial(self._numbers_of, places), partial(self._at_of, places))]
            for day, places in self.places_by_day.items()
        }

    def _numbers_of(self, day: "DayPlaces") -> NDArray[np.int32]:
        return day.of(self.numbers)

    def _at_of(self, day: "DayPlaces", places: NDArray[np.intp]) -> NDArray[np.int64]:
        return day.of(self.at)[places]

    @cached_property
    def person_of_number(self) -> NDArray[np.int32]:
        """By the numbers that the facts carry, up to the highest of these, those that people are known by."""
        parts = (part for of_day in self.parts_by_day.values() for part in of_day)
        highest = max((int(part.numbers().max(initial=-1)) for part in parts), default=-1)
        return root_numbers(np.arange(highest + 1, dtype=np.int32), self._table)

    def people_of(self, part: DayPart) -> NDArray[np.int32]:
        """Numbers after joining, of one of its parts."""
        return self.person_of_number[part.numbers()] if len(self._table) else part.numbers()

    @cached_property
    def places_by_day(self) -> Mapping[int, "DayPlaces"]:
        """By day, in order, where its touches lie: mostly together, as they do in segments."""
        order: NDArray[np.intp] | None = None
        days = self.days
        if np.count_nonzero(days[1:] != days[:-1]) > MOST_RUNS:
            order = np.argsort(days, kind="stable")
            days = days[order]
        starts = np.flatnonzero(np.concatenate([[len(days) > 0], days[1:] != days[:-1]])).tolist()
        found: dict[int, list[slice | NDArray[np.intp]]] = defaultdict(list)
        for start, end in pairwise([*starts, len(days)]):
            found[int(days[start])].append(slice(start, end) if order is None else order[start:end])
        return {day: DayPlaces(found[day]) for day in sorted(found)}

    def only(self, places: NDArray[Any]) -> "Touches":
        """Returns those at some places, or where an array of truths says so."""
        return Touches(
            numbers=lambda: self.numbers[places],
            table=self._table,
            days=lambda: self.days[places],
            at=lambda: self.at[places],
            utm=lambda: self.utm[places],
            values=None if self._values is None else lambda: self.values.at(places),
            marks=None if self._marks is None else lambda: self.marks[places],
            money=None if self._money is None else lambda: self.money.at(places),
        )

    def with_marks(self, marks: Callable[[], NDArray[np.uint16]]) -> "Touches":
        """Returns the same with other marks."""
        return Touches(
            numbers=lambda: self.numbers,
            table=self._table,
            days=lambda: self.days,
            at=lambda: self.at,
            utm=lambda: self.utm,
            values=self._values,
            marks=marks,
            money=self._money,
        )

    @classmethod
    def of_people(cls, people: NDArray[np.int32], days: NDArray[np.int16], at: NDArray[np.int64]) -> "Touches":
        """Of people by the numbers that they are known by."""
        nothing = np.zeros(len(people), np.int32)
        return cls(lambda: people, lookup([]), lambda: days, lambda: at, lambda: nothing)

    @classmethod
    def of_one_person(cls, rows: Sequence[tuple[datetime, int]]) -> "Touches":
        """Of instants and UTM triples."""
        return cls(
            numbers=lambda: np.zeros(len(rows), np.int32),
            table=lookup([]),
            days=lambda: np.zeros(len(rows), np.int16),
            at=lambda: np.array([microseconds(at) for at, _ in rows], np.int64),
            utm=lambda: np.array([utm for _, utm in rows], np.int32),
        )

    @classmethod
    def of_parts(cls, parts: Sequence["Touches"]) -> "Touches":
        """Returns the touches of all parts together; the parts are of one answer."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            numbers=lambda: concatenation([part.numbers for part in parts], np.int32),
            table=parts[0]._table if parts else lookup([]),
            days=lambda: concatenation([part.days for part in parts], np.int16),
            at=lambda: concatenation([part.at for part in parts], np.int64),
            utm=lambda: concatenation([part.utm for part in parts], np.int32),
            values=(lambda: joined_columns([part.values for part in parts])) if parts else lambda: no_values(0),
            parts_by_day=lambda: joined_days([part.parts_by_day for part in parts]),
        )


def joined_days(days: Sequence[Mapping[int, Sequence[DayPart]]]) -> dict[int, list[DayPart]]:
    """Days in order, each with the parts that it has anywhere."""
    found: dict[int, list[DayPart]] = {day: [] for day in sorted({day for each in days for day in each})}
    for each in days:
        for day, parts in each.items():
            found[day] += parts
    return found


def bits(masks: Sequence[NDArray[np.bool_]], n: int) -> NDArray[np.unsignedinteger[Any]]:
    """For each of n touches a bit for each of the masks, at most 64, the lowest for the first."""
    kind: type[np.unsignedinteger[Any]] = np.uint16 if len(masks) <= 16 else np.uint64
    found = np.zeros(n, kind)
    for place, mask in enumerate(masks):
        found |= mask.astype(kind) << kind(place)
    return found


def concatenation(parts: Sequence[NDArray[_Number]], dtype: type[_Number]) -> NDArray[_Number]:
    return np.concatenate(parts) if parts else np.empty(0, dtype)
