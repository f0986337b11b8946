"""Staff's administration site: its log-in is everybody's, and it may ask for a second factor."""

from functools import wraps
from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from workspaces.models import SECOND_FACTORS
from workspaces.scope import act_for_all


class Administration(AdminSite):
    site_header = site_title = "CampaignOS Analytics"

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and not self._lacks_second_factor(request)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if super().has_permission(request) and self._lacks_second_factor(request):
            messages.warning(
                request, "The administration requires two-factor authentication. Set it up, and come back."
            )
            return redirect("mfa_index")
        response: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return response

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """As usual; whom it lets in may see every workspace, until their page is rendered."""

        @wraps(view)
        def seeing_all(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            act_for_all("staff look after all of them")
            return view(request, *args, **kwargs)

        return super().admin_view(seeing_all, cacheable)

    def _lacks_second_factor(self, request: HttpRequest) -> bool:
        return settings.STAFF_SECOND_FACTOR and not is_mfa_enabled(request.user, types=SECOND_FACTORS)
