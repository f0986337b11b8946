"""The project as it is served in use, for tests and benchmarks that ask it from outside."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2
PATIENCE = 60
"""Seconds that it may take to begin or to end, on a busy machine."""


@dataclass
class Served:
    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def workers(self) -> list[str]:
        """The processes that answer."""
        return Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()


@contextmanager
def served(*, root: Path = ROOT, workers: int = WORKERS, **environment: str) -> Iterator[Served]:
    """The program in a folder, with these settings, once all its processes can answer.

    Before, whichever is ready first would take all connections that wait.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = Path(__file__).with_name("served_config.py")
    command = [sys.executable, "-m", "gunicorn", "-c", str(config), "campaignos.wsgi", "--log-level", "error"]
    with tempfile.TemporaryDirectory(prefix="ready-") as ready:
        settings = {
            **os.environ,
            "LOG_LEVEL": "ERROR",
            **environment,
            "BIND": f"127.0.0.1:{port}",
            "WEB_WORKERS": str(workers),
            "READY_WORKERS": ready,
        }
        process = subprocess.Popen(command, cwd=root, env=settings)
        try:
            _wait_for(workers, Path(ready), process)
            yield Served(port, process)
        finally:
            process.terminate()
            assert process.wait(PATIENCE) == 0


def _wait_for(workers: int, ready: Path, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + PATIENCE
    while len(list(ready.iterdir())) < workers:
        assert process.poll() is None, "gunicorn ended"
        assert time.monotonic() < end, "gunicorn does not answer"
        time.sleep(0.05)
