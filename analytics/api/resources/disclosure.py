"""What of a row a caller of the API gets to see, by the kinds of its personal columns."""

from collections.abc import Collection, Mapping
from typing import Any

from rest_framework import serializers

from analytics.addresses import hidden_phone, hidden_value
from analytics.personal import PersonalKind, kind_of
from workspaces.roles import Right, may_see_addresses

_RELATED = {"contact": "analytics.Contact", "campaign": "analytics.Campaign", "utm": "analytics.UtmTriple"}


def disclosed_record(
    record: Mapping[str, Any], serializer: serializers.Serializer[Any], model: str, rights: Collection[Right]
) -> dict[str, Any]:
    """A record of a row of the model, whole, masked or, for who may not read, with ids alone."""
    if may_see_addresses(rights):
        return dict(record)
    return {name: _disclosed_value(value, serializer.fields[name], model, rights) for name, value in record.items()}


def _disclosed_value(value: Any, field: Any, model: str, rights: Collection[Right]) -> Any:
    if isinstance(field, serializers.Serializer) and isinstance(value, Mapping):
        return disclosed_record(value, field, _RELATED.get(str(field.source), model), rights)
    *path, column = str(field.source).split(".")
    kind = kind_of(_RELATED.get(path[0], model) if path else model, column)
    if kind is not None and kind is not PersonalKind.ID and Right.READ not in rights:
        return None if field.allow_null else type(value)()
    return hidden_phone(value) if value and kind is PersonalKind.PHONE else hidden_value(value)
