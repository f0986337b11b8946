"""The lines that README.md and docs/clients.md give for each client, run as they stand there."""

import functools
import http.server
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from analytics.models import Event
from tests.blocks import Block, blocks
from tests.interop.conftest import HERE
from workspaces.models import Key

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.either_database("what a client sends is the same, and arrives alike on each"),
]
BUILD = HERE / "node_modules/@segment/analytics-next/dist/umd"
PYTHON = [*blocks("README.md", "python"), *blocks("docs/clients.md", "python")]
NODE = blocks("docs/clients.md", "js", "Node")


def filled_in(block: Block, server: str, write_key: str) -> str:
    text = block.text.replace("YOUR_WRITE_KEY", write_key)
    for documented in ("https://analytics.example.com", "http://127.0.0.1:8000"):
        text = text.replace(documented, server)
    return text


def purchase(workspace) -> float:
    """What the one event says."""
    event = Event.objects.get(workspace=workspace)
    assert event.type == "purchase"
    return event.properties["revenue"]


def run(*command: str | Path, folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("number", range(len(PYTHON)))
def test_the_lines_for_python_send_what_they_say(number, server, workspace, write_key, tmp_path):
    run(sys.executable, "-c", filled_in(PYTHON[number], server, write_key), folder=tmp_path)
    assert purchase(workspace) == 9.5


@pytest.mark.parametrize("number", range(len(NODE)))
def test_the_lines_for_node_send_what_they_say(number, server, workspace, write_key, tmp_path):
    (tmp_path / "node_modules").symlink_to(HERE / "node_modules")
    (tmp_path / "example.mjs").write_text(filled_in(NODE[number], server, write_key))
    run("node", "example.mjs", folder=tmp_path)
    assert purchase(workspace) == 9.5


@pytest.mark.parametrize("block", blocks("docs/clients.md", "js", "Browser"), ids=["segment-browser"])
def test_the_lines_for_a_page_send_its_view(block, browser, server, workspace, write_key, tmp_path):
    """With the client's build in place of a bundler, as the document has it."""
    Key.objects.filter(workspace=workspace).update(allows_browsers=True)
    scheme, host = server.split("://")
    text = filled_in(block, server, write_key)
    bundled = 'import { AnalyticsBrowser } from "@segment/analytics-next"'
    text = text.replace(bundled, "const { AnalyticsBrowser } = AnalyticsNext")
    text = text.replace("analytics.example.com/v1", f"{host}/v1").replace('protocol: "https"', f'protocol: "{scheme}"')
    (tmp_path / "umd").symlink_to(BUILD)
    page = f'<!doctype html><title>A shop</title><script src="umd/index.js"></script><script>{text}</script>'
    (tmp_path / "index.html").write_text(page)
    serve = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    shop = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve)
    threading.Thread(target=shop.serve_forever, daemon=True).start()
    with (
        closing(browser.new_page()) as tab,
        tab.expect_response(lambda response: response.url.startswith(f"{server}/v1/p") and response.ok),
    ):
        tab.goto(f"http://127.0.0.1:{shop.server_port}/")
    shop.shutdown()
    shop.server_close()
    assert Event.objects.get(workspace=workspace).type == "page_view"
