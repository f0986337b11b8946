"""How often a key may be used: so many requests a second, saved up for at most ten seconds.

Counted by each server process for itself, without the database, so that a refusal costs next to nothing.
"""

import threading
from time import monotonic_ns

from django.conf import settings
from rest_framework.exceptions import Throttled

SECOND = 1_000_000_000
SAVED = 10 * SECOND

_lock = threading.Lock()
_paid_until: dict[str, int] = {}
"""By key, until when its requests so far would take at the rate that is allowed.

In nanoseconds of the process's own clock: when the host's is put back, no key waits for it.
"""


def spend_request(digest: str) -> None:
    """Note a request with the key of this digest. Raises Throttled, with the seconds to wait, if it is too early."""
    if not settings.REQUESTS_PER_SECOND:
        return
    with _lock:
        now = monotonic_ns()
        paid_until = max(now, _paid_until.get(digest, now))
        if paid_until - now < SAVED:
            _paid_until[digest] = paid_until + SECOND // settings.REQUESTS_PER_SECOND
            return
    raise Throttled((paid_until - now - SAVED) / SECOND)
