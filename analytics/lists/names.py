"""Whether what is asked for by name is there: a list of what is not is no empty list."""

from collections.abc import Callable, Mapping

from analytics.models import Campaign, Contact, Event, Message
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
    """Also one that is waited for: a conversion, a page, a screen; as long as there is no event, any."""
    events, name = Event.objects.filter(workspace_id=workspace.pk), name.strip()
    if "\0" in name:  # no database keeps it, and PostgreSQL refuses the question
        return False
    is_awaited = name in (*MADE_OF_PAGES, *workspace.conversion_types)
    return is_awaited or events.filter(type=name).exists() or not events.exists()


Exists = Callable[[Workspace, str], bool]
EXIST: Mapping[str, tuple[Exists, str]] = {
    "campaign": (campaign_exists, "a campaign of this workspace"),
    "contact": (contact_exists, "a contact of this workspace"),
    "message": (message_exists, "a message of this workspace"),
    "type": (event_type_exists, "the type of an event that has come in"),
}
"""By what a thing is called in addresses, whether there is one, and what is allowed."""
