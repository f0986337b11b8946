"""Lists in a text: values separated by commas; one with a comma, a quote or blanks at its ends is quoted as in CSV."""

import re
from collections.abc import Iterable

_VALUE = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")*)"\s*|(?P<plain>[^,]*))(?P<end>,|\Z)')


def comma_text(values: Iterable[str]) -> str:
    """`a,"b, c"` of a and `b, c`: what `comma_values` takes apart again."""
    return ",".join(map(_quoted_value, values))


def comma_values(text: str) -> list[str]:
    """The values without the blanks around them. A quote that is not closed, or not at an end, belongs to the value."""
    values, place = [], 0
    while True:
        match = _VALUE.match(text, place)
        assert match is not None  # the plain form takes anything
        values.append(match["plain"].strip() if match["quoted"] is None else match["quoted"].replace('""', '"'))
        place = match.end()
        if not match["end"]:
            return values


def _quoted_value(value: str) -> str:
    if "," in value or '"' in value or value != value.strip():
        return '"' + value.replace('"', '""') + '"'
    return value
