"""Types of events and their properties, with what people have said of these: as a page shows them, and the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from analytics.addresses import hidden_value
from analytics.ledger.properties import (
    TypeNumbers,
    property_names,
    type_properties,
    types_of_events,
)
from analytics.ledger.property_values import PropertyNumbers
from analytics.models import EventProperty
from analytics.models.properties import property_id
from analytics.periods import MAX_DAYS, Window
from campaignos.texts import folded_text
from workspaces.models import Workspace


@dataclass(frozen=True)
class DescribedProperty:
    """A property of a type's events, and what people have said of it; `examples` as they are shown to who asks."""

    numbers: PropertyNumbers
    stated: EventProperty
    examples: tuple[str, ...]

    @property
    def api_id(self) -> str:
        return self.stated.api_id


@dataclass(frozen=True)
class DescribedType:
    """The properties of a type's events, most frequent first; so many names are left out."""

    numbers: TypeNumbers
    properties: tuple[DescribedProperty, ...]
    left_out: int


@dataclass(frozen=True)
class EventProperties:
    """Of a workspace, on the days of a window. Who sees no addresses searches in names without them."""

    workspace: Workspace
    window: Window
    sees_addresses: bool = True

    @cached_property
    def types(self) -> tuple[TypeNumbers, ...]:
        """Most frequent first. One query."""
        return types_of_events(self.workspace, self.window)

    def types_called(self, text: str) -> tuple[TypeNumbers, ...]:
        return tuple(each for each in self.types if self._is_in(text, each.event_type))

    def type(self, event_type: str) -> TypeNumbers | None:
        return next((each for each in self.types if each.event_type == event_type), None)

    def of_type(self, of: TypeNumbers, text: str = "") -> DescribedType:
        """Those whose name or description has a text in it. The queries of `type_properties`, and one."""
        described, left_out = self._described_properties(of.event_type)
        return DescribedType(of, tuple(each for each in described if self._matches(text, each)), left_out)

    def property(self, event_type: str, name: str) -> DescribedProperty:
        """One of them, whether events of the days have it or not. The same queries."""
        described, _ = self._described_properties(event_type, name)
        return next(each for each in described if each.numbers.name == name)

    def _described_properties(self, event_type: str, *names: str) -> tuple[list[DescribedProperty], int]:
        rows = EventProperty.objects.filter(workspace=self.workspace, event_type=event_type)
        stated = {row.name: row for row in rows}
        found = type_properties(self.workspace, self.window, event_type, also=[*stated, *names])
        return [self._with_words(each, stated) for each in found.properties], found.left_out

    def _with_words(self, numbers: PropertyNumbers, stated: Mapping[str, EventProperty]) -> DescribedProperty:
        given = {"workspace": self.workspace, "event_type": numbers.event_type, "name": numbers.name}
        said = stated.get(numbers.name) or EventProperty(**given)
        return DescribedProperty(numbers, said, self._shown_examples(numbers))

    def _matches(self, text: str, each: DescribedProperty) -> bool:
        return self._is_in(text, each.numbers.name) or self._is_in(text, each.stated.description)

    def _is_in(self, text: str, name: str) -> bool:
        return folded_text(text) in folded_text(name if self.sees_addresses else str(hidden_value(name)))

    def _shown_examples(self, numbers: PropertyNumbers) -> tuple[str, ...]:
        """Without addresses and telephone numbers, for who sees none."""
        if self.sees_addresses:
            return numbers.examples
        return tuple(str(next(iter(hidden_value({numbers.name: text}).values()))) for text in numbers.examples)


def property_key(workspace: Workspace, identifier: str, now: datetime) -> tuple[str, str] | None:
    """The type and the name of a property, by its identifier; None where no event of a year has it, nor anybody has
    said anything of it.

    Two queries, and those for the events of types that have more names than the ledger keeps.
    """
    for stated in EventProperty.objects.filter(workspace=workspace):
        if stated.api_id == identifier:
            return stated.event_type, stated.name
    pairs = property_names(workspace, Window.last_days(MAX_DAYS, zone=workspace.zone, now=now))
    return next((pair for pair in pairs if property_id(workspace.pk, *pair) == identifier), None)
