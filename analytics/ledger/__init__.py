"""The day ledger: what the facts amount to, appended with them, and the one seam through which reports read.

A report asks `counts` how many, `touches` who did what when, and `event_types` what there is; it never queries a fact
itself. Ingest gathers what it changes in `Entries`. docs/ledger.md explains the whole.
"""

from analytics.ledger.entries import STATUS_COUNTS, Entries
from analytics.ledger.read import counts, days_of_campaign, event_types, events_by_day, first_day, total, touches
from analytics.ledger.rebuild import drop_unused_types, rebuild_all, rebuild_days
from analytics.ledger.recount import is_empty
from analytics.ledger.series import Counted, Counts, Dimension, DimensionValue, Series, Touches

__all__ = [
    "STATUS_COUNTS",
    "Counted",
    "Counts",
    "Dimension",
    "DimensionValue",
    "Entries",
    "Series",
    "Touches",
    "counts",
    "days_of_campaign",
    "drop_unused_types",
    "event_types",
    "events_by_day",
    "first_day",
    "is_empty",
    "rebuild_all",
    "rebuild_days",
    "total",
    "touches",
]
