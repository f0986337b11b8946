"""What holds for every report page: who sees it, its state in the address, its tables as files, its few queries."""

import csv
import io
import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from analytics.metrics import METRICS
from analytics.models import Campaign
from analytics.registry import REPORTS
from tests.analytics.views.texts import text_of
from workspaces.navigation import HELP, NAVIGATION

pytestmark = pytest.mark.either_database("a page is made of what reports answer, which their own tests ask of both")

PAGES = tuple(report.name for report in REPORTS)
MARKS = 3
"""Queries for what happened on the days of a chart: campaigns that began, notes and settings."""
each_page = pytest.mark.parametrize("name", PAGES)


@each_page
def test_a_page_of_an_empty_workspace_is_whole(page, name):
    assert "<h1>" in page(name)


@pytest.mark.long
@each_page
def test_the_foot_says_up_to_when_there_are_data_and_when_they_were_counted(page, some_data, name, now, time_machine):
    time_machine.move_to(now + timedelta(hours=1), tick=False)
    assert "Data up to 14:00 · updated 15:00" in text_of(page(name))
    time_machine.move_to(now + timedelta(days=1), tick=False)
    assert "Data up to 31 Mar 2026, 14:00 · updated 14:00" in text_of(page(name))


@pytest.mark.long
@pytest.mark.parametrize("name", sorted({*PAGES} - {"overview", "funnel"}))  # which show zeros
def test_filters_that_nothing_meets_are_told_and_a_click_away_from_none(page, some_data, name):
    html = page(name, where="contact.known:false", range="30d")
    assert "in this period with these filters Clear filters" in text_of(html)
    assert re.search(r'href="/w/acme/reports/[a-z]+/\?range=30d">Clear filters', html)


@pytest.mark.long
@each_page
@pytest.mark.parametrize("days", [1, 7, 30, 45, 365])
def test_a_page_is_there_for_every_range(page, some_data, name, days):
    assert "Europe/Berlin (UTC+02:00)" in page(name, range=f"{days}d")


@pytest.mark.long
@each_page
@pytest.mark.parametrize("given", ["0d", "-3d", "366d", "abc", "1e3d", "٣d", "30", "<script>", "\0", "9" * 500])
def test_a_bad_range_falls_back_and_is_told(page, some_data, name, given):
    html = page(name, range=given)
    assert "range cannot be" in html
    assert "<script>" not in html.split("<main", 1)[1]
    of_long_ranges = {**dict.fromkeys(("ltv", "rfm"), "1 Apr 2025 – 31 Mar 2026"), "retention": "12 Jan – 31 Mar 2026"}
    default = of_long_ranges.get(name, "2 – 31 Mar 2026")
    assert default in html


@each_page
def test_a_page_wants_a_session(workspace, name):
    response = Client().get(f"/w/{workspace.slug}/reports/{name}/?range=7d")
    assert response.status_code == 302
    assert response["Location"] == f"/login/?next=/w/{workspace.slug}/reports/{name}/%3Frange%3D7d"


@each_page
def test_a_page_of_somebody_elses_workspace_is_not_found(stranger_client, workspace, name):
    response = stranger_client.get(f"/w/{workspace.slug}/reports/{name}/")
    assert response.status_code == 404
    assert workspace.name not in response.content.decode()


@each_page
def test_a_viewer_sees_the_pages(viewer_client, workspace, name):
    assert viewer_client.get(f"/w/{workspace.slug}/reports/{name}/").status_code == 200


@each_page
def test_a_page_is_only_read(api, workspace, name):
    assert api.post(f"/w/{workspace.slug}/reports/{name}/").status_code == 405
    assert api.head(f"/w/{workspace.slug}/reports/{name}/").status_code == 200


def test_an_address_without_its_last_slash_leads_to_the_page(api, workspace):
    response = api.get(f"/w/{workspace.slug}/reports/funnel?steps=a,b")
    assert (response.status_code, response["Location"]) == (302, f"/w/{workspace.slug}/reports/funnel/?steps=a,b")


def test_the_templates_have_no_inline_style_or_script():
    """The content security policy forbids both. Emails are read under none, and have styles alone."""
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        html = path.read_text()
        assert not re.search(r"\son\w+=|<script(?![^>]*\bsrc=)", html), path
        assert path.parent.name == "email" or not re.search(r"\sstyle=|<style", html), path


def test_every_icon_named_is_in_the_sprite():
    sprite = next(Path(settings.BASE_DIR / "static/vendor").glob("lucide-static-*/icons.svg")).read_text()
    used = {entry.icon for _, entries in NAVIGATION for entry in entries} | {page.icon for page in HELP}
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        used |= set(re.findall(r"icons\.svg' %\}#([\w-]+)\"", path.read_text()))
    assert used <= set(re.findall(r'id="([\w-]+)"', sprite))


@each_page
def test_a_page_makes_a_handful_of_queries(page, some_data, workspace, name, django_assert_max_num_queries):
    no_money = {"kind": "none", "amount": [], "currency": [], "order": []}
    workspace.money_rules = {"purchase": no_money, "Order Refunded": no_money}
    workspace.save()
    # campaigns of both parts of the days, and of those on which messages are old enough, visits and their sources, what
    # was rejected and has ended, notes and settings that moved numbers; emails, what is reported of them, and the list
    of_several = {"overview": 11, "health": 5 + MARKS, "why": 1, "funnel": MARKS}
    with django_assert_max_num_queries(12 + of_several.get(name, 0)):
        page(name, **({"view": "sources"} if name == "attribution" else {}))


@pytest.mark.parametrize(
    ("name", "more"), [("overview", 13), ("funnel", 2 + MARKS), ("campaign", 11), ("attribution", 8)]
)
def test_money_takes_few_queries_more(page, some_data, name, more, django_assert_max_num_queries):
    """On which days there are events, and what these tell of it. Its credit to campaigns takes another five: whether it
    can be told, clicks and visits before conversions, the links that campaigns carry, deliveries; those of the days
    compared with another four. The overview asks for several things besides, as above."""
    with django_assert_max_num_queries(12 + more):
        page(name)


@each_page
def test_a_page_shows_days_of_ones_own(page, some_data, name):
    html = page(name, **{"from": "2026-03-20", "to": "2026-03-24"})
    assert "20 – 24 Mar 2026" in text_of(html)
    assert 'value="2026-03-20"' in html


@pytest.mark.long
@pytest.mark.parametrize("name", ["overview", "timeseries", "attribution", "funnel"])
@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({}, "compared with 2 Feb – 1 Mar 2026; changes are of 28 days matched by weekday"),
        ({"range": "7d"}, "compared with 18 – 24 Mar 2026; changes are of complete days"),
        ({"range": "mtd"}, "compared with 1 – 28 Feb 2026; changes are of 28 days matched by date"),
        ({"range": "lastmonth"}, "compared with 1 – 31 Jan 2026. Times"),
        ({"match": "date"}, "compared with 31 Jan – 1 Mar 2026"),
        ({"compare": "year"}, "compared with 3 Mar – 1 Apr 2025"),
        ({"compare": "custom", "compareFrom": "2026-01-01", "compareTo": "2026-01-09"}, "with 1 – 9 Jan 2026"),
    ],
)
def test_a_page_says_what_it_compares_with(page, some_data, name, query, told):
    assert told in text_of(page(name, **query))


@pytest.mark.long
def test_what_is_compared_is_remembered_and_stands_in_links(page, some_data):
    page("overview", compare="year")
    html = page("timeseries")
    assert "compared with 3 Mar – 1 Apr 2025" in text_of(html)
    assert "compare=year" in re.search(r'<a href="([^"]*)" data-copy[^>]*>Rolling period', html)[1]
    page("timeseries", compare="off")
    html = page("attribution")
    assert "compared with" not in text_of(html)
    assert "compare=off" in re.search(r'<a href="([^"]*)" data-copy[^>]*>Fixed dates', html)[1]


@pytest.mark.long
@each_page
def test_without_comparison_no_other_days_are_named(page, some_data, name):
    assert "compared with" not in text_of(page(name, compare="off"))


@pytest.mark.long
def test_a_page_says_what_of_the_address_it_does_not_do(page, some_data):
    assert "This page compares with no other days." in page("ltv", compare="year")
    assert "This page compares" not in page("ltv")
    assert "channel is not understood here and is left out; understood are: range, " in page("funnel", channel="email")
    assert "campaign is not understood here" in page("overview", campaign="cmp_1")
    assert "is not understood" not in page("timeseries", channel="email")
    campaign = Campaign.objects.get().api_id
    assert "channel is no filter of one campaign" in page("campaign", campaign=campaign, channel="email")
    assert "Split charts show no comparison" in page("timeseries", breakdown="channel", metric="sent")
    assert "Split charts" not in page("timeseries", metric="sent")


@each_page
def test_a_link_to_these_very_days_is_offered(page, some_data, name):
    html = page(name, range="7d")
    fixed = re.search(r'<a href="([^"]*)" data-copy>Fixed dates', html)[1]
    assert "from=2026-03-25&amp;to=2026-03-31" in fixed
    assert "range=" not in fixed


@pytest.mark.long
@each_page
def test_days_that_run_are_marked(page, some_data, name):
    assert "today so far" in page(name)
    assert "today so far" not in page(name, range="yesterday")


@pytest.mark.long
@each_page
def test_bad_choices_fall_back_and_are_told(page, some_data, name):
    choices = ("compare", "match", "opens", "interval", "channel")
    html = page(name, **dict.fromkeys(choices, "<nonsense>"))
    for choice in choices:
        assert f"{choice} cannot be" in html
    assert "<nonsense>" not in html


TABLES = {
    "overview": ["course", "top_campaigns", "top_sources"],
    "campaign": ["campaigns"],
    "timeseries": ["days"],
    "attribution": ["sources", "top_sources"],
    "funnel": ["steps"],
    "retention": ["cohorts", "weeks"],
}
OF_FILES_ALONE = {"Hard bounced", "Complained", "Unsubscribed", "Hard bounce rate (of sent)", "Hard bounce rate"}
"""Columns of campaigns that the page has no room for: each campaign's own page tells them."""


@pytest.mark.long
@pytest.mark.parametrize(("name", "table"), [(name, table) for name, tables in TABLES.items() for table in tables])
def test_a_tables_file_says_what_the_page_shows(api, page, workspace, some_data, name, table):
    html = page(name, **({"view": "sources"} if name == "attribution" else {}))
    shown = rows_of(html, table)
    response = api.get(f"/w/{workspace.slug}/reports/{name}/", {"format": "csv", "table": table})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    first = "2026-01-12" if name == "retention" else "2026-03-02"
    assert f"{name}-{table}-{first}-2026-03-31.csv" in response["Content-Disposition"]
    lines = list(csv.reader(io.StringIO(b"".join(response).decode())))
    if name == "campaign":  # whose file has columns for which the page has no room
        on_page = {unescape(label) for label in re.findall(r'<th scope="col"[^>]*data-label="([^"]*)"', html)}
        places = [
            place
            for place, head in enumerate(lines[0])
            if head.lstrip("\ufeff").split(" (")[0].removesuffix(", change") in on_page
        ]
        assert len(places) < len(lines[0])
        lines = [[line[place] for place in places] for line in lines]
    assert len(lines) - 1 == len(shown) > 0
    names = 3 if name == "attribution" else 1  # a column a level
    of_page = [place for place, head in enumerate(lines[0]) if head.removesuffix(", change") not in OF_FILES_ALONE]
    for every, cells in zip(lines[1:], shown, strict=True):
        line = [every[place] for place in of_page]
        assert [as_shown(value) for value in line[names:]] == [as_shown(value) for value in cells[1:]], (line, cells)
    assert f"table={table}" in html


def rows_of(html, table):
    """The texts of each row's cells, of changes behind those of the numbers that they stand below."""
    inside = re.search(rf'<table[^>]*id="{table}".*?</table>', html, re.DOTALL)[0].split("</thead>")[1]
    rows = re.findall(r"<tr.*?</tr>", inside, re.DOTALL)
    cells = [re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL) for row in rows]
    return [[text_of(part) for cell in row for part in cell.split('<span class="below">')] for row in cells]


def as_shown(text):
    """Numbers of the file and of the page in one form."""
    text = text.replace(",", "")
    if text.endswith("%"):
        return f"{float(text[:-1]) / 100:.3f}"
    return f"{float(text):.3f}" if re.fullmatch(r"-?[0-9.]+", text) else text.replace("–", "")


@each_page
def test_there_is_no_file_of_a_table_that_is_not_there(page, some_data, name):
    page(name, expected=404, format="csv", table="nonsense")


@each_page
def test_a_stranger_gets_no_file(stranger_client, workspace, name):
    address = f"/w/{workspace.slug}/reports/{name}/"
    assert stranger_client.get(address, {"format": "csv", "table": TABLES.get(name, [name])[0]}).status_code == 404


def test_each_metric_named_is_explained_with_the_numbers_of_the_page(page, some_data):
    html = page("overview", opens="all")
    explained = re.search(r'<div popover id="metric-campaign_open_rate".*?</div>', html, re.DOTALL)[0]
    assert "Share of delivered messages that were opened." in explained
    assert "Opened ÷ Delivered = 2 ÷ 3" in text_of(explained)
    for key in re.findall(r'popovertarget="metric-(\w+)"', html):
        assert f'id="metric-{key}"' in html


@pytest.mark.long
def test_no_help_button_stands_in_anothers_place(page, some_data):
    """Where the help stays, an id is there once."""
    for name in PAGES:
        ids = re.findall(r' id="([^"]+)"', page(name))
        assert len(set(ids)) == len(ids), name


def test_the_metrics_have_a_page(api, db):
    html = api.get("/help/metrics/").content.decode()
    for metric in METRICS.values():
        assert f'id="{metric.key}"' in html
    assert Client().get("/help/metrics/").status_code == 302
