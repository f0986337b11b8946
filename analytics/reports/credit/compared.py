"""What reports of credit say of a touch, by what rows of a table are of."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from analytics.ledger import Source
from analytics.metrics import Change, Numbers, estimate_change, metric_change
from analytics.money import Amount
from analytics.questions.credit import CreditModel
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.credit.report import CreditQuestion, CreditReport, CreditRow, credit, credit_by_models
from analytics.reports.credit.shares import CONVERSION
from analytics.reports.credit.touches import TouchLabel

CreditKey = TouchLabel | tuple[str | None, ...]
"""What the touches of a row have in common."""
WITHOUT: CreditKey = ("", "without")
"""Conversions without a touch: no name of a row has two parts."""
ALL_CONVERSIONS: CreditKey = ("", "all")


@dataclass(frozen=True, eq=False)
class CreditValues:
    """What a report says, by key: nothing of a touch that it does not have, None where its model says nothing."""

    report: CreditReport

    @cached_property
    def rows(self) -> dict[CreditKey, CreditRow]:
        """Most credit first."""
        return {row.label.group(self.report.by): row for row in self.report.rows}

    def credit(self, key: CreditKey) -> float | None:
        """In conversions, with six decimals."""
        found = self._millionths(key)
        return None if found is None else round(found / CONVERSION, 6)

    def _millionths(self, key: CreditKey) -> int | None:
        if key == WITHOUT:
            return self.report.without_touch * CONVERSION
        if key == ALL_CONVERSIONS:
            return self.report.conversions * CONVERSION
        row = self.rows.get(key)
        if row is None:
            return None if self.report.refusal else 0
        return row.credit

    def share(self, key: CreditKey) -> tuple[int, int] | None:
        """Of all conversions: numerator and denominator."""
        found = self._millionths(key)
        return None if found is None else (found, self.report.conversions * CONVERSION)

    def units(self, key: CreditKey, currency: str) -> int | None:
        """Of money, also of other currencies that have been converted into this one."""
        if key == WITHOUT:
            money = self.report.revenue_without_touch
        elif key == ALL_CONVERSIONS:
            money = self.report.revenue
        elif key in self.rows:
            credited = self.rows[key].revenue
            return None if credited is None else credited.exchanged.get(currency, 0)
        else:
            return None if self.report.refusal else 0
        return money.exchanged.get(currency, 0)

    def amount(self, key: CreditKey, currency: str) -> Amount | None:
        units = self.units(key, currency)
        return None if units is None else Amount(currency, units)

    def revenue_numbers(self, key: CreditKey, currency: str) -> Numbers:
        """With as many whole conversions as are credited for orders."""
        orders = (self._millionths(key) or 0) // CONVERSION
        return Numbers(credited_revenue=self.units(key, currency) or 0, orders=orders)


@dataclass(frozen=True, eq=False)
class CreditAnswer:
    """Credit by the question's rule, beside that of the days compared with, and by `others`: the same rule with other
    models. `currency` is the workspace's."""

    answer: Answer[CreditReport]
    others: tuple[CreditValues, ...]
    currency: str

    @classmethod
    def of(cls, source: Source, question: CreditQuestion, models: Sequence[CreditModel]) -> "CreditAnswer":
        """Only the days that are shown are credited by other models than the question's."""
        rule = question.rule
        rules = [rule, *(replace(rule, model=model) for model in models if model is not rule.model)]
        shown, *others = credit_by_models(source, question, rules)

        def of_days(source: Source, asked: CreditQuestion) -> CreditReport:
            return shown if asked.window == question.window else credit(source, asked)

        answer = compared_answer(of_days, source, question)
        return cls(answer, tuple(map(CreditValues, others)), source.workspace.currency)

    @property
    def report(self) -> CreditReport:
        return self.answer.report

    @cached_property
    def values(self) -> Answer[CreditValues]:
        return self.answer.of(CreditValues)

    @property
    def by_model(self) -> tuple[CreditValues, ...]:
        """That of the rule first."""
        return (self.values.report, *self.others)

    @property
    def is_compared(self) -> bool:
        return self.answer.compared is not None

    @property
    def keys(self) -> tuple[CreditKey, ...]:
        """Of rows: most credit first, then what only the days compared with have."""
        compared = self.values.compared.rows if self.values.compared else ()
        return (*dict.fromkeys((*self.values.report.rows, *compared)),)

    def label(self, key: CreditKey) -> TouchLabel:
        """Of one of the keys."""
        row = self.values.report.rows.get(key)
        if row is None and self.values.compared is not None:
            row = self.values.compared.rows[key]
        assert row is not None
        return row.label

    @cached_property
    def rows_called(self) -> Counter[tuple[str | None, ...]]:
        """How many of the keys have the same source, medium and campaign."""
        return Counter((each.source, each.medium, each.campaign) for each in map(self.label, self.keys))

    @cached_property
    def currencies(self) -> tuple[str, ...]:
        """The workspace's, then those that have no rate."""
        return (*dict.fromkeys(self._currencies()),)

    def _currencies(self) -> Iterator[str]:
        for report in (self.answer.report, self.answer.compared):
            yield from report.revenue.exchanged if report else ()

    def credit_change(self, key: CreditKey) -> Change | None:
        complete, compared = self.values.complete, self.values.compared
        if complete is None or compared is None:
            return None
        values = complete.credit(key), compared.credit(key)
        return None if None in values else estimate_change("credit", values[0] or 0.0, values[1] or 0.0)

    def revenue_change(self, key: CreditKey, currency: str) -> Change | None:
        complete, compared = self.values.complete, self.values.compared
        if complete is None or compared is None:
            return None
        numbers = (values.revenue_numbers(key, currency) for values in (complete, compared))
        return replace(metric_change("credited_revenue", *numbers), currency=currency)
