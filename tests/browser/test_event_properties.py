"""The page of event properties, as people see it."""

import os
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from analytics.models import EventProperty
from analytics.models.properties import property_id
from analytics.operations import jobs
from tests.browser.test_reports import WIDEST, complaints_light_and_dark, each_width

pytestmark = pytest.mark.django_db(transaction=True)


def look_at(page, name):
    """Where PICTURES names a folder, a picture of it in light and dark."""
    if folder := os.environ.get("PICTURES"):
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            width = page.viewport_size["width"]
            page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)


@each_width
def test_the_pages_of_event_properties_have_no_barriers(visitor, shop):
    visitor.start_session()
    places = {
        "types": "",
        "properties": "?event=purchase",
        "property": f"{property_id(shop.pk, 'purchase', 'revenue')}/",
    }
    for name, place in places.items():
        visitor.open(f"/w/{shop.slug}/settings/properties/{place}")
        look_at(visitor.page, name)
        assert visitor.page.evaluate(WIDEST) == 0, name
        assert complaints_light_and_dark(visitor.page) == [], name


@pytest.mark.parametrize("javascript", [True, False])
def test_a_property_is_described_and_its_column_switched(visitor, shop, javascript):
    if not javascript:
        visitor = visitor.without_javascript()
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/settings/")
    page = visitor.page
    page.get_by_role("link", name="Event properties").click()
    page.get_by_role("link", name="purchase").click()
    page.get_by_role("link", name="Change revenue").click()
    page.get_by_label("Description").fill("Without postage")
    page.get_by_label("Never").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("revenue of purchase is saved.")).to_be_visible()
    expect(page.get_by_role("row", name="revenue")).to_contain_text("Removing: 0 of")
    look_at(page, "removing")
    assert EventProperty.objects.get().description == "Without postage"
    assert jobs.build_columns(timezone.now())["days"] > 0
    page.reload()
    expect(page.get_by_role("row", name="revenue")).to_contain_text("Without postage")
    expect(page.get_by_role("row", name="revenue")).not_to_contain_text("Removing")
    visitor.open(f"/w/{shop.slug}/reports/timeseries/?where=property.revenue%3E1")
    expect(page.get_by_text("there is no column of revenue")).to_be_visible()
    look_at(page, "notice")
