"""What are people worth, and after how long? Cohorts by signup or first order, week by week of their age."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.api.reports.revenue.ltv_params import LTV_PARAMETERS, ltv_terms
from analytics.lists.amounts import has_money_events
from analytics.money import major_units
from analytics.presentation.revenue.ltv import BY_LABELS, START_LABELS, ltv_presentation
from analytics.questions.fields import Subject
from analytics.questions.ltv import LONGEST_HORIZON, LtvQuestion
from analytics.reports.revenue.ltv import ltv
from analytics.views.report_page import ReportPage, open_report, understands_report
from campaignos.errors import ParameterError

DEFAULT_DAYS = "12mo"
ROOM_OF_VALUES = 95_000
"""Nobody outside chooses what most of its cells say, so that it may take more of the page than other tables."""


@login_required
@require_safe
@understands_report(*LTV_PARAMETERS)
def ltv_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = open_report(request, slug, "ltv", "Lifetime value", subjects=(Subject.PEOPLE,), default_range=DEFAULT_DAYS)
    page.refuse_split()
    page.room = ROOM_OF_VALUES
    if not has_money_events(page.workspace):
        return page.respond("reports/ltv.html", is_without_money=True)
    question = page.question.with_params(LtvQuestion, **_terms(page))
    report = ltv(page.source, question)
    cost = None if question.cost is None else f"{major_units(question.cost, page.workspace.currency):f}"
    return page.respond(
        "reports/ltv.html",
        ltv_presentation(report, question),
        question=question,
        starts=START_LABELS,
        ways=BY_LABELS,
        cost=cost,
        longest=LONGEST_HORIZON,
    )


def _terms(page: ReportPage) -> Mapping[str, Any]:
    """What is not understood is left out, with a notice."""
    query = {name: value for name in LTV_PARAMETERS if (value := page.request.GET.get(name))}
    while True:
        try:
            return ltv_terms(query, page.workspace.currency)
        except ParameterError as error:
            page.notices.append(f"{error.detail} The default is shown.")
            del query[str(error.parameter)]
