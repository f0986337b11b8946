"""How the facts behind a metric are spread over people, group by group."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.reports.changes.period_facts import PeriodFacts
from analytics.statistics import Spread

GroupedFacts = tuple[PeriodFacts, NDArray[np.integer[Any]]]
"""Facts, and the group of each."""
NO_SPREAD = (Spread(),)
"""Of facts of which no person has several."""
_MOST_CELLS = 5_000_000
"""Groups times people: where there are more, those that there are are found first."""


def spreads_of(facts: Sequence[GroupedFacts], size: int) -> Sequence[Spread]:
    """Of each of so many groups, given the facts of a count, or of a ratio's two; of nobody where no person has several
    of them."""
    whose = [of_key.people for of_key, _ in facts]
    if any(people is None for people in whose):
        return NO_SPREAD * size
    width = 1 + max(int(people.max(initial=0)) for people in whose if people is not None)
    keys = [groups.astype(np.int64) * width + of_key.people for of_key, groups in facts if of_key.people is not None]
    is_small = size * width <= _MOST_CELLS
    places = np.arange(size * width) if is_small else np.unique(np.concatenate(keys))
    cells = keys if is_small else [np.searchsorted(places, key) for key in keys]
    amount, *rest = (
        np.bincount(cell, of_key.amounts.astype(np.float64), len(places))
        for cell, (of_key, _) in zip(cells, facts, strict=True)
    )
    groups = places // width
    are_there = np.any([each != 0 for each in (amount, *rest)], axis=0)
    people = np.bincount(groups[are_there], minlength=size).tolist()

    def sums(of_cells: NDArray[Any]) -> list[float]:
        found: list[float] = np.bincount(groups, of_cells, size).tolist()
        return found

    if not rest:
        return [*map(Spread, people, sums(amount**2))]
    [base] = rest
    of_person = np.bincount(places % width, base, width)[places % width]
    moments = map(sums, (amount**2, amount * base, base**2, base * of_person))
    return [*map(Spread, people, *moments)]
