"""What happened day by day? Events, signups, messages, opens and clicks."""

from dataclasses import dataclass

from analytics.ledger import Source
from analytics.questions.questions import Question, TrendsQuestion
from analytics.reports.meta import Meta
from analytics.reports.trends import Trend, trends

METRICS_OF_DAYS = ("events", "contacts_new", "messages_total", "opens", "clicks")


@dataclass(frozen=True)
class TimeseriesReport:
    trend: Trend
    meta: Meta


def timeseries(source: Source, question: Question) -> TimeseriesReport:
    """Numbers for each of the question's days, oldest first, zeros included. Source: the ledger's counts. One query."""
    report = trends(source, question.with_params(TrendsQuestion, metrics=METRICS_OF_DAYS))
    return TimeseriesReport(report.all, report.meta)
