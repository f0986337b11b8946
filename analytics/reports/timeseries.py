"""What happened day by day? Events, signups, messages, opens and clicks."""

from dataclasses import dataclass, replace
from datetime import date

from analytics.ledger import Source
from analytics.metrics import Numbers
from analytics.periods import Interval
from analytics.questions.questions import Question, TrendsQuestion
from analytics.questions.slices import Slice
from analytics.reports.meta import Meta
from analytics.reports.trends import Trend, trends

METRICS_OF_DAYS = ("events", "contacts_new", "messages_total", "opens", "clicks")


@dataclass(frozen=True)
class TimeseriesReport:
    """`metrics` are those that were asked for beside METRICS_OF_DAYS."""

    trend: Trend
    interval: Interval
    metrics: tuple[str, ...]
    part: Slice
    meta: Meta

    @property
    def rows(self) -> list[tuple[date, Numbers]]:
        """By the first day of each day, week or month."""
        if self.interval is Interval.DAY:
            return list(self.trend.numbers_by_day)
        return [(bucket.first_day, numbers) for bucket, numbers in self.trend.by(self.interval)]

    def has(self, metric: str) -> bool:
        """Whether the metric can be counted of the part."""
        return self.part.has_metric(metric)


def timeseries(source: Source, question: Question) -> TimeseriesReport:
    """Numbers for each of the question's days, weeks or months, oldest first, zeros included.

    Source: the ledger's counts. One query, two with conversions.
    """
    with_metrics = (
        question if isinstance(question, TrendsQuestion) else question.with_params(TrendsQuestion, metrics=())
    )
    report = trends(source, replace(with_metrics, metrics=(*METRICS_OF_DAYS, *with_metrics.metrics)))
    return TimeseriesReport(report.all, question.interval, with_metrics.metrics, question.part, report.meta)
