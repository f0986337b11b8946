"""What every report page knows, and how it answers."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeVar

from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from analytics.destinations import KEPT_PARAMETERS
from analytics.ledger import Ledger, is_empty
from analytics.metrics import Metric
from analytics.models import Campaign, Channel
from analytics.periods import Interval, Window, first_kept_day, local_day
from analytics.presentation.formats import count_of, day, days
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import CELL_BYTES, LINK_BYTES, Link, Table
from analytics.questions.questions import Opens, Question
from analytics.questions.ranges import DEFAULT_RANGE, RANGES, Comparison, Match
from analytics.questions.reader import OF_PAGES, read_question
from analytics.views.csv import csv_response
from analytics.views.disclosure import DISCLOSED_TO
from analytics.views.room import CHOOSABLE_CAMPAIGNS, choosable_campaigns
from campaignos.page_parameters import FILE, JUDGED, PAGE, Allowed, understands, understood_of
from workspaces.access import page_membership
from workspaces.models import Membership, Workspace

_View = TypeVar("_View", bound=Callable[..., Any])

COMPARE, INTERVAL, CHANNEL, CAMPAIGN, OPENS = "compare", "interval", "channel", "campaign", "opens"
"""The filters a page can offer beside the range of days."""

LIST = "list"
"""The parameter of a campaign's page with the days of the list that led to it."""
DAYS = ("range", "from", "to")
DAYS_OF_LIST = Allowed("the days of a list, such as range=7d", r"(?:(?:range|from|to)=[^&]*(?:&|$))*")
PAGE_ROWS, FEWEST_ROWS = 50, 10
FEWEST_COLUMNS = 16
ROOM_OF_ROWS, LEAST_ROOM_OF_ROWS, ROOM_OF_CHARTS = 64_000, 30_000, 25_000
"""Bytes that the rows of all tables of a page may take together, less where its charts take more than theirs."""
COMPARISONS = {
    Comparison.OFF: "No comparison",
    Comparison.PREVIOUS: "Previous period",
    Comparison.YEAR: "Same period last year",
}
MATCHES = {Match.WEEKDAY: "Match weekdays", Match.DATE: "Match dates"}
WHOSE_OPENS = {Opens.HUMAN: "Exclude bot opens", Opens.ALL: "Include bot opens"}
INTERVALS = {Interval.DAY: "Daily", Interval.WEEK: "Weekly", Interval.MONTH: "Monthly"}


def understands_report(*names: str, many: Collection[str] = (), **allowed: Allowed) -> Callable[[_View], _View]:
    """Of a report page: beside its own parameters it reads those of all reports and tables, which are judged here."""
    of_tables = {"page": PAGE, "format": FILE, "table": JUDGED, "sort": JUDGED}
    return understands(*KEPT_PARAMETERS, *names, many=many, **of_tables, **allowed)


@dataclass
class Page:
    """Whose it is, what it is asked for, and what of the address was not understood."""

    request: HttpRequest
    name: str
    title: str
    membership: Membership
    question: Question
    notices: list[str]
    offers: frozenset[str]
    has_life: bool = False
    metrics_named: dict[str, Metric] = field(default_factory=dict)
    room: int = ROOM_OF_ROWS
    room_of_cell: int = ROOM_OF_ROWS
    room_of_rows: int = 0
    """Bytes that the next rows may take: their table's share, and what the tables before it have left."""
    ranges = RANGES
    comparisons = COMPARISONS
    matches = MATCHES
    intervals = INTERVALS
    channels = Channel
    whose_opens = WHOSE_OPENS

    @property
    def workspace(self) -> Workspace:
        return self.membership.workspace

    @property
    def source(self) -> Ledger:
        return Ledger(self.workspace)

    @property
    def now(self) -> datetime:
        return self.question.now

    @property
    def window(self) -> Window:
        return self.question.window

    @property
    def compared(self) -> Window | None:
        return self.question.compared_window

    @property
    def comparison_note(self) -> str:
        """Of which days changes are, where that is not plain; begins with a semicolon."""
        match = self.question.day_match
        if match is None:
            return ""
        number = len(match.pairs)
        if number < match.complete.days and not match.whole_months:
            same = "weekday" if self.question.match is Match.WEEKDAY else "date"
            compared = count_of(number, "day", "days")
            return f"; changes are of {compared} matched by {same}" if number else f"; no day has a match by {same}"
        return "; changes are of complete days" if self.question.is_running else ""

    @property
    def utc_offset(self) -> str:
        return self.now.astimezone(self.workspace.zone).isoformat()[-6:]

    @cached_property
    def campaigns(self) -> list[Campaign]:
        """The newest, to choose from, by name; the chosen one among them. One query, two with a chosen one."""
        return choosable_campaigns(self.workspace, self.question.part.campaign_id)

    def address(self, name: str, **query: str | None) -> str:
        """Another report's, with the filters that mean the same there."""
        asked = _parameters(self.request.GET, KEPT_PARAMETERS)
        if CAMPAIGN in query:  # has days of its own, and only leads back to those of the list
            days_of_list = _parameters(asked, DAYS).urlencode() if self.name == name else ""
            asked = _parameters(asked, (OPENS,))
            query[LIST] = days_of_list or None
        for key, value in query.items():
            if value is not None:
                asked[key] = str(value)
        return f"{reverse(name, args=[self.workspace.slug])}{'?' if asked else ''}{asked.urlencode()}"

    def link_address(self, link: Link) -> str:
        if link.keeps_filters:
            return self.address(link.name, **link.query)
        return f"{reverse(link.name, args=[self.workspace.slug])}?{urlencode(link.query)}"

    @property
    def list_address(self) -> str:
        """The list of campaigns that led to this one, with the days that it had."""
        asked = _parameters(QueryDict(self.request.GET.get(LIST, "")[:500]), DAYS)
        if opens := self.request.GET.get(OPENS):
            asked[OPENS] = opens
        return f"{reverse('campaign', args=[self.workspace.slug])}{'?' if asked else ''}{asked.urlencode()}"

    @cached_property
    def is_empty(self) -> bool:
        """Whether nothing has ever come in. Up to three queries."""
        return is_empty(self.workspace)

    @property
    def comparison_word(self) -> str:
        """What changes are told against."""
        if self.compared is None:
            return ""
        named = {Comparison.PREVIOUS: "previous period", Comparison.YEAR: "last year"}
        return named.get(self.question.comparison) or days(self.compared.first_day, self.compared.last_day)

    @property
    def choices(self) -> frozenset[str]:
        """The filters that are chosen from a list."""
        return self.offers & {INTERVAL, CHANNEL, CAMPAIGN, OPENS}

    @property
    def leaves_out_campaigns(self) -> bool:
        return len(self.campaigns) >= CHOOSABLE_CAMPAIGNS

    @property
    def live_link(self) -> str:
        query = self.request.GET.copy()
        if COMPARE in self.offers and COMPARE not in query:
            query[COMPARE] = self.question.comparison
        return self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode()}")

    @property
    def fixed_link(self) -> str:
        """The same days whenever it is opened."""
        query = self.request.GET.copy()
        query.pop("range", None)
        query["from"], query["to"] = self.window.first_day.isoformat(), self.window.last_day.isoformat()
        if self.compared:
            query["compare"] = Comparison.CUSTOM
            query["compareFrom"] = self.compared.first_day.isoformat()
            query["compareTo"] = self.compared.last_day.isoformat()
            query["match"] = self.question.match
        else:
            query["compare"] = Comparison.OFF
        return self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode()}")

    def response(
        self, template: str = "", presentation: Presentation | None = None, **context: Any
    ) -> HttpResponseBase:
        """The page or, with `format=csv`, one of its tables."""
        shown = presentation or Presentation(meta=None)
        self._tell_of_sort(shown.all_tables)
        whole = {table.key: self._sorted(table) for table in shown.all_tables}
        with timezone.override(self.workspace.zone):
            if self.request.GET.get("format") == "csv":
                return self._csv(whole)
            drawn = sum(chart.bytes_drawn for chart in shown.charts)
            self.room = max(LEAST_ROOM_OF_ROWS, min(self.room, self.room + ROOM_OF_CHARTS - drawn))
            by_key = self._cut(whole)
            self.room_of_cell = self.room // max(1, sum(table.cell_count for table in by_key.values()))
            shell = {"membership": self.membership, "nav": self.name, "title": self.title, "page": self}
            drawings = [
                replace(chart, table=by_key[chart.table.key], source=whole[chart.table.key]) for chart in shown.charts
            ]
            of_report = {
                "tiles": shown.tiles,
                "tables": by_key,
                "shown_tables": [by_key[table.key] for table in shown.tables],
                "charts": drawings,
                "numbers": shown.numbers,
                "meta": shown.meta,
            }
            return render(self.request, f"reports/{template or self.name}.html", {**shell, **of_report, **context})

    def _columns_of(self, table: Table) -> int:
        """How many a table may have: the more, the fewer rows it has."""
        return max(FEWEST_COLUMNS, self.room // ((CELL_BYTES + LINK_BYTES) * max(1, len(table.rows))))

    def _sorted(self, table: Table) -> Table:
        return table.sorted_by(self.request.GET.get("sort", ""))

    def _tell_of_sort(self, tables: Iterable[Table]) -> None:
        sort = self.request.GET.get("sort", "")
        possible = {column.key for table in tables if table.sortable for column in table.columns}
        if sort and sort.removeprefix("-") not in possible:
            allowed = (
                f"{', '.join(sorted(possible))}, or one of these with a - before it" if possible else "nothing here"
            )
            self.notices.append(f"sort cannot be {sort[:100]!r}; allowed: {allowed}. It is left out.")

    def _cut(self, tables: Mapping[str, Table]) -> dict[str, Table]:
        """All of them at the page that the address says, with fewer rows a page the more columns there are."""
        tables = {key: table.narrowed(self._columns_of(table)) for key, table in tables.items()}
        row = sum(table.bytes_of_row for table in tables.values() if len(table.rows) > FEWEST_ROWS)
        size = max(FEWEST_ROWS, min(PAGE_ROWS, self.room // max(1, row)))
        page = self.request.GET.get("page", "")
        return {key: table.cut(page, size) for key, table in tables.items()}

    def _csv(self, tables: Mapping[str, Table]) -> HttpResponseBase:
        table = tables.get(self.request.GET.get("table", ""))
        if table is None:
            raise Http404
        days = f"{self.window.first_day}-{self.window.last_day}"
        return csv_response([*table.records()], f"{self.workspace.slug}-{self.name}-{table.key}-{days}")


def opened(
    request: HttpRequest,
    slug: str,
    name: str,
    title: str,
    offers: Iterable[str] = (),
    *,
    default_range: str = DEFAULT_RANGE,
    life: Callable[[Workspace], tuple[date, date] | None] | None = None,
) -> Page:
    """The page for a member, others get a 404. Two queries, one more for all time.

    `life` tells the first and the last day of what the page is of: shown where the address has no days.
    """
    membership = request.META[DISCLOSED_TO] = page_membership(request, slug)
    workspace, now = membership.workspace, timezone.now()

    def earliest() -> date:
        return Ledger(workspace).first_day() or local_day(now, workspace.zone)

    question, notices = read_question(
        request.GET.dict(),
        now=now,
        zone=workspace.zone,
        earliest=earliest,
        defaults=replace(
            OF_PAGES,
            range=default_range,
            comparison=_remembered_comparison(request),
            life=life(workspace) if life else None,
        ),
    )
    if COMPARE not in offers:
        question = replace(question, comparison=Comparison.OFF, compared_days=None)
    if (kept := first_kept_day(workspace.kept_days, zone=workspace.zone, now=now)) and question.window.first_day < kept:
        told = f"Events and messages are kept for {workspace.kept_days:,} days: those from before {day(kept)} are gone."
        notices = (*notices, told)
    notices = (*notices, *_not_offered(request, offers))
    return Page(
        request=request,
        name=name,
        title=title,
        membership=membership,
        question=question,
        notices=list(notices),
        offers=frozenset(offers),
        has_life=life is not None,
    )


def _parameters(query: QueryDict, names: Iterable[str]) -> QueryDict:
    """These of the parameters."""
    found = QueryDict(mutable=True)
    found.update({name: str(query[name]) for name in names if query.get(name)})
    return found


NOT_COMPARED = "This page compares with no other days."


def _not_offered(request: HttpRequest, offers: Iterable[str]) -> Iterator[str]:
    """What goes along from page to page, and this one does not do, and therefore says."""
    if request.GET.get(COMPARE) in (Comparison.PREVIOUS, Comparison.YEAR, Comparison.CUSTOM) and COMPARE not in offers:
        yield NOT_COMPARED
    match = request.resolver_match
    is_read_elsewhere = match is not None and CHANNEL in understood_of(match.func).allowed
    if request.GET.get(CHANNEL) and is_read_elsewhere and CHANNEL not in offers:
        yield "channel is no filter of one campaign: all of its channels are counted."


def _remembered_comparison(request: HttpRequest) -> Comparison:
    """What was chosen last, and is chosen now: what other pages without a choice in their address compare with."""
    chosen, before = request.GET.get(COMPARE, ""), request.session.get(COMPARE, "")
    if chosen != before and chosen in COMPARISONS:
        request.session[COMPARE] = chosen
    return Comparison(before) if before in COMPARISONS else Comparison.PREVIOUS  # it may have had another name then
