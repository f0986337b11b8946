"""The drill's own database, on a disk of its own: with the tables of the installation, and none of its rows."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings

from analytics.operations.drill.commands import DrillError, output_of, program, with_settings

NAME = "campaignos"
DEBIAN = Path("/usr/lib/postgresql")
"""Where Debian has servers, by version."""
_NOBODY = ("postgres", "nobody")
"""As whom PostgreSQL runs where the drill is root, which it refuses to be: the first that there is."""


class Database(Protocol):
    can_stop: bool

    @property
    def url(self) -> str: ...

    def make(self, settings_file: Path) -> None:
        """Raises DrillError."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class SQLiteFile:
    """A file, which no server stands before."""

    can_stop = False

    def __init__(self, disk: Path) -> None:
        self.url = f"sqlite:///{disk / NAME}.sqlite3"

    def make(self, settings_file: Path) -> None:
        output_of(with_settings(settings_file, program("manage.py", "migrate", "--verbosity", "0")))

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass


class Cluster:
    """A PostgreSQL that only this host can ask, by a socket in its folder."""

    can_stop = True

    def __init__(self, disk: Path, programs: Path) -> None:
        self._folder, self._programs = disk / "postgresql", programs
        self._user = next(name for name in _NOBODY if _exists(name)) if os.geteuid() == 0 else None
        self.url = f"postgres://{NAME}@/{NAME}?host={self._folder}"

    def make(self, settings_file: Path) -> None:
        self._folder.mkdir(mode=0o755)
        if self._user:
            shutil.chown(self._folder, self._user)
        self._call("initdb", f"--pgdata={self._data}", "--username=drill", "--auth=trust", "--encoding=UTF8")
        self.start()
        self._call("createuser", *self._as_owner, "--no-superuser", "--no-createdb", NAME)
        self._call("createdb", *self._as_owner, f"--owner={NAME}", NAME)
        for part in (["--schema-only"], ["--data-only", "--table=django_migrations"]):
            self._fill(["--no-owner", "--no-privileges", "--no-subscriptions", "--no-publications", *part])

    def _fill(self, options: Sequence[str]) -> None:
        """From the installation's database, which may know who asks by the name of the program's own user."""
        of = settings.DATABASES["default"]
        given = {"host": of["HOST"] or of["OPTIONS"].get("host", ""), "port": of["PORT"], "username": of["USER"]}
        where = [f"--{name}={value}" for name, value in given.items() if value]
        source = output_of(
            ["env", f"PGPASSWORD={of['PASSWORD']}", str(self._programs / "pg_dump"), *options, *where, of["NAME"]],
            **_as_owner_of(settings.VAR_DIR),
        )
        restore = ["psql", f"--host={self._folder}", f"--username={NAME}", "--quiet", "--set=ON_ERROR_STOP=1", NAME]
        output_of([str(self._programs / restore[0]), *restore[1:]], input=source.encode())

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories='{self._folder}' -c max_connections=50"
        log = self._folder / "log"
        self._call("pg_ctl", "start", f"--pgdata={self._data}", "--wait", f"--log={log}", f"--options={options}")

    def stop(self) -> None:
        self._call("pg_ctl", "stop", f"--pgdata={self._data}", "--wait", "--mode=fast")

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _as_somebody(self) -> dict[str, Any]:
        return {"user": self._user, "extra_groups": ()} if self._user else {}

    @property
    def _as_owner(self) -> list[str]:
        return [f"--host={self._folder}", "--username=drill"]

    def _call(self, name: str, *arguments: str) -> None:
        """Without pipes, which a server that was started would keep open."""
        command = [str(self._programs / name), *arguments]
        with (self._folder / "calls").open("w+b") as log:
            done = subprocess.run(command, cwd=self._folder, stdout=log, stderr=log, check=False, **self._as_somebody)
            log.seek(0)
            if done.returncode:
                raise DrillError(f"{name}: {log.read().decode(errors='replace').strip()}")


def _as_owner_of(folder: Path) -> dict[str, Any]:
    """How root has a process run as whose folder it is."""
    if os.geteuid() != 0 or not folder.is_dir():
        return {}
    owner = folder.stat()
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": ()}


def _exists(user: str) -> bool:
    return any(entry.pw_name == user for entry in pwd.getpwall())


def postgresql_programs() -> Path:
    """The folder with the newest server's programs on this host. Raises DrillError."""
    of_debian = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    if of_debian:
        return of_debian[-1].parent
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise DrillError("PostgreSQL's server is not on this host: install it, or name its programs' folder (--programs).")
