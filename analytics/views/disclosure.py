"""What of a person a member gets to see: viewers see no whole email address, wherever it stands, and no number.

Pages mask what they know to be somebody's. Beyond that no answer leaves with an address in it: it may stand in the name
of a campaign or an event, too.
"""

from collections.abc import Callable, Collection, Iterable
from typing import cast
from urllib.parse import quote_plus, unquote_plus

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from analytics.addresses import ADDRESS, without_addresses
from workspaces.models import Membership
from workspaces.roles import RIGHTS, Role, may_see_addresses


def sees_addresses(membership: Membership) -> bool:
    return may_see_addresses(RIGHTS[Role(membership.role)])


DISCLOSED_TO = "DISCLOSED_TO"
"""Under which name a request's `META` has the member whom its answer is disclosed to."""


class DisclosureMiddleware:
    """Hides every address in pages and files for members who see none, but their own and those they asked for.

    Inside of what compresses answers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        membership = request.META.get(DISCLOSED_TO)
        if membership is None or sees_addresses(membership):
            return response
        asked = unquote_plus(request.META.get("QUERY_STRING", ""))
        but = {str(getattr(request.user, "email", "")), *(found[0] for found in ADDRESS.finditer(asked))}
        but |= {quote_plus(address) for address in but}
        if isinstance(response, StreamingHttpResponse):
            lines = cast(Iterable[bytes], response.streaming_content)
            response.streaming_content = (_conceal(line, but) for line in lines)
        elif isinstance(response, HttpResponse):
            response.content = _conceal(response.content, but)
        return response


def _conceal(text: bytes, but: Collection[str]) -> bytes:
    return str(without_addresses(text.decode(), but=but)).encode()
