"""What every page of a workspace knows, and how it answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from analytics.api.condition_names import condition_names
from analytics.lists import ListConditions
from analytics.lists.conditions import CONDITION_PARAMETERS
from analytics.lists.properties import PROPERTY
from analytics.metrics import Metric
from analytics.models import Campaign
from analytics.presentation.audience import Audience
from analytics.presentation.conditions import condition_text
from analytics.presentation.fitting import ROOM_OF_ROWS, room_of_rows
from analytics.presentation.presentation import NOTHING_SHOWN, Presentation
from analytics.presentation.tables import Link
from analytics.questions.filter_texts import SEVERAL_CONDITIONS, filter_query
from analytics.questions.filters import NO_CONDITION, Filter, InSegment
from analytics.questions.parts import parts_of
from analytics.views.disclosure import DISCLOSED_TO, sees_addresses
from analytics.views.room import CHOOSABLE_CAMPAIGNS, choosable_campaigns
from campaignos.ids import number_of
from workspaces.access import page_membership
from workspaces.models import Membership, Workspace
from workspaces.roles import RIGHTS, Right, Role


@dataclass(frozen=True)
class Chip:
    """A condition or a filter that no field is for, and the address without it; empty where it cannot be left out."""

    label: str
    without: str = ""


@dataclass(kw_only=True)
class Page:
    """Whose it is, and what of the address was not understood."""

    request: HttpRequest
    name: str
    title: str
    membership: Membership
    now: datetime
    notices: list[str] = field(default_factory=list)
    metrics_named: dict[str, Metric] = field(default_factory=dict)
    room: int = ROOM_OF_ROWS
    bytes_of_rows: int = 1
    """About what all of its rows take."""
    room_of_rows: int = 0
    """Bytes that the next rows may take: their table's share, and what the tables before it have left."""
    other_rows: str = ": the CSV file has all"
    """Where the rows are that it has no room for."""
    texts_of_charts: dict[tuple[str, ...], int] = field(default_factory=dict)
    """The texts that its charts have told, by their numbers."""

    @property
    def workspace(self) -> Workspace:
        return self.membership.workspace

    @property
    def audience(self) -> Audience:
        return Audience(self.workspace.zone, sees_addresses(self.membership))

    @property
    def utc_offset(self) -> str:
        return self.now.astimezone(self.workspace.zone).isoformat()[-6:]

    @cached_property
    def campaigns(self) -> Sequence[Campaign]:
        """The newest, to choose from, by name; the chosen one among them. One query, two with a chosen one."""
        return choosable_campaigns(self.workspace, number_of("cmp", self.request.GET.get("campaign", "")))

    @property
    def leaves_out_campaigns(self) -> bool:
        return len(self.campaigns) >= CHOOSABLE_CAMPAIGNS

    def may(self, right: Right) -> bool:
        return right in RIGHTS[Role(self.membership.role)]

    def address(self, name: str, /, *args: str, **query: str | Sequence[str]) -> str:
        address = reverse(name, args=[self.workspace.slug, *args])
        return f"{address}?{urlencode(query, doseq=True)}" if query else address

    def link_address(self, link: Link) -> str:
        return self.address(link.name, *link.args, **link.query)

    def same(self, *but: str, **changed: str) -> str:
        """This page's address without some parameters, with others, from the first row on."""
        query = self.request.GET.copy()
        for name in (*but, "after", "format"):
            query.pop(name, None)
        query.update(changed)
        return f"{self.request.path}?{query.urlencode()}" if query else self.request.path

    def condition_chips(self, conditions: ListConditions) -> list[Chip]:
        """One for each condition. A query for each kind of name."""
        names = condition_names(self.workspace, conditions.meant)
        return [
            Chip(self.audience.text(condition_text(condition, names)), self._without(condition, conditions))
            for condition in conditions.meant.conditions
        ]

    def conditions_to_save(self, conditions: ListConditions) -> list[tuple[str, str]]:
        """The parameters of conditions that this member may keep as a segment: some on people alone, more than one
        segment by itself."""
        meant = conditions.meant
        is_one = len(meant.conditions) == 1 and isinstance(meant.conditions[0], InSegment)
        on_people = meant != NO_CONDITION and parts_of(meant).people == meant
        return filter_query(meant) if on_people and not is_one and self.may(Right.CURATE) else []

    def _without(self, condition: Filter, conditions: ListConditions) -> str:
        query = self.request.GET.copy()
        for name in (*CONDITION_PARAMETERS, *SEVERAL_CONDITIONS, *PROPERTY, "after", "page", "format"):
            query.pop(name, None)
        for name, values in conditions.without([condition]).query.items():
            query.setlist(name, [values] if isinstance(values, str) else [*values])
        return f"{self.request.path}?{query.urlencode()}" if query else self.request.path

    def neighbours(self, following: str) -> dict[str, Any]:
        """The addresses of the page of older rows and of the newest, for templates; empty where there is none."""
        return {
            "next_page": self.same(after=following) if following else "",
            "first_page": self.same() if "after" in self.request.GET else "",
        }

    def response(
        self, template: str, shown: Presentation = NOTHING_SHOWN, *, status: int = 200, **context: Any
    ) -> HttpResponse:
        self.room = room_of_rows(shown, self.room)
        self.bytes_of_rows = max(1, sum(table.bytes_of_rows for table in shown.all_tables))
        of_page = {
            "membership": self.membership,
            "nav": self.name,
            "title": self.title,
            "page": self,
            "briefing": shown.briefing,
            "tiles": shown.tiles,
            "tables": {table.key: table for table in shown.all_tables},
            "shown_tables": shown.tables,
            "charts": shown.charts,
            "numbers": shown.numbers,
            "money_gaps": shown.money_gaps,
            "meta": shown.meta,
        }
        with timezone.override(self.workspace.zone):
            return render(self.request, template, {**of_page, **context}, status=status)


def open_membership(request: HttpRequest, slug: str, right: Right = Right.READ) -> Membership:
    """The member who asks; others get a 404. What the answer has of addresses is hidden from who may not see them."""
    membership = request.META[DISCLOSED_TO] = page_membership(request, slug, right)
    return membership


def open_page(request: HttpRequest, slug: str, name: str, title: str, right: Right = Right.READ) -> Page:
    """Two queries."""
    membership = open_membership(request, slug, right)
    return Page(request=request, name=name, title=title, membership=membership, now=timezone.now())
