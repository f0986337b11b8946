"""What follows from who somebody is, on every request that asks."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from campaignos.errors import wants_json
from workspaces.access import MovedWorkspace, SecondFactorRequired


class AccessMiddleware:
    """Changes a session's key where it is due, and leads pages on to where they can be seen."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        session = request.session
        if getattr(session, "must_rotate", False) and session.session_key:
            session.cycle_key()
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if wants_json(request):
            return None
        match exception:
            case SecondFactorRequired():
                messages.warning(request, str(exception))
                return redirect(reverse("mfa_index"))
            case MovedWorkspace(old=old, new=new):
                return redirect(request.get_full_path().replace(f"/w/{old}/", f"/w/{new}/", 1))
        return None
