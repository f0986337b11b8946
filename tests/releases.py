"""Releases: the last one, and a site that has some side by side, whose server hands over from one to another."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from urllib.request import urlopen

from campaignos import __version__
from tests.campaignos.serving import until
from tests.served import PATIENCE, ROOT


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout


def last_release() -> str:
    """The newest version that has a day in CHANGELOG.md, before the tree's own."""
    return next(version for version in _days_of_releases() if version != __version__)


def revision_of(version: str) -> str:
    """Its tag; without one the last commit of its day."""
    if tag := git("tag", "--list", f"v{version}").decode().strip():
        return tag
    end = date.fromisoformat(_days_of_releases()[version]) + timedelta(days=1)
    return git("rev-list", "--max-count=1", f"--before={end}T00:00:00Z", "HEAD").decode().strip()


def _days_of_releases() -> dict[str, str]:
    notes = (ROOT / "CHANGELOG.md").read_text()
    return dict(re.findall(r"^## (\S+) \((\d{4}-\d\d-\d\d)\)$", notes, re.MULTILINE))


class Site:
    """A folder with releases, of which `current` is served as systemd does it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notes.bind(str(folder / "notify"))
        self.master = 0

    def release(self, name: str) -> Path:
        return self.folder / "releases" / name

    def choose(self, name: str) -> None:
        (self.folder / "next").symlink_to(f"releases/{name}")
        (self.folder / "next").rename(self.folder / "current")

    def start(self, listener: socket.socket, program: str, **environment: str) -> None:
        """With the listener as descriptor 3, and in the folder that `current` leads to."""
        self.port = listener.getsockname()[1]
        gunicorn = f"{sys.executable} -m gunicorn -c python:campaignos.gunicorn {program}"
        command = f"export LISTEN_PID=$$ LISTEN_FDS=1; exec {gunicorn} 3<&{listener.fileno()}"
        of_systemd = {"NOTIFY_SOCKET": str(self.folder / "notify"), "TMPDIR": str(self.folder)}
        with (self.folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", command],
                cwd=self.folder / "current",
                env={**os.environ, "WEB_WORKERS": "2", **of_systemd, **environment},
                pass_fds=[listener.fileno()],
                stderr=log,
            )
        self.master = self.process.pid
        assert self.note().startswith("READY=1")

    def note(self) -> str:
        self.notes.settimeout(PATIENCE)
        return self.notes.recv(4096).decode()

    def hand_over(self) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "campaignos.handover", str(self.master)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)

    def follow(self) -> None:
        """Take the process for the main one that systemd is told of."""
        while not (note := self.note()).startswith("MAINPID="):
            pass
        self.master = int(note.split()[0].removeprefix("MAINPID="))

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.master, signal.SIGTERM)
        until(lambda: not self._is_there())
        self.process.wait(PATIENCE)
        self.notes.close()

    def _is_there(self) -> bool:
        with suppress(FileNotFoundError):
            return "(zombie)" not in Path(f"/proc/{self.master}/status").read_text()
        return False

    def get(self, path: str) -> str:
        with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE) as response:
            return str(response.read().decode())


class Visits:
    """What visitors who come again and again are answered, each at an address of his own, and the longest wait."""

    def __init__(self, site: Site, *paths: str) -> None:
        self._site, self._is_over = site, threading.Event()
        self.answers: list[str] = []
        self.failures: list[str] = []
        self.longest = 0.0
        self._threads = [threading.Thread(target=self._run, args=(path,)) for path in paths]

    def __enter__(self) -> "Visits":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, path: str) -> None:
        while not self._is_over.wait(0.05):
            begun = time.monotonic()
            try:
                answer = self._site.get(path)
            except OSError as error:
                self.failures.append(f"{path}: {error}")
            else:
                if answer not in self.answers:
                    self.answers.append(answer)
            self.longest = max(self.longest, time.monotonic() - begun)
