"""Find: by keyboard, while somebody types, and without a script."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.django_db(transaction=True)


def test_whoever_types_chooses_with_the_arrows(visitor, shop):
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/overview/")
    page = visitor.page
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Find")
    expect(field).to_be_focused()
    page.keyboard.type("NEWSLETTÉR month")
    expect(page.get_by_role("option", name="Monthly newsletter")).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    chosen = page.locator(".find-panel [aria-selected=true]")
    expect(chosen).to_contain_text("Monthly newsletter")
    assert field.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    found = Axe().run(page, context=".top").response["violations"]
    assert [(one["id"], node["html"]) for one in found for node in one["nodes"]] == []
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Monthly newsletter")


def test_control_k_comes_from_anywhere_and_escape_and_tab_leave(visitor, shop):
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/contacts/")
    page = visitor.page
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Find")
    expect(field).to_be_focused()
    page.keyboard.type("zzzz")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Nothing found")).not_to_be_visible()
    field.fill("retention")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("option").first).not_to_be_visible()
    field.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/find/\?q=retention$"))
    expect(page.get_by_role("link", name="Lifecycle")).to_be_visible()


def test_without_a_script_it_is_a_page(visitor, shop):
    plain = visitor.without_javascript()
    plain.start_session()
    plain.open(f"/w/{shop.slug}/reports/overview/")
    page = plain.page
    page.get_by_role("searchbox", name="Find").fill("launch tasting")
    plain.follow(page.get_by_role("button", name="Find"))
    plain.follow(page.locator("main").get_by_role("link", name="Tasting box launch"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Tasting box launch")


@pytest.mark.parametrize("visitor", [(390, "dark")], indirect=True)
def test_on_a_phone_the_glass_leads_to_the_page(visitor, shop):
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/overview/")
    page = visitor.page
    visitor.follow(page.locator(".top").get_by_role("button", name="Find"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Find")
    expect(page.get_by_role("link", name="All campaigns")).to_be_visible()
