"""Money rules: what of them is kept, what is refused, and who changes them by the API."""

from unicodedata import normalize

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import PASSWORD, post_json
from workspaces.conversions import (
    MAX_MONEY_RULES,
    NO_MONEY,
    PATH_LISTS,
    REFUND,
    SALE,
    MoneyKind,
    MoneyRule,
    canonical_settings,
    money_rules_of,
    states_money,
    validate_money_rules,
)
from workspaces.models import Action, AuditEvent, Membership, User, Workspace
from workspaces.roles import Role

URL = "/api/workspaces"
RETURN = {**REFUND.data, "amount": ["sum"]}

names = st.sampled_from(["purchase", "signup", "Order Refunded", "Return", "x"])
paths = st.lists(st.sampled_from(["revenue", "a.b", "sum"]), max_size=3, unique=True).map(tuple)
amounts = st.sampled_from([("revenue",), ("sum", "a.b"), SALE.amount])
rules = st.builds(MoneyRule, st.sampled_from(MoneyKind), amounts, paths, paths)


@given(types=st.lists(names, unique=True), stated=st.dictionaries(names, rules))
def test_what_is_kept_means_what_was_stated(types, stated):
    kept = canonical_settings({"money_rules": {name: rule.data for name, rule in stated.items()}}, types)
    meant = money_rules_of(types, kept["money_rules"])
    for name, rule in stated.items():
        assert meant.get(name, NO_MONEY) == (rule if rule.is_money else NO_MONEY)
    for name in {*types, "Order Refunded"} - set(stated):
        assert meant[name] == (REFUND if name == "Order Refunded" else SALE)
    shown = {name: rule.data for name, rule in meant.items()}
    assert canonical_settings({"money_rules": shown}, types) == kept, "what is shown can be stored as it is"


@given(types=st.lists(names, unique=True), stated=st.dictionaries(names, rules))
def test_money_is_stated_where_any_rule_is_one_of_money(types, stated):
    kept = canonical_settings({"money_rules": {name: rule.data for name, rule in stated.items()}}, types)["money_rules"]
    assert states_money(types, kept) == any(rule.is_money for rule in money_rules_of(types, kept).values())


def test_the_conversions_come_first_in_their_order():
    stated = {"b": RETURN, "signup": NO_MONEY.data}
    assert list(money_rules_of(["signup", "a"], stated)) == ["signup", "a", "Order Refunded", "b"]


def test_properties_are_kept_in_one_spelling():
    decomposed = normalize("NFD", "größe.ü")
    kept = canonical_settings({"money_rules": {"r": {**RETURN, "amount": [decomposed, "größe.ü"]}}}, [])
    assert kept["money_rules"]["r"]["amount"] == ["größe.ü"]


GOOD = [
    {},
    {"Return": RETURN},
    {"signup": NO_MONEY.data},
    {"x" * 200: RETURN},
    {"r": {**RETURN, "currency": [], "order": []}},
    {"r": {**RETURN, "amount": ["a.b.c.d.e.f.g.h.i.j", "x" * 255, "with space", "a,b", "3"]}},
    {f"type {number}": RETURN for number in range(MAX_MONEY_RULES)},
]
BAD = [
    None,
    [],
    "sale",
    {"": RETURN},
    {" r": RETURN},
    {"x" * 201: RETURN},
    {"r": None},
    {"r": {}},
    {"r": {**RETURN, "more": 1}},
    {"r": {name: value for name, value in RETURN.items() if name != "order"}},
    {"r": {**RETURN, "kind": "Sale"}},
    {"r": {**RETURN, "kind": ["sale"]}},
    {"r": {**RETURN, "amount": []}},
    {"r": {**RETURN, "amount": "sum"}},
    {"r": {**RETURN, "amount": [1]}},
    {"r": {**RETURN, "amount": [""]}},
    {"r": {**RETURN, "amount": [" sum"]}},
    {"r": {**RETURN, "amount": ["a..b"]}},
    {"r": {**RETURN, "amount": ["a\0b"]}},
    {"r": {**RETURN, "amount": ["a.b.c.d.e.f.g.h.i.j.k"]}},
    {"r": {**RETURN, "amount": ["x" * 256]}},
    {"r": {**RETURN, "order": list("abcdef")}},
    {f"type {number}": RETURN for number in range(MAX_MONEY_RULES + 1)},
]


@pytest.mark.parametrize("stated", GOOD)
def test_rules_that_can_be_kept(stated):
    validate_money_rules(stated)


@pytest.mark.parametrize("stated", BAD)
def test_rules_that_cannot_be_kept(stated):
    with pytest.raises(ValidationError):
        validate_money_rules(stated)


# By the API


def change(client, workspace, **body):
    return client.patch(f"{URL}/{workspace.api_id}", body, content_type="application/json")


def rule(type="Return", **fields):
    return {"type": type, "kind": "refund", **{name: RETURN[name] for name in PATH_LISTS}, **fields}


def test_what_went_without_saying_is_recorded_where_it_is_stated_otherwise(api, workspace):
    """And again where nothing is stated any more."""
    change(api, workspace, moneyRules=[rule("purchase", kind="refund"), rule("Order Refunded", kind="none")])
    line = AuditEvent.objects.latest("id")
    usual = {"purchase": SALE.data, "Order Refunded": REFUND.data}
    assert line.before["money_rules"] == usual
    assert {name: stated["kind"] for name, stated in line.after["money_rules"].items()} == {
        "purchase": "refund", "Order Refunded": "none",
    }  # fmt: skip
    change(api, workspace, moneyRules=[])
    assert AuditEvent.objects.latest("id").after["money_rules"] == usual


def test_rules_are_stated_shown_and_recorded(api, workspace):
    answer = change(
        api, workspace, conversionTypes=["purchase", "signup"], moneyRules=[rule(), rule("signup", kind="none")]
    )
    shown = {each["type"]: each for each in answer.json()["moneyRules"]}
    assert {name: each["kind"] for name, each in shown.items()} == {
        "purchase": "sale", "signup": "none", "Order Refunded": "refund", "Return": "refund",
    }  # fmt: skip
    assert shown["Return"] == rule()
    line = AuditEvent.objects.latest("id")
    assert (line.action, line.before) == (
        Action.SETTINGS_CHANGED,
        {"conversion_types": ["purchase"], "money_rules": {}},
    )
    assert line.after["money_rules"] == {"Return": RETURN, "signup": NO_MONEY.data}

    again = change(api, workspace, moneyRules=answer.json()["moneyRules"])
    assert again.json() == answer.json()
    assert AuditEvent.objects.latest("id") == line, "what is shown changes nothing"

    change(api, workspace, moneyRules=[rule(), rule("x")])
    line = AuditEvent.objects.latest("id")
    assert (line.before["money_rules"], line.after["money_rules"]) == (
        {"signup": NO_MONEY.data},
        {"signup": SALE.data, "x": RETURN},
    ), "the rules that differ, of which one goes without saying"
    assert line.changes == [
        "money rules: signup: amount: revenue, value, total; currency: currency; kind: none; order: order_id, orderId"
        " → signup: amount: revenue, value, total; currency: currency; kind: sale; order: order_id, orderId;"
        " x: amount: sum; currency: currency; kind: refund; order: order_id, orderId"
    ]


def test_what_a_rule_does_not_say_is_usual(api, workspace):
    shown = change(api, workspace, moneyRules=[{"type": "Return", "kind": "refund"}]).json()["moneyRules"]
    assert shown[-1] == {"type": "Return", **REFUND.data}


def test_the_preset_can_be_no_refund(api, workspace):
    shown = change(api, workspace, moneyRules=[{"type": "Order Refunded", "kind": "none"}]).json()["moneyRules"]
    assert [(each["type"], each["kind"]) for each in shown] == [("purchase", "sale"), ("Order Refunded", "none")]


@pytest.mark.parametrize(
    ("stated", "problem"),
    [
        ([rule(), rule(kind="sale")], "'Return' stands twice"),
        ([rule(kind="gift")], "allowed: sale, refund, none."),
        ([rule(amount=[])], "needs a property for its amount"),
        ([rule(amount=["a..b"])], "'a..b' is no property; allowed: names joined by dots, at most 10"),
        ([rule(amount=list("abcdef"))], "no more than 5"),
        ([rule(type="")], ""),
        ([rule(type=" Return")], "a text of 1 to 200 characters"),
        ([{"type": "Return"}], "required"),
        ([rule(more=1)], "There is no such field"),
        ([rule(f"type {number}") for number in range(101)], "allowed are 100"),
        ([rule(f"type {number}") for number in range(202)], "no more than 201"),
        ({"Return": RETURN}, "list"),
        (None, "null"),
    ],
)
def test_rules_that_are_refused_say_what_is_allowed_and_change_nothing(api, workspace, stated, problem):
    for answer in (
        change(api, workspace, name="Other", moneyRules=stated),
        post_json(api, URL, {"name": "Other", "moneyRules": stated}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert list(answer.json()["fields"]) == ["moneyRules"]
        assert problem in answer.json()["message"]
    assert list(Workspace.objects.values_list("name", "money_rules")) == [("Acme", {})]


def test_all_that_is_shown_of_a_workspace_with_as_much_as_there_can_be_is_taken(api, workspace):
    types = [f"conversion {number}" for number in range(100)]
    stated = [rule(f"refund {number}") for number in range(100)]
    shown = change(api, workspace, conversionTypes=types, moneyRules=stated).json()
    assert len(shown["moneyRules"]) == 201
    assert change(api, workspace, moneyRules=shown["moneyRules"]).json() == shown


def test_a_workspace_is_made_with_rules_once(api):
    body = {"name": "Acme", "conversionTypes": ["a", "a"], "moneyRules": [rule(), rule("a", kind="sale")]}
    first, second = (post_json(api, URL, body, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, second.status_code, first.json()) == (201, 201, second.json())
    made = Workspace.objects.get()
    assert (made.conversion_types, sorted(made.money_rules)) == (["a"], ["Return", "a"])


@pytest.mark.long
def test_only_people_who_manage_state_rules(workspace, secret_key, stranger_client):
    for role, status in ((Role.VIEWER, 403), (Role.ANALYST, 403), (Role.ADMIN, 200)):
        user = User.objects.create_user(f"{role.lower()}@example.com", PASSWORD)
        Membership.objects.create(workspace=workspace, user=user, role=role)
        client = Client()
        client.force_login(user)
        assert change(client, workspace, moneyRules=[rule(f"by {role}")]).status_code == status
    assert change(stranger_client, workspace, moneyRules=[]).status_code == 404
    with_key = Client(headers={"Authorization": f"Bearer {secret_key}"})
    assert change(with_key, workspace, moneyRules=[]).status_code == 403
    workspace.refresh_from_db()
    assert list(workspace.money_rules) == ["by ADMIN"]
