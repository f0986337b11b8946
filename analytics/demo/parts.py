"""The demo's items by the days on which they happened, the newest first."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from analytics.demo.history import DemoData
from analytics.demo.shop import DemoItem

DAYS_AT_FIRST = 60
"""What the pages compare at first: a period, and the one before."""
DAYS_OF_PART = 7

_Days = Mapping[date, Sequence[DemoItem]]


@dataclass(frozen=True)
class DemoPart:
    """What happened from `first_day` on, before the part before; what is reported of a message is with its message."""

    first_day: date
    enrollments: Sequence[DemoItem]
    messages: Sequence[DemoItem]
    message_events: Sequence[DemoItem]
    calls: Sequence[DemoItem]
    assignments: Sequence[DemoItem]

    @property
    def rows(self) -> int:
        of_messages = len(self.messages) + len(self.message_events)
        return len(self.enrollments) + of_messages + len(self.calls) + len(self.assignments)


def demo_parts(data: DemoData, *, before: date | None = None) -> Iterator[DemoPart]:
    """Those of all days, the first of DAYS_AT_FIRST; or those of the days before one."""
    created = {message["externalId"]: message["createdAt"] for message in data.messages}
    by_day = [
        _by_day((item["enrolledAt"], item) for item in data.enrollments),
        _by_day((item["createdAt"], item) for item in data.messages),
        _by_day((created[item["message"]], item) for item in data.message_events),
        _by_day((item["timestamp"], item) for item in data.calls),
        _by_day((item["assignedAt"], item) for item in data.assignments),
    ]
    seen = {day for items in by_day for day in items}
    end, days = before or max(seen) + timedelta(days=1), DAYS_OF_PART if before else DAYS_AT_FIRST
    while end > min(seen):
        start = max(end - timedelta(days=days), min(seen))
        yield DemoPart(start, *(_within(items, start, end) for items in by_day))
        end, days = start, DAYS_OF_PART


def _by_day(items: Iterator[tuple[str, DemoItem]]) -> _Days:
    """By the day of the shop's own clock, in which the instants are written."""
    found: dict[date, list[DemoItem]] = defaultdict(list)
    for at, item in items:
        found[datetime.fromisoformat(at).date()].append(item)
    return found


def _within(items: _Days, start: date, end: date) -> Sequence[DemoItem]:
    days = (start + timedelta(days=n) for n in range((end - start).days))
    return [item for day in days for item in items.get(day, ())]
