"""What the columns of another tool's file mean: a mapping, kept from month to month, and what it makes of a row.

So that a file is read by what its columns say, and stays as it is: rows are shown, and refused, in its own words.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from analytics.ingest.fields import snake
from analytics.ingest.files.subscriptions import Subscription, state_of_suppressed, subscription_of
from analytics.ingest.files.times import DayOrder, iso_instant
from analytics.ingest.outcome import ItemError, ItemWarnings
from campaignos.csv_export import text_of_cell

BY_EMAIL = "mailto:"
"""How an item names a contact of which it knows the email address alone."""
SUBSCRIPTION = "subscription"
SUPPRESSION = "suppression"
"""Why somebody is sent no emails, whatever they subscribed to."""
CONTACT_EMAIL = "contactEmail"
NAME_PARTS = ("firstName", "lastName")
NO_TARGET = ""
_LONGEST_NUMBER = 60
"""Characters, with signs and spaces: longer texts are not looked at."""
MOST_DIGITS = 15
"""Longer numbers would be rounded, and are texts."""
_NUMBER = re.compile(r"[^\d\s.,+-]{0,3}\s*([+-]?\d[\d.,\s]*)\s*[^\d\s.,+-]{0,3}")
_TEXT_MARK = re.compile(r"\A'(?=\d+\Z)")
"""By which spreadsheets, and Shopify for them, keep the digits of an id as they are."""
_PLAIN_NUMBER = re.compile(r"[+-]?(?:0|[1-9]\d*)(?:\.\d+)?")
_WITH_COMMAS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_WITH_POINTS = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?")
TRUE_WORDS = frozenset(
    {"true", "yes", "y", "1", "t", "on", "ja", "oui", "sí", "si", "wahr", "vrai", "verdadero", "vero", "waar"}
)
FALSE_WORDS = frozenset(
    {"false", "no", "n", "0", "f", "off", "nein", "non", "nee", "falsch", "faux", "falso", "onwaar"}
)


NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "contacts": (("email", "externalId"),),
    "campaigns": (("name",),),
    "enrollments": (("campaign",), (CONTACT_EMAIL, "contact")),
    "messages": (("campaign",), (CONTACT_EMAIL, "contact")),
    "message-events": (("message",), ("type",), ("at",)),
    "events": (("type",), ("occurredAt",), (CONTACT_EMAIL, "contact", "anonymousId")),
    "assignments": (("abTest",), ("variant",)),
    "rates": (("day",), ("from",), ("to",), ("rate",)),
}
"""By resource, what a file must say: of each line one."""


class CellKind(StrEnum):
    """What a column's values are read as; plain are numbers, true and false, and texts."""

    TEXT = "text"
    PLAIN = "plain"
    NUMBER = "number"
    FLAG = "flag"
    TIME = "time"
    JSON = "json"


@dataclass(frozen=True)
class ColumnMapping:
    """What a column means. `target` is a field of the resource, one of an object of it (`attributes.plan`), or one of
    those that are read apart; empty where the column is left out. `order` is that of days, where its values need one;
    if it `is_open`, somebody must say it."""

    name: str
    target: str
    kind: CellKind = CellKind.TEXT
    order: DayOrder | None = None
    is_open: bool = False


@dataclass(frozen=True)
class FileMapping:
    """How the rows of a file of a `tool` are read as items of a resource. `constants` are fields that no column has.

    Times without an offset are in the zone. If rows are `calls`, they are what that tool's clients would have sent.
    """

    resource: str
    columns: tuple[ColumnMapping, ...]
    zone: str
    tool: str = ""
    constants: Mapping[str, str] = field(default_factory=dict)
    calls: str = ""

    @cached_property
    def targets(self) -> frozenset[str]:
        return frozenset(column.target for column in self.columns if column.target)

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def open_columns(self) -> list[ColumnMapping]:
        """Of which somebody must say which of day and month stands first."""
        return [column for column in self.columns if column.is_open and column.target]

    @property
    def says_something(self) -> bool:
        """Whether any column means more than its own name says."""
        return any("." not in target or target.startswith("utm.") for target in self.targets)

    @property
    def lacks(self) -> list[str]:
        """What no column says, though every row needs it; where several would do, the first of them."""
        said = {target.partition(".")[0] for target in (*self.targets, *self.constants)}
        return [] if self.calls else [any_of[0] for any_of in NEEDED[self.resource] if said.isdisjoint(any_of)]

    @property
    def is_settled(self) -> bool:
        """Whether the file can be read by it."""
        return not self.open_columns and not self.lacks

    @property
    def names_contacts_by_email(self) -> bool:
        """Whether contacts are to be looked up."""
        if self.resource == "contacts":
            return not self.calls and "externalId" not in self.targets
        return CONTACT_EMAIL in self.targets

    def in_order_of(self, header: Sequence[str]) -> "list[ColumnMapping | None]":
        """What each of a file's columns means; None where they are not known."""
        by_name = {column.name: column for column in self.columns}
        return [by_name.get(name) for name in distinct_names(header)]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, value: Mapping[str, Any]) -> "FileMapping":
        columns = tuple(
            ColumnMapping(
                each["name"],
                each["target"],
                CellKind(each["kind"]),
                DayOrder(each["order"]) if each["order"] else None,
                each["is_open"],
            )
            for each in value["columns"]
        )
        return cls(**{**value, "columns": columns})


def distinct_names(header: Sequence[str]) -> list[str]:
    """The names of a file's columns; what has none, and what has another's, is numbered."""
    names: dict[str, None] = {}
    for place, given in enumerate(header, 1):
        name = " ".join(given.split()) or f"FileColumn {place}"
        while name in names:
            name = f"{name} ({place})"
        names[name] = None
    return list(names)


def signature_of(header: Sequence[str]) -> str:
    """By which the same tool's next file is known again, in whatever order its columns stand."""
    names = json.dumps(sorted(distinct_names(header)), ensure_ascii=False)
    return hashlib.sha256(names.encode()).hexdigest()


def item_by_mapping(
    mapping: FileMapping,
    columns: Sequence[ColumnMapping | None],
    row: Sequence[str],
    warnings: ItemWarnings,
    *,
    has_decimal_commas: bool = False,
) -> dict[str, Any]:
    """Raises ItemError where the row has not one cell for each of the columns, or a cell cannot be read."""
    if len(row) != len(columns):
        row = _with_all_cells(row, len(columns))
    item: dict[str, Any] = {}
    for column, marked in zip(columns, row, strict=True):
        if column is None or not column.target:
            continue
        cell = _TEXT_MARK.sub("", text_of_cell(marked).strip())
        if cell:
            _put(item, column.target, _value(column, cell, mapping, has_decimal_commas=has_decimal_commas))
    _require_first_line(mapping, item)
    for target, value in mapping.constants.items():
        if target not in item:
            _put(item, target, value)
    return _FINISH.get(mapping.resource, _with_contact)(item)


def _require_first_line(mapping: FileMapping, item: Mapping[str, Any]) -> None:
    """Raises ItemError for a further line of what has several, where the tool says all of the whole on the first."""
    target = _ON_FIRST_LINES.get((mapping.tool, mapping.resource))
    if target is None or target not in mapping.targets:
        return
    whole, _, inner = target.partition(".")
    if inner not in item.get(whole, {}):
        raise ItemError("further_line", "This is a further line of an order, which counts by its first line alone.")


def _with_all_cells(row: Sequence[str], width: int) -> Sequence[str]:
    """Some programs leave out the empty cells at the end of a row."""
    if len(row) > width and not any(cell.strip() for cell in row[width:]):
        return row[:width]
    if 1 < len(row) < width:
        return [*row, *[""] * (width - len(row))]
    raise ItemError("invalid_row", f"The row has {len(row)} cells; the header names {width} columns.")


def _put(item: dict[str, Any], target: str, value: Any) -> None:
    """What stands first counts."""
    whole, _, inner = target.partition(".")
    if inner:
        item.setdefault(whole, {}).setdefault(inner, value)
    elif isinstance(value, dict):
        item[target] = {**value, **item.get(target, {})}
    else:
        item.setdefault(target, value)


def _value(column: ColumnMapping, cell: str, mapping: FileMapping, *, has_decimal_commas: bool) -> Any:
    match column.kind:
        case CellKind.TIME:
            return _instant(column, cell, mapping)
        case CellKind.PLAIN:
            return scalar_of_cell(cell, has_decimal_commas=has_decimal_commas)
        case CellKind.NUMBER:
            return number_of(cell, has_decimal_commas=has_decimal_commas)
        case CellKind.FLAG:
            return True if cell.lower() in TRUE_WORDS else False if cell.lower() in FALSE_WORDS else cell
        case CellKind.JSON:
            return _object(column, cell)
    return subscription_of(cell, mapping.tool) or cell if column.target == SUBSCRIPTION else cell


def _instant(column: ColumnMapping, cell: str, mapping: FileMapping) -> str:
    at = iso_instant(cell, column.order, mapping.zone_info)
    if at is None:
        first = {None: "", DayOrder.DAY_FIRST: ", day first", DayOrder.MONTH_FIRST: ", month first"}[column.order]
        code = f"invalid_{snake(column.target.rpartition('.')[2])}"
        raise ItemError(code, f"{column.name} cannot be {cell[:50]!r}: it is no time{first}.")
    return at


def scalar_of_cell(cell: str, *, has_decimal_commas: bool) -> Any:
    """A number, true or false, where it is written as programs do; or with a decimal comma, where the file has such."""
    text = cell.replace(",", ".") if has_decimal_commas and "." not in cell else cell
    if _PLAIN_NUMBER.fullmatch(text) and len(text) <= MOST_DIGITS:
        return float(text) if "." in text else int(text)
    return cell.lower() == "true" if cell.lower() in ("true", "false") else cell


def number_of(cell: str, *, has_decimal_commas: bool) -> int | float | str:
    """The number that a cell has, perhaps with a currency's sign; the cell itself, where it is none."""
    found = _NUMBER.fullmatch(cell) if len(cell) <= _LONGEST_NUMBER else None
    text = re.sub(r"\s", "", found[1]) if found else ""
    if has_decimal_commas and _WITH_POINTS.fullmatch(text) and ("," in text or text.count(".") > 1):
        text = text.replace(".", "").replace(",", ".")
    elif _WITH_COMMAS.fullmatch(text):
        text = text.replace(",", "")
    if not _PLAIN_NUMBER.fullmatch(text) or len(text) > MOST_DIGITS:
        return cell
    return float(text) if "." in text else int(text)


def _object(column: ColumnMapping, cell: str) -> dict[str, Any]:
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ItemError("invalid_json", f"{column.name} must be a JSON object; it is {cell[:50]!r}.")
    return value


def _contact(item: dict[str, Any]) -> dict[str, Any]:
    parts = [str(item.pop(name)) for name in NAME_PARTS if name in item]
    if parts and "name" not in item:
        item["name"] = " ".join(parts)
    state, suppressed = item.pop(SUBSCRIPTION, None), item.pop(SUPPRESSION, "no")
    if suppressed.lower() not in FALSE_WORDS and state != Subscription.UNSUBSCRIBED:
        state = state_of_suppressed(suppressed)
    if state is not None:
        item.setdefault("attributes", {})[SUBSCRIPTION] = state
        if state == Subscription.UNSUBSCRIBED and "unsubscribedAt" not in item:
            item["isUnsubscribed"] = True
    if "externalId" not in item:
        if not item.get("email"):
            raise ItemError("missing_external_id", "The row has neither an id nor an email address.")
        item["externalId"] = BY_EMAIL + item["email"]
    return item


def _campaign(item: dict[str, Any]) -> dict[str, Any]:
    if "externalId" not in item and "name" in item:
        item["externalId"] = item["name"]
    return item


def _message(item: dict[str, Any]) -> dict[str, Any]:
    item = _with_contact(item)
    if "externalId" not in item:
        said = [str(item.get(name, "")) for name in ("campaign", "contact", "sentAt", "createdAt")]
        item["externalId"] = f"auto-{hashlib.sha256(json.dumps(said).encode()).hexdigest()}"
    return item


def _message_event(item: dict[str, Any]) -> dict[str, Any]:
    from_tool = WORDS_OF_ACTS.get(re.sub(r"[\W_]", "", str(item.get("type", ""))).lower())
    if from_tool is not None:
        item["type"], bounce = from_tool
        if bounce:
            item.setdefault("bounce", bounce)
    return item


def _with_contact(item: dict[str, Any]) -> dict[str, Any]:
    email = item.pop(CONTACT_EMAIL, None)
    if email and "contact" not in item:
        item["contact"] = BY_EMAIL + email.lower()
    return item


_ON_FIRST_LINES = {("Shopify", "events"): "properties.revenue"}
"""By tool and resource, what only the first line of an order has. Shopify writes a line for each thing bought, repeats
the order's name, address and instant, and leaves its total empty."""
WORDS_OF_ACTS = {
    **dict.fromkeys(["sent", "send", "processed", "request", "requests", "injection"], ("sent", "")),
    **dict.fromkeys(["delivered", "delivery", "delivers"], ("delivered", "")),
    **dict.fromkeys(["open", "opened", "opens", "openedemail", "firstopening", "uniqueopened"], ("opened", "")),
    **dict.fromkeys(["click", "clicked", "clicks", "clickedemail", "uniqueclicked"], ("clicked", "")),
    **dict.fromkeys(["bounce", "bounced"], ("bounced", "")),
    **dict.fromkeys(["hardbounce", "hardbounced", "hardbounces", "permanentbounce"], ("bounced", "hard")),
    **dict.fromkeys(["softbounce", "softbounced", "softbounces", "transientbounce"], ("bounced", "soft")),
    **dict.fromkeys(["dropped", "drop", "rejected", "blocked", "failed", "error", "invalidemail"], ("failed", "")),
    **dict.fromkeys(["spam", "spamreport", "complaint", "complained", "spamcomplaint", "abuse"], ("complained", "")),
    **dict.fromkeys(["unsubscribe", "unsubscribed", "unsub", "groupunsubscribe", "optout"], ("unsubscribed", "")),
    **dict.fromkeys(["deferred", "deferral"], ("deferred", "")),
}
"""What tools call what became of a message, by lower-case letters alone: our type, and whether a bounce is for good."""
_FINISH = {
    "contacts": _contact,
    "campaigns": _campaign,
    "messages": _message,
    "message-events": _message_event,
}
