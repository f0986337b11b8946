"""Names are plain words: nouns for values, verbs for acts, and in `analytics` one name for one thing."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
APPS = ("analytics", "campaignos", "workspaces")

IRREGULAR = re.compile(
    "begun|bound|broken|brought|built|caught|chosen|done|drawn|driven|eaten|fallen|felt|forgotten|found|foreseen|given|"
    "gone|grown|had|heard|held|hidden|kept|known|laid|led|left|lent|lost|made|meant|met|paid|risen|said|seen|sent|shown|"
    "shut|sold|spent|spoken|stolen|struck|taken|taught|thought|thrown|told|torn|understood|won|worn|woven|written"
)
"""Participles that do not end in -ed, without those that are spelt as their verbs: read, cut, put, set, run."""
NO_PARTICIPLES = frozenset(
    {"bed", "embed", "exceed", "feed", "need", "proceed", "red", "seed", "shed", "speed", "succeed"}
)
"""Verbs and nouns that end in -ed."""
PARTICIPLES: dict[str, str] = {
    "Counted": "what the ledger counts: named as its column, in which these values are stored",
}
"""Names that are a participle alone all the same, and why."""
SHARED: dict[str, str] = {
    "Command": "Django looks a command up by it",
    "logger": "each module's own, by the convention of logging",
    "urlpatterns": "Django looks the routes of a module up by it",
}
"""Public names that more than one module of `analytics` defines, and why."""


def modules(app: str) -> Iterator[tuple[Path, ast.Module]]:
    """Without migrations, which stay as they were written."""
    for path in sorted((ROOT / app).rglob("*.py")):
        if "migrations" not in path.parts:
            yield path.relative_to(ROOT), ast.parse(path.read_text())


def is_participle(name: str) -> bool:
    """Whether a name is a participle and nothing else: `told`, `_Merged`; not `merged_rows`."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+", name)
    word = words[0].lower() if len(words) == 1 else ""
    return IRREGULAR.fullmatch(word) is not None or (word.endswith("ed") and word not in NO_PARTICIPLES)


def functions_and_classes(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


def assigned(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Tuple):
        for part in target.elts:
            yield from assigned(part)
    elif isinstance(target, ast.Name):
        yield target.id


def public_names(tree: ast.Module) -> Iterator[str]:
    """What a module defines at its top level: functions, classes, constants; nothing that it imports."""
    for node in tree.body:
        names: list[str] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [name for target in node.targets for name in assigned(target)]
        elif isinstance(node, ast.AnnAssign):
            names = list(assigned(node.target))
        yield from (name for name in names if not name.startswith("_"))


@pytest.mark.parametrize("name", ["told", "_crowded", "Merged", "__written", "joined"])
def test_a_participle_alone_is_one(name):
    assert is_participle(name)


@pytest.mark.parametrize("name", ["read", "cut", "feed", "visitors", "merged_rows", "MergedRows", "is_written", "ID"])
def test_nouns_verbs_and_participles_beside_a_noun_are_none(name):
    assert not is_participle(name)


def test_no_function_or_class_is_named_by_a_participle_alone():
    names = [(path, name) for app in APPS for path, tree in modules(app) for name in functions_and_classes(tree)]
    participles = {f"{path} {name}" for path, name in names if is_participle(name) and name not in PARTICIPLES}
    assert participles == set()
    assert set(PARTICIPLES) <= {name for _, name in names}
    assert sum(is_participle(name) for _, name in names) < len(names) / 100


def test_no_public_name_of_analytics_stands_in_two_modules():
    places = defaultdict(set)
    for path, tree in modules("analytics"):
        for name in public_names(tree):
            places[name].add(str(path))
    shared = {name: sorted(paths) for name, paths in places.items() if len(paths) > 1}
    assert {name: paths for name, paths in shared.items() if name not in SHARED} == {}
    assert set(SHARED) <= set(shared)
