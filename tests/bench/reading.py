"""What a question costs in this process: bytes of segments and columns that it reads, and time of the processor."""

import gc
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
    client = Client()  # whose first request loads what a server has loaded before it answers
    _ask(client, address, token)
    with _counted_bytes() as sizes:
        _ask(client, address, token)
    times = [_cpu_ms(client, address, token) for _ in range(RUNS)]
    return Cost(sum(sizes), round(statistics.median(times), 1))


def _cpu_ms(client: Client, address: str, token: str) -> float:
    gc.collect()  # as the server does behind each answer
    start = time.process_time()
    _ask(client, address, token)
    return 1000 * (time.process_time() - start)


def _ask(client: Client, address: str, token: str) -> None:
    parts = urlsplit(address)
    headers = {"Authorization": f"Bearer {token}", "Host": "127.0.0.1"}
    response: Any = client.get(f"{parts.path}?{parts.query}", headers=headers)
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
