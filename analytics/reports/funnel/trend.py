"""How many people entered a funnel in each day, week or month, and how many of these completed it."""

from dataclasses import dataclass

import numpy as np

from analytics.ledger import Source
from analytics.metrics import Numbers
from analytics.periods import Bucket, buckets, microseconds
from analytics.questions.questions import FunnelQuestion
from analytics.reports.funnel.steps import reached_by_people
from analytics.reports.reached import NEVER


@dataclass(frozen=True)
class EntryBucket:
    """People by the day of their entry; `is_complete` where nothing that is done from now on counts for any of them."""

    bucket: Bucket
    numbers: Numbers
    is_complete: bool

    @property
    def entrants(self) -> int:
        return self.numbers["funnel_first"]

    @property
    def finishers(self) -> int:
        return self.numbers["funnel_last"]


def funnel_trend(source: Source, question: FunnelQuestion) -> tuple[EntryBucket, ...]:
    """A bucket for each interval of the days, oldest first; none where no trend is asked for.

    They add up to the funnel. No query beside those of the funnel.
    """
    if question.trend is None:
        return ()
    reached, window = reached_by_people(source, question), question.window
    shown = buckets(window, question.trend)
    first_days = np.array([(bucket.first_day - window.first_day).days for bucket in shown])
    starts = window.day_starts[first_days]
    counts = []
    for step in (0, -1):
        entered = reached.entered[reached.at[step] != NEVER]
        places = np.searchsorted(starts, entered, side="right") - 1
        counts.append(np.bincount(places, minlength=len(shown)).tolist())
    return tuple(
        EntryBucket(bucket, Numbers(funnel_first=entrants, funnel_last=finishers), _is_complete(question, bucket))
        for bucket, entrants, finishers in zip(shown, *counts, strict=True)
    )


def _is_complete(question: FunnelQuestion, bucket: Bucket) -> bool:
    ends = bucket.window(question.window.zone).ends_at
    last = question.window.ends_at if question.rules.window is None else ends + question.rules.window
    return microseconds(last) <= microseconds(question.now)
