"""What the API says of itself."""

import re
from typing import ClassVar

import pytest
from django.test import Client
from jsonschema_rs import Draft202012Validator

from analytics.api.examples import EXAMPLES
from analytics.metrics import METRICS
from campaignos.schema import FILE
from tests import openapi


def test_the_schema_is_served_as_checked_in():
    answer = Client().get("/api/openapi.yaml")
    assert answer["Content-Type"] == "application/yaml"
    assert answer.content == FILE.read_bytes()


def test_the_reference_needs_nothing_from_elsewhere_and_nothing_inline():
    page = Client().get("/api/docs/").content.decode()
    assert "<style" not in page
    assert " style=" not in page
    assert not re.search(r"<script(?![^>]* src=\"/)", page)
    assert set(re.findall(r'(?:src|href)="(/|http)', page)) == {"/"}


def test_what_tests_keep_of_the_schema_goes_with_it(tmp_path):
    first = openapi.kept_as_json(b"paths: {/a: [1, null]}", tmp_path)
    assert first == openapi.kept_as_json(b"paths: {/a: [1, null]}", tmp_path) == {"paths": {"/a": [1, None]}}
    assert openapi.kept_as_json(b"paths: {}", tmp_path) == {"paths": {}}
    assert len([*tmp_path.iterdir()]) == 1


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_valid(name):
    components = {"components": openapi.schema()["components"]}
    body = {"$ref": f"#/components/schemas/{name}", **components}
    Draft202012Validator(body, validate_formats=True).validate(EXAMPLES[name])


def test_everything_is_described():
    missing = [
        f"{method} {path} {parameter['name']}"
        for path, item in openapi.schema()["paths"].items()
        for method, operation in item.items()
        for parameter in operation.get("parameters", ())
        if not parameter.get("description")
    ]
    assert not missing
    for path, item in openapi.schema()["paths"].items():
        for method, operation in item.items():
            assert operation.get("summary"), (method, path)
            assert operation.get("description"), (method, path)


def test_every_body_has_a_type():
    """A name of its own for what is sent and for lists, and one kind of content an answer."""
    for path, item in openapi.schema()["paths"].items():
        for method, operation in item.items():
            bodies = [operation["requestBody"]] if "requestBody" in operation else []
            bodies += [answer for code, answer in operation["responses"].items() if code.startswith("2")]
            for body in bodies:
                kinds = body.get("content", {})
                assert len(kinds) <= 1 or "requestBody" in operation, (method, path)
                for kind in kinds.values():
                    assert kind["schema"].keys() & {"$ref", "type", "oneOf"}, (method, path)


def test_the_schema_says_how_pages_keys_etags_and_retries_work():
    told = openapi.schema()["info"]["description"]
    for name in ("Pages", "Keys", "ETags", "Trying again", "What is not known", "Clearing", "Days"):
        assert f"**{name}" in told
    assert openapi.schema()["servers"]


def test_the_reference_is_linked_from_the_pages(api, workspace):
    for path in (f"/w/{workspace.slug}/start/", f"/w/{workspace.slug}/settings/keys/", "/w/"):
        assert 'href="/api/docs' in api.get(path).content.decode(), path


def test_metrics_are_in_words():
    answer = Client().get("/api/metrics")
    found = {row["key"]: row for row in answer.json()["results"]}
    assert found.keys() == METRICS.keys()
    assert found["open_rate"] == {
        "key": "open_rate",
        "name": "Open rate of sent",
        "definition": METRICS["open_rate"].definition,
        "unit": "share",
        "numerator": "opened",
        "denominator": "sent",
        "formula": "Opened ÷ Sent",
    }
    assert Client().get("/api/metrics", headers={"If-None-Match": answer["ETag"]}).status_code == 304


class _Answer(dict):
    headers: ClassVar[dict[str, str]] = {}
    streaming = False

    def __init__(self, status_code, content, body=None):
        super().__init__({"Content-Type": "application/json"})
        self.status_code, self.content, self.body = status_code, content, body

    def json(self):
        return self.body


@pytest.mark.parametrize(
    ("method", "path", "status", "body", "told"),
    [
        ("GET", "/api/workspaces/ws_1/campaigns", 200, {"results": [], "next": None}, None),
        ("GET", "/api/workspaces/ws_1/campaigns", 200, {"results": []}, "next"),
        ("GET", "/api/metrics", 200, {"results": [], "more": 1}, "more"),
        ("GET", "/api/workspaces/ws_1/campaigns", 418, {}, "tells no 418"),
        ("GET", "/api/workspaces/ws_1/secrets", 200, {}, "is not told"),
    ],
)
def test_an_answer_that_the_schema_does_not_tell_is_seen(method, path, status, body, told):
    found = openapi.mismatch(method, path, _Answer(status, b"{}", body))
    assert found is None if told is None else told in found


def test_the_guide_in_the_schema_leads_to_no_document_beside_it():
    """Whoever reads it at /api/docs/ has no repository beside it."""
    links = re.findall(r"\]\(([^)]+)\)", openapi.schema()["info"]["description"])
    assert all(link.startswith(("http", "/", "#")) for link in links)
    assert "decision 73" in openapi.schema()["info"]["description"]
