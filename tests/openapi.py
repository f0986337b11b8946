"""Holds the program's answers against the schema that it is described by, `docs/openapi.yaml`."""

import gzip
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from jsonschema_rs import Draft202012Validator, Registry

from campaignos.schema import FILE
from campaignos.xlsx_export import XLSX
from tests.template import one_process_at_a_time

_OF_API = re.compile(r"^/(?:api|v1|hooks)/|^/batch/?$")
_UNTOLD = re.compile(r"^/(?:api/(?:docs|mcp|openapi\.yaml)|v1/(?:b|import|[tipsgam]))/?$")
"""What is for browsers, of another protocol, and other names of routes that are told; nor are mistakes (500) told."""
_ADDRESS = "urn:told"


@cache
def schema() -> dict[str, Any]:
    """As checked in, but closed: a body with a key that the schema does not tell is a mismatch."""
    told = kept_as_json(FILE.read_bytes(), settings.VAR_DIR)
    for component in told["components"]["schemas"].values():
        if component.get("type") == "object" and "properties" in component:
            component.setdefault("additionalProperties", False)
    return told


def kept_as_json(text: bytes, folder: Path) -> dict[str, Any]:
    """A document of YAML, which takes long to read: the first process of all keeps it as JSON, while it is the same."""
    copy = folder / f"openapi-{hashlib.sha256(text).hexdigest()[:16]}.json"
    with one_process_at_a_time():
        if not copy.exists():
            for outdated in folder.glob("openapi-*"):
                outdated.unlink()
            new = copy.with_suffix(".new")
            new.write_text(json.dumps(yaml.load(text, Loader=yaml.CSafeLoader)))
            new.rename(copy)
    document: dict[str, Any] = json.loads(copy.read_text())
    return document


@cache
def _routes() -> list[tuple[re.Pattern[str], str]]:
    paths = sorted(schema()["paths"], key=lambda path: (path.count("{"), not path.endswith(".csv")))
    return [(re.compile("^" + re.sub(r"{[^}]+}", "[^/]+", path) + "/?$"), path) for path in paths]


def mismatch(method: str, path: str, response: Any) -> str | None:
    """What is wrong with an answer of the API, None if nothing."""
    if not _OF_API.match(path) or _UNTOLD.match(path) or response.status_code == 500:
        return None
    is_csv = response.get("Content-Type", "").startswith("text/csv")
    operation = _operation(method, f"{path.rstrip('/').removesuffix('.csv')}.csv" if is_csv else path)
    if operation and response.get("Content-Type") == XLSX:
        return None if "format=xlsx" in str(operation) else f"{method} {path}: no workbook is told"
    if operation is None:
        return None if response.status_code in (404, 405) or method == "OPTIONS" else f"{method} {path} is not told"
    code = str(response.status_code)
    if code not in operation["responses"]:
        return None if code == "405" else f"{method} {path}: the schema tells no {code}: {response.content[:500]!r}"
    content = _resolved(operation["responses"][code]).get("content", {})
    media_type = response.get("Content-Type", "").partition(";")[0]
    if not content:
        return None if not response.content else f"{method} {path} {code}: there should be no body"
    if media_type not in content:
        return f"{method} {path} {code}: {media_type!r} is not told"
    if media_type != "application/json":
        return None
    if method == "HEAD" or response.streaming:
        return None
    error = next(_validator(str(_told(path)), _asked(method), code).iter_errors(_body(response)), None)
    return error and f"{method} {path} {code}: {error.message} at {error.instance_path}"


def _asked(method: str) -> str:
    return "get" if method == "HEAD" else method.lower()


def _operation(method: str, path: str) -> dict[str, Any] | None:
    told = _told(path)
    if told is None:
        return None
    operations = schema()["paths"][told]
    return operations.get(method.lower()) or operations.get(_asked(method))


def _told(path: str) -> str | None:
    return next((told for pattern, told in _routes() if pattern.match(path)), None)


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    found: Any = schema()
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


@cache
def _validator(told: str, method: str, code: str) -> Draft202012Validator:
    response = _resolved(schema()["paths"][told][method]["responses"][code])
    body = response["content"]["application/json"]["schema"]
    return Draft202012Validator(_with_address(body), validate_formats=True, registry=_components())


@cache
def _components() -> Registry:
    """Read once for all validators: one alone needs few of them."""
    return Registry([(_ADDRESS, {"components": schema()["components"]})])


def _with_address(node: Any) -> Any:
    """A part of the schema, with references that hold outside of it."""
    if isinstance(node, list):
        return [_with_address(part) for part in node]
    if not isinstance(node, dict):
        return node
    return {key: _ADDRESS + part if key == "$ref" else _with_address(part) for key, part in node.items()}


def _body(response: Any) -> Any:
    is_compressed = response.headers.get("Content-Encoding") == "gzip"
    return json.loads(gzip.decompress(response.content)) if is_compressed else response.json()
