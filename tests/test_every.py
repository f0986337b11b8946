"""`make test` runs all suites, also after a red one, and sums up."""

import os
import subprocess
import sys

import pytest
from django.conf import settings


@pytest.mark.parametrize(
    ("targets", "status", "end"),
    [
        (["red", "green", "last"], 1, ["red FAILED", "green passed", "last passed", "Something failed."]),
        (["green", "last"], 0, ["green passed", "last passed", "All checks passed."]),
    ],
)
def test_all_run_also_after_a_red_one_and_the_sum_says_which_failed(tmp_path, targets, status, end):
    rules = ["green last:", "\t@echo $@ was run", "red:", "\t@echo $@ was run; exit 2"]
    (tmp_path / "Makefile").write_text("\n".join(rules) + "\n")
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}

    done = subprocess.run(
        [sys.executable, "-m", "tests.every", *targets],
        cwd=tmp_path,
        env={**outside, "PYTHONPATH": str(settings.BASE_DIR)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == status, done.stderr
    assert all(f"{target} was run" in done.stdout for target in targets)
    lines = [" ".join(line.split(" in ")[0].split()) for line in done.stdout.rpartition("\n\n")[2].splitlines()]
    assert lines == end
