"""What a question costs in this process: bytes of segments and columns that it reads, and time of the processor."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch
from urllib.parse import urlsplit

from django.test import Client

from analytics.ledger import storage

RUNS = 5


class Cost(NamedTuple):
    bytes_read: int
    cpu_ms: float


def cost(address: str, token: str) -> Cost:
    """Of one answer; the median time of some, which a busy machine changes less than what a clock shows."""
    with _counted_bytes() as sizes:
        _ask(address, token)
    times = [_cpu_ms(address, token) for _ in range(RUNS)]
    return Cost(sum(sizes), round(statistics.median(times), 1))


def _cpu_ms(address: str, token: str) -> float:
    start = time.process_time()
    _ask(address, token)
    return 1000 * (time.process_time() - start)


def _ask(address: str, token: str) -> None:
    parts = urlsplit(address)
    headers = {"Authorization": f"Bearer {token}", "Host": "127.0.0.1"}
    response: Any = Client().get(f"{parts.path}?{parts.query}", headers=headers)
    body = b"".join(response)
    if response.status_code != 200:
        raise RuntimeError(body)


@contextmanager
def _counted_bytes() -> Iterator[list[int]]:
    sizes: list[int] = []
    segment = storage.segment

    def counted(data: Any, columns: Any, columns_apart: Any = None) -> Any:
        parts = (data, columns, *(columns_apart or {}).values())
        sizes.append(sum(len(part) for part in parts if part))
        return segment(data, columns, columns_apart)

    with patch.object(storage, "segment", counted):
        yield sizes
