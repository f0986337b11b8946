"""No block of commands is in docs/operations.md that `make test-host` neither types nor says why not."""

import subprocess
import sys

import pytest
from django.conf import settings

from tests.host.__main__ import FAULTS
from tests.host.guide import TRIED, UNTRIED, commands


def test_every_block_of_the_guide_is_typed_on_a_machine_or_told_why_not() -> None:
    found = commands(settings.BASE_DIR)
    assert found.keys() == TRIED.keys() | UNTRIED.keys()
    assert {heading for heading, blocks in found.items() if len(blocks) > TRIED.get(heading, 0)} == UNTRIED.keys()


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_fault_is_put_in_the_place_of_is_there(fault: str) -> None:
    name, old, _ = FAULTS[fault]
    assert (settings.BASE_DIR / name).read_text().count(old) == 1


@pytest.mark.processes
def test_it_is_told_loudly_where_no_machine_can_be_made() -> None:
    command = [sys.executable, "-m", "tests.host"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env={"PATH": ""}, capture_output=True, text=True)
    assert done.stdout.startswith("SKIPPED: the guide was NOT followed on a machine: "), done.stdout + done.stderr
    assert done.returncode == 0
