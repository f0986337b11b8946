"""Retention: a heat map that is a table, by day, week or month, in shares or contacts."""

import re

import pytest

from tests.analytics.reports.items import contact, event
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied

pytestmark = pytest.mark.either_database("a page is made of what reports answer, which their own tests ask of both")


def cells(html):
    return [text_of(cell) for cell in re.findall(r'<td class="num h\d[^>]*>.*?</td>', html)]


def test_a_bad_activity_falls_back_and_is_told(page, some_data):
    html = page("retention", metric="nonsense")
    assert "metric cannot be" in html
    assert "Retention by signup week" in text_of(html)


def test_it_can_be_shown_in_contacts(page, some_data):
    assert cells(page("retention"))[0] == "33.3%"
    assert cells(page("retention", show="counts"))[0] == "1"


@pytest.mark.long
def test_its_cells_are_those_of_the_api(page, some_data, report):
    for metric in ("events", "opens", "event:purchase"):
        cohort = report("/cohorts", metric=metric)["cohorts"][0]
        shown = cells(page("retention", metric=metric, show="counts"))
        assert shown == [str(active) for active in cohort["retention"].values()]


def test_weeks_that_are_not_over_are_outlined_and_left_out_of_the_average(page, some_data):
    html = page("retention")
    of_few = "0 of 3, not complete yet, fewer than 30 people"
    assert re.findall(r'class="num h\d running few"[^>]*title="([^"]*)"', html) == [of_few]
    foot = re.search(r"<tfoot>.*?</tfoot>", html, re.DOTALL)[0]
    assert text_of(foot) == "Average (completed weeks) 3 33.3%"
    assert "too few to say how many come back" in html


def test_it_opens_with_twelve_weeks_and_months_are_those_of_a_year(page, some_data):
    assert "12 Jan – 31 Mar 2026" in text_of(page("retention"))
    assert "1 Apr 2025 – 31 Mar 2026" in text_of(page("retention", unit="month"))


def test_a_phone_has_a_cohort_on_one_line(page, some_data):
    """Its short name, its size and some of the periods; the others are there to be scrolled."""
    html = page("retention", unit="day", by="day")
    assert '<th scope="row" data-short="20 Mar">Fri 20 Mar 2026</th>' in html
    assert 'data-short="Mar 2026"' in page("retention", unit="month")
    heads = re.findall(r'<th scope="col" class="([^"]*)">(Day \d+)<', html)
    assert [name for classes, name in heads if "later" not in classes] == ["Day 1", "Day 4", "Day 8"]


@pytest.mark.parametrize(
    ("unit", "name"), [("day", "Fri 20 Mar 2026"), ("week", "16 – 22 Mar 2026"), ("month", "1 – 31 Mar 2026")]
)
def test_cohorts_by_day_week_or_month(page, some_data, unit, name):
    html = page("retention", unit=unit)
    assert f">{name}</th>" in html
    assert f"Retention by signup {unit}" in text_of(html)


def test_long_ranges_are_by_week_unless_days_are_asked_for(page, some_data):
    assert "Retention by signup week" in text_of(page("retention", range="91d"))
    assert "unit cannot be" in page("retention", unit="nonsense")


def test_cohorts_of_past_days_are_watched_until_today(page, some_data):
    past = page("retention", **{"from": "2026-03-19", "to": "2026-03-21"}, show="counts")
    assert cells(past) == cells(page("retention", show="counts"))


TEN_YEARS = {"from": "2016-04-01", "to": "2026-03-31"}


def test_longer_histories_go_by_longer_cohorts_where_days_would_be_too_many(page, some_data):
    html = page("retention", **TEN_YEARS, unit="day")
    assert "Cohorts go by week: by day they would be too many." in html
    assert "Retention by signup week" in text_of(html)
    assert "16 – 22 Mar 2026" in html


def test_longer_histories_of_revenue_do_so_too(page, some_data):
    html = page("retention", **TEN_YEARS, unit="day", metric="revenue")
    assert "Cohorts go by week: by day they would be too many." in html
    assert "Net revenue by signup week" in text_of(html)


def test_revenue_follows_what_people_began_with_and_the_clock(page, some_data):
    html = page("retention", metric="revenue", unit="month", clock="calendar", start="first:event:purchase")
    assert "Net revenue by starting month" in text_of(html)
    assert "Month 0" in text_of(html)
    assert "changes nothing" not in html


def test_people_may_begin_with_what_they_did(page, some_data):
    html = page("retention", start="first:event:purchase", show="counts")
    assert "Retention by starting week" in text_of(html)
    assert "First ever: purchase" in text_of(html)
    assert "start cannot be" in page("retention", start="event:nothing")


def test_whoever_comes_back_later_may_count_too(page, some_data):
    html = page("retention", mode="onOrAfter", clock="calendar")
    assert "so that all cells may rise" in text_of(html)


@pytest.fixture
@copied
def two_months(bulk, now):
    """Of each 40 who signed up 20 of January and 10 of March came back in the week after the first."""
    people = [(f"{month}{n}", month, n) for month in ("01", "03") for n in range(40)]
    bulk("contacts", [contact(name, f"{month}-06 10:00") for name, month, _ in people])
    back = [(name, month) for name, month, n in people if n < 20 - 10 * (month > "01")]
    bulk("events", [event("visit", name, f"{month}-14 10:00") for name, month in back])


MARCH = {"from": "2026-03-02", "to": "2026-03-29", "compare": "custom"}
JANUARY = {"compareFrom": "2026-01-05", "compareTo": "2026-02-01"}


def test_cohorts_are_compared_at_the_same_age_where_that_is_asked_for(page, two_months):
    shown = text_of(page("retention", **MARCH, **JANUARY, horizon="6"))
    difference = "−25.0 points against those compared with (95% CI −43.3 to −3.8)"
    assert f"In week 1 that is {difference}." in shown
    assert "Week 0 40 0 0.0% 0.0% 8.8% 0.0% ±0.0 −8.8 +8.8" in shown
    assert "Week 1 40 10 25.0% 14.2% 40.2% 50.0% −25.0 −43.3 −3.8" in shown
    assert "against" not in text_of(page("retention", horizon="6")), "whatever other pages compare with"


def test_each_group_is_compared_with_its_own(page, two_months, bulk):
    plans = [
        {"externalId": f"{month}{n}", "attributes": {"plan": "pro" if n < 20 else "free"}}
        for n in range(40)
        for month in ("01", "03")
    ]
    bulk("contacts", plans)
    asked = {**MARCH, **JANUARY, "horizon": "3", "breakdown": "contact.plan"}
    html = page("retention", **asked)
    assert "free ±0.0 ±0.0 ±0.0 pro ±0.0 −50.0 ±0.0" in text_of(html).replace(" points", "")
    assert "difference in points" not in text_of(page("retention", horizon="3", breakdown="contact.plan"))


def test_a_difference_that_may_be_chance_is_said_to_be(page, two_months, bulk):
    bulk("events", [event("visit", f"03{n}", "03-14 10:00") for n in range(20, 27)])
    shown = text_of(page("retention", **MARCH, **JANUARY, horizon="6"))
    assert "that is −7.5 points against those compared with, which may be chance" in shown


def test_without_signups_it_says_so(page, some_data):
    assert "Nobody signed up in this period" in page("retention", range="yesterday")
