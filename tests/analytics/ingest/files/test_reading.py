"""Whatever a file is packed, encoded and laid out like: the same rows, and an odd one costs nothing but itself."""

import gzip
import io
import json
import zipfile
from collections.abc import Iterable
from typing import Any

import pytest
import xlsxwriter

from analytics.ingest.files import workbooks
from analytics.ingest.files.blocks import Block, blocks, in_memory, kept_rows
from analytics.ingest.files.encodings import MAX_LINE_BYTES, encoding_of
from analytics.ingest.files.problems import FileError

NAMES = ("email", "name")
TABLE = "email;name\na@x.example;Zoë\nb@x.example;Groß, Jürgen\n"
ROWS = [["a@x.example", "Zoë"], ["b@x.example", "Groß, Jürgen"]]


def read(content: bytes) -> list[Block]:
    return list(blocks(in_memory(content)))


def rows(content: bytes) -> list[list[str]]:
    return [row for block in read(content) for row in block.rows]


def packed(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return file.getvalue()


def workbook(*table: list[Any], first_row: int = 0) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd hh:mm", "remove_timezone": True})
    book.add_worksheet("Hidden").hide()
    sheet = book.add_worksheet("People")
    sheet.activate()
    sheet.set_first_sheet()
    for number, row in enumerate(table, first_row):
        sheet.write_row(number, 0, row)
    book.close()
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_text_in_any_encoding_divided_by_anything(encoding: str, delimiter: str) -> None:
    content = TABLE.replace(";", delimiter).encode(encoding)
    assert rows(content) == rows(gzip.compress(content)) == rows(packed(list_csv=content)) == ROWS
    assert read(content)[0].header == NAMES


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("name\nŁukasz Żółć\nZdzisław Wiśniewski\n", "cp1250"),
        ("имя\nИван Петров\nМария Иванова\nСергей\n", "cp1251"),
        ("メール,名前\na@x.example,山田太郎\nb@x.example,鈴木一郎\n", "cp932"),
        ("name,price\nBob,5 €\n“Ada”,7 €\n", "cp1252"),
    ],
)
def test_what_is_not_utf_8_is_guessed(text: str, encoding: str) -> None:
    assert encoding_of(text.encode(encoding)) == encoding


def test_a_byte_that_is_cut_where_the_sample_ends_is_no_other_encoding() -> None:
    assert encoding_of("aé".encode()[:-1]) == "utf-8"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_they_do_anywhere(end: str) -> None:
    assert rows(TABLE.replace("\n", end).encode()) == ROWS


@pytest.mark.parametrize(
    "above",
    ["", "sep=;\n", "Contacts of March\n\n", "# ----\n# Export\n# ----\n", "Person;\n", '"Our\ncontacts";;\n'],
)
def test_what_stands_above_the_names_of_the_columns_is_no_row(above: str) -> None:
    [block] = [block for block in read(above.encode() + TABLE.encode()) if block.rows]
    assert (block.header, block.rows) == (NAMES, ROWS)
    assert block.numbers[0] == above.count("\n") + 2


def test_a_first_row_that_names_nothing_stays_the_first() -> None:
    assert read(b"ada,ada@example.com\nbob,\n")[0].header == ("ada", "ada@example.com")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (b'"b"c;d', "A cell with quotes in it"),
        (b'e;"f', "A quote opens a cell and none closes it"),
        (b"caf\xe9;f", "not UTF-8, as the file is (at its byte 4, 0xe9)"),
        (b"x" * (MAX_LINE_BYTES + 5) + b";f", "more than an item may have"),
        (b"y" * 200_000 + b";f", "A cell has over 131,072 characters"),
    ],
)
def test_an_odd_row_costs_nothing_but_itself(row: bytes, problem: str) -> None:
    content = TABLE.encode() + row + b"\n" + b"c;C\nd;D\n"
    [block] = [block for block in read(content) if block.rows]
    good = [row for place, row in enumerate(block.rows) if place not in block.broken]
    assert good == [*ROWS, ["c", "C"], ["d", "D"]]
    assert (block.numbers, list(block.broken)) == ([2, 3, 4, 5, 6], [2])
    assert problem in block.broken[2]


def test_an_odd_line_of_json_costs_nothing_but_itself() -> None:
    lines = [
        b'{"a": 1}',
        b'{"a": "\xe9"}',
        '{"a": "é"}'.encode(),
        '{"a": "è"}'.encode(),
        b'{"a": "' + b"x" * MAX_LINE_BYTES,
    ]
    content = b"".join(line + b"\n" for line in lines)
    [block] = read(content)
    assert block.numbers == [1, 2, 3, 4, 5]
    assert ("not UTF-8" in block.broken[1], "more than" in block.broken[4]) == (True, True)


@pytest.mark.parametrize("space", ["", " ", "\n  "])
def test_elements_of_an_array_are_lines(space: str) -> None:
    items = [{"a": "é [1,2]"}, 12, {"b": [{"c": "}"}]}, None]
    text = space + "[" + space + f"{space},{space}".join(json.dumps(item) for item in items) + space + "]" + space
    for content in (text.encode(), text.encode("utf-16"), "\ufeff".encode() + text.encode()):
        [block] = read(content)
        assert [json.loads(line) for line in block.lines] == items


def test_an_array_is_read_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.ingest.files.json_arrays._READ_CHARACTERS", 3)
    items = [{"number": 123456, "text": "a\\"}, 1234567, "x"]
    [block] = read(json.dumps(items).encode())
    assert [json.loads(line) for line in block.lines] == items
    assert read(b"[]") == []


@pytest.mark.parametrize("text", ["[1", '[{"a": 1}, {"a"', "[1 2]", "[1,]", '[{"a": tru}]'])
def test_an_array_that_breaks_off_says_where(text: str) -> None:
    with pytest.raises(FileError, match=r"The JSON array is broken or was cut off (after|within) its element [12]"):
        read(text.encode())


def test_files_of_an_archive_are_read_as_one() -> None:
    content = packed(a_csv=b"email,name\na@x,A\n", b_csv=b"name,left,email\nB,2026-03-01,b@x\nodd\n")
    assert [block.header for block in read(content) if block.rows] == [("email", "name", "left")] * 2
    assert rows(content) == [["a@x", "A", ""], ["b@x", "B", "2026-03-01"], ["odd"]]
    lines = packed(a_json=b'{"a": 1}\n', b_gz=gzip.compress(b'{"a": 2}\n{"a": 3}\n'))
    assert [(block.numbers, block.lines) for block in read(lines)] == [
        ([1], [b'{"a": 1}\n']),
        ([2, 3], [b'{"a": 2}\n', b'{"a": 3}\n']),
    ]


def test_an_archive_says_why_it_cannot_be_read() -> None:
    with pytest.raises(FileError, match="no CSV or JSON file in the zip archive"):
        read(packed(picture_png=b"x"))
    with pytest.raises(FileError, match="Import each by itself"):
        read(packed(a_csv=b"email\nx\n", b_json=b"{}\n"))
    with pytest.raises(FileError, match="cannot be read"):
        read(packed(a_csv=b"email\nx\n")[:-30])


def test_a_sheet_is_a_table_of_texts() -> None:
    content = workbook(["Group", "", "", "", ""], ["id", "when", "size", "sum", "yes"], [7, 46082.5, 1.5, "=1+1", True])
    [block] = [block for block in read(content) if block.rows]
    assert (block.header, block.numbers) == (("id", "when", "size", "sum", "yes"), [3])
    assert block.rows == [["7", "46082.5", "1.5", "0", "true"]]


def test_a_sheet_with_cells_far_away_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    content = workbook(["id"], ["a"])
    monkeypatch.setattr(workbooks, "MAX_CELLS", 1)
    with pytest.raises(FileError, match="cells as far as row 2 and column 1"):
        read(content)


def test_a_workbook_is_unpacked_no_further_than_allowed() -> None:
    file = io.BytesIO(workbook(["id"], ["a"]))
    with pytest.raises(FileError, match="too large once unpacked"):
        list(workbooks.sheet_rows(file, max_bytes=1000))


SHEET = "xl/worksheets/sheet1.xml"


def with_one_text(text: bytes, values: Iterable[bytes]) -> bytes:
    """A workbook with a single text, and a row for each value that may name it."""
    rows = b"".join(b'<row><c t="s">%s</c></row>' % value for value in values)
    parts = {
        SHEET: b"<worksheet><sheetData>%s</sheetData></worksheet>" % rows,
        "xl/sharedStrings.xml": b"<sst><si><t>%s</t></si></sst>" % text,
    }
    content = io.BytesIO(workbook(["id"], ["a"]))
    with zipfile.ZipFile(content) as archive:
        parts = {**{name: archive.read(name) for name in archive.namelist()}, **parts}
    packed_again = io.BytesIO()
    with zipfile.ZipFile(packed_again, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return packed_again.getvalue()


@pytest.mark.parametrize(
    "value", [b"<v>0</v>", b"<v> &#48; </v>", b"<v><!-- -->0</v>", b"<v><![CDATA[0]]></v>", b'<x:v a=">">+0</x:v>']
)
def test_a_text_that_very_many_cells_name_is_refused_before_it_is_read(value: bytes) -> None:
    content = with_one_text(b"x" * 1_000_000, [value] * 400)
    assert len(content) < 20_000
    with pytest.raises(FileError, match="too large once unpacked"):
        read(content)


def test_texts_count_by_the_cells_that_name_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "_READ_BYTES", 7)
    values = [b"<v>0</v>", b"<v>7</v>", b"<v>text &amp; more</v>", b"<v/>", b"<v>1.5</v>"]
    texts = workbooks._Texts()
    with zipfile.ZipFile(io.BytesIO(with_one_text(b"a", values * 100))) as archive:
        for name in (SHEET, "xl/sharedStrings.xml"):
            with archive.open(name) as stream:
                workbooks._checked_bytes(stream, 1_000_000, texts)
    assert texts.size == len(b"<si><t>a</t></si></sst>") * 100


@pytest.mark.parametrize(("name", "kind"), [("XL\\Workbook.bin", ".xlsb"), ("content.xml", ".ods")])
def test_other_workbooks_are_not_read_as_ours(name: str, kind: str) -> None:
    content = io.BytesIO(workbook(["id"], ["a"]))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr(name, b"")
    with pytest.raises(FileError, match=kind):
        read(content.getvalue())


def test_rows_that_are_kept_are_read_with_their_numbers() -> None:
    content = workbook(["id", "text"], ["1", "two\nlines"], ["=", "é"], first_row=4)
    before = [block for block in read(content) if block.rows]
    kept = gzip.compress(b"".join(kept_rows(iter(before))))
    assert [block for block in read(kept) if block.rows] == before


def test_cells_that_state_no_place_are_counted_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = (
        b'<worksheet><sheetData><row r="1000"><c/>' + b"<c><v>1</v></c>" * 30_000 + b"</row></sheetData></worksheet>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    with pytest.raises(FileError, match="as far as row 1,000 and column 30,001"):
        list(workbooks.sheet_rows(file))
