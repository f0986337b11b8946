"""The list behind a metric's number."""

from dataclasses import replace
from typing import TypeAlias

from analytics.lists.active_people import ActivePeople
from analytics.lists.acts import Act
from analytics.lists.clicks import ClickList
from analytics.lists.cohort_cells import CohortCell
from analytics.lists.conditions import NO_CONDITIONS, ListConditions
from analytics.lists.contacts import ContactList
from analytics.lists.conversions import ConversionList
from analytics.lists.enrollments import EnrollmentList
from analytics.lists.events import Conversions, EventList
from analytics.lists.experiment_members import MembersOfTest
from analytics.lists.listed_people import ListedPeople
from analytics.lists.messages import MessageList
from analytics.lists.order_events import OrderKind
from analytics.lists.orders import OrderList
from analytics.lists.people import PeopleList
from analytics.lists.rfm_people import RfmPeople
from analytics.metrics import STATUSES
from analytics.models import EnrolmentStatus
from analytics.periods import Window
from analytics.questions.fields import Subject
from analytics.questions.ltv import LtvStart
from analytics.questions.slices import EVERYTHING, Slice
from analytics.reports.cohorts.report import subject_of_activity

AnyList: TypeAlias = (
    ClickList | ContactList | ConversionList | EnrollmentList | EventList | MessageList | OrderList | PeopleList
)

_ENROLLMENTS = {
    "enrollments_total": None,
    "enrollments_active": EnrolmentStatus.ACTIVE,
    "enrollments_completed": EnrolmentStatus.COMPLETED,
}
_FIRST = {"opens": "opened", "clicks": "clicked"}


def under_conditions(rows: AnyList, part: Slice) -> AnyList | None:
    """The list of those of the rows that meet a part's conditions, unless it has some; None where they have none."""
    if not part.has_conditions or rows.conditions != NO_CONDITIONS:
        return rows
    subjects = subjects_of(rows)
    of_facts = [subject for subject in (Subject.EVENTS, Subject.MESSAGES) if part.where.on(subject).conditions]
    if not isinstance(rows, _OF_PEOPLE) and not {*of_facts} <= subjects:
        return None
    if _is_of_sources(rows):
        part = replace(part, where=replace(part.where, events=part.where.sources))
    return replace(rows, conditions=ListConditions.of(part, *subjects))


def _is_of_sources(rows: AnyList) -> bool:
    """Whether it is of an attribution's touches, which conditions on its conversions are not about."""
    match rows:
        case EventList(conversions=None, source=source, attributed=attributed):
            return source is not None or attributed is not None
        case PeopleList(source=source):
            return source is not None
    return False


_OF_PEOPLE = (ContactList, PeopleList)


def subjects_of(rows: AnyList) -> frozenset[Subject]:
    """What conditions on its rows can be about."""
    match rows:
        case PeopleList(test=MembersOfTest() as test):
            return frozenset(test.subjects)
        case PeopleList(window=None):
            return frozenset({Subject.PEOPLE})
        case PeopleList(choice=CohortCell() | ActivePeople() | ListedPeople() | RfmPeople() as choice):
            return frozenset(choice.subjects)
        case PeopleList(did=Act() as did):
            return frozenset(did.subjects)
        case PeopleList(source=None, steps=(first, *_)):
            return frozenset({Subject.PEOPLE, first.subject})
        case PeopleList(cohort=LtvStart()):
            return frozenset({Subject.PEOPLE})
        case ConversionList() | EventList() | OrderList() | PeopleList():
            return frozenset({Subject.PEOPLE, Subject.EVENTS})
        case MessageList() | ClickList():
            return frozenset({Subject.PEOPLE, Subject.MESSAGES})
        case ContactList(active_in_week=int(), metric=metric):
            return frozenset({Subject.PEOPLE, subject_of_activity(metric)})
    return frozenset({Subject.PEOPLE})


def list_for(metric: str, window: Window, part: Slice = EVERYTHING) -> AnyList | None:
    """Returns the list of the rows that a metric counts in the window, or adds up, in a part of the facts.

    The part leaves out at most MAX_IDS campaigns; its conditions are not heeded. Returns None for metrics that are
    divided rather than counted, for campaigns, and for numbers that need more parameters than these: visitors of a
    source, steps of a funnel, cohorts.
    """
    if metric == "messages_total" or metric in STATUSES or metric in _FIRST:
        return MessageList(
            window=window,
            by=_FIRST.get(metric, "created"),
            reached=metric if metric in STATUSES else None,
            part=part.without_conditions,
        )
    if metric == "deferred":
        return MessageList(window=window, part=part.without_conditions, deferred=True)
    if metric in _ENROLLMENTS:
        return EnrollmentList(window, part.without_conditions, _ENROLLMENTS[metric])
    of_everybody: dict[str, AnyList] = {
        "contacts_total": ContactList(),
        "contacts_new": ContactList(window),
        "events": EventList(window),
        "attributed_events": EventList(window, attributed=True),
        "conversions": EventList(window, conversions=Conversions.CREDITED),
        "conversion_events": EventList(window, conversions=Conversions.ANY),
        "orders": OrderList(window, OrderKind.SALE),
        "revenue": OrderList(window),
        "gross_revenue": OrderList(window, OrderKind.SALE),
        "refunds": OrderList(window, OrderKind.REFUND),
        "valued_orders": OrderList(window, OrderKind.SALE, without_amount=False),
        "buyers": PeopleList(window, did=Act.ORDER),
        "active_people": PeopleList(window, did=Act.EVENT),
        "converting_people": PeopleList(window, did=Act.CONVERSION),
    }
    return of_everybody.get(metric)
