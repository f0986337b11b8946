"""Money over time: in trends by hour, day, week and month, and beside the days compared with."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.metrics import OF_ORDERS, Numbers
from analytics.models.rates import ExchangeRate
from analytics.orders import Amounts
from analytics.periods import Interval, Window
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf
from analytics.questions.parts import parts_of
from analytics.questions.questions import TrendsQuestion
from analytics.questions.ranges import ComparedDays, Comparison
from analytics.questions.slices import Slice
from analytics.reports.revenue.order_numbers import numbers_of_orders
from analytics.reports.revenue.report import revenue
from analytics.reports.trends import compared_trends, trends
from tests.analytics.asking import ask
from tests.analytics.filtering.histories import of_events, of_people
from tests.analytics.ledger.facts import Facts
from tests.analytics.reports.items import contact, event
from tests.analytics.reports.money_histories import NOW, histories, workspace_of
from tests.copied_rows import copied
from tests.examples import examples

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
@copied
def some_orders(bulk):
    bulk("contacts", [contact("ada", "01-10 09:00")])
    bulk(
        "events",
        [
            event("purchase", "ada", "03-10 09:30", properties={"revenue": 30, "order_id": "a1"}),
            event("purchase", "ada", "03-10 09:40", properties={"revenue": 30, "order_id": "a1"}),
            event("purchase", "ada", "03-20 09:00", properties={"revenue": 10, "currency": "USD"}),
            event("purchase", "ada", "03-20 23:30", properties={"revenue": 5}),
            event("purchase", "ada", "03-21 09:00", properties={}),
            event("Order Refunded", "ada", "03-21 10:00", properties={"revenue": 45, "order_id": "a1"}),
        ],
    )


def of_money(workspace, now, window=30, **params):
    return trends(Ledger(workspace), ask(workspace, now, window, kind=TrendsQuestion, metrics=OF_ORDERS, **params))


def test_days_that_can_be_added_up_by_hand(some_orders, workspace, now):
    report = of_money(workspace, now)
    assert {day.day: dict(numbers) for day, numbers in report.all.numbers_by_day if numbers} == {
        10: {"orders": 1, "revenue": 3000, "gross_revenue": 3000, "valued_orders": 1},
        20: {"orders": 2, "revenue": 500, "gross_revenue": 500, "valued_orders": 1},
        21: {"orders": 1, "revenue": -4500, "refunds": 4500},
    }
    assert report.currency == "EUR"
    assert report.money.unconverted == {"USD": 1}
    assert (report.money.orders, report.money.without_amount, report.money.assumed_currency) == (4, 1, 4)


def test_with_a_rate_all_is_told(some_orders, workspace, now):
    ExchangeRate.objects.create(
        workspace=workspace, day=date(2026, 3, 18), source="USD", target="EUR", digits=8, places=1
    )
    report = of_money(workspace, now)
    assert report.all.total()["revenue"] == 3000 + 800 + 500 - 4500
    assert report.money.unconverted == {}


def test_hours_of_orders(some_orders, workspace, now):
    window = Window.between(date(2026, 3, 10), date(2026, 3, 20), zone=workspace.zone)
    report = of_money(workspace, now, window, interval=Interval.HOUR)
    told = {bucket.hour.local_start.isoformat()[5:16]: dict(n) for bucket, n in report.all.by(Interval.HOUR) if n}
    assert {hour: numbers.get("revenue") for hour, numbers in told.items()} == {
        "03-10T09:00": 3000,
        "03-20T09:00": None,
        "03-20T23:00": 500,
    }
    assert report.all.total()["orders"] == 3


def test_the_days_compared_with_come_by_the_same_queries(some_orders, workspace, now, django_assert_num_queries):
    window = Window.between(date(2026, 3, 20), date(2026, 3, 21), zone=workspace.zone)
    compared = ComparedDays(Window.between(date(2026, 3, 9), date(2026, 3, 10), zone=workspace.zone), days=11)
    question = ask(workspace, now, window, kind=TrendsQuestion, metrics=OF_ORDERS, compared_days=compared)
    with django_assert_num_queries(3):
        answer = compared_trends(Ledger(workspace), replace(question, comparison=Comparison.CUSTOM))
    assert answer.complete.all.total()["revenue"] == 500 - 4500
    assert answer.compared.all.total() == {"orders": 1, "revenue": 3000, "gross_revenue": 3000, "valued_orders": 1}
    assert answer.report.money.orders == 3


def test_where_no_event_has_an_amount_there_is_no_money(bulk, workspace, now):
    bulk("contacts", [contact("ada", "01-10 09:00")])
    bulk("events", [event("purchase", "ada", "03-10 09:00", properties={"plan": "pro"})])
    report = of_money(workspace, now)
    assert report.money is None
    assert report.all.total() == {"orders": 1}


def test_no_money_is_of_a_channel(some_orders, workspace, now, django_assert_num_queries):
    report = of_money(workspace, now, part=Slice(channel="EMAIL"))
    assert (report.money, report.all.total()) == (None, {})


@pytest.mark.long
@pytest.mark.django_db
@examples(12)
@given(history=histories, data=st.data())
def test_numbers_over_time_are_those_of_the_revenue_report(history, data):
    """Under conditions, by whatever interval, whether the ledger is asked or the facts."""
    workspace = workspace_of(history)
    window = Window.last_days(data.draw(st.integers(1, 10)), zone=workspace.zone, now=NOW)
    conditions = data.draw(st.lists(of_events() | of_people(workspace), max_size=1))
    part = Slice(where=parts_of(canonical(AllOf(tuple(conditions)))), until=window.last_day)
    for interval in Interval:
        question = ask(workspace, NOW, window, part=part, interval=interval)
        asked = question.with_params(TrendsQuestion, metrics=OF_ORDERS)
        by_ledger, by_facts = (trends(source, asked) for source in (Ledger(workspace), Facts(workspace)))
        assert (by_ledger.all, by_ledger.money) == (by_facts.all, by_facts.money)
        of_revenue = {bucket: numbers_of_orders(totals) for bucket, totals in revenue(Ledger(workspace), question).rows}
        of_trend = dict(by_ledger.all.by(interval))
        assert {bucket: numbers for bucket, numbers in of_revenue.items() if numbers} == {
            bucket: numbers for bucket, n in of_trend.items() if (numbers := Numbers((k, v) for k, v in n.items() if v))
        }
        converted = (by_ledger.money and by_ledger.money.converted) or Amounts()
        assert by_ledger.money is None or by_ledger.all.total()["revenue"] == converted.net
