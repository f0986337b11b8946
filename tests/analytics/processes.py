"""Processes that work on the tests' database, say numbers as they get on, and can be killed at any instant."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

from django.conf import settings

from tests.database import database_url


class Process:
    """`python -m MODULE …`, and the numbers that it has said, one a line."""

    def __init__(self, module: str, *arguments: str) -> None:
        self.said: list[int] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": database_url(), "SECRET_KEY": "for-tests"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with contextlib.suppress(ValueError):  # the pipe is closed when the process is killed
            for line in self.process.stdout:
                if line.endswith("\n"):
                    self.said.append(int(line))

    def wait_for(self, lines: int) -> None:
        end = time.monotonic() + 60
        while len(self.said) < lines:
            assert self.process.stderr is not None
            assert self.process.poll() is None, self.process.stderr.read()
            assert time.monotonic() < end, "The process makes no headway."
            time.sleep(0.005)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
