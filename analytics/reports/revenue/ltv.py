"""What are people worth, and after how long? What those who began together have brought in by each age."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Series, Source, distinct_values
from analytics.metrics import mean_units
from analytics.models import UtmTriple
from analytics.orders import MoneyEvents
from analytics.periods import Bucket, Window, buckets
from analytics.questions.fields import Field
from analytics.questions.groups import DEFAULT_GROUPS, Group
from analytics.questions.ltv import LtvQuestion, LtvStart
from analytics.questions.ranges import DAYS_PER_WEEK
from analytics.reports.meta import Meta, meta, newest
from analytics.reports.reached import NEVER
from analytics.reports.revenue.member_money import MoneySince, NetMoney
from analytics.reports.revenue.told_money import money_events


@dataclass(frozen=True)
class ValueByAge:
    """What `members` have brought in until the end of a week since they began, the first being 0; `is_complete` once
    all of them have reached that age, by source and campaign all of the report."""

    age: int
    members: int
    money: NetMoney
    is_complete: bool

    @property
    def value(self) -> int:
        """Of each of them, in minor units of the workspace's currency."""
        return mean_units(self.money.converted, self.members)


@dataclass(frozen=True)
class ValueCohort:
    """People who began on days that are taken together, or whose first touch is in one of so many `values`. `ages` has
    an entry for each week that has begun for one of them."""

    bucket: Bucket
    group: Group | None
    values: int
    members: int
    ages: tuple[ValueByAge, ...]


@dataclass(frozen=True)
class LtvReport:
    days: int
    cohorts: tuple[ValueCohort, ...]
    currency: str
    meta: Meta

    @cached_property
    def mean(self) -> tuple[ValueByAge, ...]:
        """All cohorts that are complete at an age, taken together: a mean weighted by their members."""
        complete = [[of_age for of_age in cohort.ages if of_age.is_complete] for cohort in self.cohorts]
        longest = max(map(len, complete), default=0)
        return tuple(_together([ages[age] for ages in complete if len(ages) > age]) for age in range(longest))

    def days_complete(self, age: int) -> tuple[date, date]:
        """The first and the last day on which those began who are in the mean of an age."""
        complete = [cohort.bucket for cohort in self.cohorts if len(cohort.ages) > age and cohort.ages[age].is_complete]
        return complete[0].first_day, complete[-1].last_day

    @property
    def members(self) -> int:
        return sum(cohort.members for cohort in self.cohorts)

    @property
    def money(self) -> NetMoney:
        """What all of them have brought in so far, within the ages that are told."""
        return NetMoney.sum_of(cohort.ages[-1].money for cohort in self.cohorts if cohort.ages)


def _together(parts: Sequence[ValueByAge]) -> ValueByAge:
    members = sum(part.members for part in parts)
    return ValueByAge(parts[0].age, members, NetMoney.sum_of(part.money for part in parts), is_complete=True)


def payback(ages: Sequence[ValueByAge], cost: int) -> int | None:
    """The first age at which people are worth what they cost; None where none that is complete says so."""
    return next((of_age.age for of_age in ages if of_age.is_complete and of_age.value >= cost), None)


def ltv(source: Source, question: LtvQuestion) -> LtvReport:
    """The value of those who began on the question's days: a row for each week or month with anybody, oldest first, or
    for each source or campaign, most people first.

    Age k is the local days 7k to 7k+6 after the day on which somebody began; the value of it is all that they have
    brought in by then, also before they began. Source: the ledger's touches of all days. Three queries, up to three
    more for rates, people and sources.
    """
    members = ValuedMembers.of(source, question)
    return LtvReport(
        days=question.window.days,
        cohorts=tuple(members.cohorts(question)),
        currency=source.workspace.currency,
        meta=meta(source, question, through=members.through),
    )


def members_of(source: Source, question: LtvQuestion, group: Group | None) -> NDArray[np.int32]:
    """The numbers, ascending, of those who began on the question's days; of a group, where one is meant."""
    members = ValuedMembers.of(source, question)
    if group is None:
        return np.sort(members.people)
    values, places = members.first_values(group.by)
    are_meant = np.array([*map(group.has, values)], np.bool_)[places]
    return np.sort(members.people[are_meant])


def weeks_since(source: Source, question: LtvQuestion, group: Group | None, events: MoneyEvents) -> NDArray[np.int64]:
    """For each of the events in which week it lies since its person began on the question's days, and is in the group,
    where one is meant: below zero before that, and NEVER for others, and for what lies ahead."""
    members = ValuedMembers.of(source, question)
    people = members.people if group is None else members_of(source, question, group)
    began_on = np.full(1 + max(int(people.max(initial=-1)), int(events.people.max(initial=-1))), NEVER, np.int64)
    are_meant = np.isin(members.people, people)
    began_on[members.people[are_meant]] = members.began_on[are_meant]
    began, days = began_on[events.people], _days(members.whole, events.at)
    today = (question.today - members.whole.first_day).days
    return np.where((began == NEVER) | (days > today), NEVER, (days - began) // DAYS_PER_WEEK)


@dataclass(frozen=True, eq=False)
class ValuedMembers:
    """Those who began on the days of a question, when each did, and what they brought in, of all days.

    `began_on` counts days from the first of `whole`, on which anything is known.
    """

    source: Source
    whole: Window
    people: NDArray[np.int32]
    began_at: NDArray[np.int64]
    began_on: NDArray[np.int64]
    money: MoneySince
    through: datetime | None

    @classmethod
    def of(cls, source: Source, question: LtvQuestion) -> "ValuedMembers":
        question = replace(question, part=question.part.of_people())
        window = question.window
        whole = (source.all_days() or window).and_until(window)
        so_far = Window.between(whole.first_day, max(whole.first_day, question.today), zone=whole.zone)
        events, through = money_events(source, so_far, question.part)
        if question.start is LtvStart.SIGNUP:
            touches, since = source.touches([Series.SIGNUPS], window=window, part=question.part)
            people, began_at = touches[Series.SIGNUPS].people, touches[Series.SIGNUPS].at
            through = newest(through, since)
        else:
            people, began_at = _first_orders(events, window, whole)
        began_on = _days(whole, began_at)
        money = MoneySince.of(source, events, people, began_on, whole)
        return cls(source, whole, people, began_at, began_on, money, through)

    def cohorts(self, question: LtvQuestion) -> Iterator[ValueCohort]:
        if question.by.interval is None:
            assert question.by.field is not None
            yield from self._by_first_value(question, question.by.field)
            return
        for bucket in buckets(question.window, question.by.interval):
            first, last = ((day - self.whole.first_day).days for day in (bucket.first_day, bucket.last_day))
            are_meant = (self.began_on >= first) & (self.began_on <= last)
            if are_meant.any():
                yield self._cohort(question, are_meant, bucket)

    def _by_first_value(self, question: LtvQuestion, by: Field) -> Iterator[ValueCohort]:
        values, places = self.first_values(by)
        sizes = np.bincount(places, minlength=len(values)).tolist()
        ordered = sorted((place for place in range(1, len(values))), key=lambda place: (-sizes[place], values[place]))
        shown, rest = ordered[:DEFAULT_GROUPS], ordered[DEFAULT_GROUPS:]
        groups = [(Group(by, values[place]), [place]) for place in shown]
        if rest:
            named = tuple(value for place in shown if (value := values[place]) is not None)
            groups.append((Group(by, others_than=named), rest))
        groups.append((Group(by), [0]))
        window = Bucket(question.window.first_day, question.window.last_day)
        for group, meant in groups:
            are_meant = np.isin(places, meant)
            if are_meant.any():
                yield replace(self._cohort(question, are_meant, window), group=group, values=len(meant))

    def first_values(self, by: Field) -> tuple[list[str | None], NDArray[np.int64]]:
        """The different values that first touches have, of which None is none, and for each member the place of
        theirs.

        Somebody's first touch is the first event of theirs with a source, unless they had begun before; of several at
        one instant the first value in order."""
        touches, _ = self.source.touches([Series.ATTRIBUTED], window=self.whole)
        found = touches[Series.ATTRIBUTED]
        place_of = np.full(1 + max(int(self.people.max(initial=-1)), int(found.people.max(initial=-1))), -1, np.int64)
        place_of[self.people] = np.arange(len(self.people))
        places = place_of[found.people]
        are_theirs = np.flatnonzero(places >= 0)
        are_theirs = are_theirs[found.at[are_theirs] <= self.began_at[places[are_theirs]]]
        values, codes = _values_of_triples(self.source, by, found.utm[are_theirs])
        order = np.lexsort((np.where(codes == 0, len(values), codes), found.at[are_theirs], places[are_theirs]))
        members, firsts = np.unique(places[are_theirs][order], return_index=True)
        of_members = np.zeros(len(self.people), np.int64)
        of_members[members] = codes[order][firsts]
        return values, of_members

    def _cohort(self, question: LtvQuestion, are_meant: NDArray[np.bool_], bucket: Bucket) -> ValueCohort:
        began_on = self.began_on[are_meant]
        today = (question.today - self.whole.first_day).days
        last = (bucket.last_day - self.whole.first_day).days
        of_all = began_on if question.by.interval else self.began_on
        last = min(last, int(of_all.max())) if last < today else last
        begun = min(question.horizon, (today - int(began_on.min())) // DAYS_PER_WEEK + 1)
        complete = (today - last) // DAYS_PER_WEEK
        money = self._money_by_age(self.money.of_people(are_meant), begun)
        members = len(began_on)
        ages = (ValueByAge(age, members, so_far, age < complete) for age, so_far in enumerate(money))
        return ValueCohort(bucket, None, 1, members, tuple(ages))

    def _money_by_age(self, money: MoneySince, ages: int) -> Iterator[NetMoney]:
        """Up to each age."""
        age_of = np.maximum(money.days, 0) // DAYS_PER_WEEK
        within = age_of < ages
        by_age = money.only(within).by_group(age_of[within], ages, self.source.workspace.currency)
        return accumulate(by_age, lambda before, of_age: NetMoney.sum_of([before, of_age]))


def _days(whole: Window, at: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.searchsorted(whole.day_starts, at, side="right").astype(np.int64) - 1


def _first_orders(events: MoneyEvents, window: Window, whole: Window) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Who ordered for the first time on the days of a window, and when."""
    orders = events.only(events.are_orders)
    first = np.full(1 + int(orders.people.max(initial=-1)), NEVER, np.int64)
    np.minimum.at(first, orders.people, orders.at)
    people = np.flatnonzero(first != NEVER)
    day = _days(whole, first[people])
    since = (window.first_day - whole.first_day).days
    people = people[(day >= since) & (day < since + window.days)]
    return people.astype(np.int32), first[people]


def _values_of_triples(
    source: Source, by: Field, triples: NDArray[np.int32]
) -> tuple[list[str | None], NDArray[np.int64]]:
    """The different values of a field of UTM triples, None and then in order, and for each triple the place of its
    own. One query."""
    different, places = np.unique(triples, return_inverse=True)
    column = by.key.removeprefix("utm.")
    rows = UtmTriple.objects.filter(workspace=source.workspace, pk__among=different.tolist())
    value_of = dict(rows.values_list("pk", column))
    values, codes = distinct_values(value_of.get(pk) or None for pk in different.tolist())
    return [*values], codes.astype(np.int64)[places]
