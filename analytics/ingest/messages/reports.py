"""What was reported of messages, in whatever order it comes: a report on a message not known yet waits for it."""

import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from copy import copy
from datetime import datetime
from typing import Any

from django.db import transaction

from analytics.actors import ProviderHint
from analytics.ingest import fields
from analytics.ingest.bounds import parsed_items
from analytics.ingest.messages.engagement import classify, label
from analytics.ingest.messages.statuses import REPORTED_COLUMNS, apply_report, locked_messages
from analytics.ingest.news import tell_bounces
from analytics.ingest.outcome import ItemError, ItemWarnings, Outcome
from analytics.ingest.people.identities import locked_numbers
from analytics.ingest.people.objections import OBJECTION_FIELD_OF, note_objections
from analytics.ingest.races import tried_again
from analytics.ingest.reuse import SAME_INSTANT_US, reused_id
from analytics.ingest.rows import insert_new, update_rows
from analytics.ingest.zones import with_days_of_workspace
from analytics.ledger import Entries
from analytics.models import BounceKind, Message, MessageEvent, MessageEventType
from analytics.models.facts import derived_digits, derived_id
from analytics.periods import microseconds
from campaignos.ids import uuid_of
from workspaces.models import Workspace

_TYPES, _BOUNCE_KINDS, _HINTS = MessageEventType.values, BounceKind.values, ProviderHint.values
"""Which each look at them makes anew."""


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
    known = reports_among(workspace.pk, items)
    read = list(
        parsed_items(
            items,
            lambda item, warnings: report_of_item(
                item, workspace.pk, known, received_at, warnings, is_lenient=is_lenient
            ),
            outcome,
            is_lenient=is_lenient,
        )
    )
    refused = len(outcome.rejected)
    reports = [report for _, report in read]
    entries = Entries.begin(workspace, received_at=received_at)
    has_objections = any(report.type in OBJECTION_FIELD_OF for report in reports)
    find_messages(workspace.pk, reports)
    if has_objections or any(report.message_id is None for report in reports):
        locked_numbers(workspace.pk)
        find_messages(workspace.pk, reports)
    distinct = {report.pk: report for report in reversed(reports)}
    new = insert_new(list(distinct.values()))
    messages = locked_messages(workspace.pk, {report.message_id for report in reports if report.message_id is not None})
    before = {pk: copy(message) for pk, message in messages.items()}
    changed = {
        report.message_id: messages[report.message_id]
        for report in distinct.values()
        if report.pk in new
        and report.message_id is not None
        and apply_report(report, messages[report.message_id], received_at)
    }
    for message in classify(workspace.pk, messages.values()):
        message.received_at = received_at
        changed[message.pk] = message
    note_objections(entries, (report for report in distinct.values() if report.pk in new), messages)
    update_rows(list(changed.values()), REPORTED_COLUMNS)
    for pk, message in changed.items():
        entries.change_message(before[pk], message)
    entries.write()
    tell_bounces(workspace.pk, ((before[pk], message) for pk, message in changed.items()), received_at=received_at)
    outcome.accepted = len(new)
    again = [(index, report) for index, report in read if report.pk not in new or distinct[report.pk] is not report]
    for index in _indexes_of_reuse(workspace.pk, again, are_instants_exact=not is_lenient):
        outcome.reject(index, items[index], reused_id(str(_given_id(items[index]))))
    outcome.duplicates = len(again) - (len(outcome.rejected) - refused)
    outcome.rejected.sort(key=lambda remark: remark.index)
    return outcome


def _given_id(item: object) -> object:
    return item.get("id") if isinstance(item, dict) else None


def _indexes_of_reuse(
    workspace_id: int, again: Sequence[tuple[int, MessageEvent]], *, are_instants_exact: bool
) -> Iterator[int]:
    """The indexes of reports whose id is another report's. One query, if there are any `again`."""
    if not again:
        return
    pks = {report.pk.hex for _, report in again}
    stored = {row.pk: row for row in MessageEvent.objects.filter(workspace_id=workspace_id, pk__among=pks)}
    for index, report in again:
        known = stored.get(report.pk)
        if known is not None and are_different(report, known, are_instants_exact=are_instants_exact):
            yield index


def are_different(report: MessageEvent, known: MessageEvent, *, are_instants_exact: bool) -> bool:
    """Whether two reports under one id say different things."""
    instants = [microseconds(each.occurred_at) for each in (report, known) if each.occurred_at != each.received_at]
    is_at_another = are_instants_exact and bool(instants) and max(instants) - min(instants) >= SAME_INSTANT_US
    is_of_another = report.message_ref != known.message_ref and (
        report.message_id is None or report.message_id != known.message_id
    )
    return report.type != known.type or is_of_another or is_at_another


def find_messages(workspace_id: int, reports: Sequence[MessageEvent]) -> None:
    """Note of each report whose it is, as far as that is known. Two queries."""
    ids = _ids_by_ref(workspace_id, {report.message_ref for report in reports})
    for report in reports:
        report.message_id = ids.get(report.message_ref)


def reports_among(workspace_id: int, items: Sequence[object]) -> frozenset[uuid.UUID]:
    """The reports that items name by ids of our own files, as far as they exist. One query, if there are such ids."""
    ids = [item["id"] for item in items if isinstance(item, dict) and isinstance(item.get("id"), str)]
    named = {pk.hex for id in ids if (pk := uuid_of("mev", id.strip())) is not None}
    rows = MessageEvent.objects.filter(workspace_id=workspace_id, pk__among=named) if named else None
    return frozenset() if rows is None else frozenset(rows.values_list("pk", flat=True))


def report_of_item(
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
    event_type = fields.require(fields.choice(item, "type", _TYPES), "type")
    try:
        stated_at = fields.require(fields.any_instant(item, "at"), "at")
    except ItemError as error:
        if not is_lenient:
            raise
        warnings.leave_out(error)
        stated_at = received_at
    url = optional(fields.text, "url", max_length=fields.MAX_URL_LENGTH)
    given_id = optional(fields.text, "id", max_length=fields.MAX_ID_LENGTH)
    key = (given_id,) if given_id else (ref, event_type, stated_at.isoformat(), url)
    own_id = uuid_of("mev", given_id) if known else None
    bounce_kind = optional(fields.choice, "bounce", _BOUNCE_KINDS)
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
        provider_hint=optional(fields.choice, "providerHint", _HINTS),
        bounce_kind=bounce_kind if event_type == MessageEventType.BOUNCED else "",
    )
    label([report], delivered_at=None)
    return report


def _ids_by_ref(workspace_id: int, refs: Collection[str]) -> dict[str, uuid.UUID]:
    """The messages by external or, failing that, provider id. Two queries."""
    of_workspace = Message.objects.filter(workspace_id=workspace_id)
    by_provider = of_workspace.filter(provider_message_id__among=refs).exclude(provider_message_id="")
    ids = dict(by_provider.values_list("provider_message_id", "pk"))
    by_own = of_workspace.filter(pk__among=[derived_digits(workspace_id, ref) for ref in refs])
    return ids | dict(by_own.values_list("external_id", "pk"))
