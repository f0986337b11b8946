"""The fenced blocks of README.md and docs/, by the heading that they stand under."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,4} (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A page's name is its path from the root; no heading, and no language, is an empty text."""

    page: str
    heading: str
    language: str
    text: str


def blocks(page: str, language: str | None = None, heading: str | None = None, root: Path = ROOT) -> list[Block]:
    """In their order, those of a language and those under a heading if one is named."""
    found, above, end = [], "", 0
    text = (root / page).read_text()
    for fence in _FENCE.finditer(text):
        above = [above, *_HEADING.findall(text, end, fence.start())][-1]
        end = fence.end()
        block = re.sub(f"^{fence[1]}", "", fence[3], flags=re.MULTILINE)
        found.append(Block(page, above, fence[2], block))
    return [block for block in found if language in (None, block.language) and heading in (None, block.heading)]
