"""Where each address leads."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from campaignos.api import unknown_address
from campaignos.csp import csp_report

admin.autodiscover()

urlpatterns = [
    path("csp-report", csp_report),
    path("api/", include("campaignos.api")),
    path("", include("analytics.intake.calls")),
    path("", include("analytics.intake.hooks")),
    path("", include("analytics.operations.urls")),
    re_path(r"^(?:api|v1|hooks)/", unknown_address),
    path("", include("workspaces.urls")),
    path("", include("analytics.urls")),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
]
"""What programs ask, and most often, first: an address is tried against one after the other."""

handler400 = "campaignos.errors.bad_request"
handler403 = "campaignos.errors.permission_denied"
handler404 = "campaignos.errors.not_found"
handler429 = "campaignos.errors.too_many_requests"  # allauth's
handler500 = "campaignos.errors.server_error"
