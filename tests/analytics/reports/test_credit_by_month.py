"""Credit and its money by every model and breakdown, under conditions: rows and what has no touch add up to all that
there is, to the last unit, and months to the time that they make up."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import ingest
from analytics.ingest.senders import TRUSTED
from analytics.ledger import Ledger
from analytics.models import Event, SavedSegment
from analytics.periods import Window
from analytics.questions.credit import CreditModel, CreditRule, TouchKind
from analytics.questions.fields import field_of
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf, AnyOf, Did, EventAct, InSegment, Is, IsSet, MessageAct, Not
from analytics.questions.parts import parts_of
from analytics.questions.segments import segment_data
from analytics.questions.slices import Slice
from analytics.reports.credit import groups as module
from analytics.reports.credit.report import credit_by_models
from analytics.reports.credit.shares import CONVERSION
from analytics.reports.credit.side_by_side import ModelsQuestion, models_side_by_side
from analytics.reports.credit.touches import CreditBy
from tests.analytics.asking import ask
from tests.analytics.filtering.histories import CAMPAIGNS, ZONE, of_events, of_people
from tests.analytics.ledger.facts import Facts
from tests.analytics.reports.test_credit_money import UTMS, state_rate, values, without_zeros, worth_of
from tests.examples import examples
from workspaces.models import Workspace

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("now")]

slugs = count()
DAY = timedelta(days=1)
NOW = datetime(2026, 3, 31, 21, 59, tzinfo=UTC)
FIRSTS = [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)]
"""Of the months that are asked for, with a change of the clocks on 29 March, and of the one after them."""
MONTHS = [Window.between(first, following - DAY, zone=ZONE) for first, following in pairwise(FIRSTS)]
ALL_MONTHS = Window.between(FIRSTS[0], FIRSTS[-1] - DAY, zone=ZONE)
EDGES = [month.starts_at for month in MONTHS]
instants = st.one_of(
    st.tuples(st.sampled_from(EDGES), st.sampled_from([-1, 0, 1, 10**6, -(10**6)])).map(
        lambda near: near[0] + timedelta(microseconds=near[1])
    ),
    st.integers(0, 24 * 170).map(lambda hours: NOW - timedelta(hours=hours)),
)
events = st.tuples(
    st.sampled_from(["purchase", "purchase", "Order Refunded", "upgrade", "visit", "visit", "visit"]),
    st.sampled_from([{"userId": "u1"}, {"userId": "u2"}, {"anonymousId": "d1"}, {"anonymousId": "d2"}]),
    instants,
    st.sampled_from(UTMS),
    values,
)
sends = st.tuples(
    st.sampled_from(["u1", "u2"]),
    st.sampled_from([("c1", "A"), ("c1", None), ("c2", None)]),
    instants,
    st.sampled_from([None, "clicked", "opened"]),
)
histories = st.fixed_dictionaries(
    {
        "events": st.lists(events, min_size=1, max_size=40),
        "sends": st.lists(sends, max_size=8),
        "is_d2_u2": st.booleans(),
    }
)


def workspace_of(history):
    workspace = Workspace.objects.create(
        name="W",
        slug=f"months{next(slugs)}",
        time_zone=ZONE.key,
        conversion_types=["purchase", "Order Refunded", "trial"],
        money_rules={"upgrade": {"kind": "sale", "amount": ["revenue"], "currency": [], "order": ["order_id"]}},
    )
    state_rate(workspace, date(2026, 1, 29), "EUR", "JPY", 1605, 1)
    state_rate(workspace, date(2026, 2, 9), "CHF", "EUR", 10421, 4)
    ingest.take_campaigns(workspace, CAMPAIGNS, received_at=NOW)
    people = [
        {"externalId": "u1", "email": "ada@gmail.com", "attributes": {"plan": "pro"}},
        {"externalId": "u2", "attributes": {"plan": "free"}},
    ]
    ingest.take_contacts(workspace, people, received_at=NOW)
    calls = [
        {
            "type": "track",
            "messageId": f"m{number}",
            **who,
            "event": event_type,
            "timestamp": at.isoformat(),
            "properties": properties,
            "context": {"campaign": utm and {"name": utm.get("campaign"), **utm}},
        }
        for number, (event_type, who, at, utm, properties) in enumerate(history["events"])
    ]
    if history["is_d2_u2"]:
        calls.append({"type": "identify", "userId": "u2", "anonymousId": "d2", "timestamp": NOW.isoformat()})
    ingest.take_calls(workspace, calls, received_at=NOW, sender=TRUSTED)
    messages = [
        {
            "externalId": f"s{number}",
            "contact": contact,
            "campaign": campaign,
            "channel": "EMAIL",
            "createdAt": at.isoformat(),
            "deliveredAt": at.isoformat(),
            **({"abTest": "t", "variant": variant} if variant else {}),
        }
        for number, (contact, (campaign, variant), at, _) in enumerate(history["sends"])
    ]
    acts = [
        {"message": f"s{number}", "type": act, "at": at.isoformat()}
        for number, (_, _, at, act) in enumerate(history["sends"])
        if act
    ]
    for take, items in ((ingest.take_messages, messages), (ingest.take_message_events, acts)):
        if items:
            take(workspace, items, received_at=NOW)
    return workspace


PEOPLE = [
    Is(field_of("contact.plan"), ("pro",)),
    Is(field_of("contact.known"), ("true",)),
    Not(Is(field_of("contact.plan"), ("free",))),
    Did(EventAct("visit"), AllOf()),
    Did(MessageAct("clicked"), AllOf()),
]
SOURCE = field_of("utm.source")
EVENTS = [
    Is(field_of("property.plan"), ("pro",)),
    Not(Is(field_of("event"), ("Order Refunded",))),
    IsSet(field_of("property.order_id")),
    Is(SOURCE, ("google",)),
    Not(AnyOf((Is(SOURCE, ("letter",)), Is(field_of("utm.medium"), ("organic",))))),
    AnyOf((Is(SOURCE, ("google",)), Is(field_of("property.plan"), ("free",)))),
]
common = st.sampled_from([*PEOPLE, *EVENTS])
"""Which often mean a part of the people, conversions or sources."""


def conditions_on(workspace):
    """Also segments, and conditions of any other kind."""
    in_segments = st.sampled_from(PEOPLE).map(lambda condition: in_segment(workspace, condition))
    return st.one_of(common, common, in_segments, of_events() | of_people(workspace))


def in_segment(workspace, condition):
    data, name = segment_data(AllOf((condition,))), f"S{next(slugs)}"
    return InSegment(SavedSegment.objects.create(workspace=workspace, name=name, condition=data).pk)


def numbers_of(reports):
    """By name: credit, in how many conversions it took part, and money, stated and exchanged."""
    found = Counter()
    for row in (row for report in reports for row in (*report.rows, *report.other_rows)):
        found[row.name, "assists"] += row.assists
        found[row.name, "credit"] += row.credit
        for way in ("by_currency", "exchanged"):
            for currency, units in getattr(row.revenue, way).items():
                found[row.name, way, currency] += units
    return without_zeros(found)


def totals_of(reports):
    """Conversions, those with a touch, and money of all and of those without one."""
    found = Counter()
    for report in reports:
        found["conversions"] += report.conversions
        found["credited"] += report.credited
        found["without amount"] += report.without_amount
        found["assumed"] += report.assumed_currency
        for name in ("revenue", "revenue_without_touch"):
            for way in ("by_currency", "exchanged"):
                for currency, units in getattr(getattr(report, name), way).items():
                    found[name, way, currency] += units
    return without_zeros(found)


def assert_adds_up(report):
    rows = (*report.rows, *report.other_rows)
    assert sum(row.credit for row in rows) + report.without_touch * CONVERSION == report.conversions * CONVERSION
    for way in ("by_currency", "exchanged"):
        for currency, units in getattr(report.revenue, way).items():
            of_rows = sum(getattr(row.revenue, way)[currency] for row in rows)
            assert of_rows + getattr(report.revenue_without_touch, way)[currency] == units


def assert_is_counted(workspace, part, report):
    """Conversions that meet the conditions on them and on people, one by one, and what they are worth."""
    where = replace(part.where, events=part.where.conversions)
    meant = Facts(workspace).meant(replace(part, where=where), ALL_MONTHS)
    conversions = Event.objects.filter(
        workspace=workspace,
        type__in=workspace.conversion_types,
        occurred_at__gte=ALL_MONTHS.starts_at,
        occurred_at__lt=ALL_MONTHS.ends_at,
    )
    assert report.conversions == sum(meant(None, conversion) for conversion in conversions)
    worth = worth_of(workspace, ALL_MONTHS, lambda conversion: meant(None, conversion))
    assert without_zeros(report.revenue.by_currency) == worth


@pytest.mark.django_db
@examples(12)
@given(history=histories, data=st.data())
def test_credit_and_money_add_up_by_every_model_and_breakdown_under_conditions(history, data, monkeypatch):
    """Markov's model is taken to say something of a single conversion; it looks at all paths of the days, so that its
    months need not be its year."""
    monkeypatch.setattr(module, "FEWEST_CONVERSIONS", 1)
    workspace = workspace_of(history)
    conditions = data.draw(st.lists(conditions_on(workspace), max_size=3))
    part = Slice(where=parts_of(canonical(AllOf(tuple(conditions)))), until=ALL_MONTHS.last_day)
    kinds = data.draw(st.sampled_from([(TouchKind.VISIT,), (TouchKind.VISIT, TouchKind.CLICKED), tuple(TouchKind)]))
    lookbacks = tuple((kind, data.draw(st.sampled_from([1, 30, 90])) * DAY) for kind in sorted(kinds))
    rule = CreditRule(CreditModel.LINEAR, lookbacks=lookbacks, reuse=data.draw(st.booleans()))

    for by in CreditBy:

        def side_by_side(window, by=by):
            question = ask(workspace, NOW, window, kind=ModelsQuestion, rule=rule, by=by, part=part)
            return models_side_by_side(Ledger(workspace), question).reports

        whole, by_month = side_by_side(ALL_MONTHS), [side_by_side(month) for month in MONTHS]
        for report, *months in zip(whole, *by_month, strict=True):
            for each in (report, *months):
                if not each.refusal:
                    assert_adds_up(each)
            if report.rule.model is not CreditModel.MARKOV:
                assert not report.refusal
                assert numbers_of(months) == numbers_of([report])
                assert totals_of(months) == totals_of([report])
    assert_is_counted(workspace, part, whole[0])
    question = ask(workspace, NOW, ALL_MONTHS, kind=ModelsQuestion, rule=rule, by=CreditBy.TOUCH, part=part)
    by_facts = credit_by_models(Facts(workspace), question, [rule])
    [by_ledger] = credit_by_models(Ledger(workspace), question, [rule])
    assert [(report.rows, report.revenue, report.credited) for report in by_facts] == [
        (by_ledger.rows, by_ledger.revenue, by_ledger.credited)
    ]
