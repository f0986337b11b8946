"""Writes to the notes of a workspace. Each is one transaction, with its line in the audit trail."""

from datetime import date
from typing import Any

from django.db import transaction

from analytics.addresses import hidden_value
from analytics.audited import DataAction
from analytics.models import Campaign, Note
from campaignos.days import FIRST_DAY, LAST_DAY
from workspaces import undo
from workspaces.audit import record, record_change
from workspaces.models import Key, User, Workspace
from workspaces.roles import Right


@transaction.atomic
def write_note(*, workspace: Workspace, day: date, text: str, campaign: Campaign | None = None, by: User | Key) -> Note:
    """Keep what is to be known of a day. Raises ValueError for a day that cannot be named."""
    author = by if isinstance(by, User) else None
    note = Note.objects.create(
        workspace=workspace, day=_checked_day(day), text=text, campaign=campaign, created_by=author
    )
    record(DataAction.NOTE_WRITTEN, by=by, workspace=workspace, target=note.api_id, after=_summary(note))
    return note


@transaction.atomic
def change_note(*, note: Note, by: User | Key, **fields: Any) -> None:
    """Give a note another `day`, `text` or `campaign`; one that stays as it is gets no line in the audit trail.

    Raises ValueError as `write_note` does.
    """
    before = _summary(note)
    for name, value in fields.items():
        setattr(note, name, value)
    _checked_day(note.day)
    after = _summary(note)
    if before == after:
        return
    note.save(update_fields=[*fields])
    record_change(
        DataAction.NOTE_CHANGED,
        by=by,
        workspace=note.workspace,
        target=note.api_id,
        before=before,
        after=after,
    )


@transaction.atomic
def delete_note(*, note: Note, by: User | Key) -> None:
    """A note that is deleted already is left alone."""
    target, summary = note.api_id, _summary(note)
    deleted, _ = Note.objects.filter(pk=note.pk, workspace=note.workspace_id).delete()
    if deleted:
        record(DataAction.NOTE_DELETED, by=by, workspace=note.workspace, target=target, before=summary)


@transaction.atomic
def restore_note(*, workspace: Workspace, by: User, day: str, words: str, **fields: Any) -> str:
    """Takes a deletion back, under the same id; without its campaign where that is gone by now."""
    campaign_id = fields.pop("campaign_id")
    campaign = Campaign.objects.filter(workspace=workspace, pk=campaign_id).first() if campaign_id else None
    note = Note(workspace=workspace, day=date.fromisoformat(day), text=words, campaign=campaign, **fields)
    if not Note.objects.filter(workspace=workspace, pk=note.pk).exists():
        note.save(force_insert=True)
        record(DataAction.NOTE_WRITTEN, by=by, workspace=workspace, target=note.api_id, after=_summary(note))
    return "The note is there again."


undo.register("note", Right.CURATE, restore_note)


def _checked_day(day: date) -> date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"A note's day lies between {FIRST_DAY} and {LAST_DAY}.")
    return day


def _summary(note: Note) -> dict[str, Any]:
    """Without addresses, for it is kept for ever."""
    return {"day": str(note.day), "text": hidden_value(note.text), "campaign": note.campaign_api_id}
