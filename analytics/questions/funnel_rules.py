"""By which rules people go through the steps of a funnel: within what time, in which order, without what. Pure."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from analytics.questions.condition_values import ConditionError
from analytics.questions.durations import ONE_DAY, ONE_MINUTE, duration, duration_text
from analytics.questions.errors import QuestionError
from analytics.questions.step_texts import step_data, step_text
from analytics.questions.steps import Step

NO_WINDOW = "none"
SHORTEST_WINDOW, LONGEST_WINDOW = ONE_MINUTE, 365 * ONE_DAY
DEFAULT_WINDOW = "14d"
"""Of funnels that are saved without a word of it."""
MAX_EXCLUSIONS = 5
RULE_PARAMETERS = ("window", "order", "exclude")
WINDOW_ALLOWED = (
    f"minutes, hours or days after the first step, from 1m to {duration_text(LONGEST_WINDOW)}, or {NO_WINDOW}"
)
EXCLUSION_ALLOWED = "what a step may be and, for what lies between two steps alone, their places, such as refund@1-2"
_PLACES = re.compile(r"(.*)@([0-9]{1,2})-([0-9]{1,2})", re.DOTALL)


class StepOrder(StrEnum):
    """`ordered`: others may lie between; `strict`: none may; `any`: all steps, whichever comes first."""

    ORDERED = "ordered"
    STRICT = "strict"
    ANY = "any"


@dataclass(frozen=True)
class Exclusion:
    """What may not lie between two steps, by their places, of which 1 is the first; without them, between the first and
    the last."""

    step: Step
    between: tuple[int, int] | None = None

    @property
    def text(self) -> str:
        text = step_text(self.step)
        if self.between is not None:
            return f"{text}@{self.between[0]}-{self.between[1]}"
        if not _PLACES.fullmatch(text):
            return text
        return json.dumps(step_data(self.step), ensure_ascii=False) if self.step.where.conditions else f'"{text}"'

    def places(self, steps: int) -> tuple[int, int]:
        """Between which of so many steps."""
        return self.between or (1, steps)


@dataclass(frozen=True)
class FunnelRules:
    """`window` is how long after the first step the others may come, both ends included, also after the days that are
    asked about; None: until these end."""

    window: timedelta | None = None
    order: StepOrder = StepOrder.ORDERED
    exclude: tuple[Exclusion, ...] = ()

    @property
    def microseconds(self) -> int | None:
        """Those of the window."""
        return None if self.window is None else self.window // timedelta(microseconds=1)

    @property
    def query(self) -> dict[str, str | list[str]]:
        """As addresses have them, without what is the rule anyway."""
        query: dict[str, str | list[str]] = {}
        if self.window is not None:
            query["window"] = duration_text(self.window)
        if self.order is not StepOrder.ORDERED:
            query["order"] = self.order.value
        if self.exclude:
            query["exclude"] = [exclusion.text for exclusion in self.exclude]
        return query


PLAIN = FunnelRules()
"""Those of a funnel of which nothing is said."""


@dataclass
class RulesReader:
    """Reads the rules of a funnel of so many steps; what cannot be read is left out, and among the `problems`.

    `read_step` raises ConditionError, or QuestionError for what names something that does not exist.
    """

    steps: Sequence[Step]
    read_step: Callable[[str], Step]
    problems: list[QuestionError] = field(default_factory=list)

    def read(self, values: Mapping[str, Sequence[str]], otherwise: FunnelRules = PLAIN) -> FunnelRules:
        """`otherwise` has what the values say nothing of."""
        said = {name: tuple(text for text in values.get(name, ()) if text.strip()) for name in RULE_PARAMETERS}
        window = self._window(said["window"][-1], otherwise) if said["window"] else otherwise.window
        order = self._order(said["order"][-1]) if said["order"] else otherwise.order
        exclude = said["exclude"] or tuple(exclusion.text for exclusion in otherwise.exclude)
        return FunnelRules(window, order, tuple(self._exclusions(exclude, order)))

    def _window(self, text: str, otherwise: FunnelRules) -> timedelta | None:
        found = None if text == NO_WINDOW else duration(text)
        if text == NO_WINDOW or (found is not None and SHORTEST_WINDOW <= found <= LONGEST_WINDOW):
            return found
        self._refuse("window", text, WINDOW_ALLOWED)
        return otherwise.window

    def _order(self, text: str) -> StepOrder:
        if text in list(StepOrder):
            return StepOrder(text)
        self._refuse("order", text, ", ".join(StepOrder))
        return StepOrder.ORDERED

    def _exclusions(self, texts: Sequence[str], order: StepOrder) -> Iterator[Exclusion]:
        if len(texts) > MAX_EXCLUSIONS:
            self._refuse("exclude", f"{len(texts)} of them", f"at most {MAX_EXCLUSIONS}")
        for text in dict.fromkeys(texts[:MAX_EXCLUSIONS]):
            try:
                exclusion = _exclusion(text, self.read_step)
            except ConditionError as error:
                self._refuse("exclude", text, str(error))
                continue
            except QuestionError as error:
                self._refuse("exclude", text, error.allowed)
                continue
            if problem := self._problem(exclusion, order):
                self._refuse("exclude", text, problem)
            else:
                yield exclusion

    def _problem(self, exclusion: Exclusion, order: StepOrder) -> str | None:
        """What is allowed instead, where an exclusion would exclude everybody, or means nothing."""
        first, last = exclusion.places(len(self.steps))
        if not 1 <= first < last <= len(self.steps):
            return f"places of two of the {len(self.steps)} steps, the earlier one first"
        if order is StepOrder.ANY and exclusion.between is not None:
            return "no places where steps may come in any order"
        inside = self.steps if order is StepOrder.ANY else self.steps[first : last - 1]
        return "what is none of the steps between" if exclusion.step in inside else None

    def _refuse(self, name: str, given: str, allowed: str) -> None:
        self.problems.append(QuestionError(name, given[:200], allowed))


def _exclusion(text: str, read_step: Callable[[str], Step]) -> Exclusion:
    found = _PLACES.fullmatch(text.strip())
    if found is None:
        return Exclusion(read_step(text))
    return Exclusion(read_step(found[1]), (int(found[2]), int(found[3])))
