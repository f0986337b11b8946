"""Reading fields of an item: typed, bounded, with errors that say what was wrong and what is allowed.

A field that is absent, null or (for texts) empty is None, unless it is required.
"""

import json
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from analytics.ingest.outcome import ItemError, ItemWarnings, Outcome, storable
from analytics.ingest.zones import located
from campaignos.email_addresses import EXAMPLE, is_email

MAX_ID_LENGTH = 255
MAX_URL_LENGTH = 2000
MAX_ITEM_BYTES = 32 * 1024
MAX_DEPTH = 10
MAX_KEYS = 500
MAX_TEXT_LENGTH = 8 * 1024
"""Of what is longer than an id and still no document: user agents, reasons, parts of a link."""
EARLIEST_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST_LOCAL_TIME = EARLIEST_INSTANT.replace(tzinfo=None)
LATEST_INSTANT = datetime(2100, 1, 1, tzinfo=UTC)
LONGEST_AHEAD = timedelta(hours=24)
NOBODY = frozenset({"null", "nil", "none", "nan", "undefined", "[object object]", "anonymous", "guest"})
"""What is sent as an id, in whatever case, where none is known."""
NOBODY_TO_SDKS = NOBODY | {
    *("0", "-1", "true", "false", "unknown", "not_authenticated", "id", "distinct_id", "distinctid", "email"),
    "00000000-0000-0000-0000-000000000000",
}
"""What is an id as any other in a file, but not from a client, which sends it by itself."""
NAMES_SHOWN = 5
"""Of the fields that one warning is about."""

IP_NAMES = frozenset({"ip", "$ip", "ip_address", "ipAddress"})
"""What clients call the address that a person has in the network. It is not kept, wherever it stands."""

_Value = TypeVar("_Value")
_Parsed = TypeVar("_Parsed")
_IP_KEYS = tuple(f'"{name}"' for name in IP_NAMES)
_SAID_IP = re.compile(rf'("(?:{"|".join(map(re.escape, sorted(IP_NAMES)))})"\s*:\s*)(?:"[^"]*"?|\[[^\]]*\]?)')
_SHORTENED = re.compile(r"[+-]?\d(?:[.,]\d+)?E\+\d{1,3}")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_ESCAPED_UNSTORABLE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


_in_ascii = json.JSONEncoder(allow_nan=False, separators=(",", ":"), check_circular=False).encode


def parsed(
    items: Sequence[object],
    parse: Callable[[dict[str, Any], ItemWarnings], _Parsed],
    outcome: Outcome,
    *,
    written: Sequence[bytes] | None = None,
    is_lenient: bool = False,
) -> Iterator[tuple[int, _Parsed]]:
    """Each good item with its index; the bad ones go to the outcome, and what `parse` warns of in the good ones.

    Refused is also what no database should hold: too large, NaN and infinities; too deep, too many keys, NUL and halves
    of surrogate pairs, which are mended with a warning if it `is_lenient`. `written` is the JSON that the items were
    read from, if that has neither NaN nor infinities.
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
    """Whether bounds hold that are seen at once, in an item's JSON: nearly every item is far from all limits."""
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
        """Of an item that is mended all fields stay, and those within them are counted: its ids may stand last."""
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


def without_ips(value: Any) -> Any:
    """JSON without the IP addresses that are called so. As deep as an item may be."""
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


def email(item: Mapping[str, Any], name: str, *, max_length: int) -> str | None:
    """An e-mail address, as it was written."""
    value = text(item, name, max_length=max_length)
    if value is not None and not is_email(value):
        raise ItemError(
            f"invalid_{snake(name)}", f"{name} must be an e-mail address such as {EXAMPLE}; it is {value[:50]!r}."
        )
    return value


def phone(item: Mapping[str, Any], name: str, *, max_length: int) -> str | None:
    """A telephone number, as it was written."""
    return whole_number(text(item, name, max_length=max_length), name)


def whole_number(value: str | None, name: str) -> str | None:
    """An id or telephone number. Raises ItemError for what a spreadsheet leaves of one: others would be as this is."""
    if value is not None and is_shortened(value):
        raise ItemError(f"invalid_{snake(name)}", f"{name} is {shortened_advice(value)}")
    return value


def is_shortened(text: str) -> bool:
    """Whether it is how spreadsheets write a long number: 4.91234E+11."""
    return "E+" in text and _SHORTENED.fullmatch(text) is not None


def shortened_advice(text: str) -> str:
    return (
        f"{text!r}: a spreadsheet shortened a long number, and its digits are lost. Open the original file with this "
        "column as text, and save it anew."
    )


def required(value: _Value | None, name: str) -> _Value:
    if value is None:
        raise ItemError(f"missing_{snake(name)}", f"{name} is required.")
    return value


def required_text(item: Mapping[str, Any], name: str, *, max_length: int = MAX_ID_LENGTH) -> str:
    return required(text(item, name, max_length=max_length), name)


def identifier(item: Mapping[str, Any], name: str, *, nobody: Collection[str] = NOBODY) -> str | None:
    """An id of a person; refuses what is sent for nobody."""
    value = text(item, name, max_length=MAX_ID_LENGTH)
    if value is not None and value.lower() in nobody:
        raise ItemError("illegal_id", f"{name} {value!r} names nobody; leave it out or send a real id.")
    return value


def client_identifier(item: Mapping[str, Any], name: str) -> str | None:
    """As `identifier`, from a client, which knows more ids that name nobody."""
    return identifier(item, name, nobody=NOBODY_TO_SDKS)


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
    """ISO 8601, of the years 1970 to 2099; without an offset it is in the zone that `zones` says."""
    at = any_instant(item, name)
    return at if at is None else _before_latest(at, name)


def past_instant(item: Mapping[str, Any], name: str, received_at: datetime, warnings: ItemWarnings) -> datetime | None:
    """As `instant`, of something that has happened: what lies more than 24 hours ahead counts as of its receipt."""
    at = any_instant(item, name)
    return None if at is None else as_of_receipt(at, name, received_at, warnings)


def as_of_receipt(at: datetime, name: str, received_at: datetime, warnings: ItemWarnings) -> datetime:
    if at <= received_at + LONGEST_AHEAD:
        return at
    warn_of_future(name, warnings)
    return received_at


def unless_ahead(item: Mapping[str, Any], name: str, received_at: datetime, warnings: ItemWarnings) -> datetime | None:
    """As `past_instant`, of a beginning: None where it lies ahead, so that a new row begins now, and a known one stays
    as it is, however often it is sent."""
    at = any_instant(item, name)
    if at is None or at <= received_at + LONGEST_AHEAD:
        return at
    warn_of_future(name, warnings)
    return None


def warn_of_future(name: str, warnings: ItemWarnings) -> None:
    warnings.add("future_time", f"{name} lies over 24 hours ahead; it counts as of its receipt.")


def instant_or_epoch(item: Mapping[str, Any], name: str) -> datetime | None:
    """As `instant`, or a number of seconds (or, from 10^11 on, milliseconds) since 1970."""
    value = item.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            at = EARLIEST_INSTANT + timedelta(seconds=value / 1000 if abs(value) >= 1e11 else value)
        except OverflowError:
            raise ItemError(f"invalid_{snake(name)}", f"{name} is no plausible number of seconds since 1970.") from None
        return _before_latest(_from_earliest(at, name), name)
    return instant(item, name)


def any_instant(item: Mapping[str, Any], name: str) -> datetime | None:
    """As `instant`, of whatever year from 1970 on."""
    value = item.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ItemError(f"invalid_{snake(name)}", f"{name} must be an ISO 8601 text; got {_kind(value)}.")
    try:
        at = datetime.fromisoformat(value.strip())
        if at.tzinfo is None and at >= _EARLIEST_LOCAL_TIME:  # the first day begins before 1970 in the east
            return located(at, value.strip()).astimezone(UTC)
        if at.tzinfo is not UTC:
            at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ItemError(
            f"invalid_{snake(name)}",
            f"{name} cannot be {value[:50]!r}; allowed are days such as 2026-01-15, year first, and ISO 8601 instants "
            "such as 2026-01-15T09:30:00Z.",
        ) from None
    return _from_earliest(at, name)


def _from_earliest(at: datetime, name: str) -> datetime:
    if at < EARLIEST_INSTANT:
        raise ItemError("too_old", f"{name} is {at.date()}; allowed is from {EARLIEST_INSTANT.date()} on.")
    return at


def _before_latest(at: datetime, name: str) -> datetime:
    if at >= LATEST_INSTANT:
        raise ItemError(
            f"invalid_{snake(name)}",
            f"{name} is {at:%Y-%m-%d}; allowed are the years {EARLIEST_INSTANT.year} to {LATEST_INSTANT.year - 1}.",
        )
    return at


def taken_back(item: Mapping[str, Any], names: Mapping[str, str]) -> set[str]:
    """Of the fields by these names, as the rows call them, those that are null or an empty text: there is nothing."""
    return {field for name, field in names.items() if name in item and item[name] in (None, "")}


def mapping(item: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A JSON object, empty if absent; `[]` is what PHP makes of an empty one."""
    value = item.get(name)
    if value is None or value == []:
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


def flag(item: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    value = item.get(name)
    if value is None:
        return default
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
