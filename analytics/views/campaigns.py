"""The list of campaigns: filtered as the API's, sorted and with the columns that the address says; archiving many."""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from analytics.api.filters.catalogue import CampaignFilter
from analytics.campaigns import archive_campaigns
from analytics.ledger import Ledger
from analytics.lists.rows import PAGE_ROWS
from analytics.models import Campaign, CampaignStatus, Channel
from analytics.periods import Window
from analytics.presentation.campaigns.listing import CAMPAIGN_COLUMNS, campaigns_table
from analytics.presentation.campaigns.money import CREDIT_COLUMNS, CREDIT_METRICS, credit_gaps
from analytics.presentation.presentation import Presentation
from analytics.questions.credit import CreditRule
from analytics.questions.questions import Question
from analytics.reports.campaigns.credit import CampaignCredits, campaign_credits
from analytics.reports.campaigns.side_by_side import campaign_rows
from analytics.reports.revenue.order_numbers import tells_money
from analytics.views.listing import FilterField, ListPage, open_list
from analytics.views.table_files import TableFile, file_format
from campaignos.ids import number_of
from campaignos.page_parameters import FILE, PAGE, AllowedValues, one_of, understands
from workspaces.access import page_membership
from workspaces.roles import Right
from workspaces.undo import tell_undoable
from workspaces.views.page import own_address

DEFAULT_COLUMNS = ("channel", "status", "started", "sent", "delivered", "human_open_rate", "human_click_rate")
"""Rates by people, as the reports show them unless asked otherwise."""
CHOOSABLE = {column.key: column for column in (*CAMPAIGN_COLUMNS, *CREDIT_COLUMNS)}
SORTABLE = ("name", *CHOOSABLE)
SORT = AllowedValues(f"{', '.join(SORTABLE)}, or one of these with a - before it", f"-?(?:{'|'.join(SORTABLE)})")


@login_required
@require_safe
@understands(
    *("q", "status", "channel", "from", "to"),
    many=("column",),
    column=one_of(CHOOSABLE),
    sort=SORT,
    page=PAGE,
    format=FILE,
)
def campaigns_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = open_list(request, slug, "campaigns", "All campaigns")
    window = page.parameters.window()
    sort = given if SORT.accepts(given := request.GET.get("sort", "")) else ""
    source = Ledger(page.workspace)
    asked = [key for key in request.GET.getlist("column") if key in CHOOSABLE]
    tells_credit = tells_money(source)
    credits = _credits(page, source, window, asked or ([*CREDIT_METRICS] if tells_credit else []), sort)
    columns = asked or [*DEFAULT_COLUMNS, *_columns_of_credit(credits)]
    rows, _ = campaign_rows(source, _campaigns_asked_for(page), window)
    if kind := file_format(request):
        in_utc = replace(page.audience, zone=ZoneInfo("UTC"))  # as whoever reads this file expects its instants
        table = campaigns_table(rows, window, in_utc, sort, credits).only(("id", "name", *columns))
        return TableFile(request, f"{page.workspace.slug}-campaigns", kind, in_utc.zone).of_table(table)
    may_write = page.may(Right.WRITE)
    table_of_all = campaigns_table(rows, window, page.audience, sort, credits)
    whole = replace(table_of_all, choice="campaign" if may_write else "")
    table = whole.only(("name", *columns)).cut(request.GET.get("page", ""), PAGE_ROWS, PAGE_ROWS)
    filtered = {"q", "status", "channel", "from", "to"} & {name for name, value in request.GET.items() if value}
    return page.response(
        "lists/campaigns.html",
        Presentation(meta=None, tables=(table,), money_gaps=credit_gaps(credits) if credits else ()),
        total=table.row_count,
        unit=("campaign", "campaigns"),
        is_filtered=bool(filtered),
        csv=page.same(format="csv"),
        xlsx=page.same(format="xlsx"),
        fields=_fields(page),
        hidden=[("column", key) for key in request.GET.getlist("column")],
        choosable=[
            (column, column.key in columns)
            for column in CHOOSABLE.values()
            if tells_credit or column.key in columns or column.key not in CREDIT_METRICS
        ],
        chosen_with=[(name, value) for name, value in request.GET.items() if name not in ("column", "page", "format")],
        import_address=page.address("import", resource="campaigns") if may_write else "",
        here=request.get_full_path(),
    )


def _credits(
    page: ListPage, source: Ledger, window: Window | None, columns: Sequence[str], sort: str
) -> CampaignCredits | None:
    """What campaigns bring, if any column is of it, or they are sorted by one."""
    days = window or source.all_days()
    if days is None or not CREDIT_METRICS.keys() & {*columns, sort.removeprefix("-")}:
        return None
    rule = CreditRule.with_lookback_days(page.workspace.lookback_days)
    return campaign_credits(source, Question(window=days, now=page.now), rule)


def _columns_of_credit(credits: CampaignCredits | None) -> Sequence[str]:
    """Those that are shown unless somebody chooses: without money, conversions alone."""
    if credits is None:
        return ()
    return tuple(CREDIT_METRICS) if credits.has_money else ("conversions",)


def _campaigns_asked_for(page: ListPage) -> QuerySet[Campaign]:
    """What is not understood is left out, and told."""
    query = {
        "q": page.parameters.text("q") or "",
        "status": page.parameters.choice("status", CampaignStatus.values) or "",
        "channel": page.parameters.choice("channel", Channel.values) or "",
    }
    rows = Campaign.objects.filter(workspace=page.workspace)
    return CampaignFilter(
        query, rows, workspace=page.workspace, sees_addresses=page.audience.sees_addresses
    ).checked_rows()


def _fields(page: ListPage) -> list[FilterField]:
    return [
        page.field("q", "Search", "search", hint="A part of the name"),
        page.field("status", "Status", "choice", options=CampaignStatus.choices),
        page.field("channel", "Channel", "choice", options=Channel.choices),
        *page.dates("Messages from", "to"),
    ]


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
