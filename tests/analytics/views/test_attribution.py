"""Attribution: the tree of sources, with who came without any."""

import csv
import io
import re

import pytest

from tests.analytics.views.texts import text_of
from tests.copied_rows import copied

pytestmark = pytest.mark.either_database("a page is made of what reports answer, which their own tests ask of both")


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


def test_each_source_is_compared_with_itself_in_the_other_days(page, track, now):
    for source, before, since in (("google", 40, 50), ("bing", 40, 30), ("new", 0, 5), ("", 100, 100)):
        visits(track, source, 20, before)
        visits(track, source, 27, since)
    visits(track, "google", 31, 3)  # today, which is left out of changes
    html = page("attribution", range="7d")
    assert "Events, change" in html
    told = {row.split(" ")[0]: row for row in rows(html)}
    assert told["google"].endswith("53 53 28.2% 53 ▲ +25.0% ▲ +25.0%")
    assert told["bing"].endswith("30 30 16.0% 30 ▼ −25.0% ▼ −25.0%")
    assert told["new"].endswith("5 5 2.7% 5 – –")
    assert told["All"].endswith("188 100.0% 188 ▲ +2.8% ▲ +2.8%")  # 185 after 180
    assert told["Direct"].endswith("100 53.2% 100 ±0.0% ±0.0%")
    assert "Attributed events 88 ▲ +6.2%" in text_of(html)  # 85 after 80
    assert "Events, change" not in page("attribution", range="7d", compare="off")
