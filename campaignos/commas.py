"""Lists in a text: values separated by commas; one with a comma, a quote or blanks at its ends is quoted as in CSV."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_VALUE = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")*)"\s*|(?P<plain>[^,]*))(?P<end>,|\Z)')


def comma_text(values: Iterable[str]) -> str:
    """`a,"b, c"` of a and `b, c`: what `comma_values` takes apart again."""
    return ",".join(map(_quoted_value, values))


def comma_values(text: str) -> list[str]:
    """The values without the blanks around them. A quote that is not closed, or not at an end, belongs to the value."""
    return [item.value for item in comma_items(text)]


@dataclass(frozen=True)
class CommaItem:
    value: str
    is_quoted: bool


def comma_items(text: str) -> list[CommaItem]:
    """The values, and whether each was quoted."""
    items, place = [], 0
    while True:
        match = _VALUE.match(text, place)
        assert match is not None  # the plain form takes anything
        quoted = match["quoted"]
        items.append(
            CommaItem(match["plain"].strip() if quoted is None else quoted.replace('""', '"'), quoted is not None)
        )
        place = match.end()
        if not match["end"]:
            return items


def _quoted_value(value: str) -> str:
    if "," in value or '"' in value or value != value.strip():
        return '"' + value.replace('"', '""') + '"'
    return value
