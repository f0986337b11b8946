"""What may befall a server, one after another, each mended before the next."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from analytics.operations.drill.scratch import Scratch
from analytics.operations.drill.sights import Sight, Users

_BLOCK = b"\0" * 65536


@dataclass(frozen=True)
class Incident:
    """What was seen of an incident, and after it; `why_not` says why it was not tried."""

    title: str
    sights: list[Sight] = field(default_factory=list)
    after: list[Sight] = field(default_factory=list)
    accepted: int = 0
    counted: int = 0
    why_not: str = ""


class _Drill:
    def __init__(self, scratch: Scratch) -> None:
        self._scratch, self._users = scratch, Users(scratch)

    def database_stops(self, title: str) -> Incident:
        if not self._scratch.database.can_stop:
            return Incident(title, why_not="SQLite is a file; no server stands before it.")
        self._scratch.database.stop()
        sights = self._users.look()
        self._scratch.database.start()
        return self._aftermath(title, sights)

    def disk_fills(self, title: str, disk: Path) -> Incident:
        if not disk.is_mount():
            return Incident(title, why_not="it takes root to make a small disk.")
        ballast = disk / "ballast"
        _fill(ballast)
        sights = self._users.look()
        ballast.unlink()
        return self._aftermath(title, sights)

    def processes_end(self, title: str, kill: Callable[[], None]) -> Incident:
        with self._users.sending() as under_way:
            kill()
            sights = self._users.look()
        incident = self._aftermath(title, [*under_way, *sights])
        self._scratch.wait()
        return incident

    def clock_steps(self, title: str, ahead: timedelta) -> Incident:
        self._scratch.set_clock(ahead)
        sights = self._users.look()
        self._scratch.set_clock(timedelta())
        return self._aftermath(title, sights)

    def _aftermath(self, title: str, sights: list[Sight]) -> Incident:
        after = self._users.look()
        return Incident(title, sights, after, self._users.accepted, self._users.count_events())


def _fill(file: Path) -> None:
    """Until the disk takes nothing more."""
    with file.open("wb", buffering=0) as ballast:
        for size in (len(_BLOCK), 4096, 1):
            try:
                while ballast.write(_BLOCK[:size]):
                    pass
            except OSError:
                continue


def incidents(scratch: Scratch, disk: Path) -> Iterator[Incident]:
    """One of each, as it comes to its end."""
    drill = _Drill(scratch)
    yield drill.database_stops("The database is stopped")
    yield drill.disk_fills("The database's disk is full", disk)
    yield drill.processes_end("All processes but the first are killed", scratch.kill_workers)
    yield drill.processes_end("The first process is killed, and started anew as systemd does", scratch.kill_master)
    yield drill.clock_steps("The clock is an hour ahead", timedelta(hours=1))
    yield drill.clock_steps("The clock is an hour behind", timedelta(hours=-1))
