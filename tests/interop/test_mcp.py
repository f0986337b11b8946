"""An unmodified client of the Model Context Protocol asks over HTTP, and over standard input and output."""

import asyncio
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx2
import pytest
from django.conf import settings
from django.utils import timezone

from tests.blocks import blocks
from tests.database import database_url

pytestmark = pytest.mark.django_db(transaction=True)
MODES = ["auto", "legacy"]
OVER_HTTP, ON_THIS_MACHINE = (
    json.loads(block.text)["mcpServers"]["analytics"] for block in blocks("docs/machines.md", "json")
)
"""What the document has a client be told."""


@pytest.fixture
def contacts(bulk):
    at = (timezone.now() - timedelta(days=1)).isoformat()
    bulk("contacts", [{"externalId": f"c{number}", "signedUpAt": at} for number in range(5)])


async def ask(server, mode):
    from mcp import Client  # which takes as long to import as a tenth of all tests to collect

    async with Client(server, mode=mode) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        answer = await client.call_tool("ask", {"report": "overview", "parameters": {"range": "7d"}})
        refused = await client.call_tool("ask", {"report": "overview", "parameters": {"range": "x"}})
    return names, answer.structured_content["answer"]["contacts"]["new"], refused.content[0].text


def apart(client):
    """What a client found in a thread of its own: this one may have a browser's loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, client).result()


def is_right(found):
    names, new, refused = found
    assert len(names) == 7
    assert new == 5
    assert refused.startswith("range cannot be 'x'; allowed:")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.usefixtures("contacts")
def test_a_client_asks_over_http(live_server, secret_key, mode):
    from mcp.client.streamable_http import streamable_http_client

    url = OVER_HTTP["url"].replace("https://analytics.example.com", live_server.url)
    headers = {name: value.replace("sk_…", secret_key) for name, value in OVER_HTTP["headers"].items()}

    async def over_http():
        async with httpx2.AsyncClient(headers=headers) as http:
            return await ask(streamable_http_client(url, http_client=http), mode)

    is_right(apart(over_http()))


@pytest.mark.usefixtures("contacts")
def test_a_client_asks_over_standard_input_and_output(workspace):
    from mcp import StdioServerParameters

    site = "/srv/campaignos/current"
    assert ON_THIS_MACHINE["command"] == f"{site}/.venv/bin/python"
    args = [
        arg.replace(site, str(settings.BASE_DIR)).replace("ws_1", workspace.api_id) for arg in ON_THIS_MACHINE["args"]
    ]
    environment = {**os.environ, "DATABASE_URL": database_url(), "SECRET_KEY": "for-tests", "LOG_LEVEL": "ERROR"}
    server = StdioServerParameters(command=sys.executable, args=args, env=environment)
    is_right(apart(ask(server, "auto")))
