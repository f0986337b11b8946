"""Amounts converted by rates of exchange: exact, half up, and by which rate."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.money import minor_units
from analytics.rates import DAYS_LOOKED_BACK, ExchangeRates, Rate

DAY = date(2026, 3, 31)
CURRENCIES = ["EUR", "USD", "JPY", "KWD"]


def rates(*stated):
    return ExchangeRates.of(
        Rate(DAY - timedelta(days=ago), source, target, Decimal(value)) for ago, source, target, value in stated
    )


@pytest.mark.parametrize(
    ("units", "source", "target", "rate", "expected"),
    [
        (1000, "EUR", "USD", "1.0845", 1085),
        (1000, "EUR", "USD", "1.0844", 1084),
        (-1000, "EUR", "USD", "1.0845", -1085),
        (1, "EUR", "JPY", "150", 2),
        (1000, "EUR", "JPY", "163.25", 1633),
        (1633, "JPY", "EUR", "0.0061", 996),
        (1000, "USD", "KWD", "0.3075", 3075),
        (5, "KWD", "EUR", "3", 2),
        (0, "EUR", "USD", "2", 0),
        (10**15, "EUR", "JPY", "0.000000000000001", 0),
        (10**15, "EUR", "USD", "999999999999999", 10**15 * 999999999999999),
    ],
)
def test_amounts_are_converted_exactly_and_rounded_half_up(units, source, target, rate, expected):
    assert rates((0, source, target, rate)).converted_units(units, source, target, DAY) == expected


def test_a_currency_is_worth_itself_without_a_rate():
    assert rates().converted_units(123, "EUR", "EUR", DAY) == 123


def test_without_a_rate_an_amount_is_not_converted():
    assert rates((0, "EUR", "GBP", "2")).converted_units(123, "EUR", "USD", DAY) is None


@pytest.mark.parametrize(
    ("ago", "expected"), [(0, 200), (1, 200), (DAYS_LOOKED_BACK, 200), (DAYS_LOOKED_BACK + 1, None), (-1, None)]
)
def test_the_newest_rate_of_a_week_before_counts_and_no_later_one(ago, expected):
    assert rates((ago, "EUR", "USD", "2")).converted_units(100, "EUR", "USD", DAY) == expected


def test_the_newest_of_several_counts():
    stated = rates((3, "EUR", "USD", "2"), (0, "EUR", "USD", "4"), (1, "EUR", "USD", "3"))
    assert [stated.converted_units(100, "EUR", "USD", DAY - timedelta(days=ago)) for ago in (0, 1, 2, 3)] == [
        400, 300, 200, 200,
    ]  # fmt: skip


def test_where_there_is_no_direct_rate_the_inverse_counts():
    assert rates((0, "USD", "EUR", "4")).converted_units(100, "EUR", "USD", DAY) == 25
    assert rates((0, "USD", "EUR", "3")).converted_units(100, "EUR", "USD", DAY) == 33
    both = rates((5, "EUR", "USD", "2"), (0, "USD", "EUR", "4"))
    assert both.converted_units(100, "EUR", "USD", DAY) == 200, "the direct one, though the other is newer"


def test_a_third_currency_is_no_way():
    assert rates((0, "EUR", "USD", "2"), (0, "USD", "GBP", "2")).converted_units(100, "EUR", "GBP", DAY) is None


stated_rates = st.lists(
    st.builds(
        Rate,
        st.integers(0, 20).map(lambda ago: DAY - timedelta(days=ago)),
        st.sampled_from(CURRENCIES),
        st.sampled_from(CURRENCIES),
        st.decimals("0.0001", "10000", places=4),
    ),
    max_size=12,
    unique_by=lambda rate: (rate.day, rate.source, rate.target),
)


def slow(stated, units, source, target, day):
    """By a decimal of so many digits that what is left out changes no half."""
    if source == target:
        return units
    for way, is_inverse in (((source, target), False), ((target, source), True)):
        of_way = [rate for rate in stated if (rate.source, rate.target) == way]
        within = [rate for rate in of_way if timedelta(0) <= day - rate.day <= timedelta(days=7)]
        if within:
            value = max(within, key=lambda rate: rate.day).value
            places = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3}
            with localcontext(prec=100):
                amount = Decimal(units).scaleb(-places[source])
                worth = amount / value if is_inverse else amount * value
                return int(worth.scaleb(places[target]).to_integral_value(ROUND_HALF_UP))
    return None


@given(
    stated_rates,
    st.integers(-(10**15), 10**15),
    st.sampled_from(CURRENCIES),
    st.sampled_from(CURRENCIES),
    st.integers(0, 20),
)
def test_conversion_is_what_a_slow_one_finds(stated, units, source, target, ago):
    day = DAY - timedelta(days=ago)
    found = ExchangeRates.of(stated).converted_units(units, source, target, day)
    assert found == slow(stated, units, source, target, day)
    assert ExchangeRates.of(reversed(stated)).converted_units(units, source, target, day) == found


def test_an_amount_that_is_read_and_converted():
    units = minor_units(Decimal("12.345"), "EUR")
    assert rates((0, "EUR", "JPY", "163.25")).converted_units(units, "EUR", "JPY", DAY) == 2016
