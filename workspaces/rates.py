"""How often a key may be used: so many requests a second, saved up for at most ten seconds.

Counted by each server process for itself, without the database, so that a refusal costs next to nothing.
"""

import threading
from datetime import datetime, timedelta

from django.conf import settings
from rest_framework.exceptions import Throttled

SAVED = timedelta(seconds=10)

_lock = threading.Lock()
_paid_until: dict[str, datetime] = {}
"""By key, until when its requests so far would take at the rate that is allowed."""


def spend_request(digest: str, now: datetime) -> None:
    """Note a request with the key of this digest. Raises Throttled, with the seconds to wait, if it is too early."""
    if not settings.REQUESTS_PER_SECOND:
        return
    with _lock:
        paid_until = max(now, _paid_until.get(digest, now))
        if paid_until - now < SAVED:
            _paid_until[digest] = paid_until + timedelta(seconds=1) / settings.REQUESTS_PER_SECOND
            return
    raise Throttled((paid_until - now - SAVED).total_seconds())
