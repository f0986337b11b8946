"""The reports: all that follows from one stands in its entry, and is made of it.

Pages and their addresses, the API's routes and files, the navigation, and the tests' lists come from here.
"""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass

from django.http import HttpResponseBase

from analytics.api.reports.activity import LifecycleView, StickinessView
from analytics.api.reports.attention import AttentionView
from analytics.api.reports.campaigns import report as campaigns_api
from analytics.api.reports.credit.attribution import AttributionView
from analytics.api.reports.credit.models import ModelsView, PathsView
from analytics.api.reports.emails.deliverability import DeliverabilityView
from analytics.api.reports.emails.fatigue import FatigueView
from analytics.api.reports.emails.list_health import ListEngagementView, ListGrowthView
from analytics.api.reports.emails.send_times import SendTimesView
from analytics.api.reports.experiments import holdouts
from analytics.api.reports.experiments.report import ExperimentsView, ExperimentView
from analytics.api.reports.funnel.report import FunnelView
from analytics.api.reports.overview import report as overview_api
from analytics.api.reports.retention.cohorts import CohortsView
from analytics.api.reports.revenue import ltv as ltv_api
from analytics.api.reports.revenue.report import RevenueView
from analytics.api.reports.revenue.rfm import RfmView
from analytics.api.reports.trends.report import TimeseriesView
from analytics.api.reports.view import ReportView
from analytics.api.reports.what_changed.report import WhatChangedView
from analytics.destinations import Topic
from analytics.presentation.reports import SHOW_REPORT, Show
from analytics.views import (
    activity,
    attribution,
    campaign,
    experiments,
    funnel,
    health,
    ltv,
    overview,
    retention,
    revenue,
    rfm,
    timeseries,
    what_changed,
)
from analytics.views.report import page_of


@dataclass(frozen=True)
class Endpoint:
    """A report in the API: `place` is the pattern of its address below `analytics`, `name` that of its route."""

    place: str
    view: type[ReportView]
    name: str


@dataclass(frozen=True)
class Report:
    """`name` is the last part of its page's address and the name of that route; `shortcut` leads to it after G.

    `show` is what a mail or a command shows of it, and its page, unless it has a `view` of its own. In the navigation
    it is an entry of its `topic`, or a tab of the report `tab_of`; `tab` is what it is called among its own tabs.
    """

    name: str
    label: str
    icon: str
    shortcut: str
    endpoints: tuple[Endpoint, ...]
    view: Callable[..., HttpResponseBase] | None = None
    is_of_money: bool = False
    _: KW_ONLY
    topic: Topic
    tab: str = ""
    tab_of: str = ""

    @property
    def show(self) -> Show:
        return SHOW_REPORT[self.name]

    @property
    def page(self) -> Callable[..., HttpResponseBase]:
        return self.view or page_of(self.name, self.label, self.show)


_CAMPAIGN = r"/campaigns/(?P<campaign_id>[^/]+?)"

REPORTS = (
    Report(
        "overview",
        "Overview",
        "layout-dashboard",
        "o",
        (
            Endpoint("", overview_api.OverviewView, "api-overview"),
            Endpoint("/attention", AttentionView, "api-attention"),
        ),
        overview.overview_page,
        topic=Topic.SUMMARY,
    ),
    Report(
        "campaign",
        "Campaigns",
        "megaphone",
        "c",
        (
            Endpoint("/campaigns", campaigns_api.CampaignsView, "api-campaigns-report"),
            Endpoint(_CAMPAIGN, campaigns_api.CampaignView, "api-campaign"),
            Endpoint(f"{_CAMPAIGN}/engagement", campaigns_api.EngagementView, "api-engagement"),
            Endpoint(f"{_CAMPAIGN}/ab-tests", campaigns_api.CampaignTestsView, "api-campaign-tests"),
        ),
        campaign.campaign_page,
        topic=Topic.MESSAGES,
        tab="In this period",
    ),
    Report(
        "health",
        "Health",
        "shield",
        "d",
        (
            Endpoint("/deliverability", DeliverabilityView, "api-deliverability"),
            Endpoint("/list-growth", ListGrowthView, "api-list-growth"),
            Endpoint("/engagement", ListEngagementView, "api-list-engagement"),
            Endpoint("/send-times", SendTimesView, "api-send-times"),
            Endpoint("/fatigue", FatigueView, "api-fatigue"),
        ),
        health.health_page,
        topic=Topic.MESSAGES,
    ),
    Report(
        "timeseries",
        "Trends",
        "chart-line",
        "t",
        (Endpoint("/timeseries", TimeseriesView, "api-timeseries"),),
        timeseries.timeseries_page,
        topic=Topic.SUMMARY,
    ),
    Report(
        "why",
        "What changed",
        "chevrons-up-down",
        "w",
        (Endpoint("/what-changed", WhatChangedView, "api-what-changed"),),
        what_changed.what_changed_page,
        topic=Topic.SUMMARY,
    ),
    Report(
        "attribution",
        "Attribution",
        "signpost",
        "a",
        (
            Endpoint("/attribution", AttributionView, "api-attribution"),
            Endpoint("/attribution/models", ModelsView, "api-attribution-models"),
            Endpoint("/holdouts", holdouts.HoldoutsView, "api-holdouts"),
            Endpoint("/attribution/paths", PathsView, "api-attribution-paths"),
        ),
        attribution.attribution_page,
        topic=Topic.CONVERSIONS,
    ),
    Report(
        "revenue",
        "Revenue",
        "banknote",
        "m",
        (Endpoint("/revenue", RevenueView, "api-revenue"),),
        revenue.revenue_page,
        is_of_money=True,
        topic=Topic.CONVERSIONS,
    ),
    Report(
        "experiments",
        "A/B tests",
        "sliders-horizontal",
        "b",
        (
            Endpoint("/ab-tests", ExperimentsView, "api-ab-tests-report"),
            Endpoint(r"/ab-tests/(?P<test_id>[^/]+?)/report", ExperimentView, "api-ab-test-report"),
        ),
        experiments.experiments_page,
        topic=Topic.MESSAGES,
    ),
    Report(
        "funnel",
        "Funnels",
        "funnel",
        "f",
        (Endpoint("/funnel", FunnelView, "api-funnel"),),
        funnel.funnel_page,
        topic=Topic.CONVERSIONS,
    ),
    Report(
        "retention",
        "Retention",
        "repeat",
        "r",
        (Endpoint("/cohorts", CohortsView, "api-cohorts"),),
        retention.retention_page,
        topic=Topic.PEOPLE,
    ),
    Report(
        "lifecycle",
        "Lifecycle",
        "refresh-cw",
        "l",
        (Endpoint("/lifecycle", LifecycleView, "api-lifecycle"),),
        activity.lifecycle_page,
        topic=Topic.PEOPLE,
        tab_of="retention",
    ),
    Report(
        "stickiness",
        "Stickiness",
        "calendar",
        "s",
        (Endpoint("/stickiness", StickinessView, "api-stickiness"),),
        activity.stickiness_page,
        topic=Topic.PEOPLE,
        tab_of="retention",
    ),
    Report(
        "ltv",
        "Lifetime value",
        "piggy-bank",
        "v",
        (Endpoint("/ltv", ltv_api.LtvView, "api-ltv"),),
        ltv.ltv_page,
        is_of_money=True,
        topic=Topic.PEOPLE,
        tab_of="retention",
    ),
    Report(
        "rfm",
        "RFM",
        "users",
        "k",
        (Endpoint("/rfm", RfmView, "api-rfm"),),
        rfm.rfm_page,
        is_of_money=True,
        topic=Topic.PEOPLE,
        tab_of="retention",
    ),
)
