"""The page of buyers by segment."""

import re
from html import unescape

import pytest

from tests.analytics.reports.items import contact, event
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied

pytestmark = pytest.mark.either_database("a page is made of what reports answer, which their own tests ask of both")
DAYS = {"from": "2026-03-01", "to": "2026-03-31"}


@pytest.fixture
@copied
def buyers(bulk, now):
    bulk("contacts", [contact(name, "02-01 09:00") for name in ("ada", "bob", "cy")])
    orders = [
        ("ada", "03-20 09:00", 10),
        ("ada", "03-30 09:00", 20),
        ("bob", "03-02 09:00", 5),
        ("cy", "02-20 09:00", 7),
    ]
    bulk("events", [event("purchase", who, at, properties={"revenue": revenue}) for who, at, revenue in orders])


def table(html, key):
    part = re.search(rf'<table id="{key}".*?</table>', html, re.DOTALL)[0]
    return [
        [text_of(cell) for cell in re.findall(r"<t[hd][^>]*>.*?</t[hd]>", row, re.DOTALL)]
        for row in part.split("<tr")[1:]
    ]


def test_segments_moves_and_scores(page, buyers):
    html = page("rfm", **DAYS)
    assert "2 buyers: too few to say much by fifths of them." in text_of(html)
    assert [row[:2] for row in table(html, "segments")[1:]] == [
        ["Loyal", "1"],
        ["Hibernating", "1"],
        ["All buyers", "2"],
    ]
    assert table(html, "moves") == [
        ["On Sat 28 Feb 2026", "Loyal", "Hibernating", "No order", "All then"],
        ["Need attention", "–", "–", "1", "1"],
        ["No order", "1", "1", "–", "2"],
        ["All now", "1", "1", "1", "–"],
    ]
    assert table(html, "scores")[2] == ["4", "1 day", "1", "2 orders", "1", "30.00 EUR", "1"]


def test_lists_behind_say_what_they_are_of(page, api, buyers):
    html = page("rfm", **DAYS)
    addresses = [unescape(address) for address in re.findall(r'href="([^"]*rfm[^"]*)"', html) if "?" in address]
    moved = next(address for address in addresses if "rfmBefore=needAttention" in address)
    text = text_of(api.get(moved).content.decode())
    assert "RFM: No order" in text
    assert "A month before: Need attention" in text
    orders = next(address for address in addresses if "/orders/" in address and "rfm=loyal" in address)
    text = text_of(api.get(orders).content.decode())
    assert "RFM: Loyal" in text
    assert "Net 30.00 EUR" in text


def test_a_workspace_without_orders_says_how_to_have_some(page, bulk, now):
    bulk("events", [event("visit", "ada", "03-20 09:00")])
    assert "Choose which events are orders" in page("rfm", **DAYS)
