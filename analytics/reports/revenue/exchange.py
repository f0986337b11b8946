"""Money in the workspace's currency, as far as its rates of exchange say what it is worth."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.models.rates import rates_of_days
from analytics.money import MOST_MINOR_UNITS
from analytics.orders import MoneyEvents
from analytics.periods import Window, instant_of, local_day
from analytics.rates import ExchangeRates
from workspaces.models import Workspace


def converted_events(source: Source, events: MoneyEvents) -> MoneyEvents:
    """The same events, in the same order, with amounts in the workspace's currency wherever a rate of their local day
    says what they are worth in it. The others keep their currency, and so do those that would be beyond what an amount
    may be.

    Each amount is rounded by itself, so that sums of parts add up to the sum of all. One query where there is another
    currency.
    """
    workspace = source.workspace
    currencies = [*dict.fromkeys([*events.currencies, workspace.currency])]
    own = currencies.index(workspace.currency)
    others = np.flatnonzero(events.have_amount & (events.currency_codes != own))
    if not len(others):
        return events
    window = _days_of(workspace, events.at[others])
    rates = rates_of_days(workspace.pk, window.first_day, window.last_day)
    units, codes = events.units.copy(), events.currency_codes.astype(np.int64)
    days = np.searchsorted(window.day_starts, events.at[others], side="right") - 1
    for places, factor in _factors(rates, events, workspace.currency, window, others, days):
        are_known = np.abs(units[places]) <= int(MOST_MINOR_UNITS / factor)
        places = places[are_known]
        units[places], codes[places] = products(units[places], factor), own
    found = replace(events, units=units, currency_codes=codes, currencies=tuple(currencies))
    for name in ("are_sales", "are_repeats", "are_orders"):
        found.__dict__[name] = getattr(events, name)
    return found


def products(units: NDArray[np.int64], factor: Fraction) -> NDArray[np.int64]:
    """Each times a factor above zero, half of one rounded away from zero; exact. No product may be beyond 64 bits."""
    top, bottom = factor.numerator, factor.denominator
    sizes = np.abs(units)
    if 2 * top * int(sizes.max(initial=0)) + bottom < 2**62:
        found = (2 * top * sizes + bottom) // (2 * bottom)
    else:
        found = np.array([(2 * top * size + bottom) // (2 * bottom) for size in sizes.tolist()], np.int64)
    return np.where(units < 0, -found, found)


def _days_of(workspace: Workspace, at: NDArray[np.int64]) -> Window:
    first, last = (local_day(instant_of(int(each)), workspace.zone) for each in (at.min(), at.max()))
    return Window.between(first, last, zone=workspace.zone)


def _factors(
    rates: ExchangeRates,
    events: MoneyEvents,
    target: str,
    window: Window,
    places: NDArray[np.intp],
    days: NDArray[np.intp],
) -> list[tuple[NDArray[np.intp], Fraction]]:
    """Places of events of one currency and day, and what a minor unit of it is worth; without those without a rate."""
    pairs = events.currency_codes[places].astype(np.int64) * window.days + days
    order = np.argsort(pairs, kind="stable")
    different, starts = np.unique(pairs[order], return_index=True)
    found = []
    for pair, of_pair in zip(different.tolist(), np.split(places[order], starts[1:]), strict=True):
        code, day = divmod(pair, window.days)
        factor = rates.factor(events.currencies[code], target, window.day_list[day])
        if factor is not None:
            found.append((of_pair, factor))
    return found
