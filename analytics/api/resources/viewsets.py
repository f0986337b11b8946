"""The resources: contacts, campaigns, enrollments, messages and their events, events, people.

Whatever is written goes through `analytics.ingest`, one item at a time; the bulk routes do the same for many.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, cast

from django.db.models import Model, Prefetch, QuerySet
from django.http import Http404
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import ingest
from analytics.api.filters import catalogue, facts
from analytics.api.filters.contact_columns import column_values, read_contact_columns
from analytics.api.filters.following import BY_CHANGE, OF_CHANGES, asks_for_changes
from analytics.api.filters.people import PersonFilter
from analytics.api.resources import items, records
from analytics.api.resources.disclosure import disclosed_record
from analytics.api.resources.refusals import (
    RefusedItem,
    UnknownFields,
    check_nothing_is_cleared_that_is_always_there,
    checked_identity,
)
from analytics.ingest.edits import CampaignInUse, all_held, campaigns_held, delete_campaign, people_held
from analytics.ingest.references import campaigns_by_external_id, contacts_by_external_id
from analytics.ingest.removal.erasure import erase_contact
from analytics.lists.people import MoneyReader, devices_of, former_ids, money_reader, people_rows
from analytics.lists.people_columns import COLUMNS
from analytics.models import ABTest, Campaign, Contact, Enrolment, Event, Message, MessageEvent, Person
from analytics.models.facts import derived_id
from campaignos.conditional import answer, check_precondition
from campaignos.errors import BodyError, Conflict
from campaignos.pages import RowsInOrder
from campaignos.resources.cells import Path
from campaignos.resources.row_records import row_records
from campaignos.strict import known_fields, unknown_fields
from workspaces.access import caller, caller_key
from workspaces.models import Workspace
from workspaces.resources import ResourceViewSet
from workspaces.roles import Right, may_see_addresses

Item = dict[str, Any]
_LISTS = ("list", "export")


class DataViewSet(ResourceViewSet):
    """A resource in which personal columns are shown as far as the caller may see them."""

    def matching_rows(self, query: Mapping[str, str]) -> QuerySet[Any] | RowsInOrder[Any]:
        workspace, sees_addresses = self.access.workspace, may_see_addresses(self.access.rights)
        asked = {"workspace": workspace, "sees_addresses": sees_addresses, "now": timezone.now()}
        return self.filters(query, self.rows(), **asked).rows_in_order()

    @cached_property
    def asks_for_changes(self) -> bool:
        """Whether the caller keeps a copy of the list, and so is shown also what was merged into another row."""
        return self.action in _LISTS and asks_for_changes(self.request.query_params)

    def records(self, rows: Sequence[Model]) -> list[dict[str, Any]]:
        serializer = cast("serializers.Serializer[Any]", self.get_serializer())
        model = self.rows().model._meta.label
        if not self.asks_for_changes:
            for name in self._fields_of_changes:
                serializer.fields.pop(name)
        rights = self.access.rights
        return [disclosed_record(record, serializer, model, rights) for record in row_records(serializer, rows)]

    @cached_property
    def _fields_of_changes(self) -> Sequence[str]:
        """Which the records have only for who asks for changes."""
        fields = cast("serializers.Serializer[Any]", self.get_serializer()).fields
        return [name for name in OF_CHANGES if name in fields and not fields[name].required]

    def csv_columns(self) -> dict[str, Path]:
        named = super().csv_columns()
        left_out = () if self.asks_for_changes else OF_CHANGES  # so that the file can be sent back
        return {name: path for name, path in named.items() if name not in left_out}


class WrittenViewSet(DataViewSet):
    """A resource that can be written: `take` is the function of `analytics.ingest` that does so."""

    take: ClassVar[Callable[..., ingest.Outcome]]

    def create(self, request: Request, workspace_id: str) -> Response:
        """201 for what is new, 200 for what was known already: then it is brought up to what was sent."""
        item, received_at = self.with_id(self.item(request)), timezone.now()
        try:
            return self.once(request, lambda: self._create(request, item, received_at))
        except RefusedItem as error:  # outside the transaction, which is undone
            self.keep_remarks(error.outcome, item, received_at)
            raise

    def _create(self, request: Request, item: Item, received_at: datetime) -> Response:
        outcome = self.write_item(item, received_at)
        self.keep_remarks(outcome, item, received_at)
        row = self.row_of(item)
        if row is None:
            raise Conflict("The messageId is that of a call which is no event.")
        response = answer(
            request,
            self.record(row),
            status_code=status.HTTP_201_CREATED if outcome.accepted else status.HTTP_200_OK,
        )
        response["Location"] = f"{request.path.rstrip('/')}/{row.api_id}"
        return response

    def write_item(self, item: Item, received_at: datetime) -> ingest.Outcome:
        """Write one item. Raises RefusedItem, or Conflict where another item has its id."""
        outcome = self.taken_items([item], received_at)
        if outcome.rejected and outcome.rejected[0].code == "id_reused":
            raise Conflict(outcome.rejected[0].message)
        if outcome.rejected:
            raise RefusedItem(outcome)
        return outcome

    def taken_items(self, items: Sequence[Item], received_at: datetime) -> ingest.Outcome:
        return type(self).take(self.access.workspace, items, received_at=received_at)

    def keep_remarks(self, outcome: ingest.Outcome, item: Item, received_at: datetime) -> None:
        ingest.keep_remarks(
            self.access.workspace,
            outcome,
            [item],
            source=self.resource,
            received_at=received_at,
            key=caller_key(self.request),
        )

    def item(self, request: Request) -> Item:
        """The item that is sent. Raises BodyError, and FieldsError for unknown fields."""
        if not isinstance(request.data, dict):
            raise BodyError("invalid_body", "The body must be a JSON object.")
        serializer = self.item_class if self.action == "create" else self.change_class
        assert serializer is not None
        if unknown := list(unknown_fields(request.data, known_fields(serializer))):
            raise UnknownFields(unknown)
        if self.action != "create":
            check_nothing_is_cleared_that_is_always_there(request.data, serializer)
        return dict(request.data)

    def with_id(self, item: Item) -> Item:
        """The item, with an id if it needs one to be found again."""
        return item

    def row_of(self, item: Item) -> Any:
        """The row that a taken item became, or None."""
        raise NotImplementedError

    def change(self, request: Request, row: Any, item: Item) -> Response:
        check_precondition(request, self.record(row))
        self.write_item(item, timezone.now())
        return answer(request, self.record(self.rows().get(pk=row.pk)))


class ContactsViewSet(WrittenViewSet):
    """People known to the workspace. One that was merged into another answers as that one."""

    resource, prefix = "contacts", "ct"
    filters = catalogue.ContactFilter
    serializer_class = records.ContactRecord
    item_class, change_class = items.ContactItem, items.ContactChange
    orderings = {"signedUpAt": "signed_up_at", "name": "name", "externalId": "external_id", "id": "pk", **BY_CHANGE}
    take = staticmethod(ingest.take_contacts)

    def rows(self) -> QuerySet[Contact]:
        contacts = Contact.objects.filter(workspace=self.access.workspace)
        return contacts.select_related("merged_into") if self.asks_for_changes else contacts.current()

    def records(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Two queries for all their former ids, which a caller who may only write is not shown, and those of columns
        that are asked for."""
        ids = former_ids(self.access.workspace, rows) if Right.READ in self.access.rights else {}
        for contact in rows:
            contact.former_ids = ids.get(contact.pk, [])
        if self.action in _LISTS and self.asked_columns:
            numbers = [contact.person_number for contact in rows]
            people = people_rows(self.access.workspace, numbers, self.asked_columns, self._money)
            for contact, person in zip(rows, people, strict=True):
                contact.columns = column_values(person, self.asked_columns)
        return super().records(rows)

    def csv_columns(self) -> dict[str, Path]:
        named = super().csv_columns()
        del named[COLUMNS]
        return named | {name: (COLUMNS, name) for name in self.asked_columns}

    @cached_property
    def asked_columns(self) -> tuple[str, ...]:
        """Raises ParameterError."""
        text, sees_addresses = self.request.query_params.get(COLUMNS, ""), may_see_addresses(self.access.rights)
        return read_contact_columns(text, self.access.workspace, sees_addresses=sees_addresses)

    @cached_property
    def _money(self) -> MoneyReader:
        return money_reader()

    def row(self, resource_id: str) -> Contact:
        contacts = Contact.objects.filter(workspace=self.access.workspace).select_related("merged_into")
        contact = contacts.filter(pk=self.key(resource_id)).first()
        if contact is None:
            raise Http404
        return contact.known_by

    def row_of(self, item: Item) -> Contact:
        external_id = str(item["externalId"]).strip()
        return contacts_by_external_id(self.access.workspace.pk, [external_id])[external_id]

    def partial_update(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Only the fields that are given change."""
        with people_held(self.access.workspace):
            contact = self.row(resource_id)
            item = checked_identity(self.item(request), externalId=contact.external_id)
            if "attributes" in item and item["attributes"] is None:
                item["attributes"] = dict.fromkeys(contact.attributes)
            return self.change(request, contact, item)

    def destroy(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Erase the contact, and with it everything that is known of the person."""
        with people_held(self.access.workspace):
            contact = self.row(resource_id)
            check_precondition(request, self.record(contact))
        try:
            erase_contact(self.access.workspace, contact, by=caller(request))
        except Contact.DoesNotExist:
            raise Http404 from None
        return Response(status=status.HTTP_204_NO_CONTENT)


class CampaignsViewSet(WrittenViewSet):
    """What was sent to many; messages and enrollments belong to it."""

    resource, prefix = "campaigns", "cmp"
    filters = catalogue.CampaignFilter
    serializer_class = records.CampaignRecord
    item_class, change_class = items.CampaignItem, items.CampaignChange
    can_fail = {"destroy": ("409",)}
    orderings = {"id": "pk", "name": "name", "status": "status", "channel": "channel", **BY_CHANGE}
    take = staticmethod(ingest.take_campaigns)

    def rows(self) -> QuerySet[Campaign]:
        campaigns = Campaign.objects.filter(workspace=self.access.workspace)
        return campaigns.prefetch_related(Prefetch("ab_tests", ABTest.objects.order_by("pk")), "ab_tests__variants")

    def taken_items(self, items: Sequence[Item], received_at: datetime) -> ingest.Outcome:
        return ingest.take_campaigns(self.access.workspace, items, received_at=received_at, by=caller(self.request))

    def row_of(self, item: Item) -> Campaign:
        external_id = str(item["externalId"]).strip()
        return campaigns_by_external_id(self.access.workspace.pk, [external_id])[external_id]

    def partial_update(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Only the fields that are given change."""
        with campaigns_held(self.access.workspace):
            campaign = self.row(resource_id)
            item = checked_identity(self.item(request), externalId=campaign.external_id)
            return self.change(request, campaign, {"name": campaign.name, **item})

    def destroy(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Delete a campaign to which nothing belongs; archive any other one (`status`)."""
        with all_held(self.access.workspace):
            campaign = self.row(resource_id)
            check_precondition(request, self.record(campaign))
            try:
                delete_campaign(self.access.workspace, campaign)
            except CampaignInUse as error:
                if error.users:
                    raise Conflict(f"It is part of {', '.join(error.users)}: change or delete that first.") from None
                raise Conflict("The campaign has messages or enrollments: archive it instead.") from None
        return Response(status=status.HTTP_204_NO_CONTENT)


class EnrollmentsViewSet(WrittenViewSet):
    """Contacts going through campaigns, once per contact and campaign."""

    resource, prefix = "enrollments", "enr"
    filters = catalogue.EnrollmentFilter
    serializer_class = records.EnrollmentRecord
    item_class, change_class = items.EnrollmentItem, items.EnrollmentChange
    can_fail = {"partial_update": ("409",)}
    orderings = {"enrolledAt": "enrolled_at", "id": "pk", **BY_CHANGE}
    take = staticmethod(ingest.take_enrollments)

    def rows(self) -> QuerySet[Enrolment]:
        enrollments = Enrolment.objects.filter(workspace=self.access.workspace)
        return enrollments.prefetch_related("campaign")

    def records(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Up to two queries for all their contacts."""
        return super().records(with_shown_contacts(self.access.workspace, rows))

    def row_of(self, item: Item) -> Enrolment:
        campaign, contact = str(item["campaign"]).strip(), str(item["contact"]).strip()
        return self.rows().get(
            campaign=campaigns_by_external_id(self.access.workspace.pk, [campaign])[campaign],
            contact=contacts_by_external_id(self.access.workspace.pk, [contact])[contact],
        )

    def partial_update(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Only the fields that are given change."""
        with people_held(self.access.workspace):
            enrollment = self.row(resource_id)
            if enrollment.contact.merged_into is not None:
                raise Conflict("The contact was merged into another one: its enrollment stays as it is.")
            campaign, contact = enrollment.campaign.external_id, enrollment.contact.external_id
            item = checked_identity(self.item(request), campaign=campaign, contact=contact)
            return self.change(request, enrollment, item)


class MessagesViewSet(WrittenViewSet):
    """One send to one contact on one channel. Sending it again by its `externalId` adds what has become of it."""

    resource, prefix = "messages", "msg"
    filters = facts.MessageFilter
    serializer_class = records.MessageRecord
    item_class, has_uuids = items.MessageItem, True
    orderings = {"createdAt": "created_at", **BY_CHANGE}
    take = staticmethod(ingest.take_messages)

    def rows(self) -> QuerySet[Message]:
        messages = Message.objects.filter(workspace_id=self.access.workspace.pk)
        return messages.prefetch_related("campaign", "variant__test")

    def records(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Up to two queries for all their contacts."""
        return super().records(with_shown_contacts(self.access.workspace, rows))

    def row_of(self, item: Item) -> Message:
        return self.rows().get(pk=derived_id(self.access.workspace.pk, str(item["externalId"]).strip()))


class MessageEventsViewSet(DataViewSet):
    """Each report on a message as it came, also before the message itself is known."""

    resource, prefix = "message-events", "mev"
    filters = facts.MessageEventFilter
    serializer_class = records.MessageEventRecord
    has_uuids = True
    orderings = {"occurredAt": "occurred_at", **BY_CHANGE}
    streamed_page_size = 5_000
    """No index has them in this order, so that each page costs a look at all; and nothing that they link to is read."""

    def rows(self) -> QuerySet[MessageEvent]:
        return MessageEvent.objects.filter(workspace_id=self.access.workspace.pk)


class EventsViewSet(WrittenViewSet):
    """What people did."""

    resource, prefix = "events", "evt"
    filters = facts.EventFilter
    serializer_class = records.EventRecord
    item_class, has_uuids = items.EventItem, True
    can_fail = {"create": ("409",)}
    orderings = {"occurredAt": "occurred_at", **BY_CHANGE}
    take = staticmethod(ingest.take_events)

    def rows(self) -> QuerySet[Event]:
        return Event.objects.filter(workspace_id=self.access.workspace.pk).prefetch_related("utm")

    def records(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Two queries for all their contacts, two more where some have none."""
        return super().records(with_whom(self.access.workspace, rows))

    def with_id(self, item: Item) -> Item:
        return item if item.get("messageId") else {**item, "messageId": f"api-{uuid.uuid4()}"}

    def row_of(self, item: Item) -> Event | None:
        return self.rows().filter(pk=derived_id(self.access.workspace.pk, str(item["messageId"]).strip())).first()


class PeopleViewSet(DataViewSet):
    """Everybody who was ever seen, known or not, each once. Visitors of a source and people of a funnel's step are
    found among them."""

    resource, prefix = "people", "per"
    filters = PersonFilter
    serializer_class = records.PersonRecord
    unique_field = "number"
    orderings = {"id": "number", **BY_CHANGE}

    def rows(self) -> QuerySet[Person]:
        people = Person.objects.filter(workspace_id=self.access.workspace.pk)
        return people if self.asks_for_changes else people.filter(joined_to__isnull=True)

    def records(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Four queries."""
        people = people_rows(self.access.workspace, [person.number for person in rows])
        if self.asks_for_changes:
            people = [
                replace(person, joined_to=row.joined_to, changed_at=row.changed_at)
                for person, row in zip(people, rows, strict=True)
            ]
        return super().records(people)  # type: ignore[arg-type]


def with_shown_contacts(workspace: Workspace, rows: Sequence[Enrolment | Message]) -> Sequence[Enrolment | Message]:
    """The rows, each with its contact as far as records show it. Two queries at most.

    Django's own prefetching asks by a condition for each contact and reads them whole: a quarter of the time of a file.
    """
    contacts = Contact.objects.filter(workspace=workspace).only("external_id", "merged_into")
    by_key = contacts.prefetch_related("merged_into").in_bulk({row.contact_id for row in rows})
    for row in rows:
        row._state.fields_cache["contact"] = by_key.get(row.contact_id)
    return rows


def with_whom(workspace: Workspace, events: Sequence[Any]) -> Sequence[Any]:
    """The events, each with its `contact` or, for somebody not known, an `anonymous_id`. Up to four queries."""
    numbers = {event.person_number for event in events}
    contacts = _contacts_of(workspace.pk, numbers)
    devices = devices_of(workspace, numbers - contacts.keys())
    for event in events:
        event.contact = contacts.get(event.person_number)
        event.anonymous_id = devices.get(event.person_number)
    return events


def _contacts_of(workspace_id: int, numbers: set[int]) -> dict[int, Contact]:
    """By person number as it stands in the facts, the contact the person is known as. Two queries."""
    people = Person.objects.filter(workspace_id=workspace_id, number__in=numbers, joined_to__isnull=False)
    known_by = {number: number for number in numbers} | dict(people.values_list("number", "joined_to"))
    contacts = Contact.objects.current().filter(workspace_id=workspace_id, person_number__in=set(known_by.values()))
    by_number = {contact.person_number: contact for contact in contacts}
    return {number: by_number[known] for number, known in known_by.items() if known in by_number}


RESOURCES: tuple[type[ResourceViewSet], ...] = (
    ContactsViewSet,
    CampaignsViewSet,
    EnrollmentsViewSet,
    MessagesViewSet,
    MessageEventsViewSet,
    EventsViewSet,
    PeopleViewSet,
)
