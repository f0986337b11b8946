"""Which of a funnel's people are meant: whose time is over, who entered when, who took how long. Pure."""

import numpy as np
from numpy.typing import NDArray

from analytics.periods import Window, microseconds
from analytics.questions.entrants import Entrants, TimeTaken
from analytics.questions.questions import FunnelQuestion
from analytics.reports.reached import NEVER, StepsReached

SECOND = 1_000_000
_Truths = NDArray[np.bool_]


def are_mature(question: FunnelQuestion, reached: StepsReached) -> NDArray[np.bool_]:
    """By person, whether they entered and nothing that is done from now on counts for it: the window after their entry
    is over, without one the days."""
    now, window = microseconds(question.now), question.rules.microseconds
    if window is None:
        found: _Truths = (reached.entered != NEVER) & (question.last_entry < now)
    else:
        found = reached.entered <= now - window
    return found


def since_step(reached: StepsReached, place: int) -> NDArray[np.int64]:
    """By person, when the time after a step begins, 1 the first: with that their whole attempt does."""
    return reached.entered if place == 1 else reached.at[place - 1]


def are_among(question: FunnelQuestion, reached: StepsReached, step: int, entrants: Entrants) -> NDArray[np.bool_]:
    """By person, whether they are some of those who reached a step, by its place."""
    found: _Truths = reached.at[step - 1] != NEVER
    if entrants.is_mature is not None:
        found &= are_mature(question, reached) == entrants.is_mature
    if entrants.entered_on is not None:
        found &= _are_inside(reached.entered, entrants.entered_on)
    if entrants.took is not None:
        found &= _took(reached, step, entrants.took)
    return found


def _are_inside(entered: NDArray[np.int64], days: Window) -> NDArray[np.bool_]:
    starts, ends = microseconds(days.starts_at), microseconds(days.ends_at)
    found: _Truths = (entered >= starts) & (entered < ends)
    return found


def _took(reached: StepsReached, step: int, took: TimeTaken) -> NDArray[np.bool_]:
    since, until = since_step(reached, took.since), reached.at[step - 1]
    below = NEVER if took.below is None else took.below * SECOND
    found: _Truths = (until - since >= took.at_least * SECOND) & (until - since < below)
    return found
