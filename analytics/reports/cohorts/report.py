"""Do people stay? Contacts by the day they signed up, and how many of them were active in each week since."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Series, Source, Touches
from analytics.metrics import rate
from analytics.periods import Window
from analytics.questions.fields import Field, Subject
from analytics.questions.questions import EVENT_METRIC_PREFIX, REVENUE, CohortsQuestion
from analytics.questions.ranges import DAYS_PER_WEEK
from analytics.reports.cohorts.money import MoneyByWeek, money_by_week, orders_placed
from analytics.reports.meta import Meta, meta, newest
from analytics.reports.revenue.member_money import MoneySince, NetMoney
from analytics.reports.revenue.told_money import money_events

MAX_WEEKS = 53
"""How long a cohort is watched: as long as the longest period of days that the API takes."""


@dataclass(frozen=True)
class Cohort:
    """`active_by_week` has a number for each week that has begun; `weeks_ended` of these weeks are over.

    The week that contains today is still running. By revenue, `money_by_week` has what the contacts brought in in each.
    """

    day: date
    size: int
    active_by_week: tuple[int, ...]
    weeks_ended: int
    money_by_week: tuple[NetMoney, ...] = ()

    @property
    def active_contacts(self) -> int:
        return self.active_by_week[-1]

    @property
    def retention_rate(self) -> float:
        return rate(self.active_contacts, self.size)

    @property
    def cells(self) -> tuple[tuple[int, float], ...]:
        """For each week, the active contacts and their share of all."""
        return tuple((active, rate(active, self.size)) for active in self.active_by_week)


@dataclass(frozen=True)
class WeekTotals:
    """Week k after signup, over the cohorts for which it has ended."""

    week: int
    size: int
    active: int
    money: NetMoney | None = None

    @property
    def retention_rate(self) -> float:
        return rate(self.active, self.size)


@dataclass(frozen=True)
class CohortsReport:
    window: Window
    metric: str
    cohorts: tuple[Cohort, ...]
    meta: Meta

    @property
    def days(self) -> int:
        return self.window.days

    @cached_property
    def weeks(self) -> tuple[WeekTotals, ...]:
        """All cohorts taken together, week by week, as far as one of them has ended the week."""
        return tuple(map(self._week, range(max((cohort.weeks_ended for cohort in self.cohorts), default=0))))

    def _week(self, week: int) -> WeekTotals:
        ended = [cohort for cohort in self.cohorts if cohort.weeks_ended > week]
        return WeekTotals(
            week=week,
            size=sum(cohort.size for cohort in ended),
            active=sum(cohort.active_by_week[week] for cohort in ended),
            money=NetMoney.sum_of(cohort.money_by_week[week] for cohort in ended) if self.is_of_money else None,
        )

    @property
    def is_of_money(self) -> bool:
        return self.metric == REVENUE

    @cached_property
    def money(self) -> NetMoney:
        """What all of the contacts brought in, in all weeks that have begun."""
        return NetMoney.sum_of(of_week for cohort in self.cohorts for of_week in cohort.money_by_week)

    def last_day_over(self, week: int) -> date:
        """The last day of signup of those for whom the week is over, of `weeks`."""
        return max(cohort.day for cohort in self.cohorts if cohort.weeks_ended > week)

    @property
    def size(self) -> int:
        return sum(cohort.size for cohort in self.cohorts)


def cohorts(source: Source, question: CohortsQuestion) -> CohortsReport:
    """A row for each of the question's days on which contacts signed up, oldest first.

    Week k of a cohort is the local days 7k to 7k+6 after its signup day, whole days at both ends; a contact is active
    in it with at least one touch of the metric. Conditions on facts are those on these touches. Source: the ledger's
    touches.
    """
    return WatchedContacts.of(source, question).report(source, question)


def active_contacts(source: Source, question: CohortsQuestion, week: int) -> NDArray[np.int32]:
    """The person numbers, ascending, of the contacts of all cohorts who were active in their week `week`.

    One query.
    """
    contacts = WatchedContacts.of(source, question)
    if week >= contacts.were_active.shape[1]:
        return np.empty(0, np.int32)
    return np.sort(contacts.people[contacts.were_active[:, week]])


@dataclass(frozen=True)
class WatchedContacts:
    """Who signed up on the days of a window, and what they did on the days `observed`."""

    window: Window
    observed: Window
    signups: "_Signups"
    activity: Touches
    through: datetime | None
    money: MoneySince | None = None

    @classmethod
    def of(cls, source: Source, question: CohortsQuestion, by: Field | None = None) -> "WatchedContacts":
        """What they did with its values of a field. One query; by revenue up to four."""
        window, observed = question.window, _days_watched(question.window, question.today)
        series = [replace(each, by=by) for each in activity_series(source, question, by)]
        touches, through = source.touches([Series.SIGNUPS, *series], window=observed, part=question.part)
        signups = _Signups.within(touches[Series.SIGNUPS], window)
        activity = Touches.of_parts([touches[each] for each in series])
        if question.metric != REVENUE:
            return cls(window, observed, signups, activity, through)
        events, through_money = money_events(source, observed, question.part)
        began_on = signups.days.astype(np.int64)
        money = MoneySince.of(source, events, signups.people, began_on, observed)
        return cls(window, observed, signups, activity, newest(through, through_money), money)

    @property
    def people(self) -> NDArray[np.int32]:
        """The numbers of those who signed up, in the order of their signups."""
        return self.signups.people

    @cached_property
    def were_active(self) -> NDArray[np.bool_]:
        """Whether each was, week by week; by revenue whether they ordered."""
        activity = self.activity if self.money is None else orders_placed(self.money.events, self.observed)
        return _active_weeks(self.observed, self.signups, activity)

    def money_by_week(self, currency: str) -> MoneyByWeek:
        if self.money is None:
            return lambda day: ()
        return money_by_week(self.money, self.signups.days, self.were_active.shape[1], currency)

    def report(
        self, source: Source, question: CohortsQuestion, are_meant: NDArray[np.bool_] | None = None
    ) -> CohortsReport:
        """The cohorts of some of them, or of all."""
        contacts = self if are_meant is None else self.only(are_meant)
        money = contacts.money_by_week(source.workspace.currency)
        return CohortsReport(
            window=self.window,
            metric=question.metric,
            cohorts=tuple(_cohorts(self.window, self.observed, contacts.signups, contacts.were_active, money)),
            meta=meta(source, question, through=self.through),
        )

    def only(self, are_meant: NDArray[np.bool_]) -> "WatchedContacts":
        """Some of them."""
        signups, money = self.signups.only(are_meant), self.money and self.money.of_people(are_meant)
        part = replace(self, signups=signups, money=money)
        part.__dict__["were_active"] = self.were_active[are_meant]
        return part


def _days_watched(window: Window, today: date) -> Window:
    """The days on which its contacts are watched: from the window's first to today."""
    last_watched = window.last_day + timedelta(days=MAX_WEEKS * DAYS_PER_WEEK - 1)
    return Window.between(window.first_day, max(window.last_day, min(today, last_watched)), zone=window.zone)


@dataclass(frozen=True)
class _Signups:
    people: NDArray[np.int32]
    days: NDArray[np.int16]

    @classmethod
    def within(cls, signups: Touches, window: Window) -> "_Signups":
        fits = signups.days < window.days
        return cls(signups.people[fits], signups.days[fits])

    def only(self, places: NDArray[np.bool_]) -> "_Signups":
        return _Signups(self.people[places], self.days[places])


def subject_of_activity(metric: str) -> Subject:
    """What a condition is about that is on what makes a contact active."""
    return Subject.MESSAGES if metric in (Series.OPENS.name, Series.CLICKS.name) else Subject.EVENTS


def activity_series(source: Source, question: CohortsQuestion, by: Field | None = None) -> list[Series]:
    """What makes a contact active: of it what meets the question's conditions on it. By revenue it is orders, which are
    read with what they are worth, so that sales are read for their values alone."""
    metric, where = question.metric, question.part.where.on(subject_of_activity(question.metric))
    if metric.startswith(EVENT_METRIC_PREFIX):
        return [Series.of_type(metric.removeprefix(EVENT_METRIC_PREFIX), where)]
    if metric == REVENUE:
        sales = [name for name, rule in source.workspace.rules_by_type.items() if rule.is_money and not rule.is_refund]
        return [Series.of_type(event_type, where) for event_type in sales if by is not None]
    if metric == "conversions":
        types = dict.fromkeys(source.workspace.conversion_types)
        return [Series.of_type(event_type, where) for event_type in types]
    plain = {"events": Series.EVENTS, "opens": Series.OPENS, "clicks": Series.CLICKS}[metric]
    return [replace(plain, where=where)]


def _cohorts(
    window: Window,
    observed: Window,
    signups: _Signups,
    seen: NDArray[np.bool_],
    money: MoneyByWeek,
) -> Iterator[Cohort]:
    sizes = np.bincount(signups.days, minlength=window.days)
    by_week = [np.bincount(signups.days[in_week], minlength=window.days) for in_week in seen.T]
    active = np.stack(by_week, axis=1)
    for day in np.flatnonzero(sizes).tolist():
        days_begun = observed.days - day
        weeks_begun = min((days_begun - 1) // DAYS_PER_WEEK + 1, MAX_WEEKS)
        yield Cohort(
            day=window.day_list[day],
            size=int(sizes[day]),
            active_by_week=tuple(active[day, :weeks_begun].tolist()),
            weeks_ended=min((days_begun - 1) // DAYS_PER_WEEK, MAX_WEEKS),
            money_by_week=money(day)[:weeks_begun],
        )


def _active_weeks(observed: Window, signups: _Signups, activity: Touches) -> NDArray[np.bool_]:
    """Whether each signup's contact was active, week by week since, counted from 0."""
    weeks = min((observed.days - 1) // DAYS_PER_WEEK + 1, MAX_WEEKS)
    order = np.argsort(signups.days, kind="stable")
    people, days = signups.people[order], signups.days[order]
    seen = np.zeros((len(people), weeks), np.bool_)
    for day, are_active in activity.people_by_day(int(people.max(initial=-1)) + 1):
        first, end = np.searchsorted(days, [day - weeks * DAYS_PER_WEEK + 1, day + 1]).tolist()
        active = first + np.flatnonzero(are_active[people[first:end]])
        seen[order[active], (day - days[active]) // DAYS_PER_WEEK] = True
    return seen
