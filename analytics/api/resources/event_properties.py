"""Types of events and their properties over the API: they come with events, and people describe and switch them."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.addresses import hidden_value
from analytics.api.resources.computed_rows import DAYS_LOOKED_AT, ComputedOrder, ComputedRowsViewSet, Place
from analytics.ledger.properties import TypeNumbers
from analytics.ledger.property_values import ValueKind
from analytics.lists.event_properties import DescribedProperty, EventProperties, property_key
from analytics.lists.names import event_type_exists
from analytics.models import ColumnChoice
from analytics.models.properties import MAX_DESCRIPTION, Building, event_type_id
from analytics.periods import MAX_DAYS
from analytics.properties import TooManyProperties, change_property
from campaignos.conditional import answer, check_precondition
from campaignos.errors import ParameterError
from campaignos.filters import ChoicesFilter, FlagFilter, ListFilter, TextFilter, WholeNumberFilter
from campaignos.strict import StrictSerializer
from workspaces.access import caller
from workspaces.models import Workspace
from workspaces.roles import may_see_addresses

DAYS_HELP = (
    f"How many of the last days are looked at, from 1 to {MAX_DAYS}, with today; {DAYS_LOOKED_AT} unless it is said."
)


class EventTypeRecord(serializers.Serializer[TypeNumbers]):
    id = serializers.CharField(help_text="Such as ety_ with 32 digits.")
    eventType = serializers.CharField(source="event_type", help_text="As it is sent.")
    events = serializers.IntegerField(min_value=0, help_text="How many there are on the days.")
    firstSeen = serializers.DateField(source="first_day", help_text="The first of the days with one.")
    lastSeen = serializers.DateField(source="last_day", help_text="The last of the days with one.")


class BuildingRecord(serializers.Serializer[Building]):
    daysDone = serializers.IntegerField(min_value=0, source="days_done", help_text="Days that are done.")
    days = serializers.IntegerField(min_value=0, help_text="Days with events of the type, as it was switched.")


class EventPropertyRecord(serializers.Serializer[DescribedProperty]):
    id = serializers.CharField(source="api_id", help_text="Such as prop_ with 32 digits.")
    eventType = serializers.CharField(source="numbers.event_type", help_text="Of which events.")
    name = serializers.CharField(
        source="numbers.name",
        help_text="As conditions say it behind `property.`: a path, with dots where it goes down.",
    )
    description = serializers.CharField(source="stated.description", help_text="What people wrote about it.")
    column = serializers.ChoiceField(
        ColumnChoice.choices,
        source="stated.column",
        help_text="Whether the ledger keeps a column of it: as it decides itself, always, or never.",
    )
    building = BuildingRecord(
        source="stated.building",
        allow_null=True,
        help_text="How far a switched column is built or taken away; null where that is done.",
    )
    columnDays = serializers.IntegerField(
        min_value=0,
        source="numbers.column_days",
        help_text="Of the days with events of the type, those on which questions about it read columns alone.",
    )
    days = serializers.IntegerField(min_value=0, source="numbers.days", help_text="The days with events of the type.")
    columnSince = serializers.DateField(
        source="numbers.column_since",
        allow_null=True,
        help_text="From which of the days on they do so to the last; null where the last does not.",
    )
    columnBytes = serializers.IntegerField(
        min_value=0, source="numbers.bytes", help_text="What its columns take on these days."
    )
    events = serializers.IntegerField(
        min_value=0, source="numbers.events", help_text="The events with a value, of `lookedAt`."
    )
    lookedAt = serializers.IntegerField(
        min_value=0,
        source="numbers.looked_at",
        help_text="All events of the type on the days where `isExact`; otherwise the newest of them.",
    )
    isExact = serializers.BooleanField(
        source="numbers.is_exact",
        help_text="False where it has no column on some days, and there are too many events to look at each: then what "
        "is said of its values is true of the newest, and there may be more.",
    )
    share = serializers.FloatField(min_value=0, source="numbers.share", help_text="`events` of `lookedAt`.")
    distinctValues = serializers.IntegerField(
        min_value=0,
        source="numbers.distinct",
        help_text="Values that conditions tell apart; at least so many with `hasMoreValues`.",
    )
    hasMoreValues = serializers.BooleanField(source="numbers.has_more_values")
    examples = serializers.ListField(child=serializers.CharField(), help_text="The most frequent values, as texts.")
    valueKind = serializers.ChoiceField(ValueKind.choices, source="numbers.kind", allow_null=True)
    firstSeen = serializers.DateField(source="numbers.first_day", allow_null=True, help_text="Of the days.")
    lastSeen = serializers.DateField(source="numbers.last_day", allow_null=True, help_text="Of the days.")


class EventPropertyChange(StrictSerializer):
    """What is given changes."""

    description = serializers.CharField(
        max_length=MAX_DESCRIPTION, allow_blank=True, required=False, help_text="What it means, in plain text."
    )
    column = serializers.ChoiceField(ColumnChoice.choices, required=False)


class EventTypeFilter(ListFilter):
    q = TextFilter("event_type", "contains_text", help_text="A part of the type.")
    days = WholeNumberFilter(method="same_rows", help_text=DAYS_HELP)

    def same_rows(self, rows: Any, name: str, value: Any) -> Any:
        """Such rows are no query's."""
        return rows


class EventPropertyFilter(EventTypeFilter):
    q = TextFilter("name", "contains_text", help_text="A part of the name, or of the description.")
    event = TextFilter("event_type", help_text="Of events of this type alone.")
    column = ChoicesFilter(choices=ColumnChoice.values, help_text="What is said of its column.")
    hasColumn = FlagFilter(
        method="same_rows", help_text="Whether questions about it read columns alone on each of the days."
    )

    @classmethod
    def check_names(cls, query: Mapping[str, str], workspace: Workspace) -> None:
        event_type = query.get("event")
        if event_type and not event_type_exists(workspace, event_type):
            raise ParameterError("event", given=event_type, allowed="the type of an event that has come in")


class EventTypesViewSet(ComputedRowsViewSet):
    """The types of events that came in on some days."""

    resource, prefix = "event-types", "ety"
    filters = EventTypeFilter
    serializer_class = EventTypeRecord
    orderings = {"events": "events", "name": "event_type"}

    def computed_rows(self, filters: Mapping[str, Any], order: ComputedOrder) -> Iterator[tuple[Place, dict[str, Any]]]:
        properties = _event_properties(self, filters["days"])
        for place, each in types_in_order(properties.types_called(filters["q"] or ""), order):
            if order.is_before(place):
                yield place, self._record(each)

    def _record(self, each: TypeNumbers) -> dict[str, Any]:
        identifier = event_type_id(self.access.workspace.pk, each.event_type)
        record = {**self.get_serializer({"id": identifier, **vars(each)}).data}
        return record if may_see_addresses(self.access.rights) else hidden_record(record)

    def retrieve(self, request: Request, *, resource_id: str, **names: str) -> Response:
        for each in _event_properties(self, None).types:
            if event_type_id(self.access.workspace.pk, each.event_type) == resource_id:
                return answer(request, self._record(each))
        raise Http404


class EventPropertiesViewSet(ComputedRowsViewSet):
    """What the events of each type have, on some days: how often, with which values, and whether reports read it from a
    column of the ledger or, slower, from the events.

    Names come with events. What can be written is what people say of one.
    """

    resource, prefix = "event-properties", "prop"
    filters = EventPropertyFilter
    serializer_class = EventPropertyRecord
    change_class = EventPropertyChange
    orderings = {"events": "events", "name": "name"}

    def computed_rows(self, filters: Mapping[str, Any], order: ComputedOrder) -> Iterator[tuple[Place, dict[str, Any]]]:
        """By the types of events, and of each by its properties."""
        properties = _event_properties(self, filters["days"])
        wanted = [each for each in properties.types if filters["event"] in ("", None, each.event_type)]
        for of_type, each in types_in_order(wanted, order):
            if not (order.is_before(of_type) or order.is_at(of_type)):
                continue
            found = properties.of_type(each, filters["q"] or "").properties
            rows = [((*of_type, *_place(row, order)), row) for row in found if _is_asked_for(row, filters)]
            for place, row in sorted(rows, key=lambda item: item[0], reverse=order.is_descending):
                if order.is_before(place):
                    yield place, self._record(properties, row)

    def retrieve(self, request: Request, *, resource_id: str, **names: str) -> Response:
        return self._answer(request, self._found_property(resource_id))

    def partial_update(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Only the fields that are given change. A column that is switched on or off is built, or taken away, in the
        background: `building` says how far it is."""
        change = EventPropertyChange(data=request.data)
        change.is_valid(raise_exception=True)
        described = self._found_property(resource_id)
        check_precondition(request, self._parts(described)[0])
        try:
            change_property(
                workspace=self.access.workspace,
                event_type=described.numbers.event_type,
                name=described.numbers.name,
                by=caller(request),
                now=timezone.now(),
                **change.validated_data,
            )
        except TooManyProperties as error:
            raise serializers.ValidationError({next(iter(change.validated_data)): [f"Allowed: {error}."]}) from None
        return self._answer(request, self._found_property(resource_id))

    def _found_property(self, identifier: str) -> DescribedProperty:
        """Raises Http404."""
        key = property_key(self.access.workspace, identifier, timezone.now())
        if key is None:
            raise Http404
        return _event_properties(self, None).property(*key)

    def _answer(self, request: Request, described: DescribedProperty) -> Response:
        said, live = self._parts(described)
        return answer(request, said, live=live)

    def _parts(self, described: DescribedProperty) -> tuple[dict[str, Any], dict[str, Any]]:
        """What people say of it, and the numbers, which nobody has to have seen who changes that."""
        record = self._record(_event_properties(self, None), described)
        said = ("id", "eventType", "name", "description", "column")
        return {name: record[name] for name in said}, {name: record[name] for name in record if name not in said}

    def _record(self, properties: EventProperties, row: DescribedProperty) -> dict[str, Any]:
        record = {**self.get_serializer(row).data}
        return record if properties.sees_addresses else hidden_record(record)


def types_in_order(types: Any, order: ComputedOrder) -> list[tuple[Place, TypeNumbers]]:
    placed = [((each.event_type,) if order.name == "name" else (each.events, each.event_type), each) for each in types]
    return sorted(placed, key=lambda item: item[0], reverse=order.is_descending)


def hidden_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """For who sees no addresses: they stand in names, too. Its values are shown without them already."""
    hidden = {name: hidden_value(record[name]) for name in ("eventType", "name", "description") if name in record}
    return {**record, **hidden}


def _event_properties(view: ComputedRowsViewSet, days: int | None) -> EventProperties:
    return EventProperties(view.access.workspace, view.window(days), may_see_addresses(view.access.rights))


def _place(row: DescribedProperty, order: ComputedOrder) -> Place:
    return (row.numbers.name,) if order.name == "name" else (row.numbers.share, row.numbers.events, row.numbers.name)


def _is_asked_for(row: DescribedProperty, filters: Mapping[str, Any]) -> bool:
    has_column = row.numbers.column_days == row.numbers.days
    is_column = not filters["column"] or row.stated.column in filters["column"]
    return is_column and filters["hasColumn"] in (None, has_column)
