"""The list behind a metric's number."""

from typing import TypeAlias

from analytics.lists.clicks import ClickList
from analytics.lists.contacts import ContactList
from analytics.lists.enrollments import EnrollmentList
from analytics.lists.events import Conversions, EventList
from analytics.lists.messages import MessageList
from analytics.lists.people import PeopleList
from analytics.metrics import STATUSES
from analytics.models import EnrolmentStatus
from analytics.periods import Window
from analytics.questions.slices import EVERYTHING, Slice

AnyList: TypeAlias = ClickList | ContactList | EnrollmentList | EventList | MessageList | PeopleList

_ENROLLMENTS = {
    "enrollments_total": None,
    "enrollments_active": EnrolmentStatus.ACTIVE,
    "enrollments_completed": EnrolmentStatus.COMPLETED,
}
_FIRST = {"opens": "opened", "clicks": "clicked"}


def list_for(metric: str, window: Window, part: Slice = EVERYTHING) -> AnyList | None:
    """Returns the list of the rows that a metric counts in the window, in a part of the facts.

    The part leaves out at most MAX_IDS campaigns. Returns None for metrics that are divided rather than counted, for
    campaigns, and for numbers that need more parameters than these: visitors of a source, steps of a funnel, cohorts.
    """
    if metric == "messages_total" or metric in STATUSES or metric in _FIRST:
        return MessageList(
            window=window,
            by=_FIRST.get(metric, "created"),
            reached=metric if metric in STATUSES else None,
            part=part,
        )
    if metric in _ENROLLMENTS:
        return EnrollmentList(window, part, _ENROLLMENTS[metric])
    of_everybody: dict[str, AnyList] = {
        "contacts_total": ContactList(),
        "contacts_new": ContactList(window),
        "events": EventList(window),
        "attributed_events": EventList(window, attributed=True),
        "conversions": EventList(window, conversions=Conversions.CREDITED),
        "conversion_events": EventList(window, conversions=Conversions.ANY),
    }
    return of_everybody.get(metric)
