"""Writes to the scheduled emails of a workspace. Each is one transaction, with its line in the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest, Least

from analytics.addresses import hidden_value
from analytics.audited import DataAction
from analytics.email_periods import Frequency, newest_period
from analytics.models import EmailDays, EmailRecipient, SavedQuestion, ScheduledEmail
from analytics.models.scheduled_emails import MOST_REFUSALS
from analytics.questions.ranges import Comparison
from analytics.questions.saved import QuestionText
from analytics.saved_questions import register_use, save_question
from workspaces.audit import record, record_change
from workspaces.models import Key, Membership, User, Workspace
from workspaces.scope import act_for, scope

MOST_EMAILS = 100
MOST_RECIPIENTS = 200
BRIEFING, BRIEFING_HOUR = "Monday briefing", 7
_SALT = "analytics.scheduled-emails"


@dataclass(frozen=True)
class EmailItem:
    name: str
    question: SavedQuestion
    frequency: Frequency
    hour: int
    days: EmailDays
    members: Sequence[Membership]
    """To whom it goes, beside whom it went to before and who is none of them any more."""


@transaction.atomic
def save_email(*, workspace: Workspace, item: EmailItem, by: User | Key, now: datetime) -> ScheduledEmail:
    """A new one, first of the period that ends next. Raises ValueError for too many, IntegrityError where another one
    has the name."""
    if ScheduledEmail.objects.filter(workspace=workspace).count() >= MOST_EMAILS:
        raise ValueError(f"A workspace has at most {MOST_EMAILS} scheduled emails: delete one first.")
    email = ScheduledEmail(workspace=workspace, created_by=by if isinstance(by, User) else None)
    _fill(email, item, now)
    email.save(force_insert=True)
    _set_recipients(email, item.members)
    record(DataAction.EMAIL_SCHEDULED, by=by, workspace=workspace, target=email.api_id, after=_summary(email))
    return email


@transaction.atomic
def save_briefing(*, member: Membership, now: datetime) -> ScheduledEmail:
    """The overview of the week, to a member on Mondays; where there is one by that name, the member is added to it."""
    workspace, by = member.workspace, member.user
    email = ScheduledEmail.objects.filter(workspace=workspace, name=BRIEFING).first()
    if email is not None:
        subscribe(email=email, member=member)
        return email
    question = SavedQuestion.objects.filter(workspace=workspace, name=BRIEFING).first()
    if question is None:
        text = QuestionText("overview", {"compare": Comparison.PREVIOUS.value, "range": "7d"})
        question = save_question(workspace=workspace, name=BRIEFING, text=text, by=by)
    item = EmailItem(BRIEFING, question, Frequency.WEEKLY, BRIEFING_HOUR, EmailDays.PERIOD, [member])
    return save_email(workspace=workspace, item=item, by=by, now=now)


@transaction.atomic
def change_email(*, email: ScheduledEmail, item: EmailItem, by: User | Key, now: datetime) -> None:
    """With another rhythm it begins with the period that ends next. Raises as `save_email` does."""
    before, rhythm = _summary(email), (email.frequency, email.hour)
    made_for = email.made_for
    _fill(email, item, now)
    if rhythm == (email.frequency, email.hour):
        email.made_for = made_for
    email.save()
    _set_recipients(email, item.members)
    _record_change(email, before, by)


@transaction.atomic
def pause_email(*, email: ScheduledEmail, is_paused: bool, by: User | Key, now: datetime) -> None:
    """One that goes on begins with the period that ends next: what was missed is not sent."""
    if is_paused == (email.paused_at is not None):
        return
    before = _summary(email)
    email.paused_at = now if is_paused else None
    if not is_paused:
        email.made_for = _newest_first_day(email, now)
    email.save(update_fields=["paused_at", "made_for"])
    _record_change(email, before, by)


@transaction.atomic
def delete_email(*, email: ScheduledEmail, by: User | Key) -> None:
    target, before = email.api_id, _summary(email)
    email.delete()
    record(DataAction.EMAIL_DELETED, by=by, workspace=email.workspace, target=target, before=before)


def subscribe(*, email: ScheduledEmail, member: Membership) -> None:
    """By the member, who is sent it from now on, whatever stopped it before."""
    anew = {"unsubscribed_at": None, "refusals": 0}
    rows = EmailRecipient.objects.filter(workspace=email.workspace)
    rows.update_or_create(anew, workspace=email.workspace, scheduled_email=email, member=member)


def unsubscribe(*, recipient: EmailRecipient, now: datetime) -> None:
    """Nobody but the member takes it back. Twice is once."""
    rows = EmailRecipient.objects.filter(workspace=recipient.workspace_id, pk=recipient.pk, unsubscribed_at=None)
    rows.update(unsubscribed_at=now)


def unsubscribe_token(recipient: EmailRecipient) -> str:
    """By which whoever has the email stops it, without an account."""
    return signing.Signer(salt=_SALT).sign_object([recipient.workspace_id, recipient.pk])


def recipient_of_token(token: str) -> EmailRecipient | None:
    """With its email and workspace, for which the request acts from here on; None for a token that is not ours, or of
    somebody who is none any more. One query."""
    try:
        workspace_id, pk = signing.Signer(salt=_SALT).unsign_object(token)
    except (signing.BadSignature, ValueError):
        return None
    with scope(workspace_id):
        rows = EmailRecipient.objects.filter(workspace=workspace_id, pk=pk)
        recipient = rows.select_related("scheduled_email__workspace", "member__user").first()
    if recipient is not None:
        act_for(workspace_id)
    return recipient


def note_outcome(workspace_id: int, recipient_pk: int, *, is_refused: bool) -> int:
    """What a mail server said at last: refusals for good count as long as nothing is taken in between. How many there
    were before."""
    rows = EmailRecipient.objects.filter(workspace=workspace_id, pk=recipient_pk)
    before = rows.values_list("refusals", flat=True).first() or 0
    rows.update(refusals=Least(F("refusals") + 1, Value(MOST_REFUSALS)) if is_refused else 0)
    return before


def note_return(workspace_id: int, recipient_pk: int, *, refusals: int) -> None:
    """That a mail came back for good which a mail server had taken: it was a refusal, after so many before it."""
    rows = EmailRecipient.objects.filter(workspace=workspace_id, pk=recipient_pk)
    rows.update(refusals=Least(Greatest(F("refusals"), Value(refusals)) + 1, Value(MOST_REFUSALS)))


def _fill(email: ScheduledEmail, item: EmailItem, now: datetime) -> None:
    email.name, email.question, email.days = item.name, item.question, item.days
    email.frequency, email.hour, email.problem = item.frequency.value, item.hour, ""
    email.made_for = _newest_first_day(email, now)


def _newest_first_day(email: ScheduledEmail, now: datetime) -> Any:
    return newest_period(Frequency(email.frequency), email.hour, now, email.workspace.zone).first


def _set_recipients(email: ScheduledEmail, members: Sequence[Membership]) -> None:
    """Whoever unsubscribed stays so; whom the mail server refused is tried again."""
    if len(members) > MOST_RECIPIENTS:
        raise ValueError(f"An email goes to at most {MOST_RECIPIENTS} members.")
    of = {"workspace": email.workspace, "scheduled_email": email}
    chosen = {member.pk for member in members}
    EmailRecipient.objects.filter(unsubscribed_at=None, **of).exclude(member__in=chosen).delete()
    EmailRecipient.objects.filter(member__in=chosen, **of).update(refusals=0)
    rows = [EmailRecipient(member_id=pk, **of) for pk in sorted(chosen)]
    EmailRecipient.objects.bulk_create(rows, ignore_conflicts=True)


def _record_change(email: ScheduledEmail, before: dict[str, Any], by: User | Key) -> None:
    after = _summary(email)
    if before != after:
        record_change(
            DataAction.EMAIL_CHANGED,
            by=by,
            workspace=email.workspace,
            target=email.api_id,
            before=before,
            after=after,
        )


def _summary(email: ScheduledEmail) -> dict[str, Any]:
    """Without addresses, for it is kept for ever."""
    return {
        "name": hidden_value(email.name),
        "question": f"qst_{email.question_id}",
        "frequency": email.frequency,
        "hour": email.hour,
        "days": str(email.days),
        "paused": email.paused_at is not None,
    }


def _emails_of(question: SavedQuestion) -> list[str]:
    rows = ScheduledEmail.objects.filter(workspace=question.workspace_id, question=question).order_by("pk")
    return [f"the scheduled email {email}" for email in rows]


register_use(_emails_of)
