"""The pages of this app. An address without its last slash leads to the one with it."""

from django.urls import path, re_path
from django.views.generic import RedirectView

from analytics.views import attribution, campaign, funnel, glossary, overview, retention, timeseries

urlpatterns = [
    path("help/metrics/", glossary.metrics_page, name="metrics_help"),
    path("w/<slug:slug>/", overview.workspace_page, name="workspace"),
    path("w/<slug:slug>/reports/overview/", overview.overview_page, name="overview"),
    path("w/<slug:slug>/reports/campaign/", campaign.campaign_page, name="campaign"),
    path("w/<slug:slug>/reports/timeseries/", timeseries.timeseries_page, name="timeseries"),
    path("w/<slug:slug>/reports/attribution/", attribution.attribution_page, name="attribution"),
    path("w/<slug:slug>/reports/funnel/", funnel.funnel_page, name="funnel"),
    path("w/<slug:slug>/reports/funnel/<int:pk>/", funnel.saved_funnel_page, name="saved_funnel"),
    path("w/<slug:slug>/funnels/", funnel.save_funnel_page, name="save_funnel"),
    path("w/<slug:slug>/funnels/<int:pk>/delete/", funnel.delete_funnel_page, name="delete_funnel"),
    path("w/<slug:slug>/reports/retention/", retention.retention_page, name="retention"),
    re_path(
        r"^(?P<page>(?:w|login|logout|help)(?:/[^?]*[^/?])?)$",
        RedirectView.as_view(url="/%(page)s/", query_string=True),
    ),
]
