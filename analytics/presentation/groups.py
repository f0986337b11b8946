"""The table of a report's groups, where it is broken down: what each has, its share, and how that changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analytics.ledger import Source
from analytics.lists import list_for, under_conditions
from analytics.metrics import METRICS, Change, Numbers, Unit, known_rate
from analytics.presentation.conditions import field_label, group_name
from analytics.presentation.formats import inside_sentence, with_capital
from analytics.presentation.tables import Cell, Column, Kind, Link, Row, Table
from analytics.questions.filter_texts import filter_query
from analytics.questions.filters import AllOf
from analytics.questions.groups import Breakdown, Group
from analytics.questions.questions import Question
from analytics.questions.what_changed import METRICS_OF_CHANGES
from analytics.reports.splits import GroupNumbers, divided_metrics, group_numbers, in_group

KEY = "groups"
WITH_SOURCE, WITHOUT_SOURCE = "utm.source:*", "utm.source!:*"
"""Conditions as addresses have them: all touches have a source."""
OVERLAP = "Segments may overlap: they do not add up."


def split_label(split: Breakdown) -> str:
    return "Segment" if split.segments else with_capital(field_label(split.field))


def shown_name(group: Group, name: str | None, values: int) -> str:
    """What a row or a line of the group is called."""
    if group.is_rest:
        return f"Other ({values:,})"
    return name if name is not None and name != group.value else group_name(group)


def link_of_group(group: Group) -> Link | None:
    """To the same page about the group alone; the rest is none that an address should say."""
    return None if group.is_rest else Link.here(**conditions_of_group(group))


def conditions_of_group(group: Group) -> dict[str, tuple[str, ...]]:
    """The group's conditions, as addresses have them."""
    named: dict[str, tuple[str, ...]] = {}
    for name, text in filter_query(AllOf(group.conditions)):
        named[name] = (*named.get(name, ()), text)
    return named


def with_why(
    cells: Mapping[str, Cell], metrics: Sequence[str], query: Mapping[str, tuple[str, ...]]
) -> dict[str, Cell]:
    """The cells of a row; the first of the metrics that changed leads to what the row's are made of,
    where another can be chosen: of all there would be too many links."""
    key = next((f"{metric}_change" for metric in metrics if _has_change(cells.get(f"{metric}_change"), metric)), None)
    if key is None:
        return {**cells}
    metric = key.removesuffix("_change")
    return {**cells, key: replace(cells[key], why=Link("why", {"metric": metric, **query}))}


def _has_change(cell: Cell | None, metric: str) -> bool:
    changed = cell.value if cell else None
    return metric in METRICS_OF_CHANGES and isinstance(changed, Change) and bool(changed.amount)


def groups_table(
    groups: Sequence[GroupNumbers], metrics: Sequence[str], divided: Sequence[str], whole: Numbers, question: Question
) -> Table:
    """A row for each group, without a number for metrics that are not `divided`; `whole` are those of all."""
    split = question.split
    assert split is not None
    label = split_label(split)
    first = next((metric for metric in metrics if metric in divided and METRICS[metric].unit is Unit.COUNT), "")
    columns = [Column("group", label)]
    for metric in metrics:
        column = Column.of(metric)
        columns.append(column)
        if metric == first and not split.segments:
            columns.append(Column("share", f"Share of {METRICS[metric].label.lower()}", Kind.SHARE))
        if question.compared_days and metric in divided:
            columns.append(column.change)
    rows = [_row(group, metrics, divided, first, whole, question) for group in groups]
    return Table(KEY, f"By {inside_sentence(label)}", tuple(columns), tuple(rows), sortable=True)


def _row(
    group: GroupNumbers,
    metrics: Sequence[str],
    divided: Sequence[str],
    first: str,
    whole: Numbers,
    question: Question,
) -> Row:
    asked = in_group(question, group.group)
    cells: dict[str, Cell] = {"group": Cell(shown_name(group.group, group.name, group.values))}
    for metric in metrics:
        if metric not in divided:
            cells[metric] = Cell(None)
            continue
        opens = list_for(metric, question.window, asked.part)
        under = opens and under_conditions(opens, asked.part)
        cells[metric] = Cell(group.numbers.known_value(metric), under)
        cells[f"{metric}_change"] = Cell(group.answer.change(metric, lambda numbers: numbers))
    if first:
        cells["share"] = Cell(known_rate(group.numbers[first], whole[first]))
    if not group.group.is_rest:
        cells = with_why(cells, metrics, conditions_of_group(group.group))
    return Row(cells, link=link_of_group(group.group))


@dataclass(frozen=True)
class SplitTable:
    """The table of a report's groups, if any, and what is to be said of it."""

    tables: tuple[Table, ...] = ()
    notices: tuple[str, ...] = ()


NOT_SPLIT = SplitTable()


def split_table(source: Source, question: Question, metrics: Sequence[str], whole: Numbers) -> SplitTable:
    """The metrics of the groups of the question's split; `whole` are those of all."""
    if question.split is None:
        return NOT_SPLIT
    divided = divided_metrics(metrics, question)
    if not divided:
        return SplitTable((), (f"The split by {split_label(question.split).lower()} cannot apply to anything here.",))
    return table_of_groups(group_numbers(source, question, divided), metrics, divided, whole, question)


def table_of_groups(
    groups: Sequence[GroupNumbers], metrics: Sequence[str], divided: Sequence[str], whole: Numbers, question: Question
) -> SplitTable:
    """With what is to be said of it."""
    assert question.split is not None
    missing = dict.fromkeys(METRICS[metric].name for metric in metrics if metric not in divided)
    notices = [f"The split cannot apply to {', '.join(missing)}."] if missing else []
    return SplitTable((groups_table(groups, metrics, divided, whole, question),), (*notices, *overlap(question.split)))


def overlap(split: Breakdown) -> tuple[str, ...]:
    """What is to be said of groups that do not add up."""
    return (OVERLAP,) if split.segments else ()
