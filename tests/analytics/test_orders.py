"""Orders counted once, sales and refunds apart: the same as adding up by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.orders import Amounts, MoneyEvents, MoneyTotals, money_totals

CURRENCIES = ["EUR", "CHF"]


def money_events(rows):
    """Of (person, instant, units or None, currency, order, is_refund)."""
    people, at, units, codes, orders, refunds = zip(*rows, strict=True) if rows else ([], [], [], [], [], [])
    return MoneyEvents(
        np.array(people, np.int32),
        np.array(at, np.int64),
        np.array([each or 0 for each in units], np.int64),
        np.array([each is not None for each in units], np.bool_),
        np.array(codes, np.int8),
        CURRENCIES,
        np.array(orders, np.int64),
        np.array(refunds, np.bool_),
        np.array(codes, np.bool_),  # of the second currency it is not stated
    )


def totals(rows, groups=None, count=1):
    groups = np.zeros(len(rows), np.int64) if groups is None else np.array(groups, np.int64)
    return money_totals(money_events(rows), groups, count)


def test_an_order_counts_once_however_often_it_is_told():
    rows = [(1, 5, 3000, 0, 77, False), (1, 9, 3000, 0, 77, False), (2, 6, 1000, 0, 0, False)]
    assert totals(rows) == [MoneyTotals(2, 2, 0, 1, 0, {"EUR": Amounts(2, 4000, 0)})]


def test_of_an_order_told_twice_the_one_with_an_amount_counts():
    rows = [(1, 5, None, 0, 77, False), (1, 9, 3000, 0, 77, False)]
    assert totals(rows) == [MoneyTotals(1, 1, 1, 1, 0, {"EUR": Amounts(1, 3000, 0)})]


def test_of_two_amounts_of_an_order_at_one_instant_the_lower_counts_wherever_they_lie():
    rows = [(1, 5, 3000, 0, 77, False), (1, 5, 2000, 0, 77, False)]
    assert totals(rows) == totals(rows[::-1]) == [MoneyTotals(1, 1, 0, 1, 0, {"EUR": Amounts(1, 2000, 0)})]


def test_what_is_given_back_is_a_refund_whatever_says_so():
    rows = [(1, 5, 3000, 0, 77, False), (1, 9, -500, 0, 77, True), (1, 9, -700, 0, 77, False)]
    [found] = totals(rows)
    assert found == MoneyTotals(1, 1, 0, 0, 0, {"EUR": Amounts(1, 3000, 1200)})
    assert found.by_currency["EUR"].net == 1800


def test_currencies_are_never_added_up():
    rows = [(1, 5, 3000, 0, 0, False), (1, 9, 500, 1, 0, False)]
    assert totals(rows)[0].by_currency == {"EUR": Amounts(1, 3000, 0), "CHF": Amounts(1, 500, 0)}


def test_an_average_order_is_rounded_half_up_and_none_without_orders():
    assert [Amounts(2, 101).average_order, Amounts(3, 100).average_order, Amounts().average_order] == [51, 33, None]


def test_a_refund_belongs_to_the_day_of_its_order():
    rows = [(1, 9, -500, 0, 77, True), (1, 5, 3000, 0, 77, False), (1, 8, -100, 0, 78, True), (1, 3, 5, 0, 0, False)]
    assert money_events(rows).sold_at.tolist() == [5, 5, 8, 3]


row = st.tuples(
    st.integers(0, 3),
    st.integers(0, 9),
    st.none() | st.integers(-50, 50),
    st.integers(0, 1),
    st.integers(0, 3),
    st.booleans(),
).map(lambda row: (*row[:2], -abs(row[2]) if row[5] and row[2] else row[2], *row[3:]))


def added_up(rows, places):
    """By the words of the definition, of the rows at these places; of equal rows that tell an order, one counts."""
    first = {}
    for place, (who, at, units, code, order, is_refund) in enumerate(rows):
        if order and not is_refund and (units or 0) >= 0:
            rank = (units is None, at, who, units or 0, CURRENCIES[code], place)
            first[order] = min(first.get(order, rank), rank)
    orders, buyers, without, repeats, assumed, by_currency = 0, set(), 0, 0, 0, {}
    for place in places:
        who, _, units, code, order, is_refund = rows[place]
        without += units is None
        assumed += units is not None and code == 1
        is_sale = not is_refund and (units or 0) >= 0
        if is_sale and order and first[order][-1] != place:
            repeats += 1
            continue
        orders += is_sale
        buyers |= {who} if is_sale else set()
        if units is not None:
            amounts = by_currency.setdefault(CURRENCIES[code], [0, 0, 0])
            amounts[0] += is_sale
            amounts[1] += max(units, 0)
            amounts[2] -= min(units, 0)
    amounts = {code: Amounts(*each) for code, each in by_currency.items()}
    return MoneyTotals(orders, len(buyers), without, repeats, assumed, amounts)


@pytest.mark.long
@given(rows=st.lists(row, max_size=12), data=st.data())
def test_totals_are_what_adding_up_says(rows, data):
    groups = data.draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows)))
    expected = [added_up(rows, [place for place, of in enumerate(groups) if of == group]) for group in range(3)]
    assert totals(rows, groups, 3) == expected


@given(rows=st.lists(row, max_size=12), data=st.data())
def test_a_part_keeps_what_its_events_are_among_all(rows, data):
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))), np.bool_)
    events = money_events(rows)
    part = events.only(kept)
    assert part.are_orders.tolist() == events.are_orders[kept].tolist()
    [found] = money_totals(part, np.zeros(len(part), np.int64), 1)
    assert found == added_up(rows, np.flatnonzero(kept).tolist())
