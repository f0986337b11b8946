"""Enrolments: those that began on some days, of one campaign or all, in one status or any."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db.models import QuerySet

from analytics.lists.query import Asked, Query, api_id, days, written
from analytics.lists.rows import Found, FoundRows, inside
from analytics.models import Enrolment, EnrolmentStatus
from analytics.periods import Window
from workspaces.models import Workspace


@dataclass(frozen=True)
class EnrolmentList:
    name: ClassVar[str] = "enrolments"

    window: Window | None = None
    campaign_id: int | None = None
    status: str | None = None

    @classmethod
    def read(cls, asked: Asked) -> "EnrolmentList":
        return cls(asked.window(), asked.id_of("campaign", "cmp"), asked.choice("status", EnrolmentStatus.values))

    @property
    def query(self) -> Query:
        return {**days(self.window), **written(campaign=api_id("cmp", self.campaign_id), status=self.status)}

    def enrolments(self, workspace: Workspace) -> QuerySet[Enrolment]:
        rows = inside(Enrolment.objects.filter(workspace=workspace), "enrolled_at", self.window)
        if self.campaign_id is not None:
            rows = rows.filter(campaign_id=self.campaign_id)
        return rows.filter(status=self.status) if self.status else rows

    def find(self, workspace: Workspace, *, now: datetime) -> Found[Enrolment]:
        """With contact and campaign, newest first."""
        return FoundRows(self.enrolments(workspace).select_related("contact", "campaign"), "enrolled_at")
