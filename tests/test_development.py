"""The examples of docs/development.md, applied to a copy of the program: their tests pass, and those that they name."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.blocks import blocks
from tests.template import digest

DOCUMENT = settings.BASE_DIR / "docs" / "development.md"
MAKEFILE = settings.BASE_DIR / "Makefile"
_BLOCK = re.compile(r"^```(diff|python|sh)\n(.*?)^```", re.DOTALL | re.MULTILINE)
COPIED = (
    "manage.py",
    "pyproject.toml",
    "analytics",
    "campaignos",
    "workspaces",
    "templates",
    "static",
    "tests",
    "docs",
)
HELD_BY = {
    "Add a metric": ["tests/analytics/test_metrics.py", "tests/campaignos/test_schema.py::test_metrics_are_in_words"],
    "Add a provider of webhooks": ["tests/workspaces/test_webhooks.py"],
    "Add a resource of the API": [
        "tests/test_urls.py::test_every_route_has_an_expectation",
        "tests/test_urls.py::test_everybody_gets_to_their_own_and_nobody_to_others[sources]",
        "tests/test_urls.py::test_every_operation_refuses_parameters_that_it_does_not_understand",
        "tests/analytics/test_personal.py::test_no_filter_confirms_an_address_to_who_sees_none",
    ],
    "Add a report": [
        "tests/test_urls.py::test_everybody_gets_to_their_own_and_nobody_to_others[channels]",
        "tests/analytics/views/test_numbers_open.py::test_every_number_leads_to_as_many_rows[channels]",
        "tests/analytics/views/test_page.py::test_a_page_of_an_empty_workspace_is_whole[channels]",
        "tests/analytics/test_registry.py::test_names_shortcuts_and_places_are_each_reports_own",
    ],
    "Add a condition": [
        "tests/analytics/presentation/test_conditions.py",
        "tests/analytics/questions/test_filter_reader.py",
    ],
}
"""The sections with an example, and tests of the program's own that hold what each adds."""


def sections() -> dict[str, str]:
    _, *parts = re.split(r"^## (.+)\n", DOCUMENT.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def follow(section: str, folder: Path) -> tuple[list[str], list[str]]:
    """Changes a copy of the program as a section says; the commands to run afterwards, and the tests that it adds.

    A block of Python is a new file.
    """
    commands, tests = [], []
    for language, block in _BLOCK.findall(section):
        first, _, rest = block.partition("\n")
        if language == "diff":
            change(folder / first.removeprefix("--- "), rest)
        elif language == "sh":
            commands += block.splitlines()
        else:
            name = first.removeprefix("# ")
            (folder / name).write_text(rest)
            tests += [name] if name.startswith("tests/") else []
    return commands, tests


def change(path: Path, hunks: str) -> None:
    """Each hunk has one place in the file, whatever the number of its line."""
    for hunk in hunks.split("@@\n")[1:]:
        lines = [line or " " for line in hunk.splitlines()]
        old, new = ("".join(f"{line[1:]}\n" for line in lines if line[0] in signs) for signs in (" -", " +"))
        text = path.read_text()
        assert text.count(old) == 1, f"{path.name} has {text.count(old)} places for:\n{hunk}"
        path.write_text(text.replace(old, new))


def command(line: str) -> list[str]:
    """What the line runs, with this environment's Python; a target of make is its recipe."""
    if line.startswith("make "):
        [line] = re.findall(rf"^{line.split()[1]}:.*\n\t\$\(RUN\) (.+)$", MAKEFILE.read_text(), re.MULTILINE)
    return line.removeprefix(".venv/bin/python ").split()


def run(folder: Path, *arguments: str) -> None:
    environment = {"PATH": os.environ["PATH"], "LOG_LEVEL": "ERROR"}
    done = subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    for name in COPIED:
        source = settings.BASE_DIR / name
        if source.is_dir():
            leave_out = shutil.ignore_patterns("*.pyc.*", "node_modules", "*.jpg", "*.png")
            shutil.copytree(source, folder / name, ignore=leave_out)
        else:
            shutil.copy(source, folder / name)
    return folder


@pytest.fixture
def prepare_database(copy, migrated):
    """Makes the template of the copy's tests, and returns it: this program's, with the migrations of the examples."""

    def prepare() -> Path:
        database = copy / "var" / "campaignos.sqlite3"
        migrated(f"sqlite:///{database}")
        run(copy, "manage.py", "migrate", "-v0")
        return database.rename(database.with_name(f"template-{digest(copy)}.sqlite3"))

    return prepare


@pytest.mark.processes
@pytest.mark.either_database("the copy has a database of its own, on SQLite")
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the copy begins with a file")
def test_what_the_examples_add_works_and_keeps_to_the_rules_of_the_house(copy, prepare_database):
    """All of them in one copy, and each command once: a start of the program takes longer than what is tested of it."""
    commands, tests = [], []
    for heading, held_by in HELD_BY.items():
        section_commands, section_tests = follow(sections()[heading], copy)
        commands += section_commands
        tests += [*section_tests, *held_by]
    (copy / "var").mkdir()
    for line in dict.fromkeys(commands):
        run(copy, *command(line))
    template = prepare_database()
    run(copy, "-m", "ruff", "check", "--quiet", "--no-cache", ".")
    run(copy, "-m", "ruff", "format", "--check", "--quiet", "--no-cache", "--exclude", "*/migrations/*", ".")
    run(copy, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", "-p", "no:randomly", *tests)
    assert [*template.parent.glob("template-*.sqlite3")] == [template], "what its tests begin with"


def test_every_way_to_add_something_has_a_heading():
    ways = [heading for heading in sections() if heading.startswith("Add ")]
    assert ways == list(HELD_BY)


def test_every_block_belongs_to_a_way_to_add_something():
    assert {block.heading for block in blocks("docs/development.md")} == HELD_BY.keys()
