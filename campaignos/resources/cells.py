"""Records as lines of a CSV file: a column for each value, also of records within records."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.renderers import BaseRenderer
from rest_framework.utils.encoders import JSONEncoder

from campaignos.xlsx_export import XLSX


class CSVRenderer(BaseRenderer):
    """Lets a list be asked for as CSV; the list itself streams it."""

    media_type = "text/csv"
    format = "csv"


class XLSXRenderer(BaseRenderer):
    """The same for a workbook."""

    media_type = XLSX
    format = "xlsx"


FILES: Mapping[str, type[BaseRenderer]] = {"csv": CSVRenderer, "xlsx": XLSXRenderer}
"""The formats of lists and reports beside JSON."""

Path = tuple[str, ...]
_JSON = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_JSON_TYPES = (dict, list, bool)


def columns(serializer: serializers.BaseSerializer[Any], path: Path = ()) -> Iterator[Path]:
    """The paths of all values of a record; what lies in a nested record has columns of its own."""
    assert isinstance(serializer, serializers.Serializer)
    for name, field in serializer.fields.items():
        if isinstance(field, serializers.Serializer):
            yield from columns(field, (*path, name))
        else:
            yield (*path, name)


def heading(path: Path) -> str:
    """`utmSource` for `utm.source`."""
    first, *rest = path
    return first + "".join(part[0].upper() + part[1:] for part in rest)


def cells(record: Mapping[str, Any], paths: Sequence[Path]) -> list[Any]:
    return [_cell(record, path) for path in paths]


def _cell(record: Mapping[str, Any], path: Path) -> Any:
    value: Any = record
    for name in path:
        value = value[name] if value is not None else None
    return _as_json(value) if isinstance(value, _JSON_TYPES) else value


def _as_json(value: Any) -> str:
    """As `JSONRenderer` writes it, which sets itself up anew for each value."""
    return _JSON.encode(value).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
