"""Answers read from the ledger's rows: sums of day counts, and the touches of day packs."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from django.db.models import BinaryField, Case, Expression, Max, Min, Q, QuerySet, Sum, Value, When
from numpy.typing import NDArray

from analytics.ledger.columns import UTM
from analytics.ledger.entries import PackKey
from analytics.ledger.masks import EventFields, Triples, column_names
from analytics.ledger.packs import Rows, Segment, remaining
from analytics.ledger.people import lookup
from analytics.ledger.recount import event_rows
from analytics.ledger.series import Counts, DimensionValue, Series, Touches, concatenation
from analytics.metrics import Counted, Dimension
from analytics.models import DayCount, DayPack, PackKind, UtmTriple
from analytics.models.bulk import in_binary
from analytics.models.ledger import NO_DAY
from analytics.models.slices import in_slice
from analytics.periods import Window
from analytics.questions.filters import NO_CONDITION, AllOf
from analytics.questions.slices import EVERYTHING, Slice
from workspaces.models import Workspace

_KINDS = {
    Series.ATTRIBUTED: PackKind.ATTRIBUTED,
    Series.SIGNUPS: PackKind.SIGNUP,
    Series.OPENS: PackKind.OPEN,
    Series.CLICKS: PackKind.CLICK,
}


@dataclass(frozen=True)
class Ledger:
    """A workspace's ledger: the source that reports read."""

    workspace: Workspace

    def counts(
        self,
        counted: Collection[Counted],
        *,
        window: Window | None,
        by: Sequence[Dimension] = (),
        part: Slice = EVERYTHING,
    ) -> Counts:
        """How many of a part of the facts, on the local days of the window (None: ever), split by the dimensions.

        One query, two with conversions.
        """
        rows = DayCount.objects.filter(in_slice(part), workspace_id=self.workspace.pk, counted__in=counted)
        if window is not None:
            rows = rows.filter(day__range=(window.first_day, window.last_day))
        by_key: dict[tuple[Counted, *tuple[DimensionValue, ...]], int] = {}
        newest: list[datetime] = []
        for row in rows.order_by().values("counted", *by).annotate(total=Sum("n"), newest=Max("through")):
            if row["total"]:
                by_key[Counted(row["counted"]), *[row[name] or None for name in by]] = row["total"]
                newest.append(row["newest"])
        if Counted.CONVERSIONS in counted and part == EVERYTHING:
            for day, total, through in self._conversions(window, by_day=Dimension.DAY in by):
                by_key[Counted.CONVERSIONS, *[day if name is Dimension.DAY else None for name in by]] = total
                newest.append(through)
        return Counts(by_key, max(newest, default=None))

    def _conversions(self, window: Window | None, *, by_day: bool) -> Iterator[tuple[date | None, int, datetime]]:
        """How many events of the types that convert, on each day that has any or on all, and the newest receipt."""
        rows = self._packs(PackKind.EVENT, window).filter(event_type__in=self.workspace.conversion_types).order_by()
        for row in rows.values(*["day"] if by_day else []).annotate(total=Sum("n"), newest=Max("through")):
            if row["total"]:
                yield row.get("day"), row["total"], row["newest"]

    def _packs(self, kind: PackKind, window: Window | None) -> QuerySet[DayPack]:
        rows = DayPack.objects.filter(workspace_id=self.workspace.pk, kind=kind)
        return rows if window is None else rows.filter(day__range=(window.first_day, window.last_day))

    def touches(
        self, series: Collection[Series], *, window: Window
    ) -> tuple[Mapping[Series, Touches], datetime | None]:
        """Who did what when inside the window, for each series, and the receive time of the newest fact among them.

        One query, so that all of it is of one moment; with conditions one for UTM triples, and one for each day and
        type of whose events the ledger does not keep what they look at.
        """
        wanted = Q(kind=PackKind.JOIN)
        for each in series:
            of_series = Q(kind=_KINDS.get(each, PackKind.EVENT), day__range=(window.first_day, window.last_day))
            wanted |= of_series if each.event_type is None else of_series & Q(event_type=each.event_type)
        rows = DayPack.objects.filter(wanted, workspace_id=self.workspace.pk).order_by()
        pieces: dict[PackKey, list[tuple[int, Segment]]] = defaultdict(list)
        newest: list[datetime] = []
        asked = ("kind", "day", "event_type", "n", "through", "data", _columns_for(series))
        for kind, day, event_type, n, through, data, columns in in_binary(rows.values_list(*asked)):
            segment = Segment(bytes(data), columns and bytes(columns))
            pieces[PackKey(PackKind(kind), day, event_type)].append((n, segment))
            if kind != PackKind.JOIN:
                newest.append(through)
        joins = remaining(pieces.pop(PackKey(PackKind.JOIN, NO_DAY), []))
        table = lookup([(segment.people, segment.values) for segment in joins])
        by_series = {}
        triples = self._triples(series)
        for each in series:
            by_day = [
                (key.day, segment)
                for key, parts in pieces.items()
                if _is_of(key, each)
                for segment in self._segments(key, parts, each.where, triples)
            ]
            by_series[each] = _touches(by_day, window, table)
        return by_series, max(newest, default=None)

    def _segments(
        self, key: PackKey, pieces: list[tuple[int, Segment]], where: AllOf, triples: Triples
    ) -> Iterator[Segment | Rows]:
        segments = remaining(pieces)
        if where == NO_CONDITION:
            yield from segments
            return
        names = column_names(where)
        if not all(segment.columns.has(name) for segment in segments for name in names):
            segments = [event_rows(self.workspace, key.day, key.event_type, names)]
        for segment in segments:
            yield segment.at(EventFields(key.event_type, segment.columns, triples).mask(where))

    def _triples(self, series: Collection[Series]) -> Triples:
        if not any(UTM in column_names(each.where) for each in series):
            return {}
        rows = UtmTriple.objects.filter(workspace=self.workspace).values_list("pk", "source", "medium", "campaign")
        return {pk: (source, medium, campaign) for pk, source, medium, campaign in rows}

    def event_types(self, *, window: Window) -> tuple[str, ...]:
        """The types of the events in the window, most frequent first, then by name. One query."""
        rows = self._packs(PackKind.EVENT, window)
        totals = rows.order_by().values_list("event_type").annotate(total=Sum("n")).filter(total__gt=0)
        return tuple(name for name, _ in sorted(totals, key=lambda row: (-row[1], row[0])))

    def first_day(self) -> date | None:
        """The first day on which anything is counted, None in an empty ledger. One query."""
        first: date | None = DayCount.objects.filter(workspace_id=self.workspace.pk).aggregate(day=Min("day"))["day"]
        return first

    def days_of_campaign(self, campaign_id: int) -> tuple[date, date] | None:
        """The first and the last day on which anything of a campaign is counted, None without such. One query."""
        rows = DayCount.objects.filter(workspace_id=self.workspace.pk, campaign_id=campaign_id).order_by()
        counted = rows.values("day").annotate(total=Sum("n")).filter(total__gt=0)
        bounds = counted.aggregate(first=Min("day"), last=Max("day"))
        return (bounds["first"], bounds["last"]) if bounds["first"] else None

    def total(self, series: Series, *, window: Window | None) -> int:
        """How many touches a series has on the local days of the window (None: ever). One query."""
        if series == Series.EVENTS:  # of which there are fewer counts than packs
            return self.counts([Counted.EVENTS], window=window).of(Counted.EVENTS)
        rows = self._packs(_KINDS.get(series, PackKind.EVENT), window)
        if series.event_type is not None:
            rows = rows.filter(event_type=series.event_type)
        return rows.aggregate(total=Sum("n"))["total"] or 0


def _columns_for(series: Collection[Series]) -> Expression:
    """The columns of packs whose touches are conditioned; of others they are not fetched."""
    conditioned = [each for each in series if each.where != NO_CONDITION]
    if not conditioned:
        return Value(None, BinaryField())
    every_type = any(each.event_type is None for each in conditioned)
    of_types = Q() if every_type else Q(event_type__in=[each.event_type for each in conditioned])
    return Case(When(of_types, kind=PackKind.EVENT, then="columns"), default=None)


def _is_of(key: PackKey, series: Series) -> bool:
    return key.kind == _KINDS.get(series, PackKind.EVENT) and series.event_type in (None, key.event_type)


def _touches(by_day: list[tuple[date, Segment | Rows]], window: Window, table: NDArray[np.int32]) -> Touches:
    days = [(day - window.first_day).days for day, _ in by_day]
    segments = [segment for _, segment in by_day]
    return Touches(
        numbers=lambda: concatenation([segment.people for segment in segments], np.int32),
        table=table,
        days=lambda: np.repeat(np.array(days, np.int16), [segment.n for segment in segments]),
        at=lambda: concatenation(
            [segment.since_midnight + window.day_starts[day] for day, segment in zip(days, segments, strict=True)],
            np.int64,
        ),
        utm=lambda: concatenation([segment.values for segment in segments], np.int32),
    )
