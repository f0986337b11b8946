"""The lists behind the numbers: contacts, messages, clicks, enrolments, people. (Events have a page of their own.)"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.lists import ClickList, ContactList, EnrolmentList, MessageList, PeopleList, PersonRow
from analytics.lists.contacts import SIGNED_UP
from analytics.lists.enrolments import ENROLLED
from analytics.lists.messages import INSTANT_FIELDS
from analytics.lists.names import event_type_exists, unknown_step
from analytics.lists.people import people_rows
from analytics.metrics import KEY_OF, LIFE_CYCLE, METRICS, STATUSES
from analytics.models import Campaign, Channel, Contact, Enrolment, EnrolmentStatus, Message, MessageEvent, Variant
from analytics.presentation.formats import days as days_text
from analytics.views.disclosure import name_shown_to, shown_to
from analytics.views.listing import Cell, Chip, ListPage, opened
from campaignos.page_parameters import FILE, PLACE, understands
from campaignos.texts import CodePoints
from workspaces.roles import Right

STATUS_LABELS = {status.value: METRICS[KEY_OF[status]].label for status in STATUSES}
FIRSTS = [(name, f"First {name}") for name in INSTANT_FIELDS if name != "created"]
MESSAGES_WITHOUT_FIELD = ("notCampaign", "variant", "contact", "hours", "link", "reason")
"""Parameters that the form carries along."""
DAYS = ("from", "to")
SOURCE = ("utmSource", "utmMedium", "utmCampaign")


@login_required
@require_safe
@understands("q", *SIGNED_UP, "week", "metric", after=PLACE, format=FILE)
def contacts_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = opened(request, slug, "contacts", "Contacts")
    one = replace(ContactList.read(page.asked), in_names_only=not page.sees_addresses)
    chips = []
    if one.active_in_week is not None:
        chips.append(page.chip(f"Active in week {one.active_in_week} after signup ({one.metric})", "week", "metric"))

    def cells(rows: Sequence[Contact]) -> list[list[Cell]]:
        seen = {row.number: row for row in people_rows(page.workspace, [row.person_number for row in rows])}
        return [
            [
                Cell(name_shown_to(page.membership, row), page.address("contact", row.api_id)),
                Cell(shown_to(page.membership, row.email)),
                Cell(shown_to(page.membership, row.external_id)),
                page.instant(row.signed_up_at),
                page.instant(seen[row.person_number].last_event_at),
            ]
            for row in rows
        ]

    return page.listing(
        one,
        ["Contact", "Email", "Id", "Signed up", "Last event"],
        cells,
        unit=("contact", "contacts"),
        fields=[
            page.field("q", "Search", "search", hint="Email, id or name"),
            *page.dates("Signed up from", "to", SIGNED_UP),
        ],
        chips=chips,
        hidden=[(name, one.query[name]) for name in ("week", "metric") if name in one.query],
        import_address=page.address("import", resource="contacts") if page.may(Right.WRITE) else "",
    )


@login_required
@require_safe
@understands(*DAYS, "by", "reached", "campaign", "channel", *MESSAGES_WITHOUT_FIELD, after=PLACE, format=FILE)
def messages_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = opened(request, slug, "messages", "Messages")
    one = MessageList.read(page.asked)

    def cells(rows: Sequence[Message]) -> list[list[Cell]]:
        contacts, campaigns = contacts_and_campaigns(page, rows)
        return [
            [
                page.instant(getattr(row, one.instant), page.address("message", row.api_id)),
                _contact_cell(page, contacts.get(row.contact_id)),
                Cell(campaigns.get(row.campaign_id, "–")),
                Cell(row.get_channel_display()),
                Cell(status_text(row)),
            ]
            for row in rows
        ]

    return page.listing(
        one,
        [f"First {one.by}" if one.by != "created" else "Created", "Contact", "Campaign", "Channel", "Status"],
        cells,
        unit=("message", "messages"),
        fields=[
            *page.dates("From", "to"),
            page.field("by", "Date of", "choice", options=FIRSTS, unset="Creation"),
            page.field("reached", "Status reached", "choice", options=list(STATUS_LABELS.items())),
            page.campaign_field(),
            page.field("channel", "Channel", "choice", options=Channel.choices),
        ],
        chips=_message_chips(page, one),
        hidden=[(name, one.query[name]) for name in MESSAGES_WITHOUT_FIELD if name in one.query],
    )


def _message_chips(page: ListPage, one: MessageList) -> list[Chip]:
    chips = _chips_of_others(page, one.part.without_campaigns)
    if one.part.variant_id is not None:
        variant = (
            Variant.objects.filter(workspace=page.workspace, pk=one.part.variant_id).select_related("test").first()
        )
        chips.append(page.chip(f"{variant.test.name}: {variant.name}" if variant else "An unknown variant", "variant"))
    if one.within_hours is not None:
        chips.append(page.chip(f"Within {one.within_hours} hours of sending", "hours"))
    if one.link is not None:
        chips.append(page.chip(f"Clicked {shown_to(page.membership, one.link)}", "link"))
    if one.reason is not None:
        reason = shown_to(page.membership, one.reason) or "no reason given"
        chips.append(page.chip(f"Bounced: {reason}", "reason"))
    if one.contact_id is not None:
        contact = Contact.objects.filter(workspace=page.workspace, pk=one.contact_id).first()
        name = name_shown_to(page.membership, contact) if contact else "an unknown contact"
        chips.append(page.chip(f"To {name}", "contact"))
    return chips


def _chips_of_others(page: ListPage, not_campaigns: Collection[int]) -> list[Chip]:
    if not not_campaigns:
        return []
    names = Campaign.objects.filter(workspace=page.workspace, pk__in=not_campaigns).values_list("name", flat=True)
    told = ", ".join(names.order_by(CodePoints("name")))
    return [page.chip(f"All campaigns except {told}", "notCampaign")]


def contacts_and_campaigns(page: ListPage, rows: Sequence[Message]) -> tuple[dict[int, Contact], dict[int, str]]:
    """Of messages, by their keys. Two queries, for the tables lie on different sides of a cluster's border."""
    contacts = Contact.objects.filter(workspace=page.workspace, pk__in={row.contact_id for row in rows})
    campaigns = Campaign.objects.filter(workspace=page.workspace, pk__in={row.campaign_id for row in rows})
    return {one.pk: one for one in contacts}, dict(campaigns.values_list("pk", "name"))


def status_text(message: Message) -> str:
    """The last status of the life cycle that it reached."""
    reached = (status for status in reversed(LIFE_CYCLE) if getattr(message, status.field) is not None)
    return STATUS_LABELS[status] if (status := next(reached, None)) else "Queued"


def _contact_cell(page: ListPage, contact: Contact | None) -> Cell:
    if contact is None:
        return Cell("–")
    return Cell(name_shown_to(page.membership, contact), page.address("contact", contact.api_id))


@login_required
@require_safe
@understands(*DAYS, "campaign", "link", after=PLACE, format=FILE)
def clicks_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = opened(request, slug, "clicks", "Clicks")
    one = ClickList.read(page.asked)
    link = shown_to(page.membership, one.link or "") or "(not set)"

    def cells(rows: Sequence[MessageEvent]) -> list[list[Cell]]:
        messages = [row.message for row in rows if row.message is not None]
        contacts, campaigns = contacts_and_campaigns(page, messages)
        return [
            [
                page.instant(row.occurred_at, page.address("message", message.api_id)),
                _contact_cell(page, contacts.get(message.contact_id)),
                Cell(campaigns.get(message.campaign_id, "–")),
                Cell(shown_to(page.membership, row.url) or "(not set)"),
                Cell(row.get_actor_display() or "–"),
            ]
            for row, message in zip(rows, messages, strict=True)
        ]

    return page.listing(
        one,
        ["Clicked", "Contact", "Campaign", "Link", "By"],
        cells,
        unit=("click", "clicks"),
        fields=[*page.dates("Messages from", "to"), page.campaign_field()],
        chips=[] if one.link is None else [page.chip(f"On {link}", "link")],
        hidden=[("link", one.link)] if one.link is not None else [],
    )


@login_required
@require_safe
@understands(*ENROLLED, "campaign", "notCampaign", "status", after=PLACE, format=FILE)
def enrolments_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = opened(request, slug, "enrolments", "Enrolments")
    one = EnrolmentList.read(page.asked)

    def cells(rows: Sequence[Enrolment]) -> list[list[Cell]]:
        return [
            [
                _contact_cell(page, row.contact),
                Cell(row.campaign.name),
                Cell(row.get_status_display()),
                page.instant(row.enrolled_at),
                page.instant(row.completed_at),
            ]
            for row in rows
        ]

    return page.listing(
        one,
        ["Contact", "Campaign", "Status", "Enrolled", "Completed"],
        cells,
        unit=("enrolment", "enrolments"),
        fields=[
            *page.dates("Enrolled from", "to", ENROLLED),
            page.campaign_field(),
            page.field("status", "Status", "choice", options=EnrolmentStatus.choices),
        ],
        chips=_chips_of_others(page, one.part.without_campaigns),
        hidden=[("notCampaign", one.query["notCampaign"])] if one.part.without_campaigns else [],
    )


@login_required
@require_safe
@understands(*DAYS, *SOURCE, "steps", "step", "lostSince", after=PLACE, format=FILE)
def people_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Known or not: of a funnel's step, or the visitors of a source. Without either there is nothing to list."""
    page = opened(request, slug, "people", "People")
    one = PeopleList.read(page.asked)
    if one is None:
        raise Http404
    page.notices += [unknown_step(step) for step in one.steps if not event_type_exists(page.workspace, step.event_type)]

    def cells(rows: Sequence[PersonRow]) -> list[list[Cell]]:
        return [
            [
                person_cell(page, row),
                Cell(", ".join(row.devices) or "–"),
                page.instant(row.last_event_at, page.address("events", person=str(row.number))),
            ]
            for row in rows
        ]

    return page.listing(
        one,
        ["Person", "Device ID", "Last event"],
        cells,
        unit=("person", "people"),
        chips=[Chip(label) for label in people_labels(one)],
    )


def person_cell(page: ListPage, row: PersonRow) -> Cell:
    if row.contact is not None:
        return _contact_cell(page, row.contact)
    return Cell("Anonymous visitor", page.address("events", person=str(row.number)))


def people_labels(one: PeopleList) -> list[str]:
    labels = [days_text(one.window.first_day, one.window.last_day)]
    if one.source is not None:
        return [*labels, f"Came from {one.source.label}"]
    labels.append(f"Funnel {' → '.join(map(str, one.steps))}")
    if one.lost_since is None:
        return [*labels, f"Reached {one.steps[one.step - 1]}"]
    return [*labels, f"Reached {one.steps[one.lost_since - 1]}, but not {one.steps[one.step - 1]}"]
