"""Days and times as programs and people write them: a whole column decides whether day or month stands first."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from zoneinfo import ZoneInfo

_TIME = (
    r"(?:(?:[T ,]|\s+at)+\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?:(?P<offset>Z|UTC|GMT|[+-]\d{2}:?\d{2})(?:\s+(?:[A-Z]{3,5}|[+-]\d{2}(?:\d{2})?))?)?)?"
)
_NUMBERS = re.compile(rf"(?P<a>\d{{1,4}})(?P<sign>[./-])(?P<b>\d{{1,2}})(?P=sign)(?P<c>\d{{1,4}})\.?{_TIME}")
_DAY_NAME = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th)?[ .-]+(?P<name>[^\W\d]{3,10})\.?[ ,-]+"
    rf"(?P<year>\d{{4}}){_TIME}"
)
_NAME_DAY = re.compile(
    rf"(?:[A-Za-z]{{3,9}},\s+)?(?P<name>[^\W\d]{{3,10}})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){_TIME}"
)
_LONGEST = 60
"""Characters: longer texts are not looked at, which would take ever longer."""
_SECONDS = re.compile(r"\d{10}(?:\.\d{1,6})?")
_DIGITS = {8: None, 13: 1_000, 16: 1_000_000}
"""How many digits a day (20260301) has, and instants since 1970, by how many of them are a second."""
_FIRST_YEAR_OF_CENTURY = 70
_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "jan january januar janvier enero ene gennaio gen januari",
            "feb february februar février fevrier fev fév febrero febbraio februari",
            "mar march märz maerz mär mrz mars marzo maart mrt",
            "apr april avril avr abril abr aprile",
            "may mai mayo maggio mag mei",
            "jun june juni juin junio giugno giu",
            "jul july juli juillet juil julio luglio lug",
            "aug august août aout agosto ago augustus",
            "sep sept september septembre septiembre settembre set",
            "oct october oktober okt octobre octubre ottobre ott",
            "nov november novembre noviembre",
            "dec december dezember dez décembre decembre déc diciembre dic dicembre",
        ],
        1,
    )
    for name in names.split()
}


class DayOrder(StrEnum):
    """Which stands first, where both are numbers and the year is last."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


_EITHER = frozenset(DayOrder)
_NEITHER: frozenset[DayOrder] = frozenset()


@dataclass(frozen=True)
class _Stamp:
    """A time as it was written. `first` and `second` are day and month, in an order that `orders` leaves open."""

    year: int
    first: int
    second: int
    orders: frozenset[DayOrder]
    clock: re.Match[str] | None = None


def iso_instant(text: str, order: DayOrder | None, zone: ZoneInfo) -> str | None:
    """The instant in ISO 8601 with its offset; None for what is no time, or none in this order.

    What has no offset is in the zone; a bare day is its beginning.
    """
    if (at := _counted_instant(text)) is not None:
        return at.isoformat()
    stamp = _stamp(text)
    if stamp is None or not stamp.orders:
        return None
    if len(stamp.orders) == 1:
        [own] = stamp.orders
        if order is not None and own is not order and stamp.clock is not None and stamp.clock["sign"] == "/":
            return None
        order = own
    day, month = (stamp.first, stamp.second) if order is not DayOrder.MONTH_FIRST else (stamp.second, stamp.first)
    try:
        return _with_clock(datetime(stamp.year, month, day), stamp.clock, zone).isoformat()  # noqa: DTZ001  its zone comes with the clock
    except (ValueError, OverflowError):
        return None


def _counted_instant(text: str) -> datetime | None:
    """Seconds, or thousandths or millionths of them, since 1970."""
    if _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(float(text), UTC)
    if text.isdecimal() and text.isascii() and (parts := _DIGITS.get(len(text))):
        return datetime.fromtimestamp(int(text) / parts, UTC)
    return None


def _with_clock(day: datetime, clock: re.Match[str] | None, zone: ZoneInfo) -> datetime:
    if clock is None or clock["hour"] is None:
        return day.replace(tzinfo=zone)
    hour = int(clock["hour"])
    if clock["half"]:
        hour = hour % 12 + (12 if clock["half"][0] in "pP" else 0)
    fraction = int((clock["fraction"] or "0")[:6].ljust(6, "0"))
    at = day.replace(hour=hour, minute=int(clock["minute"]), second=int(clock["second"] or 0), microsecond=fraction)
    return at.replace(tzinfo=_offset(clock["offset"]) or zone)


def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text[0] not in "+-":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=minutes if text[0] == "+" else -minutes))


def _stamp(text: str) -> _Stamp | None:
    if len(text) > _LONGEST:
        return None
    if found := _NUMBERS.fullmatch(text):
        return _stamp_of_numbers(found)
    if found := _DAY_NAME.fullmatch(text) or _NAME_DAY.fullmatch(text):
        month = _MONTHS.get(found["name"].lower())
        return None if month is None else _Stamp(int(found["year"]), int(found["day"]), month, _EITHER, found)
    if len(text) == 8 and text.isdecimal() and text.isascii() and "19" <= text[:2] <= "20":
        return _Stamp(int(text[:4]), int(text[6:]), int(text[4:6]), _EITHER)
    return None


def _stamp_of_numbers(found: re.Match[str]) -> _Stamp | None:
    first, second, year = int(found["a"]), int(found["b"]), int(found["c"])
    if len(found["a"]) == 4:
        return _Stamp(first, year, second, frozenset([DayOrder.DAY_FIRST]), found) if len(found["c"]) <= 2 else None
    if len(found["a"]) > 2 or len(found["c"]) not in (2, 4):
        return None
    if len(found["c"]) == 2:
        year += 1900 if year >= _FIRST_YEAR_OF_CENTURY else 2000
    orders = {DayOrder.DAY_FIRST} if second <= 12 and 1 <= first <= 31 else set()
    if found["sign"] != "." and first <= 12 and 1 <= second <= 31:
        orders.add(DayOrder.MONTH_FIRST)
    return _Stamp(year, first, second, frozenset(orders), found)


@dataclass(frozen=True)
class TimesOfColumn:
    """What the values of a column say of how they are to be read. `order` is None where none of them decides it.

    `is_open` where that makes a difference; `readable` is the share of values that are times.
    """

    readable: float
    order: DayOrder | None
    is_open: bool
    has_years_first: bool = False


def times_of_column(texts: Iterable[str]) -> TimesOfColumn:
    """Empty ones count as nothing."""
    votes: Counter[frozenset[DayOrder]] = Counter()
    count = readable = differing = 0
    for text in texts:
        count += 1
        if _counted_instant(text) is not None:
            readable += 1
            continue
        stamp = _stamp(text)
        if stamp is None or not stamp.orders:
            continue
        readable += 1
        if stamp.clock is None or stamp.clock.re is not _NUMBERS or len(stamp.clock["a"]) == 4:
            continue
        votes[stamp.orders] += 1
        differing += stamp.orders == _EITHER and stamp.first != stamp.second
    by_order = {order: votes[frozenset([order])] for order in DayOrder}
    order = max(by_order, key=lambda each: by_order[each]) if any(by_order.values()) else None
    return TimesOfColumn(readable / count if count else 0.0, order, is_open=order is None and differing > 0)
