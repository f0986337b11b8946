"""What people who completed a funnel brought in: by hand, and over random events what the facts and its lists say."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import ingest
from analytics.ledger import Ledger
from analytics.lists import OrderList
from analytics.lists.conditions import ListConditions
from analytics.lists.funnel_orders import FunnelOrders
from analytics.periods import Window
from analytics.questions.fields import Subject, field_of
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf
from analytics.questions.groups import Breakdown
from analytics.questions.parts import parts_of
from analytics.questions.questions import FunnelQuestion
from analytics.questions.slices import Slice
from analytics.questions.steps import EventStep, MessageStep
from analytics.reports.funnel.money import funnel_money, funnel_money_of_groups
from analytics.reports.funnel.splits import split_funnel
from analytics.reports.revenue.member_money import NetMoney
from tests.analytics.asking import ask
from tests.analytics.filtering.histories import of_events, of_people
from tests.analytics.ledger.facts import Facts
from tests.analytics.reports.items import contact, event
from tests.copied_rows import copied
from tests.examples import examples
from workspaces.models import Workspace

pytestmark = pytest.mark.usefixtures("now")

slugs = count()
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
VISIT, PURCHASE = EventStep("visit"), EventStep("purchase")


@pytest.fixture
@copied
def buyers(bulk):
    """Ada visited and ordered twice, and once before; Bob ordered without a visit, a device with one."""
    bulk("contacts", [contact("ada", "03-02 12:00"), contact("bob", "03-02 12:00")])

    def sold(who, when, revenue, currency="EUR", **more):
        return event("purchase", who, when, properties={"revenue": revenue, "currency": currency}, **more)

    bulk(
        "events",
        [
            sold("ada", "03-05 09:00", 5),
            event("visit", "ada", "03-06 09:00", utm={"source": "google"}),
            sold("ada", "03-07 09:00", 30),
            sold("ada", "03-08 09:00", 20),
            event("Order Refunded", "ada", "03-09 09:00", properties={"revenue": 20, "currency": "EUR"}),
            sold("bob", "03-07 09:00", 100),
            event("visit", "?d", "03-06 09:00"),
            sold("?d", "03-07 09:00", 7, "USD"),
        ],
    )


def money(workspace, now, *steps, **asked):
    return funnel_money(Ledger(workspace), ask(workspace, now, kind=FunnelQuestion, steps=steps, **asked))


def test_what_those_who_completed_it_ordered_from_then_on(buyers, workspace, now):
    assert money(workspace, now, VISIT, PURCHASE) == NetMoney(3, {"EUR": 5000, "USD": 700}, 5000, {"USD": 1})
    assert money(workspace, now, PURCHASE, PURCHASE) == NetMoney(2, {"EUR": 5000}, 5000)
    assert money(workspace, now, VISIT, EventStep("Order Refunded")) == NetMoney(0, {"EUR": -2000}, -2000)


def test_a_last_step_that_says_nothing_of_money_has_none(buyers, workspace, now):
    assert money(workspace, now, PURCHASE, VISIT) is None
    assert money(workspace, now, VISIT, MessageStep("clicked")) is None


def test_groups_have_the_money_of_their_people(buyers, workspace, now):
    split = Breakdown(field_of("utm.source"))
    question = ask(workspace, now, kind=FunnelQuestion, steps=(VISIT, PURCHASE), split=split)
    groups = [group.group for group in split_funnel(Ledger(workspace), question)]
    google, none = funnel_money_of_groups(Ledger(workspace), question, groups)
    assert (google, none) == (NetMoney(2, {"EUR": 5000}, 5000), NetMoney(1, {"USD": 700}, 0, {"USD": 1}))


properties = st.fixed_dictionaries(
    {},
    optional={
        "revenue": st.sampled_from([0, 5, 19.99, -3, "x"]),
        "currency": st.sampled_from(["EUR", "USD"]),
        "order_id": st.sampled_from(["o1", "o2"]),
        "plan": st.sampled_from(["pro", "free"]),
        "amount": st.sampled_from([10, 30]),
    },
)
sent = st.lists(
    st.tuples(
        st.sampled_from(["visit", "purchase", "Order Refunded"]),
        st.integers(0, 3),
        st.integers(0, 9),
        properties,
        st.sampled_from([None, "google", "bing"]),
    ),
    max_size=14,
)
steps = st.lists(st.sampled_from([VISIT, PURCHASE, EventStep("Order Refunded")]), min_size=1, max_size=3)


@pytest.mark.long
@pytest.mark.django_db
@examples(20)
@given(rows=sent, steps=steps, data=st.data())
def test_money_is_what_the_facts_say_adds_up_and_has_its_list(rows, steps, data):
    workspace = Workspace.objects.create(name="W", slug=f"funnel{next(slugs)}", time_zone="Europe/Berlin")
    items = [
        {
            "type": kind,
            "messageId": f"m{place}",
            "occurredAt": (NOW - timedelta(days=days, minutes=place % 5)).isoformat(),
            "properties": values,
            **({"contact": "ada"} if person == 0 else {"anonymousId": f"d{person}"}),
            **({"utm": {"source": source}} if source else {}),
        }
        for place, (kind, person, days, values, source) in enumerate(rows)
    ]
    ingest.take_events(workspace, items, received_at=NOW)
    window = Window.last_days(data.draw(st.integers(1, 10)), zone=workspace.zone, now=NOW)
    conditions = data.draw(st.lists(of_people(workspace) | of_events(), max_size=1))
    part = Slice(where=parts_of(canonical(AllOf(tuple(conditions))))).ending_with(window.last_day)
    split = Breakdown(field_of(data.draw(st.sampled_from(["utm.source", "property.plan", "contact.known"]))), limit=1)
    question = ask(workspace, NOW, window, kind=FunnelQuestion, steps=tuple(steps), part=part, split=split)
    found, by_facts = (funnel_money(source, question) for source in (Ledger(workspace), Facts(workspace)))
    assert found == by_facts
    groups = [group.group for group in split_funnel(Ledger(workspace), question)]
    of_groups = funnel_money_of_groups(Ledger(workspace), question, groups)
    assert of_groups == funnel_money_of_groups(Facts(workspace), question, groups)
    if steps[-1] == VISIT:
        assert found is None
        return
    assert with_amounts(NetMoney.sum_of(of_groups)) == with_amounts(found)
    listed = ListConditions.of(part, Subject.PEOPLE, Subject.EVENTS)
    for group, of_group in [(None, found), *zip(groups, of_groups, strict=True)]:
        orders = OrderList(window, funnel=FunnelOrders(tuple(steps), group), conditions=listed)
        results = orders.find(workspace, now=NOW)
        sums = results.sums
        assert sums.orders == of_group.orders
        assert {name: amounts.net for name, amounts in sums.by_currency.items()} == of_group.by_currency
        assert len(results.page(size=100).rows) == results.total


def with_amounts(money):
    return money.orders, {name: n for name, n in money.by_currency.items() if n}, money.converted, money.without_amount
