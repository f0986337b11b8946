"""Each reported click: of the messages created on some days, of one campaign, on one link."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db.models import QuerySet

from analytics.lists.conditions import NO_CONDITIONS, ListConditions
from analytics.lists.messages import MAX_LINK_LENGTH, MessageRow, message_rows
from analytics.lists.query import ListParameters, Query, days_query, query_of, slice_query
from analytics.lists.rows import Results, RowResults, inside
from analytics.models import MessageEvent, MessageEventType
from analytics.models.slices import in_slice
from analytics.periods import Window
from analytics.questions.fields import Subject
from analytics.questions.slices import EVERYTHING, Slice
from workspaces.models import Workspace


@dataclass(frozen=True)
class ClickRow:
    click: MessageEvent
    of_message: MessageRow


@dataclass(frozen=True)
class ClickList:
    """The window is of the messages' creation, as on a campaign's page. An empty `link` is one that was not told."""

    name: ClassVar[str] = "clicks"

    window: Window | None = None
    part: Slice = EVERYTHING
    link: str | None = None
    conditions: ListConditions = NO_CONDITIONS

    @classmethod
    def read(cls, parameters: ListParameters) -> "ClickList":
        return cls(
            window=parameters.window(),
            part=Slice(parameters.id_of("campaign", "cmp")),
            link=parameters.text_or_empty("link", longest=MAX_LINK_LENGTH),
            conditions=ListConditions.read(parameters, Subject.MESSAGES, Subject.PEOPLE),
        )

    @property
    def query(self) -> Query:
        return {
            **days_query(self.window),
            **slice_query(self.part),
            **query_of(link=self.link),
            **self.conditions.query,
        }

    def clicks(self, workspace: Workspace) -> QuerySet[MessageEvent]:
        rows = MessageEvent.objects.filter(
            in_slice(self.part, "message__"),
            workspace=workspace.pk,
            type=MessageEventType.CLICKED,
            message__workspace=workspace.pk,
            message__clicked_at__isnull=False,
        )
        if self.link is not None:
            rows = rows.filter(url=self.link)
        return inside(rows, "message__created_at", self.window)

    def find(self, workspace: Workspace, *, now: datetime) -> Results[MessageEvent]:
        """With their messages, the newest first."""
        conditions = self.conditions.rows(workspace, self.window, now)
        rows = conditions.clicks(self.clicks(workspace))
        return RowResults(rows.select_related("message"), "occurred_at")

    def full_rows(self, workspace: Workspace, clicks: Sequence[MessageEvent]) -> list[ClickRow]:
        """Two queries."""
        messages = [click.message for click in clicks if click.message is not None]
        rows = {row.message.pk: row for row in message_rows(workspace, messages)}
        return [ClickRow(click, rows[click.message.pk]) for click in clicks if click.message is not None]
