"""Takes the pictures of docs/ from a served demo (`make demo`): `python -m tests.pictures http://127.0.0.1:8000`."""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.chromium import CHROMIUM

DOCS = Path(__file__).parent.parent / "docs"
E_MAIL, PASSWORD = "demo@example.com", "campaignos-demo"
WEEKS = "range=91d&interval=week&breakdown=campaign&metric=messages_total&metric=opens"
PICTURES = {
    "pages/overview.jpg": ("overview/", 1280, 1000),
    "pages/campaign.jpg": ("campaign/?campaign={campaign}", 1280, 1240),
    "pages/trends.jpg": (f"timeseries/?{WEEKS}", 1280, 1000),
    "pages/attribution.jpg": ("attribution/?model=linear", 1280, 1150),
    "pages/revenue.jpg": ("revenue/?range=91d&interval=week&breakdown=contact.country", 1280, 1180),
    "pages/funnel.jpg": ("funnel/1/", 1280, 1480),
    "pages/retention.jpg": ("retention/?range=12mo", 1280, 1000),
    "pages/phone.jpg": ("overview/", 390, 844),
    "screenshot.png": ("overview/", 1280, 900),
}
"""By the file: the report, and how large the window is."""
CAMPAIGN = "Tasting box launch"
QUALITY = 85


def take(page: Page, address: str) -> None:
    page.goto(f"{address}/login/")
    page.get_by_label("Email").fill(E_MAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/w/**")
    shop = f"{address}/w/bluebird-coffee"
    page.goto(f"{shop}/campaigns/")
    link = page.get_by_role("link", name=CAMPAIGN).get_attribute("href") or ""
    for name, (report, width, height) in PICTURES.items():
        page.set_viewport_size({"width": width, "height": height})
        query = report.format(campaign=link.partition("campaign=")[2])
        page.goto(f"{shop}/reports/{query}", wait_until="networkidle")
        page.wait_for_timeout(1000)  # the charts grow
        quality = QUALITY if name.endswith(".jpg") else None
        page.screenshot(path=DOCS / name, quality=quality)


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        take(browser.new_page(color_scheme="light"), sys.argv[1])
        browser.close()


if __name__ == "__main__":
    main()
