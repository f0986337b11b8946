"""Looking for what stands in the JSON of events: a property, and the library that sent them."""

import json
from typing import Any

from django.db.models import F, Func, Q, QuerySet, TextField

from analytics.lists.query import ListParameters
from analytics.models import Event
from analytics.questions.fields import PROPERTY_PREFIX, Field, FieldKind, Subject, field_of
from analytics.questions.filters import NO_CONDITION, AllOf, Is, IsSet
from campaignos.json_paths import MAX_PATH_NAMES

_LIBRARY = Field("library", Subject.EVENTS, FieldKind.TEXT)
PROPERTY = ("property", "value")


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


class _JsonAt(Func):  # type: ignore[misc,unused-ignore]
    """What the names lead to in an object, as JSON; the same text for the same value of one event."""

    output_field = TextField()

    def __init__(self, column: str, *names: str) -> None:
        path = "".join(f'."{name}"' for name in names)
        self.steps = "".join(f" -> '{name}'" for name in names)
        super().__init__(F(column), template=f"(%(expressions)s -> '${path}')")

    def as_postgresql(self, *args: Any, **kwargs: Any) -> Any:
        return super().as_sql(*args, **kwargs | {"template": f"(%(expressions)s{self.steps})::text"})


_NAMES = {"in_library": _JsonAt("context", "library", "name"), "at_top": _JsonAt("context", "library.name")}
"""By which ways `library.name` leads to a value: that through the object counts first."""


def of_library(events: QuerySet[Event], name: str) -> QuerySet[Event]:
    """Those that a library of this name sent: what is said of libraries is compared by its distinct values, which are
    few. Two queries."""
    is_name = Is(_LIBRARY, (name,))
    meant = Q(pk__among=[])
    said = events.order_by().annotate(**_NAMES)
    for texts in said.values_list(*_NAMES).distinct():
        values = [None if text is None else json.loads(text) for text in texts]
        known = next((value for value in values if isinstance(value, str | bool | int | float)), None)
        if is_name.matches(known):
            same = zip(_NAMES, texts, strict=True)
            meant |= Q(**{f"{way}__isnull" if text is None else way: text is None or text for way, text in same})
    return events.alias(**_NAMES).filter(meant)
