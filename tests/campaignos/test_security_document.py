"""docs/security.md: whatever it says that is met, it says which test holds it, and that test is there. So are the tests
that other documents name."""

import re

import pytest
from django.conf import settings

DOCUMENT = (settings.BASE_DIR / "docs" / "security.md").read_text()
LAST_CELL = re.compile(r"\|([^|]*)\|\s*$")


def tables_with_tests():
    """The rows of each table whose last column is called Test."""
    for table in re.findall(r"(?:^\|.*\n)+", DOCUMENT, re.MULTILINE):
        heading, _, *rows = table.splitlines()
        if LAST_CELL.search(heading)[1].strip() == "Test":
            yield rows


ROWS = [row for rows in tables_with_tests() for row in rows]


def test_every_row_names_the_test_that_holds_it():
    without = [row for row in ROWS if not re.search(r"`(?:test_\w+|make \w+)`", LAST_CELL.search(row)[1])]
    assert without == []
    assert len(ROWS) > 40


@pytest.mark.parametrize("name", ["security.md", "privacy.md"])
def test_every_test_that_is_named_is_there(name):
    document, folder = (settings.BASE_DIR / "docs" / name).read_text(), settings.BASE_DIR / "tests"
    tests = "\n".join(path.read_text() for path in folder.rglob("test_*.py"))
    there = set(re.findall(r"^def (test_\w+)\(", tests, re.MULTILINE))
    named = set(re.findall(r"`(test_\w+)`", document))
    assert named
    assert named - there == set()
    paths = re.findall(r"`(browser/|[\w/]+/test_\w+\.py)`", document)
    assert [path for path in paths if not (folder / path).exists()] == []


def test_every_target_that_is_named_is_there():
    targets = set(re.findall(r"^(\w+):", (settings.BASE_DIR / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make (\w+)`", DOCUMENT)) - targets == set()
