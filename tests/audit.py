"""`make audit`: is there a known vulnerability in what the program runs on? Where nobody can be asked, it says so."""

import json
import re
import subprocess
import sys
from pathlib import Path

ASK = (
    "--requirement",
    "requirements.txt",
    "--no-deps",
    "--disable-pip",
    "--format",
    "json",
    "--progress-spinner",
    "off",
)
UNREACHABLE = re.compile(r"^requests\.exceptions\.|your network may be blocking this service", re.MULTILINE)
"""What pip-audit ends with then."""


def main() -> int:
    asked = subprocess.run([Path(sys.executable).with_name("pip-audit"), *ASK], capture_output=True, text=True)
    if not asked.stdout:
        return _not_audited() if UNREACHABLE.search(asked.stderr) else _failed(asked.stderr.splitlines())
    packages = json.loads(asked.stdout)["dependencies"]
    unknown = [one["skip_reason"] for one in packages if "skip_reason" in one]
    if len(unknown) == len(packages):
        return _not_audited()
    vulnerable = [
        f"{one['name']} {one['version']}: {found['id']}, mended in {' or '.join(found['fix_versions']) or 'no release'}"
        for one in packages
        for found in one.get("vulns", ())
    ]
    if vulnerable or unknown:
        return _failed([*vulnerable, *unknown])
    print(f"None of {len(packages)} packages has a known vulnerability.")
    return 0


def _not_audited() -> int:
    """Behind a mirror or a firewall: nothing is found out about the packages, for which they cannot help."""
    print(
        "NOT AUDITED: no advisories can be had here, only from PyPI's JSON API; run make audit where it is reachable."
    )
    return 0


def _failed(problems: list[str]) -> int:
    print(*problems, sep="\n", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
