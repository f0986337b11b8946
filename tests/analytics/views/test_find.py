"""Find: pages, settings and what a workspace has, by name, as far as the member may see it."""

import re
from html import unescape

import pytest

from analytics.models import Campaign, Contact
from tests.analytics.lists.test_finder import make_contacts
from workspaces.changes import create_workspace
from workspaces.models import Membership


@pytest.fixture
def results(api, workspace):
    """The labels and addresses found, by kind."""

    def get(text="", client=api, place=""):
        html = client.get(f"/w/{workspace.slug}/find/{place}", {"q": text}).content.decode()
        groups = re.findall(r'<h2>([^<]*)</h2>\s*<ul class="found">(.*?)</ul>', html, re.DOTALL) or re.findall(
            r'<div role="group" aria-label="([^"]*)">(.*?)</div>', html, re.DOTALL
        )
        return {
            kind: {unescape(label.strip()): unescape(address) for address, label in _links(part)}
            for kind, part in groups
        }

    return get


def _links(html):
    return re.findall(r'<a href="([^"]*)"[^>]*>([^<]*)', html)


def test_pages_and_settings_are_found_by_any_of_their_words(results, workspace):
    assert results("value lifetime") == {"Pages": {"Lifetime value": f"/w/{workspace.slug}/reports/ltv/"}}
    assert results("retention")["Pages"] == {
        "Retention": f"/w/{workspace.slug}/reports/retention/",
        "Lifecycle": f"/w/{workspace.slug}/reports/lifecycle/",
        "Stickiness": f"/w/{workspace.slug}/reports/stickiness/",
        "Lifetime value": f"/w/{workspace.slug}/reports/ltv/",
        "RFM": f"/w/{workspace.slug}/reports/rfm/",
    }
    assert results("xchange") == results("etention") == {}
    assert results("time zone")["Settings"] == {"General": f"/w/{workspace.slug}/settings/"}
    assert results("twö-factor")["Settings"] == {"Two-factor": "/account/second-factor/"}


def test_without_a_text_all_pages_are_listed_and_no_options(results, workspace):
    assert [*results()] == ["Pages", "Settings"]
    assert {"All campaigns", "Events", "Metrics explained"} <= results()["Pages"].keys()
    assert results(place="options/") == {}


def test_settings_that_a_member_may_not_see_are_not_found(results, viewer_client):
    assert "API keys" in results("keys")["Settings"]
    assert "Settings" not in results("keys", viewer_client)
    assert "Delete workspace" not in results("", viewer_client)["Settings"]


def test_things_lead_to_their_page(results, api, workspace):
    campaign = Campaign.objects.create(workspace=workspace, external_id="spring", name="Spring <b> sale")
    found = results("sale spring")
    assert found == {
        "Campaigns": {"Spring <b> sale": f"/w/{workspace.slug}/reports/campaign/?campaign={campaign.api_id}"}
    }
    assert results("sale spring", place="options/") == found
    assert api.get(found["Campaigns"]["Spring <b> sale"]).status_code == 200
    make_contacts(workspace, "Zoë Özil")
    contact = Contact.objects.get()
    assert results("ozil zoe") == {"Contacts": {"Zoë Özil": f"/w/{workspace.slug}/contacts/{contact.api_id}/"}}


def test_more_than_fits_is_a_list(api, workspace):
    make_contacts(workspace, *["Ada"] * 26)
    html = api.get(f"/w/{workspace.slug}/find/?q=ada").content.decode()
    assert html.count("/contacts/ct_") == 25
    assert f'<a href="/w/{workspace.slug}/contacts/?q=ada">All contacts found</a>' in html
    options = api.get(f"/w/{workspace.slug}/find/options/?q=ada").content.decode()
    assert options.count('role="option"') == 5


def test_viewers_find_no_addresses_and_see_none(results, viewer_client, workspace):
    make_contacts(workspace, "Ada", "ada@example.com", "", first=1)
    Contact.objects.filter(name="").update(email="carla@example.com", external_id="carla@example.com")
    assert results("carla")["Contacts"].keys() == {"carla@example.com"}
    assert results("carla", viewer_client) == {}
    html = viewer_client.get(f"/w/{workspace.slug}/find/", {"q": "ada"}).content.decode()
    assert html.count("/contacts/ct_") == 1
    assert "@example.com" not in html.replace("viewer@example.com", "").replace("a…@example.com", "").replace(
        "A…@example.com", ""
    )


def test_another_workspaces_things_are_not_found(results, owner, stranger_client, workspace):
    other = create_workspace(name="Other", time_zone="UTC", by=owner)
    Campaign.objects.create(workspace=other, external_id="spring", name="Spring")
    make_contacts(other, "Spring")
    for text in ("spring", "u0", "Ada0@", Campaign.objects.get().api_id, Contact.objects.get().api_id):
        assert results(text) == {}
    assert stranger_client.get(f"/w/{workspace.slug}/find/options/?q=a").status_code == 404
    assert Membership.objects.filter(workspace=other).count() == 1


def test_what_is_no_name_finds_nothing_and_says_so(api, workspace):
    html = api.get(f"/w/{workspace.slug}/find/", {"q": "x" * 201}).content.decode()
    assert "Nothing found" in html
    assert "at most 200 characters" in html
    assert "Every word must be part of a name" in api.get(f"/w/{workspace.slug}/find/?q=zzz").content.decode()


def test_every_page_has_the_field_but_find_itself_has_its_own(api, workspace):
    field = f'<form method="get" action="/w/{workspace.slug}/find/" role="search" class="find"'
    for page in ("reports/overview/", "settings/", "contacts/"):
        assert field in api.get(f"/w/{workspace.slug}/{page}").content.decode()
    html = api.get(f"/w/{workspace.slug}/find/?q=a").content.decode()
    assert field not in html
    assert html.count('data-key="/"') == 1
