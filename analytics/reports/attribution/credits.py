"""Which conversions are credited to touches, and to which. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Touches
from analytics.sorting import instant_keys, order_of_numbers

Ranks = Callable[[NDArray[np.intp]], NDArray[np.integer]]
"""Of the ids of some triples, the place of each in an order."""
_NEVER = np.iinfo(np.int64).max


def are_credited(attributed: Touches, converted: Touches) -> NDArray[np.bool_]:
    """Returns which conversions any rule credits: those with an attributed event of their person at or before them."""
    size = 1 + max(int(attributed.people.max(initial=-1)), int(converted.people.max(initial=-1)))
    first_touch = np.full(size, _NEVER, dtype=np.int64)
    np.minimum.at(first_touch, attributed.people, attributed.at)
    return converted.at >= first_touch[converted.people]


@dataclass(frozen=True)
class Credits:
    """Parallel arrays, an entry for each credit: the places of the conversion and of the touch, and the weight.

    The weights of a conversion add up to 1. A conversion that nothing is credited with has no entry.
    """

    conversions: NDArray[np.intp]
    touches: NDArray[np.intp]
    weights: NDArray[np.float64]

    @classmethod
    def of_last_touch(cls, attributed: Touches, converted: Touches, ranks: Ranks) -> "Credits":
        """Credits a conversion to the last attributed event of its person at or before it.

        Of several events at that instant, it is the one whose triple has the highest of the `ranks`, which are asked
        for only where there are such.
        """
        conversions = np.flatnonzero(are_credited(attributed, converted))
        people = converted.people[conversions]
        place_of_person = np.full(1 + int(people.max(initial=-1)), -1, dtype=np.int32)
        place_of_person[people] = np.arange(len(people), dtype=np.int32)
        places = attributed.of_each(place_of_person, otherwise=-1)
        touches = np.flatnonzero(places >= 0)
        touched, wanted = instant_keys(
            (places[touches], attributed.at[touches]), (place_of_person[people], converted.at[conversions])
        )
        order = order_of_numbers(touched)
        in_order = touched[order]
        triples = attributed.utm[touches]
        if np.any((in_order[1:] == in_order[:-1]) & (triples[order[1:]] != triples[order[:-1]])):
            ids = np.flatnonzero(np.bincount(triples))
            rank_of = np.zeros(ids[-1] + 1, np.int64)
            rank_of[ids] = ranks(ids)
            order = np.lexsort((rank_of[triples], touched))
        last = np.searchsorted(in_order, wanted, side="right") - 1
        return cls(conversions, touches[order][last], np.ones(len(conversions)))

    def of_touches(self, are_meant: NDArray[np.bool_]) -> "Credits":
        """Those of some of the touches, whose places are then counted among these."""
        kept = are_meant[self.touches]
        places = np.cumsum(are_meant) - 1
        return Credits(self.conversions[kept], places[self.touches[kept]], self.weights[kept])

    def by_group(self, group_of_touch: NDArray[np.integer], groups: int) -> NDArray[np.float64]:
        """How many conversions are credited to the touches of each group, which are numbered from 0."""
        return cast("NDArray[np.float64]", np.bincount(group_of_touch[self.touches], self.weights, groups))
