"""What the page of event properties says of each: texts for a table's cells."""

from dataclasses import dataclass

from analytics.ledger.properties import TypeNumbers
from analytics.ledger.property_values import PropertyNumbers
from analytics.lists.event_properties import DescribedProperty
from analytics.presentation.audience import Audience
from analytics.presentation.formats import count, count_of, days, percent, short_name, size

SWITCHES = {"on": "Always", "off": "Never"}


@dataclass(frozen=True)
class EventTypeRow:
    """A type of event as it is shown to an audience."""

    numbers: TypeNumbers
    audience: Audience
    address: str

    @property
    def name(self) -> str:
        return self.audience.text(self.numbers.event_type)

    @property
    def days_seen(self) -> str:
        return days(self.numbers.first_day, self.numbers.last_day)


@dataclass(frozen=True)
class PropertyRow:
    """A property as it is shown to an audience."""

    described: DescribedProperty
    audience: Audience
    address: str = ""

    @property
    def numbers(self) -> PropertyNumbers:
        return self.described.numbers

    @property
    def name(self) -> str:
        return self.audience.text(self.numbers.name)

    @property
    def description(self) -> str:
        return self.audience.text(self.described.stated.description)

    @property
    def share(self) -> str:
        """97.0%; about 97.0%"""
        return f"{'' if self.numbers.is_exact else 'about '}{percent(self.numbers.share)}"

    @property
    def values(self) -> str:
        """1,204; at least 10,000"""
        return f"{'at least ' if self.numbers.has_more_values else ''}{count(self.numbers.distinct)}"

    @property
    def kind(self) -> str:
        return str(self.numbers.kind.label) if self.numbers.kind else "–"

    @property
    def examples(self) -> list[str]:
        return [short_name(text) for text in self.described.examples]

    @property
    def days_seen(self) -> str:
        """20 – 25 Mar 2026"""
        first, last = self.numbers.first_day, self.numbers.last_day
        return days(first, last) if first and last else "–"

    @property
    def column(self) -> str:
        """On how many of the days it has one: Yes, 2.4 kB; 12 of 30 days, 1.0 MB; No"""
        numbers = self.numbers
        if not numbers.column_days or not numbers.bytes:
            return "No" if numbers.column_days < numbers.days else "–"
        extent = "Yes" if numbers.column_days == numbers.days else f"{numbers.column_days:,} of {numbers.days:,} days"
        return f"{extent}, {size(numbers.bytes)}"

    @property
    def since(self) -> str:
        since = self.numbers.column_since
        return f"since {days(since, since)}" if since and self.numbers.column_days < self.numbers.days else ""

    @property
    def choice(self) -> str:
        """What people said of its column; empty where nobody has."""
        return SWITCHES.get(self.described.stated.column, "")

    @property
    def progress(self) -> str:
        """How far a switched column is."""
        building = self.described.stated.building
        if building is None:
            return ""
        verb = "Removing" if self.described.stated.column == "off" else "Building"
        return f"{verb}: {count(min(building.days_done, building.days))} of {count_of(building.days, 'day', 'days')}"
