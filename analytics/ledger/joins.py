"""Changes the ledger's map from people who gave way to those they were joined to, where a join is undone."""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from analytics.ledger.entries import Entries
from analytics.ledger.packs import Segment, net_segments
from analytics.models import DayPack, PackKind


def lead_elsewhere(entries: Entries, leads: Mapping[int, int | None]) -> None:
    """From now on each of these people leads to that one, or to nobody else. One query.

    Only what differs is added: what led elsewhere is taken away, as with everything in the ledger. The caller has the
    workspace's lock, under which people are joined.
    """
    known = _leads(entries.workspace_id, np.array([*leads], np.int32))
    for gone, kept in leads.items():
        before = known.pop(gone, [])
        if kept is not None and kept in before:
            before.remove(kept)
        elif kept is not None:
            entries.join(gone, kept)
        for other in before:
            entries.join(gone, other, sign=-1)


def _leads(workspace_id: int, people: "np.ndarray[tuple[int], np.dtype[np.int32]]") -> dict[int, list[int]]:
    """Returns whom the ledger has these people lead to, without what was taken away again."""
    rows = DayPack.objects.filter(workspace_id=workspace_id, kind=PackKind.JOIN).order_by()
    pieces = [(n, Segment(bytes(data))) for n, data in rows.values_list("n", "data")]
    leads: dict[int, list[int]] = defaultdict(list)
    for sign, segment in net_segments(pieces):
        if sign > 0:
            chosen = np.isin(segment.people, people)
            for gone, kept in zip(segment.people[chosen].tolist(), segment.values[chosen].tolist(), strict=True):
                leads[gone].append(kept)
    return leads
