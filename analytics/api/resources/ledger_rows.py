"""Lists over the API of events that the ledger tells of: orders, and conversions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404

from analytics.api.filters.base import ConditionedListFilter, InstantFilter, instant_meant, weekday_filter
from analytics.api.filters.catalogue import same_contacts
from analytics.api.resources.viewsets import DataViewSet, with_whom
from analytics.lists.conditions import RowConditions
from analytics.lists.ledger_events import LedgerEvents
from analytics.models import Event
from analytics.questions.fields import Subject
from campaignos.filters import Row
from campaignos.pages import Ordering, Place, RowsInOrder


class LedgerEventsFilter(ConditionedListFilter):
    """Asks the ledger, and no query."""

    subjects = (Subject.EVENTS, Subject.PEOPLE)

    occurredFrom = InstantFilter("occurred_at", "gte", method="is_asked_for", help_text="At this instant or later.")
    occurredBefore = InstantFilter("occurred_at", "lt", method="is_asked_for", help_text="Before this instant.")
    weekday = weekday_filter(method="is_asked_for")

    def results(self) -> LedgerEvents[Any]:
        """Those that are asked for, at whatever instants."""
        raise NotImplementedError

    def is_asked_for(self, rows: QuerySet[Row], name: str, value: Any) -> QuerySet[Row]:
        """No query finds them, see `rows_in_order`."""
        return rows

    def meeting(self, rows: QuerySet[Any], conditions: RowConditions) -> QuerySet[Any]:
        return rows

    def rows_in_order(self) -> QuerySet[Any] | RowsInOrder[Any]:
        rows, weekday = self.checked_rows(), self.form.cleaned_data["weekday"]
        if rows.query.is_empty():
            return rows
        found = self.results().between(*self.asked_instants)
        return LedgerRows(found if weekday is None else found.on_days(self.days_of_week("occurred", weekday)))

    @cached_property
    def asked_instants(self) -> tuple[datetime | None, datetime | None]:
        """From the first on and before the other."""
        asked, zone = self.form.cleaned_data, self.workspace.zone
        since, before = (
            asked[name] and instant_meant(asked[name], zone) for name in ("occurredFrom", "occurredBefore")
        )
        return since, before

    def asked_person(self) -> int | None:
        """The number of the contact asked for. Two queries for a contact; nobody's for one that there is not."""
        contact_id = self.form.cleaned_data["contact"]
        if contact_id is None:
            return None
        known = (contact.known_by.person_number for contact in same_contacts(self.workspace, contact_id))
        return next(known, -1)


@dataclass(frozen=True)
class LedgerRows:
    """Events, each with what is known of it as `told`."""

    model: ClassVar[type[Event]] = Event

    found: LedgerEvents[Any]

    def count(self) -> int:
        return self.found.total

    def after(self, order: Ordering, place: Place | None, number: int) -> list[Event]:
        found = self.found.beyond(place, number, is_descending=order.is_descending)
        return [_event_of(row) for row in islice(found, number)]


def _event_of(row: Any) -> Event:
    event: Event = row.event
    event.told = row  # type: ignore[attr-defined]
    return event


class LedgerEventsViewSet(DataViewSet):
    """Of events, by when they occurred."""

    prefix = "evt"
    has_uuids = True
    orderings = {"occurredAt": "occurred_at"}

    def results_around(self, event: Event) -> LedgerEvents[Any]:
        """Some among which the event is, if it is one of them at all."""
        raise NotImplementedError

    def rows(self) -> QuerySet[Event]:
        return Event.objects.filter(workspace_id=self.access.workspace.pk)

    def row(self, resource_id: str) -> Event:
        event: Event = super().row(resource_id)
        at = event.occurred_at
        there = self.results_around(event).between(at, at + timedelta.resolution).beyond(None, 1)
        found = next((row for row in there if row.event.pk == event.pk), None)
        if found is None:
            raise Http404
        return _event_of(found)

    def records(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Two queries for all their contacts, two more where some have none."""
        return super().records(with_whom(self.access.workspace, rows))
