"""The project served, and real clients as processes of their own that send to it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chromium import CHROMIUM
from tests.database import database_url
from tests.interop.scenario import Step
from tests.served import served

HERE = Path(__file__).parent
CLIENTS = {
    "segment-python": "segment_python.py",
    "rudder-python": "rudder_python.py",
    "posthog-python": "posthog_python.py",
    "segment-node": "segment_node.mjs",
    "rudder-node": "rudder_node.mjs",
    "posthog-node": "posthog_node.mjs",
    "segment-browser": "segment_browser.py",
}


def missing(name: str) -> str | None:
    """What the test of this name needs and this machine lacks."""
    is_browser = "-browser" in name
    if not is_browser and "-node" not in name and "_node" not in name:
        return None
    if shutil.which("node") is None:
        return "Node is missing: apt-get install nodejs npm"
    if not (HERE / "node_modules/@segment").is_dir() or not (HERE / "node_modules/typescript").is_dir():
        return "The Node clients are missing: make interop-clients"
    if is_browser and CHROMIUM is None:
        return "Chromium is missing: apt-get install chromium-headless-shell"
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In continuous integration nothing is skipped: there, what is missing fails."""
    if os.environ.get("CI"):
        return
    for item in items:
        if item.path.is_relative_to(HERE) and (reason := missing(item.name)):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def server(django_db_setup: None) -> Iterator[str]:
    """The address of the project, served on the tests' database."""
    with served(DATABASE_URL=database_url(), SECRET_KEY="for-tests", workers=1) as server:
        yield server.address


@pytest.fixture
def run_client(tmp_path: Path, write_key: str) -> Callable[..., None]:
    """Runs a client in an empty directory until it has sent everything; it may report no error."""

    def run(name: str, host: str, steps: list[Step], **more: Any) -> None:
        script = HERE / "clients" / CLIENTS[name]
        told = {"key": write_key, "host": host, "steps": steps, "gzip": False, "timeout": None, "faulty": False}
        told |= {"chromium": CHROMIUM, **more}
        with tempfile.TemporaryFile("w+") as steps_file:  # Node's reading of a pipe fails where it is still empty
            json.dump(told, steps_file)
            steps_file.seek(0)
            ran = subprocess.run(
                [sys.executable if script.suffix == ".py" else "node", script],
                stdin=steps_file,
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=300,
            )
        assert ran.returncode == 0, ran.stderr
        assert json.loads(ran.stdout.splitlines()[-1]) == [], ran.stderr

    return run
