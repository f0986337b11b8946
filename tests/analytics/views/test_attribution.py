"""Attribution: the tree of sources, with who came without any."""

import csv
import io
import re
from functools import partial

import pytest

from tests.analytics.views.texts import text_of
from tests.copied_rows import copied

pytestmark = pytest.mark.either_database("a page is made of what reports answer, which their own tests ask of both")


@pytest.fixture
def page(page):
    """The tab of sources."""
    return partial(page, view="sources")


def rows(html):
    inside = re.search(r'<table id="sources"[^>]*>.*?</table>', html, re.DOTALL)[0].split("</thead>")[1]
    return [text_of(row) for row in re.findall(r"<tr.*?</tr>", inside, re.DOTALL)]


def test_it_says_what_the_api_says(page, some_data, report):
    answer = report("/attribution")
    assert (answer["totalAttributedEvents"], answer["conversions"]) == (1, 1)
    html = page("attribution", compare="off")
    assert "Attributed events 1" in text_of(html)
    assert rows(html) == [
        "google › cpc 1 1 33.3% 1",
        "Direct / unknown – 2 66.7% 0",
        "All – 3 100.0% 1",
    ]


@pytest.fixture
@copied
def many_sources(track, some_data):
    utms = [("google", "cpc", "brand"), ("google", "cpc", "sale"), ("google", "organic", ""), ("<b>", "", "")]
    calls = [
        {
            "type": "track",
            "userId": f"v{number}",
            "event": "visit",
            "timestamp": "2026-03-26T10:00:00Z",
            "context": {"campaign": {"source": source, "medium": medium, "name": campaign}},
        }
        for number, (source, medium, campaign) in enumerate(utms)
    ]
    assert track(*calls).json()["accepted"] == 4


def test_levels_that_say_nothing_more_are_drawn_together(page, many_sources):
    html = page("attribution")
    assert [row.split(" ")[0] for row in rows(html)][:5] == ["google", "cpc", "(not", "brand", "sale"]
    levels = re.findall(r'class="(level-\d)[^"]*" data-label="([^"]*)"', html)
    assert ("level-2", "brand") in levels
    assert ("level-1", "organic") in levels
    assert "&lt;b&gt;" in html


def test_the_file_of_sources_has_a_column_a_level(api, workspace, many_sources):
    response = api.get(f"/w/{workspace.slug}/reports/attribution/", {"format": "csv", "table": "sources"})
    head, *lines = csv.reader(io.StringIO(b"".join(response).decode("utf-8-sig")))
    assert head[:4] == ["Source", "Medium", "Campaign", "Visitors"]
    assert [line[:3] for line in lines] == [
        ["google", "", ""],
        ["google", "cpc", ""],
        ["google", "cpc", "(not set)"],
        ["google", "cpc", "brand"],
        ["google", "cpc", "sale"],
        ["google", "organic", "(not set)"],
        ["<b>", "(not set)", "(not set)"],
        ["Direct / unknown", "", ""],
        ["All", "", ""],
    ]


def test_every_leaf_is_a_row_of_the_api(page, many_sources, report):
    shown = rows(page("attribution"))
    for source in report("/attribution")["sources"]:
        name = source["campaign"] or source["medium"] or source["source"]
        numbers = f" {source['uniqueVisitors']} {source['totalEvents']} "
        assert any(numbers in row and (name in row or "(not set)" in row) for row in shown), name


def test_without_sources_it_says_where_they_come_from(page, track, now):
    assert track({"type": "track", "userId": "u", "event": "visit"}).json()["accepted"] == 1
    html = page("attribution")
    assert "utm_source" in html
    assert "<canvas" not in html


def visits(track, source, day, number):
    calls = [
        {
            "type": "track",
            "userId": f"{source}{day}-{n}",
            "event": "purchase",
            "timestamp": f"2026-03-{day}T10:00:00Z",
            "context": {"campaign": {"source": source, "medium": "cpc"}} if source else {},
        }
        for n in range(number)
    ]
    assert track(*calls).json()["accepted"] == number


@pytest.mark.long
def test_each_source_is_compared_with_itself_in_the_other_days(page, track, now):
    for source, before, since in (("google", 40, 50), ("bing", 40, 30), ("new", 0, 5), ("", 100, 100)):
        visits(track, source, 20, before)
        visits(track, source, 27, since)
    visits(track, "google", 31, 3)  # today, which is left out of changes
    html = page("attribution", range="7d")
    assert "Events, change" in html
    told = {row.split(" ")[0]: row for row in rows(html)}
    assert told["google"].endswith("53 53 ▲ +25.0% Why? 28.2% 53 ▲ +25.0%")
    assert told["bing"].endswith("30 30 ▼ −25.0% Why? 16.0% 30 ▼ −25.0%")
    assert told["new"].endswith("5 5 2.7% 5")
    assert told["All"].endswith("188 ▲ +2.8% Why? 100.0% 188 ▲ +2.8% Why?")  # 185 after 180
    assert told["Direct"].endswith("100 ±0.0% 53.2% 100 ±0.0%")
    assert "Attributed events 88 ▲ +6.2%" in text_of(html)  # 85 after 80
    assert "Events, change" not in page("attribution", range="7d", compare="off")


@pytest.mark.long
def test_a_source_of_the_other_days_alone_is_there_by_its_name(page, track, now, report):
    visits(track, "gone", 20, 40)
    visits(track, "google", 27, 50)
    assert "gone › cpc 0 0 ▼ −100.0% Why? 0.0% 0 ▼ −100.0%" in rows(page("attribution", range="7d"))
    assert [row for row in rows(page("attribution", range="7d", compare="off")) if row.startswith("gone")] == []
    answer = report("/attribution", range="7d", compare="previous", breakdown="utm.campaign")
    (gone,) = [row for row in answer["breakdown"] if row["source"] == "gone" and row["medium"] is None]
    assert (gone["totalEvents"], gone["conversions"]) == (0, 0)
    assert gone["changes"] == {"totalEvents": -1.0, "conversions": -1.0}


@pytest.mark.long
@pytest.mark.parametrize(("sort", "names"), [("-events_change", ["google", "Direct", "bing"]), ("events", [])])
def test_sources_are_sorted_by_how_they_changed_each_with_what_lies_below(page, track, now, sort, names):
    for source, before, since in (("google", 40, 50), ("bing", 100, 60), ("new", 0, 5), ("", 100, 100)):
        visits(track, source, 20, before)
        visits(track, source, 27, since)
    visits(track, "google", 27, 0)
    html = page("attribution", range="7d", sort=sort)
    told = [row.split(" ")[0] for row in rows(html)]
    assert told == [*(names or ["new", "google", "bing", "Direct"]), *(["new"] if names else []), "All"]
    order = "descending" if names else "ascending"
    assert re.search(rf'data-column="events"[^>]*aria-sort="{order}"', html)
    assert "sort=events_change" in html if names else "sort=-events_change" in html


def test_media_are_sorted_below_their_source(page, many_sources):
    html = page("attribution", sort="source")
    names = re.findall(r'class="level-\d[^"]*" data-label="([^"]*)"', html[html.index('id="sources"') :])
    assert names == ["&lt;b&gt;", "Direct / unknown", "google", "cpc", "(not set)", "brand", "sale", "organic"]


def test_the_api_tells_how_each_source_changed(track, now, report):
    for source, before, since in (("google", 40, 50), ("new", 0, 5)):
        visits(track, source, 20, before)
        visits(track, source, 27, since)
    answer = report("/attribution", range="7d", compare="previous")
    assert {row["source"]: row["changes"] for row in answer["sources"]} == {
        "google": {"uniqueVisitors": 0.25, "totalEvents": 0.25},
        "new": {"uniqueVisitors": None, "totalEvents": None},
    }
    assert "changes" not in report("/attribution", range="7d")["sources"][0]
