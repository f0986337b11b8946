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
    value_of,
)
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.groups import link_of_group
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Kind, Link, Row, Table, column_kind
from analytics.presentation.tiles import Tile
from analytics.questions.questions import Question
from analytics.questions.what_changed import WhatChangedQuestion
from analytics.reports.changes.factors import Factor
from analytics.reports.changes.period_facts import is_credited_by
from analytics.reports.changes.pieces import DaysBy, DividedChange, Piece
from analytics.reports.changes.report import WhatChangedReport, what_changed

TABLES_SHOWN = 3
OF_WEEKDAYS = "Parts by weekday open no list: their days lie a week apart."
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
        notices=(OF_WEEKDAYS,) if any(change.days is DaysBy.WEEKDAY for change in drawer.divisions) else (),
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

    @property
    def is_share(self) -> bool:
        return self.metric.unit is Unit.SHARE

    def tile(self) -> Tile:
        assert self.report.whole is not None
        assert self.report.periods is not None
        key, whole = self.metric.key, self.report.whole
        opens = None if self.is_share else rows_of_change(key, self.report.periods, 0)
        value = value_of(whole.numbers.known_value(key), self.metric, self.currency)
        assert not isinstance(value, str)
        is_amount = self.metric.unit is Unit.MONEY  # how many orders it is of is not told here
        changed = None if is_amount else metric_change(key, whole.numbers, whole.before)
        return Tile(self.metric, value, changed, opens=opens)  # type: ignore[arg-type]

    def charts(self) -> Iterator[Chart]:
        if not self.report.changes:
            return
        change = self.report.changes[0]
        table = Table("parts", f"By {_lower(dimension_label(change))}", self._columns(), tuple(self._steps(change)))
        title = f"{self.metric.name}: what the change is made of"
        sentence = change_sentence(self.report, self.currency)
        yield Chart(ChartKind.WATERFALL, title, table, ("from", "to", "verdict"), sentence, stands_apart=False)

    def other_tables(self) -> Iterator[Table]:
        for place, change in enumerate(self.divisions[1:], start=2):
            rows = tuple(self._row(piece) for piece in change.pieces)
            columns = [column for column in self._columns() if column.key not in ("from", "to")]
            yield Table(f"parts_{place}", f"By {_lower(dimension_label(change))}", tuple(columns), rows)

    def _columns(self) -> tuple[Column, ...]:
        kind, difference = column_kind(self.metric), difference_kind(self.metric)
        currency = self.currency if self.metric.unit is Unit.MONEY else ""
        counts = [
            Column(f"{key}{when}", f"{METRICS[key].name}{', before' if when else ''}", Kind.COUNT)
            for key in (self.metric.parts if self.is_share else ())
            for when in ("_before", "")
        ]
        of_share = (Column("mix", "By mix", difference), Column("rate", "By rate", difference)) if self.is_share else ()
        return (
            Column("part", "Part"),
            Column("before", "Before", kind, currency=currency),
            Column("now", "Now", kind, currency=currency),
            Column("adds", "Adds to the change", difference, currency=currency),
            *of_share,
            *counts,
            Column("verdict", "More than chance"),
            Column("from", "Bar from", kind, of_files=True, currency=currency),
            Column("to", "Bar to", kind, of_files=True, currency=currency),
        )

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
        """To the same page about the part or, of what is credited to a campaign, to the campaign's."""
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
        if not self.is_share:
            return {name: Cell(value, rows_of_change(self.metric.key, periods, side, piece))}
        lists = {key: rows_of_change(key, periods, side, piece) for key in self.metric.parts}
        counts = {f"{key}{when}": Cell(numbers[key], rows) for key, rows in lists.items()}
        return {name: Cell(value), **counts}

    def _cell(self, amount: float) -> Cell:
        return Cell(value_of(amount, self.metric, self.currency))

    def dimensions(self) -> Table:
        difference = difference_kind(self.metric)
        currency = self.currency if self.metric.unit is Unit.MONEY else ""
        of_share = (Column("mix", "By mix", difference), Column("rate", "By rate", difference)) if self.is_share else ()
        columns = (
            Column("dimension", "Divided by"),
            Column("beyond", "Parts beyond chance"),
            Column("largest", "Largest of these"),
            Column("adds", "Adds to the change", difference, currency=currency),
            *of_share,
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
        if self.is_share:
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


def _lower(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"
