"""Slow clients, hanging threads and reloads: nobody else is kept from being answered, and no answer ends unseen."""

import os
import signal
import socket
import time
from contextlib import ExitStack, contextmanager
from urllib.request import urlopen

import pytest

from tests.campaignos.serving import answered, serving, until
from tests.served import PATIENCE

pytestmark = pytest.mark.processes

HALF_A_HEAD = b"POST /v1/batch HTTP/1.1\r\nHost: 127.0.0.1\r\n"
HALF_A_BODY = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{"
HALF_CHUNKED = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
HALF_A_LARGE_BODY = HALF_A_BODY.replace(b"1000", b"1000000") + b" " * 100_000
HALF_OF_MANY_CHUNKS = HALF_CHUNKED + b"%x\r\n%s\r\n" % (100_000, b" " * 100_000)
NOTHING_AFTER_THE_GO_AHEAD = HALF_A_BODY.replace(b"\r\n\r\n{", b"\r\nExpect: 100-continue\r\n\r\n")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A server that waits two seconds, and what it has logged since the test began."""
    folder = tmp_path_factory.mktemp("server")
    with serving(folder, WEB_READ_SECONDS="2") as server:
        yield server, folder / "log"


@pytest.fixture
def server(shared):
    return shared[0]


@pytest.fixture
def logged(shared):
    log = shared[1]
    before = log.stat().st_size
    return lambda: log.read_bytes()[before:].decode()


@contextmanager
def connected(server, content, count=1):
    """So many connections, after the content was sent on each."""
    with ExitStack() as stack:
        opened = []
        for _ in range(count):
            opened.append(stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)))
            opened[-1].sendall(content)
        yield opened


def read(connection):
    """All that is still sent, until the other side closes."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        HALF_A_HEAD,
        HALF_A_BODY,
        HALF_CHUNKED,
        HALF_A_LARGE_BODY,
        HALF_OF_MANY_CHUNKS,
        NOTHING_AFTER_THE_GO_AHEAD,
    ],
    ids=[
        "nothing",
        "half a head",
        "half a body",
        "half of the chunks",
        "half a large body",
        "half of many chunks",
        "nothing after the go-ahead",
    ],
)
def test_requests_that_never_come_whole_hold_no_thread_and_are_closed(server, logged, content):
    with connected(server, content, 20) as held:
        assert answered(server, "/")
        assert answered(server, "/readyz")
        said = {read(connection).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")[:12] for connection in held}
        assert said == {b"HTTP/1.1 408" if content else b""}
        assert ("sent by half" in logged()) == bool(content)


def test_of_more_half_sent_bodies_than_there_is_room_for_the_oldest_goes(server, logged):
    half = HALF_A_LARGE_BODY.replace(b"1000000", b"5000000") + b" " * 4_000_000
    with connected(server, half, 20) as held:
        until(lambda: "sent by half" in logged())
        assert answered(server, "/")
        assert b"HTTP/1.1 408" in read(held[0])


@pytest.mark.parametrize("content", [HALF_A_BODY, HALF_A_LARGE_BODY])
def test_a_body_that_is_sent_by_drops_is_not_waited_for(server, content):
    with connected(server, content) as [connection], pytest.raises((ConnectionResetError, BrokenPipeError)):
        send_drops(connection)


def send_drops(connection):
    for _ in range(int(PATIENCE / 0.1)):
        connection.sendall(b" ")
        time.sleep(0.1)


def test_idle_connections_make_room_for_others(tmp_path):
    with serving(tmp_path, "--worker-connections", "10") as server, connected(server, HALF_A_HEAD, 30):
        assert answered(server, "/")


def test_a_process_with_a_thread_that_hangs_is_replaced_and_says_where(tmp_path):
    with serving(tmp_path, "--graceful-timeout", "1", WEB_REQUEST_SECONDS="1") as server:
        before = server.workers
        request = b"GET /hang HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        with connected(server, request) as [connection], pytest.raises(ConnectionResetError):
            read(connection)
        until(lambda: answered(server, "/"))
        assert server.workers != before
        assert "has come to nothing for 1 s; the process is replaced" in (tmp_path / "log").read_text()
        assert "time.sleep(3600)" in (tmp_path / "log").read_text()


def test_who_takes_an_answer_slowly_has_no_process_replaced(tmp_path):
    size = 50_000_000
    request = b"GET /large?%d HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n" % size
    with serving(tmp_path, WEB_REQUEST_SECONDS="1") as server:
        before = server.workers
        with connected(server, request) as [connection]:
            with urlopen(f"{server.address}/lines?30", timeout=PATIENCE) as three_seconds:
                three_seconds.read()
            assert len(read(connection)) > size
        assert server.workers == before


def test_a_long_answer_outlives_a_reload(tmp_path):
    with serving(tmp_path, "--graceful-timeout", "1") as server:
        before = server.workers
        with urlopen(f"{server.address}/lines?40", timeout=PATIENCE) as response:
            first = response.readline()
            server.process.send_signal(signal.SIGHUP)
            rest = response.read()
        assert (first + rest).decode().split() == [str(number) for number in range(40)]
        until(lambda: not set(before) & set(server.workers))


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_an_answer_that_breaks_off_is_no_answer_that_is_complete(server, version):
    request = f"GET /broken HTTP/{version}\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with connected(server, request) as [connection], pytest.raises(ConnectionResetError):
        read(connection)


def test_an_answer_that_ends_with_its_process_is_no_answer_that_is_complete(tmp_path):
    """In HTTP/1.0, the end of the connection would be the end of the answer."""
    request = b"GET /lines?1000 HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"
    with serving(tmp_path) as server, connected(server, request) as [connection]:
        connection.recv(10)
        for worker in server.workers:
            os.kill(int(worker), signal.SIGKILL)
        with pytest.raises(ConnectionResetError):
            read(connection)


def test_the_count_of_rows_stands_behind_the_last_chunk(server):
    request = b"GET /counted HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with connected(server, request) as [connection]:
        assert read(connection).endswith(b"seven rows\r\n0\r\nX-Row-Count: 7\r\n\r\n")


def test_nothing_stays_of_an_answer_that_lies_in_a_cycle(server):
    """Of reports it would be hundreds of megabytes, until garbage is looked for among all objects."""
    request = b"GET /%s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: %s\r\n\r\n"
    with connected(server, request % (b"cycle", b"keep-alive") + request % (b"cycles", b"close")) as [connection]:
        assert b"0 are left" in read(connection)


def test_requests_that_come_together_and_large_bodies_are_answered(server):
    request = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nhello"
    large = b"x" * 3_000_000
    with connected(server, request * 3) as [connection]:
        found = b""
        while found.count(b"hello") < 3:
            found += connection.recv(65536)
        with urlopen(server.address, data=large, timeout=PATIENCE) as response:
            assert response.read() == large


@pytest.mark.parametrize("size", [0, 10, 70_000, 3_000_000])
def test_bodies_in_chunks_and_those_that_wait_for_a_go_ahead_are_taken(server, size):
    body = b"x" * size
    chunks = b"%x\r\n%s\r\n" % (size, body) * bool(size) + b"0\r\n\r\n"
    chunked = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunks
    head = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\nConnection: close\r\n" % size
    with connected(server, chunked) as [connection]:
        assert (body or b"ok") in read(connection)
    with connected(server, head + b"Expect: 100-continue\r\n\r\n") as [connection]:
        assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(body)
        assert (body or b"ok") in read(connection)
