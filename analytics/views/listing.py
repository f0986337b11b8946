"""What the pages of lists share: filters that are the address, a total, a page of rows, and all of them as a file."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from analytics.addresses import is_concealing
from analytics.lists import AnyList, ContactList, ListParameters, PeopleList, Results
from analytics.lists.by_metric import subjects_of
from analytics.lists.filter_names import known_filter
from analytics.lists.names import EXIST
from analytics.lists.people_columns import COLUMNS
from analytics.lists.query import HOUR, WEEKDAY, Query
from analytics.lists.rows import unknown_columns
from analytics.lists.steps import FUNNEL_STEP
from analytics.periods import DaysOfWeek, HourOfDay, Window
from analytics.presentation.formats import short_name
from analytics.presentation.lists.messages import DAYS_OF_WEEK
from analytics.presentation.lists.people import people_table
from analytics.presentation.lists.tables import list_table
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Table
from analytics.questions.filter_texts import SEVERAL_CONDITIONS
from analytics.views.column_chooser import PeopleShown
from analytics.views.filter_builder import FIELD, builder_of
from analytics.views.page import Chip, Page, open_membership
from analytics.views.table_files import TOO_LONG, FileFormat, TableFile, file_format
from campaignos.page_parameters import understood_of
from campaignos.pages import all_pages
from campaignos.sheets import MOST_ROWS
from workspaces.roles import Right

DAYS_OF_CHOICES = 30
"""Of how many days the values are that a filter offers, where the list has no days."""
MAX_PLACE_LENGTH = 1_000
MOST_WAYS_OUT = 5
"""How many conditions of an empty list are looked at whether they alone leave it empty."""
ROWS_OF_A_READ = 500
"""How many rows a file is written from at a time."""


@dataclass(frozen=True)
class FilterField:
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
class WayOut:
    """The chip of a condition, and how many rows there are without it."""

    chip: Chip
    total: int


@dataclass(kw_only=True)
class ListPage(Page):
    """A page that is asked for rows."""

    @cached_property
    def parameters(self) -> ListParameters:
        return ListParameters(
            self._existing(),
            zone=self.workspace.zone,
            now=self.now,
            notices=self.notices,
            sees_addresses=self.audience.sees_addresses,
            known=partial(known_filter, self.workspace, strict=False),
        )

    def _existing(self) -> Query:
        """The parameters without those that name what there is not. One query for each that names something."""
        query = self.request.GET.dict()
        several = {
            name: tuple(self.request.GET.getlist(name))
            for name in (*SEVERAL_CONDITIONS, FUNNEL_STEP, "exclude", COLUMNS)
            if name in query
        }
        for name in [name for name in EXIST if name in self.parameter_names and query.get(name)]:
            exists, allowed = EXIST[name]
            if (self.audience.sees_addresses or not is_concealing(query[name])) and not exists(
                self.workspace, query[name]
            ):
                given = query.pop(name)[:100]
                self.notices.append(f"{name} cannot be {given!r}; allowed: {allowed}. It is left out.")
        return {**query, **several}

    @property
    def parameter_names(self) -> Collection[str]:
        """The names of the parameters that the page reads."""
        match = self.request.resolver_match
        return understood_of(match.func).allowed if match else ()

    def chip(self, label: str, *names: str) -> Chip:
        return Chip(label, self.same(*names))

    def hour_chips(self, window: Window | None) -> list[Chip]:
        """Of the hour of a day, or the weekday, that a list is of."""
        if isinstance(window, DaysOfWeek):
            return [self.chip(f"{DAYS_OF_WEEK[window.weekday - 1]}s", WEEKDAY)]
        if not isinstance(window, HourOfDay):
            return []
        end = window.ends_at.astimezone(window.zone)
        return [self.chip(f"{window.name} to {end:%H:%M}", HOUR)]

    def field(self, name: str, label: str, kind: str = "text", **more: Any) -> FilterField:
        return FilterField(name, label, kind, value=self.request.GET.get(name, "")[:500], **more)

    def dates(self, first: str, last: str, names: tuple[str, str] = ("from", "to")) -> list[FilterField]:
        return [self.field(name, label, "date") for name, label in zip(names, (first, last), strict=True)]

    def campaign_field(self) -> FilterField:
        options = [(campaign.api_id, short_name(campaign.name)) for campaign in self.campaigns]
        note = "The newest are listed; others lead here from their own page" if self.leaves_out_campaigns else ""
        return self.field("campaign", "Campaign", "choice", options=options, note=note)

    def listing(
        self,
        listed: AnyList,
        *,
        found: Results[Any] | None = None,
        template: str = "lists/list.html",
        lines: Callable[[Sequence[Any]], list[Any]] | None = None,
        people: PeopleShown | None = None,
        chips: Sequence[Chip] = (),
        hidden: Sequence[tuple[str, str | tuple[str, ...]]] = (),
        **context: Any,
    ) -> HttpResponseBase:
        """The list as a page or, with `format`, all its rows as a file.

        `found` is what it finds, where that is known. `lines` makes of full rows what the template draws in place of
        the table. `people` says how people are shown.
        """
        found = found or self._results(listed, people)
        if kind := file_format(self.request):
            if kind is not FileFormat.XLSX or found.total <= MOST_ROWS:
                return self._file(listed, found, people, kind)
            self.notices.append(TOO_LONG)
        after = self.request.GET.get("after", "")[:MAX_PLACE_LENGTH]
        page = found.page(after)
        if names := unknown_columns(found):
            self.notices.append(f"Read from the events, which takes longer: there is no column of {', '.join(names)}.")
        table, rows = self._table(listed, page.rows, people)
        total = len(rows) if not after and not page.following else found.total
        tables = () if lines else (table,)
        return self.response(
            template,
            Presentation(meta=None, tables=tables),
            lines=lines(rows) if lines else None,
            total=total,
            chips=[*chips, *self.condition_chips(listed.conditions)],
            savable=self.conditions_to_save(listed.conditions),
            builder=builder_of(self, subjects_of(listed), self._window(listed)),
            can_be_filtered=FIELD in self.parameter_names,
            hidden=_each_value([*hidden, *listed.conditions.query.items()]),
            csv=self.same(format="csv"),
            xlsx=self.same(format="xlsx") if total <= MOST_ROWS else "",
            is_filtered=bool(listed.query),
            way_out=None if page.rows or after else self._way_out(listed),
            **self.neighbours(page.following),
            **context,
        )

    def _way_out(self, listed: AnyList) -> WayOut | None:
        """Of an empty list, the condition without which it has most rows, where it has any without one of them."""
        found = []
        for chip, condition in zip(
            self.condition_chips(listed.conditions), listed.conditions.meant.conditions[:MOST_WAYS_OUT], strict=False
        ):
            wider = replace(listed, conditions=listed.conditions.without([condition]))
            if wider.query and (total := wider.find(self.workspace, now=self.now).total):
                found.append(WayOut(chip, total))
        return max(found, key=lambda way: way.total, default=None)

    def _window(self, listed: AnyList) -> Window:
        """The days whose values a filter offers."""
        window = listed.signed_up if isinstance(listed, ContactList) else listed.window
        return window or Window.last_days(DAYS_OF_CHOICES, zone=self.workspace.zone, now=self.now)

    def _results(self, listed: AnyList, people: PeopleShown | None) -> Results[Any]:
        if people and people.order and isinstance(listed, ContactList):
            return listed.find(self.workspace, now=self.now, order=people.order)
        return listed.find(self.workspace, now=self.now)

    def _table(self, listed: AnyList, rows: Sequence[Any], people: PeopleShown | None) -> tuple[Table, list[Any]]:
        """Some rows of the list as a table, and as its `full_rows` has them."""
        if people and isinstance(listed, ContactList | PeopleList):
            full = listed.full_rows(self.workspace, rows, people.columns)
            return people_table(listed, full, self.audience, people.columns, people.sort, self.workspace.currency), full
        full_rows = listed.full_rows(self.workspace, rows)
        return list_table(listed, full_rows, self.audience), full_rows

    def _file(
        self, listed: AnyList, found: Results[Any], people: PeopleShown | None, kind: FileFormat
    ) -> HttpResponseBase:
        pages = all_pages(lambda after: found.page(after, ROWS_OF_A_READ))
        tables = (self._table(listed, rows, people)[0] for rows in pages)
        head, _ = self._table(listed, (), people)
        name = f"{self.workspace.slug}-{self.name}"
        file = TableFile(self.request, name, kind, self.workspace.zone)
        return file.of_tables(head, tables, count=found.total)


def _each_value(parameters: Sequence[tuple[str, str | tuple[str, ...]]]) -> list[tuple[str, str]]:
    return [
        (name, value) for name, values in parameters for value in ((values,) if isinstance(values, str) else values)
    ]


def open_list(request: HttpRequest, slug: str, name: str, title: str, right: Right = Right.READ) -> ListPage:
    """Two queries."""
    membership = open_membership(request, slug, right)
    return ListPage(request=request, name=name, title=title, membership=membership, now=timezone.now())
