"""The lists behind the numbers: contacts, messages, clicks, enrollments, people. (Events have a page of their own.)"""

from collections.abc import Collection
from dataclasses import replace

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.lists import ClickList, ContactList, EnrollmentList, MessageList, PeopleList
from analytics.lists.conditions import CONDITION_PARAMETERS
from analytics.lists.contacts import SIGNED_UP
from analytics.lists.enrollments import ENROLLED
from analytics.lists.experiment_members import TEST_MEMBER_PARAMETERS
from analytics.lists.messages import INSTANT_FIELDS
from analytics.lists.names import missing_type_notice, missing_types
from analytics.lists.people import OF_CHOICES, OF_FUNNELS
from analytics.lists.people_columns import COLUMNS, OF_CONTACTS, OF_PEOPLE
from analytics.lists.query import PARTS_OF_DAYS
from analytics.lists.steps import FUNNEL_STEP, StepNames
from analytics.models import Campaign, Channel, Contact, EnrolmentStatus, Variant
from analytics.presentation.formats import count_of
from analytics.presentation.lists.messages import BOUNCE_LABELS, DAYS_OF_WEEK, STATUS_LABELS
from analytics.presentation.lists.people import people_labels
from analytics.questions.filter_texts import SEVERAL_CONDITIONS
from analytics.views.column_chooser import column_chooser, people_shown
from analytics.views.filter_builder import FIELD
from analytics.views.listing import ListPage, open_list
from analytics.views.page import Chip
from analytics.views.step_builder import names_of_steps
from campaignos.page_parameters import FILE, PLACE, PLACE_IN_ORDER, understands
from campaignos.texts import CodePoints
from workspaces.roles import Right

FIRSTS = [(name, f"First {name}") for name in INSTANT_FIELDS if name != "created"]
MESSAGES_WITHOUT_FIELD = (
    *(*PARTS_OF_DAYS, "notCampaign", "variant", "contact", "hours", "age", "link", "reason"),
    *("bounceClass", "deferred", "hourOfDay"),
)
"""Parameters that the form carries along."""
DAY_PARAMETERS = ("from", "to")
SOURCE = ("utmSource", "utmMedium", "utmCampaign")


@login_required
@require_safe
@understands(
    "q",
    *SIGNED_UP,
    *PARTS_OF_DAYS,
    "week",
    "metric",
    *CONDITION_PARAMETERS,
    FIELD,
    "sort",
    many=(*SEVERAL_CONDITIONS, COLUMNS),
    after=PLACE_IN_ORDER,
    format=FILE,
)
def contacts_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = open_list(request, slug, "contacts", "Contacts")
    contacts = replace(ContactList.read(page.parameters), in_names_only=not page.audience.sees_addresses)
    chips = page.hour_chips(contacts.signed_up)
    if contacts.active_in_week is not None:
        chips.append(
            page.chip(f"Active in week {contacts.active_in_week} after signup ({contacts.metric})", "week", "metric")
        )
    shown = people_shown(page, page.parameters, OF_CONTACTS)
    hidden = [(name, contacts.query[name]) for name in ("week", "metric", *PARTS_OF_DAYS) if name in contacts.query]
    return page.listing(
        contacts,
        people=shown,
        unit=("contact", "contacts"),
        fields=[
            page.field("q", "Search", "search", hint="Email, ID or name"),
            *page.dates("Signed up from", "to", SIGNED_UP),
        ],
        chips=chips,
        hidden=[*hidden, *([("sort", shown.sort)] if shown.sort else [])],
        chooser=column_chooser(page, shown, OF_CONTACTS),
        import_address=page.address("import", resource="contacts") if page.may(Right.WRITE) else "",
    )


@login_required
@require_safe
@understands(
    *DAY_PARAMETERS,
    "by",
    "reached",
    "campaign",
    "channel",
    *MESSAGES_WITHOUT_FIELD,
    *CONDITION_PARAMETERS,
    FIELD,
    many=SEVERAL_CONDITIONS,
    after=PLACE,
    format=FILE,
)
def messages_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = open_list(request, slug, "messages", "Messages")
    sent = MessageList.read(page.parameters)
    return page.listing(
        sent,
        unit=("message", "messages"),
        import_address=page.address("import", resource="messages") if page.may(Right.WRITE) else "",
        fields=[
            *page.dates("From", "to"),
            page.field("by", "Date of", "choice", options=FIRSTS, unset="Creation"),
            page.field("reached", "Status reached", "choice", options=list(STATUS_LABELS.items())),
            page.campaign_field(),
            page.field("channel", "Channel", "choice", options=Channel.choices),
        ],
        chips=_message_chips(page, sent),
        hidden=[(name, sent.query[name]) for name in MESSAGES_WITHOUT_FIELD if name in sent.query],
    )


def _message_chips(page: ListPage, sent: MessageList) -> list[Chip]:
    chips = [*page.hour_chips(sent.window), *_chips_of_others(page, sent.part.without_campaigns)]
    if sent.part.variant_id is not None:
        variant = (
            Variant.objects.filter(workspace=page.workspace, pk=sent.part.variant_id).select_related("test").first()
        )
        chips.append(page.chip(f"{variant.test.name}: {variant.name}" if variant else "An unknown variant", "variant"))
    if sent.within_hours is not None:
        chips.append(page.chip(f"Within {sent.within_hours} hours of sending", "hours"))
    if sent.age is not None:
        chips.append(page.chip(f"At most {count_of(sent.age, 'day', 'days')} after they were created", "age"))
    if sent.link is not None:
        chips.append(page.chip(f"Clicked {page.audience.text(sent.link)}", "link"))
    if sent.reason is not None:
        reason = page.audience.text(sent.reason) or "no reason given"
        chips.append(page.chip(f"Bounced: {reason}", "reason"))
    if sent.bounce_class is not None:
        chips.append(page.chip(f"Bounced: {BOUNCE_LABELS[sent.bounce_class].lower()}", "bounceClass"))
    if sent.weekday is not None:
        chips.append(
            page.chip(f"Created on {DAYS_OF_WEEK[sent.weekday - 1]}s, {sent.hour_of_day:02}:00", "weekday", "hourOfDay")
        )
    if sent.deferred:
        chips.append(page.chip("Deferred at least once", "deferred"))
    if sent.contact_id is not None:
        contact = Contact.objects.filter(workspace=page.workspace, pk=sent.contact_id).first()
        name = page.audience.text(contact.label) if contact else "an unknown contact"
        chips.append(page.chip(f"To {name}", "contact"))
    return chips


def _chips_of_others(page: ListPage, not_campaigns: Collection[int]) -> list[Chip]:
    if not not_campaigns:
        return []
    names = Campaign.objects.filter(workspace=page.workspace, pk__in=not_campaigns).values_list("name", flat=True)
    told = ", ".join(names.order_by(CodePoints("name")))
    return [page.chip(f"All campaigns except {told}", "notCampaign")]


@login_required
@require_safe
@understands(
    *DAY_PARAMETERS, "campaign", "link", *CONDITION_PARAMETERS, FIELD, many=SEVERAL_CONDITIONS, after=PLACE, format=FILE
)
def clicks_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = open_list(request, slug, "clicks", "Clicks")
    clicks = ClickList.read(page.parameters)
    link = page.audience.text(clicks.link or "") or "(not set)"
    return page.listing(
        clicks,
        unit=("click", "clicks"),
        fields=[*page.dates("Messages from", "to"), page.campaign_field()],
        chips=[] if clicks.link is None else [page.chip(f"On {link}", "link")],
        hidden=[("link", clicks.link)] if clicks.link is not None else [],
    )


@login_required
@require_safe
@understands(
    *ENROLLED,
    *PARTS_OF_DAYS,
    "campaign",
    "notCampaign",
    "status",
    *CONDITION_PARAMETERS,
    FIELD,
    many=SEVERAL_CONDITIONS,
    after=PLACE,
    format=FILE,
)
def enrollments_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = open_list(request, slug, "enrolments", "Enrollments")
    enrollments = EnrollmentList.read(page.parameters)
    return page.listing(
        enrollments,
        unit=("enrollment", "enrollments"),
        fields=[
            *page.dates("Enrolled from", "to", ENROLLED),
            page.campaign_field(),
            page.field("status", "Status", "choice", options=EnrolmentStatus.choices),
        ],
        chips=[*page.hour_chips(enrollments.window), *_chips_of_others(page, enrollments.part.without_campaigns)],
        hidden=[(name, text) for name, text in enrollments.query.items() if name in ("notCampaign", *PARTS_OF_DAYS)],
    )


@login_required
@require_safe
@understands(
    *DAY_PARAMETERS,
    *SOURCE,
    "steps",
    "step",
    "lostSince",
    *(name for name in OF_FUNNELS if name != "exclude"),
    "cohort",
    *OF_CHOICES,
    "did",
    "test",
    *TEST_MEMBER_PARAMETERS,
    "breakdown",
    "group",
    "notGroup",
    *CONDITION_PARAMETERS,
    FIELD,
    many=(*SEVERAL_CONDITIONS, FUNNEL_STEP, "exclude", COLUMNS),
    after=PLACE,
    format=FILE,
)
def people_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Known or not: of a funnel's step, visitors of a source, those who began a cohort, ordered or did anything, or who
    meets conditions; a 404 without any of these."""
    page = open_list(request, slug, "people", "People")
    people = PeopleList.read(page.parameters)
    if people is None:
        raise Http404
    page.notices += [missing_type_notice(name) for name in missing_types(page.workspace, people.steps)]
    page.notices += [str(problem) for problem in StepNames(page.workspace).problems(people.steps, FUNNEL_STEP)]
    names = names_of_steps(page.workspace, people.all_steps, people.groups)
    shown = people_shown(page, page.parameters, OF_PEOPLE)
    return page.listing(
        people,
        people=shown,
        chooser=column_chooser(page, shown, OF_PEOPLE),
        unit=("person", "people"),
        chips=[Chip(label) for label in people_labels(people, names)],
    )
