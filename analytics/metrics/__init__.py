"""Every metric once: its name, what it means in words, where it is counted, and what is divided by what.

`numbers` is the only place that divides.
"""

from analytics.metrics.catalogue import KEY_OF, OF_CREDITED, OF_ORDERS, OF_SHARED_OUT, counted_for
from analytics.metrics.changes import MIN_BASE, Change, estimate_change, metric_change
from analytics.metrics.counted import (
    ACTS_OF_PEOPLE,
    HARM,
    LADDER,
    LIFE_CYCLE,
    OF_EVENTS,
    OF_MESSAGES,
    STATUSES,
    Counted,
    Dimension,
)
from analytics.metrics.metric import METRICS, NO_BOT_CLICKS, NO_BOT_OPENS, Metric, Unit
from analytics.metrics.numbers import Numbers, exact_rate, exact_value, known_rate, mean_units, rate, seconds_of

__all__ = [
    "ACTS_OF_PEOPLE",
    "HARM",
    "KEY_OF",
    "LADDER",
    "LIFE_CYCLE",
    "METRICS",
    "MIN_BASE",
    "NO_BOT_CLICKS",
    "NO_BOT_OPENS",
    "OF_CREDITED",
    "OF_EVENTS",
    "OF_MESSAGES",
    "OF_ORDERS",
    "OF_SHARED_OUT",
    "STATUSES",
    "Change",
    "Counted",
    "Dimension",
    "Metric",
    "Numbers",
    "Unit",
    "counted_for",
    "estimate_change",
    "exact_rate",
    "exact_value",
    "known_rate",
    "mean_units",
    "metric_change",
    "rate",
    "seconds_of",
]
