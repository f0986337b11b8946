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
    expect(page.get_by_role("link", name="Copied")).to_be_visible()
    visitor.open(f"/w/{shop.slug}/contacts/")
    page.get_by_label("Search").press("Control+v")
    assert re.search(r"/reports/overview/\?from=\d{4}-\d\d-\d\d&to=", page.get_by_label("Search").input_value())

    page.add_init_script(WITHOUT_COPYING)
    visitor.open(f"/w/{shop.slug}/reports/overview/")
    page.get_by_text("Copy link").click()
    page.get_by_role("link", name="Rolling period").click()
    expect(page.get_by_role("link", name="Not copied.")).to_be_visible()
    shown = page.get_by_label("The text to copy")
    copied = page.get_by_role("link", name="Not copied.").get_attribute("href")
    assert shown.input_value() == copied
    assert shown.evaluate("(one) => one.selectionEnd - one.selectionStart") == len(copied)
    assert {line.split()[1] for line in visitor.said} == {"Cross-Origin-Opener-Policy"}  # ignored without HTTPS
    visitor.said.clear()


WALKED = """() => {
  window.covered = [];
  document.addEventListener("focusin", ({ target: one }) => {
    one.dataset.walked = "";
    const { x, y, width, height } = one.getBoundingClientRect();
    const corners = [[2, 2], [width - 2, 2], [2, height - 2], [width - 2, height - 2], [width / 2, height / 2]];
    const isSeen = corners.some(([right, down]) => {
      const top = document.elementFromPoint(x + right, y + down);
      return top && (one.contains(top) || top.contains(one));
    });
    if (!isSeen) window.covered.push(one.outerHTML.slice(0, 100));
  });
}"""
"""Notes what the focus comes to, and what of it lies below something else or outside of the window."""
NOT_REACHED = """() => [...document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter((one) => one.checkVisibility() && one.tabIndex >= 0 && !one.disabled && !("walked" in one.dataset))
  .map((one) => one.outerHTML.slice(0, 100))"""
MOST_STOPS = 400
WALKED_PAGES = (
    "reports/overview/",
    "reports/funnel/?steps=page_view,purchase&filterField=&filterStep=1",
    "reports/retention/",
    "reports/experiments/",
    "contacts/?filterField=",
    "events/",
    "segments/",
    "boards/",
    "alerts/new/",
    "import/",
    "settings/",
    "settings/members/",
)


def walk(page):
    """Tab by Tab from the page's beginning until nothing is left."""
    page.evaluate(WALKED)
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("!document.activeElement || document.activeElement === document.body"):
            return


@pytest.mark.parametrize("visitor", [(1280, "light"), (390, "light")], indirect=True)
def test_tab_reaches_all_of_a_page_in_sight_and_leaves_it(visitor, shop):
    visitor.start_session()
    page = visitor.page
    for path in WALKED_PAGES:
        visitor.open(f"/w/{shop.slug}/{path}")
        walk(page)
        assert page.evaluate("window.covered") == [], path
        assert page.evaluate(NOT_REACHED) == [], path


def test_the_steps_of_a_funnel_are_ordered_by_keys(visitor, shop):
    visitor.start_session()
    page = visitor.page
    visitor.open(f"/w/{shop.slug}/reports/funnel/?steps=page_view,add_to_cart,purchase")
    page.get_by_role("button", name="Move step 3 up").press("Enter")
    expect(page.get_by_label("Type of event of step 2")).to_have_value("purchase")
    page.get_by_role("button", name="Move step 1 down").press("Space")
    expect(page.get_by_label("Type of event of step 1")).to_have_value("purchase")
    page.get_by_role("button", name="Remove step 3").press("Enter")
    expect(page.get_by_role("button", name="Move step 2 down")).to_have_count(0)


def test_the_tiles_of_a_board_are_ordered_by_keys(visitor, shop, owner):
    visitor.start_session()
    page = visitor.page
    visitor.open(f"/w/{shop.slug}/reports/overview/")
    page.locator(".save-question summary").press("Enter")
    page.get_by_label("Name").press("M")
    page.get_by_label("Name").press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    visitor.open(f"/w/{shop.slug}/boards/")
    page.get_by_label("Name").press("B")
    with page.expect_navigation():
        page.get_by_label("Name").press("Enter")
    for tile in (0, 1):
        if not page.get_by_role("button", name="Choose what it shows").count():
            visitor.follow(page.get_by_role("link", name="Change board"))
        with page.expect_navigation():
            page.get_by_role("button", name="Choose what it shows").press("Enter")
        page.get_by_label("What the tile shows").select_option(index=tile)
        with page.expect_navigation():
            page.get_by_role("button", name="Add tile").press("Enter")
    tiles = page.locator("table.cards tbody th")
    first, second = tiles.all_inner_texts()
    with page.expect_navigation():
        page.get_by_role("button", name="Later").press("Enter")
    assert tiles.all_inner_texts() == [second, first]


def test_what_changes_without_a_new_page_is_told_to_who_hears_it(visitor, shop):
    visitor.start_session()
    page = visitor.page
    visitor.open(f"/w/{shop.slug}/contacts/")
    says = page.locator("#says")
    expect(says).to_have_role("status")
    expect(says).to_have_text("")
    page.get_by_label("Search").fill("zzzz")
    page.get_by_label("Search").press("Enter")
    expect(page).to_have_url(re.compile("zzzz"))
    visitor.open(f"/w/{shop.slug}/reports/overview/?range=28d")
    page.locator(".period summary").press("Enter")
    page.get_by_role("link", name="Last 7 days").press("Enter")
    expect(says).to_have_text(re.compile(r"^Overview: .*Times in Europe/Berlin"))
    page.locator(".share summary").press("Enter")
    page.get_by_role("link", name="Fixed dates").press("Enter")
    expect(says).to_have_text("Copied")


def test_the_choices_of_a_group_have_its_name(visitor, shop):
    visitor.start_session()
    page = visitor.page
    for path in ("campaigns/", "contacts/"):
        visitor.open(f"/w/{shop.slug}/{path}")
        page.locator(".chooser > summary").press("Enter")
        boxes = page.locator(".chooser input[type=checkbox]")
        assert page.get_by_role("group", name="Columns").get_by_role("checkbox").count() == boxes.count() > 2, path
