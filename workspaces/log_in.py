"""Logging in without pages: the same checks, limits and records as the log-in page's, in one call."""

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.core import ratelimit
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed, Throttled

from workspaces.adapter import WRONG
from workspaces.administration import SECOND_FACTORS
from workspaces.models import User

LOCKED_SECONDS = 300
"""How long an account or address that failed too often has to wait at most; allauth's own limit."""


def log_in(request: HttpRequest, *, email: str, password: str, code: str | None) -> None:
    """Give the request a session of the user's.

    Raises AuthenticationFailed with the code `authentication_failed`, `mfa_required` (right so far, but the user has a
    second factor and no code came) or `mfa_code_invalid`, and Throttled after too many failures.
    """
    user = _authenticated(request, email, password)
    if is_mfa_enabled(user, types=SECOND_FACTORS):
        _check_code(user, code)
    record_authentication(request, user, method="password", email=email)
    get_adapter().login(request, user)


def _authenticated(request: HttpRequest, email: str, password: str) -> User:
    if not ratelimit.consume(request, action="login"):
        raise Throttled(wait=60)
    try:
        user: User | None = get_adapter(request).authenticate(request, email=email, password=password)
    except ValidationError as error:
        raise Throttled(wait=LOCKED_SECONDS, detail=str(error.message)) from error
    if user is None:
        raise AuthenticationFailed(WRONG)
    return user


def _check_code(user: User, code: str | None) -> None:
    if not code:
        raise AuthenticationFailed("A code of your authenticator app or a recovery code is required.", "mfa_required")
    form = AuthenticateForm({"code": code}, user=user)
    if form.is_valid():
        form.save()
    elif form.has_error("code", "too_many_login_attempts"):
        raise Throttled(wait=LOCKED_SECONDS)
    else:
        raise AuthenticationFailed("The code is wrong.", "mfa_code_invalid")
