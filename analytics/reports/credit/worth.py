"""What conversions are worth: their orders, less what was given back of them since. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.orders import MoneyEvents

NOWHERE = -1
"""For an event that is no conversion."""


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

    def between(self, first: int, end: int) -> "ConvertedMoney":
        """Of the conversions from a place on, before another."""
        part = slice(*np.searchsorted(self.conversions, [first, end]))
        return ConvertedMoney(self.conversions[part], self.units[part], self.currency_codes[part], self.currencies)


def money_of_conversions(events: MoneyEvents, conversion_of_event: NDArray[np.intp]) -> ConvertedMoney:
    """Of all that is told of money, given the place of the conversion that each event is, or NOWHERE.

    An order is worth what was paid for it, less the refunds that name it; of another event that is a conversion its own
    amount counts.
    """
    conversions = conversion_of_event[events.order_places]
    are_counted = (conversions != NOWHERE) & (events.counted_units != 0)
    size = max(len(events.currencies), 1)
    keys = conversions[are_counted] * size + events.currency_codes[are_counted]
    keys, places = np.unique(keys, return_inverse=True)
    units = np.zeros(len(keys), np.int64)
    np.add.at(units, places, events.counted_units[are_counted])
    return ConvertedMoney(keys // size, units, keys % size, events.currencies)
