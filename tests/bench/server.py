"""The project's own server, as the README starts it, and what asking it takes."""

import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from analytics.models import Campaign
from workspaces.models import Workspace

REPORTS = {
    "overview": "",
    "campaign": "/campaigns/{campaign}?period={days}d",
    "timeseries": "/timeseries?days={days}",
    "attribution": "/attribution?days={days}",
    "funnel": "/funnel?steps=page_view,add_to_cart,purchase&days={days}",
    "cohorts": "/cohorts?days={days}",
}


class Server:
    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.port, self.process = port, process

    def address(self, workspace: Workspace, name: str, days: int) -> str:
        campaign = Campaign.objects.get(workspace=workspace, external_id="c7").api_id
        path = REPORTS[name].format(campaign=campaign, days=days)
        return f"http://127.0.0.1:{self.port}/api/workspaces/{workspace.api_id}/analytics{path}"

    def ask(self, address: str, token: str) -> tuple[float, Any]:
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
        start = time.perf_counter()
        with urllib.request.urlopen(request) as response:
            body = response.read()
        return 1000 * (time.perf_counter() - start), json.loads(body)

    def first(self, workspace: Workspace, token: str, name: str, days: int) -> float:
        return self.ask(self.address(workspace, name, days), token)[0]

    def measured(
        self, workspace: Workspace, token: str, name: str, days: int, requests: int
    ) -> tuple[float, float, Any]:
        address = self.address(workspace, name, days)
        for _ in range(6):
            self.ask(address, token)
        found: list[float] = []
        answer: Any = None
        for _ in range(requests):
            milliseconds, answer = self.ask(address, token)
            found.append(milliseconds)
        found.sort()
        return round(statistics.median(found), 1), round(found[int(0.95 * (len(found) - 1))], 1), answer

    def peak_mb(self) -> float:
        """The most memory that a worker process had."""
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        peaks = [
            int(found[1])
            for child in children
            if (found := re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{child}/status").read_text()))
        ]
        return round(max(peaks) / 1024, 1)


@contextmanager
def served(**environment: str) -> Iterator[Server]:
    """The project's own server, as the README starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).parent / "gunicorn"), "-c", "python:campaignos.gunicorn", "campaignos.wsgi"]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4", "--log-level", "warning"]
    environment = {**os.environ, "LOG_LEVEL": "WARNING", **environment}
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        time.sleep(1)
        yield Server(port, process)
    finally:
        process.terminate()
        process.wait()
