"""Which properties have a column: the most frequent, those switched on, and none whose texts nearly all differ."""

from unittest.mock import patch

import numpy as np
import pytest

from analytics.ledger import column_names, compaction
from analytics.ledger.column_names import FEWEST_TEXTS, MAX_COLUMNS, NO_SWITCHES, ColumnSwitches, event_columns
from analytics.ledger.columns import Columns, ColumnsHead
from analytics.ledger.rebuild import Difference, rebuild, verify
from analytics.models import ColumnChoice, DayPack, EventProperty


def columns_of(events, switches=NO_SWITCHES):
    columns = event_columns(events, {}, np.zeros(len(events), np.int32), switches=switches)
    return switches.choose_columns(Columns.read(columns.data, columns.n))


def names_of(columns):
    return {name.removeprefix("property.") for name in columns.by_name if name.startswith("property.")}


def switches(on=(), off=()):
    return ColumnSwitches(frozenset(f"property.{name}" for name in on), frozenset(f"property.{name}" for name in off))


def test_what_is_switched_on_has_a_column_beyond_the_most_frequent():
    events = [{f"p{number:02}": 1 for number in range(MAX_COLUMNS)}] * 2 + [{"rare": 1}]
    assert "rare" not in names_of(columns_of(events))
    assert not columns_of(events).has("property.rare")
    kept = columns_of(events, switches(on=["rare", "never"]))
    assert names_of(kept) == {*(f"p{number:02}" for number in range(MAX_COLUMNS)), "rare"}
    assert kept["property.never"].list() == [None] * 3


def test_what_is_switched_off_has_none_and_is_missing():
    columns = columns_of([{"plan": "pro", "amount": 1}], switches(off=["plan", "never"]))
    assert names_of(columns) == {"amount"}
    assert not columns.has("property.plan")
    assert columns.has("property.never")


@pytest.mark.long
def test_ids_have_a_column_only_where_they_are_few_or_wanted():
    few, many = ([{"id": f"order {number}", "n": number} for number in range(FEWEST_TEXTS + more)] for more in (-1, 1))
    assert names_of(columns_of(few)) == {"id", "n"}
    assert names_of(columns_of(many)) == {"n"}
    assert not columns_of(many).has("property.id")
    assert names_of(columns_of(many, switches(on=["id"]))) == {"id", "n"}


def test_texts_that_repeat_keep_their_column():
    events = [{"path": f"/{number % 9_000}"} for number in range(12_000)]
    assert names_of(columns_of(events)) == {"path"}


def test_what_no_event_has_any_more_is_not_missing():
    columns = event_columns([{"plan": "pro"}, {"amount": 1}], {}, np.zeros(2, np.int32))
    left = NO_SWITCHES.choose_columns(columns.at(np.array([False, True])))
    assert names_of(left) == {"amount"}
    assert left["property.plan"].list() == [None]


pytestmark = pytest.mark.django_db


def stored(workspace):
    [pack] = DayPack.objects.filter(workspace=workspace, event_type="purchase")
    return Columns.read(bytes(pack.columns), pack.n)


def purchase(number, **properties):
    return {"type": "track", "event": "purchase", "userId": "u", "messageId": f"m{number}", "properties": properties}


def test_of_a_part_of_a_day_no_column_goes_because_its_values_differ(track, workspace, now):
    with patch.multiple(column_names, FEWEST_TEXTS=4), patch.object(compaction, "FAN_IN", 4):
        for number in range(8):
            track(purchase(number, order=f"o{number}"))
            if number % 4 == 3:
                compaction.merge_crowded(workspace.pk)
        packs = DayPack.objects.filter(workspace=workspace, event_type="purchase")
        assert [pack.n for pack in packs] == [4, 4]
        assert all("property.order" in ColumnsHead.read(bytes(pack.columns)).sizes for pack in packs)
        compaction.merge_fully(workspace.pk)
        assert not stored(workspace).has("property.order")


@pytest.mark.parametrize("how", ["merge", "rebuild"])
def test_merging_and_rebuilding_keep_what_is_chosen(track, workspace, now, how):
    EventProperty.objects.create(workspace=workspace, event_type="purchase", name="note", column=ColumnChoice.ON)
    EventProperty.objects.create(workspace=workspace, event_type="other", name="plan", column=ColumnChoice.OFF)
    with patch.multiple(column_names, MAX_COLUMNS=1, FEWEST_TEXTS=4):
        for number in range(4):
            track(purchase(number, plan="pro", note=f"n{number}", order=f"o{number}"))
        EventProperty.objects.create(workspace=workspace, event_type="purchase", name="order", column=ColumnChoice.OFF)
        if how == "merge":
            compaction.merge_fully(workspace.pk)
        else:
            assert [*rebuild(workspace)]
        columns = stored(workspace)
        assert names_of(columns) == ({"plan", "note"} if how == "rebuild" else {"note"})
        assert not columns.has("property.order")
        assert [found for found in verify(workspace) if isinstance(found, Difference)] == []
