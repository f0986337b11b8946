"""Who was given which variant of a test, as touches of the day of the assignment: a series for each test.

A touch's value is twice the variant's key, and one more where the person was given nothing.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from analytics.ledger.packs import Segment, remaining
from analytics.ledger.people import lookup, root_numbers
from analytics.ledger.series import concatenation
from analytics.models import DayPack, PackKind
from analytics.models.bulk import in_binary
from analytics.periods import microseconds, start_of_day

_Pieces = dict[date, list[tuple[int, Segment]]]


def assignment_value(variant_id: int, *, withheld: bool) -> int:
    return 2 * variant_id + withheld


@dataclass(frozen=True, eq=False)
class Assignments:
    """Of a test, the first assignment of each person, as parallel arrays in no order.

    Instants are microseconds since 1970, variants their keys. `of_several` are the people who were given another
    variant later. Of two variants at one instant, that with the lower key is the first.
    """

    people: NDArray[np.int32]
    at: NDArray[np.int64]
    variants: NDArray[np.int32]
    withheld: NDArray[np.bool_]
    of_several: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.people)

    def only(self, are_meant: NDArray[np.bool_]) -> "Assignments":
        return Assignments(
            self.people[are_meant],
            self.at[are_meant],
            self.variants[are_meant],
            self.withheld[are_meant],
            self.of_several[are_meant],
        )

    @classmethod
    def first_of_each(
        cls, people: NDArray[np.int32], at: NDArray[np.int64], values: NDArray[np.int32]
    ) -> "Assignments":
        """Of touches in any order, by the numbers that people are known by."""
        is_repeated = np.bincount(people)[people] > 1 if len(people) else np.zeros(0, np.bool_)
        again = np.flatnonzero(is_repeated)
        again = again[np.lexsort((values[again] ^ 1, at[again], people[again]))]  # of equal ones, the withheld first
        starts = np.flatnonzero(np.diff(people[again], prepend=-1))
        of_several = np.zeros(len(people), np.bool_)
        if len(starts):
            variants = values[again] >> 1
            lowest, highest = np.minimum.reduceat(variants, starts), np.maximum.reduceat(variants, starts)
            of_several[again[starts]] = lowest != highest
        places = np.concatenate([np.flatnonzero(~is_repeated), again[starts]])
        chosen = values[places]
        return cls(people[places], at[places], chosen >> 1, (chosen & 1).astype(np.bool_), of_several[places])


def read_assignments(workspace_id: int, zone: ZoneInfo, test_id: int) -> tuple[Assignments, datetime | None]:
    """Of a test, the first assignment of each person, and when the newest of all was received. One query."""
    wanted = Q(kind=PackKind.ASSIGNMENT, event_type=str(test_id)) | Q(kind=PackKind.JOIN)
    rows = DayPack.objects.filter(wanted, workspace_id=workspace_id).order_by("day")
    by_day: _Pieces = defaultdict(list)
    joins, received = list[tuple[int, Segment]](), list[datetime]()
    for kind, day, n, through, data in in_binary(rows.values_list("kind", "day", "n", "through", "data")):
        piece = n, Segment(bytes(data))
        if kind == PackKind.JOIN:
            joins.append(piece)
        else:
            by_day[day].append(piece)
            received.append(through)
    table = lookup([(segment.people, segment.values) for segment in remaining(joins)])
    return _assignments(by_day, zone, table), max(received, default=None)


def _assignments(by_day: _Pieces, zone: ZoneInfo, table: NDArray[np.int32]) -> Assignments:
    segments = [(day, segment) for day, pieces in by_day.items() for segment in remaining(pieces)]
    starts = {day: microseconds(start_of_day(day, zone)) for day in by_day}
    return Assignments.first_of_each(
        root_numbers(concatenation([segment.people for _, segment in segments], np.int32), table),
        concatenation([segment.since_midnight + starts[day] for day, segment in segments], np.int64),
        concatenation([segment.values for _, segment in segments], np.int32),
    )
