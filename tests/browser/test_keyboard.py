"""Keys do what whoever presses them expects, and what is copied is copied, or said not to be."""

import re

import pytest
from playwright.sync_api import expect

from tests.chromium import PLAIN_HOST

pytestmark = pytest.mark.django_db(transaction=True)

WITHOUT_COPYING = """
Object.defineProperty(navigator, "clipboard", { value: undefined });
document.execCommand = () => false;
"""


@pytest.mark.parametrize("visitor", [(860, "light")], indirect=True)
def test_keys_are_left_to_what_has_the_focus(visitor, shop):
    visitor.start_session()
    page = visitor.page
    visitor.open(f"/w/{shop.slug}/reports/campaign/?range=28d")
    address, table = page.url, page.locator(".scroll:has(#campaigns)")
    table.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("(region) => region.scrollLeft > 0", arg=table.element_handle())
    assert page.url == address

    choice = page.locator("select[name=channel]")
    choice.focus()
    page.keyboard.press("ArrowDown")
    expect(choice).not_to_have_value("")
    assert page.url == address
    expect(page.get_by_role("button", name="Apply")).to_have_class(re.compile("primary"))
    visitor.follow(page.get_by_role("button", name="Apply"))
    assert re.search(r"channel=\w", page.url)


def test_a_menu_keeps_the_keys_and_closes_when_the_focus_leaves_it(visitor, shop):
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/overview/")
    page = visitor.page
    address, menu = page.url, page.locator(".period details")
    menu.locator("summary").press("Enter")
    for key in ("ArrowLeft", "ArrowRight", "w", "?"):
        page.keyboard.press(key)
    expect(page.locator("#shortcuts")).not_to_be_visible()
    assert page.url == address
    assert menu.evaluate("(one) => one.open")
    menu.get_by_role("button").focus()
    page.keyboard.press("Tab")
    assert not menu.evaluate("(one) => one.open || one.contains(document.activeElement)")

    page.get_by_role("button", name="Keyboard shortcuts").press("Enter")
    expect(page.locator("#shortcuts")).to_be_visible()
    page.locator("#shortcuts").get_by_role("button", name="Close").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#shortcuts")).not_to_be_visible()
    page.locator("h1").click()
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("from="))


def test_a_link_is_copied_on_plain_http_or_shown_to_be_copied_by_hand(visitor, shop, settings):
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, PLAIN_HOST]
    visitor.address = visitor.address.replace("127.0.0.1", PLAIN_HOST).replace("localhost", PLAIN_HOST)
    visitor.log_in()
    page = visitor.page
    assert not page.evaluate("isSecureContext")
    page.get_by_text("Copy link").click()
    page.get_by_role("link", name="Fixed dates").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    visitor.open(f"/w/{shop.slug}/contacts/")
    page.get_by_label("Search").press("Control+v")
    assert re.search(r"/reports/overview/\?from=\d{4}-\d\d-\d\d&to=", page.get_by_label("Search").input_value())

    page.add_init_script(WITHOUT_COPYING)
    visitor.open(f"/w/{shop.slug}/reports/overview/")
    page.get_by_text("Copy link").click()
    page.get_by_role("link", name="Rolling period").click()
    expect(page.get_by_text("Not copied.")).to_be_visible()
    shown = page.get_by_label("The text to copy")
    copied = page.get_by_text("Not copied.").get_attribute("href")
    assert shown.input_value() == copied
    assert shown.evaluate("(one) => one.selectionEnd - one.selectionStart") == len(copied)
    assert {line.split()[1] for line in visitor.said} == {"Cross-Origin-Opener-Policy"}  # ignored without HTTPS
    visitor.said.clear()
