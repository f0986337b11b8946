"""Whether the clock can be trusted to say what is old: nobody can bring back what is deleted by it."""

from datetime import datetime, timedelta

from analytics.models import JobRun
from workspaces.models import AuditEvent
from workspaces.scope import scope_of_all

LONGEST_STEP = timedelta(hours=25)
"""How long there may be no tick: a timer that calls one a day is late at times."""
STEADY_FOR = timedelta(hours=23)
"""How long a clock must have gone on evenly; a job of each day is due again then."""
CLOCKS_APART = timedelta(minutes=1)
"""How far the clocks of two hosts may be apart."""


class ClockJumped(Exception):
    """The clock jumped between two instants that the database has seen one after the other."""

    def __init__(self, before: datetime, after: datetime) -> None:
        self.before, self.after = before, after
        super().__init__(f"The clock went from {before:%Y-%m-%d %H:%M} to {after:%Y-%m-%d %H:%M} UTC at once.")


def check_clock(now: datetime) -> None:
    """Raises ClockJumped where the clock has jumped within the last day, or no tick has run for longer.

    One query, of the runs of a day; where there were none, of the newest line of the audit log.
    """
    after = now
    for before in JobRun.objects.order_by("-pk").values_list("started_at", flat=True).iterator(chunk_size=500):
        if not -CLOCKS_APART <= after - before <= LONGEST_STEP:
            raise ClockJumped(before, after)
        if now - before >= STEADY_FOR:
            return
        after = before
    with scope_of_all("whichever it is of, it says what time it was"):
        seen = AuditEvent.objects.order_by("-pk").values_list("at", flat=True).first()
    if seen is not None and after - seen > LONGEST_STEP:
        raise ClockJumped(seen, after)
