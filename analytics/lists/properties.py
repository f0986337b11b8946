"""Looking for what stands in the JSON of events: a property, and the library that sent them."""

from django.db.models import QuerySet

from analytics.lists.query import ListParameters
from analytics.models import Event
from analytics.questions.fields import PROPERTY_PREFIX, Field, FieldKind, Subject, field_of
from analytics.questions.filters import NO_CONDITION, AllOf, Is, IsSet
from analytics.questions.values import value_at
from campaignos.json_paths import MAX_PATH_NAMES

_LIBRARY = Field("library", Subject.EVENTS, FieldKind.TEXT)
PROPERTY = ("property", "value")
MAX_SEARCHED = 100_000
"""How many events, the newest first, are looked through for a library."""


def property_condition(parameters: ListParameters) -> AllOf:
    """What `property` and `value` ask for, by which addresses and forms name one condition on a property; without a
    value, that it has one."""
    path, value = parameters.text("property"), parameters.text_or_empty("value")
    if path is None:
        parameters.refuse_without("property", "value")
        return NO_CONDITION
    field = field_of(f"{PROPERTY_PREFIX}{path}")
    if field is None:
        parameters.refuse("property", f"names joined by dots, at most {MAX_PATH_NAMES}")
        return NO_CONDITION
    condition = AllOf((Is(field, (value,)) if value else IsSet(field),))
    known, _ = parameters.known(condition)
    if known != condition:
        parameters.refuse("property", "one that an event has")
    return known


def newest_events(events: QuerySet[Event]) -> QuerySet[Event]:
    """The MAX_SEARCHED newest events, and those of the same instant as the last of them. One query."""
    instants = events.order_by("-occurred_at").values_list("occurred_at", flat=True)
    oldest = next(iter(instants[MAX_SEARCHED - 1 : MAX_SEARCHED]), None)
    return events if oldest is None else events.filter(occurred_at__gte=oldest)


def of_library(events: QuerySet[Event], name: str) -> QuerySet[Event]:
    """Those of the newest events that a library of this name sent. Two queries."""
    is_name = Is(_LIBRARY, (name,))
    rows = newest_events(events).order_by().values_list("pk", "context").iterator(chunk_size=2000)
    return events.filter(
        pk__among=[pk.hex for pk, context in rows if is_name.matches(value_at(context, "library.name"))]
    )
