"""Calls of the Segment kind, and events of the bulk API: what people did, and who they are."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import compress
from typing import Any, NamedTuple

from django.db import transaction

from analytics.ingest import fields
from analytics.ingest.contacts import Said, said_in_traits, write_said
from analytics.ingest.group_commit import GroupCommit
from analytics.ingest.messages import take_message_events
from analytics.ingest.messaging import message_event, names_message
from analytics.ingest.outcome import ItemError, Outcome, parsed
from analytics.ingest.people import Claim, People, settled
from analytics.ingest.rows import insert_new_columns
from analytics.ingest.utm import Utm, triple_ids, utm, utm_of_call
from analytics.ledger import Entries
from analytics.models import Event, IdentityCall
from analytics.models.facts import derived_digits
from workspaces.models import Workspace

MAX_TYPE_LENGTH = 200
EARLIEST_EVENT = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_AHEAD = timedelta(hours=24)
SMALLEST_SKEW = timedelta(seconds=5)


class CallKind(StrEnum):
    TRACK = "track"
    PAGE = "page"
    SCREEN = "screen"
    IDENTIFY = "identify"
    ALIAS = "alias"
    GROUP = "group"


_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_EVENT_KINDS = {CallKind.TRACK, CallKind.PAGE, CallKind.SCREEN}


class Call(NamedTuple):
    """A call as it was read, at the instant of its claim; its id is 32 digits, its properties and context are JSON.

    `event_type` for those that are events, None for those that only say who is who; `said` what is more than a name.
    """

    id: str
    message_id: str
    claim: Claim
    stated_at: datetime | None
    is_ahead: bool
    event_type: str | None
    properties: str
    context: str
    utm: Utm | None
    said: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Read:
    """The calls of a batch, each with its index, and what became of the others."""

    calls: list[tuple[int, Call]]
    outcome: Outcome

    def __reduce__(self) -> tuple[Any, ...]:
        """To another process it goes column by column, which takes far less time than call by call."""
        if not self.calls:
            return Read, ([], self.outcome)
        indexes, calls = zip(*self.calls, strict=True)
        columns: list[Sequence[Any]] = [*zip(*calls, strict=True)]
        columns[_CLAIM] = list(zip(*columns[_CLAIM], strict=True))
        return _read_of_columns, (indexes, columns, self.outcome)


_CLAIM = Call._fields.index("claim")


def _read_of_columns(indexes: Sequence[int], columns: list[Sequence[Any]], outcome: Outcome) -> Read:
    columns[_CLAIM] = list(map(Claim._make, zip(*columns[_CLAIM], strict=True)))
    calls = map(Call._make, zip(*columns, strict=True))
    return Read(list(zip(indexes, calls, strict=True)), outcome)


@dataclass(frozen=True)
class Batch:
    """What came together, as it came and as it was read; `items` say the ids of those that are remarked on."""

    items: Sequence[object]
    read: Read
    received_at: datetime

    def __len__(self) -> int:
        return len(self.read.calls)


def take_calls(
    workspace: Workspace,
    items: Sequence[object],
    *,
    received_at: datetime,
    kind: CallKind | None = None,
    sent_at: object = None,
) -> Outcome:
    """Take track, page, screen, identify, alias and group calls; `kind` where the route says it, else each item does.

    `sent_at` is the batch's own, by which the sender's clock is corrected. Track calls that say what became of a
    message which they name are reports on it, and no events.
    """
    outcome = Outcome()
    is_report = [_is_track(item, kind) and names_message(item) for item in items]
    if any(is_report):
        return _take_apart(workspace, items, is_report, received_at=received_at, kind=kind, sent_at=sent_at)
    calls = list(parsed(items, lambda item: _call(workspace.pk, item, kind, sent_at, received_at), outcome))
    return _together.take(workspace, Batch(items, Read(calls, outcome), received_at))


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
) -> Outcome:
    """The calls first, which may take the workspace's lock; then the reports, which lock messages."""
    outcome = Outcome()
    calls = [index for index in range(len(items)) if not is_report[index]]
    rest = [items[index] for index in calls]
    outcome.add(take_calls(workspace, rest, received_at=received_at, kind=kind, sent_at=sent_at), calls)
    told = Outcome()
    reports = list(compress(range(len(items)), is_report))
    good = list(parsed([items[i] for i in reports], lambda item: _message_event(item, sent_at, received_at), told))
    outcome.add(told, reports)
    taken = take_message_events(workspace, [one for _, one in good], received_at=received_at)
    outcome.add(taken, [reports[place] for place, _ in good])
    outcome.rejected.sort(key=lambda remark: remark.index)
    return outcome


def _message_event(item: dict[str, Any], sent_at: object, received_at: datetime) -> dict[str, Any]:
    fields.check_item(item)
    stated_at = fields.instant(item, "originalTimestamp") or fields.instant(item, "timestamp")
    at, _ = _occurred_at(stated_at, _sent_at(item, sent_at), received_at)
    return message_event(item, message_id=_message_id(item, received_at), at=at)


def take_events(workspace: Workspace, items: Sequence[object], *, received_at: datetime) -> Outcome:
    """Take events as the bulk API names their fields."""
    read = read_events(workspace.pk, items, received_at=received_at)
    return _together.take(workspace, Batch(items, read, received_at))


def read_events(workspace_id: int, items: Sequence[object], *, received_at: datetime) -> Read:
    """The first half of `take_events`, without the database. What it answers can be sent to another process."""
    outcome = Outcome()
    return Read(list(parsed(items, lambda item: _bulk_event(workspace_id, item, received_at), outcome)), outcome)


def _call(
    workspace_id: int, item: dict[str, Any], kind: CallKind | None, sent_at: object, received_at: datetime
) -> Call:
    fields.check_item(item)
    kind = kind or CallKind(fields.required(fields.choice(item, "type", list(CallKind)), "type"))
    stated_at = fields.instant(item, "originalTimestamp") or fields.instant(item, "timestamp")
    occurred_at, is_ahead = _occurred_at(stated_at, _sent_at(item, sent_at), received_at)
    properties, context = fields.mapping(item, "properties"), fields.mapping(item, "context")
    claim, said = _claim(item, kind, occurred_at, context)
    message_id = _message_id(item, received_at)
    if kind in (CallKind.PAGE, CallKind.SCREEN):
        properties = _page_properties(item, properties)
    return Call(
        id=derived_digits(workspace_id, message_id),
        message_id=message_id,
        claim=claim,
        stated_at=stated_at if stated_at != occurred_at else None,
        is_ahead=is_ahead,
        event_type=_event_type(item, kind),
        properties=_json(properties),
        context=_json(context),
        utm=utm_of_call(context, properties) if kind in _EVENT_KINDS else None,
        said=said,
    )


def _event_type(item: dict[str, Any], kind: CallKind) -> str | None:
    match kind:
        case CallKind.TRACK:
            return fields.required_text(item, "event", max_length=MAX_TYPE_LENGTH)
        case CallKind.PAGE:
            return "page_view"
        case CallKind.SCREEN:
            return "screen_view"
    return None


def _page_properties(item: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    """A page's or screen's name and category stand beside its properties; they are kept among them."""
    said = {key: fields.text(item, key, max_length=fields.MAX_ID_LENGTH) for key in ("name", "category")}
    return {**{key: value for key, value in said.items() if value is not None}, **properties}


def _claim(
    item: dict[str, Any], kind: CallKind, at: datetime, context: dict[str, Any]
) -> tuple[Claim, tuple[Said, ...]]:
    user_id, anonymous_id = fields.identifier(item, "userId"), fields.identifier(item, "anonymousId")
    if kind is CallKind.ALIAS:
        previous_id = fields.required(fields.identifier(item, "previousId"), "previousId")
        user_id = fields.required(user_id, "userId")
        return Claim(user_id, None, at, previous_id=previous_id), ()
    if user_id is None and anonymous_id is None:
        raise ItemError("missing_identity", "userId or anonymousId is required.")
    said = tuple(_said(item, kind, user_id, at, context)) if user_id is not None else ()
    signed_up_at = next((one.signed_up_at for one in said if one.signed_up_at is not None), None)
    return Claim(user_id, anonymous_id, at, signed_up_at=signed_up_at), said


def _said(item: dict[str, Any], kind: CallKind, user_id: str, at: datetime, context: dict[str, Any]) -> Iterator[Said]:
    """The traits of identify calls, and PostHog's `$set` and `$set_once` of these and of events."""
    if kind is CallKind.GROUP:
        return
    traits = _at_both_places(item, "$set")
    if kind is CallKind.IDENTIFY:
        traits = {**fields.mapping(context, "traits"), **traits, **fields.mapping(item, "traits")}
    if traits:
        yield said_in_traits(user_id, traits, at)
    if initial := _at_both_places(item, "$set_once"):
        yield said_in_traits(user_id, initial, at, fills_only=True)


def _at_both_places(item: dict[str, Any], name: str) -> dict[str, Any]:
    """PostHog's clients put these among the properties or beside them."""
    among = fields.mapping(item, "properties").get(name)
    return {**(among if isinstance(among, dict) else {}), **fields.mapping(item, name)}


def _bulk_event(workspace_id: int, item: dict[str, Any], received_at: datetime) -> Call:
    fields.check_item(item)
    event_type = fields.required_text(item, "type", max_length=MAX_TYPE_LENGTH)
    stated_at = fields.required(fields.instant(item, "occurredAt"), "occurredAt")
    occurred_at, is_ahead = _occurred_at(stated_at, None, received_at)
    contact, anonymous_id = fields.identifier(item, "contact"), fields.identifier(item, "anonymousId")
    if contact is None and anonymous_id is None:
        raise ItemError("missing_identity", "contact or anonymousId is required.")
    said_utm = fields.mapping(item, "utm")
    message_id = _message_id(item, received_at)
    return Call(
        id=derived_digits(workspace_id, message_id),
        message_id=message_id,
        claim=Claim(contact, anonymous_id, occurred_at),
        stated_at=stated_at if is_ahead else None,
        is_ahead=is_ahead,
        event_type=event_type,
        properties=_json(fields.mapping(item, "properties")),
        context=_json({"campaign": said_utm} if said_utm else {}),
        utm=utm(said_utm) if said_utm else None,
    )


def _sent_at(item: dict[str, Any], of_batch: object) -> datetime | None:
    return fields.instant(item, "sentAt") or fields.instant({"sentAt": of_batch}, "sentAt")


def _occurred_at(stated_at: datetime | None, sent_at: datetime | None, received_at: datetime) -> tuple[datetime, bool]:
    """When it happened by our clock, and whether that was set back from too far ahead."""
    if stated_at is None:
        return received_at, False
    skew = received_at - sent_at if sent_at is not None else timedelta()
    occurred_at = stated_at + skew if abs(skew) >= SMALLEST_SKEW else stated_at
    if occurred_at < EARLIEST_EVENT:
        raise ItemError("too_old", f"The event is of {occurred_at:%Y-%m-%d}; allowed is from {EARLIEST_EVENT:%Y} on.")
    if occurred_at > received_at + LONGEST_AHEAD:
        return received_at, True
    return occurred_at, False


def _message_id(item: dict[str, Any], received_at: datetime) -> str:
    """The sender's, or one made of the content and the second, so that an immediate blind retry still folds."""
    given = fields.text(item, "messageId", max_length=fields.MAX_ID_LENGTH)
    if given is not None:
        return given
    canonical = {key: value for key, value in item.items() if key not in ("sentAt", "writeKey")}
    content = json.dumps([int(received_at.timestamp()), canonical], sort_keys=True)
    return f"auto-{hashlib.sha256(content.encode()).hexdigest()}"


def _json(value: dict[str, Any]) -> str:
    """As it is kept: without IP addresses."""
    if not value:
        return "{}"
    written = _encoded(value)
    return _encoded(fields.without_ips(value)) if fields.may_name_ips(written) else written


class Entry(NamedTuple):
    """A call of several batches: which one it came in, and at which place."""

    batch: int
    place: int
    call: Call


@transaction.atomic
def write_calls(workspace: Workspace, batches: Sequence[Batch]) -> list[Outcome]:
    """The second half of `take_calls` and `take_events`: what became of each of the batches."""
    entries = Entries.begun(workspace, received_at=max(batch.received_at for batch in batches))
    calls = [Entry(number, *read) for number, batch in enumerate(batches) for read in batch.read.calls]
    fresh = _not_stored(workspace.pk, calls)
    claims, ids = [entry.call.claim for entry in fresh], [entry.call.id for entry in fresh]
    people, heeded, errors = settled(entries, claims, ids=ids)
    taken = [fresh[place] for place in heeded]
    new = _insert(entries, people, [entry.call for entry in taken])
    write_said(entries, people, _what_was_said(entry.call for entry in taken))
    entries.write()
    accepted = {entry[:2] for entry in taken if entry.call.id in new}
    refused = {fresh[place][:2]: error for place, error in errors.items()}
    return [_outcome(number, batch, accepted, refused) for number, batch in enumerate(batches)]


def _outcome(
    number: int, batch: Batch, accepted: set[tuple[int, int]], refused: dict[tuple[int, int], ItemError]
) -> Outcome:
    """Made anew: if the transaction cannot be ended, the batch is written again, and counts from the beginning."""
    read = batch.read.outcome
    outcome = replace(read, rejected=[*read.rejected], warnings=[*read.warnings])
    for index, call in batch.read.calls:
        if error := refused.get((number, index)):
            outcome.reject(index, batch.items[index], error)
        elif (number, index) in accepted:
            outcome.accepted += 1
            if call.is_ahead:
                problem = "The event lies over 24 hours ahead; it counts as of its receipt."
                outcome.warn(index, batch.items[index], "future_time", problem)
        else:
            outcome.duplicates += 1
            if outcome.first_duplicate is None:
                outcome.first_duplicate = index
    outcome.rejected.sort(key=lambda remark: remark.index)
    return outcome


def _not_stored(workspace_id: int, entries: Sequence[Entry]) -> list[Entry]:
    """The calls that are not stored yet, some of them perhaps twice. One query."""
    ids = {entry.call.id for entry in entries}
    events, others = (
        model._default_manager.filter(workspace_id=workspace_id, pk__among=ids).order_by().values_list("pk")
        for model in (Event, IdentityCall)
    )
    stored = {pk.hex for (pk,) in events.union(others, all=True)}
    return [entry for entry in entries if entry.call.id not in stored]


def _insert(entries: Entries, people: People, calls: list[Call]) -> set[str]:
    """Answers the ids of those that were not there."""
    workspace_id, received_at = entries.workspace_id, entries.received_at
    triples = triple_ids(workspace_id, (call.utm for call in calls if call.utm is not None))
    events = [call for call in calls if call.event_type is not None]
    columns: dict[str, list[Any]] = {
        "id": [call.id for call in events],
        "message_id": [call.message_id for call in events],
        "person_number": [people.number(call.claim) for call in events],
        "type": [call.event_type for call in events],
        "occurred_at": [call.claim.at for call in events],
        "stated_at": [call.stated_at for call in events],
        "utm_id": [None if call.utm is None else triples[call.utm] for call in events],
        "properties": [call.properties for call in events],
        "context": [call.context for call in events],
    }
    new = insert_new_columns(Event, columns, workspace_id=workspace_id, received_at=received_at)
    if len(new) < len(events):  # another transaction has stored some meanwhile
        columns = {
            name: list(compress(values, [id in new for id in columns["id"]])) for name, values in columns.items()
        }
    entries.add_events(columns["type"], columns["occurred_at"], columns["person_number"], columns["utm_id"])
    identity_calls = {"id": [call.id for call in calls if call.event_type is None]}
    taken = insert_new_columns(IdentityCall, identity_calls, workspace_id=workspace_id, received_at=received_at)
    return new | taken


def _what_was_said(calls: Iterable[Call]) -> list[Said]:
    """What the calls say of contacts; of those that only name one, the earliest is enough."""
    said: list[Said] = []
    named: dict[str, datetime] = {}
    for call in calls:
        user_id, at = call.claim.user_id, call.claim.at
        said.extend(call.said)
        if user_id is not None and not call.said and (user_id not in named or at < named[user_id]):
            named[user_id] = at
    return said + [Said(user_id, at) for user_id, at in named.items()]


_together = GroupCommit(write_calls)
