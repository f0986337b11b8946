"""What the pages of lists share: filters that are the address, a total, a page of rows, and all of them as a file."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats, timezone

from analytics.addresses import is_concealing
from analytics.lists import AnyList, ListParameters, Results
from analytics.lists.names import EXIST
from analytics.models import Campaign
from analytics.presentation.formats import short_name
from analytics.views.csv import csv_response
from analytics.views.disclosure import DISCLOSED_TO, sees_addresses
from analytics.views.room import CHOOSABLE_CAMPAIGNS, choosable_campaigns
from campaignos.ids import number_of
from campaignos.page_parameters import understood_of
from workspaces.access import page_membership
from workspaces.models import Membership, Workspace
from workspaces.roles import RIGHTS, Right, Role

ROWS_OF_A_READ = 500
"""How many rows a file is written from at a time."""


@dataclass(frozen=True)
class Cell:
    """What stands in a table; `plain` is what a file says instead, `address` where it leads, `beside` a second line.

    `head` is its column's, which stands with it where rows are drawn as cards.
    """

    text: str
    address: str = ""
    plain: str | int | None = None
    beside: str = ""
    is_number: bool = False
    head: str = ""


@dataclass(frozen=True)
class Field:
    """A filter of the form: a date, a text, or a choice among `options` of (value, label); `unset` is none of them.

    `note` says what the options leave out.
    """

    name: str
    label: str
    kind: str = "text"
    options: Sequence[tuple[str, str]] = ()
    suggestions: Sequence[str] = ()
    value: str = ""
    hint: str = ""
    unset: str = "All"
    note: str = ""


@dataclass(frozen=True)
class Chip:
    """A filter that the form has no field for, and the address without it; empty where it cannot be left out."""

    label: str
    without: str = ""


@dataclass
class ListPage:
    request: HttpRequest
    name: str
    title: str
    membership: Membership
    now: datetime
    notices: list[str] = field(default_factory=list)

    @property
    def workspace(self) -> Workspace:
        return self.membership.workspace

    @cached_property
    def asked(self) -> ListParameters:
        return ListParameters(
            self._existing(),
            zone=self.workspace.zone,
            now=self.now,
            notices=self.notices,
            sees_addresses=self.sees_addresses,
        )

    def _existing(self) -> dict[str, str]:
        """The parameters without those that name what there is not. One query for each that names something."""
        query = self.request.GET.dict()
        for name in [name for name in EXIST if name in self.understood and query.get(name)]:
            exists, allowed = EXIST[name]
            if (self.sees_addresses or not is_concealing(query[name])) and not exists(self.workspace, query[name]):
                given = query.pop(name)[:100]
                self.notices.append(f"{name} cannot be {given!r}; allowed: {allowed}. It is left out.")
        return query

    @property
    def understood(self) -> Collection[str]:
        """The names of the parameters that the page reads."""
        match = self.request.resolver_match
        return understood_of(match.func).allowed if match else ()

    @cached_property
    def campaigns(self) -> list[Campaign]:
        """The newest, to choose from, by name; the chosen one among them. One query, two with a chosen one."""
        return choosable_campaigns(self.workspace, number_of("cmp", self.request.GET.get("campaign", "")))

    @property
    def sees_addresses(self) -> bool:
        return sees_addresses(self.membership)

    def may(self, right: Right) -> bool:
        return right in RIGHTS[Role(self.membership.role)]

    def address(self, name: str, *args: str, **query: str) -> str:
        address = reverse(name, args=[self.workspace.slug, *args])
        return f"{address}?{_encoded(query)}" if query else address

    def list_address(self, one: AnyList) -> str:
        return self.address(one.name, **one.query)

    def same(self, *but: str, **changed: str) -> str:
        """This page's address without some parameters, with others, from the first row on."""
        query = self.request.GET.copy()
        for name in (*but, "after", "format"):
            query.pop(name, None)
        query.update(changed)
        return f"{self.request.path}?{query.urlencode()}" if query else self.request.path

    def chip(self, label: str, *names: str) -> Chip:
        return Chip(label, self.same(*names))

    def field(self, name: str, label: str, kind: str = "text", **more: Any) -> Field:
        return Field(name, label, kind, value=self.request.GET.get(name, "")[:500], **more)

    def dates(self, first: str, last: str, names: tuple[str, str] = ("from", "to")) -> list[Field]:
        return [self.field(name, label, "date") for name, label in zip(names, (first, last), strict=True)]

    def campaign_field(self) -> Field:
        options = [(one.api_id, short_name(one.name)) for one in self.campaigns]
        note = "The newest are listed; others lead here from their own page"
        is_whole = len(options) < CHOOSABLE_CAMPAIGNS
        return self.field("campaign", "Campaign", "choice", options=options, note="" if is_whole else note)

    def instant(self, at: datetime | None, address: str = "") -> Cell:
        """26 Nov 2026, 14:32"""
        if at is None:
            return Cell("–", plain="")
        local = at.astimezone(self.workspace.zone)
        return Cell(formats.date_format(local, "j M Y, H:i"), address, plain=local.isoformat())

    def instant_text(self, at: datetime) -> str:
        """26 Nov 2026, 14:32:05"""
        return formats.date_format(at.astimezone(self.workspace.zone), "j M Y, H:i:s")

    @property
    def utc_offset(self) -> str:
        return self.now.astimezone(self.workspace.zone).isoformat()[-6:]

    def listing(
        self,
        one: AnyList,
        heads: Sequence[str],
        cells: Callable[[Sequence[Any]], list[list[Cell]]],
        *,
        template: str = "lists/list.html",
        lines: Callable[[Sequence[Any]], list[Any]] | None = None,
        **context: Any,
    ) -> HttpResponseBase:
        """The list as a page or, with `format=csv`, all its rows as a file. `cells` are those of some of its rows.

        `lines` are the rows as the template wants them, where it wants no cells.
        """
        found = one.find(self.workspace, now=self.now)
        if self.request.GET.get("format") == "csv":
            return csv_response(_records(found, heads, cells), f"{self.workspace.slug}-{self.name}", count=found.total)
        after = self.request.GET.get("after", "")[:100]
        rows = found.page(after)
        is_all = not after and not rows.following
        return self.response(
            template,
            heads=heads,
            lines=lines(rows.rows) if lines else [headed(line, heads) for line in cells(rows.rows)],
            total=len(rows.rows) if is_all else found.total,
            next_page=self.same(after=rows.following) if rows.following else "",
            first_page=self.same() if "after" in self.request.GET else "",
            csv=self.same(format="csv"),
            is_filtered=bool(one.query),
            **context,
        )

    def response(self, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
        shell = {"membership": self.membership, "nav": self.name, "title": self.title, "page": self}
        with timezone.override(self.workspace.zone):
            return render(self.request, template, {**shell, **context}, status=status)


def opened(request: HttpRequest, slug: str, name: str, title: str, right: Right = Right.READ) -> ListPage:
    membership = request.META[DISCLOSED_TO] = page_membership(request, slug, right)
    return ListPage(request, name, title, membership, timezone.now())


def headed(cells: Sequence[Cell], heads: Sequence[str]) -> list[Cell]:
    return [replace(cell, head=head) for cell, head in zip(cells, heads, strict=True)]


def _encoded(query: dict[str, str]) -> str:
    asked = QueryDict(mutable=True)
    asked.update(query)
    return asked.urlencode()


def _records(
    found: Results[Any], heads: Sequence[str], cells: Callable[[Sequence[Any]], list[list[Cell]]]
) -> Iterator[list[str | int]]:
    yield list(heads)
    after = ""
    while True:
        rows = found.page(after, ROWS_OF_A_READ)
        for line in cells(rows.rows):
            yield [cell.text if cell.plain is None else cell.plain for cell in line]
        after = rows.following
        if not after:
            return
