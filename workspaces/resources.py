"""What all resources of a workspace have in common: lists with filters, order and pages, as JSON or CSV, and rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from rest_framework import serializers, viewsets
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from campaignos.conditional import answer
from campaignos.csv_export import csv_response
from campaignos.filters import ListFilter
from campaignos.ids import number_of, uuid_of
from campaignos.pages import Ordering, all_pages, ordering, page, page_size
from campaignos.parameters import TellsIgnored, checked_format, ignored, register
from workspaces.access import Access, SecretKeyAuthentication, SessionAuthentication, api_access
from workspaces.idempotency import answered_once
from workspaces.resource_schema import ResourceSchema
from workspaces.roles import Right

LIST_PARAMETERS = ("ordering", "pageSize", "cursor", "format")


class CSVRenderer(BaseRenderer):
    """Lets a list be asked for as CSV; the list itself streams it."""

    media_type = "text/csv"
    format = "csv"


class ResourceViewSet(TellsIgnored, viewsets.GenericViewSet[Any]):
    """A resource below `/api/workspaces/{workspaceId}/`. What each of them says of itself stands at the top."""

    authentication_classes: Sequence[type[BaseAuthentication]] = (SecretKeyAuthentication, SessionAuthentication)
    schema = ResourceSchema()
    metadata_class = None
    lookup_url_kwarg = "resource_id"

    resource: ClassVar[str]
    prefix: ClassVar[str]
    filters: ClassVar[type[ListFilter]]
    orderings: ClassVar[Mapping[str, str]]
    """What the list can be ordered by, to the field; never null. The first, descending, is the default."""
    rights: ClassVar[Mapping[str, Right]] = {"list": Right.READ, "retrieve": Right.READ}
    """By action; WRITE for those not named."""
    has_uuids: ClassVar[bool] = False
    is_upsert: ClassVar[bool] = True
    """Whether a POST of what is known already brings that up to what is sent, and answers 200."""
    secret: ClassVar[str] = ""
    """The field of `new_class` that stands in the first answer only."""

    item_class: ClassVar[type[serializers.Serializer[Any]] | None] = None
    change_class: ClassVar[type[serializers.Serializer[Any]] | None] = None
    new_class: ClassVar[type[serializers.Serializer[Any]] | None] = None
    can_fail: ClassVar[Mapping[str, Sequence[str]]] = {}
    """For the schema: what is sent and answered, and by action how else it can fail."""

    access: Access

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "filters" in cls.__dict__:
            register((*cls.filters.base_filters, *LIST_PARAMETERS))

    def right(self, action: str) -> Right:
        return self.rights.get("list" if action == "export" else action, Right.WRITE)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        action = self.action_map.get(str(request.method).lower())
        if action is None:
            raise MethodNotAllowed(str(request.method))  # before anybody is asked who they are
        checked_format(request.query_params, self._formats(action))
        super().initial(request, *args, **kwargs)
        self.access = api_access(request, kwargs["workspace_id"], self.right(action))
        self.ignored = ignored(request, ("format", *self._parameters(action)))

    def _parameters(self, action: str) -> Sequence[str]:
        of_pages = {"list": LIST_PARAMETERS, "export": ("ordering",)}
        return (*self.filters.base_filters, *of_pages[action]) if action in of_pages else ()

    def get_renderers(self) -> list[Any]:
        renderers = {"csv": CSVRenderer(), "json": JSONRenderer()}
        return [renderers[name] for name in self._formats(self.action)]

    def _formats(self, action: str | None) -> Sequence[str]:
        return {"list": ("json", "csv"), "export": ("csv",)}.get(str(action), ("json",))

    def handle_exception(self, error: Exception) -> Response:
        self.request.accepted_renderer = JSONRenderer()
        self.request.accepted_media_type = JSONRenderer.media_type
        return super().handle_exception(error)

    def rows(self) -> QuerySet[Any]:
        """All rows of the workspace."""
        raise NotImplementedError

    def filtered(self, query: Mapping[str, str]) -> QuerySet[Any]:
        """The rows that the query string asks for. Raises ParameterError."""
        return self.filters(query, self.rows()).checked()

    def records(self, rows: Sequence[Model]) -> list[dict[str, Any]]:
        """The rows as the API shows them to this caller."""
        return [dict(record) for record in self.get_serializer(rows, many=True).data]

    def record(self, row: Model) -> dict[str, Any]:
        return self.records([row])[0]

    def row(self, resource_id: str) -> Any:
        """The row of that id. Raises Http404."""
        key = self.key(resource_id)
        row = None if key is None else self.rows().filter(pk=key).first()
        if row is None:
            raise Http404
        return row

    def key(self, resource_id: str) -> Any:
        return (uuid_of if self.has_uuids else number_of)(self.prefix, resource_id)

    def list(self, request: Request, workspace_id: str) -> HttpResponseBase:
        """`{"results": [ … ], "next"}`: `next` is the address of the next page, or null."""
        query = request.query_params
        order = ordering(query, self.orderings)
        rows = self.filtered(query)
        if request.accepted_renderer.format == CSVRenderer.format:
            return self._as_csv(rows, order)
        found = page(rows, order, size=page_size(query), cursor=query.get("cursor"))
        address = request.build_absolute_uri()
        after = found.next_cursor and replace_query_param(address, "cursor", found.next_cursor)
        if not found.rows:
            self.filters.check_names(query, self.access.workspace)
        return answer(request, {"results": self.records(found.rows), "next": after})

    def export(self, request: Request, workspace_id: str) -> HttpResponseBase:
        """All rows of the list as CSV, with the same filters."""
        query = request.query_params
        return self._as_csv(self.filtered(query), ordering(query, self.orderings))

    def _as_csv(self, rows: QuerySet[Any], order: Ordering) -> HttpResponseBase:
        if not (count := rows.count()):
            self.filters.check_names(self.request.query_params, self.access.workspace)
        records = (record for one in all_pages(rows, order) for record in self.records(one))
        columns = list(_columns(self.get_serializer()))
        return csv_response(
            f"{self.resource}.csv",
            [_heading(path) for path in columns],
            (_cells(record, columns) for record in records),
            count=count,
        )

    def once(self, request: Request, make: Callable[[], Response]) -> Response:
        """What `make` answers, or answered when the request with the same Idempotency-Key came first."""
        return answered_once(self.access.workspace, request, make, secret=self.secret)

    def retrieve(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        return answer(request, self.record(self.row(resource_id)))


_Path = tuple[str, ...]


def _columns(serializer: serializers.BaseSerializer[Any], path: _Path = ()) -> Iterator[_Path]:
    """The paths of all values of a record; what lies in a nested record has columns of its own."""
    assert isinstance(serializer, serializers.Serializer)
    for name, field in serializer.fields.items():
        if isinstance(field, serializers.Serializer):
            yield from _columns(field, (*path, name))
        else:
            yield (*path, name)


def _heading(path: _Path) -> str:
    """`utmSource` for `utm.source`."""
    first, *rest = path
    return first + "".join(part[0].upper() + part[1:] for part in rest)


def _cells(record: Mapping[str, Any], columns: Sequence[_Path]) -> list[Any]:
    return [_cell(record, path) for path in columns]


def _cell(record: Mapping[str, Any], path: _Path) -> Any:
    value: Any = record
    for name in path:
        value = value[name] if value is not None else None
    if isinstance(value, dict | list | bool):
        return JSONRenderer().render(value).decode()
    return value
