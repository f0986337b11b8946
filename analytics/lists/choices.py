"""What conditions can be chosen from: the fields that there are, their values, and how many have each."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from django.db.models import Count

from analytics.ledger import Ledger, Series
from analytics.mailboxes import mailbox_group
from analytics.metrics import Counted, Dimension
from analytics.models import Contact, EventProperty, Message
from analytics.periods import Window
from analytics.questions.fields import CONTACT_PREFIX, PROPERTY_PREFIX, Field, FieldKind, Subject, field_of
from analytics.questions.parts import SOURCE_FIELDS
from analytics.questions.values import MAX_VALUE_LENGTH, text_of, value_at
from campaignos.texts import folded_text, spellings
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
    """Of a workspace, by its events (of one type, or any) and messages of the window and its newest contacts."""

    workspace: Workspace
    window: Window
    event_type: str | None = None

    def fields(self, subjects: Collection[Subject]) -> Mapping[Subject, tuple[Field, ...]]:
        """Those that there always are, and the properties and attributes that most have. Two queries."""
        return {subject: tuple(self._fields(subject)) for subject in _ALWAYS if subject in subjects}

    def _fields(self, subject: Subject) -> Iterator[Field]:
        keys = [*_ALWAYS[subject], *self._names(subject)]
        yield from filter(None, map(field_of, keys))

    def _names(self, subject: Subject) -> list[str]:
        if subject is Subject.EVENTS:
            names = Ledger(self.workspace).column_names(window=self.window)
            return [name for name in names if name.startswith(PROPERTY_PREFIX)][:NAMES_OFFERED]
        if subject is Subject.PEOPLE:
            totals = Counter(name for attributes in self._attributes() for name in attributes)
            return [f"{CONTACT_PREFIX}{name}" for name, _ in totals.most_common(NAMES_OFFERED)]
        return []

    @cached_property
    def descriptions(self) -> Mapping[str, str]:
        """By their keys, what people say of properties of events: of each kind of event, where they say more than one
        thing. One query."""
        rows = EventProperty.objects.filter(workspace=self.workspace).exclude(description="").order_by("event_type")
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for name, description in rows.values_list("name", "description"):
            found[f"{PROPERTY_PREFIX}{name}"][description] = None
        return {key: " · ".join(texts) for key, texts in found.items()}

    def values(self, field: Field) -> tuple[Choice, ...]:
        """Those that most have, each as many times as the condition on it is met. One or two queries."""
        totals = _of_spellings(self._totals(field))
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
        if field.key == "domain":
            return self._domains()
        return self._events(field) if field.subject is Subject.EVENTS else self._people(field)

    def _events(self, field: Field) -> Mapping[str, int]:
        series = Series("events", self.event_type, by=field)
        touches, _ = Ledger(self.workspace).touches([series], window=self.window)
        column = touches[series].values.as_values
        numbers = np.bincount(column.codes, minlength=len(column.values)).tolist()
        return _sums((text_of(value), n) for value, n in zip(column.values, numbers, strict=True) if value is not None)

    def _people(self, field: Field) -> Mapping[str, int]:
        values = (value_at(attributes, field.path or "") for attributes in self._attributes())
        return Counter(text_of(value) for value in values if value is not None)

    def _domains(self) -> Mapping[str, int]:
        messages = Message.objects.filter(workspace_id=self.workspace.pk)
        within = messages.filter(created_at__gte=self.window.starts_at, created_at__lt=self.window.ends_at)
        numbers = dict(within.order_by().values_list("contact").annotate(n=Count("pk")))
        emails = Contact.objects.filter(workspace=self.workspace, pk__among=[*numbers]).values_list("pk", "email")
        return _sums((group, numbers[pk]) for pk, email in emails.iterator() if (group := mailbox_group(email)))

    def _messages(self, field: Field) -> Mapping[str, int]:
        dimension = Dimension.CHANNEL if field.kind is FieldKind.CHANNEL else Dimension.CAMPAIGN
        counts = Ledger(self.workspace).counts([Counted.MESSAGES], window=self.window, by=[dimension])
        prefix = "" if field.kind is FieldKind.CHANNEL else "cmp_"
        return {f"{prefix}{value}".lower(): counts.of(Counted.MESSAGES, value) for value in counts.values(0)}

    def _contacts(self) -> Any:
        return Contact.objects.current().filter(workspace=self.workspace)

    @property
    def leaves_out_contacts(self) -> bool:
        """Whether there are older contacts, at whose attributes nobody looks."""
        return len(self._newest_attributes) > NEWEST_CONTACTS

    def _attributes(self) -> list[dict[str, Any]]:
        return self._newest_attributes[:NEWEST_CONTACTS]

    @cached_property
    def _newest_attributes(self) -> list[dict[str, Any]]:
        """With those of one contact more. One query."""
        rows = self._contacts().order_by("-pk").values_list("attributes", flat=True)
        return [*rows[: NEWEST_CONTACTS + 1]]


def _sums(counts: Iterable[tuple[str, int]]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for value, n in counts:
        sums[value] += n
    return sums


def _of_spellings(totals: Mapping[str, int]) -> Counter[str]:
    """Taken together as conditions take them, which tell neither cases nor ways to write a letter apart."""
    by_key = spellings(totals)
    return _sums((by_key[folded_text(value)], n) for value, n in totals.items())
