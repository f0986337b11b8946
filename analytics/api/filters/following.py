"""What lists tell those who keep a copy of them: rows in the order of their changes, also those that came late."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers

from analytics.api.filters.base import InstantFilter, WorkspaceListFilter, instant_meant
from analytics.models.stamps import settled_before
from campaignos.errors import ParameterError
from campaignos.filters import Row

CHANGED_AT = "changedAt"
BY_CHANGE = {CHANGED_AT: "changed_at"}
"""Among a resource's orderings."""
OF_CHANGES = (CHANGED_AT, "personId", "mergedInto", "joinedTo")
"""What records have besides where changes are asked for."""
_PARAMETERS = ("changedFrom", "changedAfter")
_SINCE = {"changedFrom": "gte", "changedAfter": "gt"}


def asks_for_changes(query: Mapping[str, str]) -> bool:
    return query.get("ordering", "").removeprefix("-") == CHANGED_AT or any(query.get(name) for name in _PARAMETERS)


class FollowedFilter(WorkspaceListFilter):
    """A filter of rows of which copies are kept. Where changes are asked for, it leaves out those that others might
    still come before."""

    plain_only: ClassVar[Sequence[str]] = ("where", "segment", "filter", "until")
    """Parameters that cannot be asked together with changes."""

    changedFrom = InstantFilter(
        method="since", help_text="Changed at this instant or later, as `changedAt` has it; the row tells that, too."
    )
    changedAfter = InstantFilter(
        method="since",
        help_text="Changed after this instant, such as the `changedAt` of the last row that is known.",
    )

    def since(self, rows: QuerySet[Row], name: str, value: date | datetime) -> QuerySet[Row]:
        return _by_moment(rows, _SINCE[name], instant_meant(value, self.workspace.zone))

    def filter_queryset(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        if not asks_for_changes(self.data):
            return super().filter_queryset(rows)
        for name in self.plain_only:
            if self.data.get(name):
                allowed = f"nothing together with changedFrom, changedAfter or ordering={CHANGED_AT}"
                raise ParameterError(name, given=self.data.get(name), allowed=allowed)
        end = settled_before()
        if end is not None:
            rows = _by_moment(rows, "lt", end)
        return super().filter_queryset(rows)


def _by_moment(rows: QuerySet[Row], comparison: str, at: datetime) -> QuerySet[Row]:
    """Those that changed then, compared as the lookup says."""
    moment = rows.model.order_expressions["changed_at"]  # type: ignore[attr-defined]
    found: QuerySet[Row] = rows.alias(moment=moment).filter(**{f"moment__{comparison}": at})  # type: ignore[assignment]
    return found


class PersonIdField(serializers.Field[int, Any, str, Any]):
    """Who a row is of, as it was written: it stays the same, whomever the person is joined to."""

    _spectacular_annotation: ClassVar[dict[str, Any]] = {"field": {"type": "string"}}

    def to_representation(self, value: int) -> str:
        return f"per_{value}"


def changed_at() -> serializers.DateTimeField:
    return serializers.DateTimeField(
        source="changed_at", required=False, help_text="Where changes are asked for: when the row changed last."
    )


def person_id(source: str = "person_number") -> PersonIdField:
    return PersonIdField(
        source=source,
        required=False,
        help_text="Where changes are asked for: whose it is, as it was written, such as per_1. It never changes.",
    )
