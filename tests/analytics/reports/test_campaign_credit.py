"""What campaigns bring: by hand, and over random histories the sums of what their touches are credited with."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.models import Campaign, Message, Person
from analytics.periods import Window
from analytics.questions.credit import CreditModel, CreditRule, TouchKind
from analytics.questions.questions import Question
from analytics.questions.reader import OF_API, read_question
from analytics.reports.campaigns.credit import CampaignCredit, campaign_credits, compared_campaign_credits
from analytics.reports.credit.report import CreditQuestion, credit
from analytics.reports.credit.shares import CONVERSION
from tests.analytics.asking import ask
from tests.analytics.reports.items import message
from tests.analytics.reports.test_random_histories import histories, send
from tests.analytics.two_campaigns import fill_two_campaigns
from tests.copied_rows import copied
from tests.examples import examples
from workspaces.models import Workspace

pytestmark = pytest.mark.usefixtures("now")
slugs = count()
DAY = timedelta(days=1)
LINEAR = CreditRule(CreditModel.LINEAR)


@pytest.fixture
@copied
def two_campaigns(bulk):
    fill_two_campaigns(bulk)


def credits_of(workspace, now, rule=LINEAR, days=30):
    found = campaign_credits(Ledger(workspace), ask(workspace, now, days), rule)
    numbers = {campaign.pk: campaign.external_id for campaign in Campaign.objects.all()}
    return found, {numbers[pk]: each for pk, each in found.by_campaign.items()}


def test_credit_that_can_be_added_up_by_hand(two_campaigns, workspace, now):
    """Nine euros and a cent are left of Ada's order, and halves of a cent go to the first of two."""
    found, by_name = credits_of(workspace, now)
    assert by_name == {
        "welcome": CampaignCredit(CONVERSION // 2, 451, {}, 2),
        "spring": CampaignCredit(CONVERSION + CONVERSION // 2, 450, {"USD": 700}, 1),
    }
    assert (found.currency, found.has_money) == ("EUR", True)
    assert found.of(0) == CampaignCredit()


def test_a_rule_says_what_counts(two_campaigns, workspace, now):
    """By clicks alone Bob came by nothing; by the last of them, the second campaign has all."""
    rule = CreditRule(CreditModel.LAST, lookbacks=((TouchKind.CLICKED, 5 * DAY),))
    _, by_name = credits_of(workspace, now, rule)
    assert by_name["spring"] == CampaignCredit(CONVERSION, 901, {}, 1)
    assert by_name["welcome"] == CampaignCredit(recipients=2)


def test_a_model_that_says_nothing_credits_nobody(two_campaigns, workspace, now):
    _, by_name = credits_of(workspace, now, CreditRule(CreditModel.MARKOV))
    assert by_name == {"welcome": CampaignCredit(recipients=2), "spring": CampaignCredit(recipients=1)}


def test_without_money_there_are_conversions(two_campaigns, bulk, workspace, now):
    workspace.money_rules = {
        name: {"kind": "none", "amount": [], "currency": [], "order": []} for name in ("purchase", "Order Refunded")
    }
    found, by_name = credits_of(workspace, now)
    assert (found.has_money, by_name["welcome"].credit, by_name["welcome"].revenue) == (False, CONVERSION // 2, 0)


def test_an_empty_workspace(workspace, now):
    found, by_name = credits_of(workspace, now)
    assert (by_name, found.has_money, found.through) == ({}, False, None)


def test_all_campaigns_are_one_question(two_campaigns, bulk, workspace, now, django_assert_num_queries):
    def queries():
        with django_assert_num_queries(10) as captured:
            campaign_credits(Ledger(workspace), ask(workspace, now), LINEAR)
        return len(captured)

    few = queries()
    bulk("campaigns", [{"externalId": f"c{n}", "name": f"C{n}"} for n in range(20)])
    reached = dict.fromkeys(("sent", "delivered", "opened", "clicked"), "03-22 08:00")
    bulk("messages", [message(f"c{n}", "03-22 08:00", campaign=f"c{n}", **reached) for n in range(20)])
    assert queries() == few


def test_days_within_those_that_were_read_are_read_no_more(two_campaigns, workspace, now, django_assert_num_queries):
    source = Ledger(workspace)
    campaign_credits(source, ask(workspace, now, 30), LINEAR)
    with django_assert_num_queries(0):
        of_week = campaign_credits(source, ask(workspace, now, 7), LINEAR)
    assert of_week.by_campaign == campaign_credits(Ledger(workspace), ask(workspace, now, 7), LINEAR).by_campaign


@pytest.mark.long
@pytest.mark.django_db
@examples(12)
@given(
    history=histories(),
    model=st.sampled_from([CreditModel.FIRST, CreditModel.LAST, CreditModel.LINEAR, CreditModel.DECAY]),
    days=st.integers(1, 20),
    data=st.data(),
)
def test_credit_is_the_sum_of_that_of_touches(history, model, days, data):
    workspace = Workspace.objects.create(name="W", slug=f"cc{next(slugs)}", time_zone=history.zone.key)
    send(workspace, history)
    stated = Campaign.objects.filter(workspace=workspace)
    if data.draw(st.booleans()):
        stated.update(utm_source=data.draw(st.sampled_from(["google", "a", "news"])))
    window = Window.last_days(days, zone=workspace.zone, now=history.now)
    kinds = data.draw(st.sets(st.sampled_from(TouchKind), min_size=1))
    rule = CreditRule(model, lookbacks=tuple((kind, 30 * DAY) for kind in sorted(kinds)))
    asked: Question = ask(workspace, history.now, window)
    by_touch = credit(Ledger(workspace), asked.with_params(CreditQuestion, rule=rule))
    found = campaign_credits(Ledger(workspace), asked, rule)
    days_and_others = {"from": f"{window.first_day}", "to": f"{window.last_day}", "compare": "previous"}
    question, _ = read_question(
        days_and_others, now=history.now, zone=workspace.zone, earliest=lambda: window.first_day, defaults=OF_API
    )
    compared = compared_campaign_credits(Ledger(workspace), question, rule)
    assert compared.report == found
    for told, of_days in zip((compared.complete, compared.compared), question.compared_questions or (), strict=False):
        assert told == replace(campaign_credits(Ledger(workspace), of_days, rule), through=told.through)
    source, wider = Ledger(workspace), asked.on(Window.last_days(days + 9, zone=workspace.zone, now=history.now))
    assert replace(campaign_credits(source, wider, rule), through=None) == replace(
        campaign_credits(Ledger(workspace), wider, rule), through=None
    )
    inner = asked.on(Window.between(window.first_day, window.last_day - DAY * (days > 1), zone=workspace.zone))
    for within in (asked, inner):
        again = campaign_credits(source, within, rule)
        assert again == replace(campaign_credits(Ledger(workspace), within, rule), through=again.through)
    for campaign in stated:
        rows = [row for row in by_touch.rows if row.label.campaign_id == campaign.pk]
        told = found.of(campaign.pk)
        assert told.credit == sum(row.credit for row in rows)
        assert told.revenue == sum(row.revenue.exchanged.get("EUR", 0) for row in rows)
        assert told.recipients == len(recipients(workspace, campaign, window))


def recipients(workspace, campaign, window):
    root = dict(Person.objects.filter(workspace_id=workspace.pk).values_list("number", "joined_to"))
    numbers = Message.objects.filter(
        workspace_id=workspace.pk,
        campaign=campaign,
        delivered_at__isnull=False,
        created_at__gte=window.starts_at,
        created_at__lt=window.ends_at,
    ).values_list("person_number", flat=True)

    def known_by(number):
        return number if root[number] is None else known_by(root[number])

    return {known_by(number) for number in numbers}
