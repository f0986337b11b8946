"""Which columns a CSV file of each resource may have, and the item that a row of it means.

Cells are texts; empty ones are absent. `properties.plan` is a field of an object: there, a number or true or false in
JSON's notation is taken as that, with a decimal comma where the file has such. A whole object or list is written as
JSON.
"""

import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from analytics.ingest.fields import is_shortened, shortened_advice, snake, whole_number
from analytics.ingest.files.csv_rows import is_datum
from analytics.ingest.outcome import ItemError, ItemWarnings
from campaignos.csv_export import text_of_cell


@dataclass(frozen=True)
class FileColumns:
    """Names of `required` and other `plain` columns, of `objects` that any field can be given of, and of `lists`.

    The API's own files have more: columns that are `written_only`, some that are `called` otherwise there, `nullable`
    ones, in which an empty cell says that there is nothing, and `flags`, which are true or false. Those `of_copies` are
    for files of a whole workspace.
    """

    required: tuple[str, ...]
    plain: tuple[str, ...]
    objects: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    written_only: tuple[str, ...] = ("id", "receivedAt")
    called: Mapping[str, str] = field(default_factory=dict)
    nullable: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    of_copies: tuple[str, ...] = ()

    @property
    def allowed_names(self) -> list[str]:
        named = [name for name in self._whole if name not in self.of_copies]
        return [*named, *(f"{name}.…" for name in self.objects)]

    @property
    def read_names(self) -> set[str]:
        return set(self._whole)

    @property
    def _whole(self) -> tuple[str, ...]:
        return (*self.required, *self.plain, *self.objects, *self.lists, *self.nullable, *self.flags)

    def unknown_columns(self, header: Sequence[str]) -> list[str]:
        """The columns of a file that this has not."""
        return [
            column
            for column, name in zip(header, self.names(header), strict=True)
            if name and name not in self.read_names and name.partition(".")[0] not in self.objects
        ]

    def names(self, header: Sequence[str]) -> list[str]:
        """What the columns of a file mean; empty where they are not read."""
        return ["" if name in self.written_only else self.called.get(name, name) for name in header]


_TOLD = 10
"""How many unknown columns are told by name."""
_NOT_NUMBERS = frozenset(
    {"externalId", "campaign", "contact", "message", "messageId", "providerMessageId", "anonymousId", "abTest", "phone"}
)
"""Columns of ids and the like, in which digits are no number; spreadsheets shorten them nonetheless."""
_DECIMAL_COMMA = re.compile(r"-?(?:0|[1-9]\d*|[1-9]\d{0,2}(?:\.\d{3})+),\d+")
_LATER_STATUSES = ("openedAt", "clickedAt", "bouncedAt", "failedAt")
_TRUE = frozenset({"true", "1", "wahr", "vrai", "verdadero", "vero", "waar"})
_FALSE = frozenset({"false", "0", "falsch", "faux", "falso", "onwaar"})
"""As Excel writes them in several languages."""
_UTM_COLUMNS = {"utmSource": "utm.source", "utmMedium": "utm.medium", "utmCampaign": "utm.campaign"}
FILE_COLUMNS = {
    "contacts": FileColumns(
        ("externalId",),
        ("email", "phone", "name", "signedUpAt", "unsubscribedAt"),
        objects=("attributes",),
        lists=("formerIds",),
        flags=("isUnsubscribed", "signupIsStated"),
        of_copies=("signupIsStated", "formerIds"),
    ),
    "campaigns": FileColumns(
        ("externalId", "name"),
        ("channel", "status", "startedAt", "endedAt", "subject", "previewText"),
        objects=("utm",),
        lists=("abTests",),
        called=_UTM_COLUMNS,
    ),
    "enrollments": FileColumns(
        ("campaign", "contact"),
        ("status", "enrolledAt", "completedAt"),
        written_only=("id", "campaignId", "contactId", "receivedAt"),
    ),
    "messages": FileColumns(
        ("externalId", "campaign", "contact", "channel"),
        ("abTest", "variant", "providerMessageId", "createdAt", "sentAt", "deliveredAt", *_LATER_STATUSES),
        written_only=(
            "id", "campaignId", "contactId", "statuses", "humanOpenedAt", "humanClickedAt", "receivedAt",
            "hardBouncedAt", "softBouncedAt", "complainedAt", "unsubscribedAt",
        ),
        nullable=("reportedDeliveredAt", "statedOpenedAt", "statedClickedAt"),
    ),
    "message-events": FileColumns(
        ("message", "type", "at"),
        ("id", "url", "userAgent", "reason", "bounce", "providerHint"),
        written_only=("messageId", "actor", "actorRule", "receivedAt"),
    ),
    "events": FileColumns(
        ("type", "occurredAt"),
        ("messageId", "contact", "anonymousId", "statedAt"),
        objects=("utm", "properties", "context"),
        written_only=("id", "contactId", "receivedAt"),
        called=_UTM_COLUMNS,
    ),
    "assignments": FileColumns(
        ("abTest", "variant"),
        ("campaign", "contact", "anonymousId", "assignedAt"),
        flags=("withheld",),
        written_only=("id", "abTestId", "contactId", "receivedAt"),
    ),
    "rates": FileColumns(("day", "from", "to", "rate"), (), written_only=("id",)),
}  # fmt: skip


def header_problem(resource: str, header: Sequence[str]) -> str | None:
    """What is wrong with a file's column names."""
    columns = FILE_COLUMNS[resource]
    names = columns.names(header)
    if any(header) and (nameless := [str(place) for place, name in enumerate(header, 1) if not name]):
        return f"Columns without a name: {_few(nameless)} of {len(header):,}. Name them, or take them out."
    if unknown := columns.unknown_columns(header):
        return _unknown_problem(resource, header, unknown)
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        return f"Columns are there twice: {', '.join(map(repr, twice))}."
    if missing := [name for name in columns.required if name not in names]:
        allowed = ", ".join(columns.allowed_names)
        return f"Columns are missing: {', '.join(map(repr, missing))}; {resource} have: {allowed}."
    return None


def _unknown_problem(resource: str, header: Sequence[str], unknown: Sequence[str]) -> str:
    known, advice = FILE_COLUMNS[resource].read_names, "Rename them, or take them out."
    if len(unknown) == len(header) and any(map(is_datum, header)):
        first = "The first line must name the columns. "
    else:
        others = [
            name
            for name, columns in FILE_COLUMNS.items()
            if set(columns.required) <= set(header) and not columns.unknown_columns(header)
        ]
        first = f"The columns are those of {others[0]}. " if others else ""
        advice = f"Import the file as {others[0]}." if others else advice
    names = _few([_with_hint(name[:50], known) for name in unknown])
    allowed = ", ".join(FILE_COLUMNS[resource].allowed_names)
    return f"{first}Unknown columns: {names}; {resource} have: {allowed}. {advice}"


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _TOLD:,} more" if len(names) > _TOLD else ""
    return ", ".join(names[:_TOLD]) + more


def _with_hint(name: str, known: Collection[str]) -> str:
    """An unknown column's name, with the known one that was probably meant. Upper and lower case differ in names."""
    plain = re.sub(r"[\W_]", "", name).lower()
    meant = [column for column in known if column.lower() == plain]
    meant = meant or [
        column for column in sorted(known, key=len, reverse=True) if len(column) > 3 and column.lower() in plain
    ]
    if not meant and plain.endswith("id") and "externalId" in known:
        meant = ["externalId"]
    return f"{name!r} (perhaps {meant[0]!r}?)" if meant else repr(name)


def item_of_row(
    resource: str,
    header: Sequence[str],
    row: Sequence[str],
    warnings: ItemWarnings,
    *,
    has_decimal_commas: bool = False,
) -> dict[str, Any]:
    """Raises ItemError where the row is not one of the file's columns, or a cell is not the JSON it should be."""
    if len(row) != len(header):
        raise ItemError("invalid_row", f"The row has {len(row)} cells; the header names {len(header)} columns.")
    columns = FILE_COLUMNS[resource]
    item: dict[str, Any] = {}
    for name, marked in zip(columns.names(header), row, strict=True):
        cell = text_of_cell(marked)
        if name in columns.nullable:
            item[name] = cell or None
        if not cell or not name:
            continue
        whole, _, inner = name.partition(".")
        if inner:
            if "E+" in cell and is_shortened(cell):
                warnings.add("shortened_number", f"{name} is {shortened_advice(cell)}")
            if has_decimal_commas and _DECIMAL_COMMA.fullmatch(cell):
                value: object = float(cell.replace(".", "").replace(",", "."))
            else:
                value = _of_json_or_text(cell)
            item[whole] = {**item.get(whole, {}), inner: value}
        elif name in columns.objects:
            item[name] = {**_of_json(name, cell, dict), **item.get(name, {})}
        elif name in columns.flags:
            item[name] = _flag(name, cell)
        else:
            item[name] = _of_json(name, cell, list) if name in columns.lists else cell
            if name in _NOT_NUMBERS:
                whole_number(cell, name)
    return item


def _flag(name: str, cell: str) -> bool:
    text = cell.strip().lower()
    if text not in _TRUE | _FALSE:
        raise ItemError(f"invalid_{snake(name)}", f"{name} must be true or false; it is {cell[:50]!r}.")
    return text in _TRUE


def _of_json_or_text(cell: str) -> object:
    if cell[0] not in "-0123456789tf":
        return cell
    try:
        value = parsed_json(cell)
    except ItemError:
        return cell
    return value if isinstance(value, bool | int | float) else cell


def _of_json(name: str, cell: str, kind: type) -> Any:
    try:
        value = parsed_json(cell)
    except ItemError:
        value = None
    if not isinstance(value, kind):
        shape = "object" if kind is dict else "list"
        raise ItemError(f"invalid_{snake(name)}", f"{name} must be a JSON {shape}; it is {cell[:50]!r}.")
    return value


def parsed_json(text: str | bytes) -> Any:
    """Raises ItemError where it is not JSON, which has no NaN and no infinity, or has a number too large for one."""
    try:
        return _decode(text if isinstance(text, str) else text.decode())
    except ItemError:
        raise
    except (ValueError, RecursionError) as error:
        raise ItemError("invalid_json", f"This is not valid JSON: {error}.") from error


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise ItemError("invalid_number", "Numbers must be finite.")
    return value


_decode = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse_constant).decode


def as_item(header: Sequence[str], row: Sequence[str]) -> Mapping[str, object]:
    """A row as it was, to be shown: its cells by the names of their columns, and what is beyond these."""
    cells = dict(zip(header, row, strict=False))
    return cells if len(row) <= len(header) else {**cells, "": list(row[len(header) :])}
