"""With SENTRY_DSN, errors are reported: what happened where, and nothing of whom it happened to."""

import gzip
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import brotli
import pytest
from django.conf import settings

FAILS = """
import django
django.setup()
from django.test import Client
import sentry_sdk
client = Client(raise_request_exception=False)
client.cookies["sessionid"] = "secret-session"  # looked up in a database without tables
headers = {"Authorization": "Bearer sk_0123456789abcdef", "X-Request-Id": "0123456789abcdef0123456789abcdef"}
response = client.get("/api/session?search=ada@example.com", headers=headers)
assert response.status_code == 500, response
sentry_sdk.flush(10)
"""


@pytest.fixture
def sentry():
    """A server that takes reports, and the events it got."""
    events = []

    class Inbox(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            unpack = {"br": brotli.decompress, "gzip": gzip.decompress}.get(self.headers["Content-Encoding"], bytes)
            rows = [json.loads(line) for line in unpack(body).splitlines()]
            events.extend(row for row in rows if "exception" in row)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Inbox)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://public@127.0.0.1:{server.server_port}/1", events
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.long
def test_an_error_is_reported_by_the_id_of_its_request_and_nothing_else_of_it(sentry, tmp_path):
    dsn, events = sentry
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "campaignos.settings",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}",
        "SECRET_KEY": "for-the-test",
        "ALLOWED_HOSTS": "testserver",
        "SENTRY_DSN": dsn,
    }
    done = subprocess.run(
        [sys.executable, "-c", FAILS],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    (event,) = events
    assert event["exception"]["values"][-1]["type"] == "OperationalError"
    assert event["environment"] == "production"
    assert event["transaction"] == "/api/session/"
    assert event["tags"] == {"request_id": "0123456789abcdef0123456789abcdef"}
    text = json.dumps(event)
    for secret in ("ada@", "secret-session", "sk_0123", "search="):
        assert secret not in text
