"""Tables as sheets: the values of the CSV file, each with the format that its column has on the page."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from analytics.metrics import Numbers, metric_change
from analytics.money import Amount
from analytics.presentation.sheets import sheet_columns, sheet_lines
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from campaignos.sheets import SheetColumn

BERLIN = ZoneInfo("Europe/Berlin")
COLUMNS = (
    Column("name", "Name", levels=("Source", "Medium")),
    Column("day", "Day", Kind.DAY),
    Column("at", "Occurred", Kind.INSTANT),
    Column.of("open_rate"),
    Column.of("revenue", currency="JPY"),
    Column("paid", "Paid", Kind.MONEY),
    Column("messages", "Messages", Kind.COUNT),
    Column("messages_change", "Messages, change", Kind.CHANGE, below="messages"),
)
CHANGE = metric_change("messages_total", Numbers({"messages_total": 150}), Numbers({"messages_total": 100}))
ROW = Row(
    {
        "name": Cell("cpc"),
        "day": Cell(date(2026, 3, 1)),
        "at": Cell(datetime(2026, 3, 1, 23, 30, tzinfo=UTC)),
        "open_rate": Cell(0.25),
        "revenue": Cell(Amount("JPY", 1200)),
        "paid": Cell(Amount("EUR", 999)),
        "messages": Cell(150),
        "messages_change": Cell(CHANGE),
    },
    path=("google", "cpc"),
)
TABLE = Table("t", "T", COLUMNS, (ROW,), foot=Row({"name": Cell("All"), "messages": Cell(7)}, path=("All",)))


def test_each_column_of_the_file_has_its_format_and_instants_say_their_zone():
    assert sheet_columns(TABLE, BERLIN) == [
        SheetColumn("Source"),
        SheetColumn("Medium"),
        SheetColumn("Day", "yyyy-mm-dd"),
        SheetColumn("Occurred (Europe/Berlin)", "yyyy-mm-dd hh:mm:ss"),
        SheetColumn(COLUMNS[3].file_head, "0.0%"),
        SheetColumn("Net revenue (JPY)", "#,##0"),
        SheetColumn("Paid", "#,##0.00"),
        SheetColumn("Messages", "#,##0"),
        SheetColumn("Messages, change", "+0.0%;-0.0%;0.0%"),
    ]


def test_the_lines_are_those_of_the_csv_file_with_days_as_days():
    first, foot = sheet_lines([TABLE], BERLIN)
    at = datetime(2026, 3, 2, 0, 30, tzinfo=BERLIN)
    assert first == ["google", "cpc", date(2026, 3, 1), at, 0.25, Decimal(1200), Decimal("9.99"), 150, 0.5]
    assert foot == ["All", None, None, None, None, None, None, 7, None]
    of_csv = next(TABLE.lines())
    assert [first[place] for place in (0, 1, 4, 5, 6, 7, 8)] == [of_csv[place] for place in (0, 1, 4, 5, 6, 7, 8)]
    assert of_csv[2:4] == ["2026-03-01", "2026-03-01T23:30:00+00:00"]
