"""The clock's work on scheduled emails: answer each whose period is over, once, and put the answer into the outbox."""

import logging
from datetime import datetime

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from analytics.addresses import hidden_value
from analytics.api.questions.email_answers import SCHEDULED, email_answer, email_body
from analytics.email_periods import EmailPeriod, Frequency, newest_period
from analytics.models import EmailRecipient, ScheduledEmail
from analytics.outbox import mail
from analytics.presentation.kept.emails import EmailReport
from campaignos.errors import ParameterError
from workspaces.models import Workspace
from workspaces.scope import scope, scope_of_all

logger = logging.getLogger(__name__)


def send_emails(now: datetime) -> dict[str, int]:
    """Each that is due, of the newest period that is over; how many were answered, and put into the outbox."""
    answered = sent = 0
    with scope_of_all("whoever has scheduled emails"):
        waiting = {*ScheduledEmail.objects.filter(paused_at=None).values_list("workspace", flat=True)}
    for workspace in Workspace.objects.filter(pk__in=waiting).order_by("pk"):
        with scope(workspace):
            rows = ScheduledEmail.objects.filter(workspace=workspace, paused_at=None)
            for email in rows.select_related("question").order_by("pk"):
                period = newest_period(Frequency(email.frequency), email.hour, now, workspace.zone)
                if email.made_for < period.first:
                    answered += 1
                    sent += _send(workspace, email, period, now)
    return {"answered": answered, "sent": sent}


def _send(workspace: Workspace, email: ScheduledEmail, period: EmailPeriod, now: datetime) -> int:
    """To how many. One that another run was first to send, or that was changed meanwhile, is left to it."""
    report, problem = None, ""
    try:
        report = email_answer(workspace, email, period, now)
    except (ParameterError, ObjectDoesNotExist) as error:
        problem = str(error.detail if isinstance(error, ParameterError) else error)
        logger.warning("%s of %s cannot be answered: %s", email.api_id, workspace.api_id, problem)
    with transaction.atomic():
        rows = ScheduledEmail.objects.select_for_update(no_key=True)
        stored = rows.filter(workspace=workspace, pk=email.pk, paused_at=None).first()
        if stored is None or stored.made_for >= period.first:
            return 0
        stored.made_for, stored.made_at, stored.problem = period.first, now, str(hidden_value(problem))[:500]
        stored.save(update_fields=["made_for", "made_at", "problem"])
        if report is None:
            return 0
        return _put_out(workspace, stored, report, f"{email.api_id}:{period.first}", now)


def _put_out(workspace: Workspace, email: ScheduledEmail, report: EmailReport, key: str, now: datetime) -> int:
    of = {"workspace": workspace, "scheduled_email": email}
    recipients = EmailRecipient.objects.filter(**of).that_take().select_related("member__user").order_by("pk")
    for recipient in recipients:
        mail(workspace.pk, recipient.member.user.email, SCHEDULED, key, email_body(report, recipient), at=now)
    return len(recipients)
