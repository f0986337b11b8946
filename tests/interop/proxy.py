"""A proxy with faults, between a client and the server: each fault for requests that hold an event named for it.

`unavailable` (twice) and `throttled` are answered by the proxy itself; `cut` reaches the server and then breaks the
connection without an answer; `stall` reaches it and is answered late.
"""

import gzip
import http.client
import http.server
import re
import socket
import struct
import threading
import time
from typing import Any

TIMES = {"unavailable": 2, "throttled": 1, "cut": 1, "stall": 1}
_NAMED = re.compile(rb'"fault": ?"(\w+)"')
_OPEN = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}


class FaultyProxy(http.server.ThreadingHTTPServer):
    """Serves until it is closed; `left` says which faults have not happened yet."""

    daemon_threads = True

    def __init__(self, server: str, stall_seconds: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.server, self.stall_seconds = server.removeprefix("http://"), stall_seconds
        self.left = dict(TIMES)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self._lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def fault_of(self, body: bytes) -> str | None:
        for name in (found.decode() for found in _NAMED.findall(body)):
            with self._lock:
                if self.left.get(name):
                    self.left[name] -= 1
                    return name
        return None

    def handle_error(self, *_: Any) -> None:
        """A client that has gone meanwhile is what is being tried."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultyProxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        readable = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        match self.server.fault_of(readable):
            case "unavailable":
                self._answer(503, {"Retry-After": "1"}, b'{"code": "away", "message": "away", "detail": "away"}')
            case "throttled":
                self._answer(429, {"Retry-After": "1"}, b'{"code": "often", "message": "often", "detail": "often"}')
            case "cut":
                self._forward(body)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
            case "stall":
                answer = self._forward(body)
                time.sleep(self.server.stall_seconds)
                self._answer(*answer)
            case _:
                self._answer(*self._forward(body))

    def do_OPTIONS(self) -> None:
        self._answer(*self._forward(b""))

    def _forward(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        upstream = http.client.HTTPConnection(self.server.server, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        upstream.request(self.command, self.path, body, headers)
        response = upstream.getresponse()
        answer = response.read()
        upstream.close()
        kept = {
            name: value for name, value in response.getheaders() if name.lower().startswith(("content-type", "access"))
        }
        return response.status, kept, answer

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **_OPEN, **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass
