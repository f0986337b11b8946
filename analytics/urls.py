"""The pages of this app. An address without its last slash leads to the one with it."""

from django.urls import path, re_path
from django.views.generic import RedirectView

from analytics import views

urlpatterns = [
    path("w/<slug:slug>/", views.workspace_page, name="workspace"),
    path("w/<slug:slug>/reports/overview/", views.overview_page, name="overview"),
    path("w/<slug:slug>/reports/campaign/", views.campaign_page, name="campaign"),
    path("w/<slug:slug>/reports/timeseries/", views.timeseries_page, name="timeseries"),
    path("w/<slug:slug>/reports/attribution/", views.attribution_page, name="attribution"),
    path("w/<slug:slug>/reports/funnel/", views.funnel_page, name="funnel"),
    path("w/<slug:slug>/reports/retention/", views.retention_page, name="retention"),
    re_path(
        r"^(?P<page>(?:w|login|logout)(?:/[^?]*[^/?])?)$", RedirectView.as_view(url="/%(page)s/", query_string=True)
    ),
]
