"""What is shown outside of the workspace: nothing opens, and rounded, nothing is of fewer than ten."""

import pytest

from analytics.lists import EventList
from analytics.metrics import METRICS, Change, Numbers
from analytics.money import Amount
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.outside import outside_presentation
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Kind, Link, Mark, Row, Table
from analytics.presentation.tiles import PeopleBehind, Tile

EVENTS = EventList()
COLUMNS = (
    Column("name", "Name"),
    Column("people", "People", Kind.COUNT),
    Column("share", "Share", Kind.SHARE),
    Column("worth", "Worth", Kind.MONEY),
    Column("change", "Change", Kind.CHANGE),
    Column("said", "Result"),
)


def a_row(people, **more):
    cells = {
        "name": Cell("Spring", link=Link.to("campaigns")),
        "people": Cell(people, EVENTS, beside=f"{people} of 99"),
        "share": Cell(0.1234, EVENTS),
        "worth": Cell(Amount("EUR", 123_456)),
        "change": Cell(Change(METRICS["sent"], 20, 10), why=Link("why")) if "change" in more else Cell(None),
        "said": Cell(more.get("said", "Undecided")),
    }
    return Row(cells, "Spring", link=Link.to("campaign"), mark=Mark("A note", Link("notes")), note="12 in all", key="1")


def a_table(*rows):
    return Table("t", "T", COLUMNS, rows, foot=a_row(44), sortable=True, choice="chosen")


def values(table):
    return [[row.value(column.key) for column in table.columns] for row in (*table.rows, table.foot)]


@pytest.fixture
def shown():
    table = a_table(a_row(14, change=True), a_row(9), a_row(0))
    sent = Tile(METRICS["sent"], 14, None, (1, 13), Link("campaign"), EVENTS, PeopleBehind(9, EVENTS), "sent", True)
    rate = Tile(METRICS["campaign_open_rate"], 0.3333, usual="30 %", why=Link("why"))
    return Presentation(
        meta=None,
        tiles=(sent, rate),
        charts=(Chart(ChartKind.LINE, "Chart", table, ("people",), "It peaked at 14."),),
        tables=(table,),
        notices=("12 events have no amount.",),
        numbers=Numbers(opened=3, delivered=9),
    )


def test_nothing_opens_and_no_number_changes(shown):
    outside = outside_presentation(shown)
    assert values(outside.tables[0]) == values(shown.tables[0])
    rows = [*outside.tables[0].rows, outside.tables[0].foot, *outside.charts[0].table.rows]
    assert {cell.opens or cell.link or cell.why for row in rows for cell in row.cells.values()} == {None}
    assert {row.link or row.mark or row.key for row in rows} == {""}
    tile = outside.tiles[0]
    assert (tile.value, tile.link, tile.opens, tile.draws, tile.people) == (14, None, None, "", PeopleBehind(9, None))
    assert outside.tiles[1].why is None
    assert (outside.tables[0].sortable, outside.tables[0].choice) == (False, "")
    assert outside.charts[0].finding == "It peaked at 14."


def test_rounded_nothing_is_of_fewer_than_ten(shown):
    outside = outside_presentation(shown, is_rounded=True)
    worth = Amount("EUR", 123_000)
    assert values(outside.tables[0]) == [
        ["Spring", 10, 0.12, worth, None, "Undecided"],
        ["Spring", None, None, None, None, "Undecided"],
        ["Spring", 0, 0.12, worth, None, "Undecided"],
        ["Spring", 40, 0.12, worth, None, "Undecided"],
    ]
    assert values(outside.charts[0].table) == values(outside.tables[0])
    assert {cell.beside for row in outside.tables[0].rows for cell in row.cells.values()} == {""}
    sent, rate = outside.tiles
    assert (sent.value, sent.series, sent.people, sent.change) == (10, (), None, None)
    assert (rate.value, rate.usual) == (None, ""), "of nine delivered"
    assert (outside.charts[0].finding, outside.notices, outside.numbers) == ("", (), Numbers())


def test_rounded_no_text_beside_a_name_says_a_number():
    table = a_table(a_row(44, said="12 of 40 clicked"))
    outside = outside_presentation(Presentation(meta=None, tables=(table,)), is_rounded=True)
    assert [row[5] for row in values(outside.tables[0])] == [None, "Undecided"]
