"""How figures look to people."""

from datetime import date

import pytest

from analytics.presentation import formats


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (9_999, "9,999"),
        (12_480, "12.4k"),
        (999_999, "999.9k"),
        (1_000_000, "1.0M"),
        (3_199_999, "3.1M"),
        (999_999_999, "999.9M"),
        (6_250_349_630, "6.2B"),
        (2_962_962_963_000, "2.9T"),
    ],
)
def test_a_large_number_is_cut_off_and_never_claims_more_than_there_is(number, text):
    assert formats.compact(number) == text


@pytest.mark.parametrize(("number", "text"), [(0, "0 events"), (1, "1 event"), (1_200, "1,200 events")])
def test_one_is_singular(number, text):
    assert formats.count_of(number, "event", "events") == text


def test_what_is_below_zero_has_a_minus_and_no_hyphen():
    assert formats.count(-1_300) == "−1,300"
    assert formats.credit_text(-152.16) == "−152.16"
    assert formats.percent(-0.041) == "−4.1%"


@pytest.mark.parametrize(
    ("change", "percent", "points"),
    [(0.041, "+4.1%", "+4.1 points"), (-0.12, "−12.0%", "−12.0 points"), (0.0, "±0.0%", "±0.0 points")],
)
def test_a_change_has_its_sign(change, percent, points):
    assert (formats.signed_percent(change), formats.points(change)) == (percent, points)


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ("2026-05-12", "2026-05-12", "12 May 2026"),
        ("2026-05-01", "2026-05-12", "1 – 12 May 2026"),
        ("2026-04-28", "2026-05-12", "28 Apr – 12 May 2026"),
        ("2025-12-28", "2026-01-12", "28 Dec 2025 – 12 Jan 2026"),
    ],
)
def test_days_say_month_and_year_once(first, last, text):
    assert formats.days(date.fromisoformat(first), date.fromisoformat(last)) == text


@pytest.mark.parametrize(
    ("before", "now", "places"),
    [(0.1, 0.15, 3), (0.1580, 0.1580, 3), (0.15803, 0.15812, 4), (0.1014, 0.0989, 4), (0.2, 0.2 + 1e-12, 7)],
)
def test_two_shares_have_the_decimals_that_tell_them_apart(before, now, places):
    assert formats.places_apart(before, now, 3) == places


def test_a_small_change_is_not_told_as_none():
    assert formats.points(0.00004) == "+0.004 points"
    assert formats.points(-0.0003, unit=False) == "−0.03"
    assert formats.points(0.0) == "±0.0 points"
    assert formats.signed_percent(0.0002) == "+0.02%"
    assert formats.signed_percent(-0.12) == "−12.0%"
