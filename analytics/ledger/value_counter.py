"""Counts what a part of the facts is by the values of a field: events and messages by their touches, enrollments, and
messages that the ledger does not know, by their rows."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from django.db.models import BooleanField, Case, F, Value, When
from numpy.typing import NDArray

from analytics.ledger.counted_series import counted_series
from analytics.ledger.ledger_people import MeantPeople
from analytics.ledger.message_series import series_of_messages
from analytics.ledger.recount import CountedRows, counted_rows, in_window
from analytics.ledger.series import Touches
from analytics.ledger.source import SourceOfMessages
from analytics.ledger.valued import PeopleValues, ValuedCounts, ValuedFacts, distinct_values, values_of_columns
from analytics.mailboxes import mailbox_group
from analytics.metrics import OF_EVENTS, Counted, Dimension
from analytics.models import Contact, Message, Person
from analytics.models.fact_filters import MessageConditions
from analytics.models.slices import in_slice
from analytics.periods import Window, microseconds
from analytics.questions.fields import Field, Subject
from analytics.questions.groups import native_dimension
from analytics.questions.slices import Slice
from analytics.questions.values import text_of

_OF_TOUCHES = frozenset({*OF_EVENTS, Counted.CONTACTS})
_ROWS_AT_ONCE = 10_000

_Portion = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class ValueCounter:
    """Counts a part of a source's facts on the days of a window by the values of a field.

    `people` are those who are meant, None for everybody.
    """

    source: SourceOfMessages
    window: Window
    by: Field
    part: Slice
    people: MeantPeople | None

    def counts(self, counted: Collection[Counted]) -> ValuedCounts:
        """Of what the part has; the field is of each. One of the source's answers, or two and the rows."""
        wanted = [*filter(self.part.has, counted)]
        if dimension := native_dimension(self.by):
            return self._by_dimension(wanted, dimension)
        match self.by.subject:
            case Subject.EVENTS:
                return self._by_field(wanted)
            case Subject.MESSAGES:
                has_touches = all(map(self._of_touches, wanted))
                return self._by_field(wanted) if has_touches else self._by_mailbox(wanted)
        return self._by_people(wanted)

    def _by_dimension(self, wanted: Collection[Counted], dimension: Dimension) -> ValuedCounts:
        by = [Dimension.DAY, dimension]
        found = self.source.counts(wanted, window=self.window, by=by, part=self.part).by_key
        day_of: Mapping[Any, int] = {day: place for place, day in enumerate(self.window.day_list)}
        values, places = distinct_values(None if key[-1] is None else self.by.text(key[-1]) for key in found)
        rows: dict[Counted, list[tuple[int, int, int]]] = {each: [] for each in wanted}
        for ((kind, *dimensions), n), place in zip(found.items(), places.tolist(), strict=True):
            rows[kind].append((day_of[dimensions[0]], place, n))
        facts = {each: ValuedFacts(*np.array(of_kind, np.int64).reshape(-1, 3).T) for each, of_kind in rows.items()}
        return ValuedCounts(self.window, values, facts)

    def _touches(self, wanted: Collection[Counted], by: Field | None = None) -> Mapping[Counted, Sequence[Touches]]:
        series = counted_series(wanted, self.part, self.source.workspace.conversion_types, by)
        asked = {one for parts in series.values() for one in parts}
        touches, _ = self.source.touches(asked, window=self.window, part=self.part)
        return {each: [touches[one] for one in parts] for each, parts in series.items()}

    def _of_touches(self, counted: Counted) -> bool:
        """Whether touches tell it: enrollments have none, and messages not always."""
        series = series_of_messages([counted], self.part, self.by if self.by.subject is Subject.MESSAGES else None)
        return counted in _OF_TOUCHES or any(map(self.source.has_messages, series.values()))

    def _by_field(self, wanted: Collection[Counted]) -> ValuedCounts:
        by_kind = self._touches(wanted, self.by)
        columns = [part.values.as_values for parts in by_kind.values() for part in parts]
        values, places = values_of_columns(columns, text_of)
        place_of_part = iter(places)
        facts = {
            each: ValuedFacts.of_parts([ValuedFacts.single(part.days, next(place_of_part)) for part in parts])
            for each, parts in by_kind.items()
        }
        return ValuedCounts(self.window, values, facts)

    def _by_people(self, wanted: Collection[Counted]) -> ValuedCounts:
        people = PeopleValues.of(self.source.workspace, self.by)
        facts = {
            each: ValuedFacts.of_parts([ValuedFacts.single(part.days, people.of_touches(part)) for part in parts])
            for each, parts in self._touches([each for each in wanted if self._of_touches(each)]).items()
        }
        of_rows = [each for each in wanted if not self._of_touches(each)]
        joined = Person.objects.filter(workspace_id=self.source.workspace.pk, joined_to__isnull=False)
        roots: Mapping[int, Any] = dict(joined.values_list("number", "joined_to")) if of_rows else {}

        def places(people_numbers: Sequence[int], contacts: Sequence[int]) -> NDArray[np.int64]:
            return people.at(np.array([roots.get(number, number) for number in people_numbers], np.int64))

        return ValuedCounts(self.window, people.values, {**facts, **self._rows(of_rows, places)})

    def _by_mailbox(self, wanted: Collection[Counted]) -> ValuedCounts:
        """Messages by the mailbox provider of their contact."""
        emails = Contact.objects.filter(workspace=self.source.workspace).values_list("pk", "email")
        groups = {pk: mailbox_group(email) for pk, email in emails.iterator(chunk_size=_ROWS_AT_ONCE)}
        values, found = distinct_values(groups.values())
        place_of = dict(zip(groups, found.tolist(), strict=True))

        def places(people_numbers: Sequence[int], contacts: Sequence[int]) -> NDArray[np.int64]:
            return np.array([place_of[contact] for contact in contacts], np.int64)

        return ValuedCounts(self.window, values, self._rows(wanted, places))

    def _rows(
        self, wanted: Collection[Counted], places: Callable[[Sequence[int], Sequence[int]], NDArray[np.int64]]
    ) -> dict[Counted, ValuedFacts]:
        """`places` are those of the values, by the numbers of the rows' people and by their contacts."""
        facts: dict[Counted, ValuedFacts] = {}
        for kind in counted_rows(self.source.workspace.pk):
            of_kind = [each for each in wanted if each in kind.counted]
            parts: dict[Counted, list[ValuedFacts]] = {each: [] for each in of_kind}
            for people, contacts, instants, *are_counted in self._portions(kind, of_kind):
                days = _days(instants, self.window)
                is_meant = np.ones(len(days), np.bool_) if self.people is None else self.people.have(np.array(people))
                found = places(people, contacts)
                for each, is_counted in zip(of_kind, are_counted, strict=True):
                    kept = is_meant & np.array(is_counted, np.bool_)
                    parts[each].append(ValuedFacts.single(days[kept], found[kept]))
            facts |= {each: ValuedFacts.of_parts(found) for each, found in parts.items()}
        return facts

    def _portions(self, kind: CountedRows, wanted: Sequence[Counted]) -> Iterator[_Portion]:
        """Of the rows that are wanted: the numbers of their people, their contacts and instants, and for each of what
        is counted whether they are."""
        if not wanted:
            return
        rows = in_window(kind.rows.filter(in_slice(self.part)), kind.instant, self.window).order_by()
        is_of_messages = kind.rows.model is Message
        if is_of_messages and self.part.where.messages.conditions:
            rows = MessageConditions(self.source.workspace.pk).matching(rows, self.part.where.messages)
        person = F("person_number" if is_of_messages else "contact__person_number")
        yes, no = Value(value=True), Value(value=False)
        are_counted = [
            Case(When(kind.counted[each], then=yes), default=no, output_field=BooleanField()) for each in wanted
        ]
        remaining = rows.values_list(person, "contact_id", kind.instant, *are_counted).iterator(_ROWS_AT_ONCE)
        while portion := [*islice(remaining, _ROWS_AT_ONCE)]:
            yield [*zip(*portion, strict=True)]


def _days(instants: Iterable[Any], window: Window) -> NDArray[np.int64]:
    """On which of the window's days instants in it lie, 0 the first."""
    at = np.fromiter(map(microseconds, instants), np.int64)
    return np.searchsorted(window.day_starts, at, side="right") - 1
