"""What is measured of the web server, in Prometheus' text format; `analytics.telemetry` has the rest.

Under gunicorn each process writes its numbers to a file in PROMETHEUS_MULTIPROC_DIR, which campaignos.gunicorn makes,
and whichever process is asked adds them up.
"""

import os
from collections.abc import Iterable

from prometheus_client import REGISTRY, CollectorRegistry, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_REQUEST_SECONDS = Histogram(
    "campaignos_request_seconds",
    "Seconds until a request was answered, by route.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


def note_request(*, method: str, route: str, status: int, seconds: float) -> None:
    known = method if method in _METHODS else "other"
    _REQUEST_SECONDS.labels(known, route, status).observe(seconds)


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
