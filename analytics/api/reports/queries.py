"""Reports asked by a JSON body with the names of the parameters: for conditions that no address has room for."""

from collections.abc import Collection, Sequence
from typing import Any

from django.http import QueryDict
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.reports.parameters import COMMA_LISTS
from analytics.api.reports.view import ReportView
from analytics.questions.filter_json import FilterError, parsed_filter
from campaignos.bodies import JSONParser, parse_json
from campaignos.commas import comma_text
from campaignos.errors import BodyError, ParameterError
from campaignos.parameters import UnknownParameter

MAX_QUERY_BYTES = 256 * 1024


def _query_in_size(body: bytes) -> Any:
    if len(body) > MAX_QUERY_BYTES:
        raise BodyError("body_too_large", f"The body has more than {MAX_QUERY_BYTES:,} bytes.", 413)
    return parse_json(body)


class QueryParser(JSONParser):
    """Of a body that may be no larger than a question is."""

    parse_body = staticmethod(_query_in_size)


class BodyQuery(QueryDict):
    """What a body asks, as an address would; a filter as the JSON that it is."""

    most_bytes = MAX_QUERY_BYTES
    """Of one condition: as long as the body may be."""


def query_of_body(body: Any, understood: Sequence[str], several: Collection[str]) -> BodyQuery:
    """Raises BodyError for what is no object, ParameterError for a field that is unknown or no such value."""
    if not isinstance(body, dict):
        raise BodyError("invalid_body", 'The body must be a JSON object such as {"range": "30d"}.')
    query = BodyQuery(mutable=True)
    for name, value in body.items():
        if name not in understood:
            raise UnknownParameter(str(name)[:100], given=str(value)[:200], allowed=", ".join(sorted(understood)))
        query.setlist(name, [_filter(value)] if name == "filter" else _texts(name, value, several))
    query._mutable = False
    return query


def _filter(value: Any) -> Any:
    """As `meta.question` has it, or as JSON."""
    try:
        return parsed_filter(value) if isinstance(value, str) else value
    except FilterError as error:
        raise ParameterError("filter", given=error.given, allowed=error.allowed) from None


def _texts(name: str, value: Any, several: Collection[str]) -> list[str]:
    values = [_text(name, each) for each in value] if isinstance(value, list) else [_text(name, value)]
    if isinstance(value, list) and name in COMMA_LISTS:
        return [comma_text(values)]
    if isinstance(value, list) and name not in several:
        raise ParameterError(name, given=str(value)[:200], allowed="one value")
    return values


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int):
        return str(value)
    raise ParameterError(name, given=str(value)[:200], allowed="a text, a whole number, true or false")


def query_view(view: type[ReportView]) -> type[ReportView]:
    """The same report, asked by POST. It only reads: the right to read is enough, an Idempotency-Key means nothing."""
    report: Any = view

    class Query(report):  # type: ignore[misc]
        http_method_names = ("post",)
        parser_classes = (QueryParser,)

        def get_renderers(self) -> list[BaseRenderer]:
            return [JSONRenderer()]

        @report.get.of_query  # type: ignore[untyped-decorator]
        def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            request._request.GET = query_of_body(request.data, view.parameters, view.several)  # type: ignore[assignment]
            answer: Response = super().get(request, *args, **kwargs)
            return answer

    Query.__name__ = f"{view.__name__}Query"
    return Query
