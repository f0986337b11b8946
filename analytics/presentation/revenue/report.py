"""How much? Net, orders and what one is worth; by currency, and broken down."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from analytics.ledger import Source
from analytics.lists import AnyList, OrderKind, OrderList, under_conditions
from analytics.metrics import METRICS, Numbers, known_rate
from analytics.orders import Amounts, MoneyTotals
from analytics.presentation.formats import inside_sentence
from analytics.presentation.groups import (
    KEY,
    conditions_of_group,
    link_of_group,
    overlap,
    shown_name,
    split_label,
    with_why,
)
from analytics.presentation.marks import marks_of
from analytics.presentation.money import money_gaps, shown_number
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Kind, Row, Table, with_changes
from analytics.presentation.tiles import Tile, trend_tile, why_link
from analytics.presentation.trend_tables import Marks, trend_chart, trend_table
from analytics.questions.questions import Question, RefundsBy
from analytics.reports.answers import Answer
from analytics.reports.happenings import happenings
from analytics.reports.revenue.groups import RevenueGroup, revenue_groups
from analytics.reports.revenue.report import MoneyOfDays, RevenueReport, compared_revenue, money_numbers, refunds_by_of
from analytics.reports.revenue.trends import revenue_trends
from analytics.reports.splits import in_group
from analytics.reports.trends import TrendsReport

KEY_FIGURES = ("revenue", "orders", "average_order", "buyer_rate")
SHOWN_BY_GROUP = ("revenue", "orders", "gross_revenue", "refunds", "average_order")
SHOWN_BY_DAY = ("revenue", "orders", "gross_revenue", "refunds")
CHANGES_OF_GROUPS = ("revenue", "orders")
_KINDS = {
    "revenue": None,
    "orders": OrderKind.SALE,
    "gross_revenue": OrderKind.SALE,
    "refunds": OrderKind.REFUND,
    "average_order": OrderKind.SALE,
}
"""Of the orders and refunds behind a metric's number."""


@dataclass(frozen=True)
class RevenueAnswer:
    report: Answer[RevenueReport]
    trends: Answer[TrendsReport]
    groups: tuple[RevenueGroup, ...] = ()
    marks: Marks = field(default_factory=dict)

    @classmethod
    def of(cls, source: Source, question: Question) -> "RevenueAnswer":
        """What is told of money is read once."""
        money = MoneyOfDays.of(source, question)
        return cls(
            compared_revenue(money, question),
            revenue_trends(money, question),
            revenue_groups(money, question),
            marks_of(happenings(source, question), question),
        )


def show_revenue(source: Source, question: Question) -> Presentation:
    return revenue_presentation(RevenueAnswer.of(source, question), question)


def revenue_presentation(answer: RevenueAnswer, question: Question) -> Presentation:
    """Amounts are in the workspace's currency."""
    report, trends, every = answer.report.report, answer.trends.report, _every(question)
    table = trend_table(
        "days",
        "Revenue",
        SHOWN_BY_DAY,
        answer.trends,
        question,
        compare=SHOWN_BY_DAY[:1],
        part=question.part,
        marks=answer.marks,
    )
    table = _with_refunds_by(table, every.refunds_by)
    split = (_groups_table(answer.groups, report.numbers, question, trends.currency),) if answer.groups else ()
    return Presentation(
        meta=report.meta,
        tiles=tuple(_tile(metric, answer, question) for metric in KEY_FIGURES),
        charts=(trend_chart("revenue", table, trends, question),),
        tables=(*split, *_by_currency(report.total, question, trends.currency), table),
        notices=overlap(question.split) if question.split else (),
        numbers=report.numbers,
        money_gaps=money_gaps(report.total, question.window, trends.currency, every.refunds_by),
    )


def _tile(metric: str, answer: RevenueAnswer, question: Question) -> Tile:
    if metric != "buyer_rate":
        shown = trend_tile(metric, answer.trends, question.interval)
        return replace(shown, opens=_behind(metric, _every(question)))
    changed = answer.report.change(metric, lambda report: report.numbers)
    value = answer.report.report.numbers.known_value(metric)
    return Tile(METRICS[metric], value, changed, why=why_link(metric))


def _with_refunds_by(table: Table, refunds_by: RefundsBy) -> Table:
    """Behind its numbers the orders, with refunds on the days that these are of."""

    def cell(shown: Cell) -> Cell:
        rows = shown.opens
        return replace(shown, opens=replace(rows, refunds_by=refunds_by)) if isinstance(rows, OrderList) else shown

    def row(shown: Row) -> Row:
        return replace(shown, cells={key: cell(each) for key, each in shown.cells.items()})

    return replace(table, rows=tuple(map(row, table.rows)), foot=table.foot and row(table.foot))


def _behind(metric: str, every: OrderList) -> AnyList | None:
    """Of all orders and refunds those behind a metric's number."""
    return replace(every, kind=_KINDS[metric]) if metric in _KINDS else None


def _every(question: Question) -> OrderList:
    return OrderList(question.window, refunds_by=refunds_by_of(question))


def _groups_table(groups: Sequence[RevenueGroup], whole: Numbers, question: Question, currency: str) -> Table:
    split = question.split
    assert split is not None
    label = split_label(split)
    columns = [Column("group", label), *(Column.of(metric, currency=currency) for metric in SHOWN_BY_GROUP)]
    if not split.segments:
        columns.insert(2, Column("share", "Share of net revenue", Kind.SHARE))
    rows = [_group_row(group, whole, question, currency) for group in groups]
    compared = CHANGES_OF_GROUPS if question.compared_days else ()
    title = f"By {inside_sentence(label)}"
    return Table(KEY, title, with_changes(columns, compared), rows, sortable=True)


def _group_row(group: RevenueGroup, whole: Numbers, question: Question, currency: str) -> Row:
    asked, numbers = in_group(question, group.group), group.answer.of(money_numbers)
    cells = {"group": Cell(shown_name(group.group, group.name, group.values))}
    for metric in SHOWN_BY_GROUP:
        rows = _behind(metric, _every(question))
        value = shown_number(numbers.report, metric, currency)
        cells[metric] = Cell(value, rows and under_conditions(rows, asked.part))
    for metric in CHANGES_OF_GROUPS:
        cells[f"{metric}_change"] = Cell(numbers.change(metric, lambda of_days: of_days))
    cells["share"] = Cell(_share(numbers.report["revenue"], whole["revenue"]))
    if not group.group.is_rest:
        cells = with_why(cells, CHANGES_OF_GROUPS, conditions_of_group(group.group))
    return Row(cells, link=link_of_group(group.group))


def _share(net: int, whole: int) -> float | None:
    """None where something is below zero: that is no part of a whole."""
    return known_rate(net, whole) if whole > 0 and net >= 0 else None


def _by_currency(totals: MoneyTotals, question: Question, own: str) -> Iterator[Table]:
    """Where there are other currencies than the workspace's own."""
    if not {*totals.by_currency} - {own}:
        return
    every = _every(question)
    columns = (Column("currency", "Currency"), *(Column.of(metric) for metric in SHOWN_BY_GROUP))
    rows = [
        _currency_row(name, name, amounts, replace(every, currency=name))
        for name, amounts in sorted(totals.by_currency.items(), key=lambda item: (item[0] != own, item[0]))
    ]
    converted = replace(every, without_amount=False, unconverted=False)
    foot = _currency_row("Converted", own, totals.converted, converted) if totals.converted else None
    yield Table("currencies", "By currency", columns, rows, foot=foot)


def _currency_row(label: str, currency: str, amounts: Amounts, rows: OrderList) -> Row:
    numbers = money_numbers(MoneyTotals(amounts.orders, 0, 0, 0, 0, {}, amounts))
    cells = {"currency": Cell(label)}
    for metric in SHOWN_BY_GROUP:
        cells[metric] = Cell(shown_number(numbers, metric, currency), _behind(metric, rows))
    return Row(cells)
