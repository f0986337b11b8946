"""What is asked of the value of people over time: since when, by what, and how far. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from analytics.periods import Interval
from analytics.questions.fields import Field, field_of
from analytics.questions.questions import Question

DEFAULT_HORIZON, LONGEST_HORIZON = 26, 104
"""Of how many weeks the value is told, and of how many at most."""
HIGHEST_COST = 10**12
"""In minor units."""


class LtvStart(StrEnum):
    """From when on somebody belongs to a cohort."""

    SIGNUP = "signup"
    FIRST_ORDER = "first_order"


class LtvBy(StrEnum):
    """What is taken together: those who began in a week or a month, or whose first touch had a source or campaign."""

    WEEK = "week"
    MONTH = "month"
    SOURCE = "source"
    CAMPAIGN = "campaign"

    @property
    def interval(self) -> Interval | None:
        return Interval(self.value) if self in (LtvBy.WEEK, LtvBy.MONTH) else None

    @property
    def field(self) -> Field | None:
        return None if self.interval else field_of(f"utm.{self.value}")


@dataclass(frozen=True, kw_only=True)
class LtvQuestion(Question):
    """Of those who began on the question's days, in each of the first `horizon` weeks. `cost` is what each of them
    cost, in minor units of the workspace's currency."""

    start: LtvStart = LtvStart.SIGNUP
    by: LtvBy = LtvBy.MONTH
    horizon: int = DEFAULT_HORIZON
    cost: int | None = None

    @property
    def query(self) -> dict[str, str | list[str]]:
        own = {"cohort": self.start.value, "by": self.by.value, "age": Interval.WEEK.value}
        return super().query | own | {"horizon": str(self.horizon)}
