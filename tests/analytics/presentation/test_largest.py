from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from analytics.metrics import Numbers
from analytics.periods import Interval, Window
from analytics.presentation.findings import furthest
from analytics.presentation.largest import best_source, largest_group, peak
from analytics.questions.steps import EventStep
from analytics.reports.attribution.source_tree import SourceNode, SourceTree
from analytics.reports.funnel.report import FunnelReport, StepTotals
from analytics.reports.trends import Trend

FIRST = date(2026, 5, 4)  # a Monday


def trend(*days):
    window = Window.between(FIRST, FIRST + timedelta(len(days) - 1), zone=ZoneInfo("Europe/Berlin"))
    return Trend(window, tuple(map(Numbers, days)))


def events(*counts):
    return trend(*({"events": n} for n in counts))


@pytest.mark.parametrize(
    ("days", "interval", "sentence"),
    [
        (events(100, 104, 98, 260, 95), Interval.DAY, "Events peaked on Thu 7 May 2026 at 260."),
        (events(100, 104, 98, 110, 95), Interval.DAY, "No day stands out. The most: 110 on Thu 7 May 2026."),
        (events(1, 0, 0, 9, 0), Interval.DAY, "No day stands out. The most: 9 on Thu 7 May 2026."),
        (events(*[10] * 14), Interval.WEEK, "No week stands out. The most: 70 in 4 – 10 May 2026."),
        (events(300), Interval.DAY, "Events on Mon 4 May 2026: 300."),
        (events(0, 0), Interval.DAY, "No events in this period."),
    ],
)
def test_a_peak_is_more_than_chance_and_more_than_days_differ_anyway(days, interval, sentence):
    assert peak(days, "events", interval) == sentence


def opened(*rates):
    return trend(*({"opened": n, "delivered": of} for n, of in rates))


def test_a_rate_of_few_is_no_peak():
    few_first = opened((1, 1), (40, 100), (44, 100))
    assert peak(few_first, "campaign_open_rate", Interval.DAY) == (
        "No day stands out. The most: 44.0% on Wed 6 May 2026."
    )
    assert peak(opened((1, 1), (20, 100), (44, 100)), "campaign_open_rate", Interval.DAY) == (
        "Open rate peaked on Wed 6 May 2026 at 44.0%."
    )


def test_a_group_leads_where_chance_does_not_make_it():
    assert largest_group("events", [("Email", events(90)), ("SMS", events(40))]) == "Email had the most: 90 of 130."
    assert largest_group("events", [("Email", events(50)), ("SMS", events(52))]) == "No clear lead: SMS has 52 of 102."
    rates = [("Email", opened((1, 2))), ("SMS", opened((20, 100))), ("Push", opened((60, 100)))]
    assert largest_group("campaign_open_rate", rates) == "Push had the highest: 60.0%."
    assert largest_group("campaign_open_rate", rates[:2]) == "No clear lead: SMS has 20.0%."
    assert largest_group("events", [("Email", events(0))]) == "No events in this period."


def sources(*nodes):
    found = tuple(SourceNode((name,), visitors, n, 0) for name, visitors, n in nodes)
    total = sum(n for *_, n in nodes)
    return SourceTree(7, found, total, 0, 0, 0, total, 0, None)


def test_the_best_source_leads_by_people_too():
    assert best_source(sources(("google", 60, 150), ("news", 20, 50))) == (
        "google brought the most events: 150, 75.0% of those attributed."
    )
    assert best_source(sources(("google", 2, 150), ("news", 20, 50))) == (
        "No source is clearly ahead. The most events: google with 150, 75.0% of those attributed."
    )
    assert best_source(sources(("google", 1, 1))) == "google brought the most events: 1, 100.0% of those attributed."
    assert best_source(sources()) == "No event in this period has a known source."


def test_days_on_which_messages_are_young_are_compared_with_none():
    """The fourth day's messages were sent yesterday: the rate of the third is the highest that is known."""
    days = opened((30, 100), (32, 100), (70, 100), (99, 100))
    third = FIRST + timedelta(days=2)
    assert peak(days, "campaign_open_rate", Interval.DAY, settled_until=third).startswith(
        "Open rate peaked on Wed 6 May"
    )
    assert "99" in peak(days, "opened", Interval.DAY, settled_until=FIRST), "counts are of all days"
    early = "It is too early to compare the open rate: what people do with messages comes in for about 3 days."
    before = FIRST - timedelta(days=1)
    assert peak(days, "campaign_open_rate", Interval.DAY, settled_until=before) == early
    groups = [("Email", opened((90, 100), (0, 100))), ("SMS", opened((10, 100), (100, 100)))]
    assert largest_group("campaign_open_rate", groups, FIRST) == "Email had the highest: 90.0%."
    assert largest_group("campaign_open_rate", groups, before) == early
    assert largest_group("opened", groups, before) == "No clear lead: SMS has 110 of 200.", "counts are of all days"


def dropped(*counts, mature=None):
    """Of a funnel with so many people in each step."""
    steps = tuple(map(EventStep, "abcdefgh"))

    def totals(counts):
        before = (counts[0], *counts)
        pairs = zip(steps, counts, before, strict=False)
        return tuple(StepTotals(step, n, last - n, 0.0) for step, n, last in pairs)

    report = FunnelReport(30, totals(counts), 0.5, None, mature and totals(mature))
    return furthest(report).partition(". ")[2]


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ((1000, 400, 350), "Most dropped off before b: 600."),
        ((1000, 520, 90), "Most dropped off before b (480), or before c (430): the difference may be chance."),
        ((1000, 600, 90), "Most dropped off before c: 510."),
        ((40, 15, 14), ""),
        ((40, 9, 9), "Most dropped off before b: 31."),
        ((1000, 400), "600 dropped off before b."),
        ((40, 20), ""),
    ],
)
def test_most_drop_off_where_more_than_chance_do(counts, sentence):
    assert dropped(*counts) == sentence


def test_only_whose_window_is_over_has_dropped_off():
    assert dropped(1000, 400, 350, mature=(500, 450, 200)) == "Most dropped off before c: 250."
    assert dropped(1000, 400, 350, mature=(20, 4, 0)) == ""
