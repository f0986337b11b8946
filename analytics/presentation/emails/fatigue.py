"""Whether people tire of emails: a curve by how many they had got before, and what it says of the same person."""

from analytics.lists import PeopleList
from analytics.lists.listed_people import ListedPeople
from analytics.periods import Window
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.emails.fatigue_labels import EMAILS_BEFORE_LABELS
from analytics.presentation.formats import count, count_of, points
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from analytics.reports.emails.fatigue import FatigueReport, RateOfEmails, TiredPeople


def fatigue_chart(report: FatigueReport, window: Window) -> Chart:
    """Of those rows alone that have any email."""
    columns = (
        Column("emailsBefore", "Emails in the 30 days before"),
        Column("people", "People", Kind.COUNT),
        Column("clickRate", "Click rate", Kind.SHARE),
        Column("low", "95% CI from", Kind.SHARE),
        Column("high", "to", Kind.SHARE),
        Column("unsubscribeRate", "Unsubscribe rate", Kind.SMALL_SHARE),
        Column("unsubscribeLow", "95% CI from", Kind.SMALL_SHARE),
        Column("unsubscribeHigh", "to", Kind.SMALL_SHARE),
    )
    rows = tuple(_row(row, window) for row in report.rows if row.emails)
    table = Table("fatigue", "Emails by how many others their recipients got in the 30 days before", columns, rows)
    title = "Email fatigue"
    return Chart(ChartKind.INTERVALS, title, table, ("low", "high", "clickRate"), fatigue_finding(report))


def _row(row: TiredPeople, window: Window) -> Row:
    return Row(
        {
            "emailsBefore": Cell(EMAILS_BEFORE_LABELS[row.before]),
            "people": Cell(row.people, PeopleList(window, choice=ListedPeople(row.before))),
            **_rate(row.click_rate, row.clicked, row.emails, ("clickRate", "low", "high")),
            **_rate(
                row.unsubscribe_rate,
                row.unsubscribed,
                row.emails,
                ("unsubscribeRate", "unsubscribeLow", "unsubscribeHigh"),
            ),
        }
    )


def _rate(rate: RateOfEmails | None, hits: int, emails: int, keys: tuple[str, str, str]) -> dict[str, Cell]:
    if rate is None:
        return {}
    beside = f"{count(hits)} of {count_of(emails, 'email', 'emails')}"
    values = (rate.rate, rate.low, rate.high)
    return {key: Cell(value, beside=beside) for key, value in zip(keys, values, strict=True)}


def fatigue_finding(report: FatigueReport) -> str:
    """What one more email changes for the same person, and only if that is more than chance."""
    if not any(row.emails for row in report.rows):
        return "No delivered email of this period is three days old yet."
    slope = report.slope
    if slope is None:
        return "Too few people got more emails at one time than at another to compare them with themselves."
    change, low, high = (points(each, places=4) for each in (slope.slope, slope.low, slope.high))
    ends = f"95% CI {low} to {high}, {count_of(slope.people, 'person', 'people')}"
    if slope.low <= 0 <= slope.high:
        return f"With one more email in 30 days the same person clicks neither more nor less beyond chance ({ends})."
    way = "less" if slope.slope < 0 else "more"
    return f"With one more email in 30 days the same person clicks {way}: {change} of click rate ({ends})."
