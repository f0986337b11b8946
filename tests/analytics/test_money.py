"""What events say of money: exact in minor units, whatever they say it in."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.money import (
    MOST_MINOR_UNITS,
    Money,
    major_units,
    minor_units,
    money,
)
from workspaces.conversions import REFUND, SALE, MoneyRule


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("12.34", "EUR", 1234), ("12.345", "EUR", 1235), ("12.344", "EUR", 1234), ("-12.345", "EUR", -1235),
        ("12.5", "JPY", 13), ("12.4", "JPY", 12), ("1e3", "JPY", 1000),
        ("1.2345", "KWD", 1235), ("1.2344", "KWD", 1234), ("1.2345", "CLF", 12345), ("0.005", "EUR", 1),
        ("0.004" + "9" * 40, "EUR", 0),
        ("0", "EUR", 0), ("10000000000000", "EUR", MOST_MINOR_UNITS), ("10000000000000.01", "EUR", None),
        ("9223372036854775808", "EUR", None), ("1e300", "JPY", None),
    ],
)  # fmt: skip
def test_amounts_round_half_up_to_the_currency_s_minor_unit(amount, currency, units):
    assert minor_units(Decimal(amount), currency) == units


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"revenue": 30.1, "currency": "EUR", "order_id": "o1"}, Money(3010, "EUR", "o1")),
        ({"revenue": "30.1", "currency": " eur ", "orderId": 17}, Money(3010, "EUR", "17")),
        ({"value": 30, "currency": "JPY"}, Money(30, "JPY")),
        ({"total": 5, "value": 4}, Money(400, "USD", is_assumed=True)),
        ({"revenue": "", "total": 5, "currency": "EUR"}, Money(500, "EUR")),
        ({"revenue": "free", "total": 5, "currency": "EUR"}, Money(None, "EUR")),
        ({"revenue": True, "currency": "EUR"}, Money(None, "EUR")),
        ({"revenue": 1.005, "currency": "EUR"}, Money(101, "EUR", is_rounded=True)),
        ({"revenue": 1, "currency": "Euro"}, Money(100, "USD", is_assumed=True)),
        ({"revenue": 1, "currency": 978}, Money(100, "USD", is_assumed=True)),
        ({"revenue": -5, "currency": "EUR"}, Money(-500, "EUR")),
        ({}, Money(None, "USD", is_assumed=True)),
    ],
)
def test_what_a_sale_says(properties, expected):
    assert money(SALE, properties, "USD") == expected


def test_true_is_no_amount_though_it_equals_1():
    assert [money(SALE, {"revenue": stated}, "EUR").units for stated in (1, True, 1.0)] == [100, None, 100]


@pytest.mark.parametrize("stated", [5, -5, "5.00"])
def test_a_refund_takes_back_whichever_sign_it_has(stated):
    assert money(REFUND, {"revenue": stated, "currency": "EUR"}, "USD").units == -500


def test_a_rule_names_the_properties():
    rule = MoneyRule(amount=("cart.sum",), currency=("cart.money",), order=("nr",))
    found = money(rule, {"cart.sum": 1, "cart.money": "KWD", "nr": "x", "revenue": 9}, "EUR")
    assert found == Money(1000, "KWD", "x")


@given(units=st.integers(-MOST_MINOR_UNITS, MOST_MINOR_UNITS), currency=st.sampled_from(["EUR", "JPY", "KWD", "CLF"]))
def test_minor_units_and_back(units, currency):
    assert minor_units(major_units(units, currency), currency) == units
