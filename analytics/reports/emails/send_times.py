"""When do we send, and what comes of it? Emails by weekday and hour of their creation, and how many people clicked.

Times are compared with each other, so that emails have to be as old: those of yesterday would make a bad day of it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from analytics.channels import Channel
from analytics.ledger import Counts, Source
from analytics.metrics import Counted, Dimension, Numbers
from analytics.periods import HourOfDay, Window
from analytics.questions.questions import Question
from analytics.questions.slices import Slice
from analytics.reports.meta import Meta, meta

MOST_SEND_DAYS = 400
"""Of how many days it is told."""
FEWEST_EMAILS = 100
"""Of fewer at a time a rate says little."""
_COUNTED = (Counted.SENT, Counted.HUMAN_CLICKED)


@dataclass(frozen=True)
class SendTime:
    """`weekday` from 1, Monday, to 7, and the hour on the workspace's clock; what came of the emails created then."""

    weekday: int
    hour: int
    numbers: Numbers

    @property
    def is_small(self) -> bool:
        return self.numbers["sent"] < FEWEST_EMAILS


@dataclass(frozen=True)
class SendTimesReport:
    """`part` is what the numbers are of: emails. `window` has those of the days asked about on which emails are old
    enough to be compared."""

    days: int
    window: Window
    part: Slice
    times: tuple[SendTime, ...]
    meta: Meta


def send_times(source: Source, question: Question) -> SendTimesReport:
    """A row for each weekday and hour at which emails that were sent were created in the question's days, at most
    MOST_SEND_DAYS; Monday's first. Days on which emails are younger than three days are left out.

    By when they were sent, not by what would have happened: those who get emails at other times are others. Source: the
    ledger's touches of messages. Three queries.
    """
    part = replace(question.part, channel=Channel.EMAIL.value)
    window = question.settled_days
    counts = Counts({}, None)
    if window.days:
        counts = source.counts(_COUNTED, window=window, by=[Dimension.HOUR], part=part)
    found: dict[tuple[int, int], Counter[str]] = {}
    for hour in window.hours:
        if numbers := counts.numbers(hour.starts_at):
            found.setdefault(_time_of(hour), Counter()).update(numbers)
    return SendTimesReport(
        days=question.window.days,
        window=window,
        part=part,
        times=tuple(SendTime(*time, Numbers(found[time])) for time in sorted(found) if found[time]["sent"]),
        meta=meta(source, question, through=counts.through),
    )


def _time_of(hour: HourOfDay) -> tuple[int, int]:
    return hour.first_day.isoweekday(), hour.local_start.hour


def hours_at(window: Window, weekday: int, hour: int) -> Iterable[HourOfDay]:
    """Of a window those that begin at that hour of the clock on that weekday; two where the clock is set back."""
    return (each for each in window.hours if _time_of(each) == (weekday, hour))
