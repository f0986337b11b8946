"""The report pages in a browser: charts and tables are there, readable by everybody, and nothing is complained of."""

import gzip
import re
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from playwright.sync_api import expect

from analytics.funnels import save_funnel
from analytics.models import Campaign, Contact
from workspaces.changes import change_settings
from workspaces.models import User

pytestmark = pytest.mark.django_db(transaction=True)

LISTS = ("campaigns", "contacts", "messages", "clicks", "enrolments", "events", "orders", "conversions")
STEPS = "step=message:clicked&step=page_view+where+utm.medium:email+where+utm.source:*&step=purchase"
REPORTS = {
    "overview": 1,
    "campaign": 1,
    "timeseries": 4,
    "attribution": 1,
    "revenue": 1,
    "funnel": 3,
    "retention": 1,
}
"""Each with its number of charts."""
OTHER_REPORTS = ("why", "health", "experiments", "lifecycle", "stickiness", "rfm")
DARK = "rgb(15, 22, 32)"
DRAWN = """() => [...document.querySelectorAll("figure canvas")].map((canvas) => {
  const chart = Chart.getChart(canvas);
  return chart.data.datasets.map((set) => ({
    label: set.label, points: set.data.length, highest: Math.max(...set.data),
  }));
})"""
WIDEST = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SHIFTED = """() => new Promise((done) => new PerformanceObserver((list) => done(
  list.getEntries().reduce((sum, one) => sum + one.value, 0)
)).observe({ type: "layout-shift", buffered: true }) ?? setTimeout(() => done(0), 100))"""
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],
}
OF_COLOURS = {**RULES, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
BOXES = """() => [...document.querySelectorAll("body *")].map((one) => {
  const { x, y, width, height } = one.getBoundingClientRect();
  return [one.tagName, x, y, width, height].join(" ");
})"""
WIDTHS = [(1280, "light"), (390, "light")]
each_width = pytest.mark.parametrize("visitor", WIDTHS, indirect=True)
"""Wide and narrow."""
all_ways = pytest.mark.parametrize("visitor", [*WIDTHS, *((width, "dark") for width, _ in WIDTHS)], indirect=True)
"""Wide and narrow, light and dark."""


def complaints(page, rules=RULES):
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("async (rules) => (await axe.run(rules)).violations", rules)
    return [(one["id"], node["html"][:200]) for one in found for node in one["nodes"]]


def complaints_light_and_dark(page):
    """In the dark all is in the same place, so that only colours are to be judged again."""
    found, boxes = complaints(page), page.evaluate(BOXES)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == DARK
    assert page.evaluate(BOXES) == boxes
    found += complaints(page, OF_COLOURS)
    page.emulate_media(color_scheme="light")
    return found


@each_width
def test_every_report_has_its_charts_and_tables_and_no_barriers(visitor, shop):
    visitor.log_in()
    assert visitor.page.url.endswith(f"/w/{shop.slug}/reports/overview/")
    for name, charts in REPORTS.items():
        visitor.open(f"/w/{shop.slug}/reports/{name}/?range=28d")
        drawn = visitor.page.evaluate(DRAWN)
        assert len(drawn) == charts, name
        assert all(one["points"] and one["label"] for chart in drawn for one in chart), name
        assert any(one["highest"] > 0 for one in drawn[0]), name
        assert visitor.page.locator("table tbody tr").count() > 1, name
        assert visitor.page.evaluate(WIDEST) == 0, name
        assert visitor.page.evaluate(SHIFTED) <= 0.05, name
        assert complaints_light_and_dark(visitor.page) == [], name


def test_the_rates_of_campaigns_are_seen_without_scrolling_sideways(visitor, shop):
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/campaign/")
    hidden = "(one) => one.parentElement.scrollWidth - one.parentElement.clientWidth"
    assert visitor.page.locator("#campaigns").evaluate(hidden) == 0


@each_width
def test_every_other_page_has_no_barriers(visitor, shop):
    visitor.start_session()
    campaign = Campaign.objects.get(workspace=shop, name="Monthly newsletter").api_id
    for path in (
        f"/w/{shop.slug}/reports/campaign/?campaign={campaign}",
        f"/w/{shop.slug}/reports/timeseries/?breakdown=campaign&metric=sent&metric=open_rate",
        f"/w/{shop.slug}/reports/campaign/?channel=push&range=today&from=x&interval=x",
        f"/w/{shop.slug}/reports/attribution/?view=credit&model=markov&rowsBy=touch&touchpoints=utm&touchpoints=open",
        f"/w/{shop.slug}/reports/attribution/?view=models&breakdown=contact.plan",
        f"/w/{shop.slug}/reports/attribution/?view=paths&min=2",
        f"/w/{shop.slug}/reports/funnel/?filterField=&breakdown=contact.plan&where=utm.medium:email&where=contact.plan:*",
        f"/w/{shop.slug}/reports/funnel/?{STEPS}&filterStep=2&filterField=property.plan",
        f"/w/{shop.slug}/reports/overview/?filterField=contact.plan&where=utm.medium:email",
        f"/w/{shop.slug}/contacts/?filterField=contact.plan&where=contact.plan:*",
        f"/w/{shop.slug}/reports/revenue/?breakdown=contact.country&refundsBy=order",
        f"/w/{shop.slug}/reports/ltv/?range=12mo",
        *(f"/w/{shop.slug}/reports/{name}/?range=28d" for name in OTHER_REPORTS),
        f"/w/{shop.slug}/notes/",
        f"/w/{shop.slug}/orders/?kind=refund",
        f"/w/{shop.slug}/conversions/?model=linear",
        *(f"/w/{shop.slug}/find/{query}" for query in ("", "?q=a", "?q=zzzz")),
        "/help/metrics/",
    ):
        visitor.open(path)
        assert visitor.page.evaluate(WIDEST) == 0, path
        assert complaints_light_and_dark(visitor.page) == [], path
    visitor.page.goto(f"{visitor.address}/nowhere/")
    assert complaints_light_and_dark(visitor.page) == []
    visitor.said.clear()  # that the page was not found


@pytest.mark.parametrize("visitor", [(1280, "light"), (390, "dark")], indirect=True)
def test_the_administration_has_no_barriers(visitor, shop, owner):
    User.objects.filter(pk=owner.pk).update(is_staff=True, is_superuser=True)
    visitor.start_session()
    for path in ("", "analytics/campaign/", f"workspaces/workspace/{shop.pk}/state/"):
        visitor.open(f"/admin/{path}")
        assert complaints(visitor.page) == [], path


COVERED = """() => [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")]
  .filter((one) => one.checkVisibility() && one.tabIndex >= 0 && !one.matches(".visually-hidden"))
  .filter((one) => {
    one.focus();
    const { x, y, width, height } = one.getBoundingClientRect();
    const corners = [[2, 2], [width - 2, 2], [2, height - 2], [width - 2, height - 2], [width / 2, height / 2]];
    return document.activeElement === one && !corners.some(([right, down]) => {
      const top = document.elementFromPoint(x + right, y + down);
      return top && (one.contains(top) || top.contains(one));
    });
  })
  .map((one) => one.outerHTML.slice(0, 100))"""
"""What has the focus and cannot be seen: below something else, or outside of the window."""


@pytest.mark.parametrize("visitor", [(1280, "light"), (390, "light")], indirect=True)
def test_what_has_the_focus_is_never_covered(visitor, shop):
    visitor.start_session()
    for path in ("reports/overview/", "reports/campaign/", "contacts/"):
        visitor.open(f"/w/{shop.slug}/{path}")
        assert visitor.page.evaluate(COVERED) == [], path


@pytest.mark.parametrize("visitor", [(1280, "dark")], indirect=True)
def test_what_opens_has_no_barriers(visitor, shop):
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/overview/")
    page = visitor.page
    page.locator("figure details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
    for menu in (".period", ".switcher", ".share", ".user-menu"):
        page.locator(f"{menu} > summary, {menu} summary").first.click()
        assert complaints(page) == [], menu
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    assert complaints(page) == []
    page.keyboard.press("Escape")
    page.locator("figure details").evaluate_all("all => all.forEach((one) => { one.open = false; })")  # lies below
    page.get_by_role("button", name="Messages", exact=True).first.click()
    assert page.locator("#metric-messages_total").is_visible()
    assert complaints(page) == []


@pytest.mark.parametrize("visitor", [(320, "light")], indirect=True)
def test_at_400_per_cent_nothing_scrolls_sideways(visitor, shop):
    """1280 pixels enlarged four times are 320."""
    visitor.start_session()
    for path in (*(f"reports/{name}/?range=28d" for name in REPORTS), *(f"{name}/" for name in LISTS), "find/?q=a"):
        visitor.open(f"/w/{shop.slug}/{path}")
        assert visitor.page.evaluate(WIDEST) == 0, path


@pytest.mark.parametrize("visitor", [(390, "light")], indirect=True)
def test_on_a_phone_the_navigation_shows_where_one_is_and_what_has_the_focus(visitor, shop):
    visitor.start_session()
    page = visitor.page
    for path, name in (
        ("reports/retention/", "Retention"),
        ("settings/", "Settings"),
        ("reports/overview/", "Overview"),
    ):
        visitor.open(f"/w/{shop.slug}/{path}")
        here = page.locator(".side a[aria-current]")
        assert here.inner_text().strip() == name
        for link in page.locator(".side a:not([hidden])").all():
            link.focus()
            current, focused = here.bounding_box(), link.bounding_box()
            for shown in (current, focused):
                assert 0 <= shown["x"] <= 390 - shown["width"], path
            left = max(current["x"], focused["x"])
            right = min(current["x"] + current["width"], focused["x"] + focused["width"])
            assert focused == current or right - left < focused["width"] / 2, (path, link.inner_text())


@pytest.mark.parametrize("visitor", [(390, "light"), (1280, "light")], indirect=True)
def test_long_names_stay_within_the_page(visitor, shop, owner):
    name = "x" * 120
    change_settings(workspace=shop, by=owner, name=name)
    saved = save_funnel(workspace=shop, name=name, steps=[name, "purchase"], range="30d", by=owner)
    contact = Contact.objects.filter(workspace=shop).first()
    Contact.objects.filter(pk=contact.pk).update(name=name, email=f"{name}@example.com")
    Campaign.objects.filter(workspace=shop).update(name=name)
    visitor.start_session()
    for path in (
        "reports/overview/",
        f"reports/funnel/{saved.pk}/",
        f"contacts/{contact.api_id}/erase/",
        "settings/audit/",
    ):
        visitor.open(f"/w/{shop.slug}/{path}")
        assert visitor.page.evaluate(WIDEST) == 0, path


@pytest.mark.parametrize(
    ("visitor", "is_cards"), [((479, "light"), True), ((481, "light"), False)], indirect=["visitor"]
)
def test_the_rows_of_a_table_are_cards_on_a_narrow_screen_only(visitor, shop, is_cards):
    visitor.start_session()
    for path, table in (("reports/campaign/", "#campaigns"), ("contacts/", "table.list")):
        visitor.open(f"/w/{shop.slug}/{path}")
        cells = visitor.page.locator(f"{table} tbody tr:first-child > :is(th, td)")
        name, cell = cells.first.bounding_box(), cells.nth(1).bounding_box()
        assert (cell["y"] >= name["y"] + name["height"]) == is_cards, path
        told = cells.nth(1).evaluate("(one) => getComputedStyle(one, '::before').content")
        assert told == ('"Channel"' if path.startswith("reports") else '"Email"') if is_cards else told == "none"
        scrolls = visitor.page.evaluate("(at) => document.querySelector(at).scrollWidth > innerWidth", table)
        assert scrolls != is_cards, path
    assert visitor.page.get_by_role("row").count() > 1
    visitor.open(f"/w/{shop.slug}/reports/campaign/")
    visitor.page.locator("#campaigns thead").get_by_role("link", name="Click rate", exact=True).click()
    expect(visitor.page).to_have_url(re.compile("sort=-campaign_human_click_rate"))


@pytest.mark.parametrize("visitor", [(1280, "dark")], indirect=True)
def test_on_paper_there_are_numbers_and_no_navigation(visitor, shop):
    visitor.start_session()
    page = visitor.page
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1000})  # A4 within its margins
    for path in (*(f"reports/{name}/?range=28d" for name in REPORTS), "campaigns/", "contacts/"):
        visitor.open(f"/w/{shop.slug}/{path}")
        assert page.get_by_role("navigation").filter(visible=True).count() == 0, path
        assert page.locator(":is(select, input, .csv, .skip)").filter(visible=True).count() == 0, path
        assert page.evaluate(WIDEST) == 0, path
        for table in page.locator("main table").all():
            assert table.is_visible(), path
        cut = "(all) => all.filter((one) => one.scrollHeight > one.clientHeight + 1).map((one) => one.ariaLabel)"
        assert page.locator(".scroll").evaluate_all(cut) == [], path
        colours = "([...all]) => all.map((one) => getComputedStyle(one).color)"
        text = page.evaluate("getComputedStyle(document.body).color")
        assert text == "rgb(27, 36, 48)"  # dark on paper, whatever the screen is
        assert set(page.locator("main a:not(.heat a)").filter(visible=True).evaluate_all(colours)) <= {
            text,
            "rgb(87, 96, 110)",
        }, path
    visitor.open(f"/w/{shop.slug}/reports/retention/")
    assert page.locator(".heat td").last.evaluate("(one) => getComputedStyle(one).printColorAdjust") == "exact"


def test_charts_tables_and_the_api_have_the_same_numbers(visitor, shop):
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/timeseries/?range=7d&compare=off")
    answer = visitor.page.evaluate(
        f"fetch('/api/workspaces/{shop.api_id}/analytics/timeseries?days=7').then(r => r.json())"
    )
    charts = visitor.page.evaluate(
        "[...document.querySelectorAll('figure canvas')].map((one) => Chart.getChart(one).data.datasets[0].data)"
    )
    names = ("events", "messages", "opens", "clicks")
    assert charts == [[day[name] for day in answer["series"]] for name in names]
    for place, chart in enumerate(charts, start=1):
        shown = visitor.page.locator(f"#days tbody tr td:nth-child({place + 1})").all_inner_texts()
        assert shown == [f"{number:,}" for number in chart]
    assert sum(charts[0]) > 0


@all_ways
def test_a_campaign_that_began_is_marked_and_opens(visitor, shop):
    visitor.start_session()
    page = visitor.page
    visitor.open(f"/w/{shop.slug}/reports/timeseries/?range=28d")
    figure = page.locator("figure").first
    at = figure.evaluate("""(figure) => {
      const chart = Chart.getChart(figure.querySelector("canvas"));
      const { xValue, content } = chart.options.plugins.annotation.annotations.find(({ type }) => type === "label");
      return { x: chart.scales.x.getPixelForValue(xValue), y: chart.height - 10, named: content };
    }""")
    assert at["named"].startswith("▲ Tasting")
    assert page.locator("#days .mark").first.inner_text() == "Tasting box launch started"
    with page.expect_navigation(url="**/reports/campaign/**"):
        figure.locator("canvas").click(position={"x": at["x"], "y": at["y"]})
    assert page.get_by_role("heading", level=1).inner_text() == "Tasting box launch"


def drawn_at(page, label):
    """The place on the page of the first figure's first point with the label."""
    return page.locator("figure").first.evaluate(
        """(figure, label) => {
          const canvas = figure.querySelector("canvas");
          const chart = Chart.getChart(canvas);
          const point = chart.getDatasetMeta(0).data[chart.data.labels.indexOf(label)];
          const middle = ({ x, y, base, horizontal }) =>
            horizontal ? { x: (x + base) / 2, y } : { x, y: (y + (base ?? y)) / 2 };
          return middle(point);
        }""",
        label,
    )


@pytest.mark.parametrize("path", ["overview/?range=28d&metric=delivered", "campaign/"])
def test_what_is_drawn_opens_its_list(visitor, shop, path):
    visitor.start_session()
    page = visitor.page
    visitor.open(f"/w/{shop.slug}/reports/{path}")
    figure = page.locator("figure").first
    label, count = figure.evaluate("""(figure) => {
      const { labels, datasets } = Chart.getChart(figure.querySelector("canvas")).data;
      const place = datasets[0].data.findLastIndex((value) => value > 0);
      return [labels[place], datasets[0].data[place]];
    }""")
    with page.expect_navigation(url="**/messages/**"):
        figure.locator("canvas").click(position=drawn_at(page, label))
    assert int(page.locator("[data-total]").get_attribute("data-total")) == count > 0


def test_a_chart_can_be_taken_along_as_a_picture_and_its_table_copied(visitor, shop):
    visitor.start_session()
    page = visitor.page
    visitor.open(f"/w/{shop.slug}/reports/campaign/")
    with page.expect_download() as downloaded:
        page.locator("figure").get_by_role("button", name="PNG of Messages by campaign").click()
    assert downloaded.value.suggested_filename == "Campaigns-Messages-by-campaign.png"
    picture = Path(downloaded.value.path()).read_bytes()
    assert picture.startswith(b"\x89PNG")
    width, height = int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])
    assert (width, height > 1200) == (2400, True), "sharp on a slide"

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#campaigns tbody tr td:nth-child(4)").first.evaluate("cell => { cell.textContent = '−1,200'; }")
    page.locator("#campaigns").locator("xpath=ancestor::section").get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    heads, first, *_ = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert heads.split("\t")[:3] == ["Campaign", "Channel", "Messages"]
    assert first.split("\t")[2] == page.locator("#campaigns tbody tr td:nth-child(3) a").first.inner_text()
    assert first.split("\t")[3] == "-1,200", "a spreadsheet reads a hyphen"


def test_a_key_figure_is_chosen_for_the_chart(visitor, shop):
    visitor.start_session()
    page = visitor.page
    visitor.open(f"/w/{shop.slug}/reports/overview/?range=28d&compare=previous")
    page.get_by_role("link", name="Chart of New contacts").click()
    page.wait_for_url("**metric=contacts_new**")
    assert page.locator("figure h2").inner_text() == "New contacts"
    assert page.get_by_role("group", name="New contacts").get_by_role("link", name="In chart").count() == 1


def test_a_metrics_help_opens_and_says_what_it_counts(visitor, shop):
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/overview/?opens=all")
    visitor.page.get_by_role("button", name="Open rate").first.click()
    definition = visitor.page.locator("#metric-campaign_open_rate")
    assert definition.is_visible()
    assert "Opened ÷ Delivered = " in definition.inner_text()


def test_a_series_can_be_switched_off(visitor, shop):
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/campaign/")
    button = visitor.page.locator(".legend button", has_text="Opened")
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    assert not visitor.page.evaluate("Chart.getChart(document.querySelector('figure canvas')).isDatasetVisible(1)")


def test_the_theme_chosen_stays(visitor, shop):
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/overview/")
    visitor.page.locator(".user-menu summary").click()
    visitor.page.get_by_role("button", name="Dark").click()
    visitor.page.locator("html[data-theme=dark]").wait_for()
    visitor.open(f"/w/{shop.slug}/reports/funnel/")
    assert visitor.page.locator("html").get_attribute("data-theme") == "dark"
    background = visitor.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == DARK


def test_what_a_page_loads_stays_small():
    """Compressed: the style sheet, and the scripts of a page with charts."""
    static = Path(settings.BASE_DIR / "static")

    def size(*patterns):
        return sum(len(gzip.compress(path.read_bytes())) for pattern in patterns for path in static.glob(pattern))

    assert size("css/tokens.css", "css/site.css") <= 14_000
    assert size("js/shell.js", "js/swap.js", "js/chart*.js", "vendor/chart*/*.js") <= 110_000
