"""The steps of a funnel that a page's address says, and addresses with others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.http import QueryDict

from analytics.lists.steps import StepNames, saved_funnel, steps_query
from analytics.models import SavedFunnel
from analytics.questions.condition_values import ConditionError
from analytics.questions.filters import Filter, all_of
from analytics.questions.funnel_rules import PLAIN, RULE_PARAMETERS, FunnelRules
from analytics.questions.steps import Step, read_steps, with_where
from analytics.views.disclosure import sees_addresses
from workspaces.models import Membership

WAYS_OF_STEPS = ("steps", "step", "funnel")
CONDITION_FIELD = "filterField"
"""The parameter of the field that a condition is built for; empty while none is chosen."""
STEP_PLACE = "filterStep"
"""The parameter with the place of the step that a condition is built for, 1 the first."""


@dataclass(frozen=True)
class ChosenSteps:
    """What an address says of steps: those understood, and a notice for what was not."""

    steps: tuple[Step, ...] = ()
    notices: tuple[str, ...] = ()
    is_said: bool = False
    saved: SavedFunnel | None = None

    def rules(self, query: QueryDict, steps: Sequence[Step], names: StepNames) -> tuple[FunnelRules, list[str]]:
        """Those that the address says, otherwise those of the saved funnel; and notices for what was not understood."""
        otherwise = PLAIN if self.saved is None else self._saved_rules(self.saved, steps, names)
        found, problems = names.rules({name: query.getlist(name) for name in RULE_PARAMETERS}, steps, otherwise)
        return found, [f"{problem} It is left out." for problem in problems]

    @staticmethod
    def _saved_rules(saved: SavedFunnel, steps: Sequence[Step], names: StepNames) -> FunnelRules:
        """As far as they mean something for the steps that are left of it."""
        values = {name: (value,) if isinstance(value, str) else tuple(value) for name, value in saved.rules.items()}
        return names.rules(values, steps)[0]

    @classmethod
    def of(cls, query: QueryDict, names: StepNames) -> "ChosenSteps":
        given = ",".join(query.getlist("steps"))
        texts = [text for text in query.getlist("step") if text.strip()]
        key = query.get("funnel", "")
        ways = [way for way, said in zip(WAYS_OF_STEPS, (given, texts, key), strict=True) if said]
        beside = tuple(f"{way} is left out beside {ways[0]}, which says the steps." for way in ways[1:])
        if given:
            found = cls._of_types(given)
        elif texts:
            steps, notices = names.readable(texts)
            found = cls(steps, tuple(notices), is_said=True)
        else:
            found = cls._of_key(key, names) if key else cls()
        return replace(found, notices=(*found.notices, *beside))

    @classmethod
    def _of_key(cls, key: str, names: StepNames) -> "ChosenSteps":
        saved = saved_funnel(names.workspace, key)
        if saved is None:
            return cls(notices=(f"funnel cannot be {key[:100]!r}; allowed: one such as fun_3. It is left out.",))
        return cls.of_saved(saved, names)

    @classmethod
    def _of_types(cls, given: str) -> "ChosenSteps":
        try:
            return cls(read_steps(given), is_said=True)
        except ValueError as error:
            return cls(notices=(f"steps cannot be {given[:100]!r}; allowed: {error}.",), is_said=True)

    @classmethod
    def of_saved(cls, saved: SavedFunnel, names: StepNames) -> "ChosenSteps":
        """Without those that name something which does not exist any more."""
        steps = saved.steps_in(names.workspace.zone)
        problems = {step: [*names.problems([step], "step")] for step in steps}
        notices = tuple(f"{error} It is left out." for errors in problems.values() for error in errors)
        return cls(tuple(step for step in steps if not problems[step]), notices, is_said=True, saved=saved)


def step_names(membership: Membership) -> StepNames:
    return StepNames(membership.workspace, sees_addresses(membership))


def with_steps(query: QueryDict, steps: Sequence[Step]) -> str:
    """The parameters of an address with these steps in place of its own, from its first rows on."""
    changed = query.copy()
    for name in (*WAYS_OF_STEPS, STEP_PLACE, CONDITION_FIELD, "page", "format"):
        changed.pop(name, None)
    for name, value in steps_query(steps, "step").items() if steps else ():
        changed.setlist(name, [value] if isinstance(value, str) else [*value])
    return changed.urlencode()


def with_step_condition(query: QueryDict, names: StepNames, condition: Filter) -> str:
    """The parameters with one condition more of the step whose place they say. Raises ConditionError."""
    steps, place = [*ChosenSteps.of(query, names).steps], query.get(STEP_PLACE, "")
    if not place.isascii() or not place.isdecimal() or not 1 <= int(place) <= len(steps):
        raise ConditionError("the place of a step")
    step = steps[int(place) - 1]
    try:
        steps[int(place) - 1] = with_where(step, all_of(step.where, condition))
    except ValueError:
        raise ConditionError("no condition on who signed up") from None
    return with_steps(query, steps)
