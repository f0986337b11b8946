"""gunicorn as the project runs it, with the program of `wsgi_app` in place of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.served import PATIENCE, ROOT, Served

THREADS = 2


@contextmanager
def serving(tmp_path: Path, *options: str, **environment: str) -> Iterator[Served]:
    """A gunicorn of one process with two threads, on the program beside; what it logs goes to `log`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"BIND": f"127.0.0.1:{port}", "WEB_WORKERS": "1", "WEB_THREADS": str(THREADS), "TMPDIR": str(tmp_path)}
    command = ["-m", "gunicorn", "-c", "python:campaignos.gunicorn", "tests.campaignos.wsgi_app", *options]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env={**settings, **environment}, stderr=log)
        server = Served(port, process)
        try:
            until(lambda: answered(server))
            yield server
        finally:
            process.kill()
            process.wait()


def answered(server: Served, path: str = "/healthz") -> bool:
    try:
        with urlopen(f"{server.address}{path}", timeout=PATIENCE) as response:
            return bool(response.status == 200)
    except URLError:
        return False


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
