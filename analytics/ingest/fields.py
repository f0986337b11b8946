"""Reading fields of an item: typed, bounded, with errors that say what was wrong and what is allowed.

A field that is absent, null or (for texts) empty is None, unless it is required.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from analytics.ingest.outcome import ItemError, Outcome

MAX_ID_LENGTH = 255
MAX_ITEM_BYTES = 32 * 1024
MAX_DEPTH = 10
MAX_KEYS = 500
MAX_TEXT_BYTES = 8 * 1024
EARLIEST_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_INSTANT = datetime(2100, 1, 1, tzinfo=UTC)
ILLEGAL_IDS = frozenset({"null", "undefined", "0", "anonymous"})

IP_NAMES = frozenset({"ip", "$ip", "ip_address", "ipAddress"})
"""What clients call the address that a person has in the network. It is not kept, wherever it stands."""

_Value = TypeVar("_Value")
_Parsed = TypeVar("_Parsed")
_IP_KEYS = tuple(f'"{name}"' for name in IP_NAMES)
_SAID_IP = re.compile(rf'("(?:{"|".join(map(re.escape, sorted(IP_NAMES)))})"\s*:\s*)(?:"[^"]*"?|\[[^\]]*\]?)')
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_ESCAPED_UNSTORABLE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


_in_ascii = json.JSONEncoder(allow_nan=False, separators=(",", ":"), check_circular=False).encode


def parsed(
    items: Sequence[object],
    parse: Callable[[dict[str, Any]], _Parsed],
    outcome: Outcome,
    *,
    written: Sequence[bytes] | None = None,
) -> Iterator[tuple[int, _Parsed]]:
    """Each good item with its index; the bad ones go to the outcome.

    Refused is also what no database should hold: too large, too deep, NUL, halves of surrogate pairs, NaN and
    infinities. `written` is the JSON that the items were read from, if that has neither NaN nor infinities.
    """
    for index, item in enumerate(items):
        try:
            if not isinstance(item, dict):
                raise ItemError("invalid_item", "An item must be a JSON object.")
            if not (_is_harmless(item) if written is None else _is_harmless_json(written[index])):
                _check_closely(item)
            yield index, parse(item)
        except ItemError as error:
            outcome.reject(index, item, error)


def _is_harmless(item: dict[str, Any]) -> bool:
    try:
        return _is_harmless_json(_in_ascii(item).encode())
    except (ValueError, RecursionError):
        return False


def _is_harmless_json(written: bytes) -> bool:
    """Whether bounds hold that are seen at once, in an item's JSON: nearly every item is far from all limits."""
    return (
        len(written) <= MAX_TEXT_BYTES
        and written.count(b"{") + written.count(b"[") <= MAX_DEPTH
        and (len(written) <= 4 * MAX_KEYS or written.count(b'"') <= 2 * MAX_KEYS)
        and (b"\\u" not in written or _ESCAPED_UNSTORABLE.search(written) is None)
    )


def _check_closely(item: dict[str, Any]) -> None:
    _check_value(item, depth=1, keys=[0])
    size = len(json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode())
    if size > MAX_ITEM_BYTES:
        raise ItemError("item_too_large", f"The item has {size:,} bytes; allowed are {MAX_ITEM_BYTES:,}.")


def _check_value(value: object, *, depth: int, keys: list[int]) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ItemError("invalid_number", "Numbers must be finite.")
    elif isinstance(value, dict | list):
        if depth > MAX_DEPTH:
            raise ItemError("too_deep", f"The item is nested more than {MAX_DEPTH} levels deep.")
        if isinstance(value, dict):
            keys[0] += len(value)
            if keys[0] > MAX_KEYS:
                raise ItemError("too_many_keys", f"The item has more than {MAX_KEYS} keys.")
            for key in value:
                _check_text(key)
        for inner in value.values() if isinstance(value, dict) else value:
            _check_value(inner, depth=depth + 1, keys=keys)


def _check_text(text: str) -> None:
    if len(text) > MAX_TEXT_BYTES or (not text.isascii() and len(text.encode("utf-8", "replace")) > MAX_TEXT_BYTES):
        raise ItemError("text_too_long", f"A text is longer than {MAX_TEXT_BYTES:,} bytes.")
    if _UNSTORABLE.search(text):
        raise ItemError("invalid_text", "Texts must not contain NUL characters or halves of surrogate pairs.")


def without_ips(value: Any) -> Any:
    """JSON without the IP addresses that are called so. As deep as `check_item` allows."""
    match value:
        case dict():
            return {key: without_ips(inner) for key, inner in value.items() if key not in IP_NAMES}
        case list():
            return [without_ips(inner) for inner in value]
    return value


def may_name_ips(written: str) -> bool:
    """Whether some key in a JSON text may be that of an IP address: nearly always not."""
    return ('"ip' in written or '"$ip' in written) and any(key in written for key in _IP_KEYS)


def struck_out_ips(written: str) -> str:
    """As `without_ips`, for JSON that may be broken or cut off."""
    return _SAID_IP.sub(r'\1"…"', written)


def text(item: Mapping[str, Any], name: str, *, max_length: int) -> str | None:
    """Trimmed; a whole number is taken as its digits, as SDKs in loosely typed languages send ids."""
    value = item.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        if isinstance(value, bool) or not isinstance(value, int):
            raise ItemError(f"invalid_{snake(name)}", f"{name} must be a text; got {_kind(value)}.")
        value = str(value)
    value = value.strip()
    if len(value) > max_length:
        raise ItemError(f"invalid_{snake(name)}", f"{name} has {len(value)} characters; allowed are {max_length}.")
    return value or None


def required(value: _Value | None, name: str) -> _Value:
    if value is None:
        raise ItemError(f"missing_{snake(name)}", f"{name} is required.")
    return value


def required_text(item: Mapping[str, Any], name: str, *, max_length: int = MAX_ID_LENGTH) -> str:
    return required(text(item, name, max_length=max_length), name)


def identifier(item: Mapping[str, Any], name: str) -> str | None:
    """An id of a person; refuses what broken clients send for nobody."""
    value = text(item, name, max_length=MAX_ID_LENGTH)
    if value is not None and value.lower() in ILLEGAL_IDS:
        raise ItemError("illegal_id", f"{name} {value!r} names nobody; leave it out or send a real id.")
    return value


def choice(item: Mapping[str, Any], name: str, allowed: list[str]) -> str | None:
    """One of the allowed values, in whatever case it was sent."""
    value = text(item, name, max_length=100)
    if value is None:
        return None
    for one in allowed:
        if one.lower() == value.lower():
            return one
    raise ItemError(f"invalid_{snake(name)}", f"{name} cannot be {value!r}; allowed: {', '.join(allowed)}.")


def instant(item: Mapping[str, Any], name: str) -> datetime | None:
    """ISO 8601; without an offset it is UTC."""
    value = item.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ItemError(f"invalid_{snake(name)}", f"{name} must be an ISO 8601 text; got {_kind(value)}.")
    try:
        at = datetime.fromisoformat(value.strip())
        if at.tzinfo is not UTC:
            at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ItemError(
            f"invalid_{snake(name)}",
            f"{name} cannot be {value[:50]!r}; allowed are ISO 8601 instants such as 2026-01-15T09:30:00Z.",
        ) from None
    return _in_range(at, name)


def instant_or_epoch(item: Mapping[str, Any], name: str) -> datetime | None:
    """As `instant`, or a number of seconds (or, from 10^11 on, milliseconds) since 1970."""
    value = item.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            at = EARLIEST_INSTANT + timedelta(seconds=value / 1000 if abs(value) >= 1e11 else value)
        except OverflowError:
            raise ItemError(f"invalid_{snake(name)}", f"{name} is no plausible number of seconds since 1970.") from None
        return _in_range(at, name)
    return instant(item, name)


def _in_range(at: datetime, name: str) -> datetime:
    if not EARLIEST_INSTANT <= at < LATEST_INSTANT:
        raise ItemError(
            f"invalid_{snake(name)}",
            f"{name} is {at:%Y-%m-%d}; allowed are the years {EARLIEST_INSTANT.year} to {LATEST_INSTANT.year - 1}.",
        )
    return at


def mapping(item: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A JSON object, empty if absent."""
    value = item.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ItemError(f"invalid_{snake(name)}", f"{name} must be a JSON object; got {_kind(value)}.")
    return value


def objects(item: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of JSON objects, empty if absent."""
    value = item.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ItemError(f"invalid_{snake(name)}", f"{name} must be a list of JSON objects.")
    return value


def number(item: Mapping[str, Any], name: str, *, default: float) -> float:
    value = item.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0 or value > 1e9:
        raise ItemError(f"invalid_{snake(name)}", f"{name} must be a number from 0 to 1,000,000,000.")
    return float(value)


def flag(item: Mapping[str, Any], name: str) -> bool:
    value = item.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise ItemError(f"invalid_{snake(name)}", f"{name} must be true or false; got {_kind(value)}.")
    return value


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _kind(value: object) -> str:
    names = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "an object",
    }
    return names.get(type(value), "null")
