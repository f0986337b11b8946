"""What the processes of one gunicorn counted is one answer, whichever of them is asked."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from django.conf import settings

NAME = 'campaignos_request_seconds_count{method="GET",route="healthz",status="200"}'
REQUESTS = 40


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def server(tmp_path):
    """A gunicorn of two processes, and the folder for its temporary files."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    address = f"127.0.0.1:{free_port()}"
    environment = {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(temporary),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}",
        "SECRET_KEY": "for-the-test",
        "METRICS_TOKEN": "token",
        "BIND": address,
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "python:campaignos.gunicorn", "campaignos.wsgi"]
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=settings.BASE_DIR, env=environment, check=True)
    with subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            yield f"http://{address}", temporary, process
        finally:
            process.terminate()


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


def test_the_processes_add_up_also_after_one_was_killed_and_after_a_reload(server):
    url, temporary, process = server
    for _ in range(REQUESTS):
        answer(f"{url}/healthz")
    assert {counted(url) for _ in range(10)} == {REQUESTS}
    os.kill(int(workers_of(process)[0]), signal.SIGKILL)
    assert {counted(url) for _ in range(10)} == {REQUESTS}
    process.send_signal(signal.SIGHUP)
    time.sleep(2)
    assert {counted(url) for _ in range(10)} == {REQUESTS}
    process.terminate()
    process.wait(20)
    assert list(temporary.glob("campaignos-metrics-*")) == []


def test_connections_that_come_at_once_are_spread_over_the_processes(server):
    url, _, process = server
    answer(f"{url}/healthz")
    children = workers_of(process)
    before = {child: sockets_of(child) for child in children}
    host, port = url.removeprefix("http://").split(":")
    connections = [socket.create_connection((host, int(port))) for _ in range(12)]
    for _ in range(100):
        taken = [len(sockets_of(child) - before[child]) for child in children]
        if sum(taken) == len(connections):
            break
        time.sleep(0.05)
    for connection in connections:
        connection.close()
    assert sum(taken) == len(connections)
    assert min(taken) >= 3


def workers_of(process):
    """The process ids of both, as soon as both have begun."""
    for _ in range(100):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        if len(children) == 2:
            return children
        time.sleep(0.1)
    raise TimeoutError("gunicorn has not begun its two processes")


def sockets_of(pid):
    """The names of what it has open, not their number: those of earlier requests are closed at any time."""
    names = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            names.add(str(file.readlink()))
    return {name for name in names if name.startswith("socket:")}
