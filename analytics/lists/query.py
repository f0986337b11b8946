"""Reads a list from its query string, and writes it there. What cannot be read is left out, with a notice."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from analytics.addresses import is_concealing
from analytics.periods import DaysOfWeek, HourOfDay, Window, hours_of_day, local_day
from analytics.questions.condition_values import ConditionValues
from analytics.questions.fields import Subject
from analytics.questions.filter_reader import FilterParameters, read_filter
from analytics.questions.filters import AllOf
from analytics.questions.slices import Slice
from campaignos.days import FIRST_DAY, LAST_DAY
from campaignos.ids import number_of

Query = dict[str, str | tuple[str, ...]]
"""Parameters by name, some several times; joined by `&`, they are the part of an address after the question mark."""

MAX_LIST_DAYS = 3653
"""Ten years."""
MAX_PARAMETER_LENGTH = 500
MAX_IDS = 20
HOUR = "hour"
"""The parameter with the hour of a day."""
WEEKDAY = "weekday"
"""The parameter with a weekday of days."""
PARTS_OF_DAYS = (HOUR, WEEKDAY)
"""The parameters that leave only a part of a list's days."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass
class ListParameters:
    """Reads the parameters of a list one by one; `notices` say which of them were not understood.

    An absent or empty parameter is None; where an empty text has a meaning, only an absent one is. Whoever sees no
    addresses may not look for one: a list that has the row would confirm it.
    """

    values: Mapping[str, str | tuple[str, ...]]
    zone: ZoneInfo
    now: datetime
    notices: list[str] = field(default_factory=list)
    sees_addresses: bool = True
    known: Callable[[AllOf], tuple[AllOf, Sequence[str]]] = lambda condition: (condition, ())
    """Returns the conditions of a filter whose names exist, and a notice for each of the others."""

    def value(self, name: str) -> str | None:
        """The parameter's value; the last where there are several."""
        return next(reversed(self.several(name)), None)

    def several(self, name: str) -> tuple[str, ...]:
        values = self.values.get(name, ())
        return (values,) if isinstance(values, str) else values

    def filter(self, *subjects: Subject) -> AllOf:
        """The conditions on these subjects whose names exist."""
        conditions = FilterParameters(self.several("where"), self.several("segment"), self.value("filter"))
        values = ConditionValues(self.zone, self.sees_addresses)
        read, notices = read_filter(conditions, values, strict=False, subjects=subjects)
        known, others = self.known(read)
        self.notices += [*notices, *others]
        return known

    def hour_or_days(
        self, first_name: str = "from", last_name: str = "to", *, takes_weekday: bool = True
    ) -> Window | None:
        """As `window_or_weekday` or, where that takes none, `window`; or the hour of the one day that these are."""
        read = self.window_or_weekday if takes_weekday else self.window
        window, name = read(first_name, last_name), self.value(HOUR)
        hours = hours_of_day(window.first_day, window.zone) if window and window.days == 1 else ()
        hour = next((hour for hour in hours if hour.name == name), None)
        if name and hour is None:
            self.refuse(HOUR, f"an hour of one day, such as 14:00, together with {first_name} and {last_name}")
        return hour or window

    def window_or_weekday(self, first_name: str = "from", last_name: str = "to") -> Window | None:
        """As `window`, or of these days those of one weekday."""
        window = self.window(first_name, last_name)
        if not self.value(WEEKDAY):
            return window
        weekday = self.number(WEEKDAY)
        if window is not None and weekday is not None and 1 <= weekday <= 7:
            return DaysOfWeek.of_window(window, weekday)
        self.refuse(WEEKDAY, f"1, Monday, to 7 together with {first_name} and {last_name}")
        return window

    def window(self, first_name: str = "from", last_name: str = "to") -> Window | None:
        """Returns the days of two parameters, both included; with one alone, from the earliest day or until today."""
        if not self.value(first_name) and not self.value(last_name):
            return None
        last = self.day(last_name, default=local_day(self.now, self.zone))
        first = self.day(first_name, default=max(FIRST_DAY, last - timedelta(days=MAX_LIST_DAYS - 1)))
        if first > last or (last - first).days >= MAX_LIST_DAYS:
            self.refuse(first_name, f"a day before {last}, at most {MAX_LIST_DAYS:,} days earlier")
            first = last
        return Window.between(first, last, zone=self.zone)

    def day(self, name: str, *, default: date) -> date:
        text = self.value(name) or ""
        if not text:
            return default
        try:
            day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
        except ValueError:
            day = None
        if day is None or not FIRST_DAY <= day <= LAST_DAY:
            self.refuse(name, f"a day from {FIRST_DAY} on, such as {default}")
            return default
        return day

    def choice(self, name: str, allowed: Collection[str]) -> str | None:
        value = self.value(name) or ""
        if not value or value in allowed:
            return value or None
        self.refuse(name, ", ".join(allowed))
        return None

    def text(self, name: str) -> str | None:
        return (self.text_or_empty(name) or "").strip() or None

    def text_or_empty(self, name: str, *, longest: int = MAX_PARAMETER_LENGTH) -> str | None:
        """An empty text has a meaning of its own."""
        text = self.value(name)
        if text is not None and (len(text) > longest or "\0" in text):
            self.refuse(name, f"a text of at most {longest:,} characters")
            return None
        if text is not None and not self.sees_addresses and is_concealing(text):
            self.refuse(name, "a text without an email address or phone number, which are hidden for your role")
            return None
        return text

    def number(self, name: str) -> int | None:
        text = self.value(name) or ""
        if not text or _NUMBER.fullmatch(text):
            return int(text) if text else None
        self.refuse(name, "a whole number")
        return None

    def flag(self, name: str) -> bool | None:
        value = self.choice(name, ("1", "0"))
        return None if value is None else value == "1"

    def id_of(self, name: str, prefix: str) -> int | None:
        """The key behind an identifier such as `cmp_12`."""
        text = self.value(name) or ""
        if not text:
            return None
        number = number_of(prefix, text)
        if number is None:
            self.refuse(name, f"an identifier such as {prefix}_12")
        return number

    def ids_of(self, name: str, prefix: str) -> tuple[int, ...]:
        """The keys behind identifiers joined by commas, at most MAX_IDS."""
        parts = [part for part in (self.value(name) or "").split(",") if part]
        numbers = [number for part in parts[: MAX_IDS + 1] if (number := number_of(prefix, part)) is not None]
        if len(numbers) < len(parts) or len(numbers) > MAX_IDS:
            self.refuse(name, f"at most {MAX_IDS} identifiers such as {prefix}_12, joined by commas")
            return ()
        return tuple(numbers)

    def refuse_without(self, needed: str, *names: str) -> None:
        """What means nothing alone, where it is alone."""
        for name in names:
            if self.value(name):
                self.refuse(name, f"one together with {needed}")

    def refuse(self, name: str, allowed: str) -> None:
        text = (self.value(name) or "")[:100]
        self.notices.append(f"{name} cannot be {text!r}; allowed: {allowed}. It is left out.")


def query_of(**parameters: str | int | bool | None) -> Query:
    """The parameters that have a value, as texts."""
    return {name.rstrip("_"): _text(value) for name, value in parameters.items() if value is not None}


def days_query(window: Window | None, first_name: str = "from", last_name: str = "to") -> Query:
    if window is None:
        return {}
    days = {first_name: window.first_day.isoformat(), last_name: window.last_day.isoformat()}
    match window:
        case HourOfDay():
            return {**days, HOUR: window.name}
        case DaysOfWeek():
            return {**days, WEEKDAY: str(window.weekday)}
    return {**days}


def slice_query(part: Slice) -> Query:
    return query_of(
        campaign=api_id("cmp", part.campaign_id),
        notCampaign=",".join(f"cmp_{number}" for number in part.without_campaigns) or None,
        channel=part.channel,
        variant=part.variant_id,
    )


def api_id(prefix: str, number: int | None) -> str | None:
    return None if number is None else f"{prefix}_{number}"


def _text(value: str | int | bool) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
