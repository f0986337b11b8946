"""Merges the ledger's rows of one key into one, so that reading stays fast; no sum changes by it.

Rows have a level. When a key has gathered FAN_IN rows of a level they become one of the next: so a row is written again
once for every level, and a key has fewer than FAN_IN rows on each. Readers see the rows before or after a merge. A
transaction merges as many keys as take a moment together, and leaves alone what another one has begun to merge.
"""

import random
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial, reduce
from operator import or_
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Abs

from analytics.ledger import column_names, locks, storage
from analytics.ledger.column_names import NO_SWITCHES, ColumnSwitches, column_switches
from analytics.ledger.columns import lie_by_themselves
from analytics.ledger.contacts import newest_rows
from analytics.ledger.packs import NO_ROWS, Rows, Segment, net_segments, without
from analytics.ledger.small_segments import merged_segments
from analytics.ledger.storage import MOST_TOGETHER, segments_of
from analytics.models import DayCount, DayPack, PackKind
from analytics.models.bulk import in_binary, insert_columns
from analytics.telemetry import MERGE_SECONDS
from workspaces.scope import scope

FAN_IN = 12
COMMITS_PER_LOOK = 6
"""How many commits pass, on average, between two looks whether something is to be merged."""
MOST_TOUCHES = 1_000_000
"""A transaction stops here, and a segment of half as many is left alone: nobody may wait longer than a moment."""
MOST_CONTACTS = 10_000_000
"""But for the rows of contacts, of which most are older ones, and which no day bounds."""
MOST_KEYS = 50
"""Nor does a transaction merge more keys, or days of counts: each is a condition of the statement that reads them."""
MOST_READINGS = 10
"""How often the rows of a key are read again while others merge them."""
FULL = 100
"""The level of segments that are left alone."""

_COUNT_KEY = ("day", "counted", "campaign_id", "channel", "variant_id")
_PACK_KEY = ("day", "kind", "event_type")


class _CountPiece(NamedTuple):
    pk: uuid.UUID
    n: int
    through: datetime
    level: int


def after_commit(workspace_id: int, days: Collection[date]) -> None:
    """After the transaction's commit, now and then, merge what these days have gathered."""
    if days and random.randrange(COMMITS_PER_LOOK) == 0:
        transaction.on_commit(lambda: _look(workspace_id, days), robust=True)


@MERGE_SECONDS.time()
def _look(workspace_id: int, days: Collection[date]) -> None:
    with scope(workspace_id):  # the transaction may have ended outside of it
        _merge(workspace_id, days, by_level=True, at_least=FAN_IN)


def merge_crowded(workspace_id: int) -> int:
    """Merge keys that have gathered FAN_IN rows of a level; answers how many rows were merged away."""
    return _merge(workspace_id, None, by_level=True, at_least=FAN_IN)


def merge_fully(workspace_id: int) -> int:
    """Merge every key into as few rows as may be; answers how many rows were merged away."""
    return _merge(workspace_id, None, by_level=False, at_least=2)


def forget_taken(workspace_id: int) -> None:
    """Delete the columns of events that were taken away: the events go from the segments that they lie in.

    Of contacts also what they had before, in one transaction during which nobody writes; else in transactions of a
    moment each; where another one has just merged such a segment, it is looked for again. What
    finds no equal to the last takes one that differs in its columns alone, as a reader does (`without_all`).
    """
    _forget_gone_contacts(workspace_id)
    packs = DayPack.objects.filter(~Q(kind=PackKind.CONTACT), workspace_id=workspace_id)
    for reading in range(MOST_READINGS):
        by_columns = reading < MOST_READINGS - 1
        taken = packs.filter(n__lt=0, columns__isnull=False).order_by()
        keys = [*taken.values(*_PACK_KEY).annotate(touches=Sum(Abs("n")))]
        is_gone = [
            _take_away(workspace_id, packs.filter(_of_keys(portion)), by_columns=by_columns)
            for portion in _portions(keys)
        ]
        if all(is_gone):
            return


@transaction.atomic
def _forget_gone_contacts(workspace_id: int) -> None:
    """Delete what the ledger has of contacts that are gone, if there are any: it keeps the last row of each other one.

    Up to seven statements.
    """
    packs = DayPack.objects.filter(workspace_id=workspace_id, kind=PackKind.CONTACT)
    if not packs.filter(n__lt=0).exists():
        return
    locks.take_alone(workspace_id)
    old = list(packs.order_by("level", "pk"))
    newest = newest_rows([*zip((pack.n for pack in old), segments_of(workspace_id, old), strict=True)])
    _replace(workspace_id, old, [_pack_like(old[-1], rows.segment) for sign, rows in newest if sign > 0])


@transaction.atomic
def _take_away(workspace_id: int, packs: QuerySet[DayPack], *, by_columns: bool) -> bool:
    """Take the events that were taken away out of the segments of some keys. Returns whether all of them were found
    there."""
    locks.share(workspace_id)
    signs = dict(packs.order_by("pk").select_for_update().values_list("pk", "n"))
    negative = [*packs.filter(pk__in=[pk for pk, n in signs.items() if n < 0])]
    pieces: dict[tuple[Any, ...], list[DayPack]] = defaultdict(list)
    for pack in negative:
        pieces[_key_of(pack)].append(pack)
    taken = {key: Rows.of(segments_of(workspace_id, of_key)) for key, of_key in pieces.items()}
    old, new = negative, []
    for pack in packs.filter(pk__in=[pk for pk, n in signs.items() if n > 0]).iterator(chunk_size=20):
        of_key = taken.get(_key_of(pack), NO_ROWS)  # another one may have taken it away since
        left, over = without(Rows.of(segments_of(workspace_id, [pack])), of_key, by_columns=by_columns)
        if over.n < of_key.n:
            old.append(pack)
            new += [_pack_like(pack, left.segment)] if left.n else []
            taken[_key_of(pack)] = over
    new += [_pack_like(pieces[key][0], rows.segment, sign=-1) for key, rows in taken.items() if rows.n]
    _replace(workspace_id, old, new)
    return not any(rows.n for rows in taken.values())


def choose_columns_again(pack: DayPack, switches: ColumnSwitches) -> None:
    """Write a segment, which nobody else changes meanwhile, without the columns that are not chosen any more."""
    [segment] = segments_of(pack.workspace_id, [pack])
    columns = switches.choose_columns(segment.columns, is_whole=False)
    if columns is not segment.columns:
        chosen = Segment(segment.data, columns.data if columns.is_kept else None)
        sign = 1 if pack.n > 0 else -1
        storage.remove_packs(pack.workspace_id, [pack])
        storage.add_packs([_pack_like(pack, chosen, sign=sign)])


def _of_keys(keys: Iterable[dict[str, Any]]) -> Q:
    return reduce(or_, (Q(**key) for key in keys))


def _key_of(pack: DayPack) -> tuple[Any, ...]:
    return tuple(getattr(pack, name) for name in _PACK_KEY)


def _pack_like(pack: DayPack, segment: Segment, *, sign: int = 1) -> DayPack:
    same = {name: getattr(pack, name) for name in ("workspace_id", "through", "level", *_PACK_KEY)}
    return DayPack(n=sign * segment.n, data=segment.data, columns=segment.column_data, **same)


def _merge(workspace_id: int, days: Collection[date] | None, *, by_level: bool, at_least: int) -> int:
    counts = DayCount.objects.filter(workspace_id=workspace_id)
    packs = DayPack.objects.filter(workspace_id=workspace_id, level__lt=FULL)
    if days is not None:
        counts, packs = counts.filter(day__in=days), packs.filter(day__in=days)
    gone = 0
    count_key = (*_COUNT_KEY, "level") if by_level else _COUNT_KEY
    for portion in _days_of_counts(_crowded_keys(counts, count_key, at_least, touches=Count("pk"))):
        gone += _merge_counts(workspace_id, counts.filter(_of_keys(portion)), at_least)
    key = (*_PACK_KEY, "level") if by_level else _PACK_KEY
    for keys in _portions(_crowded_keys(packs, key, at_least, touches=Sum(Abs("n")))):
        while merged_away := _merge_packs(workspace_id, packs, keys, at_least):
            gone += merged_away
            if len(keys) > 1:
                break  # only a key by itself can have more than a transaction takes
    return gone


def _crowded_keys(rows: QuerySet[Any], key: Sequence[str], at_least: int, **totals: Any) -> list[dict[str, Any]]:
    """The keys that have at least so many rows, with the totals of these."""
    groups = rows.order_by().values(*key).annotate(pieces=Count("pk"), **totals).filter(pieces__gte=at_least)
    return [{name: group[name] for name in (*key, *totals)} for group in groups]


def _portions(groups: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The keys in portions, each as large as one transaction merges."""
    keys: list[dict[str, Any]] = []
    left = MOST_TOUCHES
    for group in groups:
        touches = group.pop("touches")
        if keys and (touches > left or len(keys) == MOST_KEYS):
            yield keys
            keys, left = [], MOST_TOUCHES
        keys.append(group)
        left -= touches
    if keys:
        yield keys


def _days_of_counts(groups: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Days of the groups, with what is counted and, where the groups have such, with their levels: as many as one
    transaction merges."""
    rows: Counter[date] = Counter()
    among: dict[date, dict[str, set[Any]]] = defaultdict(lambda: defaultdict(set))
    for group in groups:
        rows[group["day"]] += group["touches"]
        for name in ("counted", "level"):
            if name in group:
                among[group["day"]][f"{name}__in"].add(group[name])
    chosen = ({name: sorted(values) for name, values in among[day].items()} for day in rows)
    yield from _portions({"day": day, **of, "touches": n} for (day, n), of in zip(rows.items(), chosen, strict=True))


@transaction.atomic
def _merge_counts(workspace_id: int, rows: QuerySet[DayCount], at_least: int) -> int:
    """Merge the rows of some days, key by key."""
    if not locks.try_to_share(workspace_id):
        return 0
    by_key: dict[tuple[Any, ...], list[_CountPiece]] = defaultdict(list)
    unmerged = rows.order_by("pk").select_for_update(skip_locked=True)
    for pk, n, through, level, *key in in_binary(unmerged.values_list("pk", "n", "through", "level", *_COUNT_KEY)):
        by_key[tuple(key)].append(_CountPiece(pk, n, through, level))
    together = {key: pieces for key, pieces in by_key.items() if len(pieces) >= at_least}
    merged = [piece.pk.hex for pieces in together.values() for piece in pieces]
    DayCount.objects.filter(workspace_id=workspace_id, pk__among=merged).delete()
    if together:
        columns = {
            "id": [uuid.uuid4().hex for _ in together],
            **dict(zip(_COUNT_KEY, zip(*together, strict=True), strict=True)),
            "n": [sum(piece.n for piece in pieces) for pieces in together.values()],
            "through": [max(piece.through for piece in pieces) for pieces in together.values()],
            "level": [max(piece.level for piece in pieces) + 1 for pieces in together.values()],
        }
        insert_columns(DayCount, columns, workspace_id=workspace_id)
    return len(merged) - len(together)


@transaction.atomic
def _merge_packs(workspace_id: int, packs: QuerySet[DayPack], keys: Sequence[dict[str, Any]], at_least: int) -> int:
    """Merge the segments of each of these keys."""
    if not locks.try_to_share(workspace_id):
        return 0
    rows = packs.filter(_of_keys(keys)).order_by("level", "pk")
    by_key: dict[tuple[Any, ...], list[DayPack]] = defaultdict(list)
    most = MOST_CONTACTS if any(key["kind"] == PackKind.CONTACT for key in keys) else MOST_TOUCHES
    for row in _few_enough(rows.select_for_update(skip_locked=True), most):
        by_key[tuple(getattr(row, name) for name in keys[0])].append(row)
    together = [pieces for pieces in by_key.values() if len(pieces) >= at_least]
    switches, is_whole = column_switches(workspace_id), "level" not in keys[0]
    new = [*_merged_small([pieces for pieces in together if _are_small(pieces)], workspace_id, switches, is_whole)]
    for pieces in together:
        if not _are_small(pieces):
            new += _merged_packs(workspace_id, pieces, switches, is_whole)
    old = [piece for pieces in together for piece in pieces]
    _replace(workspace_id, old, new)
    return len(old) - len(new)


def _few_enough(rows: QuerySet[DayPack], most: int) -> Iterator[DayPack]:
    touches = 0
    for row in rows.iterator(chunk_size=100):
        touches += abs(row.n)
        if touches > most:
            break
        yield row


def _are_small(pieces: Sequence[DayPack]) -> bool:
    """Whether they only add few touches, too few for a column to go because its values differ, and have their columns
    in themselves."""
    most = min(MOST_TOGETHER, column_names.FEWEST_TEXTS - 1)
    are_plain = all(piece.n > 0 and not lie_by_themselves(piece.columns) for piece in pieces)
    return are_plain and pieces[0].kind != PackKind.CONTACT and sum(piece.n for piece in pieces) <= most


def _merged_small(
    together: Sequence[Sequence[DayPack]], workspace_id: int, switches: Mapping[str, ColumnSwitches], is_whole: bool
) -> Iterator[DayPack]:
    """Small segments of each key as one: those of the days of a type together, where they have the same columns."""
    of_types: dict[tuple[str, str], list[Sequence[DayPack]]] = defaultdict(list)
    for pieces in together:
        of_types[pieces[0].kind, pieces[0].event_type].append(pieces)
    for (_, event_type), keys in of_types.items():
        segments = [segments_of(workspace_id, pieces) for pieces in keys]
        merged = merged_segments(segments, switches.get(event_type, NO_SWITCHES))
        if merged is None:
            for pieces in keys:
                yield from _merged_packs(workspace_id, pieces, switches, is_whole)
        else:
            yield from map(_pack_of, keys, merged)


def _merged_packs(
    workspace_id: int, pieces: Sequence[DayPack], switches: Mapping[str, ColumnSwitches], is_whole: bool
) -> Iterator[DayPack]:
    """The segments of one key as one, or two where more was taken away than is there; whether these are all of it."""
    is_whole = is_whole or sum(abs(piece.n) for piece in pieces) >= MOST_TOUCHES // 2
    choose_columns = partial(switches.get(pieces[0].event_type, NO_SWITCHES).choose_columns, is_whole=is_whole)
    signs = [piece.n for piece in pieces]
    signed = [*zip(signs, segments_of(workspace_id, pieces), strict=True)]
    if pieces[0].kind == PackKind.CONTACT:
        net = [(sign, rows.segment) for sign, rows in newest_rows(signed)]
    else:
        net = net_segments(signed, choose_columns)
    for sign, segment in net:
        yield _pack_of(pieces, segment, sign=sign)


def _pack_of(pieces: Sequence[DayPack], segment: Segment, *, sign: int = 1) -> DayPack:
    """What merged pieces of a key became."""
    is_full = segment.n >= MOST_TOUCHES // 2 and pieces[0].kind != PackKind.CONTACT
    return DayPack(
        workspace_id=pieces[0].workspace_id,
        n=sign * segment.n,
        through=max(piece.through for piece in pieces),
        level=FULL if is_full else min(max(piece.level for piece in pieces) + 1, FULL - 1),
        data=segment.data,
        columns=segment.column_data,
        **{name: getattr(pieces[0], name) for name in _PACK_KEY},
    )


def _replace(workspace_id: int, old: Sequence[DayPack], new: Sequence[DayPack]) -> None:
    if old:
        storage.remove_packs(workspace_id, old)
        storage.add_packs(new)
