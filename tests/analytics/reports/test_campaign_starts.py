"""Which campaigns began when: on local days, those of the workspace, not before they did."""

from datetime import date

import pytest

from analytics.ledger import Ledger
from analytics.models import Campaign
from analytics.periods import Window
from analytics.questions.slices import Slice
from analytics.reports.campaigns.starts import campaign_starts
from tests.analytics.asking import ask

STARTS = {
    "early": "2026-03-19T22:59:59Z",
    "b": "2026-03-21T23:30:00Z",
    "a": "2026-03-20T08:00:00Z",
    "sms": "2026-03-21T23:00:00Z",
    "later": "2026-03-31T12:00:01Z",
}


@pytest.fixture
def starts(workspace, now, bulk, django_assert_num_queries):
    def found(**asked):
        window = Window.between(date(2026, 3, 20), date(2026, 4, 2), zone=workspace.zone)
        with django_assert_num_queries(1):
            return [
                (start.day.day, start.name)
                for start in campaign_starts(Ledger(workspace), ask(workspace, now, window, **asked))
            ]

    channel = {"sms": "SMS"}
    items = [
        {"externalId": name, "name": name, "startedAt": at, "channel": channel.get(name)} for name, at in STARTS.items()
    ]
    bulk("campaigns", [*items, {"externalId": "draft", "name": "draft"}])
    return found


def test_those_that_began_on_the_days_and_not_after_now_the_first_first(starts):
    assert starts() == [(20, "a"), (22, "sms"), (22, "b")]


def test_of_one_campaign_or_channel(starts):
    assert starts(part=Slice(Campaign.objects.get(external_id="b").pk)) == [(22, "b")]
    assert starts(part=Slice(channel="SMS")) == [(22, "sms")]
    assert starts(part=Slice(channel="PUSH")) == []


def test_another_workspaces_are_not_there(starts, stranger_client):
    elsewhere = stranger_client.get("/api/workspaces").json()["results"][0]["id"]
    body = {"externalId": "theirs", "name": "theirs", "startedAt": "2026-03-22T08:00:00Z"}
    path = f"/api/workspaces/{elsewhere}/campaigns"
    assert stranger_client.post(path, body, content_type="application/json").status_code == 201
    assert "theirs" not in [name for _, name in starts()]
