"""The emails behind the numbers of a time of sending."""

from analytics.lists.by_metric import under_conditions
from analytics.lists.messages import MessageList
from analytics.periods import Window
from analytics.questions.slices import Slice
from analytics.reports.emails.send_times import SendTime


def send_time_list(status: str, time: SendTime, window: Window, part: Slice) -> MessageList:
    """Those of the part created at that time in the window that reached a status."""
    rows = MessageList(
        window, reached=status, part=part.without_conditions, weekday=time.weekday, hour_of_day=time.hour
    )
    found = under_conditions(rows, part)
    assert isinstance(found, MessageList)
    return found
