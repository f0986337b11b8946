"""Ids for what is sent without one: made of the content, and of how often it came before in the batch or file.

So equal items of a batch all count, and the same batch again, or a file in another order or with more in it, counts
none of them twice. Where an item states no instant of its own, the second of its receipt belongs to its content: then
the same call a minute later is another one.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BEGINS = "auto-"
_OF_THE_TRANSPORT = frozenset({"messageId", "sentAt", "writeKey"})
"""Fields that say nothing of what happened."""
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode


class MadeIds:
    """Makes the ids of a batch, in its order; `made` are those it has made."""

    def __init__(self) -> None:
        self.made: dict[str, None] = {}
        self._counts: dict[str, int] = {}

    def id_of(self, item: Mapping[str, Any], *, received_at: datetime | None = None) -> str:
        """`received_at` for an item that states no instant."""
        values = item.values()
        if None in values or "" in values or not _OF_THE_TRANSPORT.isdisjoint(item):
            item = {key: item[key] for key in item.keys() - _OF_THE_TRANSPORT if item[key] not in (None, "")}
        second = "" if received_at is None else str(int(received_at.timestamp()))
        digest = hashlib.sha256(f"{second}{_canonical(item)}".encode()).hexdigest()
        before = self._counts.get(digest, 0)
        self._counts[digest] = before + 1
        id = f"{_BEGINS}{digest}-{before}" if before else f"{_BEGINS}{digest}"
        self.made[id] = None
        return id


def id_after(id: str, before: int) -> str:
    """A made id of content that came so many times more before."""
    digest, _, number = id.removeprefix(_BEGINS).partition("-")
    return f"{_BEGINS}{digest}-{int(number or 0) + before}" if before else id


@dataclass
class ContentsOfFile:
    """How often each content came in the blocks of a file so far: eight bytes for each that came once.

    Digests are looked for in a few sorted arrays, each at least twice as long as the next.
    """

    _seen: list[NDArray[np.uint64]] = field(default_factory=list)
    _repeated: Counter[int] = field(default_factory=Counter)

    def before(self, ids: Sequence[str]) -> list[int]:
        """How often the content of each of a block's made ids came in earlier blocks; notes that they came now."""
        keys = np.array([int(id[len(_BEGINS) :][:16], 16) for id in ids], np.uint64)
        is_seen = np.zeros(len(keys), bool)
        for seen in self._seen:
            places = np.searchsorted(seen, keys)
            is_seen |= seen[np.minimum(places, len(seen) - 1)] == keys
        before = [0] * len(keys)
        for place in np.flatnonzero(is_seen).tolist():
            before[place] = self._repeated.get(int(keys[place]), 1)
        self._note(keys, is_seen, before)
        return before

    def _note(self, keys: NDArray[np.uint64], is_seen: NDArray[np.bool_], before: Sequence[int]) -> None:
        distinct, places, times = np.unique(keys, return_index=True, return_counts=True)
        for number in np.flatnonzero((times > 1) | is_seen[places]).tolist():
            self._repeated[int(distinct[number])] = before[places[number]] + int(times[number])
        if len(new := np.unique(keys[~is_seen])):
            self._seen.append(new)
        while len(self._seen) > 1 and len(self._seen[-2]) < 2 * len(self._seen[-1]):
            last = self._seen.pop()
            self._seen[-1] = np.sort(np.concatenate([self._seen[-1], last]), kind="stable")
