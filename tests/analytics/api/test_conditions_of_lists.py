"""Lists of the API by conditions: which rows, and every refusal."""

from dataclasses import replace
from datetime import date

import pytest

from analytics.api.reports.row_addresses import RowAddresses
from analytics.lists import (
    ClickList,
    ContactList,
    Conversions,
    EnrollmentList,
    EventList,
    ListConditions,
    MessageList,
    PeopleList,
    UtmSource,
)
from analytics.periods import Window
from analytics.questions.condition_values import ConditionValues
from analytics.questions.filter_reader import FilterParameters, read_filter
from tests.analytics.reports.items import BERLIN, at, contact, event, message, report
from tests.copied_rows import copied

DAYS = {"occurredFrom": "2026-03-20", "occurredBefore": "2026-04-01"}
MARCH = Window.between(date(2026, 3, 1), date(2026, 3, 31), zone=BERLIN)


@pytest.fixture
@copied
def shop(bulk, now):
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}])
    for name, plan in (("ada", "Pro"), ("bob", "free")):
        bulk(
            "contacts", [{**contact(name, "03-05 08:00"), "attributes": {"plan": plan, "login": f"{name}@example.com"}}]
        )
    bulk("messages", [message("m1", "03-20 09:00"), message("m2", "03-21 09:00", contact="bob", channel="SMS")])
    bulk("message-events", [report("m1", "clicked", "03-20 10:00"), report("m2", "delivered", "03-21 10:00")])
    bulk("enrollments", [{"campaign": "welcome", "contact": "ada", "enrolledAt": at("03-20 09:00")}])
    bulk(
        "events",
        [
            event("visit", "ada", "03-25 10:00", utm={"source": "news", "content": "Top"}),
            event("purchase", "ada", "03-26 10:00", properties={"amount": 120}),
            event("purchase", "bob", "03-27 10:00", properties={"amount": "80"}),
            event("visit", "?device", "03-28 10:00", utm={"source": "news"}),
        ],
    )


@pytest.fixture
def get(api, workspace):
    def of(resource, client=api, **query):
        response = client.get(f"/api/workspaces/{workspace.api_id}/{resource}", query)
        return response.status_code, response.json()

    return of


@pytest.mark.parametrize(
    ("resource", "query", "count"),
    [
        ("events", {"where": ["event:PURCHASE", "property.amount>=100"]}, 1),
        ("events", {"where": "utm.content:top"}, 1),
        ("events", {"where": "contact.plan:pro", "type": "visit"}, 1),
        ("events", {"where": "contact.known:false"}, 1),
        ("events", {"where": "event:purchase"}, 2),
        ("events", {"conversions": "credited", **DAYS, "where": "utm.source:news"}, 1),
        ("events", {"conversions": "credited", **DAYS, "where": "utm.source!:news"}, 0),
        ("events", {"conversions": "direct", **DAYS, "where": "property.amount>=100"}, 0),
        ("events", {"filter": '{"did":"purchase","within":"1d"}', "until": "2026-03-27"}, 1),
        ("events", {"filter": '{"did":"purchase","within":"1d"}'}, 0),
        ("messages", {"where": "channel:sms"}, 1),
        ("messages", {"filter": '{"did":"purchase","times":{"gte":2}}'}, 0),
        ("message-events", {"where": "contact.plan:pro"}, 1),
        ("message-events", {"where": "channel:sms"}, 1),
        ("contacts", {"where": "contact.plan!:pro"}, 1),
        ("contacts", {"filter": '{"not":{"message":{"status":"clicked"}}}'}, 1),
        ("enrollments", {"where": "contact.plan:free"}, 0),
        ("people", {"filter": '{"did":"visit"}'}, 2),
        ("people", {"utmSource": "news", **DAYS, "where": "contact.plan:pro"}, 1),
    ],
)
def test_a_list_has_the_rows_that_meet_its_conditions(get, shop, resource, query, count):
    status, body = get(resource, **query)
    assert (status, len(body["results"])) == (200, count), body


@pytest.mark.parametrize(
    ("resource", "query", "parameter", "allowed"),
    [
        ("events", {"where": "channel:sms"}, "where", "conditions on events and people"),
        ("contacts", {"where": "property.amount:80"}, "where", "conditions on people"),
        ("events", {"where": "property.shoe:80"}, "where", "a property that an event has"),
        ("contacts", {"where": "contact.shoe!:80"}, "where", "an attribute that a contact has"),
        ("messages", {"where": "campaign:cmp_999"}, "where", "campaigns of this workspace"),
        ("events", {"segment": ["seg_1", "seg_2"]}, "segment", "a segment of this workspace"),
        ("events", {"filter": "{"}, "filter", "at filter: JSON"),
        ("events", {"filter": "x" * 5000}, "filter", "at most 4,096"),
        ("events", {"until": "yesterday"}, "until", "a day such as 2026-01-15"),
        ("events", {"until": "2026-03-01T00:00:00Z"}, "until", "a day such as 2026-01-15"),
        ("campaigns", {"where": "contact.plan:pro"}, "where", "q, "),
    ],
)
def test_what_cannot_be_asked_is_refused(get, shop, resource, query, parameter, allowed):
    status, body = get(resource, **query)
    assert (status, body["parameter"]) == (400, parameter)
    assert allowed in body["allowed"]


def test_conditions_look_for_no_address_that_is_hidden(get, viewer_client, shop):
    for where in ("contact.login:ada@example.com", "contact.login~ada"):
        status, body = get("contacts", client=viewer_client, where=where)
        assert (status, body["parameter"]) == (400, "where")
        assert "hidden for your role" in body["message"]


def test_addresses_of_rows_have_the_conditions_and_the_last_day_of_the_list(api, workspace, shop):
    days = Window.between(date.fromisoformat("2026-03-01"), date.fromisoformat("2026-03-27"), zone=BERLIN)
    given = FilterParameters(["contact.plan:*", "contact.known:true"], [], {"did": "purchase", "within": "1d"})
    condition, _ = read_filter(given, ConditionValues(BERLIN), strict=True)
    root = f"/api/workspaces/{workspace.api_id}"
    found = {}
    for kind, window in (
        (EventList, "window"),
        (MessageList, "window"),
        (ContactList, "signed_up"),
        (ClickList, "window"),
        (EnrollmentList, "window"),
    ):
        rows = kind(**{window: days}, conditions=ListConditions(condition))
        address = RowAddresses(root).of(rows)
        assert address.endswith(
            "where=contact.plan%3A%2A&where=contact.known%3Atrue&filter=%7B%22did%22%3A%22purchase%22%2C%22within%22%3A%221d%22%7D&until=2026-03-27"
        )
        found[kind] = len(api.get(address).json()["results"])
        assert found[kind] == rows.find(workspace, now=days.ends_at).total
    assert found == {EventList: 1, MessageList: 1, ContactList: 1, ClickList: 0, EnrollmentList: 0}


@pytest.mark.parametrize(
    ("rows", "where", "total"),
    [
        (EventList(MARCH), "event:purchase", 2),
        (EventList(MARCH, conversions=Conversions.CREDITED), "utm.source:news", 1),
        (EventList(MARCH, conversions=Conversions.CREDITED), "utm.source!:news", 0),
        (EventList(MARCH, conversions=Conversions.DIRECT), "property.amount>=100", 0),
        (ClickList(MARCH), "channel:email", 1),
        (ClickList(MARCH), "channel:sms", 0),
        (PeopleList(MARCH, UtmSource("news")), "contact.plan:*", 1),
        (PeopleList(MARCH, UtmSource("news")), "contact.plan:free", 0),
    ],
)
def test_a_page_has_the_rows_that_meet_its_conditions(workspace, now, shop, rows, where, total):
    condition, _ = read_filter(FilterParameters([where], [], None), ConditionValues(BERLIN), strict=True)
    assert replace(rows, conditions=ListConditions(condition)).find(workspace, now=now).total == total
