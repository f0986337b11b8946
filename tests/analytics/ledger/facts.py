"""A source that reads the facts row by row: slow and obvious, and nothing of the ledger's."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC
from functools import partial

import numpy as np

from analytics.ledger import Assignments, Counts, Series, Touches, ValuedCounts, distinct_values
from analytics.ledger.codecs import column_of
from analytics.ledger.columns import Columns
from analytics.ledger.valued import ValuedFacts
from analytics.mailboxes import mailbox_group
from analytics.metrics import Counted, Dimension
from analytics.models import Assignment, Contact, Enrolment, EnrolmentStatus, Event, Message, Person
from analytics.models.ledger import NO_DAY
from analytics.periods import Window, local_day, microseconds
from analytics.questions.fields import Subject
from analytics.questions.filters import holds
from analytics.questions.parts import NO_PARTS, Parts
from analytics.questions.slices import EVERYTHING
from analytics.questions.values import text_of, value_at, values_by_path
from analytics.utm import utm_text
from tests.analytics.filtering.recount import Recount
from workspaces.models import Workspace

STATUSES = (
    *("sent", "delivered", "opened", "clicked", "bounced", "failed", "human_opened", "human_clicked"),
    *("hard_bounced", "soft_bounced", "complained", "unsubscribed"),
)
FIRST = {Counted.OPENS: "opened_at", Counted.CLICKS: "clicked_at"}


@dataclass(frozen=True)
class Facts:
    workspace: Workspace
    facts_read = ()

    def answer_once(self, key, answer):
        return answer()

    def counts(self, counted, *, window, by=(), part=EVERYTHING):
        found, received = Counter(), []
        meant = self.meant(part, window)
        for what, at, fact in self.counted():
            day = local_day(at, self.workspace.zone)
            if what in counted and is_inside(window, day) and is_part(part, fact) and meant(what, fact):
                times = {Dimension.DAY: day, Dimension.HOUR: hour_of(at, self.workspace.zone)}
                found[what, *(times.get(name) or getattr(fact, name, None) for name in by)] += 1
                received.append(fact.received_at)
        return Counts(found, max(received, default=None))

    def assignments(self, test_id, *, until=None, part=EVERYTHING):
        meant = self.meant(part.of_people(), until and Window.between(until, until, zone=self.workspace.zone))
        rows = [row for row in self.rows(Assignment) if row.test_id == test_id and meant(None, row)]
        root = dict(self.rows(Person).filter(joined_to__isnull=False).values_list("number", "joined_to"))
        given = {}
        for row in sorted(rows, key=lambda row: (row.assigned_at, row.variant_id, not row.withheld)):
            given.setdefault(root_of(root, row.person_number), []).append(row)
        firsts = [rows[0] for rows in given.values()]
        found = Assignments(
            np.array([*given], np.int32),
            np.array([microseconds(row.assigned_at) for row in firsts], np.int64),
            np.array([row.variant_id for row in firsts], np.int32),
            np.array([row.withheld for row in firsts], np.bool_),
            np.array([len({row.variant_id for row in rows}) > 1 for rows in given.values()], np.bool_),
        )
        return found, max((row.received_at for row in rows), default=None)

    def valued_counts(self, counted, *, window, by, part=EVERYTHING):
        days = window or self.all_days()
        if days is None:
            return ValuedCounts(
                Window(self.workspace.zone, NO_DAY, 0), [None], dict.fromkeys(counted, ValuedFacts.of_parts([]))
            )
        meant, recount = self.meant(part, days), Recount(self.workspace, days)
        found = []
        for what, at, fact in self.counted():
            day = local_day(at, self.workspace.zone)
            if what in counted and is_inside(days, day) and is_part(part, fact) and meant(what, fact):
                found.append((what, days.day_list.index(day), value_of(recount, fact, by)))
        values, places = distinct_values(value for _, _, value in found)
        facts = {}
        for each in counted:
            mine = [(day, place) for (what, day, _), place in zip(found, places, strict=True) if what is each]
            facts[each] = ValuedFacts.single(*np.array(mine, np.int64).reshape(-1, 2).T)
        return ValuedCounts(days, values, facts)

    def meant(self, part, window):
        """Whether a fact is one that the conditions of a part mean; what they cannot apply to is none."""
        where = part.where
        if where == NO_PARTS:
            return lambda what, fact: True
        last = part.until or window.last_day
        recount = Recount(self.workspace, Window.between(last, last, zone=self.workspace.zone))
        people, events = recount.people(where.people), recount.matching_events(where.events)
        messages = recount.matching_messages(where.messages)

        def is_meant(what, fact):
            is_event, is_message = isinstance(fact, Event), isinstance(fact, Message)
            if where.events.conditions and not (is_event and fact.pk in events):
                return False
            if where.messages.conditions and not (is_message and fact.pk in messages):
                return False
            number = fact.contact.person_number if isinstance(fact, Enrolment) else fact.person_number
            return recount.root[number] in people

        return is_meant

    def touches(self, series, *, window, part=EVERYTHING):
        meant = self.meant(replace(part, where=Parts(people=part.where.people)), window)
        root = dict(self.rows(Person).filter(joined_to__isnull=False).values_list("number", "joined_to"))
        found, received = {}, []
        for kind in series:
            inside = [one for one in self.touched(kind) if is_inside(window, local_day(one[0], self.workspace.zone))]
            touches = [one for one in inside if meant(kind, one[1])]
            found[kind] = as_touches(touches, window, root, kind)
            received += [fact.received_at for _, fact in touches]
        return found, max(received, default=None)

    def active_people(self, *, window, part=EVERYTHING):
        touches, _ = self.touches([Series.EVENTS], window=window, part=part)
        return np.unique(touches[Series.EVENTS].people)

    def contacts_by_mailbox(self):
        return Counter(mailbox_group(contact.email) for contact in self.contacts())

    def all_days(self):
        days = [local_day(at, self.workspace.zone) for _, at, _ in self.counted()]
        return Window.between(min(days), max(days), zone=self.workspace.zone) if days else None

    def has_events(self, types):
        return self.rows(Event).filter(type__in=types).exists()

    def event_types(self, *, window):
        found = Counter(event.type for event in self.events(window))
        return tuple(sorted(found, key=lambda name: (-found[name], name)))

    def rows(self, model):
        return model.objects.filter(workspace_id=self.workspace.pk)

    def contacts(self):
        return Contact.objects.current().filter(workspace_id=self.workspace.pk)

    def events(self, window):
        return [
            event for event in self.rows(Event) if is_inside(window, local_day(event.occurred_at, self.workspace.zone))
        ]

    def counted(self):
        """What is counted, when, and of which fact."""
        for event in self.rows(Event):
            yield Counted.EVENTS, event.occurred_at, event
            if event.type in self.workspace.conversion_types:
                yield Counted.CONVERSIONS, event.occurred_at, event
        for contact in self.contacts():
            yield Counted.CONTACTS, contact.signed_up_at, contact
        for message in self.rows(Message):
            yield Counted.MESSAGES, message.created_at, message
            for status in STATUSES:
                if getattr(message, f"{status}_at") is not None:
                    yield Counted(status), message.created_at, message
            for what, instant in FIRST.items():
                if getattr(message, instant) is not None:
                    yield what, getattr(message, instant), message
        for enrollment in self.rows(Enrolment):
            yield Counted.ENROLMENTS, enrollment.enrolled_at, enrollment
            if enrollment.status == EnrolmentStatus.ACTIVE:
                yield Counted.ENROLMENTS_ACTIVE, enrollment.enrolled_at, enrollment
            if enrollment.status == EnrolmentStatus.COMPLETED:
                yield Counted.ENROLMENTS_COMPLETED, enrollment.enrolled_at, enrollment

    def touched(self, series):
        """When, and by which fact."""
        if series == Series.SIGNUPS:
            return [(contact.signed_up_at, contact) for contact in self.contacts()]
        if series.status is not None:
            instant = f"{series.status}_at"
            reached = f"{series.event_type}_at" if series.name == "messages" and series.event_type else instant
            of_kind = [one for one in self.rows(Message) if None not in (getattr(one, instant), getattr(one, reached))]
            if series.within is not None:
                of_kind = [one for one in of_kind if getattr(one, reached) - one.created_at <= series.within]
            return [(getattr(one, instant), one) for one in of_kind if holds(series.where, partial(fact_value, one))]
        events = self.rows(Event)
        if series == Series.ATTRIBUTED:
            events = events.filter(utm__isnull=False)
        types = [event for event in events if event.type not in series.without]
        of_type = [event for event in types if series.event_type in (None, event.type)]
        return [(event.occurred_at, event) for event in of_type if holds(series.where, partial(event_value, event))]


def hour_of(at, zone):
    """When the hour of the clock on the wall began in which an instant lies."""
    start = at.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    return start.astimezone(UTC)


def event_value(event, field):
    if field.path is not None:
        return value_at(event.properties, field.path)
    if field.key == "event":
        return event.type
    if field.key in ("utm.term", "utm.content"):
        return utm_text(field.key.removeprefix("utm."), event.context, event.properties)
    return getattr(event.utm, field.key.removeprefix("utm.")) or None if event.utm else None


def fact_value(fact, field):
    return (Recount.value_of_message if isinstance(fact, Message) else event_value)(fact, field)


def bits_of(series, fact):
    return sum(1 << place for place, mark in enumerate(series.marks) if holds(mark, partial(fact_value, fact)))


def value_of(recount, fact, field):
    """A fact's value of a field, or that of the person it is of, as a text."""
    if field.subject is Subject.EVENTS:
        value = recount.value_of_event(fact, field)
    elif field.subject is Subject.MESSAGES:
        value = recount.value_of_message(fact, field)
        value = f"cmp_{value}" if field.key == "campaign" else value
    else:
        number = fact.contact.person_number if isinstance(fact, Enrolment) else fact.person_number
        value = recount.value_of_person(recount.root[number], field)
    return None if value is None else text_of(value)


def money_columns(money, touches):
    return Columns(len(touches), money.columns([values_by_path(event.properties) for _, event in touches]))


def is_inside(window, day):
    return window is None or window.first_day <= day <= window.last_day


def is_part(part, fact):
    if replace(part, where=NO_PARTS, until=None) == EVERYTHING:
        return True
    wanted = {"campaign_id": part.campaign_id, "channel": part.channel, "variant_id": part.variant_id}
    if any(value is not None and getattr(fact, name, None) != value for name, value in wanted.items()):
        return False
    return hasattr(fact, "campaign_id") and fact.campaign_id not in part.without_campaigns


def day_numbers(window, at):
    """For instants inside the window, in microseconds: which of its days they lie on, 0 the first."""
    return np.searchsorted(window.day_starts, at, side="right") - 1


def root_of(root, number):
    return root_of(root, root[number]) if number in root else number


def as_touches(touches, window, root, series):
    at = np.array([microseconds(at) for at, _ in touches], np.int64)
    return Touches(
        numbers=lambda: np.array([root_of(root, fact.person_number) for _, fact in touches], np.int32),
        table=np.empty(0, np.int32),
        days=lambda: day_numbers(window, at).astype(np.int16),
        at=lambda: at,
        utm=lambda: np.array([getattr(fact, "utm_id", 0) or 0 for _, fact in touches], np.int32),
        values=lambda: column_of([fact_value(fact, series.by) for _, fact in touches]),
        money=series.money and (lambda: series.money.values([money_columns(series.money, touches)])),
        marks=(lambda: np.array([bits_of(series, fact) for _, fact in touches], np.uint16)) if series.marks else None,
    )
