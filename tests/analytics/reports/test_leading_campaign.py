"""Revenue by the campaigns that it is credited to: parts that add up to its change, and the one that most of it is."""

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape

import pytest

from analytics.ledger import Ledger
from analytics.lists.changes import rows_of_change
from analytics.models import Campaign
from analytics.periods import Window
from analytics.questions.fields import field_of
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf, Is
from analytics.questions.groups import Breakdown
from analytics.questions.parts import parts_of
from analytics.questions.ranges import ComparedDays, Comparison
from analytics.questions.slices import Slice
from analytics.questions.what_changed import WhatChangedQuestion
from analytics.reports.campaigns.credit import campaign_credits, usual_rule
from analytics.reports.changes.leading import leading_campaign
from analytics.reports.changes.report import what_changed
from tests.analytics.ledger.facts import Facts
from tests.analytics.reports.items import contact, event, message
from tests.analytics.views.texts import text_of

CAMPAIGN = Breakdown(field_of("campaign"))


def bought(who, day, revenue, **more):
    return event("purchase", who, f"03-{day:02} 12:00", properties={"revenue": revenue, **more})


@pytest.fixture
def shop(bulk):
    """Forty people buy in both weeks; forty others got Spring in the second one, clicked and bought."""
    bulk("campaigns", [{"externalId": name.lower(), "name": name} for name in ("Spring", "Winter")])
    regulars, others = [f"r{n}" for n in range(40)], [f"s{n}" for n in range(40)]
    bulk("contacts", [contact(name, "01-05 08:00") for name in (*regulars, *others)])
    for day, campaign, people in ((12, "winter", regulars[:4]), (25, "spring", others)):
        at = f"03-{day} 09:00"
        reached = {"sent": at, "delivered": at, "clicked": f"03-{day} 10:00"}
        bulk(
            "messages", [message(f"{campaign} {who}", at, contact=who, campaign=campaign, **reached) for who in people]
        )
    bulk("events", [bought(name, day, 10, order_id=f"{name} {day}") for name in regulars for day in (12, 24)])
    bulk("events", [bought(name, 25, 10 + n % 3, order_id=name) for n, name in enumerate(others)])
    refund = {"revenue": 5, "order_id": others[0]}
    bulk("events", [event("Order Refunded", others[0], "03-26 12:00", properties=refund)])


def question(workspace, now, **more):
    window = Window.between(date(2026, 3, 23), date(2026, 3, 29), zone=workspace.zone)
    before = replace(window, first_day=window.first_day - timedelta(days=14))
    asked = {"comparison": Comparison.CUSTOM, "compared_days": ComparedDays(before, 14)} | more
    return WhatChangedQuestion(window=window, now=now, metric="revenue", **asked)


def test_parts_are_what_campaigns_are_credited_with_and_add_up(shop, workspace, now):
    """Four of those who bought in the first week had clicked in Winter."""
    asked = question(workspace, now)
    report = what_changed(Ledger(workspace), asked)
    change = next(change for change in report.changes if change.name == "campaign")
    told = {piece.name: (piece.both.numbers["revenue"], piece.both.before["revenue"]) for piece in change.pieces}
    spring = sum(1000 + 100 * (n % 3) for n in range(40)) - 500
    assert told == {"Spring": (spring, 0), "Winter": (0, 4000), None: (40000, 36000)}
    assert sum(piece.amount for piece in change.pieces) == report.amount == spring
    assert [piece.name for piece in change.beyond_chance] == ["Spring"]
    assert change.pieces[0].both.people == 40
    rule = usual_rule(Ledger(workspace), asked)
    credited = campaign_credits(Ledger(workspace), asked, rule).of(Campaign.objects.get(name="Spring").pk)
    assert credited.revenue == spring
    found = what_changed(Facts(workspace), asked)
    assert replace(found, meta=report.meta) == report
    assert {rows_of_change("revenue", report.periods, 0, piece) for piece in change.pieces} == {None}


def test_what_campaigns_bring_leads_to_what_its_change_is_made_of(shop, workspace, api, bulk, now):
    """Winter has 40 credited orders of 10 before, and 41 of 20 now."""
    people = [f"w{n}" for n in range(41)]
    bulk("contacts", [contact(name, "01-05 08:00") for name in people])
    for day, whose, revenue in ((12, people[4:40], 10), (25, people, 20)):
        at = f"03-{day} 09:00"
        reached = {"sent": at, "delivered": at, "clicked": f"03-{day} 10:00"}
        sent = [message(f"{day} {who}", at, contact=who, campaign="winter", **reached) for who in whose]
        bulk("messages", sent)
        bulk("events", [bought(who, day, revenue, order_id=f"{day} {who}") for who in whose])
    days = {"from": "2026-03-23", "to": "2026-03-29", "compare": "custom"}
    days |= {"compareFrom": "2026-03-09", "compareTo": "2026-03-15"}
    html = api.get(f"/w/{workspace.slug}/reports/campaign/", days).content.decode()
    whys = [unescape(address) for address in re.findall(r'class="why" href="([^"]+)"', html)]
    winter = Campaign.objects.get(name="Winter").api_id
    said = {
        "metric=credit&": "Credited conversions rose from 40.00 to 41.00 (+1.00)",
        "metric=credited_revenue&": "Credited revenue rose from 400.00 EUR to 820.00 EUR (+420.00 EUR)",
    }
    for part, sentence in said.items():
        [address] = [each for each in whys if part in each and f"campaign%3A{winter}" in each]
        assert sentence in text_of(api.get(address).content.decode())


def test_it_can_be_divided_by_campaigns_alone_unless_credit_cannot_be_told(shop, workspace, now):
    report = what_changed(Ledger(workspace), question(workspace, now, split=CAMPAIGN))
    assert [change.name for change in report.changes] == ["campaign"]
    of_email = Slice(where=parts_of(canonical(AllOf((Is(field_of("utm.source"), ("news",)),)))))
    assert what_changed(Ledger(workspace), question(workspace, now, split=CAMPAIGN, part=of_email)).changes == ()


def test_most_of_a_change_is_a_campaigns_only_beyond_chance_and_from_half_of_it_on(shop, workspace, now, bulk):
    leading = leading_campaign(Ledger(workspace), question(workspace, now))
    assert leading.name == "Spring"
    assert (
        leading_campaign(Ledger(workspace), question(workspace, now, comparison=Comparison.OFF, compared_days=None))
        is None
    )
    bulk("events", [bought(f"?v{n}", 26, 30, order_id=f"v{n}") for n in range(40)])
    assert leading_campaign(Ledger(workspace), question(workspace, now)) is None


def test_the_overview_says_what_most_of_the_change_of_revenue_is(shop, workspace, api, now):
    days = {"from": "2026-03-23", "to": "2026-03-29", "compare": "custom"}
    compared = {"compareFrom": "2026-03-09", "compareTo": "2026-03-15"}
    text = text_of(api.get(f"/w/{workspace.slug}/reports/overview/", {**days, **compared}).content.decode())
    assert "more, mostly Spring (+434.00 EUR);" in text
    why = api.get(f"/w/{workspace.slug}/reports/why/", {**days, **compared, "metric": "revenue"}).content.decode()
    assert f"/reports/campaign/?campaign={Campaign.objects.get(name='Spring').api_id}" in why
