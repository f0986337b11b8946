"""Enrollments that began on some days: of one campaign, of all, or of all but some; in one status or any."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db.models import QuerySet

from analytics.lists.conditions import NO_CONDITIONS, ListConditions
from analytics.lists.query import ListParameters, Query, days_query, query_of, slice_query
from analytics.lists.rows import Results, RowResults, inside
from analytics.models import Contact, Enrolment, EnrolmentStatus
from analytics.models.slices import in_slice
from analytics.periods import Window
from analytics.questions.fields import Subject
from analytics.questions.slices import EVERYTHING, Slice
from workspaces.models import Workspace

ENROLLED = ("enrolledFrom", "enrolledTo")
"""The parameters with the days on which contacts were enrolled."""


@dataclass(frozen=True)
class EnrollmentRow:
    """`campaign` is its name, `status` what it is called."""

    contact: Contact
    campaign: str
    status: str
    enrolled_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True)
class EnrollmentList:
    name: ClassVar[str] = "enrolments"

    window: Window | None = None
    part: Slice = EVERYTHING
    status: str | None = None
    conditions: ListConditions = NO_CONDITIONS

    @classmethod
    def read(cls, parameters: ListParameters) -> "EnrollmentList":
        return cls(
            window=parameters.hour_or_days(*ENROLLED),
            part=Slice(parameters.id_of("campaign", "cmp"), without_campaigns=parameters.ids_of("notCampaign", "cmp")),
            status=parameters.choice("status", EnrolmentStatus.values),
            conditions=ListConditions.read(parameters, Subject.PEOPLE),
        )

    @property
    def query(self) -> Query:
        return {
            **days_query(self.window, *ENROLLED),
            **slice_query(self.part),
            **query_of(status=self.status),
            **self.conditions.query,
        }

    def enrollments(self, workspace: Workspace) -> QuerySet[Enrolment]:
        rows = inside(Enrolment.objects.filter(in_slice(self.part), workspace=workspace), "enrolled_at", self.window)
        return rows.filter(status=self.status) if self.status else rows

    def find(self, workspace: Workspace, *, now: datetime) -> Results[Enrolment]:
        """The enrollments with contact and campaign, newest first."""
        conditions = self.conditions.rows(workspace, self.window, now)
        rows = conditions.of_people(self.enrollments(workspace), "contact__person_number")
        return RowResults(rows.select_related("contact", "campaign"), "enrolled_at")

    def full_rows(self, workspace: Workspace, enrollments: Sequence[Enrolment]) -> list[EnrollmentRow]:
        """No query: they come with contact and campaign."""
        return [
            EnrollmentRow(row.contact, row.campaign.name, row.get_status_display(), row.enrolled_at, row.completed_at)
            for row in enrollments
        ]
