"""From the numbers that facts carry to the people that are known to stand behind them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analytics.models import PersonNumbers
from analytics.models.fixed_queries import WORKSPACE, FixedQuery

_COLUMNS = ("next_number", "contact_version", "ledger_layout")
_NUMBERS = FixedQuery(lambda: PersonNumbers.objects.filter(workspace_id=WORKSPACE).values_list(*_COLUMNS))


def person_numbers(workspace_id: int) -> PersonNumbers:
    """How many people a workspace has had, and what its ledger has of them: nothing, where nobody ever was. One
    query."""
    found = {"ledger_layout": 1}
    for row in _NUMBERS.rows(workspace_id):
        found = dict(zip(_COLUMNS, row, strict=True))
    return PersonNumbers(workspace_id=workspace_id, **found)


def lookup(joins: Sequence[tuple[NDArray[np.int32], NDArray[np.int32]]]) -> NDArray[np.int32]:
    """Returns a table from a number to the one that its person is known by, up to the highest number that was joined.

    `joins` are numbers that gave way, and those they were joined to, which may have given way since.
    """
    gone = np.concatenate([np.empty(0, np.int32), *(numbers for numbers, _ in joins)])
    kept = np.concatenate([np.empty(0, np.int32), *(numbers for _, numbers in joins)])
    if not len(gone):
        return gone
    table = np.arange(int(max(gone.max(), kept.max())) + 1, dtype=np.int32)
    table[gone] = kept
    while not np.array_equal(further := table[table], table):
        table = further
    return table


def root_numbers(numbers: NDArray[np.int32], table: NDArray[np.int32]) -> NDArray[np.int32]:
    """Returns the numbers, each replaced by the one that its person is known by."""
    if not len(table) or not len(numbers):
        return numbers
    highest = int(numbers.max())
    if highest >= len(table):
        table = np.concatenate([table, np.arange(len(table), highest + 1, dtype=np.int32)])
    return table[numbers]
