"""The columns of money: what events of a type say they are worth, by the workspace's rule for the type.

Their names have a digest of the rule. So what was kept by another rule is not known by this one: it is read from the
facts until the segments are made anew, and no answer is by a rule that is no more.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.ledger.codecs import FactColumn, NumberColumn, column_of, joined_columns, no_values
from analytics.ledger.columns import MONEY_PREFIX, Columns
from analytics.money import money
from analytics.questions.values import Scalar
from workspaces.conversions import MoneyRule
from workspaces.models import Workspace


@dataclass(frozen=True)
class MoneyColumns:
    """The columns of a type of event: minor units, below zero where money is given back, the currency where it is
    stated, and a number of the order."""

    rule: MoneyRule
    default_currency: str

    @cached_property
    def names(self) -> tuple[str, str, str]:
        stated = json.dumps([self.rule.data, self.default_currency], sort_keys=True)
        digest = hashlib.sha256(stated.encode()).hexdigest()[:12]
        return f"{MONEY_PREFIX}units:{digest}", f"{MONEY_PREFIX}currency:{digest}", f"{MONEY_PREFIX}order:{digest}"

    def columns(self, properties: Sequence[Mapping[str, Scalar]]) -> dict[str, FactColumn]:
        """By name, of the values of events' properties by path."""
        said = [money(self.rule, values, self.default_currency) for values in properties]
        units = np.array([each.units or 0 for each in said], np.int64)
        orders = np.array([order_number(each.order) for each in said], np.int64)
        parts = (
            NumberColumn(units, np.array([each.units is not None for each in said], np.bool_), 0),
            column_of([None if each.is_assumed else each.currency for each in said]),
            NumberColumn(orders, orders > 0, 0),
        )
        return dict(zip(self.names, parts, strict=True))

    def values(self, parts: Sequence[Columns]) -> "MoneyValues":
        """Of one part after the other. Raises LookupError where they are not known."""
        units, currency, order = (
            joined_columns([part[name] for part in parts]) if parts else no_values(0) for name in self.names
        )
        stated = currency.as_values
        names = [None if value is None else str(value) for value in stated.values]
        return MoneyValues(_numbers(units), _are_there(units), stated.codes, names, _numbers(order))


@dataclass(frozen=True, eq=False)
class MoneyValues:
    """Parallel arrays: minor units, whether an amount is stated, a code of the currency, and a number of the order, 0
    without one. `currencies` by code; None is one that is not stated."""

    units: NDArray[np.int64]
    have_amount: NDArray[np.bool_]
    currency_codes: NDArray[np.integer]
    currencies: Sequence[str | None]
    orders: NDArray[np.int64]

    def at(self, places: NDArray[Any]) -> "MoneyValues":
        codes = self.currency_codes[places]
        return MoneyValues(self.units[places], self.have_amount[places], codes, self.currencies, self.orders[places])


def money_columns(workspace: Workspace) -> dict[str, MoneyColumns]:
    """By type of event, those of the types that say something of money."""
    rules = workspace.rules_by_type
    return {name: MoneyColumns(rule, workspace.currency) for name, rule in rules.items() if rule.is_money}


def order_number(order: str) -> int:
    """A number of 62 bits for the id of an order, 0 without one: of three million orders two have the same one in a
    million workspaces."""
    return int.from_bytes(blake2b(order.encode(), digest_size=8).digest()) >> 2 or 1 if order else 0


def _numbers(column: FactColumn) -> NDArray[np.int64]:
    """Whole numbers, 0 where there is none."""
    if isinstance(column, NumberColumn):
        return np.where(column.is_there, column.numbers, 0)
    return np.array([0 if value is None else int(value) for value in column.list()], np.int64)


def _are_there(column: FactColumn) -> NDArray[np.bool_]:
    if isinstance(column, NumberColumn):
        return column.is_there
    return column.having(value is not None for value in column.values)
