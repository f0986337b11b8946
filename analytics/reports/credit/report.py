"""Thanks to what do people convert? Conversions and their money by touch, credited by a rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.periods import microseconds
from analytics.questions.credit import CreditRule
from analytics.questions.questions import Question
from analytics.reports.credit.groups import GroupCredits, ModelCredits, group_credits
from analytics.reports.credit.shares import CONVERSION
from analytics.reports.credit.touches import CreditBy, TouchedConversions, TouchLabel, touched_conversions
from analytics.reports.credit.worth import CreditedMoney
from analytics.reports.meta import Meta, meta


@dataclass(frozen=True, kw_only=True)
class CreditQuestion(Question):
    """The rule, and what a row of the answer is of."""

    rule: CreditRule
    by: CreditBy = CreditBy.TOUCH

    @property
    def query(self) -> dict[str, str | list[str]]:
        return super().query | self.rule.query | {"breakdown": self.by.value}


@dataclass(frozen=True)
class CreditRow:
    """`name` is as `TouchLabel.name`. `credit` is in millionths of a conversion, None where the model says nothing;
    `interval` are its 95 % bounds where it is an estimate.

    `revenue` is in minor units, None where the model says nothing. It took part in so many conversions, `assists`, of
    so many `people`; these do not add up over rows.
    """

    name: tuple[str | None, ...]
    label: TouchLabel
    credit: int | None
    interval: tuple[float, float] | None
    revenue: CreditedMoney | None
    assists: int
    people: int


@dataclass(frozen=True)
class CreditReport:
    """Rows have most credit first; `other_rows` are those of sources that the question's conditions do not mean: these
    choose rows, and never change credit. The credits of both add up to `credited` conversions; the others have no
    touch. `refusal` says why a model says nothing.

    `revenue` is that of all conversions, of which rows add up to `credited_revenue`. Of so many orders the amount is
    not known; of so many amounts the currency is not stated. Touches are looked at from the day `touches_from` on.
    """

    rule: CreditRule
    by: CreditBy
    rows: tuple[CreditRow, ...]
    other_rows: tuple[CreditRow, ...]
    conversions: int
    credited: int
    revenue: CreditedMoney
    credited_revenue: CreditedMoney
    without_amount: int
    assumed_currency: int
    refusal: str
    touches_from: date
    days: int
    meta: Meta

    @property
    def without_touch(self) -> int:
        return self.conversions - self.credited

    @property
    def revenue_without_touch(self) -> CreditedMoney:
        return self.revenue.less(self.credited_revenue)


def credit(source: Source, question: CreditQuestion) -> CreditReport:
    """Conversions of the question's days, each credited to the touches before it.

    What a conversion is credited with depends on no other days that are shown. Source: the ledger's touches. Four
    queries, with touches of messages five.
    """
    [report] = credit_by_models(source, question, [question.rule])
    return report


def credit_by_models(source: Source, question: CreditQuestion, rules: Sequence[CreditRule]) -> tuple[CreditReport, ...]:
    """The same by several rules, which differ in their models alone. As many queries."""
    touched = touched_conversions(source, question, question.rule)
    sources, converted = question.part.where.sources, touched.converted
    are_meant = [label.meets(sources) for label in touched.labels]
    named = [(label.group(question.by), is_meant) for label, is_meant in zip(touched.labels, are_meant, strict=True)]
    groups = {group: place for place, group in enumerate(dict.fromkeys(named))}
    group_of_label = np.array([groups[group] for group in named], np.int32)
    found = group_credits(
        touched.touchpoints,
        converted.times,
        rules,
        group_of_label[touched.touchpoints.labels],
        len(groups),
        money=converted.all_money,
        until=microseconds(question.window.ends_at),
    )
    about = meta(source, question, through=touched.through)
    rows = [
        sorted(_rows(touched, question.by, group_of_label, found, each), key=_most_credit_first)
        for each in found.by_model
    ]
    return tuple(
        CreditReport(
            rule=rule,
            by=question.by,
            rows=tuple(row for row in of_model if row.label.meets(sources)),
            other_rows=tuple(row for row in of_model if not row.label.meets(sources)),
            conversions=len(converted.times),
            credited=found.credited,
            revenue=converted.total,
            credited_revenue=converted.credited_money(found.credited_units),
            without_amount=converted.without_amount,
            assumed_currency=converted.assumed_currency,
            refusal=by_model.refusal,
            touches_from=touched.first_day,
            days=question.window.days,
            meta=about,
        )
        for rule, by_model, of_model in zip(rules, found.by_model, rows, strict=True)
    )


def _rows(
    touched: TouchedConversions,
    by: CreditBy,
    group_of_label: NDArray[np.int32],
    found: GroupCredits,
    by_model: ModelCredits,
) -> list[CreditRow]:
    """One for each group that took part or is credited by one of the models, with the first of its labels."""
    are_shown = found.are_shown
    label_of_group = dict(zip(reversed(group_of_label.tolist()), reversed(touched.labels), strict=True))
    return [
        CreditRow(
            name=label.name(by),
            label=label,
            credit=None if by_model.credits is None else int(by_model.credits[group]),
            interval=None if by_model.intervals is None else _interval(by_model.intervals, group),
            revenue=None if by_model.amounts is None else touched.converted.credited_money(by_model.amounts[group]),
            assists=int(found.assists[group]),
            people=int(found.people[group]),
        )
        for group, label in sorted(label_of_group.items())
        if are_shown[group]
    ]


def _interval(bounds: tuple[NDArray[np.float64], NDArray[np.float64]], group: int) -> tuple[float, float]:
    low, high = bounds
    return float(low[group]) / CONVERSION, float(high[group]) / CONVERSION


def _most_credit_first(row: CreditRow) -> tuple[int, int, tuple[str, ...]]:
    return -(row.credit or 0), -row.assists, tuple(part or "" for part in row.name)
