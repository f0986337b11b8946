"""Calls as clients of Segment's kind send them, read leniently: what is odd and optional is left out with a warning."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from analytics.ingest import fields
from analytics.ingest.formats.call_values import Call, CallKind
from analytics.ingest.formats.messaging import message_event, names_message
from analytics.ingest.formats.reading import Reading, corrected_instant, original_instant, stored_json
from analytics.ingest.outcome import ItemError, ItemWarnings
from analytics.ingest.people.contacts import said_in_traits
from analytics.ingest.people.words import Statement
from analytics.ingest.senders import Sender
from analytics.models.facts import derived_digits
from analytics.periods import microseconds
from analytics.questions.steps import MAX_TYPE_LENGTH
from analytics.utm import utm_of_call

_KINDS = {kind.value: kind for kind in CallKind}
_EVENT_KINDS = {CallKind.TRACK, CallKind.PAGE, CallKind.SCREEN}


def read_message_event(reading: Reading, item: dict[str, Any], warnings: ItemWarnings) -> dict[str, Any]:
    stated_at = _stated_at(item, warnings)
    at = corrected_instant(reading, item, stated_at, warnings)
    return message_event(item, message_id=_message_id(reading, item, stated_at, warnings), at=at)


def read_call(reading: Reading, item: dict[str, Any], kind: CallKind | None, warnings: ItemWarnings) -> Call:
    kind = kind or _kind(item)
    if not reading.sender.may_report_on_messages and kind is CallKind.TRACK and names_message(item):
        raise ItemError(
            "report_not_allowed",
            "A key of browsers does not report on messages: leave message_id out, or send it with another key.",
        )
    stated_at = _stated_at(item, warnings)
    occurred_at = corrected_instant(reading, item, stated_at, warnings)
    properties, context = _object(item, "properties", warnings), _object(item, "context", warnings)
    user_id, anonymous_id, previous_id = _ids(item, kind, warnings)
    statements = () if user_id is None else tuple(_statements(reading, item, kind, user_id, occurred_at, warnings))
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
        stated_at=original_instant(stated_at, occurred_at),
        event_type=event_type,
        properties=stored_json(properties),
        context=stored_json(context),
        utm=utm_of_call(context, properties) if kind in _EVENT_KINDS else None,
        previous_id=previous_id,
        statements=statements,
        sender=_naming(reading.sender, kind, statements) if reading.sender.names_provisionally else reading.sender,
        fingerprint=None
        if event_type is not None
        else _fingerprint(kind, (user_id, anonymous_id, previous_id), stated_at),
    )


def _fingerprint(kind: str, ids: Sequence[str | None], stated_at: datetime | None) -> str:
    """What makes a call that is no event another one, to the second: 32 digits."""
    content = json.dumps([kind, *ids, None if stated_at is None else int(stated_at.timestamp())])
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _kind(item: dict[str, Any]) -> CallKind:
    stated = item.get("type")
    if isinstance(stated, str) and stated in _KINDS:
        return _KINDS[stated]
    return CallKind(fields.require(fields.choice(item, "type", list(CallKind)), "type"))


def _object(item: dict[str, Any], name: str, warnings: ItemWarnings) -> dict[str, Any]:
    """A JSON object, empty if absent or, with a warning, if it is something else."""
    value = item.get(name)
    return value if isinstance(value, dict) else warnings.optional(fields.mapping, item, name) or {}


def _naming(sender: Sender, kind: CallKind, statements: Sequence[Statement]) -> Sender:
    """PostHog's: only an event that says nothing more of its user leaves open whether there is one."""
    if kind in _EVENT_KINDS and not statements:
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
    page = {
        key: warnings.optional(fields.text, item, key, max_length=fields.MAX_ID_LENGTH)
        for key in ("name", "category")
        if key in item
    }
    return {**{key: value for key, value in page.items() if value is not None}, **properties}


def _ids(item: dict[str, Any], kind: CallKind, warnings: ItemWarnings) -> tuple[str | None, str | None, str | None]:
    """The user, anonymous and previous id."""
    if kind is CallKind.ALIAS:
        previous_id = fields.require(fields.client_identifier(item, "previousId"), "previousId")
        return fields.require(fields.client_identifier(item, "userId"), "userId"), None, previous_id
    try:
        user_id, anonymous_id = fields.client_identifier(item, "userId"), fields.client_identifier(item, "anonymousId")
    except ItemError:
        user_id, anonymous_id = _good_id(item, warnings)
    if user_id is None and anonymous_id is None:
        raise ItemError("missing_identity", "userId or anonymousId is required.")
    return user_id, anonymous_id, None


def _good_id(item: dict[str, Any], warnings: ItemWarnings) -> tuple[str | None, str | None]:
    """The good one of the user id and the anonymous id, of which one names nobody. Raises ItemError where neither is
    good."""
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


def _statements(
    reading: Reading, item: dict[str, Any], kind: CallKind, user_id: str, at: datetime, warnings: ItemWarnings
) -> Iterator[Statement]:
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


def _message_id(reading: Reading, item: dict[str, Any], stated_at: datetime | None, warnings: ItemWarnings) -> str:
    """The sender's id of the message, or one made of the content."""
    if "messageId" in item:
        message_id = warnings.optional(fields.text, item, "messageId", max_length=fields.MAX_ID_LENGTH)
        if message_id is not None:
            return message_id
    return reading.made_ids.id_of(item, received_at=reading.received_at if stated_at is None else None)
