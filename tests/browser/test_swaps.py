"""Links and forms that lead to the same page change what is on it, and leave what somebody was at as it was."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.django_db(transaction=True)

STAYS = "window.stays === true"
"""That the page was not loaded anew since it was marked."""
DRAWN = """() => [...document.querySelectorAll("figure canvas")].map(
  (canvas) => Chart.getChart(canvas)?.data.datasets[0].data.length ?? 0
)"""


@pytest.fixture
def open_and_mark(visitor, shop):
    def opened(path):
        visitor.start_session()
        visitor.open(f"/w/{shop.slug}/{path}")
        visitor.page.evaluate("window.stays = true")
        return visitor.page

    return opened


def test_days_are_chosen_where_one_is_and_back_shows_at_once_what_was_there(open_and_mark):
    page = open_and_mark("reports/overview/?range=30d&compare=off")
    page.get_by_text("Show as table").click()
    before = page.title()
    page.locator(".period summary").click()
    page.get_by_role("link", name="Last 7 days").click()
    expect(page).to_have_url(re.compile("range=7d"))
    expect(page.locator(".period summary")).to_have_text("Last 7 days")
    assert page.evaluate(STAYS)
    assert page.evaluate("document.activeElement.matches('.period summary')")
    expect(page.locator("figure details")).to_have_attribute("open", "")
    assert page.evaluate(DRAWN) == [7]
    expect(page.locator(".side a", has_text="Trends")).to_have_attribute("href", re.compile("range=7d"))
    expect(page.locator("[role=status].visually-hidden")).to_contain_text("Overview: ")
    assert page.locator("button[data-copies]").first.is_visible()

    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.go_back()
    expect(page.locator(".period summary")).to_have_text("Last 30 days")
    expect(page.locator(".side a", has_text="Trends")).to_have_attribute("href", re.compile("range=30d"))
    assert (page.evaluate(DRAWN), page.title(), asked) == ([30], before, [])
    page.go_forward()
    expect(page.locator(".period summary")).to_have_text("Last 7 days")
    assert (page.evaluate(STAYS), asked) == (True, [])


def test_a_key_figure_is_chosen_without_scrolling(open_and_mark):
    page = open_and_mark("reports/overview/?range=28d")
    link = page.get_by_role("link", name="Chart of Sent")
    link.scroll_into_view_if_needed()
    top = page.evaluate("scrollY")
    link.press("Enter")
    expect(page.locator("figure h2")).to_have_text("Sent")
    assert page.evaluate("scrollY") == top > 0
    assert page.evaluate("document.activeElement.textContent") == "In chart of Sent"
    page.go_back()
    expect(page.get_by_role("link", name="Chart of Sent")).to_be_focused()
    assert page.evaluate("scrollY") == top


def test_forms_and_filters_are_applied_where_one_is(open_and_mark):
    page = open_and_mark("reports/overview/?range=28d&compare=off")
    page.locator("select[name=interval]").select_option("week")
    apply = page.get_by_role("button", name="Apply").filter(visible=True)
    apply.press("Enter")
    expect(page).to_have_url(re.compile("interval=week"))
    assert page.evaluate("document.activeElement.textContent") == "Apply"
    page.locator(".add-filter").click()
    expect(page.locator("#builder")).to_be_focused()
    page.get_by_role("link", name="Medium", exact=True).click()
    page.get_by_label("Value").fill("email")
    page.get_by_role("button", name="Add filter").click()
    expect(page.locator(".chips")).to_contain_text("Medium is email")
    page.locator(".chip a").click()
    expect(page.locator(".chips")).to_have_count(0)
    assert page.evaluate(STAYS)


def test_keys_keep_the_focus_where_it_is(open_and_mark):
    page = open_and_mark("reports/campaign/?range=28d")
    table = page.locator(".scroll:has(#campaigns)")
    table.focus()
    page.keyboard.press("w")
    expect(page).to_have_url(re.compile("range=7d"))
    assert page.evaluate(STAYS)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == table.get_attribute("aria-label")


def test_the_same_once_more_is_no_step_to_go_back_from(open_and_mark):
    page = open_and_mark("reports/overview/?range=7d")
    steps = page.evaluate("history.length")
    page.locator(".period summary").click()
    page.evaluate("document.querySelector('h1').textContent = 'Before'")
    page.get_by_role("link", name="Last 7 days").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    assert page.evaluate("history.length") == steps
    assert page.evaluate(STAYS)


def test_what_is_another_page_is_loaded_whole(open_and_mark, visitor):
    page = open_and_mark("contacts/")
    page.locator("thead a").first.click()
    expect(page).to_have_url(re.compile("sort="))
    assert page.evaluate(STAYS)
    page.context.clear_cookies()
    page.locator("thead a").first.click()
    page.wait_for_url("**/login/**")
    assert not page.evaluate(STAYS)


def test_the_older_events_begin_above_and_new_ones_can_still_be_followed(open_and_mark):
    page = open_and_mark("events/")
    page.get_by_role("link", name="Next").click()
    expect(page).to_have_url(re.compile("after="))
    page.get_by_role("link", name="First page").click()
    expect(page).not_to_have_url(re.compile("after="))
    assert page.evaluate("scrollY") == 0
    expect(page.get_by_role("button", name="Live")).to_have_count(1)
    assert page.evaluate(STAYS)
