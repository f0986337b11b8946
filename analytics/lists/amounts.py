"""What the newest events of a type say of money, and in which of their properties it could stand."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from analytics.ledger import Ledger
from analytics.models import Event
from analytics.money import Money, money
from analytics.periods import Window
from analytics.questions.values import Scalar, number_in, values_by_path
from campaignos.currencies import currencies
from workspaces.conversions import MoneyRule
from workspaces.models import Workspace

NEWEST_EVENTS = 1_000
PROPERTIES_OFFERED = 20
TYPES_OFFERED = 100
_RECENT_DAYS = 91


@dataclass(frozen=True)
class AmountSample:
    """Of the newest events of a type: how many there are, at most NEWEST_EVENTS, how many of them have no amount and
    how many no currency, and what the newest says. The properties that most have: numbers, currencies, and any others.
    """

    events: int
    without_amount: int
    without_currency: int
    newest_at: datetime | None
    newest: Money | None
    number_paths: tuple[str, ...]
    currency_paths: tuple[str, ...]
    other_paths: tuple[str, ...]


def amount_sample(workspace: Workspace, event_type: str, rule: MoneyRule) -> AmountSample:
    """One query."""
    rows = Event.objects.filter(workspace_id=workspace.pk, type=event_type).order_by("-occurred_at", "-pk")
    newest = [
        (at, values_by_path(given)) for at, given in rows.values_list("occurred_at", "properties")[:NEWEST_EVENTS]
    ]
    amounts = [money(rule, values, workspace.currency) for _, values in newest]
    paths = _paths_by_use([values for _, values in newest])
    return AmountSample(
        events=len(newest),
        without_amount=sum(amount.units is None for amount in amounts),
        without_currency=sum(amount.is_assumed for amount in amounts),
        newest_at=newest[0][0] if newest else None,
        newest=amounts[0] if amounts else None,
        number_paths=paths["number"],
        currency_paths=paths["currency"],
        other_paths=paths["other"],
    )


def _paths_by_use(events: list[Mapping[str, Scalar]]) -> dict[str, tuple[str, ...]]:
    counts: dict[str, Counter[str]] = {use: Counter() for use in ("number", "currency", "other")}
    for values in events:
        for path, value in values.items():
            counts["other"][path] += 1
            counts["number"][path] += number_in(value) is not None
            counts["currency"][path] += isinstance(value, str) and value.strip().upper() in currencies()
    return {use: _most(totals) for use, totals in counts.items()}


def _most(totals: Counter[str]) -> tuple[str, ...]:
    ordered = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    return tuple(path for path, n in ordered[:PROPERTIES_OFFERED] if n)


def has_money_events(workspace: Workspace) -> bool:
    """Whether any event has come in of a type that says something of money. One query."""
    types = [name for name, rule in workspace.rules_by_type.items() if rule.is_money]
    return bool(Ledger(workspace).last_days(types))


def types_to_choose(workspace: Workspace, now: datetime) -> tuple[str, ...]:
    """The types of events of the last three months, most frequent first, at most TYPES_OFFERED. One query."""
    window = Window.last_days(_RECENT_DAYS, zone=workspace.zone, now=now)
    return Ledger(workspace).event_types(window=window)[:TYPES_OFFERED]
