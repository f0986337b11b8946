"""What conditions can be chosen from: the fields that there are, their values, and how many have each."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.ledger import Ledger, Series
from analytics.ledger.values import column_names_of_events, values_of_events
from analytics.mailboxes import mailbox_group
from analytics.metrics import Counted, Dimension
from analytics.models import Contact, UtmTriple
from analytics.periods import Window
from analytics.questions.fields import CONTACT_PREFIX, PROPERTY_PREFIX, Field, FieldKind, Subject, field_of
from analytics.questions.parts import SOURCE_FIELDS
from analytics.questions.values import MAX_VALUE_LENGTH, text_of, value_at
from workspaces.models import Workspace

NAMES_OFFERED = 40
VALUES_OFFERED = 20
NEWEST_CONTACTS = 20_000
"""Of contacts, how many of the newest are looked at for what attributes there are."""

_ALWAYS = {
    Subject.EVENTS: (*SOURCE_FIELDS, "utm.term", "utm.content", "event"),
    Subject.MESSAGES: ("channel", "campaign", "domain"),
    Subject.PEOPLE: ("contact.known", "contact.signedUpAt"),
}


@dataclass(frozen=True)
class Choice:
    """A value as a condition names it, and how many events, messages or contacts have it."""

    value: str
    count: int


@dataclass(frozen=True)
class ConditionChoices:
    """Of a workspace, by its events and messages of the window and its newest contacts."""

    workspace: Workspace
    window: Window

    def fields(self, subjects: Collection[Subject]) -> Mapping[Subject, tuple[Field, ...]]:
        """Those that there always are, and the properties and attributes that most have. Two queries."""
        return {subject: tuple(self._fields(subject)) for subject in _ALWAYS if subject in subjects}

    def _fields(self, subject: Subject) -> Iterator[Field]:
        keys = [*_ALWAYS[subject], *self._names(subject)]
        yield from filter(None, map(field_of, keys))

    def _names(self, subject: Subject) -> list[str]:
        if subject is Subject.EVENTS:
            names = column_names_of_events(self.workspace, self.window)
            return [name for name in names if name.startswith(PROPERTY_PREFIX)][:NAMES_OFFERED]
        if subject is Subject.PEOPLE:
            totals = Counter(name for attributes in self._attributes() for name in attributes)
            return [f"{CONTACT_PREFIX}{name}" for name, _ in totals.most_common(NAMES_OFFERED)]
        return []

    def values(self, field: Field) -> tuple[Choice, ...]:
        """Those that most have. One to three queries."""
        totals = self._totals(field)
        ordered = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
        return tuple(Choice(value, n) for value, n in ordered[:VALUES_OFFERED] if 0 < len(value) <= MAX_VALUE_LENGTH)

    def _totals(self, field: Field) -> Mapping[str, int]:
        match field.kind:
            case FieldKind.CHANNEL | FieldKind.CAMPAIGN:
                return self._messages(field)
            case FieldKind.FLAG:
                return {"true": self._contacts().count()}
            case FieldKind.DAY | FieldKind.VARIANT:
                return {}
        if field.key == "event":
            return self._types()
        if field.key == "domain":
            emails = self._contacts().exclude(email="").order_by("-pk").values_list("email", flat=True)
            return Counter(group for email in emails[:NEWEST_CONTACTS] if (group := mailbox_group(email)))
        if field.key in SOURCE_FIELDS:
            return self._sources(SOURCE_FIELDS.index(field.key))
        if field.subject is Subject.PEOPLE:
            return _texts(Counter(_scalars(self._attributes(), field.path or "")))
        return _texts(values_of_events(self.workspace, self.window, field.key))

    def _types(self) -> Mapping[str, int]:
        ledger = Ledger(self.workspace)
        types = ledger.event_types(window=self.window)[:VALUES_OFFERED]
        return {name: ledger.total(Series.of_type(name), window=self.window) for name in types}

    def _messages(self, field: Field) -> Mapping[str, int]:
        dimension = Dimension.CHANNEL if field.kind is FieldKind.CHANNEL else Dimension.CAMPAIGN
        counts = Ledger(self.workspace).counts([Counted.MESSAGES], window=self.window, by=[dimension])
        prefix = "" if field.kind is FieldKind.CHANNEL else "cmp_"
        return {f"{prefix}{value}".lower(): counts.of(Counted.MESSAGES, value) for value in counts.values(0)}

    def _sources(self, place: int) -> Mapping[str, int]:
        touches, _ = Ledger(self.workspace).touches([Series.ATTRIBUTED], window=self.window)
        by_triple = np.bincount(touches[Series.ATTRIBUTED].utm)
        triples = UtmTriple.objects.filter(workspace=self.workspace, pk__among=np.flatnonzero(by_triple).tolist())
        totals: Counter[str] = Counter()
        for pk, *names in triples.values_list("pk", "source", "medium", "campaign"):
            totals[names[place]] += int(by_triple[pk])
        return totals

    def _contacts(self) -> Any:
        return Contact.objects.current().filter(workspace=self.workspace)

    def _attributes(self) -> list[dict[str, Any]]:
        rows = self._contacts().order_by("-pk").values_list("attributes", flat=True)
        return [*rows[:NEWEST_CONTACTS]]


def _scalars(objects: Collection[Mapping[str, Any]], path: str) -> Iterator[Any]:
    values = (value_at(one, path) for one in objects)
    return (value for value in values if value is not None)


def _texts(totals: Mapping[Any, int]) -> Counter[str]:
    """As conditions name them: a number as it is told, true and false by these words."""
    found: Counter[str] = Counter()
    for value, n in totals.items():
        found[text_of(value)] += n
    return found
