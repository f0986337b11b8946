"""Senders and readers that load a served project, and what they measure of it."""

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.served import ROOT, Served


@dataclass(frozen=True)
class Answer:
    """What one request got, and when it began, in seconds of the monotonic clock."""

    at: float
    seconds: float
    status: int
    retry_after: str | None = None


@dataclass
class Answers:
    """Gathered by many threads."""

    taken: list[Answer] = field(default_factory=list)
    accepted: int = 0

    def between(self, start: float, end: float) -> list[Answer]:
        return [one for one in self.taken if start <= one.at < end]


def p99_ms(answers: list[Answer]) -> float | None:
    """None without an answer."""
    seconds = sorted(one.seconds for one in answers)
    if not seconds:
        return None
    return round(1000 * seconds[int(0.99 * (len(seconds) - 1))], 1)


class Client:
    """One connection that is kept, as a thread has it."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.close()

    def get(self, path: str, token: str) -> tuple[Answer, Any]:
        return self._ask("GET", path, token, None)

    def send(self, calls: list[dict[str, Any]], token: str) -> tuple[Answer, Any]:
        return self._ask("POST", "/v1/batch", token, json.dumps({"batch": calls}))

    def _ask(self, method: str, path: str, token: str, body: str | None) -> tuple[Answer, Any]:
        at = time.monotonic()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        found = response.read()
        return Answer(at, time.monotonic() - at, response.status, response.headers["Retry-After"]), json.loads(found)


def memory_mb(server: Served) -> float:
    """Of the server's processes together, what is theirs alone and their share of the rest."""
    total = 0
    for worker in server.workers:
        lines = Path(f"/proc/{worker}/smaps_rollup").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return round(total / 1024, 1)


@contextmanager
def compacting() -> Iterator[None]:
    """`manage.py compact --watch` beside the server."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "compact", "--watch", "--every", "2"], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


class Load:
    """Threads that send batches, each at its turn of a common beat and with the next token, until they are stopped."""

    def __init__(
        self, port: int, tokens: Sequence[str], *, events_per_s: float | None, batch: int, threads: int, name: str
    ) -> None:
        self.answers = Answers()
        self._port, self._tokens, self._batch, self._name = port, tokens, batch, name
        self._pause = 0.0 if events_per_s is None else batch / events_per_s
        self._stop = threading.Event()
        self._number = 0
        self._lock = threading.Lock()
        self._start = time.monotonic()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> Answers:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        return self.answers

    def _turn(self) -> int:
        with self._lock:
            self._number += 1
            return self._number

    def _run(self) -> None:
        with Client(self._port) as client:
            while not self._stop.is_set():
                number = self._turn()
                if self._stop.wait(max(0.0, self._start + number * self._pause - time.monotonic())):
                    return
                answer, body = client.send(self._calls(number), self._tokens[number % len(self._tokens)])
                with self._lock:
                    self.answers.taken.append(answer)
                    self.answers.accepted += body.get("accepted", 0)

    def _calls(self, number: int) -> list[dict[str, Any]]:
        """Of a thousand people, some of whom are known by their device alone."""
        return [
            {
                "type": "track",
                "event": ("page_view", "add_to_cart", "purchase")[place % 3],
                "messageId": f"{self._name}-{number}-{place}",
                "anonymousId": f"d{(number * self._batch + place) % 1000}",
                **({"userId": f"u{(number * self._batch + place) % 1000}"} if place % 4 == 0 else {}),
                "context": {"campaign": {"source": f"s{place % 5}"}},
            }
            for place in range(self._batch)
        ]
