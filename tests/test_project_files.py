"""What editors and pre-commit are told is what the program's own files and checks are."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from django.conf import settings

ROOT = settings.BASE_DIR
TEXTS = {".py", ".html", ".css", ".js", ".md", ".toml", ".yaml", ".yml", ".txt", ".json"}
MADE_OR_OTHERS = {"vendor", "node_modules", "var"}


def texts(folder: Path = ROOT) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and path.name not in MADE_OR_OTHERS and not path.name.startswith("."):
            yield from texts(path)
        elif path.suffix in TEXTS:
            yield path


@pytest.mark.parametrize(
    ("rule", "pattern"),
    [
        ("end_of_line = lf", r"\r"),
        ("trim_trailing_whitespace = true", r"[ \t]$"),
        ("insert_final_newline = true", r"[^\n]\Z"),
        ("indent_style = space", r"^ *\t"),
    ],
)
def test_the_files_keep_to_what_editors_are_told(rule, pattern):
    assert rule in (ROOT / ".editorconfig").read_text()
    breaking = re.compile(pattern.encode(), re.MULTILINE)
    found = [str(path.relative_to(ROOT)) for path in texts() if breaking.search(path.read_bytes())]
    assert found == []


def test_pre_commit_runs_what_lint_runs_and_fetches_nothing():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [repo["repo"] for repo in hooks["repos"]] == ["local"]
    lint = (ROOT / "Makefile").read_text().replace("$(BIN)", ".venv/bin")
    for hook in hooks["repos"][0]["hooks"]:
        assert hook["language"] == "system"
        assert f"\t{hook['entry']}" in lint, hook["id"]


def test_a_colour_of_pages_and_administration_stands_once():
    """Both take what they share from tokens.css."""
    sheets = {path.name: path.read_text() for path in (ROOT / "static" / "css").glob("*.css")}
    pairs = {name: set(re.findall(r"light-dark\([^;]*\)", text)) for name, text in sheets.items()}
    assert pairs["tokens.css"]
    assert not pairs["tokens.css"] & (pairs["site.css"] | pairs["admin.css"])
    assert not pairs["site.css"] & pairs["admin.css"]
