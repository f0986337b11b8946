"""Exports of other tools go in as proposed, and nothing changes when they come again, in whatever order."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics.ingest.files.blocks import in_memory
from analytics.ingest.files.csv_rows import is_datum
from analytics.ingest.files.decoding import checked_blocks, decoded_block
from analytics.ingest.files.imports import import_blocks
from analytics.ingest.files.mappings import FileMapping, number_of
from analytics.ingest.files.problems import FileError
from analytics.ingest.files.surveys import survey
from analytics.ingest.files.times import iso_instant
from analytics.models import Campaign, Contact, Event, Person
from tests.analytics.ingest.files.exports import EXPORTS, Export
from workspaces.models import Workspace

pytestmark = pytest.mark.usefixtures("now")
each_export = pytest.mark.parametrize("export", EXPORTS, ids=[f"{each.tool}-{each.resource}" for each in EXPORTS])


def export_of(tool: str, resource: str) -> Export:
    """The first of the tool."""
    return next(each for each in EXPORTS if (each.tool, each.resource) == (tool, resource))


def whose(*events: Event) -> list[str | None]:
    """The ids of the contacts that did them; None where nobody is known."""
    joined = {person.number: person.joined_to or person.number for person in Person.objects.all()}
    ids = {joined[contact.person_number]: contact.external_id for contact in Contact.objects.all()}
    return [ids.get(joined[event.person_number]) for event in events]


def proposed(export: Export, content: bytes | None = None) -> FileMapping:
    seen = survey(export.resource, in_memory(content or export.content()))
    assert seen.problem is not None
    return seen.mapping(export.resource, zone="Europe/Berlin")


def outcomes(workspace: Workspace, export: Export, content: bytes) -> Iterator[tuple[int, int, int]]:
    mapping = proposed(export, content)
    for block in import_blocks(workspace, export.resource, in_memory(content), source="test", mapping=mapping):
        assert not block.rejected, block.rejected
        yield block.outcome.accepted, block.outcome.updated, block.outcome.duplicates


@each_export
def test_its_columns_are_proposed(export: Export) -> None:
    mapping = proposed(export)
    assert mapping.tool == export.tool
    assert not mapping.open_columns
    own = {"contacts": "attributes.", "events": "properties."}.get(export.resource)
    expected = {
        column.name: export.means.get(column.name, own + column.name if own else "") for column in mapping.columns
    }
    assert {column.name: column.target for column in mapping.columns} == expected


@each_export
def test_it_goes_in_once_whatever_the_order_and_overlap(workspace: Workspace, export: Export) -> None:
    assert list(outcomes(workspace, export, export.content())) == [(2, 0, 0)]
    assert list(outcomes(workspace, export, export.content(lambda rows: [*rows[::-1]]))) == [(0, 0, 2)]
    assert list(outcomes(workspace, export, export.content(lambda rows: [rows[1]]))) == [(0, 0, 1)]


@pytest.mark.parametrize("tool", ["Mailchimp", "Klaviyo", "ActiveCampaign", "HubSpot", "Customer.io", "Brevo"])
def test_people_come_in_whole(workspace: Workspace, tool: str) -> None:
    export = export_of(tool, "contacts")
    list(outcomes(workspace, export, export.content()))
    ada, bob = Contact.objects.order_by("email")
    assert (ada.email, ada.name.split()[0], bob.email) == ("ada@example.com", "Ada", "bob@example.com")
    assert (ada.unsubscribed_at, bob.unsubscribed_at is None) == (None, False)
    berlin = tool not in ("Klaviyo", "Customer.io")
    assert tool != "Klaviyo" or bob.attributes["subscription"] == "unsubscribed"
    assert ada.signed_up_at == datetime(2026, 1, 15, 8 if berlin else 9, 30, tzinfo=UTC)


def test_orders_are_conversions_of_whoever_has_the_address(workspace: Workspace) -> None:
    export = export_of("Shopify", "events")
    list(outcomes(workspace, export, export.content()))
    first, _ = Event.objects.order_by("occurred_at")
    assert (first.type, first.properties["revenue"], first.properties["order_id"]) == ("Order Completed", 29.9, "#1001")
    assert {contact.external_id for contact in Contact.objects.all()} == {"ada@example.com", "bob@example.com"}


@pytest.mark.parametrize(
    "export",
    [each for each in EXPORTS if (each.tool, each.resource) == ("PostHog", "events")],
    ids=["query", "page", "asterisks", "archive", "table"],
)
def test_who_was_not_identified_is_no_contact(workspace: Workspace, export: Export) -> None:
    list(outcomes(workspace, export, export.content()))
    first, second = Event.objects.order_by("occurred_at")
    assert (first.type, second.type, whose(first, second)) == ("Signed Up", "Bought", [None, "u2"])
    assert (first.properties["plan"], first.properties["$is_identified"]) == ("pro", False)
    assert not Contact.objects.exclude(external_id="u2").exists()
    assert "ada@example.com" not in str([event.properties for event in (first, second)])


def test_people_of_product_analytics_come_with_what_is_known_of_them(workspace: Workspace) -> None:
    list(outcomes(workspace, of_mixpanel := export_of("Mixpanel", "contacts"), of_mixpanel.content()))
    ada, bob = Contact.objects.order_by("external_id")
    assert (ada.external_id, ada.email, ada.name) == ("u1", "ada@example.com", "Ada Lovelace")
    assert ada.attributes == {"$last_seen": "2026-02-01T10:00:00", "plan": "pro"}
    assert (bob.email, bob.signup_is_stated) == ("bob@example.com", False)


def test_ids_of_shopify_are_without_the_mark_that_keeps_their_digits(workspace: Workspace) -> None:
    list(outcomes(workspace, export := export_of("Shopify", "contacts"), export.content()))
    contacts = Contact.objects.order_by("external_id").values_list("external_id", "phone")
    assert list(contacts) == [("7001", "+442079460000"), ("7002", "")]


def test_people_of_mixpanel_are_joined_as_there(workspace: Workspace) -> None:
    """In older projects a device's id stands alone, and `$identify` says whose it is."""
    device, other = "190b6d254651ec", "2a0b6d254651ec"
    content = jsonl(
        mixpanel("Visited", 1, distinct_id=device, **{"$device_id": device}),
        mixpanel("$identify", 2, **{"$identified_id": "u1", "$anon_id": device, "distinct_id": "u1"}),
        mixpanel("Visited", 3, distinct_id=other, **{"$device_id": other}),
        mixpanel("$create_alias", 4, distinct_id=other, alias="u2"),
        mixpanel("Bought", 5, distinct_id="u1"),
        mixpanel("Visited", 6, distinct_id="$device:d3", **{"$device_id": "d3"}),
        mixpanel("$merge", 7, **{"$distinct_ids": ["d3", "u3"]}),
    )
    list(outcomes(workspace, export_of("Mixpanel", "events"), content))
    assert whose(*Event.objects.order_by("occurred_at")) == ["u1", "u2", "u1", "u3"]


def test_times_of_an_older_project_of_mixpanel_are_those_of_its_zone(workspace: Workspace) -> None:
    """They stand in the file as if that were UTC: docs.mixpanel.com/docs/export-methods."""
    content = jsonl(mixpanel("Bought", 0, distinct_id="u1"))
    mapping = proposed(export_of("Mixpanel", "events"), content)
    assert mapping.zone == "UTC"
    of_berlin = replace(mapping, zone="Europe/Berlin")
    list(import_blocks(workspace, "events", in_memory(content), source="test", mapping=of_berlin))
    assert Event.objects.get().occurred_at == datetime(2026, 1, 15, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize("place", [0, 1], ids=["json", "csv"])
def test_a_device_of_mixpanel_is_no_contact(workspace: Workspace, place: int) -> None:
    export = [each for each in EXPORTS if (each.tool, each.resource) == ("Mixpanel", "events")][place]
    list(outcomes(workspace, export, export.content()))
    first, second = Event.objects.order_by("occurred_at")
    assert (whose(first, second), first.properties["plan"]) == ([None, "u2"], "pro")
    assert [contact.external_id for contact in Contact.objects.all()] == ["u2"]


def test_what_amplitude_says_of_people_and_groups_is_no_event(workspace: Workspace) -> None:
    export = export_of("Amplitude", "events")
    event = json.loads(export.rows[1])
    said = [
        {**event, "uuid": "e3", "event_type": "$identify", "user_properties": {"plan": "pro"}, "event_properties": {}},
        {**event, "uuid": "e4", "event_type": "$groupidentify", "user_properties": {}, "event_properties": {}},
    ]
    list(outcomes(workspace, export, export.content() + jsonl(*said)))
    visit, order = Event.objects.order_by("occurred_at")
    assert (visit.type, visit.utm.source, order.type, order.properties["revenue"]) == (
        "page_view",
        "newsletter",
        "Bought",
        3,
    )
    assert Contact.objects.get().attributes == {"plan": "pro", "city": "Dresden"}


def test_an_order_of_ga4_has_its_money_its_campaign_and_who_bought(workspace: Workspace) -> None:
    list(outcomes(workspace, export := export_of("GA4", "events"), export.content()))
    order = Event.objects.get(type="purchase")
    money = {name: order.properties[name] for name in ("revenue", "currency", "order_id")}
    assert (money, order.utm.source) == ({"revenue": 29.9, "currency": "EUR", "order_id": "1001"}, "sms")
    assert Contact.objects.get(external_id="u2").attributes == {"plan": "pro"}


MEMBERS = "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,GMTOFF,DSTOFF,TIMEZONE,CC"
OF_MAILCHIMP = {
    "cleaned_members_export_1.csv": f"{MEMBERS},CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID,EUID\n"
    "c@x.example,C,1,2026-01-01 09:00:00,,,,1,0,Europe/Berlin,DE,2026-02-01 10:00:00,Spring,a1,1,e\n",
    "subscribed_members_export_1.csv": f"{MEMBERS},LAST_CHANGED,LEID,EUID\n"
    "s@x.example,S,4,2026-01-02 09:00:00,,,,1,0,Europe/Berlin,DE,2026-02-01 10:00:00,2,e\n",
    "unsubscribed_members_export_1.csv": f"{MEMBERS},UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,"
    "UNSUB_REASON_OTHER,LEID,EUID\n"
    "u@x.example,U,2,2026-01-03 09:00:00,,,,1,0,Europe/Berlin,DE,2026-02-01 10:00:00,Spring,a1,NORMAL,,3,e\n",
}
"""The files of an audience: who was cleaned, is subscribed, has unsubscribed."""


def test_the_archive_of_mailchimp_says_who_wants_emails(workspace: Workspace) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in OF_MAILCHIMP.items():
            archive.writestr(name, text)
    export = export_of("Mailchimp", "contacts")
    assert list(outcomes(workspace, export, packed.getvalue())) == [(1, 0, 0)] * 3
    people = {contact.email[0]: contact for contact in Contact.objects.all()}
    states = {name: each.attributes.get("subscription") for name, each in people.items()}
    assert states == {"c": "bounced", "s": None, "u": None}
    assert [name for name, each in people.items() if each.unsubscribed_at] == ["u"]


@pytest.mark.parametrize(
    ("consent", "suppressions", "state"),
    [
        ("SUBSCRIBED", "", "subscribed"),
        ("SUBSCRIBED", "HARD_BOUNCE", "bounced"),
        ("SUBSCRIBED", "['SPAM_COMPLAINT', 'HARD_BOUNCE']", "complained"),
        ("NEVER_SUBSCRIBED", "UNSUBSCRIBE,INVALID_EMAIL", "unsubscribed"),
        ("UNSUBSCRIBED", "HARD_BOUNCE", "unsubscribed"),
        ("SUBSCRIBED", "false", "subscribed"),
    ],
)
def test_who_is_suppressed_is_not_subscribed(consent: str, suppressions: str, state: str) -> None:
    header = "Email,Klaviyo ID,Email Marketing Consent,Email Suppressions"
    [item], _ = rows_mapped("contacts", f'{header}\na@x.example,1,{consent},"{suppressions}"\n')
    assert item["attributes"] == {"subscription": state}
    assert item.get("isUnsubscribed", False) == (state == "unsubscribed")


def mixpanel(name: str, number: int, **properties: Any) -> dict[str, Any]:
    return {"event": name, "properties": {"time": 1768469400 + number, "$insert_id": f"i{number}", **properties}}


def jsonl(*items: dict[str, Any]) -> bytes:
    return "\n".join(map(json.dumps, items)).encode()


def test_a_table_that_ga4_has_changed_is_the_same_events(workspace: Workspace) -> None:
    """For three days it writes a day's table again, with later sources and values of users:
    support.google.com/analytics/answer/7029846."""
    export = export_of("GA4", "events")
    list(outcomes(workspace, export, export.content()))
    later = [
        {
            **json.loads(row),
            "user_ltv": {"revenue": 29.9, "currency": "EUR"},
            "session_traffic_source_last_click": {"manual_campaign": {"source": "newsletter"}},
        }
        for row in export.rows
    ]
    assert list(outcomes(workspace, export, jsonl(*later))) == [(0, 0, 2)]
    event = Event.objects.get(type="page_view")
    assert (event.utm.source, event.utm.medium, event.context["campaign"]["term"]) == ("newsletter", "email", "sale")


@pytest.mark.parametrize("resource", ["events", "contacts"])
@pytest.mark.parametrize(
    "lines",
    [
        "# Pages and screens: Page path and screen class\n# Account: Shop\n#\n# Start date: 20260101\n\n"
        "Page path and screen class,Views,Active users\n/,62,9",
        "# Shop\n# Free form-Free form 1\n# 20260101-20260131\n\nEvent name,Date,Event count\n,,62,Grand total\n"
        "page_view,20260101,62",
    ],
    ids=["report", "exploration"],
)
def test_counts_of_ga4_are_no_events(resource: str, lines: str) -> None:
    head = "# ----------------------------------------\n"
    with pytest.raises(FileError, match="This is a report of GA4: its rows are counts"):
        survey(resource, in_memory((head + lines).encode())).mapping(resource, zone="UTC")


def test_campaigns_of_a_report_were_sent(workspace: Workspace) -> None:
    list(outcomes(workspace, export := export_of("Klaviyo", "campaigns"), export.content()))
    sent = Campaign.objects.order_by("started_at").values_list("external_id", "channel", "status", "subject")
    assert list(sent) == [
        ("01JQ1", "EMAIL", "COMPLETED", "Free shipping ends soon"),
        ("01JQ2", "SMS", "COMPLETED", ""),
    ]


@pytest.mark.parametrize(
    ("content", "states"),
    [
        pytest.param(
            "Record ID,Email,Create Date,Marketing contact status\n1,a@x.example,2026-01-15,true\n"
            "2,b@x.example,2026-01-15,false\n",
            {"a@x.example": None, "b@x.example": None},
            id="HubSpot: who is billed for is not who wants emails",
        ),
        pytest.param(
            "first_name,email_address,state,created_at\nA,a@x.example,cold,2026-01-15\nB,b@x.example,inactive,2026-01-15\n"
            "C,c@x.example,cancelled,2026-01-15\nD,d@x.example,complained,2026-01-15\n",
            {
                "a@x.example": "subscribed",
                "b@x.example": "unconfirmed",
                "c@x.example": "unsubscribed",
                "d@x.example": "complained",
            },
            id="Kit: who has not opened for long is subscribed, who is inactive has not confirmed",
        ),
        pytest.param(
            "Contact ID,Email,Status,Lists,Tags\n1,a@x.example,Unconfirmed,,\n2,b@x.example,Bounced,,\n",
            {"a@x.example": "unconfirmed", "b@x.example": "bounced"},
            id="ActiveCampaign: its four states",
        ),
    ],
)
def test_states_of_subscription_are_those_of_the_tool(
    workspace: Workspace, content: str, states: dict[str, str | None]
) -> None:
    mapping = survey("contacts", in_memory(content.encode())).mapping("contacts", zone="UTC")
    list(import_blocks(workspace, "contacts", in_memory(content.encode()), source="test", mapping=mapping))
    contacts = {contact.email: contact for contact in Contact.objects.all()}
    assert {email: each.attributes.get("subscription") for email, each in contacts.items()} == states
    unsubscribed = {email for email, each in contacts.items() if each.unsubscribed_at}
    assert unsubscribed == {email for email, state in states.items() if state == "unsubscribed"}


def test_who_hubspot_says_has_unsubscribed_has(workspace: Workspace) -> None:
    export = [each for each in EXPORTS if (each.tool, each.resource) == ("HubSpot", "contacts")][1]
    list(outcomes(workspace, export, export.content()))
    ada, bob = Contact.objects.order_by("email")
    assert (ada.unsubscribed_at, bob.unsubscribed_at is None) == (None, False)


@pytest.mark.parametrize(
    ("content", "tool", "means"),
    [
        pytest.param(
            "Email,Position,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,LEID,EUID\n"
            "mail@example.com,Head,2,,,2015-03-16 14:40:47,1,a\n",
            "Mailchimp",
            {"Email": "email", "CONFIRM_TIME": "signedUpAt", "OPTIN_TIME": ""},
            id="Mailchimp: another name of the address, and people who were imported there",
        ),
        pytest.param(
            "CONTACT ID;EMAIL;LASTNAME;FIRSTNAME;SMS;DOUBLE_OPT-IN;OPT_IN;EXT_ID;ADDED_TIME;MODIFIED_TIME\n"
            "7;ada@example.com;Lovelace;Ada;442079460000;No;No;s1;18-06-2024;28-01-2026\n",
            "Brevo",
            {"OPT_IN": "attributes.OPT_IN", "ADDED_TIME": "signedUpAt", "EXT_ID": "externalId"},
            id="Brevo: days alone, and who has not confirmed has not unsubscribed",
        ),
        pytest.param(
            "Email,First Name,Last Name,Phone,Tags,Date Created,IP,Status,Organization\n"
            'a@x.example,A,,,"vip,news",2026-01-15 09:30:00,203.0.113.7,Active,\n',
            "ActiveCampaign",
            {"Date Created": "signedUpAt", "Status": "subscription", "IP": ""},
            id="ActiveCampaign: without an id",
        ),
    ],
)
def test_other_forms_of_a_file_are_known(content: str, tool: str, means: dict[str, str]) -> None:
    mapping = survey("contacts", in_memory(content.encode())).mapping("contacts", zone="Europe/Berlin")
    assert (mapping.tool, mapping.open_columns) == (tool, [])
    assert {column.name: column.target for column in mapping.columns if column.name in means} == means


def test_an_order_of_several_things_counts_once(workspace: Workspace) -> None:
    """Shopify's file has a line for each thing bought; name, address and instant stand on all of them, the total on the
    first. https://docs.xbp.app/docs/development/integrations/shopify/order-format shows one."""
    export = export_of("Shopify", "events")
    further = "#1001,ada@example.com,,,,,,,,,2026-01-15 10:29:00 +0100,3,Cups,,,"
    for rows in ([further, *export.rows], [*export.rows[::-1], further]):
        content = "\n".join([export.header, *rows]).encode()
        [block] = import_blocks(
            workspace, "events", in_memory(content), source="test", mapping=proposed(export, content)
        )
        assert [remark.code for remark in block.rejected] == ["further_line"]
    assert sorted(event.properties["revenue"] for event in Event.objects.all()) == [10, 29.9]


def rows_mapped(resource: str, content: str) -> tuple[list[Any], list[str]]:
    """The items of a file as its columns are proposed, and why rows have none."""
    seen = survey(resource, in_memory(content.encode()))
    mapping = seen.mapping(resource, zone="Europe/Berlin")
    [block] = [block for block in checked_blocks(resource, in_memory(content.encode()), mapping=mapping) if block.rows]
    decoded = decoded_block(resource, block, mapping)
    return decoded.items, [str(error) for error in decoded.broken.values()]


def test_what_is_not_known_is_kept_as_programs_write_it() -> None:
    items, _ = rows_mapped(
        "contacts", "mail;Zip Code;Score;Ratio;VIP;Last IP\na@x.example;01067;7;1,5;TRUE;203.0.113.7\n"
    )
    said = {"Zip Code": "01067", "Score": 7, "Ratio": 1.5, "VIP": True}
    assert items == [{"externalId": "mailto:a@x.example", "email": "a@x.example", "attributes": said}]


def test_a_column_without_a_telling_name_is_known_by_its_values() -> None:
    assert rows_mapped("contacts", "Wer,Seit\na@x.example,x\nb@x.example,y\n")[0][0] == {
        "externalId": "mailto:a@x.example",
        "email": "a@x.example",
        "attributes": {"Seit": "x"},
    }


def test_an_odd_row_costs_that_row() -> None:
    items, reasons = rows_mapped(
        "contacts",
        "Email,Signup Date,Plan\na@x.example,31/12/2025,pro\nb@x.example,12/31/2025,\n,01/02/2026,x\nc@x.example\n",
    )
    assert [item["email"] for item in items] == ["a@x.example"]
    assert reasons == [
        "Signup Date cannot be '12/31/2025': it is no time, day first.",
        "The row has neither an id nor an email address.",
        "The row has 1 cells; the header names 3 columns.",
    ]


def test_acts_are_told_in_words_of_the_tool() -> None:
    items, _ = rows_mapped(
        "message-events",
        "smtp-id,event,timestamp,url\nm1,hard_bounce,1768469400,\nm1,Click,1768469401,https://x.example/\n",
    )
    assert items == [
        {"message": "m1", "type": "bounced", "at": "2026-01-15T09:30:00+00:00", "bounce": "hard"},
        {"message": "m1", "type": "clicked", "at": "2026-01-15T09:30:01+00:00", "url": "https://x.example/"},
    ]


def test_sends_without_an_id_are_one_message_for_each_campaign_contact_and_time() -> None:
    sends = ["a@x.example,2026-01-15 10:00", "a@x.example,2026-01-16 10:00", "A@x.example,2026-01-15 10:00"]
    content = "".join(f"{line}\n" for line in ["Campaign,Email,Sent", *(f"Spring,{send}" for send in sends)])
    items, _ = rows_mapped("messages", content)
    ids = [item["externalId"] for item in items]
    assert (ids[0] == ids[2], ids[0] == ids[1], items[0]["channel"]) == (True, False, "EMAIL")


def test_what_a_cell_or_a_header_may_be_has_bounds() -> None:
    long = "1" * 100_000 + " " * 100_000 + "x"
    assert iso_instant(f"2026-01-01{long}", None, ZoneInfo("UTC")) is None
    assert number_of(long, has_decimal_commas=False) == long
    assert is_datum(long)
    with pytest.raises(FileError, match="The file has 50,001 columns; it may have 1,000"):
        survey("contacts", in_memory(b"email" + b"," * 50_000 + b"\na@x.example\n"))
