"""What WCAG 2.2 asks for and axe cannot see: text that is spaced out, the system's colours, focus that shows, targets
that can be hit, stillness, and errors that are told."""

import pytest
from playwright.sync_api import expect

from analytics.models import Contact
from tests.browser.test_reports import WIDEST

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = (
    "reports/overview/?range=28d",
    "reports/campaign/?range=28d",
    "reports/timeseries/?range=28d",
    "reports/retention/",
    "reports/health/?range=28d",
    "reports/funnel/?steps=page_view,purchase&range=28d",
    "contacts/",
    "events/",
    "settings/members/",
    "settings/keys/",
    "import/",
    "alerts/new/",
)
SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* {
      line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important;
    }
    p { margin-block-end: 2em !important; }`);
  document.adoptedStyleSheets = [sheet];
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
"""What 1.4.12 lets readers set."""
CUT = """() => [...document.querySelectorAll("main *")].filter((one) => {
  if (!one.checkVisibility() || one.closest("svg, canvas, .visually-hidden, .menu-panel, summary")) return false;
  if (![...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) return false;
  const { overflowX, overflowY } = getComputedStyle(one);
  const hides = [overflowX, overflowY].some((how) => how === "hidden" || how === "clip");
  return hides && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1);
}).map((one) => one.outerHTML.slice(0, 120))"""
CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
UNSEEN = f"""() => [...document.querySelectorAll("{CONTROLS}")].filter((one) => {{
  if (!one.checkVisibility() || one.tabIndex < 0 || one.disabled) return false;
  one.focus({{ focusVisible: true }});
  if (document.activeElement !== one) return false;
  const {{ outlineStyle, outlineWidth }} = getComputedStyle(one);
  return outlineStyle === "none" || parseFloat(outlineWidth) < 2;
}}).map((one) => one.outerHTML.slice(0, 120))"""
"""What has the focus without an outline of two pixels."""
SMALL = f"""() => {{
  const all = [...document.querySelectorAll("{CONTROLS}")].filter((one) =>
    one.checkVisibility({{ visibilityProperty: true, opacityProperty: true }}) && !one.matches(".skip"));
  const boxes = all.map((one) => (one.matches("[type=checkbox], [type=radio]") && one.closest("label") || one)
    .getBoundingClientRect());
  const isSmall = ({{ width, height }}) => width < 24 || height < 24;
  const distance = (x, y, box) => Math.hypot(
    Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
  const inText = (one) =>
    getComputedStyle(one).display === "inline" && one.closest("p, li, dd, td, th, figcaption, label");
  return all.filter((one, place) => {{
    const box = boxes[place];
    if (!box.width || !isSmall(box) || inText(one)) return false;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    return all.some((other, at) => {{
      if (at === place || !boxes[at].width || other.contains(one) || one.contains(other)) return false;
      const near = boxes[at];
      if (!isSmall(near)) return distance(x, y, near) < 12;
      return Math.hypot(x - near.x - near.width / 2, y - near.y - near.height / 2) < 24;
    }});
  }}).map((one) => one.outerHTML.slice(0, 120));
}}"""
"""Targets of less than 24 pixels with others nearer than that (2.5.8), but those within text."""
UNDERLINED = """(all) => all.filter((one) =>
  getComputedStyle(one).borderBottomColor !== getComputedStyle(document.body).backgroundColor
).map((one) => one.ariaCurrent)"""
MOVING = "document.getAnimations().filter((one) => one.playState === 'running').length"


@pytest.mark.parametrize("visitor", [(1280, "light"), (320, "light")], indirect=True)
def test_text_that_is_spaced_out_is_neither_cut_nor_wider_than_the_page(visitor, shop):
    visitor.start_session()
    for path in PAGES:
        visitor.open(f"/w/{shop.slug}/{path}")
        visitor.page.evaluate(SPACED)
        assert visitor.page.evaluate(WIDEST) == 0, path
        assert visitor.page.evaluate(CUT) == [], path


@pytest.mark.parametrize("visitor", [(1280, "light"), (320, "light")], indirect=True)
def test_focus_shows_targets_can_be_hit_and_nothing_moves_for_whom_it_should_not(visitor, shop):
    visitor.start_session()
    visitor.page.emulate_media(reduced_motion="reduce")
    for path in (*PAGES, "start/"):
        visitor.open(f"/w/{shop.slug}/{path}")
        assert visitor.page.evaluate(MOVING) == 0, path
        assert visitor.page.evaluate(SMALL) == [], path
        assert visitor.page.evaluate(UNSEEN) == [], path


def test_in_the_systems_colours_the_current_page_and_the_series_of_charts_are_told_apart(visitor, shop):
    visitor.start_session()
    page = visitor.page
    page.emulate_media(forced_colors="active")
    visitor.open(f"/w/{shop.slug}/reports/overview/?range=28d")
    grounds = page.locator(".side a").evaluate_all("all => all.map((one) => getComputedStyle(one).backgroundColor)")
    current = page.locator(".side a[aria-current]").evaluate("(one) => getComputedStyle(one).backgroundColor")
    assert grounds.count(current) == 1
    colours = page.locator(".legend .swatch").evaluate_all(
        "all => all.map((one) => getComputedStyle(one).backgroundColor)"
    )
    assert len({*colours}) == len(colours) == 2
    drawn = page.evaluate(
        "Chart.getChart(document.querySelector('figure canvas')).data.datasets.map((s) => s.backgroundColor)"
    )
    assert len({str(one) for one in drawn}) == len(drawn)
    visitor.open(f"/w/{shop.slug}/reports/retention/")
    lines = page.locator(".tabs a").evaluate_all(UNDERLINED)
    assert lines == ["page", "page"], "of the two rows of tabs the current ones alone are underlined"


def test_errors_are_told_in_the_title_and_beside_their_fields(visitor, shop):
    visitor.start_session()
    page = visitor.page
    visitor.open(f"/w/{shop.slug}/settings/")
    assert not page.title().startswith("Error")
    page.get_by_label("Time zone").fill("Nowhere/Land")
    visitor.follow(page.get_by_role("button", name="Save").first)
    assert page.title().startswith("Error: ")
    field = page.get_by_label("Time zone")
    expect(field).to_have_attribute("aria-invalid", "true")
    told = field.get_attribute("aria-describedby").split()
    assert any(page.locator(f"#{one}.error").count() for one in told)
    visitor.said.clear()  # that the form was answered with 400


@pytest.mark.parametrize("visitor", [(390, "light")], indirect=True)
def test_days_are_folded_on_phones_until_all_are_asked_for(visitor, shop):
    visitor.start_session()
    page = visitor.page
    visitor.open(f"/w/{shop.slug}/reports/timeseries/?range=28d")
    table = page.locator("#days")
    rows = table.locator("tbody tr")
    newest = rows.last.inner_text()
    assert rows.count() == 28
    assert rows.filter(visible=True).count() == 7
    assert rows.filter(visible=True).last.inner_text() == newest
    box = page.locator(".card", has=table).get_by_label("Show all 28 rows")
    box.focus()
    page.keyboard.press("Space")
    assert rows.filter(visible=True).count() == 28
    page.emulate_media(media="print")
    box.evaluate("(one) => { one.checked = false; }")
    assert rows.filter(visible=True).count() == 28, "on paper there is nothing to open"


@pytest.mark.parametrize("visitor", [(390, "light"), (320, "light")], indirect=True)
def test_a_map_fits_a_phone_or_fades_where_it_goes_on(visitor, shop):
    visitor.start_session()
    page = visitor.page
    visitor.open(f"/w/{shop.slug}/reports/health/?range=28d")
    box = page.locator(".scroll", has=page.locator("#send_map"))
    left = box.evaluate("(one) => one.scrollWidth - one.clientWidth")
    mask = "(one) => getComputedStyle(one).maskImage"
    if page.viewport_size["width"] == 390:
        assert left == 0
    else:
        assert left > 0
        assert "gradient" in box.evaluate(mask)
        box.evaluate("(one) => { one.scrollLeft = one.scrollWidth; }")
        page.wait_for_function("(one) => getComputedStyle(one).maskImage === 'none'", arg=box.element_handle())


@pytest.mark.parametrize("visitor", [(1280, "light")], indirect=True)
def test_paper_says_what_of_a_long_table_it_has(visitor, shop):
    visitor.start_session()
    page = visitor.page
    page.emulate_media(media="print")
    visitor.open(f"/w/{shop.slug}/contacts/")
    total = Contact.objects.filter(workspace=shop).count()
    expect(page.get_by_text(f"50 of {total:,} are on this page. The CSV file has all.")).to_be_visible()
    visitor.open(f"/w/{shop.slug}/reports/timeseries/?range=91d&interval=day")
    expect(page.get_by_text("Rows 61 to 91 of 91. The CSV file has all.").first).to_be_visible()
    page.emulate_media(media="screen")
    assert page.locator(".on-paper").filter(visible=True).count() == 0
