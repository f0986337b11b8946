"""What is said of an alert before it is set up."""

from datetime import date

import pytest

from analytics.presentation.kept.alerts import tried_text
from analytics.reports.alert_days import TriedRule
from analytics.statistics.alarms import AlertKind

DAYS = (date(2026, 5, 12), date(2026, 6, 3))
TWO = "There would have been 2 alerts in the last 90 days: 12 May, 3 Jun."
NONE = "There would have been no alert in the last 90 days."
OTHERWISE = (
    "These days vary too much, or count too little, for it to tell more. For falls below a number, choose a threshold."
)


@pytest.mark.parametrize(
    ("tried", "kind", "text"),
    [
        (TriedRule((), None, 1), AlertKind.CHANGE, NONE),
        (
            TriedRule(DAYS, 0.956, 1),
            AlertKind.ANOMALY,
            f"{TWO} A fall by 40% on a day would have been told the next morning in 96 of 100 cases.",
        ),
        (
            TriedRule((), 0.58, 4),
            AlertKind.ANOMALY,
            f"{NONE} A fall by 40% on a day would have been told 4 days later in 58 of 100 cases. {OTHERWISE}",
        ),
        (
            TriedRule((), 0.0, 1),
            AlertKind.THRESHOLD,
            f"{NONE} A fall by 40% on a day would have been told the next morning in 0 of 100 cases.",
        ),
    ],
)
def test_it_says_how_often_it_would_have_rung_and_which_falls_it_would_have_told(tried, kind, text):
    assert tried_text(tried, kind) == text
