"""Lists as tables, without a request: what a page, a file, a mail and a text have of them is one value."""

from datetime import date
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from analytics.ledger import Ledger
from analytics.lists import (
    AnyList,
    ClickList,
    ContactList,
    ConversionList,
    EnrollmentList,
    EventList,
    MessageList,
    OrderList,
    PeopleList,
)
from analytics.models import Campaign
from analytics.periods import Window
from analytics.presentation.audience import Audience
from analytics.presentation.campaigns.listing import campaigns_table
from analytics.presentation.lists.tables import LIST_TABLES, list_table
from analytics.presentation.texts import table_html, table_text
from analytics.questions.steps import read_steps
from analytics.reports.campaigns.side_by_side import campaign_rows
from tests.analytics.reports.items import at, contact, event, message, report
from tests.copied_rows import copied

BERLIN, TOKYO = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo")
OWNER, VIEWER = Audience(BERLIN), Audience(BERLIN, sees_addresses=False)
LINK = "https://shop.example/?mail=ada@example.com"
MARCH = Window.between(date(2026, 3, 1), date(2026, 3, 31), zone=BERLIN)
LISTS = {
    "contacts": ContactList(),
    "messages": MessageList(),
    "clicks": ClickList(),
    "enrolments": EnrollmentList(),
    "events": EventList(),
    "people": PeopleList(MARCH, steps=read_steps("visit")),
    "orders": OrderList(),
    "conversions": ConversionList(MARCH),
}


@pytest.fixture
@copied
def shop(bulk, now):
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome <b>"}, {"externalId": "late", "name": "Late"}])
    bulk("contacts", [{**contact("ada", "03-06 08:00"), "email": "ada@example.com", "name": "Ada"}])
    bulk("enrollments", [{"campaign": "welcome", "contact": "ada", "enrolledAt": at("03-20 09:00")}])
    bulk("messages", [message("m1", "03-21 09:00", contact="ada", sent="03-21 09:01")])
    bulk("message-events", [{**report("m1", "clicked", "03-23 10:00"), "url": LINK}])
    bulk("events", [event("visit", "ada", "03-22 10:00", utm={"source": "google"}, properties={"sku": "x1"})])
    bulk("events", [event("visit", "?device", "03-24 10:00")])


@pytest.fixture
def table(workspace, shop, bulk, now):
    def made(name, audience=OWNER):
        listed = LISTS[name]
        if name in ("orders", "conversions"):
            bulk("events", [{**event("purchase", "ada", "03-23 10:00", properties={"revenue": 5}), "messageId": "p1"}])
        found = listed.find(workspace, now=now).page()
        return list_table(listed, listed.full_rows(workspace, found.rows), audience)

    return made


def test_each_list_behind_a_number_has_its_table():
    names = {one.name for one in get_args(AnyList)}
    assert names == set(LIST_TABLES) == set(LISTS)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("contacts", "Ada  ada@example.com  ada  6 Mar 2026, 08:00  22 Mar 2026, 10:00"),
        ("messages", "21 Mar 2026, 09:00  Ada  Welcome <b>  Email  Clicked"),
        ("clicks", f"23 Mar 2026, 10:00  Ada  Welcome <b>  {LINK}  Human"),
        ("enrolments", "Ada  Welcome <b>  Active  20 Mar 2026, 09:00  –"),
        ("people", "Ada  ada@example.com  ada  –  22 Mar 2026, 10:00"),
    ],
)
def test_every_list_can_be_put_into_words_without_a_request(table, name, line):
    lines = [" ".join(text.split()) for text in table_text(table(name)).splitlines()]
    assert " ".join(line.split()) in lines


def test_a_list_can_be_put_into_a_mail_without_a_request(table):
    html = table_html(table("messages"))
    assert "<caption>Messages</caption>" in html
    assert "<td>21 Mar 2026, 09:00</td><td>Ada</td><td>Welcome &lt;b&gt;</td>" in html


def test_a_file_has_instants_with_their_offset_and_an_events_properties(table):
    addresses = ["Contact's email", "Contact's ID"]
    assert table("events").heads == ["Occurred", "Event", "Who", *addresses, "Source", "ID", "Properties"]
    newest, oldest = table("events").lines()
    assert newest[:6] == ["2026-03-24T10:00:00+01:00", "visit", "?device", None, None, ""]
    assert oldest[:6] == ["2026-03-22T10:00:00+01:00", "visit", "Ada", "ada@example.com", "ada", "google"]
    assert oldest[7] == '{\n  "sku": "x1"\n}'


@pytest.mark.parametrize("name", LISTS)
def test_a_file_of_each_list_has_ids_and_addresses_of_its_contacts(table, name):
    addresses = {"contacts": ("Email", "ID"), "people": ("Email", "ID")}.get(name, ("Contact's email", "Contact's ID"))
    places = [table(name).heads.index(head) for head in addresses]
    assert ["ada@example.com", "ada"] in [[line[place] for place in places] for line in table(name).lines()]
    assert ["a…@example.com", "ada"] in [[line[place] for place in places] for line in table(name, VIEWER).lines()]


@pytest.mark.parametrize("name", LISTS)
def test_who_may_not_see_addresses_sees_none_in_any_list(table, name):
    text = table_text(table(name, VIEWER))
    assert "ada@" not in text
    if name in ("contacts", "clicks"):
        assert "a…@example.com" in text


def test_times_are_those_of_who_looks(table):
    assert "6 Mar 2026, 16:00" in table_text(table("contacts", Audience(TOKYO)))
    assert next(table("contacts", Audience(TOKYO)).lines())[3] == "2026-03-06T16:00:00+09:00"


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("", ["Late", "Welcome <b>"]),
        ("-sent", ["Welcome <b>", "Late"]),
        ("-failed", ["Late", "Welcome <b>"]),
        ("-human_open_rate", ["Welcome <b>", "Late"]),
        ("human_open_rate", ["Welcome <b>", "Late"]),
    ],
)
def test_campaigns_come_newest_first_or_by_any_column(workspace, shop, sort, names):
    rows, _ = campaign_rows(Ledger(workspace), Campaign.objects.filter(workspace=workspace).order_by("name"), None)
    table = campaigns_table(rows, None, OWNER, sort)
    assert [row.value("name") for row in table.rows] == names
    assert table.only(("name", "sent")).heads == ["Campaign", "Sent"]
