"""Each decision says when it was made and whether it holds, also of others; the index has all of them."""

import re
from pathlib import Path

import pytest
from django.conf import settings

FOLDER = settings.BASE_DIR / "docs" / "decisions"
DECISIONS = sorted(FOLDER.glob("0*.md"))
INDEX = (FOLDER / "README.md").read_text()
_LINK = re.compile(r"\[(\d+)\]\((\d{4}-[\w-]+\.md)\)")
_HEAD = re.compile(r"# (\d+)\. (.+)\n\n((?:- .+\n)+)\n")
STATUS = re.compile(r"Proposed|Accepted|Superseded by " + _LINK.pattern)
RELATIONS = {
    "Supersedes": "Superseded by",
    "Supersedes in part": "Superseded in part by",
}
"""Each said by the later decision, and the other way round by the former."""


def head(path: Path) -> tuple[str, str, list[tuple[str, str]]]:
    found = _HEAD.match(path.read_text())
    assert found, f"{path.name} begins with '# N. Title', an empty line, '- Date: …', '- Status: …' and an empty line"
    return found[1], found[2], [tuple(line[2:].split(": ", 1)) for line in found[3].splitlines()]


def related(path: Path, relation: str) -> set[str]:
    _, _, lines = head(path)
    status = dict(lines)["Status"]
    texts = [text for name, text in lines if name == relation]
    texts += [status] if relation == "Superseded by" and status.startswith(relation) else []
    return {file for text in texts for _, file in _LINK.findall(text)}


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name[:4])
def test_a_decision_says_its_number_date_and_status(path):
    number, _, lines = head(path)
    assert int(number) == int(path.name[:4])
    assert [name for name, _ in lines][:2] == ["Date", "Status"]
    assert {name for name, _ in lines[2:]} <= {"Supersedes", "Supersedes in part", "Superseded in part by", "Extends"}
    assert re.fullmatch(r"20\d\d-[01]\d-[0-3]\d", lines[0][1])
    assert STATUS.fullmatch(lines[1][1])


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name[:4])
def test_a_decision_links_others_by_their_numbers(path):
    for number, file in _LINK.findall(path.read_text()):
        assert int(number) == int(file[:4]), file
        assert (FOLDER / file).is_file(), file
    for file in re.findall(r"\((\d{4}-[\w-]+\.md)\)", path.read_text()):
        assert (FOLDER / file).is_file(), file


@pytest.mark.parametrize(("later", "former"), RELATIONS.items())
def test_what_is_superseded_says_so_and_by_what(later, former):
    said_by_later = {(path.name, file) for path in DECISIONS for file in related(path, later)}
    said_by_former = {(file, path.name) for path in DECISIONS for file in related(path, former)}
    assert said_by_later == said_by_former


def test_no_number_is_given_twice():
    assert len({path.name[:4] for path in DECISIONS}) == len(DECISIONS)


def test_the_index_has_every_decision_with_its_date_and_status():
    rows = []
    for path in DECISIONS:
        number, title, lines = head(path)
        is_cut = any(name == "Superseded in part by" for name, _ in lines)
        status = dict(lines)["Status"] + (", superseded in part" if is_cut else "")
        rows.append(f"| {number} | [{title}]({path.name}) | {dict(lines)['Date']} | {status} |")
    assert re.findall(r"^\| \d.*$", INDEX, re.MULTILINE) == rows, "\n".join(rows)
