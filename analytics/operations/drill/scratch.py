"""A scratch installation in a temporary folder, served as on a host: by gunicorn on a socket that outlives it."""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import IO

from django.conf import settings

from analytics.operations.drill.commands import DrillError, output_of, program, with_settings
from analytics.operations.drill.databases import Database

_FIRST_SETTINGS = """\
DATABASE_URL='{url}'
SECRET_KEY='{key}'
ROW_LEVEL_SECURITY={walls}
LOG_LEVEL=ERROR
"""
_MEMBER = """
import json
from django.test import Client
from django.urls import reverse
from workspaces.changes import create_key, create_workspace
from workspaces.models import KeyKind, User
owner = User.objects.create_user("drill@example.com")
workspace = create_workspace(name="Drill", time_zone="UTC", by=owner)
client = Client()
client.force_login(owner)
keys = {str(kind): create_key(workspace=workspace, kind=kind, name="drill", by=owner)[1] for kind in KeyKind}
api = f"/api/workspaces/{workspace.api_id}"
print(json.dumps({
    "page": reverse("overview", args=[workspace.slug]), "api": f"{api}/analytics", "events": f"{api}/events?count=true",
    "cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items()),
    "write": keys[str(KeyKind.WRITE)], "secret": keys[str(KeyKind.SECRET)],
}))
"""
CLOCK = "clock"
"""The file in the folder that the server's clock goes by; see `wsgi`."""
_PROGRAM = "analytics.operations.drill.wsgi"
_SECONDS_TO_START = 60


class Scratch:
    """The installation; `address` is where it is asked. Whoever is let in is in `member`, by what for."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder, self.database = folder, database
        self._settings = folder / "settings.env"
        self.set_clock(timedelta())
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """Raises DrillError."""
        walls = str(settings.ROW_LEVEL_SECURITY).lower()
        key = secrets.token_urlsafe(48)
        self._settings.write_text(_FIRST_SETTINGS.format(url=self.database.url, key=key, walls=walls))
        self.database.make(self._settings)
        shell = program("manage.py", "shell", "-v0", "-c", _MEMBER)
        self.member: dict[str, str] = json.loads(
            output_of(with_settings(self._settings, shell, ALLOWED_HOSTS="testserver"))
        )

    def start(self) -> None:
        """Start the server; it need not answer yet."""
        bind = f"fd://{self._listener.fileno()}"
        gunicorn = program("-m", "gunicorn", "-c", "python:campaignos.gunicorn", _PROGRAM, "--bind", bind)
        with self._log() as log:
            self._process = subprocess.Popen(
                with_settings(self._settings, gunicorn, TMPDIR=str(self.folder)),
                cwd=settings.BASE_DIR,
                pass_fds=[self._listener.fileno()],
                stderr=log,
                stdout=log,
            )

    def _log(self) -> IO[bytes]:
        return (self.folder / "log").open("ab")

    def wait(self) -> None:
        """Until it answers. Raises DrillError."""
        end = time.monotonic() + _SECONDS_TO_START
        while time.monotonic() < end:
            with suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS_TO_START)
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    return
            time.sleep(0.1)
        raise DrillError(f"The server does not answer:\n{(self.folder / 'log').read_text()[-2000:]}")

    def set_clock(self, ahead: timedelta) -> None:
        (self.folder / CLOCK).write_text(str(ahead.total_seconds()))

    def kill_workers(self) -> None:
        for worker in self._workers():
            os.kill(worker, signal.SIGKILL)

    def kill_master(self) -> None:
        """With all it has, as systemd does; then it is started anew, as by systemd."""
        assert self._process is not None
        workers = self._workers()
        self._process.kill()
        self._process.wait()
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        time.sleep(0.1)
        self.start()

    def _workers(self) -> list[int]:
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [int(number) for number in children.read_text().split()]

    def end(self) -> None:
        self._listener.close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait()


@contextmanager
def serve(scratch: Scratch) -> Iterator[None]:
    """Made and served, with its database; both end with it. Raises DrillError."""
    try:
        scratch.make()
        scratch.start()
        scratch.wait()
        yield
    finally:
        scratch.end()
        with suppress(DrillError):
            scratch.database.stop()
