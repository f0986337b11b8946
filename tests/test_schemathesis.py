"""Requests made from the schema, by the thousand: no answer is a 5xx, and none is another than the schema tells.

Schemathesis runs as its own process against a served workspace, once with keys and once in a session where that alone
lets in. It asks the schema's corners, the same requests each time, however long they take: those of a parameter that
many addresses have at one report and at one list, and what the schema forbids on one of both databases. `make torture`
asks all at each, and random ones, which take far longer to make, and sequences that follow the ids and addresses of
answers.
"""

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import connection
from django.test import Client

from campaignos.schema import FILE
from workspaces.changes import create_key
from workspaces.models import KeyKind, User, Workspace
from workspaces.roles import Right

pytestmark = pytest.mark.usefixtures("transactional_db", "_no_line_a_request")

CONFIGURATION = Path(__file__).parent / "schemathesis.toml"
KEPT = Path(__file__).parent.parent / ".hypothesis"
"""Where tables of characters are, which take a second to make."""
EXAMPLES = os.environ.get("SCHEMA_EXAMPLES", "1")
"""Random requests an operation, and sequences."""
SEED = os.environ.get("SCHEMA_SEED", "20260331")
"""Of the random ones; empty for another one each time."""
SECONDS = int(os.environ.get("SCHEMA_SECONDS", "900"))
"""When a run is given up, as one that hangs; it fails if it has not asked enough by then."""
PHASES = os.environ.get("SCHEMA_PHASES", "coverage")
"""Without the examples: there are few, each is valid (test_schema), and they take as long as all corners."""
LEAST = int(os.environ.get("SCHEMA_CASES", "1000"))
"""How many requests are asked with keys, at least; in a session, which opens a fifth as much, a fifth of them."""
OF_SESSIONS = r"^/api/session$|^/api/workspaces(?:/[^/]+)?$|/(?:members|invitations|keys)(?:/|$)"
"""What is asked in a session; logging out, which would end it, has tests of its own."""

ASKED_OTHERWISE = r"(?<!/attribution)(?:\.csv|/query)$"
"""Files, and questions in bodies: the same code reads and refuses their parameters, and asks the database the same, as
at the address of their report or list, where all are tried. The report with the most parameters is asked each way."""
ALL = "fuzzing" in PHASES
"""Whether `make torture` asks, which leaves nothing out."""
AS_ALLOWED = """
[[operations]]
include-path-regex = '{paths}'
generation = {{ mode = "positive" }}
"""
IN_BULK = r"/bulk$|^(/v1)?/batch$"
"""Where PostgreSQL is asked what the schema forbids: the items beside a wrong one are written. SQLite is asked it at
all other addresses, which refuse it whole; among them are those that take the same items one by one."""
NO_OTHER_METHODS = """
[phases.coverage]
unexpected-methods = []
"""
"""Methods that an address does not have never get to the database: the suite on SQLite tries them."""


@pytest.fixture
def _no_line_a_request(caplog: pytest.LogCaptureFixture) -> None:
    """Of thousands that are as they should be."""
    caplog.set_level("ERROR", "campaignos.request")


@pytest.fixture
def filled(workspace: Workspace, bulk: Any) -> Workspace:
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome Series"}])
    bulk("contacts", [{"externalId": "ada"}])
    bulk("messages", [{"externalId": "m1", "campaign": "welcome", "contact": "ada", "channel": "EMAIL"}])
    bulk("events", [{"type": "signup", "contact": "ada", "occurredAt": "2026-03-01T00:00:00Z"}])
    return workspace


def without_repetitions(schema: dict[str, Any]) -> dict[str, Any]:
    """With each optional parameter at that report and at that list, of all that have just this one, that has the most
    parameters: one reader reads it for all of them, and what each report makes of it has tests of its own.
    """
    asked = set()
    operations = [(path, told) for path, methods in schema["paths"].items() for told in methods.values()]
    for path, told in sorted(operations, key=lambda operation: -len(operation[1].get("parameters", ()))):
        parameters = []
        for parameter in told.get("parameters", ()):
            key = ("/analytics" in path, json.dumps(parameter, sort_keys=True))
            if parameter.get("required") or key not in asked:
                parameters.append(parameter)
            asked.add(key)
        told["parameters"] = parameters
    return schema


def depth() -> str:
    """The configuration's tables that say of which operations this database is asked what the schema allows alone."""
    if connection.vendor == "sqlite":
        return AS_ALLOWED.format(paths=IN_BULK)
    return AS_ALLOWED.format(paths=f"^(?!.*(?:{IN_BULK}))") + NO_OTHER_METHODS


def assert_as_told(least: int, server: Any, workspace: Workspace, folder: Path, headers: str, *options: str) -> None:
    """`headers` are the configuration's tables that say who asks."""
    schema = folder / "openapi.json"
    complete = yaml.load(FILE.read_bytes(), Loader=yaml.CSafeLoader)
    schema.write_text(json.dumps(complete if ALL else without_repetitions(complete)))
    configuration = folder / "schemathesis.toml"
    told = CONFIGURATION.read_text().replace("ws_1", workspace.api_id) + headers
    configuration.write_text(told if ALL else told + depth())
    run = subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), "--config-file", configuration, "run", schema),
            *("--url", server.url, "--max-examples", EXAMPLES, "--max-time", str(SECONDS)),
            *("--phases", PHASES, *options),
            *(("--seed", SEED) if SEED else ()),
            *("--continue-on-failure", "--no-color"),
        ],
        cwd=folder,
        env={**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(KEPT)},
        capture_output=True,
        text=True,
    )

    assert run.returncode == 0, run.stdout[-10000:] + run.stderr[-2000:]
    generated = re.search(r"Test cases:\s*([\d,]+)", run.stdout)
    assert generated, run.stdout[-2000:]
    asked = int(generated[1].replace(",", ""))
    assert asked >= least


def test_no_request_with_a_key_is_answered_otherwise(
    live_server: Any, filled: Workspace, owner: User, write_key: str, tmp_path: Path
) -> None:
    """With the write key where data is sent, elsewhere with a secret key that may all that keys may."""
    scopes = (Right.READ, Right.CURATE, Right.WRITE)
    _, secret_key = create_key(workspace=filled, kind=KeyKind.SECRET, name="test", by=owner, scopes=scopes)
    basic = base64.b64encode(f"{write_key}:".encode()).decode()
    headers = _table(r"^/(?:v1/|batch)", Authorization=f"Basic {basic}")
    headers += _table(r"^/api/", Authorization=f"Bearer {secret_key}")

    options = ("--exclude-path-regex", OF_SESSIONS if ALL else f"{OF_SESSIONS}|{ASKED_OTHERWISE}")
    assert_as_told(LEAST, live_server, filled, tmp_path, headers, *options)


def test_no_request_in_a_session_is_answered_otherwise(
    live_server: Any, filled: Workspace, api: Client, tmp_path: Path
) -> None:
    token = api.get("/api/session").json()["csrfToken"]
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in api.cookies.items())
    headers = _table("^/", Cookie=cookies, **{"X-CSRFToken": token})
    options = ("--include-path-regex", OF_SESSIONS, "--exclude-operation-id", "logOut")
    options += ("--exclude-checks", "ignored_auth")  # for it a made-up key must be refused, though the session lets in

    assert_as_told(LEAST // 5, live_server, filled, tmp_path, headers, *options)


def _table(paths: str, **headers: str) -> str:
    told = ", ".join(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in headers.items())
    return f"\n[[operations]]\ninclude-path-regex = '{paths}'\nheaders = {{ {told} }}\n"
