"""Revenue broken down: the groups add up to the whole to the minor unit, and each is what meets its condition."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.metrics import Counted
from analytics.models import ExchangeRate
from analytics.orders import Amounts
from analytics.periods import Window
from analytics.questions.fields import field_of
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf
from analytics.questions.groups import Breakdown
from analytics.questions.parts import parts_of
from analytics.questions.questions import RefundsBy, RevenueQuestion
from analytics.questions.slices import Slice
from analytics.reports.revenue.groups import revenue_groups
from analytics.reports.revenue.report import MoneyOfDays, revenue
from analytics.reports.splits import in_group
from tests.analytics.asking import ask
from tests.analytics.filtering.histories import of_events, of_people
from tests.analytics.ledger.facts import Facts
from tests.analytics.reports.items import contact, event
from tests.analytics.reports.money_histories import NOW, histories, workspace_of
from tests.examples import examples

pytestmark = pytest.mark.usefixtures("now")


def added_up(parts):
    """Of several totals, without buyers, who may be in more than one."""
    by_currency: dict[str, list[Amounts]] = {}
    unconverted: dict[str, int] = {}
    for part in parts:
        for currency, amounts in part.by_currency.items():
            by_currency.setdefault(currency, []).append(amounts)
        for currency, number in part.unconverted.items():
            unconverted[currency] = unconverted.get(currency, 0) + number
    counts = [
        sum(getattr(part, name) for part in parts)
        for name in ("orders", "without_amount", "repeated_orders", "assumed_currency")
    ]
    converted = sum_of(part.converted for part in parts if part.converted)
    return counts, {currency: sum_of(amounts) for currency, amounts in by_currency.items()}, converted, unconverted


def sum_of(amounts):
    found = Amounts()
    for each in amounts:
        found = Amounts(found.orders + each.orders, found.gross + each.gross, found.refunds + each.refunds)
    return found


@pytest.mark.long
@pytest.mark.django_db
@examples(20)
@given(history=histories, data=st.data())
def test_groups_add_up_and_are_what_meets_their_condition(history, data):
    workspace = workspace_of(history, lambda: data.draw(st.booleans()))
    if data.draw(st.booleans()):
        rate = {"source": "JPY", "target": "EUR", "digits": 61, "places": 4}
        ExchangeRate.objects.create(workspace=workspace, day=date(2026, 3, 27), **rate)
    fields = ["property.plan", "property.order_id", "event", "contact.known", "property.revenue"]
    split = Breakdown(field_of(data.draw(st.sampled_from(fields))), limit=data.draw(st.integers(1, 4)))
    window = Window.last_days(data.draw(st.integers(1, 10)), zone=workspace.zone, now=NOW - timedelta(days=1))
    conditions = data.draw(st.lists(of_events() | of_people(workspace), max_size=1))
    part = Slice(where=parts_of(canonical(AllOf(tuple(conditions)))), until=window.last_day)
    asked = {"part": part, "refunds_by": data.draw(st.sampled_from(RefundsBy)), "split": split}
    question = ask(workspace, NOW, window, kind=RevenueQuestion, **asked)
    ledger = Ledger(workspace)
    groups, whole = revenue_groups(MoneyOfDays.of(ledger, question), question), revenue(ledger, question).total
    assert groups == revenue_groups(MoneyOfDays.of(Facts(workspace), question), question)
    assert added_up([group.answer.report for group in groups]) == added_up([whole])
    for group in groups:
        assert group.answer.report == revenue(ledger, in_group(question, group.group)).total
    nets = [group.answer.report.converted for group in groups if group.group.value is not None]
    assert [each.net if each else 0 for each in nets] == sorted(
        [each.net if each else 0 for each in nets], reverse=True
    )


def test_the_largest_come_first_then_the_rest_and_none_last(bulk, workspace, now):
    bulk("contacts", [contact("ada", "01-10 09:00")])
    said = [("DE", 10), ("FR", 30), ("de", 25), ("IT", 5), (None, 90), ("ES", 7)]
    bulk(
        "events",
        [
            event("purchase", "ada", "03-20 09:00", properties={"revenue": amount, "country": country})
            for country, amount in said
        ],
    )
    split = Breakdown(field_of("property.country"), limit=2)
    question = ask(workspace, now, split=split)
    groups = revenue_groups(MoneyOfDays.of(Ledger(workspace), question), question)
    assert [(group.name, group.values, group.answer.report.converted.net) for group in groups] == [
        ("DE", 1, 3500),
        ("FR", 1, 3000),
        (None, 2, 1200),
        (None, 0, 9000),
    ]
    assert [group.answer.report.buyers for group in groups] == [1, 1, 1, 1]


@pytest.mark.parametrize("kept", [0, 10**6])
def test_more_values_than_a_byte_counts_beside_types_of_few_or_none(bulk, workspace, now, settings, kept):
    """What the codes of each type's values are counted from is more than the bytes of its codes hold."""
    settings.LEDGER_CACHE_BYTES = kept
    workspace.conversion_types = ["purchase", "renewal", "gift"]
    workspace.save()
    bulk("contacts", [contact("ada", "01-10 09:00")])
    said = [("purchase", number) for number in range(200)] + [("renewal", number) for number in range(100, 250)]
    bulk(
        "events",
        [event(name, "ada", "03-20 09:00", properties={"revenue": 1, "plan": f"p{number}"}) for name, number in said],
    )
    split, by = Breakdown(field_of("property.plan"), limit=250), field_of("property.plan")
    question = ask(workspace, now, split=split)
    groups = revenue_groups(MoneyOfDays.of(Ledger(workspace), question), question)
    assert {group.name: group.answer.report.orders for group in groups} == {
        f"p{number}": 2 if 100 <= number < 200 else 1 for number in range(250)
    }
    counted = [
        source(workspace).valued_counts([Counted.CONVERSIONS], window=question.window, by=by)
        for source in (Ledger, Facts)
    ]
    of_ledger, of_facts = (
        dict(zip(each.values, each.totals(Counted.CONVERSIONS).tolist(), strict=True)) for each in counted
    )
    assert of_ledger == of_facts


def test_an_empty_text_is_a_value_and_not_none(bulk, workspace, now):
    bulk("contacts", [contact("ada", "01-10 09:00")])
    said = [{"revenue": 1, "plan": ""}, {"revenue": 2}]
    bulk("events", [event("purchase", "ada", "03-20 09:00", properties=each) for each in said])
    question = ask(workspace, now, split=Breakdown(field_of("property.plan")))
    groups = revenue_groups(MoneyOfDays.of(Ledger(workspace), question), question)
    assert [(group.group.value, group.answer.report.converted.net) for group in groups] == [("", 100), (None, 200)]


def test_without_money_there_are_no_groups(workspace, now):
    question = ask(workspace, now, split=Breakdown(field_of("contact.known")))
    assert revenue_groups(MoneyOfDays.of(Ledger(workspace), question), question) == ()
