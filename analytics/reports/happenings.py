"""What happened on days beside what is counted: campaigns began, notes were written, the meaning of numbers changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db.models import Q

from analytics.ledger import Source
from analytics.models import Note
from analytics.periods import local_day
from analytics.questions.questions import Question
from analytics.reports.campaigns.starts import campaign_starts
from workspaces.models import Action, AuditEvent

WORDS_OF_SETTINGS = {
    "time_zone": "time zone",
    "currency": "currency",
    "conversion_types": "conversions",
    "money_rules": "where events say what they are worth",
}
"""The settings of a workspace that move numbers."""


class HappeningKind(StrEnum):
    START = "start"
    NOTE = "note"
    SETTINGS = "settings"


@dataclass(frozen=True)
class Happening:
    """`at` is None where the day alone is known. `name` is the campaign's name, the note's text, or what was changed;
    `key` the campaign's or the note's id, empty for settings."""

    kind: HappeningKind
    day: date
    at: datetime | None
    name: str
    key: str = ""


def happenings(source: Source, question: Question) -> tuple[Happening, ...]:
    """Returns what happened on the question's days and not after now, by day; of a campaign's part, what is its own
    and what is of everything.

    Source: the campaigns, the notes, the audit trail. Three queries.
    """
    found = (*_starts(source, question), *_notes(source, question), *_settings(source, question))
    return tuple(sorted(found, key=lambda each: each.day))


def _starts(source: Source, question: Question) -> Iterator[Happening]:
    for start in campaign_starts(source, question):
        yield Happening(HappeningKind.START, start.day, start.at, start.name, start.campaign_id)


def _notes(source: Source, question: Question) -> Iterator[Happening]:
    """Also those on days to come of the window: a note says what somebody knows."""
    window, campaign_id = question.window, question.part.campaign_id
    notes = Note.objects.filter(workspace=source.workspace, day__gte=window.first_day, day__lte=window.last_day)
    if campaign_id is not None:
        notes = notes.filter(Q(campaign=None) | Q(campaign=campaign_id))
    for note in notes.order_by("day", "pk"):
        yield Happening(HappeningKind.NOTE, note.day, None, note.text, note.api_id)


def _settings(source: Source, question: Question) -> Iterator[Happening]:
    """A day's changes of the same settings once."""
    window, seen = question.window, set()
    lines = AuditEvent.objects.filter(
        workspace=source.workspace,
        action=Action.SETTINGS_CHANGED,
        at__gte=window.starts_at,
        at__lt=window.ends_at,
        at__lte=question.now,
    )
    for after, at in lines.order_by("pk").values_list("after", "at"):
        words, day = _words(after), local_day(at, window.zone)
        if words and (day, words) not in seen:
            seen.add((day, words))
            yield Happening(HappeningKind.SETTINGS, day, at, words)


def _words(after: Mapping[str, object]) -> str:
    """Currency and conversions changed; empty for what moves no numbers."""
    changed = [words for name, words in WORDS_OF_SETTINGS.items() if name in after]
    return f"{' and '.join(changed)} changed".capitalize() if changed else ""
