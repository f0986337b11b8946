"""A/B tests: all of them, or one over its own life."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.api.reports.experiments.report import EXPERIMENT_PARAMETERS, experiment_terms
from analytics.models import ABTest
from analytics.presentation.experiments.report import experiment_presentation, experiments_presentation, method_label
from analytics.presentation.experiments.texts import GOAL_NAMES, TEST_STATUS_LABELS, goal_name, outcome_text, saved_text
from analytics.questions.experiments import ExperimentQuestion
from analytics.questions.fields import Subject
from analytics.reports.experiments.catalogue import experiments
from analytics.reports.experiments.goals import PLAIN_GOALS, goal_of
from analytics.reports.experiments.report import experiment
from analytics.views.report_page import DAYS_OF_REPORTS, ReportPage, open_report, understands_report
from campaignos.errors import ParameterError
from campaignos.ids import number_of
from workspaces.roles import Right


@login_required
@require_safe
@understands_report("test", *EXPERIMENT_PARAMETERS)
def experiments_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The days choose which are listed; a test has a life of its own."""
    page = open_report(request, slug, "experiments", "A/B tests", subjects=(Subject.PEOPLE,))
    page.refuse_split()
    test_id = _test_id(page)
    if test_id is not None:
        return _one_test(page, test_id)
    _terms(page)
    page.notices += [f"{name} changes nothing on this page." for name in EXPERIMENT_PARAMETERS if request.GET.get(name)]
    question = page.question.with_params(ExperimentQuestion, test_id=0)
    report = experiments(page.source, question)
    new = page.address("ab-test-new") if page.may(Right.WRITE) else ""
    return page.respond("reports/experiments.html", experiments_presentation(report), left_out=report.left_out, new=new)


def _test_id(page: ReportPage) -> int | None:
    """That of the address. What is no id is left out, with a notice."""
    text = page.request.GET.get("test", "")
    number = number_of("ab", text)
    if text and number is None:
        page.notices.append(f"test cannot be {text[:100]!r}; allowed: an identifier such as ab_3. It is left out.")
    return number


def _one_test(page: ReportPage, test_id: int) -> HttpResponseBase:
    question = page.question.with_params(ExperimentQuestion, test_id=test_id, **_terms(page))
    try:
        report = experiment(page.source, question)
    except ABTest.DoesNotExist as error:
        raise Http404 from error
    page.title = report.test.name
    if any(page.request.GET.get(name) for name in DAYS_OF_REPORTS):
        page.notices.append("A test is told over its own life, whatever days are chosen.")
    shown = experiment_presentation(report, question)
    own = goal_of(report.test)
    goals = {own.text: goal_name(own), **{key: GOAL_NAMES[key] for key in PLAIN_GOALS}}
    return page.respond(
        "reports/experiment.html",
        replace(shown, notices=()),
        report=report,
        how_it_stands=TEST_STATUS_LABELS[report.status],
        goals=goals if report.goal.text in goals else {report.goal.text: goal_name(report.goal), **goals},
        windows=sorted({1, 3, 7, 14, 30, report.window_days}),
        verdict=outcome_text(report),
        remarks=shown.notices,
        saved=saved_text(report),
        method=method_label(report),
        change=page.address("ab-test", str(report.test.pk)) if page.may(Right.WRITE) else "",
    )


def _terms(page: ReportPage) -> Mapping[str, Any]:
    """What is not understood is left out, with a notice."""
    query = {name: value for name in EXPERIMENT_PARAMETERS if (value := page.request.GET.get(name))}
    while True:
        try:
            return experiment_terms(query)
        except ParameterError as error:
            page.notices.append(f"{error.detail} The default is shown.")
            del query[str(error.parameter)]
