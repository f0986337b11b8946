"""What all events say of money, as the ledger's columns have it: of which orders are counted once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Series, Source, Touches
from analytics.ledger.codecs import FactColumn
from analytics.ledger.kept_columns import kept_answer
from analytics.ledger.money_columns import MoneyColumns, money_columns
from analytics.orders import NO_MONEY_EVENTS, MoneyEvents
from analytics.periods import Window
from analytics.questions.fields import Field
from analytics.questions.filters import NO_CONDITION, AllOf
from analytics.questions.questions import RefundsBy
from analytics.questions.slices import EVERYTHING, Slice


@dataclass(frozen=True, eq=False)
class ToldMoney:
    """All events that say something of money, those of one of the `types` after the other, which `type_codes` number.

    `are_meant` says which meet a condition on events. `days` are those on which anything is counted, None where there
    are none; `values` those of a field of events, for each part of a type, where they are asked for.
    """

    events: MoneyEvents
    types: tuple[str, ...]
    type_codes: NDArray[np.integer]
    are_meant: NDArray[np.bool_]
    days: Window | None
    through: datetime | None
    values: Sequence[FactColumn] = ()

    def inside(self, window: Window | None, refunds_by: RefundsBy = RefundsBy.DAY) -> NDArray[np.bool_]:
        """Which of those that are meant lie in a window (None: ever), refunds by their own day or that of their
        order."""
        if window is None:
            return self.are_meant
        return self.are_meant & window.covers(self.instants(refunds_by))

    def instants(self, refunds_by: RefundsBy) -> NDArray[np.int64]:
        """By which they belong to days."""
        return self.events.sold_at if refunds_by is RefundsBy.ORDER else self.events.at

    def are_of(self, source: Source, part: Slice, window: Window) -> NDArray[np.bool_]:
        """Which are of the people whom a part means on the days of a window. One of the source's answers."""
        if part.where.people == NO_CONDITION or self.days is None or not self.types:
            return np.ones(len(self.events), np.bool_)
        series = [Series.of_type(name) for name in self.types]
        meant = part.of_people().ending_with(part.until or window.last_day)
        touches, _ = source.touches(series, window=self.days, part=meant)
        return np.isin(self.events.people, np.concatenate([each.people for each in touches.values()]))


def told_money(source: Source, where: AllOf = NO_CONDITION, by: Field | None = None) -> ToldMoney:
    """Of all days: another event may tell again of an order, or be the first to state its amount, on any of them.

    With the values of the field `by`, where events have it. One of the source's answers, and its days; found once of a
    source.
    """
    return source.answer_once(("told money", where, by), lambda: _told_money(source, where, by))


def _told_money(source: Source, where: AllOf, by: Field | None) -> ToldMoney:
    columns, days = money_columns(source.workspace), source.all_days()
    if not columns or days is None:
        return ToldMoney(NO_MONEY_EVENTS, (), np.zeros(0, np.int8), np.zeros(0, np.bool_), days, None)
    marks = () if where == NO_CONDITION else (where,)
    series = [Series.of_type(name, by=by, marks=marks, money=of_type) for name, of_type in columns.items()]
    found, through = source.touches(series, window=days)
    parts = [found[each] for each in series]
    return ToldMoney(
        _events_once(source, [*columns.values()], parts, by),
        tuple(columns),
        np.repeat(np.arange(len(parts)), [len(touches.people) for touches in parts]),
        np.concatenate([touches.marks for touches in parts]) > 0,
        days,
        through,
        [touches.values for touches in parts] if by else (),
    )


def _events_once(
    source: Source, columns: Sequence[MoneyColumns], parts: Sequence[Touches], by: Field | None
) -> MoneyEvents:
    """Those that were made last, while touches are the same: to tell which are orders takes longer than to read."""
    workspace, stamps = source.workspace, [touches.stamps for touches in parts]
    if None in stamps:
        return _events(columns, parts, workspace.currency)
    return kept_answer(
        ("money events", workspace.pk, by),
        (workspace.currency, *stamps),
        lambda: _events(columns, parts, workspace.currency),
        size=MoneyEvents.size,
    )


def money_events(
    source: Source, window: Window, part: Slice = EVERYTHING, refunds_by: RefundsBy = RefundsBy.DAY
) -> tuple[MoneyEvents, datetime | None]:
    """The events of a window that say something of money, of the people and under the conditions of a part, and when
    the newest was received. What is the first to tell of an order is so among all events."""
    told = told_money(source, part.where.events)
    are_meant = told.inside(window, refunds_by) & told.are_of(source, part, window)
    return told.events.only(are_meant), told.through


def _events(columns: Sequence[MoneyColumns], parts: Sequence[Touches], default_currency: str) -> MoneyEvents:
    names = dict.fromkeys([default_currency])
    for touches in parts:
        names.update(dict.fromkeys(filter(None, touches.money.currencies)))
    code_of = {name: code for code, name in enumerate(names)}
    codes, assumed = [], []
    for touches in parts:
        stated = touches.money
        of_codes = [code_of[currency or default_currency] for currency in stated.currencies]
        codes.append(np.array(of_codes, np.int64)[stated.currency_codes])
        assumed.append(np.array([currency is None for currency in stated.currencies], np.bool_)[stated.currency_codes])
    return MoneyEvents(
        people=np.concatenate([touches.people for touches in parts]),
        at=np.concatenate([touches.at for touches in parts]),
        units=np.concatenate([touches.money.units for touches in parts]),
        have_amount=np.concatenate([touches.money.have_amount for touches in parts]),
        currency_codes=np.concatenate(codes),
        currencies=tuple(names),
        orders=np.concatenate([touches.money.orders for touches in parts]),
        are_refunds=np.concatenate(
            [np.full(len(touches.people), each.rule.is_refund) for each, touches in zip(columns, parts, strict=True)]
        ),
        are_assumed=np.concatenate(assumed),
    )
