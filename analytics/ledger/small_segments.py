"""Small segments of many days, merged together: a few steps over all of their touches, where a few for each day would
take long."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analytics.ledger.codecs import are_of_one_kind
from analytics.ledger.column_names import MAX_COLUMNS, ColumnSwitches
from analytics.ledger.columns import MONEY_PREFIX, Columns
from analytics.ledger.packs import Rows, Segment
from analytics.ledger.runs import Runs, segments_of_runs


def merged_segments(keys: Sequence[Sequence[Segment]], switches: ColumnSwitches) -> list[Segment] | None:
    """Of each key's segments, which only add touches, one; the keys are days of one kind and type.

    None where it is for each day to say what columns it has: some are not known, too many or switched off, or values
    are of several kinds.
    """
    segments = [segment for of_key in keys for segment in of_key]
    if not _know_the_same([segment.columns for segment in segments]):
        return None
    rows = Rows.of(segments)
    columns = {**rows.columns.by_name}
    if (
        len(columns) > MAX_COLUMNS
        or not switches.off.isdisjoint(columns)
        or not all(map(are_of_one_kind, columns.values()))
    ):
        return None
    rows = replace(rows, columns=Columns(rows.n, columns, rows.columns.missing))
    places = np.repeat(np.arange(len(keys)), [sum(segment.n for segment in of_key) for of_key in keys])
    order = np.lexsort((rows.since_midnight, places))
    return segments_of_runs(rows.at(order), Runs.of(places[order]))


def _know_the_same(parts: Sequence[Columns]) -> bool:
    """Whether all columns are known of all, or none of any."""
    if not any(part.is_kept for part in parts):
        return True
    of_money = {frozenset(name for name in part.by_name if name.startswith(MONEY_PREFIX)) for part in parts}
    return len(of_money) == 1 and all(part.missing == frozenset() for part in parts)
