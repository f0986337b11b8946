"""The tools over HTTP (`POST /api/mcp`), for a secret key that may read: streamable HTTP without sessions.

Each request is answered by itself, as JSON, by whichever process gets it; there is no stream to open by GET.
"""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from asgiref.sync import async_to_sync
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from analytics.machines.report_questions import Asker
from campaignos.bodies import read_body
from campaignos.errors import BodyError, error_body
from workspaces.access import authorization_token, usable_key
from workspaces.models import KeyKind
from workspaces.roles import Right

MAX_MCP_BYTES = 256 * 1024
SEND_KEY = "Send a secret key of the workspace: Authorization: Bearer sk_…"


def is_installed() -> bool:
    return find_spec("mcp") is not None


@csrf_exempt
def mcp_endpoint(request: HttpRequest) -> HttpResponseBase:
    """404 where the optional package is not installed."""
    if not is_installed():
        raise Http404
    if request.method != "POST":
        return _error(405, "method_not_allowed", "Only POST: there are no sessions and no streams.", Allow="POST")
    key = usable_key(authorization_token(request) or "", KeyKind.SECRET)
    if key is None:
        challenge = 'Bearer realm="CampaignOS"'
        return _error(401, "not_authenticated", SEND_KEY, **{"WWW-Authenticate": challenge})
    if Right.READ not in key.rights:
        return _error(403, "permission_denied", "This needs the scope read.")
    try:
        body = read_body(request)
    except BodyError as error:
        return _error(error.status_code, str(error.get_codes()), str(error.detail))
    if len(body) > MAX_MCP_BYTES:
        return _error(413, "body_too_large", f"The body has more than {MAX_MCP_BYTES:,} bytes.")
    asker = Asker(key.workspace, timezone.now(), request.build_absolute_uri("/").rstrip("/"))
    return async_to_sync(_answer)(request, body, asker)


def _error(status: int, code: str, message: str, **headers: str) -> JsonResponse:
    return JsonResponse(error_body(code, message), status=status, headers=headers)


@dataclass
class _Exchange:
    """One request, and what is answered, as ASGI has them."""

    body: bytes
    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)
    is_read: bool = False

    async def receive(self) -> MutableMapping[str, Any]:
        from anyio import sleep_forever

        if self.is_read:
            await sleep_forever()  # a client that goes away is noticed by the server alone
        self.is_read = True
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], [*message.get("headers", ())]
        else:
            self.parts.append(message.get("body", b""))

    @property
    def response(self) -> HttpResponse:
        told = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers}
        told.pop("content-length", None)
        return HttpResponse(b"".join(self.parts), status=self.status, headers=told)


async def _answer(request: HttpRequest, body: bytes, asker: Asker) -> HttpResponse:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from analytics.machines.server import tool_server

    exchange = _Exchange(body)
    failures: list[Exception] = []
    server = tool_server(lambda: asker, note_failure=failures.append)
    manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)
    async with manager.run():
        await manager.handle_request(_scope(request), exchange.receive, exchange.send)
    if failures:
        raise failures[0]
    return exchange.response


def _scope(request: HttpRequest) -> dict[str, Any]:
    left_out = {"authorization", "content-encoding", "content-length", "transfer-encoding"}
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme,
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in request.headers.items()
            if name.lower() not in left_out
        ],
    }
