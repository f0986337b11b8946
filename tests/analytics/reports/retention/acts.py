"""A source that knows what a test says: who did what when. It needs no database."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from analytics.ledger import Series, Touches
from analytics.periods import Window, local_day, microseconds
from analytics.questions.slices import EVERYTHING


@dataclass
class Acts:
    """`done` has persons and instants by type of event, "signup", or the name of an instant of messages."""

    zone: ZoneInfo
    done: dict[str, list[tuple[int, datetime]]] = field(default_factory=lambda: defaultdict(list))
    facts_read = ()

    @property
    def workspace(self) -> Any:
        return SimpleNamespace(zone=self.zone, kept_days=None, conversion_types=["buy"], currency="EUR")

    def events(self) -> list[tuple[int, datetime]]:
        return [act for name, acts in self.done.items() if name not in ("signup", "opened", "clicked") for act in acts]

    def of(self, series: Series) -> list[tuple[int, datetime]]:
        if series.name == "signups":
            return self.done["signup"]
        if series.status is not None:
            return self.done[series.status]
        return self.events() if series.event_type is None else self.done[series.event_type]

    def all_days(self) -> Window | None:
        days = [local_day(at, self.zone) for acts in self.done.values() for _, at in acts]
        return Window.between(min(days), max(days), zone=self.zone) if days else None

    def touches(self, series, *, window, part=EVERYTHING):
        return {each: _touches(self.of(each), window) for each in series}, None


def _touches(acts: list[tuple[int, datetime]], window: Window) -> Touches:
    inside = [(person, at) for person, at in acts if window.starts_at <= at < window.ends_at]
    people = np.array([person for person, _ in inside], np.int32)
    at = np.array([microseconds(at.astimezone(UTC)) for _, at in inside], np.int64)
    days = (np.searchsorted(window.day_starts, at, side="right") - 1).astype(np.int16)
    return Touches.of_people(people, days, at)
