"""What conversions are worth: their orders, less what was given back of them since. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.orders import MoneyEvents
from analytics.sorting import are_first_of_equals, order_of_numbers


@dataclass(frozen=True, eq=False)
class ConvertedMoney:
    """Parallel arrays, by conversion, then by currency: the place of the conversion, how many minor units it is worth,
    and the place of their currency among `currencies`. What is worth nothing is not here."""

    conversions: NDArray[np.intp]
    units: NDArray[np.int64]
    currency_codes: NDArray[np.integer]
    currencies: Sequence[str]

    def sums(self, group_of_conversion: NDArray[np.integer], groups: int) -> NDArray[np.int64]:
        """By group from 0, then by currency. What is of a negative group is left out."""
        of_units = group_of_conversion[self.conversions]
        is_in = of_units >= 0
        found = np.zeros((groups, len(self.currencies)), np.int64)
        keys = of_units[is_in] * len(self.currencies) + self.currency_codes[is_in]
        np.add.at(found.reshape(-1), keys, self.units[is_in])
        return found

    def by_currency(self, units: NDArray[np.int64]) -> dict[str, int]:
        """Units by currency with their names: of those that any conversion is worth something in."""
        return {self.currencies[code]: int(units[code]) for code in self._codes_there}

    @cached_property
    def _codes_there(self) -> list[int]:
        """Asked for each row of an answer."""
        codes: list[int] = np.flatnonzero(np.bincount(self.currency_codes)).tolist()
        return codes

    def with_also(self, other: "ConvertedMoney") -> "ConvertedMoney":
        """Both, the currencies of the other after these."""
        conversions = np.concatenate([self.conversions, other.conversions])
        codes = np.concatenate([self.currency_codes, other.currency_codes + len(self.currencies)])
        order = np.lexsort((codes, conversions))
        units = np.concatenate([self.units, other.units])
        return ConvertedMoney(conversions[order], units[order], codes[order], (*self.currencies, *other.currencies))

    def only(self, conversions: NDArray[np.intp]) -> "ConvertedMoney":
        """Of conversions at some places, ascending, which are then called by their order."""
        are_meant = np.isin(self.conversions, conversions)
        places = np.searchsorted(conversions, self.conversions[are_meant])
        return ConvertedMoney(places, self.units[are_meant], self.currency_codes[are_meant], self.currencies)

    def between(self, first: int, end: int) -> "ConvertedMoney":
        """Of the conversions from a place on, before another."""
        part = slice(*np.searchsorted(self.conversions, [first, end]))
        return ConvertedMoney(self.conversions[part], self.units[part], self.currency_codes[part], self.currencies)


@dataclass(frozen=True)
class CreditedMoney:
    """Minor units by currency, of each that any conversion is worth something in: as stated, and in the workspace's
    currency as far as its rates say what an amount is worth, the rest in its own."""

    by_currency: Mapping[str, int]
    exchanged: Mapping[str, int]

    @classmethod
    def sum_of(cls, parts: Sequence["CreditedMoney"]) -> "CreditedMoney":
        """Of one answer, at least one."""
        [first, *_] = parts
        return cls(
            {name: sum(part.by_currency[name] for part in parts) for name in first.by_currency},
            {name: sum(part.exchanged[name] for part in parts) for name in first.exchanged},
        )

    def less(self, other: "CreditedMoney") -> "CreditedMoney":
        """Of the same currencies."""
        return CreditedMoney(
            {name: units - other.by_currency[name] for name, units in self.by_currency.items()},
            {name: units - other.exchanged[name] for name, units in self.exchanged.items()},
        )


def money_of_conversions(events: MoneyEvents, conversions: NDArray[np.intp]) -> ConvertedMoney:
    """Given the place of the conversion that each event belongs to."""
    are_counted = events.counted_units != 0
    size = max(len(events.currencies), 1)
    keys = conversions[are_counted] * size + events.currency_codes[are_counted]
    order = order_of_numbers(keys)
    starts = np.flatnonzero(are_first_of_equals(keys[order]))
    units = np.add.reduceat(events.counted_units[are_counted][order], starts) if len(keys) else keys
    keys = keys[order[starts]]
    return ConvertedMoney(keys // size, units, keys % size, tuple(events.currencies))
