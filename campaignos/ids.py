"""Identifiers as the API shows them: a prefix and the row's key, `ws_1`, `cmp_12`, `msg_0192…`."""

import re
import uuid

_NUMBER = re.compile(r"[0-9]{1,18}")


def key_of(text: str) -> int | None:
    """A row's key; None for what can be none."""
    return int(text) if _NUMBER.fullmatch(text) else None


def number_of(prefix: str, api_id: str) -> int | None:
    """12 of `cmp_12`; None for what is no such identifier."""
    head, _, tail = api_id.partition("_")
    return key_of(tail) if head == prefix else None


def uuid_of(prefix: str, api_id: str) -> uuid.UUID | None:
    head, _, tail = api_id.partition("_")
    if head != prefix:
        return None
    try:
        return uuid.UUID(hex=tail)
    except ValueError:
        return None
