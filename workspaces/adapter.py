"""How django-allauth behaves here: what it records, says, encrypts, and where it lets people go."""

from itertools import chain, count
from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from campaignos.encryption import decrypt, encrypt
from campaignos.errors import TooOften, too_many_requests, wants_json
from workspaces.audit import record
from workspaces.known_browsers import note_log_in
from workspaces.log_in_limits import forget_failures, may_log_in, take_back, use_failure
from workspaces.models import Action, User
from workspaces.sessions import USER_AGENT
from workspaces.user_agents import browser_named

SECOND_FACTORS = "second factors"
WRONG = "The email or the password is wrong."
TOLD_BY_MAIL = {
    "account/email/password_changed": Action.PASSWORD_CHANGED,
    "account/email/password_set": Action.PASSWORD_CHANGED,
    "account/email/password_reset": Action.PASSWORD_RESET,
    "account/email/email_changed": Action.EMAIL_CHANGED,
    "mfa/email/totp_activated": Action.SECOND_FACTOR_ADDED,
    "mfa/email/totp_deactivated": Action.SECOND_FACTOR_REMOVED,
    "mfa/email/webauthn_added": Action.SECOND_FACTOR_ADDED,
    "mfa/email/webauthn_removed": Action.SECOND_FACTOR_REMOVED,
    "mfa/email/recovery_codes_generated": Action.RECOVERY_CODES_MADE,
}
"""What allauth writes to a user about, and what the audit trail calls it."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": WRONG,
        "too_many_login_attempts": "Too many failed log-ins. Try again in 5 minutes.",
        "account_inactive": WRONG,
    }

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        request.session[USER_AGENT] = request.headers.get("User-Agent", "")[:300]
        User.objects.filter(pk=user.pk).update(last_seen_at=timezone.now())
        note_log_in(request, user)
        vouch_for_address(user)
        record(Action.LOG_IN, by=user, account=user)

    def logout(self, request: HttpRequest) -> None:
        user = cast(User, request.user)
        record(Action.LOG_OUT, by=user, account=user)
        super().logout(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Counts the attempt. Raises ValidationError after too many failures."""
        email = credentials.get("email", "")
        user = User.objects.filter(email=email).first()
        if not may_log_in(request, user):
            if not wants_json(request):
                raise ImmediateHttpResponse(too_many_requests(request))
            raise TooOften("Too many log-ins came from this network. Try again in a minute.", wait=60)
        self._failure = use_failure(request, email, user)
        if not self._failure:
            raise self.validation_error("too_many_login_attempts")

    def _rollback_login_failed_rl_usage(self) -> None:
        """What allauth calls after a log-in that has succeeded."""
        take_back(self._failure)

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """What allauth calls after a password was reset by mail."""
        forget_failures(request, credentials.get("email", ""))

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Keeps no email that was typed: it may be anybody's, or a password in the wrong field."""
        record(Action.LOG_IN_FAILED, by=None, account=User.objects.filter(email=credentials.get("email", "")).first())

    def reauthenticate(self, user: User, password: str) -> bool:
        authenticated = self.authenticate(context.request, email=user.email, password=password)
        return authenticated is not None and authenticated.pk == user.pk

    @transaction.atomic
    def set_password(self, user: User, password: str) -> None:
        """Ends the other sessions, too: a changed password alone would only make them worthless."""
        super().set_password(user, password)
        user.sessions.exclude(session_key=context.request.session.session_key).delete()

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """As allauth's; an address that became another user's while it waited is not confirmed."""
        try:
            with transaction.atomic():
                return bool(super().confirm_email(request, email_address))
        except IntegrityError:
            context = {"email": email_address.email}
            self.add_message(request, messages.ERROR, "account/messages/email_confirmation_failed.txt", context)
            return False

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.OPEN_SIGNUP)

    def is_safe_url(self, url: str) -> bool:
        """Our own host only; allauth would also take the other ones that the server answers to."""
        request = context.request
        return url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())

    def send_notification_mail(self, template_prefix: str, user: User, *args: Any, **options: Any) -> None:
        """Every change to how a user logs in comes by here."""
        if action := TOLD_BY_MAIL.get(template_prefix):
            record(action, by=user, account=user)
        super().send_notification_mail(template_prefix, user, *args, **options)

    def render_mail(self, *args: Any, **options: Any) -> EmailMessage:
        mail: EmailMessage = super().render_mail(*args, **options)
        mail.extra_headers["Auto-Submitted"] = "auto-generated"
        return mail


def vouch_for_address(user: User) -> None:
    """The user's address is good, the only one, and nobody else's.

    Allauth would take one that it does not know for a change under way.
    """
    EmailAddress.objects.filter(user=user, verified=True).exclude(email=user.email).delete()
    EmailAddress.objects.filter(email=user.email).exclude(user=user).delete()
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Encrypts the secrets of second factors with keys made from SECRET_KEY: the database alone is not enough."""

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """By what it is added with: `Firefox on Linux`. Where that name is taken, with a number behind it."""
        name = browser_named(context.request.headers.get("User-Agent", ""))
        taken = {str(key.wrap().name) for key in Authenticator.objects.filter(user=user, type=type)}
        return next(each for each in chain([name], (f"{name} {n}" for n in count(2))) if each not in taken)

    def encrypt(self, text: str) -> str:
        return encrypt(text, purpose=SECOND_FACTORS)

    def decrypt(self, encrypted_text: str) -> str:
        text = decrypt(encrypted_text, purpose=SECOND_FACTORS)
        if text is None:
            raise ValueError("The secret of a second factor was encrypted with another SECRET_KEY.")
        return text
