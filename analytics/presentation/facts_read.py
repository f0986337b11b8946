"""What a page says of columns that the ledger does not have, so that its numbers were read from the events."""

from collections.abc import Sequence

from analytics.ledger import FactsRead
from analytics.ledger.columns import MONEY_PREFIX
from analytics.presentation.formats import count_of, short_name
from analytics.questions.fields import PROPERTY_PREFIX

MOST_NAMED = 3


def facts_read_text(facts_read: Sequence[FactsRead]) -> str:
    """`… has no column of plan (purchase, 12 days) and coupon (purchase, 1 day) …`; empty where all was in columns."""
    if not facts_read:
        return ""
    different = [*dict.fromkeys(map(_name, facts_read))]
    names = different[:MOST_NAMED]
    if more := len(different) - len(names):
        names.append(count_of(more, "other", "others"))
    *before, last = names
    listed = f"{', '.join(before)} and {last}" if before else last
    return f"Read from the events, which takes longer: there is no column of {listed}. The numbers are the same."


def _name(part: FactsRead) -> str:
    days = count_of(part.days, "day", "days")
    name = "money" if part.column.startswith(MONEY_PREFIX) else part.column.removeprefix(PROPERTY_PREFIX)
    return f"{short_name(name)} ({short_name(part.event_type)}, {days})"
