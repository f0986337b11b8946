"""The rows that a number is made of: contacts, messages, clicks, events, orders, conversions, enrollments, people.

A list is a frozen value that says which rows are meant. It comes from the window and parameters of the report that
shows the number, and stands in an address as a query string (`query` writes it, `read` reads it). `find` returns the
exact total and pages of the rows, newest first. The total equals the number of the report: tests/analytics/lists holds
that for every list.
"""

from analytics.lists.by_metric import AnyList, list_for, under_conditions
from analytics.lists.clicks import ClickList, ClickRow
from analytics.lists.conditions import ListConditions
from analytics.lists.contacts import ContactList
from analytics.lists.conversions import ConversionList, ConversionRow
from analytics.lists.enrollments import EnrollmentList, EnrollmentRow
from analytics.lists.events import Conversions, EventList, EventRow
from analytics.lists.messages import MessageList, MessageRow
from analytics.lists.order_events import OrderKind
from analytics.lists.orders import OrderList, OrderRow
from analytics.lists.people import PeopleList, PersonRow
from analytics.lists.query import ListParameters, Query
from analytics.lists.rows import Results
from analytics.lists.sources import UtmSource

__all__ = [
    "AnyList",
    "ClickList",
    "ClickRow",
    "ContactList",
    "ConversionList",
    "ConversionRow",
    "Conversions",
    "EnrollmentList",
    "EnrollmentRow",
    "EventList",
    "EventRow",
    "ListConditions",
    "ListParameters",
    "MessageList",
    "MessageRow",
    "OrderKind",
    "OrderList",
    "OrderRow",
    "PeopleList",
    "PersonRow",
    "Query",
    "Results",
    "UtmSource",
    "list_for",
    "under_conditions",
]
