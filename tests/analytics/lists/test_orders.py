"""The list of orders behind a sum: its rows are those of a recount, and it adds up to what the report says."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.lists import ListConditions, ListParameters, OrderKind, OrderList
from analytics.lists.order_events import OrderRemark
from analytics.models.rates import ExchangeRate
from analytics.orders import Amounts
from analytics.periods import Window
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf
from analytics.questions.parts import parts_of
from analytics.questions.questions import RefundsBy, RevenueQuestion
from analytics.questions.slices import Slice
from analytics.reports.revenue.report import revenue
from campaignos.pages import all_pages
from tests.analytics.asking import ask
from tests.analytics.filtering.histories import of_events, of_people
from tests.analytics.reports.items import contact, event
from tests.analytics.reports.money_histories import NOW, histories, told, workspace_of
from tests.copied_rows import copied
from tests.examples import examples

pytestmark = pytest.mark.usefixtures("now")


def listed(orders, workspace, size=2):
    """All of them as the list comes back from its address, so many at a time."""
    parameters = ListParameters(orders.query, zone=workspace.zone, now=NOW)
    again = OrderList.read(parameters)
    assert again.query == orders.query
    assert parameters.notices == []
    found = again.find(workspace, now=NOW)
    rows = [*chain.from_iterable(all_pages(lambda after: found.page(after, size)))]
    assert found.total == len(rows) == len({row.event.pk for row in rows})
    keys = [(row.event.occurred_at, row.event.pk) for row in rows]
    assert keys == sorted(keys, reverse=True)
    return rows, found.sums


@pytest.mark.django_db
@examples(15)
@given(history=histories, data=st.data())
def test_a_list_has_the_rows_of_a_recount(history, data):
    workspace = workspace_of(history, lambda: data.draw(st.booleans()))
    window = data.draw(st.none() | st.integers(1, 10))
    window = window and Window.last_days(window, zone=workspace.zone, now=NOW)
    kind = data.draw(st.none() | st.sampled_from(OrderKind))
    without, assumed = (data.draw(st.none() | st.booleans()) for _ in range(2))
    currency = data.draw(st.none() | st.sampled_from(["EUR", "CHF", "JPY"]))
    orders = OrderList(window, kind, None, currency, without, assumed)
    expected = {
        (event.pk, of_kind)
        for event, said, of_kind in told(workspace)
        if (window is None or window.starts_at <= event.occurred_at < window.ends_at)
        and kind in (None, of_kind)
        and without in (None, said.units is None)
        and assumed in (None, said.units is not None and said.is_assumed)
        and (currency is None or (said.units is not None and said.currency == currency))
    }
    rows, _ = listed(orders, workspace)
    assert {(row.event.pk, row.kind.value) for row in rows} == expected


@pytest.mark.long
@pytest.mark.django_db
@examples(15)
@given(history=histories, data=st.data())
def test_a_list_adds_up_to_what_the_report_says(history, data):
    """Of any days, refunds by either day, of people and under conditions, with rates and without."""
    workspace = workspace_of(history, lambda: data.draw(st.booleans()))
    if data.draw(st.booleans()):
        rate = {"source": "JPY", "target": "EUR", "digits": 61, "places": 4}
        ExchangeRate.objects.create(workspace=workspace, day=date(2026, 3, 27), **rate)
    window = Window.last_days(data.draw(st.integers(1, 10)), zone=workspace.zone, now=NOW - timedelta(days=2))
    refunds_by = data.draw(st.sampled_from(RefundsBy))
    conditions = data.draw(st.lists(of_events() | of_people(workspace), max_size=2))
    part = Slice(where=parts_of(canonical(AllOf(tuple(conditions)))), until=window.last_day)
    question = ask(workspace, NOW, window, kind=RevenueQuestion, part=part, refunds_by=refunds_by)
    total = revenue(Ledger(workspace), question).total
    orders = OrderList(
        window, refunds_by=refunds_by, conditions=ListConditions(canonical(part.where.all), window.last_day)
    )

    def of(**choice):
        found = replace(orders, **choice).find(workspace, now=NOW)
        rows = found.page(size=1000).rows
        assert found.total == len(rows)
        return rows

    assert len(of(kind=OrderKind.SALE)) == total.orders
    assert len(of(kind=OrderKind.DUPLICATE)) == total.repeated_orders
    assert len(of(without_amount=True)) == total.without_amount
    assert len(of(currency_assumed=True)) == total.assumed_currency
    for currency, amounts in total.by_currency.items():
        sales = [row.money.units for row in of(kind=OrderKind.SALE, currency=currency)]
        refunds = [row.money.units for row in of(kind=OrderKind.REFUND, currency=currency)]
        assert Amounts(len(sales), sum(sales), -sum(refunds)) == amounts
    for currency, number in total.unconverted.items():
        assert len(of(unconverted=True, currency=currency)) == number
    counted = [row for row in of() if row.kind is not OrderKind.DUPLICATE and row.converted]
    net = sum(row.converted.units for row in counted)
    assert net == (total.converted.net if total.converted else 0)
    assert orders.find(workspace, now=NOW).sums == total


@pytest.fixture
@copied
def some_orders(bulk):
    bulk("contacts", [contact("ada", "01-10 09:00")])
    said = [
        ("purchase", {"revenue": 30, "currency": "EUR", "order_id": "a1"}),
        ("purchase", {"revenue": 30, "currency": "EUR", "order_id": "a1"}),
        ("purchase", {"revenue": "9.995", "currency": "USD", "order_id": "a2"}),
        ("purchase", {"revenue": 5}),
        ("purchase", {"revenue": "gratis", "currency": "EUR"}),
        ("purchase", {"revenue": -5, "currency": "EUR"}),
        ("Order Refunded", {"revenue": 10, "currency": "EUR", "order_id": "a1"}),
    ]
    bulk("events", [event(name, "ada", f"03-2{n} 09:00", properties=each) for n, (name, each) in enumerate(said)])


def test_what_should_be_known_of_each(some_orders, workspace):
    rows, _ = listed(OrderList(), workspace)
    assert [(row.kind.value, [*row.remarks]) for row in rows] == [
        ("refund", []),
        ("refund", [OrderRemark.NEGATIVE_SALE]),
        ("sale", [OrderRemark.WITHOUT_AMOUNT]),
        ("sale", [OrderRemark.CURRENCY_ASSUMED]),
        ("sale", [OrderRemark.ROUNDED, OrderRemark.UNCONVERTED]),
        ("duplicate", [OrderRemark.DUPLICATE]),
        ("sale", []),
    ]


def test_of_one_person_and_of_one_type(some_orders, workspace, bulk):
    bulk("events", [event("purchase", "?d", "03-20 09:00", properties={"revenue": 1})])
    everybody = {row.event.person_number for row in listed(OrderList(), workspace)[0]}
    assert len(everybody) == 2
    assert sum(len(listed(OrderList(person=number), workspace)[0]) for number in everybody) == 8
    assert [len(listed(OrderList(type=name), workspace)[0]) for name in ("purchase", "Order Refunded", "x")] == [
        7,
        1,
        0,
    ]


def test_a_page_reads_few_rows(some_orders, workspace, django_assert_num_queries):
    found = OrderList().find(workspace, now=NOW)
    assert found.total == 7
    with django_assert_num_queries(3):  # who is joined to whom, the events, and rates of the other currency
        found.page()
