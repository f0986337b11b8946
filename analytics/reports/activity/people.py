"""Who did anything at all, or what counts as a conversion: the people that rates are of."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Series, Source
from analytics.periods import Window
from analytics.questions.slices import EVERYTHING, Slice
from analytics.sorting import different_numbers

_Numbers = NDArray[np.signedinteger[Any]]


def active_people(source: Source, window: Window, part: Slice = EVERYTHING) -> _Numbers:
    """The numbers of the people whom a part means with an event in the window, ascending. One of the source's
    answers."""
    return source.active_people(window=window, part=part.of_people())


def converting_people(source: Source, window: Window, part: Slice = EVERYTHING) -> _Numbers:
    """Those with an event of a type that counts as a conversion, and that meets the part's conditions on events. One of
    the source's answers."""
    series = [Series.of_type(name, part.where.events) for name in dict.fromkeys(source.workspace.conversion_types)]
    if not series:
        return np.zeros(0, np.int64)
    touches, _ = source.touches(series, window=window, part=part.of_people())
    people = np.concatenate([touches[each].different_people for each in series])
    return different_numbers(people, 1 + int(people.max(initial=-1)))
