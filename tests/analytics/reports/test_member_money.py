"""What contacts bring in after their signup, and what people are worth by age: by hand, and recounted from random
histories."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import ingest
from analytics.ledger import Ledger, compaction
from analytics.models import Contact
from analytics.models.rates import ExchangeRate
from analytics.periods import Interval, Window, microseconds
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf
from analytics.questions.ltv import LtvBy, LtvQuestion, LtvStart
from analytics.questions.parts import parts_of
from analytics.questions.questions import REVENUE, CohortsQuestion
from analytics.questions.slices import Slice
from analytics.reports.cohorts.groups import cohort_groups
from analytics.reports.cohorts.report import active_contacts, cohorts
from analytics.reports.revenue.ltv import ltv, members_of, payback
from analytics.reports.revenue.member_money import NetMoney
from analytics.reports.revenue.people_money import MoneyFigure, MoneyOfPeople
from tests.analytics.asking import ask
from tests.analytics.filtering.histories import of_people
from tests.analytics.ledger.facts import Facts
from tests.analytics.reports.items import contact, event
from tests.copied_rows import copied
from tests.examples import examples
from workspaces.models import Workspace

pytestmark = pytest.mark.usefixtures("now")

slugs = count()
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def sold(who, when, revenue, order=None, *, source=None, currency="EUR", event_type="purchase"):
    properties = {"revenue": revenue, "currency": currency, **({"order_id": order} if order else {})}
    return event(event_type, who, when, properties=properties, **({"utm": {"source": source}} if source else {}))


@pytest.fixture
@copied
def customers(bulk):
    """Ada and Bob of the 2nd, Cy of the 9th. Ada ordered once before she signed up, and again on the day 14 after."""
    bulk("contacts", [contact("ada", "03-02 12:00"), contact("bob", "03-02 12:00"), contact("cy", "03-09 09:00")])
    bulk(
        "events",
        [
            event("visit", "ada", "02-20 09:00", utm={"source": "google", "campaign": "Brand"}),
            event("visit", "ada", "02-21 09:00", utm={"source": "bing"}),
            event("visit", "bob", "03-03 09:00", utm={"source": "bing"}),
            sold("ada", "02-21 09:00", 5),
            sold("ada", "03-02 09:00", 10, "a1"),
            sold("bob", "03-08 23:59", 30, "b1"),
            sold("bob", "03-09 00:00", 7, "b2", currency="USD"),
            sold("ada", "03-16 09:00", 20, "a2"),
            sold("ada", "03-17 09:00", 20, "a2"),
            sold("ada", "03-18 09:00", 15, "a2", event_type="Order Refunded"),
            sold("cy", "03-10 09:00", "gratis"),
        ],
    )


def test_cohorts_by_revenue_that_can_be_added_up_by_hand(customers, workspace, now):
    """Week 2 of the 2nd has an order and a refund of it; what ada bought before she signed up is in no week."""
    report = cohorts(Ledger(workspace), ask(workspace, now, kind=CohortsQuestion, metric=REVENUE))
    second, ninth = report.cohorts
    assert (second.day, second.active_by_week) == (date(2026, 3, 2), (2, 1, 1, 0, 0))
    assert second.money_by_week == (
        NetMoney(2, {"EUR": 4000}, 4000),
        NetMoney(1, {"USD": 700}, 0, {"USD": 1}),
        NetMoney(1, {"EUR": 500}, 500),
        NetMoney(),
        NetMoney(),
    )
    assert ninth.active_by_week == (1, 0, 0, 0)
    assert ninth.money_by_week[0] == NetMoney(1, without_amount=1)
    assert report.weeks[0].money == NetMoney(3, {"EUR": 4000}, 4000, without_amount=1)
    assert report.money == NetMoney(5, {"EUR": 4500, "USD": 700}, 4500, {"USD": 1}, without_amount=1)
    [month] = cohort_groups(report.cohorts, ask(workspace, now).window, Interval.MONTH)
    assert [week.money.converted for week in month.weeks] == [4000, 0, 500, 0, 0]


def test_other_metrics_have_no_money(customers, workspace, now):
    report = cohorts(Ledger(workspace), ask(workspace, now, kind=CohortsQuestion))
    assert {cohort.money_by_week for cohort in report.cohorts} == {()}
    assert report.weeks[0].money is None


def value(workspace, now, *, first=date(2026, 2, 1), last=date(2026, 3, 31), **asked):
    window = Window.between(first, last, zone=workspace.zone)
    return ltv(Ledger(workspace), ask(workspace, now, window, kind=LtvQuestion, **asked))


def converted(cohort):
    return [of_age.money.converted for of_age in cohort.ages]


def test_the_value_of_those_who_signed_up_grows_with_their_age(customers, workspace, now):
    """What ada bought before is in the first week. Four weeks of the 2nd are over, and three of the 9th."""
    second, ninth = value(workspace, now, by=LtvBy.WEEK).cohorts
    assert (second.bucket.first_day, second.members) == (date(2026, 3, 2), 2)
    assert converted(second) == [4500, 4500, 5000, 5000, 5000]
    assert [of_age.value for of_age in second.ages] == [2250, 2250, 2500, 2500, 2500]
    assert [of_age.is_complete for of_age in second.ages] == [True, True, True, True, False]
    assert [of_age.is_complete for of_age in ninth.ages] == [True, True, True, False]
    mean = value(workspace, now, by=LtvBy.WEEK).mean
    assert [(of_age.members, of_age.value) for of_age in mean] == [(3, 1500), (3, 1500), (3, 1667), (2, 2500)]


def test_cohorts_by_first_order_begin_with_it(customers, workspace, now):
    """Ada's was in February. Cy's states no amount, and is an order all the same."""
    february, march = value(workspace, now, start=LtvStart.FIRST_ORDER).cohorts
    assert (february.members, converted(february)) == (1, [500, 1500, 1500, 2000, 2000, 2000])
    assert (march.members, march.ages[0].money.by_currency) == (2, {"EUR": 3000, "USD": 700})


def test_who_began_on_other_days_is_no_member(customers, workspace, now):
    asked = {"first": date(2026, 3, 1), "start": LtvStart.FIRST_ORDER}
    assert [cohort.members for cohort in value(workspace, now, **asked).cohorts] == [2]


def test_sources_are_those_of_the_first_touch_before_somebody_began(customers, workspace, now):
    """Bob's link was clicked the day after he signed up."""
    by_source = value(workspace, now, by=LtvBy.SOURCE).cohorts
    assert [(cohort.group.value, cohort.members) for cohort in by_source] == [("google", 1), (None, 2)]
    by_campaign = value(workspace, now, by=LtvBy.CAMPAIGN, start=LtvStart.FIRST_ORDER).cohorts
    assert [(cohort.group.value, cohort.members) for cohort in by_campaign] == [("Brand", 1), (None, 2)]


def test_the_horizon_is_how_many_weeks_are_told(customers, workspace, now):
    assert converted(value(workspace, now, horizon=2).cohorts[0]) == [4500, 4500]


def test_people_have_paid_back_once_they_are_worth_their_cost_and_all_have_reached_the_age(customers, workspace, now):
    second, _ = value(workspace, now, by=LtvBy.WEEK).cohorts
    assert [payback(second.ages, cost) for cost in (2250, 2251, 2501)] == [0, 2, None]


def test_nobody_is_worth_nothing(workspace, now):
    report = value(workspace, now)
    assert (report.cohorts, report.mean, report.members, report.money) == ((), (), 0, NetMoney())


TYPES = ["purchase", "Order Refunded", "visit"]
row = st.tuples(
    st.sampled_from(TYPES),
    st.integers(0, 4),
    st.integers(0, 40),
    st.sampled_from([None, 0, 5, 19.99, -3, "x"]),
    st.sampled_from(["EUR", "USD", None]),
    st.sampled_from([None, "o1", "o2", "o3"]),
    st.sampled_from([None, None, "google", "bing"]),
)


class Recount:
    """Of the rows that were sent, in plain Python: who bought what, and since when somebody is there."""

    def __init__(self, workspace, rows, signups, joined):
        self.zone, self.signups = workspace.zone, signups
        self.events = []
        for place, (kind, who, days, amount, currency, order, source) in enumerate(rows):
            at = NOW - timedelta(days=days, minutes=place)
            self.events.append((at, joined.get(who, who), kind, amount, currency or "EUR", order, source))
        self.events.sort(key=lambda each: each[0])
        self.first_of_order, self.orders = {}, []
        for has_amount in (True, False):
            for each in self.events:
                order = each[5]
                if self.is_sale(each) and order and (units(each) is not None) is has_amount:
                    self.first_of_order.setdefault(order, each)

    def is_sale(self, each):
        return each[2] == "purchase" and (units(each) or 0) >= 0

    def is_order(self, each):
        return self.is_sale(each) and (not each[5] or self.first_of_order[each[5]] is each)

    def day(self, at):
        return at.astimezone(self.zone).date()

    def money(self, person):
        """(day, is it an order, currency, minor units) of what somebody bought or got back."""
        for each in self.events:
            at, who, kind, _, currency, _, _ = each
            if who == person and kind != "visit" and (not self.is_sale(each) or self.is_order(each)):
                yield self.day(at), self.is_order(each), currency, units(each)

    def first_order(self, person):
        return min((each[0] for each in self.events if each[1] == person and self.is_order(each)), default=None)

    def source(self, person, began_at):
        touches = [each for each in self.events if each[1] == person and each[6] and each[0] <= began_at]
        return touches[0][6] if touches else None


def units(each):
    amount = each[3]
    if amount in (None, "x"):
        return None
    return -abs(round(amount * 100)) if each[2] == "Order Refunded" else round(amount * 100)


def cumulated(recount, members, today, horizon):
    """(member's beginning day) by member: at each age what all of them have brought in."""
    found = []
    weeks = min(horizon, max((today - began).days for began in members.values()) // 7 + 1)
    for age in range(weeks):
        sums, orders = defaultdict(int), 0
        for person, began in members.items():
            for day, is_order, currency, amount in recount.money(person):
                if max(0, (day - began).days) // 7 <= age:
                    orders += is_order
                    sums[currency] += amount or 0
        found.append((orders, {currency: n for currency, n in sums.items() if n}))
    return found


def without_zeros(amounts):
    return {currency: n for currency, n in amounts.items() if n}


@pytest.mark.long
@pytest.mark.django_db
@examples(15)
@given(rows=st.lists(row, max_size=16), data=st.data())
def test_what_people_brought_in_is_what_was_sent(rows, data):
    """Two contacts, three devices of which the first may turn out to be ada's; split up by signup and first order."""
    workspace = Workspace.objects.create(name="W", slug=f"value{next(slugs)}", time_zone="Europe/Berlin")
    ExchangeRate.objects.create(
        workspace=workspace, day=date(2026, 3, 20), source="USD", target="EUR", digits=5, places=1
    )
    who = {
        0: {"contact": "ada"},
        1: {"contact": "bob"},
        **{number: {"anonymousId": f"d{number}"} for number in (2, 3, 4)},
    }
    signups = {0: data.draw(st.integers(0, 40)), 1: data.draw(st.integers(0, 40))}
    contacts = [
        {"externalId": name, "signedUpAt": (NOW - timedelta(days=signups[number], hours=2)).isoformat()}
        for number, name in enumerate(("ada", "bob"))
    ]
    ingest.take_contacts(workspace, contacts, received_at=NOW)
    items = [
        {
            "type": kind,
            "messageId": f"m{place}",
            "occurredAt": (NOW - timedelta(days=days, minutes=place)).isoformat(),
            "properties": {
                name: value
                for name, value in (("revenue", amount), ("currency", currency), ("order_id", order))
                if value is not None
            },
            **who[number],
            **({"utm": {"source": source}} if source else {}),
        }
        for place, (kind, number, days, amount, currency, order, source) in enumerate(rows)
    ]
    ingest.take_events(workspace, items, received_at=NOW)
    joined = {}
    if data.draw(st.booleans()):
        both = {"type": "visit", "messageId": "both", "occurredAt": (NOW - timedelta(hours=5)).isoformat()}
        ingest.take_events(workspace, [{**both, "contact": "ada", "anonymousId": "d2"}], received_at=NOW)
        joined = {2: 0}
    if data.draw(st.booleans()):
        compaction.merge_fully(workspace.pk)
    began = {number: NOW - timedelta(days=days, hours=2) for number, days in signups.items()}
    recount = Recount(workspace, rows, began, joined)
    window = Window.last_days(data.draw(st.integers(1, 45)), zone=workspace.zone, now=NOW)
    horizon = data.draw(st.sampled_from([1, 3, 26]))
    start, by = data.draw(st.sampled_from(LtvStart)), data.draw(st.sampled_from(LtvBy))
    if start is LtvStart.FIRST_ORDER:
        began = {n: at for n in range(5) if n not in joined and (at := recount.first_order(n)) is not None}
    members = {n: recount.day(at) for n, at in began.items() if window.first_day <= recount.day(at)}
    asked = ask(workspace, NOW, window, kind=LtvQuestion, start=start, by=by, horizon=horizon)
    report = ltv(Ledger(workspace), asked)
    assert replace(report, meta=None) == replace(ltv(Facts(workspace), asked), meta=None)
    assert report.members == len(members)
    for cohort in report.cohorts:
        theirs = {
            n: day
            for n, day in members.items()
            if (cohort.group.has(recount.source(n, began[n])) if by is LtvBy.SOURCE else True)
            and (by is not LtvBy.CAMPAIGN or cohort.group.has(None))
            and cohort.bucket.contains(day)
        }
        assert cohort.members == len(theirs) == len(members_of(Ledger(workspace), on_days(asked, cohort), cohort.group))
        told = [(age.money.orders, without_zeros(age.money.by_currency)) for age in cohort.ages]
        assert told == cumulated(recount, theirs, recount.day(NOW), horizon)
        for of_age in cohort.ages:
            assert of_age.is_complete <= all(
                recount.day(NOW) >= day + timedelta(days=7 * of_age.age + 7) for day in theirs.values()
            )
    check_people(workspace, recount)
    check_cohorts(workspace, recount, window, {n: NOW - timedelta(days=d, hours=2) for n, d in signups.items()}, data)


def check_people(workspace, recount):
    """What each contact is worth, and by what they are ranked."""
    numbers = dict(Contact.objects.filter(workspace=workspace).values_list("external_id", "person_number"))
    for source in (Ledger(workspace), Facts(workspace)):
        money = MoneyOfPeople.of(source)
        by_number = money.people(numbers.values())
        ranks = {figure: money.ranks(figure) for figure in MoneyFigure}
        for person, name in enumerate(("ada", "bob")):
            bought, sums, number = [*recount.money(person)], defaultdict(int), numbers[name]
            for _, _, currency, amount in bought:
                sums[currency] += amount or 0
            found = by_number[number]
            assert without_zeros(found.money.by_currency) == without_zeros(sums)
            assert found.money.orders == sum(is_order for _, is_order, _, _ in bought)
            orders = [each[0] for each in recount.events if each[1] == person and recount.is_order(each)]
            assert found.last_order_at == max(orders, default=None)
            expected = {
                MoneyFigure.VALUE: found.money.converted,
                MoneyFigure.ORDERS: found.money.orders,
                MoneyFigure.LAST_ORDER: microseconds(max(orders)) if orders else 0,
            }
            told = {figure: int(of_all[number]) if number < len(of_all) else 0 for figure, of_all in ranks.items()}
            assert told == expected


def on_days(asked, cohort):
    window = Window.between(cohort.bucket.first_day, cohort.bucket.last_day, zone=asked.window.zone)
    return replace(asked, window=window)


def check_cohorts(workspace, recount, window, began, data):
    """Cells of the cohorts by revenue, and in all of them together what the curve of values comes to."""
    conditions = data.draw(st.lists(of_people(workspace), max_size=1))
    part = Slice(where=parts_of(canonical(AllOf(tuple(conditions)))), until=window.last_day)
    asked = ask(workspace, NOW, window, kind=CohortsQuestion, metric=REVENUE, part=part)
    report = cohorts(Ledger(workspace), asked)
    assert replace(report, meta=None) == replace(cohorts(Facts(workspace), asked), meta=None)
    for week in range(len(report.cohorts[0].active_by_week) if report.cohorts else 0):
        active = sum(cohort.active_by_week[week] for cohort in report.cohorts if len(cohort.active_by_week) > week)
        assert active == len(active_contacts(Ledger(workspace), asked, week))
    if conditions:
        return
    for cohort in report.cohorts:
        theirs = [n for n, at in began.items() if recount.day(at) == cohort.day]
        for week, money in enumerate(cohort.money_by_week):
            days = [cohort.day + timedelta(days=7 * week + day) for day in range(7)]
            told = [[each for each in recount.money(n) if each[0] in days] for n in theirs]
            assert cohort.active_by_week[week] == sum(any(order for _, order, _, _ in each) for each in told)
            sums = defaultdict(int)
            for _, _, currency, amount in (row for each in told for row in each):
                sums[currency] += amount or 0
            assert without_zeros(money.by_currency) == without_zeros(sums)
            assert money.orders == sum(order for each in told for _, order, _, _ in each)
    assert Contact.objects.filter(workspace=workspace).count() == 2
