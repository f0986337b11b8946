"""An unmodified client of the Model Context Protocol asks over HTTP, and over standard input and output."""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx2
import pytest
from django.conf import settings
from django.utils import timezone
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tests.database import database_url

pytestmark = pytest.mark.django_db(transaction=True)
MODES = ["auto", "legacy"]


@pytest.fixture
def contacts(bulk):
    at = (timezone.now() - timedelta(days=1)).isoformat()
    bulk("contacts", [{"externalId": f"c{number}", "signedUpAt": at} for number in range(5)])


async def ask(server, mode):
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
    async def over_http():
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {secret_key}"}) as http:
            return await ask(streamable_http_client(f"{live_server.url}/api/mcp", http_client=http), mode)

    is_right(apart(over_http()))


@pytest.mark.usefixtures("contacts")
def test_a_client_asks_over_standard_input_and_output(workspace):
    manage = str(settings.BASE_DIR / "manage.py")
    environment = {**os.environ, "DATABASE_URL": database_url(), "SECRET_KEY": "for-tests", "LOG_LEVEL": "ERROR"}
    server = StdioServerParameters(
        command=sys.executable, args=[manage, "mcp", "--workspace", workspace.api_id], env=environment
    )
    is_right(apart(ask(server, "auto")))
