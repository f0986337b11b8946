"""A form sent from a page that is older than the session: what was typed is handed back, to be sent again.

Only to whoever typed it here: browsers say from which origin a form came, and another site's is not repeated with a
valid token. Passwords and other secrets are never written into a page.
"""

import re

from django.http import HttpRequest

MAX_KEPT = 100_000
"""Characters, of names and values together; what is longer is not repeated."""
CSRF_FIELD = "csrfmiddlewaretoken"

_SECRET = re.compile(r"password|code|credential|token|secret|key", re.IGNORECASE)


def is_from_own_page(request: HttpRequest) -> bool:
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


def kept_fields(request: HttpRequest) -> list[tuple[str, str]] | None:
    """The fields of the form that was sent, but secrets and files; None where it must or can not be repeated."""
    if request.method != "POST" or not is_from_own_page(request):
        return None
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != CSRF_FIELD and not _SECRET.search(name)
    ]
    return fields if sum(len(name) + len(value) for name, value in fields) <= MAX_KEPT else None
