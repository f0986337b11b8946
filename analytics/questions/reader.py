"""A question read from an address."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from analytics.channels import Channel
from analytics.periods import MAX_DAYS, MAX_DAYS_BY_HOUR, OF_WHOLE_DAYS, Interval, Window, local_day
from analytics.questions.errors import QuestionError
from analytics.questions.filters import NO_CONDITION, AllOf
from analytics.questions.parts import parts_of
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
_NUMBER = re.compile(r"[0-9]{1,9}")


_Choice = TypeVar("_Choice", Comparison, Match, Interval, Opens)


@dataclass(frozen=True)
class Defaults:
    """What an address means by what it leaves out.

    Without days, the days of a `life` are shown and compared with nothing, or else those of the default range.
    `interval` is None where it follows the number of days, so that charts stay legible.
    """

    range: str = DEFAULT_RANGE
    comparison: Comparison = Comparison.OFF
    opens: Opens = Opens.ALL
    interval: Interval | None = Interval.DAY
    life: tuple[date, date] | None = None


OF_API = Defaults()
OF_PAGES = Defaults(comparison=Comparison.PREVIOUS, opens=Opens.HUMAN, interval=None)


def read_question(
    query: Mapping[str, str],
    *,
    now: datetime,
    zone: ZoneInfo,
    earliest: Callable[[], date],
    defaults: Defaults = OF_API,
    conditions: AllOf = NO_CONDITION,
    strict: bool = False,
) -> tuple[Question, tuple[str, ...]]:
    """Returns the question of an address, under the conditions, and a notice for each parameter not understood.

    A notice says what is shown instead. `earliest` returns the first day with data; it is called only where that
    matters. With `strict`, raises QuestionError for the first parameter that is not understood, and `days` and `period`
    name a number of last days, too.
    """
    reader = _Reader(query, local_day(now, zone), zone, earliest, defaults, strict)
    name, window = reader.range()
    match = reader.choice("match", Match.DATE if is_calendar(name, window) else Match.WEEKDAY)
    comparison = reader.choice("compare", Comparison.OFF if name == LIFE else defaults.comparison)
    compared = reader.other_days_of(name, window, comparison, match)
    question = Question(
        window=window,
        now=now,
        range=name,
        comparison=comparison if compared else Comparison.OFF,
        match=match,
        compared_days=compared,
        interval=reader.interval(window),
        part=Slice(campaign_id=reader.campaign_id(), channel=reader.channel(), where=parts_of(conditions)).ending_with(
            window.last_day
        ),
        opens=reader.choice("opens", defaults.opens),
    )
    return question, tuple(reader.notices)


class _Reader:
    def __init__(
        self,
        query: Mapping[str, str],
        today: date,
        zone: ZoneInfo,
        earliest: Callable[[], date],
        defaults: Defaults,
        strict: bool,
    ) -> None:
        self.query, self.today, self.zone = query, today, zone
        self.earliest, self.defaults, self.strict = earliest, defaults, strict
        self.notices: list[str] = []

    def refuse(self, name: str, given: str, allowed: str, instead: str) -> None:
        if self.strict:
            raise QuestionError(name, self.query.get(name), allowed)
        self.notices.append(f"{name} cannot be {given[:100]!r}; allowed: {allowed}. {instead}")

    def last_days(self) -> int | None:
        """`days=30` and `period=30d` say the same."""
        days, period = self.query.get("days"), self.query.get("period")
        number = None if days is None else _day_number(days)
        if days is not None and number is None:
            raise QuestionError("days", days, f"a whole number from 1 to {MAX_DAYS}")
        if period is None:
            return number
        same = _day_number(period[:-1]) if period.endswith("d") else None
        if same is None:
            raise QuestionError("period", period, f"a number of days from 1d to {MAX_DAYS}d, such as 30d")
        if number not in (None, same):
            raise QuestionError("period", period, f"{number}d, as days says, or one of the two alone")
        return same

    def days_once(self) -> None:
        """Days are said in one way."""
        ways = (("days", "period"), ("range",), ("from", "to"))
        names_by_way = [[name for name in way if name in self.query] for way in ways]
        first, *others = [names for names in names_by_way if names] or [[]]
        if others and not (first == ["range"] and self.query["range"] == CUSTOM):
            name = others[0][0]
            raise QuestionError(name, self.query[name], f"nothing beside {' and '.join(first)}, which say the days")

    def range(self) -> tuple[str, Window]:
        if self.strict:
            self.days_once()
            if number := self.last_days():
                return f"{number}d", Window.between(self.today - (number - 1) * DAY, self.today, zone=self.zone)
        if self.defaults.life and not any(self.query.get(name) for name in ("range", "from", "to")):
            first, last = self.defaults.life
            return LIFE, Window.between(max(first, last - (MAX_DAYS_OF_PAGE - 1) * DAY), last, zone=self.zone)
        if ("from" in self.query or "to" in self.query) and self.query.get("range", CUSTOM) == CUSTOM:
            if window := self.days_between("from", "to"):
                return CUSTOM, window
            return self.defaults.range, self.window_of(self.defaults.range)
        given = self.query.get("range", self.defaults.range)
        if given in RANGES:
            return given, self.window_of(given)
        if (days := _days(given)) is not None:
            return given, Window.between(self.today - (days - 1) * DAY, self.today, zone=self.zone)
        allowed = f"{', '.join(RANGES)}, a number of days from 1d to {MAX_DAYS}d, or from=… and to=…"
        self.refuse("range", given, allowed, "The default is shown.")
        return self.defaults.range, self.window_of(self.defaults.range)

    def window_of(self, key: str) -> Window:
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
        text = self.query.get(name, "")
        try:
            day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
        except ValueError:
            day = None
        if day is None or day < FIRST_DAY:
            self.refuse(name, text, f"a day from {FIRST_DAY} on, such as {self.today}", "It is left out.")
            return None
        return day

    def other_days_of(self, name: str, window: Window, comparison: Comparison, match: Match) -> ComparedDays | None:
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
            if self.strict:
                raise QuestionError("compare", comparison.value, "other days: those compared with do not exist")
            self.notices.append("The days compared with do not exist. Nothing is compared.")
        return found

    def interval(self, window: Window) -> Interval:
        """Where none is said, what keeps a chart legible; what would be too many points falls back to fewer."""
        if self.defaults.interval is not None:
            interval = self.choice("interval", self.defaults.interval)
            if interval is Interval.HOUR and window.days > MAX_DAYS_BY_HOUR:
                allowed = f"{', '.join(OF_WHOLE_DAYS)}, and {Interval.HOUR} for at most {MAX_DAYS_BY_HOUR} days"
                raise QuestionError("interval", interval.value, allowed)
            return interval
        default = Interval.DAY if window.days <= 92 else Interval.WEEK if window.days <= 731 else Interval.MONTH
        interval = self.choice("interval", default)
        if interval is Interval.HOUR and window.days > MAX_DAYS_BY_HOUR:
            interval = Interval.DAY if window.days <= MAX_BUCKETS else Interval.WEEK
            self.notices.append(
                f"More than {MAX_DAYS_BY_HOUR} days cannot be shown hour by hour; {interval.value}s are shown."
            )
        if interval is Interval.DAY and window.days > MAX_BUCKETS:
            self.notices.append(f"More than {MAX_BUCKETS} days cannot be shown day by day; weeks are shown.")
            return Interval.WEEK
        return interval

    def channel(self) -> str | None:
        given = self.query.get("channel", "")
        if given and given.upper() not in Channel.values:
            allowed = ", ".join(Channel.values).lower()
            self.refuse("channel", given, allowed, "All channels are shown.")
            return None
        return given.upper() or None

    def campaign_id(self) -> int | None:
        number = number_of("cmp", given := self.query.get("campaign", ""))
        if given and number is None and self.strict:
            raise QuestionError("campaign", given, "an identifier such as cmp_12")
        return number

    def choice(self, name: str, default: _Choice) -> _Choice:
        given = self.query.get(name) or default.value
        kind = type(default)
        if given in list(kind):
            return kind(given)
        self.refuse(name, given, ", ".join(kind), f"{default.value} is taken.")
        return default


def _days(text: str) -> int | None:
    return _day_number(text[:-1]) if text.endswith("d") else None


def _day_number(text: str) -> int | None:
    days = int(text) if _NUMBER.fullmatch(text) else 0
    return days if 1 <= days <= MAX_DAYS else None
