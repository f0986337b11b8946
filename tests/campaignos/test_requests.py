"""What reaches the program of a request as a server hands it on."""

import base64
import io
import json
from typing import Any

import pytest
from django.conf import settings as project
from django.template import engines
from django.urls import clear_url_caches, get_resolver, reverse

from analytics.providers import Provider
from campaignos.requests import Handler, read_templates
from tests.analytics.intake.provider_payloads import SENDERS
from workspaces.changes import create_webhook
from workspaces.models import Workspace

pytestmark = pytest.mark.usefixtures("now")


def send(path: str, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    """As a server does that takes chunks apart: without a length, the stream ends where the body does."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": "application/json",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        **headers,
    }
    handler = Handler()
    response = handler.get_response(handler.request_class(environ))
    return response.status_code, json.loads(response.content)


@pytest.fixture
def chunked(workspace: Workspace, write_key: str, secret_key: str) -> dict[str, tuple[str, bytes, dict[str, str]]]:
    """By the kind of route: a path, a body that is good there, and the headers that open it."""
    hook = create_webhook(workspace=workspace, provider=Provider.MAILTRAP, by=None)
    password = base64.b64encode(f"campaignos:{hook.password}".encode()).decode()
    call = json.dumps({"userId": "u1", "event": "did", "properties": {"text": "x" * 20_000}}).encode()
    items = json.dumps({"items": [{"externalId": "a"}]}).encode()
    report = json.dumps(SENDERS["mailtrap"].payload("opened", "r", "")).encode()
    key = {"HTTP_AUTHORIZATION": f"Bearer {write_key}"}
    return {
        "sdk": ("/v1/track", call, key),
        "bulk": (
            f"/api/workspaces/{workspace.api_id}/contacts/bulk",
            items,
            {"HTTP_AUTHORIZATION": f"Bearer {secret_key}"},
        ),
        "webhook": (hook.path, report, {"HTTP_AUTHORIZATION": f"Basic {password}"}),
    }


@pytest.mark.parametrize("kind", ["sdk", "bulk", "webhook"])
def test_a_body_sent_in_chunks_is_read(chunked: Any, kind: str) -> None:
    path, body, headers = chunked[kind]

    status, answer = send(path, body, **headers)

    assert (status, answer["accepted"]) == (200, 1)


@pytest.mark.parametrize("kind", ["sdk", "bulk", "webhook"])
def test_a_body_sent_in_chunks_is_bounded_like_any_other(chunked: Any, kind: str) -> None:
    path, _, headers = chunked[kind]

    status, answer = send(path, b" " * (project.MAX_BODY_BYTES + 1), **headers)

    assert (status, answer["code"]) == (413, "body_too_large")


@pytest.mark.either_database("templates are read without it")
def test_every_template_can_be_read_before_its_page_is_asked_for() -> None:
    read_templates()
    read = {name for loader in engines["django"].engine.template_loaders for name in loader.get_template_cache}
    assert {"base.html", "account/login.html"} <= read


@pytest.mark.either_database("addresses are read without it")
def test_who_comes_first_waits_for_no_addresses_to_be_compiled(db: None) -> None:
    clear_url_caches()
    Handler().warm_up()
    begun = len(get_resolver()._reverse_dict)  # type: ignore[attr-defined]
    assert reverse("account_login") == "/login/"
    assert begun == len(get_resolver()._reverse_dict) > 0  # type: ignore[attr-defined]
