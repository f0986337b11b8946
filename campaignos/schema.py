"""How the API describes itself: OpenAPI 3.1, made from the views, with what all of them have in common.

`docs/openapi.yaml` is the schema as checked in; `manage.py spectacular --validate --fail-on-warn` makes it.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

JSON = "application/json"
FILE = settings.BASE_DIR / "docs" / "openapi.yaml"
GUIDE = settings.BASE_DIR / "docs" / "api.md"
"""What the schema says of all operations."""
_LINK_TO_DOCUMENT = re.compile(r"\[([^]]+)\]\((?!https?:|/|#)[^)]+\)")
"""To what lies beside the guide in the repository, but not beside the schema."""


def openapi(request: HttpRequest) -> HttpResponse:
    """The schema as checked in; `make lint` holds that it is the program's."""
    return HttpResponse(FILE.read_bytes(), content_type="application/yaml")


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


ERROR_BODY: dict[str, Any] = {
    "type": "object",
    "description": "What every error says. `message` and `detail` are the same: clients read the one or the other.",
    "properties": {
        "code": _text("For programs, such as invalid_parameter. Codes do not change."),
        "message": _text("For people: what was wrong, and what is allowed."),
        "detail": _text("As `message`."),
        "fields": {
            "type": "object",
            "additionalProperties": True,
            "description": "What is wrong with which field of the body; the empty name stands for all of it.",
        },
        "parameter": _text("The parameter that is bad."),
        "given": {"type": ["string", "null"], "description": "What was given; null for nothing."},
        "allowed": _text("What is allowed instead."),
        "requestId": _text("The request's id, as in X-Request-Id."),
        "success": {"type": "boolean", "description": "False; on the ingest routes."},
    },
    "required": ["code", "message", "detail"],
    "example": {
        "code": "invalid_parameter",
        "message": "days cannot be '400'; allowed: a whole number from 1 to 365.",
        "detail": "days cannot be '400'; allowed: a whole number from 1 to 365.",
        "parameter": "days",
        "given": "400",
        "allowed": "a whole number from 1 to 365",
    },
}
ERRORS = {
    "400": "A parameter or the body is bad; the answer says which, what was given and what is allowed.",
    "401": "No session and no key, or a key that is unknown, revoked or over.",
    "403": "The caller's role or key has not the right, or the session's CSRF token is missing.",
    "404": "There is no such thing, or it is not yours to see: the answer is the same.",
    "406": "The Accept header allows nothing that can be had here.",
    "408": "The body did not arrive in time, or not whole. Send it again.",
    "409": "What is asked for does not go together with what is there.",
    "410": "The Idempotency-Key came before, and was carried out; what it was answered has been erased since.",
    "412": "If-Match is given, and it has changed since.",
    "413": "The body is larger than 5 MiB, or has too many items. Nothing was taken.",
    "415": "The body is not JSON, or its encoding is not gzip or deflate.",
    "422": "The Idempotency-Key came with another request in the last 24 hours.",
    "429": "Too many requests; Retry-After says for how many seconds.",
    "503": "The database is away. Nothing was half-written; try again after Retry-After seconds.",
}
_ALWAYS = ("400", "401", "403", "404", "406", "429", "503")
_OF_BODIES = ("408", "413", "415")

PATH_PARAMETERS = {
    "workspaceId": ("The workspace, such as ws_1.", "^ws_[0-9]{1,18}$", "ws_1"),
    "campaignId": ("The campaign, such as cmp_1.", "^cmp_[0-9]{1,18}$", "cmp_1"),
    "testId": ("The A/B test, such as ab_1.", "^ab_[0-9]{1,18}$", "ab_1"),
}

IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of an answer you have: where it is still the same, the answer is an empty 304.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of the row as you know it: where it has changed since, nothing is done (412).",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    OpenApiParameter.HEADER,
    description="A text of your own, new for each request. If it comes again within 24 hours, nothing is done again "
    "and the answer is the first one; if that has been erased with a contact, a 410. Refusals are not kept.",
)
IGNORED_BODY: dict[str, Any] = {
    "type": "object",
    "description": "Only in an answer to a request with parameters that nobody knows: they were left out.",
    "properties": {"ignored": {"type": "array", "items": {"type": "string"}, "description": "Their names."}},
    "required": ["ignored"],
}
IGNORED = {"$ref": "#/components/schemas/IgnoredBody"}
NOT_MODIFIED = OpenApiResponse(description="What If-None-Match names is still the same.")


class ApiSchema(AutoSchema):
    """Adds the errors that an operation can have to what is said of it. `can_fail` are statuses beside the usual."""

    can_fail: ClassVar[Sequence[str]] = ()

    def get_operation(self, *args: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args)
        if operation is not None:
            responses = operation["responses"]
            for code in self._failures(operation) - responses.keys():
                responses[code] = {"$ref": f"#/components/responses/{code}"}
            operation["responses"] = dict(sorted(responses.items()))
        return operation

    def named_schema(self, name: str, schema: dict[str, Any]) -> dict[str, Any]:
        """A reference to a schema that has a name of its own, so that generated clients have a class of it."""
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=name
        )
        self.registry.register_on_missing(component)
        return dict(component.ref)

    def _failures(self, operation: dict[str, Any]) -> set[str]:
        asks = {parameter["in"] for parameter in operation.get("parameters", ())}
        names = {parameter["name"] for parameter in operation.get("parameters", ())}
        codes = {*_ALWAYS, *self.can_fail}
        if "path" not in asks:
            codes -= {"404"}
        if "requestBody" in operation:
            codes |= {*_OF_BODIES}
        codes |= {"412"} if "If-Match" in names else set()
        codes |= {"410", "422"} if IDEMPOTENCY_KEY.name in names else set()
        return codes


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "workspaces.access.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "The cookie of `POST /api/session` or of the log-in page (`__Host-sessionid` where the site "
            "is served by HTTPS). Requests that write need the session's `csrfToken` as `X-CSRFToken`.",
        }


class SecretKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "workspaces.access.SecretKeyAuthentication"
    name = "secretKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A secret key, `Authorization: Bearer sk_…`, or as the user name of Basic authorization. "
            "It opens one workspace, within its scopes: `read`, `curate`, `write`.",
        }


_Endpoint = tuple[str, str, str, Callable[..., Any]]


def without_last_slash(endpoints: list[_Endpoint]) -> list[_Endpoint]:
    """Every address takes both forms; the one without is the one we tell."""
    return [(path.rstrip("/"), regex, method, view) for path, regex, method, view in endpoints]


def with_what_is_common(result: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Say of each identifier in an address what it looks like, and of the errors what they are."""
    for item in result["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and parameter["name"] in PATH_PARAMETERS:
                    description, pattern, example = PATH_PARAMETERS[parameter["name"]]
                    parameter |= {"description": description, "example": example}
                    parameter["schema"] = {"type": "string", "pattern": pattern}
    result["info"]["description"] = _LINK_TO_DOCUMENT.sub(r"\1", GUIDE.read_text())
    components = result["components"]
    _close_what_is_sent(result)
    _tell_of_ignored(result)
    components["schemas"]["IgnoredBody"] = IGNORED_BODY
    components["schemas"]["ErrorBody"] = ERROR_BODY
    components["schemas"] = dict(sorted(components["schemas"].items()))
    error = {"$ref": "#/components/schemas/ErrorBody"}
    components["responses"] = {
        code: {"description": description, "content": {JSON: {"schema": error}}} for code, description in ERRORS.items()
    }
    return result


def _tell_of_ignored(result: dict[str, Any]) -> None:
    """Every answer of the API that is an object can have the parameters that were left out beside what it is."""
    for path, item in result["paths"].items():
        for operation in item.values() if path.startswith("/api/") else ():
            for code, response in operation["responses"].items():
                schema = response.get("content", {}).get(JSON, {}).get("schema", {})
                for name in _components_of(schema) if code.startswith("2") else ():
                    result["components"]["schemas"][name]["properties"].setdefault("meta", IGNORED)


def _close_what_is_sent(result: dict[str, Any]) -> None:
    """Say of bodies that are read strictly that they have no other fields."""
    schemas = result["components"]["schemas"]
    operations = [operation for item in result["paths"].values() for operation in item.values()]
    waiting = [_components_of(operation["requestBody"]["content"][JSON]["schema"]) for operation in operations
               if JSON in operation.get("requestBody", {}).get("content", {})]  # fmt: skip
    names: set[str] = set()
    while waiting:
        for name in waiting.pop() - names:
            names.add(name)
            if "additionalProperties" not in schemas[name]:  # SDKs send more than is read
                schemas[name]["additionalProperties"] = False
                waiting.extend(map(_components_of, schemas[name].get("properties", {}).values()))


def _components_of(schema: dict[str, Any]) -> set[str]:
    """The names of the components that a field is, or a list of."""
    each = [schema, schema.get("items", {}), *schema.get("oneOf", ()), *schema.get("allOf", ())]
    return {each_schema["$ref"].rpartition("/")[2] for each_schema in each if "$ref" in each_schema}


def operation_id(verb: str, noun: str) -> str:
    """`listMessageEvents` of list and message-events."""
    return verb + "".join(part[0].upper() + part[1:] for part in re.split(r"[-_ ]", noun))
