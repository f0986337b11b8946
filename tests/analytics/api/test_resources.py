"""The resources of a workspace: lists, rows, and writing one at a time."""

import csv
import io
import json

import pytest
from django.test import Client

from analytics.audited import DataAction
from analytics.models import Campaign, Contact, Enrolment, Event, IngestRemark, Message
from tests.conftest import post_json
from tests.copied_rows import copied
from workspaces.changes import create_key
from workspaces.models import AuditEvent, KeptAnswer, Key, KeyKind, User, Workspace
from workspaces.roles import Right, may_see_addresses

RESOURCES = ("contacts", "campaigns", "ab-tests", "enrollments", "messages", "message-events", "events", "people")
every_resource = pytest.mark.parametrize("resource", RESOURCES)

CONTACT = {
    "externalId": "ada",
    "email": "ada@example.com",
    "phone": "+44 1",
    "name": "Ada Lovelace",
    "attributes": {"plan": "pro", "backup": "ada@example.org"},
    "signedUpAt": "2026-03-01T09:00:00Z",
}
CAMPAIGN = {
    "externalId": "welcome",
    "name": "Welcome",
    "channel": "EMAIL",
    "status": "ACTIVE",
    "startedAt": "2026-03-01T00:00:00Z",
    "abTests": [
        {"externalId": "subject", "name": "Subject", "variants": [{"name": "A", "isControl": True}, {"name": "B"}]}
    ],
}
ENROLLMENT = {"campaign": "welcome", "contact": "ada", "enrolledAt": "2026-03-02T00:00:00Z"}
MESSAGE = {
    "externalId": "m1",
    "campaign": "welcome",
    "contact": "ada",
    "channel": "EMAIL",
    "abTest": "subject",
    "variant": "B",
    "createdAt": "2026-03-03T00:00:00Z",
    "sentAt": "2026-03-03T00:00:05Z",
    "clickedAt": "2026-03-03T01:00:00Z",
}
MESSAGE_EVENT = {"message": "m1", "type": "bounced", "at": "2026-03-03T02:00:00Z", "reason": "mailbox full"}
ASSIGNMENT = {"abTest": "subject", "variant": "A", "contact": "ada", "assignedAt": "2026-03-03T00:00:00Z"}
EVENT = {
    "messageId": "e1",
    "type": "purchase",
    "occurredAt": "2026-03-04T00:00:00Z",
    "contact": "ada",
    "utm": {"source": "Google", "medium": "cpc"},
    "properties": {"revenue": 9.5},
}  # fmt: skip


@pytest.fixture
@copied
def stored(bulk, now):
    """One row of each resource."""
    bulk("contacts", [CONTACT])
    bulk("campaigns", [CAMPAIGN])
    bulk("enrollments", [ENROLLMENT])
    bulk("messages", [MESSAGE])
    bulk("message-events", [MESSAGE_EVENT])
    bulk("events", [EVENT])
    bulk("assignments", [ASSIGNMENT])


@pytest.fixture
def url(workspace):
    def of(resource, workspace_id=workspace.api_id):
        return f"/api/workspaces/{workspace_id}/{resource}"

    return of


@pytest.fixture
def rows(api, url):
    """The rows of a list as the owner gets them."""

    def get(resource, **query):
        response = api.get(url(resource), query)
        assert response.status_code == 200, response.content
        return response.json()["results"]

    return get


@pytest.fixture
def reader_key(workspace, owner):
    """A secret key that may only read."""
    key, token = create_key(workspace=workspace, kind=KeyKind.SECRET, name="reader", by=owner)
    Key.objects.filter(pk=key.pk).update(scopes=["read"])
    return {"Authorization": f"Bearer {token}"}


def assert_error(response, status, code=None):
    assert response.status_code == status, response.content
    body = response.json()
    assert body["message"] == body["detail"] != ""
    if code is not None:
        assert body["code"] == code
    return body


def send(method, path, body, client, **headers):
    return getattr(client, method)(path, json.dumps(body), content_type="application/json", headers=headers or None)


# Lists


@pytest.mark.long
@pytest.mark.usefixtures("stored")
def test_every_resource_shows_its_rows(rows):
    received = "2026-03-31T12:00:00Z"
    (contact,) = Contact.objects.all()
    (campaign,) = Campaign.objects.all()
    (message,) = Message.objects.all()
    assert rows("contacts") == [
        {"id": f"ct_{contact.pk}", **CONTACT, "signupIsStated": True, "formerIds": [], "receivedAt": received}
    ]
    assert rows("campaigns") == [
        {
            "id": f"cmp_{campaign.pk}",
            "externalId": "welcome",
            "name": "Welcome",
            "channel": "EMAIL",
            "status": "ACTIVE",
            "startedAt": "2026-03-01T00:00:00Z",
            "endedAt": None,
            "subject": None,
            "previewText": None,
            "utm": None,
            "abTests": [
                {
                    "externalId": "subject",
                    "name": "Subject",
                    "variants": [
                        {"name": "A", "weight": 1.0, "isControl": True},
                        {"name": "B", "weight": 1.0, "isControl": False},
                    ],
                }
            ],
            "receivedAt": received,
        }
    ]
    assert rows("ab-tests") == [
        {
            "id": campaign.ab_tests.get().api_id,
            "externalId": "subject",
            "campaignId": f"cmp_{campaign.pk}",
            "campaign": "welcome",
            "name": "Subject",
            "isHoldout": False,
            "startedAt": None,
            "endedAt": None,
            "plannedSize": None,
            "goal": "click",
            "goalEvent": None,
            "windowDays": 7,
            "seed": "subject",
            "variants": [
                {"name": "A", "weight": 1.0, "isControl": True},
                {"name": "B", "weight": 1.0, "isControl": False},
            ],
        }
    ]
    references = {
        "campaignId": f"cmp_{campaign.pk}",
        "campaign": "welcome",
        "contactId": f"ct_{contact.pk}",
        "contact": "ada",
    }
    assert rows("enrollments") == [
        {
            "id": f"enr_{Enrolment.objects.get().pk}",
            **references,
            "status": "ACTIVE",
            "enrolledAt": "2026-03-02T00:00:00Z",
            "completedAt": None,
            "receivedAt": received,
        }
    ]
    assert rows("messages") == [
        {
            "id": f"msg_{message.pk.hex}",
            "externalId": "m1",
            **references,
            "channel": "EMAIL",
            "abTest": "subject",
            "variant": "B",
            "providerMessageId": None,
            "statuses": ["QUEUED", "SENT", "DELIVERED", "OPENED", "CLICKED", "BOUNCED"],
            "createdAt": "2026-03-03T00:00:00Z",
            "sentAt": "2026-03-03T00:00:05Z",
            "deliveredAt": "2026-03-03T01:00:00Z",
            "openedAt": "2026-03-03T01:00:00Z",
            "clickedAt": "2026-03-03T01:00:00Z",
            "reportedDeliveredAt": None,
            "statedOpenedAt": None,
            "statedClickedAt": "2026-03-03T01:00:00Z",
            "humanOpenedAt": "2026-03-03T01:00:00Z",
            "humanClickedAt": "2026-03-03T01:00:00Z",
            "bouncedAt": "2026-03-03T02:00:00Z",
            "failedAt": None,
            "hardBouncedAt": None,
            "softBouncedAt": None,
            "complainedAt": None,
            "unsubscribedAt": None,
            "receivedAt": received,
        }
    ]
    (report,) = rows("message-events")
    assert report.pop("id").startswith("mev_")
    assert report == {
        "messageId": f"msg_{message.pk.hex}",
        "message": "m1",
        "type": "bounced",
        "at": "2026-03-03T02:00:00Z",
        "actor": None,
        "actorRule": None,
        "url": None,
        "userAgent": None,
        "reason": "mailbox full",
        "bounce": None,
        "providerHint": None,
        "receivedAt": received,
    }
    assert rows("events") == [
        {
            "id": f"evt_{Event.objects.get().pk.hex}",
            "messageId": "e1",
            "type": "purchase",
            "occurredAt": "2026-03-04T00:00:00Z",
            "statedAt": None,
            "receivedAt": received,
            "contactId": f"ct_{contact.pk}",
            "contact": "ada",
            "anonymousId": None,
            "personId": f"per_{contact.person_number}",
            "utm": {"source": "google", "medium": "cpc", "campaign": None},
            "properties": {"revenue": 9.5},
            "context": {"campaign": {"source": "Google", "medium": "cpc"}},
        }
    ]


@every_resource
@pytest.mark.usefixtures("stored")
def test_a_row_is_what_its_list_shows(api, url, rows, resource):
    (row,) = rows(resource)
    for path in (f"{url(resource)}/{row['id']}", f"{url(resource)}/{row['id']}/"):
        assert api.get(path).json() == row


@every_resource
def test_an_empty_list(api, url, resource):
    assert api.get(url(resource)).json() == {"results": [], "next": None}


@pytest.mark.long
@every_resource
@pytest.mark.usefixtures("stored")
def test_who_may_read(api, url, rows, viewer_client, stranger_client, secret_key, write_key, reader_key, resource):
    row_id = rows(resource)[0]["id"]
    for path in (url(resource), f"{url(resource)}/{row_id}"):
        assert viewer_client.get(path).status_code == 200
        assert Client().get(path, headers=reader_key).status_code == 200
        assert Client().get(path, headers={"Authorization": f"Bearer {secret_key}"}).status_code == 200
        assert_error(Client().get(path), 401, "not_authenticated")
        assert_error(Client().get(path, headers={"Authorization": f"Bearer {write_key}"}), 401)
        assert_error(stranger_client.get(path), 404, "not_found")
    elsewhere = Workspace.objects.get(name="Elsewhere").api_id
    assert stranger_client.get(url(resource, elsewhere)).json()["results"] == []
    assert_error(stranger_client.get(f"{url(resource, elsewhere)}/{row_id}"), 404, "not_found")
    assert_error(Client().get(url(resource, elsewhere), headers=reader_key), 404)


@every_resource
@pytest.mark.parametrize("row_id", ["x", "ct_", "cmp_x", "msg_1", "evt_%00", "ct_99999999", "ct_" + "9" * 30])
def test_no_such_row_404(api, url, resource, row_id):
    assert_error(api.get(f"{url(resource)}/{row_id}"), 404, "not_found")


# Filters, order, pages


def ids(found):
    return [row.get("externalId") or row.get("messageId") or row["contact"] for row in found]


@pytest.mark.long
def test_campaigns_by_status_channel_text_and_start(bulk, rows):
    bulk(
        "campaigns",
        [
            {"externalId": "a", "name": "Spring 100%", "status": "ACTIVE", "startedAt": "2026-03-01T00:00:00+01:00"},
            {"externalId": "b", "name": "Summer", "status": "PAUSED", "channel": "SMS"},
            {"externalId": "c", "name": "Autumn", "startedAt": "2026-02-28T00:00:00+01:00"},
        ],
    )
    assert ids(rows("campaigns")) == ["c", "b", "a"]
    assert ids(rows("campaigns", status="ACTIVE")) == ["a"]
    assert ids(rows("campaigns", status="active, paused")) == ["b", "a"]
    assert ids(rows("campaigns", channel="SMS")) == ["b"]
    assert ids(rows("campaigns", name="sum")) == ["b"]
    assert ids(rows("campaigns", q="100%")) == ["a"]
    assert ids(rows("campaigns", q="b")) == ["b"]
    assert ids(rows("campaigns", startedFrom="2026-03-01")) == ["a"]
    assert ids(rows("campaigns", startedBefore="2026-03-01")) == ["c"]
    assert ids(rows("campaigns", startedFrom="2026-02-27T23:00:00Z", startedBefore="2026-02-28T23:00:00Z")) == ["c"]
    assert ids(rows("campaigns", startedFrom="2026-03-01T00:00:00+01:00")) == ["a"]
    assert ids(rows("campaigns", status="", q="", unknown="x")) == ["c", "b", "a"]


@pytest.mark.long
def test_contacts_by_text_address_and_signup(bulk, rows):
    bulk(
        "contacts",
        [
            {"externalId": "ada", "name": "Ada", "email": "Ada@Example.com", "signedUpAt": "2026-01-02T00:00:00Z"},
            {"externalId": "bob", "name": "Bob", "email": "bob@example.org", "signedUpAt": "2026-01-01T00:00:00Z"},
        ],
    )
    assert ids(rows("contacts")) == ["ada", "bob"]
    assert ids(rows("contacts", ordering="name")) == ["ada", "bob"]
    assert ids(rows("contacts", ordering="-externalId")) == ["bob", "ada"]
    assert ids(rows("contacts", email="ada@example.com")) == ["ada"]
    assert ids(rows("contacts", externalId="bob")) == ["bob"]
    assert ids(rows("contacts", q="EXAMPLE.ORG")) == ["bob"]
    assert ids(rows("contacts", signedUpFrom="2026-01-02")) == ["ada"]
    assert ids(rows("contacts", signedUpBefore="2026-01-02")) == ["bob"]


@pytest.mark.long
def test_messages_and_enrollments_by_campaign_contact_and_status(bulk, rows, stored):
    bulk("campaigns", [{"externalId": "other", "name": "Other"}])
    bulk("contacts", [{"externalId": "bob"}])
    bulk("messages", [{"externalId": "m2", "campaign": "other", "contact": "bob", "channel": "SMS"}])
    bulk("enrollments", [{"campaign": "other", "contact": "bob", "completedAt": "2026-03-05T00:00:00Z"}])
    campaign = Campaign.objects.get(external_id="other").api_id
    contact = Contact.objects.get(external_id="bob").api_id
    for query in ({"campaign": campaign}, {"contact": contact}):
        assert ids(rows("messages", **query)) == ["m2"]
        assert ids(rows("enrollments", **query)) == ["bob"]
    assert ids(rows("messages", channel="EMAIL")) == ["m1"]
    assert ids(rows("messages", status="clicked,failed")) == ["m1"]
    assert ids(rows("messages", status="QUEUED")) == ["m2", "m1"]
    assert ids(rows("messages", createdBefore="2026-03-04")) == ["m1"]
    assert ids(rows("enrollments", status="COMPLETED")) == ["bob"]
    assert ids(rows("enrollments", enrolledBefore="2026-03-03")) == ["ada"]
    assert len(rows("ab-tests", campaign=Campaign.objects.get(external_id="welcome").api_id)) == 1
    assert rows("ab-tests", campaign=campaign) == rows("ab-tests", q="nothing") == []
    message = rows("messages", externalId="m1")[0]["id"]
    assert len(rows("message-events", message=message, type="bounced,opened")) == 1
    assert rows("message-events", type="opened") == rows("message-events", occurredFrom="2026-03-04") == []


@pytest.mark.long
def test_events_by_person_type_utm_and_instant(track, rows):
    link = {"campaign": {"source": "google", "medium": "cpc", "name": "Sale"}}
    track(
        {"type": "track", "event": "visit", "anonymousId": "x", "messageId": "e1", "context": link},
        {"type": "track", "event": "buy", "userId": "ada", "messageId": "e2", "timestamp": "2026-01-15T00:00:00Z"},
        {"type": "track", "event": "buy", "userId": "bob", "messageId": "e3", "timestamp": "2026-01-14T00:00:00Z"},
        {"type": "identify", "userId": "ada", "anonymousId": "x", "messageId": "e4"},
    )
    contact = Contact.objects.get(external_id="ada").api_id
    assert ids(rows("events")) == ["e1", "e2", "e3"]
    assert ids(rows("events", contact=contact)) == ["e1", "e2"]
    assert [row["contact"] for row in rows("events")] == ["ada", "ada", "bob"]
    assert ids(rows("events", type="buy")) == ["e2", "e3"]
    assert ids(rows("events", type="buy", ordering="occurredAt")) == ["e3", "e2"]
    assert ids(rows("events", messageId="e3")) == ["e3"]
    assert ids(rows("events", utmSource="Google", utmMedium="cpc", utmCampaign="Sale")) == ["e1"]
    assert rows("events", utmSource="bing") == []
    assert ids(rows("events", occurredFrom="2026-01-15T00:00:00Z", occurredBefore="2026-01-16")) == ["e2"]


@pytest.mark.long
def test_what_merged_contacts_did_is_found_under_the_one_that_stays(track, track_trusted, bulk, rows):
    bulk("campaigns", [CAMPAIGN])
    bulk("contacts", [{"externalId": "old"}, {"externalId": "new"}])
    bulk("messages", [{"externalId": "m1", "campaign": "welcome", "contact": "old", "channel": "SMS"}])
    bulk("enrollments", [{"campaign": "welcome", "contact": "old"}])
    track({"type": "track", "event": "buy", "userId": "old", "messageId": "e1"})
    track_trusted({"type": "alias", "previousId": "old", "userId": "new", "messageId": "a1"})
    (contact,) = rows("contacts")
    assert contact["externalId"] == "new"
    for resource in ("messages", "enrollments", "events"):
        (row,) = rows(resource, contact=contact["id"])
        assert (row["contactId"], row["contact"]) == (contact["id"], "new")


def test_a_merged_contact_answers_as_the_one_that_stays(api, track_trusted, bulk, url):
    bulk("contacts", [{"externalId": "old"}, {"externalId": "new"}])
    track_trusted({"type": "alias", "previousId": "old", "userId": "new", "messageId": "a1"})
    old = Contact.objects.get(external_id="old").api_id
    assert api.get(f"{url('contacts')}/{old}").json()["externalId"] == "new"


BAD = {
    "contacts": {"signedUpFrom": "yesterday", "signedUpBefore": "2026-02-30", "q": "x" * 201, "ordering": "email"},
    "campaigns": {"status": "ACTIVE,GONE", "channel": "PIGEON", "name": "a\0b", "ordering": "", "pageSize": "0"},
    "ab-tests": {"campaign": "1", "pageSize": "201", "cursor": "x"},
    "enrollments": {"campaign": "ct_1", "contact": "cmp_1", "status": "x", "enrolledFrom": "1969-12-31"},
    "messages": {"campaign": "cmp_", "status": "READ", "createdFrom": "2100-01-01", "ordering": "-sentAt"},
    "message-events": {"message": "msg_1", "type": "seen", "occurredBefore": "2026-01-15T25:00:00Z"},
    "events": {"contact": "ada", "occurredFrom": "26", "pageSize": "٣", "type": "x" * 201},
}


@pytest.mark.parametrize(
    ("resource", "name", "value"), [(one, name, value) for one, bad in BAD.items() for name, value in bad.items()]
)
def test_a_bad_parameter_is_named_with_what_is_allowed(api, url, resource, name, value):
    body = assert_error(api.get(url(resource), {name: value}), 400, "invalid_parameter")
    assert (body["parameter"], body["given"]) == (name, value)
    assert body["allowed"] in body["message"]


@pytest.mark.parametrize("order", ["occurredAt", "-occurredAt"])
def test_pages_are_whole_and_follow_each_other_whatever_comes_meanwhile(api, url, bulk, order):
    at = "2026-03-04T00:00:00Z"
    bulk("events", [{**EVENT, "messageId": f"e{n}", "occurredAt": at} for n in range(7)])
    seen, address = [], f"{url('events')}?pageSize=3&ordering={order}&type=purchase"
    while address:
        answer = api.get(address).json()
        assert len(answer["results"]) <= 3
        seen += [row["messageId"] for row in answer["results"]]
        address = answer["next"]
        if len(seen) == 3:
            earlier, later = "2026-03-03T00:00:00Z", "2026-03-05T00:00:00Z"
            bulk("events", [{**EVENT, "messageId": "x", "occurredAt": later if order[0] == "-" else earlier}])
    assert sorted(seen) == [f"e{n}" for n in range(7)]


@pytest.mark.long
def test_pages_by_name_and_by_id(api, url, bulk):
    bulk("campaigns", [{"externalId": f"c{n}", "name": name} for n, name in enumerate("babca")])
    for order, expected in (("name", "aabbc"), ("-name", "cbbaa"), ("id", "babca"), ("-id", "acbab")):
        seen, address = "", f"{url('campaigns')}?pageSize=2&ordering={order}"
        while address:
            answer = api.get(address).json()
            seen += "".join(row["name"] for row in answer["results"])
            address = answer["next"]
        assert seen == expected


def test_a_cursor_holds_for_its_own_list_and_order(api, url, bulk):
    bulk("campaigns", [{"externalId": f"c{n}", "name": "C"} for n in range(3)])
    after = api.get(url("campaigns"), {"pageSize": 1}).json()["next"].partition("cursor=")[2].partition("&")[0]
    assert api.get(f"{url('campaigns')}?cursor={after}").status_code == 200
    for path in (f"{url('campaigns')}?ordering=name&cursor={after}", f"{url('ab-tests')}?cursor={after}"):
        assert assert_error(api.get(path), 400)["parameter"] == "cursor"


# Addresses


@pytest.mark.long
@pytest.mark.usefixtures("stored")
def test_addresses_are_hidden_from_who_only_reads(url, bulk, viewer_client, reader_key, secret_key):
    bulk("contacts", [{"externalId": "bob@example.net", "name": "Bob"}])
    bulk(
        "events", [{**EVENT, "messageId": "e2", "contact": "bob@example.net", "properties": {"to": "eve@example.com"}}]
    )
    full = {"Authorization": f"Bearer {secret_key}"}
    for resource in ("contacts", "events"):
        for query in ("", "?format=csv"):
            path = url(resource) + query
            answers = [viewer_client.get(path), Client().get(path, headers=reader_key)]
            for answer in answers:
                text = answer.getvalue().decode()
                assert "b…@example.net" in text
                for local in ("ada@", "bob@", "eve@"):
                    assert local not in text
            assert "bob@example.net" in Client().get(path, headers=full).getvalue().decode()
    for query in ({"email": "ada@example.com"}, {"q": "example.com"}, {"q": "bob@"}):
        assert viewer_client.get(url("contacts"), query).json()["results"] == []
    assert len(viewer_client.get(url("contacts"), {"q": "lovelace"}).json()["results"]) == 1


# CSV


@pytest.mark.usefixtures("stored")
@every_resource
def test_the_whole_list_as_csv(api, url, rows, resource):
    by_name = api.get(url(resource), {"format": "csv"})
    by_header = api.get(url(resource), headers={"Accept": "text/csv"})
    assert by_name["Content-Type"] == "text/csv; charset=utf-8"
    assert by_name["Content-Disposition"] == f'attachment; filename="{resource}.csv"'
    text = by_name.getvalue().decode()
    assert text == by_header.getvalue().decode()
    (line,) = csv.DictReader(io.StringIO(text))
    (row,) = rows(resource)
    assert line["id"] == row["id"]
    if resource == "events":
        assert (line["utmSource"], line["utmCampaign"], line["properties"]) == ("google", "", '{"revenue":9.5}')
        assert "utm" not in line
    if resource == "messages":
        assert line["statuses"] == '["QUEUED","SENT","DELIVERED","OPENED","CLICKED","BOUNCED"]'
        assert (line["deliveredAt"], line["failedAt"]) == (line["openedAt"], "")


def test_csv_has_all_pages_of_what_was_asked_for(api, url, bulk, monkeypatch):
    monkeypatch.setattr("campaignos.resources.viewset.Resource.streamed_page_size", 2)
    bulk("campaigns", [{"externalId": f"c{n}", "name": "C", "status": "ACTIVE"} for n in range(5)])
    bulk("campaigns", [{"externalId": "draft", "name": "D"}])
    text = api.get(url("campaigns"), {"format": "csv", "status": "ACTIVE", "ordering": "id"}).getvalue().decode()
    assert [line["externalId"] for line in csv.DictReader(io.StringIO(text))] == ["c0", "c1", "c2", "c3", "c4"]


def test_csv_has_all_pages_of_message_events(api, url, bulk, monkeypatch):
    monkeypatch.setattr("analytics.api.resources.viewsets.MessageEventsViewSet.streamed_page_size", 2)
    at = [f"2026-03-0{day}T10:00:00Z" for day in (1, 2, 2, 2, 3)]
    reports = [{"message": "m", "type": "delivered", "at": when, "id": str(n)} for n, when in enumerate(at)]
    bulk("message-events", reports)
    text = api.get(url("message-events"), {"format": "csv", "ordering": "occurredAt"}).getvalue().decode()
    lines = [*csv.DictReader(io.StringIO(text))]
    assert [line["at"] for line in lines] == at
    assert len({line["id"] for line in lines}) == len(at)


@pytest.mark.long
@pytest.mark.parametrize("resource", ["enrollments", "messages", "events"])
def test_csv_has_every_row_where_each_links_to_another(api, url, bulk, resource):
    """To another contact each, or another source, as in a newsletter to all: more than SQLite compares at a time."""
    people = [f"u{n}" for n in range(1_010)]
    bulk("campaigns", [CAMPAIGN])
    for part in (people[:1_000], people[1_000:]):
        bulk("contacts", [{"externalId": name} for name in part])
        bulk(
            resource,
            {
                "enrollments": [{**ENROLLMENT, "contact": name} for name in part],
                "messages": [{**MESSAGE, "contact": name, "externalId": name} for name in part],
                "events": [{**EVENT, "messageId": name, "utm": {"source": name}} for name in part],
            }[resource],
        )
    text = api.get(f"{url(resource)}.csv").getvalue().decode()
    assert len(list(csv.DictReader(io.StringIO(text)))) == len(people)


def test_no_cell_of_a_csv_begins_like_a_formula(api, url, bulk):
    bulk("campaigns", [{"externalId": "c", "name": "=HYPERLINK(1)"}])
    text = api.get(url("campaigns"), {"format": "csv"}).getvalue().decode()
    assert "'=HYPERLINK(1)" in text


def test_errors_of_a_csv_are_json(api, url):
    assert_error(api.get(url("campaigns"), {"format": "csv", "status": "x"}), 400, "invalid_parameter")
    assert_error(Client().get(url("campaigns"), headers={"Accept": "text/csv"}), 401)
    assert_error(api.get(f"{url('campaigns')}/cmp_1", headers={"Accept": "text/csv"}), 406)


@pytest.mark.usefixtures("stored")
@every_resource
def test_a_list_as_csv_has_an_address_of_its_own(api, url, resource):
    answer = api.get(f"{url(resource)}.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.getvalue() == api.get(url(resource), {"format": "csv"}).getvalue()
    assert api.get(f"{url(resource)}.csv", headers={"Accept": "text/csv"}).status_code == 200
    assert_error(api.get(f"{url(resource)}.csv", {"pageSize": "5"}), 400, "invalid_parameter")
    assert_error(api.get(f"{url(resource)}.csv", headers={"Accept": "application/json"}), 406)
    assert_error(Client().get(f"{url(resource)}.csv"), 401)


# ETags


@pytest.mark.long
@every_resource
@pytest.mark.usefixtures("stored")
def test_what_the_caller_has_is_not_sent_again(api, url, rows, bulk, resource):
    for path in (url(resource), f"{url(resource)}/{rows(resource)[0]['id']}"):
        first = api.get(path)
        for known in (first["ETag"], f"W/{first['ETag']}", f'"other", {first["ETag"]}', "*"):
            again = api.get(path, headers={"If-None-Match": known})
            assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        assert api.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    before = api.get(url("campaigns"))["ETag"]
    bulk("campaigns", [{"externalId": "welcome", "name": "Changed"}])
    assert api.get(url("campaigns"), headers={"If-None-Match": before}).status_code == 200


# Writing

NEW = {
    "contacts": CONTACT,
    "campaigns": CAMPAIGN,
    "enrollments": {"campaign": "welcome", "contact": "bob"},
    "messages": {"externalId": "m2", "campaign": "welcome", "contact": "bob", "channel": "PUSH"},
    "events": {"type": "visit", "occurredAt": "2026-03-05T00:00:00Z", "anonymousId": "x", "messageId": "e2"},
}


@pytest.fixture
@copied
def ground(bulk):
    bulk("contacts", [{"externalId": "bob"}])
    bulk("campaigns", [{"externalId": "welcome", "name": "Old"}])


@pytest.mark.parametrize("resource", NEW)
@pytest.mark.usefixtures("ground", "now")
def test_one_item_is_taken_like_those_in_bulk(api, url, rows, secret_key, resource):
    before = len(rows(resource))
    first = post_json(Client(), url(resource), NEW[resource], Authorization=f"Bearer {secret_key}")
    assert first.status_code == 200 if resource == "campaigns" else 201, first.content
    assert api.get(first["Location"]).json() == first.json()
    assert api.get(first["Location"])["ETag"] == first["ETag"]
    again = post_json(api, url(resource), NEW[resource])
    assert again.status_code == 200
    assert again.json() == first.json()
    assert len(rows(resource)) == before + (resource != "campaigns")


@pytest.mark.parametrize("resource", NEW)
def test_who_may_write(api, url, viewer_client, stranger_client, write_key, reader_key, resource, ground):
    for client, headers, status in (
        (viewer_client, {}, 403),
        (stranger_client, {}, 404),
        (Client(), {}, 401),
        (Client(), reader_key, 403),
        (Client(), {"Authorization": f"Bearer {write_key}"}, 401),
    ):
        assert_error(post_json(client, url(resource), NEW[resource], **headers), status)


def test_a_session_needs_the_csrf_token(owner, url, ground):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    assert_error(post_json(client, url("contacts"), CONTACT), 403)


@pytest.mark.parametrize(
    ("resource", "item", "code", "field"),
    [
        ("contacts", {}, "missing_external_id", "externalId"),
        ("contacts", {"externalId": "null"}, "illegal_id", ""),
        ("contacts", {"externalId": "a", "signedUpAt": "soon"}, "invalid_signed_up_at", "signedUpAt"),
        ("contacts", {"externalId": "a", "name": "a\0b"}, "invalid_text", ""),
        ("campaigns", {"externalId": "a"}, "missing_name", "name"),
        ("campaigns", {"externalId": "a", "name": "A", "abTests": 1}, "invalid_ab_tests", "abTests"),
        ("enrollments", {"campaign": "gone", "contact": "bob"}, "unknown_campaign", "campaign"),
        (
            "messages",
            {"externalId": "m", "campaign": "welcome", "contact": "x", "channel": "SMS"},
            "unknown_contact",
            "contact",
        ),
        ("events", {"type": "visit", "occurredAt": "2026-03-05T00:00:00Z"}, "missing_identity", ""),
    ],
)
def test_a_refused_item_is_a_400_that_names_the_field(api, url, ground, resource, item, code, field):
    body = assert_error(post_json(api, url(resource), item), 400, code)
    assert body["fields"] == {field: [body["message"]]}


def test_what_is_remarkable_about_an_item_is_kept(api, url, workspace, ground):
    post_json(api, url("contacts"), {"externalId": "null"}, **{"Idempotency-Key": "k1"})
    post_json(api, url("contacts"), {"externalId": "bob"})
    remarks = IngestRemark.objects.filter(workspace=workspace).values_list("source", "kind", "code")
    assert sorted(remarks) == [("contacts", "duplicate", "duplicate"), ("contacts", "rejected", "illegal_id")]


@pytest.mark.parametrize("body", [[], [CONTACT], "x", 1, None])
def test_a_body_that_is_no_object_is_a_400(api, url, body):
    assert_error(post_json(api, url("contacts"), body), 400, "invalid_body")


def test_another_workspaces_rows_cannot_be_referred_to(stranger_client, url, ground):
    elsewhere = Workspace.objects.get(name="Elsewhere").api_id
    assert_error(post_json(stranger_client, url("enrollments", elsewhere), NEW["enrollments"]), 400, "unknown_campaign")


def test_an_event_without_an_id_is_given_one(api, url):
    made = post_json(api, url("events"), {"type": "visit", "occurredAt": "2026-03-05T00:00:00Z", "anonymousId": "x"})
    assert made.status_code == 201
    assert made.json()["messageId"].startswith("api-")


def test_an_event_that_has_the_id_of_an_identify_call_is_a_conflict(api, url, track):
    track({"type": "identify", "userId": "ada", "messageId": "e2"})
    assert_error(post_json(api, url("events"), NEW["events"]), 409, "conflict")


CHANGES = {
    "contacts": ({"name": "Countess"}, {"name": "Countess", "email": "ada@example.com"}),
    "campaigns": ({"status": "PAUSED"}, {"status": "PAUSED", "name": "Welcome"}),
    "enrollments": (
        {"completedAt": "2026-03-09T00:00:00Z"},
        {"status": "COMPLETED", "completedAt": "2026-03-09T00:00:00Z"},
    ),
}


@pytest.mark.parametrize("resource", CHANGES)
@pytest.mark.usefixtures("stored")
def test_only_the_given_fields_change(api, url, rows, resource):
    (row,) = rows(resource)
    change, expected = CHANGES[resource]
    path = f"{url(resource)}/{row['id']}"
    answer = send("patch", path, change, api)
    assert answer.status_code == 200, answer.content
    assert answer.json() == {**row, **expected} == api.get(path).json()
    assert answer["ETag"] == api.get(path)["ETag"]


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize(
    ("resource", "values"),
    [
        ("contacts", {"email": "ada@example.com", "phone": "+49 30 1", "name": "Ada"}),
        ("campaigns", {"startedAt": "2026-03-01T00:00:00Z", "endedAt": "2026-03-02T00:00:00Z"}),
        ("enrollments", {"completedAt": "2026-03-03T00:00:00Z"}),
    ],
)
def test_a_change_can_clear_what_can_be_nothing(api, url, rows, resource, values, nothing):
    path = f"{url(resource)}/{rows(resource)[0]['id']}"
    for name, value in values.items():
        assert send("patch", path, {name: value}, api).json()[name] == value
        assert send("patch", path, {name: nothing}, api).json()[name] is None, name
        assert api.get(path).json()[name] is None, name


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize(
    ("resource", "names"),
    [
        ("contacts", ("signedUpAt", "signupIsStated")),
        ("campaigns", ("name", "channel", "status", "abTests")),
        ("enrollments", ("status", "enrolledAt")),
    ],
)
def test_what_is_always_there_is_not_cleared_with_success(api, url, rows, resource, names, nothing):
    path = f"{url(resource)}/{rows(resource)[0]['id']}"
    before = api.get(path).json()
    for name in names:
        body = assert_error(send("patch", path, {name: nothing}, api), 400, "always_there")
        assert list(body["fields"]) == [name]
    assert api.get(path).json() == before


@pytest.mark.long
@pytest.mark.usefixtures("stored")
def test_a_change_can_clear_one_attribute_or_all(api, url, rows):
    path = f"{url('contacts')}/{rows('contacts')[0]['id']}"
    send("patch", path, {"attributes": {"plan": "pro", "seats": 3, "beta": True}}, api)
    assert "plan" not in send("patch", path, {"attributes": {"plan": None}}, api).json()["attributes"]
    assert send("patch", path, {"attributes": None}, api).json()["attributes"] == {}
    assert send("patch", path, {"attributes": {"plan": "free"}}, api).json()["attributes"] == {"plan": "free"}


@pytest.mark.long
@pytest.mark.parametrize("resource", CHANGES)
@pytest.mark.usefixtures("stored")
def test_a_change_to_what_has_changed_is_refused(api, url, rows, resource):
    path = f"{url(resource)}/{rows(resource)[0]['id']}"
    seen = api.get(path)["ETag"]
    change, _ = CHANGES[resource]
    assert send("patch", path, change, api, **{"If-Match": seen}).status_code == 200
    assert_error(send("patch", path, change, api, **{"If-Match": seen}), 412, "precondition_failed")
    if resource != "enrollments":
        assert_error(api.delete(path, headers={"If-Match": seen}), 412, "precondition_failed")
    assert send("patch", path, change, api, **{"If-Match": api.get(path)["ETag"]}).status_code == 200


@pytest.mark.parametrize("resource", CHANGES)
@pytest.mark.usefixtures("stored")
def test_who_may_change(url, rows, viewer_client, stranger_client, reader_key, resource):
    path = f"{url(resource)}/{rows(resource)[0]['id']}"
    for method in ("patch",) if resource == "enrollments" else ("patch", "delete"):
        assert_error(send(method, path, {}, viewer_client), 403)
        assert_error(send(method, path, {}, stranger_client), 404)
        assert_error(send(method, path, {}, Client()), 401)
        assert_error(send(method, path, {}, Client(), **reader_key), 403)


@pytest.mark.usefixtures("stored")
def test_what_identifies_a_row_cannot_be_changed(api, url, rows):
    for resource, change in (
        ("contacts", {"externalId": "b"}),
        ("campaigns", {"externalId": "b"}),
        ("enrollments", {"contact": "b"}),
    ):
        body = assert_error(send("patch", f"{url(resource)}/{rows(resource)[0]['id']}", change, api), 400)
        assert body["fields"].keys() == change.keys()


@pytest.mark.long
@pytest.mark.usefixtures("stored")
def test_facts_are_not_edited(api, url, rows):
    for resource in ("messages", "message-events", "events", "assignments"):
        path = f"{url(resource)}/{rows(resource)[0]['id']}"
        for method in ("patch", "put", "delete"):
            assert_error(send(method, path, {}, api), 405)
    assert_error(post_json(api, url("message-events"), {}), 405)


@pytest.mark.long
@pytest.mark.usefixtures("stored")
def test_deleting_a_contact_erases_it(api, url, rows, report):
    path = f"{url('contacts')}/{rows('contacts')[0]['id']}"
    assert api.delete(path).status_code == 204
    assert_error(api.get(path), 404)
    assert rows("contacts") == rows("messages") == rows("message-events") == rows("events") == []
    assert report()["contacts"]["total"] == 0
    erased = AuditEvent.objects.get(action=DataAction.CONTACT_ERASED)
    assert (erased.actor_name, erased.target) == ("owner@example.com", path.rpartition("/")[2])


@pytest.mark.usefixtures("stored")
def test_a_campaign_to_which_something_belongs_is_not_deleted(api, url, rows, bulk):
    path = f"{url('campaigns')}/{rows('campaigns')[0]['id']}"
    assert_error(api.delete(path), 409, "conflict")
    bulk("campaigns", [{**CAMPAIGN, "externalId": "mistake"}])
    mistake = Campaign.objects.get(external_id="mistake").api_id
    assert api.delete(f"{url('campaigns')}/{mistake}").status_code == 204
    assert ids(rows("campaigns")) == ["welcome"]
    assert len(rows("ab-tests")) == 1


# Once, however often


@pytest.mark.usefixtures("now")
def test_a_request_is_carried_out_once_for_its_key(api, url, rows):
    item = {"type": "visit", "occurredAt": "2026-03-05T00:00:00Z", "anonymousId": "x"}
    first = post_json(api, url("events"), item, **{"Idempotency-Key": "k1"})
    again = post_json(api, url("events"), item, **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert (again["ETag"], again["Location"]) == (first["ETag"], first["Location"])
    assert len(rows("events")) == 1
    assert post_json(api, url("events"), item, **{"Idempotency-Key": "k2"}).json() != first.json()
    assert len(rows("events")) == 2


def test_a_key_that_came_with_another_request_is_refused(api, url):
    post_json(api, url("contacts"), CONTACT, **{"Idempotency-Key": "k1"})
    for path, body in ((url("contacts"), {"externalId": "b"}), (url("campaigns"), CAMPAIGN)):
        assert_error(post_json(api, path, body, **{"Idempotency-Key": "k1"}), 422, "idempotency_key_reused")


def test_a_refused_request_may_be_mended_under_its_key(api, url):
    assert_error(post_json(api, url("contacts"), {}, **{"Idempotency-Key": "k1"}), 400)
    assert post_json(api, url("contacts"), CONTACT, **{"Idempotency-Key": "k1"}).status_code == 201


def test_a_key_is_forgotten_after_a_day(api, url, now, time_machine):
    item = {"type": "visit", "occurredAt": "2026-03-05T00:00:00Z", "anonymousId": "x"}
    first = post_json(api, url("events"), item, **{"Idempotency-Key": "k1"})
    time_machine.shift(24 * 3600)
    later = post_json(api, url("events"), item, **{"Idempotency-Key": "k1"})
    assert later.json()["id"] != first.json()["id"]


def test_a_clock_that_jumps_a_year_ahead_carries_nothing_out_twice(api, url, now, time_machine):
    item = {"type": "visit", "occurredAt": "2026-03-05T00:00:00Z", "anonymousId": "x"}
    first = post_json(api, url("events"), item, **{"Idempotency-Key": "k1"})
    time_machine.shift(365 * 24 * 3600)
    api.force_login(User.objects.get())
    again = post_json(api, url("events"), item, **{"Idempotency-Key": "k1"})
    assert again.json()["id"] == first.json()["id"]


def test_a_batch_is_carried_out_once_for_its_key(api, url):
    body = {"items": [{"externalId": "ada"}]}
    answers = [post_json(api, f"{url('contacts')}/bulk", body, **{"Idempotency-Key": "k1"}).json() for _ in range(2)]
    assert [answer["accepted"] for answer in answers] == [1, 1]
    assert post_json(api, f"{url('contacts')}/bulk", body).json()["duplicates"] == 1


@pytest.mark.parametrize("unstorable", ["\0", "\ud800"])
def test_an_answer_is_kept_whatever_the_ids_it_gives_back(api, url, unstorable):
    body = {"items": [{"externalId": f"a{unstorable}b"}]}
    first, again = (post_json(api, f"{url('contacts')}/bulk", body, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert first.status_code == 200
    assert first.json()["rejected"][0]["code"] == "invalid_text"
    assert again.json() == first.json()


def test_another_workspaces_key_is_another_key(api, url, stranger_client):
    elsewhere = Workspace.objects.get(name="Elsewhere").api_id
    mine = post_json(api, url("contacts"), CONTACT, **{"Idempotency-Key": "k1"})
    theirs = post_json(stranger_client, url("contacts", elsewhere), CONTACT, **{"Idempotency-Key": "k1"})
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["id"] != theirs.json()["id"]


@pytest.mark.parametrize("rights", [[Right.WRITE], [Right.WRITE, Right.READ]])
def test_who_may_see_less_is_not_answered_as_who_sent_the_key_first(api, url, workspace, owner, rights):
    kept = {"Idempotency-Key": "k1"}
    first = post_json(api, url("contacts"), CONTACT, **kept)
    _, token = create_key(workspace=workspace, kind=KeyKind.SECRET, name="Import", scopes=rights, by=owner)
    answer = post_json(Client(), url("contacts"), CONTACT, Authorization=f"Bearer {token}", **kept)
    if may_see_addresses(rights):
        assert answer.json() == first.json()
    else:
        assert_error(answer, 422, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "schlüssel"])
def test_a_bad_key_is_a_400(api, url, key):
    assert (
        assert_error(post_json(api, url("contacts"), CONTACT, **{"Idempotency-Key": key}), 400)["parameter"]
        == "Idempotency-Key"
    )


def test_an_erased_contact_is_in_no_kept_answer(api, url):
    made = post_json(api, url("contacts"), CONTACT, **{"Idempotency-Key": "k1"})
    assert KeptAnswer.objects.count() == 1
    api.delete(made["Location"])
    assert KeptAnswer.objects.get().body == {}
    assert post_json(api, url("contacts"), CONTACT, **{"Idempotency-Key": "k1"}).status_code == 410


# Queries


@pytest.mark.long
@every_resource
@pytest.mark.usefixtures("stored")
def test_the_number_of_queries_does_not_grow_with_the_rows(api, url, bulk, django_assert_max_num_queries, resource):
    with django_assert_max_num_queries(9) as queries:
        api.get(url(resource))
        before = len(queries)
    names = [f"x{n}" for n in range(20)]
    bulk("contacts", [{"externalId": name} for name in names])
    bulk("campaigns", [{**CAMPAIGN, "externalId": name} for name in names])
    bulk("enrollments", [{"campaign": name, "contact": name} for name in names])
    bulk("messages", [{**MESSAGE, "externalId": name, "campaign": name, "contact": name} for name in names])
    bulk("message-events", [{**MESSAGE_EVENT, "message": name} for name in names])
    bulk("events", [{**EVENT, "messageId": name, "contact": name} for name in names])
    with django_assert_max_num_queries(before):
        assert len(api.get(url(resource)).json()["results"]) == 21
