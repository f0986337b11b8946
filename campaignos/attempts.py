"""Where attempts are counted, for all processes: Django's cache in the database, whatever becomes of the clock."""

import time
from typing import Any

from django.core.cache.backends.db import DatabaseCache

CLOCKS_APART_SECONDS = 60
"""How far the clocks of two hosts may be apart."""
_COUNTS = "allauth:rl:"


class Attempts(DatabaseCache):
    """allauth keeps of each count the instants of its attempts. One that lies ahead was written before the clock was
    put back, and would count until the clock gets there, which may be hours or years.
    """

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        value = super().get(key, default, version)
        if not (key.startswith(_COUNTS) and isinstance(value, list)):
            return value
        latest = time.time() + CLOCKS_APART_SECONDS
        return [at for at in value if at <= latest]
