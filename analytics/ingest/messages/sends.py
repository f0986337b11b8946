"""Messages and what was reported of them, in whatever order it comes.

For each status the earliest instant is kept at which it was reported, or at which one that implies it was: whoever
opened, clicked, complained or unsubscribed got the message. So any order of the same reports ends in the same message,
and no rate passes 1. A report on a message that is not known yet waits for it.
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from analytics.actors import ProviderHint
from analytics.ingest import fields
from analytics.ingest.messages.engagement import HUMAN_INSTANTS, classify, label
from analytics.ingest.outcome import ItemError, ItemWarnings, Outcome
from analytics.ingest.people.identities import locked_numbers
from analytics.ingest.people.objections import OBJECTIONS, note_objections
from analytics.ingest.people.signups import move_signups
from analytics.ingest.races import tried_again
from analytics.ingest.references import campaigns_by_external_id, own_contacts_by_external_id
from analytics.ingest.reuse import SAME_INSTANT_US, reused_id
from analytics.ingest.rows import insert_new, update_rows
from analytics.ingest.zones import with_days_of_workspace
from analytics.ledger import Entries
from analytics.metrics import LIFE_CYCLE
from analytics.models import BounceKind, Campaign, Channel, Contact, Message, MessageEvent, MessageEventType, Variant
from analytics.models.facts import derived_digits, derived_id
from analytics.periods import microseconds
from campaignos.ids import uuid_of
from workspaces.models import Workspace

MAX_URL_LENGTH = 2000

_STATUS_FIELDS = {MessageEventType(status.value): status.field for status in LIFE_CYCLE}
_INSTANTS = tuple(_STATUS_FIELDS.values())
_RECEIVED = ("delivered_at", "sent_at")
_IMPLIED = {
    "delivered_at": ("sent_at",),
    "opened_at": _RECEIVED,
    "clicked_at": ("opened_at", *_RECEIVED),
    "bounced_at": ("sent_at",),
}
"""By the field of a status, those of the statuses that a message passes before it."""
IMPLIED_INSTANTS = ("sent_at", "delivered_at", "opened_at")
_REPORTED = {"delivered_at": "reported_delivered_at"}
_STATED = {"opened_at": "stated_opened_at", "clicked_at": "stated_clicked_at"}
_WRITTEN = [
    "campaign",
    "contact",
    "person_number",
    "channel",
    "variant",
    "provider_message_id",
    "created_at",
    *_INSTANTS,
    *_REPORTED.values(),
    *_STATED.values(),
    *HUMAN_INSTANTS,
    "received_at",
]


def _reach(message: Message, instant_name: str, at: datetime) -> bool:
    """Note that a report said of a status that it was reached; whether that changed the message."""
    reported = [_REPORTED[instant_name]] if instant_name in _REPORTED else []
    return _earliest(message, [instant_name, *_IMPLIED.get(instant_name, ()), *reported], at)


def settle(message: Message) -> bool:
    """Bring a message up to what its statuses imply, which a release before did not write; whether that changed it."""
    reached = {name: at for name in _IMPLIED if (at := getattr(message, name)) is not None}
    changes = [_earliest(message, _IMPLIED[name], at) for name, at in reached.items()]
    return any(changes)


def _state(message: Message, item: "_MessageItem") -> bool:
    """Note what a message was sent with, also apart from what reports say; whether that changed it."""
    changes = [_earliest(message, [name, *_IMPLIED.get(name, ())], at) for name, at in item.reached.items()]
    changes += [_earliest(message, [name], at) for name, at in item.stated.items()]
    return any(changes)


def _earliest(message: Message, names: Sequence[str], at: datetime) -> bool:
    earlier = [name for name in names if getattr(message, name) is None or at < getattr(message, name)]
    for name in earlier:
        setattr(message, name, at)
    return bool(earlier)


@dataclass(frozen=True)
class _MessageItem:
    """A message as it was read. `given` are the fields that replace, `reached` the instants that only add.

    Of these, `stated` are those that the sender said, and that no other status or report implies.
    """

    external_id: str
    campaign: str
    contact: str
    variant: tuple[str, str] | None
    given: dict[str, Any]
    reached: dict[str, datetime]
    stated: dict[str, datetime]

    @property
    def first_instant(self) -> datetime | None:
        return min((at for at in (self.given.get("created_at"), *self.reached.values()) if at), default=None)


@with_days_of_workspace
@tried_again
@transaction.atomic
def take_messages(workspace: Workspace, items: Sequence[object], *, received_at: datetime) -> Outcome:
    """Make or update messages by their external id; only the fields that are given change.

    Takes the workspace's lock, so that no report on a message can be missed that is stored at the same moment.
    """
    outcome = Outcome()
    read = list(fields.parsed(items, lambda item, warnings: _message_item(item, received_at, warnings), outcome))
    entries = Entries.begun(workspace, received_at=received_at)
    contacts = own_contacts_by_external_id(workspace.pk, [one.contact for _, one in read])
    good = list(_with_references(workspace.pk, read, contacts, items, outcome))
    locked_numbers(workspace.pk)
    _write_messages(entries, good, contacts, outcome)
    move_signups(entries, [(contacts[one.contact], at) for one, _ in good if (at := one.first_instant) is not None])
    entries.write()
    outcome.rejected.sort(key=lambda remark: remark.index)
    return outcome


def _message_item(item: dict[str, Any], received_at: datetime, warnings: ItemWarnings) -> _MessageItem:
    test = fields.text(item, "abTest", max_length=fields.MAX_ID_LENGTH)
    variant = fields.text(item, "variant", max_length=300)
    if (test is None) != (variant is None):
        raise ItemError("incomplete_variant", "abTest and variant belong together: send both or neither.")
    reached = {name: fields.past_instant(item, _camel(name), received_at, warnings) for name in _INSTANTS}
    given = {
        "channel": fields.required(fields.choice(item, "channel", Channel.values), "channel"),
        "provider_message_id": fields.text(item, "providerMessageId", max_length=fields.MAX_ID_LENGTH),
        "created_at": fields.unless_ahead(item, "createdAt", received_at, warnings),
    }
    return _MessageItem(
        external_id=fields.required_text(item, "externalId"),
        campaign=fields.required_text(item, "campaign"),
        contact=fields.required_text(item, "contact"),
        variant=(test, variant) if test is not None and variant is not None else None,
        given={name: value for name, value in given.items() if value is not None},
        reached={name: at for name, at in reached.items() if at is not None},
        stated=_stated(item, reached),
    )


def _stated(item: dict[str, Any], reached: Mapping[str, datetime | None]) -> dict[str, datetime]:
    """As our own files have it, which tell it apart from what was reported; else whatever the message is sent with."""
    said = {
        stated: fields.instant(item, _camel(stated)) if _camel(stated) in item else reached[name]
        for name, stated in (_REPORTED | _STATED).items()
    }
    return {name: at for name, at in said.items() if at is not None}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def _with_references(
    workspace_id: int,
    read: list[tuple[int, _MessageItem]],
    contacts: Mapping[str, Contact],
    items: Sequence[object],
    outcome: Outcome,
) -> Iterable[tuple[_MessageItem, dict[str, Any]]]:
    """The items whose campaign, contact and variant there are, with these as fields of a message."""
    campaigns = campaigns_by_external_id(workspace_id, [one.campaign for _, one in read])
    variants = _variants(workspace_id, campaigns.values()) if any(one.variant for _, one in read) else {}
    for index, one in read:
        try:
            yield one, _references(one, campaigns, contacts, variants)
        except ItemError as error:
            outcome.reject(index, items[index], error)


def _variants(workspace_id: int, campaigns: Iterable[Campaign]) -> dict[tuple[int, str, str], int]:
    rows = Variant.objects.filter(workspace_id=workspace_id, test__campaign__in=list(campaigns))
    return {
        (campaign, test, name): pk
        for campaign, test, name, pk in rows.values_list("test__campaign_id", "test__external_id", "name", "pk")
    }


def _references(
    item: _MessageItem,
    campaigns: Mapping[str, Campaign],
    contacts: Mapping[str, Contact],
    variants: Mapping[tuple[int, str, str], int],
) -> dict[str, Any]:
    if item.campaign not in campaigns:
        raise ItemError("unknown_campaign", f"There is no campaign with the externalId {item.campaign!r}.")
    if item.contact not in contacts:
        raise ItemError("unknown_contact", f"There is no contact with the externalId {item.contact!r}.")
    campaign, contact = campaigns[item.campaign], contacts[item.contact].known_by
    found = {"campaign_id": campaign.pk, "contact_id": contact.pk, "person_number": contact.person_number}
    if item.variant is not None:
        test, name = item.variant
        if (campaign.pk, test, name) not in variants:
            raise ItemError(
                "unknown_variant", f"The campaign {item.campaign!r} has no A/B test {test!r} with {name!r}."
            )
        found["variant_id"] = variants[campaign.pk, test, name]
    return found


def _write_messages(
    entries: Entries,
    good: list[tuple[_MessageItem, dict[str, Any]]],
    contacts: Mapping[str, Contact],
    outcome: Outcome,
) -> None:
    """A message stays with the contact that it was sent to, also when that was merged into another one."""
    workspace_id, received_at = entries.workspace_id, entries.received_at
    ids = {derived_id(workspace_id, one.external_id) for one, _ in good}
    known = locked_messages(workspace_id, ids)
    before = {pk: copy(message) for pk, message in known.items()}
    changed: dict[uuid.UUID, Message] = {}
    new: dict[uuid.UUID, Message] = {}
    for one, references in good:
        pk = derived_id(workspace_id, one.external_id)
        message = known.get(pk)
        if message is not None and message.contact_id == contacts[one.contact].pk:
            references |= {"contact_id": message.contact_id, "person_number": message.person_number}
        if message is None:
            new[pk] = known[pk] = _new_message(workspace_id, pk, one, references, received_at)
            outcome.accepted += 1
        elif _update(message, one, references, received_at):
            changed[pk] = message
            outcome.updated += 1
        else:
            outcome.duplicates += 1
    _apply_waiting(entries, known, changed)
    for message in classify(workspace_id, known.values()):
        message.received_at = received_at
        changed[message.pk] = message
    insert_new(list(new.values()))
    update_rows([message for pk, message in changed.items() if pk not in new], _WRITTEN)
    for pk, message in (changed | new).items():
        entries.change_message(before.get(pk), message)


def locked_messages(workspace_id: int, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Message]:
    """The messages by id, until the transaction ends nobody else's to change. One query."""
    of_workspace = Message.objects.select_for_update().filter(workspace_id=workspace_id)
    rows = of_workspace.filter(pk__among=[pk.hex for pk in ids]).order_by("pk")
    return {row.pk: row for row in rows}


def _new_message(
    workspace_id: int, pk: uuid.UUID, item: _MessageItem, references: Mapping[str, Any], received_at: datetime
) -> Message:
    """Created, if nobody says when, at the first instant that is known of it."""
    fields_given = {"created_at": min(item.reached.values(), default=received_at), **item.given, **references}
    message = Message(
        id=pk,
        workspace_id=workspace_id,
        external_id=item.external_id,
        received_at=received_at,
        **fields_given,
    )
    _state(message, item)
    return message


def _update(message: Message, item: _MessageItem, references: Mapping[str, Any], received_at: datetime) -> bool:
    is_changed = False
    for name, value in {**item.given, **references}.items():
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
    by_ref = {one.provider_message_id: one for one in known.values() if one.provider_message_id}
    by_ref |= {message.external_id: message for message in known.values()}
    waiting = MessageEvent.objects.filter(workspace_id=workspace_id, message__isnull=True, message_ref__among=by_ref)
    reports = list(waiting.select_for_update().order_by("pk"))
    for report in reports:
        message = by_ref[report.message_ref]
        report.message_id = message.pk
        if _apply(report, message, received_at):
            changed[message.pk] = message
    update_rows(reports, ["message"])
    note_objections(entries, reports, known)


def _apply(report: MessageEvent, message: Message, received_at: datetime) -> bool:
    if not _note(report, message):
        return False
    message.received_at = received_at
    return True


def _note(report: MessageEvent, message: Message) -> bool:
    """Note what a report says of its message; whether that changed it."""
    if report.type in OBJECTIONS:
        return _earliest(message, _RECEIVED, report.occurred_at)
    name = _STATUS_FIELDS.get(MessageEventType(report.type))
    return name is not None and _reach(message, name, report.occurred_at)


@with_days_of_workspace
@tried_again
@transaction.atomic
def take_message_events(
    workspace: Workspace, items: Sequence[object], *, received_at: datetime, is_lenient: bool = False
) -> Outcome:
    """Store reports on messages once, and bring the messages they name up to them.

    If it `is_lenient`, an optional field that cannot be read is left out, with a warning, and costs no report.

    Reports on messages that are not known take the workspace's lock before they look again, see `take_messages`; so do
    complaints and unsubscriptions, which change contacts.
    """
    outcome = Outcome()
    known = _reports_known(workspace.pk, items)
    read = list(
        fields.parsed(
            items,
            lambda item, warnings: _report(item, workspace.pk, known, received_at, warnings, is_lenient=is_lenient),
            outcome,
            is_lenient=is_lenient,
        )
    )
    refused = len(outcome.rejected)
    reports = [report for _, report in read]
    entries = Entries.begun(workspace, received_at=received_at)
    refs = {report.message_ref for report in reports}
    has_objections = any(report.type in OBJECTIONS for report in reports)
    if has_objections or refs - _ids_by_ref(workspace.pk, refs).keys():
        locked_numbers(workspace.pk)
    ids = _ids_by_ref(workspace.pk, refs)
    for report in reports:
        report.message_id = ids.get(report.message_ref)
    distinct = {report.pk: report for report in reversed(reports)}
    new = insert_new(list(distinct.values()))
    messages = locked_messages(workspace.pk, {report.message_id for report in reports if report.message_id is not None})
    before = {pk: copy(message) for pk, message in messages.items()}
    changed = {
        report.message_id: messages[report.message_id]
        for report in distinct.values()
        if report.pk in new
        and report.message_id is not None
        and _apply(report, messages[report.message_id], received_at)
    }
    for message in classify(workspace.pk, messages.values()):
        message.received_at = received_at
        changed[message.pk] = message
    note_objections(entries, (report for report in distinct.values() if report.pk in new), messages)
    update_rows(list(changed.values()), _WRITTEN)
    for pk, message in changed.items():
        entries.change_message(before[pk], message)
    entries.write()
    outcome.accepted = len(new)
    again = [(index, report) for index, report in read if report.pk not in new or distinct[report.pk] is not report]
    for index in _reused(workspace.pk, again, are_instants_exact=not is_lenient):
        outcome.reject(index, items[index], reused_id(str(_given_id(items[index]))))
    outcome.duplicates = len(again) - (len(outcome.rejected) - refused)
    outcome.rejected.sort(key=lambda remark: remark.index)
    return outcome


def _given_id(item: object) -> object:
    return item.get("id") if isinstance(item, dict) else None


def _reused(workspace_id: int, again: Sequence[tuple[int, MessageEvent]], *, are_instants_exact: bool) -> Iterator[int]:
    """The indexes of reports that are others than those that have their ids. One query, if there are any `again`."""
    if not again:
        return
    pks = {report.pk.hex for _, report in again}
    stored = {row.pk: row for row in MessageEvent.objects.filter(workspace_id=workspace_id, pk__among=pks)}
    for index, report in again:
        if (known := stored.get(report.pk)) is None:
            continue
        instants = [microseconds(each.occurred_at) for each in (report, known) if each.occurred_at != each.received_at]
        is_at_another = are_instants_exact and bool(instants) and max(instants) - min(instants) >= SAME_INSTANT_US
        is_of_another = report.message_ref != known.message_ref and (
            report.message_id is None or report.message_id != known.message_id
        )
        if report.type != known.type or is_of_another or is_at_another:
            yield index


def _reports_known(workspace_id: int, items: Sequence[object]) -> frozenset[uuid.UUID]:
    """Of the reports that items name by the ids of our own files, those there are. One query, if there are such ids."""
    ids = [item["id"] for item in items if isinstance(item, dict) and isinstance(item.get("id"), str)]
    named = {pk.hex for given in ids if (pk := uuid_of("mev", given.strip())) is not None}
    rows = MessageEvent.objects.filter(workspace_id=workspace_id, pk__among=named) if named else None
    return frozenset() if rows is None else frozenset(rows.values_list("pk", flat=True))


def _report(
    item: dict[str, Any],
    workspace_id: int,
    known: Collection[uuid.UUID],
    received_at: datetime,
    warnings: ItemWarnings,
    *,
    is_lenient: bool,
) -> MessageEvent:
    def optional(read: Callable[..., str | None], name: str, *args: Any, **kwargs: Any) -> str:
        if is_lenient:
            return warnings.optional(read, item, name, *args, **kwargs) or ""
        return read(item, name, *args, **kwargs) or ""

    ref = fields.required_text(item, "message")
    event_type = fields.required(fields.choice(item, "type", MessageEventType.values), "type")
    try:
        stated_at = fields.required(fields.any_instant(item, "at"), "at")
    except ItemError as error:
        if not is_lenient:
            raise
        warnings.leave_out(error)
        stated_at = received_at
    url = optional(fields.text, "url", max_length=MAX_URL_LENGTH)
    given_id = optional(fields.text, "id", max_length=fields.MAX_ID_LENGTH)
    key = (given_id,) if given_id else (ref, event_type, stated_at.isoformat(), url)
    own_id = uuid_of("mev", given_id)
    bounce_kind = optional(fields.choice, "bounce", BounceKind.values)
    report = MessageEvent(
        id=own_id if own_id is not None and own_id in known else derived_id(workspace_id, *key),
        workspace_id=workspace_id,
        message_ref=ref,
        type=event_type,
        occurred_at=fields.as_of_receipt(stated_at, "at", received_at, warnings),
        received_at=received_at,
        url=url,
        user_agent=optional(fields.text, "userAgent", max_length=fields.MAX_TEXT_LENGTH),
        reason=optional(fields.text, "reason", max_length=fields.MAX_TEXT_LENGTH),
        provider_hint=optional(fields.choice, "providerHint", ProviderHint.values),
        bounce_kind=bounce_kind if event_type == MessageEventType.BOUNCED else "",
    )
    label([report], delivered_at=None)
    return report


def _ids_by_ref(workspace_id: int, refs: Collection[str]) -> dict[str, uuid.UUID]:
    """The messages by external or, failing that, provider id. Two queries."""
    of_workspace = Message.objects.filter(workspace_id=workspace_id)
    by_provider = of_workspace.filter(provider_message_id__among=refs).exclude(provider_message_id="")
    found = dict(by_provider.values_list("provider_message_id", "pk"))
    by_own = of_workspace.filter(pk__among=[derived_digits(workspace_id, ref) for ref in refs])
    return found | dict(by_own.values_list("external_id", "pk"))
