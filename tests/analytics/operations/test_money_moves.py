"""Changed settings of money: the ledger follows in the background, and the audit trail tells how far numbers moved."""

from datetime import timedelta

import pytest

from analytics.audited import DataAction
from analytics.ledger import Ledger
from analytics.operations import jobs
from analytics.operations.money_moves import follow_money
from analytics.periods import Window
from analytics.questions.questions import Question
from analytics.reports.revenue.report import revenue
from tests.copied_rows import copied
from workspaces.changes import change_settings
from workspaces.models import AuditEvent, Workspace

pytestmark = pytest.mark.django_db
RULE = {"kind": "sale", "amount": ["paid"], "currency": ["currency"], "order": ["order_id"]}


@pytest.fixture
@copied
def sold(bulk, now):
    """On three days: revenue says 10, and paid 12.50."""
    bulk("contacts", [{"externalId": "c0"}])
    item = {"type": "purchase", "contact": "c0", "properties": {"revenue": 10, "paid": 12.5}}
    days = [(now - timedelta(days=age)).isoformat() for age in (1, 2, 200)]
    bulk("events", [{**item, "messageId": f"m{place}", "occurredAt": at} for place, at in enumerate(days)])


@pytest.fixture
def change(workspace, owner):
    return lambda **settings: change_settings(workspace=workspace, by=owner, **settings)


def told():
    return [(event.before, event.after) for event in AuditEvent.objects.filter(action=DataAction.MONEY_MOVED)]


def days_read_from_facts(workspace, now):
    ledger = Ledger(Workspace.objects.get(pk=workspace.pk))
    revenue(ledger, Question(window=Window.last_days(365, zone=workspace.zone, now=now), now=now))
    return max((each.days for each in ledger.facts_read), default=0)


def numbers(net, orders=3, currency="EUR"):
    return {"orders_of_365_days": orders, f"net_revenue_{currency}_of_365_days": net}


@pytest.mark.long
def test_a_changed_rule_is_followed_and_told(workspace, sold, change, now):
    change(money_rules={"purchase": RULE})
    assert days_read_from_facts(workspace, now) == 3
    assert jobs.follow_money_rules(now) == {"days": 3}
    assert days_read_from_facts(workspace, now) == 0
    assert told() == [(numbers("30.00 EUR"), numbers("37.50 EUR"))]
    assert jobs.follow_money_rules(now) == {"days": 0}
    assert len(told()) == 1


def test_what_comes_before_the_ledger_has_followed_is_one_change(workspace, sold, change, now, monkeypatch):
    change(money_rules={"purchase": RULE})
    monkeypatch.setattr(jobs, "BUILD_SECONDS", -1)
    assert [jobs.follow_money_rules(now)["days"] for _ in range(2)] == [1, 1]
    assert told() == []
    change(currency="USD")
    monkeypatch.undo()
    assert jobs.follow_money_rules(now) == {"days": 3}
    assert told() == [(numbers("30.00 EUR"), numbers("37.50 USD", currency="USD"))]


def test_settings_that_say_nothing_of_money_are_not_followed(workspace, sold, change, now):
    change(name="Shop", second_factor_required=False)
    assert Workspace.objects.get(pk=workspace.pk).money_before is None
    assert jobs.follow_money_rules(now) == {"days": 0}
    assert told() == []


def test_conversions_that_are_none_any_more_have_no_money(workspace, sold, change, now):
    change(conversion_types=["signup"])
    jobs.follow_money_rules(now)
    assert told() == [(numbers("30.00 EUR"), {"orders_of_365_days": 0})]


def test_settings_changed_while_the_ledger_follows_are_followed_next(workspace, sold, change, now):
    change(money_rules={"purchase": RULE})
    stale = Workspace.objects.get(pk=workspace.pk)
    change(money_rules={"purchase": {**RULE, "kind": "refund"}})
    list(follow_money(stale, now))
    assert told() == []
    jobs.follow_money_rules(now)
    assert told() == [(numbers("30.00 EUR"), numbers("−37.50 EUR", orders=0))]
