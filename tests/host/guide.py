"""The blocks of docs/operations.md, by the heading that they stand under."""

from pathlib import Path

from tests.blocks import blocks

TRIED = {
    "From an empty host": 4,
    "Services": 2,
    "Watching it": 1,
    "Mails that come back": 1,
    "When something befalls it": 1,
    "Upgrades without downtime": 2,
    "From 0.1.0": 3,
    "Back up PostgreSQL": 1,
    "Back up PostgreSQL every night": 1,
    "Restore PostgreSQL": 1,
    "After either": 1,
}
"""How many blocks of commands under a heading `python -m tests.host` types on the machine, from the first one."""

UNTRIED = {
    "PgBouncer": "tests/test_pooler.py tries it with the real program",
    "In containers": "takes an engine and a registry; tests/test_deploy.py reads the files",
    "Back up PostgreSQL with row level security": "tests/test_restore.py, in the suite with row level security",
    "Back up SQLite": "tests/test_restore.py",
    "Restore SQLite": "tests/test_restore.py",
}
"""Why the others are not typed there, and what tries them."""


def commands(root: Path, page: str = "docs/operations.md") -> dict[str, list[str]]:
    """The blocks of shell commands, in their order, under each heading."""
    found: dict[str, list[str]] = {}
    for block in blocks(page, "sh", root=root):
        found.setdefault(block.heading, []).append(block.text)
    return found
