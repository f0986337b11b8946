"""Calls of the Segment kind, and events of the bulk API: what people did, and who they are."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate, chain, compress
from typing import Any, NamedTuple

import numpy as np
from django.db import IntegrityError, transaction
from django.db.models import Model

from analytics.ingest import fields
from analytics.ingest.contacts import said_in_traits, write_said
from analytics.ingest.group_commit import GroupCommit
from analytics.ingest.made_ids import ContentsOfFile, MadeIds, id_after
from analytics.ingest.messages import take_message_events
from analytics.ingest.messaging import message_event, names_message
from analytics.ingest.outcome import ItemError, ItemWarnings, Outcome
from analytics.ingest.people import Claims, People
from analytics.ingest.reuse import fingerprint, reused_ids
from analytics.ingest.rows import chosen, insert_new_columns
from analytics.ingest.senders import TRUSTED, WRITE_KEY, Sender
from analytics.ingest.settlement import settled
from analytics.ingest.utm import Utm, triple_ids, utm, utm_of_call
from analytics.ingest.words import Said
from analytics.ingest.zones import with_days_of_workspace
from analytics.ledger import Entries
from analytics.models import Event, IdentityCall
from analytics.models.facts import derived_digits
from analytics.periods import instant_of, microseconds
from workspaces.models import Workspace

MAX_TYPE_LENGTH = 200
SMALLEST_SKEW = timedelta(seconds=5)


class CallKind(StrEnum):
    TRACK = "track"
    PAGE = "page"
    SCREEN = "screen"
    IDENTIFY = "identify"
    ALIAS = "alias"
    GROUP = "group"


_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_KINDS = {kind.value: kind for kind in CallKind}
_EVENT_KINDS = {CallKind.TRACK, CallKind.PAGE, CallKind.SCREEN}


class Call(NamedTuple):
    """A call as it was read; its id is 32 digits, its properties and context are JSON.

    The ids it names, and `at` when, in µs since 1970. `event_type` for those that are events, `fingerprint` for those
    that only say who is who; `said` what is more than a name.
    """

    id: str
    message_id: str
    user_id: str | None
    anonymous_id: str | None
    at: int
    stated_at: datetime | None
    event_type: str | None
    properties: str
    context: str
    utm: Utm | None
    previous_id: str | None = None
    said: tuple[Said, ...] = ()
    sender: Sender = WRITE_KEY
    fingerprint: str | None = None


class Calls(NamedTuple):
    """Calls column by column: so they go to another process, into statements and arrays in far less time."""

    id: Sequence[str]
    message_id: Sequence[str]
    user_id: Sequence[str | None]
    anonymous_id: Sequence[str | None]
    at: Sequence[int]
    stated_at: Sequence[datetime | None]
    event_type: Sequence[str | None]
    properties: Sequence[str]
    context: Sequence[str]
    utm: Sequence[Utm | None]
    previous_id: Sequence[str | None]
    said: Sequence[tuple[Said, ...]]
    sender: Sequence[Sender]
    fingerprint: Sequence[str | None]

    @classmethod
    def of(cls, calls: Sequence[Call]) -> "Calls":
        return cls(*zip(*calls, strict=True)) if calls else cls(*([()] * len(Call._fields)))

    def chosen(self, places: Sequence[int]) -> "Calls":
        """Those at these places, which are ascending."""
        if len(places) == len(self.id):
            return self
        return Calls._make([column[place] for place in places] for column in self)

    @property
    def claims(self) -> Claims:
        return Claims(self.user_id, self.anonymous_id, self.previous_id, self.at, self.sender)


def _joined(parts: Sequence[Calls]) -> Calls:
    if len(parts) == 1:
        return parts[0]
    return Calls._make([*chain.from_iterable(columns)] for columns in zip(*parts, strict=True))


@dataclass(frozen=True)
class Read:
    """The calls of a batch, the index of each, and what became of the others."""

    indexes: list[int]
    calls: Calls
    outcome: Outcome
    made_ids: list[int] = field(default_factory=list)
    """The places of the calls whose ids were made, as of a batch that is read by itself."""

    @classmethod
    def of(cls, found: Iterable[tuple[int, Call]], outcome: Outcome) -> "Read":
        calls = [*found]
        return cls([index for index, _ in calls], Calls.of([call for _, call in calls]), outcome)


def renumber(workspace_id: int, read: Read, contents: ContentsOfFile) -> Read:
    """With ids that were made as of a whole file: the calls are those of its next block."""
    if not read.made_ids:
        return read
    message_ids, ids = list(read.calls.message_id), list(read.calls.id)
    before = contents.before([message_ids[place] for place in read.made_ids])
    for place, count in zip(read.made_ids, before, strict=True):
        if count:
            message_ids[place] = id_after(message_ids[place], count)
            ids[place] = derived_digits(workspace_id, message_ids[place])
    return replace(read, calls=read.calls._replace(id=ids, message_id=message_ids))


@dataclass(frozen=True)
class Batch:
    """What came together, as it came and as it was read; `items` say the ids of those that are remarked on."""

    items: Sequence[object]
    read: Read
    received_at: datetime

    def __len__(self) -> int:
        return len(self.read.indexes)


@with_days_of_workspace
def take_calls(
    workspace: Workspace,
    items: Sequence[object],
    *,
    received_at: datetime,
    kind: CallKind | None = None,
    sent_at: object = None,
    sender: Sender = WRITE_KEY,
) -> Outcome:
    """Take track, page, screen, identify, alias and group calls; `kind` where the route says it, else each item does.

    `sent_at` is the batch's own, by which the sender's clock is corrected. Track calls that say what became of a
    message which they name are reports on it, and no events.
    """
    is_report = [_is_track(item, kind) and names_message(item) for item in items]
    if sender.may_report_on_messages and any(is_report):
        return _take_apart(
            workspace, items, is_report, received_at=received_at, kind=kind, sent_at=sent_at, sender=sender
        )
    outcome = Outcome()
    reading = _Reading.of_batch(workspace.pk, received_at, sent_at, items, outcome, sender)
    calls = fields.parsed(items, lambda item, warnings: _call(reading, item, kind, warnings), outcome, is_lenient=True)
    return _together.take(workspace, Batch(items, Read.of(calls, outcome), received_at))


@dataclass(frozen=True)
class _Reading:
    """What the items of a batch are read with. `skew` is how far the batch says that the sender's clock is behind."""

    workspace_id: int
    received_at: datetime
    sender: Sender
    skew: timedelta | None = None
    made_ids: MadeIds = field(default_factory=MadeIds)

    @property
    def space(self) -> tuple[str, ...]:
        """In which ids count: what anybody may send shall not take the place of what others will."""
        return () if self.sender.browser_key is None else ("browsers",)

    @property
    def of_key(self) -> tuple[int, int] | None:
        """As `Word.of_key`."""
        key = self.sender.browser_key
        return None if key is None else (key, microseconds(self.received_at))

    @classmethod
    def of_batch(
        cls,
        workspace_id: int,
        received_at: datetime,
        sent_at: object,
        items: Sequence[object],
        outcome: Outcome,
        sender: Sender,
    ) -> "_Reading":
        """If its instant of sending cannot be read, the first item is warned of it."""
        warnings = ItemWarnings()
        sent = warnings.optional(fields.instant, {"sentAt": sent_at}, "sentAt")
        if warnings.pending and items:
            outcome.warn(0, items[0], warnings)
        return cls(workspace_id, received_at, sender, None if sent is None else received_at - sent)


def _is_track(item: object, kind: CallKind | None) -> bool:
    return kind is CallKind.TRACK if kind is not None else isinstance(item, dict) and item.get("type") == "track"


@transaction.atomic
def _take_apart(
    workspace: Workspace,
    items: Sequence[object],
    is_report: Sequence[bool],
    *,
    received_at: datetime,
    kind: CallKind | None,
    sent_at: object,
    sender: Sender,
) -> Outcome:
    """The calls first, which may take the workspace's lock; then the reports, which lock messages."""
    outcome = Outcome()
    calls = [index for index in range(len(items)) if not is_report[index]]
    rest = [items[index] for index in calls]
    taken = take_calls(workspace, rest, received_at=received_at, kind=kind, sent_at=sent_at, sender=sender)
    outcome.add(taken, calls)
    of_reports = Outcome()
    reports = list(compress(range(len(items)), is_report))
    named = [items[index] for index in reports]
    reading = _Reading.of_batch(workspace.pk, received_at, sent_at, [] if calls else named, of_reports, sender)
    read = fields.parsed(
        named, lambda item, warnings: _message_event(reading, item, warnings), of_reports, is_lenient=True
    )
    good = list(read)
    outcome.add(of_reports, reports)
    taken = take_message_events(workspace, [item for _, item in good], received_at=received_at, is_lenient=True)
    outcome.add(taken, [reports[place] for place, _ in good])
    outcome.rejected.sort(key=lambda remark: remark.index)
    return outcome


def _message_event(reading: _Reading, item: dict[str, Any], warnings: ItemWarnings) -> dict[str, Any]:
    stated_at = _stated_at(item, warnings)
    at = _occurred_at(reading, item, stated_at, warnings)
    return message_event(item, message_id=_message_id(reading, item, stated_at, warnings), at=at)


@with_days_of_workspace
def take_events(workspace: Workspace, items: Sequence[object], *, received_at: datetime) -> Outcome:
    """Take events as the bulk API names their fields."""
    read = read_events(workspace.pk, items, received_at=received_at)
    return _together.take(workspace, Batch(items, read, received_at))


def read_events(
    workspace_id: int, items: Sequence[object], *, received_at: datetime, written: Sequence[bytes] | None = None
) -> Read:
    """The first half of `take_events`, without the database. What it answers can be sent to another process.

    `written` is the JSON that the items were read from, if that has neither NaN nor infinities.
    """
    outcome = Outcome()
    reading = _Reading(workspace_id, received_at, TRUSTED)
    calls = fields.parsed(items, lambda item, warnings: _bulk_event(reading, item, warnings), outcome, written=written)
    read, made = Read.of(calls, outcome), reading.made_ids.made
    places = [place for place, id in enumerate(read.calls.message_id) if id in made] if made else []
    return replace(read, made_ids=places)


def _call(reading: _Reading, item: dict[str, Any], kind: CallKind | None, warnings: ItemWarnings) -> Call:
    kind = kind or _kind(item)
    if not reading.sender.may_report_on_messages and kind is CallKind.TRACK and names_message(item):
        raise ItemError(
            "report_not_allowed",
            "A key of browsers does not report on messages: leave message_id out, or send it with another key.",
        )
    stated_at = _stated_at(item, warnings)
    occurred_at = _occurred_at(reading, item, stated_at, warnings)
    properties, context = _object(item, "properties", warnings), _object(item, "context", warnings)
    user_id, anonymous_id, previous_id = _named(item, kind, warnings)
    said = () if user_id is None else tuple(_said(reading, item, kind, user_id, occurred_at, warnings))
    event_type = _event_type(item, kind)
    if kind in (CallKind.PAGE, CallKind.SCREEN):
        properties = _page_properties(item, properties, warnings)
    message_id = _message_id(reading, item, stated_at, warnings)
    return Call(
        id=derived_digits(reading.workspace_id, message_id, *reading.space),
        message_id=message_id,
        user_id=user_id,
        anonymous_id=anonymous_id,
        at=microseconds(occurred_at),
        stated_at=_original_instant(stated_at, occurred_at),
        event_type=event_type,
        properties=_json(properties),
        context=_json(context),
        utm=utm_of_call(context, properties) if kind in _EVENT_KINDS else None,
        previous_id=previous_id,
        said=said,
        sender=_naming(reading.sender, kind, said) if reading.sender.names_provisionally else reading.sender,
        fingerprint=None
        if event_type is not None
        else fingerprint(kind, (user_id, anonymous_id, previous_id), stated_at),
    )


def _kind(item: dict[str, Any]) -> CallKind:
    stated = item.get("type")
    if isinstance(stated, str) and stated in _KINDS:
        return _KINDS[stated]
    return CallKind(fields.required(fields.choice(item, "type", list(CallKind)), "type"))


def _object(item: dict[str, Any], name: str, warnings: ItemWarnings) -> dict[str, Any]:
    """A JSON object, empty if absent or, with a warning, if it is something else."""
    value = item.get(name)
    return value if isinstance(value, dict) else warnings.optional(fields.mapping, item, name) or {}


def _naming(sender: Sender, kind: CallKind, said: Sequence[Said]) -> Sender:
    """PostHog's: only an event that says nothing more of its user leaves open whether there is one."""
    if kind in _EVENT_KINDS and not said:
        return sender
    return replace(sender, names_provisionally=False, joins_provisional=kind is CallKind.IDENTIFY)


def _event_type(item: dict[str, Any], kind: CallKind) -> str | None:
    match kind:
        case CallKind.TRACK:
            return fields.required_text(item, "event", max_length=MAX_TYPE_LENGTH)
        case CallKind.PAGE:
            return "page_view"
        case CallKind.SCREEN:
            return "screen_view"
    return None


def _page_properties(item: dict[str, Any], properties: dict[str, Any], warnings: ItemWarnings) -> dict[str, Any]:
    """A page's or screen's name and category stand beside its properties; they are kept among them."""
    said = {
        key: warnings.optional(fields.text, item, key, max_length=fields.MAX_ID_LENGTH)
        for key in ("name", "category")
        if key in item
    }
    return {**{key: value for key, value in said.items() if value is not None}, **properties}


def _named(item: dict[str, Any], kind: CallKind, warnings: ItemWarnings) -> tuple[str | None, str | None, str | None]:
    """The user, anonymous and previous id."""
    if kind is CallKind.ALIAS:
        previous_id = fields.required(fields.client_identifier(item, "previousId"), "previousId")
        return fields.required(fields.client_identifier(item, "userId"), "userId"), None, previous_id
    try:
        user_id, anonymous_id = fields.client_identifier(item, "userId"), fields.client_identifier(item, "anonymousId")
    except ItemError:
        user_id, anonymous_id = _good_id(item, warnings)
    if user_id is None and anonymous_id is None:
        raise ItemError("missing_identity", "userId or anonymousId is required.")
    return user_id, anonymous_id, None


def _good_id(item: dict[str, Any], warnings: ItemWarnings) -> tuple[str | None, str | None]:
    """Of the user and the anonymous id, of which one is none, the other. Raises what is wrong where neither is."""
    ids: dict[str, str | None] = {"userId": None, "anonymousId": None}
    errors = []
    for name in ids:
        try:
            ids[name] = fields.client_identifier(item, name)
        except ItemError as error:
            errors.append(error)
    if not any(ids.values()):
        raise errors[0]
    for problem in errors:
        warnings.leave_out(problem)
    return ids["userId"], ids["anonymousId"]


def _said(
    reading: _Reading, item: dict[str, Any], kind: CallKind, user_id: str, at: datetime, warnings: ItemWarnings
) -> Iterator[Said]:
    """The traits of identify calls, and PostHog's `$set` and `$set_once` of these and of events."""
    if kind in (CallKind.GROUP, CallKind.ALIAS):
        return
    traits = _at_both_places(item, "$set", warnings)
    if kind is CallKind.IDENTIFY:
        of_context = item.get("context")
        context = of_context if isinstance(of_context, dict) else {}
        traits = {**_object(context, "traits", warnings), **traits, **_object(item, "traits", warnings)}
    of_key = reading.of_key
    if traits:
        fills_only = reading.sender.fills_only
        yield said_in_traits(user_id, traits, at, reading.received_at, warnings, fills_only=fills_only, of_key=of_key)
    if initial := _at_both_places(item, "$set_once", warnings):
        yield said_in_traits(user_id, initial, at, reading.received_at, warnings, fills_only=True, of_key=of_key)


def _at_both_places(item: dict[str, Any], name: str, warnings: ItemWarnings) -> dict[str, Any]:
    """PostHog's clients put these among the properties or beside them."""
    properties = item.get("properties")
    among = _object(properties, name, warnings) if isinstance(properties, dict) and name in properties else {}
    return {**among, **_object(item, name, warnings)} if name in item else among


def _bulk_event(reading: _Reading, item: dict[str, Any], warnings: ItemWarnings) -> Call:
    event_type = fields.required_text(item, "type", max_length=MAX_TYPE_LENGTH)
    stated_at = fields.required(fields.any_instant(item, "occurredAt"), "occurredAt")
    occurred_at = _occurred_at(reading, {}, stated_at, warnings)
    contact, anonymous_id = fields.identifier(item, "contact"), fields.identifier(item, "anonymousId")
    if contact is None and anonymous_id is None:
        raise ItemError("missing_identity", "contact or anonymousId is required.")
    said_utm, properties = fields.mapping(item, "utm"), fields.mapping(item, "properties")
    context = fields.mapping(item, "context") if "context" in item else {}
    message_id = fields.text(item, "messageId", max_length=fields.MAX_ID_LENGTH) or reading.made_ids.id_of(item)
    return Call(
        id=derived_digits(reading.workspace_id, message_id),
        message_id=message_id,
        user_id=contact,
        anonymous_id=anonymous_id,
        at=microseconds(occurred_at),
        stated_at=fields.instant(item, "statedAt") if "statedAt" in item else _original_instant(stated_at, occurred_at),
        event_type=event_type,
        properties=_json(properties),
        context=_json(context or ({"campaign": said_utm} if said_utm else {})),
        utm=utm(said_utm) if said_utm else None,
        sender=reading.sender,
    )


def _stated_at(item: dict[str, Any], warnings: ItemWarnings) -> datetime | None:
    """When it happened by the sender's clock. Raises ItemError where that was before 1970."""
    for name in ("originalTimestamp", "timestamp"):
        if name not in item:
            continue
        try:
            if (at := fields.any_instant(item, name)) is not None:
                return at
        except ItemError as error:
            if error.code == "too_old":
                raise
            warnings.leave_out(error)
    return None


def _occurred_at(
    reading: _Reading, item: dict[str, Any], stated_at: datetime | None, warnings: ItemWarnings
) -> datetime:
    """When it happened by our clock."""
    skew = reading.skew
    if "sentAt" in item and (sent_at := warnings.optional(fields.instant, item, "sentAt")) is not None:
        skew = reading.received_at - sent_at
    if stated_at is None:
        return reading.received_at
    occurred_at = stated_at
    if skew is not None and abs(skew) >= SMALLEST_SKEW and stated_at < fields.LATEST_INSTANT:
        occurred_at = stated_at + skew
        if occurred_at < fields.EARLIEST_INSTANT:
            warnings.add("invalid_sent_at", "By sentAt it happened before 1970. It is left out.")
            return stated_at
    if occurred_at > reading.received_at + fields.LONGEST_AHEAD:
        fields.warn_of_future("The event", warnings)
        return reading.received_at
    return occurred_at


def _original_instant(stated_at: datetime | None, occurred_at: datetime) -> datetime | None:
    """What the sender said, where something else counts."""
    return None if stated_at is None or stated_at == occurred_at or stated_at >= fields.LATEST_INSTANT else stated_at


def _message_id(reading: _Reading, item: dict[str, Any], stated_at: datetime | None, warnings: ItemWarnings) -> str:
    """The sender's, else one made of the content."""
    if "messageId" in item:
        message_id = warnings.optional(fields.text, item, "messageId", max_length=fields.MAX_ID_LENGTH)
        if message_id is not None:
            return message_id
    return reading.made_ids.id_of(item, received_at=reading.received_at if stated_at is None else None)


def _json(value: dict[str, Any]) -> str:
    """As it is kept: without IP addresses."""
    if not value:
        return "{}"
    written = _encoded(value)
    return _encoded(fields.without_ips(value)) if fields.may_name_ips(written) else written


def write_calls(workspace: Workspace, batches: Sequence[Batch], *, are_new: bool = False) -> list[Outcome]:
    """The second half of `take_calls` and `take_events`: what became of each of the batches.

    Where events probably `are_new`, it is not asked first which are stored; if some are, all is done once more.
    """
    if are_new:
        with suppress(IntegrityError):
            return _written(workspace, batches, stored_among=[IdentityCall])
    return _written(workspace, batches, stored_among=[Event, IdentityCall])


@transaction.atomic
def _written(workspace: Workspace, batches: Sequence[Batch], *, stored_among: list[type[Model]]) -> list[Outcome]:
    """Raises IntegrityError where an event is stored that was not looked for."""
    entries = Entries.begun(workspace, received_at=max(batch.received_at for batch in batches))
    calls = _joined([batch.read.calls for batch in batches])
    places = _not_stored(workspace.pk, calls.id, stored_among)
    fresh = calls.chosen(places)
    people, heeded, errors = settled(entries, fresh.claims, ids=fresh.id)
    taken = fresh.chosen(heeded)
    reused = _reused(workspace.pk, calls, batches, places, heeded)
    new = _insert(entries, people, taken)
    if Event not in stored_among and len(new) < len(taken.id):
        raise IntegrityError("Some of these events are stored already.")
    write_said(entries, people, _what_was_said(people, taken))
    entries.write()
    accepted = {places[place] for place in heeded if fresh.id[place] in new}
    refused = reused | {places[place]: error for place, error in errors.items()}
    kept_apart = {places[heeded[place]]: owner for place, owner in _original_instant_from(people, taken)}
    starts = accumulate(map(len, batches), initial=0)
    return [
        _outcome(start, batch, accepted, refused, kept_apart) for start, batch in zip(starts, batches, strict=False)
    ]


def _original_instant_from(people: People, calls: Calls) -> Iterator[tuple[int, str]]:
    """Where an identify call names an anonymous id that is another contact's, that one's user id."""
    is_identity_call = [event_type is None for event_type in calls.event_type]
    for place in compress(range(len(is_identity_call)), is_identity_call):
        user_id, anonymous_id = calls.user_id[place], calls.anonymous_id[place]
        if user_id is not None and anonymous_id is not None:
            may_be_users = calls.sender[place].joins_provisional
            owner = people.owner_of_anonymous(anonymous_id, may_be_users=may_be_users)
            if owner is not None and owner is not people.owner(people.contact(user_id).person_number):
                yield place, owner.external_id


def _reused(
    workspace_id: int, calls: Calls, batches: Sequence[Batch], places: Sequence[int], heeded: Sequence[int]
) -> dict[int, ItemError]:
    """Which of the calls that are not taken are others than those that have their ids: seldom any is not taken."""
    if len(heeded) == len(calls.id):
        return {}
    first = {calls.id[places[place]]: places[place] for place in heeded}
    fresh = {places[place] for place in range(len(places))}
    taken = set(first.values())
    again = [
        place
        for place in range(len(calls.id))
        if place not in taken and (place not in fresh or calls.id[place] in first)
    ]
    received_at = [batch.received_at for batch in batches for _ in range(len(batch))]
    return reused_ids(workspace_id, calls, received_at, first, again)


def _outcome(
    start: int, batch: Batch, accepted: set[int], refused: dict[int, ItemError], kept_apart: dict[int, str]
) -> Outcome:
    """Made anew: if the transaction cannot be ended, the batch is written again, and counts from the beginning.

    The batch's calls have places from `start` on.
    """
    read = batch.read
    outcome = replace(read.outcome, rejected=[*read.outcome.rejected], warnings=[*read.outcome.warnings])
    for place, index in enumerate(read.indexes, start):
        if place in accepted:
            outcome.accepted += 1
            if owner := kept_apart.get(place):
                outcome.warn(index, batch.items[index], _belongs_to(owner))
        elif error := refused.get(place):
            outcome.reject(index, batch.items[index], error)
        else:
            outcome.duplicates += 1
            if outcome.first_duplicate is None:
                outcome.first_duplicate = index
    if outcome.warnings and refused:
        bad = {remark.index for remark in outcome.rejected}
        outcome.warnings = [remark for remark in outcome.warnings if remark.index not in bad]
    outcome.rejected.sort(key=lambda remark: remark.index)
    return outcome


def _belongs_to(owner: str) -> ItemWarnings:
    warnings = ItemWarnings()
    problem = f"anonymousId belongs to the contact {owner!r} already; the call counts for its userId alone."
    warnings.add("identity_conflict", problem)
    return warnings


def _not_stored(workspace_id: int, ids: Sequence[str], stored_among: list[type[Model]]) -> list[int]:
    """The places of calls that are not stored yet, some of them perhaps twice. One query."""
    wanted = set(ids)
    first, *others = (
        model._default_manager.filter(workspace_id=workspace_id, pk__among=wanted).order_by().values_list("pk")
        for model in stored_among
    )
    stored = {pk.hex for (pk,) in (first.union(*others, all=True) if others else first)}
    return [place for place, id in enumerate(ids) if id not in stored]


def _insert(entries: Entries, people: People, calls: Calls) -> set[str]:
    """Answers the ids of those that were not there."""
    workspace_id, received_at = entries.workspace_id, entries.received_at
    is_event = [event_type is not None for event_type in calls.event_type]
    events = calls.chosen([*compress(range(len(is_event)), is_event)])
    triples = triple_ids(workspace_id, {utm for utm in events.utm if utm is not None})
    columns: dict[str, Any] = {
        "id": events.id,
        "message_id": events.message_id,
        "person_number": people.numbers(events.user_id, events.anonymous_id),
        "type": events.event_type,
        "occurred_at": np.array(events.at, "M8[us]"),
        "stated_at": events.stated_at,
        "utm_id": [None if utm is None else triples[utm] for utm in events.utm],
        "properties": events.properties,
        "context": events.context,
    }
    if any(keys := [sender.browser_key for sender in events.sender]):
        columns["browser_key"] = keys
    new = insert_new_columns(Event, columns, workspace_id=workspace_id, received_at=received_at)
    if len(new) < len(events.id):  # another transaction has stored some meanwhile
        columns = chosen(columns, [place for place, id in enumerate(events.id) if id in new])
    entries.add_events(columns["type"], columns["occurred_at"], columns["person_number"], columns["utm_id"])
    others = calls.chosen([*compress(range(len(is_event)), (not each for each in is_event))])
    identity_calls = {"id": others.id, "fingerprint": others.fingerprint}
    taken = insert_new_columns(IdentityCall, identity_calls, workspace_id=workspace_id, received_at=received_at)
    return new | taken


def _what_was_said(people: People, calls: Calls) -> list[Said]:
    """What the calls say of contacts. Of those that only name one, the earliest, where nobody stated a signup."""
    said = [*chain.from_iterable(calls.said)]
    unsure = {one for one in set(calls.user_id) if one is not None and not people.contact(one).is_sure}
    if unsure:
        named: dict[str, int] = {}
        for user_id, at, more in zip(calls.user_id, calls.at, calls.said, strict=True):
            if user_id is not None and user_id in unsure and not more and at < named.get(user_id, at + 1):
                named[user_id] = at
        said += [Said(user_id, instant_of(at)) for user_id, at in named.items()]
    return said


_together = GroupCommit(write_calls)
