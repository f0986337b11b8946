"""Where the ledger knows how long a list is, nobody counts its rows."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.ingest import take_calls
from analytics.lists import ContactList, Conversions, EventList, ListConditions, MessageList
from analytics.periods import Window
from analytics.questions.fields import field_of
from analytics.questions.filters import AllOf, Is
from analytics.questions.slices import Slice
from workspaces.models import Workspace

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
MARCH = Window.between(date(2026, 3, 1), date(2026, 3, 31), zone=ZoneInfo("UTC"))


def tables_of_total(one):
    workspace = Workspace.objects.create(name="W", slug="w", time_zone="UTC")
    found = one.find(workspace, now=NOW)
    with CaptureQueriesContext(connection) as queries:
        assert found.total == 0
    return [name for name in ("day", "event", "message", "contact") if f'FROM "analytics_{name}' in queries[0]["sql"]]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "one",
    [
        ContactList(),
        ContactList(MARCH),
        EventList(),
        EventList(MARCH, type="purchase"),
        EventList(MARCH, attributed=True),
        MessageList(),
        MessageList(MARCH, reached="bounced", part=Slice(1, channel="EMAIL")),
        MessageList(MARCH, by="opened", part=Slice(channel="SMS")),
        MessageList(part=Slice(variant_id=1)),
        MessageList(part=Slice(without_campaigns=(1,))),
    ],
)
def test_the_ledger_knows(one):
    assert tables_of_total(one) == ["day"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("one", "table"),
    [
        (ContactList(text="ada"), "contact"),
        (EventList(MARCH, attributed=False), "event"),
        (EventList(MARCH, type="purchase", attributed=True), "event"),
        (EventList(library="analytics.js"), "event"),
        (MessageList(link="https://example.com"), "message"),
        (MessageList(MARCH, by="opened", reached="clicked"), "message"),
    ],
)
def test_rows_are_counted_where_it_does_not(one, table):
    assert tables_of_total(one) == [table]


@pytest.mark.django_db
def test_credited_conversions_are_counted_with_all_that_narrows_them():
    workspace = Workspace.objects.create(name="W", slug="w", time_zone="UTC")
    take_calls(workspace, [*purchases("ada", 3), *purchases("eve", 2, source="google")], received_at=NOW)
    credited, direct = (EventList(MARCH, conversions=kind) for kind in (Conversions.CREDITED, Conversions.DIRECT))
    totals = {
        credited: 2,
        direct: 3,
        replace(direct, library="shop", conditions=ListConditions(AllOf((Is(field_of("property.n"), ("1",)),)))): 1,
        replace(direct, library="other"): 0,
    }
    assert {one: one.find(workspace, now=NOW).total for one in totals} == totals


def purchases(user_id, n, source=None):
    context = {"library": {"name": "shop"}} | ({"campaign": {"source": source}} if source else {})
    for number in range(n):
        yield {
            "type": "track",
            "event": "purchase",
            "userId": user_id,
            "timestamp": f"2026-03-0{number + 1}T10:00:00Z",
            "properties": {"n": number},
            "context": context,
        }
