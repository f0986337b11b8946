"""Revenue: by hand, and over random events what the facts say, whatever rules the workspace has had."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ingest.removal.erasure import erase_contact
from analytics.ledger import Ledger
from analytics.ledger.rebuild import Difference, rebuild, verify
from analytics.models import Contact, ExchangeRate
from analytics.orders import Amounts, MoneyTotals
from analytics.periods import Interval, Window
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf
from analytics.questions.parts import parts_of
from analytics.questions.questions import RefundsBy, RevenueQuestion
from analytics.questions.ranges import ComparedDays, Comparison
from analytics.questions.slices import Slice
from analytics.reports.revenue.report import MoneyOfDays, compared_revenue, revenue
from tests.analytics.asking import ask
from tests.analytics.filtering.histories import of_events, of_people
from tests.analytics.ledger.facts import Facts
from tests.analytics.reports.items import contact, event
from tests.analytics.reports.money_histories import NOW, histories, workspace_of
from tests.copied_rows import copied
from tests.examples import examples
from workspaces.conversions import MoneyRule

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
@copied
def some_orders(bulk):
    bulk("contacts", [contact("ada", "01-10 09:00"), contact("bob", "01-10 09:00")])

    def sold(who, when, **properties):
        return event("purchase", who, when, properties=properties)

    bulk(
        "events",
        [
            sold("ada", "03-10 09:00", revenue=30, currency="EUR", order_id="a1"),
            sold("ada", "03-10 09:05", revenue=30, currency="EUR", order_id="a1"),
            sold("ada", "03-20 09:00", revenue="9.995", currency="eur", order_id="a2"),
            sold("bob", "03-20 10:00", value=12, currency="CHF"),
            sold("bob", "03-20 11:00", total=5),
            sold("bob", "03-20 12:00", revenue="gratis"),
            event(
                "Order Refunded", "ada", "03-21 09:00", properties={"revenue": 10, "currency": "EUR", "order_id": "a1"}
            ),
            sold("ada", "02-10 09:00", revenue=7, currency="EUR", order_id="a3"),
            sold("ada", "03-22 09:00", revenue=7, currency="EUR", order_id="a3"),
        ],
    )


def test_weeks_that_can_be_added_up_by_hand(some_orders, workspace, now):
    """Order a3 was told of in February: in March it is none again."""
    report = revenue(Ledger(workspace), ask(workspace, now, interval=Interval.WEEK))
    euros, francs = Amounts(orders=3, gross=4500, refunds=1000), Amounts(orders=1, gross=1200)
    assert report.total == MoneyTotals(5, 2, 1, 2, 1, {"EUR": euros, "CHF": francs}, euros, {"CHF": 1})
    assert report.total.by_currency["EUR"].net == 3500
    by_week = {bucket.first_day: totals.orders for bucket, totals in report.rows if totals.orders}
    assert by_week == {date(2026, 3, 9): 1, date(2026, 3, 16): 4}


def test_without_events_there_is_no_money(workspace, now):
    report = revenue(Ledger(workspace), ask(workspace, now))
    assert report.total == MoneyTotals(0, 0, 0, 0, 0, {}, Amounts())
    assert len(report.rows) == 30


@pytest.mark.long
def test_a_changed_rule_counts_at_once_and_is_fast_after_a_rebuild(some_orders, workspace, now):
    """Until then it is read from the events, and said so."""
    workspace.money_rules = {"purchase": MoneyRule(amount=("total",)).data}
    workspace.save()
    ledger = Ledger(workspace)
    report = revenue(ledger, ask(workspace, now))
    assert report.total.by_currency == {"EUR": Amounts(1, 500, 1000)}
    assert {each.event_type for each in report.meta.facts_read} == {"purchase"}
    list(rebuild(workspace))
    again = revenue(Ledger(workspace), ask(workspace, now))
    assert again.total == report.total
    assert again.meta.facts_read == ()


def test_another_currency_of_the_workspace_is_assumed_at_once(some_orders, workspace, now):
    workspace.currency = "JPY"
    workspace.save()
    report = revenue(Ledger(workspace), ask(workspace, now))
    assert report.total.by_currency["JPY"] == Amounts(1, 5)


def test_money_goes_with_the_person(some_orders, workspace, now):
    erase_contact(workspace, Contact.objects.get(external_id="ada"))
    report = revenue(Ledger(workspace), ask(workspace, now))
    euros = Amounts(1, 500)
    assert report.total == MoneyTotals(3, 1, 1, 0, 1, {"CHF": Amounts(1, 1200), "EUR": euros}, euros, {"CHF": 1})


def test_what_a_rate_says_is_converted_and_the_rest_told(some_orders, workspace, now):
    ExchangeRate.objects.create(
        workspace=workspace, day=date(2026, 3, 19), source="EUR", target="CHF", digits=8, places=1
    )
    total = revenue(Ledger(workspace), ask(workspace, now)).total
    assert total.converted == Amounts(4, 6000, 1000)
    assert total.unconverted == {}


def test_refunds_can_count_on_the_day_of_their_order(some_orders, workspace, now):
    """Also where they came after the last day that is asked about."""
    until = Window.between(date(2026, 3, 9), date(2026, 3, 15), zone=workspace.zone)
    by_day, by_order = (
        revenue(Ledger(workspace), ask(workspace, now, until, kind=RevenueQuestion, refunds_by=way))
        for way in RefundsBy
    )
    assert by_day.total.by_currency == {"EUR": Amounts(1, 3000)}
    assert by_order.total.by_currency == {"EUR": Amounts(1, 3000, 1000)}


def test_an_order_that_is_told_of_with_an_amount_later_counts_then(bulk, workspace, now):
    """So that the days of a report add up, however many of them are asked for."""
    without, later = {"order_id": "a1"}, {"order_id": "a1", "revenue": 5}
    bulk("contacts", [contact("ada", "01-10 09:00")])
    bulk(
        "events",
        [event("purchase", "ada", f"03-{10 + n} 09:00", properties=said) for n, said in enumerate((without, later))],
    )
    days = [Window.between(date(2026, 3, day), date(2026, 3, day), zone=workspace.zone) for day in (10, 11)]
    assert [revenue(Ledger(workspace), ask(workspace, now, day)).total.orders for day in days] == [0, 1]


def test_compared_with_other_days_by_the_same_queries(some_orders, workspace, now, django_assert_num_queries):
    question = ask(workspace, now, Window.between(date(2026, 3, 20), date(2026, 3, 21), zone=workspace.zone))
    compared = Window.between(date(2026, 3, 9), date(2026, 3, 10), zone=workspace.zone)
    question = replace(question, compared_days=ComparedDays(compared, days=11), comparison=Comparison.CUSTOM)
    with django_assert_num_queries(5):
        answer = compared_revenue(MoneyOfDays.of(Ledger(workspace), question), question)
    assert answer.complete.total == answer.report.total
    assert answer.compared.total.by_currency == {"EUR": Amounts(1, 3000)}


@pytest.mark.long
@pytest.mark.django_db
@examples(14)
@given(history=histories, data=st.data())
def test_revenue_is_what_the_facts_say(history, data):
    """Under any rule, also one that was stated after events had come; merged or not, of people and under conditions."""
    workspace = workspace_of(history, lambda: data.draw(st.booleans()))
    window = Window.last_days(data.draw(st.integers(1, 10)), zone=workspace.zone, now=NOW)
    conditions = data.draw(st.lists(of_events() | of_people(workspace), max_size=2))
    part = Slice(where=parts_of(canonical(AllOf(tuple(conditions)))), until=window.last_day)
    question = ask(workspace, NOW, window, part=part)
    by_ledger, by_facts = (revenue(source, question) for source in (Ledger(workspace), Facts(workspace)))
    assert by_ledger.total == by_facts.total
    assert by_ledger.rows == by_facts.rows
    for currency, of_total in by_ledger.total.by_currency.items():
        of_rows = [totals.by_currency.get(currency, Amounts()) for _, totals in by_ledger.rows]
        assert (
            Amounts(*(sum(getattr(each, name) for each in of_rows) for name in ("orders", "gross", "refunds")))
            == of_total
        )
    assert not [each for each in verify(workspace) if isinstance(each, Difference)]
