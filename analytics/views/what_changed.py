"""Why did a metric change? What the change is made of, from wherever numbers are compared."""

from dataclasses import replace

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.metrics import METRICS, OF_ORDERS, OF_SHARED_OUT
from analytics.presentation.change_texts import change_sentence, uncut_sentence
from analytics.presentation.what_changed import what_changed_presentation
from analytics.questions.credit import PARAMETERS, CreditModel, CreditRule
from analytics.questions.what_changed import (
    DEFAULT_METRIC,
    METRICS_OF_CHANGES,
    WhatChangedQuestion,
    divides_metric,
    tells_change,
    weighs_touches,
)
from analytics.reports.changes.report import what_changed
from analytics.reports.revenue.order_numbers import tells_money
from analytics.views.credit import model_choices, rule_of
from analytics.views.page import Chip
from analytics.views.report_page import PageFilter, ReportPage, open_report, understands_report


@login_required
@require_safe
@understands_report("metric", "path", *PARAMETERS)
def what_changed_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = open_report(request, slug, "why", "What changed", {PageFilter.COMPARE, PageFilter.OPENS})
    if page.question.compared_days is None:
        page.notices.append("Choose days to compare these with: without others, nothing has changed.")
    possible = _possible_metrics(page)
    metric = _metric(page, possible)
    rule = _rule(page, metric)
    question = page.question.with_params(
        WhatChangedQuestion,
        metric=page.question.shown_metric(metric),
        rule=rule,
        path=(page.request.GET.get("path") or None) if rule else None,
    )
    if question.path:
        page.chips = [*page.chips, Chip("On one path", page.same("path"))]
    report, currency = what_changed(page.source, question), page.workspace.currency
    shown = what_changed_presentation(report, question, currency)
    return page.respond(
        "reports/what_changed.html",
        shown,
        metrics=[METRICS[key] for key in possible],
        chosen=metric,
        models=_models(rule) if rule else (),
        uncut=uncut_sentence(report, currency),
        sentence=change_sentence(report, currency) if question.compared_days else "",
    )


def _possible_metrics(page: ReportPage) -> list[str]:
    """Those that can be told under the filters and be divided as is asked; of opens and clicks the one of all, which
    stands for either."""
    split, has_money = page.question.split, tells_money(page.source)
    found = [
        key
        for key in METRICS_OF_CHANGES
        if tells_change(page.question.part, key) and "human" not in key and (has_money or not _is_of_money(key))
    ]
    if split and not split.segments:
        found = [key for key in found if divides_metric(split.field, key)] or found
    return found


def _is_of_money(metric: str) -> bool:
    return not {metric, *METRICS[metric].parts}.isdisjoint((*OF_ORDERS, "credited_revenue", "buyers"))


def _rule(page: ReportPage, metric: str) -> CreditRule | None:
    """By what the metric is shared out, with a notice for what of it says nothing here; None for what is not."""
    rule = rule_of(page)
    if metric not in OF_SHARED_OUT:
        said = (name for name in (*PARAMETERS, "path") if page.request.GET.get(name))
        page.notices += (f"{name} changes nothing here." for name in said)
        return None
    if weighs_touches(rule):
        return rule
    page.notices.append("Markov's model does not say what each touch is credited with. Last touch is shown.")
    return replace(rule, model=CreditModel.LAST)


def _models(rule: CreditRule) -> list[tuple[str, str, bool]]:
    """Those to choose from, with the rule's own: values and labels, and whether it is chosen."""
    return [each for each in model_choices(rule) if each[0] != CreditModel.MARKOV]


def _metric(page: ReportPage, possible: list[str]) -> str:
    given = page.request.GET.get("metric", "")
    plain = {METRICS[key].of_people: key for key in possible if METRICS[key].of_people}
    asked = plain.get(given, given)
    if asked in possible:
        return asked
    default = DEFAULT_METRIC if DEFAULT_METRIC in possible else possible[0]
    if given:
        page.notices.append(f"metric cannot be {given[:100]!r} here. {METRICS[default].name} is shown.")
    return default
