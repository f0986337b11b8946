"""What all resources have in common: lists with filters, order and pages, as JSON or as files, and rows."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from rest_framework import serializers, viewsets
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from campaignos.conditional import answer
from campaignos.filters import ListFilter
from campaignos.ids import number_of, uuid_of
from campaignos.pages import STREAMED_PAGE_SIZE, Ordering, RowsInOrder, counts_rows, ordering, page, page_size, pages_of
from campaignos.parameters import TellsIgnored, checked_format, ignored_parameters, register
from campaignos.record_files import records_response
from campaignos.resources.cells import FILES, Path, cells, columns, heading
from campaignos.resources.row_records import row_records
from campaignos.resources.schema import ResourceSchema

LIST_PARAMETERS = ("ordering", "pageSize", "cursor", "count", "format")


class Resource(TellsIgnored, viewsets.GenericViewSet[Any]):
    """A resource. What each of them says of itself stands at the top."""

    schema = ResourceSchema()
    metadata_class = None
    lookup_url_kwarg = "resource_id"

    resource: ClassVar[str]
    prefix: ClassVar[str]
    filters: ClassVar[type[ListFilter]]
    orderings: ClassVar[Mapping[str, str]]
    """What the list can be ordered by, to the field; never null. The first, descending, is the default."""
    has_uuids: ClassVar[bool] = False
    unique_field: ClassVar[str] = "pk"
    """By which a row is found, and which decides between rows that are equal in what they are ordered by."""
    streamed_page_size: ClassVar[int] = STREAMED_PAGE_SIZE
    """How many rows of a file are read at once."""
    is_upsert: ClassVar[bool] = True
    """Whether a POST of what is known already brings that up to what is sent, and answers 200."""
    secret: ClassVar[str] = ""
    """The field of `new_class` that stands in the first answer only."""

    item_class: ClassVar[type[serializers.Serializer[Any]] | None] = None
    change_class: ClassVar[type[serializers.Serializer[Any]] | None] = None
    new_class: ClassVar[type[serializers.Serializer[Any]] | None] = None
    can_fail: ClassVar[Mapping[str, Sequence[str]]] = {}
    """For the schema: what is sent and answered, and by action how else it can fail."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "filters" in cls.__dict__:
            register((*cls.filters.base_filters, *LIST_PARAMETERS))

    @property
    def owner(self) -> Model:
        """Whose rows they are."""
        raise NotImplementedError

    def let_in(self, request: Request, action: str, **names: Any) -> None:
        """Find out whose rows are asked for, by the names in the address. Raises for who may not do this with them."""
        raise NotImplementedError

    def requirement(self, action: str) -> str:
        """What a caller needs for an action, as a sentence of the schema."""
        raise NotImplementedError

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        action = self.action_map.get(str(request.method).lower())
        if action is None:
            raise MethodNotAllowed(str(request.method))  # before anybody is asked who they are
        checked_format(request.query_params, self._formats(action))
        super().initial(request, *args, **kwargs)
        self.let_in(request, action, **kwargs)
        self.ignored = ignored_parameters(request, ("format", *self._parameters(action)))

    def _parameters(self, action: str) -> Sequence[str]:
        of_pages = {"list": LIST_PARAMETERS, "export": ("ordering",)}
        return (*self.filters.base_filters, *of_pages[action]) if action in of_pages else ()

    def get_renderers(self) -> list[Any]:
        renderers: dict[str, type[BaseRenderer]] = {"json": JSONRenderer, **FILES}
        return [renderers[name]() for name in self._formats(self.action)]

    def _formats(self, action: str | None) -> Sequence[str]:
        return {"list": ("json", *FILES), "export": ("csv",)}.get(str(action), ("json",))

    def handle_exception(self, error: Exception) -> Response:
        self.request.accepted_renderer = JSONRenderer()
        self.request.accepted_media_type = JSONRenderer.media_type
        return super().handle_exception(error)

    def rows(self) -> QuerySet[Any]:
        """All rows of the owner."""
        raise NotImplementedError

    def matching_rows(self, query: Mapping[str, str]) -> QuerySet[Any] | RowsInOrder[Any]:
        """The rows that the query string asks for. Raises ParameterError."""
        return self.filters(query, self.rows()).checked_rows()

    def records(self, rows: Sequence[Model]) -> list[dict[str, Any]]:
        """The rows as the API shows them to this caller."""
        return row_records(self.get_serializer(), rows)

    def record(self, row: Model) -> dict[str, Any]:
        return self.records([row])[0]

    def row(self, resource_id: str) -> Any:
        """The row of that id. Raises Http404."""
        key = self.key(resource_id)
        row = None if key is None else self.rows().filter(**{self.unique_field: key}).first()
        if row is None:
            raise Http404
        return row

    def key(self, resource_id: str) -> Any:
        return (uuid_of if self.has_uuids else number_of)(self.prefix, resource_id)

    def list(self, request: Request, **names: str) -> HttpResponseBase:
        """`{"results": [ … ], "next"}`: `next` is the address of the next page, or null.

        With `count=true` also how many rows the whole list has: one query more."""
        query = request.query_params
        order = ordering(query, self.orderings, self.unique_field)
        is_count_wanted = counts_rows(query)
        rows = self.matching_rows(query)
        if request.accepted_renderer.format in FILES:
            return self._list_file(rows, order)
        rows_page = page(rows, order, size=page_size(query), cursor=query.get("cursor"))
        address = request.build_absolute_uri()
        after = replace_query_param(address, "cursor", rows_page.following) if rows_page.following else None
        if not rows_page.rows:
            self.filters.check_names(query, self.owner)
        counted = {"count": rows.count()} if is_count_wanted else {}
        return answer(request, {"results": self.records(rows_page.rows), "next": after, **counted})

    def export(self, request: Request, **names: str) -> HttpResponseBase:
        """All rows of the list as CSV, with the same filters."""
        query = request.query_params
        return self._list_file(self.matching_rows(query), ordering(query, self.orderings, self.unique_field))

    def _list_file(self, rows: QuerySet[Any] | RowsInOrder[Any], order: Ordering) -> HttpResponseBase:
        if not (count := rows.count()):
            self.filters.check_names(self.request.query_params, self.owner)
        records = (
            record for page_rows in pages_of(rows, order, self.streamed_page_size) for record in self.records(page_rows)
        )
        names = self.csv_columns()
        lines = (cells(record, [*names.values()]) for record in records)
        return records_response(self.resource, self.request.accepted_renderer.format, [*names], lines, count=count)

    def csv_columns(self) -> dict[str, Path]:
        """What the columns of a file are called, and where in a record their values stand."""
        return {heading(path): path for path in columns(self.get_serializer())}

    def retrieve(self, request: Request, *, resource_id: str, **names: str) -> Response:
        return answer(request, self.record(self.row(resource_id)))
