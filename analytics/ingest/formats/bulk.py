"""Events of the bulk API and of files, read strictly: what is odd refuses the event."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from analytics.ingest import fields
from analytics.ingest.bounds import parsed_items
from analytics.ingest.formats.call_values import Call, ReadCalls
from analytics.ingest.formats.reading import Reading, corrected_instant, original_instant, stored_json
from analytics.ingest.outcome import ItemError, ItemWarnings, Outcome
from analytics.ingest.senders import TRUSTED
from analytics.models.facts import derived_digits
from analytics.periods import microseconds
from analytics.questions.steps import MAX_TYPE_LENGTH
from analytics.utm import utm


def read_events(
    workspace_id: int, items: Sequence[object], *, received_at: datetime, written: Sequence[bytes] | None = None
) -> ReadCalls:
    """The first half of `take_events`, without the database. What it answers can be sent to another process.

    `written` is the JSON that the items were read from, if that has neither NaN nor infinities.
    """
    outcome = Outcome()
    reading = Reading(workspace_id, received_at, TRUSTED)
    calls = parsed_items(items, lambda item, warnings: bulk_event(reading, item, warnings), outcome, written=written)
    read, made = ReadCalls.of(calls, outcome), reading.made_ids.made
    places = [place for place, id in enumerate(read.calls.message_id) if id in made] if made else []
    return replace(read, made_ids=places)


def bulk_event(reading: Reading, item: dict[str, Any], warnings: ItemWarnings) -> Call:
    event_type = fields.required_text(item, "type", max_length=MAX_TYPE_LENGTH)
    stated_at = fields.require(fields.any_instant(item, "occurredAt"), "occurredAt")
    occurred_at = corrected_instant(reading, {}, stated_at, warnings)
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
        stated_at=fields.instant(item, "statedAt") if "statedAt" in item else original_instant(stated_at, occurred_at),
        event_type=event_type,
        properties=stored_json(properties),
        context=stored_json(context or ({"campaign": said_utm} if said_utm else {})),
        utm=utm(said_utm) if said_utm else None,
        sender=reading.sender,
    )
