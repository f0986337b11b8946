"""Uses the client that openapi-python-client makes of the schema; type-checked strictly, then run."""

import sys
from urllib.parse import parse_qs, urlsplit

from campaignos_client import AuthenticatedClient
from campaignos_client.api.contacts import export_contacts, list_contacts, send_contacts, update_contact
from campaignos_client.api.reports import get_time_series
from campaignos_client.api.workspaces import list_workspaces
from campaignos_client.models import (
    ContactBatch,
    ContactChange,
    ContactItem,
    ContactPage,
    ContactRecord,
    OutcomeBody,
    Timeseries,
    WorkspaceList,
)
from campaignos_client.types import UNSET, Unset

address, key = sys.argv[1:]
client = AuthenticatedClient(base_url=address, token=key, raise_on_unexpected_status=True)

opened = list_workspaces.sync(client=client)
assert isinstance(opened, WorkspaceList)
workspace = opened.results[0].id

people = [ContactItem(external_id=name.lower(), name=name) for name in ("Ada", "Bob", "Özil")]
sent = send_contacts.sync(workspace, client=client, body=ContactBatch(items=people))
assert isinstance(sent, OutcomeBody)
assert (sent.accepted, sent.warnings) == (3, [])

names: list[str] = []
cursor: str | Unset = UNSET
while True:
    page = list_contacts.sync(workspace, client=client, page_size=2, cursor=cursor)
    assert isinstance(page, ContactPage)
    names += [contact.external_id for contact in page.results]
    if page.next_ is None:
        break
    cursor = parse_qs(urlsplit(page.next_).query)["cursor"][0]
assert sorted(names) == ["ada", "bob", "özil"]

contact = page.results[0]
changed = update_contact.sync(workspace, contact.id, client=client, body=ContactChange(name=None))
assert isinstance(changed, ContactRecord)
assert changed.name is None

table = export_contacts.sync(workspace, client=client)
assert isinstance(table, str)
assert len(table.splitlines()) == 1 + 3

report = get_time_series.sync(workspace, client=client, days=7)
assert isinstance(report, Timeseries)
assert len(report.series) == 7
