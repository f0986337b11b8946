"""When a number should wake somebody: rules over values of days that are over, the oldest first, the last judged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from math import exp, log, pi, sqrt
from statistics import mean, median

WEEKS = 8
"""Of so many weeks before, a day is compared with the same weekday."""
LEAST_WEEKS = 4
"""Fewer of them say nothing of what is usual."""
HISTORY_DAYS = WEEKS * 7
FEWEST_JUDGED = 30
"""What is of fewer varies by chance alone more than anybody wants to know."""
RINGS_AT, RISES_RING_AT = 3.0, 3.6
"""How many standard deviations of the logarithm off an anomaly begins; a rise is farther where both are asked for,
which leaves falls most of the false alarms that there may be."""
FEWEST_HITS, SHARES_RING_AT = 20, 3.5
"""A share of fewer hits has no logarithm that means much: it rings at so many standard deviations of its own."""
RUNG_DAYS, RUNG_TIMES = 90, 1.5
"""For so many days after it opened or was resolved, so many times as far rings again."""
CALM_AT = 2.0
"""How few deviations it is over at."""
LEAST_RELATIVE, CALM_RELATIVE = 0.2, 0.1
"""And by what share of the expected."""
NOT_FARTHEST, OF_NOT_FARTHEST = 0.95, 0.94
"""The share of days that do not lie farthest, and what is left of a deviation where the others count as
these."""
OF_NOTHING = 0.01
"""For what a day is taken on which nothing came, as a share of what is usual: nothing has no logarithm."""
OF_ALL_DAYS = 2 / 3
"""The weight of all days' variance beside the weekday's own, which eight days alone say little of."""
_OF_A_MIDDLE, _OF_A_MEDIAN = 1.07, pi / 2
"""How many times as uncertain as a mean is one without the lowest and the highest of eight, and a median."""
_NORMAL = 1.4826
"""By which the median of what deviates comes to a standard deviation, where that is normal."""
_Z_90 = 1.645
"""How many standard deviations nine of ten lie within."""
FALL, FEWEST_TRIED = 0.4, 30
"""The fall that is tried on the days before, and on how many at least."""
FEWEST_GAPS = 7
GAPS_OF_SILENCE, LONGEST_GAPS = 3.0, 1.5
"""Silence is longer than so many usual gaps, and than so many of the longest but one."""
USUAL_SHARE = 0.95
"""The usual gap is the longest of this share of the gaps."""


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"
    BOTH = "both"

    def is_meant(self, difference: float) -> bool:
        return difference != 0 and self in (Direction.BOTH, Direction.UP if difference > 0 else Direction.DOWN)


@dataclass(frozen=True)
class DayValue:
    """A number on a day. `value` is None where there is none, as a rate of nothing; `base` is what it is of: of a share
    the trials, of an amount the orders, of a count itself. `is_share` says that the value lies between 0 and 1."""

    value: float | None
    base: float
    is_share: bool = False
    is_amount: bool = False

    def times(self, factor: float) -> "DayValue":
        """The number, so many times as large; a count is of itself."""
        value = None if self.value is None else self.value * factor
        is_count = not (self.is_share or self.is_amount)
        return replace(self, value=value, base=value or 0.0) if is_count else replace(self, value=value)


@dataclass(frozen=True)
class DayJudgement:
    """What a rule says of a day: between `rings` and `is_calm` nothing changes. `expected` is what it was compared
    with, and `low` to `high` what would not have rung; None where that is not known."""

    value: float | None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    rings: bool = False
    is_calm: bool = False


def threshold_judgement(days: Sequence[DayValue], limit: float, direction: Direction) -> DayJudgement:
    """Rings above the limit (UP) or below it (DOWN)."""
    value = days[-1].value
    if value is None:
        return DayJudgement(None)
    rings = value > limit if direction is Direction.UP else value < limit
    low, high = (None, limit) if direction is Direction.UP else (limit, None)
    return DayJudgement(value, None, low, high, rings, not rings)


def change_judgement(days: Sequence[DayValue], share: float, direction: Direction) -> DayJudgement:
    """Rings where the day differs from the same weekday a week before by more than a share of that."""
    value, before = days[-1].value, days[-8] if len(days) > 7 else None
    if value is None or before is None or not before.value or min(before.base, 1e9) < FEWEST_JUDGED:
        return DayJudgement(value)
    expected = before.value
    low = expected * (1 - share) if direction is not Direction.UP else None
    high = expected * (1 + share) if direction is not Direction.DOWN else None
    rings = abs(value - expected) > share * expected and direction.is_meant(value - expected)
    return DayJudgement(value, expected, low, high, rings, not rings)


def anomaly_judgement(
    days: Sequence[DayValue], direction: Direction = Direction.BOTH, *, has_rung: bool = False
) -> DayJudgement:
    """Rings where the day is far from the middle of its weekday, and a fifth of it.

    Numbers fall and rise by shares: far is 3 standard deviations of their logarithm, for a rise 3.6, and half as far
    again if it `has_rung` lately. The deviation is that of the weekday and of all days, or of chance alone where that
    is larger. Nothing is said of what is of fewer than 30, nor with fewer than four such days before, nor of amounts
    of which more is usually paid back than comes in.
    """
    days = _since_anything(days)
    day, same = days[-1], _same_weekday(days, len(days) - 1)
    if day.value is None or len(same) < LEAST_WEEKS or _base(days) < FEWEST_JUDGED:
        return DayJudgement(day.value)
    middle, times = median(same), RUNG_TIMES if has_rung else 1.0
    if day.is_share and middle * day.base < FEWEST_HITS:
        usual = _usual_of_few_hits(days, same, times)
    elif middle <= 0:
        return DayJudgement(day.value)
    else:
        usual = _usual(days, same, direction, times)
    off = day.value - usual.expected
    rings = not usual.low <= day.value <= usual.high and direction.is_meant(off)
    is_calm = abs(off) <= usual.calm or not direction.is_meant(off)
    low_told = usual.low if direction is not Direction.UP else None
    high_told = usual.high if direction is not Direction.DOWN else None
    return DayJudgement(day.value, usual.expected, low_told, high_told, rings, is_calm)


@dataclass(frozen=True)
class _Usual:
    """What is expected, between which values nothing rings, and how far off it an alert is over."""

    expected: float
    low: float
    high: float
    calm: float


def _usual(days: Sequence[DayValue], same: Sequence[float], direction: Direction, times: float) -> _Usual:
    expected = _middle(same)
    deviation = _log_deviation(days, same, expected) * sqrt(1 + _OF_A_MIDDLE / len(same))
    rise = RISES_RING_AT if direction is Direction.BOTH else RINGS_AT
    low = min(expected * exp(-RINGS_AT * times * deviation), expected * (1 - LEAST_RELATIVE))
    high = max(expected * exp(rise * times * deviation), expected * (1 + LEAST_RELATIVE))
    return _Usual(expected, low, high, max(CALM_AT * deviation, CALM_RELATIVE) * expected)


def _usual_of_few_hits(days: Sequence[DayValue], same: Sequence[float], times: float) -> _Usual:
    expected = median(same)
    deviation = _deviation(days, same, expected) * sqrt(1 + _OF_A_MEDIAN / len(same))
    width = max(SHARES_RING_AT * times * deviation, LEAST_RELATIVE * expected)
    calm = max(CALM_AT * deviation, CALM_RELATIVE * expected)
    return _Usual(expected, max(expected - width, 0.0), expected + width, calm)


def _since_anything(days: Sequence[DayValue]) -> Sequence[DayValue]:
    """Without the days before the first that had anything, of which nothing is usual; the last day is always there."""
    first = next((place for place, day in enumerate(days) if day.value), len(days) - 1)
    return days[first:]


def _same_weekday(days: Sequence[DayValue], place: int) -> list[float]:
    before = (days[place - 7 * week] for week in range(1, WEEKS + 1) if place >= 7 * week)
    return [each.value for each in before if each.value is not None]


def _base(days: Sequence[DayValue]) -> float:
    """What the day is of: of a share at least so many today, of others usually, for today there may be none left."""
    usual = median([days[place].base for place in range(len(days) - 8, -1, -7)][:WEEKS])
    return min(usual, days[-1].base) if days[-1].is_share else usual


def _deviation(days: Sequence[DayValue], same: Sequence[float], expected: float) -> float:
    own = _NORMAL * median(abs(value - expected) for value in same)
    return max(own, _relative_deviation(days) * expected, _chance(days[-1], expected))


def _relative_deviation(days: Sequence[DayValue]) -> float:
    """How far the days before lie from the medians of their weekdays, as a share of these; what nine of ten lie within
    counts as well, for numbers have long tails. A median lies near its own days: that is made up for."""
    history = days[-HISTORY_DAYS - 1 : -1]
    off = []
    for weekday in range(7):
        values = [each.value for each in history[weekday::7] if each.value is not None]
        if values and (middle := median(values)):
            off += [abs(value - middle) / middle for value in values]
    if not off:
        return 0.0
    of_most = sorted(off)[int(0.9 * (len(off) - 1))]
    return max(_NORMAL * median(off), of_most / _Z_90) * sqrt(WEEKS / (WEEKS - _OF_A_MEDIAN))


def _log_deviation(days: Sequence[DayValue], same: Sequence[float], expected: float) -> float:
    of_all = _spread_of_all(days)
    own = sorted(_distance(value, expected) for value in same)
    of_weekday = _spread([*own[:-1], own[-2]]) * _of_middle(len(same))
    spread = sqrt(OF_ALL_DAYS * of_all**2 + (1 - OF_ALL_DAYS) * of_weekday**2)
    return max(spread, _chance(days[-1], expected) / expected)


def _middle(values: Sequence[float]) -> float:
    """That of the logarithms, without the lowest and the highest."""
    middle = median(values)
    logarithms = sorted(log(max(value / middle, OF_NOTHING)) for value in values)
    return middle * exp(mean(logarithms[1:-1] if len(logarithms) > 2 else logarithms))


def _of_middle(count: float) -> float:
    """So many times farther than from their own middle, values lie from the true one."""
    return sqrt(count / (count - _OF_A_MIDDLE))


def _spread_of_all(days: Sequence[DayValue]) -> float:
    """How far the days before lie from the middles of their weekdays. Those that lie farthest count as the others'
    farthest, so that a fall of last month hides none of today."""
    history = days[-HISTORY_DAYS - 1 : -1]
    off: list[float] = []
    for weekday in range(7):
        values = [each.value for each in history[weekday::7] if each.value is not None]
        if values and median(values) > 0:
            middle = _middle(values)
            off += [_distance(value, middle) for value in values]
    if not off:
        return 0.0
    farthest = sorted(off)[int(NOT_FARTHEST * (len(off) - 1))]
    spread = _spread([min(value, farthest) for value in off]) / OF_NOT_FARTHEST
    return spread * _of_middle(max(len(off) / 7, LEAST_WEEKS - 1))


def _distance(value: float, middle: float) -> float:
    """Of the logarithms."""
    return abs(log(max(value / middle, OF_NOTHING)))


def _spread(distances: Sequence[float]) -> float:
    return sqrt(mean(distance * distance for distance in distances))


def _chance(day: DayValue, expected: float) -> float:
    """By how much it varies where nothing but chance is at work; unknown of amounts."""
    if day.is_amount:
        return 0.0
    if not day.is_share:
        return sqrt(expected)
    share = min(max(expected, 0.5 / day.base), 1.0)
    return sqrt(share * (1 - share) / day.base)


def silence_judgement(hours: Sequence[int]) -> DayJudgement:
    """Of facts by the hour, the last one over, rings where none came for much longer than it usually takes.

    Values are hours. Nothing is said with fewer than seven gaps.
    """
    with_facts = [place for place, count in enumerate(hours) if count]
    gaps = sorted(after - before for before, after in pairwise(with_facts))
    if len(gaps) < FEWEST_GAPS:
        return DayJudgement(None)
    usual = gaps[int(USUAL_SHARE * (len(gaps) - 1))]
    limit = max(GAPS_OF_SILENCE * usual, LONGEST_GAPS * gaps[-2])
    since = len(hours) - with_facts[-1]
    return DayJudgement(float(since), float(usual), None, limit, since > limit, since <= limit)


class AlertKind(StrEnum):
    THRESHOLD = "threshold"
    CHANGE = "change"
    ANOMALY = "anomaly"
    SILENCE = "silence"


@dataclass(frozen=True)
class AlertRule:
    """`amount` is the limit of a threshold, or the share of a change, None for the others."""

    kind: AlertKind
    direction: Direction = Direction.BOTH
    amount: float | None = None

    def judgement(self, days: Sequence[DayValue], *, has_rung: bool = False) -> DayJudgement:
        """Of the last of the days; `has_rung` says that it opened or was resolved within 90 days before. Not for
        silence, which is judged by the hour."""
        match self.kind:
            case AlertKind.THRESHOLD:
                return threshold_judgement(days, self.amount or 0.0, self.direction)
            case AlertKind.CHANGE:
                return change_judgement(days, self.amount or 0.0, self.direction)
            case _:
                return anomaly_judgement(days, self.direction, has_rung=has_rung)

    def openings(self, days: Sequence[DayValue], last: int) -> list[int]:
        """The places among the last days at which an alert with this rule would have opened."""
        is_open, changed, found = False, -RUNG_DAYS - 1, []
        for place in range(max(len(days) - last, 0), len(days)):
            judgement = self.judgement(days[: place + 1], has_rung=place - changed <= RUNG_DAYS)
            after = is_open_after(is_open, judgement)
            if after and not is_open:
                found.append(place)
            if after != is_open:
                changed = place
            is_open = after
        return found

    def share_of_falls(self, days: Sequence[DayValue], last: int) -> float | None:
        """On which share of the last days a fall by 40 % would have rung. None for what tells no falls, and with fewer
        than 30 days that had anything and, where they are compared with their weekday, weeks before them that had."""
        if self.direction is Direction.UP:
            return None
        rung = []
        for place in range(max(len(days) - last, 0), len(days)):
            day = days[place]
            if (
                day.value is not None
                and day.value > 0
                and (self.kind is not AlertKind.ANOMALY or _is_usual(days, place))
            ):
                rung.append(self.judgement([*days[:place], day.times(1 - FALL)]).rings)
        return mean(rung) if len(rung) >= FEWEST_TRIED else None


def _is_usual(days: Sequence[DayValue], place: int) -> bool:
    """Whether there was something on enough of the same weekdays before."""
    began = _since_anything(days[: place + 1])
    return len(_same_weekday(began, len(began) - 1)) >= LEAST_WEEKS


def is_open_after(is_open: bool, judgement: DayJudgement) -> bool:
    """Whether an alert is open after a judgement: one that neither rings nor is calm changes nothing."""
    return judgement.rings or (is_open and not judgement.is_calm)
