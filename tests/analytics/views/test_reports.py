"""The report pages without a browser: who sees them, what they say of bad addresses, that they agree with the API."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from workspaces.navigation import NAVIGATION

PAGES = ("overview", "campaign", "timeseries", "attribution", "funnel", "retention")
each_page = pytest.mark.parametrize("name", PAGES)


@pytest.fixture
def page(api, workspace, now):
    def get(name, expected=200, **query):
        response = api.get(f"/w/{workspace.slug}/reports/{name}/", query)
        assert response.status_code == expected
        return response.content.decode()

    return get


@pytest.fixture
def some_data(bulk, track, now):
    bulk("contacts", [{"externalId": f"c{number}", "signedUpAt": "2026-03-20T10:00:00Z"} for number in range(3)])
    bulk("campaigns", [{"externalId": "spring", "name": "Spring <sale>", "status": "ACTIVE"}])
    bulk(
        "messages",
        [
            {
                "externalId": f"m{number}",
                "campaign": "spring",
                "contact": "c0",
                "channel": "EMAIL",
                "createdAt": "2026-03-21T10:00:00Z",
                "sentAt": "2026-03-21T10:00:30Z",
                "deliveredAt": "2026-03-21T10:01:00Z",
                **({"openedAt": "2026-03-22T10:01:00Z"} if number < 2 else {}),
            }
            for number in range(3)
        ],
    )
    calls = [
        {"type": "track", "userId": "c1", "event": event, "timestamp": f"2026-03-25T10:0{minute}:00Z"}
        for minute, event in enumerate(("page_view", "signup", "purchase"))
    ]
    calls[0]["context"] = {"campaign": {"source": "google", "medium": "cpc"}}
    assert track(*calls).json()["accepted"] == 3


def text_of(html):
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


@each_page
def test_a_page_of_an_empty_workspace_is_whole(page, name):
    assert "<h1>" in page(name)


@each_page
@pytest.mark.parametrize("days", [1, 7, 30, 45, 365])
def test_a_page_is_there_for_every_range(page, some_data, name, days):
    assert "Europe/Berlin (UTC+02:00)" in page(name, range=f"{days}d")


@each_page
@pytest.mark.parametrize("given", ["0d", "-3d", "366d", "abc", "1e3d", "٣d", "30", "<script>", "\0", "9" * 500])
def test_a_bad_range_falls_back_and_is_told(page, some_data, name, given):
    html = page(name, range=given)
    assert "range cannot be" in html
    assert "<script>" not in html.split("<main", 1)[1]
    assert "2 Mar 2026" in html  # the first of the default's 30 days


@each_page
def test_a_page_wants_a_session(workspace, name):
    response = Client().get(f"/w/{workspace.slug}/reports/{name}/?range=7d")
    assert response.status_code == 302
    assert response["Location"] == f"/login/?next=/w/{workspace.slug}/reports/{name}/%3Frange%3D7d"


@each_page
def test_a_page_of_somebody_elses_workspace_is_not_found(stranger_client, workspace, name):
    response = stranger_client.get(f"/w/{workspace.slug}/reports/{name}/")
    assert response.status_code == 404
    assert workspace.name not in response.content.decode()


@each_page
def test_a_viewer_sees_the_pages(viewer_client, workspace, name):
    assert viewer_client.get(f"/w/{workspace.slug}/reports/{name}/").status_code == 200


@each_page
def test_a_page_is_only_read(api, workspace, name):
    assert api.post(f"/w/{workspace.slug}/reports/{name}/").status_code == 405
    assert api.head(f"/w/{workspace.slug}/reports/{name}/").status_code == 200


def test_an_address_without_its_last_slash_leads_to_the_page(api, workspace):
    response = api.get(f"/w/{workspace.slug}/reports/funnel?steps=a,b")
    assert (response.status_code, response["Location"]) == (302, f"/w/{workspace.slug}/reports/funnel/?steps=a,b")


def test_the_overview_says_what_the_api_says(page, some_data, report):
    shown = text_of(page("overview"))
    answer = report("")
    assert answer["messages"]["openRate"] == 0.667
    for figure in ("Messages 3", "Open rate 66.7%", "Events 3", "New contacts 3"):
        assert figure in shown


def test_the_funnel_says_what_the_api_says(page, some_data, report):
    shown = text_of(page("funnel", steps="page_view,purchase"))
    answer = report("/funnel", steps="page_view,purchase")
    assert [step["count"] for step in answer["steps"]] == [1, 1]
    assert "1. page_view 1 0 100.0% 2. purchase 1 0 100.0%" in shown


def test_the_campaigns_page_leads_to_a_campaign_whose_name_is_escaped(page, some_data):
    html = page("campaign")
    assert "Spring &lt;sale&gt;" in html
    number = re.search(r"campaign=(cmp_\d+)", html)[1]
    assert "<h1>Spring &lt;sale&gt;</h1>" in page("campaign", campaign=number)


@pytest.mark.parametrize("given", ["cmp_999", "cmp_", "x", "", "\0", "cmp_" + "9" * 50])
def test_an_unknown_campaign_is_not_found(page, some_data, given):
    assert "Not found" in page("campaign", expected=404, campaign=given)


@pytest.mark.parametrize("steps", ["a,,b", ",".join("abcdefghijk"), "x" * 201])
def test_bad_steps_are_told_and_the_form_stays(page, some_data, steps):
    html = page("funnel", steps=steps)
    assert "steps cannot be" in html
    assert 'name="step"' in html


def test_steps_of_the_form_that_are_left_empty_are_left_out(page, some_data):
    shown = text_of(page("funnel", step=["page_view", " ", "purchase", ""]))
    assert "1. page_view" in shown
    assert "2. purchase" in shown


def test_without_steps_a_funnel_is_suggested(page, some_data):
    assert "3. purchase" in text_of(page("funnel"))


def test_a_bad_activity_falls_back_and_is_told(page, some_data):
    html = page("retention", metric="nonsense")
    assert "metric cannot be" in html
    assert "Retention by signup day" in text_of(html)


def test_retention_can_be_shown_in_contacts(page, some_data):
    cell = re.compile(r'<td class="num h\d[^>]*>([^<]*)</td>')
    assert cell.findall(page("retention"))[0] == "33.3%"
    assert cell.findall(page("retention", show="counts"))[0] == "1"


def test_the_templates_have_no_inline_style_or_script():
    """The content security policy forbids both."""
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        html = path.read_text()
        assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\bsrc=)", html), path


def test_every_icon_named_is_in_the_sprite():
    sprite = next(Path(settings.BASE_DIR / "static/vendor").glob("lucide-static-*/icons.svg")).read_text()
    used = {entry.icon for _, entries in NAVIGATION for entry in entries}
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        used |= set(re.findall(r"icons\.svg' %\}#([\w-]+)\"", path.read_text()))
    assert used <= set(re.findall(r'id="([\w-]+)"', sprite))


@each_page
def test_a_page_makes_a_handful_of_queries(page, some_data, name, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        page(name)
