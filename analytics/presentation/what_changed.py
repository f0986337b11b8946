"""Why a metric changed: a waterfall of the parts that add up to it, and the other ways to divide it."""

from collections.abc import Iterator

from analytics.ledger import Source
from analytics.lists.changes import rows_of_change
from analytics.metrics import METRICS, Metric, Numbers, Unit, exact_value, metric_change
from analytics.periods import Window
from analytics.presentation import formats
from analytics.presentation.change_texts import (
    change_sentence,
    difference_kind,
    difference_text,
    dimension_label,
    part_label,
    value_kind,
    value_of,
)
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.groups import link_of_group
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Kind, Link, Row, Table, column_kind
from analytics.presentation.tiles import Tile
from analytics.questions.questions import Question
from analytics.questions.what_changed import WhatChangedQuestion, is_credited_by
from analytics.reports.changes.factors import Factor
from analytics.reports.changes.pieces import DividedChange, Piece
from analytics.reports.changes.report import WhatChangedReport, what_changed

TABLES_SHOWN = 3
VERDICTS = {True: "Yes", False: "No"}


def show_what_changed(source: Source, question: Question) -> Presentation:
    asked = question if isinstance(question, WhatChangedQuestion) else question.with_params(WhatChangedQuestion)
    return what_changed_presentation(what_changed(source, asked), asked, source.workspace.currency)


def what_changed_presentation(report: WhatChangedReport, question: WhatChangedQuestion, currency: str) -> Presentation:
    drawer = _Drawer(report, currency)
    if report.periods is None or report.whole is None or report.amount is None:
        return Presentation(meta=report.meta)
    return Presentation(
        meta=report.meta,
        tiles=(drawer.tile(),),
        charts=tuple(drawer.charts()),
        tables=(*drawer.other_tables(), drawer.dimensions(), *drawer.factors()),
        numbers=report.whole.numbers,
    )


class _Drawer:
    """Draws a report of two periods."""

    def __init__(self, report: WhatChangedReport, currency: str) -> None:
        self.report, self.currency = report, currency

    @property
    def metric(self) -> Metric:
        return self.report.metric

    @property
    def divisions(self) -> tuple[DividedChange, ...]:
        """Those with a table of their parts."""
        return self.report.changes[:TABLES_SHOWN]

    def tile(self) -> Tile:
        assert self.report.whole is not None
        assert self.report.periods is not None
        key, whole = self.metric.key, self.report.whole
        opens = None if self.metric.is_ratio else rows_of_change(key, self.report.periods, 0)
        value = value_of(whole.numbers.known_value(key), self.metric, self.currency)
        assert not isinstance(value, str)
        # Of an amount it is not told here how many orders it is of, of what is shared out not of how many conversions
        is_told = self.metric.unit is not Unit.MONEY and self.metric.scale == 1
        changed = metric_change(key, whole.numbers, whole.before) if is_told else None
        return Tile(self.metric, value, changed, opens=opens)  # type: ignore[arg-type]

    def charts(self) -> Iterator[Chart]:
        if not self.report.changes:
            return
        change = self.report.changes[0]
        table = Table(
            "parts",
            _title(change),
            self._columns(),
            tuple(self._steps(change)),
        )
        title = f"{self.metric.name}: what the change is made of"
        sentence = change_sentence(self.report, self.currency)
        yield Chart(ChartKind.WATERFALL, title, table, ("from", "to", "verdict"), sentence, stands_apart=False)

    def other_tables(self) -> Iterator[Table]:
        for place, change in enumerate(self.divisions[1:], start=2):
            rows = tuple(self._row(piece) for piece in change.pieces)
            columns = [column for column in self._columns() if column.key not in ("from", "to")]
            yield Table(f"parts_{place}", _title(change), tuple(columns), rows)

    def _columns(self) -> tuple[Column, ...]:
        kind, difference = value_kind(self.metric), difference_kind(self.metric)
        currency = self.currency if self.metric.unit is Unit.MONEY else ""
        counts = [
            self._count_column(METRICS[key], when)
            for key in (self.metric.parts if self.metric.is_ratio else ())
            for when in ("_before", "")
        ]
        return (
            Column("part", "Part"),
            Column("before", "Before", kind, currency=currency),
            Column("now", "Now", kind, currency=currency),
            Column("adds", "Adds to the change", difference, currency=currency),
            *self._columns_of_ratio(difference, currency),
            *counts,
            Column("verdict", "More than chance"),
            Column("from", "Bar from", kind, of_files=True, currency=currency),
            Column("to", "Bar to", kind, of_files=True, currency=currency),
        )

    def _columns_of_ratio(self, difference: Kind, currency: str) -> tuple[Column, ...]:
        if not self.metric.is_ratio:
            return ()
        labels = {"mix": "By mix", "rate": "By rate"}
        return tuple(Column(key, label, difference, currency=currency) for key, label in labels.items())

    def _count_column(self, metric: Metric, when: str) -> Column:
        currency = self.currency if metric.unit is Unit.MONEY else ""
        label = f"{metric.name}{', before' if when else ''}"
        return Column(f"{metric.key}{when}", label, column_kind(metric), currency=currency)

    def _steps(self, change: DividedChange) -> Iterator[Row]:
        """From the whole before to the whole now."""
        whole, periods = self.report.whole, self.report.periods
        assert whole is not None
        assert periods is not None
        start, end = (exact_value(self.metric.key, numbers) or 0.0 for numbers in (whole.before, whole.numbers))
        yield self._total(periods.before.window, self._side(whole.before, None, "_before"), start)
        reached = start
        for piece in change.pieces:
            yield self._row(piece, reached)
            reached += piece.amount
        yield self._total(periods.now.window, self._side(whole.numbers, None, ""), end)

    def _total(self, window: Window, cells: dict[str, Cell], value: float) -> Row:
        name = Cell(formats.days(window.first_day, window.last_day))
        return Row({"part": name, **cells, "to": self._cell(value)})

    def _row(self, piece: Piece, reached: float | None = None) -> Row:
        split = piece.mix_and_rate
        bar = {} if reached is None else {"from": self._cell(reached), "to": self._cell(reached + piece.amount)}
        cells = {
            "part": Cell(part_label(piece, self.metric)),
            **self._side(piece.both.before, piece, "_before"),
            **self._side(piece.both.numbers, piece, ""),
            "adds": self._cell(piece.amount),
            **({"mix": self._cell(split.mix), "rate": self._cell(split.rate)} if split else {}),
            "verdict": Cell(VERDICTS[piece.is_beyond_chance]),
            **bar,
        }
        return Row(cells, link=self._link(piece))

    def _link(self, piece: Piece) -> Link | None:
        """To the same page about the part or, of revenue that is credited to a campaign, to the campaign's."""
        group = piece.group
        if group is None or group.is_rest:
            return None
        if is_credited_by(group.by, self.metric.key):
            return Link("campaign", {"campaign": group.value}) if group.value else None
        return link_of_group(group)

    def _side(self, numbers: Numbers, piece: Piece | None, when: str) -> dict[str, Cell]:
        """What a part has of one of the periods, and of a share its counts, each with the rows behind it."""
        periods = self.report.periods
        assert periods is not None
        side = 1 if when else 0
        value = value_of(numbers.known_value(self.metric.key), self.metric, self.currency)
        name = "before" if when else "now"
        if not self.metric.is_ratio:
            return {name: Cell(value, rows_of_change(self.metric.key, periods, side, piece))}
        lists = {key: rows_of_change(key, periods, side, piece) for key in self.metric.parts}
        counts = {
            f"{key}{when}": Cell(value_of(numbers[key], METRICS[key], self.currency), rows)
            for key, rows in lists.items()
        }
        return {name: Cell(value), **counts}

    def _cell(self, amount: float) -> Cell:
        return Cell(value_of(amount, self.metric, self.currency))

    def dimensions(self) -> Table:
        difference = difference_kind(self.metric)
        currency = self.currency if self.metric.unit is Unit.MONEY else ""
        columns = (
            Column("dimension", "Divided by"),
            Column("beyond", "Parts beyond chance"),
            Column("largest", "Largest of these"),
            Column("adds", "Adds to the change", difference, currency=currency),
            *self._columns_of_ratio(difference, currency),
        )
        rows = tuple(map(self._dimension, self.report.changes))
        return Table("dimensions", "All that the change was divided by", columns, rows)

    def _dimension(self, change: DividedChange) -> Row:
        first = next(iter(change.beyond_chance), None)
        cells = {
            "dimension": Cell(dimension_label(change)),
            "beyond": Cell(f"{len(change.beyond_chance)} of {len(change.pieces)}"),
            "largest": Cell(part_label(first, self.metric) if first else None),
            "adds": self._cell(first.amount) if first else Cell(None),
        }
        if self.metric.is_ratio:
            cells |= {"mix": self._cell(change.mix), "rate": self._cell(change.rate)}
        link = None
        if change.split:
            link = Link("why", {"metric": self.metric.key, "breakdown": change.split.text})
        return Row(cells, link=link)

    def factors(self) -> Iterator[Table]:
        if not self.report.factors:
            return
        currency = self.currency if self.metric.unit is Unit.MONEY else ""
        columns = (
            Column("factor", "Factor"),
            Column("before", "Before"),
            Column("now", "Now"),
            Column("adds", "Adds to the change", difference_kind(self.metric), currency=currency),
        )
        rows = tuple(map(self._factor, self.report.factors))
        yield Table("factors", f"{self.metric.name} as a product", columns, rows)

    def _factor(self, factor: Factor) -> Row:
        before, now = (factor_text(value, factor, self.currency) for value in (factor.before, factor.value))
        cells = {"factor": Cell(factor_label(factor)), "before": Cell(before), "now": Cell(now)}
        return Row({**cells, "adds": self._cell(factor.amount)})


def _title(change: DividedChange) -> str:
    return f"By {formats.inside_sentence(dimension_label(change))}"


def factor_label(factor: Factor) -> str:
    """`Sent`, `Delivered ÷ Sent`"""
    name = METRICS[factor.numerator].name
    return name if factor.denominator is None else f"{name} ÷ {METRICS[factor.denominator].name.lower()}"


def factor_text(value: float | None, factor: Factor, currency: str) -> str | None:
    if value is None:
        return None
    if factor.denominator is None:
        return formats.count(round(value))
    if METRICS[factor.numerator].unit is Unit.MONEY:
        return str(difference_text(value, METRICS[factor.numerator], currency)).removeprefix("+")
    return formats.percent(value) if value <= 1 else f"{value:,.2f}"
