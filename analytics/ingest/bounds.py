"""The bounds of an item: its size, its depth, its number of keys, and texts and numbers that no database can store."""

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from analytics.ingest.fields import MAX_ID_LENGTH
from analytics.ingest.outcome import ItemError, ItemWarnings, Outcome, storable

MAX_ITEM_BYTES = 32 * 1024
MAX_DEPTH = 10
MAX_KEYS = 500
NAMES_SHOWN = 5
"""The number of fields that a warning names."""
_Parsed = TypeVar("_Parsed")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_ESCAPED_UNSTORABLE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_in_ascii = json.JSONEncoder(allow_nan=False, separators=(",", ":"), check_circular=False).encode


def parsed_items(
    items: Sequence[object],
    parse: Callable[[dict[str, Any], ItemWarnings], _Parsed],
    outcome: Outcome,
    *,
    written: Sequence[bytes] | None = None,
    is_lenient: bool = False,
) -> Iterator[tuple[int, _Parsed]]:
    """Yields what `parse` makes of each good item, with its index. Bad items and warnings go to the outcome.

    An item is also bad if it is too large, or has NaN or infinities. One that is too deep, has too many keys, NUL or
    halves of surrogate pairs is bad, too, or mended with a warning if it `is_lenient`. `written` is the JSON that the
    items were read from, if that has neither NaN nor infinities.
    """
    warnings = ItemWarnings()
    for index, item in enumerate(items):
        try:
            if not isinstance(item, dict):
                raise ItemError("invalid_item", "An item must be a JSON object.")
            if not (_is_harmless(item) if written is None else _is_harmless_json(written[index])):
                item = _storable_item(item, warnings, is_lenient=is_lenient)
            value = parse(item, warnings)
        except ItemError as error:
            warnings.pending.clear()
            outcome.reject(index, item, error)
            continue
        if warnings.pending:
            outcome.warn(index, item, warnings)
        yield index, value


def _is_harmless(item: dict[str, Any]) -> bool:
    try:
        return _is_harmless_json(_in_ascii(item).encode())
    except (ValueError, RecursionError):
        return False


def _is_harmless_json(written: bytes) -> bool:
    """Whether an item's JSON is far from all limits, as nearly every item is: a quick check that spares the thorough
    one."""
    return (
        len(written) <= MAX_ITEM_BYTES
        and written.count(b"{") + written.count(b"[") <= MAX_DEPTH
        and (len(written) <= 4 * MAX_KEYS or written.count(b'"') <= 2 * MAX_KEYS)
        and (b"\\u" not in written or _ESCAPED_UNSTORABLE.search(written) is None)
    )


def _storable_item(item: dict[str, Any], warnings: ItemWarnings, *, is_lenient: bool) -> dict[str, Any]:
    """The item as it can be stored. Raises ItemError; if it `is_lenient`, only for numbers and the item's size."""
    mending = _Mending(is_lenient)
    copy: dict[str, Any] = mending.copy(item, "", depth=1)
    size = len(json.dumps(copy, ensure_ascii=False, separators=(",", ":")).encode())
    if size > MAX_ITEM_BYTES:
        raise ItemError("item_too_large", f"The item has {size:,} bytes; allowed are {MAX_ITEM_BYTES:,}.")
    for code, names in mending.names.items():
        warnings.add(code, f"{_MENDED[code]} {_about(names)}")
    return copy


def _about(names: Sequence[str]) -> str:
    distinct = [storable(name[:MAX_ID_LENGTH]) for name in dict.fromkeys(names)]
    return f"This is about {', '.join(distinct[:NAMES_SHOWN])}{', …' if len(distinct) > NAMES_SHOWN else ''}."


_MENDED = {
    "invalid_text": "NUL, half surrogate pairs and bytes that are no UTF-8 cannot be kept; U+FFFD stands for them.",
    "too_deep": f"What is nested more than {MAX_DEPTH} levels deep is left out.",
    "too_many_keys": f"The item has more than {MAX_KEYS} keys; the others are left out.",
}
_REFUSED = {
    "invalid_text": "Texts must be UTF-8, without NUL characters and halves of surrogate pairs.",
    "too_deep": f"The item is nested more than {MAX_DEPTH} levels deep.",
    "too_many_keys": f"The item has more than {MAX_KEYS} keys.",
}


@dataclass
class _Mending:
    """Copies an item so that it can be stored; `names` are the fields that differ in the copy, by what was wrong."""

    is_lenient: bool
    keys: int = 0
    names: dict[str, list[str]] = field(default_factory=dict)

    def copy(self, value: Any, name: str, *, depth: int) -> Any:
        """Raises ItemError, if it is not lenient for all that differs."""
        match value:
            case str():
                return self._text(value, name)
            case float() if not math.isfinite(value):
                problem = "is NaN, infinite, or has too many digits; send a finite number, or leave it out"
                raise ItemError("invalid_number", f"{storable(name[:MAX_ID_LENGTH])} {problem}.")
            case dict():
                return self._object(value, name, depth)
            case list():
                return [
                    self.copy(inner, name, depth=depth + 1) for inner in value if self._fits(inner, name, depth + 1)
                ]
        return value

    def _object(self, value: dict[str, Any], name: str, depth: int) -> dict[str, Any]:
        """An item that is mended keeps all of its fields, since its ids may stand last; fields within these are
        counted."""
        if depth > 1 or not self.is_lenient:
            room = max(MAX_KEYS - self.keys, 0)
            self.keys += len(value)
            if len(value) > room:
                self._note("too_many_keys", name)
                value = dict(islice(value.items(), room))
        named = {f"{name}.{key}" if name else key: (key, inner) for key, inner in value.items()}
        return {
            self._text(key, path): self.copy(inner, path, depth=depth + 1)
            for path, (key, inner) in named.items()
            if self._fits(inner, path, depth + 1)
        }

    def _fits(self, value: object, name: str, depth: int) -> bool:
        if depth <= MAX_DEPTH or not isinstance(value, dict | list):
            return True
        self._note("too_deep", name)
        return False

    def _text(self, text: str, name: str) -> str:
        if _UNSTORABLE.search(text) is None:
            return text
        self._note("invalid_text", name)
        return _UNSTORABLE.sub("\ufffd", text)

    def _note(self, code: str, name: str) -> None:
        if not self.is_lenient:
            raise ItemError(code, f"{_REFUSED[code]} {_about([name])}" if name else _REFUSED[code])
        self.names.setdefault(code, []).append(name)
