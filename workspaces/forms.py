"""The log-in's forms, in our words."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
from allauth.account.forms import LoginForm, SignupForm
from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from allauth.account.forms import ResetPasswordKeyForm as AllauthResetPasswordKeyForm
from allauth.account.forms import SetPasswordForm as AllauthSetPasswordForm
from allauth.core import context
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base.forms import AuthenticateForm as AllauthAuthenticateForm
from allauth.mfa.base.forms import BaseAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as AllauthReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm, LoginWebAuthnForm
from allauth.mfa.webauthn.internal.auth import get_state
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from fido2.webauthn import UserVerificationRequirement

from campaignos.texts import one_line
from workspaces.log_in_limits import may_mail, take_back, use_code
from workspaces.models import User


class LogInForm(LoginForm):  # type: ignore[misc]
    """The same message for an unknown email and a wrong password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.EmailField(
            label="Email",
            max_length=254,
            widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
        )
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.order_fields(["login", "password"])

    def clean_login(self) -> str:
        return str(self.cleaned_data["login"]).strip().lower()


class SignUpForm(SignupForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "Email"


class ResetPasswordForm(AllauthResetPasswordForm):  # type: ignore[misc]
    """Writes to a user's own address alone: allauth would also write to one that waits to be confirmed."""

    def clean_email(self) -> str:
        email = str(super().clean_email()).lower()
        self.users = list(User.objects.filter(email=email, is_active=True))
        return email

    def save(self, request: HttpRequest, **options: Any) -> str:
        """Says the same where no more mails go out: the links in the last ones work."""
        email = str(self.cleaned_data["email"])
        return str(super().save(request, **options)) if may_mail(request, email) else email


TOTP_CODE_SECONDS = (1 + 2 * mfa_settings.TOTP_TOLERANCE) * mfa_settings.TOTP_PERIOD
"""How long a code of an authenticator app is taken, from the earliest clock's sight to the latest's."""


class CodeForm(BaseAuthenticateForm):  # type: ignore[misc]
    """A code of the user's second factor, counted by `workspaces.log_in_limits`."""

    def clean_code(self) -> str:
        usages = use_code(context.request, self.user)
        if not usages:
            raise get_adapter().validation_error("too_many_login_attempts")
        code = str(self.cleaned_data["code"])
        factors = list(self.user.authenticator_set.exclude(type=Authenticator.Type.WEBAUTHN).order_by("-type"))
        for factor in factors:
            validator = factor.wrap()
            if validator.validate_code(code):
                if isinstance(validator, TOTP):  # the library forgets a used code while it would be taken once more
                    cache.touch(validator._get_used_cache_key(code), TOTP_CODE_SECONDS)
                take_back(usages)
                self.authenticator = factor
                return code
        if factors:
            self._emit_authentication_failed(factors[0])
        raise get_mfa_adapter().validation_error("incorrect_code")


class AuthenticateForm(CodeForm, AllauthAuthenticateForm):  # type: ignore[misc]
    """After the password."""


class ReauthenticateForm(CodeForm, AllauthReauthenticateForm):  # type: ignore[misc]
    """To prove who one is, before something dangerous."""


PASSKEY_NAME_LENGTH = 100


class NewPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A passkey or security key that is being added."""

    name = forms.CharField(max_length=PASSKEY_NAME_LENGTH, required=False, validators=[one_line])
    passwordless = forms.BooleanField(
        label="Log in with it alone",
        required=False,
        help_text="Without a password. The device must then ask for your fingerprint, face or PIN.",
    )


class PasskeyNameForm(EditWebAuthnForm):  # type: ignore[misc]
    """Another name for one."""

    name = forms.CharField(max_length=PASSKEY_NAME_LENGTH, validators=[one_line])


class PasskeyLogInForm(LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey in place of the password. Its device must have asked for a fingerprint, face or PIN.

    The library looks at what the challenge was made for; one for the second factor, which asks for less, is none.
    """

    def clean_credential(self) -> Authenticator:
        if (get_state() or {}).get("user_verification") != UserVerificationRequirement.REQUIRED:
            raise get_mfa_adapter().validation_error("incorrect_code")
        return super().clean_credential()


PASSWORD_HELP = (
    f"At least {settings.PASSWORD_CHARACTERS} characters, and none of these: a common password, one like your name or "
    "your email address, or one with the name of this program."
)


class NewPasswordField(forms.CharField):
    """A password that is being chosen; `validate` in the form's `clean`, where the user is known."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            strip=False,
            max_length=1000,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            help_text=PASSWORD_HELP,
            **options,
        )


# What is typed can be shown, so nobody types a new password twice.


class ChangePasswordForm(AllauthChangePasswordForm):  # type: ignore[misc]
    password2 = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in (("oldpassword", "Current password"), ("password1", "New password")):
            self.fields[name].label = label
            self.fields[name].widget.attrs.pop("placeholder", None)

    def clean_oldpassword(self) -> str:
        """Counted and recorded as at the log-in: whoever has somebody's session must not guess the password here."""
        password = str(self.cleaned_data["oldpassword"])
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("enter_current_password")
        return password


class SetPasswordForm(AllauthSetPasswordForm):  # type: ignore[misc]
    password2 = None


class ResetPasswordKeyForm(AllauthResetPasswordKeyForm):  # type: ignore[misc]
    password2 = None
