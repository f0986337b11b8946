"""The project's own server, as the README starts it, and what asking it takes."""

import json
import re
import statistics
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from analytics.models import Campaign
from tests import served as project
from tests.bench.engines import AGE, AMOUNT, GROUPS, PAGE, PLAN
from tests.bench.history import value_name
from tests.served import Served
from workspaces.models import Workspace

STEPS = "steps=page_view,add_to_cart,purchase&days={days}"
TWICE = quote(json.dumps({"did": "purchase", "times": {"gte": 2}, "within": "30d"}))
OF_PLAN = quote(value_name("plan", PLAN))
REPORTS = {
    "overview": "",
    "campaign": "/campaigns/{campaign}?period={days}d",
    "timeseries": "/timeseries?days={days}",
    "attribution": "/attribution?days={days}",
    "funnel": "/funnel?steps=page_view,add_to_cart,purchase&days={days}",
    "cohorts": "/cohorts?days={days}",
    "funnel, filtered": f"/funnel?step=page_view+where+property.plan:{OF_PLAN}&step=add_to_cart"
    f"&step=purchase+where+property.amount>={AMOUNT / 100}&days={{days}}",
    "funnel, bought twice": f"/funnel?{STEPS}&filter={TWICE}",
    "funnel by referrer": f"/funnel?{STEPS}&breakdown=property.referrer&limit={GROUPS['referrer']}",
    "funnel by path": f"/funnel?{STEPS}&breakdown=property.path&limit={GROUPS['path']}",
    "contacts": f"/contacts?where=contact.plan:{OF_PLAN}&where=contact.age>={AGE}&ordering=-signedUpAt&pageSize={PAGE}",
}
PLAIN = ("overview", "campaign", "timeseries", "attribution", "funnel", "cohorts")
"""Those without conditions."""
OF_WORKSPACE = ("contacts",)
"""Those that are no report."""


class Server:
    def __init__(self, served: Served) -> None:
        self.port, self._served = served.port, served

    def address(self, workspace: Workspace, name: str, days: int) -> str:
        campaign = f"cmp_{Campaign.objects.get(workspace=workspace, external_id='c7').pk}" if name == "campaign" else ""
        path = REPORTS[name].format(campaign=campaign, days=days)
        return self.of_workspace(workspace, f"{'' if name in OF_WORKSPACE else '/analytics'}{path}")

    def of_workspace(self, workspace: Workspace, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/api/workspaces/{workspace.api_id}{path}"

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
        return self.timed(self.address(workspace, name, days), token, requests)

    def timed(self, address: str, token: str, requests: int) -> tuple[float, float, Any]:
        """The median and nineteen twentieths of some requests, in milliseconds, and the answer."""
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
        peaks = [
            int(found[1])
            for worker in self._served.workers
            if (found := re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{worker}/status").read_text()))
        ]
        return round(max(peaks) / 1024, 1)


@contextmanager
def served(**environment: str) -> Iterator[Server]:
    with project.served(**environment) as started:
        yield Server(started)
