"""Processes that work on the tests' database, say numbers as they get on, and can be killed at any instant.

They are forked from a process that has imported the program and holds no connection: to import it takes two seconds of
a processor, longer than most of them live. Each is a process of the system like any other.
"""

import atexit
import contextlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from functools import cache
from io import TextIOWrapper

from django.conf import settings

from tests.database import database_url


class Process:
    """A module run with arguments, and the numbers that it has said, one a line."""

    def __init__(self, module: str, *arguments: str) -> None:
        self.said: list[int] = []
        self.pid, self.out, self.errors = _forks(database_url()).start(module, *arguments)
        self._end = os.pidfd_open(self.pid)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(ValueError):  # the pipe is closed when the process is killed
            for line in self.out:
                if line.endswith("\n"):
                    self.said.append(int(line))

    def is_running(self, *, seconds: float = 0) -> bool:
        """Also after having waited so long for its end."""
        return not select.select([self._end], [], [], seconds)[0]

    def wait_for(self, lines: int) -> None:
        end = time.monotonic() + 60
        while len(self.said) < lines:
            assert self.is_running(), self.errors.read()
            assert time.monotonic() < end, "The process makes no headway."
            time.sleep(0.005)

    def kill(self) -> None:
        signal.pidfd_send_signal(self._end, signal.SIGKILL)
        assert not self.is_running(seconds=60)
        os.close(self._end)
        for pipe in (self.out, self.errors):
            pipe.close()


class Forks:
    """Starts processes of a database, each with pipes of its own."""

    def __init__(self, url: str) -> None:
        self._here, there = socket.socketpair()
        environment = {**os.environ, "DATABASE_URL": url, "SECRET_KEY": "for-tests"}
        command = [sys.executable, "-m", __name__, str(there.fileno())]
        self._server = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, pass_fds=[there.fileno()])
        there.close()
        atexit.register(self.end)

    def end(self) -> None:
        self._here.close()
        self._server.wait()

    def start(self, module: str, *arguments: str) -> tuple[int, TextIOWrapper, TextIOWrapper]:
        (out, its_out), (errors, its_errors) = os.pipe(), os.pipe()
        socket.send_fds(self._here, [json.dumps([module, *arguments]).encode()], [its_out, its_errors])
        for end in (its_out, its_errors):
            os.close(end)
        return int(self._here.recv(20)), os.fdopen(out), os.fdopen(errors)


_forks = cache(Forks)


def serve(asked: socket.socket) -> None:
    """Forks for each message until nobody can send one, as the tests' process has ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    while True:
        message, pipes, _, _ = socket.recv_fds(asked, 10_000, 2)
        if not message:
            return
        if (pid := os.fork()) == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asked.close()
            os.dup2(pipes[0], sys.stdout.fileno())
            os.dup2(pipes[1], sys.stderr.fileno())
            module, *arguments = json.loads(message)
            sys.argv = [module, *arguments]
            runpy.run_module(module, run_name="__main__")
            return
        for pipe in pipes:
            os.close(pipe)
        asked.send(str(pid).encode())


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaignos.settings")
    django.setup()
    import campaignos.urls  # noqa: F401  # and with it all of the program

    serve(socket.socket(fileno=int(sys.argv[1])))
