"""Enrolments: those that began on some days, of one campaign, all or all but some, in one status or any."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db.models import QuerySet

from analytics.lists.query import Asked, Query, api_id, api_ids, days, written
from analytics.lists.rows import Found, FoundRows, inside
from analytics.models import Enrolment, EnrolmentStatus
from analytics.periods import Window
from workspaces.models import Workspace

ENROLLED = ("enrolledFrom", "enrolledTo")
"""The parameters with the days on which contacts were enrolled."""


@dataclass(frozen=True)
class EnrolmentList:
    name: ClassVar[str] = "enrolments"

    window: Window | None = None
    campaign_id: int | None = None
    status: str | None = None
    not_campaigns: tuple[int, ...] = ()

    @classmethod
    def read(cls, asked: Asked) -> "EnrolmentList":
        asked.refuse_days(*ENROLLED)
        return cls(
            window=asked.window(*ENROLLED),
            campaign_id=asked.id_of("campaign", "cmp"),
            not_campaigns=asked.ids_of("not_campaign", "cmp"),
            status=asked.choice("status", EnrolmentStatus.values),
        )

    @property
    def query(self) -> Query:
        campaign, others = api_id("cmp", self.campaign_id), api_ids("cmp", self.not_campaigns)
        return {**days(self.window, *ENROLLED), **written(campaign=campaign, not_campaign=others, status=self.status)}

    def enrolments(self, workspace: Workspace) -> QuerySet[Enrolment]:
        rows = inside(Enrolment.objects.filter(workspace=workspace), "enrolled_at", self.window)
        if self.campaign_id is not None:
            rows = rows.filter(campaign_id=self.campaign_id)
        if self.not_campaigns:
            rows = rows.exclude(campaign_id__in=self.not_campaigns)
        return rows.filter(status=self.status) if self.status else rows

    def find(self, workspace: Workspace, *, now: datetime) -> Found[Enrolment]:
        """With contact and campaign, newest first."""
        return FoundRows(self.enrolments(workspace).select_related("contact", "campaign"), "enrolled_at")
