"""Retention broken down: a row for each group, of all cohorts together."""

from collections.abc import Sequence
from dataclasses import replace

from analytics.ledger import Source
from analytics.lists import AnyList, OrderList, PeopleList, under_conditions
from analytics.lists.cohort_cells import CohortCell
from analytics.presentation.formats import inside_sentence, points
from analytics.presentation.groups import KEY, NOT_SPLIT, SplitTable, link_of_group, overlap, shown_name, split_label
from analytics.presentation.retention.cells import PeriodView, mean_rows, of_cohorts, period_key, whole_list
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from analytics.questions.fields import Subject
from analytics.reports.retention.changes import PeriodChange
from analytics.reports.retention.groups import retention_groups
from analytics.reports.retention.report import RetentionReport
from analytics.reports.retention.splits import CohortsOfGroup
from analytics.reports.splits import in_group

CHANGES_KEY = "group_changes"


def period_groups(source: Source, view: PeriodView) -> SplitTable:
    """A row for each group of the question's split: who began, and who of them came back in periods that are over."""
    question, split = view.question, view.question.split
    if split is None:
        return NOT_SPLIT
    groups, label = retention_groups(source, question), split_label(split)
    periods = max((len(group.report.mean) for group in groups), default=0)
    columns = (
        Column("group", label),
        Column.of("cohort_size", key="size", label=view.of_whom),
        *map(view.column, range(periods)),
    )
    rows = tuple(_group_row(group, view) for group in groups)
    table = Table(KEY, f"By {inside_sentence(label)}", columns, rows)
    compared = (_change_table(groups, label, view),) if any(group.changes for group in groups) else ()
    return SplitTable((table, *compared), overlap(split))


def _group_row(group: CohortsOfGroup[RetentionReport], view: PeriodView) -> Row:
    report = group.report
    cells = {
        period_key(period.number): Cell(
            view.value(period),
            _rows_of_group(group, view, mean_rows(report, view, period)),
            beside=of_cohorts(period),
        )
        for period in report.mean
    }
    whole = whole_list(report, view)
    name = Cell(shown_name(group.group, group.name, group.values))
    return Row(
        {"group": name, "size": Cell(report.size, _rows_of_group(group, view, whole)), **cells},
        link=link_of_group(group.group),
    )


def _change_table(groups: Sequence[CohortsOfGroup[RetentionReport]], label: str, view: PeriodView) -> Table:
    """How many more of each group came back than of those whom its people are compared with, at the same age."""
    periods = max((len(group.changes) for group in groups), default=0)
    columns = (
        Column("group", label),
        *(Column(period_key(n), view.column(n).label, Kind.POINTS) for n in range(periods)),
    )
    rows = tuple(
        Row(
            {
                "group": Cell(shown_name(group.group, group.name, group.values)),
                **{period_key(change.number): _change_cell(change) for change in group.changes},
            },
            link=link_of_group(group.group),
        )
        for group in groups
    )
    return Table(CHANGES_KEY, f"By {inside_sentence(label)}, difference in points", columns, rows)


def _change_cell(change: PeriodChange) -> Cell:
    low, high = (points(round(end, 3), unit=False) for end in change.interval)
    return Cell(round(change.difference, 3), beside=f"95% CI {low} to {high}")


def _rows_of_group(
    group: CohortsOfGroup[RetentionReport], view: PeriodView, rows: PeopleList | OrderList | None
) -> AnyList | None:
    if rows is None:
        return None
    if group.group.by.subject is Subject.PEOPLE:
        return under_conditions(rows, in_group(view.question, group.group).part)
    return _of_group(rows, group)


def _of_group(rows: PeopleList | OrderList, group: CohortsOfGroup[RetentionReport]) -> AnyList:
    """Those whose value at the start is the group's."""
    if isinstance(rows, OrderList):
        assert rows.cohort is not None
        cell = replace(rows.cohort.cell, group=group.group)
        return replace(rows, cohort=replace(rows.cohort, cell=cell))
    assert isinstance(rows.choice, CohortCell)
    return replace(rows, choice=replace(rows.choice, group=group.group))
