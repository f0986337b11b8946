"""Who is active: people's lifecycle by day, week or month, and how often they come."""

from datetime import date

from analytics.ledger import Source
from analytics.lists import PeopleList
from analytics.lists.active_people import ActivePeople
from analytics.metrics import rate
from analytics.periods import Bucket, Interval, Window
from analytics.presentation.activity.groups import lifecycle_by_group, stickiness_by_group
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.formats import count, count_of, days, percent, with_capital
from analytics.presentation.formats import day as day_text
from analytics.presentation.lists.people import LIFECYCLE_LABELS
from analytics.presentation.marks import marked_chart
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from analytics.questions.questions import CohortsQuestion, Question
from analytics.reports.activity.lifecycle import LifecyclePeriod, LifecycleReport, LifecycleState, lifecycle
from analytics.reports.activity.periods import fitting_activity
from analytics.reports.activity.stickiness import ActiveOnDay, StickinessReport, stickiness, trailing_windows
from analytics.reports.happenings import happenings
from analytics.statistics import wilson_interval

FEWEST_ACTIVE = 30
"""Of fewer people no sentence is made."""
_TRAILING = {"dau": "Active on the day", "wau": "In 7 days", "mau": "In 30 days"}


def activity_asked(question: Question) -> CohortsQuestion:
    """By days, weeks or months that are not too many."""
    asked = question if isinstance(question, CohortsQuestion) else question.with_params(CohortsQuestion)
    return fitting_activity(asked)


def show_lifecycle(source: Source, question: Question) -> Presentation:
    asked = activity_asked(question)
    report, split = lifecycle(source, asked), lifecycle_by_group(source, asked)
    places = [period.bucket for period in report.periods]
    chart = marked_chart(_states(report, question.window), places, happenings(source, asked), asked, report.interval)
    return Presentation(meta=report.meta, charts=(chart,), tables=split.tables, notices=split.notices)


def _states(report: LifecycleReport, window: Window) -> Chart:
    columns = (
        Column("period", with_capital(report.interval)),
        *(Column(state.value, label, Kind.COUNT) for state, label in LIFECYCLE_LABELS.items()),
        Column("active", "Active people", Kind.COUNT),
    )
    rows = tuple(_state_row(period, report, window) for period in report.periods)
    drawn = tuple(state.value for state in LifecycleState if state is not LifecycleState.DORMANT)
    title = f"Active people by {report.interval}"
    return Chart(ChartKind.STACKED, title, Table("lifecycle", title, columns, rows), drawn, lifecycle_finding(report))


def _state_row(period: LifecyclePeriod, report: LifecycleReport, window: Window) -> Row:
    days_of = period.bucket.window(window.zone)
    is_running = not period.is_complete
    states = {
        state.value: Cell(
            period.count(state),
            PeopleList(days_of, choice=ActivePeople(report.metric, report.interval, state=state)),
            is_unfinished=is_running,
        )
        for state in LifecycleState
    }
    active = Cell(period.active, PeopleList(days_of, choice=ActivePeople(report.metric)), is_unfinished=is_running)
    first, last = period.bucket.first_day, period.bucket.last_day
    name = day_text(first) if report.interval is Interval.DAY else days(first, last)
    return Row({"period": Cell(name), **states, "active": active}, is_running=is_running)


def lifecycle_finding(report: LifecycleReport) -> str:
    """Of the newest period that is over, with the interval of who of the one before stopped."""
    over = [period for period in report.periods if period.is_complete]
    if not over or not over[-1].active + over[-1].dormant:
        return f"No complete {report.interval} of this period has anybody active."
    last = over[-1]
    text = f"{count(last.active)} people in the last complete {report.interval}: {count(last.new)} new, "
    text += f"{count(last.returning)} returning, {count(last.resurrecting)} resurrecting."
    before = last.returning + last.dormant
    if before < FEWEST_ACTIVE:
        return text
    low, high = wilson_interval(last.dormant, before)
    stopped = percent(rate(last.dormant, before))
    chance = f"95% CI {percent(low)} to {percent(high)}"
    return f"{text} Of {count(before)} before it, {stopped} did not return ({chance})."


def show_stickiness(source: Source, question: Question) -> Presentation:
    """Of more days than can be told, none."""
    asked = activity_asked(question)
    report, split = stickiness(source, asked), stickiness_by_group(source, asked)
    places = [Bucket(on_day.day, on_day.day) for on_day in report.series]
    trailing = marked_chart(_trailing(report, asked), places, happenings(source, asked), asked, Interval.DAY)
    charts = _times(report, question.window), trailing
    return Presentation(meta=report.meta, charts=charts, tables=split.tables, notices=split.notices)


def _times(report: StickinessReport, window: Window) -> Chart:
    unit = report.interval.value
    columns = (
        Column("times", f"{with_capital(unit)}s active"),
        Column("people", "People", Kind.COUNT),
        Column("share", "Share", Kind.SHARE),
    )
    rows = tuple(
        Row(
            {
                "times": Cell(count_of(number, unit, f"{unit}s")),
                "people": Cell(people, PeopleList(window, choice=ActivePeople(report.metric, report.interval, number))),
                "share": Cell(rate(people, report.active)),
            }
        )
        for number, people in enumerate(report.people, 1)
    )
    title = f"People by {unit}s active"
    return Chart(ChartKind.BAR, title, Table("times", title, columns, rows), ("people",), stickiness_finding(report))


def stickiness_finding(report: StickinessReport) -> str:
    if not report.active:
        return "Nobody was active in this period."
    again = report.active - report.people[0]
    people = count_of(report.active, "person", "people")
    on = "on" if report.interval is Interval.DAY else "in"
    text = f"{count(again)} of {people} were active {on} more than one {report.interval}"
    if report.active < FEWEST_ACTIVE:
        return f"{text}."
    low, high = wilson_interval(again, report.active)
    share = percent(rate(again, report.active))
    return f"{text}: {share} (95% CI {percent(low)} to {percent(high)})."


def _trailing(report: StickinessReport, question: CohortsQuestion) -> Chart:
    columns = (
        Column("day", "Day"),
        *(Column(name, label, Kind.COUNT) for name, label in _TRAILING.items()),
        Column("stickiness", "Day of 30 days", Kind.SHARE),
    )
    rows = tuple(_day_row(on_day, report, question) for on_day in report.series)
    title, finding = "Active people, trailing", trailing_finding(report, question.today)
    return Chart(ChartKind.LINE, title, Table("trailing", title, columns, rows), (*_TRAILING,), finding)


def trailing_finding(report: StickinessReport, today: date) -> str:
    """Of the newest day that is over."""
    last = next((on_day for on_day in reversed(report.series) if on_day.day < today), None)
    if last is None:
        return "No day of this period is over."
    return f"On {day_text(last.day)} {count(last.dau)} were active, in the 30 days up to it {count(last.mau)}."


def _day_row(on_day: ActiveOnDay, report: StickinessReport, question: CohortsQuestion) -> Row:
    numbers = {
        name: Cell(getattr(on_day, name), PeopleList(of_days, choice=ActivePeople(report.metric)))
        for name, of_days in trailing_windows(on_day, question.window.zone).items()
    }
    cells = {"day": Cell(day_text(on_day.day)), **numbers, "stickiness": Cell(on_day.stickiness)}
    return Row(cells, is_running=on_day.day >= question.today)
