"""How gunicorn serves: `gunicorn -c python:campaignos.gunicorn campaignos.wsgi`.

Options on its command line and in GUNICORN_CMD_ARGS go before these.
"""

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from campaignos.environment import read_environment
from campaignos.master import Master, prepare_successor

_FOLDER = Path(__file__).resolve().parent.parent
_environment = read_environment(_FOLDER)

chdir = str(_FOLDER)  # as it is, not by a link: what is imported later comes from this release, too
bind = _environment["BIND"]
worker_class = "campaignos.worker.Worker"
workers = _environment["WEB_WORKERS"]
threads = _environment["WEB_THREADS"]
timeout = 60  # of a process whose main loop stands still; campaignos.worker bounds what its threads wait for
graceful_timeout = 30
keepalive = 75  # longer than a proxy keeps its idle connections, else it meets closed ones
max_requests = _environment["WEB_MAX_REQUESTS"]
max_requests_jitter = max_requests // 10
limit_request_line = 8190
control_socket_disable = True

_MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"


def on_starting(server: Any) -> None:
    """A folder where the workers leave their numbers, so that one of them can answer for all, also over a handover."""
    server.__class__ = Master  # gunicorn has no setting for it
    server.began = time.monotonic()
    if not server.master_pid:
        os.environ[_MULTIPROCESS] = tempfile.mkdtemp(prefix="campaignos-metrics-")


def pre_exec(server: Any) -> None:
    server.cfg.env_orig[_MULTIPROCESS] = os.environ[_MULTIPROCESS]
    prepare_successor(server, _FOLDER)


def post_fork(server: Any, worker: Any) -> None:
    worker.is_succeeding = bool(server.master_pid)


def child_exit(server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    """The last master takes the folder away."""
    if not server.master_pid and not server.is_succeeded:
        shutil.rmtree(os.environ[_MULTIPROCESS], ignore_errors=True)
