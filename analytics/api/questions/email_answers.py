"""What a scheduled email says: its saved question, of days that are over, answered at an instant.

Whoever asks acts for the workspace already (`workspaces.scope`).
"""

from dataclasses import dataclass, replace
from datetime import datetime, time

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from analytics.addresses import hidden_value
from analytics.api.questions.answers import shown_answer
from analytics.api.questions.forms import read_report
from analytics.api.questions.reading import Asking
from analytics.email_periods import EmailPeriod, Frequency, newest_period
from analytics.models import EmailDays, EmailRecipient, ScheduledEmail
from analytics.outbox import mail
from analytics.presentation.audience import Audience
from analytics.presentation.comparison import compared_word
from analytics.presentation.formats import days, instant_text
from analytics.presentation.kept.emails import EmailFrame, EmailReport, email_report
from analytics.questions.questions import Question
from analytics.questions.saved import QuestionText
from analytics.scheduled_emails import EmailItem, unsubscribe_token
from campaignos.errors import ParameterError
from campaignos.site import site_address
from workspaces.models import Membership, Workspace

SCHEDULED = "email.scheduled"
"""What deliveries of the outbox call them."""
_DAYS = ("range", "from", "to")
NOON = time(12)


@dataclass(frozen=True)
class EmailContent:
    subject: str
    text: str
    html: str


def email_content(report: EmailReport, unsubscribe: str = "") -> EmailContent:
    """Without anybody's address. `unsubscribe` is that of the page that stops it for its recipient, if it has one."""
    context = {**vars(report), "unsubscribe": unsubscribe}
    html, text = (str(hidden_value(render_to_string(f"email/report.{kind}", context))) for kind in ("html", "txt"))
    return EmailContent(report.subject, text, html)


def send_now(email: ScheduledEmail, member: Membership, now: datetime) -> None:
    """To one member, outside of its rhythm: of the newest period, once a minute. Raises ParameterError."""
    workspace = member.workspace
    period = newest_period(Frequency(email.frequency), email.hour, now, workspace.zone)
    report = email_answer(workspace, email, period, now)
    of = {"workspace": workspace, "scheduled_email": email, "member": member}
    recipient = EmailRecipient.objects.filter(unsubscribed_at=None, **of).first()
    key = f"{email.api_id}:now:{now:%Y-%m-%dT%H:%M}"
    mail(workspace.pk, member.user.email, SCHEDULED, key, email_body(report, recipient), at=now)


def email_body(report: EmailReport, recipient: EmailRecipient | None) -> dict[str, object]:
    """As the outbox takes it. Recipients stop it by one click of their mail program (RFC 8058), or on a page."""
    if recipient is None:
        content = email_content(report)
        return {"subject": content.subject, "text": content.text, "html": content.html}
    address = site_address(reverse("email-unsubscribe", args=[unsubscribe_token(recipient)]))
    content = email_content(report, address)
    headers = {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    body = {"subject": content.subject, "text": content.text, "html": content.html, "headers": headers}
    return {**body, "recipient": recipient.pk}


def email_answer(workspace: Workspace, email: ScheduledEmail, period: EmailPeriod, now: datetime) -> EmailReport:
    """Of a period, at an instant. Raises ParameterError where the question is not understood, or names what there is
    not any more; ObjectDoesNotExist where that went meanwhile."""
    asking = Asking(workspace, now)
    text = email_text(email.question.text, EmailDays(email.days), period, asking)
    question = read_report(text, asking)
    with timezone.override(workspace.zone):
        shown = shown_answer(text.report, question, asking, Audience(workspace.zone, sees_addresses=False))
        return email_report(shown, _frame(workspace, email, text, question, now))


def _frame(
    workspace: Workspace, email: ScheduledEmail, text: QuestionText, question: Question, now: datetime
) -> EmailFrame:
    at = instant_text(now.astimezone(workspace.zone))
    compared = question.compared_days
    return EmailFrame(
        workspace=workspace.name,
        name=email.name,
        days=days(question.window.first_day, question.window.last_day),
        as_of=f"{at} ({workspace.time_zone})",
        compared=f"the {compared_word(question)}" if compared else "",
        address=question_address(workspace, text),
        settings_address=site_address(reverse("scheduled-email", args=[workspace.slug, email.pk])),
    )


def question_address(workspace: Workspace, text: QuestionText) -> str:
    """Of the report's page, asked the same."""
    path = reverse(text.report, args=[workspace.slug])
    return site_address(f"{path}?{urlencode(text.data, doseq=True)}")


def question_problem(workspace: Workspace, item: EmailItem, now: datetime) -> str:
    """Why it could not be answered if it were due; empty where it could."""
    period = newest_period(item.frequency, item.hour, now, workspace.zone)
    asking = Asking(workspace, now)
    try:
        read_report(email_text(item.question.text, item.days, period, asking), asking)
    except ParameterError as error:
        return str(error.detail)
    return ""


def email_text(text: QuestionText, days: EmailDays, period: EmailPeriod, asking: Asking) -> QuestionText:
    """The question with its days said: those of the period, or as many as it has itself, none after the period.

    Raises ParameterError where it is not understood.
    """
    if days is EmailDays.PERIOD:
        return _of_days(text, str(period.first), str(period.last))
    window = read_report(text, asking).window
    if window.last_day > period.last:
        at_its_end = datetime.combine(period.last, NOON, asking.workspace.zone)
        window = read_report(text, replace(asking, now=at_its_end)).window
    return _of_days(text, str(window.first_day), str(min(window.last_day, period.last)))


def _of_days(text: QuestionText, first: str, last: str) -> QuestionText:
    but = {name: said for name, said in text.parameters.items() if name not in _DAYS}
    return QuestionText(text.report, {**but, "from": first, "to": last})
