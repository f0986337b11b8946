"""Building a condition step by step, without any script: each step is an address."""

import re
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from analytics.models import Contact, EventProperty
from tests.analytics.reports.items import event
from tests.analytics.shop import add_plans_and_amounts, fill_shop
from tests.copied_rows import copied

pytestmark = pytest.mark.either_database("a condition is made of what the ledger and the tables answer")
LINK = re.compile(r'<li><a href="([^"]+)">([^<]+)</a>(?: <span class="muted">([\d,]+)</span>)?')
TOTAL = re.compile(r'data-total="(\d+)"')


@pytest.fixture
@copied
def shop(bulk, now):
    fill_shop(bulk)
    add_plans_and_amounts(bulk)


@pytest.fixture
def opened(api, workspace):
    def get(address, **query):
        response = api.get(address if address.startswith("/") else f"/w/{workspace.slug}/{address}", query)
        assert response.status_code == 200, (address, response.status_code)
        return response.content.decode()

    return get


def offers(html):
    """What can be chosen, by its label: where it leads, and how many there are."""
    builder = html.partition('id="builder"')[2].partition("</section>")[0]
    return {label: (unescape(address), count) for address, label, count in LINK.findall(builder)}


def where_of(address):
    return parse_qs(urlsplit(address).query).get("where", [])


@pytest.mark.long
def test_a_field_and_a_value_are_two_clicks_from_a_report(opened, shop):
    fields = offers(opened("reports/funnel/", steps="visit,purchase", filterField=""))
    assert {"Source", "Medium", "Event", "Amount", "Known contact", "Signed up", "Plan"} <= {*fields}
    assert "Channel" not in fields
    values = offers(opened(fields["Medium"][0]))
    address, count = values["cpc"]
    assert count == "7"
    assert (where_of(address), "filterField" in address, "steps=visit" in address) == (["utm.medium:cpc"], False, True)
    assert "Medium is cpc" in opened(address)


@pytest.mark.long
@pytest.mark.parametrize(
    ("path", "field", "value", "count"),
    [
        ("reports/overview/", "channel", "Email", "11"),
        ("reports/overview/", "campaign", "Welcome", "6"),
        ("reports/overview/", "event", "visit", "20"),
        ("reports/overview/", "property.amount", "30", "2"),
        ("reports/overview/", "utm.source", "s1", "7"),
        ("reports/overview/", "domain", "mail.example", "12"),
        ("reports/overview/", "contact.plan", "pro", "3"),
        ("contacts/", "contact.plan", "free", "3"),
        ("messages/", "channel", "Push", "2"),
        ("events/", "property.amount", "60", "1"),
    ],
)
def test_values_are_those_that_there_are_with_how_many_have_them(opened, shop, path, field, value, count):
    assert offers(opened(path, filterField=field))[value][1] == count


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [("contacts/", "contact.plan", "pro"), ("messages/", "channel", "Email"), ("events/", "property.amount", "30")],
)
def test_a_list_has_as_many_rows_as_the_value_said(opened, shop, path, field, value):
    address, count = offers(opened(path, filterField=field))[value]
    assert TOTAL.search(opened(address))[1] == count


@pytest.mark.parametrize(
    ("field", "operator", "value", "where"),
    [
        ("contact.plan", ":", "a, b", 'contact.plan:"a, b"'),
        ("contact.plan", "!:", "pro", "contact.plan!:pro"),
        ("contact.plan", "~", "p", "contact.plan~p"),
        ("contact.plan", "!~", "p", "contact.plan!~p"),
        ("contact.plan", ":*", "", "contact.plan:*"),
        ("contact.plan", "!:*", "", "contact.plan!:*"),
        ("property.amount", ">=", "19.90", "property.amount>=19.9"),
        ("contact.signedUpAt", "<", "2026-03-10", "contact.signedUpAt<2026-03-10"),
    ],
)
def test_what_is_typed_leads_back_with_the_condition(api, workspace, shop, field, operator, value, where):
    query = {
        "filterPath": f"/w/{workspace.slug}/reports/overview/",
        "filterField": field,
        "where": "contact.known:true",
    }
    asked = {**query, "filterOperator": operator, "filterValue": value, "range": "7d"}
    response = api.get(f"/w/{workspace.slug}/filter/", asked)
    assert response.status_code == 302
    assert urlsplit(response.url).path == f"/w/{workspace.slug}/reports/overview/"
    assert parse_qs(urlsplit(response.url).query) == {"where": ["contact.known:true", where], "range": ["7d"]}


@pytest.mark.parametrize(
    ("field", "operator", "value", "allowed"),
    [
        ("contact.signedUpAt", "<", "soon", "a day such as 2026-05-12"),
        ("channel", ":", "pigeon", "email, sms, push, in_app"),
        ("contact.plan", ":", "  ", "a value"),
        ("contact.plan", "like", "x", "what the list offers"),
        ("nobody", ":", "x", "a field of the list"),
        ("utm.source", ">", "5", "after utm.source"),
    ],
)
def test_what_cannot_be_is_told_where_it_was_typed(api, workspace, shop, field, operator, value, allowed):
    path = f"/w/{workspace.slug}/reports/overview/"
    asked = {"filterPath": path, "filterField": field, "filterOperator": operator, "filterValue": value}
    response = api.get(f"/w/{workspace.slug}/filter/", asked, follow=True)
    html = unescape(response.content.decode())
    assert "The filter was not added." in html
    assert allowed in html.partition("The filter was not added.")[2][:400]
    assert 'id="builder"' in html


def test_it_leads_to_no_other_site(api, workspace):
    asked = {
        "filterPath": "https://evil.example/",
        "filterField": "channel",
        "filterOperator": ":",
        "filterValue": "sms",
    }
    response = api.get(f"/w/{workspace.slug}/filter/", asked)
    assert urlsplit(response.url)[:3] == ("", "", f"/w/{workspace.slug}/")


def test_who_sees_no_addresses_is_offered_none(viewer_client, api, workspace, bulk, now):
    bulk("contacts", [{"externalId": "u1", "attributes": {"boss": "ada@example.com"}}])
    place = f"/w/{workspace.slug}/contacts/"
    assert "ada@example.com" in api.get(place, {"filterField": "contact.boss"}).content.decode()
    assert "ada@example.com" not in viewer_client.get(place, {"filterField": "contact.boss"}).content.decode()


@pytest.mark.long
def test_a_condition_can_be_taken_away_again(opened, shop):
    html = opened("reports/overview/", where=["contact.plan:pro", "channel:email"])
    chips = re.findall(r'<li class="chip">([^<]+)<a href="([^"]+)"', html)
    assert [label for label, _ in chips] == ["Plan is pro", "Channel is Email"]
    assert where_of(unescape(chips[0][1])) == ["channel:email"]


@pytest.mark.long
def test_the_name_of_a_source_adds_it_to_the_filters(opened, shop):
    html = opened("reports/attribution/", where="contact.plan:pro", compare="off", view="sources")
    names = {label: unescape(address) for address, label in re.findall(r'<a href="([^"]*)">([^<]*cpc)</a>', html)}
    address = names["s0 › cpc"]
    assert where_of(address) == ["contact.plan:pro", "utm.source:s0"]
    html = opened(address)
    assert "Source is s0" in html
    assert where_of(address) == where_of(
        next(unescape(link) for link, label in LINKED.findall(html) if label == "s0 › cpc")
    )


LINKED = re.compile(r'<a href="([^"]*)">([^<]*)</a>')


@pytest.mark.long
def test_a_funnel_for_some_traffic_split_by_plan_is_four_clicks_and_one_address(opened, workspace, api, shop):
    start = opened("reports/funnel/", steps="visit,purchase")
    filters = unescape(re.search(r'<a class="add-filter" href="([^"]+)"', start)[1]).partition("#")[0]
    path = f"/w/{workspace.slug}/reports/funnel/"
    html = opened(f"{path}{filters}")
    split = unescape(re.search(r'>Plan</a> <a class="split" href="([^"]+)"', html)[1]).partition("#")[0]
    medium = offers(opened(split))["Medium"][0].partition("#")[0]
    address = offers(opened(medium))["cpc"][0]
    html = opened(address)
    assert {"Medium is cpc", "Split by plan"} <= {*re.findall(r'<li class="chip">([^<]+)<', html)}
    table = html.partition('id="groups"')[2].partition("</table>")[0]
    rows = re.findall(r"<tr[^>]*>\s*<t[hd][^>]*>(?:<[^>]+>)*([^<]+)", table.partition("<tbody")[2])
    assert {row.strip() for row in rows} == {"free", "pro", "(not set)"}
    people = [
        (unescape(link), int(shown)) for link, shown in re.findall(r'<a class="opens" href="([^"]+)">(\d+)', table)
    ]
    assert len(people) >= 4
    for link, shown in people:
        assert int(TOTAL.search(opened(link))[1]) == shown


@pytest.mark.long
def test_what_a_funnel_cannot_be_split_by_is_told(opened, shop):
    html = unescape(opened("reports/funnel/", steps="visit,purchase", breakdown="channel"))
    assert "breakdown cannot be 'channel'; allowed: utm.source, utm.medium" in html


@pytest.mark.long
def test_a_segment_is_two_clicks_away(api, workspace, opened, shop):
    item = {"name": "On plan pro", "where": ["contact.plan:pro"]}
    made = api.post(f"/api/workspaces/{workspace.api_id}/segments", item, content_type="application/json")
    assert made.status_code == 201, made.content
    address, _ = offers(opened("reports/overview/", where="channel:email", filterField=""))["On plan pro"]
    assert parse_qs(urlsplit(address).query) == {"where": ["channel:email"], "segment": [made.json()["id"]]}
    assert "On plan pro" in opened(address)


@pytest.mark.long
def test_values_that_a_condition_takes_for_one_are_counted_together(opened, bulk, shop):
    bulk("contacts", [{"externalId": "u7", "attributes": {"plan": "Pro"}}])
    bulk(
        "events", [event("Visit", "u1", "03-27 12:00"), event("visit", "u7", "03-27 12:00", properties={"size": "XL"})]
    )
    bulk("events", [event("visit", "u7", "03-27 13:00", properties={"size": "xl"})])
    for path, field, value in (
        ("contacts/", "contact.plan", "Pro"),
        ("events/", "event", "Visit"),
        ("events/", "property.size", "XL"),
    ):
        address, count = offers(opened(path, filterField=field, **{"from": "2026-03-01", "to": "2026-03-31"}))[value]
        assert TOTAL.search(opened(address))[1] == count, field


@pytest.mark.long
@pytest.mark.parametrize("field", ["domain", "campaign", "channel"])
def test_of_messages_their_own_number_is_told(opened, shop, field):
    days = urlencode({"from": "2026-03-02", "to": "2026-03-31"})
    found = {address: count for address, count in offers(opened("messages/", filterField=field)).values() if count}
    assert found
    for address, count in found.items():
        assert TOTAL.search(opened(f"{address}&{days}"))[1] == count, address


@pytest.mark.long
@pytest.mark.parametrize("newest", [2, 100])
def test_it_says_so_where_it_looks_at_the_newest_contacts_alone(opened, shop, monkeypatch, newest):
    for module in ("lists.choices", "views.filter_builder"):
        monkeypatch.setattr(f"analytics.{module}.NEWEST_CONTACTS", newest)
    is_partial = Contact.objects.count() > newest
    assert is_partial == (newest == 2)
    fields, values = opened("contacts/", filterField=""), opened("contacts/", filterField="contact.plan")
    assert ("Attributes are those of the 2 newest contacts." in fields) == is_partial
    assert ("Counted are the 2 newest contacts." in values) == is_partial
    for path, field in (("contacts/", "contact.known"), ("messages/", "channel"), ("events/", "property.amount")):
        assert "newest contacts" not in opened(path, filterField=field)


@pytest.mark.long
def test_what_people_say_of_a_property_stands_beside_it(opened, shop, workspace):
    for event_type, description in (("purchase", "What it <cost>"), ("visit", "Worth"), ("refund", "Worth")):
        said = {"event_type": event_type, "name": "amount", "description": description}
        EventProperty.objects.create(workspace=workspace, **said)
    EventProperty.objects.create(workspace=workspace, event_type="purchase", name="amount.never", description="Else")
    text = "What it &lt;cost&gt; · Worth"
    assert f'title="{text}">Amount</a>' in opened("events/", filterField="")
    assert f'<p class="muted">{text}</p>' in opened("events/", filterField="property.amount")
