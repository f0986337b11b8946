"""Requests made from the schema, by the thousand: no answer is a 5xx, and none is another than the schema tells.

Schemathesis runs as its own process against a served workspace: the schema's corners, random requests,
and sequences that follow the ids and addresses of answers. `make torture` asks many more.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from campaignos.schema import FILE
from workspaces.models import Workspace

CONFIGURATION = Path(__file__).parent / "schemathesis.toml"
EXAMPLES = os.environ.get("SCHEMA_EXAMPLES", "4")
"""Random requests an operation, and sequences; beside those for the corners of all operations."""
SECONDS = os.environ.get("SCHEMA_SECONDS", "60")
"""When to stop, so that a busy machine asks fewer."""
PHASES = os.environ.get("SCHEMA_PHASES", "coverage,fuzzing,stateful")
"""Without the examples: there are few, each is valid (test_schema), and they take as long as all corners."""


@pytest.mark.usefixtures("transactional_db")
def test_no_request_made_from_the_schema_is_answered_otherwise(
    live_server: Any, workspace: Workspace, secret_key: str, bulk: Any, tmp_path: Path
) -> None:
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome Series"}])
    bulk("contacts", [{"externalId": "ada"}])
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(CONFIGURATION.read_text().replace("ws_1", workspace.api_id))

    run = subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), "--config-file", configuration, "run", FILE),
            *("--url", live_server.url, "--header", f"Authorization: Bearer {secret_key}"),
            *("--max-examples", EXAMPLES, "--max-time", SECONDS, "--phases", PHASES),
            *("--continue-on-failure", "--no-color"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert run.returncode == 0, run.stdout[-10000:] + run.stderr[-2000:]
    generated = re.search(r"Test cases:\s*([\d,]+)", run.stdout)
    assert generated, run.stdout[-2000:]
    assert int(generated[1].replace(",", "")) >= 50
