"""Amounts in the workspace's currency: each as the rates of its local day say, whatever else is converted with it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.models.rates import ExchangeRate, rates_of_days
from analytics.orders import MoneyEvents, money_totals
from analytics.periods import instant_of, local_day, microseconds
from analytics.reports.revenue.exchange import converted_events, products
from tests.examples import examples
from workspaces.models import Workspace

DAY = date(2026, 3, 29)
slugs = count()
CURRENCIES = ("USD", "JPY", "EUR", "KWD")


def money_events(rows, currencies=CURRENCIES):
    """Of (hours since the day began in UTC, units or None, currency), all sales and each an order."""
    start = microseconds(datetime.combine(DAY, datetime.min.time(), tzinfo=UTC))
    hours, units, codes = zip(*rows, strict=True) if rows else ([], [], [])
    nothing = np.zeros(len(rows), np.int64)
    return MoneyEvents(
        people=np.arange(len(rows), dtype=np.int32),
        at=start + np.array(hours, np.int64) * 3_600_000_000,
        units=np.array([each or 0 for each in units], np.int64),
        have_amount=np.array([each is not None for each in units], np.bool_),
        currency_codes=np.array([currencies.index(code) for code in codes], np.int8),
        currencies=currencies,
        orders=nothing,
        are_refunds=nothing.astype(np.bool_),
        are_assumed=nothing.astype(np.bool_),
    )


def state(workspace, *rates):
    """Of (days since, from, to, rate)."""
    for days, source, target, rate in rates:
        places = -Decimal(rate).as_tuple().exponent
        digits = int(Decimal(rate).scaleb(places))
        day = DAY + timedelta(days=days)
        ExchangeRate.objects.create(
            workspace=workspace, day=day, source=source, target=target, digits=digits, places=places
        )


def amounts_of(events):
    return [
        (int(units), events.currencies[code]) if is_there else None
        for units, code, is_there in zip(events.units, events.currency_codes, events.have_amount, strict=True)
    ]


def test_what_has_a_rate_is_converted_and_the_rest_stays_what_it_is(workspace):
    state(workspace, (0, "USD", "EUR", "0.915"))
    events = money_events([(1, 1000, "USD"), (1, -1000, "USD"), (2, 500, "EUR"), (3, 120, "JPY"), (4, None, "USD")])
    found = converted_events(Ledger(workspace), events)
    assert amounts_of(found) == [(915, "EUR"), (-915, "EUR"), (500, "EUR"), (120, "JPY"), None]
    assert found.are_orders.tolist() == events.are_orders.tolist()


def test_the_rate_is_that_of_the_local_day(workspace):
    """In Berlin the 30th begins at 22:00 UTC, for the clock was changed on the 29th."""
    state(workspace, (0, "USD", "EUR", "0.5"), (1, "USD", "EUR", "0.25"))
    found = converted_events(Ledger(workspace), money_events([(21, 100, "USD"), (22, 100, "USD")]))
    assert amounts_of(found) == [(50, "EUR"), (25, "EUR")]


def test_an_amount_that_would_be_beyond_what_one_may_be_keeps_its_currency(workspace):
    state(workspace, (0, "JPY", "EUR", "100"))
    found = converted_events(Ledger(workspace), money_events([(1, 10**12, "JPY"), (1, 10**11, "JPY")]))
    assert amounts_of(found) == [(10**12, "JPY"), (10**15, "EUR")]


def test_without_another_currency_no_rates_are_asked_for(workspace, django_assert_num_queries):
    with django_assert_num_queries(0):
        events = money_events([(1, 100, "EUR")])
        assert converted_events(Ledger(workspace), events) is events


@given(
    st.lists(st.integers(-(10**15), 10**15), max_size=20),
    st.fractions(min_value=Fraction(1, 10**18), max_value=1, max_denominator=10**18),
)
def test_products_are_exact_however_large_their_parts(units, factor):
    expected = [(1 if unit >= 0 else -1) * int(abs(unit) * factor + Fraction(1, 2)) for unit in units]
    assert products(np.array(units, np.int64), factor).tolist() == expected


rate_texts = st.sampled_from(["0.91", "1.1", "163.25", "0.000001", "3", "0.3333333333"])
pairs = st.permutations(CURRENCIES).map(lambda names: tuple(names[:2]))


@pytest.mark.django_db
@examples(25)
@given(
    rows=st.lists(
        st.tuples(st.integers(-200, 200), st.none() | st.integers(-(10**9), 10**15), st.sampled_from(CURRENCIES)),
        max_size=20,
    ),
    rates=st.lists(st.tuples(st.integers(-9, 9), pairs, rate_texts), max_size=6, unique_by=lambda rate: rate[:2]),
    data=st.data(),
)
def test_parts_add_up_to_all_of_it_converted_one_by_one(rows, rates, data):
    workspace = Workspace.objects.create(
        name="W", slug=f"exchange{next(slugs)}", time_zone="Europe/Berlin", currency="EUR"
    )
    state(workspace, *((days, *pair, text) for days, pair, text in rates))
    events = money_events(rows)
    found = converted_events(Ledger(workspace), events)
    stated, expected = rates_of_days(workspace.pk, DAY - timedelta(days=30), DAY + timedelta(days=30)), []
    for at, amount in zip(events.at.tolist(), amounts_of(events), strict=True):
        day = local_day(instant_of(at), workspace.zone)
        units = None if amount is None else stated.converted_units(*amount, "EUR", day)
        expected.append(amount if units is None or abs(units) > 10**15 else (units, "EUR"))
    assert amounts_of(found) == expected
    groups = np.array([data.draw(st.integers(0, 2)) for _ in rows], np.int64)
    [total] = money_totals(found, np.zeros(len(rows), np.int64), 1)
    parts = money_totals(found, groups, 3)
    for currency, amounts in total.by_currency.items():
        of_parts = [part.by_currency[currency].net for part in parts if currency in part.by_currency]
        assert amounts.net == sum(of_parts)
