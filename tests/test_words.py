"""Names are plain words: nouns for values, verbs for acts, and in `analytics` one name for one thing.

What prose calls by a name in backticks is there by that name.
"""

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
APPS = ("analytics", "campaignos", "workspaces")

IRREGULAR = re.compile(
    "(?:fore|mis|over|re|un|with)?(?:begun|bent|born|bought|bound|broken|brought|built|caught|chosen|done|drawn|driven|"
    "eaten|fallen|felt|flown|forgotten|fought|found|frozen|given|gone|grown|had|heard|held|hidden|hung|kept|known|laid|"
    "lain|led|left|lent|lost|made|meant|met|paid|proven|ridden|risen|said|seen|sent|shaken|shown|sold|sought|spent|"
    "spoken|stolen|struck|stuck|swept|taken|taught|thought|thrown|told|torn|understood|woken|won|worn|woven|written)|"
    "shut|unread|unset"
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

NO_NAMES_OF_OURS: dict[str, str] = {
    "STRASSE": "a text that is compared",
    "Straße": "the same",
    "email_id": "a property of some senders, which is not read",
    "invalid_signed_up_at": "a code that is put together of a field's name",
    "listMessageEvents": "what the schema makes of two words",
    "uk": "of `hotmail.co.uk`",
    "value__in": "a lookup of Django's",
}
"""Names in prose that nothing has, and what they are."""
DEVELOPERS_PAGES = [ROOT / "docs" / f"{name}.md" for name in ("architecture", "development", "ledger")]


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


@pytest.mark.long
def test_no_function_or_class_is_named_by_a_participle_alone():
    names = [(path, name) for app in APPS for path, tree in modules(app) for name in functions_and_classes(tree)]
    participles = {f"{path} {name}" for path, name in names if is_participle(name) and name not in PARTICIPLES}
    assert participles == set()
    assert set(PARTICIPLES) <= {name for _, name in names}
    assert sum(is_participle(name) for _, name in names) < len(names) / 100


@pytest.mark.long
def test_no_public_name_of_analytics_stands_in_two_modules():
    places = defaultdict(set)
    for path, tree in modules("analytics"):
        for name in public_names(tree):
            places[name].add(str(path))
    shared = {name: sorted(paths) for name, paths in places.items() if len(paths) > 1}
    assert {name: paths for name, paths in shared.items() if name not in SHARED} == {}
    assert set(SHARED) <= set(shared)


def prose_and_code(path: Path) -> tuple[list[str], set[str]]:
    """A module's docstrings and comments, and all words of its names and texts."""
    source = path.read_text()
    docstrings = {
        node.value.lineno: node.value.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }
    prose, words = list(docstrings.values()), set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            prose.append(token.string)
        elif token.type == tokenize.NAME or token.start[0] not in docstrings:
            words.update(re.findall(r"\w+", token.string))
    return prose, words


def quoted_names(text: str) -> Iterator[str]:
    """The parts of names in backticks, such as `a`, `a.b` and `a(b, c)`; a file is none."""
    for name in re.findall(r"`([A-Za-z_]\w*(?:\.\w+)*)(?:\([^`\n]*\))?`", text):
        yield from () if (ROOT / name).exists() else name.split(".")


@pytest.mark.long
def test_what_prose_names_in_backticks_is_there_by_that_name():
    there, quoted = {path.stem for path in (ROOT / "tests").rglob("*.py")}, defaultdict(set)
    for path in (path for app in APPS for path in (ROOT / app).rglob("*.py")):
        prose, words = prose_and_code(path)
        there |= {path.stem, *words, *path.relative_to(ROOT).parts}
        if "migrations" not in path.parts:
            quoted[path] |= {name for text in prose for name in quoted_names(text)}
    for page in DEVELOPERS_PAGES:
        text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
        quoted[page] |= set(quoted_names(text))
    missing = {f"{path.relative_to(ROOT)} {name}" for path, names in quoted.items() for name in names - there}
    assert {name for name in missing if name.split()[1] not in NO_NAMES_OF_OURS} == set()
    assert set(NO_NAMES_OF_OURS) <= {name.split()[1] for name in missing}
