"""A database that hangs without closing its connections: requests end in time, and probes are answered."""

from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.db import connection

from tests.database import database_url
from tests.installation import done
from tests.relay import relayed
from tests.served import PATIENCE, served

pytestmark = [
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server that could hang"),
]
REQUESTS = 8
"""Twice as many as there are threads."""


def status(url, key=""):
    try:
        with urlopen(Request(url, headers={"Authorization": f"Bearer {key}"}), timeout=PATIENCE) as response:
            return response.status
    except HTTPError as error:
        return error.code


def test_requests_get_a_503_probes_are_answered_and_all_goes_on_afterwards(secret_key, workspace):
    with (
        relayed(database_url()) as relay,
        served(workers=1, DATABASE_URL=relay.address, SECRET_KEY="for-tests", DATABASE_STATEMENT_SECONDS="1") as server,
        ThreadPoolExecutor(REQUESTS) as pool,
    ):
        address = f"{server.address}/api/workspaces/{workspace.api_id}/campaigns"
        assert status(address, secret_key) == 200
        workers = server.workers
        relay.hang()
        held = [pool.submit(status, address, secret_key) for _ in range(REQUESTS)]
        assert status(f"{server.address}/healthz") == 200
        assert not any(answer.done() for answer in held)
        assert status(f"{server.address}/readyz") == 503
        assert {answer.result() for answer in held} == {503}
        relay.go_on()
        assert status(address, secret_key) == 200
        assert status(f"{server.address}/readyz") == 200
        assert server.workers == workers


@pytest.mark.parametrize(("module", "bound"), [("campaignos.wsgi", "7s"), ("django", "0")])
def test_the_server_bounds_its_statements_and_commands_do_not(module, bound):
    code = f"import django, {module}; django.setup(); from django.db import connection as c; "
    code += "cursor = c.cursor(); cursor.execute('SHOW statement_timeout'); print(cursor.fetchone()[0])"
    given = {"DATABASE_STATEMENT_SECONDS": "7", "DJANGO_SETTINGS_MODULE": "campaignos.settings"}
    assert done(database_url(), "-c", code, **given).strip() == bound
