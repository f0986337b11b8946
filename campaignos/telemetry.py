"""What is measured of the web server, in Prometheus' text format; `analytics.telemetry` has the rest.

Under gunicorn each process writes its numbers to a file in PROMETHEUS_MULTIPROC_DIR, which campaignos.gunicorn makes,
and whichever process is asked adds them up.
"""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connections
from prometheus_client import REGISTRY, CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from psycopg_pool import ConnectionPool

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_REQUEST_SECONDS = Histogram(
    "campaignos_request_seconds",
    "Seconds until a request was answered, by route.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_THREADS_BUSY = Gauge("campaignos_threads_busy", "Threads that are answering a request.", multiprocess_mode="livesum")
_REQUESTS_WAITING = Gauge(
    "campaignos_requests_waiting", "Requests that wait for a thread.", multiprocess_mode="livesum"
)
_CONNECTIONS = Gauge(
    "campaignos_pool_connections",
    "Connections to PostgreSQL at the last requests' ends, by what they do.",
    ["state"],
    multiprocess_mode="livesum",
)


def note_load(*, busy: int, waiting: int) -> None:
    """What this process is at: threads that answer, and requests that wait for one."""
    _THREADS_BUSY.set(busy)
    _REQUESTS_WAITING.set(waiting)


def _note_connections() -> None:
    pool: ConnectionPool = connections["default"].pool  # type: ignore[attr-defined]  # PostgreSQL's have one
    stats = pool.get_stats()
    idle = stats.get("pool_available", 0)
    _CONNECTIONS.labels("idle").set(idle)
    _CONNECTIONS.labels("used").set(stats.get("pool_size", 0) - idle)
    _CONNECTIONS.labels("waited_for").set(stats.get("requests_waiting", 0))


def note_request(*, method: str, route: str, status: int, seconds: float) -> None:
    known = method if method in _METHODS else "other"
    _REQUEST_SECONDS.labels(known, route, status).observe(seconds)
    if settings.DATABASE_VENDOR == "postgresql":
        _note_connections()


def exposition(also: Iterable[Collector]) -> bytes:
    """All numbers of all processes, and those that the other collectors find out when they are asked."""
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REGISTRY)
    for collector in also:
        registry.register(collector)
    return generate_latest(registry)
