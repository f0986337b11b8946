"""Conversion events with the touches before them, found by what the ledger knows of them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.lists.ledger_events import (
    EventKey,
    LedgerEvents,
    events_at,
    key_of_event,
    key_of_money,
    money_of,
)
from analytics.models import Event
from analytics.questions.credit import CreditRule
from analytics.reports.credit.conversion_paths import ConversionPath, TouchMatch, conversion_paths
from analytics.reports.credit.conversions import NOWHERE
from analytics.reports.credit.touches import TouchedConversions
from analytics.reports.credit.worth import CreditedMoney


@dataclass(frozen=True)
class CreditedEvent:
    """A conversion event with its path, and the part of it that is asked for: of the touches that match.

    `credit` is in millionths of a conversion; it and the `revenue` of that part are None where the model weighs no
    touches.
    """

    event: Event
    path: ConversionPath
    credit: int | None
    revenue: CreditedMoney | None


@dataclass(frozen=True, eq=False)
class CreditedResults(LedgerEvents[CreditedEvent]):
    """Of conversions those at some places; of their touches those that `match` are asked for."""

    touched: TouchedConversions
    rule: CreditRule
    match: TouchMatch

    @property
    def at(self) -> NDArray[np.int64]:
        return self.touched.converted.times.at

    def rows_at(self, places: NDArray[np.intp]) -> list[CreditedEvent]:
        by_key: dict[EventKey, list[int]] = defaultdict(list)
        for place in places.tolist():
            by_key[self._key(place)].append(place)
        paths, events = conversion_paths(self.touched, self.rule, places), self._events(places)
        return [
            self._row(event, paths[place])
            for key, of_key in by_key.items()
            for event, place in zip(events.get(key, ()), of_key, strict=False)
        ]

    def _row(self, event: Event, path: ConversionPath) -> CreditedEvent:
        asked = [touch for touch in path.touches if self.match.has(touch.label)]
        credits = [touch.credit for touch in asked if touch.credit is not None]
        amounts = [touch.revenue for touch in asked if touch.revenue is not None]
        if len(credits) < len(asked):
            return CreditedEvent(event, path, None, None)
        nothing = path.revenue.less(path.revenue)
        return CreditedEvent(event, path, sum(credits), CreditedMoney.sum_of([nothing, *amounts]))

    def _events(self, places: NDArray[np.intp]) -> Mapping[EventKey, list[Event]]:
        converted, condition = self.touched.converted, self.conditions.parts.conversions
        by_key: dict[EventKey, list[Event]] = defaultdict(list)
        at, people = converted.times.at[places], converted.times.people[places]
        for event, root in events_at(self.workspace, converted.types, condition, at, people):
            tells_money = event.type in converted.told.types
            by_key[key_of_event(event, root, money_of(event, self.workspace) if tells_money else None)].append(event)
        return by_key

    def _key(self, place: int) -> EventKey:
        converted = self.touched.converted
        if (there := int(converted.places[place])) != NOWHERE:
            return key_of_money(converted.told, there)
        name = converted.types[converted.type_codes[place]]
        return EventKey(int(converted.times.at[place]), int(converted.times.people[place]), name)
