"""Pages' addresses with parameters as they were called before: they lead on to the same page by the names of now."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect

NAMES: Mapping[str, str] = {
    "compare_from": "compareFrom",
    "compare_to": "compareTo",
    "lost_since": "lostSince",
    "not_campaign": "notCampaign",
    "utm_source": "utmSource",
    "utm_medium": "utmMedium",
    "utm_campaign": "utmCampaign",
}
NAMES_OF_PAGES: Mapping[str, Mapping[str, str]] = {"timeseries": {"by": "breakdown"}}
"""By page, former names of parameters that other pages still call so."""
VALUES: Mapping[str, Mapping[str, str]] = {"compare": {"prev": "previous"}}


class FormerNamesMiddleware:
    """Redirects, so that every link of the page has the names of now. Where an address has both, that of now counts."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        match = request.resolver_match
        if match is None or not match.route.startswith("w/") or request.method not in ("GET", "HEAD"):
            return None
        query = current_query(request.GET, match.url_name or "")
        return None if query == request.GET else redirect(f"{request.path}?{query.urlencode()}")


def current_query(query: QueryDict, page: str) -> QueryDict:
    """The parameters of a page, in their order, by the names and with the values of now."""
    names = {**NAMES, **NAMES_OF_PAGES.get(page, {})}
    renamed = QueryDict(mutable=True)
    for name, values in query.lists():
        current = names.get(name, name)
        if current == name or current not in query:
            renamed.setlist(current, [VALUES.get(current, {}).get(value, value) for value in values])
    return renamed
