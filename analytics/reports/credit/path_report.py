"""On which paths do people convert? The labels of the touches before conversions, in their order."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.metrics import Change, Numbers, metric_change
from analytics.reports.answers import Answer
from analytics.reports.credit.conversion_paths import path_key
from analytics.reports.credit.path_ranks import FrequentPaths, PathRanks
from analytics.reports.credit.report import CreditQuestion
from analytics.reports.credit.touches import TouchLabel, touched_conversions
from analytics.reports.credit.worth import CreditedMoney
from analytics.reports.meta import Meta, meta

SHOWN_FIRST, SHOWN_LAST = 3, 7
"""Of a longer path so many touches are shown from its ends; it is counted by all of them."""
DEFAULT_PATHS, MOST_PATHS = 50, 1000
LONGEST_PATH = 1000
_SECOND = 1_000_000


@dataclass(frozen=True, kw_only=True)
class PathsQuestion(CreditQuestion):
    """Of paths with so many touches at least and at most the `limit` with most conversions."""

    fewest: int = 1
    most: int = LONGEST_PATH
    limit: int = DEFAULT_PATHS

    @property
    def frequent(self) -> FrequentPaths:
        """The paths that are told by themselves."""
        return FrequentPaths(self.limit, self.fewest, self.most)

    @property
    def query(self) -> dict[str, str | list[str]]:
        return super().query | {"min": str(self.fewest), "max": str(self.most), "limit": str(self.limit)}


@dataclass(frozen=True)
class PathRow:
    """`labels` are those of the path's `touches`, or the first and last of them; the `key` says which path it is.
    People are different ones."""

    key: str
    labels: tuple[TouchLabel, ...]
    touches: int
    conversions: int
    people: int
    revenue: CreditedMoney
    median_seconds: int
    """From the first touch to the conversion."""

    @property
    def is_cut(self) -> bool:
        return self.touches > len(self.labels)


@dataclass(frozen=True)
class PathsReport:
    """Rows have most conversions first. All conversions are those of rows, of other paths, and those without a
    touch."""

    question: PathsQuestion
    rows: tuple[PathRow, ...]
    other_paths: int
    other_conversions: int
    conversions: int
    without_touch: int
    with_one_touch: int
    with_more_touches: int
    revenue: CreditedMoney
    without_amount: int
    assumed_currency: int
    days: int
    meta: Meta

    def conversions_on(self, key: str) -> int | None:
        """Those of a path; None where it may be among the paths that are left out."""
        return self._conversions.get(key, None if self.other_paths else 0)

    @cached_property
    def _conversions(self) -> dict[str, int]:
        return {row.key: row.conversions for row in self.rows}


def path_report(source: Source, question: PathsQuestion) -> PathsReport:
    """The question's conversions by the whole path of labels before them. As many queries as credit."""
    touched = touched_conversions(source, question, question.rule)
    ranks, converted = PathRanks.of(touched, question.rule), touched.converted
    found, whole, distinct = _PathCounts(ranks), ranks.whole, ranks.distinct
    shown = ranks.most_frequent(question.frequent)
    revenue = found.revenue(shown)
    with_one = int(np.count_nonzero(whole.lengths == 1))
    return PathsReport(
        question=question,
        rows=tuple(found.row(place, money) for place, money in zip(shown.tolist(), revenue, strict=True)),
        other_paths=len(distinct) - len(shown),
        other_conversions=len(whole.conversions) - int(ranks.conversions[shown].sum()),
        conversions=len(converted.times),
        without_touch=len(converted.times) - len(whole.conversions),
        with_one_touch=with_one,
        with_more_touches=len(whole.conversions) - with_one,
        revenue=converted.total,
        without_amount=converted.without_amount,
        assumed_currency=converted.assumed_currency,
        days=question.window.days,
        meta=meta(source, question, through=touched.through),
    )


def path_change(answer: Answer[PathsReport], conversions: Callable[[PathsReport], int | None]) -> Change | None:
    """None where one of the reports leaves out what is asked for."""
    if answer.complete is None or answer.compared is None:
        return None
    values = conversions(answer.complete), conversions(answer.compared)
    numbers = [Numbers(conversion_events=value) for value in values if value is not None]
    return metric_change("conversion_events", *numbers) if len(numbers) == len(values) else None


class _PathCounts:
    """By different path, what its conversions are."""

    def __init__(self, ranks: PathRanks) -> None:
        self.ranks, self.touched, self.whole, self.distinct = ranks, ranks.touched, ranks.whole, ranks.distinct

    def revenue(self, places: NDArray[np.intp]) -> list[CreditedMoney]:
        """Of the conversions of the paths at some places."""
        group_of_path = np.full(len(self.distinct), -1)
        group_of_path[places] = np.arange(len(places))
        group_of_conversion = np.full(len(self.touched.converted.times), -1)
        group_of_conversion[self.whole.conversions] = group_of_path[self.distinct.which]
        return self.touched.converted.credited_by(group_of_conversion, len(places))

    def row(self, place: int, revenue: CreditedMoney) -> PathRow:
        paths = self.ranks.order[self.ranks.starts[place] :][: self.ranks.conversions[place]]
        conversions = self.whole.conversions[paths]
        labels = [self.touched.labels[number] for number in self.distinct.path(place)]
        return PathRow(
            key=path_key(labels),
            labels=_ends_of(labels),
            touches=len(labels),
            conversions=len(paths),
            people=len(np.unique(self.touched.converted.times.people[conversions])),
            revenue=revenue,
            median_seconds=int(np.median(self.whole.ages[self.whole.starts[paths]])) // _SECOND,
        )


def _ends_of(labels: list[TouchLabel]) -> tuple[TouchLabel, ...]:
    is_cut = len(labels) > SHOWN_FIRST + SHOWN_LAST
    return (*labels[:SHOWN_FIRST], *labels[-SHOWN_LAST:]) if is_cut else (*labels,)
