"""The suite on a Citus cluster: `make test-citus CITUS_URL=postgres://USER@HOST:PORT/NAME`, the coordinator's address.

Its workers are those that the database of that address knows. The test database is made on each of them, with the
extension, and the tables are distributed when they have been migrated.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from urllib.parse import urlsplit

import psycopg
from django.core.management import call_command
from django.db import connection

SHARDS = 4

Connection = psycopg.Connection[tuple[object, ...]]
Node = tuple[str, int]


def is_asked_for() -> bool:
    return "CITUS_URL" in os.environ


def drop(name: str) -> None:
    """Drop a database on every node, whoever is connected to it."""
    for node in [_coordinator(), *_workers()]:
        _drop(node, name)


def spread_test_database() -> None:
    """Make the database, which Django has made and migrated on the coordinator, one of the cluster."""
    join_cluster(connection.settings_dict["NAME"])
    connection.close()
    call_command("distribute", shards=SHARDS, stdout=StringIO())
    connection.close()
    connection.close_pool()  # whose sessions on the workers began before these were told how long to wait


def join_cluster(name: str) -> None:
    """Make the cluster out of a database of the coordinator, with one of that name on each worker."""
    workers = _workers()
    for node in workers:
        _make_empty(node, name)
        with connected(name, node) as database:
            database.execute("CREATE EXTENSION citus")
    with connected(name) as database:
        database.execute("CREATE EXTENSION citus")
        database.execute("SELECT citus_set_coordinator_host(%s, %s)", _coordinator())
        for node in workers:
            database.execute("SELECT citus_add_node(%s, %s)", node)


@contextmanager
def another_database(name: str) -> Iterator[str]:
    """A plain one on the coordinator, which may join the cluster; its address."""
    name = f"{connection.settings_dict['NAME']}_{name}"
    _make_empty(_coordinator(), name)
    try:
        yield urlsplit(os.environ["CITUS_URL"])._replace(path=f"/{name}").geturl()
    finally:
        drop(name)


def forget_test_database() -> None:
    """Leave one on the coordinator that Django can drop: Citus itself stays connected to the one there was."""
    name = connection.settings_dict["NAME"]
    connection.close()
    drop(name)
    _make_empty(_coordinator(), name)


def connected(name: str, node: Node | None = None) -> Connection:
    """To a database of a node, the coordinator if none is named."""
    host, port = node or _coordinator()
    return psycopg.connect(os.environ["CITUS_URL"], host=host, port=port, dbname=name, autocommit=True)


def _coordinator() -> Node:
    address = urlsplit(os.environ["CITUS_URL"])
    return str(address.hostname), address.port or 5432


def _workers() -> list[Node]:
    with psycopg.connect(os.environ["CITUS_URL"]) as database:
        return database.execute("SELECT node_name, node_port FROM citus_get_active_worker_nodes()").fetchall()


def _make_empty(node: Node, name: str) -> None:
    _drop(node, name)
    with connected("postgres", node) as database:
        database.execute(f'CREATE DATABASE "{name}"')


def _drop(node: Node, name: str) -> None:
    with connected("postgres", node) as database:
        database.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
