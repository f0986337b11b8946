"""Pages of lists by conditions: chips, what does not apply, what is left out, files."""

import re
from html import unescape

import pytest

from analytics.models import Campaign
from tests.analytics.reports.items import at, contact, event, message
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied

TOTAL = re.compile(r'data-total="(\d+)"')
CHIP = re.compile(r'<li class="chip">([^<]*)(?:<a href="([^"]*)")?')


@pytest.fixture
@copied
def shop(bulk, now):
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}, {"externalId": "spring", "name": "Spring"}])
    for name, plan in (("ada", "Pro"), ("bob", "free"), ("cy", None)):
        attributes = {"plan": plan} if plan else {}
        bulk("contacts", [{**contact(name, "03-05 08:00"), "attributes": attributes}])
    bulk(
        "messages",
        [
            message("m1", "03-20 09:00", clicked="03-20 10:00"),
            message("m2", "03-21 09:00", contact="bob", campaign="spring"),
        ],
    )
    bulk(
        "enrollments",
        [{"campaign": "welcome", "contact": name, "enrolledAt": at("03-20 09:00")} for name in ("ada", "bob")],
    )
    bulk(
        "events",
        [
            event("visit", "ada", "03-25 10:00", utm={"source": "news"}),
            event("purchase", "ada", "03-26 10:00", properties={"amount": 120, "cart": {"sku": "a,b"}}),
            event("purchase", "bob", "03-27 10:00", properties={"amount": "80"}),
            event("visit", "?device", "03-28 10:00"),
        ],
    )


@pytest.fixture
def page(workspace, api):
    def get(name, **query):
        response = api.get(f"/w/{workspace.slug}/{name}/", query)
        assert response.status_code == 200
        return unescape(
            response.content.decode() if not response.streaming else b"".join(response.streaming_content).decode()
        )

    return get


def total(html):
    return int(TOTAL.search(html)[1])


@pytest.mark.parametrize(
    ("name", "query", "expected"),
    [
        ("events", {"where": "property.amount>=100"}, 1),
        ("events", {"where": "property.amount:80"}, 1),
        ("events", {"where": ["event:PURCHASE", "contact.plan:pro"]}, 1),
        ("events", {"where": "utm.source!:news"}, 3),
        ("events", {"where": "contact.known:false"}, 1),
        ("events", {"filter": '{"not":{"did":"purchase"}}'}, 1),
        ("events", {"filter": '{"did":"purchase","within":"1d"}', "until": "2026-03-27"}, 1),
        ("events", {"filter": '{"did":"purchase","within":"1d"}', "to": "2026-03-26"}, 2),
        ("messages", {"where": "campaign:cmp_0"}, 2),
        ("messages", {"where": "channel!:email"}, 0),
        ("messages", {"where": "contact.plan:pro"}, 1),
        ("contacts", {"where": "contact.plan!:pro"}, 2),
        ("contacts", {"where": "contact.plan!:*"}, 1),
        ("contacts", {"filter": '{"message":{"status":"clicked"}}'}, 1),
        ("contacts", {"where": "contact.plan:*", "q": "ada"}, 1),
        ("enrolments", {"where": "contact.plan:pro"}, 1),
        ("clicks", {"where": "contact.plan:free"}, 0),
    ],
)
def test_a_list_has_the_rows_that_meet_its_conditions(page, shop, name, query, expected):
    assert total(page(name, **query)) == expected


def test_people_of_a_funnel_meet_the_conditions(page, shop):
    funnel = {"from": "2026-03-01", "to": "2026-03-31", "steps": "visit,purchase", "step": "1"}
    assert [
        total(page("people", **funnel, where=where)) for where in ("contact.known:true", "contact.known:false")
    ] == [1, 1]


def test_each_condition_is_a_chip_that_leads_to_the_list_without_it(page, api, shop):
    key = Campaign.objects.get(external_id="spring").pk
    html = page("messages", where=[f"campaign:cmp_{key}", "contact.plan:free"], reached="sent")
    chips = dict(CHIP.findall(html))
    assert [*chips] == ["Campaign is Spring", "Plan is free"]
    assert chips["Campaign is Spring"] == "/w/acme/messages/?reached=sent&where=contact.plan%3Afree"
    assert chips["Plan is free"] == f"/w/acme/messages/?reached=sent&where=campaign%3Acmp_{key}"
    hidden = re.findall(r'<input type="hidden" name="where" value="([^"]*)">', html)
    assert hidden == [f"campaign:cmp_{key}", "contact.plan:free"]


def test_the_form_adds_a_condition_on_a_property(page, shop):
    html = page("events", where="event:purchase", property="cart.sku", value="A,B")
    assert total(html) == 1
    chips = dict(CHIP.findall(html))
    assert chips["Cart.sku is A,B"] == "/w/acme/events/?where=event%3Apurchase"
    assert total(page("events", property="amount", value="")) == 2


def test_the_form_keeps_what_was_not_understood(page, shop):
    value = re.compile(r'name="(property|value)" type="text" value="([^"]*)"')
    assert dict(value.findall(page("events", property="amount", value="80"))) == {"property": "", "value": ""}
    refused = dict(value.findall(page("events", property="amout", value="80")))
    assert refused == {"property": "amout", "value": "80"}


@pytest.mark.parametrize(
    ("name", "query", "problem"),
    [
        (
            "events",
            {"where": "channel:email"},
            "where cannot be 'channel:email'; allowed: conditions on events and people",
        ),
        ("contacts", {"where": "property.amount:80"}, "allowed: conditions on people"),
        ("contacts", {"where": "contact.shoe:80"}, "allowed: an attribute that a contact has"),
        ("events", {"where": "property.shoe:80"}, "allowed: a property that an event has"),
        ("events", {"segment": "seg_1"}, "allowed: a segment of this workspace"),
        ("events", {"filter": "{"}, "filter cannot be '{'"),
        ("events", {"where": "event:purchase", "until": "2026-03-01"}, "until cannot be '2026-03-01'"),
        ("events", {"filter": '{"did":"purchase","within":"1d"}', "until": "March"}, "until cannot be 'March'"),
    ],
)
def test_what_does_not_apply_or_is_not_there_is_left_out_and_told(page, shop, name, query, problem):
    html = page(name, **query)
    assert problem in html
    assert "It is left out." in html


def test_a_file_has_the_rows_that_the_page_has(page, shop):
    assert len(page("contacts", where="contact.plan!:pro", format="csv").splitlines()) == 3


@pytest.mark.long
def test_conditions_look_for_no_address_that_is_hidden(workspace, viewer_client, shop):
    html = viewer_client.get("/w/acme/events/", {"where": "property.mail:ada@example.com"}).content.decode()
    assert "hidden for your role" in html


@pytest.mark.long
def test_an_empty_list_says_which_filter_leaves_it_so(api, workspace, bulk, now):
    plans = {"ada": {"plan": "pro", "city": "Bern"}, "bob": {"plan": "pro", "city": "Ulm"}, "cy": {"plan": "free"}}
    bulk("contacts", [{"externalId": name, "attributes": attributes} for name, attributes in plans.items()])
    bulk("events", [{"type": "visit", "contact": "ada", "messageId": "e", "occurredAt": "2026-03-20T10:00:00Z"}])
    asked = {"where": ["contact.plan:pro", "contact.city:*", "contact.plan:free"]}
    html = api.get(f"/w/{workspace.slug}/contacts/", asked).text
    assert "No contacts match Without “Plan is free” there are 2." in text_of(html)
    link = unescape(re.search(r'<a href="([^"]*)">Without', html)[1])
    assert "2 contacts" in text_of(api.get(link).text)
    events = api.get(f"/w/{workspace.slug}/events/", {"where": ["event:visit", "contact.plan:free"]}).text
    assert "Without “Plan is free” there is 1." in text_of(events)


def test_an_empty_list_that_no_single_filter_leaves_so_can_be_cleared(api, workspace, bulk, now):
    bulk("contacts", [{"externalId": "ada", "attributes": {"plan": "pro"}}])
    asked = {"where": ["contact.plan:a", "contact.plan:b"]}
    assert "No contacts match Clear filters" in text_of(api.get(f"/w/{workspace.slug}/contacts/", asked).text)
