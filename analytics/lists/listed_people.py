"""Of people those who came to the list, left it or are on it, those on it by how long ago they last read, and those who
got emails after so many others."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.lists.query import ListParameters, Query, query_of
from analytics.periods import Window
from analytics.questions.fields import Subject
from analytics.questions.questions import Question
from analytics.questions.slices import Slice
from analytics.reports.emails.fatigue import EmailsBefore, people_by_emails_before
from analytics.reports.emails.list_engagement import LastAct, people_by_last_act
from analytics.reports.emails.list_growth import ListFlow, people_in_flow

LISTED_PARAMETERS = ("flow", "lastAct", "emailsBefore")

_KINDS: Mapping[str, type[ListFlow | LastAct | EmailsBefore]] = dict(
    zip(LISTED_PARAMETERS, (ListFlow, LastAct, EmailsBefore), strict=True)
)


@dataclass(frozen=True)
class ListedPeople:
    """Those of a flow in the days of the list as one period, those on the list at their end by their last act, or those
    who got an email on the days by how many others they had got before."""

    kind: ListFlow | LastAct | EmailsBefore

    @classmethod
    def read(cls, parameters: ListParameters) -> "ListedPeople | None":
        found = [
            kind(value)
            for name, kind in _KINDS.items()
            if (value := parameters.choice(name, [each.value for each in kind]))
        ]
        if not found:
            return None
        parameters.refuse_without("steps or activity", "breakdown", "group", "notGroup")
        if len(found) > 1:
            parameters.refuse(_name(found[1]), f"one without {_name(found[0])}")
        return cls(found[0])

    @property
    def query(self) -> Query:
        return query_of(**{_name(self.kind): self.kind.value})

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What conditions can be about."""
        return (Subject.PEOPLE, Subject.MESSAGES) if isinstance(self.kind, EmailsBefore) else (Subject.PEOPLE,)

    def people(self, source: Source, window: Window, part: Slice, now: datetime) -> NDArray[Any]:
        if isinstance(self.kind, ListFlow):
            return people_in_flow(source, window, part, self.kind)
        if isinstance(self.kind, LastAct):
            return people_by_last_act(source, window, part, self.kind)
        return people_by_emails_before(source, Question(window=window, now=now, part=part), self.kind)


def _name(kind: ListFlow | LastAct | EmailsBefore) -> str:
    """The parameter that says it."""
    return next(name for name, each in _KINDS.items() if isinstance(kind, each))
