"""Filters of the lists of the catalogue: the same for the API and for the pages."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from analytics.addresses import CONCEALED
from analytics.api.filters.base import ConditionedListFilter, InstantFilter, WorkspaceListFilter, weekday_filter
from analytics.api.filters.contact_columns import COLUMNS_ALLOWED
from analytics.api.filters.following import FollowedFilter
from analytics.api.params import activity
from analytics.ledger import Ledger
from analytics.lists.conditions import RowConditions
from analytics.lists.query import MAX_IDS, MAX_PARAMETER_LENGTH
from analytics.models import CampaignStatus, Channel, Contact, EnrolmentStatus, RemovedFrom
from analytics.models.slices import in_slice
from analytics.questions.fields import Subject
from analytics.questions.questions import EVENT_METRIC_PREFIX, CohortsQuestion
from analytics.questions.slices import Slice
from analytics.questions.steps import MAX_TYPE_LENGTH
from analytics.reports.cohorts.report import MAX_WEEKS, active_contacts, subject_of_activity
from campaignos.errors import ParameterError
from campaignos.filters import (
    ChoicesFilter,
    ReferenceFilter,
    ReferencesFilter,
    Row,
    TextFilter,
    WholeNumberFilter,
)
from workspaces.models import Workspace


class CampaignFilter(FollowedFilter, WorkspaceListFilter):
    plain_only = ()

    q = TextFilter(method="with_text", help_text="A part of the name or of the external id.")
    name = TextFilter(lookup_expr="contains_text", help_text="A part of the name.")
    status = ChoicesFilter(choices=CampaignStatus.values, help_text="The status, or several.")
    channel = ChoicesFilter(choices=Channel.values, help_text="The channel, or several.")
    startedFrom = InstantFilter("started_at", "gte", help_text="Started at this instant or later.")
    startedBefore = InstantFilter("started_at", "lt", help_text="Started before this instant.")

    def with_text(self, rows: QuerySet[Row], name: str, value: str) -> QuerySet[Row]:
        return rows.filter(Q(name__contains_text=value) | Q(external_id__contains_text=value))


class ContactFilter(FollowedFilter, ConditionedListFilter):
    named = ("metric",)
    days_of = {"signedUp": "signed_up_at"}

    q = TextFilter(
        method="with_text",
        help_text="A part of the name, the email address or the external id; of the name alone for callers from whom "
        "addresses are hidden.",
    )
    externalId = TextFilter("external_id", help_text="The sender's id.")
    email = TextFilter(
        method="with_email", help_text="The email address. Finds nothing for callers from whom addresses are hidden."
    )
    columns = TextFilter(
        method="told_besides",
        max_length=MAX_PARAMETER_LENGTH,
        help_text=f"What each row tells besides, in `columns`: {COLUMNS_ALLOWED}; separated by commas. In a CSV file "
        "columns of these names.",
    )
    signedUpFrom = InstantFilter("signed_up_at", "gte", help_text="Signed up at this instant or later.")
    signedUpBefore = InstantFilter("signed_up_at", "lt", help_text="Signed up before this instant.")
    weekday = weekday_filter()
    activeInWeek = WholeNumberFilter(
        method="active_in_week",
        most=MAX_WEEKS - 1,
        help_text="Active in this week since the day of their signup, counted from 0, of those who signed up on the "
        "days from `signedUpFrom` to before `signedUpBefore`.",
    )
    metric = TextFilter(
        method="of_activity",
        max_length=len(EVENT_METRIC_PREFIX) + MAX_TYPE_LENGTH,
        help_text="What makes active in a week, as in the report on cohorts; `events` by default.",
    )

    def with_text(self, rows: QuerySet[Row], name: str, value: str) -> QuerySet[Row]:
        wanted = Q(name__contains_text=value)
        if self.sees_addresses:  # external ids are addresses as often as not
            wanted |= Q(email__contains_text=value) | Q(external_id__contains_text=value)
            return rows.filter(wanted)
        return rows.filter(wanted).exclude(name__regex=CONCEALED)

    def told_besides(self, rows: QuerySet[Row], name: str, value: str) -> QuerySet[Row]:
        return rows

    def active_in_week(self, rows: QuerySet[Row], name: str, value: int) -> QuerySet[Row]:
        window = self.days_between("signedUpFrom", "signedUpBefore", needed_by=name)
        metric = activity(self.data)
        question = CohortsQuestion(window=window, now=self.now, metric=metric, part=self.conditions.part)
        people = active_contacts(Ledger(self.workspace), question, value)
        return rows.filter(person_number__among=people.tolist())

    @property
    def asked_subjects(self) -> Sequence[Subject]:
        """In a week, also what makes active in it."""
        if self.form.cleaned_data["activeInWeek"] is None:
            return self.subjects
        return (*self.subjects, subject_of_activity(activity(self.data)))

    def of_activity(self, rows: QuerySet[Row], name: str, value: str) -> QuerySet[Row]:
        if self.form.cleaned_data["activeInWeek"] is None:
            raise ParameterError(name, given=value, allowed="what is active, together with activeInWeek")
        return rows

    def with_email(self, rows: QuerySet[Row], name: str, value: str) -> QuerySet[Row]:
        return rows.filter(email__same_text=value) if self.sees_addresses else rows.none()


class RemovalFilter(FollowedFilter):
    plain_only = ()

    resource = ChoicesFilter(choices=RemovedFrom.values, help_text="Of which list the row was, or of several.")


class EnrollmentFilter(FollowedFilter, ConditionedListFilter):
    named = ("campaign", "notCampaign", "contact")
    days_of = {"enrolled": "enrolled_at"}

    campaign = ReferenceFilter("campaign_id", prefix="cmp", help_text="Enrollments in this campaign.")
    notCampaign = ReferencesFilter(
        method="without_campaigns", prefix="cmp", most=MAX_IDS, help_text="Enrollments in other campaigns than these."
    )
    contact = ReferenceFilter(method="of_contact", prefix="ct", help_text="Enrollments of this contact.")
    status = ChoicesFilter(choices=EnrolmentStatus.values, help_text="The status, or several.")
    enrolledFrom = InstantFilter("enrolled_at", "gte", help_text="Enrolled at this instant or later.")
    enrolledBefore = InstantFilter("enrolled_at", "lt", help_text="Enrolled before this instant.")
    weekday = weekday_filter()

    def of_contact(self, rows: QuerySet[Row], name: str, value: int) -> QuerySet[Row]:
        return rows.filter(contact_id__in=[contact.pk for contact in same_contacts(self.workspace, value)])

    def meeting(self, rows: QuerySet[Any], conditions: RowConditions) -> QuerySet[Any]:
        return conditions.of_people(rows, "contact__person_number")

    def without_campaigns(self, rows: QuerySet[Row], name: str, value: list[int]) -> QuerySet[Row]:
        return rows.filter(in_slice(Slice(without_campaigns=(*value,))))


def same_contacts(workspace: Workspace, contact_id: int) -> list[Contact]:
    """The contact and all who are known to be the same person. Two queries."""
    contacts = Contact.objects.filter(workspace=workspace)
    named = contacts.filter(pk=contact_id).first()
    if named is None:
        return []
    root = named.merged_into_id or named.pk
    return list(contacts.filter(Q(pk=root) | Q(merged_into=root)))
