"""The one seam through which reports read: counts, and people in order of time.

A report asks `counts` how many, `touches` who did what when, and `event_types` what there is; it never queries a fact
itself.
"""

from analytics.ledger.recount import counts, event_types, is_empty, touches
from analytics.ledger.series import Counted, Counts, Dimension, DimensionValue, Series, Touches

__all__ = [
    "Counted",
    "Counts",
    "Dimension",
    "DimensionValue",
    "Series",
    "Touches",
    "counts",
    "event_types",
    "is_empty",
    "touches",
]
