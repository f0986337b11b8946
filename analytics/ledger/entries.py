"""What a transaction adds to the ledger, next to the facts it writes."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import FilteredRelation, Model, Q
from numpy.typing import NDArray

from analytics.ledger import compaction, locks
from analytics.ledger.assignments import assignment_value
from analytics.ledger.column_names import ColumnSwitches, switches_of
from analytics.ledger.columns import NO_COLUMNS
from analytics.ledger.contacts import ContactWords, contact_rows, gone_rows, rows_of_numbers
from analytics.ledger.event_batch import EventBatch
from analytics.ledger.local_days import LocalDays
from analytics.ledger.message_changes import Countable, MessageChange, MessageChanges, state_of_message
from analytics.ledger.money_columns import MoneyColumns, money_columns
from analytics.ledger.packs import Rows, Segment
from analytics.metrics import Counted
from analytics.models import (
    Assignment,
    ColumnChoice,
    DayCount,
    DayPack,
    Enrolment,
    EnrolmentStatus,
    PackKind,
    PersonNumbers,
)
from analytics.models.bulk import counted_up, insert_columns
from analytics.models.fixed_queries import WORKSPACE, FixedQuery
from analytics.models.ledger import NO_DAY
from analytics.questions.values import values_of_json
from analytics.utm import utm_texts
from workspaces.models import Workspace

_WHOLE_FACTS = {Counted.CONTACTS, Counted.ENROLMENTS}


class CountKey(NamedTuple):
    day: date
    counted: Counted
    campaign_id: int = 0
    channel: str = ""
    variant_id: int = 0


class PackKey(NamedTuple):
    kind: PackKind
    day: date
    event_type: str = ""


class Touch(NamedTuple):
    """Who, how many microseconds after the local day began, and a UTM triple, person or variant where the kind has
    one."""

    person: int
    since_midnight: int
    value: int = 0


class NewSegment(NamedTuple):
    key: PackKey
    n: int
    segment: Segment


class SignedUp(Protocol):
    """What a contact has that counts."""

    @property
    def person_number(self) -> int: ...
    @property
    def signed_up_at(self) -> datetime: ...
    @property
    def merged_into_id(self) -> int | None: ...


_IS_SWITCHED = FilteredRelation(
    "event_properties", condition=Q(event_properties__column__in=[ColumnChoice.ON, ColumnChoice.OFF])
)
_SETTINGS = FixedQuery(
    lambda: (
        Workspace.objects.filter(pk=WORKSPACE)
        .alias(switched=_IS_SWITCHED)
        .values_list("time_zone", "switched__event_type", "switched__name", "switched__column")
    )
)
"""The zone, beside each switched column of properties, or beside none."""


@dataclass
class Entries:
    """Gathers differences of facts; `write` appends them, in the transaction that writes the facts."""

    workspace_id: int
    received_at: datetime
    days: LocalDays
    switches: Mapping[str, ColumnSwitches] = field(default_factory=dict)
    money: Mapping[str, MoneyColumns] = field(default_factory=dict)
    counts: Counter[CountKey] = field(default_factory=Counter)
    touches: dict[PackKey, Counter[Touch]] = field(default_factory=lambda: defaultdict(Counter))
    segments: list[NewSegment] = field(default_factory=list)
    messages: list[MessageChange] = field(default_factory=list)
    contacts: dict[int, ContactWords | bool] = field(default_factory=dict)
    """By number contacts that have changed: as they are now, or whether there still is one, to be read when written."""

    @classmethod
    def begin(cls, workspace: Workspace, *, received_at: datetime) -> "Entries":
        """To be called first in the transaction: from here on to its end, days keep their meaning."""
        locks.share(workspace.pk)
        rows = [*_SETTINGS.rows(workspace.pk)]
        if not rows:
            raise Workspace.DoesNotExist
        switches = switches_of(
            (event_type, name, choice) for _, event_type, name, choice in rows if event_type is not None
        )
        return cls(workspace.pk, received_at, LocalDays(ZoneInfo(rows[0][0])), switches, money_columns(workspace))

    def add_events(
        self,
        types: Sequence[str],
        occurred_at: NDArray[np.datetime64],
        people: Sequence[int],
        utm_ids: Sequence[int | None],
        properties: Sequence[str],
        contexts: Sequence[str],
        *,
        sign: int = 1,
    ) -> None:
        """Parallel columns, instants in µs, objects as JSON; with -1 as `sign` the events are taken away.

        Once a transaction. Events go into segments without a touch for each.
        """
        if not types:
            return
        at = occurred_at.view(np.int64)
        around = self.days.around(at)
        days, day_places = around.days, around.places(at)
        triples = np.array([0 if utm_id is None else utm_id for utm_id in utm_ids], np.int32)
        for place, n in enumerate(np.bincount(day_places).tolist()):
            if n:
                self.counts[CountKey(days[place], Counted.EVENTS)] += sign * n
        events = EventBatch(
            types,
            day_places,
            Rows(at - around.starts[day_places], np.array(people, np.int32), triples, NO_COLUMNS),
            values_of_json(properties),
            utm_texts(contexts, properties, triples.tolist()),
        )
        for name, day_place, segment in events.segments(self.switches, self.money):
            self.segments.append(NewSegment(PackKey(PackKind.EVENT, days[day_place], name), sign * segment.n, segment))
        for day_place, segment in events.attributed_segments():
            self.segments.append(NewSegment(PackKey(PackKind.ATTRIBUTED, days[day_place]), sign * segment.n, segment))

    def _add_segment(self, sign: int, key: PackKey, rows: Rows) -> None:
        self.segments.append(NewSegment(key, sign * len(rows), rows.segment))

    def change_message(self, before: Countable | None, after: Countable | None) -> None:
        """As it is now: it may change further."""
        states = (None if each is None else state_of_message(each) for each in (before, after))
        self.messages.append(MessageChange(*states))

    def change_contact(
        self, before: SignedUp | None, after: SignedUp | None, *, email: str = "", attributes: str | None = None
    ) -> None:
        """A contact that was merged into another one counts no more; with None after, there is none any more.

        What it has, where its attributes are not given (as JSON), is read from its row when the entries are written.
        """
        for contact, sign in ((before, -1), (after, 1)):
            if contact is not None and contact.merged_into_id is None:
                self.counts[CountKey(self.days.of(contact.signed_up_at), Counted.CONTACTS)] += sign
                self._touch(PackKind.SIGNUP, contact.signed_up_at, contact.person_number, sign)
        if after is not None and attributes is not None:
            row = ContactWords(after.person_number, after.signed_up_at, email, after.merged_into_id, attributes)
            self.contacts[after.person_number] = row
        elif (changed := after or before) is not None:
            self.contacts[changed.person_number] = after is not None

    def change_enrollment(self, before: Enrolment | None, after: Enrolment | None) -> None:
        for enrollment, sign in ((before, -1), (after, 1)):
            if enrollment is not None:
                for counted in _enrollment_counts(enrollment):
                    day = self.days.of(enrollment.enrolled_at)
                    self.counts[CountKey(day, counted, enrollment.campaign_id)] += sign

    def change_assignment(self, before: Assignment | None, after: Assignment | None) -> None:
        for assignment, sign in ((before, -1), (after, 1)):
            if assignment is not None:
                day, since_midnight = self.days.place(assignment.assigned_at)
                value = assignment_value(assignment.variant_id, withheld=assignment.withheld)
                touch = Touch(assignment.person_number, since_midnight, value)
                self.touches[PackKey(PackKind.ASSIGNMENT, day, str(assignment.test_id))][touch] += sign

    def join(self, gone: int, kept: int, *, sign: int = 1) -> None:
        self.touches[PackKey(PackKind.JOIN, NO_DAY)][Touch(gone, 0, kept)] += sign

    def _touch(self, kind: PackKind, at: datetime, person: int, sign: int) -> None:
        day, since_midnight = self.days.place(at)
        self.touches[PackKey(kind, day)][Touch(person, since_midnight)] += sign

    def write(self) -> None:
        """Append what was gathered; keys that have gathered many pieces are merged after the commit.

        What cancels out is not written, unless it makes a number newer, as a changed message does.
        """
        for key, touches in self.touches.items():
            self.segments.extend(self._segments(key, touches))
        if self.contacts:
            self._add_contacts()
        counts = [(key, n) for key, n in self.counts.items() if n or key.counted in _WHOLE_FACTS]
        if self.messages:
            counts += self._add_messages()
        self._insert(DayCount, [key for key, _ in counts], n=[n for _, n in counts])
        keys = [segment.key for segment in self.segments]
        data = [new.segment.data for new in self.segments]
        columns = [new.segment.column_data for new in self.segments]
        self._insert(DayPack, keys, n=[new.n for new in self.segments], data=data, columns=columns)
        days = {key.day for key, _ in counts} | {key.day for key in keys}
        compaction.after_commit(self.workspace_id, days)

    def _add_messages(self) -> Iterator[tuple[CountKey, int]]:
        """Yields what is counted of them."""
        changes = MessageChanges.of(self.messages, self.days)
        days = changes.around.days
        for place, kind, status, sign, segment in changes.segments():
            self.segments.append(NewSegment(PackKey(kind, days[place], status), sign * segment.n, segment))
        for place, counted, campaign, channel, variant, n in changes.counts():
            yield CountKey(days[place], counted, campaign, channel, variant), n

    def _add_contacts(self) -> None:
        """The rows of contacts as they are now, which nobody else changes meanwhile. Up to two queries."""
        key = PackKey(PackKind.CONTACT, NO_DAY)
        version = counted_up(PersonNumbers, "contact_version", workspace_id=self.workspace_id)
        known = [row for row in self.contacts.values() if isinstance(row, ContactWords)]
        unread, gone = ([number for number, of in self.contacts.items() if of is each] for each in (True, False))
        there = contact_rows([*known, *rows_of_numbers(self.workspace_id, unread)], version)
        for sign, rows in ((1, there), (-1, gone_rows(gone, version))):
            if rows.n:
                self._add_segment(sign, key, rows)

    def _insert(self, model: type[Model], keys: Sequence[CountKey | PackKey], **columns: Sequence[Any]) -> None:
        if keys:
            named = dict(zip(keys[0]._fields, zip(*keys, strict=True), strict=True))
            ids = {"id": _random_ids(len(keys))}
            same = {"workspace_id": self.workspace_id, "through": self.received_at, "level": 0}
            insert_columns(model, {**ids, **named, **columns}, **same)

    def _segments(self, key: PackKey, touches: Counter[Touch]) -> Iterator[NewSegment]:
        for sign in (1, -1):
            rows = [touch for touch, n in touches.items() for _ in range(sign * n)]
            if rows:
                people, since_midnight, values = np.array(rows, np.int64).T
                touched = Rows(since_midnight, people.astype(np.int32), values.astype(np.int32), NO_COLUMNS)
                yield NewSegment(key, sign * len(rows), touched.segment)


def _random_ids(n: int) -> list[str]:
    """As 32 digits, all at once, in their order: so SQLite takes 0.8 of the time to store them."""
    digits = os.urandom(16 * n).hex()
    return sorted(digits[start : start + 32] for start in range(0, len(digits), 32))


def _enrollment_counts(enrollment: Enrolment) -> Iterator[Counted]:
    yield Counted.ENROLMENTS
    if enrollment.status == EnrolmentStatus.ACTIVE:
        yield Counted.ENROLMENTS_ACTIVE
    elif enrollment.status == EnrolmentStatus.COMPLETED:
        yield Counted.ENROLMENTS_COMPLETED
