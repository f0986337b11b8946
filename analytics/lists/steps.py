"""A funnel's steps read from an address or from what was saved: each is what it says, and names what there is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analytics.lists.filter_names import step_problem
from analytics.lists.query import Query
from analytics.models import SavedFunnel
from analytics.questions.condition_values import ConditionError, ConditionValues
from analytics.questions.errors import QuestionError
from analytics.questions.funnel_rules import PLAIN, FunnelRules, RulesReader
from analytics.questions.step_texts import StepReader, step_text
from analytics.questions.steps import MAX_STEPS, Step, steps_text
from campaignos.ids import number_of
from workspaces.models import Workspace

FUNNEL_STEP = "funnelStep"
"""The parameter of lists with one step of a funnel, where `step` is the place of the one that was reached."""


@dataclass(frozen=True)
class StepNames:
    """Reads steps that name what there is in a workspace. Types of events may be new."""

    workspace: Workspace
    sees_addresses: bool = True

    def read(self, texts: Sequence[str], parameter: str = "step") -> tuple[Step, ...]:
        """Raises QuestionError for the first that is no step, or names something that does not exist."""
        if len(texts) > MAX_STEPS:
            raise QuestionError(parameter, f"{len(texts)} steps", f"1 to {MAX_STEPS} steps")
        return tuple(self._step(text, parameter) for text in texts)

    def readable(self, texts: Sequence[str], parameter: str = "step") -> tuple[tuple[Step, ...], list[str]]:
        """Those of the first MAX_STEPS that are steps, and a notice for what is left out."""
        found: list[Step] = []
        notices = []
        for text in texts[:MAX_STEPS]:
            try:
                found.append(self._step(text, parameter))
            except QuestionError as error:
                notices.append(f"{error} It is left out.")
        if len(texts) > MAX_STEPS:
            notices.append(f"A funnel has at most {MAX_STEPS} steps: the first are taken.")
        return tuple(found), notices

    def problems(self, steps: Sequence[Step], parameter: str) -> Iterator[QuestionError]:
        """Of steps that were read, those that name something which does not exist."""
        for step in steps:
            if problem := step_problem(self.workspace, step):
                yield QuestionError(parameter, step_text(step)[:200], problem)

    def rules(
        self, values: Mapping[str, Sequence[str]], steps: Sequence[Step], otherwise: FunnelRules = PLAIN
    ) -> tuple[FunnelRules, list[QuestionError]]:
        """By which people go through the steps, and what of the values was not understood and is left out."""
        reader = RulesReader(steps, lambda text: self._step(text, "exclude"))
        return reader.read(values, otherwise), reader.problems

    def _step(self, text: str, parameter: str) -> Step:
        try:
            step = StepReader(ConditionValues(self.workspace.zone, self.sees_addresses)).text(text)
        except ConditionError as error:
            raise QuestionError(parameter, text[:200], str(error)) from None
        for problem in self.problems([step], parameter):
            raise problem
        return step


def steps_query(steps: Sequence[Step], parameter: str = FUNNEL_STEP) -> Query:
    """What addresses say of the steps: event types alone by `steps`, others one by one."""
    names = steps_text(steps)
    return {parameter: tuple(map(step_text, steps))} if names is None else {"steps": names}


def rules_query(rules: FunnelRules) -> Query:
    return {name: value if isinstance(value, str) else tuple(value) for name, value in rules.query.items()}


def saved_funnel(workspace: Workspace, api_id: str) -> SavedFunnel | None:
    key = number_of("fun", api_id)
    return None if key is None else SavedFunnel.objects.filter(workspace=workspace, pk=key).first()
