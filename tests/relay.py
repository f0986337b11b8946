"""Stands between a program and PostgreSQL, and can hang without closing anything: `python -m tests.relay ADDRESS`.

Prints the port on which it takes connections.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit


@dataclass
class Relay:
    address: str
    """That of the database, by way of the relay."""
    process: "subprocess.Popen[str]"

    def hang(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def relayed(address: str) -> Iterator[Relay]:
    command = [sys.executable, "-m", "tests.relay", address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        parts = urlsplit(address)
        user = f"{parts.username}:{parts.password or ''}@" if parts.username else ""
        try:
            yield Relay(parts._replace(netloc=f"{user}127.0.0.1:{port}", query="").geturl(), process)
        finally:
            process.kill()


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            client, _ = listener.accept()
            server = _server(sys.argv[1])
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=_hand_on, args=(one, other), daemon=True).start()


def _server(address: str) -> socket.socket:
    parts = urlsplit(address)
    host = parse_qs(parts.query).get("host", [parts.hostname or "127.0.0.1"])[0]
    port = parts.port or 5432
    if not host.startswith("/"):
        return socket.create_connection((host, port))
    server = socket.socket(socket.AF_UNIX)
    server.connect(os.path.join(host, f".s.PGSQL.{port}"))  # noqa: PTH118  an address, no file
    return server


def _hand_on(one: socket.socket, other: socket.socket) -> None:
    try:
        while data := one.recv(65536):
            other.sendall(data)
    except OSError:
        pass
    finally:
        other.close()


if __name__ == "__main__":
    main()
