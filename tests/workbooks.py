"""Reads what the program writes as workbooks, by another library than writes them."""

import io
import zipfile

from python_calamine import CalamineWorkbook


def rows_of_workbook(content):
    """The first sheet's rows, heads first: texts, floats, dates and datetimes; what is empty is an empty text."""
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def sheet_xml(content, part="worksheets/sheet1"):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(f"xl/{part}.xml").decode()
