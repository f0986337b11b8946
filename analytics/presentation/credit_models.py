"""What all models credit touches with, side by side, and how far they are apart."""

from analytics.ledger import Source
from analytics.presentation.credit import credit_notices
from analytics.presentation.credit_texts import ROW_LABELS, WITHOUT_TOUCH, model_label, touch_text
from analytics.presentation.credit_values import ALL_CONVERSIONS, WITHOUT, CreditAnswer, CreditKey, CreditValues
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from analytics.questions.credit import CreditModel
from analytics.reports.credit.report import CreditQuestion

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
    rows = [_row(answer, models, key, touch_text(answer.label(key), question.by)) for key in answer.keys]
    table = Table(
        "models",
        "Conversions credited by each model",
        (Column("touch", ROW_LABELS[question.by]), *columns, *COLUMNS_OF_RANGE),
        (*rows, _row(answer, models, WITHOUT, WITHOUT_TOUCH)),
        foot=_row(answer, models, ALL_CONVERSIONS, "All conversions"),
        sortable=True,
    )
    notices = [notice for values in models for notice in credit_notices(values.report) if values.report.refusal]
    return Presentation(meta=answer.report.meta, tables=(table,), notices=(*dict.fromkeys(notices),))


def _key(values: CreditValues) -> str:
    return values.report.rule.model.value.replace(":", "_")


def _row(answer: CreditAnswer, models: list[CreditValues], key: CreditKey, name: str) -> Row:
    credits = {_key(values): values.credit(key) for values in models}
    known = [credit for credit in credits.values() if credit is not None]
    spans = {"least": Cell(min(known)), "most": Cell(max(known))}
    return Row({"touch": Cell(name), **{model: Cell(credit) for model, credit in credits.items()}, **spans})
