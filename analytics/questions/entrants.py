"""Some of the people of a funnel: by whether their time is over, when they entered, and how long they took. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from analytics.periods import Window
from analytics.questions.errors import QuestionError

ENTRANTS_PARAMETERS = ("entrants", "enteredFrom", "enteredTo", "tookSince", "tookFrom", "tookBelow")
MATURE, YOUNG = "mature", "young"
_NUMBER = re.compile("[0-9]{1,9}")


@dataclass(frozen=True)
class TimeTaken:
    """How many seconds after an earlier step, by its place, a step was reached: from so many on and below others."""

    since: int
    at_least: int = 0
    below: int | None = None


@dataclass(frozen=True)
class Entrants:
    """`is_mature`: whether the window after their entry is over; `entered_on`: the days of it."""

    is_mature: bool | None = None
    entered_on: Window | None = None
    took: TimeTaken | None = None

    @property
    def query(self) -> dict[str, str]:
        query: dict[str, str] = {}
        if self.is_mature is not None:
            query["entrants"] = MATURE if self.is_mature else YOUNG
        if self.entered_on is not None:
            query["enteredFrom"] = self.entered_on.first_day.isoformat()
            query["enteredTo"] = self.entered_on.last_day.isoformat()
        if self.took is not None:
            query |= {"tookSince": str(self.took.since), "tookFrom": str(self.took.at_least)}
            query |= {} if self.took.below is None else {"tookBelow": str(self.took.below)}
        return query


EVERY_ENTRANT = Entrants()


@dataclass
class EntrantsReader:
    """What cannot be read is left out, and among the `problems`."""

    value: Callable[[str], str | None]
    zone: ZoneInfo
    problems: list[QuestionError] = field(default_factory=list)

    def read(self, *, step: int, has_window: bool) -> Entrants:
        """Of the people who reached a step, by its place."""
        given = self.value("entrants") or None
        if given is not None and (given not in (MATURE, YOUNG) or not has_window):
            self._refuse("entrants", f"{MATURE} or {YOUNG}, of a funnel with a window")
            given = None
        return Entrants(None if given is None else given == MATURE, self._days(), self._time(step))

    def _days(self) -> Window | None:
        days = [self._day(name) for name in ("enteredFrom", "enteredTo")]
        first, last = days
        if first is not None and last is not None and first <= last:
            return Window.between(first, last, zone=self.zone)
        for name in ("enteredFrom", "enteredTo"):
            if self.value(name):
                self._refuse(name, "days such as 2026-03-01, both of them, the first one first")
        return None

    def _day(self, name: str) -> date | None:
        try:
            return date.fromisoformat(self.value(name) or "")
        except ValueError:
            return None

    def _time(self, step: int) -> TimeTaken | None:
        since, at_least, below = (self._number(name) for name in ("tookSince", "tookFrom", "tookBelow"))
        if since is None or at_least is None:
            for name in ("tookSince", "tookFrom", "tookBelow"):
                if self.value(name):
                    self._refuse(name, "the place of an earlier step with tookFrom, in seconds")
            return None
        if not 1 <= since < step:
            self._refuse("tookSince", "the place of an earlier step")
            return None
        return TimeTaken(since, at_least, below)

    def _number(self, name: str) -> int | None:
        text = self.value(name) or ""
        if not text or _NUMBER.fullmatch(text):
            return int(text) if text else None
        self._refuse(name, "a whole number")
        return None

    def _refuse(self, name: str, allowed: str) -> None:
        self.problems.append(QuestionError(name, (self.value(name) or "")[:100], allowed))
