"""What each part of the facts adds to a metric's change, and whether that is more than chance. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from itertools import islice
from math import fsum

from analytics.metrics import Metric, Numbers, Unit, exact_value
from analytics.periods import Window
from analytics.questions.groups import Breakdown, Group
from analytics.statistics import (
    MixAndRate,
    RatioOfSums,
    SharePair,
    Spread,
    are_beyond_chance,
    count_p_value,
    mix_and_rate,
    ratios_p_value,
    shares_p_value,
    sums_p_value,
)

_ALPHA = 0.05


@dataclass(frozen=True)
class BothPeriods:
    """What a part of the facts amounts to, and what it did before.

    Of facts of which one person may have several, `spreads` say how they are spread over people in each period; nobody
    has others.
    """

    numbers: Numbers
    before: Numbers
    spreads: tuple[Spread, Spread] = (Spread(), Spread())

    @property
    def people(self) -> int:
        return sum(spread.people for spread in self.spreads)

    def without(self, part: "BothPeriods") -> "BothPeriods":
        """The rest of it, where a part has other people."""
        return BothPeriods(
            Numbers({key: n - part.numbers[key] for key, n in self.numbers.items()}),
            Numbers({key: n - part.before[key] for key, n in self.before.items()}),
            (self.spreads[0].without(part.spreads[0]), self.spreads[1].without(part.spreads[1])),
        )

    def share(self, metric: Metric) -> SharePair:
        numerator, denominator = metric.parts
        return SharePair(
            *(self.numbers[numerator], self.numbers[denominator]), *(self.before[numerator], self.before[denominator])
        )

    def ratios(self, metric: Metric) -> tuple[RatioOfSums, RatioOfSums]:
        """What there is for each of what it is of, now and before."""
        now, before = map(partial(_ratio, metric), (self.numbers, self.before), self.spreads)
        return now, before

    def shares_of_base(self, metric: Metric, whole: "BothPeriods") -> tuple[RatioOfSums, RatioOfSums]:
        """How much of all that the whole's ratio is of it has, now and before."""
        sides = (self.numbers, self.before), (whole.numbers, whole.before), self.spreads, whole.spreads
        now, before = map(partial(_share_of_base, metric), *sides)
        return now, before

    def change(self, metric: Metric) -> float | None:
        """How the metric changed: of a share the difference of the two, not rounded. None where one is of nothing."""
        now, before = exact_value(metric.key, self.numbers), exact_value(metric.key, self.before)
        return None if now is None or before is None else now - before

    def base(self, metric: Metric) -> int:
        """How much it has of what the metric counts, or is of, in both periods."""
        key = metric.parts[-1]
        return abs(self.numbers[key]) + abs(self.before[key])


def _ratio(metric: Metric, numbers: Numbers, spread: Spread) -> RatioOfSums:
    amount, base = (numbers[key] for key in metric.parts)
    return RatioOfSums(amount, base, spread.around_ratio(amount / base) if base else 0.0, spread.people)


def _share_of_base(metric: Metric, part: Numbers, whole: Numbers, spread: Spread, of: Spread) -> RatioOfSums:
    base, all_of_it = part[metric.parts[-1]], whole[metric.parts[-1]]
    return RatioOfSums(base, all_of_it, spread.around_share(base / all_of_it, of) if all_of_it else 0.0, of.people)


@dataclass(frozen=True)
class Piece:
    """A part of the facts: those of a group, of some days of both periods, whose `windows` these are, or of all days of
    both that are the same `weekday`, 1 for Monday; or what is credited to nothing, which `is_unattributed`. `name` is
    what its value is called, None for no value; it has so many `values`.

    It adds `amount` to the change; of a ratio that is mix and rate. `p_values` say how likely as much is by chance.
    """

    both: BothPeriods
    amount: float
    mix_and_rate: MixAndRate | None
    p_values: tuple[float, ...]
    group: Group | None = None
    windows: tuple[Window, Window] | None = None
    weekday: int | None = None
    is_unattributed: bool = False
    name: str | None = None
    values: int = 1
    is_beyond_chance: bool = False

    def is_new(self, metric: Metric) -> bool:
        """Whether nothing of it was there before."""
        return not any(self.both.before[key] for key in metric.parts)

    def is_gone(self, metric: Metric) -> bool:
        return not any(self.both.numbers[key] for key in metric.parts)


class DaysBy(StrEnum):
    """By what days are taken together."""

    TIME = "time"
    WEEKDAY = "weekday"


@dataclass(frozen=True)
class DividedChange:
    """A change divided by the values of a field, by whether people are in a segment, or (without a `split`) by what its
    `days` are: one after the other, or by weekday.

    The pieces add up to it: those beyond chance first, the largest of these first.

    It `is_reversed` where every value that both periods have moved the other way than the whole.
    """

    split: Breakdown | None
    pieces: tuple[Piece, ...]
    is_reversed: bool = False
    days: DaysBy = DaysBy.TIME

    @property
    def name(self) -> str:
        """As answers have it."""
        return self.split.text if self.split else self.days.value

    @property
    def mix(self) -> float:
        return fsum(piece.mix_and_rate.mix for piece in self.pieces if piece.mix_and_rate)

    @property
    def rate(self) -> float:
        return fsum(piece.mix_and_rate.rate for piece in self.pieces if piece.mix_and_rate)

    @property
    def beyond_chance(self) -> tuple[Piece, ...]:
        return tuple(piece for piece in self.pieces if piece.is_beyond_chance)


@dataclass(frozen=True)
class PeriodSizes:
    """How many days the periods have."""

    days: int
    days_before: int


def chance_of_all(metric: Metric, both: BothPeriods, sizes: PeriodSizes) -> float:
    """How likely the whole differs as much by chance."""
    return _chance(metric, both, sizes)


def pieces_of(
    metric: Metric, parts: Sequence[BothPeriods], whole: BothPeriods, sizes: PeriodSizes
) -> tuple[Piece, ...]:
    """In order, what each of the parts, which together are the whole, adds to the change. Nothing where a ratio is of
    nothing on a side."""
    if metric.is_ratio:
        return _pieces_of_ratio(metric, parts, whole)
    return tuple(
        Piece(part, part.numbers[metric.key] - part.before[metric.key], None, (_chance(metric, part, sizes),))
        for part in parts
    )


def _pieces_of_ratio(metric: Metric, parts: Sequence[BothPeriods], whole: BothPeriods) -> tuple[Piece, ...]:
    pairs = [part.share(metric) for part in parts]
    split = mix_and_rate(pairs)
    return tuple(
        Piece(part, both.total, both, (_chance_of_ratio(metric, part), _chance_of_mix(metric, part, whole)))
        for part, both in zip(parts if split else (), split, strict=False)
    )


def _chance(metric: Metric, part: BothPeriods, sizes: PeriodSizes) -> float:
    if metric.is_ratio:
        return _chance_of_ratio(metric, part)
    now, before = part.numbers[metric.key], part.before[metric.key]
    if part.people:
        squares = (part.spreads[0].squares, part.spreads[1].squares)
        return sums_p_value((now, before), squares, part.people, (sizes.days, sizes.days_before))
    return count_p_value(now, before, sizes.days, sizes.days_before)


def _chance_of_ratio(metric: Metric, part: BothPeriods) -> float:
    return _chance_of_share(part.share(metric)) if metric.unit is Unit.SHARE else ratios_p_value(*part.ratios(metric))


def _chance_of_mix(metric: Metric, part: BothPeriods, whole: BothPeriods) -> float:
    if metric.unit is not Unit.SHARE:
        return ratios_p_value(*part.shares_of_base(metric, whole))
    pair, of = part.share(metric), whole.share(metric)
    return shares_p_value(pair.trials, of.trials, pair.trials_before, of.trials_before)


def _chance_of_share(pair: SharePair) -> float:
    successes, before = min(pair.successes, pair.trials), min(pair.successes_before, pair.trials_before)
    return shares_p_value(successes, pair.trials, before, pair.trials_before)


def divided_change(
    metric: Metric, whole: BothPeriods, split: Breakdown | None, pieces: Sequence[Piece], sizes: PeriodSizes
) -> DividedChange:
    change, is_large = whole.change(metric), chance_of_all(metric, whole, sizes) < _ALPHA
    pairs = [piece.both.share(metric) for piece in pieces] if metric.is_ratio else []
    moves = [pair.share - pair.share_before for pair in pairs if pair.is_on_both_sides]
    is_reversed = is_large and change is not None and len(moves) > 1 and all(move * change < 0 for move in moves)
    return DividedChange(split, tuple(pieces), is_reversed)


def judged_changes(metric: Metric, whole: BothPeriods, changes: Sequence[DividedChange]) -> tuple[DividedChange, ...]:
    """What of all their pieces is more than chance, and those first that tell most: by which the change is spread least
    evenly."""
    verdicts = iter(are_beyond_chance([p for change in changes for piece in change.pieces for p in piece.p_values]))

    def with_verdict(piece: Piece) -> Piece:
        return replace(piece, is_beyond_chance=any([*islice(verdicts, len(piece.p_values))]))

    found = [replace(change, pieces=tuple(map(with_verdict, change.pieces))) for change in changes]
    in_order = [replace(change, pieces=tuple(sorted(change.pieces, key=_place))) for change in found]
    return tuple(sorted(in_order, key=lambda change: -_unevenness(metric, whole, change)))


def _place(piece: Piece) -> tuple[bool, float]:
    return not piece.is_beyond_chance, -abs(piece.amount)


def _unevenness(metric: Metric, whole: BothPeriods, change: DividedChange) -> float:
    """How far the pieces beyond chance are from what each would have of a change that is the same everywhere."""
    amount, base = whole.change(metric) or 0.0, whole.base(metric)
    even = ((piece, amount * piece.both.base(metric) / base if base else 0.0) for piece in change.beyond_chance)
    return fsum(abs(piece.amount - expected) for piece, expected in even)
