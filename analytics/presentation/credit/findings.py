"""What models of credit say together, in sentences."""

from analytics.presentation.credit.texts import model_text, touch_text
from analytics.presentation.formats import count, count_of, credit_text
from analytics.reports.credit.compared import CreditAnswer, CreditKey, CreditValues
from analytics.reports.credit.shares import CONVERSION
from analytics.statistics import leads


def range_of_models(answer: CreditAnswer) -> str:
    """Which touch brings most by whichever model, and from what to what that is; or that it depends on the model."""
    models = [values for values in answer.by_model if not values.report.refusal]
    if not answer.report.rows:
        return "No conversion of this period has a touch before it."
    leaders: dict[CreditKey, list[CreditValues]] = {}
    for values in models:
        leaders.setdefault(next(iter(values.rows)), []).append(values)
    if len(leaders) > 1:
        parts = [f"{_name(answer, key)} by {_models(those)}" for key, those in leaders.items()]
        return f"What brings most depends on the model: {', '.join(parts)}."
    [leader] = leaders
    if all(map(_has_a_leader, models)):
        return f"{_name(answer, leader)} brings most by every model here: {_span(leader, models)}."
    return f"No row is clearly ahead. {_name(answer, leader)} has most by every model here: {_span(leader, models)}."


def _has_a_leader(values: CreditValues) -> bool:
    """Whether the first row has more conversions than the second one by more than chance."""
    first, *others = (int(values.credit(key) or 0) for key in values.rows)
    return not others or leads(first, others[0])


def check_line(answer: CreditAnswer) -> str:
    """`Credits add up to 324 of 324 conversions: 236 with a touch, 88 without.`"""
    report = answer.report
    if report.refusal:
        return ""
    credited = sum(row.credit or 0 for row in report.rows) // CONVERSION
    whole = count_of(report.conversions, "conversion", "conversions")
    parts = f"{count(credited)} with a touch, {count(report.without_touch)} without"
    return f"Credits add up to {count(credited + report.without_touch)} of {whole}: {parts}."


def _span(key: CreditKey, models: list[CreditValues]) -> str:
    by_credit = sorted(models, key=lambda values: values.credit(key) or 0)
    least, most = by_credit[0], by_credit[-1]
    low, high = (credit_text(values.credit(key) or 0) for values in (least, most))
    if low == high:
        return f"{low} conversions"
    return f"from {low} conversions ({_model(least)}) to {high} ({_model(most)})"


def _models(models: list[CreditValues]) -> str:
    return " and ".join(filter(None, (", ".join(map(_model, models[:-1])), _model(models[-1]))))


def _model(values: CreditValues) -> str:
    return model_text(values.report.rule)


def _name(answer: CreditAnswer, key: CreditKey) -> str:
    return touch_text(answer.label(key), answer.report.by)
