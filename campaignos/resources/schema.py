"""How a resource describes itself: made of what its viewset says of filters, order, rights and items."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from django import forms
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.serializers import Serializer

from campaignos.filters import ChoicesField, FlagField, ReferenceField, TextsField, WholeNumberField
from campaignos.pages import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from campaignos.schema import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    IF_NONE_MATCH,
    JSON,
    NOT_MODIFIED,
    ApiSchema,
    operation_id,
)

if TYPE_CHECKING:
    from campaignos.resources.viewset import Resource

_VERBS = {
    "list": "list",
    "export": "export",
    "create": "create",
    "retrieve": "get",
    "partial_update": "update",
    "destroy": "delete",
    "rotate": "rotate",
    "resend": "resend",
}
_CSV = "text/csv"
_ALL_ROWS = {"type": "string", "description": "A line of names, and a line for each row."}


def row_parameter(noun: str, prefix: str, *, is_uuid: bool = False) -> OpenApiParameter:
    """The id of a row in an address."""
    pattern = f"^{prefix}_[0-9a-f]{{32}}$" if is_uuid else f"^{prefix}_[0-9]{{1,18}}$"
    return OpenApiParameter(
        "resource_id",
        {"type": "string", "pattern": pattern},
        OpenApiParameter.PATH,
        description=f"The {noun}, such as {prefix}_{'0192f3a8' * 4 if is_uuid else 1}.".replace("-", " "),
    )


class ResourceSchema(ApiSchema):
    @property
    def resource(self) -> "Resource":
        return cast("Resource", self.view)

    @property
    def action(self) -> str:
        return str(self.resource.action)

    @property
    def noun(self) -> str:
        name = self.resource.resource
        return f"{name.removesuffix('ies')}y" if name.endswith("ies") else name.removesuffix("s")

    def get_operation_id(self) -> str:
        return operation_id(_VERBS[self.action], self.resource.resource if self._is_of_many else self.noun)

    @property
    def _is_of_many(self) -> bool:
        return self.action in ("list", "export")

    def _is_list_view(self, serializer: Any = None) -> bool:
        """The page says itself what it holds."""
        return False

    def get_summary(self) -> str:
        verb = _VERBS[self.action].capitalize()
        return f"{verb} {self.resource.resource if self._is_of_many else f'a {self.noun}'}".replace("-", " ")

    def get_description(self) -> str:  # type: ignore[override]
        """What the resource is, and what the action does with it."""
        about = (self.resource.__class__.__doc__ or "").strip()
        text = super().get_description() if self.action not in ("list", "retrieve") else ""
        if self.action == "list":
            text = f"`{self.resource.resource}.csv` has all rows as CSV, as has this address with `format=csv`; "
            text += "with `format=xlsx` they are a workbook."
        return "\n\n".join(filter(None, (text, about, self.resource.requirement(self.action))))

    def get_tags(self) -> list[str]:
        return [self.resource.resource]

    @property
    def can_fail(self) -> Sequence[str]:  # type: ignore[override]
        return self.resource.can_fail.get(self.action, ())

    def get_override_parameters(self) -> list[Any]:
        match self.action:
            case "list":
                return [*self._filter_parameters(), *self._page_parameters(), IF_NONE_MATCH, *_headers(200, 304)]
            case "export":
                return self._filter_parameters()
            case "retrieve":
                return [self._row_parameter(), IF_NONE_MATCH, *_headers(200, 304)]
            case "create" if self.resource.is_upsert:
                return [IDEMPOTENCY_KEY, *_headers(200, 201), _LOCATION]
            case "create":
                return [IDEMPOTENCY_KEY]
            case "partial_update":
                return [self._row_parameter(), IF_MATCH, *_headers(200)]
            case "destroy":
                return [self._row_parameter(), IF_MATCH]
            case "rotate":
                return [self._row_parameter(), IDEMPOTENCY_KEY]
            case "resend":
                return [self._row_parameter()]
        return []

    def _row_parameter(self) -> OpenApiParameter:
        return row_parameter(self.noun, self.resource.prefix, is_uuid=self.resource.has_uuids)

    def _filter_parameters(self) -> list[OpenApiParameter]:
        orderings = [sign + name for name in self.resource.orderings for sign in ("", "-")]
        return [
            *(
                OpenApiParameter(name, _filter_schema(filter_.field), description=_filter_text(filter_))
                for name, filter_ in self.resource.filters.base_filters.items()
            ),
            OpenApiParameter(
                "ordering",
                {"type": "string", "enum": orderings, "default": orderings[1]},
                description="What the rows are ordered by; a minus turns it round. Equal rows follow by id.",
            ),
        ]

    def _page_parameters(self) -> list[OpenApiParameter]:
        return [
            OpenApiParameter(
                "pageSize",
                {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": DEFAULT_PAGE_SIZE},
                description="How many rows a page has at most.",
            ),
            OpenApiParameter("count", bool, description="Whether the answer tells how many rows the whole list has."),
            OpenApiParameter("cursor", str, description="Where the page begins: `next` of the page before has it."),
        ]

    def get_request_serializer(self) -> Any:
        return {"create": self.resource.item_class, "partial_update": self.resource.change_class}.get(self.action)

    def get_response_serializers(self) -> Any:
        record = self.resource.serializer_class
        match self.action:
            case "list":
                return {200: OpenApiResponse(self._page(), description="A page of the list."), 304: NOT_MODIFIED}
            case "export":
                return {(200, _CSV): OpenApiResponse(_ALL_ROWS, description="All rows of the list, streamed.")}
            case "retrieve":
                return {200: OpenApiResponse(record, description=f"The {self.noun}."), 304: NOT_MODIFIED}
            case "create" if self.resource.is_upsert:
                return {
                    200: OpenApiResponse(record, description="It was known already, and is as was sent now."),
                    201: OpenApiResponse(record, description="It is new."),
                }
            case "create" | "rotate":
                return {201: OpenApiResponse(self.resource.new_class, description="The new one.")}
            case "partial_update" | "resend":
                return {200: OpenApiResponse(record, description=f"The {self.noun} as it is now.")}
        return {204: OpenApiResponse(description="Done; there is nothing to say.")}

    def _page(self) -> dict[str, Any]:
        record = cast("type[Serializer[Any]]", self.resource.serializer_class)
        component = self.resolve_serializer(record, "response")
        page = {
            "type": "object",
            "properties": {
                "results": {"type": "array", "items": component.ref},
                "next": {
                    "type": ["string", "null"],
                    "format": "uri",
                    "description": "The address of the next page; null on the last one.",
                },
                "count": {"type": "integer", "description": "With `count=true`: how many rows the whole list has."},
            },
            "required": ["results", "next"],
        }
        return self.named_schema(f"{component.name.removesuffix('Record')}Page", page)

    def map_renderers(self, attribute: str) -> list[Any]:
        return [JSON] if attribute == "media_type" else []


def _headers(*codes: int) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(
            "ETag",
            str,
            OpenApiParameter.HEADER,
            response=list(codes),
            description="Names what the answer says, for If-None-Match and If-Match.",
        )
    ]


_LOCATION = OpenApiParameter(
    "Location", str, OpenApiParameter.HEADER, response=[200, 201], description="The row's address."
)


def _filter_schema(field: forms.Field) -> dict[str, Any]:
    match field:
        case ChoicesField():
            values = "|".join(field.choices)
            return {"type": "string", "pattern": rf"^(?:{values})(?:,(?:{values}))*$"}
        case ReferenceField():
            return {"type": "string", "pattern": field.pattern}
        case WholeNumberField():
            return {"type": "integer", "minimum": 0, "maximum": field.most}
        case FlagField():
            return {"type": "boolean"}
        case TextsField():
            return {"type": "array", "items": {"type": "string"}}
        case forms.CharField():
            return {"type": "string", "maxLength": field.max_length}
    return {"type": "string"}


def _filter_text(filter_: Any) -> str:
    return f"{filter_.extra['help_text']} Allowed: {filter_.field.allowed}."
