"""What the columns of a file probably mean, by their names and all of their values: proposed, to be changed by hand."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from analytics.ingest.files.columns import FILE_COLUMNS
from analytics.ingest.files.csv_rows import is_datum
from analytics.ingest.files.mappings import (
    CONTACT_EMAIL,
    FALSE_WORDS,
    NAME_PARTS,
    NO_TARGET,
    SUBSCRIPTION,
    SUPPRESSION,
    TRUE_WORDS,
    CellKind,
    ColumnMapping,
    FileMapping,
    distinct_names,
)
from analytics.ingest.files.subscriptions import subscription_of
from analytics.ingest.files.times import DayOrder, times_of_column
from analytics.ingest.files.tools import CONSTANTS, KNOWN_NAMES, SourceTool, plain_name, says_nothing
from campaignos.email_addresses import is_email

VALUES_READ = 20_000
"""Values of a column that are looked at; they all are in a file that is imported on a page."""
_MOSTLY = 0.9
"""The share of values that must be what a name says; half of it, where the name alone says much."""
_OBJECT_OF = {"contacts": "attributes", "events": "properties"}
"""What becomes of columns that are not known."""
_TIMES = frozenset(
    {
        "signedUpAt", "unsubscribedAt", "startedAt", "endedAt", "createdAt", "sentAt", "deliveredAt", "openedAt",
        "clickedAt", "bouncedAt", "failedAt", "at", "occurredAt", "enrolledAt", "completedAt", "statedAt",
    }
)  # fmt: skip
_IS_CODE = re.compile(r"(?:id|ids|code|zip|postal|postcode|plz|phone|mobile|number|nummer|sku|tags?)$|^(?:zip|postal)")
"""Names of what may be digits, and is no number: 01067 is not 1067."""
_IS_AMOUNT = re.compile(r"revenue|value|total|amount|price|umsatz|betrag|(?:total|lifetime)(?:spent|value|revenue)")
_OBJECTS_OF_PEOPLE = re.compile(r"^\$?(?:properties|traits|fields)\.(?=.)")
IS_UNSUBSCRIBED = "isUnsubscribed"
_READ_APART = {
    "contacts": (*NAME_PARTS, SUBSCRIPTION, SUPPRESSION, IS_UNSUBSCRIBED),
    "messages": (CONTACT_EMAIL,),
    "events": (CONTACT_EMAIL,),
    "enrollments": (CONTACT_EMAIL,),
}


@dataclass(frozen=True)
class FileColumn:
    """A column of a file: its distinct name, and the values that are not empty."""

    name: str
    values: Sequence[str]


def columns_of_rows(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[FileColumn]:
    names = distinct_names(header)
    values: list[list[str]] = [[] for _ in names]
    for row in rows[:VALUES_READ]:
        for place, cell in enumerate(row[: len(names)]):
            if text := cell.strip():
                values[place].append(text)
    return [FileColumn(name, of_column) for name, of_column in zip(names, values, strict=True)]


def targets_of(resource: str) -> list[str]:
    """What a column may become, besides fields of objects."""
    columns = FILE_COLUMNS[resource]
    plain = [name for name in (*columns.required, *columns.plain) if name not in columns.of_copies]
    utm = [f"utm.{part}" for part in ("source", "medium", "campaign", "term", "content") if "utm" in columns.objects]
    if resource == "campaigns":
        utm = utm[:3]
    whole = [_OBJECT_OF[resource]] if resource in _OBJECT_OF else []
    return [*plain, *_READ_APART.get(resource, ()), *utm, *whole]


def proposal(
    resource: str,
    columns: Sequence[FileColumn],
    *,
    zone: str,
    tool: SourceTool | None = None,
    known: Mapping[str, ColumnMapping] | None = None,
) -> FileMapping:
    """What the columns probably mean; of those whose names are `known` from before, what they meant then."""
    targets = _targets(resource, columns, tool, known or {})
    mapped = [
        (known or {}).get(column.name) or _column(resource, column, targets.get(column.name), tool)
        for column in columns
    ]
    constants = {**CONSTANTS.get(resource, {}), **(tool.constants if tool else {})}
    return FileMapping(resource, tuple(with_order_of_others(mapped)), zone, tool.name if tool else "", constants)


def _targets(
    resource: str, columns: Sequence[FileColumn], tool: SourceTool | None, known: Mapping[str, ColumnMapping]
) -> dict[str, str]:
    """By name the target of each column that has one: each target once, by the surest name.

    Of those that a tool has for it, the first one with values.
    """
    full = {column.name: plain_name(column.name) for column in columns if column.name not in known}
    plain = {name: plain_name(_inner_name(resource, name)) for name in full}
    by_name = {column.name: column for column in columns}
    taken = {column.target: column.name for column in known.values()}
    allowed = {*targets_of(resource)}
    of_tool = tool.targets if tool else {}
    tool_name = tool.name if tool else ""
    for name, said in sorted(full.items(), key=lambda item: not by_name[item[0]].values):
        target = of_tool.get(said)
        if target and (target not in taken) and _fits(target, by_name[name], tool_name):
            taken[target] = name
    for name in plain:
        if name in allowed and name not in taken and of_tool.get(full[name]) != NO_TARGET:  # our own spelling
            taken[name] = name
    for target, names in KNOWN_NAMES.get(resource, {}).items():
        if target in taken:
            continue
        for said in names:
            found = [name for name, each in plain.items() if each == said and name not in taken.values()]
            found = [name for name in found if of_tool.get(full[name]) != NO_TARGET]
            found = [name for name in found if _fits(target, by_name[name], tool_name)]
            if found:
                taken[target] = found[0]
                break
    taken |= _by_values(resource, [column for column in columns if column.name in plain], taken)
    return {name: target for target, name in taken.items()}


def _by_values(resource: str, columns: Sequence[FileColumn], taken: Mapping[str, str]) -> dict[str, str]:
    """An address is one whatever its column is called."""
    target = "email" if resource == "contacts" else CONTACT_EMAIL
    if target in taken or target not in targets_of(resource) or "contact" in taken:
        return {}
    names = [each.name for each in columns if each.name not in taken.values() and each.values and _are_emails(each)]
    return {target: names[0]} if names else {}


def _are_emails(column: FileColumn) -> bool:
    return _share(column.values, is_email) >= _MOSTLY


def _share(values: Sequence[str], test: Callable[[str], object]) -> float:
    return sum(bool(test(value)) for value in values) / len(values) if values else 1.0


def _fits(target: str, column: FileColumn, tool_name: str) -> bool:
    """Whether the values may be what the name says; a column without values may be anything."""
    values = column.values
    if target in ("email", CONTACT_EMAIL):
        return _share(values, is_email) >= _MOSTLY / 2
    if target in _TIMES:
        return not values or times_of_column(values).readable >= _MOSTLY / 2
    if target == SUBSCRIPTION:  # "state" may be one of the United States
        return bool(values) and _share(values, lambda value: subscription_of(value, tool_name)) >= _MOSTLY
    if target == IS_UNSUBSCRIBED:
        return _share(values, lambda value: value.lower() in TRUE_WORDS | FALSE_WORDS) >= _MOSTLY
    if target in ("attributes", "properties", "context"):
        return _share(values, lambda value: value.startswith("{")) >= _MOSTLY
    if target in ("name", *NAME_PARTS):
        return not values or _share(values, is_datum) < _MOSTLY
    return True


def _column(resource: str, column: FileColumn, target: str | None, tool: SourceTool | None) -> ColumnMapping:
    if target is None:
        target = _target_of_unknown(resource, column, tool)
    return with_kind(column, target)


def _target_of_unknown(resource: str, column: FileColumn, tool: SourceTool | None) -> str:
    whole = _OBJECT_OF.get(resource)
    is_left_out = tool is not None and tool.targets.get(plain_name(column.name)) == NO_TARGET
    return (
        NO_TARGET
        if whole is None or is_left_out or says_nothing(column.name, column.values)
        else in_object(resource, column.name)
    )


def in_object(resource: str, name: str) -> str:
    """What a column becomes that is kept under its own name; left out where the resource has no place for it."""
    whole = _OBJECT_OF.get(resource)
    if whole is None:
        return NO_TARGET
    name = _inner_name(resource, name)
    return name if name.startswith(f"{whole}.") else f"{whole}.{name}"


def _inner_name(resource: str, name: str) -> str:
    """Without the object of a person that tools keep fields in: `properties.email` is an email address."""
    return _OBJECTS_OF_PEOPLE.sub("", name) if resource == "contacts" else name


def with_kind(column: FileColumn, target: str) -> ColumnMapping:
    """The column with a target, its values read as what they are there."""
    if target in _TIMES:
        times = times_of_column(column.values)
        return ColumnMapping(column.name, target, CellKind.TIME, times.order, times.is_open)
    if target in ("attributes", "properties", "context"):
        return ColumnMapping(column.name, target, CellKind.JSON)
    if target == IS_UNSUBSCRIBED:
        return ColumnMapping(column.name, target, CellKind.FLAG)
    if target.partition(".")[0] in _OBJECT_OF.values():
        return ColumnMapping(column.name, target, _kind_of_kept(target))
    return ColumnMapping(column.name, target)


def _kind_of_kept(target: str) -> CellKind:
    """How values are read that are kept under a name: each by itself, so that the next file, with other rows, says the
    same of the same row."""
    name = plain_name(target.partition(".")[2])
    if _IS_CODE.search(name):
        return CellKind.TEXT
    return CellKind.NUMBER if _IS_AMOUNT.fullmatch(name) else CellKind.PLAIN


def with_order_of_others(columns: Sequence[ColumnMapping]) -> list[ColumnMapping]:
    """Where a column leaves open whether day or month stands first, and others of the file agree, theirs holds."""
    orders = {column.order for column in columns if column.kind is CellKind.TIME and column.order is not None}
    if len(orders) != 1:
        return list(columns)
    [order] = orders
    return [replace(column, order=order, is_open=False) if column.is_open else column for column in columns]


def with_chosen_order(columns: Sequence[ColumnMapping], order: DayOrder) -> list[ColumnMapping]:
    """What somebody said, for all columns that leave it open."""
    return [replace(column, order=order, is_open=False) if column.is_open else column for column in columns]
