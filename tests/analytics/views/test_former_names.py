"""Addresses from before parameters had the names of the contract still lead where they led."""

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client

from analytics.views.former_names import NAMES, NAMES_OF_PAGES
from workspaces.models import Workspace

REPORTS = "/w/acme/reports"
DAYS = "from=2026-03-01&to=2026-03-09"
CUSTOM = "compare=custom&{}=2026-01-01&{}=2026-01-09"


@pytest.mark.parametrize(
    ("before", "now_called"),
    [
        (f"{REPORTS}/overview/?range=7d&compare=prev", f"{REPORTS}/overview/?range=7d&compare=previous"),
        (
            f"{REPORTS}/timeseries/?{CUSTOM.format('compare_from', 'compare_to')}&metric=sent&metric=opens",
            f"{REPORTS}/timeseries/?{CUSTOM.format('compareFrom', 'compareTo')}&metric=sent&metric=opens",
        ),
        (f"{REPORTS}/timeseries/?by=channel", f"{REPORTS}/timeseries/?breakdown=channel"),
        ("/w/acme/events/?utm_source=a+b&utm_medium=", "/w/acme/events/?utmSource=a+b&utmMedium="),
        ("/w/acme/messages/?by=opened&not_campaign=cmp_1", "/w/acme/messages/?by=opened&notCampaign=cmp_1"),
        (
            f"/w/acme/people/?{DAYS}&steps=a%2Cb&step=2&lost_since=1",
            f"/w/acme/people/?{DAYS}&steps=a%2Cb&step=2&lostSince=1",
        ),
        ("/w/acme/events/?utm_source=old&utmSource=new", "/w/acme/events/?utmSource=new"),
    ],
)
def test_an_address_from_before_leads_to_that_of_now(
    api: Client, workspace: Workspace, before: str, now_called: str
) -> None:
    response = api.get(before)
    assert (response.status_code, response["Location"]) == (302, now_called)
    assert api.get(now_called).status_code == 200


def test_other_addresses_are_left_alone(api: Client, workspace: Workspace) -> None:
    assert api.get("/w/acme/messages/?by=opened").status_code == 200
    assert api.get(f"/api/workspaces/{workspace.api_id}/events?utm_source=mail").json()["meta"]["ignored"]
    assert api.post("/w/acme/import/?utm_source=x").status_code == 400


def test_a_session_from_before_compares_with_the_period_before(api: Client, workspace: Workspace) -> None:
    session = api.session
    session["compare"] = "prev"
    session.save()
    assert "vs previous period" in api.get(f"{REPORTS}/overview/").text


@pytest.mark.parametrize(
    "path",
    [
        "reports/overview/?compare=year",
        "reports/timeseries/?compare=custom&compareFrom=2026-01-01&compareTo=2026-01-09&breakdown=channel&metric=sent",
        "reports/attribution/?compare=previous",
        "reports/funnel/?steps=page_view,purchase",
        "reports/retention/",
        "events/?utmSource=google&utmMedium=cpc",
        "messages/?notCampaign=cmp_999",
        "enrolments/?notCampaign=cmp_999",
    ],
)
def test_no_link_has_a_name_from_before(api: Client, some_data: None, path: str) -> None:
    page = api.get(f"/w/acme/{path}")
    assert page.status_code == 200
    links = {urlsplit(unescape(link)) for link in re.findall(r'(?:href|action|data-href)="([^"]+)"', page.text)}
    names = {name for link in links for name, _ in parse_qsl(link.query, keep_blank_values=True)}
    fields = set(re.findall(r'<(?:input|select)[^>]* name="([^"]+)"', page.text))
    assert names | fields
    assert not (names | fields) & NAMES.keys()
    if path.startswith("reports/timeseries/"):
        assert not fields & NAMES_OF_PAGES["timeseries"].keys()
