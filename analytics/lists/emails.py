"""The list behind a number of a row of emails."""

from dataclasses import replace

from analytics.lists.by_metric import list_for, under_conditions
from analytics.lists.messages import MessageList
from analytics.metrics import METRICS, Unit
from analytics.reports.emails.deliverability import DeliverabilityRow


def emails_list(metric: str, row: DeliverabilityRow) -> MessageList | None:
    """Of those that a count has; None for a share, and for what is not known of the row."""
    if METRICS[metric].unit is Unit.SHARE or not row.tells(metric):
        return None
    rows = list_for(metric, row.window, row.part)
    assert isinstance(rows, MessageList)
    of_row = under_conditions(replace(rows, bounce_class=row.bounce_class), row.part)
    assert of_row is None or isinstance(of_row, MessageList)
    return of_row
