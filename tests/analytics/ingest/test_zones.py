"""A bare day is that day in the workspace's zone, wherever it comes in; a time without an offset follows the door."""

import gzip
import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from analytics.ingest.files.imports import import_blocks
from analytics.ingest.files.uploads import import_upload, keep_upload
from analytics.models import Campaign, Contact, Enrolment, Event, Message, MessageEvent
from tests.conftest import post_json
from workspaces.models import Workspace

DAY_BEGINS = datetime(2026, 1, 15, 5, tzinfo=UTC)
"""In New York."""
NOON_UTC = datetime(2026, 1, 15, 12, tzinfo=UTC)
NOON_THERE = datetime(2026, 1, 15, 17, tzinfo=UTC)
TIMES = {"2026-01-15": DAY_BEGINS, "20260115": DAY_BEGINS, "2026-01-15T12:00:00": NOON_UTC}


@pytest.fixture
def workspace(workspace):
    Workspace.objects.update(time_zone="America/New_York")
    return Workspace.objects.get()


def everything_at(text):
    return {
        "contacts": [{"externalId": "c", "signedUpAt": text}],
        "campaigns": [{"externalId": "p", "name": "P", "startedAt": text, "endedAt": text}],
        "enrollments": [{"campaign": "p", "contact": "c", "enrolledAt": text, "completedAt": text}],
        "messages": [{"externalId": "m", "campaign": "p", "contact": "c", "channel": "EMAIL", "createdAt": text}],
        "message-events": [{"message": "m", "type": "opened", "at": text}],
        "events": [{"type": "t", "occurredAt": text, "contact": "c"}],
    }


def instants():
    return {
        *Contact.objects.values_list("signed_up_at", flat=True),
        *Campaign.objects.values_list("started_at", flat=True),
        *Campaign.objects.values_list("ended_at", flat=True),
        *Enrolment.objects.values_list("enrolled_at", flat=True),
        *Enrolment.objects.values_list("completed_at", flat=True),
        *Message.objects.values_list("created_at", flat=True),
        *MessageEvent.objects.values_list("occurred_at", flat=True),
        *Event.objects.values_list("occurred_at", flat=True),
    }


@pytest.mark.parametrize(("text", "at"), TIMES.items())
def test_in_bulk(workspace, bulk, text, at):
    for resource, items in everything_at(text).items():
        assert bulk(resource, items)["accepted"] == 1
    assert instants() == {at}


@pytest.mark.long
@pytest.mark.parametrize(("text", "at"), TIMES.items())
def test_one_by_one(workspace, api, text, at):
    for resource, (item,) in everything_at(text).items():
        if resource != "message-events":
            address = f"/api/workspaces/{workspace.api_id}/{resource}"
            assert post_json(api, address, item).status_code == 201
    assert instants() == {at}


@pytest.mark.parametrize(("text", "at"), {**TIMES, "2026-01-15T12:00:00": NOON_THERE}.items())
@pytest.mark.parametrize("is_csv", [True, False])
def test_in_files(workspace, text, at, is_csv):
    for resource, (item,) in everything_at(text).items():
        content = "\n".join([",".join(item), ",".join(item.values())]) if is_csv else json.dumps(item)
        file = io.BufferedReader(io.BytesIO(gzip.compress(content.encode())))
        (done,) = import_blocks(workspace, resource, file, source="test")
        assert done.outcome.accepted == 1, resource
    assert instants() == {at}


def test_in_a_file_that_is_uploaded(workspace, owner):
    content = b"externalId,signedUpAt\nc,2026-01-15\nd,2026-01-15 12:00"
    upload = keep_upload(
        workspace=workspace, user=owner, resource="contacts", file_name="c.csv", content=content, now=NOON_UTC
    )
    foreseen = [fields["after"] for change in upload.changes for fields in change["fields"]]
    assert {datetime.fromisoformat(str(after)) for after in foreseen} == {DAY_BEGINS, NOON_THERE}
    import_upload(upload, by=owner, seconds=60)
    assert instants() == {DAY_BEGINS, NOON_THERE}


@pytest.mark.parametrize(("text", "at"), TIMES.items())
def test_on_sdk_routes(workspace, track_trusted, text, at):
    call = {"type": "identify", "userId": "c", "traits": {"createdAt": text}, "timestamp": "2026-02-01T00:00:00Z"}
    assert track_trusted(call, {"type": "track", "userId": "c", "event": "t", "timestamp": text}).status_code == 200
    assert instants() == {at}


@pytest.mark.parametrize(("text", "at"), {**TIMES, "2026-01-15T12:00:00-05:00": NOON_THERE}.items())
def test_in_filters_of_the_api(workspace, api, bulk, text, at):
    before, after = at - timedelta(seconds=1), at
    bulk("contacts", [{"externalId": str(one), "signedUpAt": one.isoformat()} for one in (before, after)])
    if text == "20260115":
        return
    address = f"/api/workspaces/{workspace.api_id}/contacts"
    found = [api.get(address, {name: text}).json()["results"] for name in ("signedUpFrom", "signedUpBefore")]
    assert [[row["externalId"] for row in rows] for rows in found] == [[str(after)], [str(before)]]


@pytest.mark.parametrize("name", ["localtime", "Factory", "posixrules", "Mars/Base", ""])
def test_a_zone_that_is_the_hosts_is_refused(workspace, api, name):
    address = f"/api/workspaces/{workspace.api_id}"
    changed = api.patch(address, json.dumps({"timezone": name}), content_type="application/json")
    made = post_json(api, "/api/workspaces", {"name": "W", "timezone": name})
    page = api.post(f"/w/{workspace.slug}/settings/", {"name": "W", "slug": "w", "time_zone": name})
    assert [changed.status_code, made.status_code, page.status_code] == [400, 400, 400]
    assert not name or f'value="{name}"' not in api.get(f"/w/{workspace.slug}/settings/").content.decode()
