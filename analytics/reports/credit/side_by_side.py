"""What different models say of the same conversions, and how far they are apart."""

from dataclasses import dataclass, replace

from analytics.ledger import Source
from analytics.questions.credit import CreditModel, CreditRule
from analytics.reports.credit.report import CreditQuestion, CreditReport, CreditRow, credit_by_models


@dataclass(frozen=True)
class ModelsRow:
    """The rows of one name by each of the models, in their order."""

    by_model: tuple[CreditRow, ...]

    @property
    def asked_row(self) -> CreditRow:
        return self.by_model[0]

    @property
    def lowest(self) -> int:
        """The least credit that any model gives, in millionths of a conversion."""
        return min(row.credit for row in self.by_model if row.credit is not None)

    @property
    def highest(self) -> int:
        return max(row.credit for row in self.by_model if row.credit is not None)


@dataclass(frozen=True)
class ModelsReport:
    """A report by each model, that of the question's rule first, and their rows side by side in the order of this
    one; where it says nothing, in that of the next."""

    reports: tuple[CreditReport, ...]
    rows: tuple[ModelsRow, ...]

    @property
    def rule(self) -> CreditRule:
        return self.reports[0].rule


def models_side_by_side(source: Source, question: CreditQuestion) -> ModelsReport:
    """By all models, as many queries as credit by one."""
    asked = question.rule
    others = [replace(asked, model=model) for model in CreditModel if model is not asked.model]
    reports = credit_by_models(source, question, [asked, *others])
    rows = [{row.label: row for row in report.rows} for report in reports]
    leading = next(report for report in reports if not report.refusal)
    return ModelsReport(
        reports, tuple(ModelsRow(tuple(by_label[row.label] for by_label in rows)) for row in leading.rows)
    )
