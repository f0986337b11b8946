"""The blocks of docs/operations.md, by the heading that they stand under."""

import re
from pathlib import Path

_FENCE = re.compile(r"^ *```(\w+)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)

TRIED = {
    "From an empty host": 4,
    "Services": 2,
    "Watching it": 1,
    "Upgrades without downtime": 2,
    "Back up PostgreSQL": 1,
    "Back up PostgreSQL every night": 1,
    "Restore PostgreSQL": 1,
    "After either": 1,
}
"""How many blocks of commands under a heading `python -m tests.host` types on the machine, from the first one."""

UNTRIED = {
    "PgBouncer": "tests/test_pooler.py tries it with the real program",
    "In containers": "takes an engine and a registry; tests/test_deploy.py reads the files",
    "When something befalls it": "tests of the drill run it and hold its output to the guide",
    "Upgrades without downtime": "the move from a layout before releases stood side by side",
    "Back up PostgreSQL with row level security": "tests/test_restore.py, in the suite with row level security",
    "Back up SQLite": "tests/test_restore.py",
    "Restore SQLite": "tests/test_restore.py",
}
"""Why the others are not typed there, and what tries them."""


def commands(guide: Path) -> dict[str, list[str]]:
    """The blocks of shell commands, in their order, under each heading."""
    text = guide.read_text()
    fences = [*_FENCE.finditer(text)]
    headings = [
        heading for heading in _HEADING.finditer(text) if not any(f.start() < heading.start() < f.end() for f in fences)
    ]
    found: dict[str, list[str]] = {}
    for fence in fences:
        if fence[1] == "sh":
            above = [heading[1] for heading in headings if heading.start() < fence.start()][-1]
            found.setdefault(above, []).append(fence[2])
    return found
