"""Why a single item is not taken, in the API's one error body."""

import re
from typing import Any

from analytics.ingest import Outcome
from campaignos.errors import FieldsError

_ABOUT_A_FIELD = re.compile(r"(?:invalid|missing|unknown)_(?!(?:item|text|number|identity)$)(?P<name>\w+)")


class RefusedItem(FieldsError):
    """400: `analytics.ingest` refused the only item, for the reason in its outcome."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        remark = outcome.rejected[0]
        super().__init__(remark.code, remark.message, {_field(remark.code): [remark.message]})


def _field(code: str) -> str:
    """`signedUpAt` of `invalid_signed_up_at`; empty where the item as a whole is meant."""
    found = _ABOUT_A_FIELD.fullmatch(code)
    if found is None:
        return ""
    first, *rest = found["name"].split("_")
    return first + "".join(part.capitalize() for part in rest)


def checked_identity(item: dict[str, Any], **identity: str) -> dict[str, Any]:
    """The change with what identifies its row, which it must not change."""
    for name, value in identity.items():
        if item.get(name) not in (None, "", value):
            message = f"{name} cannot be changed: it is {value!r}."
            raise FieldsError(f"fixed_{name.lower()}", message, {name: [message]})
    return {**item, **identity}
