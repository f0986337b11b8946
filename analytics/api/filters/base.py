"""What the filters of all lists of the API are made of: instants, names that must exist, and conditions."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from analytics.addresses import is_concealing
from analytics.api import params
from analytics.lists.conditions import ListConditions, RowConditions
from analytics.lists.names import EXIST
from analytics.lists.rows import inside
from analytics.periods import DaysOfWeek, Window, start_of_day
from analytics.questions.fields import Subject
from analytics.questions.filter_reader import MAX_FILTER_BYTES, FilterParameters
from analytics.questions.parts import NO_PARTS
from campaignos.days import FIRST_DAY, LAST_DAY
from campaignos.errors import ParameterError
from campaignos.filters import NOT_ALLOWED, ListFilter, Row, TextFilter, TextsFilter, WholeNumberFilter
from workspaces.models import Workspace


class InstantFilterField(forms.Field):
    """A day, which is one of the workspace's zone, or an instant, which is in UTC unless it says otherwise."""

    allowed = (
        "a day such as 2026-01-15, or an instant such as 2026-01-15T09:30:00Z (UTC without an offset), of the years "
        f"{FIRST_DAY.year} to {LAST_DAY.year}"
    )

    def to_python(self, value: str | None) -> date | datetime | None:
        if not value:
            return None
        try:
            escaped = value.replace(" ", "+") if "T" in value else value  # an offset's "+" comes as a blank
            at = parse_date(value) or parse_datetime(escaped)
        except ValueError:
            at = None
        if at is None or not FIRST_DAY.year <= at.year <= LAST_DAY.year:
            raise ValidationError(NOT_ALLOWED)
        return at


def instant_meant(value: date | datetime, zone: ZoneInfo) -> datetime:
    """Of a day the first instant; what has no offset is in UTC."""
    if not isinstance(value, datetime):
        return start_of_day(value, zone)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


class InstantFilter(django_filters.Filter):  # type: ignore[misc]  # the library has no types
    """Rows from an instant on (`gte`) or before it (`lt`)."""

    field_class = InstantFilterField

    def filter(self, rows: QuerySet[Row], value: date | datetime | None) -> QuerySet[Row]:
        if value is None:
            return rows
        at = instant_meant(value, self.parent.workspace.zone)
        return rows.filter(**{f"{self.field_name}__{self.lookup_expr}": at})


class WorkspaceListFilter(ListFilter):
    """`sees_addresses` is whether the caller may see email addresses, and so whether they may search in them.

    A caller who may not finds nothing by an address or number: a list that has the row would confirm it. `named` are
    the parameters that name something which must exist, `days_of` say which instant its parameters of days mean.
    """

    named: ClassVar[Sequence[str]] = ()
    days_of: ClassVar[Mapping[str, str]] = {}

    def __init__(
        self,
        query: Mapping[str, str],
        rows: QuerySet[Row],
        *,
        workspace: Workspace,
        sees_addresses: bool,
        now: datetime | None = None,
    ) -> None:
        super().__init__(query, rows)
        self.workspace = workspace
        self.sees_addresses = sees_addresses
        self.now = now or timezone.now()

    def days_between(self, first: str, before: str, *, needed_by: str) -> Window:
        """The days from `first` to before `before`, two parameters that must be days. Raises ParameterError for
        `needed_by`, the parameter that needs them."""
        days = [self.form.cleaned_data[name] for name in (first, before)]
        if not all(type(day) is date for day in days) or not days[0] < days[1]:
            allowed = f"what is asked together with {first} and {before}, both days, the one before the other"
            raise ParameterError(needed_by, given=self.data.get(needed_by), allowed=allowed)
        return Window.between(days[0], days[1] - timedelta(days=1), zone=self.workspace.zone)

    def filter_queryset(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        texts = self.form.cleaned_data.values()
        if not self.sees_addresses and any(isinstance(text, str) and is_concealing(text) for text in texts):
            return rows.none()
        filtered: QuerySet[Row] = super().filter_queryset(rows)
        return filtered

    def on_weekday(self, rows: QuerySet[Row], name: str, value: int) -> QuerySet[Row]:
        """Those on one weekday of the days asked for, by the first of the instants of `days_of` that is asked with."""
        instant = next((each for each in self.days_of if self.data.get(f"{each}From")), next(iter(self.days_of)))
        return inside(rows, self.days_of[instant], self.days_of_week(instant, value))

    def days_of_week(self, instant: str, weekday: int) -> DaysOfWeek:
        """Raises ParameterError without days, and for no weekday."""
        window = self.days_between(f"{instant}From", f"{instant}Before", needed_by="weekday")
        if weekday not in range(1, 8):
            raise ParameterError("weekday", given=str(weekday), allowed="1, Monday, to 7")
        return DaysOfWeek.of_window(window, weekday)

    @classmethod
    def check_names(cls, query: QueryDict, workspace: Workspace) -> None:
        for name in cls.named:
            given = query.get(name)
            exists, allowed = EXIST[name]
            if given and not is_concealing(given) and not exists(workspace, given):
                raise ParameterError(name, given=given, allowed=allowed)


class DayParameterField(InstantFilterField):
    allowed = f"a day such as 2026-01-15, of the years {FIRST_DAY.year} to {LAST_DAY.year}"

    def to_python(self, value: str | None) -> date | None:
        day = super().to_python(value)
        if isinstance(day, datetime):
            raise ValidationError(NOT_ALLOWED)
        return day


class DayFilter(django_filters.Filter):  # type: ignore[misc]
    field_class = DayParameterField


def weekday_filter(method: str = "on_weekday") -> WholeNumberFilter:
    """Of rows on days."""
    return WholeNumberFilter(
        method=method,
        help_text="Together with days: those on this weekday, from 1, Monday, to 7, of the workspace's clock.",
    )


class ConditionedListFilter(WorkspaceListFilter):
    """A filter that also takes conditions on `subjects`."""

    subjects: ClassVar[Sequence[Subject]] = (Subject.PEOPLE,)

    where = TextsFilter(
        method="part_of_conditions",
        allowed="conditions such as `utm.source:newsletter`, `property.amount>=100` or `contact.plan!:*`",
        help_text="Rows that meet this condition; several times: all of them.",
    )
    segment = TextsFilter(
        method="part_of_conditions",
        allowed="ids such as seg_4",
        help_text="Rows of the people of a segment; several times: of all of them.",
    )
    filter = TextFilter(
        method="part_of_conditions",
        max_length=MAX_FILTER_BYTES,
        help_text="Conditions as JSON: what the text form cannot say, such as what somebody did.",
    )
    until = DayFilter(
        method="part_of_conditions",
        help_text="The day with which ends what has to lie `within` so many days; today, unless said.",
    )

    def part_of_conditions(self, rows: QuerySet[Row], name: str, value: Any) -> QuerySet[Row]:
        return rows

    def filter_queryset(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        conditions = self.conditions
        found: QuerySet[Row] = super().filter_queryset(rows)
        return self.meeting(found, conditions) if conditions.parts != NO_PARTS else found

    @cached_property
    def conditions(self) -> RowConditions:
        """Raises as `list_conditions`."""
        return self.list_conditions.rows(self.workspace, None, self.now)

    @cached_property
    def list_conditions(self) -> ListConditions:
        """Raises ParameterError for the first condition that is not understood, or that names something which does not
        exist."""
        asked = self.form.cleaned_data
        parameters = FilterParameters(asked["where"], asked["segment"], asked["filter"] or None)
        condition = params.conditions(
            parameters, self.workspace, subjects=self.asked_subjects, sees_addresses=self.sees_addresses
        )
        return ListConditions(condition, asked["until"])

    @property
    def asked_subjects(self) -> Sequence[Subject]:
        """What conditions can be about beside what is asked."""
        return self.subjects

    def meeting(self, rows: QuerySet[Any], conditions: RowConditions) -> QuerySet[Any]:
        """The rows that meet the conditions."""
        return conditions.of_people(rows)
