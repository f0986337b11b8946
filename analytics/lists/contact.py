"""One contact: who they are, what they count as, what they did and got, and all of it to take along."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
from django.db.models import Model, Prefetch, Q, QuerySet

from analytics.ledger import Touches
from analytics.lists.people import roots
from analytics.lists.rows import PAGE_ROWS, newest_first, place_text
from analytics.lists.sources import UtmSource
from analytics.models import (
    ABTest,
    Assignment,
    Campaign,
    Contact,
    Enrolment,
    Event,
    Identity,
    Join,
    Message,
    MessageEvent,
    UtmTriple,
)
from analytics.periods import Window, local_day
from analytics.reports.attribution.credits import are_credited
from campaignos.pages import Place, Rows, all_pages, page_of
from campaignos.texts import CodePoints
from workspaces.models import Workspace

EXPORT_CHUNK_ROWS = 1000

_Fact = TypeVar("_Fact", bound=Model)


@dataclass(frozen=True)
class Traces:
    """All ids under which a contact's rows are kept: person numbers, contacts merged into it, identities."""

    contact: Contact
    numbers: tuple[int, ...]
    merged: tuple[Contact, ...]
    identities: tuple[Identity, ...]

    @property
    def contact_ids(self) -> list[int]:
        return [self.contact.pk, *(contact.pk for contact in self.merged)]

    def events(self) -> QuerySet[Event]:
        return Event.objects.filter(workspace_id=self.contact.workspace_id, person_number__in=self.numbers)

    def messages(self) -> QuerySet[Message]:
        return Message.objects.filter(workspace_id=self.contact.workspace_id, contact_id__in=self.contact_ids)

    def joins(self) -> QuerySet[Join]:
        """The joins of the contact, also those that were undone."""
        of_these = Q(gone__in=self.numbers) | Q(kept__in=self.numbers)
        return Join.objects.filter(of_these, workspace_id=self.contact.workspace_id).order_by("gone", "undone_at")

    def assignments(self) -> QuerySet[Assignment]:
        """With their tests, these with their campaigns, and their variants: two further queries."""
        rows = Assignment.objects.filter(workspace_id=self.contact.workspace_id, person_number__in=self.numbers)
        tests = Prefetch("test", ABTest.objects.select_related("campaign"))
        return rows.order_by("assigned_at", "pk").prefetch_related(tests, "variant")

    def enrollments(self) -> QuerySet[Enrolment]:
        return Enrolment.objects.filter(workspace=self.contact.workspace_id, contact__in=self.contact_ids)


def traces(contact: Contact) -> Traces:
    """All ids of a current contact. Three queries."""
    numbers = roots(contact.workspace, [contact.person_number])
    merged = Contact.objects.filter(workspace=contact.workspace_id, merged_into=contact).order_by("id")
    identities = Identity.objects.filter(workspace_id=contact.workspace_id, person_number__in=numbers)
    return Traces(
        contact, tuple(sorted(numbers)), tuple(merged), tuple(identities.order_by("kind", CodePoints("value")))
    )


@dataclass(frozen=True)
class SourceShare:
    source: UtmSource
    events: int


@dataclass(frozen=True)
class ContactNumbers:
    """What a contact adds to the numbers of reports over a window."""

    window: Window
    signed_up_on: date
    events: int
    conversions: int
    sources: tuple[SourceShare, ...]
    messages: int
    opened: int
    clicked: int

    @property
    def is_new(self) -> bool:
        return self.window.first_day <= self.signed_up_on <= self.window.last_day


def contact_numbers(workspace: Workspace, own: Traces, window: Window) -> ContactNumbers:
    """Read from the contact's own facts by the rules of the reports. Three queries."""
    rows = own.events().filter(occurred_at__gte=window.starts_at, occurred_at__lt=window.ends_at)
    events = list(rows.order_by().values_list("occurred_at", "type", "utm_id"))
    attributed = Touches.of_one_person([(at, utm) for at, _, utm in events if utm is not None])
    converted = Touches.of_one_person([(at, 0) for at, type_, _ in events if type_ in workspace.conversion_types])
    messages = list(own.messages().filter(created_at__gte=window.starts_at, created_at__lt=window.ends_at))
    return ContactNumbers(
        window=window,
        signed_up_on=local_day(own.contact.signed_up_at, workspace.zone),
        events=len(events),
        conversions=int(np.count_nonzero(are_credited(attributed, converted))),
        sources=tuple(_sources(workspace, Counter(utm for _, _, utm in events if utm is not None))),
        messages=len(messages),
        opened=sum(1 for message in messages if message.opened_at is not None),
        clicked=sum(1 for message in messages if message.clicked_at is not None),
    )


def _sources(workspace: Workspace, events: Counter[int]) -> Iterator[SourceShare]:
    triples = UtmTriple.objects.filter(workspace=workspace).in_bulk(list(events))
    for pk, number in events.most_common():
        triple = triples[pk]
        yield SourceShare(UtmSource(triple.source, triple.medium, triple.campaign), number)


@dataclass(frozen=True)
class Moment:
    """Something on a contact's time line: an event, or a message with what was reported of it, earliest first."""

    at: datetime
    key: UUID
    event: Event | None = None
    message: Message | None = None
    reports: tuple[MessageEvent, ...] = ()


def timeline(own: Traces, *, after: str = "", size: int = PAGE_ROWS) -> Rows[Moment]:
    """Events by when they occurred and messages by when they were created, newest first. Three queries."""
    events = newest_first(own.events(), "occurred_at", after=after, size=size + 1)
    messages = newest_first(own.messages(), "created_at", after=after, size=size + 1)
    moments = [Moment(event.occurred_at, event.pk, event=event) for event in events.rows]
    moments += _with_reports(own.contact.workspace_id, messages.rows)
    moments.sort(key=lambda moment: (moment.at, moment.key.hex), reverse=True)
    return page_of(moments[: size + 1], size, lambda moment: place_text(Place(moment.at, moment.key)))


def _with_reports(workspace_id: int, messages: Sequence[Message]) -> Iterator[Moment]:
    reports: dict[UUID, list[MessageEvent]] = {message.pk: [] for message in messages}
    rows = MessageEvent.objects.filter(workspace_id=workspace_id, message__in=list(reports))
    for report in rows.order_by("occurred_at", "id"):
        reports[report.message_id].append(report)  # type: ignore[index]  # asked for by it
    for message in messages:
        yield Moment(message.created_at, message.pk, message=message, reports=tuple(reports[message.pk]))


def export(own: Traces) -> Iterator[tuple[str, Any]]:
    """All that is kept of a contact, by names, as JSON has it.

    Messages and events come as iterators, which read a thousand at a time: two and four queries for each.
    """
    yield "contact", _contact(own.contact)
    yield "mergedContacts", [_contact(merged) for merged in own.merged]
    yield "identities", [{"kind": identity.get_kind_display(), "value": identity.value} for identity in own.identities]
    yield "joins", [_join(join) for join in own.joins()]
    yield (
        "enrolments",
        [
            {
                "campaign": enrollment.campaign.external_id,
                "status": enrollment.status,
                "enrolledAt": enrollment.enrolled_at,
                "completedAt": enrollment.completed_at,
            }
            for enrollment in own.enrollments().select_related("campaign").order_by("enrolled_at")
        ],
    )
    yield "assignments", [_assignment(assignment) for assignment in own.assignments()]
    yield "messages", _exported_messages(own)
    yield "events", _exported_events(own)


def _exported_messages(own: Traces) -> Iterator[dict[str, Any]]:
    workspace = own.contact.workspace_id
    for messages in _pages(own.messages(), "created_at"):
        sent_by = Campaign.objects.filter(workspace=workspace, pk__in={message.campaign_id for message in messages})
        campaigns = dict(sent_by.values_list("pk", "external_id"))
        yield from (_message(moment, campaigns) for moment in _with_reports(workspace, messages))


def _exported_events(own: Traces) -> Iterator[dict[str, Any]]:
    for events in _pages(own.events(), "occurred_at"):
        triples = UtmTriple.objects.filter(workspace=own.contact.workspace_id)
        named = triples.in_bulk({event.utm_id for event in events if event.utm_id})
        yield from (_event(event, named) for event in events)


def _pages(rows: QuerySet[_Fact], instant: str) -> Iterator[Sequence[_Fact]]:
    return all_pages(lambda after: newest_first(rows, instant, after=after, size=EXPORT_CHUNK_ROWS))


def _join(join: Join) -> dict[str, Any]:
    return {
        "gone": join.gone,
        "kept": join.kept,
        "cause": join.get_cause_display(),
        "joinedAt": join.joined_at,
        "receivedAt": join.received_at,
        "undoneAt": join.undone_at,
    }


def _assignment(assignment: Assignment) -> dict[str, Any]:
    campaign = assignment.test.campaign
    return {
        "abTest": assignment.test.external_id,
        "campaign": None if campaign is None else campaign.external_id,
        "variant": assignment.variant.name,
        "assignedAt": assignment.assigned_at,
        "withheld": assignment.withheld,
        "receivedAt": assignment.received_at,
    }


def _contact(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.api_id,
        "externalId": contact.external_id,
        "name": contact.name,
        "email": contact.email,
        "phone": contact.phone,
        "attributes": contact.attributes,
        "formerAddresses": contact.former_addresses,
        "newestWordAt": contact.attributes_at,
        "provenance": contact.provenance,
        "signedUpAt": contact.signed_up_at,
        "signupIsStated": contact.signup_is_stated,
        "complainedAt": contact.complained_at,
        "unsubscribedAt": contact.unsubscribed_at,
        "receivedAt": contact.received_at,
    }


def _message(moment: Moment, campaigns: Mapping[int, str]) -> dict[str, Any]:
    assert moment.message is not None
    message = moment.message
    return {
        "id": message.api_id,
        "externalId": message.external_id,
        "providerMessageId": message.provider_message_id,
        "campaign": campaigns.get(message.campaign_id),
        "channel": message.channel,
        "createdAt": message.created_at,
        "sentAt": message.sent_at,
        "deliveredAt": message.delivered_at,
        "openedAt": message.opened_at,
        "clickedAt": message.clicked_at,
        "bouncedAt": message.bounced_at,
        "failedAt": message.failed_at,
        "reports": [
            {
                "message": report.message_ref,
                "type": report.type,
                "at": report.occurred_at,
                "url": report.url,
                "userAgent": report.user_agent,
                "reason": report.reason,
                "bounce": report.bounce_kind,
                "actor": report.actor,
                "receivedAt": report.received_at,
            }
            for report in moment.reports
        ],
    }


def _event(event: Event, triples: Mapping[int, UtmTriple]) -> dict[str, Any]:
    utm = triples.get(event.utm_id) if event.utm_id else None
    return {
        "id": event.api_id,
        "messageId": event.message_id,
        "type": event.type,
        "occurredAt": event.occurred_at,
        "statedAt": event.stated_at,
        "receivedAt": event.received_at,
        "utm": {"source": utm.source, "medium": utm.medium, "campaign": utm.campaign} if utm else None,
        "properties": event.properties,
        "context": event.context,
    }
