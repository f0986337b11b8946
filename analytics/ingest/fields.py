"""Reading fields of an item: typed, bounded, with errors that say what was wrong and what is allowed.

A field that is absent, null or (for texts) empty is None, unless it is required.
"""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from analytics.ingest.outcome import ItemError, ItemWarnings
from analytics.ingest.zones import in_zone
from campaignos.email_addresses import EXAMPLE, is_email

MAX_ID_LENGTH = 255
MAX_URL_LENGTH = 2000
MAX_TEXT_LENGTH = 8 * 1024
MAX_NAME_LENGTH = 300
"""Characters of texts that are longer than ids, but no documents: user agents, reasons, parts of a link."""
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
_Value = TypeVar("_Value")
_SHORTENED = re.compile(r"[+-]?\d(?:[.,]\d+)?E\+\d{1,3}")


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
    """An email address, as it was written."""
    value = text(item, name, max_length=max_length)
    if value is not None and not is_email(value):
        raise ItemError(
            f"invalid_{snake(name)}", f"{name} must be an email address such as {EXAMPLE}; it is {value[:50]!r}."
        )
    return value


def phone(item: Mapping[str, Any], name: str, *, max_length: int) -> str | None:
    """A telephone number, as it was written."""
    return whole_number(text(item, name, max_length=max_length), name)


def whole_number(value: str | None, name: str) -> str | None:
    """An id or telephone number as its digits. Raises ItemError for one that a spreadsheet has rounded: different
    numbers become the same."""
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


def require(value: _Value | None, name: str) -> _Value:
    if value is None:
        raise ItemError(f"missing_{snake(name)}", f"{name} is required.")
    return value


def required_text(item: Mapping[str, Any], name: str, *, max_length: int = MAX_ID_LENGTH) -> str:
    return require(text(item, name, max_length=max_length), name)


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
    if value is None or value in allowed:
        return value
    for each in allowed:
        if each.lower() == value.lower():
            return each
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
            return in_zone(at, value.strip()).astimezone(UTC)
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
    """The fields that the item clears, by null or an empty text; names are those of the rows."""
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
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ItemError(f"invalid_{snake(name)}", f"{name} must be a list of JSON objects.")
    return value


def finite_number(item: Mapping[str, Any], name: str, *, default: float) -> float:
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
