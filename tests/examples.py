"""How many examples hypothesis tries: few in the suite, as many as HYPOTHESIS_EXAMPLES says in `make torture`."""

import os
from typing import Any

from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def examples(few: int, *, times: int = 1, **others: Any) -> settings:
    """A test's settings; `times` as many where an example is cheap.

    One example may take as long as a database needs, and share its fixtures with the next.
    """
    most = times * int(os.environ.get("HYPOTHESIS_EXAMPLES", few))
    return settings(max_examples=most, deadline=None, suppress_health_check=list(HealthCheck), **others)
