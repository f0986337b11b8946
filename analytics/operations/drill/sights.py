"""What users see of a server: somebody at a page, a program that reads the API, a site that sends what happens.

And what a load balancer is told, that asks whether the server is ready.
"""

import html
import http.client
import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from analytics.operations.drill.scratch import Scratch

BATCH = 500
"""Events that are sent at a time: more than what lies about free in a table on a full disk."""
_PATIENCE_SECONDS = 60
_WAITS = ((2, "at once"), (15, "within 15 s"))
_HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)


@dataclass(frozen=True)
class Sight:
    """How one request ended: `status` is None where the connection broke off, `text` what is said of an error."""

    who: str
    status: int | None
    text: str
    seconds: float
    body: bytes = b""

    @property
    def wait(self) -> str:
        return next((words for most, words in _WAITS if self.seconds <= most), "within a minute")


class Users:
    """Those of a scratch installation. `accepted` is how many events they were told to be kept."""

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        self.accepted = 0

    def look(self) -> list[Sight]:
        """One request of each, at the same time."""
        asking: list[Callable[[], Sight]] = [self._page, self._api, self._send, self._balancer]
        with ThreadPoolExecutor() as pool:
            return [future.result() for future in [pool.submit(ask) for ask in asking]]

    def count_events(self) -> int:
        """How many the ledger has of all days, as a wrong clock dates some tomorrow; none where it is not answered."""
        answer = self._ask("count", "GET", self._scratch.member["events"], self._headers(write=False))
        return int(json.loads(answer.body)["count"]) if answer.status == 200 else 0

    @contextmanager
    def sending(self) -> Iterator[list[Sight]]:
        """A batch of which a half has arrived when what is done here begins; its sight is there when it has ended."""
        body = self._batch()
        seen: list[Sight] = []
        connection = http.client.HTTPConnection("127.0.0.1", self._scratch.port, timeout=_PATIENCE_SECONDS)
        connection.putrequest("POST", "/v1/batch")
        for name, value in self._headers(write=True).items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[: len(body) // 2])
        time.sleep(0.5)  # a process has taken it
        yield seen
        seen.append(self._sight_of("under way", lambda: self._rest(connection, body)))

    def _rest(self, connection: http.client.HTTPConnection, body: bytes) -> http.client.HTTPResponse:
        connection.send(body[len(body) // 2 :])
        return connection.getresponse()

    def _page(self) -> Sight:
        member = self._scratch.member
        return self._ask("page", "GET", member["page"], {"Cookie": member["cookie"], "Accept": "text/html"})

    def _api(self) -> Sight:
        return self._ask("API", "GET", self._scratch.member["api"], self._headers(write=False))

    def _send(self) -> Sight:
        sight = self._ask("ingest", "POST", "/v1/batch", self._headers(write=True), self._batch())
        if sight.status == 200:
            self.accepted += json.loads(sight.body)["accepted"]
        return sight

    def _balancer(self) -> Sight:
        return self._ask("/readyz", "GET", "/readyz", {})

    def _batch(self) -> bytes:
        name = uuid.uuid4()
        calls = [
            {"type": "track", "event": "page_view", "messageId": f"{name}-{number}", "anonymousId": f"a{number}"}
            for number in range(BATCH)
        ]
        return json.dumps({"batch": calls}).encode()

    def _headers(self, *, write: bool) -> dict[str, str]:
        token = self._scratch.member["write" if write else "secret"]
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def _ask(self, who: str, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> Sight:
        connection = http.client.HTTPConnection("127.0.0.1", self._scratch.port, timeout=_PATIENCE_SECONDS)

        def request() -> http.client.HTTPResponse:
            connection.request(method, path, body, headers)
            return connection.getresponse()

        return self._sight_of(who, request)

    def _sight_of(self, who: str, request: Callable[[], http.client.HTTPResponse]) -> Sight:
        begun = time.monotonic()
        try:
            response = request()
            body = response.read()
        except (OSError, http.client.HTTPException):
            return Sight(who, None, "the connection breaks off; nothing was kept", time.monotonic() - begun)
        seconds = time.monotonic() - begun
        return Sight(who, response.status, _words(response, body), seconds, body)


def _words(response: http.client.HTTPResponse, body: bytes) -> str:
    """What an error says, and when to try again."""
    if response.status < 400:
        return ""
    if response.headers.get_content_type() == "application/json":
        said = json.loads(body)
        text = str(said.get("message") or f"database: {said['database']}.")
    else:
        text = html.unescape(match[1].strip()) if (match := _HEADING.search(body.decode())) else ""
    again = response.headers["Retry-After"]
    return f"{text} Retry-After: {again}" if again else text
