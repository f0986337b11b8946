"""Dangerous changes ask for the password, or a second factor, again: a session alone may be somebody else's.

The change itself asks, so that page and API do alike. A page leads to where one proves who one is, and back; the API
answers 403 with the code `proof_required`, and takes the proof at `/api/session/proof`.
"""

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.core import context
from django.http import HttpRequest


def check_proved() -> None:
    """Raises ReauthenticationRequired unless who sent the request under way proved who they are in the last 5 minutes.

    A command has no request, and whoever runs it has the database.
    """
    request: HttpRequest | None = context.request
    if request is not None:
        raise_if_reauthentication_required(request, app="allauth.account")
