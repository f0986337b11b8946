"""The pages of this app. An address without its last slash leads to the one with it."""

from django.urls import path, re_path
from django.views.generic import RedirectView

from analytics.views import reports

urlpatterns = [
    path("w/<slug:slug>/", reports.workspace_page, name="workspace"),
    path("w/<slug:slug>/reports/overview/", reports.overview_page, name="overview"),
    path("w/<slug:slug>/reports/campaign/", reports.campaign_page, name="campaign"),
    path("w/<slug:slug>/reports/timeseries/", reports.timeseries_page, name="timeseries"),
    path("w/<slug:slug>/reports/attribution/", reports.attribution_page, name="attribution"),
    path("w/<slug:slug>/reports/funnel/", reports.funnel_page, name="funnel"),
    path("w/<slug:slug>/reports/retention/", reports.retention_page, name="retention"),
    re_path(
        r"^(?P<page>(?:w|login|logout)(?:/[^?]*[^/?])?)$", RedirectView.as_view(url="/%(page)s/", query_string=True)
    ),
]
