"""What a list of contacts tells of each besides, where it is asked for: what they did, what they bought, attributes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rest_framework import serializers

from analytics.api import params
from analytics.api.net_money import exponents
from analytics.lists.people import PersonRow
from analytics.lists.people_columns import COLUMNS, MONEY_COLUMNS, MOST_COLUMNS
from analytics.questions.fields import CONTACT_PREFIX, Subject, field_of
from analytics.questions.filter_reader import FilterParameters
from analytics.questions.values import value_at
from analytics.reports.revenue.people_money import PersonMoney
from campaignos.commas import comma_values
from campaignos.errors import ParameterError
from workspaces.models import Workspace

_COUNTS = ("events", "messages", "opened", "clicked")
TOLD_OF_CONTACTS = ("devices", "lastEvent", *_COUNTS, *MONEY_COLUMNS)
COLUMNS_ALLOWED = f"{', '.join(TOLD_OF_CONTACTS)}, or an attribute that a contact has, as contact.plan"


def read_contact_columns(text: str, workspace: Workspace, *, sees_addresses: bool) -> tuple[str, ...]:
    """Those that are asked for, in their order. Three queries for each attribute at most.

    Raises ParameterError for what is none, and for too many.
    """
    names = tuple(dict.fromkeys(filter(None, comma_values(text))))
    for name in names:
        if name not in TOLD_OF_CONTACTS and not _is_attribute(name, workspace, sees_addresses):
            raise ParameterError(COLUMNS, given=name[:200], allowed=COLUMNS_ALLOWED)
    if len(names) > MOST_COLUMNS:
        raise ParameterError(COLUMNS, given=text[:200], allowed=f"at most {MOST_COLUMNS} columns")
    return names


def _is_attribute(name: str, workspace: Workspace, sees_addresses: bool) -> bool:
    field = field_of(name)
    if field is None or field.path is None or not name.startswith(CONTACT_PREFIX):
        return False
    is_there = FilterParameters([f"{name}:*"], [], None)
    try:
        params.conditions(is_there, workspace, subjects=[Subject.PEOPLE], sees_addresses=sees_addresses)
    except ParameterError:
        return False
    return True


def column_values(row: PersonRow, columns: Sequence[str]) -> dict[str, Any]:
    """What a contact's columns tell, by their names; instants in ISO 8601, amounts in minor units."""
    return {name: _value(row, name) for name in columns}


def _value(row: PersonRow, name: str) -> Any:
    if name in _COUNTS:
        return getattr(row, name)
    if name in MONEY_COLUMNS:
        return None if row.bought is None else _of_money(row.bought)[name]
    match name:
        case "devices":
            return list(row.devices)
        case "lastEvent":
            return _instant(row.last_event_at)
    assert row.contact is not None
    return value_at(row.contact.attributes, name.removeprefix(CONTACT_PREFIX))


def _of_money(bought: PersonMoney) -> Mapping[str, Any]:
    money, currency = bought.money, bought.currency
    return {
        "orders": money.orders,
        "lastOrder": _instant(bought.last_order_at),
        "value": {
            "currency": currency,
            "converted": money.converted,
            "byCurrency": dict(money.by_currency),
            "exponents": exponents([currency, *money.by_currency]),
        },
    }


def _instant(at: datetime | None) -> Any:
    return None if at is None else serializers.DateTimeField().to_representation(at)
