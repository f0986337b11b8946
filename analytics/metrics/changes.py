"""How a metric differs from what it is compared with."""

from dataclasses import dataclass

from analytics.metrics.metric import METRICS, Metric, Unit
from analytics.metrics.numbers import Numbers

MIN_BASE = 30
"""The smallest base of a change: of fewer it would be chance."""


@dataclass(frozen=True)
class Change:
    """How a metric differs from what it is compared with; of amounts, `before` is minor units of the `currency`.

    `amount` is a fraction of the count before, or for a share the difference of the two; None where that says nothing.
    `is_of_settled` says that messages that are too young to be compared are left out.
    """

    metric: Metric
    before: int | float
    amount: float | None
    currency: str = ""
    is_of_settled: bool = False

    @property
    def is_good(self) -> bool | None:
        """Whether the change is for the better; None where it is neither."""
        return (self.amount > 0) != self.metric.less_is_better if self.amount else None


def metric_change(key: str, numbers: Numbers, before: Numbers) -> Change:
    """Of a count or an amount relative to that before, of a share in points; nothing over a base smaller than MIN_BASE,
    which of an amount is how many orders it is of. Of a share that rises with age, of messages that are old enough."""
    metric, is_of_settled = METRICS[key], numbers.compared_by(key) is not numbers
    numbers, before = numbers.compared_by(key), before.compared_by(key)
    value, value_before = numbers.value(key), before.value(key)
    if metric.denominator is not None and metric.unit is not Unit.MONEY:
        bases = numbers[metric.denominator], before[metric.denominator]
        amount = round(value - value_before, metric.places) if min(bases) >= MIN_BASE else None
    else:
        base = before["orders"] if metric.unit is Unit.MONEY else before[key]
        amount = round(value / value_before - 1, 3) if base >= MIN_BASE and value_before > 0 else None
    return Change(metric, value_before, amount, is_of_settled=is_of_settled)


def estimate_change(key: str, value: float, before: float) -> Change:
    """Of a count that may be a fraction, relative to that before; nothing over a base smaller than MIN_BASE."""
    return Change(METRICS[key], before, round(value / before - 1, 3) if before >= MIN_BASE else None)
