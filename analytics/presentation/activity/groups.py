"""Who is active, broken down: the groups of people, with their lifecycle or how often they come."""

from dataclasses import replace
from typing import Any

from analytics.ledger import Source
from analytics.lists import AnyList, PeopleList, under_conditions
from analytics.lists.active_people import ActivePeople
from analytics.periods import Window
from analytics.presentation.formats import count_of, days, inside_sentence
from analytics.presentation.groups import KEY, NOT_SPLIT, SplitTable, link_of_group, overlap, shown_name, split_label
from analytics.presentation.lists.people import LIFECYCLE_LABELS
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from analytics.questions.groups import SEGMENT, Breakdown
from analytics.questions.questions import CohortsQuestion
from analytics.reports.activity.groups import ActivityGroup, lifecycle_groups, stickiness_groups
from analytics.reports.activity.lifecycle import LifecyclePeriod, LifecycleReport
from analytics.reports.splits import in_group

TIMES_SHOWN = 7
"""In how many days, weeks or months people were active has a column each, more have one together."""


def lifecycle_by_group(source: Source, question: CohortsQuestion) -> SplitTable:
    """Of the newest period that is over or, where none is, the first: groups add up to what it has in each state."""
    if question.split is None:
        return NOT_SPLIT
    groups = lifecycle_groups(source, question)
    periods = groups[0].shown.periods if groups else ()
    over = [place for place, period in enumerate(periods) if period.is_complete]
    place = over[-1] if over else 0
    columns = (
        Column("group", split_label(question.split)),
        *(Column(state.value, label, Kind.COUNT) for state, label in LIFECYCLE_LABELS.items()),
        Column("active", "Active people", Kind.COUNT),
    )
    rows = tuple(_lifecycle_row(group, group.shown.periods[place], question) for group in groups)
    bucket = periods[place].bucket if periods else None
    of_period = f", {days(bucket.first_day, bucket.last_day)}" if bucket else ""
    return _split_table(question.split, of_period, columns, rows)


def _split_table(split: Breakdown, what: str, columns: tuple[Column, ...], rows: tuple[Row, ...]) -> SplitTable:
    label = split_label(split)
    return SplitTable((Table(KEY, f"By {inside_sentence(label)}{what}", columns, rows),), overlap(split))


def _lifecycle_row(group: ActivityGroup[LifecycleReport], period: LifecyclePeriod, question: CohortsQuestion) -> Row:
    window = period.bucket.window(question.window.zone)
    active = ActivePeople(question.metric, question.interval)
    states = {
        state.value: Cell(period.count(state), _people(group, window, replace(active, state=state), question))
        for state in LIFECYCLE_LABELS
    }
    of_all = Cell(period.active, _people(group, window, active, question))
    return Row({"group": _name(group), **states, "active": of_all}, link=link_of_group(group.group))


def _name(group: ActivityGroup[Any]) -> Cell:
    return Cell(shown_name(group.group, group.name, group.values))


def _people(
    group: ActivityGroup[Any], window: Window, active: ActivePeople, question: CohortsQuestion
) -> AnyList | None:
    """Those of the group: of a segment who meets its conditions."""
    if group.group.by == SEGMENT:
        return under_conditions(PeopleList(window, choice=active), in_group(question, group.group).part)
    return PeopleList(window, choice=replace(active, group=group.group))


def stickiness_by_group(source: Source, question: CohortsQuestion) -> SplitTable:
    """In how many of the question's days, weeks or months how many people of each group were active."""
    if question.split is None:
        return NOT_SPLIT
    groups = stickiness_groups(source, question)
    most, unit = max((len(group.shown) for group in groups), default=0), question.interval.value
    numbers = range(1, min(most, TIMES_SHOWN) + 1)
    columns = (
        Column("group", split_label(question.split)),
        Column("people", "People", Kind.COUNT),
        *(Column(f"times_{number}", count_of(number, unit, f"{unit}s"), Kind.COUNT) for number in numbers),
        *([Column("more", f"More than {TIMES_SHOWN} {unit}s", Kind.COUNT)] if most > TIMES_SHOWN else []),
    )
    return _split_table(question.split, "", columns, tuple(_times_row(group, question) for group in groups))


def _times_row(group: ActivityGroup[tuple[int, ...]], question: CohortsQuestion) -> Row:
    window, active = question.window, ActivePeople(question.metric, question.interval)
    times = {
        f"times_{number}": Cell(people, _people(group, window, replace(active, times=number), question))
        for number, people in enumerate(group.shown[:TIMES_SHOWN], 1)
    }
    more = replace(active, times=TIMES_SHOWN + 1, or_more=True)
    cells = {
        "group": _name(group),
        "people": Cell(sum(group.shown), _people(group, window, active, question)),
        **{f"times_{number}": Cell(0) for number in range(1, TIMES_SHOWN + 1)},
        **times,
        "more": Cell(sum(group.shown[TIMES_SHOWN:]), _people(group, window, more, question)),
    }
    return Row(cells, link=link_of_group(group.group))
