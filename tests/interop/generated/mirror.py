"""Keeps a copy of a workspace as docs/sync.md says, by the client that openapi-python-client makes of the schema.

For each line that comes in it asks for what changed, and writes a line with all rows of the copy.
"""

import json
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from campaignos_client import AuthenticatedClient
from campaignos_client.api.campaigns import list_campaigns
from campaignos_client.api.contacts import list_contacts
from campaignos_client.api.enrollments import list_enrollments
from campaignos_client.api.events import list_events
from campaignos_client.api.message_events import list_message_events
from campaignos_client.api.messages import list_messages
from campaignos_client.api.people import list_people
from campaignos_client.api.removals import list_removals
from campaignos_client.models import (
    ListCampaignsOrdering,
    ListContactsOrdering,
    ListEnrollmentsOrdering,
    ListEventsOrdering,
    ListMessageEventsOrdering,
    ListMessagesOrdering,
    ListPeopleOrdering,
    ListRemovalsOrdering,
    RemovalRecord,
)
from campaignos_client.types import UNSET

LISTS: dict[str, tuple[Callable[..., Any], Any]] = {
    "contacts": (list_contacts.sync, ListContactsOrdering.CHANGEDAT),
    "campaigns": (list_campaigns.sync, ListCampaignsOrdering.CHANGEDAT),
    "enrollments": (list_enrollments.sync, ListEnrollmentsOrdering.CHANGEDAT),
    "message-events": (list_message_events.sync, ListMessageEventsOrdering.CHANGEDAT),
    "messages": (list_messages.sync, ListMessagesOrdering.CHANGEDAT),
    "events": (list_events.sync, ListEventsOrdering.CHANGEDAT),
    "people": (list_people.sync, ListPeopleOrdering.CHANGEDAT),
    "removals": (list_removals.sync, ListRemovalsOrdering.CHANGEDAT),
}
HAPPENED = {"events": "occurred_at", "messages": "created_at", "message-events": "at"}

address, key, workspace = sys.argv[1:]
client = AuthenticatedClient(base_url=address, token=key, raise_on_unexpected_status=True)
copy: dict[str, dict[str, Any]] = {name: {} for name in LISTS}
known: dict[str, datetime] = {}


def follow(resource: str) -> None:
    fetch, ordering = LISTS[resource]
    since = known[resource].isoformat() if resource in known else UNSET
    cursor: Any = UNSET
    while True:
        page = fetch(workspace, client=client, ordering=ordering, changed_after=since, page_size=3, cursor=cursor)
        for row in page.results:
            known[resource] = row.changed_at
            if isinstance(row, RemovalRecord):
                remove(row)
            else:
                copy[resource][row.id] = row
        if page.next_ is None:
            return
        cursor = parse_qs(urlsplit(page.next_).query)["cursor"][0]


def remove(removal: RemovalRecord) -> None:
    resource = str(removal.resource)
    for id, row in list(copy[resource].items()):
        is_meant = id == removal.removed or is_expired(removal, resource, row)
        if is_meant and row.changed_at <= removal.changed_at:
            del copy[resource][id]


def is_expired(removal: RemovalRecord, resource: str, row: Any) -> bool:
    if removal.before is None or (resource == "message-events" and row.message_id is not None):
        return False
    happened_at: datetime = getattr(row, HAPPENED[resource])
    return happened_at < removal.before


for _ in sys.stdin:
    for name in LISTS:
        follow(name)
    print(json.dumps({name: [row.to_dict() for row in rows.values()] for name, rows in copy.items()}), flush=True)
