"""Of people those who bought on the days of a list, by how lately, how often and for how much."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.lists.query import ListParameters, Query, query_of
from analytics.periods import Window
from analytics.questions.fields import Subject
from analytics.questions.questions import Question
from analytics.questions.slices import Slice
from analytics.reports.revenue.rfm import RfmChoice, RfmScore, RfmSegment, rfm_people
from analytics.statistics import SCORES

RFM_PARAMETERS = ("rfm", "rfmBefore", *RfmScore)
ALL_BUYERS = "all"
RFM_ALLOWED = (ALL_BUYERS, *RfmSegment)


@dataclass(frozen=True)
class RfmPeople:
    """Those of a segment, or with a score, in the days of the list; all who ordered on them where nothing is chosen."""

    choice: RfmChoice

    @classmethod
    def read(cls, parameters: ListParameters) -> "RfmPeople | None":
        segment, before = parameters.choice("rfm", RFM_ALLOWED), parameters.choice("rfmBefore", [*RfmSegment])
        scores = tuple((by, score) for by in RfmScore if (score := _score(parameters, by)) is not None)
        if segment == RfmSegment.NONE and (before == RfmSegment.NONE or scores):
            parameters.refuse("rfm", "none with another rfmBefore, and without a score")
            segment = None
        if segment == ALL_BUYERS and (before or scores):
            parameters.refuse("rfm", "all without anything else")
        choice = RfmChoice(_segment(segment), _segment(before), scores)
        if choice == RfmChoice() and segment != ALL_BUYERS:
            return None
        parameters.refuse_without("steps or activity", "breakdown", "group", "notGroup")
        return cls(choice)

    @property
    def query(self) -> Query:
        scores = {by.value: score for by, score in self.choice.scores}
        segment = ALL_BUYERS if self.choice == RfmChoice() else self.choice.segment
        return query_of(rfm=segment, rfmBefore=self.choice.before, **scores)

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What conditions can be about."""
        return (Subject.PEOPLE,)

    def people(self, source: Source, window: Window, part: Slice, now: datetime) -> NDArray[Any]:
        return rfm_people(source, Question(window=window, now=now, part=part), self.choice)

    def are_theirs(self, source: Source, question: Question, people: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Which of the numbers of people are of them."""
        are_theirs: NDArray[np.bool_] = np.isin(people, rfm_people(source, question, self.choice))
        return are_theirs


def _segment(name: str | None) -> RfmSegment | None:
    return RfmSegment(name) if name and name != ALL_BUYERS else None


def _score(parameters: ListParameters, by: RfmScore) -> int | None:
    text = parameters.choice(by, [str(score) for score in range(1, SCORES + 1)])
    return None if text is None else int(text)
