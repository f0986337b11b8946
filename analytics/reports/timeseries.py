"""What happened day by day, or hour by hour? Events, signups, messages, opens and clicks."""

from dataclasses import dataclass, replace

from analytics.ledger import Source
from analytics.metrics import Numbers
from analytics.orders import MoneyTotals
from analytics.periods import Bucket, Interval
from analytics.questions.questions import Question, TrendsQuestion
from analytics.questions.slices import Slice
from analytics.reports.meta import Meta
from analytics.reports.trends import Trend, trends

METRICS_OF_DAYS = ("events", "contacts_new", "messages_total", "opens", "clicks")


@dataclass(frozen=True)
class TimeseriesReport:
    """`metrics` are those asked for beside METRICS_OF_DAYS; `money` and `currency` are as in `TrendsReport`."""

    trend: Trend
    interval: Interval
    metrics: tuple[str, ...]
    part: Slice
    meta: Meta
    money: MoneyTotals | None
    currency: str

    @property
    def rows(self) -> tuple[tuple[Bucket, Numbers], ...]:
        """By hour, day, week or month."""
        return self.trend.by(self.interval)

    def has(self, metric: str) -> bool:
        """Whether the metric can be counted of the part."""
        return self.part.has_metric(metric)


def timeseries(source: Source, question: Question) -> TimeseriesReport:
    """Numbers for each of the question's hours, days, weeks or months, oldest first, zeros included.

    Source: the ledger's counts. One query, two with conversions; of hours those of `trends`.
    """
    with_metrics = (
        question if isinstance(question, TrendsQuestion) else question.with_params(TrendsQuestion, metrics=())
    )
    report = trends(source, replace(with_metrics, metrics=(*METRICS_OF_DAYS, *with_metrics.metrics)))
    return TimeseriesReport(
        report.all,
        question.interval,
        with_metrics.metrics,
        question.part,
        report.meta,
        report.money,
        report.currency,
    )
