"""Identifiers as the API shows them: a prefix and the row's key, `ws_1`, `cmp_12`, `msg_0192…`."""

import re
import uuid

_NUMBER = re.compile(r"[0-9]{1,18}")


def number_of(prefix: str, api_id: str) -> int | None:
    """12 of `cmp_12`; None for what is no such identifier."""
    head, _, tail = api_id.partition("_")
    return int(tail) if head == prefix and _NUMBER.fullmatch(tail) else None


def uuid_of(prefix: str, api_id: str) -> uuid.UUID | None:
    head, _, tail = api_id.partition("_")
    if head != prefix:
        return None
    try:
        return uuid.UUID(hex=tail)
    except ValueError:
        return None
