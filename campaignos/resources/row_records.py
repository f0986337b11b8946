"""Records of rows as a serializer makes them.

What its fields are is looked at once, and not again for each row: lists and files have very many.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone
from rest_framework import ISO_8601, serializers
from rest_framework.fields import Field, SkipField, empty
from rest_framework.settings import api_settings

_Read = Callable[[Any], Any]
_LEFT_OUT = object()
_PLAIN = frozenset({str, int, float, bool, datetime, date, dict, list, UUID, Decimal})
"""What a field shows as it is found: nothing to be called first, as Django REST framework does."""
_AS_THEY_ARE: Mapping[type, type] = {
    serializers.CharField: str,
    serializers.IntegerField: int,
    serializers.FloatField: float,
    serializers.BooleanField: bool,
}


def row_records(serializer: serializers.BaseSerializer[Any], rows: Iterable[Any]) -> list[dict[str, Any]]:
    """What `to_representation` of the serializer gives for each row."""
    read = _record_reader(serializer)
    return [read(row) for row in rows]


def _record_reader(serializer: serializers.BaseSerializer[Any]) -> _Read:
    if type(serializer).to_representation is not serializers.Serializer.to_representation:
        return lambda row: dict(serializer.to_representation(row))
    assert isinstance(serializer, serializers.Serializer)
    readers = [(name, _reader(field)) for name, field in serializer.fields.items() if not field.write_only]

    def read(row: Any) -> dict[str, Any]:
        if isinstance(row, Mapping):
            return dict(serializer.to_representation(row))
        return {name: value for name, reader in readers if (value := reader(row)) is not _LEFT_OUT}

    return read


def _reader(field: "Field[Any, Any, Any, Any]") -> _Read:
    """Reads a field's value of a row; whatever is not simple is left to the field."""

    def in_full(row: Any) -> Any:
        try:
            value = field.get_attribute(row)
        except SkipField:
            return _LEFT_OUT
        return None if value is None else field.to_representation(value)

    if type(field).get_attribute is not Field.get_attribute or field.source == "*":
        return in_full
    first, _, rest = str(field.source).partition(".")
    owner_of, value_of = attrgetter(first), attrgetter(rest) if rest else None
    is_null_of_nobody = field.default is None or (field.default is empty and field.allow_null)
    show = _shown_as(field)

    def read(row: Any) -> Any:
        try:
            value = owner_of(row)
            if value_of is not None:
                if value is None and is_null_of_nobody:
                    return None
                value = value_of(value)
        except (AttributeError, ObjectDoesNotExist):
            return in_full(row)
        if value is None:
            return None
        return show(value) if type(value) in _PLAIN else in_full(row)

    return read


def _shown_as(field: "Field[Any, Any, Any, Any]") -> _Read:
    whole: _Read = field.to_representation
    if (kind := _AS_THEY_ARE.get(type(field))) is not None:
        return lambda value: value if type(value) is kind else whole(value)
    if type(field) is serializers.DateTimeField and _is_shown_in_utc(field):
        return lambda value: _instant(value) if type(value) is datetime and value.tzinfo is UTC else whole(value)
    return whole


def _is_shown_in_utc(field: serializers.DateTimeField) -> bool:
    is_told = hasattr(field, "format") or hasattr(field, "timezone")
    return not is_told and api_settings.DATETIME_FORMAT == ISO_8601 and timezone.get_current_timezone_name() == "UTC"


def _instant(value: datetime) -> str:
    return value.isoformat()[: -len("+00:00")] + "Z"
