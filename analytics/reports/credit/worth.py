"""What conversions are worth: their orders, less what was given back of them since. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.orders import MoneyEvents


@dataclass(frozen=True, eq=False)
class ConvertedMoney:
    """Parallel arrays, by conversion, then by currency: the place of the conversion, how many minor units it is worth,
    and the place of their currency among `currencies`. What is worth nothing is not here."""

    conversions: NDArray[np.intp]
    units: NDArray[np.int64]
    currency_codes: NDArray[np.integer]
    currencies: Sequence[str]

    def totals(self) -> NDArray[np.int64]:
        """By currency, of all conversions."""
        found = np.zeros(len(self.currencies), np.int64)
        np.add.at(found, self.currency_codes, self.units)
        return found

    def with_also(self, other: "ConvertedMoney") -> "ConvertedMoney":
        """Both, the currencies of the other after these."""
        conversions = np.concatenate([self.conversions, other.conversions])
        codes = np.concatenate([self.currency_codes, other.currency_codes + len(self.currencies)])
        order = np.lexsort((codes, conversions))
        units = np.concatenate([self.units, other.units])
        return ConvertedMoney(conversions[order], units[order], codes[order], (*self.currencies, *other.currencies))

    def between(self, first: int, end: int) -> "ConvertedMoney":
        """Of the conversions from a place on, before another."""
        part = slice(*np.searchsorted(self.conversions, [first, end]))
        return ConvertedMoney(self.conversions[part], self.units[part], self.currency_codes[part], self.currencies)


def money_of_conversions(events: MoneyEvents, conversions: NDArray[np.intp]) -> ConvertedMoney:
    """Given the place of the conversion that each event belongs to."""
    are_counted = events.counted_units != 0
    size = max(len(events.currencies), 1)
    keys = conversions[are_counted] * size + events.currency_codes[are_counted]
    keys, places = np.unique(keys, return_inverse=True)
    units = np.zeros(len(keys), np.int64)
    np.add.at(units, places, events.counted_units[are_counted])
    return ConvertedMoney(keys // size, units, keys % size, tuple(events.currencies))
