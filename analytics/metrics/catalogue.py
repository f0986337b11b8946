"""All metrics, in the order in which they are explained, and those that belong together."""

from collections.abc import Iterable

from analytics.metrics.conversions import OF_SOURCES_AND_MONEY
from analytics.metrics.counted import Counted
from analytics.metrics.counts import COUNTS_OF_FACTS
from analytics.metrics.differences import OF_TESTS_AND_PEOPLE
from analytics.metrics.message_rates import RATES_OF_MESSAGES
from analytics.metrics.metric import METRICS

_ALL = (*COUNTS_OF_FACTS, *RATES_OF_MESSAGES, *OF_SOURCES_AND_MONEY, *OF_TESTS_AND_PEOPLE)
METRICS.update({metric.key: metric for metric in _ALL})
OF_ORDERS = ("orders", "revenue", "gross_revenue", "refunds")
"""The metrics of what events say of money."""
OF_SHARED_OUT = ("credit", "credited_revenue")
"""What conversions are shared out by, and what they are worth."""
OF_CREDITED = (*OF_SHARED_OUT, "recipients", "revenue_per_recipient")
"""The metrics of what conversions are credited to."""
KEY_OF = {metric.counted: metric.key for metric in METRICS.values() if metric.counted}
"""By what is counted, the key of its metric."""


def counted_for(metrics: Iterable[str]) -> set[Counted]:
    """What must be counted for these metrics."""
    keys = {part for key in metrics for part in METRICS[key].parts}
    return {counted for key in keys if (counted := METRICS[key].counted)}
