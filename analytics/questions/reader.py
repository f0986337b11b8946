"""A question read from an address."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from analytics.channels import Channel
from analytics.periods import MAX_DAYS, Interval, Window, local_day
from analytics.questions.questions import CUSTOM, LIFE, Opens, Question
from analytics.questions.ranges import (
    DAY,
    DEFAULT_RANGE,
    RANGES,
    ComparedDays,
    Comparison,
    Match,
    is_calendar,
    other_days,
    previous,
    year_before,
)
from analytics.questions.slices import Slice
from campaignos.days import FIRST_DAY
from campaignos.ids import number_of

MAX_DAYS_OF_PAGE = 3653
"""Ten years."""
MAX_BUCKETS = 400

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER_OF_DAYS = re.compile(r"[0-9]{1,9}d")


_Choice = TypeVar("_Choice", Comparison, Match, Interval, Opens)


def read_question(
    query: Mapping[str, str],
    *,
    now: datetime,
    zone: ZoneInfo,
    earliest: Callable[[], date],
    default_range: str = DEFAULT_RANGE,
    life: tuple[date, date] | None = None,
    comparison: Comparison = Comparison.PREVIOUS,
) -> tuple[Question, tuple[str, ...]]:
    """What the address asks for, and what of it was not understood, each with what is shown instead.

    `earliest` tells the first day with data, and is only asked where that matters. Without days in the address those of
    a `life` are shown, which is compared with nothing, or those of the default range; `comparison` is the default.
    """
    reader = _Reader(query, local_day(now, zone), zone, earliest, default_range, life)
    name, window = reader.range()
    match = reader.choice("match", Match.DATE if is_calendar(name, window) else Match.WEEKDAY)
    comparison = reader.choice("compare", Comparison.OFF if name == LIFE else comparison)
    compared = reader.compared(name, window, comparison, match)
    found = Question(
        window=window,
        now=now,
        range=name,
        comparison=comparison if compared else Comparison.OFF,
        match=match,
        compared_days=compared,
        interval=reader.interval(window),
        part=Slice(campaign_id=reader.campaign_id(), channel=reader.channel()),
        opens=reader.choice("opens", Opens.HUMAN),
    )
    return found, tuple(reader.notices)


class _Reader:
    def __init__(
        self,
        query: Mapping[str, str],
        today: date,
        zone: ZoneInfo,
        earliest: Callable[[], date],
        default_range: str,
        life: tuple[date, date] | None,
    ) -> None:
        self.query, self.today, self.zone = query, today, zone
        self.earliest, self.default_range, self.life = earliest, default_range, life
        self.notices: list[str] = []

    def refuse(self, name: str, given: str, allowed: str, instead: str) -> None:
        self.notices.append(f"{name} cannot be {given[:100]!r}; allowed: {allowed}. {instead}")

    def range(self) -> tuple[str, Window]:
        if self.life and not any(self.query.get(name) for name in ("range", "from", "to")):
            first, last = self.life
            return LIFE, Window.between(max(first, last - (MAX_DAYS_OF_PAGE - 1) * DAY), last, zone=self.zone)
        if ("from" in self.query or "to" in self.query) and self.query.get("range", CUSTOM) == CUSTOM:
            if window := self.days_between("from", "to"):
                return CUSTOM, window
            return self.default_range, self.named(self.default_range)
        given = self.query.get("range", self.default_range)
        if given in RANGES:
            return given, self.named(given)
        if (days := _days(given)) is not None:
            return given, Window.between(self.today - (days - 1) * DAY, self.today, zone=self.zone)
        allowed = f"{', '.join(RANGES)}, a number of days from 1d to {MAX_DAYS}d, or from=… and to=…"
        self.refuse("range", given, allowed, "The default is shown.")
        return self.default_range, self.named(self.default_range)

    def named(self, key: str) -> Window:
        earliest = self.earliest() if key == "all" else self.today
        first, last = RANGES[key].first_and_last(self.today, earliest)
        return Window.between(max(first, last - (MAX_DAYS_OF_PAGE - 1) * DAY), last, zone=self.zone)

    def days_between(self, first_name: str, last_name: str) -> Window | None:
        """The days of two parameters, cut off today; None, and told, where they are no such days."""
        first, last = (self.day(name) for name in (first_name, last_name))
        if first is None or last is None:
            return None
        last = min(last, self.today)
        if first > last or (last - first).days >= MAX_DAYS_OF_PAGE:
            allowed = f"a day before {last_name} and today, at most {MAX_DAYS_OF_PAGE:,} days earlier"
            self.refuse(first_name, self.query[first_name], allowed, "It is left out.")
            return None
        return Window.between(first, last, zone=self.zone)

    def day(self, name: str) -> date | None:
        given = self.query.get(name, "")
        try:
            day = date.fromisoformat(given) if _DAY.fullmatch(given) else None
        except ValueError:
            day = None
        if day is None or day < FIRST_DAY:
            self.refuse(name, given, f"a day from {FIRST_DAY} on, such as {self.today}", "It is left out.")
            return None
        return day

    def compared(self, name: str, window: Window, comparison: Comparison, match: Match) -> ComparedDays | None:
        if comparison is not Comparison.CUSTOM:
            for given in filter(self.query.get, ("compareFrom", "compareTo")):
                self.refuse(given, self.query[given], "a day together with compare=custom", "It is left out.")
        match comparison:
            case Comparison.OFF:
                return None
            case Comparison.CUSTOM:
                other = self.days_between("compareFrom", "compareTo")
                return other_days(window, other, match) if other else None
            case Comparison.PREVIOUS:
                found = previous(window, match, RANGES[name].months if name in RANGES else 0)
            case Comparison.YEAR:
                found = year_before(window, match)
        if found is None:
            self.notices.append("The days compared with do not exist. Nothing is compared.")
        return found

    def interval(self, window: Window) -> Interval:
        """As asked; by default what keeps a chart legible. What would be too many points falls back to fewer."""
        default = Interval.DAY if window.days <= 92 else Interval.WEEK if window.days <= 731 else Interval.MONTH
        found = self.choice("interval", default)
        if found is Interval.DAY and window.days > MAX_BUCKETS:
            self.notices.append(f"More than {MAX_BUCKETS} days cannot be shown day by day; weeks are shown.")
            return Interval.WEEK
        return found

    def channel(self) -> str | None:
        given = self.query.get("channel", "")
        if given and given.upper() not in Channel.values:
            allowed = ", ".join(Channel.values).lower()
            self.refuse("channel", given, allowed, "All channels are shown.")
            return None
        return given.upper() or None

    def campaign_id(self) -> int | None:
        return number_of("cmp", self.query.get("campaign", ""))

    def choice(self, name: str, default: _Choice) -> _Choice:
        given = self.query.get(name) or default.value
        kind = type(default)
        if given in list(kind):
            return kind(given)
        self.refuse(name, given, ", ".join(kind), f"{default.value} is taken.")
        return default


def _days(given: str) -> int | None:
    days = int(given[:-1]) if _NUMBER_OF_DAYS.fullmatch(given) else 0
    return days if 1 <= days <= MAX_DAYS else None
