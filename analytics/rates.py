"""Rates of exchange, and amounts converted by them. Pure."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from campaignos.currencies import exponent

DAYS_LOOKED_BACK = 7
"""Where a day has no rate, the newest one of so many days before it counts."""


@dataclass(frozen=True)
class Rate:
    """On this day one unit of `source` is worth `value` of `target`."""

    day: date
    source: str
    target: str
    value: Decimal


@dataclass(frozen=True)
class ExchangeRates:
    """By source and target, the days on which there are rates, oldest first, and the rate of each."""

    by_pair: Mapping[tuple[str, str], tuple[Sequence[date], Sequence[Decimal]]]

    @classmethod
    def of(cls, rates: Iterable[Rate]) -> "ExchangeRates":
        """Of one pair and day there is one rate."""
        pairs: dict[tuple[str, str], list[tuple[date, Decimal]]] = defaultdict(list)
        for rate in rates:
            pairs[rate.source, rate.target].append((rate.day, rate.value))
        by_pair = {pair: sorted(values) for pair, values in pairs.items()}
        return cls(
            {
                pair: (tuple(day for day, _ in values), tuple(value for _, value in values))
                for pair, values in by_pair.items()
            }
        )

    def rate(self, source: str, target: str, day: date) -> Fraction | None:
        """What one unit of `source` is worth in `target` on a local day; None where no rate says so.

        The rate of the day, else the newest of DAYS_LOOKED_BACK days before. Where there is none from source to target,
        the inverse of the other way; never by way of a third currency.
        """
        if source == target:
            return Fraction(1)
        if (direct := self._newest(source, target, day)) is not None:
            return Fraction(direct)
        inverse = self._newest(target, source, day)
        return None if inverse is None else 1 / Fraction(inverse)

    def _newest(self, source: str, target: str, day: date) -> Decimal | None:
        days, values = self.by_pair.get((source, target), ((), ()))
        place = bisect_right(days, day) - 1
        return values[place] if place >= 0 and (day - days[place]).days <= DAYS_LOOKED_BACK else None

    def factor(self, source: str, target: str, day: date) -> Fraction | None:
        """What a minor unit of `source` is worth in minor units of `target` on a local day; None where no rate says
        it."""
        rate = self.rate(source, target, day)
        return None if rate is None else rate * Fraction(10) ** (exponent(target) - exponent(source))

    def converted_units(self, units: int, source: str, target: str, day: date) -> int | None:
        """The amount in minor units of `target`, half of one rounded away from zero; None where no rate says it."""
        factor = self.factor(source, target, day)
        if factor is None:
            return None
        exact = abs(units) * factor
        rounded = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
        return -rounded if units < 0 else rounded
