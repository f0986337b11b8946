"""What has no column is answered from the facts: the same numbers, and the answer and its page say so."""

from uuid import uuid4

import pytest

from analytics.models import ColumnChoice, EventProperty
from analytics.models.properties import property_id
from tests.analytics.views.texts import text_of

pytestmark = pytest.mark.django_db
PLAN = {"where": "property.plan:pro"}


@pytest.fixture
def report(api, workspace, now):
    return lambda **query: api.get(f"/api/workspaces/{workspace.api_id}/analytics/timeseries", query).json()


@pytest.fixture
def purchases(track, workspace, now):
    """Two with a column of their plan, then one without."""

    def send(*plans):
        items = [{"event": "purchase", "properties": {"plan": plan, "coupon": "x"}} for plan in plans]
        track(*({"type": "track", "anonymousId": "d", "messageId": uuid4().hex, **item} for item in items))

    send("pro", "free")
    EventProperty.objects.create(workspace=workspace, event_type="purchase", name="plan", column=ColumnChoice.OFF)
    send("pro")


def events_of(body):
    return sum(row["events"] for row in body["series"])


def test_an_answer_names_the_columns_that_it_had_to_do_without(report, purchases):
    body = report(**PLAN)
    assert events_of(body) == 2
    assert body["meta"]["readFromFacts"] == [{"eventType": "purchase", "field": "property.plan", "days": 1}]


@pytest.mark.parametrize("place", ["timeseries", "attribution", "funnel?steps=purchase", "cohorts?metric=events"])
def test_what_groups_were_read_for_is_named_too(api, workspace, purchases, place):
    address = f"/api/workspaces/{workspace.api_id}/analytics/{place}{'&' if '?' in place else '?'}"
    body = api.get(f"{address}breakdown=property.plan").json()
    assert [part["field"] for part in body["meta"]["readFromFacts"]] == ["property.plan"]
    page = text_of(
        api.get(f"/w/{workspace.slug}/reports/funnel/?step=purchase&breakdown=property.plan").content.decode()
    )
    assert "there is no column of plan (purchase, 1 day)" in page


def test_an_answer_from_columns_names_none(report, purchases):
    for query in ({}, {"where": "property.coupon:x"}):
        assert "readFromFacts" not in report(**query)["meta"]


@pytest.mark.long
def test_a_page_says_so(api, workspace, purchases):
    address = f"/w/{workspace.slug}/reports/timeseries/"
    page = api.get(address, PLAN).content.decode()
    shown = text_of(page)
    switch = f"/w/{workspace.slug}/settings/properties/{property_id(workspace.pk, 'purchase', 'plan')}/"
    assert f'href="{switch}">Column of plan (purchase)</a>' in page
    assert api.get(switch).status_code == 200
    assert "Read from the events, which takes longer: there is no column of plan (purchase, 1 day)." in shown
    assert "Read from the events" not in text_of(api.get(address).content.decode())


def test_who_sees_no_addresses_sees_none_in_the_names(viewer_client, workspace, track, now):
    name = "of ada@example.com"
    EventProperty.objects.create(workspace=workspace, event_type=name, name="plan", column=ColumnChoice.OFF)
    track({"type": "track", "event": name, "anonymousId": "d", "properties": {"plan": "pro"}})
    page = viewer_client.get(f"/w/{workspace.slug}/reports/timeseries/", PLAN).content.decode()
    assert "settings/properties/" not in page
    assert "no column of plan (of a…@example.com, 1 day)" in text_of(page)
    body = viewer_client.get(f"/api/workspaces/{workspace.api_id}/analytics/timeseries", PLAN).json()
    assert body["meta"]["readFromFacts"][0]["eventType"] == "of a…@example.com"
