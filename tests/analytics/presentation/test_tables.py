"""Tables as values: sorting, pages, lines of a file."""

from dataclasses import replace
from datetime import date

import pytest

from analytics.metrics import Numbers, metric_change
from analytics.presentation.tables import Cell, Column, Kind, Row, Table


def row(values):
    return Row({key: Cell(value) for key, value in values.items()})


DOUBLED = metric_change("sent", Numbers(sent=60), Numbers(sent=30))
TABLE = Table(
    "t",
    "T",
    (
        Column("name", "Name"),
        Column("day", "Day", Kind.DAY),
        Column.of("sent"),
        Column.of("open_rate"),
        Column("up", "Up"),
    ),
    (
        row({"name": "bob", "day": date(2026, 3, 2), "sent": 5, "open_rate": 0.5}),
        row({"name": "Ada", "day": date(2026, 3, 1), "sent": 50, "open_rate": None}),
        row(
            {
                "name": "cy",
                "day": None,
                "sent": 7,
                "open_rate": 0.1,
                "up": DOUBLED,
            }
        ),
    ),
    foot=row({"name": "All", "sent": 62}),
    sortable=True,
)


def test_a_rate_says_what_it_is_of_below_its_name_or_behind_it():
    column = Column.of("campaign_open_rate")
    assert (column.label, column.base, column.head) == ("Open rate", "of delivered", "Open rate (of delivered)")
    assert Column.of("open_rate").head == "Open rate of sent"
    assert Column.of("sent").head == "Sent"


def names(table):
    return [row.value("name") for row in table.rows]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("name", ["Ada", "bob", "cy"]),
        ("-name", ["cy", "bob", "Ada"]),
        ("sent", ["bob", "cy", "Ada"]),
        ("-sent", ["Ada", "cy", "bob"]),
        ("open_rate", ["cy", "bob", "Ada"]),
        ("-open_rate", ["bob", "cy", "Ada"]),
        ("-day", ["bob", "Ada", "cy"]),
        ("up", ["cy", "bob", "Ada"]),
    ],
)
def test_rows_are_sorted_by_a_column_and_those_without_a_value_are_last(sort, order):
    found = TABLE.sorted_by(sort)
    assert (names(found), found.sort) == (order, sort)


@pytest.mark.parametrize("sort", ["", "-", "nonsense", "--sent", "\0"])
def test_what_is_no_column_sorts_nothing(sort):
    assert TABLE.sorted_by(sort) == TABLE


@pytest.mark.parametrize(
    ("page", "shown"), [("", ["bob", "Ada"]), ("2", ["cy"]), ("99", ["cy"]), ("x", ["bob", "Ada"]), ("0", ["cy"])]
)
def test_a_page_is_the_nearest_there_is(page, shown):
    found = TABLE.cut(page, 2)
    assert (names(found), found.page_count) == (shown, 2)


def test_the_lines_of_a_file_have_numbers_as_numbers():
    assert [TABLE.heads, *TABLE.lines()] == [
        ["Name", "Day", "Sent", "Open rate of sent", "Up"],
        ["bob", "2026-03-02", 5, 0.5, None],
        ["Ada", "2026-03-01", 50, None, None],
        ["cy", None, 7, 0.1, 1.0],
        ["All", None, 62, None, None],
    ]


@pytest.mark.parametrize(
    ("rows", "page", "places", "is_shortened"),
    [
        (31, "", (1, 31), False),
        (45, "", (1, 45), False),
        (46, "", (1, 31), True),
        (32, "1", (1, 32), False),
        (90, "", (1, 31), True),
        (90, "1", (1, 50), False),
        (81, "2", (51, 81), False),
    ],
)
def test_a_long_table_begins_with_a_months_rows(rows, page, places, is_shortened):
    table = Table("t", "T", (Column("day", "Day", Kind.COUNT),), tuple(row({"day": day}) for day in range(rows)))
    shown = table.cut(page, 50)
    assert (shown.first_row, shown.last_row, shown.is_shortened) == (*places, is_shortened)
    newest = replace(table, ends_with_newest=True).cut(page, 50)
    if page == "":
        assert (newest.last_row, len(newest.rows), newest.is_shortened) == (rows, places[1], is_shortened)


@pytest.mark.parametrize(
    ("page", "days", "number", "first_row"),
    [
        ("", [4, 5], 3, 4),
        ("3", [4, 5], 3, 4),
        ("2", [2, 3], 2, 2),
        ("1", [1], 1, 1),
        ("99", [4, 5], 3, 4),
        ("x", [4, 5], 3, 4),
    ],
)
def test_a_table_that_ends_with_its_newest_rows_shows_a_full_page_of_them_first(page, days, number, first_row):
    rows = tuple(row({"day": day}) for day in range(1, 6))
    table = Table("t", "T", (Column("day", "Day", Kind.COUNT),), rows, ends_with_newest=True).cut(page, 2)
    assert [row.value("day") for row in table.rows] == days
    assert (table.page, table.page_count, table.row_count, table.first_row) == (number, 3, 5, first_row)
