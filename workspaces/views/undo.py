"""The button of a notice that takes back what the notice tells of."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from workspaces.access import page_membership
from workspaces.models import User
from workspaces.undo import noted_act
from workspaces.views.page import own_address

TOO_LATE = "It is too late to undo this."


@login_required
@require_POST
def undo_page(request: HttpRequest) -> HttpResponse:
    try:
        messages.success(request, _take_back(request, request.POST.get("what", "")))
    except BadSignature:
        messages.error(request, TOO_LATE)
    except ValidationError as error:
        messages.error(request, error.message)
    return redirect(own_address(request, request.POST.get("next", "")))


def _take_back(request: HttpRequest, token: str) -> str:
    """Takes back what the notice told of, and returns what to say. Raises BadSignature, ValidationError."""
    user = cast(User, request.user)
    act = noted_act(token, user)
    workspace = page_membership(request, act.slug, act.right).workspace
    return act.take_back(workspace=workspace, by=user)
