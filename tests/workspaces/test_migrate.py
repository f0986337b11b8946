"""`manage.py migrate` by several hosts or units at once: one after the other, and all end well.

The migrations of one app are enough for it, and take a third of the time of all.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.installation import run

pytestmark = pytest.mark.processes


def test_two_that_are_run_at_once_wait_for_each_other(own_database):
    with ThreadPoolExecutor(2) as pool:
        ended = [pool.submit(run, own_database, "manage.py", "migrate", "workspaces", "-v0") for _ in range(2)]
    assert [process.result().returncode for process in ended] == [0, 0], [process.result().stderr for process in ended]
    assert run(own_database, "manage.py", "migrate", "workspaces", "--check").returncode == 0
