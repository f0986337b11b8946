"""Who is active: the pages of people's lifecycle and of how often they come."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.api import params
from analytics.lists.active_people import ACTIVE_METRICS, METRIC_ALLOWED
from analytics.lists.names import event_type_exists
from analytics.presentation.activity.report import activity_asked, show_lifecycle, show_stickiness
from analytics.presentation.fitting import first_of
from analytics.presentation.presentation import Presentation
from analytics.presentation.reports import Show
from analytics.questions.fields import Subject
from analytics.questions.questions import ACTIVITIES, EVENT_METRIC_PREFIX, REVENUE, CohortsQuestion
from analytics.reports.activity.periods import MOST_ACTIVE_PERIODS
from analytics.reports.cohorts.report import subject_of_activity
from analytics.views.report_page import PageFilter, ReportPage, open_report, understands_report
from analytics.views.room import SUGGESTED_TYPES
from campaignos.errors import ParameterError


@login_required
@require_safe
@understands_report("metric")
def lifecycle_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = _open(request, slug, "lifecycle", "Lifecycle")
    return _response(page, show_lifecycle)


@login_required
@require_safe
@understands_report("metric")
def stickiness_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = _open(request, slug, "stickiness", "Stickiness")
    if page.window.days > MOST_ACTIVE_PERIODS:
        return page.respond("reports/activity.html", is_too_large=True, most_days=MOST_ACTIVE_PERIODS)
    return _response(page, show_stickiness)


def _open(request: HttpRequest, slug: str, name: str, title: str) -> ReportPage:
    subject = subject_of_activity(request.GET.get("metric", ACTIVITIES[0]))
    return open_report(request, slug, name, title, {PageFilter.INTERVAL}, subjects=(Subject.PEOPLE, subject))


def _response(page: ReportPage, show: Show) -> HttpResponseBase:
    metric = _activity(page)
    question = page.question.with_params(CohortsQuestion, metric=metric)
    asked = activity_asked(question)
    if asked.interval is not question.interval and page.request.GET.get("interval"):
        page.notices.append(f"interval is {asked.interval} here: by {question.interval} there would be too many.")
    event_types, left_out = first_of(page.source.event_types(window=page.window), SUGGESTED_TYPES)
    chosen = metric.removeprefix(EVENT_METRIC_PREFIX)
    if chosen != metric and chosen not in event_types:
        event_types = (*event_types, chosen)
    shown = show(page.source, asked)
    return page.respond(
        "reports/activity.html",
        shown,
        is_nobody=not _has_anybody(shown),
        metric_chosen=metric,
        activities=ACTIVE_METRICS,
        event_types=event_types,
        event_types_left_out=left_out,
    )


def _has_anybody(shown: Presentation) -> bool:
    """Whether anybody was active: the first table counts them."""
    cells = (cell for row in shown.charts[0].table.rows for cell in row.cells.values())
    return any(isinstance(cell.value, int) and cell.value for cell in cells)


def _activity(page: ReportPage) -> str:
    given = page.request.GET.get("metric", ACTIVITIES[0])
    try:
        metric = params.activity({"metric": given})
        event_type = metric.removeprefix(EVENT_METRIC_PREFIX)
        if metric == REVENUE or (event_type != metric and not event_type_exists(page.workspace, event_type)):
            raise ParameterError("metric", given=metric, allowed=METRIC_ALLOWED)
        return metric
    except ParameterError as error:
        page.notices.append(f"{error.detail} The default is shown.")
        return ACTIVITIES[0]
