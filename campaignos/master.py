"""gunicorn's master, which hands the site over to a successor that nobody waits for.

On SIGUSR2 it starts the master of the release that `current` leads to, on the same sockets, and both serve. When every
process of the successor can answer, the former one ends: its processes finish what they have begun, for as long as in
`campaignos.worker`. A successor that does not come up, or takes too long, ends, and the former one goes on. HUP remains
gunicorn's own, in one master, for those who watch over that process: new processes are forked from what it has read at
its start.
"""

import os
import signal
import socket
import time
from contextlib import suppress
from fcntl import F_DUPFD, fcntl
from pathlib import Path
from typing import Any

from gunicorn import systemd  # type: ignore[import-untyped]
from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]
from gunicorn.errors import HaltServer  # type: ignore[import-untyped]

from campaignos.worker import STREAM_SECONDS

TAKEN_OVER, FAILED = b"taken over", b"failed"
SUCCESSION_SECONDS, END_SECONDS = 50, 5
"""How long a successor may take until all of it answers, and then to end: together less than who asked for it waits."""
_FIRST_DESCRIPTOR = systemd.SD_LISTEN_FDS_START


def report_address(master: int) -> str:
    """Where it is told how the handover of a master ended, by its process id: to who asked for it, if he listens."""
    return f"\0campaignos-handover-{master}"


def release_to_serve(folder: Path) -> Path:
    """The folder of the release that `current` leads to; the program's own where it lies in no folder of releases."""
    current = folder.parent.parent / "current"
    return current.resolve() if folder.parent.name == "releases" and current.is_dir() else folder


def prepare_successor(master: Any, folder: Path) -> None:
    """In the process that is about to become the successor: what it is called with, and where.

    Folders are named as they are, not through `current`, which leads elsewhere when the next release comes.
    """
    release, start = release_to_serve(folder), master.START_CTX
    python = Path(start[0])
    if python.is_relative_to(folder):
        python = release / python.relative_to(folder)
    start["cwd"], start[0] = str(release), str(python)
    start["args"] = [str(python), "-m", "gunicorn", *start["args"][2:]]
    master.cfg.env_orig.pop("PWD", None)
    if master.systemd:
        _put_in_order(master.LISTENERS)


def _put_in_order(listeners: list[Any]) -> None:
    """Give sockets the numbers at which systemd's are looked for: gunicorn gave them others."""
    copies = [fcntl(listener.fileno(), F_DUPFD, _FIRST_DESCRIPTOR + len(listeners)) for listener in listeners]
    for number, copy in enumerate(copies, _FIRST_DESCRIPTOR):
        os.dup2(copy, number)


class Master(Arbiter):  # type: ignore[misc]
    """A master that takes over, and is taken over."""

    master_pid: int
    """Of the former one, as long as that serves; else 0."""
    is_succeeded = False
    """Whether it ends because a successor serves."""
    began: float
    """When it started, by the clock that is never set."""

    def manage_workers(self) -> None:
        super().manage_workers()
        if not self.master_pid:
            return
        if all(worker.can_answer for worker in self.WORKERS.values()):
            self._take_over()
        elif time.monotonic() - self.began > SUCCESSION_SECONDS:
            self.cfg.set("graceful_timeout", END_SECONDS)
            raise HaltServer(f"Not all of it answers after {SUCCESSION_SECONDS} s.", 1)

    def _take_over(self) -> None:
        former, self.master_pid, self.master_name = self.master_pid, 0, "Master"
        systemd.sd_notify(f"MAINPID={self.pid}\nREADY=1", self.log)
        with suppress(ProcessLookupError):
            os.kill(former, signal.SIGTERM)
        _report(former, TAKEN_OVER)
        self.log.info("Took over from %s.", former)

    def reap_workers(self) -> None:
        successor = self.reexec_pid
        super().reap_workers()
        if successor and not self.reexec_pid and self.LISTENERS:
            self.log.error("The successor %s did not come up. This process goes on serving.", successor)
            _report(self.pid, FAILED)

    def stop(self, graceful: bool = True) -> None:
        """Where a successor serves, there is time for the downloads under way."""
        self.is_succeeded = bool(self.reexec_pid)
        if self.is_succeeded:
            self.cfg.set("graceful_timeout", STREAM_SECONDS)
        super().stop(graceful)


def _report(master: int, outcome: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, suppress(OSError):
        sender.sendto(outcome, report_address(master))
