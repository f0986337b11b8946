"""Messages, each as it was sent to one contact: made and updated by their external id."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from analytics.ingest import fields
from analytics.ingest.bounds import parsed_items
from analytics.ingest.messages.engagement import classify
from analytics.ingest.messages.statuses import (
    IMPLIED_STATUSES,
    MESSAGE_COLUMNS,
    REPORTED,
    STATED,
    STATUS_INSTANTS,
    apply_report,
    keep_earliest,
    locked_messages,
)
from analytics.ingest.news import tell_bounces
from analytics.ingest.outcome import ItemError, ItemWarnings, Outcome
from analytics.ingest.people.identities import locked_numbers
from analytics.ingest.people.objections import note_objections
from analytics.ingest.people.signups import move_signups
from analytics.ingest.races import tried_again
from analytics.ingest.references import OwnContact, campaigns_by_external_id, own_contacts_by_external_id
from analytics.ingest.rows import insert_new, update_rows
from analytics.ingest.zones import with_days_of_workspace
from analytics.ledger import Entries
from analytics.models import Campaign, Channel, Message, MessageEvent, Variant
from analytics.models.facts import derived_id
from workspaces.models import Workspace


def _sent_as(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


_CHANNELS = Channel.values
_REACHED = {name: _sent_as(name) for name in STATUS_INSTANTS}
"""The instants by which statuses were reached, and what they are called in items."""
_STATED_OF = {name: (stated, _sent_as(stated)) for name, stated in (REPORTED | STATED).items()}
"""Of these, the ones that are kept also as they were stated, and what that is called in items."""
_UNSET = {field.attname: field.get_default() for field in Message._meta.concrete_fields}
"""A message's columns, in their order."""


@dataclass(frozen=True)
class MessageStatement:
    """A message as it was read. `fields` are the fields that replace, `reached` the instants that only add.

    Of these, `stated` are those that the sender said, and that no other status or report implies.
    """

    external_id: str
    campaign: str
    contact: str
    variant: tuple[str, str] | None
    fields: dict[str, Any]
    reached: dict[str, datetime]
    stated: dict[str, datetime]

    @property
    def first_instant(self) -> datetime | None:
        return min((at for at in (self.fields.get("created_at"), *self.reached.values()) if at), default=None)


@with_days_of_workspace
@tried_again
@transaction.atomic
def take_messages(workspace: Workspace, items: Sequence[object], *, received_at: datetime) -> Outcome:
    """Make or update messages by their external id; only the fields that are given change.

    Takes the workspace's lock, so that no report on a message can be missed that is stored at the same moment.
    """
    outcome = Outcome()
    read = list(parsed_items(items, lambda item, warnings: message_item(item, received_at, warnings), outcome))
    entries = Entries.begin(workspace, received_at=received_at)
    contacts = own_contacts_by_external_id(workspace.pk, [item.contact for _, item in read])
    good = list(_with_references(workspace.pk, read, contacts, items, outcome))
    locked_numbers(workspace.pk)
    _write_messages(entries, good, contacts, outcome)
    move_signups(entries, [(contacts[item.contact], at) for item, _ in good if (at := item.first_instant) is not None])
    entries.write()
    outcome.rejected.sort(key=lambda remark: remark.index)
    return outcome


def message_item(item: dict[str, Any], received_at: datetime, warnings: ItemWarnings) -> MessageStatement:
    test = fields.text(item, "abTest", max_length=fields.MAX_ID_LENGTH)
    variant = fields.text(item, "variant", max_length=300)
    if (test is None) != (variant is None):
        raise ItemError("incomplete_variant", "abTest and variant belong together: send both or neither.")
    reached = {
        name: at
        for name, sent_as in _REACHED.items()
        if sent_as in item and (at := fields.past_instant(item, sent_as, received_at, warnings)) is not None
    }
    values = {
        "channel": fields.require(fields.choice(item, "channel", _CHANNELS), "channel"),
        "provider_message_id": fields.text(item, "providerMessageId", max_length=fields.MAX_ID_LENGTH),
        "created_at": fields.unless_ahead(item, "createdAt", received_at, warnings),
    }
    return MessageStatement(
        external_id=fields.required_text(item, "externalId"),
        campaign=fields.required_text(item, "campaign"),
        contact=fields.required_text(item, "contact"),
        variant=(test, variant) if test is not None and variant is not None else None,
        fields={name: value for name, value in values.items() if value is not None},
        reached=reached,
        stated=_stated_instants(item, reached),
    )


def _stated_instants(item: dict[str, Any], reached: Mapping[str, datetime]) -> dict[str, datetime]:
    """The instants that the sender stated: those that our own files tell apart from reported ones, else all that the
    message is sent with."""
    instants = {
        stated: fields.instant(item, sent_as) if sent_as in item else reached.get(name)
        for name, (stated, sent_as) in _STATED_OF.items()
    }
    return {name: at for name, at in instants.items() if at is not None}


def _with_references(
    workspace_id: int,
    read: list[tuple[int, MessageStatement]],
    contacts: Mapping[str, OwnContact],
    items: Sequence[object],
    outcome: Outcome,
) -> Iterable[tuple[MessageStatement, dict[str, Any]]]:
    """The items whose campaign, contact and variant exist, with these as fields of a message."""
    campaigns = campaigns_by_external_id(workspace_id, [item.campaign for _, item in read])
    variants = variants_by_name(workspace_id, campaigns.values()) if any(item.variant for _, item in read) else {}
    for index, item in read:
        try:
            yield item, references_of(item, campaigns, contacts, variants)
        except ItemError as error:
            outcome.reject(index, items[index], error)


def variants_by_name(workspace_id: int, campaigns: Iterable[Campaign]) -> dict[tuple[int, str, str], int]:
    rows = Variant.objects.filter(workspace_id=workspace_id, test__campaign__in=list(campaigns))
    return {
        (campaign, test, name): pk
        for campaign, test, name, pk in rows.values_list("test__campaign_id", "test__external_id", "name", "pk")
    }


def references_of(
    item: MessageStatement,
    campaigns: Mapping[str, Campaign],
    contacts: Mapping[str, OwnContact],
    variants: Mapping[tuple[int, str, str], int],
) -> dict[str, Any]:
    if item.campaign not in campaigns:
        raise ItemError("unknown_campaign", f"There is no campaign with the externalId {item.campaign!r}.")
    if item.contact not in contacts:
        raise ItemError("unknown_contact", f"There is no contact with the externalId {item.contact!r}.")
    campaign, contact = campaigns[item.campaign], contacts[item.contact].known_by
    columns = {"campaign_id": campaign.pk, "contact_id": contact.pk, "person_number": contact.person_number}
    if item.variant is not None:
        test, name = item.variant
        if (campaign.pk, test, name) not in variants:
            raise ItemError(
                "unknown_variant", f"The campaign {item.campaign!r} has no A/B test {test!r} with {name!r}."
            )
        columns["variant_id"] = variants[campaign.pk, test, name]
    return columns


def _write_messages(
    entries: Entries,
    good: list[tuple[MessageStatement, dict[str, Any]]],
    contacts: Mapping[str, OwnContact],
    outcome: Outcome,
) -> None:
    """A message stays with the contact that it was sent to, also when that was merged into another one."""
    workspace_id, received_at = entries.workspace_id, entries.received_at
    pks = [derived_id(workspace_id, item.external_id) for item, _ in good]
    known = locked_messages(workspace_id, set(pks))
    before = {pk: copy(message) for pk, message in known.items()}
    changed: dict[uuid.UUID, Message] = {}
    new: dict[uuid.UUID, Message] = {}
    for pk, (item, references) in zip(pks, good, strict=True):
        message = known.get(pk)
        if message is not None and message.contact_id == contacts[item.contact].pk:
            references |= {"contact_id": message.contact_id, "person_number": message.person_number}
        if message is None:
            new[pk] = known[pk] = new_message(workspace_id, pk, item, references, received_at)
            outcome.accepted += 1
        elif update_message(message, item, references, received_at):
            changed[pk] = message
            outcome.updated += 1
        else:
            outcome.duplicates += 1
    _apply_waiting(entries, known, changed)
    for message in classify(workspace_id, known.values()):
        message.received_at = received_at
        changed[message.pk] = message
    insert_new(list(new.values()))
    update_rows([message for pk, message in changed.items() if pk not in new], MESSAGE_COLUMNS)
    for pk, message in (changed | new).items():
        entries.change_message(before.get(pk), message)
    after = changed | new
    tell_bounces(workspace_id, ((before.get(pk), after[pk]) for pk in after), received_at=received_at)


def new_message(
    workspace_id: int, pk: uuid.UUID, item: MessageStatement, references: Mapping[str, Any], received_at: datetime
) -> Message:
    """Created, if nobody says when, at the first instant that is known of it."""
    columns: dict[str, Any] = {
        **_UNSET,
        "id": pk,
        "workspace_id": workspace_id,
        "external_id": item.external_id,
        "created_at": min(item.reached.values(), default=received_at),
        "received_at": received_at,
        **item.fields,
        **references,
    }
    message = Message(*columns.values())  # type: ignore[misc]  # by name it takes four times as long
    _state(message, item)
    return message


def _state(message: Message, item: MessageStatement) -> bool:
    """Note what a message was sent with, also apart from what reports say; whether that changed it."""
    changes = [keep_earliest(message, [name, *IMPLIED_STATUSES.get(name, ())], at) for name, at in item.reached.items()]
    changes += [keep_earliest(message, [name], at) for name, at in item.stated.items()]
    return any(changes)


def update_message(
    message: Message, item: MessageStatement, references: Mapping[str, Any], received_at: datetime
) -> bool:
    is_changed = False
    for name, value in {**item.fields, **references}.items():
        if getattr(message, name) != value:
            setattr(message, name, value)
            is_changed = True
    is_changed |= _state(message, item)
    if is_changed:
        message.received_at = received_at
    return is_changed


def _apply_waiting(entries: Entries, known: Mapping[uuid.UUID, Message], changed: dict[uuid.UUID, Message]) -> None:
    """Apply the reports that came before their message, and tie them to it."""
    workspace_id, received_at = entries.workspace_id, entries.received_at
    by_ref = {message.provider_message_id: message for message in known.values() if message.provider_message_id}
    by_ref |= {message.external_id: message for message in known.values()}
    waiting = MessageEvent.objects.filter(workspace_id=workspace_id, message__isnull=True, message_ref__among=by_ref)
    reports = list(waiting.select_for_update().order_by("pk"))
    for report in reports:
        message = by_ref[report.message_ref]
        report.message_id = message.pk
        if apply_report(report, message, received_at):
            changed[message.pk] = message
    update_rows(reports, ["message"])
    note_objections(entries, reports, known)
