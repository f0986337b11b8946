"""Follows docs/operations.md on a bare Debian, block by block, and looks whether what it promises is there.

`python -m tests.host`, as root. `--fault NAME` first puts in one of FAULTS, which were once in the guide: it must fail.
"""

import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path

from tests.host.guide import commands
from tests.host.machine import HostError, base, booted, why_not
from tests.host.steps import STEPS
from tests.releases import revision_of

_ROOT = Path(__file__).parent.parent.parent
_BACKUP_UNIT = "deploy/systemd/campaignos-backup.service"
_PACKAGE = "campaignos/__init__.py"

FAULTS = {
    "comment": ("docs/operations.md", "\nHTTPS=true\n", "\nHTTPS=true  # behind nginx\n"),
    "metrics": ("deploy/nginx/campaignos.conf", "~ ^/(metrics|readyz)(/|$)", "~ ^/(metrics|readyz)$"),
    "second-night": (_BACKUP_UNIT, "ExecStart=mv campaignos", "ExecStart=ln campaignos"),
    "readable": (_BACKUP_UNIT, "UMask=077\n", ""),
}
"""File, what stands in it, and what is put in its place."""


def main() -> int:
    parser = ArgumentParser(prog="python -m tests.host")
    parser.add_argument("--fault", choices=FAULTS, help="what to put into the guide first, which must fail")
    fault = parser.parse_args().fault
    if missing := why_not():
        print(f"SKIPPED: the guide was NOT followed on a machine: {missing}.")
        return 0
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as place, booted(base(_ROOT / "requirements.txt")) as machine:
        source = releases_in(Path(place) / "source", fault)
        guide = commands(source)
        try:
            for step in STEPS:
                print(f"{time.monotonic() - start:4.0f} s  {step.__name__.replace('_', ' ')} …", flush=True)
                step(machine, guide, source)
        except HostError as wrong:
            print(f"FAILED\n{wrong}")
            return 1
        print(f"The guide was followed to its end in {time.monotonic() - start:,.0f} s.")
    return 0


def releases_in(folder: Path, fault: str | None) -> Path:
    """A repository of the tree's newest commit, with the guide's releases: they differ in their version.

    0.1.0 is there as it was.
    """
    _git(_ROOT, "clone", "--quiet", str(_ROOT), str(folder))
    _git(folder, "tag", "--force", "v0.1.0", revision_of("0.1.0"))
    if fault:
        _put(folder, *FAULTS[fault])
    named = '__version__ = "{}"'.format
    current = (folder / _PACKAGE).read_text().partition('__version__ = "')[2].partition('"')[0]
    for version in ("0.2.0", "0.3.0"):
        if version != current:
            _put(folder, _PACKAGE, named(current), named(version))
        current = version
        _git(folder, "tag", "--force", f"v{version}")
    return folder


def _put(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text, f"{name} no longer has {old!r}"
    (folder / name).write_text(text.replace(old, new))
    _git(folder, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "--quiet", "-am", f"Change {name}")


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(folder), *words], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
