"""The part of filters of people and orders that asks for some of the buyers."""

from analytics.lists.rfm_people import RFM_ALLOWED
from analytics.reports.revenue.rfm import RfmScore, RfmSegment
from analytics.statistics import SCORES
from campaignos.filters import ChoicesFilter

_BUYERS = "buyers of the days by how lately and how often they ordered"


def segment_filter(method: str, *, is_before: bool = False) -> ChoicesFilter:
    meant = (
        f"In `rfm` of as many days until a month before: {_BUYERS}"
        if is_before
        else f"All {_BUYERS}, or a segment of them"
    )
    return ChoicesFilter(
        method=method,
        choices=[*(RfmSegment if is_before else RFM_ALLOWED)],
        help_text=f"{meant}; `none` had no order. One of them.",
    )


def score_filter(method: str, by: RfmScore) -> ChoicesFilter:
    scores = [str(score) for score in range(1, SCORES + 1)]
    return ChoicesFilter(method=method, choices=scores, help_text=f"Buyers of the days with this {by} score.")
