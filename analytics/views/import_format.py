"""Which columns a file in our own words has: told beside the form, and in a template to fill in."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from analytics.api.examples import EXAMPLES
from analytics.api.resources.items import INSTANTS, CampaignItem, ContactItem, EventItem, MessageEventItem, MessageItem
from analytics.ingest.files.columns import FILE_COLUMNS

_ITEMS: dict[str, type[serializers.Serializer[Any]]] = {
    "contacts": ContactItem,
    "campaigns": CampaignItem,
    "messages": MessageItem,
    "message-events": MessageEventItem,
    "events": EventItem,
}
_EXAMPLES: dict[str, Mapping[str, Any]] = {
    "contacts": {**EXAMPLES["ContactItem"], "phone": "020 7946 0000", "attributes.plan": "pro"},
    "campaigns": {**EXAMPLES["CampaignItem"], "endedAt": "2026-02-15"},
    "messages": EXAMPLES["MessageItem"],
    "message-events": EXAMPLES["MessageEventItem"],
    "events": EXAMPLES["EventItem"],
}
TIMES = "A day, such as 2026-01-15, or a time as in the example; the workspace's, unless it ends in Z (UTC) or +01:00."


@dataclass(frozen=True)
class FormatColumn:
    """A column that a file may have, for people who make one."""

    name: str
    is_required: bool
    example: str
    help: str


def format_columns(resource: str) -> Iterator[FormatColumn]:
    of, examples = FILE_COLUMNS[resource], _EXAMPLES[resource]
    for name, column in _ITEMS[resource]().fields.items():
        help_text = str(column.help_text)
        if isinstance(column, serializers.Serializer):
            yield from _columns_of_object(name, column, examples.get(name, {}))
            continue
        if name in of.objects:
            help_text += f" One column for each: {name}.plan, {name}.city and so on."
            name = f"{name}.plan"
        elif name in of.lists:
            help_text = f"As JSON. {help_text}"
        elif isinstance(column, serializers.DateTimeField):
            help_text = help_text.removesuffix(INSTANTS) + TIMES
        elif isinstance(column, serializers.ChoiceField):
            help_text = f"{', '.join(map(str, column.choices))}. {help_text}"
        yield FormatColumn(name, name in of.required, as_cell(examples.get(name, "")), help_text)


def _columns_of_object(
    name: str, fields: serializers.Serializer[Any], example: Mapping[str, Any]
) -> Iterator[FormatColumn]:
    """One for each of the fields that it can have."""
    for part, column in fields.fields.items():
        yield FormatColumn(
            f"{name}.{part}", False, as_cell(example.get(part, "")), f"{column.help_text} {fields.help_text}"
        )


def as_cell(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def columns_to_fill_in(resource: str) -> list[FormatColumn]:
    """Those of the template."""
    of_copies = FILE_COLUMNS[resource].of_copies
    return [column for column in format_columns(resource) if column.name not in of_copies]
