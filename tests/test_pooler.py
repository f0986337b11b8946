"""The web server behind a PgBouncer that lends connections for a transaction: all is as without."""

import json
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from tests.database import database_url
from tests.installation import done
from tests.served import Served, served
from tests.test_documents import free_port, needed

pytestmark = [
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="PgBouncer stands before PostgreSQL"),
]
CONNECTIONS = 2
"""Fewer than the server has threads, so that each serves all of them in turn."""


@contextmanager
def pooled() -> Iterator[str]:
    """The address of a PgBouncer with the project's own configuration, but for places, names and its size."""
    program, port = needed("pgbouncer"), free_port()
    with TemporaryDirectory(prefix="pooler-", dir="/tmp") as folder:
        config = _config(Path(folder), port)
        as_user = ["-u", _given_to_server_user(Path(folder))] if os.getuid() == 0 else []
        process = subprocess.Popen([program, "-q", *as_user, str(config)])
        try:
            yield f"postgres://pooled@127.0.0.1:{port}/campaignos"
        finally:
            process.terminate()
            process.wait()


def _config(folder: Path, port: int) -> Path:
    address = urlsplit(database_url())
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_user, current_setting('port')")
        name, user, server_port = cursor.fetchone()
        cursor.execute("SELECT current_setting('unix_socket_directories')")
        host = address.hostname or cursor.fetchone()[0].split(",")[0]
    text = (settings.BASE_DIR / "deploy" / "pgbouncer" / "campaignos.ini").read_text()
    for ours, here in {
        "host=127.0.0.1 port=5432": f"host={host} port={server_port}",
        "dbname=campaignos user=campaignos password=PASSWORD": f"dbname={name} user={user}",
        "default_pool_size = 20": f"default_pool_size = {CONNECTIONS}",
        "unix_socket_dir = /var/run/postgresql": "unix_socket_dir =\nlisten_addr = 127.0.0.1",
        "listen_port = 6432": f"listen_port = {port}",
        "auth_type = peer": "auth_type = any",
        "auth_file = /etc/pgbouncer/userlist.txt\n": "",
        "/var/run/postgresql/pgbouncer.pid": f"{folder}/pid",
    }.items():
        assert ours in text
        text = text.replace(ours, here)
    config = folder / "campaignos.ini"
    config.write_text(text)
    return config


def _given_to_server_user(folder: Path) -> str:
    """Root may not run it; the server's user may see the server's socket."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('unix_socket_directories')")
        user = pwd.getpwuid(Path(cursor.fetchone()[0].split(",")[0]).stat().st_uid)
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, user.pw_uid)
    return user.pw_name


def get(server: Served, path: str, key: str) -> str:
    done = subprocess.run(
        [
            "curl",
            "--silent",
            "--show-error",
            "--fail-with-body",
            "-H",
            f"Authorization: Bearer {key}",
            f"{server.address}{path}",
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, (path, done.stdout, done.stderr)
    return re.sub(r'"generatedAt":"[^"]*"', "", done.stdout)


def test_what_comes_in_and_goes_out_through_it_is_as_without(secret_key, write_key, workspace):
    lines = f"/api/workspaces/{workspace.api_id}/events?format=csv"
    overview = f"/api/workspaces/{workspace.api_id}/analytics?days=30"

    def send(number):
        call = [
            *("curl", "--silent", "--user", f"{write_key}:", "--json"),
            f'{{"event": "order", "anonymousId": "a{number}", "messageId": "m{number}", "properties": {{"value": 2}}}}',
        ]
        answer = subprocess.run([*call, f"{server.address}/v1/track"], capture_output=True, text=True).stdout
        return json.loads(answer)["accepted"]

    with pooled() as address:
        settings = {"DATABASE_URL": database_url(), "WEB_DATABASE_URL": address, "SECRET_KEY": "for-tests"}
        with served(workers=1, **settings) as server, ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(send, range(40))) == 40
            through = {*pool.map(lambda path: get(server, path, secret_key), [lines, overview] * 8)}
        with psycopg.connect(address, autocommit=True) as asked:
            left = {asked.execute("SHOW lock_timeout").fetchone()[0] for _ in range(CONNECTIONS * 2)}
            bound = asked.execute("SHOW statement_timeout").fetchone()[0]
    with served(workers=1, DATABASE_URL=database_url(), SECRET_KEY="for-tests") as server:
        straight = {get(server, path, secret_key) for path in (lines, overview)}
    assert through == straight
    assert {len(text.splitlines()) for text in through} == {1, 41}
    assert (left, bound) == ({"8s"}, "30s")


def test_commands_go_past_it_and_sqlite_has_none():
    code = "import django; django.setup(); from django.db import connection as c; print(c.settings_dict['HOST'])"
    given = {"DJANGO_SETTINGS_MODULE": "campaignos.settings", "WEB_DATABASE_URL": "postgres://x@pooler.invalid/x"}
    assert "pooler.invalid" not in done(database_url(), "-c", code, **given)
    with pytest.raises(AssertionError, match="WEB_DATABASE_URL is a pooler's before PostgreSQL"):
        done("sqlite:////tmp/none.sqlite3", "-c", code, **given)
