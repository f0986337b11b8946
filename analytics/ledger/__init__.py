"""The one seam through which reports read: counts, and people in order of time.

A report asks `counts` how many and `touches` who did what when; it never queries a fact itself.
"""

from analytics.ledger.recount import counts, touches
from analytics.ledger.series import Counted, Counts, Dimension, Series, Touches

__all__ = ["Counted", "Counts", "Dimension", "Series", "Touches", "counts", "touches"]
