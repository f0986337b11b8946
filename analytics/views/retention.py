"""Do people stay? Cohorts by what people began with, and who of them came back in each period since."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.api import params
from analytics.api.filters.cohorts import missing_start, start_problems
from analytics.lists.amounts import has_money_events
from analytics.lists.names import event_type_exists
from analytics.periods import OF_WHOLE_DAYS, Interval
from analytics.presentation.conditions import ConditionNames
from analytics.presentation.fitting import first_of
from analytics.presentation.groups import split_label
from analytics.presentation.lists.people import CLOCKS, start_label
from analytics.presentation.retention.cells import COHORT_UNITS, CohortFigure, PeriodView
from analytics.presentation.retention.groups import period_groups
from analytics.presentation.retention.report import periods_presentation
from analytics.questions.condition_values import ConditionError, ConditionValues
from analytics.questions.fields import Subject
from analytics.questions.groups import Breakdown
from analytics.questions.questions import ACTIVITIES, EVENT_METRIC_PREFIX, REVENUE
from analytics.questions.retention import (
    BY_SIGNUP,
    DEFAULT_PERIODS,
    STARTS_ALLOWED,
    CohortClock,
    CohortStart,
    RetentionQuestion,
    ReturnMode,
    fitting_interval,
    read_start,
)
from analytics.questions.step_texts import StepReader
from analytics.questions.steps import EventStep
from analytics.reports.answers import compared_answer
from analytics.reports.cohorts.report import subject_of_activity
from analytics.reports.retention.report import retention_report
from analytics.views.disclosure import sees_addresses
from analytics.views.report_page import PageFilter, ReportPage, open_report, understands_report
from analytics.views.room import SUGGESTED_TYPES
from analytics.views.step_builder import names_of_steps
from campaignos.errors import ParameterError
from campaignos.page_parameters import one_of
from workspaces.models import Workspace

ROOM_OF_HEAT_MAP = 95_000
"""Nobody outside chooses what its cells say, so that it may take more of the page than other tables."""
SHOWN = tuple(CohortFigure)
HORIZONS = ("6", "12", "26", "52")
MODES = {ReturnMode.ON: "In the period", ReturnMode.ON_OR_AFTER: "In it or later"}
TWELVE_WEEKS, TWELVE_MONTHS = "12w", "12mo"
PHONE_PERIODS = (1, 4, 8)
"""Those that a phone has room for, with a cohort's name and size on one line; of amounts all but the last."""


@login_required
@require_safe
@understands_report(
    *("metric", "start"),
    show=one_of(SHOWN),
    unit=one_of(OF_WHOLE_DAYS),
    by=one_of(OF_WHOLE_DAYS),
    mode=one_of([*ReturnMode]),
    clock=one_of([*CohortClock]),
    horizon=one_of(HORIZONS),
)
def retention_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    activity = subject_of_activity(request.GET.get("metric", ACTIVITIES[0]))
    default_range = TWELVE_MONTHS if request.GET.get("unit") == Interval.MONTH else TWELVE_WEEKS
    subjects = (Subject.PEOPLE, activity)
    page = open_report(
        request, slug, "retention", "Retention", {PageFilter.COMPARE}, subjects=subjects, default_range=default_range
    )
    page.compare_if_asked()
    metric = _metric(page)
    page.room = ROOM_OF_HEAT_MAP
    start = _start(page)
    question = _in_size(page, _retention_question(page, metric, start))
    view = PeriodView(question, _figure(page, metric), _names(page, start), page.workspace.currency)
    answer = compared_answer(retention_report, page.source, question)
    return page.respond(
        "reports/retention.html",
        periods_presentation(answer, view, period_groups(page.source, view)),
        size=answer.report.size,
        starts=_starts(page, start),
        question=question,
        modes=MODES,
        clocks=CLOCKS,
        horizons=HORIZONS,
        phone_columns=_phone_columns(view),
        **_form(page, metric, view.shows),
    )


def _phone_columns(view: PeriodView) -> list[int]:
    """The places of the columns that a phone has room for."""
    periods = PHONE_PERIODS[:-1] if view.is_of_money else PHONE_PERIODS
    return [0, 1, *(2 + period for period in periods)]


def _retention_question(page: ReportPage, metric: str, start: CohortStart) -> RetentionQuestion:
    unit = Interval(_choice(page, "unit", Interval.WEEK, OF_WHOLE_DAYS))
    question = page.question.with_params(
        RetentionQuestion,
        metric=metric,
        unit=unit,
        start=start,
        mode=ReturnMode(_choice(page, "mode", ReturnMode.ON, [*ReturnMode])),
        clock=CohortClock(_choice(page, "clock", CohortClock.DAYS, [*CohortClock])),
        horizon=int(_choice(page, "horizon", str(DEFAULT_PERIODS), HORIZONS)),
    )
    question = replace(question, interval=Interval(_choice(page, "by", unit, OF_WHOLE_DAYS)))
    return replace(question, split=_split(page, question))


def _split(page: ReportPage, question: RetentionQuestion) -> Breakdown | None:
    """What people are taken together by: a field of theirs, or of what they began with."""
    split, act = question.split, question.start.act
    if split is None or split.subject is Subject.PEOPLE or (act and split.subject is act.subject):
        return split
    page.notices.append(
        f"breakdown by {split_label(split).lower()} is left out: what people began with does not say it."
    )
    page.question = replace(page.question, split=None)
    return None


def _in_size(page: ReportPage, question: RetentionQuestion) -> RetentionQuestion:
    """By longer cohorts, which is told, where there would be too many."""
    fitting = fitting_interval(question, question.interval) or Interval.MONTH
    if fitting is not question.interval:
        page.notices.append(f"Cohorts go by {fitting}: by {question.interval} they would be too many.")
    return replace(question, interval=fitting)


def _choice(page: ReportPage, name: str, default: str, allowed: Collection[str]) -> str:
    """What is none is told where parameters are judged."""
    given = page.request.GET.get(name) or default
    return given if given in allowed else default


def _start(page: ReportPage) -> CohortStart:
    text = page.request.GET.get("start") or BY_SIGNUP.text
    allowed = STARTS_ALLOWED
    try:
        start = read_start(text, StepReader(ConditionValues(page.workspace.zone, sees_addresses(page.membership))))
    except ConditionError as error:
        start, allowed = None, str(error)
    if start is not None:
        problems = [*start_problems(start, page.workspace)]
        if not problems and missing_start(start, page.workspace) is None:
            return start
        allowed = problems[0].allowed if problems else "the type of an event that has come in"
    page.notices.append(f"start cannot be {text[:100]!r}; allowed: {allowed}. The default is shown.")
    return BY_SIGNUP


def _names(page: ReportPage, start: CohortStart) -> ConditionNames:
    return names_of_steps(page.workspace, [start.act] if start.act else [])


def _starts(page: ReportPage, start: CohortStart) -> dict[str, str]:
    """What to begin with: a signup, and the most frequent types of events, once ever or each time."""
    types, _ = first_of(page.source.event_types(window=page.window), SUGGESTED_TYPES)
    acts = [EventStep(name) for name in types]
    found = [BY_SIGNUP, *(CohortStart(act) for act in acts), *(CohortStart(act, is_first=True) for act in acts)]
    choices = {each.text: start_label(each) for each in found}
    return choices | {start.text: start_label(start, _names(page, start))}


def _form(page: ReportPage, metric: str, figure: CohortFigure) -> dict[str, Any]:
    """What the form of both offers."""
    event_types, left_out = first_of(page.source.event_types(window=page.window), SUGGESTED_TYPES)
    chosen = metric.removeprefix(EVENT_METRIC_PREFIX)
    if chosen != metric and chosen not in event_types:
        event_types = (*event_types, chosen)
    return {
        "metric_chosen": metric,
        "activities": _activities(page.workspace, metric),
        "event_types": event_types,
        "event_types_left_out": left_out,
        "units": COHORT_UNITS,
        "figure": figure,
        "figures": _figures(metric),
    }


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
