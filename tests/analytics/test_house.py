"""What import-linter cannot see of how the house is built."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ANALYTICS = Path(__file__).parents[2] / "analytics"
OF_REQUESTS = ("django.http", "django.shortcuts", "django.urls", "django.template", "rest_framework")


def imports(path):
    """The modules that a module imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("room", ["questions", "reports", "presentation"])
def test_questions_reports_and_what_is_shown_know_no_request(room):
    modules = list((ANALYTICS / room).rglob("*.py"))
    assert modules
    found = {f"{path.name}: {name}" for path in modules for name in imports(path) if name.startswith(OF_REQUESTS)}
    assert found == set()


def test_questions_and_what_is_shown_ask_no_database():
    modules = [*(ANALYTICS / "questions").rglob("*.py"), *(ANALYTICS / "presentation").rglob("*.py")]
    names = ((path.name, name) for path in modules for name in imports(path))
    found = {(module, name) for module, name in names if name.startswith("analytics.models")}
    assert found == set()


def test_the_order_of_the_rooms_is_documented_as_it_is_held():
    root = ANALYTICS.parent
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = [re.findall(r"analytics\.(\w+)", layer) for layer in contracts[0]["layers"]]
    rooms = [[name for name in layer if (ANALYTICS / name).is_dir()] for layer in layers]
    block = (root / "docs" / "architecture.md").read_text().partition("downwards only")[2].split("```")[1]
    documented = [line.partition("  ")[0].split() for line in block.strip().splitlines()]
    assert documented == [layer for layer in rooms if layer]
