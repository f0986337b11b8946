"""Lists in a text: values separated by commas; one with a comma, a quote or blanks at its ends is quoted as in CSV."""

import re
from collections.abc import Iterable

_VALUE = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")*)"\s*|(?P<plain>[^,]*))(?P<end>,|\Z)')


def joined(values: Iterable[str]) -> str:
    """`a,"b, c"` of a and `b, c`: what `separated` takes apart again."""
    return ",".join(map(_quoted, values))


def separated(text: str) -> list[str]:
    """The values without the blanks around them. A quote that is not closed, or not at an end, belongs to the value."""
    values, place = [], 0
    while True:
        found = _VALUE.match(text, place)
        assert found is not None  # the plain form takes anything
        values.append(found["plain"].strip() if found["quoted"] is None else found["quoted"].replace('""', '"'))
        place = found.end()
        if not found["end"]:
            return values


def _quoted(value: str) -> str:
    if "," in value or '"' in value or value != value.strip():
        return '"' + value.replace('"', '""') + '"'
    return value
