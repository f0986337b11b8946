"""Which tests a command runs: all, those that touch the database, or the quick ones.

A test that takes long is marked, or begins with what takes long: a server, a browser, processes of its own.
"""

import time
from collections.abc import Callable, Iterable

import pytest

LONGEST = {
    "test_expiry_killed",
    "test_processes",
    "test_random_histories",
    "test_restore",
    "test_schemathesis",
    "test_soak",
    "test_state_machine",
    "test_upgrade",
    "test_urls",
}
"""The modules whose tests take a minute and more."""
QUICK_SECONDS = 0.25
"""How long a processor may be at a quick test before it is asked to be faster, or marked; most take a tenth of it."""
_COST = "processor_seconds"


def leave_out(config: pytest.Config, items: list[pytest.Item], is_out: Callable[[pytest.Item], bool]) -> None:
    config.hook.pytest_deselected(items=[item for item in items if is_out(item)])
    items[:] = [item for item in items if not is_out(item)]


def touches_database(item: pytest.Item) -> bool:
    """Tests that are for one database say so by being skipped on the others.

    What a browser makes of a page is the same on both, since the pages are: they have tests of their own.
    """
    if "browser" in item.path.parts or item.get_closest_marker("either_database"):
        return False
    if {"django_db_setup", "own_database"} & _fixtures(item):
        return True
    return any(item.get_closest_marker(name) for name in ("django_db", "skipif"))


def takes_long(item: pytest.Item) -> bool:
    if {"live_server", "own_database", "installation"} & _fixtures(item):
        return True
    if {"browser", "interop", "torture"} & {*item.path.parts}:
        return True
    return item.path.stem in LONGEST or any(item.get_closest_marker(name) for name in ("long", "processes"))


def _fixtures(item: pytest.Item) -> set[str]:
    return {*getattr(item, "fixturenames", ())}


def note_cost(item: pytest.Item, began: float) -> None:
    """With the test's report, so that it gets from the process that ran it to the one that sums up."""
    item.user_properties.append((_COST, time.process_time() - began))


def too_long(reports: Iterable[pytest.TestReport]) -> list[str]:
    """What to say of the tests that are not as quick as they should be, the slowest first."""
    costs = {report.nodeid: dict(report.user_properties).get(_COST, 0) for report in reports}
    slow = sorted((cost, test) for test, cost in costs.items() if cost > QUICK_SECONDS)
    return [f"{cost:.1f} s  {test}" for cost, test in reversed(slow)]
