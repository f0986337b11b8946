"""Unknown fields of a body: refused where one item is written, a warning where many are."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from rest_framework import serializers

Known: TypeAlias = Mapping[str, "Known | None"]
"""By name, the fields of a field's objects; None where any may be there."""


class StrictSerializer(serializers.Serializer[Any]):
    """The body of a single write: an unknown field is an error, so that nobody takes it for stored."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The error of an unknown choice lists the allowed ones."""
        fields = super().get_fields()
        for field in fields.values():
            choice = field.child if isinstance(field, serializers.ListField) else field
            if isinstance(choice, serializers.ChoiceField):
                allowed = ", ".join(map(str, choice.choices))
                choice.error_messages["invalid_choice"] = f"It cannot be {{input!r}}; allowed: {allowed}."
        return fields

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (names := sorted(map(str, data.keys() - self.fields.keys()))):
            raise serializers.ValidationError({name: [no_such_field(self.fields)] for name in names})
        return super().to_internal_value(data)


class UnknownField(NamedTuple):
    """An unknown field: its name, with dots where it is nested, and the known fields beside it."""

    name: str
    problem: str


def no_such_field(known: Mapping[str, Any]) -> str:
    return f"There is no such field; there are {', '.join(known)}."


@cache
def known_fields(serializer: type[serializers.Serializer[Any]]) -> Known:
    """The known fields of the objects that a serializer describes."""
    return {name: _below(field) for name, field in serializer().fields.items()}


def _below(field: Any) -> Known | None:
    inner = field.child if isinstance(field, serializers.ListField) else field
    return known_fields(type(inner)) if isinstance(inner, serializers.Serializer) else None


def unknown_fields(value: Any, known: Known, path: str = "") -> Iterator[UnknownField]:
    """An object's fields that are not known, and those within others."""
    if not isinstance(value, Mapping):
        return
    if not value.keys() <= known.keys():
        problem = no_such_field(known)
        yield from (UnknownField(f"{path}{name}", problem) for name in value if name not in known)
    for name, below in known.items():
        if below is not None and (inner := value.get(name)) is not None:
            for each in inner if isinstance(inner, list) else [inner]:
                yield from unknown_fields(each, below, f"{path}{name}.")
