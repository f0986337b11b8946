"""What a document links to or names by its path is there."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
TODAY = [page for page in DOCUMENTS if page.name != "CHANGELOG.md" and page.parent.name != "decisions"]
"""What they say holds now; a decision and a release tell of their day."""
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PATH = re.compile(r"`([\w.-]+(?:/[\w.-]+)*/[\w-]+\.(?:py|md|html|js|css|toml|yaml|yml))`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(page.read_text())}


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", DOCUMENTS, ids=name)
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(page):
    for link in _LINK.findall(page.read_text()):
        if "://" in link or link.startswith("mailto:"):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", TODAY, ids=name)
def test_every_path_that_a_document_names_is_there(page):
    for path in _PATH.findall(page.read_text()):
        assert any((folder / path).exists() for folder in (ROOT, ROOT / "analytics", ROOT / "tests", page.parent)), path


def test_every_document_can_be_found_from_the_readme():
    """Directly, or by way of another one."""
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        links = (link.partition("#")[0] for link in _LINK.findall(page.read_text()) if "://" not in link)
        waiting += [target for link in links if (target := (page.parent / link).resolve()).suffix == ".md"]
    assert {*DOCUMENTS} - seen == set()
