"""First steps: a key, snippets, what arrives; demo data that comes and goes without a trace."""

import re
from datetime import timedelta

import pytest
from django.db.models import Sum
from django.test import Client

from analytics.ledger import Ledger
from analytics.lists import ContactList, EventList, MessageList
from analytics.models import Campaign, Contact, DayCount, Event, Identity, Message
from analytics.reports.overview import overview
from analytics.sample import has_sample, load_sample, remove_sample
from tests.analytics.asking import ask
from tests.conftest import post_json
from workspaces.models import Key


@pytest.fixture
def start(api, workspace):
    def get(path="", **query):
        return api.get(f"/w/{workspace.slug}/start/{path}", query)

    return get


@pytest.mark.long
def test_a_key_is_made_once_and_stands_in_every_snippet(api, workspace, start):
    assert "YOUR_WRITE_KEY" in start().content.decode()
    html = api.post(f"/w/{workspace.slug}/start/").content.decode()
    token = re.search(r"wk_[\w-]{40,}", html)[0]
    assert html.count(token) >= 6
    assert "YOUR_WRITE_KEY" not in html
    assert token not in start().content.decode()
    assert Key.objects.usable(workspace.created_at + timedelta(days=1)).with_token(token).get().workspace == workspace
    body = {"userId": "u1", "event": "signup"}
    assert post_json(Client(), "/v1/track", body, Authorization=f"Bearer {token}").status_code == 200


def test_a_key_for_web_pages_stands_in_the_snippet_for_them(api, workspace, start):
    assert "AnalyticsBrowser" in start().content.decode()
    html = api.post(f"/w/{workspace.slug}/start/", {"pages": ""}).content.decode()
    token = re.search(r"wk_[\w-]{40,}", html)[0]
    assert "AnalyticsBrowser" in html
    assert html.count(token) == 3
    assert "You can put it into your web pages" in html
    body = {"userId": "u1", "event": "signup", "writeKey": token}
    assert post_json(Client(), "/v1/t", body, Origin="https://shop.example").status_code == 200


def test_only_those_who_manage_make_keys(viewer_client, workspace):
    assert viewer_client.post(f"/w/{workspace.slug}/start/").status_code == 403
    assert not Key.objects.exists()


def test_what_arrives_is_shown_once_it_is_there(start, now, track):
    since = now.isoformat()
    assert start("arrived/", since=since).status_code == 204
    track({"type": "track", "userId": "u1", "event": "<b>hello"})
    html = start("arrived/", since=since).content.decode()
    assert "&lt;b&gt;hello" in html
    assert "It works" in html
    assert start("arrived/", since=(now + timedelta(minutes=1)).isoformat()).status_code == 204
    assert "&lt;b&gt;hello" in start().content.decode()


@pytest.mark.parametrize("since", ["", "x", "2026-13-45T00:00:00Z", "2026-03-31T12:00:00", "\0"])
def test_a_bad_since_is_now(start, now, since):
    assert start("arrived/", since=since).status_code == 204


@pytest.mark.long
def test_something_refused_is_shown_with_its_reason_and_fix(start, now, track):
    track({"type": "track", "userId": "null", "event": "x"})
    html = start("arrived/", since=now.isoformat()).content.decode()
    assert "was rejected" in html
    assert "names nobody" in html
    assert "your own database" in html


def test_strangers_and_the_anonymous_see_nothing(stranger_client, workspace):
    for client, status in ((stranger_client, 404), (Client(), 302)):
        for path in ("", "arrived/"):
            assert client.get(f"/w/{workspace.slug}/start/{path}").status_code == status
        assert client.post(f"/w/{workspace.slug}/start/sample/").status_code == status


@pytest.mark.long
def test_demo_data_goes_without_a_trace(api, workspace, now, track, bulk, monkeypatch):
    monkeypatch.setattr("analytics.sample.SAMPLE_DAYS", 3)
    bulk("contacts", [{"externalId": "real", "signedUpAt": "2026-03-30T10:00:00Z"}])
    track({"type": "track", "userId": "real", "event": "visit", "context": {"campaign": {"source": "google"}}})
    before = overview(Ledger(workspace), ask(workspace, now))
    lists = (ContactList(), EventList(), MessageList())
    rows = [one.find(workspace, now=now).total for one in lists]

    api.post(f"/w/{workspace.slug}/start/sample/")
    assert has_sample(workspace)
    assert all(name.endswith("(demo)") for name in Campaign.objects.values_list("name", flat=True))
    assert Contact.objects.filter(name__endswith="(demo)").exists()
    loaded = Event.objects.filter(workspace_id=workspace.pk).count()
    api.post(f"/w/{workspace.slug}/start/sample/")
    assert Event.objects.filter(workspace_id=workspace.pk).count() == loaded

    api.post(f"/w/{workspace.slug}/start/sample/", {"remove": "1"})
    assert not has_sample(workspace)
    assert [one.find(workspace, now=now).total for one in lists] == rows
    after = overview(Ledger(workspace), ask(workspace, now))
    assert without_campaigns(after.numbers) == without_campaigns(before.numbers)
    of_workspace = {"workspace_id": workspace.pk}
    assert not Message.objects.filter(**of_workspace).exists()
    assert not Identity.objects.filter(value__startswith="demo:", **of_workspace).exists()
    of_campaigns = DayCount.objects.filter(campaign_id__gt=0, **of_workspace).values("day", "counted", "campaign_id")
    assert not of_campaigns.annotate(left=Sum("n")).exclude(left=0).exists()


@pytest.mark.long
def test_demo_data_can_be_loaded_again(workspace, now, monkeypatch):
    monkeypatch.setattr("analytics.sample.SAMPLE_DAYS", 3)
    load_sample(workspace=workspace, now=now)
    first = EventList().find(workspace, now=now).total
    remove_sample(workspace=workspace)
    load_sample(workspace=workspace, now=now + timedelta(seconds=1))
    assert EventList().find(workspace, now=now).total == first > 0


def test_a_viewer_loads_and_removes_nothing(viewer_client, workspace):
    assert viewer_client.post(f"/w/{workspace.slug}/start/sample/").status_code == 403
    assert viewer_client.get(f"/w/{workspace.slug}/start/sample/").status_code == 403


def test_an_empty_report_leads_to_the_first_steps(api, workspace):
    html = api.get(f"/w/{workspace.slug}/reports/overview/").content.decode()
    assert f'href="/w/{workspace.slug}/start/"' in html


def without_campaigns(numbers):
    return {key: number for key, number in numbers.items() if not key.startswith("campaigns_")}
