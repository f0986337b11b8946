"""Who the buyers are: segments, how they moved within a month, and what the scores mean."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from analytics.ledger import Source
from analytics.lists import OrderKind, OrderList, PeopleList
from analytics.lists.acts import Act
from analytics.lists.rfm_people import RfmPeople
from analytics.metrics import known_rate, mean_units
from analytics.money import Amount
from analytics.presentation import formats
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.net_money import gaps_of_orders
from analytics.presentation.presentation import Presentation
from analytics.presentation.revenue.rfm_labels import SCORE_LABELS, SEGMENT_LABELS
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from analytics.questions.questions import Question
from analytics.reports.revenue.member_money import NetMoney
from analytics.reports.revenue.rfm import (
    BuyersOfScore,
    BuyersOfSegment,
    RfmChoice,
    RfmReport,
    RfmScore,
    RfmSegment,
    rfm,
)
from analytics.statistics import SCORES

_UNITS = {RfmScore.RECENCY: ("day", "days"), RfmScore.FREQUENCY: ("order", "orders")}


def show_rfm(source: Source, question: Question) -> Presentation:
    return rfm_presentation(rfm(source, question))


def rfm_presentation(report: RfmReport) -> Presentation:
    if not report.segments:
        return Presentation(meta=report.meta)
    drawer = _Drawer(report)
    return Presentation(
        meta=report.meta,
        charts=(drawer.segments(),),
        tables=(drawer.moves(), drawer.scores()),
        money_gaps=gaps_of_orders(report.money, drawer.orders(None), report.currency),
    )


@dataclass(frozen=True)
class _Drawer:
    report: RfmReport

    def people(self, choice: RfmChoice) -> PeopleList:
        return PeopleList(self.report.window, choice=RfmPeople(choice))

    @property
    def all_buyers(self) -> PeopleList:
        return PeopleList(self.report.window, did=Act.ORDER)

    def orders(self, segment: RfmSegment | None) -> OrderList:
        return OrderList(self.report.window, buyers=RfmPeople(RfmChoice(segment)))

    def segments(self) -> Chart:
        currency = self.report.currency
        columns = (
            Column("segment", "Segment"),
            Column("buyers", "Buyers", Kind.COUNT),
            Column("share", "Share of buyers", Kind.SHARE),
            Column("daysSince", "Days since the last order, median", Kind.CREDIT),
            Column("orders", "Orders", Kind.COUNT),
            Column("converted", "Net revenue", Kind.MONEY, currency=currency),
            Column("shareOfNet", "Share of net revenue", Kind.SHARE),
            Column("perBuyer", "Net revenue per person", Kind.MONEY, currency=currency),
        )
        rows = tuple(map(self._segment, self.report.segments))
        table = Table("segments", "Buyers by segment", columns, rows, foot=self._all())
        return Chart(ChartKind.ACROSS, "Segments of buyers", table, ("buyers",), segments_finding(self.report))

    def _segment(self, each: BuyersOfSegment) -> Row:
        report, of_all = self.report, self.report.money.converted
        share_of_net = known_rate(each.money.converted, of_all) if of_all > 0 else None
        cells = {
            "segment": Cell(SEGMENT_LABELS[each.segment]),
            "buyers": Cell(each.buyers, self.people(RfmChoice(each.segment))),
            "share": Cell(known_rate(each.buyers, report.buyers)),
            "daysSince": Cell(each.days_since),
            **self._money(each.buyers, each.money, self.orders(each.segment)),
            "shareOfNet": Cell(share_of_net),
        }
        return Row(cells)

    def _all(self) -> Row:
        report = self.report
        named = {"segment": Cell("All buyers"), "buyers": Cell(report.buyers, self.all_buyers)}
        return Row({**named, **self._money(report.buyers, report.money, self.orders(None))})

    def _money(self, buyers: int, money: NetMoney, rows: OrderList) -> Mapping[str, Cell]:
        currency, units = self.report.currency, money.converted
        return {
            "orders": Cell(money.orders, replace(rows, kind=OrderKind.SALE)),
            "converted": Cell(Amount(currency, units), rows),
            "perBuyer": Cell(Amount(currency, mean_units(units, buyers))),
        }

    def moves(self) -> Table:
        """A row for each segment a month before, a column for each now; it adds up both ways."""
        now = [segment for segment in RfmSegment if any(move.now is segment for move in self.report.moves)]
        before = [segment for segment in RfmSegment if any(move.before is segment for move in self.report.moves)]
        columns = (
            Column("before", f"On {formats.day(self.report.window_before.last_day)}"),
            *(Column(segment.value, SEGMENT_LABELS[segment], Kind.COUNT) for segment in now),
            Column("all", "All then", Kind.COUNT),
        )
        rows = tuple(self._move(segment, now) for segment in before)
        sums = {
            segment.value: Cell(
                sum(self._buyers_by_move.get((was, segment), 0) for was in before), self.people(RfmChoice(segment))
            )
            for segment in now
        }
        foot = Row({"before": Cell("All now"), **sums})
        title = f"Moves until {formats.day(self.report.window.last_day)}"
        return Table("moves", title, columns, rows, foot=foot)

    @cached_property
    def _buyers_by_move(self) -> Mapping[tuple[RfmSegment, RfmSegment], int]:
        return {(move.before, move.now): move.buyers for move in self.report.moves}

    def _move(self, before: RfmSegment, now: list[RfmSegment]) -> Row:
        cells = {
            segment.value: Cell(buyers, self.people(RfmChoice(segment, before)))
            for segment in now
            if (buyers := self._buyers_by_move.get((before, segment)))
        }
        total = sum(buyers for (was, _), buyers in self._buyers_by_move.items() if was is before)
        return Row(
            {"before": Cell(SEGMENT_LABELS[before]), **cells, "all": Cell(total, self.people(RfmChoice(before=before)))}
        )

    def scores(self) -> Table:
        """What each score of each kind stands for."""
        columns = [Column("score", "Score")]
        for by in RfmScore:
            columns += [
                Column(f"{by}_values", SCORE_LABELS[by]),
                Column(by, f"{SCORE_LABELS[by]}, buyers", Kind.COUNT),
            ]
        by_score = {(each.by, each.score): each for each in self.report.scores}
        rows = [self._score(score, by_score) for score in range(SCORES, 0, -1)]
        return Table("scores", "What the scores mean", tuple(columns), tuple(rows))

    def _score(self, score: int, by_score: Mapping[tuple[RfmScore, int], BuyersOfScore]) -> Row:
        cells = {"score": Cell(str(score))}
        for by in RfmScore:
            each = by_score[by, score]
            rows = self.people(RfmChoice(scores=((by, score),)))
            cells |= {f"{by}_values": Cell(self._values(each)), by: Cell(each.buyers, rows)}
        return Row(cells)

    def _values(self, each: BuyersOfScore) -> str | None:
        """`3 to 12 days`, `2 orders`, `10.00 to 99.90 EUR`"""
        if each.lowest is None or each.highest is None:
            return None
        ends = [each.lowest] if each.lowest == each.highest else [each.lowest, each.highest]
        if each.by is RfmScore.MONETARY:
            amounts = [Amount(self.report.currency, units) for units in ends]
            first = [formats.amount_text(amount, names_currency=False) for amount in amounts[:-1]]
            return " to ".join([*first, formats.amount_text(amounts[-1])])
        return f"{' to '.join(map(formats.count, ends))} {_UNITS[each.by][ends != [1]]}"


def segments_finding(report: RfmReport) -> str:
    """`Champions are 12.0% of 340 buyers, and 48.0% of their net revenue.`"""
    of_all = f"{formats.count_of(report.buyers, 'buyer', 'buyers')}"
    if report.is_of_few:
        return f"{of_all}: too few to say much by fifths of them."
    best = next((each for each in report.segments if each.segment is RfmSegment.CHAMPIONS), None)
    if best is None:
        return f"{of_all}, none of whom buys both lately and often."
    share = formats.percent(known_rate(best.buyers, report.buyers) or 0.0)
    text = f"Champions are {share} of {of_all}"
    total = report.money.converted
    if total <= 0:
        return f"{text}."
    return f"{text}, and {formats.percent(known_rate(best.money.converted, total) or 0.0)} of their net revenue."
