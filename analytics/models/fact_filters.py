"""Conditions on facts as conditions on rows, with the same results on every database.

What a field has in a column is looked up among its distinct values, which are few. What stands in JSON is compared
here, among the rows that the database cannot rule out.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import accumulate
from typing import Any, NamedTuple, TypeAlias

from django.db.models import Q, QuerySet

from analytics.channels import Channel
from analytics.mailboxes import mailbox_group
from analytics.models.ab_tests import Variant
from analytics.models.catalogue import Campaign, Contact, UtmTriple
from analytics.models.facts import Event, Message
from analytics.models.fixed_queries import WORKSPACE, FixedQuery
from analytics.questions.fields import Field, FieldKind
from analytics.questions.filters import AllOf, AnyOf, FieldCondition, Filter, IsSet, Not, fields_in, holds
from analytics.questions.parts import SOURCE_FIELDS
from analytics.questions.values import Scalar, value_at
from analytics.utm import utm_text
from campaignos.fixed_rows import Placeholder

_ROWS_AT_ONCE = 2000
_MOST_STEPS = 100
_SAFE_NAME = re.compile(r"[A-Za-z0-9_$ .-]+")
"""What every database finds in JSON by the same name."""
_ALL, _NONE = ~Q(pk__in=[]), Q(pk__in=[])


def _first_types(**after: Placeholder) -> QuerySet[Event, tuple[Any, ...]]:
    return Event.objects.filter(workspace_id=WORKSPACE, **after).order_by("type").values_list("type")[:1]


_FIRST_TYPE = FixedQuery(_first_types)
_NEXT_TYPE = FixedQuery(lambda: _first_types(type__gt=Placeholder("before")))

_Values: TypeAlias = Mapping[Any, Scalar | None]
"""Those of a field, by what its column has."""


@dataclass(frozen=True)
class _Rows:
    """Rows that may meet a condition; where it `is_exact`, they do."""

    meant: Q
    is_exact: bool = True


def _rows(condition: Filter, rows_of: Callable[[FieldCondition], _Rows]) -> _Rows:
    match condition:
        case AllOf(conditions):
            parts = [_rows(inner, rows_of) for inner in conditions]
            return _Rows(Q(*(part.meant for part in parts)) if parts else _ALL, all(part.is_exact for part in parts))
        case AnyOf(conditions):
            parts = [_rows(inner, rows_of) for inner in conditions]
            meant = _NONE
            for part in parts:
                meant |= part.meant
            return _Rows(meant, all(part.is_exact for part in parts))
        case Not(inner):
            part = _rows(inner, rows_of)
            return _Rows(~part.meant) if part.is_exact else _Rows(_ALL, is_exact=False)
    return rows_of(condition)  # type: ignore[arg-type]  # what is about people is no condition on facts


def _among(column: str, values: _Values, condition: FieldCondition) -> _Rows:
    return _Rows(Q(**{f"{column}__in": [key for key, value in values.items() if condition.matches(value)]}))


class EventValues(NamedTuple):
    """What conditions on an event look at; `utm_id` is that of its triple."""

    type: str
    utm_id: int | None
    properties: Mapping[str, Any]
    context: Mapping[str, Any] = {}  # nobody writes into it


@dataclass(frozen=True)
class EventConditions:
    """Conditions on a workspace's events."""

    workspace_id: int

    def matching(self, events: QuerySet[Event], condition: Filter) -> QuerySet[Event]:
        """Of the events, those that meet it. A query for each column asked about, and one where JSON is."""
        found = _rows(condition, self._rows_of)
        rows = events.filter(found.meant)
        if found.is_exact:
            return rows
        columns = rows.order_by().values_list("pk", *self.columns(condition))
        keys = [
            pk.hex
            for pk, *values in columns.iterator(chunk_size=_ROWS_AT_ONCE)
            if self.is_met(EventValues(*values), condition)
        ]
        return events.filter(pk__among=keys)

    def candidates(self, events: QuerySet[Event], condition: Filter) -> QuerySet[Event]:
        """Of the events those that the database cannot rule out. A query for each column asked about."""
        return events.filter(_rows(condition, self._rows_of).meant)

    @staticmethod
    def columns(condition: Filter) -> Sequence[str]:
        """Those of EventValues, without what the condition does not look at."""
        needs_context = any(field.key in ("utm.term", "utm.content") for field in fields_in(condition))
        return EventValues._fields if needs_context else EventValues._fields[:-1]

    def is_met(self, event: EventValues, condition: Filter) -> bool:
        """Whether an event of the workspace meets the condition. One query for the first that asks for its source."""
        return holds(condition, partial(self._value, event))

    def _rows_of(self, condition: FieldCondition) -> _Rows:
        field = condition.field
        if field.path is not None:
            return _Rows(may_have(field.path), is_exact=False)
        if field.key == "event":
            return _among("type", {name: name for name in self.types}, condition)
        if field.key in SOURCE_FIELDS:
            return _among("utm", self._of_triples(field), condition)
        return _Rows(Q(utm__isnull=False), is_exact=False)

    def _value(self, event: EventValues, field: Field) -> Scalar | None:
        if field.path is not None:
            return value_at(event.properties, field.path)
        if field.key == "event":
            return event.type
        if event.utm_id is None:
            return None
        if field.key in SOURCE_FIELDS:
            return self._of_triples(field)[event.utm_id]
        return utm_text(field.key.removeprefix("utm."), event.context, event.properties)

    @cached_property
    def types(self) -> Sequence[str]:
        """The types of all events: by an index from one to the next, while they are not very many."""
        found: list[str] = []
        following = _FIRST_TYPE.rows(self.workspace_id)
        while len(found) < _MOST_STEPS:
            if not (types := [type_ for (type_,) in following]):
                return found
            found += types
            following = _NEXT_TYPE.rows(self.workspace_id, before=found[-1])
        events = Event.objects.filter(workspace_id=self.workspace_id).order_by()
        return list(events.values_list("type", flat=True).distinct())

    def _of_triples(self, field: Field) -> _Values:
        return self._triples[field.key.removeprefix("utm.")]

    @cached_property
    def _triples(self) -> Mapping[str, _Values]:
        triples = list(UtmTriple.objects.filter(workspace=self.workspace_id))
        names = ("source", "medium", "campaign")
        return {name: {triple.pk: getattr(triple, name) or None for triple in triples} for name in names}


@dataclass(frozen=True)
class MessageConditions:
    """Conditions on a workspace's messages."""

    workspace_id: int

    def matching(self, messages: QuerySet[Message], condition: Filter) -> QuerySet[Message]:
        """Of the messages, those that meet it. A query for each field asked about, but the channel."""
        return messages.filter(self.rows(condition))

    def rows(self, condition: Filter) -> Q:
        """The messages that meet it. A query for each field asked about, but the channel."""
        return _rows(condition, self._rows_of).meant

    def values_of(self, field: Field, stated: Sequence[Any]) -> Sequence[Scalar | None]:
        """The values of a field, of messages that have so in `column_of_field`. A query for the mailbox provider."""
        return [*map(self._groups.get, stated)] if field.key == "domain" else stated

    def _rows_of(self, condition: FieldCondition) -> _Rows:
        field = condition.field
        if isinstance(condition, IsSet) and field.key != "domain":
            return _Rows(Q(variant__isnull=False) if field.kind is FieldKind.VARIANT else _ALL)
        if field.key == "domain":
            contacts = [pk for pk, group in self._groups.items() if condition.matches(group)]
            return _Rows(Q(contact__among=contacts))
        return _among(field.key, self._values(field), condition)

    def _values(self, field: Field) -> _Values:
        if field.kind is FieldKind.CHANNEL:
            return {name: name for name in Channel.values}
        model = Campaign if field.kind is FieldKind.CAMPAIGN else Variant
        keys = model.objects.filter(workspace=self.workspace_id).values_list("pk", flat=True)
        return {key: key for key in keys}

    @cached_property
    def _groups(self) -> _Values:
        """The mailbox providers of all contacts."""
        emails = Contact.objects.filter(workspace=self.workspace_id).values_list("pk", "email")
        return {pk: mailbox_group(email) for pk, email in emails.iterator(chunk_size=_ROWS_AT_ONCE)}


def column_of_field(field: Field) -> str:
    """What of a message its value follows from."""
    return {"channel": "channel", "domain": "contact_id"}.get(field.key, f"{field.key}_id")


def may_have(path: str, column: str = "properties") -> Q:
    """Rows in whose JSON a path may lead to something: to rule them out, as far as databases tell names alike."""
    names = [*accumulate(path.split("."), "{}.{}".format)]
    return Q(**{f"{column}__has_any_keys": names}) if all(map(_SAFE_NAME.fullmatch, names)) else _ALL
