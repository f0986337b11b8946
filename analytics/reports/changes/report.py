"""Why did a metric change? By everything that divides it, as pieces that add up, and as the product that it is."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from analytics.ledger import Counts, Source
from analytics.metrics import METRICS, Counted, Metric, Numbers, counted_for
from analytics.models import SavedSegment
from analytics.questions.fields import Field, field_of
from analytics.questions.what_changed import OF_DIFFERENT_PEOPLE, WhatChangedQuestion, divides_metric, is_credited_by
from analytics.reports.changes.credited_facts import rule_of_revenue
from analytics.reports.changes.division import ChangeDivider, ComparedPeriods
from analytics.reports.changes.factors import Factor, factors_of
from analytics.reports.changes.pieces import BothPeriods, DividedChange, chance_of_all, judged_changes
from analytics.reports.meta import Meta, meta, newest

FIELDS_TRIED = ("channel", "campaign", "utm.source", "utm.campaign", "event", "domain")
FIELDS_TRIED_OF_PEOPLE = ("contact.known",)
SEGMENTS_TRIED = 5
"""The newest ones."""


@dataclass(frozen=True)
class UncutNumbers:
    """Of all days that are over, whatever their age."""

    periods: ComparedPeriods
    numbers: Numbers
    before: Numbers


@dataclass(frozen=True)
class WhatChangedReport:
    """`periods` and all that is of them are None where no day is over, or old enough, that has a partner. `p` is how
    likely the whole differs as much by chance. Changes are divided by what tells most first. Numbers of what is shared
    out are in the parts that its metric's `scale` says.

    `uncut` is told of what older messages have more of.
    """

    metric: Metric
    meta: Meta
    periods: ComparedPeriods | None = None
    whole: BothPeriods | None = None
    p: float = 1.0
    changes: tuple[DividedChange, ...] = ()
    factors: tuple[Factor, ...] = ()
    uncut: UncutNumbers | None = None

    @property
    def is_beyond_chance(self) -> bool:
        return self.p < 0.05

    @property
    def amount(self) -> float | None:
        """By how much it changed: of a share the difference of the two. None where one is of nothing."""
        return self.whole.change(self.metric) if self.whole else None


def what_changed(source: Source, question: WhatChangedQuestion) -> WhatChangedReport:
    """Of the question's metric, which can be told of its part; the question is compared with other days.

    Source: the ledger's touches of both periods, one query each, and one for each segment; of money those of
    `MoneyOfDays` for each field, of credit those of `touched_conversions` in place of each.
    """
    if question.is_of_credit:
        question = replace(question, rule=question.credit_rule(source.workspace.lookback_days))
    metric, compared = METRICS[question.metric], question.compared_questions
    both = tuple(_counts(source, each) for each in compared or (question,))
    report = WhatChangedReport(metric, meta(source, question, through=newest(*(each.through for each in both))))
    if question.is_of_statuses and compared:
        numbers, before = (each.numbers() for each in both)
        report = replace(report, uncut=UncutNumbers(ComparedPeriods(*compared), numbers, before))
    old_enough = question.once_old_enough.compared_questions
    return _divided_report(source, report, question, ComparedPeriods(*old_enough)) if old_enough else report


def _counts(source: Source, asked: WhatChangedQuestion) -> Counts:
    """As they are by now, whatever the age; of money and credit of the events that there are."""
    counted = counted_for([asked.metric]) or {Counted.EVENTS}
    return source.counts(
        counted, window=asked.window, part=asked.part.of_people() if asked.is_of_credit else asked.part
    )


def _divided_report(
    source: Source, report: WhatChangedReport, question: WhatChangedQuestion, periods: ComparedPeriods
) -> WhatChangedReport:
    metric = report.metric
    divider = ChangeDivider(source, periods, tuple(_fields(source, question)))
    whole, split = divider.whole, question.split
    changes = [divider.by_field(field, split) for field in divider.fields]
    changes += [divider.by_segment(key) for key in _segments(source, question)]
    if split is None and question.metric not in OF_DIFFERENT_PEOPLE:
        changes += [divider.by_time(), *filter(None, [divider.by_weekday()])]
    if split is None:
        changes = [change for change in changes if len(change.pieces) > 1 and whole.base(metric)]
    return replace(
        report,
        periods=periods,
        whole=whole,
        p=chance_of_all(metric, whole, periods.sizes),
        changes=judged_changes(metric, whole, changes),
        factors=factors_of(source, periods.now, periods.before),
    )


def _fields(source: Source, question: WhatChangedQuestion) -> Iterator[Field]:
    """What divides the metric, or what the question is split by alone."""
    if question.split:
        if not question.split.segments and _is_told(source, question, question.split.field):
            yield question.split.field
        return
    for key in FIELDS_TRIED if question.metric not in OF_DIFFERENT_PEOPLE else FIELDS_TRIED_OF_PEOPLE:
        field = field_of(key)
        if field and divides_metric(field, question.metric) and _is_told(source, question, field):
            yield field


def _is_told(source: Source, question: WhatChangedQuestion, field: Field) -> bool:
    return not is_credited_by(field, question.metric) or rule_of_revenue(source, question) is not None


def _segments(source: Source, question: WhatChangedQuestion) -> tuple[int, ...]:
    if question.split:
        return question.split.segments
    if not question.tries_segments:
        return ()
    newest = SavedSegment.objects.filter(workspace=source.workspace).order_by("-pk").values_list("pk", flat=True)
    return tuple(newest[:SEGMENTS_TRIED])
