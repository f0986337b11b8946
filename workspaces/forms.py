"""The log-in's forms, in our words."""

from typing import Any

from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
from allauth.account.forms import LoginForm, SignupForm
from allauth.account.forms import ResetPasswordKeyForm as AllauthResetPasswordKeyForm
from allauth.account.forms import SetPasswordForm as AllauthSetPasswordForm
from django import forms
from django.contrib.auth import password_validation


class LogInForm(LoginForm):  # type: ignore[misc]
    """The same message for an unknown e-mail and a wrong password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.EmailField(
            label="E-mail",
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
        self.fields["email"].label = "E-mail"


class NewPasswordField(forms.CharField):
    """A password that is being chosen; `validate` in the form's `clean`, where the user is known."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            strip=False,
            max_length=1000,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            help_text=" ".join(password_validation.password_validators_help_texts()),
            **options,
        )


# What is typed can be shown, so nobody types a new password twice.


class ChangePasswordForm(AllauthChangePasswordForm):  # type: ignore[misc]
    password2 = None


class SetPasswordForm(AllauthSetPasswordForm):  # type: ignore[misc]
    password2 = None


class ResetPasswordKeyForm(AllauthResetPasswordKeyForm):  # type: ignore[misc]
    password2 = None
