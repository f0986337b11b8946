"""A report is kept, shared by a link, and seen by somebody without an account."""

import os

import pytest
from playwright.sync_api import Page, expect

from analytics.models import ShareLink
from tests.browser.conftest import Visitor


@pytest.mark.parametrize(
    "visitor", [(1280, "light"), (390, "dark")], indirect=True, ids=lambda window: f"{window[0]}-{window[1]}"
)
def test_a_report_is_kept_and_shared_by_a_link(visitor: Visitor, shop) -> None:
    page = visitor.page
    visitor.start_session()
    visitor.open("/w/acme/reports/timeseries/?range=28d")
    if page.viewport_size == {"width": 390, "height": 800}:
        page.locator(".filters-button").click()
    page.locator(".save-question summary").click()
    page.locator(".save-question").get_by_label("Name").fill("For the agency")
    _picture(page, "save")
    visitor.follow(page.get_by_role("button", name="Save for everyone"))
    expect(page.get_by_text("For the agency is saved")).to_be_visible()
    visitor.open("/w/acme/saved/")
    _picture(page, "saved")
    visitor.open("/w/acme/settings/links/")
    page.get_by_role("button", name="Create link").click()
    address = page.get_by_label("The new link").input_value()
    _picture(page, "settings")
    page.context.clear_cookies()
    visitor.open(address.removeprefix(visitor.address))
    expect(page.get_by_role("heading", name="For the agency")).to_be_visible()
    expect(page.locator("canvas").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("main a:not([href^='/help/metrics/'])").count() == 0
    _picture(page, "shared")
    assert ShareLink.objects.get().views == 1


def _picture(page: Page, name: str) -> None:
    """For who wants to look."""
    if folder := os.environ.get("PICTURES"):
        page.wait_for_timeout(700)
        width = (page.viewport_size or {})["width"]
        page.screenshot(path=f"{folder}/share-{name}-{width}.png", full_page=True)
