"""When emails were sent and in how many people clicked: as a map of the week, and as a table."""

from collections.abc import Mapping, Sequence

from analytics.lists.send_times import send_time_list
from analytics.presentation.formats import count, percent
from analytics.presentation.lists.messages import DAYS_OF_WEEK
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from analytics.reports.emails.harm_limits import share_estimate
from analytics.reports.emails.send_times import SendTime, SendTimesReport

_RATE = "human_click_rate"


def send_times_table(report: SendTimesReport) -> Table:
    """A row for each time, with the interval of its rate."""
    columns = (
        Column("time", "Sent on"),
        Column.of("sent"),
        Column.of("human_clicked", key="clicked"),
        Column.of(_RATE, key="clickRate"),
        Column("low", "95% CI from", Kind.SHARE),
        Column("high", "to", Kind.SHARE),
    )
    rows = tuple(_row(time, report) for time in report.times)
    return Table("send_times", "By weekday and hour of sending", columns, rows, sortable=True)


def _row(time: SendTime, report: SendTimesReport) -> Row:
    estimate = share_estimate(_RATE, time.numbers)
    return Row(
        {
            "time": Cell(f"{DAYS_OF_WEEK[time.weekday - 1]}, {time.hour:02}:00"),
            "sent": Cell(time.numbers["sent"], send_time_list("sent", time, report.window, report.part)),
            "clicked": Cell(
                time.numbers["human_clicked"], send_time_list("human_clicked", time, report.window, report.part)
            ),
            "clickRate": Cell(time.numbers.known_value(_RATE)),
            "low": Cell(round(estimate.low, 3) if estimate else None),
            "high": Cell(round(estimate.high, 3) if estimate else None),
        }
    )


def send_map(report: SendTimesReport) -> Table:
    """Click rates by hour, a column for each weekday; hours at which nothing was sent are left out."""
    columns = (Column("hour", "Hour"), *(Column(name, name[:3], Kind.SHARE) for name in DAYS_OF_WEEK))
    by_time = {(time.hour, time.weekday): time for time in report.times}
    highest = max((rate_of(time) for time in report.times if not time.is_small), default=0.0)
    hours = sorted({hour for hour, _ in by_time})
    rows = tuple(_map_row(hour, by_time, highest) for hour in hours)
    return Table("send_map", "Click rate by weekday and hour of sending", columns, rows)


def rate_of(time: SendTime) -> float:
    return float(time.numbers.value(_RATE))


def _map_row(hour: int, by_time: Mapping[tuple[int, int], SendTime], highest: float) -> Row:
    cells = {"hour": Cell(f"{hour:02}:00")}
    for place, name in enumerate(DAYS_OF_WEEK, start=1):
        if time := by_time.get((hour, place)):
            cells[name] = _map_cell(time, highest)
    return Row(cells)


def _map_cell(time: SendTime, highest: float) -> Cell:
    rate, estimate = rate_of(time), share_estimate(_RATE, time.numbers)
    ends = f", {percent(estimate.low)} to {percent(estimate.high)}" if estimate else ""
    beside = f"{count(time.numbers['human_clicked'])} of {count(time.numbers['sent'])} clicked{ends}"
    weight = 0.0 if time.is_small or not highest else min(1.0, rate / highest)
    return Cell(rate, beside=beside, is_small=time.is_small, weight=weight)


def send_time_tables(report: SendTimesReport) -> Sequence[Table]:
    return (send_map(report), send_times_table(report)) if report.times else ()
