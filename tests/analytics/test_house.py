"""What import-linter cannot see of how the house is built."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from django.urls import URLResolver

from analytics import urls
from analytics.audited import DataAction
from analytics.intake import calls, hooks
from analytics.providers import Provider

ROOT = Path(__file__).parents[2]
ANALYTICS = ROOT / "analytics"
OF_REQUESTS = ("django.http", "django.shortcuts", "django.urls", "django.template", "rest_framework")


def imports(path):
    """What a module imports: `from django import http` is `django.http`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.long
@pytest.mark.parametrize("room", ["questions", "reports", "presentation"])
def test_questions_reports_and_what_is_shown_know_no_request(room):
    modules = list((ANALYTICS / room).rglob("*.py"))
    assert modules
    found = {f"{path.name}: {name}" for path in modules for name in imports(path) if name.startswith(OF_REQUESTS)}
    assert found == set()


@pytest.mark.long
def test_questions_and_what_is_shown_ask_no_database():
    modules = [*(ANALYTICS / "questions").rglob("*.py"), *(ANALYTICS / "presentation").rglob("*.py")]
    names = ((path.name, name) for path in modules for name in imports(path))
    found = {(module, name) for module, name in names if name.startswith("analytics.models")}
    assert found == set()


def layers():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return [re.findall(r"analytics\.(\w+)", layer) for layer in contracts[0]["layers"]]


def test_every_room_and_every_module_beside_them_has_its_place_in_the_order():
    there = {path.stem for path in ANALYTICS.iterdir() if not path.name.startswith("__")}
    assert there - {name for layer in layers() for name in layer} == {"migrations"}


def test_the_order_of_the_rooms_is_documented_as_it_is_held():
    rooms = [[name for name in layer if (ANALYTICS / name).is_dir()] for layer in layers()]
    block = (ROOT / "docs" / "architecture.md").read_text().partition("downwards only")[2].split("```")[1]
    documented = [line.partition("  ")[0].split() for line in block.strip().splitlines()]
    assert documented == [room for room in rooms if room]


def strings(path):
    """The texts in a module, without its docstrings and comments, with the line of each."""
    tree = ast.parse(path.read_text())
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def route_names(patterns):
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from route_names(each.url_patterns)
        elif each.name:
            yield each.name


PLAIN_WORDS = {"contact", "revenue", "webhook"}
"""Names of routes that are names of icons, of what is recorded and of properties as well."""
OF_WORKSPACES = [
    path
    for path in sorted((ROOT / "workspaces").rglob("*.py"))
    if "migrations" not in path.parts  # what was, stays
]
TEMPLATES_OF_WORKSPACES = [
    *(ROOT / "templates" / f"{name}.html" for name in ("base", "workspace", "workspaces", "_navigation", "_switcher")),
    *(path for room in ("account", "mfa") for path in sorted((ROOT / "templates" / room).rglob("*.html"))),
    *(
        path
        for path in sorted((ROOT / "templates" / "settings").rglob("*.html"))
        if path.name
        not in (
            "data.html",
            "drop.html",
            "links.html",
            "endpoints.html",
            "money.html",
            "money_choice.html",
            "money_type.html",
            "rates.html",
        )
    ),
]


@pytest.mark.long
def test_workspaces_know_no_page_of_analytics_by_name():
    names = {*route_names(urls.urlpatterns), *route_names(calls.urlpatterns), *route_names(hooks.urlpatterns)}
    assert {"overview", "contacts", "settings-data", "key-drop", "ingest-batch"} <= names
    found = {
        f"{path.relative_to(ROOT)}:{line} {text}"
        for path in OF_WORKSPACES
        for line, text in strings(path)
        if text in names - PLAIN_WORDS
    }
    used = {
        f"{path.relative_to(ROOT)} {name}"
        for path in TEMPLATES_OF_WORKSPACES
        for name in re.findall(r"""\{% url ['"]([\w-]+)['"]""", path.read_text())
        if name in names
    }
    assert found | used == set()


@pytest.mark.long
def test_workspaces_know_no_provider_and_no_act_on_data_by_name():
    names = {text.lower() for provider in Provider for text in (provider.value, str(provider.label))}
    names |= {action.value for action in DataAction}
    names -= {"resend"}  # a plain word, too
    word = re.compile("|".join(rf"(?<![\w.]){re.escape(name)}(?!\w)" for name in sorted(names)))
    found = {
        f"{path.relative_to(ROOT)} {match[0]}"
        for path in (*OF_WORKSPACES, *TEMPLATES_OF_WORKSPACES)
        for match in word.finditer(path.read_text().lower())
    }
    assert found == set()
