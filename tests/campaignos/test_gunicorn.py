"""What the processes of one gunicorn counted is one answer, whichever of them is asked."""

import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from tests.served import served

pytestmark = [pytest.mark.processes, pytest.mark.either_database("processes and their sockets are counted, no rows")]

NAME = 'campaignos_request_seconds_count{method="GET",route="healthz",status="200"}'
REQUESTS = 40


@pytest.fixture
def temporary(tmp_path):
    """The folder for the server's temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


@pytest.fixture
def server(temporary, own_database, migrated):
    """A gunicorn of two processes, each of which has read all its code."""
    environment = {
        "TMPDIR": str(temporary),
        "DATABASE_URL": migrated(own_database),
        "SECRET_KEY": "for-the-test",
        "ROW_LEVEL_SECURITY": "false",
        "METRICS_TOKEN": "token",
    }
    with served(**environment) as started:
        yield started


def answer(url, **headers):
    for _ in range(100):
        try:
            with urlopen(Request(url, headers=headers), timeout=60) as response:
                return response.read().decode()
        except URLError:
            time.sleep(0.1)
    raise TimeoutError(url)


def counted(url):
    text = answer(f"{url}/metrics", Authorization="Bearer token")
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(NAME))


def test_the_processes_add_up_also_after_one_was_killed_and_after_a_reload(server, temporary):
    url, process = server.address, server.process
    for _ in range(REQUESTS):
        answer(f"{url}/healthz")
    assert {counted(url) for _ in range(10)} == {REQUESTS}
    os.kill(int(server.workers[0]), signal.SIGKILL)
    assert {counted(url) for _ in range(10)} == {REQUESTS}
    process.send_signal(signal.SIGHUP)
    time.sleep(2)
    assert {counted(url) for _ in range(10)} == {REQUESTS}
    process.terminate()
    process.wait(20)
    assert list(temporary.glob("campaignos-metrics-*")) == []


def test_connections_that_come_at_once_are_spread_over_the_processes(server):
    """In most of five rounds: of a busy machine a process may get no time while the other takes what comes."""
    assert sum(min(taken_by_each(server)) >= 3 for _ in range(5)) >= 3


def taken_by_each(server):
    """Of twelve connections at once, how many each process takes."""
    before = {child: sockets_of(child) for child in server.workers}
    connections = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(12)]
    for _ in range(100):
        taken = [len(sockets_of(child) - sockets) for child, sockets in before.items()]
        if sum(taken) == len(connections):
            break
        time.sleep(0.05)
    for connection in connections:
        connection.close()
    assert sum(taken) == len(connections)
    return taken


def sockets_of(pid):
    """The names of what it has open, not their number: those of earlier requests are closed at any time."""
    names = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            names.add(str(file.readlink()))
    return {name for name in names if name.startswith("socket:")}
