"""The list of conversions behind credit: as many as are told, and their shares add up to it, to the last unit."""

from collections import Counter
from dataclasses import replace
from itertools import chain

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.lists import ConversionList, ListConditions, ListParameters
from analytics.periods import Window, local_day
from analytics.questions.credit import DEFAULT_RULE, CreditModel, CreditRule, TouchKind
from analytics.questions.fields import Subject
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf
from analytics.questions.parts import parts_of
from analytics.questions.slices import Slice
from analytics.reports.credit.conversion_paths import ConversionChoice, TouchMatch
from analytics.reports.credit.path_report import PathsQuestion, path_report
from analytics.reports.credit.report import CreditQuestion, credit
from analytics.reports.credit.touches import CreditBy
from campaignos.pages import all_pages
from tests.analytics.asking import ask
from tests.analytics.filtering.histories import of_events, of_people
from tests.analytics.reports.items import contact, event
from tests.analytics.reports.test_credit_money import (
    DAY,
    LETTER,
    NOW,
    SEARCH,
    WEIGHED,
    sent,
    sold,
    without_zeros,
    workspace_with,
)
from tests.copied_rows import copied
from tests.examples import examples

pytestmark = pytest.mark.usefixtures("now")


def listed(conversions, workspace, size=2):
    """All of them as the list comes back from its address, so many at a time."""
    parameters = ListParameters(conversions.query, zone=workspace.zone, now=NOW)
    again = ConversionList.read(parameters, DEFAULT_RULE)
    assert again.query == conversions.query
    assert parameters.notices == []
    found = again.find(workspace, now=NOW)
    rows = [*chain.from_iterable(all_pages(lambda after: found.page(after, size)))]
    assert found.total == len(rows) == len({row.event.pk for row in rows})
    keys = [(row.event.occurred_at, row.event.pk) for row in rows]
    assert keys == sorted(keys, reverse=True)
    return rows


def sums(rows):
    """The credit that rows add up to, and what they are worth by currency."""
    amounts = Counter()
    for row in rows:
        amounts.update(row.revenue.by_currency)
    return sum(row.credit for row in rows), without_zeros(amounts)


@pytest.mark.long
@pytest.mark.django_db
@examples(12)
@given(rows=sent, model=st.sampled_from(WEIGHED), by=st.sampled_from(CreditBy), reuse=st.booleans(), data=st.data())
def test_shares_add_up_to_what_is_credited(rows, model, by, reuse, data):
    workspace = workspace_with(rows)
    last = local_day(NOW, workspace.zone)
    window = Window.between(last - data.draw(st.integers(0, 15)) * DAY, last, zone=workspace.zone)
    rule = CreditRule(model, lookbacks=((TouchKind.VISIT, data.draw(st.integers(1, 9)) * DAY),), reuse=reuse)
    conditions = data.draw(st.lists(of_events() | of_people(workspace), max_size=1))
    part = Slice(where=parts_of(canonical(AllOf(tuple(conditions)))), until=last)
    asked = {"rule": rule, "part": part}
    report = credit(Ledger(workspace), ask(workspace, NOW, window, kind=CreditQuestion, by=by, **asked))
    whole = ConversionList(window, rule, conditions=ListConditions.of(part, Subject.EVENTS, Subject.PEOPLE))

    said = ListParameters(whole.query, zone=workspace.zone, now=NOW)
    ConversionList.read(said, DEFAULT_RULE)
    assume(not any("are those without" in notice for notice in said.notices))  # a source is never the empty text

    def chosen(**choice):
        return listed(replace(whole, choice=ConversionChoice(**choice)), workspace)

    credited = chosen(has_touch=True)
    assert len(listed(whole, workspace)) == report.conversions
    assert len(chosen(has_touch=False)) == report.without_touch
    assert sums(credited) == (report.credited * 10**6, without_zeros(report.credited_revenue.by_currency))
    assert len(chosen(without_amount=True)) == report.without_amount
    assert len(chosen(currency_assumed=True)) == report.assumed_currency
    for row in report.rows:
        match = TouchMatch.of(row.label, by)
        found = chosen(touch=match)
        assert (len(found), sums(found)) == (row.assists, (row.credit, without_zeros(row.revenue.by_currency)))
        assert len(chosen(touch=match, once_a_person=True)) == row.people
    for each in credited:
        amounts = Counter()
        for touch in each.path.touches:
            amounts.update(touch.revenue.by_currency)
        assert sum(touch.credit for touch in each.path.touches) == 10**6
        assert without_zeros(amounts) == without_zeros(each.path.revenue.by_currency)
    paths = path_report(Ledger(workspace), ask(workspace, NOW, window, kind=PathsQuestion, **asked))
    for path in paths.rows:
        assert len(chosen(path_key=path.key)) == path.conversions
        assert len(chosen(path_key=path.key, once_a_person=True)) == path.people
    for limit, fewest in ((1, 1), (2, 2), (1000, 1)):
        asked_paths = ask(workspace, NOW, window, kind=PathsQuestion, **asked, limit=limit, fewest=fewest)
        of_some = path_report(Ledger(workspace), asked_paths)
        assert len(chosen(besides=asked_paths.frequent)) == of_some.other_conversions
    assert len(chosen(fewest=1, most=1)) == paths.with_one_touch
    assert len(chosen(fewest=2)) == paths.with_more_touches


@pytest.fixture
@copied
def some_weeks(bulk):
    bulk("contacts", [contact(name, "01-10 09:00") for name in ("ada", "bob")])
    bulk(
        "events",
        [
            event("visit", "ada", "03-10 09:00", utm=SEARCH),
            event("visit", "ada", "03-20 09:00", utm=LETTER),
            sold("ada", "03-21 09:00", revenue=10, currency="EUR"),
            sold("bob", "03-21 10:00", revenue=5, currency="EUR"),
            sold("ada", "03-21 09:00", revenue=10, currency="EUR"),
        ],
    )


def test_each_has_its_path_with_the_share_of_every_touch(some_weeks, workspace):
    """Also two of one person at one instant, which are the same but for their keys."""
    rule = CreditRule(CreditModel.POSITION, shares=(30, 20, 50))
    bob, ada, again = listed(ConversionList(rule=rule), workspace)
    assert (bob.path.touches, bob.credit, bob.path.revenue.by_currency) == ((), 0, {"EUR": 500})
    for row in (ada, again):
        shares = [(touch.label.source, touch.credit, touch.revenue.by_currency["EUR"]) for touch in row.path.touches]
        assert shares == [("google", 375_000, 375), ("letter", 625_000, 625)]


def test_a_model_that_weighs_no_touches_shows_paths_without_shares(some_weeks, workspace):
    rows = listed(ConversionList(rule=CreditRule(CreditModel.MARKOV)), workspace)
    assert [len(row.path.touches) for row in rows] == [0, 2, 2]
    assert {touch.credit for row in rows for touch in row.path.touches} == {None}


def test_what_an_address_cannot_say_is_told(workspace):
    query = {"model": "best", "touch": "visit", "touchCampaignId": "7", "credited": "maybe"}
    parameters = ListParameters(query, zone=workspace.zone, now=NOW)
    assert ConversionList.read(parameters, DEFAULT_RULE) == ConversionList()
    assert [notice.split(" ")[0] for notice in parameters.notices] == ["model", "credited", "touch", "touchCampaignId"]
