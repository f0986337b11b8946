"""What follows when a workspace changes where events say what they are worth: the ledger follows in the background, and
the audit trail tells how far that has moved the numbers."""

from collections.abc import Iterator
from datetime import date, datetime

from django.db import transaction

from analytics.audited import DataAction
from analytics.ledger import Ledger
from analytics.ledger.money_building import build_money
from analytics.money import Amount
from analytics.periods import Window
from analytics.presentation.formats import amount_text
from analytics.questions.questions import Question
from analytics.reports.revenue.report import revenue
from workspaces.audit import record
from workspaces.conversions import MONEY_SETTINGS
from workspaces.models import Workspace

TOLD_DAYS = 365
"""Days up to today whose orders and revenue are told, as they were and as they are."""


def follow_money(workspace: Workspace, now: datetime) -> Iterator[date]:
    """Build the columns of money that are lacking, each day when it is done; then tell how far the numbers moved.

    Not where the settings were changed meanwhile: the next run does.
    """
    yield from build_money(workspace)
    before, after = _numbers(_as_before(workspace), now), _numbers(workspace, now)
    with transaction.atomic():
        stored = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        if _money_settings(stored) == _money_settings(workspace) and stored.money_before is not None:
            record(
                DataAction.MONEY_MOVED,
                by=None,
                workspace=workspace,
                target=workspace.api_id,
                before=before,
                after=after,
            )
            Workspace.objects.filter(pk=workspace.pk).update(money_before=None)


def _as_before(workspace: Workspace) -> Workspace:
    """Not to be saved."""
    former = Workspace.objects.get(pk=workspace.pk)
    for name, value in (workspace.money_before or {}).items():
        setattr(former, name, value)
    return former


def _money_settings(workspace: Workspace) -> tuple[object, ...]:
    return tuple(getattr(workspace, name) for name in MONEY_SETTINGS)


def _numbers(workspace: Workspace, now: datetime) -> dict[str, object]:
    """Orders and net revenue by currency, as the audit trail tells them."""
    window = Window.last_days(TOLD_DAYS, zone=workspace.zone, now=now)
    total = revenue(Ledger(workspace), Question(window=window, now=now)).total
    nets = {
        f"net_revenue_{currency}_of_{TOLD_DAYS}_days": amount_text(Amount(currency, amounts.net))
        for currency, amounts in sorted(total.by_currency.items())
    }
    return {f"orders_of_{TOLD_DAYS}_days": total.orders, **nets}
