"""Of a test, the people behind a number of its report."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.lists.query import ListParameters, Query, api_id, query_of
from analytics.models.ab_tests import LONGEST_TEST_WINDOW
from analytics.periods import Window
from analytics.questions.experiments import DEFAULT_SHARE_KEPT, ExperimentQuestion, read_cap
from analytics.questions.fields import Subject
from analytics.questions.slices import EVERYTHING, Slice
from analytics.reports.experiments.goals import read_goal
from analytics.reports.experiments.holdouts import HoldoutState, people_of_holdout
from analytics.reports.experiments.report import MemberState, people_of_test

TEST_MEMBER_PARAMETERS = ("members", "arm", "goal", "goalDays", "firstPeople", "cutAt")
GOALS_ALLOWED = (
    "click, open, conversion, revenue, event:<type>, count:<type>, unsubscribe, complaint, hardBounce or delivered"
)
MEMBER_STATES = (*map(str, MemberState), *map(str, HoldoutState))
OF_GOALS = ("goal", "goalDays", "firstPeople", "cutAt")
CUT_ALLOWED = "a number from 0.9 to 1"


def member_state(text: str | None) -> MemberState | HoldoutState:
    if text is None:
        return MemberState.ASSIGNED
    return HoldoutState(text) if text in [*HoldoutState] else MemberState(text)


@dataclass(frozen=True)
class MembersOfTest:
    """Those of a variant, without one of all, in a state: by the test's own goal and days where none are said; of the
    first so many who came, where a number is; with money cut off at this quantile. States of holdouts are those on the
    days of the list."""

    test_id: int
    state: MemberState | HoldoutState = MemberState.ASSIGNED
    variant_id: int | None = None
    goal: str | None = None
    days: int | None = None
    first: int | None = None
    cap: float = DEFAULT_SHARE_KEPT

    @classmethod
    def read(cls, parameters: ListParameters) -> "MembersOfTest | None":
        test_id = parameters.id_of("test", "ab")
        if test_id is None:
            parameters.refuse_without("test", *TEST_MEMBER_PARAMETERS)
            return None
        state = member_state(parameters.choice("members", MEMBER_STATES))
        if isinstance(state, HoldoutState):
            for name in OF_GOALS:
                if parameters.value(name):
                    parameters.refuse(name, f"nothing beside members={state}")
            return cls(test_id, state, parameters.number("arm"))
        goal = parameters.text("goal")
        if goal is not None and read_goal(goal) is None:
            parameters.refuse("goal", GOALS_ALLOWED)
            goal = None
        days = parameters.number("goalDays")
        if days is not None and not 1 <= days <= LONGEST_TEST_WINDOW:
            parameters.refuse("goalDays", f"1 to {LONGEST_TEST_WINDOW} days")
            days = None
        cap = read_cap(parameters.text("cutAt"))
        if cap is None:
            parameters.refuse("cutAt", CUT_ALLOWED)
        return cls(
            test_id,
            state,
            parameters.number("arm"),
            goal,
            days,
            parameters.number("firstPeople"),
            DEFAULT_SHARE_KEPT if cap is None else cap,
        )

    @property
    def query(self) -> Query:
        named = query_of(test=api_id("ab", self.test_id), members=self.state.value, arm=self.variant_id)
        cap = None if self.cap == DEFAULT_SHARE_KEPT else str(self.cap)
        return {**named, **query_of(goal=self.goal, goalDays=self.days, firstPeople=self.first, cutAt=cap)}

    @property
    def is_of_days(self) -> bool:
        """Whether it needs days."""
        return isinstance(self.state, HoldoutState)

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What conditions on them can be about."""
        of_conversions = (Subject.EVENTS,) if self.state is HoldoutState.CONVERTED else ()
        return Subject.PEOPLE, *of_conversions

    def people(
        self, source: Source, now: datetime, part: Slice = EVERYTHING, days: Window | None = None
    ) -> NDArray[np.int32]:
        """By their numbers, ascending, of those whom a part means. The queries of the report."""
        window = days or Window.last_days(1, zone=source.workspace.zone, now=now)
        question = ExperimentQuestion(
            window=window,
            now=now,
            part=part,
            test_id=self.test_id,
            goal=self.goal,
            window_days=self.days,
            cap=self.cap,
        )
        if isinstance(self.state, HoldoutState):
            return people_of_holdout(source, question, self.state, self.variant_id)
        return people_of_test(source, question, self.state, self.variant_id, self.first)
