"""The shell around every page of a workspace: where one can go, and which workspaces one can go to."""

import re

import pytest

from workspaces import navigation
from workspaces.changes import create_workspace
from workspaces.conversions import NO_MONEY
from workspaces.models import Membership
from workspaces.navigation import Destination
from workspaces.roles import Right, Role


def links(html, around):
    part = re.search(rf"<{around}.*?</{around.split()[0]}>", html, re.DOTALL)[0]
    found = re.findall(r'<a href="([^"]*)"(?![^>]* hidden)[^>]*>(?:<svg.*?</svg>)?([^<]*)', part)
    return {label: address for address, label in found}


@pytest.fixture
def overview(api, workspace):
    return lambda query="": api.get(f"/w/{workspace.slug}/reports/overview/{query}").content.decode()


TOPICS = {
    "Summary": [
        "Overview",
        "Trends",
        "What changed",
        "Boards",
        "Saved questions",
        "Notes",
        "Alerts",
        "Scheduled emails",
    ],
    "Messages": ["Campaigns", "Health", "A/B tests"],
    "Conversions": ["Attribution", "Revenue", "Funnels"],
    "People": ["Retention", "Contacts", "Segments", "Events"],
    "Workspace": ["Settings"],
}


def test_the_navigation_is_grouped_by_what_one_asks_and_marks_the_current_entry(overview, workspace):
    html = overview()
    shown = {topic: links(html, f'nav aria-label="{topic}"') for topic in TOPICS}
    assert {topic: [*entries] for topic, entries in shown.items()} == TOPICS
    assert shown["Summary"]["Trends"] == f"/w/{workspace.slug}/reports/timeseries/"
    assert html.count('aria-current="page"') == 1


def test_pages_of_one_entry_are_tabs_and_mark_it(api, workspace):
    address = f"/w/{workspace.slug}"
    pages = {
        f"{address}/reports/campaign/?range=7d": ("In this period", "Campaigns", "page"),
        f"{address}/campaigns/": ("All campaigns", "Campaigns", "true"),
        f"{address}/reports/retention/": ("Retention", "Retention", "page"),
        f"{address}/reports/lifecycle/?range=7d": ("Lifecycle", "Retention", "true"),
        f"{address}/reports/stickiness/": ("Stickiness", "Retention", "true"),
        f"{address}/reports/ltv/": ("Lifetime value", "Retention", "true"),
        f"{address}/reports/rfm/": ("RFM", "Retention", "true"),
    }
    for page, (tab, entry, current) in pages.items():
        html = api.get(page).content.decode()
        marked = r'aria-current="([^"]*)"(?: data-key="[^"]*")?><svg[^>]*><use [^>]*/></svg>([^<]*)'
        assert re.findall(marked, html) == [(current, entry)]
        assert re.search(rf'<nav class="tabs" aria-label="{entry}">.*aria-current="page">{tab}</a>.*</nav>', html)


def test_tabs_take_along_what_means_the_same_and_are_shown_where_they_may_be_seen(api, workspace):
    html = api.get(f"/w/{workspace.slug}/reports/stickiness/?range=7d&compare=off").content.decode()
    tabs = links(html, 'nav class="tabs" aria-label="Retention"')
    assert [*tabs] == ["Retention", "Lifecycle", "Stickiness", "Lifetime value", "RFM"]
    assert tabs["Lifecycle"] == f"/w/{workspace.slug}/reports/lifecycle/?range=7d&amp;compare=off"
    workspace.money_rules = dict.fromkeys(("purchase", "Order Refunded"), NO_MONEY.data)
    workspace.save()
    html = api.get(f"/w/{workspace.slug}/reports/stickiness/").content.decode()
    assert [*links(html, 'nav class="tabs" aria-label="Retention"')] == ["Retention", "Lifecycle", "Stickiness"]


def test_shortcuts_lead_to_tabs_too(overview, workspace):
    html = overview()
    assert f'<a href="/w/{workspace.slug}/reports/lifecycle/" data-key="g l" hidden>Lifecycle</a>' in html


def test_what_has_no_address_yet_is_not_listed(overview, monkeypatch):
    entry = Destination("no-such-address", "Nowhere", "send")
    monkeypatch.setattr(navigation, "NAVIGATION", (("Summary", (entry,)),))
    monkeypatch.setattr("workspaces.templatetags.shell.NAVIGATION", navigation.NAVIGATION)
    html = overview()
    assert "Nowhere" not in html
    assert 'aria-label="Summary"' not in html


def test_what_a_member_has_no_right_to_is_not_listed(overview, viewer_client, workspace, monkeypatch):
    entry = Destination("overview", "Only for managers", "settings", right=Right.MANAGE)
    monkeypatch.setattr("workspaces.templatetags.shell.NAVIGATION", (("Workspace", (entry,)),))
    assert "Only for managers" in overview()
    seen = viewer_client.get(f"/w/{workspace.slug}/reports/overview/").content.decode()
    assert "Only for managers" not in seen


def test_what_means_the_same_elsewhere_goes_along_and_ids_stay_behind(overview, workspace):
    html = overview("?range=7d&compare=year&campaign=cmp_1&steps=a,b&evil=%22%3E%3Cb%3E")
    kept = "?range=7d&amp;compare=year"
    assert links(html, 'nav aria-label="Conversions"')["Funnels"] == f"/w/{workspace.slug}/reports/funnel/{kept}"
    assert "<b>" not in html


def test_days_of_a_report_do_not_go_along_to_a_list_nor_a_lists_to_a_report(api, overview, workspace):
    html = overview("?from=2026-03-01&to=2026-03-07&compare=off")
    lists = links(html, 'nav aria-label="People"')
    for label in ("Contacts", "Segments", "Events"):
        assert lists[label] == f"/w/{workspace.slug}/{label.lower()}/"
    html = api.get(f"/w/{workspace.slug}/events/?from=2026-03-01&to=2026-03-07").content.decode()
    assert links(html, 'nav aria-label="Summary"')["Trends"] == f"/w/{workspace.slug}/reports/timeseries/"


def test_the_switcher_lists_the_users_workspaces_the_current_one_first(api, owner, workspace, stranger_client):
    other = create_workspace(name="Aaa", time_zone="UTC", by=owner)
    html = api.get(f"/w/{workspace.slug}/reports/funnel/?range=7d").content.decode()
    shown = links(html, 'nav class="menu-panel" aria-label="Workspaces"')
    assert [name.strip() for name in shown] == ["Acme", "Aaa", "All workspaces"]
    assert shown["Aaa "] == f"/w/{other.slug}/reports/funnel/?range=7d"


def test_the_switcher_leads_to_the_start_where_one_may_not_see_the_same_page(api, owner, workspace, monkeypatch):
    other = create_workspace(name="Aaa", time_zone="UTC", by=owner)
    Membership.objects.filter(workspace=other).update(role=Role.VIEWER)
    entry = Destination("overview", "For managers", "settings", right=Right.MANAGE)
    monkeypatch.setattr("workspaces.templatetags.shell.NAVIGATION", (("Workspace", (entry,)),))
    html = api.get(f"/w/{workspace.slug}/reports/overview/").content.decode()
    assert links(html, 'nav class="menu-panel" aria-label="Workspaces"')["Aaa "] == f"/w/{other.slug}/"


@pytest.mark.long
def test_many_workspaces_come_in_pages_and_are_found_by_name(api, workspace, owner):
    for number in range(55):
        create_workspace(name=f"Café {number:02}", time_zone="UTC", by=owner)
    first, second = api.get("/w/").text, api.get("/w/?page=2").text
    assert (first.count('class="cover"'), second.count('class="cover"')) == (50, 6)
    assert "1 to 50 of 56" in first
    found = api.get("/w/", {"q": "CAFÉ 54"}).text
    assert re.findall(r'class="cover"[^>]*>([^<]*)', found) == ["Café 54"]
    assert "No workspace matches" in api.get("/w/", {"q": "tea"}).text
