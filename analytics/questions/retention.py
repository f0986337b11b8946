"""What is asked of who comes back: since when, by what, and in which periods since. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from analytics.periods import OF_WHOLE_DAYS, Interval, buckets
from analytics.questions.questions import CohortsQuestion
from analytics.questions.step_texts import StepReader, step_text
from analytics.questions.steps import EventStep, MessageStep

DEFAULT_PERIODS, MOST_PERIODS = 12, 400
"""Of how many periods is told who came back, and of how many at most."""
MOST_CELLS = 12_000
"""Cohorts times periods: where days would make more, weeks or months are cohorts."""
RETENTION_PARAMETERS = ("unit", "start", "return", "mode", "clock", "by", "horizon")
"""What addresses ask with it beside what cohorts are asked."""
OF_SIGNUP = "signup"
_FIRST, _EVENT, _MESSAGE = "first:", "event:", "message:"


class CohortClock(StrEnum):
    """What a period is: so many whole local days since the day on which somebody began, a calendar's week or month, or
    so many hours since the very instant."""

    DAYS = "days"
    CALENDAR = "calendar"
    ROLLING = "rolling"


class ReturnMode(StrEnum):
    """Who came back: those who did in the period itself, or in it or in any later one."""

    ON = "on"
    ON_OR_AFTER = "onOrAfter"


@dataclass(frozen=True)
class CohortStart:
    """What people begin with: an act, `is_first` for the first of theirs ever; without one their signup."""

    act: EventStep | MessageStep | None = None
    is_first: bool = False

    @property
    def text(self) -> str:
        """What `read_start` reads."""
        if self.act is None:
            return OF_SIGNUP
        act = step_text(self.act)
        of_event = _EVENT if isinstance(self.act, EventStep) else ""
        return f"{_FIRST if self.is_first else ''}{of_event}{act}"

    @property
    def is_once(self) -> bool:
        """Whether each begins once, so that nobody is in two cohorts."""
        return self.act is None or self.is_first


BY_SIGNUP = CohortStart()
STARTS_ALLOWED = (
    "signup, event: with a type of events, or message: with what a message reaches, such as message:clicked@cmp_2; "
    "first: before one of the last two for the first ever"
)


def read_start(text: str, reader: StepReader) -> CohortStart | None:
    """None for what is none of STARTS_ALLOWED. Raises ConditionError for an act or conditions that cannot be read."""
    text = text.strip()
    if text == OF_SIGNUP:
        return BY_SIGNUP
    act = text.removeprefix(_FIRST)
    is_first = act != text
    if act.startswith(_EVENT):
        step = reader.text(act.removeprefix(_EVENT))
        return CohortStart(step, is_first) if isinstance(step, EventStep) else None
    if not act.startswith((_MESSAGE, "{")):
        return None
    step = reader.text(act)
    return CohortStart(step, is_first) if isinstance(step, MessageStep) else None


@dataclass(frozen=True, kw_only=True)
class RetentionQuestion(CohortsQuestion):
    """Of those who began on the question's days, who came back in each of the first `horizon` periods of a unit.

    `metric` says what a return is. Cohorts are those who began in the same bucket of the question's interval.
    """

    unit: Interval = Interval.WEEK
    start: CohortStart = BY_SIGNUP
    mode: ReturnMode = ReturnMode.ON
    clock: CohortClock = CohortClock.DAYS
    horizon: int = DEFAULT_PERIODS

    @property
    def query(self) -> dict[str, str | list[str]]:
        query = {**super().query, "by": self.interval.value, "unit": self.unit.value, "start": self.start.text}
        query |= {"mode": self.mode.value, "clock": self.clock.value, "horizon": str(self.horizon)}
        return {name: value for name, value in query.items() if name != "interval"}


def fitting_interval(question: RetentionQuestion, wanted: Interval) -> Interval | None:
    """It, or the first longer one by which cohorts are not too many; None where none is."""
    longer = OF_WHOLE_DAYS[OF_WHOLE_DAYS.index(wanted) :]
    sizes = {each: len(buckets(question.window, each)) * question.horizon for each in longer}
    return next((each for each, cells in sizes.items() if cells <= MOST_CELLS), None)
