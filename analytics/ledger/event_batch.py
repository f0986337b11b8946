"""Events of one transaction as segments, one for each type and day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analytics.ledger.codecs import are_of_one_kind
from analytics.ledger.column_names import NO_SWITCHES, ColumnSwitches, event_columns
from analytics.ledger.columns import Columns
from analytics.ledger.money_columns import MoneyColumns
from analytics.ledger.packs import Rows, Segment
from analytics.ledger.runs import Runs, segments_of_runs
from analytics.questions.values import Scalar


@dataclass(frozen=True, eq=False)
class EventBatch:
    """Parallel columns, at least one row: types, places of local days, who and when with UTM triples as values, the
    values of properties by path, and what `utm_texts` says."""

    types: Sequence[str]
    day_places: NDArray[np.intp]
    rows: Rows
    properties: Sequence[Mapping[str, Scalar]]
    campaigns: Mapping[str, Sequence[str | None]]

    def segments(
        self, switches: Mapping[str, ColumnSwitches], money: Mapping[str, MoneyColumns]
    ) -> Iterator[tuple[str, int, Segment]]:
        """Each with its type and the place of its day."""
        names = list(dict.fromkeys(self.types))
        place_of = {name: place for place, name in enumerate(names)}
        type_places = np.array([*map(place_of.__getitem__, self.types)], np.int64)
        order = np.lexsort((self.rows.since_midnight, self.day_places, type_places))
        for first, end in Runs.of(type_places[order]).bounds:
            places = order[first:end]
            name = names[type_places[places[0]]]
            days = self.day_places[places]
            runs = Runs.of(days)
            of_type = _EventsOfType(self, switches.get(name, NO_SWITCHES), money.get(name))
            segments = of_type.segments(places, runs)
            for day, segment in zip(days[runs.starts].tolist(), segments, strict=True):
                yield name, day, segment

    def attributed_segments(self) -> Iterator[tuple[int, Segment]]:
        """Of events with a triple, one for each day, with its place."""
        order = np.lexsort((self.rows.since_midnight, self.day_places))
        attributed = order[self.rows.values[order] > 0]
        days = self.day_places[attributed]
        runs = Runs.of(days)
        return zip(days[runs.starts].tolist(), segments_of_runs(self.rows.at(attributed), runs), strict=True)


@dataclass(frozen=True, eq=False)
class _EventsOfType:
    batch: EventBatch
    switches: ColumnSwitches
    money: MoneyColumns | None

    def segments(self, places: NDArray[np.intp], runs: Runs) -> Sequence[Segment]:
        """A segment for each run of the events at these places.

        Their columns are made for all runs together, unless it is for each run to say which columns it has, or of
        what kind one is.
        """
        rows = self._rows(places)
        are_alike = not rows.columns.missing and all(map(are_of_one_kind, rows.columns.by_name.values()))
        if are_alike or len(runs.starts) == 1:
            return segments_of_runs(rows, runs)
        return [self._rows(places[first:end]).segment for first, end in runs.bounds]

    def _rows(self, places: NDArray[np.intp]) -> Rows:
        rows = self.batch.rows.at(places)
        nothing = np.zeros_like(rows.values)
        return replace(rows, values=nothing, columns=self._columns(places.tolist(), rows.values))

    def _columns(self, places: Sequence[int], triples: NDArray[np.int32]) -> Columns:
        texts = {name: [column[place] for place in places] for name, column in self.batch.campaigns.items()}
        properties = [self.batch.properties[place] for place in places]
        return event_columns(properties, texts, triples, switches=self.switches, money=self.money)
