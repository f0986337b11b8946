"""When a number should wake somebody: rules over values of days that are over, the oldest first, the last judged."""

from collections.abc import Sequence
from dataclasses import dataclass
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
RINGS_AT, SHARES_RING_AT, CALM_AT = 3.2, 3.5, 2.0
"""How many standard deviations off an anomaly begins, and how few it is over at."""
LEAST_RELATIVE, CALM_RELATIVE = 0.2, 0.1
"""And by what share of the expected."""
NOT_FARTHEST, OF_NOT_FARTHEST = 0.95, 0.94
"""The share of days that do not lie farthest, and what is left of a deviation where the others count as
these."""
OF_NOTHING = 0.01
"""For what a day is taken on which nothing came, as a share of what is usual: nothing has no logarithm."""
_NORMAL = 1.4826
"""By which the median of what deviates comes to a standard deviation, where that is normal."""
_Z_90 = 1.645
"""How many standard deviations nine of ten lie within."""
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


def anomaly_judgement(days: Sequence[DayValue], direction: Direction = Direction.BOTH) -> DayJudgement:
    """Rings where the day is far from the median of its weekday, and a fifth of it.

    Counts and amounts fall and rise by shares: far is 3.2 standard deviations of their logarithm. Shares have a floor
    near which no logarithm means much: 3.5 of their own. The deviation is the largest of what this weekday, all days
    and chance alone have. Nothing is said of what is of fewer than 30, nor with fewer than four such days before,
    nor of amounts of which more is usually paid back than comes in.
    """
    day, same = days[-1], _same_weekday(days, len(days) - 1)
    if day.value is None or len(same) < LEAST_WEEKS or _base(days) < FEWEST_JUDGED:
        return DayJudgement(day.value)
    expected = median(same)
    if expected <= 0 and not day.is_share:
        return DayJudgement(day.value)
    deviation = (_deviation if day.is_share else _log_deviation)(days, same, expected)
    deviation *= sqrt(1 + pi / 2 / len(same))
    low, high = _bounds(expected, deviation, is_share=day.is_share)
    calm = max(CALM_AT * deviation * (1 if day.is_share else expected), CALM_RELATIVE * expected)
    off = day.value - expected
    rings = not low <= day.value <= high and direction.is_meant(off)
    is_calm = abs(off) <= calm or not direction.is_meant(off)
    low_told = low if direction is not Direction.UP else None
    high_told = high if direction is not Direction.DOWN else None
    return DayJudgement(day.value, expected, low_told, high_told, rings, is_calm)


def _bounds(expected: float, deviation: float, *, is_share: bool) -> tuple[float, float]:
    """Between which a value does not ring."""
    least = LEAST_RELATIVE * expected
    if is_share:
        width = max(SHARES_RING_AT * deviation, least)
        return max(expected - width, 0.0), expected + width
    times = exp(RINGS_AT * deviation)
    return min(expected / times, expected - least), max(expected * times, expected + least)


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
    return max(_NORMAL * median(off), of_most / _Z_90) * sqrt(WEEKS / (WEEKS - pi / 2))


def _log_deviation(days: Sequence[DayValue], same: Sequence[float], expected: float) -> float:
    own = sorted(_distance(value, expected) for value in same)
    return max(_spread([*own[:-1], own[-2]]), _spread_of_all(days), _chance(days[-1], expected) / expected)


def _spread_of_all(days: Sequence[DayValue]) -> float:
    """How far the days before lie from the medians of their weekdays. Those that lie farthest count as the others'
    farthest, so that a fall of last month hides none of today. A median lies near its own days: that is made up for."""
    history = days[-HISTORY_DAYS - 1 : -1]
    off: list[float] = []
    for weekday in range(7):
        values = [each.value for each in history[weekday::7] if each.value is not None]
        if values and (middle := median(values)):
            off += [_distance(value, middle) for value in values]
    if not off:
        return 0.0
    farthest = sorted(off)[int(NOT_FARTHEST * (len(off) - 1))]
    spread = _spread([min(value, farthest) for value in off]) / OF_NOT_FARTHEST
    return spread * sqrt(WEEKS / (WEEKS - pi / 2))


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

    def judgement(self, days: Sequence[DayValue]) -> DayJudgement:
        """Of the last of the days. Not for silence, which is judged by the hour."""
        match self.kind:
            case AlertKind.THRESHOLD:
                return threshold_judgement(days, self.amount or 0.0, self.direction)
            case AlertKind.CHANGE:
                return change_judgement(days, self.amount or 0.0, self.direction)
            case _:
                return anomaly_judgement(days, self.direction)

    def openings(self, days: Sequence[DayValue], last: int) -> list[int]:
        """The places among the last days at which an alert with this rule would have opened."""
        is_open, found = False, []
        for place in range(max(len(days) - last, 0), len(days)):
            after = is_open_after(is_open, self.judgement(days[: place + 1]))
            if after and not is_open:
                found.append(place)
            is_open = after
        return found


def is_open_after(is_open: bool, judgement: DayJudgement) -> bool:
    """Whether an alert is open after a judgement: one that neither rings nor is calm changes nothing."""
    return judgement.rings or (is_open and not judgement.is_calm)
