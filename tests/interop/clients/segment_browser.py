"""@segment/analytics-next in Chromium, from a page of another origin, in the words of tests/interop/scenario.py.

The browser build is served as the npm package has it. Its settings stand inline, so that it asks no other host for
them. It compresses nothing; instead of gzip it is told to send in batches.
"""

import functools
import http.server
import json
import threading
import time
from pathlib import Path

import steps
from playwright.sync_api import sync_playwright

PAGE = """<!doctype html><html lang="en"><title>A shop</title><script src="/umd/index.js"></script></html>"""
RUN = Path(__file__).with_name("segment_browser.js").read_text()
BUILD = Path(__file__).parent.parent / "node_modules/@segment/analytics-next/dist"


class Shop(http.server.SimpleHTTPRequestHandler):
    """A page, and the client's build."""

    def do_GET(self):
        if self.path.startswith("/umd/"):
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, *args):
        pass


def ids_in(request):
    """The ids of the calls in a request of the client's."""
    if request.method != "POST" or request.url.endswith("/m"):
        return set()
    sent = json.loads(request.post_data)
    return {call["messageId"] for call in sent.get("batch", [sent])}


def main():
    told = steps.told()
    errors, foreign, delivered = [], [], set()
    calls = sum(step["do"] != "flush" for step in told["steps"])
    shop = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Shop, directory=BUILD))
    threading.Thread(target=shop.serve_forever, daemon=True).start()
    ours = (told["host"], f"http://127.0.0.1:{shop.server_port}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=told["chromium"], args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: request.url.startswith(ours) or foreign.append(request.url))
        page.on("response", lambda response: response.ok and delivered.update(ids_in(response.request)))
        page.on("pageerror", lambda error: errors.append(str(error)))
        if not told["faulty"]:
            page.on("console", lambda said: said.type == "error" and errors.append(said.text))
        for _ in range(5):  # a machine that is busy may refuse what the page asks for its script with
            page.goto(f"{ours[1]}/?utm_source=Browser&utm_medium=cpc&utm_campaign=Spring")
            if page.evaluate("'AnalyticsNext' in window"):
                break
        errors += page.evaluate(RUN, told)
        end = time.monotonic() + 60
        while len(delivered) < calls and time.monotonic() < end:  # what failed at first waits in the page
            page.wait_for_timeout(50)
        browser.close()
    steps.tell(errors + [f"asked {url}" for url in foreign])


main()
