"""Who did anything at all: the people that a conversion rate is of."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Series, Source
from analytics.periods import Window
from analytics.questions.slices import EVERYTHING, Slice


def active_people(source: Source, window: Window, part: Slice = EVERYTHING) -> NDArray[np.signedinteger[Any]]:
    """The numbers of the people whom a part means with an event in the window, ascending. One of the source's
    answers."""
    touches, _ = source.touches([Series.EVENTS], window=window, part=part.of_people())
    people = touches[Series.EVENTS].people
    are_there = np.zeros(int(people.max(initial=-1)) + 1, np.bool_)
    are_there[people] = True
    return np.flatnonzero(are_there)
