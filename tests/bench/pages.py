"""What pages take: the server's time, and in Chromium when the largest part is there and how far things move."""

import http.client
import statistics
import time
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, sync_playwright

from analytics.models import Campaign
from tests.chromium import CHROMIUM
from workspaces.models import User, Workspace

PAGES = {
    "overview": "reports/overview/?period={days}d",
    "campaign": "reports/campaign/?campaign={campaign}&period={days}d",
    "time series": "reports/timeseries/?period={days}d",
    "attribution": "reports/attribution/?view=sources&period={days}d",
    "funnel": "reports/funnel/?steps=page_view,add_to_cart,purchase&period={days}d",
    "cohorts": "reports/retention/?period={days}d",
    "campaigns": "campaigns/",
    "contacts": "contacts/",
    "events": "events/",
}
REQUESTS, LOADS = 30, 5

_PAINTED = """() => new Promise(answer => {
    const found = {largest: 0, shift: 0};
    new PerformanceObserver(list => { for (const one of list.getEntries()) found.largest = one.startTime; })
        .observe({type: "largest-contentful-paint", buffered: true});
    new PerformanceObserver(list => { for (const one of list.getEntries()) found.shift += one.value; })
        .observe({type: "layout-shift", buffered: true});
    setTimeout(() => answer(found), 300);
})"""


def measured_pages(port: int, user: User, workspace: Workspace, days: int) -> dict[str, Any]:
    """Milliseconds; the layout shift is a share of the window, as browsers reckon it."""
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    campaign = Campaign.objects.get(workspace=workspace, external_id="c7").api_id
    found: dict[str, Any] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, page in PAGES.items():
            path = f"/w/{workspace.slug}/{page.format(days=days, campaign=campaign)}"
            found[name] = _served(port, path, session) | _painted(browser, port, path, session)
        browser.close()
    return found


def _served(port: int, path: str, session: str) -> dict[str, float]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    taken = []
    for _ in range(REQUESTS + 3):
        start = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"})
        response = connection.getresponse()
        response.read()
        taken.append(1000 * (time.perf_counter() - start))
        assert response.status == 200, (response.status, path)
    connection.close()
    warm = sorted(taken[3:])
    return {"p50_ms": round(statistics.median(warm), 1), "p95_ms": round(warm[int(0.95 * (len(warm) - 1))], 1)}


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
