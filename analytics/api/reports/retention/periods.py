"""What cohorts are asked beside the page owner's contract: since when, by what and when people come back."""

from collections.abc import Iterator, Mapping, Sized
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiParameter

from analytics.api.filters.cohorts import missing_start, start_problems
from analytics.api.net_money import money_remarks
from analytics.api.reports.changes import change_of_period
from analytics.api.reports.groups import named_group
from analytics.api.reports.retention.serializers import MeanPeriodSerializer
from analytics.api.reports.rows import ReportRows
from analytics.api.reports.serializers import MetaSerializer
from analytics.api.reports.view import Body, shown_by
from analytics.ledger import Ledger
from analytics.lists.cohort_people import cell_list, orders_of_cell
from analytics.lists.names import event_type_exists
from analytics.periods import OF_WHOLE_DAYS, Interval, Window
from analytics.questions.condition_values import ConditionError, ConditionValues
from analytics.questions.fields import Subject
from analytics.questions.groups import Group
from analytics.questions.questions import EVENT_METRIC_PREFIX, Question
from analytics.questions.retention import (
    BY_SIGNUP,
    DEFAULT_PERIODS,
    MOST_CELLS,
    MOST_PERIODS,
    RETENTION_PARAMETERS,
    STARTS_ALLOWED,
    CohortClock,
    CohortStart,
    RetentionQuestion,
    ReturnMode,
    fitting_interval,
    read_start,
)
from analytics.questions.step_texts import StepReader
from analytics.reports.retention.groups import retention_groups
from analytics.reports.retention.report import MeanPeriod, RetentionCohort, RetentionReport, retention_report
from analytics.reports.retention.splits import CohortsOfGroup
from analytics.reports.revenue.member_money import NetMoney
from analytics.reports.splits import in_group
from campaignos.errors import ParameterError
from campaignos.parameters import register
from workspaces.models import Workspace

register(RETENTION_PARAMETERS)
RETENTION_SCHEMA = (
    OpenApiParameter(
        "unit",
        {"type": "string", "enum": [*OF_WHOLE_DAYS]},
        description="The length of the periods since people began. With this or any of the next six parameters cohorts "
        "go by them, rather than by whole weeks since signup alone.",
    ),
    OpenApiParameter("start", str, description=f"What people begin with: {STARTS_ALLOWED}."),
    OpenApiParameter("return", str, description="What makes them come back; the same as `metric`."),
    OpenApiParameter(
        "mode",
        {"type": "string", "enum": [*ReturnMode]},
        description="Whether a return counts in its period, or in all up to it: then every number may still rise.",
    ),
    OpenApiParameter(
        "clock",
        {"type": "string", "enum": [*CohortClock]},
        description="Whether periods are whole local days since that of the beginning (`days`, which a week is unless "
        "this is said), days, weeks and months of the calendar, or hours since the instant of the beginning.",
    ),
    OpenApiParameter(
        "by",
        str,
        description="What a cohort is: a day, week or month in which people began, the unit unless this is said; or a "
        "field, as `breakdown`, of people or of what they began with.",
    ),
    OpenApiParameter(
        "horizon",
        {"type": "integer", "minimum": 1, "maximum": MOST_PERIODS, "default": DEFAULT_PERIODS},
        description=f"Of how many periods is told; cohorts times periods are at most {MOST_CELLS:,}.",
    ),
)
_Choice = TypeVar("_Choice", bound=StrEnum)


def asks_retention(query: Mapping[str, str]) -> bool:
    return any(name in query for name in RETENTION_PARAMETERS)


def activity_query(query: Mapping[str, str]) -> Mapping[str, str]:
    """What makes people come back is `return`, or `metric`. Raises ParameterError for both."""
    if "return" not in query:
        return query
    if "metric" in query:
        raise ParameterError("return", given=query["return"], allowed="nothing beside metric, which says the same")
    return {**dict(query.items()), "metric": query["return"]}


def split_query(query: Mapping[str, str]) -> Mapping[str, str]:
    """A breakdown by `by`, where that is no length of time. Raises ParameterError for both."""
    by = query.get("by")
    if by is None or by in OF_WHOLE_DAYS:
        return query
    if "breakdown" in query:
        raise ParameterError("breakdown", given=query["breakdown"], allowed="nothing beside by, which says the same")
    return {**dict(query.items()), "breakdown": by}


def asked_start(query: Mapping[str, str], workspace: Workspace, *, sees_addresses: bool) -> CohortStart:
    """Raises ParameterError for what is none, or names a campaign that there is not."""
    text = query.get("start")
    if text is None:
        return BY_SIGNUP
    try:
        start = read_start(text, StepReader(ConditionValues(workspace.zone, sees_addresses)))
    except ConditionError as error:
        raise ParameterError("start", given=text[:200], allowed=str(error)) from None
    if start is None:
        raise ParameterError("start", given=text[:200], allowed=STARTS_ALLOWED)
    for problem in start_problems(start, workspace):
        raise ParameterError("start", given=problem.given, allowed=problem.allowed)
    return start


def retention_question(
    query: Mapping[str, str], question: Question, start: CohortStart, metric: str
) -> RetentionQuestion:
    """Raises ParameterError for the first parameter that is not understood, or too many cohorts."""
    unit = Interval(_choice(query, "unit", Interval.WEEK, [*OF_WHOLE_DAYS]))
    found = question.with_params(
        RetentionQuestion,
        metric=metric,
        unit=unit,
        start=start,
        mode=ReturnMode(_choice(query, "mode", ReturnMode.ON, [*ReturnMode])),
        clock=CohortClock(_choice(query, "clock", CohortClock.DAYS, [*CohortClock])),
        horizon=_horizon(query.get("horizon")),
    )
    return _in_size(query, found)


def _choice(query: Mapping[str, str], name: str, default: StrEnum, allowed: list[Any]) -> str:
    given = query.get(name, default.value)
    if given not in allowed:
        raise ParameterError(name, given=given, allowed=", ".join(allowed))
    return given


def _horizon(given: str | None) -> int:
    if given is None:
        return DEFAULT_PERIODS
    if not (given.isascii() and given.isdigit() and len(given) < 4 and 1 <= int(given) <= MOST_PERIODS):
        raise ParameterError("horizon", given=given, allowed=f"a whole number of periods from 1 to {MOST_PERIODS}")
    return int(given)


def _in_size(query: Mapping[str, str], question: RetentionQuestion) -> RetentionQuestion:
    """With cohorts by what is asked for, or else by the unit or the first longer one that is not too many."""
    name = next((name for name in ("by", "interval") if query.get(name) in OF_WHOLE_DAYS), None)
    wanted = Interval(query[name]) if name else question.unit
    fitting = fitting_interval(question, wanted)
    if fitting is None or (name and fitting is not wanted):
        allowed = f"at most {MOST_CELLS:,} cohorts times periods: fewer periods, or longer cohorts"
        raise ParameterError(name or "horizon", given=query.get(name or "horizon"), allowed=allowed)
    return replace(question, interval=fitting)


def retention_body(source: Ledger, question: RetentionQuestion, beside: ReportRows | None) -> Body:
    """Raises ParameterError for a type of events that nothing of has come in."""
    report = retention_report(source, question)
    _refuse_missing(source.workspace, question, report)
    body = cohorts_body(source, question, report, beside)
    if question.split:
        groups = retention_groups(source, question)
        body["groups"] = [_group(group, question, beside) for group in groups]
    return body


def cohorts_body(
    source: Ledger, question: RetentionQuestion, report: RetentionReport, beside: ReportRows | None
) -> Body:
    """The report without groups."""
    name = question.unit.value
    body = {
        "period": f"{report.days}d",
        "metric": report.metric,
        "unit": name,
        "provisional": report.is_provisional,
        "cohorts": [_cohort(cohort, name) for cohort in report.cohorts],
        "average": _average(report),
        "meta": {**MetaSerializer(report.meta).data, "runningWeeks": _running(report, name)},
    }
    if report.money is not None:
        body["money"] = money_remarks(report.money, source.workspace.currency)
    if beside:
        _add_rows(body, report, question, beside)
    return body


def _refuse_missing(workspace: Workspace, question: RetentionQuestion, report: RetentionReport) -> None:
    allowed = "types of events that have come in"
    if not report.cohorts and (name := missing_start(question.start, workspace)):
        raise ParameterError("start", given=name, allowed=allowed)
    event_type = question.metric.removeprefix(EVENT_METRIC_PREFIX)
    is_back = any(cell.active for cohort in report.cohorts for cell in cohort.cells)
    if event_type != question.metric and not is_back and not event_type_exists(workspace, event_type):
        raise ParameterError("return", given=question.metric, allowed=allowed)


def _cohort(cohort: RetentionCohort, unit: str) -> Body:
    names = [f"{unit}_{number}" for number in range(len(cohort.cells))]
    cells = dict(zip(names, cohort.cells, strict=True))
    return {
        "cohort": cohort.bucket.first_day.isoformat(),
        "to": cohort.bucket.last_day.isoformat(),
        "size": cohort.size,
        "activeContacts": cohort.active_contacts,
        "retentionRate": cohort.retention_rate,
        "retention": {name: cell.active for name, cell in cells.items()},
        "retentionRates": {name: cell.retention_rate for name, cell in cells.items()},
        "sizes": {name: cell.size for name, cell in cells.items()},
        **_money({name: cell.money for name, cell in cells.items() if cell.money is not None}),
        "periodsOver": cohort.complete,
    }


def _money(by_period: Mapping[str, NetMoney]) -> Body:
    """By revenue what each period brought in."""
    if not by_period:
        return {}
    revenue = {name: {**money.by_currency} for name, money in by_period.items()}
    return {"revenue": revenue, "converted": {name: money.converted for name, money in by_period.items()}}


def _running(report: RetentionReport, unit: str) -> dict[str, str]:
    """By cohort the first period that is not complete."""
    running = (cohort for cohort in report.cohorts if cohort.complete < len(cohort.cells))
    return {cohort.bucket.first_day.isoformat(): f"{unit}_{cohort.complete}" for cohort in running}


def _average(report: RetentionReport) -> Body:
    return {"size": report.size, "periods": [_mean(period) for period in report.mean]}


def _mean(period: MeanPeriod) -> Body:
    body = {**shown_by(MeanPeriodSerializer)(period), "interval": [round(end, 3) for end in period.interval]}
    if period.money is None:
        return body
    return {**body, "revenue": {**period.money.by_currency}, "converted": period.money.converted}


def _group(group: CohortsOfGroup[RetentionReport], question: RetentionQuestion, beside: ReportRows | None) -> Body:
    body = {**named_group(group.group, group.name, group.values), **_average(group.report)}
    if question.compared_days:
        body["changes"] = {"periods": [*map(change_of_period, group.changes)]}
    if beside is None:
        return body
    if group.group.by.subject is Subject.PEOPLE:
        _add_mean(body, group.report, question, ReportRows(beside.addresses, in_group(question, group.group)), None)
    else:
        _add_mean(body, group.report, question, beside, group.group)
    return body


def _add_rows(body: Body, report: RetentionReport, question: RetentionQuestion, beside: ReportRows) -> None:
    for row, cohort in zip(body["cohorts"], report.cohorts, strict=True):
        window = Window.between(cohort.bucket.first_day, cohort.bucket.last_day, zone=question.window.zone)
        periods = range(len(cohort.cells))
        back = [cell_list(question, window, period, are_back=True) for period in periods]
        numbers = {f"retention.{question.unit}_{period}": back[period] for period in periods}
        numbers |= {f"sizes.{question.unit}_{period}": cell_list(question, window, period) for period in periods}
        orders = {
            f"converted.{name}": orders_of_cell(question, window, number) for number, name in _periods_of_money(row)
        }
        beside.add(row, size=cell_list(question, window), activeContacts=back[-1], **numbers, **orders)
    _add_mean(body["average"], report, question, beside, None)
    if "money" in body and _is_told(question, report.cohorts):
        days = report.days_of_cohorts(question.window)
        beside.money(body["money"], orders_of_cell(question, days, question.horizon - 1, until=True))


def _periods_of_money(row: Body) -> Iterator[tuple[int, str]]:
    """The periods of which a cohort's money is told, with their names."""
    yield from enumerate(row.get("converted", ()))


def _is_told(question: RetentionQuestion, cohorts: Sized) -> bool:
    """Whether what they have together has a list: nobody is in two of them."""
    return question.start.is_once or len(cohorts) == 1


def _add_mean(
    body: Body, report: RetentionReport, question: RetentionQuestion, beside: ReportRows, group: Group | None
) -> None:
    """Of people who may be in several cohorts there is no list of a sum: None."""
    is_told, days = _is_told(question, report.cohorts), report.days_of_cohorts(question.window)
    beside.add(body, size=cell_list(question, days, group=group) if is_told else None)
    for row, period in zip(body["periods"], report.mean, strict=True):
        window = Window.between(*report.days_of_mean(period.number), zone=question.window.zone)
        is_told = question.start.is_once or period.cohorts == 1
        size = cell_list(question, window, group=group) if is_told else None
        active = cell_list(question, window, period.number, are_back=True, group=group) if is_told else None
        orders = orders_of_cell(question, window, period.number, group=group) if is_told else None
        money = {"converted": orders} if period.money is not None else {}
        beside.add(row, size=size, active=active, **money)
