"""Of people those who came to the list, left it or are on it, and those on it by how long ago they last read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.lists.query import ListParameters, Query, query_of
from analytics.periods import Window
from analytics.questions.fields import Subject
from analytics.questions.slices import Slice
from analytics.reports.list_engagement import LastAct, people_by_last_act
from analytics.reports.list_growth import ListFlow, people_in_flow

LISTED_PARAMETERS = ("flow", "lastAct")


@dataclass(frozen=True)
class ListedPeople:
    """Those of a flow in the days of the list as one period, or those on the list at their end by their last act."""

    kind: ListFlow | LastAct

    @classmethod
    def read(cls, parameters: ListParameters) -> "ListedPeople | None":
        flow = parameters.choice("flow", [each.value for each in ListFlow])
        last_act = parameters.choice("lastAct", [each.value for each in LastAct])
        if flow or last_act:
            parameters.refuse_without("steps or activity", "breakdown", "group", "notGroup")
        if flow and last_act:
            parameters.refuse("lastAct", "one without flow")
        if flow:
            return cls(ListFlow(flow))
        return cls(LastAct(last_act)) if last_act else None

    @property
    def query(self) -> Query:
        return query_of(**{"flow" if isinstance(self.kind, ListFlow) else "lastAct": self.kind.value})

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What conditions can be about."""
        return (Subject.PEOPLE,)

    def people(self, source: Source, window: Window, part: Slice, now: datetime) -> NDArray[Any]:
        if isinstance(self.kind, ListFlow):
            return people_in_flow(source, window, part, self.kind)
        return people_by_last_act(source, window, part, self.kind)
