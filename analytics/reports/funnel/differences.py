"""Do the people of a group complete a funnel more often than all others? Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.reports.funnel.report import AnyFunnel, FunnelGroup
from analytics.statistics import difference_interval, holm_adjusted, p_value, share_difference


@dataclass(frozen=True)
class GroupDifference:
    """By how much the share of a group's people who completed the funnel is above that of the `others`, with the 95 %
    interval (Newcombe); `p` as it is alone, and adjusted for the number of groups (Holm)."""

    rest: float
    difference: float
    interval: tuple[float, float]
    p: float
    p_adjusted: float


def group_differences(report: AnyFunnel, groups: Sequence[FunnelGroup]) -> tuple[GroupDifference | None, ...]:
    """For each group; None where nobody is in it, or in no other. Of people whose window is over, where there is
    one."""
    completed, entered = ends_of(report)
    shares = [(ends_of(group.answer.report)) for group in groups]
    pairs = [(last, first, completed - last, entered - first) for last, first in shares]
    is_known = [first > 0 and others > 0 for _, first, _, others in pairs]
    tests = [p_value(*pair) for pair, known in zip(pairs, is_known, strict=True) if known]
    adjusted = iter(zip(tests, holm_adjusted(tests), strict=True))
    return tuple(
        _difference(pair, *next(adjusted)) if known else None for pair, known in zip(pairs, is_known, strict=True)
    )


def ends_of(funnel: AnyFunnel) -> tuple[int, int]:
    """How many completed it and how many entered: of those whose window is over, where there is one."""
    steps = funnel.mature or funnel.steps
    return steps[-1].count, steps[0].count


def _difference(pair: tuple[int, int, int, int], p: float, p_adjusted: float) -> GroupDifference:
    _, _, completed, entered = pair
    rest = share_difference(completed, entered, 0, 1)
    return GroupDifference(rest, share_difference(*pair), difference_interval(*pair), p, p_adjusted)
