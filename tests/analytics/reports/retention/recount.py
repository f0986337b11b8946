"""Retention once more, slow and obvious: loops over instants, periods by the calendar of Python."""

import calendar
from collections import defaultdict
from datetime import date, datetime, timedelta

from analytics.periods import local_day, start_of_day

DAYS = {"day": 1, "week": 7}


def month_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def later(day: date, unit: str, periods: int) -> date:
    return month_later(day, periods) if unit == "month" else day + timedelta(days=DAYS[unit] * periods)


def first_of(day: date, unit: str) -> date:
    """Of the calendar's day, week or month."""
    return {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[unit]


def begins_at(start: datetime, question, period: int) -> datetime:
    """When a period begins for who began at an instant."""
    zone, unit = question.window.zone, question.unit.value
    day = local_day(start, zone)
    match question.clock.value:
        case "calendar":
            return start_of_day(later(first_of(day, unit), unit, period), zone)
        case "days":
            return start_of_day(later(day, unit, period), zone)
    if unit != "month":
        return start + timedelta(hours=24 * DAYS[unit] * period)
    return start_of_day(month_later(day, period), zone) + (start - start_of_day(day, zone))


def counts(start: datetime, at: datetime, question) -> bool:
    """Whether what was done then can be a return."""
    if question.start.act is not None:
        return at > start
    if question.clock.value == "rolling":
        return at >= start
    return at >= start_of_day(local_day(start, question.window.zone), question.window.zone)


def came_back(start: datetime, returns, question, period: int) -> bool:
    begins, ends = begins_at(start, question, period), begins_at(start, question, period + 1)
    if question.mode.value == "onOrAfter":
        return any(counts(start, at, question) and begins <= at for at in returns)
    return any(counts(start, at, question) and begins <= at < ends for at in returns)


def starts(acts, question, cohorts):
    """For each cohort a person and when they began; `acts` are persons and instants."""
    zone, window = question.window.zone, question.window
    if question.start.is_first:
        firsts = {}
        for person, at in sorted(acts, key=lambda act: act[1]):
            firsts.setdefault(person, at)
        acts = list(firsts.items())
    found = {}
    for person, at in sorted(acts, key=lambda act: act[1]):
        day = local_day(at, zone)
        if window.first_day <= day <= window.last_day:
            cohort = next(place for place, bucket in enumerate(cohorts) if bucket.contains(day))
            found.setdefault((cohort, person), at)
    return [(cohort, person, at) for (cohort, person), at in found.items()]


def retention(question, cohorts, acts, returns):
    """By cohort its size, and for each period that has begun how many it has begun for, how many came, and whether it
    is complete; `acts` and `returns` are persons and instants."""
    of_person = defaultdict(list)
    for person, at in returns:
        of_person[person].append(at)
    rows = []
    begun_at = {}
    for cohort, person, at in starts(acts, question, cohorts):
        begun_at.setdefault(cohort, []).append((person, at))
    for cohort in sorted(begun_at):
        members, cells = begun_at[cohort], []
        for period in range(question.horizon):
            begun = [one for one in members if period == 0 or begins_at(one[1], question, period) <= question.now]
            if not begun:
                break
            active = sum(came_back(at, of_person[person], question, period) for person, at in begun)
            is_over = all(begins_at(at, question, period + 1) <= question.now for _, at in members)
            cells.append((len(begun), active, is_over and cohorts[cohort].last_day < question.today))
        rows.append((cohorts[cohort].first_day, len(members), cells))
    return rows


def shown(report):
    """A report in the same shape."""
    return [
        (
            cohort.bucket.first_day,
            cohort.size,
            [(cell.size, cell.active, cell.is_complete) for cell in cohort.cells],
        )
        for cohort in report.cohorts
    ]
