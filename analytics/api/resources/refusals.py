"""Errors of writing a single item, in the API's error body."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework.serializers import Serializer

from analytics.ingest import Outcome
from campaignos.errors import FieldsError
from campaignos.strict import UnknownField

_ABOUT_A_FIELD = re.compile(r"(?:invalid|missing|unknown)_(?!(?:item|text|number|identity)$)(?P<name>\w+)")


class RefusedItem(FieldsError):
    """400: `analytics.ingest` refused the only item, for the reason in its outcome."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        remark = outcome.rejected[0]
        super().__init__(remark.code, remark.message, {_field(remark.code): [remark.message]})


class UnknownFields(FieldsError):
    """400: the body has unknown fields, and nothing was stored."""

    def __init__(self, unknown: Sequence[UnknownField]) -> None:
        first = unknown[0].problem
        names = [field.name for field in unknown if field.problem == first]
        message = f"{', '.join(names)[:200]}: {first}"
        super().__init__("unknown_field", message, {field.name: [field.problem] for field in unknown})


def check_nothing_is_cleared_that_is_always_there(change: Mapping[str, Any], serializer: type[Serializer[Any]]) -> None:
    """Raises FieldsError: such a change would be answered as done without an effect."""
    always_there = {name for name, field in serializer().fields.items() if not field.allow_null}
    if names := sorted(name for name in always_there & change.keys() if change[name] in (None, "")):
        advice = "There is always one: leave it out, so that it stays, or send another value."
        message = f"{', '.join(names)} cannot be taken back. {advice}"
        raise FieldsError("always_there", message, {name: [advice] for name in names})


def _field(code: str) -> str:
    """`signedUpAt` of `invalid_signed_up_at`; empty where the item as a whole is meant."""
    match = _ABOUT_A_FIELD.fullmatch(code)
    if match is None:
        return ""
    first, *rest = match["name"].split("_")
    return first + "".join(part.capitalize() for part in rest)


def checked_identity(item: dict[str, Any], **identity: str) -> dict[str, Any]:
    """The change with what identifies its row, which it must not change."""
    for name, value in identity.items():
        if item.get(name) not in (None, "", value):
            message = f"{name} cannot be changed: it is {value!r}."
            raise FieldsError(f"fixed_{name.lower()}", message, {name: [message]})
    return {**item, **identity}
