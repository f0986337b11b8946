"""What follows from who somebody is, on every request that asks."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from campaignos.errors import kept_form, wants_json
from campaignos.kept_forms import kept_fields
from workspaces.access import MovedWorkspace, SecondFactorRequired
from workspaces.known_browsers import give_cookie


class AccessMiddleware:
    """Changes a session's key where it is due, names browsers, and leads pages on to where they can be seen.

    Who sends a form after their session has ended gets it back, to be sent again after the log-in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if _asks_to_log_in(request, response) and (fields := kept_fields(request)) is not None:
            response = kept_form(request, fields, is_logged_out=True)
        session = request.session
        if getattr(session, "must_rotate", False) and session.session_key:
            session.cycle_key()
        give_cookie(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if wants_json(request):
            return None
        match exception:
            case SecondFactorRequired():
                messages.warning(request, str(exception))
                return redirect(reverse("mfa_index"))
            case MovedWorkspace(old=old, new=new):
                moved = redirect(request.get_full_path().replace(f"/w/{old}/", f"/w/{new}/", 1))
                moved.status_code = 302 if request.method in ("GET", "HEAD") else 307  # a form goes along
                return moved
        return None


def _asks_to_log_in(request: HttpRequest, response: HttpResponse) -> bool:
    leads_to_log_in = response.get("Location", "").startswith(f"{reverse('account_login')}?")
    return leads_to_log_in and request.method == "POST" and not request.user.is_authenticated
