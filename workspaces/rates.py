"""How often a key may be used: so many requests a second, saved up for at most ten seconds.

Counted by each server process for itself, without the database, so that a refusal costs next to nothing. A key of web
pages is everybody's to read: it is counted for each network, or a stranger would use it up for all visitors.
"""

import threading
from time import monotonic_ns

from django.conf import settings
from rest_framework.exceptions import Throttled

SECOND = 1_000_000_000
SAVED = 10 * SECOND

_lock = threading.Lock()
_paid_until: dict[str, int] = {}
"""By key, or key and network, until when its requests so far would take at the rate that is allowed.

In nanoseconds of the process's own clock: when the host's is put back, no key waits for it.
"""


MANY = 10_000
"""Counts that are kept before those are forgotten whose requests are paid for: they begin anew with the same."""


def spend_request(digest: str, *, network: str = "") -> None:
    """Note a request with the key of this digest. Raises Throttled, with the seconds to wait, if it is too early."""
    if not settings.REQUESTS_PER_SECOND:
        return
    with _lock:
        now = monotonic_ns()
        if len(_paid_until) >= MANY:
            _forget_paid(now)
        bucket = f"{digest}:{network}"
        paid_until = max(now, _paid_until.get(bucket, now))
        if paid_until - now < SAVED:
            _paid_until[bucket] = paid_until + SECOND // settings.REQUESTS_PER_SECOND
            return
    raise Throttled((paid_until - now - SAVED) / SECOND)


def _forget_paid(now: int) -> None:
    """Also all of them, where so many networks are sending at once that nothing is gained otherwise."""
    unpaid = {bucket: until for bucket, until in _paid_until.items() if until > now}
    _paid_until.clear()
    if len(unpaid) < MANY // 2:
        _paid_until.update(unpaid)
