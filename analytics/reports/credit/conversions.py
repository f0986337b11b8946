"""The conversions of a question's days, and what each is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source, Touches
from analytics.orders import MoneyEvents
from analytics.periods import Window, microseconds
from analytics.questions.filters import NO_CONDITION
from analytics.questions.questions import Question
from analytics.reports.credit.paths import ConversionTimes
from analytics.reports.credit.worth import ConvertedMoney, CreditedMoney, money_of_conversions
from analytics.reports.revenue.exchange import converted_events
from analytics.reports.revenue.told_money import ToldMoney, told_money
from analytics.sorting import are_first_of_equals, instant_keys, order_by_person

NOWHERE = -1
"""For a conversion of which nothing is told of money, and an event that belongs to none."""


@dataclass(frozen=True, eq=False)
class WorthyConversions:
    """Conversions, those of one of the `types` after the other, which `type_codes` number, and what they are worth.

    That is their orders, less the refunds that name these; of a conversion that is no order its own amount. `exchanged`
    is the same money in the workspace's currency as far as its rates say so. `places` are those among all that is
    `told` of money, or NOWHERE.
    """

    times: ConversionTimes
    told: ToldMoney
    places: NDArray[np.intp]
    types: tuple[str, ...]
    type_codes: NDArray[np.integer]
    money: ConvertedMoney
    exchanged: ConvertedMoney

    @property
    def are_without_amount(self) -> NDArray[np.bool_]:
        """Which are orders of which the amount is not known."""
        events = self.told.events
        return self._of_events(events.are_orders & ~events.have_amount)

    @property
    def are_of_assumed_currency(self) -> NDArray[np.bool_]:
        """Of which amounts the currency is not stated, but the workspace's."""
        events = self.told.events
        return self._of_events(events.are_assumed & events.have_amount)

    def _of_events(self, are_so: NDArray[np.bool_]) -> NDArray[np.bool_]:
        found = np.zeros(len(self.places), np.bool_)
        are_known = self.places != NOWHERE
        found[are_known] = are_so[self.places[are_known]]
        return found

    @property
    def without_amount(self) -> int:
        return int(np.count_nonzero(self.are_without_amount))

    @property
    def assumed_currency(self) -> int:
        return int(np.count_nonzero(self.are_of_assumed_currency))

    @cached_property
    def all_money(self) -> ConvertedMoney:
        """As stated, and exchanged, in currencies of their own; once where that is the same."""
        return self.money if self.exchanged is self.money else self.money.with_also(self.exchanged)

    def credited_money(self, units: NDArray[np.int64]) -> CreditedMoney:
        """Units by the currencies of `all_money`, with their names."""
        stated, exchanged = units[: len(self.money.currencies)], units[-len(self.exchanged.currencies) :]
        return CreditedMoney(self.money.by_currency(stated), self.exchanged.by_currency(exchanged))

    def credited_by(self, group_of_conversion: NDArray[np.integer], groups: int) -> list[CreditedMoney]:
        """What the conversions of each group from 0 are worth."""
        return [*map(self.credited_money, self.all_money.sums(group_of_conversion, groups))]

    @property
    def total(self) -> CreditedMoney:
        [total] = self.credited_by(np.zeros(len(self.times), np.int8), 1)
        return total


def worthy_conversions(
    source: Source, question: Question, by_type: Mapping[str, Touches], *, reuse: bool
) -> WorthyConversions:
    """The conversions of the question's days, given the touches of each type of the people who are meant.

    What types tell of money is looked at of all days: what was given back of an order lowers what it is worth, whenever
    that was. One of the source's answers, its days, and a query where there is another currency than the workspace's.
    """
    window, where = question.window, question.part.where
    told = told_money(source, where.conversions)
    of_some = where.people != NO_CONDITION
    parts = [_of_type(name, touches, told, of_some=of_some).inside(window) for name, touches in by_type.items()]
    whole = _OfType.of_parts(parts)
    events, conversions = _of_conversions(told.events, whole.places)
    exchanged = converted_events(source, events)
    are_same = np.array_equal(exchanged.currency_codes, events.currency_codes)
    money = money_of_conversions(events, conversions)
    return WorthyConversions(
        told=told,
        places=whole.places,
        times=ConversionTimes(whole.people, whole.at, None if reuse else whole.since),
        types=tuple(by_type),
        type_codes=np.repeat(np.arange(len(parts)), [len(part.people) for part in parts]),
        money=money,
        exchanged=money if are_same else money_of_conversions(exchanged, conversions),
    )


def _of_conversions(events: MoneyEvents, places: NDArray[np.intp]) -> tuple[MoneyEvents, NDArray[np.intp]]:
    """Of all that is told of money what belongs to conversions, whose `places` are given, and to which of them."""
    are_known = places != NOWHERE
    conversion_of_event = np.full(len(events), NOWHERE)
    conversion_of_event[places[are_known]] = np.flatnonzero(are_known)
    conversions = conversion_of_event[events.order_places]
    belong = conversions != NOWHERE
    return events.only(belong), conversions[belong]


@dataclass(frozen=True, eq=False)
class _OfType:
    """Conversions of a type in order of person and time; `places` among what is told of money, or NOWHERE. `since` is
    just after the person's conversion before; of several at one instant none is before another."""

    people: NDArray[np.int32]
    at: NDArray[np.int64]
    places: NDArray[np.intp]
    since: NDArray[np.int64]

    @classmethod
    def of(cls, people: NDArray[np.int32], at: NDArray[np.int64], places: NDArray[np.intp]) -> "_OfType":
        [keys] = instant_keys((people, at))
        order = order_by_person(people, at, keys)
        people, at = people[order], at[order]
        is_first = are_first_of_equals(keys[order])
        first = np.flatnonzero(is_first)
        since = np.full(len(first), np.iinfo(np.int64).min)
        follows = np.flatnonzero(people[first[1:]] == people[first[:-1]])
        since[1 + follows] = at[first[follows]] + 1
        since = since[np.cumsum(is_first) - 1]
        return cls(people, at, places[order], since)

    def inside(self, window: Window) -> "_OfType":
        is_in = (self.at >= microseconds(window.starts_at)) & (self.at < microseconds(window.ends_at))
        return _OfType(self.people[is_in], self.at[is_in], self.places[is_in], self.since[is_in])

    @classmethod
    def of_parts(cls, parts: Sequence["_OfType"]) -> "_OfType":
        none = np.zeros(0, np.int64)
        parts = [cls(none.astype(np.int32), none, none, none), *parts]
        return cls(
            np.concatenate([part.people for part in parts]),
            np.concatenate([part.at for part in parts]),
            np.concatenate([part.places for part in parts]),
            np.concatenate([part.since for part in parts]),
        )


def _of_type(name: str, touches: Touches, told: ToldMoney, *, of_some: bool) -> _OfType:
    """Those of a type of which money is told are taken from there, so that each is at hand with its money. They are of
    all people; `of_some` says that not all are meant."""
    if name not in told.types:
        return _OfType.of(touches.people, touches.at, np.full(len(touches.people), NOWHERE))
    are_meant = told.are_meant & (told.type_codes == told.types.index(name))
    if of_some:
        are_meant &= np.isin(told.events.people, touches.people)
    places = np.flatnonzero(are_meant)
    return _OfType.of(told.events.people[places], told.events.at[places], places)
