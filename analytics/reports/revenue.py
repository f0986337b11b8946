"""How much? Orders, what they were worth and what was given back, by currency and over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Series, Source
from analytics.ledger.money_columns import MoneyColumns, money_columns
from analytics.ledger.series import Touches
from analytics.orders import NO_MONEY_EVENTS, MoneyEvents, MoneyTotals, money_totals
from analytics.periods import Bucket, Interval, Window, buckets, microseconds
from analytics.questions.filters import NO_CONDITION, AllOf
from analytics.questions.questions import Question
from analytics.questions.slices import EVERYTHING, Slice
from analytics.reports.meta import Meta, meta


@dataclass(frozen=True)
class RevenueReport:
    """`rows` are the buckets of the question's days, oldest first. Buyers are different people, and do not add up."""

    total: MoneyTotals
    rows: tuple[tuple[Bucket, MoneyTotals], ...]
    interval: Interval
    days: int
    meta: Meta


def revenue(source: Source, question: Question) -> RevenueReport:
    """Orders of the question's days. An order that events have told of before, on whatever day, is none again; a refund
    counts on its own day. Conditions on events choose which of them count.

    Source: the ledger's touches of all days, as the columns of money have them. Two queries, one more for people.
    """
    events, through = money_events(source, question.window, question.part)
    parts = buckets(question.window, question.interval)
    starts = [microseconds(bucket.window(question.window.zone).starts_at) for bucket in parts]
    groups = np.searchsorted(starts, events.at, side="right") - 1
    [total] = money_totals(events, np.zeros(len(events), np.int64), 1)
    return RevenueReport(
        total=total,
        rows=tuple(zip(parts, money_totals(events, groups, len(parts)), strict=True)),
        interval=question.interval,
        days=question.window.days,
        meta=meta(source, question, through=through),
    )


def money_events(source: Source, window: Window, part: Slice = EVERYTHING) -> tuple[MoneyEvents, datetime | None]:
    """The events of a window that say something of money, of the people and under the conditions of a part, and when
    the newest was received. What is the first to tell of an order is so among all events."""
    told = money_until(source, window, part.where.events)
    events, are_meant = told.events, told.are_meant
    if not len(events):
        return NO_MONEY_EVENTS, told.through
    are_meant = are_meant & (events.at >= microseconds(window.starts_at)) & (events.at < microseconds(window.ends_at))
    if part.where.people != NO_CONDITION:
        people, _ = source.touches([Series.of_type(name) for name in told.types], window=window, part=part.of_people())
        are_meant &= np.isin(events.people, np.concatenate([each.people for each in people.values()]))
    return events.only(are_meant), told.through


@dataclass(frozen=True, eq=False)
class ToldMoney:
    """All events until some day that say something of money, those of one of the `types` after the other, which
    `type_codes` number. `are_meant` says which meet a condition on events."""

    events: MoneyEvents
    types: tuple[str, ...]
    type_codes: NDArray[np.integer]
    are_meant: NDArray[np.bool_]
    through: datetime | None


def money_until(source: Source, window: Window, where: AllOf = NO_CONDITION) -> ToldMoney:
    """Those until the window ends, from the first on. One of the source's answers."""
    columns = money_columns(source.workspace)
    if not columns:
        return ToldMoney(NO_MONEY_EVENTS, (), np.zeros(0, np.int8), np.zeros(0, np.bool_), None)
    marks = () if where == NO_CONDITION else (where,)
    series = [Series.of_type(name, marks=marks, money=of_type) for name, of_type in columns.items()]
    found, through = source.touches(series, window=_since(source.first_day(), window))
    parts = [found[each] for each in series]
    return ToldMoney(
        _events([*columns.values()], parts, source.workspace.currency),
        tuple(columns),
        np.repeat(np.arange(len(parts)), [len(touches.people) for touches in parts]),
        np.concatenate([touches.marks for touches in parts]) > 0,
        through,
    )


def _since(first: date | None, window: Window) -> Window:
    return Window.between(min(first or window.first_day, window.first_day), window.last_day, zone=window.zone)


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
