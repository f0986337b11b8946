"""Which parameters of an address are understood, which are known elsewhere in the API, and which nobody knows.

What another report or list understands is refused, for its answer would be another than asked for. What nobody knows is
left out and told in the answer's `meta.ignored` (where the answer has no room for it, in `X-Ignored-Parameters`), or
refused with `Prefer: handling=strict`. Names that begin with `_` are there for caches. A parameter that is there twice
with different values is refused, unless all of them count: otherwise the last one would silently be taken.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from django.http import HttpResponseBase, QueryDict
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaignos.errors import ParameterError

QUESTIONS = (
    "from", "to", "range", "compare", "compareFrom", "compareTo", "match", "interval", "where", "filter", "segment",
    "breakdown", "limit", "opens", "format",
)  # fmt: skip
"""What reports are asked with."""

SEVERAL_TIMES = frozenset({"where", "segment", "funnelStep", "exclude"})
"""What may be there with different values, of which all count, wherever it is understood."""

IGNORED_HEADER = "X-Ignored-Parameters"

_known = {*QUESTIONS}


class UnknownParameter(ParameterError):
    def __init__(self, parameter: str, *, given: str | None, allowed: str) -> None:
        super().__init__(parameter, given=given, allowed=allowed)
        self.detail = ErrorDetail(f"{parameter} is not understood here; understood are: {allowed}.", self.default_code)


class RepeatedParameter(ParameterError):
    """Only one of the values can count, and the answer would not say which."""

    def __init__(self, parameter: str, *, given: Sequence[str]) -> None:
        values, allowed = " and ".join(given), "one value"
        super().__init__(parameter, given=values, allowed=allowed)
        detail = f"{parameter} is there {len(given):,} times, with different values; allowed: {allowed}."
        self.detail = ErrorDetail(detail, self.default_code)


_STRICT = re.compile(r'(?:^|[,;])\s*handling\s*=\s*"?strict"?\s*(?=$|[,;])', re.IGNORECASE)


def register(names: Iterable[str]) -> None:
    """Parameters that some report or list understands."""
    _known.update(names)


def ignored_parameters(
    request: Request, understood: Collection[str], several: Collection[str] = SEVERAL_TIMES
) -> list[str]:
    """The parameters that nobody knows. Raises ParameterError for the first one that is refused, or repeated."""
    for name, values in request.query_params.lists():
        if name in understood and name not in several and any(value != values[0] for value in values):
            raise RepeatedParameter(name, given=values)
    query: Mapping[str, str] = request.query_params.dict()
    others = [name for name in query if name not in understood and not name.startswith("_")]
    is_strict = _STRICT.search(request.headers.get("Prefer", "")) is not None
    for name in others:
        if name in _known or is_strict:
            raise UnknownParameter(name, given=query.get(name), allowed=", ".join(sorted(set(understood))))
    return sorted(name[:100] for name in others)


class TellsIgnored(APIView):
    """A view that tells in each of its answers which parameters nobody knows; `ignored` are their names."""

    ignored: Sequence[str] = ()

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if self.ignored and response.status_code < 400:
            tell_ignored(response, self.ignored)
        return super().finalize_response(request, response, *args, **kwargs)


def tell_ignored(response: HttpResponseBase, names: Sequence[str]) -> None:
    """Add the names to the body, if that is an object, else to a header."""
    if isinstance(response, Response) and isinstance(response.data, dict):
        response.data = with_ignored(response.data, names)
    else:
        response[IGNORED_HEADER] = ", ".join(quote(name, safe="") for name in names)


def with_ignored(body: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The answer, with the parameters that were left out, if any."""
    return {**body, "meta": {**body.get("meta", {}), "ignored": list(names)}} if names else body


def checked_format(query: QueryDict, formats: Collection[str]) -> None:
    """Raises ParameterError for an unknown `format`."""
    given = query.get("format")
    if given is not None and given not in formats:
        raise ParameterError("format", given=given, allowed=", ".join(formats))
