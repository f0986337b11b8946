"""From the numbers that facts carry to the people that are known to stand behind them."""

import numpy as np
from numpy.typing import NDArray

from analytics.models import Person


def joined_numbers(workspace_id: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The numbers that gave way, ascending, and the number each is known by now. One query."""
    rows = (
        Person.objects.filter(workspace_id=workspace_id, joined_to__isnull=False)
        .order_by("number")
        .values_list("number", "joined_to")
    )
    pairs = np.array(list(rows), dtype=np.int32).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def known_by(numbers: NDArray[np.int32], joined: tuple[NDArray[np.int32], NDArray[np.int32]]) -> NDArray[np.int32]:
    """Each number replaced by the one its person is known by."""
    gone, kept = joined
    if not len(gone) or not len(numbers):
        return numbers
    size = int(max(gone[-1], numbers.max())) + 1
    lookup = np.arange(size, dtype=np.int32)
    lookup[gone] = kept
    return lookup[numbers]
