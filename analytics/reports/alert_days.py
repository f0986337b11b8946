"""The numbers that alerts judge: of days that are over, and old enough not to change much any more."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from analytics.ledger import Source
from analytics.metrics import METRICS, Counted, Numbers, Unit
from analytics.periods import Interval, Window, local_day
from analytics.questions.questions import SETTLED_DAYS, TrendsQuestion
from analytics.reports.trends import trends
from analytics.statistics.alarms import (
    HISTORY_DAYS,
    RUNG_DAYS,
    AlertRule,
    DayJudgement,
    DayValue,
    silence_judgement,
)

TRIED_DAYS = 90
"""Of so many days it is told how often an alert would have rung."""
HOURS_OF_SILENCE = 28
"""Of so many days the gaps are that silence is measured by."""
_SLOW = frozenset(
    {
        Counted.OPENED,
        Counted.CLICKED,
        Counted.HUMAN_OPENED,
        Counted.HUMAN_CLICKED,
        Counted.COMPLAINED,
        Counted.UNSUBSCRIBED,
    }
)
"""What messages reach days after they were sent."""


@dataclass(frozen=True)
class JudgedDays:
    """The last of the days is the one to judge."""

    days: tuple[date, ...]
    values: tuple[DayValue, ...]


def newest_judged_day(metric: str, today: date) -> date:
    """Yesterday; of what messages reach late, a day that they have had time for."""
    is_slow = any(METRICS[key].counted in _SLOW for key in METRICS[metric].parts)
    return today - timedelta(days=1 + (SETTLED_DAYS if is_slow else 0))


def judged_days(source: Source, question: TrendsQuestion, *, last: int = 1) -> JudgedDays:
    """The days up to the newest that can be judged, `last` of them after the history that each is compared with.

    The question has one metric. Source: as of `trends`.
    """
    [metric] = question.metrics
    zone = question.window.zone
    newest = newest_judged_day(metric, local_day(question.now, zone))
    window = Window.between(newest - timedelta(days=HISTORY_DAYS + last - 1), newest, zone=zone)
    metrics = (metric, "orders") if METRICS[metric].unit is Unit.MONEY else (metric,)
    asked = replace(question.on(window), metrics=metrics, interval=Interval.DAY)
    trend = trends(source, asked).all
    return JudgedDays(tuple(window.day_list), tuple(_value(metric, numbers) for numbers in trend.days))


def _value(metric: str, numbers: Numbers) -> DayValue:
    unit, value = METRICS[metric].unit, numbers.known_value(metric)
    number = None if value is None else float(value)
    if unit is Unit.SHARE:
        return DayValue(number, float(numbers[METRICS[metric].denominator or ""]), is_share=True)
    if unit is Unit.MONEY:
        return DayValue(number, float(numbers["orders"]), is_amount=True)
    return DayValue(number, number or 0.0)


def silence(source: Source, question: TrendsQuestion) -> DayJudgement:
    """For how many hours nothing of the question's metric has come, up to the last hour that is over."""
    [metric] = question.metrics
    zone = question.window.zone
    window = Window.last_days(HOURS_OF_SILENCE, zone=zone, now=question.now)
    trend = trends(source, replace(question.on(window), interval=Interval.HOUR)).all
    over = [numbers for hour, numbers in zip(window.hours, trend.hours, strict=False) if hour.ends_at <= question.now]
    return silence_judgement([_hours_count(metric, numbers) for numbers in over])


def _hours_count(metric: str, numbers: Numbers) -> int:
    parts: Sequence[str] = METRICS[metric].parts
    return sum(int(numbers[key]) for key in parts)


@dataclass(frozen=True)
class TriedRule:
    """The days of the last 90 on which an alert would have opened, and after which share of them it would have told a
    fall by 40 %, `days_after` it; None where that is not known."""

    opened_on: tuple[date, ...]
    falls_told: float | None
    days_after: int


def tried_rule(source: Source, question: TrendsQuestion, rule: AlertRule) -> TriedRule:
    """Of any rule but silence."""
    judged = judged_days(source, question, last=TRIED_DAYS)
    opened_on = tuple(judged.days[place] for place in rule.openings(judged.values, TRIED_DAYS))
    [metric] = question.metrics
    today = local_day(question.now, question.window.zone)
    days_after = (today - newest_judged_day(metric, today)).days
    return TriedRule(opened_on, rule.share_of_falls(judged.values, TRIED_DAYS), days_after)


def has_rung(changed_on: date | None, day: date) -> bool:
    """Whether an alert opened or was resolved within 90 days before the day."""
    return changed_on is not None and (day - changed_on).days <= RUNG_DAYS


def is_due(judged_on: date | None, metric: str, today: date) -> bool:
    return judged_on is None or judged_on < newest_judged_day(metric, today)


def hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
