"""Whether the things that a request names exist: a list of an unknown campaign is refused, not empty."""

from collections.abc import Callable, Iterable, Mapping

from analytics.models import Campaign, Contact, Event, Message, Person, Variant
from analytics.questions.questions import EVENT_METRIC_PREFIX
from analytics.questions.steps import EventStep, Step, alternatives
from campaignos.ids import number_of, uuid_of
from workspaces.models import Workspace

MADE_OF_PAGES = ("page_view", "screen_view")


def campaign_exists(workspace: Workspace, api_id: str) -> bool:
    number = number_of("cmp", api_id)
    return number is not None and Campaign.objects.filter(workspace=workspace, pk=number).exists()


def contact_exists(workspace: Workspace, api_id: str) -> bool:
    number = number_of("ct", api_id)
    return number is not None and Contact.objects.filter(workspace=workspace, pk=number).exists()


def message_exists(workspace: Workspace, api_id: str) -> bool:
    pk = uuid_of("msg", api_id)
    return pk is not None and Message.objects.filter(workspace_id=workspace.pk, pk=pk).exists()


def event_type_exists(workspace: Workspace, name: str) -> bool:
    """Whether the type has come in, or is waited for: a conversion, a page, a screen, and as long as there is no event
    any type."""
    events, name = Event.objects.filter(workspace_id=workspace.pk), name.strip()
    if "\0" in name:  # no database keeps it, and PostgreSQL refuses the question
        return False
    is_awaited = name in (*MADE_OF_PAGES, *workspace.conversion_types)
    return is_awaited or events.filter(type=name).exists() or not events.exists()


def campaigns_exist(workspace: Workspace, api_ids: str) -> bool:
    """All of those joined by commas."""
    named = {api_id for api_id in api_ids.split(",") if api_id}
    numbers = [number for api_id in named if (number := number_of("cmp", api_id)) is not None]
    return Campaign.objects.filter(workspace=workspace, pk__in=numbers).count() == len(named)


def variant_exists(workspace: Workspace, number: str) -> bool:
    return _is_number(number) and Variant.objects.filter(workspace=workspace, pk=number).exists()


def person_exists(workspace: Workspace, number: str) -> bool:
    return _is_number(number) and Person.objects.filter(workspace_id=workspace.pk, number=number).exists()


def metric_exists(workspace: Workspace, metric: str) -> bool:
    """Whether the event type exists that a metric names; other metrics are checked where they are read."""
    event_type = metric.strip().removeprefix(EVENT_METRIC_PREFIX)
    return event_type == metric.strip() or event_type_exists(workspace, event_type)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def missing_types(workspace: Workspace, steps: Iterable[Step]) -> list[str]:
    """Of a funnel's steps, the types of events that do not exist."""
    names = dict.fromkeys(
        each.event_type for step in steps for each in alternatives(step) if isinstance(each, EventStep)
    )
    return [name for name in names if not event_type_exists(workspace, name)]


def missing_type_notice(event_type: str) -> str:
    """What a page says of a funnel's step whose event type has never come in."""
    return f"No event {event_type[:100]!r} has ever come in. Is it spelt as it is sent?"


Exists = Callable[[Workspace, str], bool]
EXIST: Mapping[str, tuple[Exists, str]] = {
    "campaign": (campaign_exists, "a campaign of this workspace"),
    "contact": (contact_exists, "a contact of this workspace"),
    "message": (message_exists, "a message of this workspace"),
    "notCampaign": (campaigns_exist, "campaigns of this workspace, joined by commas"),
    "variant": (variant_exists, "the number of a variant of this workspace"),
    "person": (person_exists, "the number of a person of this workspace"),
    "metric": (
        metric_exists,
        "event: and the type of an event that has come in, or opens, clicks, events, conversions",
    ),
    "type": (event_type_exists, "the type of an event that has come in"),
}
"""By the names of parameters: a function that says whether the thing exists, and what is allowed."""
