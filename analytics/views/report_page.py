"""What every report page knows, and how it answers."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils import timezone

from analytics.destinations import KEPT_PARAMETERS
from analytics.ledger import Ledger, is_empty
from analytics.lists import AnyList, ListConditions, under_conditions
from analytics.lists.filter_names import known_filter
from analytics.lists.query import Query
from analytics.lists.steps import steps_query
from analytics.models import Channel
from analytics.models.properties import property_id
from analytics.periods import MAX_DAYS_BY_HOUR, Interval, Window, first_kept_day, local_day
from analytics.presentation.comparison import compared_word
from analytics.presentation.facts_read import MOST_NAMED, facts_read_text
from analytics.presentation.fitting import fit_page, room_of_rows
from analytics.presentation.formats import count_of, day, short_name
from analytics.presentation.groups import split_label
from analytics.presentation.presentation import NOTHING_SHOWN, Presentation
from analytics.presentation.tables import Link
from analytics.questions.condition_values import ConditionValues
from analytics.questions.errors import QuestionError
from analytics.questions.fields import PROPERTY_PREFIX, Subject
from analytics.questions.filter_reader import FILTER_PARAMETERS, FilterParameters, read_filter
from analytics.questions.filter_texts import SEVERAL_CONDITIONS, canonical
from analytics.questions.filters import AllOf
from analytics.questions.groups import DEFAULT_GROUPS, MOST_GROUPS, Breakdown, read_breakdown
from analytics.questions.questions import LIFE, Opens, Question
from analytics.questions.ranges import DEFAULT_RANGE, RANGES, Comparison, Match
from analytics.questions.reader import OF_PAGES, Defaults, read_question
from analytics.questions.steps import Step
from analytics.views.disclosure import sees_addresses
from analytics.views.filter_builder import FIELD, SPLIT_BY, builder_of
from analytics.views.page import Chip, Page, open_membership
from analytics.views.table_files import FileFormat, TableFile, file_format
from campaignos.page_parameters import FILE, JUDGED, PAGE, AllowedValues, understands, understood_of
from workspaces.models import Membership, Workspace
from workspaces.roles import Right

_View = TypeVar("_View", bound=Callable[..., Any])


class PageFilter(StrEnum):
    """What a page can offer beside the range of days, by the name of its parameter."""

    COMPARE = "compare"
    INTERVAL = "interval"
    CHANNEL = "channel"
    CAMPAIGN = "campaign"
    OPENS = "opens"


ON_EVENTS = (Subject.PEOPLE, Subject.EVENTS)
ON_MESSAGES = (Subject.PEOPLE, Subject.MESSAGES)
"""What conditions of a page can be about."""
NO_SPLIT = "none"
GROUP_LIMIT = AllowedValues(f"a whole number from 1 to {MOST_GROUPS:,}", "[1-9][0-9]{0,2}|1000")
LIST_PARAMETER = "list"
"""The parameter of a campaign's page with the days of the list that led to it."""
DAYS_OF_REPORTS = ("range", "from", "to")
DAYS_OF_LIST = AllowedValues("the days of a list, such as range=7d", r"(?:(?:range|from|to)=[^&]*(?:&|$))*")
COMPARISON_LABELS = {
    Comparison.OFF: "No comparison",
    Comparison.PREVIOUS: "Previous period",
    Comparison.YEAR: "Same period last year",
}
MATCH_LABELS = {Match.WEEKDAY: "Match weekdays", Match.DATE: "Match dates"}
OPENS_LABELS = {Opens.HUMAN: "Exclude bot opens", Opens.ALL: "Include bot opens"}
INTERVAL_LABELS = {Interval.HOUR: "Hourly", Interval.DAY: "Daily", Interval.WEEK: "Weekly", Interval.MONTH: "Monthly"}


def understands_report(*names: str, many: Collection[str] = (), **allowed: AllowedValues) -> Callable[[_View], _View]:
    """Of a report page: beside its own parameters it reads those of all reports and tables, which are judged here."""
    of_tables = {"page": PAGE, "format": FILE, "table": JUDGED, "sort": JUDGED, FIELD: JUDGED}
    of_groups = {SPLIT_BY: JUDGED, "limit": GROUP_LIMIT}
    return understands(*KEPT_PARAMETERS, *names, many=(*many, *SEVERAL_CONDITIONS), **of_tables, **of_groups, **allowed)


@dataclass(kw_only=True)
class ReportPage(Page):
    """A page that is asked a question."""

    question: Question
    source: Ledger
    offers: frozenset[str]
    subjects: Collection[Subject] = ()
    steps: Sequence[Step] = ()
    has_life: bool = False
    can_be_split: bool = True
    shown_by_default: dict[str, str] = field(default_factory=dict)
    """What it shows of its own parameters where the address does not say it."""
    ranges = RANGES
    comparisons = COMPARISON_LABELS
    matches = MATCH_LABELS
    channels = Channel
    whose_opens = OPENS_LABELS

    @property
    def window(self) -> Window:
        return self.question.window

    @property
    def compared_window(self) -> Window | None:
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

    def address_with_filters(self, name: str, /, **query: str | tuple[str, ...] | None) -> str:
        """Another report's, with the filters that mean the same there."""
        asked = _parameters(self.request.GET, KEPT_PARAMETERS)
        if PageFilter.CAMPAIGN in query:  # has days of its own, and only leads back to those of the list
            days_of_list = _parameters(asked, DAYS_OF_REPORTS).urlencode() if self.name == name else ""
            asked = _parameters(asked, (PageFilter.OPENS, *FILTER_PARAMETERS))
            query[LIST_PARAMETER] = days_of_list or None
        for key, value in query.items():
            if key in SEVERAL_CONDITIONS and value is not None:
                asked.setlist(key, [*dict.fromkeys((*asked.getlist(key), *value))])
            elif value is not None:
                asked[key] = str(value)
        return f"{reverse(name, args=[self.workspace.slug])}{'?' if asked else ''}{asked.urlencode()}"

    def link_address(self, link: Link) -> str:
        if not link.name:
            return self._with_conditions(link.query)
        return self.address_with_filters(link.name, **link.query) if link.keeps_filters else super().link_address(link)

    def _with_conditions(self, query: Mapping[str, str | tuple[str, ...]]) -> str:
        """This page's address with these conditions more, not broken down."""
        asked = self.request.GET.copy()
        for name in (SPLIT_BY, "limit", "page", "format", "sort", "table", FIELD):
            asked.pop(name, None)
        for name, values in query.items():
            asked.setlist(name, [*dict.fromkeys((*asked.getlist(name), *values))])
        return f"{self.request.path}?{asked.urlencode()}"

    @property
    def list_address(self) -> str:
        """The list of campaigns that led to this one, with the days that it had."""
        asked = _parameters(QueryDict(self.request.GET.get(LIST_PARAMETER, "")[:500]), DAYS_OF_REPORTS)
        for name, values in _parameters(self.request.GET, (PageFilter.OPENS, *FILTER_PARAMETERS)).lists():
            asked.setlist(name, values)
        return f"{reverse('campaign', args=[self.workspace.slug])}{'?' if asked else ''}{asked.urlencode()}"

    def under_conditions(self, rows: AnyList | None) -> AnyList | None:
        """Those of the rows that meet the question's conditions; None where these cannot apply to them."""
        return rows and under_conditions(rows, self.question.part)

    @cached_property
    def chips(self) -> list[Chip]:
        """One for each condition, and for what the page is split by."""
        split = self.question.split
        return [*self.condition_chips(self._conditions), *([self._split_chip(split)] if split else [])]

    @property
    def unfiltered_address(self) -> str:
        """This page's without its filters; empty where it has none."""
        part = self.question.part
        choices = self.offers & {PageFilter.CHANNEL, PageFilter.CAMPAIGN}
        if not part.has_conditions and not any(self.request.GET.get(name) for name in choices):
            return ""
        return self.same(*FILTER_PARAMETERS, "page", *choices)

    def _split_chip(self, split: Breakdown) -> Chip:
        return Chip(f"Split by {split_label(split).lower()}", self.same(SPLIT_BY, "limit"))

    @property
    def segment_to_save(self) -> list[tuple[str, str]]:
        return self.conditions_to_save(self._conditions)

    @property
    def _conditions(self) -> ListConditions:
        return ListConditions(canonical(self.question.part.where.all))

    @cached_property
    def is_empty(self) -> bool:
        """Whether nothing has ever come in. Up to three queries."""
        return is_empty(self.workspace)

    @property
    def facts_read(self) -> str:
        """What it says of that which it read from the events, for want of columns; to be asked after its reports."""
        return self.audience.text(facts_read_text(self.source.facts_read))

    @property
    def column_links(self) -> list[tuple[str, str]]:
        """Where columns of these can be switched on, for who may: of each its name and the address."""
        parts = self.source.facts_read[:MOST_NAMED] if self.may(Right.WRITE) else ()
        return [
            (
                f"Column of {short_name(name)} ({short_name(part.event_type)})",
                self.address("settings-property", property_id(self.workspace.pk, part.event_type, name)),
            )
            for part in parts
            if (name := part.column.removeprefix(PROPERTY_PREFIX)) != part.column
        ]

    def compare_if_asked(self) -> None:
        """What was compared last on other pages is not compared on this: it takes more time, and is not what one comes
        for."""
        if PageFilter.COMPARE not in self.request.GET:
            self.question = replace(self.question, comparison=Comparison.OFF, compared_days=None)

    @property
    def comparison_word(self) -> str:
        """What changes are told against."""
        return compared_word(self.question)

    @property
    def intervals(self) -> Mapping[Interval, str]:
        """Those that keep its charts legible, by what they are called."""
        is_long = self.window.days > MAX_DAYS_BY_HOUR
        return {key: label for key, label in INTERVAL_LABELS.items() if not (is_long and key is Interval.HOUR)}

    @property
    def choices(self) -> frozenset[str]:
        """The filters that are chosen from a list."""
        return self.offers & {PageFilter.INTERVAL, PageFilter.CHANNEL, PageFilter.CAMPAIGN, PageFilter.OPENS}

    @property
    def may_save(self) -> bool:
        """What the page shows; of a funnel once it has steps."""
        return self.may(Right.CURATE) and (self.name != "funnel" or bool(self.steps))

    @property
    def query_to_save(self) -> str:
        """What the page shows, said whole: also what its address leaves out."""
        query = self.request.GET.copy()
        query.update({name: said for name, said in self.shown_by_default.items() if name not in query})
        query[PageFilter.COMPARE] = self.question.comparison
        if self.question.range != LIFE and not any(query.get(name) for name in DAYS_OF_REPORTS):
            query["range"] = self.question.range
        if self.steps:
            for name, said in self._steps_to_save.items():
                query.setlist(name, [said] if isinstance(said, str) else [*said])
        return query.urlencode()

    @property
    def _steps_to_save(self) -> Query:
        """Those of a saved funnel are named by it, with its rules, unless the address has others."""
        match = self.request.resolver_match
        saved = match.kwargs.get("pk") if match else None
        return {"funnel": f"fun_{saved}"} if saved else steps_query(self.steps, "step")

    @property
    def live_link(self) -> str:
        query = self.request.GET.copy()
        if PageFilter.COMPARE in self.offers and PageFilter.COMPARE not in query:
            query[PageFilter.COMPARE] = self.question.comparison
        return self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode()}")

    @property
    def fixed_link(self) -> str:
        """The same days whenever it is opened."""
        query = self.request.GET.copy()
        query.pop("range", None)
        query["from"], query["to"] = self.window.first_day.isoformat(), self.window.last_day.isoformat()
        if self.compared_window:
            query["compare"] = Comparison.CUSTOM
            query["compareFrom"] = self.compared_window.first_day.isoformat()
            query["compareTo"] = self.compared_window.last_day.isoformat()
            query["match"] = self.question.match
        else:
            query["compare"] = Comparison.OFF
        return self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode()}")

    def refuse_split(self) -> None:
        """Of a page that has groups of its own."""
        self.can_be_split = False
        if self.question.split is not None:
            self.question = replace(self.question, split=None)
            asked = [name for name in (SPLIT_BY, "limit") if self.request.GET.get(name)]
            self.notices += [f"{name} changes nothing on this page." for name in asked]

    def respond(self, template: str, shown: Presentation = NOTHING_SHOWN, **context: Any) -> HttpResponseBase:
        """The page or, with `format`, one of its tables as a file."""
        sort = self.request.GET.get("sort", "")
        if sort and not shown.can_be_sorted_by(sort):
            self.notices.append(_sort_notice(sort, shown))
        self.notices += shown.notices
        part = self.question.part
        if part.has_conditions and (left_out := shown.left_out(part)):
            self.notices.append(f"The filters cannot apply to {', '.join(left_out)}.")
        whole = shown.under(part).sorted_by(sort)
        if kind := file_format(self.request):
            return self._file(whole, kind)
        fit = fit_page(whole, self.request.GET.get("page", ""), room_of_rows(whole, self.room))
        builder = builder_of(self, self.subjects, self.window, splits=self.can_be_split, steps=self.steps)
        return self.response(template, fit, builder=builder, **context)

    def _file(self, shown: Presentation, kind: FileFormat) -> HttpResponseBase:
        key = self.request.GET.get("table", "")
        table = next((table for table in shown.all_tables if table.key == key), None)
        if table is None:
            raise Http404
        days = f"{self.window.first_day}-{self.window.last_day}"
        name = f"{self.workspace.slug}-{self.name}-{table.key}-{days}"
        return TableFile(self.request, name, kind, self.workspace.zone).of_table(table)


def _sort_notice(sort: str, shown: Presentation) -> str:
    possible = sorted(shown.sort_keys)
    allowed = f"{', '.join(possible)}, or one of these with a - before it" if possible else "nothing here"
    return f"sort cannot be {sort[:100]!r}; allowed: {allowed}. It is left out."


def open_report(
    request: HttpRequest,
    slug: str,
    name: str,
    title: str,
    offers: Iterable[str] = (),
    *,
    subjects: Collection[Subject] = tuple(Subject),
    steps: Sequence[Step] = (),
    membership: Membership | None = None,
    default_range: str = DEFAULT_RANGE,
    life: Callable[[Ledger], tuple[date, date] | None] | None = None,
) -> ReportPage:
    """The page for a member, others get a 404. Two queries where the membership is not known, one more for all time.

    `subjects` are what its conditions can be about, and what it can be split by; `steps` are those of a funnel, with
    conditions of their own. `life` tells the first and the last day of what the page is of: shown where the address has
    no days.
    """
    membership = membership or open_membership(request, slug)
    workspace, now = membership.workspace, timezone.now()
    source = Ledger(workspace)
    defaults = replace(
        OF_PAGES,
        range=default_range,
        comparison=_remembered_comparison(request),
        life=life(source) if life else None,
    )
    question, notices = _question(request, membership, subjects, defaults, now)
    if PageFilter.COMPARE not in offers:
        question = replace(question, comparison=Comparison.OFF, compared_days=None)
    return ReportPage(
        request=request,
        name=name,
        title=title,
        membership=membership,
        now=now,
        question=question,
        source=source,
        notices=[*notices, *_not_kept(workspace, question), *_not_offered(request, offers)],
        offers=frozenset(offers),
        subjects=subjects,
        steps=steps,
        has_life=life is not None,
    )


def _question(
    request: HttpRequest, membership: Membership, subjects: Collection[Subject], defaults: Defaults, now: datetime
) -> tuple[Question, tuple[str, ...]]:
    """What the address asks, and a notice for each thing that was not understood."""
    workspace = membership.workspace

    def earliest() -> date:
        return Ledger(workspace).first_day() or local_day(now, workspace.zone)

    conditions, notices = _conditions(request.GET, membership, subjects)
    question, of_question = read_question(
        request.GET.dict(), now=now, zone=workspace.zone, earliest=earliest, defaults=defaults, conditions=conditions
    )
    split, of_split = _split(request.GET, workspace, subjects)
    return replace(question, split=split), (*notices, *of_question, *of_split)


def _split(
    query: QueryDict, workspace: Workspace, subjects: Collection[Subject]
) -> tuple[Breakdown | None, Sequence[str]]:
    """What a page is split by, and a notice for what is no such thing or names what there is not."""
    given, limit = query.get(SPLIT_BY, ""), query.get("limit", "")
    if given in ("", NO_SPLIT):
        return None, ["limit means nothing without breakdown. It is left out."] if limit else []
    try:
        found = read_breakdown(given, subjects, int(limit) if GROUP_LIMIT.accepts(limit) else DEFAULT_GROUPS)
        known_filter(workspace, found.names, strict=True)
    except QuestionError as error:
        return None, [f"{SPLIT_BY} cannot be {given[:100]!r}; allowed: {error.allowed}. It is left out."]
    is_left_out = limit and not found.has_limit
    return found, ["limit means nothing beside segments. It is left out."] if is_left_out else []


def _not_kept(workspace: Workspace, question: Question) -> Iterator[str]:
    """That the first of its days are gone."""
    kept = first_kept_day(workspace.kept_days, zone=workspace.zone, now=question.now)
    if kept and question.window.first_day < kept:
        yield f"Events and messages are kept for {workspace.kept_days:,} days: those from before {day(kept)} are gone."


def _conditions(
    query: QueryDict, membership: Membership, subjects: Collection[Subject]
) -> tuple[AllOf, tuple[str, ...]]:
    """Those on the subjects that name what there is, and a notice for each of the others."""
    values = ConditionValues(membership.workspace.zone, sees_addresses(membership))
    found, notices = read_filter(FilterParameters.of(query), values, strict=False, subjects=subjects)
    known, others = known_filter(membership.workspace, found, strict=False)
    return known, (*notices, *others)


def _parameters(query: QueryDict, names: Iterable[str]) -> QueryDict:
    """These of the parameters, each as often as it is there."""
    found = QueryDict(mutable=True)
    for name in names:
        if values := [value for value in query.getlist(name) if value]:
            found.setlist(name, values if name in SEVERAL_CONDITIONS else values[-1:])
    return found


NOT_COMPARED = "This page compares with no other days."


def _compares(query: QueryDict) -> bool:
    compared = (Comparison.PREVIOUS, Comparison.YEAR, Comparison.CUSTOM)
    return query.get(PageFilter.COMPARE) in compared or bool(query.get("match"))


def _not_offered(request: HttpRequest, offers: Iterable[str]) -> Iterator[str]:
    """Parameters that go along from page to page but mean nothing on this one, which says so."""
    if PageFilter.COMPARE not in offers and _compares(request.GET):
        yield NOT_COMPARED
    for name in (PageFilter.INTERVAL, PageFilter.OPENS):
        if request.GET.get(name) and name not in offers:
            yield f"{name} changes nothing on this page."
    match = request.resolver_match
    is_read_elsewhere = match is not None and PageFilter.CHANNEL in understood_of(match.func).allowed
    if request.GET.get(PageFilter.CHANNEL) and is_read_elsewhere and PageFilter.CHANNEL not in offers:
        yield "channel is no filter of one campaign: all of its channels are counted."


def _remembered_comparison(request: HttpRequest) -> Comparison:
    """What was chosen last, and is chosen now: what other pages without a choice in their address compare with."""
    chosen, before = request.GET.get(PageFilter.COMPARE, ""), request.session.get(PageFilter.COMPARE, "")
    if chosen != before and chosen in COMPARISON_LABELS:
        request.session[PageFilter.COMPARE] = chosen
    is_known = before in COMPARISON_LABELS  # it may have had another name then
    return Comparison(before) if is_known else Comparison.PREVIOUS
