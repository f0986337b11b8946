"""Whom a condition on people means: sets of the numbers that people are known by, each person once.

Negation is the difference of sets: who does not meet a condition meets its negation, known or not.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from django.db.models import Count, Model, QuerySet

from analytics.metrics import Counted
from analytics.models.catalogue import Contact
from analytics.models.fact_filters import EventConditions, MessageConditions, may_have
from analytics.models.facts import Event, Message
from analytics.models.people import Person
from analytics.models.segments import segment_conditions
from analytics.periods import Window
from analytics.questions.fields import FieldKind
from analytics.questions.filters import AllOf, AnyOf, Did, EventAct, FieldCondition, Filter, InSegment, MessageAct, Not
from analytics.questions.segments import with_segments
from analytics.questions.values import value_at

_ROWS_AT_ONCE = 2000
_Fact = TypeVar("_Fact", bound=Model)


@dataclass(frozen=True)
class PeopleConditions:
    """Conditions on a workspace's people, where the days asked about are `asked`: what has to lie within so many days
    ends with them.
    """

    workspace_id: int
    asked: Window

    def people(self, condition: Filter) -> frozenset[int]:
        """Who meets a condition. Two queries, one to four for each condition in it, and for each segment one or, where
        it is made of others, more, and those of its conditions.

        Raises SegmentError for a segment that is not there.
        """
        match condition:
            case AllOf(conditions):
                found = self.everybody
                for inner in conditions:
                    found &= self.people(inner)
                return found
            case AnyOf(conditions):
                return frozenset().union(*map(self.people, conditions))
            case Not(inner):
                return self.everybody - self.people(inner)
            case Did():
                return self._who_did(condition)
            case InSegment(segment_id):
                return self._in_segment(segment_id)
        return self.with_field(condition)

    def _in_segment(self, segment_id: int) -> frozenset[int]:
        if segment_id not in self._by_segment:
            conditions = segment_conditions(self.workspace_id, [segment_id], self.asked.zone)
            self._by_segment[segment_id] = self.people(with_segments(InSegment(segment_id), conditions))
        return self._by_segment[segment_id]

    @cached_property
    def _by_segment(self) -> dict[int, frozenset[int]]:
        return {}

    @cached_property
    def everybody(self) -> frozenset[int]:
        people = Person.objects.filter(workspace_id=self.workspace_id, joined_to__isnull=True)
        return frozenset(people.values_list("number", flat=True))

    def numbers_of(self, people: frozenset[int]) -> list[int]:
        """The numbers that facts of these people carry: theirs, and of those joined to them."""
        return [*people, *(gone for gone, kept in self._joined_to.items() if kept in people)]

    @cached_property
    def _joined_to(self) -> Mapping[int, int]:
        joined = Person.objects.filter(workspace_id=self.workspace_id, joined_to__isnull=False)
        return {gone: kept for gone, kept in joined.values_list("number", "joined_to") if kept is not None}

    def with_field(self, condition: FieldCondition) -> frozenset[int]:
        """Who meets a condition on a field. One query, two for who is known."""
        field = condition.field
        contacts = Contact.objects.current().filter(workspace=self.workspace_id).order_by()
        if field.kind is FieldKind.FLAG:
            known = frozenset(contacts.values_list("person_number", flat=True))
            by_answer = {True: known, False: self.everybody - known}
            return frozenset().union(*(people for answer, people in by_answer.items() if condition.matches(answer)))
        if field.path is None:
            rows = contacts.values_list("person_number", "signed_up_at").iterator(chunk_size=_ROWS_AT_ONCE)
            return frozenset(number for number, at in rows if condition.matches(at))
        having = contacts.filter(may_have(field.path, "attributes")).values_list("person_number", "attributes")
        rows = having.iterator(chunk_size=_ROWS_AT_ONCE)
        return frozenset(number for number, said in rows if condition.matches(value_at(said, field.path)))

    def times(self, did: Did) -> Mapping[int, int]:
        """How often did who did it, by the number that facts carry. One query, and those of conditions on it."""
        acts = self._events(did) if isinstance(did.act, EventAct) else self._messages(did, did.act)
        return dict(acts.order_by().values_list("person_number").annotate(n=Count("pk")))

    def _who_did(self, did: Did) -> frozenset[int]:
        times: Counter[int] = Counter()
        for number, n in self.times(did).items():
            times[self._joined_to.get(number, number)] += n
        found = self.everybody.intersection(person for person, n in times.items() if did.is_met(n))
        return found | (self.everybody - times.keys()) if did.is_met(0) else found

    def _events(self, did: Did) -> QuerySet[Event]:
        assert isinstance(did.act, EventAct)
        types = [name for name in self._event_filter.types if did.act.matches(name)]
        events = Event.objects.filter(workspace_id=self.workspace_id, type__in=types)
        return self._event_filter.matching(_inside(events, "occurred_at", did.window(self.asked)), did.where)

    def _messages(self, did: Did, act: MessageAct) -> QuerySet[Message]:
        messages = Message.objects.filter(workspace_id=self.workspace_id)
        if act.campaign_id is not None:
            messages = messages.filter(campaign=act.campaign_id)
        instant = Counted.MESSAGES.field if act.status is None else f"{act.status}_at"
        messages = messages.filter(**{f"{instant}__isnull": False})
        return self._message_filter.matching(_inside(messages, instant, did.window(self.asked)), did.where)

    @cached_property
    def _event_filter(self) -> EventConditions:
        return EventConditions(self.workspace_id)

    @cached_property
    def _message_filter(self) -> MessageConditions:
        return MessageConditions(self.workspace_id)


def _inside(rows: QuerySet[_Fact], instant: str, window: Window | None) -> QuerySet[_Fact]:
    if window is None:
        return rows
    return rows.filter(**{f"{instant}__gte": window.starts_at, f"{instant}__lt": window.ends_at})
