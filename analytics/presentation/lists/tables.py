"""The rows behind a number as a table, of any list: for a page, a file, a mail or a text."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analytics.lists import AnyList
from analytics.presentation.audience import Audience
from analytics.presentation.lists.clicks import clicks_table
from analytics.presentation.lists.conversions import conversions_table
from analytics.presentation.lists.enrollments import enrollments_table
from analytics.presentation.lists.events import events_table
from analytics.presentation.lists.messages import messages_table
from analytics.presentation.lists.orders import orders_table
from analytics.presentation.lists.people import people_table
from analytics.presentation.tables import Table

LIST_TABLES: Mapping[str, Callable[..., Table]] = {
    "clicks": clicks_table,
    "conversions": conversions_table,
    "contacts": people_table,
    "enrolments": enrollments_table,
    "events": events_table,
    "messages": messages_table,
    "orders": orders_table,
    "people": people_table,
}
"""By the names of the lists."""


def list_table(listed: AnyList, full_rows: Sequence[Any], audience: Audience) -> Table:
    """Some rows of a list, as its `full_rows` has them."""
    return LIST_TABLES[listed.name](listed, full_rows, audience)
