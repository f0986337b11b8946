"""The unmodified segment-analytics-python delivers over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest
from segment.analytics.client import Client as SegmentClient

from analytics.models import Contact, Event, Identity, IngestRemark
from tests.conftest import post_json

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[False, True], ids=["plain", "gzip"])
def segment(request, live_server, write_key):
    failures = []
    client = SegmentClient(
        write_key,
        host=live_server.url,
        gzip=request.param,
        on_error=lambda error, items: failures.append((error, items)),
        max_retries=0,
        thread=1,
    )
    yield client
    client.join()
    assert failures == []


def send_everything(client, at):
    ids = (f"{name}-0001" for name in "abcdefgh")
    said = {"timestamp": at, "anonymous_id": "browser"}
    utm = {"campaign": {"source": "google", "medium": "cpc", "name": "brand"}}
    client.page(None, "Docs", "Pricing", {"path": "/pricing"}, context=utm, message_id=next(ids), **said)
    client.identify("ada", {"email": "ada@example.com"}, message_id=next(ids), **said)
    client.track("ada", "signup", {"plan": "pro"}, timestamp=at + timedelta(minutes=1), message_id=next(ids))
    client.alias("old-ada", "ada", timestamp=at, message_id=next(ids))
    client.track("old-ada", "purchase", {"revenue": 9.5}, timestamp=at + timedelta(hours=1), message_id=next(ids))
    client.screen("ada", "App", "Home", timestamp=at + timedelta(hours=2), message_id=next(ids))
    client.group("ada", "acme", {"name": "Acme"}, timestamp=at, message_id=next(ids))
    client.flush()


def answers(report):
    found = [
        report("", days=7),
        report("/timeseries", days=7),
        report("/attribution", days=7),
        report("/funnel", steps="page_view,signup,purchase", days=7),
        report("/cohorts", days=7),
    ]
    return [{key: value for key, value in answer.items() if key != "meta"} for answer in found]


def test_everything_arrives_and_twice_changes_nothing(segment, report, workspace):
    at = datetime.now(UTC) - timedelta(days=1)
    send_everything(segment, at)
    assert set(Event.objects.filter(workspace=workspace).values_list("type", flat=True)) == {
        "page_view",
        "signup",
        "purchase",
        "screen_view",
    }
    ada = Contact.objects.get(workspace=workspace, external_id="ada")
    assert ada.email == "ada@example.com"
    known = set(Identity.objects.filter(workspace=workspace).values_list("value", flat=True))
    assert known == {"browser", "ada", "old-ada"}
    first = answers(report)
    funnel = first[3]
    assert [step["count"] for step in funnel["steps"]] == [1, 1, 1]
    assert first[2]["sources"][0]["source"] == "google"
    send_everything(segment, at)
    assert answers(report) == first


def test_the_timestamp_and_the_id_of_the_sender_are_kept(segment, workspace):
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=5)
    segment.track("ada", "signup", timestamp=at, message_id="my-own-id")
    segment.flush()
    event = Event.objects.get(workspace=workspace)
    assert (event.message_id, event.occurred_at) == ("my-own-id", at)


def test_a_property_that_is_no_number_costs_its_event_alone(segment, workspace):
    for number in range(5):
        segment.track("ada", "visit", {"price": float("nan") if number == 2 else 9.5, "number": number})
    segment.flush()
    assert {event.properties["number"] for event in Event.objects.all()} == {0, 1, 3, 4}
    assert IngestRemark.objects.get(workspace=workspace).code == "invalid_number"


def test_a_wrong_key_is_told_to_the_sender(live_server, db):
    failures = []
    client = SegmentClient(
        "wk_wrong", host=live_server.url, on_error=lambda error, items: failures.append(str(error)), max_retries=0
    )
    client.track("ada", "signup")
    client.flush()
    client.join()
    assert len(failures) == 1
    assert "401" in failures[0]


def test_the_client_and_a_plain_request_count_alike(segment, write_key, workspace, client):
    at = datetime.now(UTC) - timedelta(hours=1)
    segment.track("ada", "signup", timestamp=at, message_id="one")
    segment.flush()
    call = {"type": "track", "userId": "ada", "event": "signup", "timestamp": at.isoformat(), "messageId": "one"}
    answer = post_json(client, "/v1/batch", {"batch": [call]}, Authorization=f"Bearer {write_key}").json()
    assert answer["duplicates"] == 1
    assert Event.objects.filter(workspace=workspace).count() == 1
