"""The page that says why a metric changed: a sentence, a waterfall and its table."""

import json
import re
from html import unescape

import pytest

from analytics.models import Campaign
from tests.analytics.views.test_numbers_open import OPENS, TOTAL
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied

WEEK = {"from": "2026-03-16", "to": "2026-03-22", "compare": "previous"}


@pytest.fixture
@copied
def history(bulk, workspace, now):
    """Before, 100 messages of `old` at 10 %; now 50 at 10 % and 150 of `new` at 40 %."""
    bulk("campaigns", [{"externalId": name, "name": name.title()} for name in ("old", "new")])
    bulk("contacts", [{"externalId": "ada", "email": "ada@gmail.com"}])
    sent = [("old", "10", 100, 10), ("old", "17", 50, 5), ("new", "18", 150, 60)]
    bulk("messages", [row for campaign, day, n, clicked in sent for row in _messages(campaign, day, n, clicked)])


def _messages(campaign, day, number, clicked):
    at = f"2026-03-{day}T10:00:00Z"
    for n in range(number):
        named = {"externalId": f"{campaign}{day}{n}", "campaign": campaign, "contact": "ada", "channel": "EMAIL"}
        yield {**named, "createdAt": at, "deliveredAt": at, **({"clickedAt": at} if n < clicked else {})}


def test_it_says_what_most_of_the_change_came_by(page, history):
    shown = text_of(page("why", **WEEK))
    assert "Click rate rose from 10.0% to 32.5% (+22.5 points). By campaign: New (new) +14.1 points" in shown
    assert "Both periods count what messages reached within 3 days of their creation." in shown
    assert "9 – 15 Mar 2026" in shown


def test_the_waterfall_goes_from_the_whole_before_to_the_whole_now(page, history):
    html = page("why", **WEEK)
    drawn = json.loads(re.search(r'<script type="application/json">(.*?)</script>', html)[1])
    assert drawn["kind"] == "waterfall"
    start, end, verdict = (series["values"] for series in drawn["series"])
    assert (start[0], end[0], start[-1], end[-1]) == (None, 0.1, None, 0.325)
    assert start[1:-1] == [end[0], *end[1:-2]]
    assert end[-2] == pytest.approx(0.325, abs=1e-12)
    assert verdict == [None, "Yes", "Yes", None]


@pytest.mark.long
def test_every_count_of_a_rate_opens_to_its_rows_of_either_period(api, page, history):
    links = OPENS.findall(page("why", **WEEK))
    assert len(links) > 8
    for address, _, text in links:
        assert TOTAL.search(api.get(unescape(address)).text)[1] == text


def test_of_a_count_the_factors_stand_beside(page, history):
    shown = text_of(page("why", **WEEK, metric="clicked"))
    assert "Clicked rose from 10 to 65 (+55). By campaign: New (new) +60." in shown
    assert "Sent 100 200 " in shown
    assert "Delivered ÷ sent 100.0% 100.0% ±0" in shown
    assert "Clicked ÷ delivered 10.0% 32.5% " in shown


def test_what_did_not_change_is_told(page, history):
    days = {"from": "2026-03-17", "to": "2026-03-17", "compareFrom": "2026-03-10", "compareTo": "2026-03-10"}
    assert "Delivery rate did not change: 100.0%." in text_of(
        page("why", **days, compare="custom", metric="delivery_rate")
    )


def whys(html):
    return [unescape(address) for address in re.findall(r'class="why" href="([^"]+)"', html)]


@pytest.mark.parametrize("report", ["overview", "campaign"])
def test_changes_in_tables_of_campaigns_lead_to_what_they_are_made_of(api, page, bulk, history, report):
    bulk("messages", [*_messages("old", "16", 50, 20)])
    days = {"from": "2026-03-16", "to": "2026-03-22", "compare": "previous"}
    old = Campaign.objects.get(name="Old").api_id
    [why] = [each for each in whys(page(report, **days)) if "click_rate" in each and old in each]
    assert f"where=campaign%3A{old}" in why
    assert "from=2026-03-16" in why
    shown = text_of(api.get(why).content.decode())
    assert "Click rate rose from 10.0% to 25.0% (+15.0 points)" in shown
    assert "Campaign is Old" in shown


DAYS_ALONE = {"from": "2026-03-20", "to": "2026-03-20", "compareFrom": "2026-03-19", "compareTo": "2026-03-19"}


def test_what_is_not_more_than_chance_is_called_so(page, bulk, history):
    bulk("messages", [*_messages("old", "19", 100, 11), *_messages("old", "20", 100, 14)])
    shown = text_of(page("why", **DAYS_ALONE, compare="custom"))
    assert "Click rate rose from 11.0% to 14.0% (+3.0 points), which is not more than chance." in shown


def test_parts_beyond_chance_are_told_of_a_whole_that_is_not(page, bulk, history):
    """All emails are of another campaign: that they are is no chance."""
    bulk("messages", [*_messages("old", "19", 100, 11), *_messages("new", "20", 100, 14)])
    shown = text_of(page("why", **DAYS_ALONE, compare="custom"))
    said = "Click rate rose from 11.0% to 14.0% (+3.0 points); the whole by no more than chance, parts of it by more."
    assert f"{said} By campaign: New (new) " in shown
    assert "which is not more than chance" not in shown


def test_parts_beyond_chance_are_told_of_a_whole_that_did_not_change(page, bulk, history):
    bulk("messages", [*_messages("old", "19", 100, 11), *_messages("new", "20", 100, 11)])
    shown = text_of(page("why", **DAYS_ALONE, compare="custom", metric="delivered"))
    assert "Delivered did not change: 100. Parts of it did, by more than chance. By campaign: " in shown


def test_messages_that_are_too_young_are_told(page, history):
    shown = text_of(page("why", range="yesterday", compare="previous"))
    assert "Messages are compared once they are 3 days old: no day of this period is, and has a partner." in shown


def test_one_dimension_is_chosen_by_the_split(page, history):
    shown = text_of(page("why", **WEEK, breakdown="channel"))
    assert "By channel: Email +22.5 points." in shown
    assert "Split by channel" in shown


def test_another_metric_is_chosen_and_what_is_none_is_told(page, history):
    assert '<option value="events" selected>' in page("why", **WEEK, metric="events")
    shown = text_of(page("why", **WEEK, metric="nonsense"))
    assert "metric cannot be 'nonsense' here. Click rate is shown." in shown


def test_its_parts_are_a_file(api, workspace, history):
    query = {**WEEK, "format": "csv", "table": "parts", "opens": "all"}
    lines = api.get("/w/acme/reports/why/", query).getvalue().decode().splitlines()
    assert lines[0].lstrip("\ufeff").startswith("Part,Before,Now,Adds to the change,By mix,By rate,")
    assert lines[-1].startswith("16 – 22 Mar 2026,,0.325,")


def test_weekdays_are_named_and_change_of_sources_lead_here(api, page, bulk, workspace, now):
    many = [("2026-02-1", 40), ("2026-03-1", 60)]
    events = [
        {
            **{"messageId": f"{month}{n}", "anonymousId": f"u{n}", "type": "visit"},
            **{"occurredAt": f"{month}{n % 7}T10:00:00Z", "utm": {"source": "news", "medium": "mail"}},
        }
        for month, number in many
        for n in range(number)
    ]
    bulk("events", events)
    days = {"from": "2026-03-01", "to": "2026-03-28", "compare": "custom"}
    asked = {**days, "compareFrom": "2026-02-01", "compareTo": "2026-02-28"}
    workspace.conversion_types = ["visit"]
    workspace.save()
    of_attributed, of_source, of_all, of_conversions = whys(page("attribution", **asked, view="sources"))
    assert "metric=conversion_events" in of_conversions, "those of one source are credited, which is not divided"
    assert "where" not in of_conversions
    assert "Conversions rose from 40 to 60 (+20)" in text_of(api.get(of_conversions).content.decode())
    assert "utm.source%3Anews" in of_source
    assert "where" not in of_all
    assert "utm.source%3A%2A" in of_attributed
    for address in (of_attributed, of_source, of_all):
        shown = text_of(api.get(address).content.decode())
        assert "Events rose from 40 to 60 (+20)" in shown
        assert "Monday" in shown
    [of_top, *_] = [each for each in whys(page("overview", **asked)) if "utm.source" in each]
    assert "Events rose from 40 to 60 (+20)" in text_of(api.get(of_top).content.decode())
