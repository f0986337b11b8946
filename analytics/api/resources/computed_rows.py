"""Lists of rows that no table holds: they are found out when they are asked for, and paged by what orders them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from analytics.models import EventProperty
from analytics.periods import MAX_DAYS, Window
from campaignos.conditional import answer
from campaignos.encryption import decrypt, encrypt
from campaignos.errors import ParameterError
from campaignos.pages import page_size
from campaignos.record_files import records_response
from campaignos.resources.cells import FILES, cells, columns, heading
from workspaces.resources import ResourceViewSet

DAYS_LOOKED_AT = 30
Place = tuple[Any, ...]


@dataclass(frozen=True)
class ComputedOrder:
    """By one of a resource's orderings, and where the rows begin: behind a place, None for the first."""

    name: str
    is_descending: bool
    after: Place | None

    def is_before(self, place: Place) -> bool:
        """Whether what is at the place is asked for."""
        if self.after is None:
            return True
        after = self.after[: len(place)]
        return place < after if self.is_descending else place > after

    def is_at(self, place: Place) -> bool:
        """Whether the rows begin within what is at the place."""
        return self.after is not None and place == self.after[: len(place)]


class ComputedRowsViewSet(ResourceViewSet):
    """With the lists of resources, but of rows that are values."""

    has_uuids = True

    def computed_rows(self, filters: Mapping[str, Any], order: ComputedOrder) -> Iterator[tuple[Place, dict[str, Any]]]:
        """The records from a place on, each with its own place."""
        raise NotImplementedError

    def list(self, request: Request, **names: str) -> HttpResponseBase:
        query = request.query_params
        filters, order = self.checked_filters(query), self._order(query)
        if request.accepted_renderer.format in FILES:
            return self._file(filters, order)
        size = page_size(query)
        found = [*islice(self.computed_rows(filters, order), size + 1)]
        if not found:
            self.filters.check_names(query, self.access.workspace)
        address = request.build_absolute_uri()
        following = self._cursor(order, found[size - 1][0]) if len(found) > size else ""
        after = replace_query_param(address, "cursor", following) if following else None
        return answer(request, {"results": [record for _, record in found[:size]], "next": after})

    def export(self, request: Request, **names: str) -> HttpResponseBase:
        query = request.query_params
        return self._file(self.checked_filters(query), self._order({**query.dict(), "cursor": ""}))

    def _file(self, filters: Mapping[str, Any], order: ComputedOrder) -> HttpResponseBase:
        records = [record for _, record in self.computed_rows(filters, order)]
        if not records:
            self.filters.check_names(self.request.query_params, self.access.workspace)
        paths = [*columns(self.get_serializer())]
        lines = [cells(record, paths) for record in records]
        kind = self.request.accepted_renderer.format
        return records_response(self.resource, kind, [*map(heading, paths)], lines, count=len(lines))

    def checked_filters(self, query: Mapping[str, str]) -> Mapping[str, Any]:
        """Raises ParameterError."""
        filters = self.filters(query, EventProperty.objects.none())
        filters.checked_rows()
        cleaned: Mapping[str, Any] = filters.form.cleaned_data
        return cleaned

    def window(self, days: int | None) -> Window:
        """The last so many days. Raises ParameterError."""
        days = DAYS_LOOKED_AT if days is None else days
        if not 1 <= days <= MAX_DAYS:
            raise ParameterError("days", given=str(days), allowed=f"a whole number from 1 to {MAX_DAYS}")
        return Window.last_days(days, zone=self.access.workspace.zone, now=timezone.now())

    def _order(self, query: Mapping[str, str]) -> ComputedOrder:
        given = query.get("ordering", f"-{next(iter(self.orderings))}")
        name = given.removeprefix("-")
        if name not in self.orderings:
            allowed = ", ".join(f"{field}, -{field}" for field in self.orderings)
            raise ParameterError("ordering", given=given, allowed=allowed)
        return ComputedOrder(name, given.startswith("-"), self._place(given, query.get("cursor", "")))

    def _cursor(self, order: ComputedOrder, place: Place) -> str:
        sign = "-" if order.is_descending else ""
        return encrypt(json.dumps([f"{sign}{order.name}", place]), purpose=f"cursor of {self.resource}")

    def _place(self, given: str, cursor: str) -> Place | None:
        if not cursor:
            return None
        text = decrypt(cursor, purpose=f"cursor of {self.resource}")
        name, place = (None, None) if text is None else json.loads(text)
        if place is None or name != given:
            allowed = "what `next` of the page before had, with the same ordering"
            raise ParameterError("cursor", given=cursor, allowed=allowed)
        return tuple(place)
