"""Money in credit: by hand, and over random events what adding up says, to the last unit."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import ingest
from analytics.ledger import Ledger
from analytics.models import Event, Person
from analytics.models.rates import ExchangeRate
from analytics.money import money
from analytics.periods import Window, local_day
from analytics.questions.credit import CreditModel, CreditRule, TouchKind
from analytics.questions.fields import field_of
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf, Is
from analytics.questions.parts import parts_of
from analytics.questions.slices import Slice
from analytics.questions.values import values_by_path
from analytics.reports.credit.report import CreditQuestion, credit
from analytics.reports.credit.shares import CONVERSION
from analytics.reports.credit.touches import CreditBy
from tests.analytics.asking import ask
from tests.analytics.filtering.histories import of_events, of_people
from tests.analytics.ledger.facts import Facts
from tests.analytics.reports.items import contact, event
from tests.copied_rows import copied
from tests.examples import examples
from workspaces.conversions import NO_MONEY
from workspaces.models import Workspace

pytestmark = pytest.mark.usefixtures("now")

slugs = count()
DAY = timedelta(days=1)
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
SEARCH = {"source": "google", "medium": "cpc", "campaign": "sale"}
LETTER = {"source": "letter", "medium": "email", "campaign": "spring"}


def sold(who, when, **properties):
    return event("purchase", who, when, properties=properties)


def given_back(who, when, **properties):
    return event("Order Refunded", who, when, properties=properties)


def state_rate(workspace, day, source, target, digits, places):
    ExchangeRate.objects.create(
        workspace=workspace, day=day, source=source, target=target, digits=digits, places=places
    )


@pytest.fixture
@copied
def some_orders(bulk):
    """Ada comes twice before she orders; Bob just orders."""
    bulk("contacts", [contact(name, "01-10 09:00") for name in ("ada", "bob")])
    bulk(
        "events",
        [
            event("visit", "ada", "03-10 09:00", utm=SEARCH),
            event("visit", "ada", "03-20 09:00", utm=LETTER),
            sold("ada", "03-21 09:00", revenue="10.01", currency="EUR", order_id="a1"),
            sold("ada", "03-22 09:00", revenue="10.01", currency="EUR", order_id="a1"),
            sold("ada", "03-23 09:00", revenue=7, currency="CHF", order_id="a2"),
            sold("bob", "03-21 09:00", revenue=5),
            sold("bob", "03-22 09:00", revenue="gratis"),
            given_back("ada", "03-28 09:00", revenue=5, currency="EUR", order_id="a1"),
            given_back("bob", "03-28 10:00", revenue=1, currency="EUR", order_id="unknown"),
        ],
    )


@pytest.fixture
def credited(workspace, now):
    def get(model=CreditModel.LINEAR, days=30, by=CreditBy.SOURCE):
        return credit(Ledger(workspace), ask(workspace, now, days, kind=CreditQuestion, rule=CreditRule(model), by=by))

    return get


def revenue_of(report):
    return {row.name[0]: row.revenue and row.revenue.by_currency for row in report.rows}


def test_orders_that_can_be_added_up_by_hand(some_orders, credited):
    """The first order is worth 5.01 after what was given back of it; told again it is worth nothing."""
    report = credited()
    assert (report.conversions, report.credited) == (5, 3)
    assert revenue_of(report) == {"google": {"EUR": 251, "CHF": 350}, "letter": {"EUR": 250, "CHF": 350}}
    assert report.revenue.by_currency == {"EUR": 1001, "CHF": 700}
    assert report.revenue_without_touch.by_currency == {"EUR": 500, "CHF": 0}
    assert (report.without_amount, report.assumed_currency) == (1, 1)


def test_another_currency_counts_where_a_rate_says_what_it_is_worth(some_orders, credited, workspace):
    """7 francs are 7.29 euros."""
    assert credited().revenue.exchanged == credited().revenue.by_currency
    state_rate(workspace, date(2026, 3, 20), "CHF", "EUR", 10421, 4)
    report = credited()
    assert {row.name[0]: row.revenue.exchanged for row in report.rows} == {
        "google": {"EUR": 251 + 365},
        "letter": {"EUR": 250 + 364},
    }
    assert report.revenue.exchanged == {"EUR": 1001 + 729}
    assert report.revenue_without_touch.exchanged == {"EUR": 500}


def test_what_was_given_back_after_the_days_shown_is_taken_back_all_the_same(some_orders, credited, workspace):
    """From the labels that the order is credited to, whatever days are shown."""
    until_24th = Window.between(date(2026, 3, 1), date(2026, 3, 24), zone=workspace.zone)
    assert revenue_of(credited(days=until_24th)) == revenue_of(credited())
    after = Window.between(date(2026, 3, 25), date(2026, 3, 31), zone=workspace.zone)
    assert credited(days=after).revenue.by_currency == {}


def test_last_touch_has_all_of_the_money(some_orders, credited):
    assert revenue_of(credited(CreditModel.LAST)) == {
        "letter": {"EUR": 501, "CHF": 700},
        "google": {"EUR": 0, "CHF": 0},
    }


def test_a_model_that_says_nothing_says_nothing_of_money(some_orders, credited):
    report = credited(CreditModel.MARKOV)
    assert revenue_of(report) == {"google": None, "letter": None}
    assert report.revenue_without_touch.by_currency == {"EUR": 500, "CHF": 0}


def test_conditions_on_sources_choose_rows_and_change_no_credit(some_orders, credited, workspace, now):
    only_google = Slice(where=parts_of(AllOf((Is(field_of("utm.source"), ("google",)),))))
    asked = ask(
        workspace, now, kind=CreditQuestion, rule=CreditRule(CreditModel.LINEAR), by=CreditBy.TOUCH, part=only_google
    )
    some, everything = credit(Ledger(workspace), asked), credited(by=CreditBy.TOUCH)
    assert {row.label.source for row in some.rows} == {"google"}
    assert sorted(map(str, all_rows(some))) == sorted(map(str, everything.rows))
    assert (some.conversions, some.credited) == (everything.conversions, everything.credited)


def test_without_a_rule_of_money_there_is_none(some_orders, credited, workspace):
    workspace.money_rules = {"purchase": {"kind": "none", "amount": [], "currency": [], "order": []}}
    workspace.save()
    report = credited()
    assert (report.conversions, report.revenue.by_currency, report.without_amount) == (5, {}, 0)
    assert revenue_of(report) == {"google": {}, "letter": {}}


def test_an_order_that_no_conversion_told_of_first_is_of_no_conversion(some_orders, bulk, credited, workspace):
    """It came in by another event, which is a sale and no conversion."""
    workspace.money_rules = {"paid": {"kind": "sale", "amount": ["revenue"], "currency": [], "order": ["order_id"]}}
    workspace.save()
    bulk("events", [event("paid", "ada", "03-20 10:00", properties={"revenue": 7, "order_id": "a2"})])
    assert credited().revenue.by_currency == {"EUR": 1001}


amounts = st.sampled_from([0, 5, 5.5, 19.99, "7.25", -3, "x", None, 10**13])
values = st.fixed_dictionaries(
    {},
    optional={
        "revenue": amounts,
        "currency": st.sampled_from(["EUR", "chf", "JPY", "gold"]),
        "order_id": st.sampled_from(["o1", "o2", "o3"]),
        "plan": st.sampled_from(["pro", "free"]),
    },
)
UTMS = [None, SEARCH, LETTER, {"source": "google", "medium": "organic"}]
sent = st.lists(
    st.tuples(
        st.sampled_from(["purchase", "purchase", "Order Refunded", "upgrade", "visit", "visit"]),
        st.integers(0, 3),
        st.integers(0, 60),
        st.sampled_from(UTMS),
        values,
    ),
    min_size=1,
    max_size=25,
)
WEIGHED = [model for model in CreditModel if model is not CreditModel.MARKOV]


def workspace_with(rows):
    """What happened so many quarters of a day ago, of somebody known or of devices."""
    workspace = Workspace.objects.create(
        name="W",
        slug=f"m{next(slugs)}",
        time_zone="Europe/Berlin",
        conversion_types=["purchase", "Order Refunded", "trial"],
        money_rules={"upgrade": {"kind": "sale", "amount": ["revenue"], "currency": [], "order": ["order_id"]}},
    )
    state_rate(workspace, NOW.date() - 3 * DAY, "EUR", "JPY", 1605, 1)
    state_rate(workspace, NOW.date() - 9 * DAY, "CHF", "EUR", 10421, 4)
    items = [
        {
            "type": event_type,
            "occurredAt": (NOW - timedelta(hours=6 * quarters)).isoformat(),
            "messageId": f"m{number}",
            **({"contact": "ada"} if person == 0 else {"anonymousId": f"d{person}"}),
            "properties": properties,
            **({"utm": utm} if utm else {}),
        }
        for number, (event_type, person, quarters, utm, properties) in enumerate(rows)
    ]
    ingest.take_events(workspace, items, received_at=NOW)
    return workspace


def worth_of(workspace, window, is_meant=lambda conversion: True):
    """By currency, in minor units, what the conversions of the days that are meant are worth: gone through one by one.
    Refunds are taken back from their order, whatever they are themselves."""
    rules, told = workspace.rules_by_type, []
    root = dict(Person.objects.filter(workspace=workspace, joined_to__isnull=False).values_list("number", "joined_to"))
    for row in Event.objects.filter(workspace_id=workspace.pk):
        if rules.get(row.type, NO_MONEY).is_money:
            said = money(rules[row.type], values_by_path(row.properties), workspace.currency)
            is_sale = not rules[row.type].is_refund and (said.units or 0) >= 0
            place = (said.units is None, row.occurred_at, root.get(row.person_number, row.person_number))
            told.append((place, row, said, is_sale))
    first, found = {}, Counter()
    for _, row, said, is_sale in sorted(told, key=lambda each: each[0]):
        if is_sale and said.order:
            first.setdefault(said.order, row)
    for _, row, said, is_sale in told:
        order = first.get(said.order, row)
        is_counted = not is_sale or order.pk == row.pk
        day = local_day(order.occurred_at, workspace.zone)
        is_in = order.type in workspace.conversion_types and window.first_day <= day <= window.last_day
        if is_counted and is_in and is_meant(order):
            found[said.currency] += said.units or 0
    return without_zeros(found)


def without_zeros(units):
    return {key: n for key, n in units.items() if n}


def by_name(reports, way):
    found = Counter()
    for row in (row for report in reports for row in all_rows(report)):
        found.update({(row.name, currency): n for currency, n in getattr(row.revenue, way).items()})
    return without_zeros(found)


def all_rows(report):
    """Also those that conditions on sources do not mean."""
    return (*report.rows, *report.other_rows)


@pytest.mark.long
@pytest.mark.django_db
@examples(14)
@given(rows=sent, model=st.sampled_from(WEIGHED), by=st.sampled_from(CreditBy), days=st.integers(1, 16), data=st.data())
def test_money_adds_up_and_is_the_same_whatever_days_are_shown(rows, model, by, days, data):
    workspace = workspace_with(rows)
    rule = CreditRule(model, lookbacks=((TouchKind.VISIT, data.draw(st.integers(1, 9)) * DAY),))
    conditions = data.draw(st.lists(of_events() | of_people(workspace), max_size=1))
    last = local_day(NOW, workspace.zone)
    whole, cut = Window.between(last - 16 * DAY, last, zone=workspace.zone), last - days * DAY
    parts = [
        Window.between(whole.first_day, cut, zone=workspace.zone),
        Window.between(cut + DAY, last, zone=workspace.zone),
    ]

    def report(source, window):
        part = Slice(where=parts_of(canonical(AllOf(tuple(conditions)))), until=last)
        return credit(source, ask(workspace, NOW, window, kind=CreditQuestion, rule=rule, by=by, part=part))

    of_all, *of_parts = (report(Ledger(workspace), window) for window in (whole, *parts))
    by_facts = report(Facts(workspace), whole)
    assert (of_all.rows, of_all.revenue, of_all.credited) == (by_facts.rows, by_facts.revenue, by_facts.credited)
    if not conditions:
        assert without_zeros(of_all.revenue.by_currency) == worth_of(workspace, whole)
    for way in ("by_currency", "exchanged"):
        for currency, units in getattr(of_all.revenue, way).items():
            of_rows = sum(getattr(row.revenue, way)[currency] for row in all_rows(of_all))
            assert of_rows == getattr(of_all.credited_revenue, way)[currency]
            assert of_rows + getattr(of_all.revenue_without_touch, way)[currency] == units
            assert sum(getattr(part.revenue, way).get(currency, 0) for part in of_parts) == units
        assert by_name(of_parts, way) == by_name([of_all], way)
    assert sum(row.credit for row in all_rows(of_all)) == of_all.credited * CONVERSION
