"""Logging in without pages: the same checks, limits and records as the log-in page's, in one call."""

from typing import cast

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from rest_framework.exceptions import APIException, AuthenticationFailed, PermissionDenied

from campaignos.errors import TooOften
from workspaces.adapter import WRONG
from workspaces.forms import AuthenticateForm, CodeForm, ReauthenticateForm
from workspaces.log_in_limits import LOCKED_SECONDS
from workspaces.models import SECOND_FACTORS, User


class ProofRefused(PermissionDenied):
    """403: a 401 would say that the session is over."""

    default_code = "proof_refused"


def log_in(request: HttpRequest, *, email: str, password: str, code: str | None) -> None:
    """Give the request a session of the user's.

    Raises AuthenticationFailed with the code `authentication_failed`, `mfa_required` (right so far, but the user has a
    second factor and no code came) or `mfa_code_invalid`, and TooOften after too many failures.
    """
    user = _authenticate(request, email, password)
    if is_mfa_enabled(user, types=SECOND_FACTORS):
        _check_code(user, code)
    record_authentication(request, user, method="password", email=email)
    get_adapter().login(request, user)


def prove(request: HttpRequest, *, password: str = "", code: str = "") -> None:
    """Note that the session's user has proved anew who they are, by their password or by a code.

    Raises ProofRefused, and TooOften after too many failures.
    """
    user = cast(User, request.user)
    if code:
        _use_code(ReauthenticateForm({"code": code}, user=user), ProofRefused("The code is wrong."))
        return
    try:
        is_right = get_adapter(request).reauthenticate(user, password)
    except ValidationError as error:
        raise TooOften(str(error.message), wait=LOCKED_SECONDS) from error
    if not is_right:
        raise ProofRefused("The password is wrong.")
    reauthenticate_by_password(request)


def _authenticate(request: HttpRequest, email: str, password: str) -> User:
    try:
        user: User | None = get_adapter(request).authenticate(request, email=email, password=password)
    except ValidationError as error:
        raise TooOften(str(error.message), wait=LOCKED_SECONDS) from error
    if user is None:
        raise AuthenticationFailed(WRONG)
    return user


def _check_code(user: User, code: str | None) -> None:
    if not code:
        raise AuthenticationFailed("A code of your authenticator app or a recovery code is required.", "mfa_required")
    _use_code(
        AuthenticateForm({"code": code}, user=user), AuthenticationFailed("The code is wrong.", "mfa_code_invalid")
    )


def _use_code(form: CodeForm, refusal: APIException) -> None:
    """Raises the refusal for a wrong code, TooOften after too many."""
    if form.is_valid():
        form.save()
    elif form.has_error("code", "too_many_login_attempts"):
        raise TooOften("Too many wrong codes. Try again in 5 minutes.", wait=LOCKED_SECONDS)
    else:
        raise refusal
