"""Scheduled emails over the API: set up, changed, paused and deleted; each goes to members alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.questions.email_answers import question_problem
from analytics.email_periods import Frequency, next_due_at
from analytics.models import EmailDays, EmailRecipient, SavedQuestion, ScheduledEmail
from analytics.models.scheduled_emails import LAST_HOUR
from analytics.scheduled_emails import (
    MOST_RECIPIENTS,
    EmailItem,
    change_email,
    delete_email,
    pause_email,
    save_email,
)
from campaignos.conditional import answer, check_precondition
from campaignos.filters import ListFilter, ReferenceFilter
from campaignos.ids import number_of
from campaignos.strict import StrictSerializer
from campaignos.texts import one_line
from workspaces.access import caller
from workspaces.models import Membership
from workspaces.resources import CURATED, ResourceViewSet

_FREQUENCY = (
    "daily: of the day before; weekly: on Mondays, of the week before; monthly: on the 1st, of the month before."
)
_DAYS = "period: those of the day, week or month; question: as many as the question has, up to the last that is over."
RECIPIENT_STATES = ("subscribed", "unsubscribed", "stopped")


class EmailRecipientRecord(serializers.Serializer[EmailRecipient]):
    member = serializers.CharField(source="member.user.api_id", help_text="The user's id, such as usr_1.")
    state = serializers.ChoiceField(
        RECIPIENT_STATES,
        help_text="unsubscribed by the member; stopped: their mail server refused it for good three times.",
    )


class ScheduledEmailRecord(serializers.Serializer[ScheduledEmail]):
    id = serializers.CharField(source="api_id", help_text="Such as sem_1.")
    name = serializers.CharField(help_text="Unique in the workspace.")
    question = serializers.CharField(source="question.api_id", help_text="The saved question that it answers.")
    frequency = serializers.ChoiceField([each.value for each in Frequency], help_text=_FREQUENCY)
    hour = serializers.IntegerField(help_text="From when on it is sent, by the workspace's clock.")
    days = serializers.ChoiceField(EmailDays.values, help_text=_DAYS)
    recipients = EmailRecipientRecord(many=True)
    isPaused = serializers.SerializerMethodField()
    nextAt = serializers.SerializerMethodField(help_text="When the next one is due; null while it is paused.")
    madeAt = serializers.DateTimeField(source="made_at", allow_null=True, help_text="When the newest was answered.")
    problem = serializers.CharField(help_text="Why the newest could not be answered; empty where it could.")
    createdAt = serializers.DateTimeField(source="created_at")
    createdBy = serializers.EmailField(source="created_by.email", default=None, allow_null=True)

    def get_isPaused(self, email: ScheduledEmail) -> bool:
        return email.paused_at is not None

    def get_nextAt(self, email: ScheduledEmail) -> str | None:
        if email.paused_at is not None:
            return None
        zone = email.workspace.zone
        due = next_due_at(Frequency(email.frequency), email.hour, timezone.now(), zone)
        return serializers.DateTimeField().to_representation(due)


class ScheduledEmailBody(StrictSerializer):
    name = serializers.CharField(
        max_length=200, help_text="A name that no other one of the workspace has.", validators=[one_line]
    )
    question = serializers.CharField(help_text="The saved question that it answers, such as qst_1.")
    frequency = serializers.ChoiceField([each.value for each in Frequency], help_text=_FREQUENCY)
    hour = serializers.IntegerField(
        min_value=0, max_value=LAST_HOUR, default=7, help_text="From when on it is sent, by the workspace's clock."
    )
    days = serializers.ChoiceField(EmailDays.values, default=EmailDays.PERIOD.value, help_text=_DAYS)
    recipients = serializers.ListField(
        child=serializers.CharField(),
        max_length=MOST_RECIPIENTS,
        default=list,
        help_text="Members, such as usr_1. Whoever has unsubscribed stays so, and subscribes again on its page.",
    )


class ScheduledEmailPatch(ScheduledEmailBody):
    name = serializers.CharField(max_length=200, required=False, validators=[one_line])
    question = serializers.CharField(required=False, help_text="The saved question that it answers, such as qst_1.")
    frequency = serializers.ChoiceField([each.value for each in Frequency], required=False, help_text=_FREQUENCY)
    hour = serializers.IntegerField(min_value=0, max_value=LAST_HOUR, required=False)
    days = serializers.ChoiceField(EmailDays.values, required=False, help_text=_DAYS)
    recipients = serializers.ListField(
        child=serializers.CharField(), max_length=MOST_RECIPIENTS, required=False, help_text="All of them, anew."
    )
    isPaused = serializers.BooleanField(
        required=False, help_text="One that goes on begins with the period that ends next."
    )


class ScheduledEmailFilter(ListFilter):
    question = ReferenceFilter("question", prefix="qst", help_text="Of this saved question, such as qst_1.")


class ScheduledEmailsViewSet(ResourceViewSet):
    """Saved questions that are answered by email, each once a day, week or month that is over, in the workspace's
    zone."""

    resource, prefix = "scheduled-emails", "sem"
    filters = ScheduledEmailFilter
    serializer_class = ScheduledEmailRecord
    item_class, new_class = ScheduledEmailBody, ScheduledEmailRecord
    change_class, is_upsert = ScheduledEmailPatch, False
    can_fail = {"create": ("409",), "partial_update": ("409",)}
    orderings = {"id": "pk", "name": "name"}
    rights = CURATED

    def rows(self) -> QuerySet[ScheduledEmail]:
        rows = ScheduledEmail.objects.filter(workspace=self.access.workspace)
        return rows.select_related("question", "created_by", "workspace").prefetch_related("recipients__member__user")

    def create(self, request: Request, workspace_id: str) -> Response:
        """Set up a scheduled email. The first one is of the period that ends next."""
        body = ScheduledEmailBody(data=request.data)
        body.is_valid(raise_exception=True)
        return self.once(request, lambda: self._save(request, body.validated_data))

    def _save(self, request: Request, body: Mapping[str, Any]) -> Response:
        item, of = self._item(body), self.access.workspace
        try:
            email = save_email(workspace=of, item=item, by=caller(request), now=timezone.now())
        except ValueError as error:
            raise serializers.ValidationError({"name": [str(error)]}) from None
        return answer(request, self.record(self.row(email.api_id)), status_code=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Only the fields that are given change."""
        body = ScheduledEmailPatch(data=request.data)
        body.is_valid(raise_exception=True)
        said = dict(body.validated_data)
        is_paused, now = said.pop("isPaused", None), timezone.now()
        with transaction.atomic():
            email = self.row(resource_id)
            check_precondition(request, self.record(email))
            if said:
                item = self._item({**_item_fields(email), **said})
                change_email(email=email, item=item, by=caller(request), now=now)
            if is_paused is not None:
                pause_email(email=email, is_paused=is_paused, by=caller(request), now=now)
        return answer(request, self.record(self.row(resource_id)))

    def destroy(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Delete it: nobody is sent it any more."""
        email = self.row(resource_id)
        check_precondition(request, self.record(email))
        delete_email(email=email, by=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _item(self, body: Mapping[str, Any]) -> EmailItem:
        """Raises ValidationError, of the field that is wrong."""
        item = EmailItem(
            body["name"],
            self._question(body["question"]),
            Frequency(body["frequency"]),
            body["hour"],
            EmailDays(body["days"]),
            self._members(body["recipients"]),
        )
        if problem := question_problem(self.access.workspace, item, timezone.now()):
            raise serializers.ValidationError({"question": [problem]})
        return item

    def _question(self, api_id: str) -> SavedQuestion:
        rows = SavedQuestion.objects.filter(workspace=self.access.workspace, pk=number_of("qst", api_id) or 0)
        question = rows.first()
        if question is None:
            allowed = ["It must be a saved question of this workspace, such as qst_1."]
            raise serializers.ValidationError({"question": allowed})
        return question

    def _members(self, api_ids: Sequence[str]) -> list[Membership]:
        numbers = {api_id: number_of("usr", api_id) for api_id in api_ids}
        rows = Membership.objects.filter(workspace=self.access.workspace, user__in=[*filter(None, numbers.values())])
        found = {member.user_id: member for member in rows}
        for api_id, number in numbers.items():
            if number not in found:
                allowed = f"{api_id[:50]} is no member of this workspace, such as usr_1."
                raise serializers.ValidationError({"recipients": [allowed]})
        return [*found.values()]


def _item_fields(email: ScheduledEmail) -> dict[str, Any]:
    recipients = [each.member.user.api_id for each in email.recipients.all() if each.unsubscribed_at is None]
    stored = {name: getattr(email, name) for name in ("name", "frequency", "hour", "days")}
    return {**stored, "question": email.question.api_id, "recipients": recipients}
