"""Which tests a command runs: all, those that touch the database, or the quick ones.

A test that takes long is marked, stands in a module that was measured to, or begins with what takes long: a server, a
browser, processes of its own.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

LONGEST = {
    "test_expiry_killed",
    "test_processes",
    "test_random_histories",
    "test_restore",
    "test_schemathesis",
    "test_sizes",
    "test_soak",
    "test_state_machine",
    "test_upgrade",
    "test_urls",
}
"""The modules whose tests take a minute and more."""
QUICK_SECONDS = 0.25
"""How long a processor may be at a quick test before it is asked to be faster, or marked; most take a tenth of it."""
QUICK_MEAN_SECONDS = 0.05
"""And at the tests of a module that are quick otherwise, on average."""
_TESTS = Path(__file__).parent
_MEASURED = _TESTS / "long_modules.txt"
"""The modules that take longer, a line each; `make long-modules` measures them anew."""
LONG_MODULES = frozenset(_MEASURED.read_text().split())
_COST = "processor_seconds"
_BEGAN = pytest.StashKey[float]()


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
    if is_long(item.path) or {"live_server", "own_database", "installation"} & _fixtures(item):
        return True
    return any(item.get_closest_marker(name) for name in ("long", "processes"))


def is_long(path: Path) -> bool:
    """Whether all tests of a module are."""
    return path.stem in LONGEST or bool({"browser", "interop", "torture"} & {*path.parts})


def is_measured_as_long(path: Path) -> bool:
    return path.is_relative_to(_TESTS) and _name(path) in LONG_MODULES


def _name(path: Path) -> str:
    return path.relative_to(_TESTS.parent).as_posix()


def _fixtures(item: pytest.Item) -> set[str]:
    return {*getattr(item, "fixturenames", ())}


def note_beginning(item: pytest.Item) -> None:
    item.stash[_BEGAN] = time.process_time()


def note_cost(item: pytest.Item) -> None:
    """With the test's report, so that it gets from the process that ran it to the one that sums up."""
    item.user_properties.append((_COST, time.process_time() - item.stash[_BEGAN]))


def too_long(reports: Iterable[pytest.TestReport]) -> list[str]:
    """What to say of the tests that are not as quick as they should be, the slowest first."""
    slow = sorted((cost, test) for test, cost in _costs(reports).items() if cost > QUICK_SECONDS)
    return [f"{cost:.1f} s  {test}" for cost, test in reversed(slow)]


def write_long_modules(reports: Iterable[pytest.TestReport]) -> None:
    costs: dict[str, list[float]] = defaultdict(list)
    for test, cost in _costs(reports).items():
        costs[test.partition("::")[0]].append(cost)
    long = sorted(module for module, each in costs.items() if sum(each) > QUICK_MEAN_SECONDS * len(each))
    _MEASURED.write_text("".join(f"{module}\n" for module in long))


def _costs(reports: Iterable[pytest.TestReport]) -> dict[str, float]:
    """By test, with what its fixtures take."""
    return {report.nodeid: dict(report.user_properties).get(_COST, 0) for report in reports}
