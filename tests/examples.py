"""How many examples hypothesis tries: few in the suite, fewer in `make check`, as many as HYPOTHESIS_EXAMPLES says in
`make torture`, on each database.

On PostgreSQL the suite tries half of them: what is to be found in Python, the examples on SQLite find, and what is left
to find is what a statement means there.
"""

import os
from typing import Any

from django.conf import settings as of_program
from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

QUICK_SHARE = 5
"""Of so many examples of the suite, `make check` tries one."""
ELSEWHERE_SHARE = 2
"""And of so many, the suite tries one on other databases than SQLite."""
_share = 1 if of_program.DATABASE_VENDOR == "sqlite3" else ELSEWHERE_SHARE


def be_quick() -> None:
    """For the tests that are collected from now on, also those that do not say how many."""
    global _share
    _share = QUICK_SHARE
    settings.register_profile("quick", deadline=None, max_examples=settings.default.max_examples // QUICK_SHARE)
    settings.load_profile("quick")


def examples(few: int, *, times: int = 1, **others: Any) -> settings:
    """A test's settings; `times` as many where an example is cheap.

    One example may take as long as a database needs, and share its fixtures with the next.
    """
    asked_for = os.environ.get("HYPOTHESIS_EXAMPLES")
    most = max(1, times * int(asked_for) if asked_for else times * few // _share)
    return settings(max_examples=most, deadline=None, suppress_health_check=list(HealthCheck), **others)
