"""Do people stay? Cohorts by signup, and who of them was active week by week."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.api import params
from analytics.lists import ContactList
from analytics.lists.names import event_type_exists
from analytics.periods import Interval, Window
from analytics.presentation import findings, formats
from analytics.presentation.tables import Chart, ChartKind, Column, Kind, Row, Table
from analytics.reports.cohort_groups import CohortGroup, WeekCell, grouped
from analytics.reports.cohorts import EVENT_METRIC_PREFIX, CohortsParams, CohortsReport, cohorts
from analytics.reports.cohorts import METRICS as ACTIVITIES
from analytics.views.page import Page, opened, understands_report
from analytics.views.room import SUGGESTED_TYPES, first_of
from campaignos.errors import ParameterError
from campaignos.page_parameters import one_of

MAX_COHORT_DAYS = 731
MOST_DAILY_COHORTS = 31
ROOM_OF_HEAT_MAP = 95_000
"""Nobody outside chooses what its cells say, so that it may take more of the page than other tables."""
SHOWN = ("percent", "counts")
UNITS = {Interval.DAY: "day", Interval.WEEK: "week", Interval.MONTH: "month"}


@login_required
@require_safe
@understands_report("metric", "unit", show=one_of(SHOWN))
def retention_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = opened(request, slug, "retention", "Retention")
    if page.window.days > MAX_COHORT_DAYS:
        return page.response(is_too_large=True, most_days=MAX_COHORT_DAYS)
    page.room = ROOM_OF_HEAT_MAP
    metric = _metric(page)
    unit = _unit(page)
    as_counts = request.GET.get("show") == "counts"
    report = cohorts(page.source, CohortsParams(page.window, metric), now=page.now)
    groups = list(grouped(report.cohorts, page.window, unit))
    event_types, left_out = first_of(page.source.event_types(window=page.window), SUGGESTED_TYPES)
    chosen = report.metric.removeprefix(EVENT_METRIC_PREFIX)
    if chosen != report.metric and chosen not in event_types:
        event_types = (*event_types, chosen)
    heat_map = _heat_map(groups, report, page.window, unit, as_counts=as_counts)
    return page.response(
        report=report,
        tables=[heat_map],
        charts=[_curve(report, page.window)] if report.weeks else [],
        activities=ACTIVITIES,
        event_types=event_types,
        event_types_left_out=left_out,
        units=UNITS,
        unit=unit,
        as_counts=as_counts,
        meta=report.meta,
    )


def _metric(page: Page) -> str:
    try:
        metric = params.activity({"metric": page.request.GET.get("metric", ACTIVITIES[0])})
        event_type = metric.removeprefix(EVENT_METRIC_PREFIX)
        if event_type != metric and not event_type_exists(page.workspace, event_type):
            raise ParameterError("metric", given=metric, allowed="the type of an event that has come in")
        return metric
    except ParameterError as error:
        page.notices.append(f"{error.detail} The default is shown.")
        return ACTIVITIES[0]


def _unit(page: Page) -> Interval:
    default = Interval.DAY if page.window.days <= MOST_DAILY_COHORTS else Interval.WEEK
    given = page.request.GET.get("unit") or default
    if given in list(Interval):
        return Interval(given)
    page.notices.append(f"unit cannot be {given[:100]!r}; allowed: {', '.join(Interval)}. The default is shown.")
    return default


def _week(number: int) -> str:
    return f"week_{number}"


def _heat_map(
    groups: list[CohortGroup], report: CohortsReport, window: Window, unit: Interval, *, as_counts: bool
) -> Table:
    weeks = max((len(group.weeks) for group in groups), default=0)
    kind = Kind.COUNT if as_counts else Kind.SHARE
    columns = (
        Column("cohort", "Signed up"),
        Column.of("cohort_size", key="size", label="Contacts"),
        *(Column(_week(number), f"Week {number}", kind) for number in range(weeks)),
    )
    return Table(
        "cohorts",
        f"Retention by signup {UNITS[unit]}",
        columns,
        tuple(_row(group, report.metric, window, unit, as_counts=as_counts) for group in groups),
        foot=_average(report, window, as_counts=as_counts),
        ends_with_newest=True,
    )


def _row(group: CohortGroup, metric: str, window: Window, unit: Interval, *, as_counts: bool) -> Row:
    of_group = Window.between(group.bucket.first_day, group.bucket.last_day, zone=window.zone)
    is_day = unit is Interval.DAY
    name = (
        formats.day(group.bucket.first_day) if is_day else formats.days(group.bucket.first_day, group.bucket.last_day)
    )
    weeks = {_week(number): cell for number, cell in enumerate(group.weeks)}
    return Row(
        {
            "cohort": name,
            "size": group.size,
            **{key: cell.active if as_counts else cell.retention_rate for key, cell in weeks.items()},
        },
        unfinished=frozenset(key for key, cell in weeks.items() if not cell.ended),
        beside={key: _told(cell) for key, cell in weeks.items()},
        weights={key: cell.retention_rate for key, cell in weeks.items()},
        opens={
            "size": ContactList(of_group),
            **{_week(number): ContactList(of_group, number, metric) for number in range(len(group.weeks))},
        },
    )


def _told(cell: WeekCell) -> str:
    told = f"{formats.count(cell.active)} of {formats.count(cell.size)}"
    return told if cell.ended else f"{told}, not over for all"


def _average(report: CohortsReport, window: Window, *, as_counts: bool) -> Row | None:
    """All cohorts taken together: a mean weighted by their sizes, of the weeks that are over."""
    if not report.weeks:
        return None
    return Row(
        {
            "cohort": "All, weeks that are over",
            "size": sum(cohort.size for cohort in report.cohorts),
            **{_week(one.week): one.active if as_counts else one.retention_rate for one in report.weeks},
        },
        beside={_week(one.week): f"{formats.count(one.active)} of {formats.count(one.size)}" for one in report.weeks},
        opens={
            "size": ContactList(window),
            **{_week(one.week): _active(report, window, one.week) for one in report.weeks},
        },
    )


def _active(report: CohortsReport, window: Window, week: int) -> ContactList:
    """Those of all cohorts for which the week is over."""
    return ContactList(_ended(report, window, week), week, report.metric)


def _ended(report: CohortsReport, window: Window, week: int) -> Window:
    last_day = max(cohort.day for cohort in report.cohorts if cohort.weeks_ended > week)
    return Window.between(window.first_day, last_day, zone=window.zone)


def _curve(report: CohortsReport, window: Window) -> Chart:
    columns = (
        Column("week", "Week after signup"),
        Column.of("cohort_size", key="size", label="Contacts"),
        Column.of("active_contacts", key="active"),
        Column.of("retention_rate", key="rate"),
    )
    rows = tuple(
        Row(
            {"week": f"Week {week.week}", "size": week.size, "active": week.active, "rate": week.retention_rate},
            opens={
                "size": ContactList(_ended(report, window, week.week)),
                "active": _active(report, window, week.week),
            },
        )
        for week in report.weeks
    )
    table = Table("weeks", "Retention of all cohorts together", columns, rows)
    return Chart(ChartKind.LINE, "Retention of all cohorts together", table, ("rate",), findings.retained(report))
