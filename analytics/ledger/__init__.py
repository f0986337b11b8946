"""The day ledger: what the facts amount to, appended with them, and the one seam through which reports read.

A report asks a `Source`, the `Ledger` of its workspace: for `counts`, how many; for `touches`, who did what when; for
`event_types`, what there is. It never queries a fact itself. Ingest gathers what it changes in `Entries`.
docs/ledger.md explains the whole.
"""

from analytics.ledger.assignments import Assignments
from analytics.ledger.compaction import forget_taken
from analytics.ledger.counted_series import counted_series
from analytics.ledger.entries import Entries
from analytics.ledger.ledger import Ledger, UnknownColumn
from analytics.ledger.ledger_people import LedgerPeople
from analytics.ledger.rebuild import drop_unused_types, rebuild_all, rebuild_days
from analytics.ledger.recount import is_empty
from analytics.ledger.series import Counts, DayPart, DayPlaces, DimensionValue, FactsRead, Series, Touches
from analytics.ledger.source import Source
from analytics.ledger.valued import PeopleValues, ValuedCounts, distinct_values, values_of_columns

__all__ = [
    "Assignments",
    "Counts",
    "DayPart",
    "DayPlaces",
    "DimensionValue",
    "Entries",
    "FactsRead",
    "Ledger",
    "LedgerPeople",
    "PeopleValues",
    "Series",
    "Source",
    "Touches",
    "UnknownColumn",
    "ValuedCounts",
    "counted_series",
    "distinct_values",
    "drop_unused_types",
    "forget_taken",
    "is_empty",
    "rebuild_all",
    "rebuild_days",
    "values_of_columns",
]
