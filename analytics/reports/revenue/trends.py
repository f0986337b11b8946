"""Revenue over time, as trends are told: day by day or hour by hour, beside that of the days compared with."""

from dataclasses import replace
from datetime import datetime
from itertools import takewhile

from analytics.metrics import Numbers
from analytics.periods import Interval, Window
from analytics.questions.questions import Question
from analytics.reports.answers import Answer
from analytics.reports.meta import meta
from analytics.reports.revenue.order_numbers import OrderNumbers
from analytics.reports.revenue.report import MoneyOfDays
from analytics.reports.trends import Trend, TrendsReport


def revenue_trends(money: MoneyOfDays, question: Question) -> Answer[TrendsReport]:
    """The numbers are those of `numbers_of_orders`, in the workspace's currency."""
    window, other = question.window, question.compared_window
    if other and question.compared_days and question.interval is Interval.HOUR:
        other = question.compared_days.days_compared(window) or other
    report = TrendsReport(
        all=_trend(money, question),
        meta=meta(money.source, question, through=money.told.through),
        partners=_trend(money, replace(question.on(other), part=question.part_compared)) if other else None,
        currency=money.source.workspace.currency,
    )
    return report.answer(question.day_match, question.day_match)


def _trend(money: MoneyOfDays, question: Question) -> Trend:
    orders, window = OrderNumbers(money, question), question.window
    if question.interval is not Interval.HOUR:
        of_days = orders.by_day()
        return Trend(window, tuple(of_days.get(day, Numbers()) for day in window.day_list))
    of_hours = orders.by_hour()
    hours = _hours_begun(window, max([question.now, *of_hours]))
    return Trend.of_hours(window, [of_hours.get(at, Numbers()) for at in hours])


def _hours_begun(window: Window, until: datetime) -> list[datetime]:
    return [*takewhile(lambda at: at <= until, (hour.starts_at for hour in window.hours))]
