"""What all models credit touches with, side by side, and how far they are apart."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.ledger import Source
from analytics.lists import ConversionList
from analytics.presentation.credit.report import conversions_behind, credit_notices
from analytics.presentation.credit.texts import ROW_LABELS, WITHOUT_TOUCH, model_label, touch_text
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from analytics.questions.credit import CreditModel
from analytics.reports.credit.compared import ALL_CONVERSIONS, WITHOUT, CreditAnswer, CreditKey, CreditValues
from analytics.reports.credit.report import CreditQuestion
from analytics.reports.credit.touches import TouchLabel

COLUMNS_OF_RANGE = (Column("least", "Least", Kind.CREDIT), Column("most", "Most", Kind.CREDIT))


def show_models(source: Source, question: CreditQuestion) -> Presentation:
    return models_presentation(CreditAnswer.of(source, not_compared(question), [*CreditModel]), question)


def not_compared(question: CreditQuestion) -> CreditQuestion:
    """Nine columns have no room for changes: those are told of the chosen model."""
    return question.on(question.window)


def models_presentation(answer: CreditAnswer, question: CreditQuestion) -> Presentation:
    """Models in the order of the form, whichever is chosen."""
    models = sorted(answer.by_model, key=lambda values: [*CreditModel].index(values.report.rule.model))
    columns = [Column(_key(values), model_label(values.report.rule), Kind.CREDIT) for values in models]
    of_models = _ModelRows(answer, models, question)
    table = Table(
        "models",
        "Conversions credited by each model",
        (Column("touch", ROW_LABELS[question.by]), *columns, *COLUMNS_OF_RANGE),
        (*map(of_models.touch, answer.keys), of_models.row(WITHOUT, WITHOUT_TOUCH, None)),
        foot=of_models.row(ALL_CONVERSIONS, "All conversions", None, are_all=True),
        sortable=True,
    )
    notices = [notice for values in models for notice in credit_notices(values.report) if values.report.refusal]
    return Presentation(meta=answer.report.meta, tables=(table,), notices=(*dict.fromkeys(notices),))


def _key(values: CreditValues) -> str:
    return values.report.rule.model.value.replace(":", "_")


@dataclass(frozen=True)
class _ModelRows:
    answer: CreditAnswer
    models: Sequence[CreditValues]
    question: CreditQuestion

    def touch(self, key: CreditKey) -> Row:
        label = self.answer.label(key)
        return self.row(key, touch_text(label, self.question.by), label)

    def row(self, key: CreditKey, name: str, label: TouchLabel | None, *, are_all: bool = False) -> Row:
        """`label` is that of its touches, None of conversions without any or of all of them."""
        cells, known = {"touch": Cell(name)}, []
        for values in self.models:
            credit, rule = values.credit(key), values.report.rule
            whole = ConversionList(self.question.window, rule)
            cells[_key(values)] = Cell(credit, whole if are_all else conversions_behind(rule, self.question, label))
            known += [] if credit is None else [credit]
        return Row({**cells, "least": Cell(min(known)), "most": Cell(max(known))})
