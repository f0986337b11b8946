"""Addresses of the lists that numbers are made of: of the API's resources, with the filters that find the rows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.http import urlencode

from analytics.addresses import is_concealing
from analytics.lists import (
    AnyList,
    ClickList,
    ContactList,
    ConversionList,
    EnrollmentList,
    EventList,
    MessageList,
    OrderList,
    PeopleList,
)
from analytics.lists.cohort_orders import CohortOrders
from analytics.lists.conversions import FLAGS, choice_query
from analytics.lists.group_parameters import group_query
from analytics.lists.member_orders import BEGAN, MemberOrders
from analytics.lists.query import Query, api_id, query_of, slice_query
from analytics.lists.steps import rules_query, steps_query
from analytics.models import CampaignStatus, MessageEventType
from analytics.periods import DaysOfWeek, HourOfDay, Window
from analytics.questions.filter_reader import MAX_FILTER_BYTES
from analytics.questions.questions import RefundsBy

ResourceList = tuple[str, Query]
"""The name of a resource, and what its list is asked with."""
ALL_CAMPAIGNS: ResourceList = ("campaigns", {})
ACTIVE_CAMPAIGNS: ResourceList = ("campaigns", {"status": CampaignStatus.ACTIVE.value})


LONGEST_ADDRESS = 7900
"""Characters that servers take for certain, with a method before them."""


@dataclass(frozen=True)
class RowAddresses:
    """`root` is the address of the workspace; whoever does not `see_addresses` is led to no list that names one."""

    root: str
    see_addresses: bool = True

    def of(self, rows: AnyList | ResourceList | None) -> str | None:
        """The address of the list with exactly these rows; None where there is no such list, or the caller may not have
        it."""
        if rows is None:
            return None
        resource, query = rows if isinstance(rows, tuple) else _with_conditions(rows)
        if not self.see_addresses and any(map(is_concealing, _texts(query))):
            return None
        address = f"{self.root}/{resource}{'?' if query else ''}{urlencode(query, doseq=True)}"
        is_too_long = any(len(text.encode()) > MAX_FILTER_BYTES for text in _texts(query))
        return None if is_too_long or len(address) > LONGEST_ADDRESS else address


def _with_conditions(rows: AnyList) -> ResourceList:
    resource, query = _WRITTEN[type(rows)](rows)
    window = rows.signed_up if isinstance(rows, ContactList) else rows.window
    return resource, {**query, **rows.conditions.ending_with(window).query}


def _texts(query: Query) -> Iterator[str]:
    for value in query.values():
        yield from (value,) if isinstance(value, str) else value


def _days(window: Window | None, name: str) -> Query:
    """From the first day on, before the day after the last one, perhaps of one weekday; or from the instant at which an
    hour begins."""
    if window is None:
        return {}
    if isinstance(window, HourOfDay):
        return {f"{name}From": _instant(window.starts_at), f"{name}Before": _instant(window.ends_at)}
    after = window.last_day + timedelta(days=1)
    weekday = window.weekday if isinstance(window, DaysOfWeek) else None
    return {
        f"{name}From": window.first_day.isoformat(),
        f"{name}Before": after.isoformat(),
        **query_of(weekday=weekday),
    }


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _messages(rows: MessageList) -> ResourceList:
    more = query_of(
        status=rows.reached and rows.reached.upper(),
        contact=api_id("ct", rows.contact_id),
        hours=rows.within_hours,
        age=rows.age,
        link=rows.link,
        reason=rows.reason,
        bounceClass=rows.bounce_class,
        deferred="true" if rows.deferred else None,
        weekday=rows.weekday,
        hourOfDay=rows.hour_of_day,
    )
    return "messages", {**_days(rows.window, rows.by), **slice_query(rows.part), **more}


def _clicks(rows: ClickList) -> ResourceList:
    clicked = query_of(type=MessageEventType.CLICKED.value, link=rows.link)
    return "message-events", {**_days(rows.window, "created"), **slice_query(rows.part), **clicked}


def _enrollments(rows: EnrollmentList) -> ResourceList:
    return "enrollments", {**_days(rows.window, "enrolled"), **slice_query(rows.part), **query_of(status=rows.status)}


def _events(rows: EventList) -> ResourceList:
    attributed = None if rows.attributed is None else str(rows.attributed).lower()
    what = query_of(type=rows.type, attributed=attributed, conversions=rows.conversions)
    return "events", {**_days(rows.window, "occurred"), **what, **(rows.source.query if rows.source else {})}


def _orders(rows: OrderList) -> ResourceList:
    flags = {
        "withoutAmount": rows.without_amount,
        "currencyAssumed": rows.currency_assumed,
        "unconverted": rows.unconverted,
    }
    what = query_of(
        kind=rows.kind,
        type=rows.type,
        currency=rows.currency,
        **{name: None if flag is None else str(flag).lower() for name, flag in flags.items()},
        refundsBy=None if rows.refunds_by is RefundsBy.DAY else rows.refunds_by,
    )
    began = rows.members or rows.cohort
    chosen = rows.funnel or rows.buyers
    of_people = {**(_members(began) if began else {}), **(chosen.query if chosen else {})}
    of_people |= rows.test.query if rows.test else {}
    return "orders", {**_days(rows.window, "occurred"), **what, **of_people}


def _members(members: MemberOrders | CohortOrders) -> Query:
    others = {name: value for name, value in members.query.items() if name not in BEGAN}
    return {**others, **_days(members.began, "began")}


def _conversions(rows: ConversionList) -> ResourceList:
    flags = {
        name: {"1": "true", "0": "false"}.get(str(said), said)
        for name, said in choice_query(rows.choice).items()
        if name in FLAGS
    }
    return "conversions", {**_days(rows.window, "occurred"), **rows.rule.query, **choice_query(rows.choice), **flags}


def _contacts(rows: ContactList) -> ResourceList:
    metric = rows.metric if rows.active_in_week is not None else None
    active = query_of(activeInWeek=rows.active_in_week, metric=metric, q=rows.text)
    return "contacts", {**_days(rows.signed_up, "signedUp"), **active}


def _people(rows: PeopleList) -> ResourceList:
    if rows.source is not None:
        return "people", {**_days(rows.window, "occurred"), **rows.source.query}
    if rows.test is not None:
        return "people", {**_days(rows.window, "occurred"), **rows.test.query}
    if rows.window is None:
        return "people", {}
    if rows.cohort is not None:
        of_cohort = {**query_of(cohort=rows.cohort), **group_query(rows.group)}
        return "people", {**_days(rows.window, "occurred"), **of_cohort}
    if rows.did is not None:
        return "people", {**_days(rows.window, "occurred"), **query_of(did=rows.did)}
    if rows.choice is not None:
        return "people", {**_days(rows.window, "occurred"), **rows.choice.query}
    steps = {**steps_query(rows.steps), **query_of(step=rows.step, lostSince=rows.lost_since)}
    of_rules = {**rules_query(rows.rules), **rows.entrants.query}
    return "people", {**_days(rows.window, "occurred"), **steps, **of_rules, **group_query(rows.group)}


_WRITTEN: Mapping[type[AnyList], Callable[[Any], ResourceList]] = {
    ClickList: _clicks,
    ContactList: _contacts,
    ConversionList: _conversions,
    EnrollmentList: _enrollments,
    EventList: _events,
    MessageList: _messages,
    OrderList: _orders,
    PeopleList: _people,
}
