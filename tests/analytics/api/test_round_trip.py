"""What the API writes as a file can be imported again: there nothing changes, elsewhere the same comes out."""

import csv
import io

import pytest

from analytics.ingest.imports import imported
from analytics.models import Contact
from workspaces.changes import create_workspace

AT = "2026-03-{:02}T10:00:00Z"
SENT = {
    "contacts": [
        {"externalId": "+49 30 1", "phone": "+49 (30) 123456", "name": "=cmd", "signedUpAt": AT.format(1)},
        {
            "externalId": "'=x",
            "name": "''=y",
            "signedUpAt": AT.format(3),
            "attributes": {"plan": "pro", "tags": ["a,b", 'c"'], "n": {"1.0": 1}},
        },
        {"externalId": "-5", "email": "özil@example.com", "name": 'Zeile\nzwei, "drei"', "signedUpAt": AT.format(2)},
    ],
    "campaigns": [
        {
            "externalId": "@spring",
            "name": "-Spring, early",
            "status": "ACTIVE",
            "startedAt": AT.format(3),
            "abTests": [
                {
                    "externalId": "t",
                    "name": "T",
                    "variants": [{"name": "B", "isControl": True}, {"name": "A", "weight": 2.5}],
                }
            ],
        },
        {"externalId": "plain", "name": "Plain", "channel": "SMS"},
    ],
    "enrollments": [
        {"campaign": "@spring", "contact": "'=x", "enrolledAt": AT.format(4)},
        {"campaign": "plain", "contact": "-5", "enrolledAt": AT.format(4), "completedAt": AT.format(5)},
    ],
    "messages": [
        {
            "externalId": "=m1",
            "campaign": "@spring",
            "contact": "'=x",
            "channel": "EMAIL",
            "abTest": "t",
            "variant": "A",
            "providerMessageId": "+p",
            "createdAt": AT.format(6),
            "sentAt": AT.format(6),
        },
        {"externalId": "m2", "campaign": "plain", "contact": "-5", "channel": "SMS", "openedAt": AT.format(7)},
    ],
    "message-events": [
        {"message": "=m1", "type": "opened", "at": AT.format(7), "userAgent": "=x", "providerHint": "prefetch"},
        {"message": "=m1", "type": "clicked", "at": AT.format(8), "url": "https://a.example/?a=1,2", "id": "mine"},
        {"message": "m2", "type": "clicked", "at": AT.format(8), "userAgent": "Googlebot/2.1"},
        {"message": "m2", "type": "bounced", "at": AT.format(9), "bounce": "soft", "reason": "-full-"},
    ],
    "events": [
        {"type": "=a, b", "occurredAt": AT.format(9), "contact": "'=x", "properties": {"ö": [1, {"a.b": None}]}},
        {"type": "t", "occurredAt": AT.format(10), "anonymousId": "@d", "utm": {"source": "G", "term": "x"}},
        {"type": "t", "occurredAt": AT.format(10), "anonymousId": "-d", "context": {"library": {"name": "x"}}},
        {"type": "t", "occurredAt": AT.format(11), "anonymousId": "-d", "statedAt": AT.format(12), "messageId": "'-1"},
    ],
}
MADE_HERE = {"id", "contactId", "campaignId", "receivedAt"}


def written(api, workspace, resource):
    address = f"/api/workspaces/{workspace.api_id}/{resource}?format=csv"
    return b"".join(api.get(address).streaming_content)


def read(workspace, resource, content):
    file = io.BufferedReader(io.BytesIO(content))
    done = list(imported(workspace, resource, file, source="test"))
    assert [remark for one in done for remark in one.rejected] == []
    counts = ("accepted", "updated", "duplicates")
    return {name: sum(getattr(one.outcome, name) for one in done) for name in counts}


def said(resource, content):
    """The rows without what each workspace has of its own."""
    rows = csv.DictReader(io.StringIO(content.decode()))
    left_out = MADE_HERE | ({"messageId"} if resource == "message-events" else set())
    return sorted(tuple((name, cell) for name, cell in row.items() if name not in left_out) for row in rows)


@pytest.fixture
def files(api, workspace, bulk):
    for resource, items in SENT.items():
        assert not bulk(resource, items)["rejected"], resource
    return {resource: written(api, workspace, resource) for resource in SENT}


def test_importing_what_the_same_workspace_wrote_changes_nothing(api, workspace, files):
    for resource, content in files.items():
        rows = len(SENT[resource])
        assert read(workspace, resource, content) == {"accepted": 0, "updated": 0, "duplicates": rows}, resource
        assert written(api, workspace, resource) == files[resource]


def test_importing_it_into_another_workspace_makes_the_same_file(api, owner, files):
    elsewhere = create_workspace(name="Elsewhere", time_zone="UTC", by=owner)
    for resource, content in files.items():
        counts = read(elsewhere, resource, content)
        assert counts == {"accepted": len(SENT[resource]), "updated": 0, "duplicates": 0}, resource
    for resource, content in files.items():
        again = written(api, elsewhere, resource)
        assert said(resource, again) == said(resource, content), resource
        assert read(elsewhere, resource, content)["accepted"] == 0, resource


def test_a_mark_of_ours_is_taken_off_and_no_other_apostrophe(workspace):
    content = b"externalId,name\n'=a,'t Hooft\n'+49 30,O'Neill\n"
    assert read(workspace, "contacts", content)["accepted"] == 2
    names = Contact.objects.order_by("id").values_list("external_id", "name")
    assert list(names) == [("=a", "'t Hooft"), ("+49 30", "O'Neill")]
