"""What of a person a member gets to see: viewers see no whole email address, wherever it stands, and no number.

Pages mask what they know to be somebody's. Beyond that no answer leaves with an address in it: it may stand in the name
of a campaign or an event, too.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any, cast
from urllib.parse import quote_plus, unquote_plus

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from analytics.addresses import ADDRESS, without_addresses
from workspaces.models import Membership
from workspaces.roles import RIGHTS, Role, may_see_addresses


def sees_addresses(membership: Membership) -> bool:
    return may_see_addresses(RIGHTS[Role(membership.role)])


DISCLOSED_TO = "DISCLOSED_TO"
"""Under which name a request's `META` has the member whom its answer is disclosed to."""
IS_CONCEALED = "is_concealed"
"""The attribute of an answer whose texts were concealed before they were packed, where nothing finds them."""


class DisclosureMiddleware:
    """Hides every address in pages and files for members who see none, but their own and those they asked for.

    Inside of what compresses answers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not hides_addresses(request) or getattr(response, IS_CONCEALED, False):
            return response
        but = _visible_addresses(request)
        if isinstance(response, StreamingHttpResponse):
            lines = cast(Iterable[bytes], response.streaming_content)
            response.streaming_content = (_conceal(line, but) for line in lines)
        elif isinstance(response, HttpResponse):
            response.content = _conceal(response.content, but)
        return response


def hides_addresses(request: HttpRequest) -> bool:
    """Whether the member whom the answer is disclosed to sees none."""
    membership = request.META.get(DISCLOSED_TO)
    return membership is not None and not sees_addresses(membership)


def concealing(request: HttpRequest) -> Callable[[Any], Any]:
    """What makes of a value that which the member sees of it; whoever uses it says so by `IS_CONCEALED`."""
    if not hides_addresses(request):
        return lambda value: value
    but = _visible_addresses(request)
    return lambda value: without_addresses(value, but=but)


def _visible_addresses(request: HttpRequest) -> Collection[str]:
    """Their own, and those they asked for."""
    asked = unquote_plus(request.META.get("QUERY_STRING", ""))
    but = {str(getattr(request.user, "email", "")), *(found[0] for found in ADDRESS.finditer(asked))}
    return but | {quote_plus(address) for address in but}


def _conceal(text: bytes, but: Collection[str]) -> bytes:
    return str(without_addresses(text.decode(), but=but)).encode()
