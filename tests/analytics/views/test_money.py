"""The settings page of conversions and money: what counts, where amounts stand, and what the newest events say."""

import html
import re

import pytest
from django.test import Client

from analytics.lists.amounts import NEWEST_EVENTS
from tests.analytics.views.texts import text_of
from tests.conftest import PASSWORD
from tests.copied_rows import copied
from workspaces.conversions import NO_MONEY, REFUND, SALE
from workspaces.models import Action, AuditEvent, Membership, User
from workspaces.roles import Role

MONEY = "/w/acme/settings/money/"
TYPE = f"{MONEY}type/"
SAVED = {"is_conversion": "on", "kind": "sale", "amount": "revenue", "currency": "currency", "order": "order_id"}


def event(type, at, **properties):
    return {"type": type, "contact": "ada", "occurredAt": at, "messageId": f"{type} {at}", "properties": properties}


def row_of(client, name):
    """The text of a type's row, column by column."""
    [row] = [row for row in re.findall(r"<tr>(.*?)</tr>", client.get(MONEY).text, re.S) if f">{name}<" in row]
    return [text_of(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]


@pytest.fixture
@copied
def orders(bulk, now):
    bulk("contacts", [{"externalId": "ada"}])
    bulk(
        "events",
        [
            event("purchase", "2026-03-30T10:00:00Z", revenue=12, orderId=8870),
            event("purchase", "2026-03-31T07:26:00Z", value="30.1", currency="eur", order_id="8871"),
            event("purchase", "2026-03-29T10:00:00Z", currency="USD", coupon="a,b"),
            event("Order Refunded", "2026-03-31T06:00:00Z", total=1.005, currency="USD"),
            event("Return", "2026-03-30T08:00:00Z", cart={"sum": 5, "money": "JPY"}, nr="x@example.net"),
        ],
    )


def test_each_type_says_what_its_newest_event_is_worth_and_what_is_missing(api, workspace, orders):
    assert row_of(api, "purchase") == [
        "purchase",
        "Yes",
        "Sale",
        "Amount: revenue, value, total Currency: currency Order: order_id, orderId",
        "09:26 : 30.10 EUR, order 8871",
        "Of 3: 1 without amount, 1 without currency",
    ]
    assert row_of(api, "Order Refunded")[1:3] == ["No", "Refund"]
    assert row_of(api, "Order Refunded")[4:] == [
        "08:00 : −1.01 USD (rounded), no order ID",
        "Of 1: all with amount and currency",
    ]


def test_a_type_without_events_and_one_without_money_say_so(api, workspace):
    workspace.conversion_types = ["purchase", "signup"]
    workspace.money_rules = {"signup": NO_MONEY.data}
    workspace.save()
    assert row_of(api, "purchase")[4:] == ["No events yet", "–"]
    assert row_of(api, "signup") == ["signup", "Yes", "None", "–", "–", "–"]


def test_the_newest_event_leads_to_the_events_of_its_type(api, workspace, orders):
    [address] = re.findall(r'href="(/w/acme/events/\?type=Order%20Refunded)"', api.get(MONEY).text)
    assert "1 event" in text_of(api.get(address).text)


@pytest.mark.long
def test_what_is_told_is_of_the_newest_thousand(api, workspace, bulk, now):
    bulk("contacts", [{"externalId": "ada"}])
    instants = [f"2026-03-30T10:{number // 60:02}:{number % 60:02}Z" for number in range(NEWEST_EVENTS + 1)]
    bulk("events", [event("purchase", at, **({"total": 1} if n else {})) for n, at in enumerate(instants)])
    assert row_of(api, "purchase")[5] == "Of 1,000: 1,000 without currency"


def test_a_viewer_sees_it_without_addresses_and_changes_nothing(viewer_client, api, workspace, orders):
    saved = {**SAVED, "kind": "refund", "amount": "cart.sum", "currency": "cart.money", "order": "nr"}
    assert api.post(f"{TYPE}?eventType=Return", saved).status_code == 302
    assert row_of(api, "Return")[4] == "30 Mar 2026, 10:00 : −5 JPY, order x@example.net"
    assert row_of(viewer_client, "Return")[4] == "30 Mar 2026, 10:00 : −5 JPY, order x…@example.net"
    shown = viewer_client.get(MONEY).text
    assert "Currency EUR" in text_of(shown)
    assert "Only owners and admins can change these." in shown
    assert "<form" not in shown.partition("<main")[2].partition("</main>")[0]
    assert TYPE not in shown


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.ANALYST, 403), (Role.ADMIN, 302)])
def test_those_who_manage_change_it(workspace, role, status):
    user = User.objects.create_user("ada@example.com", PASSWORD)
    Membership.objects.create(workspace=workspace, user=user, role=role)
    client = Client()
    client.force_login(user)
    assert client.post(MONEY, {"currency": "USD"}).status_code == status
    assert client.post(f"{TYPE}?eventType=order", SAVED).status_code == status
    assert client.get(f"{TYPE}?eventType=order").status_code == (200 if status == 302 else 403)
    assert client.get(MONEY).status_code == 200


def test_strangers_find_nothing(stranger_client, workspace):
    for address in (MONEY, f"{TYPE}?eventType=purchase"):
        assert stranger_client.get(address).status_code == stranger_client.post(address, SAVED).status_code == 404
        assert Client().get(address)["Location"].startswith("/login/?next=")


def test_events_of_another_workspace_say_nothing_here(stranger_client, orders):
    assert "30.10" not in stranger_client.get("/w/elsewhere/settings/money/").text
    assert (
        "No events of this type yet."
        in stranger_client.get("/w/elsewhere/settings/money/type/?eventType=purchase").text
    )


# The currency


def test_the_currency_is_changed_in_either_case_and_recorded(api, workspace):
    assert '<option value="USD">US Dollar</option>' in api.get(MONEY).text
    assert api.post(MONEY, {"currency": "usd"})["Location"] == MONEY
    workspace.refresh_from_db()
    assert workspace.currency == "USD"
    line = AuditEvent.objects.latest("id")
    assert (line.action, line.before, line.after) == (
        Action.SETTINGS_CHANGED,
        {"currency": "EUR"},
        {"currency": "USD"},
    )


def test_amounts_without_a_currency_are_in_the_workspaces(api, workspace, bulk, now):
    bulk("contacts", [{"externalId": "ada"}])
    bulk("events", [event("purchase", "2026-03-31T07:26:00Z", total=1200)])
    api.post(MONEY, {"currency": "JPY"})
    assert row_of(api, "purchase")[4] == "09:26 : 1,200 JPY (currency assumed), no order ID"


def test_a_currency_that_is_none_is_refused(api, workspace):
    refused = api.post(MONEY, {"currency": "Euro"})
    assert refused.status_code == 400
    assert "at most 3 characters" in refused.text or "allowed are codes of ISO 4217" in refused.text
    assert 'id="id_currency_error"' in refused.text


def seen_on(client, address):
    return html.unescape(re.search(r'name="seen" value="([^"]*)"', client.get(address).text)[1])


def test_a_stale_currency_is_told(api, workspace):
    seen = seen_on(api, MONEY)
    api.post(MONEY, {"currency": "USD", "seen": seen})
    refused = api.post(MONEY, {"currency": "GBP", "seen": seen})
    assert refused.status_code == 400
    assert "this was changed to: USD" in refused.text


# A type


def test_a_type_is_saved_and_recorded(api, workspace):
    given = {**SAVED, "kind": "refund", "amount": 'cart.sum, "a, b", cart.sum', "currency": "", "order": ""}
    assert api.post(f"{TYPE}?eventType=Return", {**given, "is_conversion": ""})["Location"] == MONEY
    workspace.refresh_from_db()
    rule = {"kind": "refund", "amount": ["cart.sum", "a, b"], "currency": [], "order": []}
    assert (workspace.conversion_types, workspace.money_rules) == (["purchase"], {"Return": rule})
    line = AuditEvent.objects.latest("id")
    assert (line.before, line.after) == ({"money_rules": {}}, {"money_rules": {"Return": rule}})
    shown = api.get(f"{TYPE}?eventType=Return").text
    assert 'name="amount" value="cart.sum, &quot;a, b&quot;"' in shown
    assert row_of(api, "Return")[3] == "Amount: cart.sum, a, b Currency: none Order: none"


def test_a_type_becomes_a_conversion_after_the_others_and_is_none_any_more(api, workspace):
    assert api.post(f"{TYPE}?eventType=signup", {**SAVED, "kind": "none"}).status_code == 302
    assert api.post(f"{TYPE}?eventType=signup", {**SAVED, "kind": "none"}).status_code == 302
    workspace.refresh_from_db()
    assert workspace.conversion_types == ["purchase", "signup"]
    api.post(f"{TYPE}?eventType=purchase", {"kind": "none"})
    workspace.refresh_from_db()
    assert (workspace.conversion_types, workspace.money_rules) == (["signup"], {"signup": NO_MONEY.data})
    assert ">purchase<" not in api.get(MONEY).text


def test_untouched_it_changes_nothing(api, workspace):
    lines = AuditEvent.objects.count()
    for name, rule in (("purchase", SALE), ("Order Refunded", REFUND), ("new", NO_MONEY)):
        given = {
            "kind": rule.kind.value,
            **{key: ", ".join(value) for key, value in rule.data.items() if key != "kind"},
        }
        given |= {"is_conversion": "on"} if rule is SALE else {}
        given["seen"] = seen_on(api, f"{TYPE}?eventType={name}")
        assert api.post(f"{TYPE}?eventType={name}", given).status_code == 302
    assert AuditEvent.objects.count() == lines


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("amount", "", "A sale or a refund needs a property for its amount."),
        ("amount", "a..b", "is no property; allowed: names joined by dots, at most 10"),
        ("currency", "x" * 256, "is no property"),
        ("order", "a,b,c,d,e,f", "Properties are a list of at most 5."),
        ("order", "a\0b", ""),
        ("kind", "gift", "is not one of the available choices"),
    ],
)
def test_what_cannot_be_saved_is_told_beside_it_and_changes_nothing(api, workspace, field, value, problem):
    refused = api.post(f"{TYPE}?eventType=order", {**SAVED, field: value})
    assert refused.status_code == 400
    [told] = re.findall(rf'id="id_{field}_error">(.*?)</p>', refused.text)
    assert problem in html.unescape(told)
    workspace.refresh_from_db()
    assert (workspace.conversion_types, workspace.money_rules) == (["purchase"], {})


def test_one_conversion_more_than_there_can_be_is_refused(api, workspace):
    workspace.conversion_types = [f"type {number}" for number in range(100)]
    workspace.save()
    refused = api.post(f"{TYPE}?eventType=order", SAVED)
    assert (refused.status_code, "allowed are 100" in refused.text) == (400, True)


def test_one_rule_more_than_there_can_be_is_refused(api, workspace):
    workspace.money_rules = {f"type {number}": REFUND.data for number in range(100)}
    workspace.save()
    refused = api.post(f"{TYPE}?eventType=order", {**SAVED, "kind": "refund"})
    assert (refused.status_code, "allowed are 100" in refused.text) == (400, True)


@pytest.mark.parametrize("name", ["", " ", "x" * 201, "%00"])
def test_a_type_that_is_none_is_asked_for_again(api, workspace, name):
    address = f"{TYPE}?eventType={name}"
    for refused in (api.get(address), api.post(address, SAVED)):
        assert (refused.status_code, 'id="id_eventType_error"' in refused.text) == (400, True)
    workspace.refresh_from_db()
    assert workspace.conversion_types == ["purchase"]


def test_a_stale_type_is_told_and_others_are_not(api, workspace):
    stale, other = seen_on(api, f"{TYPE}?eventType=purchase"), seen_on(api, f"{TYPE}?eventType=signup")
    api.post(f"{TYPE}?eventType=purchase", {**SAVED, "amount": "sum", "seen": stale})
    refused = api.post(f"{TYPE}?eventType=purchase", {**SAVED, "amount": "cart", "seen": stale})
    assert refused.status_code == 400
    assert "this was changed to: sum" in refused.text
    assert "Somebody saved these settings" in refused.text
    assert api.post(f"{TYPE}?eventType=signup", {**SAVED, "seen": other}).status_code == 302
    workspace.refresh_from_db()
    assert sorted(workspace.money_rules) == ["purchase", "signup"]
    assert workspace.money_rules["purchase"]["amount"] == ["sum"]


def test_properties_that_events_have_are_offered_by_what_they_hold(api, workspace, orders):
    shown = api.get(f"{TYPE}?eventType=purchase").text

    def offers(name):
        [options] = re.findall(rf'<datalist id="{name}-properties">(.*?)</datalist>', shown)
        return re.findall(r'value="([^"]*)"', options)

    assert offers("amount") == ["orderId", "order_id", "revenue", "value"]
    assert offers("currency") == ["currency"]
    assert offers("order") == ["currency", "coupon", "orderId", "order_id", "revenue", "value"]
    assert "09:26 30.10 EUR, order 8871" in text_of(shown)
    assert "Of 3: 1 without amount, 1 without currency" in text_of(shown)


def test_types_that_came_in_are_offered(api, workspace, orders):
    [options] = re.findall(r'<datalist id="event-types">(.*?)</datalist>', api.get(TYPE).text)
    assert re.findall(r'value="([^"]*)"', options) == ["purchase", "Order Refunded", "Return"]


def test_each_type_that_is_money_costs_one_query(api, workspace, orders, django_assert_num_queries):
    with django_assert_num_queries(6):
        api.get(MONEY)
    workspace.conversion_types = [f"type {number}" for number in range(10)]
    workspace.money_rules = {f"type {number}": NO_MONEY.data for number in range(5)}
    workspace.save()
    with django_assert_num_queries(10):
        api.get(MONEY)
    with django_assert_num_queries(5):
        api.get(f"{TYPE}?eventType=purchase")


def test_many_types_come_in_pages(api, workspace):
    workspace.conversion_types = [f"type {number:02}" for number in range(60)]
    workspace.save()
    first, second = api.get(MONEY).text, api.get(f"{MONEY}?page=2").text
    assert "1 to 50 of 61" in text_of(first)
    assert (">type 49<" in first, ">type 50<" in first, ">type 50<" in second) == (True, False, True)
