"""Writes a ledger without facts, straight from a history: what a hundred million events amount to, in minutes.

People's numbers are those of the history: nobody is joined to anybody.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np

from analytics.ledger import storage
from analytics.ledger.assignments import assignment_value
from analytics.ledger.codecs import FactColumn, NumberColumn, ValueColumn, no_values
from analytics.ledger.columns import NO_COLUMNS, UTM, Columns
from analytics.ledger.money_columns import MoneyColumns, money_columns
from analytics.ledger.packs import Rows
from analytics.metrics import Counted
from analytics.models import ABTest, DayCount, DayPack, PackKind, UtmTriple
from analytics.periods import local_day, microseconds, start_of_day
from tests.bench.history import PROPERTIES, TRIPLES, TYPES, Array, History, history, value_name
from workspaces.models import Workspace

NAMES = {name: [None, *(value_name(name, code) for code in range(values))] for name, values in PROPERTIES.items()}


def daily_histories(events: int, *, end: datetime, days: int, people: int, skew: float = 3) -> Iterator[History]:
    """A history of so many events in all, in portions of 24 hours: memory is for one of them."""
    for day in range(days):
        end_of_day = end - timedelta(days=days - 1 - day)
        yield history(events // days, end=end_of_day, days=1, seed=day, people=people, messages=0, skew=skew)


def write_packs(workspace: Workspace, of: History, *, with_signups: bool = True) -> None:
    triples, money = triple_keys(workspace), money_columns(workspace)
    for day, places, since in _by_day(workspace, of.event_at):
        people, types = of.event_person[places].astype(np.int32), of.event_type[places]
        utm = np.where(of.event_triple[places] >= 0, triples[of.event_triple[places]], 0).astype(np.int32)
        amounts = of.event_amount[places].astype(np.int64)
        packs = []
        for number, name in enumerate(TYPES):
            chosen = np.flatnonzero(types == number)
            columns: dict[str, FactColumn] = {
                f"property.{each}": ValueColumn(codes[places][chosen].astype(np.uint32) + 1, NAMES[each])
                for each, codes in of.event_properties.items()
            }
            columns["property.amount"] = NumberColumn(amounts[chosen], np.ones(len(chosen), np.bool_), 2)
            columns[UTM] = NumberColumn(utm[chosen].astype(np.int64), utm[chosen] > 0, 0)
            if (rule := money.get(name)) is not None:
                columns |= _of_money(rule, amounts[chosen])
            nothing = np.zeros(len(chosen), np.int32)
            rows = Rows(since[chosen], people[chosen], nothing, Columns(len(chosen), columns))
            packs.append(_pack(workspace, PackKind.EVENT, day, rows, event_type=name))
        told = np.flatnonzero(utm)
        packs.append(_pack(workspace, PackKind.ATTRIBUTED, day, Rows(since[told], people[told], utm[told], NO_COLUMNS)))
        storage.add_packs(packs)
        _count(workspace, day, Counted.EVENTS, len(people))
    if with_signups:
        write_signups(workspace, of.signup_at)


def _of_money(rule: MoneyColumns, amounts: Array) -> dict[str, FactColumn]:
    """Amounts in minor units, without a currency or an order."""
    all_of_them = np.ones(len(amounts), np.bool_)
    units = NumberColumn(-amounts if rule.rule.is_refund else amounts, all_of_them, 0)
    orders = NumberColumn(np.zeros(len(amounts), np.int64), ~all_of_them, 0)
    return dict(zip(rule.names, (units, no_values(len(amounts)), orders), strict=True))


def write_signups(workspace: Workspace, signup_at: Array) -> None:
    order = np.argsort(signup_at, kind="stable")
    for day, places, since in _by_day(workspace, signup_at[order]):
        people = order[places].astype(np.int32)
        rows = Rows(since, people, np.zeros(len(people), np.int32), NO_COLUMNS)
        storage.add_packs([_pack(workspace, PackKind.SIGNUP, day, rows)])
        _count(workspace, day, Counted.CONTACTS, len(people))


def write_assignments(workspace: Workspace, test: ABTest, at: Array) -> None:
    """Of people as many as there are instants, in turns to each of the test's variants."""
    variants = np.array([assignment_value(variant.pk, withheld=False) for variant in test.variants.all()])
    order = np.argsort(at, kind="stable")
    for day, places, since in _by_day(workspace, at[order]):
        people = order[places].astype(np.int32)
        rows = Rows(since, people, variants[people % len(variants)].astype(np.int32), NO_COLUMNS)
        storage.add_packs([_pack(workspace, PackKind.ASSIGNMENT, day, rows, event_type=str(test.pk))])


def triple_keys(workspace: Workspace) -> Array:
    """The ids of the triples, in their order."""
    for source, medium, campaign in TRIPLES:
        UtmTriple.objects.get_or_create(workspace=workspace, source=source, medium=medium, campaign=campaign)
    rows = UtmTriple.objects.filter(workspace=workspace).values_list("source", "medium", "campaign", "pk")
    keys = {tuple(triple): pk for *triple, pk in rows}
    return np.array([keys[triple] for triple in TRIPLES], np.int64)


def _by_day(workspace: Workspace, at: Array) -> Iterator[tuple[date, slice, Array]]:
    """Of instants in order, the days, where those of each lie, and their microseconds since it began."""
    first, last = (local_day(_instant(instant), workspace.zone) for instant in (at[0], at[-1]))
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        start, end = (microseconds(start_of_day(day + timedelta(days=shift), workspace.zone)) for shift in (0, 1))
        places = slice(*np.searchsorted(at, [-(-start // 1000), -(-end // 1000)]).tolist())
        if places.stop > places.start:
            yield day, places, at[places] * 1000 - start


def _instant(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(milliseconds))


def _pack(workspace: Workspace, kind: PackKind, day: date, rows: Rows, *, event_type: str = "") -> DayPack:
    segment = rows.segment
    return DayPack(
        workspace_id=workspace.pk,
        kind=kind,
        event_type=event_type,
        day=day,
        n=segment.n,
        through=datetime.now(UTC),
        level=1,
        data=segment.data,
        columns=segment.column_data,
    )


def _count(workspace: Workspace, day: date, counted: Counted, n: int) -> None:
    through = datetime.now(UTC)
    DayCount.objects.create(workspace_id=workspace.pk, day=day, counted=counted, n=n, through=through, level=1)
