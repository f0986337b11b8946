"""Files of tables: no text of theirs is a formula to a spreadsheet."""

import pytest

from campaignos.csv_export import csv_lines


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-a1", "@sum(a1)", "\tx", "\rx", "=cmd|' /C calc'!A0"])
def test_a_text_that_would_be_a_formula_is_marked_as_text(text):
    line = next(csv_lines([[text]]))
    assert line.strip('"').startswith("'")


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("plain", "plain"),
        ("+49 (30) 123456", "+49 (30) 123456"),
        ("-12", "-12"),
        (-3, "-3"),
        (-0.5, "-0.5"),
        (None, '""'),
        ("a,b", '"a,b"'),
        ('a"b', '"a""b"'),
        ("a\nb", '"a\nb"'),
    ],
)
def test_everything_else_stays_as_it_is(value, line):
    assert next(csv_lines([[value]])) == f"{line}\r\n"
