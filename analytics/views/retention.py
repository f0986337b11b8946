"""Do people stay? Cohorts by signup, and who of them was active week by week."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.api import params
from analytics.lists.amounts import has_money_events
from analytics.lists.names import event_type_exists
from analytics.periods import OF_WHOLE_DAYS, Interval
from analytics.presentation.fitting import first_of
from analytics.presentation.retention import (
    COHORT_UNITS,
    CohortFigure,
    CohortView,
    cohorts_table,
    retention_presentation,
)
from analytics.questions.fields import Subject
from analytics.questions.questions import ACTIVITIES, EVENT_METRIC_PREFIX, REVENUE, CohortsQuestion
from analytics.reports.cohorts import cohorts, subject_of_activity
from analytics.views.report_page import ReportPage, open_report, understands_report
from analytics.views.room import SUGGESTED_TYPES
from campaignos.errors import ParameterError
from campaignos.page_parameters import one_of
from workspaces.models import Workspace

MAX_COHORT_DAYS = 731
MOST_DAILY_COHORTS = 31
ROOM_OF_HEAT_MAP = 95_000
"""Nobody outside chooses what its cells say, so that it may take more of the page than other tables."""
SHOWN = tuple(CohortFigure)


@login_required
@require_safe
@understands_report("metric", "unit", show=one_of(SHOWN))
def retention_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    activity = subject_of_activity(request.GET.get("metric", ACTIVITIES[0]))
    page = open_report(request, slug, "retention", "Retention", subjects=(Subject.PEOPLE, activity))
    if page.window.days > MAX_COHORT_DAYS:
        return page.respond("reports/retention.html", is_too_large=True, most_days=MAX_COHORT_DAYS)
    page.room = ROOM_OF_HEAT_MAP
    metric = _metric(page)
    unit = _unit(page)
    question = page.question.with_params(CohortsQuestion, metric=metric)
    view = CohortView(page.window, unit, _figure(page, metric), page.workspace.currency)
    report = cohorts(page.source, question)
    event_types, left_out = first_of(page.source.event_types(window=page.window), SUGGESTED_TYPES)
    chosen = report.metric.removeprefix(EVENT_METRIC_PREFIX)
    if chosen != report.metric and chosen not in event_types:
        event_types = (*event_types, chosen)
    return page.respond(
        "reports/retention.html",
        retention_presentation(report, view, cohorts_table(page.source, question, view)),
        report=report,
        activities=_activities(page.workspace, metric),
        event_types=event_types,
        event_types_left_out=left_out,
        units=COHORT_UNITS,
        unit=unit,
        figure=view.shows,
        figures=_figures(metric),
    )


def _activities(workspace: Workspace, metric: str) -> list[str]:
    """Those to choose from: orders where there are any."""
    is_of_money = metric == REVENUE or has_money_events(workspace)
    return [activity for activity in ACTIVITIES if activity != REVENUE or is_of_money]


def _figures(metric: str) -> dict[CohortFigure, str]:
    """What cells can say, the usual first."""
    money = {CohortFigure.MONEY: "Net revenue"} if metric == REVENUE else {}
    return {**money, CohortFigure.PERCENT: "%", CohortFigure.COUNTS: "Contacts"}


def _figure(page: ReportPage, metric: str) -> CohortFigure:
    figures = _figures(metric)
    given = page.request.GET.get("show") or next(iter(figures))
    if given == CohortFigure.MONEY and given not in figures:
        page.notices.append(f"show cannot be money unless metric is {REVENUE}. The default is shown.")
    return CohortFigure(given) if given in figures else next(iter(figures))


def _metric(page: ReportPage) -> str:
    try:
        metric = params.activity({"metric": page.request.GET.get("metric", ACTIVITIES[0])})
        event_type = metric.removeprefix(EVENT_METRIC_PREFIX)
        if event_type != metric and not event_type_exists(page.workspace, event_type):
            raise ParameterError("metric", given=metric, allowed="the type of an event that has come in")
        return metric
    except ParameterError as error:
        page.notices.append(f"{error.detail} The default is shown.")
        return ACTIVITIES[0]


def _unit(page: ReportPage) -> Interval:
    default = Interval.DAY if page.window.days <= MOST_DAILY_COHORTS else Interval.WEEK
    given = page.request.GET.get("unit") or default
    if given in OF_WHOLE_DAYS:
        return Interval(given)
    page.notices.append(f"unit cannot be {given[:100]!r}; allowed: {', '.join(OF_WHOLE_DAYS)}. The default is shown.")
    return default
