"""Conditions as values, and what they say of a single value. Pure.

A condition of a fact that has no value is false, and so its negation true. Texts are compared by `campaignos.texts`,
numbers as numbers, also where they were sent as texts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import TypeAlias

from analytics.metrics import STATUSES
from analytics.periods import Window
from analytics.questions.fields import Field, FieldKind
from analytics.questions.values import Day, Scalar, day_in, number_in, text_of
from campaignos.days import FIRST_DAY
from campaignos.ids import number_of
from campaignos.texts import folded_text


@dataclass(frozen=True)
class FieldCondition:
    """A condition on the value of one field: whoever evaluates conditions asks `matches` alone."""

    field: Field

    def matches(self, value: Scalar | None) -> bool:
        """Whether it is true of the value; None is no value."""
        raise NotImplementedError


@dataclass(frozen=True)
class Is(FieldCondition):
    """The field has one of the values: texts as an address says them, or days."""

    values: tuple[str | Day, ...]

    def matches(self, value: Scalar | None) -> bool:
        if value is None:
            return False
        if isinstance(value, date):
            return any(isinstance(day, Day) and day.side(value) == 0 for day in self.values)
        if isinstance(value, str | bool) and folded_text(text_of(value)) in self._texts:
            return True
        return number_in(value) in self.numbers

    @cached_property
    def _texts(self) -> frozenset[str]:
        return frozenset(folded_text(value) for value in self.values if isinstance(value, str))

    @cached_property
    def numbers(self) -> frozenset[Decimal]:
        """The values that are numbers."""
        numbers = (_number(self.field, value) for value in self.values if isinstance(value, str))
        return frozenset(number for number in numbers if number is not None)


def _number(field: Field, text: str) -> Decimal | None:
    if field.kind is FieldKind.CAMPAIGN:
        key = number_of("cmp", text)
        return None if key is None else Decimal(key)
    return number_in(text)


@dataclass(frozen=True)
class Contains(FieldCondition):
    """One of the texts is a part of the field's value."""

    texts: tuple[str, ...]

    def matches(self, value: Scalar | None) -> bool:
        if value is None:
            return False
        whole = folded_text(text_of(value))
        return any(part in whole for part in self._parts)

    @cached_property
    def _parts(self) -> tuple[str, ...]:
        return tuple(map(folded_text, self.texts))


class Operator(StrEnum):
    GREATER = ">"
    AT_LEAST = ">="
    LESS = "<"
    AT_MOST = "<="

    def holds(self, side: int) -> bool:
        """Of a value that is less (-1), the same (0) or greater (1)."""
        match self:
            case Operator.GREATER:
                return side > 0
            case Operator.AT_LEAST:
                return side >= 0
            case Operator.LESS:
                return side < 0
            case Operator.AT_MOST:
                return side <= 0


@dataclass(frozen=True)
class Compares(FieldCondition):
    """A number against numbers, a day against days and instants; anything else is neither more nor less."""

    operator: Operator
    bound: Decimal | Day

    def matches(self, value: Scalar | None) -> bool:
        if value is None:
            return False
        if isinstance(self.bound, Day):
            day = day_in(value)
            return day is not None and self.operator.holds(self.bound.side(day))
        number = number_in(value)
        return number is not None and self.operator.holds((number > self.bound) - (number < self.bound))


@dataclass(frozen=True)
class IsSet(FieldCondition):
    """The field has a value."""

    def matches(self, value: Scalar | None) -> bool:
        return value is not None


@dataclass(frozen=True)
class EventAct:
    """Doing an event of a type."""

    type: str

    def matches(self, event_type: str) -> bool:
        return folded_text(event_type) == folded_text(self.type)


ACT_STATUSES = tuple(status.value for status in STATUSES)


@dataclass(frozen=True)
class MessageAct:
    """Having been written to, or with a `status` (one of ACT_STATUSES) a message's first reaching it."""

    status: str | None = None
    campaign_id: int | None = None


@dataclass(frozen=True)
class Did:
    """People who did it so many times; with `within`, on so many days, the last of them the last that is asked about.

    `where` is a condition on what they did: on events, or on messages. An `at_least` of 0 takes in who never did.
    """

    act: EventAct | MessageAct
    where: "AllOf"
    at_least: int = 1
    at_most: int | None = None
    within: int | None = None

    def is_met(self, times: int) -> bool:
        return self.at_least <= times and (self.at_most is None or times <= self.at_most)

    def window(self, asked: Window) -> Window | None:
        """The days on which it is looked for, where those asked about are these; None is ever."""
        if self.within is None:
            return None
        first = date.fromordinal(max(asked.last_day.toordinal() - self.within + 1, FIRST_DAY.toordinal()))
        return Window.between(first, asked.last_day, zone=asked.zone)


@dataclass(frozen=True)
class InSegment:
    """People who are in a saved segment."""

    segment_id: int


@dataclass(frozen=True)
class AllOf:
    """Without conditions: everything."""

    conditions: "tuple[Filter, ...]" = ()


@dataclass(frozen=True)
class AnyOf:
    """Without conditions: nothing."""

    conditions: "tuple[Filter, ...]"


@dataclass(frozen=True)
class Not:
    condition: "Filter"


Atom: TypeAlias = FieldCondition | Did | InSegment
Filter: TypeAlias = Atom | AllOf | AnyOf | Not

NO_CONDITION = AllOf()


def all_of(*filters: Filter) -> AllOf:
    """What meets them all: those that are so joined already are taken apart."""
    return AllOf(
        tuple(
            part
            for each in filters
            for part in (all_of(*each.conditions).conditions if isinstance(each, AllOf) else (each,))
        )
    )


def atoms(condition: Filter) -> Iterator[Atom]:
    """Its conditions that no others make up, in their order; what somebody did before the conditions on it."""
    match condition:
        case AllOf(conditions) | AnyOf(conditions):
            for inner in conditions:
                yield from atoms(inner)
        case Not(inner):
            yield from atoms(inner)
        case Did(where=where):
            yield condition
            yield from atoms(where)
        case _:
            yield condition


def holds(condition: Filter, value_of: Callable[[Field], Scalar | None]) -> bool:
    """Whether a condition on facts is true of the one that has these values."""
    match condition:
        case AllOf(conditions):
            return all(holds(inner, value_of) for inner in conditions)
        case AnyOf(conditions):
            return any(holds(inner, value_of) for inner in conditions)
        case Not(inner):
            return not holds(inner, value_of)
        case FieldCondition():
            return condition.matches(value_of(condition.field))
    raise TypeError(f"{condition} is no condition on facts")


def keys_in(condition: Filter, kind: FieldKind) -> frozenset[int]:
    """The keys of the campaigns or the variants that it names."""
    keys: set[Decimal | int | None] = set()
    for atom in atoms(condition):
        if isinstance(atom, Is) and atom.field.kind is kind:
            keys |= {_number(atom.field, value) for value in atom.values if isinstance(value, str)}
        elif isinstance(atom, Did) and isinstance(atom.act, MessageAct) and kind is FieldKind.CAMPAIGN:
            keys.add(atom.act.campaign_id)
    return frozenset(int(key) for key in keys if key is not None)


def depends_on_days(condition: Filter) -> bool:
    """Whether it means others where other days are asked about."""
    return any(isinstance(atom, InSegment) or (isinstance(atom, Did) and atom.within) for atom in atoms(condition))


def fields_in(condition: Filter) -> frozenset[Field]:
    """The fields that it looks at."""
    return frozenset(atom.field for atom in atoms(condition) if not isinstance(atom, Did | InSegment))
