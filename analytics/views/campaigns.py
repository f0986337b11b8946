"""The list of campaigns: filtered as the API's, sorted and with the columns that the address says; archiving many."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from analytics.api.filters import CampaignFilter
from analytics.campaigns import archive_campaigns
from analytics.ledger import Ledger
from analytics.lists import MessageList
from analytics.metrics import METRICS, Unit
from analytics.models import Campaign, CampaignStatus, Channel
from analytics.periods import Window
from analytics.presentation.formats import count, percent
from analytics.questions.slices import Slice
from analytics.reports.campaigns import CampaignRow, campaign_rows
from analytics.views.csv import csv_response
from analytics.views.listing import Cell, Field, ListPage, headed, opened
from campaignos.ids import number_of
from campaignos.page_parameters import FILE, PAGE, Allowed, one_of, understands
from workspaces.access import page_membership
from workspaces.roles import Right
from workspaces.undo import tell_undoable
from workspaces.views.page import own_address

PAGE_ROWS = 50


@dataclass(frozen=True)
class Column:
    """`counted` is the metric whose rows the number opens, empty for what is no count; `base` what a rate is of
    and what it leaves out."""

    key: str
    label: str
    value: Callable[[CampaignRow], str | int | float | datetime | None]
    counted: str = ""
    is_share: bool = False
    base: str = ""

    @property
    def head(self) -> str:
        return f"{self.label} ({self.base})" if self.base else self.label

    @property
    def is_number(self) -> bool:
        return bool(self.counted) or self.is_share


def _of_messages(key: str, metric: str) -> Column:
    is_share = METRICS[metric].unit is Unit.SHARE
    label, base = METRICS[metric].name, ", ".join(METRICS[metric].qualifiers)
    return Column(key, label, lambda line: line.numbers.known_value(metric), "" if is_share else metric, is_share, base)


COLUMNS = {
    column.key: column
    for column in (
        Column("channel", "Channel", lambda line: line.channel),
        Column("status", "Status", lambda line: line.status),
        Column("started", "Started", lambda line: line.started_at),
        _of_messages("messages", "messages_total"),
        _of_messages("sent", "sent"),
        _of_messages("delivered", "delivered"),
        _of_messages("opened", "opened"),
        _of_messages("clicked", "clicked"),
        _of_messages("bounced", "bounced"),
        _of_messages("failed", "failed"),
        _of_messages("open_rate", "campaign_open_rate"),
        _of_messages("human_open_rate", "campaign_human_open_rate"),
        _of_messages("click_rate", "campaign_click_rate"),
        _of_messages("human_click_rate", "campaign_human_click_rate"),
        _of_messages("bounce_rate", "bounce_share"),
    )
}
DEFAULT_COLUMNS = ("channel", "status", "started", "sent", "delivered", "human_open_rate", "human_click_rate")
"""Rates by people, as the reports show them unless asked otherwise."""
NAME = Column("name", "Campaign", lambda line: line.name)
SORT = Allowed(
    f"{', '.join((NAME.key, *COLUMNS))}, or one of these with a - before it", f"-?(?:{'|'.join((NAME.key, *COLUMNS))})"
)


@login_required
@require_safe
@understands(
    *("q", "status", "channel", "from", "to"),
    many=("column",),
    column=one_of(COLUMNS),
    sort=SORT,
    page=PAGE,
    format=FILE,
)
def campaigns_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = opened(request, slug, "campaigns", "Campaigns")
    window = page.asked.window()
    columns = [COLUMNS[key] for key in request.GET.getlist("column") if key in COLUMNS]
    columns = columns or [COLUMNS[key] for key in DEFAULT_COLUMNS]
    sort = request.GET.get("sort", "")
    rows, _ = campaign_rows(Ledger(page.workspace), _asked_for(page), window)
    lines = _sorted(rows, sort)
    if request.GET.get("format") == "csv":
        heads = ["Id", *(column.head for column in (NAME, *columns))]
        records = ([line.id, *(_plain(column, line) for column in (NAME, *columns))] for line in lines)
        return csv_response([heads, *records], f"{page.workspace.slug}-campaigns")
    shown = Paginator(lines, PAGE_ROWS).get_page(request.GET.get("page"))
    heads = [column.head for column in columns]
    filtered = {"q", "status", "channel", "from", "to"} & {name for name, value in request.GET.items() if value}
    return page.response(
        "lists/campaigns.html",
        heads=[_Head.of(page, column, sort) for column in (NAME, *columns)],
        lines=[(line, headed([_cell(page, column, line, window) for column in columns], heads)) for line in shown],
        rows=shown,
        total=len(lines),
        unit=("campaign", "campaigns"),
        is_filtered=bool(filtered),
        csv=page.same(format="csv"),
        fields=_fields(page),
        hidden=[("column", key) for key in request.GET.getlist("column")],
        choosable=[(column, column in columns) for column in COLUMNS.values()],
        chosen_with=[(name, value) for name, value in request.GET.items() if name not in ("column", "page", "format")],
        may_archive=page.may(Right.WRITE),
        import_address=page.address("import", resource="campaigns") if page.may(Right.WRITE) else "",
        here=request.get_full_path(),
    )


def _asked_for(page: ListPage) -> QuerySet[Campaign]:
    """What is not understood is left out, and told."""
    query = {
        "q": page.asked.text("q") or "",
        "status": page.asked.choice("status", CampaignStatus.values) or "",
        "channel": page.asked.choice("channel", Channel.values) or "",
    }
    rows = Campaign.objects.filter(workspace=page.workspace)
    return CampaignFilter(query, rows, workspace=page.workspace, sees_addresses=page.sees_addresses).checked()


def _fields(page: ListPage) -> list[Field]:
    return [
        page.field("q", "Search", "search", hint="A part of the name"),
        page.field("status", "Status", "choice", options=CampaignStatus.choices),
        page.field("channel", "Channel", "choice", options=Channel.choices),
        *page.dates("Messages from", "to"),
    ]


@dataclass(frozen=True)
class _Head:
    """A column's head; `address` sorts by it, the other way round if it was."""

    label: str
    is_number: bool
    address: str
    sorted: str
    base: str

    @classmethod
    def of(cls, page: ListPage, column: Column, sort: str) -> "_Head":
        first, other = (f"-{column.key}", column.key) if column.is_number else (column.key, f"-{column.key}")
        state = {column.key: "ascending", f"-{column.key}": "descending"}.get(sort, "none")
        address = page.same("page", sort=other if sort == first else first)
        return cls(column.label, column.is_number, address, state, column.base)


def _sorted(lines: Sequence[CampaignRow], sort: str) -> Sequence[CampaignRow]:
    """By a column, downwards with a minus before it, what has no value last; without one, the newest first."""
    key = sort.removeprefix("-")
    column = NAME if key == NAME.key else COLUMNS.get(key)
    if column is None:
        return sorted(lines, key=lambda line: -line.number)
    known = [line for line in lines if column.value(line) is not None]
    known.sort(key=lambda line: _order(column.value(line)), reverse=sort.startswith("-"))
    return [*known, *(line for line in lines if column.value(line) is None)]


def _order(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _cell(page: ListPage, column: Column, line: CampaignRow, window: Window | None) -> Cell:
    value = column.value(line)
    if column.is_share and isinstance(value, float):
        return Cell(percent(value), is_number=True)
    if column.counted and isinstance(value, int):
        one = MessageList(window, reached=_reached(column.counted), part=Slice(line.number))
        return Cell(count(value), page.list_address(one) if value else "", is_number=True)
    if value is None and column.is_share:
        return Cell("–", plain="", is_number=True)
    return page.instant(value) if isinstance(value, datetime) or value is None else Cell(str(value))


def _reached(metric: str) -> str | None:
    return None if metric == "messages_total" else metric


def _plain(column: Column, line: CampaignRow) -> str | int | float:
    value = column.value(line)
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else value


@login_required
@require_POST
def archive_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Archives the chosen campaigns, and goes back to where they were chosen."""
    membership = page_membership(request, slug, Right.WRITE)
    chosen = [number_of("cmp", api_id) for api_id in request.POST.getlist("campaign")]
    numbers = [number for number in chosen if number is not None]
    archived = archive_campaigns(workspace=membership.workspace, campaign_ids=numbers)
    told = f"Archived {len(archived)} campaign{'' if len(archived) == 1 else 's'}."
    if archived:
        tell_undoable(request, told, "campaigns", membership.workspace, statuses=archived)
    else:
        messages.info(request, told if numbers else "No campaign was selected.")
    campaigns = reverse("campaigns", args=[membership.workspace.slug])
    return redirect(own_address(request, request.POST.get("back", ""), default=campaigns))
