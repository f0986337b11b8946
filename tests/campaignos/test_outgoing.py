"""Requests to addresses that users name: only to public ones, and bounded."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from campaignos import outgoing
from campaignos.outgoing import RefusedAddress, check_outgoing, post, public_address

pytestmark = pytest.mark.either_database("no database is asked")


@pytest.fixture
def receiver(settings):
    """A server on this host, which networks that are named may reach; what it got, and what it answers."""
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    got, answers = [], {"status": 204, "seconds": 0.0}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            time.sleep(answers["seconds"])
            self.send_response(answers["status"])
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", got, answers
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "https://",
        "https://user:secret@hooks.example.com/",
        "https://hooks.example.com/#part",
        "https://hooks.example.com:99999/",
        "https://hooks.example.com/a b\n",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://[64:ff9b:1::a00:1]/",
        "https://[::7f00:1]/",
        "https://[::ffff:0:7f00:1]/",
        "https://[fd00::1]/",
        "https://[fec0::1]/",
        "https://[ff0e::1]/",
        "https://224.0.0.1/",
        "https://0.0.0.0/",
        "https://100.64.0.1/",
    ],
)
def test_what_is_no_public_address_of_https_is_refused(url):
    with pytest.raises(RefusedAddress):
        check_outgoing(url)
    assert post(url, b"{}", {}).problem


def test_public_addresses_are_taken():
    check_outgoing("https://hooks.example.com/campaignos?of=acme")
    check_outgoing("https://hooks.example.com:8443/")
    check_outgoing("https://9.9.9.9/")
    check_outgoing("https://[2620:fe::9]/")


def test_a_name_that_leads_inside_is_refused_also_beside_public_ones(monkeypatch):
    def resolve(*found):
        infos = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in found]
        monkeypatch.setattr(outgoing.socket, "getaddrinfo", lambda *args, **more: infos)

    resolve("9.9.9.9")
    assert public_address("hooks.example.com", 443) == "9.9.9.9"
    resolve("9.9.9.9", "192.168.1.1")
    with pytest.raises(RefusedAddress):
        public_address("hooks.example.com", 443)


def test_it_connects_to_the_address_that_was_looked_at(receiver, monkeypatch):
    """A name that leads elsewhere the second time does not: it is asked once."""
    address, got, _ = receiver
    port, asked = int(address.rpartition(":")[2]), []

    real = socket.getaddrinfo

    def resolve(host, *args, **more):
        if host == "127.0.0.1":
            return real(host, *args, **more)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(outgoing.socket, "getaddrinfo", resolve)
    assert post(f"http://hooks.example.com:{port}/a?b=c", b"{}", {"X-Y": "z"}).status == 204
    assert asked == ["hooks.example.com"]
    [(path, headers, body)] = got
    assert (path, headers["Host"], headers["X-Y"], body) == ("/a?b=c", f"hooks.example.com:{port}", "z", b"{}")


@pytest.mark.parametrize(("status", "is_taken"), [(200, True), (204, True), (302, False), (410, False), (500, False)])
def test_what_is_answered_is_told_and_nowhere_followed(receiver, status, is_taken):
    address, got, answers = receiver
    answers["status"] = status
    answer = post(address, b"{}", {})
    assert (answer.status, answer.is_taken, len(got)) == (status, is_taken, 1)


def test_whoever_does_not_answer_is_left(receiver, monkeypatch):
    address, _, answers = receiver
    monkeypatch.setattr(outgoing, "SECONDS", 0.05)
    answers["seconds"] = 0.3
    assert post(address, b"{}", {}).status is None


def test_where_nothing_listens_is_told(settings):
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert post(f"http://127.0.0.1:{port}/", b"{}", {}).problem == "Nothing listens there."


def test_plain_http_goes_to_named_networks_alone(settings):
    settings.WEBHOOK_NETWORKS = ["10.1.0.0/16"]
    check_outgoing("http://10.1.2.3/")
    with pytest.raises(RefusedAddress):
        check_outgoing("http://10.2.0.1/")
    with pytest.raises(RefusedAddress):
        public_address("9.9.9.9", 80, plain=True)
