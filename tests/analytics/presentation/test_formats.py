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
