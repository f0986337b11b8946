"""The program as the drill serves it: by a clock that a file sets ahead or back. PostgreSQL's own stays right."""

import tempfile
import time
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from analytics.operations.drill.scratch import CLOCK


def _read_offset() -> float:
    """By how many seconds it is ahead: what the file in the folder for temporary files says."""
    return float((Path(tempfile.gettempdir()) / CLOCK).read_text() or 0)


def step_clock() -> None:
    """Have the program read its clock by the file; only processes' own clocks, which nobody sets, go on as they do."""
    real_time, real_now = time.time, timezone.now
    time.time = lambda: real_time() + _read_offset()
    timezone.now = lambda: real_now() + timedelta(seconds=_read_offset())


step_clock()
from campaignos.wsgi import application  # noqa: E402, F401  reads the program, by that clock
