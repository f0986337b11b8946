"""What pages take, beside the answer of the API that has their numbers, with conditions and without.

In turns in one run: the time until all of it is there, and until the first byte is; how many bytes and elements it has;
and in Chromium when the largest part is there and how far things move.
"""

import http.client
import re
import statistics
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, sync_playwright

from analytics.models import Campaign
from tests.bench.server import OF_PLAN
from tests.chromium import CHROMIUM
from workspaces.models import User, Workspace

STEPS = "steps=page_view,add_to_cart,purchase"
OF_HEALTH = ("deliverability", "list-growth", "engagement", "send-times")
PAGES = {
    "overview": ("reports/overview/", "analytics"),
    "campaigns in the period": ("reports/campaign/", "analytics/campaigns?model=last"),
    "one campaign": (
        "reports/campaign/?campaign={campaign}",
        "analytics/campaigns/{campaign}?model=last",
        "analytics/campaigns/{campaign}/engagement",
    ),
    "trends": ("reports/timeseries/", "analytics/timeseries"),
    "what changed": ("reports/why/", "analytics/what-changed"),
    "attribution": ("reports/attribution/?view=credit", "analytics/attribution?model=last&breakdown=source"),
    "revenue": ("reports/revenue/", "analytics/revenue"),
    "funnel": (f"reports/funnel/?{STEPS}", f"analytics/funnel?{STEPS}"),
    "cohorts": ("reports/retention/?unit=week", "analytics/cohorts?unit=week"),
    "health": ("reports/health/", *(f"analytics/{name}" for name in OF_HEALTH)),
    "campaigns": ("campaigns/", "analytics/campaigns?model=last&range=all"),
    "contacts": ("contacts/", "contacts?pageSize=50"),
    "events": ("events/", "events?pageSize=50"),
}
"""By name: the page, and the answers of the API that have its numbers."""
COMPARED = ("overview", "campaigns in the period", "trends", "what changed", "attribution", "revenue")
LISTS = ("campaigns", "contacts", "events")
CONDITION = f"where=contact.plan:{OF_PLAN}"
REQUESTS, LOADS = 15, 5

_PAINTED = """() => new Promise(answer => {
    const found = {largest: 0, shift: 0};
    new PerformanceObserver(list => { for (const one of list.getEntries()) found.largest = one.startTime; })
        .observe({type: "largest-contentful-paint", buffered: true});
    new PerformanceObserver(list => { for (const one of list.getEntries()) found.shift += one.value; })
        .observe({type: "layout-shift", buffered: true});
    setTimeout(() => answer(found), 300);
})"""


class Taken(NamedTuple):
    all: float
    first_byte: float
    body: bytes


def measured_pages(port: int, user: User, workspace: Workspace, days: int) -> dict[str, Any]:
    """Milliseconds; the layout shift is a share of the window, as browsers reckon it. By the name of the page, and with
    `, filtered` behind it where it has a condition on people."""
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    found: dict[str, Any] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, (path, *answers) in addresses(workspace, days).items():
            found[name] = beside_answers(port, path, answers, session) | _painted(browser, port, path, session)
        browser.close()
    return found


def addresses(workspace: Workspace, days: int) -> dict[str, tuple[str, ...]]:
    """Of each page, and of its answers."""
    campaign = Campaign.objects.get(workspace=workspace, external_id="c7").api_id
    found = {}
    for name, (page, *answers) in PAGES.items():
        all_of_it = [
            f"/w/{workspace.slug}/{page}",
            *(f"/api/workspaces/{workspace.api_id}/{answer}" for answer in answers),
        ]
        query = "" if name in LISTS else f"range={days}d"
        query += "&compare=previous" if name in COMPARED else ""
        for suffix, condition in (("", ""), (", filtered", CONDITION)):
            if condition and name == "campaigns":
                continue  # of which there are no conditions on people
            both = "&".join(filter(None, (query, condition)))
            found[name + suffix] = tuple(_with_query(each, both).format(campaign=campaign) for each in all_of_it)
    return found


def _with_query(address: str, query: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{query}" if query else address


def beside_answers(port: int, path: str, answers: Sequence[str], session: str) -> dict[str, float]:
    """A page and the answers of the API are asked for in turns."""
    pages, times = [], []
    for _ in range(REQUESTS + 2):
        pages.append(_asked(port, path, session))
        times.append(sum(_asked(port, answer, session).all for answer in answers))
    warm = pages[2:]
    middle = statistics.median(page.all for page in warm)
    html = warm[-1].body.decode()
    return {
        "p50_ms": round(middle, 1),
        "p95_ms": round(sorted(page.all for page in warm)[int(0.95 * (len(warm) - 1))], 1),
        "first_byte_ms": round(statistics.median(page.first_byte for page in warm), 1),
        "of_answer": round(middle / statistics.median(times[2:]), 1),
        "bytes": len(warm[-1].body),
        "elements": len(re.findall(r"<[a-z]", html)),
    }


def _asked(port: int, path: str, session: str) -> Taken:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    start = time.perf_counter()
    connection.request("GET", path, headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"})
    response = connection.getresponse()
    first = response.read(1)
    first_byte = time.perf_counter()
    body = first + response.read()
    end = time.perf_counter()
    connection.close()
    if response.status != 200:
        raise RuntimeError((response.status, path, body[:500]))
    return Taken(1000 * (end - start), 1000 * (first_byte - start), body)


def _painted(browser: Browser, port: int, path: str, session: str) -> dict[str, float]:
    """The medians of a few loads, each with the files in the browser's cache."""
    address = f"http://127.0.0.1:{port}"
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
    page = context.new_page()
    largest, shift = [], []
    for _ in range(LOADS):
        page.goto(address + path, wait_until="load")
        painted = page.evaluate(_PAINTED)
        largest.append(painted["largest"])
        shift.append(painted["shift"])
    context.close()
    return {"largest_paint_ms": round(statistics.median(largest)), "layout_shift": round(max(shift), 3)}
