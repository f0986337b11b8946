"""What is asked of how a metric changed from one period to another, and why. Pure."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

from analytics.metrics import METRICS, OF_ORDERS, STATUSES, counted_for
from analytics.periods import Window, local_day
from analytics.questions.questions import TREND_METRICS, Question

METRICS_OF_CHANGES = TREND_METRICS
DEFAULT_METRIC = "campaign_click_rate"
EQUAL_AGE = timedelta(days=3)
"""How old messages are on both sides: what they reach later says how long ago they were created."""


@dataclass(frozen=True, kw_only=True)
class WhatChangedQuestion(Question):
    """`metric` is one of METRICS_OF_CHANGES. With a `split` it is divided by that alone; without, by the workspace's
    newest segments, too, where it `tries_segments`: answers say their names."""

    metric: str = DEFAULT_METRIC
    tries_segments: bool = True

    @property
    def query(self) -> dict[str, str | list[str]]:
        return super().query | {"metric": self.metric}

    @property
    def counts(self) -> tuple[str, ...]:
        """The keys of the counts that the metric is made of: the number, or numerator and denominator."""
        return METRICS[self.metric].parts

    @property
    def is_of_money(self) -> bool:
        return self.metric in OF_ORDERS

    @property
    def is_of_statuses(self) -> bool:
        """Whether older messages have more of it."""
        return not {*STATUSES}.isdisjoint(counted_for([self.metric]))

    @property
    def within(self) -> timedelta | None:
        """How long after their creation messages have to have reached what is counted."""
        return EQUAL_AGE if self.is_of_statuses else None

    @cached_property
    def once_old_enough(self) -> "WhatChangedQuestion":
        """The same about those of its days alone on which all messages are as old as those compared with them: what
        has `within` to be reached is known of them."""
        last = local_day(self.now - EQUAL_AGE, self.window.zone) - timedelta(days=1)
        if not self.is_of_statuses or self.window.last_day <= last:
            return self
        days = max(0, (last - self.window.first_day).days + 1)
        return replace(self, window=Window(self.window.zone, self.window.first_day, days))
