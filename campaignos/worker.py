"""gunicorn's worker with threads, in which nobody else's slowness holds a thread, and probes never wait for one.

gunicorn's own `timeout` only tells whether the main loop goes round. A request that is sent by halves, an answer that
is not read, a database that hangs: each keeps a thread for as long as it likes, and when all are kept, the process
answers nothing, `/healthz` included. Here the main loop gathers requests, reading and writing have bounds,
and a process with a thread that has come to nothing for long is replaced.
"""

import gc
import logging
import mmap
import os
import socket
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from campaignos.bounded_socket import SLOWEST, BoundedSocket
from campaignos.environment import read_environment
from campaignos.gathering import GatheringUnreader

logger = logging.getLogger("gunicorn.error")

STREAM_SECONDS = 3600
"""How long an answer that is being sent may go on in a process that ends, as long as it is taken."""
PROBES = (b"GET /healthz", b"HEAD /healthz", b"GET /readyz", b"HEAD /readyz")
ROOM_BYTES = 64 * 1024 * 1024
"""How much of large requests a process keeps that no thread has taken. For more, the oldest that is not whole goes."""
_TIMED_OUT = (
    b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 36\r\n\r\n"
    b"The request did not arrive in time.\n"
)


class Worker(ThreadWorker):  # type: ignore[misc]
    """One process of the server.

    It leaves new connections to a process that has fewer, as SDKs, proxies and browsers keep theirs for long: else the
    process that wakes up first takes all that come at once, and the other cores have nothing to do.
    """

    STEP, LONGEST = 0.001, 0.005
    """Seconds to wait for each connection that it has; and at most, where there are many all round."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.under_way: dict[TConn, int] = {}
        """The connections whose requests are being answered, each with the thread that does."""
        self.stuck: set[TConn] = set()
        self.queued: set[TConn] = set()
        """Those whose requests wait for a thread."""
        self.noted_at = 0.0
        self.is_succeeding = False
        """Whether processes of a former master serve meanwhile."""
        self._answers = mmap.mmap(-1, 1)  # shared: the process writes, the master reads
        environment = read_environment(Path(__file__).resolve().parent.parent)
        self.stuck_seconds = environment["WEB_REQUEST_SECONDS"]
        BoundedSocket.read_seconds = environment["WEB_READ_SECONDS"]

    @property
    def can_answer(self) -> bool:
        """Whether the process has read its program and takes connections; also known to the master."""
        return bool(self._answers[0])

    def init_process(self) -> None:
        self.probe_pool = ThreadPoolExecutor(2)
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        time.sleep(min(self.nr_conns * self.STEP, self.LONGEST))
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        connection = BoundedSocket(client.family, client.type, client.proto, client.detach())
        conn = TConn(self.cfg, connection, address, listener.getsockname())
        if self.cfg.is_ssl:
            self.enqueue_req(conn)
            return
        conn.init()
        conn.parser.unreader = GatheringUnreader(connection)
        connection.setblocking(False)
        self._await_head(conn)
        self.on_pending_socket_readable(conn, connection)

    def _await_head(self, conn: TConn) -> None:
        conn.begun_at = time.monotonic()
        conn.timeout = conn.begun_at + BoundedSocket.read_seconds
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """A connection that was kept has its next request."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await_head(conn)
        self.on_pending_socket_readable(conn, client)

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Take what is there of a request; when it is whole, it is a thread's."""
        request: GatheringUnreader = conn.parser.unreader
        try:
            is_whole = request.take()
        except BlockingIOError:
            return
        except OSError:
            is_whole = None
        if is_whole is False and (not request.is_large or self._has_room_for(conn)):
            conn.timeout = max(conn.timeout, conn.begun_at + BoundedSocket.read_seconds + request.size / SLOWEST)
            return
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        if is_whole is None:
            self._drop(conn)
        else:
            self.enqueue_req(conn)

    def _has_room_for(self, conn: TConn) -> bool:
        """Whether more of a large request can be taken, perhaps by closing the one that is being sent for longest."""
        half_sent = [other for other in self.pending_conns if other.parser.unreader.is_large]
        kept = sum(other.parser.unreader.size for other in [*half_sent, *list(self.queued)])
        if kept <= ROOM_BYTES:
            return True
        if half_sent[0] is conn:
            return False
        self._close_half_sent(half_sent[0])
        return True

    def murder_pending(self) -> None:
        """Close the connections whose requests did not come, or only by halves."""
        now = time.monotonic()
        for conn in [conn for conn in self.pending_conns if conn.timeout <= now]:
            self._close_half_sent(conn)

    def _close_half_sent(self, conn: TConn) -> None:
        self.pending_conns.remove(conn)
        self.poller.unregister(conn.sock)
        if conn.parser.unreader.is_begun:
            seconds = time.monotonic() - conn.begun_at
            logger.warning("A request was sent by half for %.0f s; its connection is closed.", seconds)
            with suppress(OSError):
                conn.sock.send(_TIMED_OUT)
        self._drop(conn)

    def _drop(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()

    def enqueue_req(self, conn: TConn) -> None:
        """Probes have threads of their own, so that they are answered however busy the others are."""
        is_probe = conn.parser is not None and conn.parser.unreader.buf.getvalue().startswith(PROBES)
        self.queued.add(conn)
        future = (self.probe_pool if is_probe else self.tpool).submit(self.handle, conn)
        future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def handle(self, conn: TConn) -> Any:
        self.queued.discard(conn)
        if not isinstance(conn.sock, BoundedSocket):
            return super().handle(conn)
        conn.sock.begin()
        self.under_way[conn] = threading.get_ident()
        try:
            return super().handle(conn)
        finally:
            del self.under_way[conn]
            conn.parser.unreader.begin()

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Where this raises when an answer has begun, its connection is reset."""
        if not isinstance(conn.sock, BoundedSocket):
            return super().handle_request(req, conn)
        conn.sock.begin_answer()
        is_kept = super().handle_request(req, conn)
        conn.sock.end_answer()
        gc.collect(1)  # views and templates' contexts lie in cycles, with what was read: few objects, much memory
        return is_kept

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answers with an error: no answer had begun."""
        if isinstance(client, BoundedSocket):
            client.end_answer()
        super().handle_error(req, client, addr, exc)

    def notify(self) -> None:
        super().notify()
        self._note_load()
        since = time.monotonic() - self.stuck_seconds
        for conn, thread in list(self.under_way.items()):
            if conn.sock.active_at < since and conn not in self.stuck:
                self.stuck.add(conn)
                self.alive = False
                logger.error(
                    "A request has come to nothing for %s s; the process is replaced. Its thread is at\n%s",
                    self.stuck_seconds,
                    _stack_of(thread),
                )

    def _note_load(self) -> None:
        """Once a second, for `/metrics`."""
        if (now := time.monotonic()) - self.noted_at < 1:
            return
        from campaignos.telemetry import note_load  # reads where to write to as it is imported: not in the master

        self.noted_at = now
        note_load(busy=len(self.under_way), waiting=len(self.queued))

    def run(self) -> None:
        """Serve; in the end, let requests under way come to their end, and long answers as long as they are taken."""
        self._warm_up()
        self.poller.register(self.method_queue.fileno(), EVENT_READ, self.method_queue.run_callbacks)
        self.set_accept_enabled(True)
        self._answers[0] = 1
        while self.alive and self.is_parent_alive():
            self._turn()
            can_accept = self.nr_conns < self.worker_connections
            if can_accept != self._accepting:
                self.set_accept_enabled(can_accept)
        self.set_accept_enabled(False)
        self._cap_keepalive(time.monotonic() + 2)
        self._let_end()
        self.tpool.shutdown(wait=False)
        if self.under_way:
            logging.shutdown()
            os._exit(0)  # Python itself would wait for its threads

    def _warm_up(self) -> None:
        """Where others serve meanwhile, do first what the first requests would wait for."""
        if self.is_succeeding and (warm_up := getattr(self.wsgi, "warm_up", None)):
            warm_up()

    def _turn(self) -> None:
        self.notify()
        self.wait_for_and_dispatch_events(timeout=1.0)
        self.murder_keepalived()
        self.murder_pending()
        self._make_room()

    def _make_room(self) -> None:
        """Where there are as many connections as may be, close those that have waited longest for a request."""
        while self.nr_conns >= self.worker_connections and (waiting := self.pending_conns or self.keepalived_conns):
            conn = waiting.popleft()
            self.poller.unregister(conn.sock)
            self._drop(conn)

    def _let_end(self) -> None:
        begun = time.monotonic()
        while self.nr_conns > len(self.stuck):
            lasts = time.monotonic() - begun
            if lasts > STREAM_SECONDS or not self.is_parent_alive():
                return
            if lasts > self.cfg.graceful_timeout and not any(conn.sock.sent for conn in list(self.under_way)):
                return
            self._turn()


def _stack_of(thread: int) -> str:
    frame = sys._current_frames().get(thread)
    return "".join(traceback.format_stack(frame)) if frame else "its end"
