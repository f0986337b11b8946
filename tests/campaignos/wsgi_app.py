"""A program for gunicorn that answers slowly, breaks off, or hangs, as it is asked to."""

import time
from collections.abc import Iterator
from typing import Any
from weakref import WeakSet


def application(environ: dict[str, Any], start_response: Any) -> Any:
    path = environ["PATH_INFO"]
    start_response("200 OK", [("Content-Type", "text/plain")])
    if path == "/hang":
        time.sleep(3600)
    if path == "/lines":
        return lines(int(environ["QUERY_STRING"]))
    if path == "/large":
        return [b"x" * int(environ["QUERY_STRING"])]
    if path == "/broken":
        return broken()
    if path == "/cycle":
        return Cycle()
    if path == "/cycles":
        return [b"%d are left" % len(Cycle.every)]
    if path == "/counted":
        environ["gunicorn.socket"].trailer = b"X-Row-Count: 7\r\n"
        return [b"seven rows"]
    return [environ["wsgi.input"].read() or b"ok"]


class Cycle:
    """An answer that holds itself."""

    every: "WeakSet[Cycle]" = WeakSet()

    def __init__(self) -> None:
        self.own = self
        self.every.add(self)

    def __iter__(self) -> Iterator[bytes]:
        yield b"ok"


def lines(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield b"%d\n" % number
        time.sleep(0.1)


def broken() -> Iterator[bytes]:
    yield b"a line\n"
    raise ZeroDivisionError
