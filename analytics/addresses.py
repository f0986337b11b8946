"""E-mail addresses, hidden from those who may not see them."""

import re
from typing import Any

_ADDRESS = re.compile(r"""([^\s@<>"'(),:;=&?/]{1,64}?)(@|%40)([^\s@%<>"'(),:;=&?/]+)""", re.IGNORECASE)


def hidden(value: Any) -> Any:
    """The same value with `a…@example.com` for every `ada@example.com` in its texts and its keys, however deep."""
    match value:
        case str():
            return _ADDRESS.sub(lambda found: f"{found[1][0]}…{found[2]}{found[3]}", value)
        case dict():
            return {hidden(key): hidden(inner) for key, inner in value.items()}
        case list():
            return [hidden(inner) for inner in value]
    return value
