"""What mailbox providers send back when somebody calls a mail spam: feedback reports (ARF, RFC 5965)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime

from campaignos.delivery_reports import returned_ids

_OF_READERS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})
"""Types of feedback by which a reader objects. Others come from programs, or say that a mail is no spam."""


@dataclass(frozen=True)
class Complaint:
    """`message_ids` are those of the mail that was complained of; `reported_at` is when, None where the report does not
    say."""

    message_ids: tuple[str, ...]
    reported_at: datetime | None


def complaint_of(mail: Message) -> Complaint | None:
    """None for what is none: another mail, and a report that tells of no reader's objection."""
    if mail.get_content_type() != "multipart/report":
        return None
    types = {str(fields.get("Feedback-Type", "")).strip().lower() for fields in _feedback(mail)}
    return None if types.isdisjoint(_OF_READERS) else Complaint(returned_ids(mail), _date(mail))


def _feedback(mail: Message) -> Iterator[Message]:
    for part in mail.walk():
        fields = part.get_payload()
        if part.get_content_type() == "message/feedback-report" and isinstance(fields, list):
            yield from (each for each in fields if isinstance(each, Message))


def _date(mail: Message) -> datetime | None:
    try:
        at = parsedate_to_datetime(str(mail.get("Date")))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
