"""What the list of workspaces shows of each: the events of a week."""

from collections.abc import Mapping, Sequence

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from analytics.ledger.weeks import events_by_day
from analytics.periods import Window
from workspaces.models import Workspace

DAYS_OF_A_CARD = 7


def week_cards(workspaces: Sequence[Workspace]) -> Mapping[int, SafeString]:
    """The events of the last 7 days of each workspace in its own time zone, today the last. One query."""
    now = timezone.now()
    windows = {row.pk: Window.last_days(DAYS_OF_A_CARD, zone=row.zone, now=now) for row in workspaces}
    weeks = events_by_day(windows)
    return {pk: render_to_string("_week.html", {"week": week}) for pk, week in weeks.items()}
