"""What the numbers of an answer mean: the words of the API's schema, by the place where each stands."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from rest_framework.serializers import BaseSerializer, ListSerializer, Serializer

from analytics.api.reports.serializers import NumbersSerializer
from analytics.api.reports.view import Body
from analytics.machines.report_questions import QuestionRefused

_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_PATH = re.compile(r"[^.\[\]]+(?:\[\d{1,9}\])*(?:\.[^.\[\]]+(?:\[\d{1,9}\])*)*")
UNNAMED = "[]"
"""Any row of a list, in a place."""


def definitions(body: Body, serializer_class: type[Serializer[Any]]) -> dict[str, str]:
    """By place, such as `campaigns[].messages.sent`, what each number there means; those without words are left out."""
    told = dict(_definitions(serializer_class()))
    numbers = {name: value for name, value in body.items() if name != "meta"}
    return {place: told[place] for place in dict.fromkeys(_places(numbers)) if place in told}


def metric_key(place: str, serializer_class: type[Serializer[Any]]) -> str | None:
    """The key of the metric that stands at a place; None for numbers that are none of the dictionary."""
    return dict(_metric_keys(serializer_class())).get(place)


def number_at(body: Body, path: str) -> tuple[Any, Body]:
    """The value at a path such as `messages.sent` or `campaigns[0].messages.sent`, and what it stands in.

    Raises QuestionRefused, which says what there is.
    """
    value: Any = body
    inside: Body = body
    for part in _parts(path):
        if isinstance(value, Mapping):
            inside = dict(value)
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            raise QuestionRefused(f"There is no {path!r} in the answer; {_choice(value)}.") from None
    if isinstance(value, Mapping | list):
        raise QuestionRefused(f"{path!r} is no number; {_choice(value)}.")
    return value, inside


def place_of(path: str) -> str:
    """`campaigns[].messages.sent` for `campaigns[3].messages.sent`."""
    return re.sub(r"\[\d+\]", UNNAMED, path)


def last_name(path: str) -> str:
    return path.rpartition(".")[2]


def _parts(path: str) -> Iterator[str | int]:
    if not _PATH.fullmatch(path):
        raise QuestionRefused(f"{path!r} is no path such as messages.sent or campaigns[0].messages.sent.")
    for name, place in _PART.findall(path):
        yield name or int(place)


def _choice(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"there are {', '.join(value) or 'none'}"
    if isinstance(value, list):
        return f"the list has {len(value):,} rows, from [0] on"
    return "the path ends before"


def _places(value: Any, place: str = "") -> Iterator[str]:
    """Where numbers stand, and where there would be one."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _places(inner, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _places(inner, f"{place}{UNNAMED}")
    elif value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        yield place


def _fields(serializer: BaseSerializer[Any], place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Of each field where it stands, itself, and the serializer that has it."""
    if isinstance(serializer, ListSerializer):
        yield from _fields(cast("BaseSerializer[Any]", serializer.child), f"{place}{UNNAMED}")
        return
    assert isinstance(serializer, Serializer)
    for name, field in serializer.fields.items():
        at = f"{place}.{name}" if place else name
        if isinstance(field, BaseSerializer):
            yield from _fields(field, at)
        else:
            yield at, field, serializer


def _definitions(serializer: BaseSerializer[Any]) -> Iterator[tuple[str, str]]:
    return ((place, str(field.help_text)) for place, field, _ in _fields(serializer) if field.help_text)


def _metric_keys(serializer: BaseSerializer[Any]) -> Iterator[tuple[str, str]]:
    for place, _, inside in _fields(serializer):
        if isinstance(inside, NumbersSerializer) and (key := inside.metrics.get(last_name(place))):
            yield place, key
