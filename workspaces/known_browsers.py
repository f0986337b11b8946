"""Browsers in which a user has logged in before. A cookie names them; it lets nobody in.

Each has a count of failed log-ins of its own, so that nobody can lock a user out of a browser that they use.
"""

import secrets
from dataclasses import dataclass, replace

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from workspaces.models import User

MAX_AGE = 365 * 24 * 3600
MAX_USERS = 5
"""How many users a browser is known to; the ones who logged in last."""
_SALT = "workspaces.known_browsers"
_USER = "user_who_logged_in"


@dataclass(frozen=True)
class Browser:
    id: str
    marks: dict[str, str]
    """By the number of each user it is known to: the mark of their password then. With another one it is forgotten."""


def known_browser(request: HttpRequest, user: User | None) -> str | None:
    """The id of the request's browser, if the user has logged in with it since their password changed last."""
    browser = _browser(request)
    if browser is None or user is None or browser.marks.get(str(user.pk)) != _mark(user):
        return None
    return browser.id


def note_log_in(request: HttpRequest, user: User) -> None:
    """Makes the answer to the request give its browser the cookie."""
    setattr(request, _USER, user)


def give_cookie(request: HttpRequest, response: HttpResponse) -> None:
    """Names the browser to itself, where somebody has just logged in."""
    user = getattr(request, _USER, None)
    if user is None:
        return
    browser = _browser(request) or Browser(secrets.token_urlsafe(16), {})
    others = [(pk, mark) for pk, mark in browser.marks.items() if pk != str(user.pk)]
    browser = replace(browser, marks=dict([*others, (str(user.pk), _mark(user))][-MAX_USERS:]))
    response.set_cookie(
        _cookie_name(),
        signing.dumps([browser.id, browser.marks], salt=_SALT),
        max_age=MAX_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _browser(request: HttpRequest) -> Browser | None:
    try:
        return Browser(*signing.loads(request.COOKIES.get(_cookie_name(), ""), salt=_SALT, max_age=MAX_AGE))
    except signing.BadSignature:
        return None


def _cookie_name() -> str:
    return "__Host-browser" if settings.SESSION_COOKIE_SECURE else "browser"


def _mark(user: User) -> str:
    return user.get_session_auth_hash()[:32]
