"""What a page says of columns that the ledger does not have, so that its numbers were read from the events."""

from collections.abc import Sequence

from analytics.ledger import FactsRead
from analytics.presentation.formats import count_of, short_name
from analytics.questions.fields import PROPERTY_PREFIX

MOST_NAMED = 3


def facts_read_text(facts_read: Sequence[FactsRead]) -> str:
    """`… has no column of plan (purchase, 12 days) and coupon (purchase, 1 day) …`; empty where all was in columns."""
    if not facts_read:
        return ""
    names = [*map(_name, facts_read[:MOST_NAMED])]
    if more := len(facts_read) - len(names):
        names.append(count_of(more, "other", "others"))
    *before, last = names
    listed = f"{', '.join(before)} and {last}" if before else last
    return f"Read from the events, which takes longer: there is no column of {listed}. The numbers are the same."


def _name(part: FactsRead) -> str:
    days = count_of(part.days, "day", "days")
    return f"{short_name(part.column.removeprefix(PROPERTY_PREFIX))} ({short_name(part.event_type)}, {days})"
