"""A marketer opens the report pages: charts and tables are there, and the browser has nothing to complain of."""

import pytest

pytestmark = pytest.mark.django_db(transaction=True)

CHARTS = {"overview": 2, "campaign": 1, "timeseries": 3, "attribution": 1, "funnel": 1, "retention": 1}
DRAWN = """() => [...document.querySelectorAll("figure canvas")].map((canvas) => {
  const chart = Chart.getChart(canvas);
  return chart.data.datasets.map((set) => ({
    label: set.label, points: set.data.length, highest: Math.max(...set.data),
  }));
})"""
WIDEST = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("visitor", [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")], indirect=True)
def test_every_report_shows_its_charts_and_tables(visitor, shop):
    visitor.log_in()
    assert visitor.page.url.endswith(f"/w/{shop.slug}/reports/overview/")
    for name, charts in CHARTS.items():
        visitor.open(f"/w/{shop.slug}/reports/{name}/?range=28d")
        drawn = visitor.page.evaluate(DRAWN)
        assert len(drawn) == charts, name
        assert all(one["points"] and one["label"] for chart in drawn for one in chart), name
        assert any(one["highest"] > 0 for one in drawn[0]), name
        assert visitor.page.locator("table tbody tr").count() > 1, name
        assert visitor.page.evaluate(WIDEST) == 0, name


def test_a_charts_numbers_are_those_of_the_table(visitor, shop):
    visitor.log_in()
    visitor.open(f"/w/{shop.slug}/reports/timeseries/?range=7d")
    shown = visitor.page.locator("#days tbody tr td:nth-child(2)").all_inner_texts()
    chart = visitor.page.evaluate("Chart.getChart(document.querySelector('figure canvas')).data.datasets[0].data")
    assert [f"{number:,}" for number in chart] == shown
    assert sum(chart) > 0


def test_a_campaign_opens_from_the_list_and_the_way_back_keeps_the_range(visitor, shop):
    visitor.log_in()
    visitor.open(f"/w/{shop.slug}/reports/campaign/?range=91d")
    visitor.page.get_by_role("link", name="Monthly newsletter").click()
    visitor.page.get_by_role("heading", name="Monthly newsletter", level=1).wait_for()
    assert visitor.page.get_by_role("heading", name="A/B test: Subject line").is_visible()
    visitor.page.get_by_role("link", name="All campaigns").click()
    visitor.page.get_by_role("heading", name="Campaigns", level=1, exact=True).wait_for()
    assert "range=91d" in visitor.page.url


def test_a_funnel_is_made_with_the_form(visitor, shop):
    visitor.log_in()
    visitor.open(f"/w/{shop.slug}/reports/funnel/")
    steps = visitor.page.locator("input[name=step]")
    steps.nth(0).fill("page_view")
    steps.nth(1).fill("signup")
    steps.nth(2).fill("")
    visitor.page.get_by_role("button", name="Show funnel").click()
    visitor.page.wait_for_url("**step=signup**")
    labels = visitor.page.locator("#steps tbody th").all_inner_texts()
    assert labels == ["1. page_view", "2. signup"]


def test_a_metrics_help_opens_and_says_what_it_counts(visitor, shop):
    visitor.log_in()
    visitor.open(f"/w/{shop.slug}/reports/overview/")
    visitor.page.get_by_role("button", name="Open rate").first.click()
    definition = visitor.page.locator("#metric-open_rate")
    assert definition.is_visible()
    assert "opened" in definition.inner_text().lower()


def test_a_series_can_be_switched_off(visitor, shop):
    visitor.log_in()
    visitor.open(f"/w/{shop.slug}/reports/overview/")
    button = visitor.page.locator(".legend button", has_text="Opens")
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    assert not visitor.page.evaluate("Chart.getChart(document.querySelector('figure canvas')).isDatasetVisible(1)")


def test_the_theme_chosen_stays(visitor, shop):
    visitor.log_in()
    visitor.page.locator(".user-menu summary").click()
    visitor.page.get_by_role("button", name="Dark").click()
    visitor.page.wait_for_load_state("networkidle")
    visitor.open(f"/w/{shop.slug}/reports/funnel/")
    assert visitor.page.locator("html").get_attribute("data-theme") == "dark"
    background = visitor.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(15, 22, 32)"


def test_a_new_workspace_says_how_to_send_a_first_event(visitor, workspace):
    visitor.log_in()
    visitor.open("/w/")
    visitor.page.get_by_label("Name").fill("Second shop")
    visitor.page.get_by_role("button", name="Create workspace").click()
    visitor.page.wait_for_url("**/w/second-shop/reports/overview/")
    assert visitor.page.get_by_text("/v1/track").is_visible()


def test_a_wrong_password_is_told_and_what_was_typed_stays(visitor, workspace):
    visitor.open("/login/")
    visitor.page.get_by_label("E-mail").fill("owner@example.com")
    visitor.page.get_by_label("Password").fill("wrong")
    visitor.page.get_by_role("button", name="Log in").click()
    assert visitor.page.get_by_role("alert").inner_text() == "The e-mail or the password is wrong."
    assert visitor.page.get_by_label("E-mail").input_value() == "owner@example.com"
