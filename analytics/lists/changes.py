"""The rows behind the pieces of a change, of either period."""

from dataclasses import replace
from datetime import timedelta

from analytics.lists.by_metric import AnyList, list_for, under_conditions
from analytics.lists.messages import MessageList
from analytics.reports.changes.division import ComparedPeriods
from analytics.reports.changes.period_facts import is_credited_by
from analytics.reports.changes.pieces import Piece
from analytics.reports.splits import in_group


def rows_of_change(key: str, periods: ComparedPeriods, side: int, piece: Piece | None = None) -> AnyList | None:
    """What a count of the metric has of a period, 0 for the days asked about, or of a piece of it: as old as the
    question says. None where no list has them alone: all days of one weekday, and what adds up in parts."""
    asked = periods.both[side]
    if piece and piece.weekday:
        return None
    if piece and piece.group and is_credited_by(piece.group.by, key):
        return None  # which add up to it in parts alone
    if piece and piece.group:
        asked = in_group(asked, piece.group)
    rows = list_for(key, piece.windows[side] if piece and piece.windows else asked.window, asked.part)
    if isinstance(rows, MessageList) and rows.reached and asked.within is not None:
        rows = replace(rows, age=asked.within // timedelta(days=1))
    return rows and under_conditions(rows, asked.part)
