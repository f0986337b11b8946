"""The tests' own databases: no run takes another's, and none stays behind."""

import os
import subprocess
import sys
from pathlib import Path

from tests.template import copy_of_process, delete_copies_of_ended_processes


def test_what_is_left_of_a_killed_run_goes_and_what_another_one_uses_stays(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-S", "-c", ""]) as ended:
        pass
    left, used = copy_of_process(tmp_path, ended.pid), copy_of_process(tmp_path, os.getppid())
    for path in (left, left.with_name(f"{left.name}-wal"), used, tmp_path / "template-1.sqlite3"):
        path.touch()

    delete_copies_of_ended_processes(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {used.name, "template-1.sqlite3"}
