"""Calls of the Segment kind, and events of the bulk API: what people did, and who they are."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from itertools import accumulate, chain, compress
from typing import Any

import numpy as np
from django.db import IntegrityError, transaction

from analytics.ingest.bounds import parsed_items
from analytics.ingest.exposures import EXPOSURES, Exposure, take_exposures
from analytics.ingest.formats.bulk import read_events
from analytics.ingest.formats.call_values import Batch, CallKind, Calls, ReadCalls, concatenate
from analytics.ingest.formats.messaging import names_message
from analytics.ingest.formats.reading import Reading
from analytics.ingest.formats.segment import read_call, read_message_event
from analytics.ingest.group_commit import GroupCommit
from analytics.ingest.messages.reports import take_message_events
from analytics.ingest.outcome import ItemError, ItemWarnings, Outcome
from analytics.ingest.people.contacts import write_statements
from analytics.ingest.people.identities import People
from analytics.ingest.people.settlement import settle_claims
from analytics.ingest.people.words import Statement
from analytics.ingest.races import tried_again
from analytics.ingest.reuse import StoredCalls, StoredModel, StoredPeople, reused_ids, stored_among
from analytics.ingest.rows import insert_new_columns, rows_at
from analytics.ingest.senders import WRITE_KEY, Sender
from analytics.ingest.utm import triple_ids
from analytics.ingest.zones import with_days_of_workspace
from analytics.ledger import Entries
from analytics.models import Event, IdentityCall
from analytics.periods import instant_of, microseconds
from workspaces.models import Workspace


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
    reading = Reading.of_batch(workspace.pk, received_at, sent_at, items, outcome, sender)
    calls = parsed_items(
        items, lambda item, warnings: read_call(reading, item, kind, warnings), outcome, is_lenient=True
    )
    return _together.take(workspace, Batch(items, ReadCalls.of(calls, outcome), received_at))


def _is_track(item: object, kind: CallKind | None) -> bool:
    return kind is CallKind.TRACK if kind is not None else isinstance(item, dict) and item.get("type") == "track"


@tried_again
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
    reading = Reading.of_batch(workspace.pk, received_at, sent_at, [] if calls else named, of_reports, sender)
    read = parsed_items(
        named, lambda item, warnings: read_message_event(reading, item, warnings), of_reports, is_lenient=True
    )
    good = list(read)
    outcome.add(of_reports, reports)
    taken = take_message_events(workspace, [item for _, item in good], received_at=received_at, is_lenient=True)
    outcome.add(taken, [reports[place] for place, _ in good])
    outcome.rejected.sort(key=lambda remark: remark.index)
    return outcome


@with_days_of_workspace
def take_events(workspace: Workspace, items: Sequence[object], *, received_at: datetime) -> Outcome:
    """Take events as the bulk API names their fields."""
    read = read_events(workspace.pk, items, received_at=received_at)
    return _together.take(workspace, Batch(items, read, received_at))


@tried_again
def write_calls(workspace: Workspace, batches: Sequence[Batch], *, are_new: bool = False) -> list[Outcome]:
    """The second half of `take_calls` and `take_events`: what became of each of the batches.

    Where events probably `are_new`, it is not asked first which are stored; if some are, all is done once more.
    """
    if are_new:
        with suppress(IntegrityError):
            return _write_batches(workspace, batches, models=[IdentityCall])
    return _write_batches(workspace, batches, models=[Event, IdentityCall])


@transaction.atomic
def _write_batches(
    workspace: Workspace, batches: Sequence[Batch], *, models: Sequence[type[StoredModel]]
) -> list[Outcome]:
    """Looks for what is stored of these models; raises IntegrityError where an event is that was not looked for."""
    entries = Entries.begin(workspace, received_at=max(batch.received_at for batch in batches))
    calls = concatenate([batch.read.calls for batch in batches])
    stored = stored_among(workspace.pk, calls.id, models)
    places = [place for place, id in enumerate(calls.id) if id not in stored]
    fresh = calls.at_places(places)
    is_mostly_words = 2 * sum(map(bool, fresh.statements)) > len(fresh.id)
    people, good, errors = settle_claims(entries, fresh.claims, ids=fresh.id, with_words=is_mostly_words)
    taken = fresh.at_places(good)
    reused = _reuse_errors(workspace.pk, calls, batches, places, good, stored)
    new = _insert(entries, people, taken)
    if Event not in models and len(new) < len(taken.id):
        raise IntegrityError("Some of these events are stored already.")
    write_statements(entries, people, _statements(entries, people, taken))
    entries.write()
    accepted = {places[place] for place in good if fresh.id[place] in new}
    refused = reused | {places[place]: error for place, error in errors.items()}
    kept_apart = {places[good[place]]: owner for place, owner in kept_apart_from(people, taken)}
    starts = accumulate(map(len, batches), initial=0)
    return [
        _outcome(start, batch, accepted, refused, kept_apart) for start, batch in zip(starts, batches, strict=False)
    ]


def kept_apart_from(people: People, calls: Calls) -> Iterator[tuple[int, str]]:
    """By the place of each identify call whose anonymous id is another contact's, how its sender is told of that
    contact.

    A write key learns nobody's id by trying out devices.
    """
    is_identity_call = [event_type is None for event_type in calls.event_type]
    for place in compress(range(len(is_identity_call)), is_identity_call):
        user_id, anonymous_id = calls.user_id[place], calls.anonymous_id[place]
        if user_id is not None and anonymous_id is not None:
            may_be_users = calls.sender[place].joins_provisional
            owner = people.owner_of_anonymous(anonymous_id, may_be_users=may_be_users)
            if owner is not None and owner is not people.owner(people.contact(user_id).person_number):
                is_told = calls.sender[place].may_join_contacts
                yield place, f"the contact {owner.external_id!r}" if is_told else "another contact"


def _reuse_errors(
    workspace_id: int,
    calls: Calls,
    batches: Sequence[Batch],
    places: Sequence[int],
    good: Sequence[int],
    stored: StoredCalls,
) -> dict[int, ItemError]:
    """By place, why a call is refused that was not counted: another call has its id. Nearly always all calls count."""
    if len(good) == len(calls.id):
        return {}
    first = {calls.id[places[place]]: places[place] for place in good}
    fresh = {places[place] for place in range(len(places))}
    taken = set(first.values())
    again = [
        place
        for place in range(len(calls.id))
        if place not in taken and (place not in fresh or calls.id[place] in first)
    ]
    received_at = [batch.received_at for batch in batches for _ in range(len(batch))]
    return reused_ids(workspace_id, StoredPeople(workspace_id), calls, received_at, first, again, stored)


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
                outcome.warn(index, batch.items[index], belongs_to(owner))
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


def belongs_to(owner: str) -> ItemWarnings:
    warnings = ItemWarnings()
    problem = f"anonymousId belongs to {owner} already; the call counts for its userId alone."
    warnings.add("identity_conflict", problem)
    return warnings


def _insert(entries: Entries, people: People, calls: Calls) -> set[str]:
    """Answers the ids of those that were not there."""
    workspace_id, received_at = entries.workspace_id, entries.received_at
    is_event = [event_type is not None for event_type in calls.event_type]
    events = calls.at_places([*compress(range(len(is_event)), is_event)])
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
        columns = rows_at(columns, [place for place, id in enumerate(events.id) if id in new])
    added = ("type", "occurred_at", "person_number", "utm_id", "properties", "context")
    entries.add_events(*[columns[name] for name in added])
    take_exposures(entries, _exposures(columns))
    others = calls.at_places([*compress(range(len(is_event)), (not each for each in is_event))])
    identity_calls = {"id": others.id, "fingerprint": others.fingerprint}
    taken = insert_new_columns(IdentityCall, identity_calls, workspace_id=workspace_id, received_at=received_at)
    return new | taken


def _exposures(events: Mapping[str, Any]) -> Iterator[Exposure]:
    """Of events as they were stored, those that say who was given which variant of a test."""
    keys = events.get("browser_key") or [None] * len(events["id"])
    for place, event_type in enumerate(events["type"]):
        if event_type in EXPOSURES:
            number, at = events["person_number"][place], int(events["occurred_at"][place].astype(np.int64))
            yield Exposure(event_type, number, at, events["properties"][place], keys[place])


def _statements(entries: Entries, people: People, calls: Calls) -> list[Statement]:
    """What the calls say of contacts. Of those that only name one, the earliest, where nobody stated a signup.

    What came by a key for web pages is kept apart, since it may be dropped.
    """
    statements = [*chain.from_iterable(calls.statements)]
    unsure = {user_id for user_id in set(calls.user_id) if user_id is not None and not people.contact(user_id).is_sure}
    if unsure:
        named: dict[tuple[str, int | None], int] = {}
        for user_id, at, more, sender in zip(calls.user_id, calls.at, calls.statements, calls.sender, strict=True):
            if user_id is not None and user_id in unsure and not more:
                who = user_id, sender.browser_key
                named[who] = min(at, named.get(who, at))
        received_at = microseconds(entries.received_at)
        statements += [
            Statement(user_id, instant_of(at), of_key=None if key is None else (key, received_at))
            for (user_id, key), at in named.items()
        ]
    return statements


_together = GroupCommit(write_calls)
