"""What different models say of the same conversions, and how far they are apart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analytics.ledger import Source
from analytics.questions.credit import CreditModel, CreditRule
from analytics.reports.credit.report import CreditQuestion, CreditReport, CreditRow, credit_by_models


@dataclass(frozen=True, kw_only=True)
class ModelsQuestion(CreditQuestion):
    """What the rules credit touches with, which differ in their models alone; without any, all models. Rows are in the
    order of the question's own rule, which is the first of them."""

    rules: tuple[CreditRule, ...] = ()

    @property
    def query(self) -> dict[str, str | list[str]]:
        query = super().query
        if self.rules:
            del query["model"]
            query["models"] = ",".join(rule.model_text for rule in self.rules)
        return query


@dataclass(frozen=True)
class ModelsRow:
    """The rows of one name by each of the models, in their order."""

    by_model: tuple[CreditRow, ...]

    @property
    def asked_row(self) -> CreditRow:
        return self.by_model[0]

    @property
    def range(self) -> tuple[int, int] | None:
        """The least and the most credit that any model gives, in millionths of a conversion; None where all say
        nothing."""
        known = [row.credit for row in self.by_model if row.credit is not None]
        return (min(known), max(known)) if known else None


@dataclass(frozen=True)
class ModelsReport:
    """A report by each model, that of the question's rule first, and their rows side by side in the order of this
    one; where it says nothing, in that of the next. `other_rows` are those of sources that the question's conditions do
    not mean."""

    reports: tuple[CreditReport, ...]
    rows: tuple[ModelsRow, ...]
    other_rows: tuple[ModelsRow, ...]

    @property
    def rule(self) -> CreditRule:
        return self.reports[0].rule


def models_side_by_side(source: Source, question: ModelsQuestion) -> ModelsReport:
    """As many queries as credit by one model."""
    asked = question.rule
    others = [replace(asked, model=model) for model in CreditModel if model is not asked.model]
    reports = credit_by_models(source, question, question.rules or [asked, *others])
    leading = next((report for report in reports if not report.refusal), reports[0])
    return ModelsReport(
        reports,
        _side_by_side(leading.rows, [report.rows for report in reports]),
        _side_by_side(leading.other_rows, [report.other_rows for report in reports]),
    )


def _side_by_side(leading: Sequence[CreditRow], by_model: Sequence[Sequence[CreditRow]]) -> tuple[ModelsRow, ...]:
    by_label = [{row.label: row for row in rows} for rows in by_model]
    return tuple(ModelsRow(tuple(rows[row.label] for rows in by_label)) for row in leading)
