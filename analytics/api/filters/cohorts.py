"""The part of the filter of people that asks for those of a cohort."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.http import QueryDict

from analytics.lists.active_people import ACTIVE_PARAMETERS, ActivePeople
from analytics.lists.cohort_cells import CELL_PARAMETERS, CohortCell
from analytics.lists.listed_people import LISTED_PARAMETERS, ListedPeople
from analytics.lists.names import missing_types
from analytics.lists.query import ListParameters
from analytics.lists.rfm_people import RFM_PARAMETERS, RfmPeople
from analytics.lists.steps import StepNames
from analytics.questions.errors import QuestionError
from analytics.questions.retention import CohortStart
from analytics.questions.steps import MAX_TYPE_LENGTH
from campaignos.errors import ParameterError
from workspaces.models import Workspace

MAX_START_LENGTH = 4096 + 2 * MAX_TYPE_LENGTH


class StrictParameters(ListParameters):
    """Those of an address whose first one that is not understood raises ParameterError."""

    @classmethod
    def of(cls, query: QueryDict, workspace: Workspace, now: datetime, *, sees_addresses: bool) -> "StrictParameters":
        values = {name: tuple(query.getlist(name)) for name in query}
        return cls(values, workspace.zone, now, sees_addresses=sees_addresses)

    def refuse(self, name: str, allowed: str) -> None:
        raise ParameterError(name, given=(self.value(name) or "")[:200], allowed=allowed)


def asked_cell(query: QueryDict, workspace: Workspace, now: datetime, *, sees_addresses: bool) -> CohortCell | None:
    """Raises ParameterError for what is not understood, or names what there is not."""
    if not query.get("start"):
        return None
    cell = CohortCell.read(StrictParameters.of(query, workspace, now, sees_addresses=sees_addresses))
    for error in start_problems(cell.start, workspace) if cell else ():
        raise ParameterError(error.parameter, given=error.given, allowed=error.allowed)
    return cell


def asked_active(query: QueryDict, workspace: Workspace, now: datetime, *, sees_addresses: bool) -> ActivePeople | None:
    """Raises ParameterError for what is not understood, or nothing beside it."""
    if not query.get("activity"):
        return None
    parameters = StrictParameters.of(query, workspace, now, sees_addresses=sees_addresses)
    for name in ("start", "clock", "mode", "inPeriod", "metric"):
        if query.get(name):
            parameters.refuse(name, "nothing beside activity")
    return ActivePeople.read(parameters)


def asked_listed(query: QueryDict, workspace: Workspace, now: datetime) -> ListedPeople | None:
    """Raises ParameterError for what is not understood, or nothing beside it."""
    if not any(query.get(name) for name in LISTED_PARAMETERS):
        return None
    parameters = StrictParameters.of(query, workspace, now, sees_addresses=True)
    _refuse_beside(parameters, (*OF_OTHER_CHOICES, *RFM_PARAMETERS), "flow, lastAct and emailsBefore")
    return ListedPeople.read(parameters)


OF_OTHER_CHOICES = (*CELL_PARAMETERS, "metric", "unit", *ACTIVE_PARAMETERS, "breakdown", "group", "notGroup")


def asked_rfm(query: QueryDict, workspace: Workspace, now: datetime) -> RfmPeople | None:
    """Raises ParameterError for what is not understood, or nothing beside it."""
    if not any(query.get(name) for name in RFM_PARAMETERS):
        return None
    parameters = StrictParameters.of(query, workspace, now, sees_addresses=True)
    _refuse_beside(parameters, (*OF_OTHER_CHOICES, *LISTED_PARAMETERS), "rfm and scores")
    return RfmPeople.read(parameters)


def _refuse_beside(parameters: StrictParameters, names: Sequence[str], what: str) -> None:
    for name in names:
        if parameters.value(name):
            parameters.refuse(name, f"nothing beside {what}")


def start_problems(start: CohortStart, workspace: Workspace) -> Iterator[QuestionError]:
    """Where it names what there is not; types of events may be new."""
    if start.act is not None:
        yield from StepNames(workspace).problems([start.act], "start")


def missing_start(start: CohortStart, workspace: Workspace) -> str | None:
    """The type of events that it is of, where none has come in."""
    return next(iter(missing_types(workspace, [start.act])), None) if start.act else None
