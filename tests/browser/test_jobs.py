"""What marketers come for, in at most the clicks that it may take, from the page on which the question comes up.

test_stories.py has the others: the best campaign of last month and why, which source brings buyers, a funnel of email
traffic, whether a winner is real, and October's signups by month.
"""

import csv
from io import StringIO
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.test_paper import PRINTED

pytestmark = pytest.mark.django_db(transaction=True)

COUNTED = """addEventListener("click", (event) => {
  if (event.isTrusted) sessionStorage.setItem("clicks", Number(sessionStorage.getItem("clicks")) + 1);
}, true);"""
CLICKS = "Number(sessionStorage.getItem('clicks'))"
"""How often somebody has clicked, on whatever page."""


@pytest.mark.parametrize("javascript", [True, False])
def test_who_dropped_out_as_a_file_with_address_and_id_in_two_clicks(visitor, shop, javascript):
    if not javascript:
        visitor = visitor.without_javascript()
    page = visitor.page
    page.add_init_script(COUNTED)
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/funnel/?steps=page_view,purchase&range=all")
    dropped = page.locator("#steps tbody tr").last.locator("td[data-head='Dropped off'] a").first
    number = int(dropped.inner_text().replace(",", ""))
    visitor.follow(dropped)
    expect(page.locator("[data-total]")).to_have_attribute("data-total", str(number))
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="CSV").click()
    if javascript:
        assert page.evaluate(CLICKS) == 2
    lines = [*csv.DictReader(StringIO(Path(downloaded.value.path()).read_text(encoding="utf-8-sig")))]
    assert len(lines) == number > 0
    known = [line for line in lines if line["ID"]]
    assert known, "and visitors without a name have the ids of their devices"
    assert all("@" in line["Email"] for line in known)
    assert all(line["ID"] or line["Device ID"] for line in lines)


def test_numbers_into_a_slide_as_a_picture_a_table_and_on_paper_in_two_clicks_each(visitor, shop):
    page = visitor.page
    page.add_init_script(COUNTED)
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/overview/?range=28d")
    figure = page.locator("figure")
    with page.expect_download() as downloaded:
        figure.get_by_role("button", name="PNG").click()
    assert Path(downloaded.value.path()).read_bytes().startswith(b"\x89PNG")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    figure.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    heads, *rows = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert (heads.split("\t")[0], len(rows)) == ("Day", 29), "the days and the sum below them"
    assert page.evaluate(CLICKS) == 2
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1000})
    printed = page.evaluate(PRINTED)
    assert [chart["right"] <= 703 for chart in printed["charts"]] == [True]
    assert printed["tables"]
