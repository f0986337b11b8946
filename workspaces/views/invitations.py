"""Where an invitation's link leads."""

from typing import cast

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib.auth import password_validation
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from campaignos.conflicts import FormErrors
from campaignos.texts import one_line
from workspaces.forms import NewPasswordField
from workspaces.models import Invitation, User, token_digest
from workspaces.people import accept_as_new_user, accept_invitation


class NewUserForm(forms.Form):
    name = forms.CharField(
        max_length=200, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"}), validators=[one_line]
    )
    password = NewPasswordField()

    def __init__(self, data: QueryDict | None, *, email: str) -> None:
        self.email = email
        super().__init__(data)

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        password_validation.validate_password(password, User(email=self.email, name=self.cleaned_data.get("name", "")))
        return password


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Accepted by the user it is for, or by making that user."""
    row = (
        Invitation.objects.open(timezone.now())
        .filter(digest=token_digest(token))
        .select_related("workspace", "created_by")
        .first()
    )
    if row is None:
        return render(request, "invitation.html", {"invitation": None}, status=404)
    context = {"invitation": row, "has_account": User.objects.filter(email=row.email).exists()}
    if request.user.is_authenticated:
        return _by_user(request, row, context)
    if context["has_account"]:
        return render(request, "invitation.html", context)
    return _by_new_user(request, row, context)


def _by_user(request: HttpRequest, row: Invitation, context: dict[str, object]) -> HttpResponse:
    user = cast(User, request.user)
    if request.method == "POST" and user.email == row.email:
        accept_invitation(invitation=row, by=user)
        return redirect("workspace", row.workspace.slug)
    return render(request, "invitation.html", {**context, "is_for_user": user.email == row.email})


def _by_new_user(request: HttpRequest, row: Invitation, context: dict[str, object]) -> HttpResponse:
    form = NewUserForm(request.POST if request.method == "POST" else None, email=row.email)
    if form.is_valid():
        with FormErrors(form):
            user = accept_as_new_user(invitation=row, **form.cleaned_data)
            get_adapter().login(request, user)
            return redirect("workspace", row.workspace.slug)
    return render(request, "invitation.html", {**context, "form": form}, status=400 if form.errors else 200)
