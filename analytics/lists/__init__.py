"""The rows that a number is made of: contacts, messages, clicks, events, enrolments, people.

A list is a frozen value that says which rows are meant. It comes from the same params and window as the report that
shows the number, and stands in an address as a query string (`query`, `read`). `find` gives the exact total and pages
of the rows, newest first. The total equals the number of the report: tests/analytics/lists holds that for every one.
"""

from analytics.lists.by_metric import AnyList, list_for
from analytics.lists.clicks import ClickList
from analytics.lists.contacts import ContactList
from analytics.lists.enrolments import EnrolmentList
from analytics.lists.events import Conversions, EventList
from analytics.lists.messages import MessageList
from analytics.lists.people import PeopleList, PersonRow
from analytics.lists.properties import PropertyIs
from analytics.lists.query import ListParameters, Query
from analytics.lists.rows import Results, Rows
from analytics.lists.sources import UtmSource

__all__ = [
    "AnyList",
    "ClickList",
    "ContactList",
    "Conversions",
    "EnrolmentList",
    "EventList",
    "ListParameters",
    "MessageList",
    "PeopleList",
    "PersonRow",
    "PropertyIs",
    "Query",
    "Results",
    "Rows",
    "UtmSource",
    "list_for",
]
