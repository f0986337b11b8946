"""Workbooks: what stands in their cells, and that none of it is a formula."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from campaignos import record_files
from campaignos.errors import ParameterError
from campaignos.record_files import records_response
from campaignos.sheets import SheetColumn, write_sheet
from tests.workbooks import rows_of_workbook, sheet_xml


def written(rows, *formats):
    stream = io.BytesIO()
    columns = [SheetColumn(f"h{place}", shown) for place, shown in enumerate(formats or [""] * len(rows[0]))]
    assert write_sheet(stream, columns, rows) == len(rows)
    return stream.getvalue()


def test_numbers_are_numbers_and_days_are_days():
    content = written(
        [[3, 0.25, Decimal("1234.50"), date(2026, 3, 1), datetime(2026, 3, 1, 14, 5, 6), None, "a", True]],
        *("#,##0", "0.0%", "#,##0.00", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "", "", ""),
    )
    head, row = rows_of_workbook(content)
    assert head == [f"h{place}" for place in range(8)]
    assert row == [3, 0.25, 1234.5, date(2026, 3, 1), datetime(2026, 3, 1, 14, 5, 6), "", "a", True]
    assert 'formatCode="yyyy\\-mm\\-dd' in sheet_xml(content, "styles") or "yyyy-mm-dd" in sheet_xml(content, "styles")


@pytest.mark.parametrize(
    "text", ["=1+1", "+1+1", "-a1", "@sum(a1)", "\tx", '=HYPERLINK("http://x")', "{=1}", "http://x.y"]
)
def test_a_text_is_a_text_also_once_it_is_edited(text):
    content = written([[text]])
    assert rows_of_workbook(content)[1] == [text]
    assert "<f>" not in sheet_xml(content)
    assert "<hyperlink" not in sheet_xml(content)
    is_marked = 's="2"' in sheet_xml(content).split('r="A2"')[1][:12]
    assert is_marked == (text[0] in "=+-@\t")
    assert ('quotePrefix="1"' in sheet_xml(content, "styles")) == is_marked


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (2**53 + 1, "9007199254740993"),
        (-(2**53), -(2.0**53)),
        (float("nan"), "nan"),
        (date(1899, 12, 31), "1899-12-31"),
        ("x" * 40_000, "x" * 32_767),
        ("a\x01b", "a\x01b"),
        ("_x0041_", "_x0041_"),
        ("01", "01"),
        (" a ", " a "),
        ("a\nb", "a\nb"),
    ],
)
def test_what_a_spreadsheet_would_change_stays_as_it_is(value, cell):
    assert rows_of_workbook(written([[value], ["end"]])) == [["h0"], [cell], ["end"]]


def test_no_rows_leave_the_heads():
    stream = io.BytesIO()
    write_sheet(stream, [SheetColumn("a")], [])
    assert rows_of_workbook(stream.getvalue()) == [["a"]]


def read(heads, lines):
    response = records_response("x", "xlsx", heads, lines, count=len(lines))
    return rows_of_workbook(response.getvalue())


def test_days_and_instants_of_records_are_such_where_a_whole_column_is():
    lines = [
        ["2026-03-01", "2026-03-01T10:00:00Z", "2026-03-01", 1],
        [None, "2026-03-01T10:00:00.250Z", "spring", "2026-03-01"],
    ]
    day, at = date(2026, 3, 1), datetime(2026, 3, 1, 10)
    first, second = read(["day", "at", "name", "n"], lines)[1:]
    assert first == [day, at, "2026-03-01", 1]
    assert second[0] == ""
    assert second[1].replace(microsecond=0) == at
    assert second[2:] == ["spring", "2026-03-01"]
    assert datetime.fromisoformat("2026-03-01T10:00:00Z").astimezone(UTC).replace(tzinfo=None) == at


def test_a_day_that_no_calendar_has_stays_a_text(monkeypatch):
    monkeypatch.setattr(record_files, "_ROWS_LOOKED_AT", 1)
    assert read(["day"], [["2026-02-30"], ["none"]])[1:] == [["2026-02-30"], ["none"]]


def test_a_workbook_of_too_many_rows_is_refused_and_says_what_has_them(monkeypatch):
    monkeypatch.setattr(record_files, "MOST_ROWS", 1)
    assert read(["a"], [["x"]]) == [["a"], ["x"]]
    with pytest.raises(ParameterError, match="csv, json: a workbook has at most 1 rows, and these are 2"):
        records_response("x", "xlsx", ["a"], [["x"], ["y"]], count=2)
    assert records_response("x", "csv", ["a"], [["x"], ["y"]], count=2).getvalue() == b"a\r\nx\r\ny\r\n"
