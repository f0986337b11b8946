"""Types of events and their properties over the API."""

import pytest

from analytics.ledger import properties as ledger_properties
from analytics.models import ColumnChoice, DayPack, EventProperty
from analytics.models.properties import event_type_id, property_id
from tests.copied_rows import copied
from workspaces.changes import create_key
from workspaces.models import AuditEvent, KeyKind, Membership
from workspaces.roles import Right

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "data")]
EVENTS = [
    ("purchase", "03-20", {"plan": "pro", "amount": 9.5}),
    ("purchase", "03-21", {"plan": "PRO", "amount": 12, "gift": True}),
    ("purchase", "03-21", {"plan": "free", "email": "ada@example.com"}),
    ("purchase", "03-25", {"plan": 7}),
    ("visit", "03-25", {"page": {"path": "/"}}),
    ("old", "01-05", {"plan": "pro"}),
]


@pytest.fixture
@copied
def data(track, now):
    track(
        *(
            {
                "type": "track",
                "event": event_type,
                "anonymousId": "d",
                "messageId": f"m{number}",
                "timestamp": f"2026-{day}T1{number}:00:00Z",
                "properties": properties,
            }
            for number, (event_type, day, properties) in enumerate(EVENTS)
        )
    )


@pytest.fixture
def url(workspace):
    return f"/api/workspaces/{workspace.api_id}/event-properties"


def patch_json(client, address, body, **headers):
    return client.patch(address, body, content_type="application/json", headers=headers)


@pytest.fixture
def rows(api, url):
    return lambda **query: api.get(url, query).json()["results"]


def names(rows):
    return [row["name"] for row in rows]


def test_properties_are_told_by_type_most_frequent_first(rows, workspace):
    found = rows()
    assert [(row["eventType"], row["name"]) for row in found] == [
        ("purchase", "plan"),
        ("purchase", "amount"),
        ("purchase", "gift"),
        ("purchase", "email"),
        ("visit", "page.path"),
    ]
    assert found[0] == {
        "id": property_id(workspace.pk, "purchase", "plan"),
        "eventType": "purchase",
        "name": "plan",
        "description": "",
        "column": "auto",
        "building": None,
        "columnDays": 3,
        "days": 3,
        "columnSince": "2026-03-20",
        "columnBytes": found[0]["columnBytes"],
        "events": 4,
        "lookedAt": 4,
        "isExact": True,
        "share": 1.0,
        "distinctValues": 3,
        "hasMoreValues": False,
        "examples": ["PRO", "7", "free"],
        "valueKind": "mixed",
        "firstSeen": "2026-03-20",
        "lastSeen": "2026-03-25",
    }
    assert found[0]["columnBytes"] > 0
    assert [row["valueKind"] for row in found[1:]] == ["number", "boolean", "text", "text"]
    assert found[1]["share"] == 0.5


def test_types_are_told(api, workspace):
    url = f"/api/workspaces/{workspace.api_id}/event-types"
    purchases, visits = api.get(url).json()["results"]
    assert purchases == {
        "id": event_type_id(workspace.pk, "purchase"),
        "eventType": "purchase",
        "events": 4,
        "firstSeen": "2026-03-20",
        "lastSeen": "2026-03-25",
    }
    assert visits["eventType"] == "visit"
    assert api.get(f"{url}/{purchases['id']}").json() == purchases
    assert api.get(f"{url}/ety_{'0' * 32}").status_code == 404
    assert [row["eventType"] for row in api.get(url, {"days": 365, "ordering": "name"}).json()["results"]] == [
        "old",
        "purchase",
        "visit",
    ]
    assert [row["eventType"] for row in api.get(url, {"q": "VIS"}).json()["results"]] == ["visit"]


@pytest.mark.long
def test_they_are_filtered(rows, workspace):
    said = {"description": "Wrapped in paper", "column": ColumnChoice.ON}
    EventProperty.objects.create(workspace=workspace, event_type="purchase", name="gift", **said)
    assert names(rows(q="PLA")) == ["plan"]
    assert names(rows(q="paper")) == ["gift"]
    assert names(rows(event="visit")) == ["page.path"]
    assert names(rows(column="on")) == ["gift"]
    assert names(rows(hasColumn="false")) == []
    assert names(rows(days=7)) == ["page.path", "plan", "gift"]
    assert names(rows(event="old", days=365)) == ["plan"]
    assert names(rows(ordering="name", event="purchase")) == ["amount", "email", "gift", "plan"]


@pytest.mark.long
@pytest.mark.parametrize("ordering", ["-events", "events", "name", "-name"])
@pytest.mark.parametrize("resource", ["event-properties", "event-types"])
def test_pages_lead_through_all_rows(api, workspace, ordering, resource):
    url = f"/api/workspaces/{workspace.api_id}/{resource}?ordering={ordering}&days=365"
    whole = api.get(url).json()["results"]
    found, following = [], f"{url}&pageSize=1"
    while following:
        body = api.get(following).json()
        found += body["results"]
        following = body["next"]
    assert found == whole
    assert len(found) == (6 if resource == "event-properties" else 3)


def test_the_list_is_a_file(api, url):
    for answer in (api.get(f"{url}.csv"), api.get(url, {"format": "csv"})):
        lines = answer.getvalue().decode().splitlines()
        assert lines[0].startswith("id,eventType,name,description,column,")
        assert len(lines) == 6


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"days": "0"}, "days"),
        ({"days": "366"}, "days"),
        ({"days": "x"}, "days"),
        ({"column": "maybe"}, "column"),
        ({"hasColumn": "1"}, "hasColumn"),
        ({"event": "never"}, "event"),
        ({"ordering": "size"}, "ordering"),
        ({"cursor": "x"}, "cursor"),
        ({"pageSize": "0"}, "pageSize"),
    ],
)
def test_what_is_not_understood_is_refused(api, url, query, parameter):
    answer = api.get(url, query)
    assert answer.status_code == 400
    assert answer.json()["parameter"] == parameter


def test_a_property_is_described_and_switched(api, url, workspace):
    address = f"{url}/{property_id(workspace.pk, 'purchase', 'plan')}"
    before = api.get(address)
    answer = patch_json(api, address, {"description": "What they pay for", "column": "off"})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["description"], body["column"]) == ("What they pay for", "off")
    assert body["building"] == {"daysDone": 0, "days": 3}
    assert api.get(address).json() == body
    assert patch_json(api, address, {"column": "on"}, **{"If-Match": before["ETag"]}).status_code == 412
    event = AuditEvent.objects.get(action="property_changed")
    assert event.target == body["id"]
    assert event.before == {"description": "", "column": "auto"}
    assert event.after == {"property": "purchase: plan", "description": "What they pay for", "column": "off"}
    assert patch_json(api, address, {}).json() == body
    assert AuditEvent.objects.filter(action="property_changed").count() == 1


@pytest.mark.parametrize(
    "body", [{"description": "x" * 501}, {"column": "perhaps"}, {"colour": "red"}, {"column": None}]
)
def test_what_cannot_be_said_is_refused(api, url, workspace, body):
    answer = patch_json(api, f"{url}/{property_id(workspace.pk, 'purchase', 'plan')}", body)
    assert answer.status_code == 400
    assert not EventProperty.objects.exists()


def test_what_no_event_has_is_not_there(api, url, workspace, stranger):
    for identifier in (
        property_id(workspace.pk, "purchase", "never"),
        property_id(Membership.objects.get(user=stranger).workspace_id, "purchase", "plan"),
        "prop_1",
    ):
        assert api.get(f"{url}/{identifier}").status_code == 404
        assert patch_json(api, f"{url}/{identifier}", {"description": "x"}).status_code == 404
    assert api.get(f"{url}/{property_id(workspace.pk, 'old', 'plan')}").json()["events"] == 0


def test_a_description_outlives_the_events(api, url, rows, workspace):
    patch_json(api, f"{url}/{property_id(workspace.pk, 'old', 'plan')}", {"description": "Of old"})
    patch_json(api, f"{url}/{property_id(workspace.pk, 'purchase', 'gift')}", {"description": "Wrapped"})
    assert "gift" not in names(rows(days=7, event="visit"))
    [gift] = rows(days=7, q="wrapped")
    assert (gift["events"], gift["share"], gift["firstSeen"], gift["isExact"]) == (0, 0.0, None, True)


def test_there_are_not_more_than_a_workspace_may_have(api, url, workspace, monkeypatch):
    monkeypatch.setattr("analytics.properties.MOST_SWITCHED", 1)
    for name, status in (("plan", 200), ("gift", 400)):
        address = f"{url}/{property_id(workspace.pk, 'purchase', name)}"
        assert patch_json(api, address, {"column": "off"}).status_code == status
    monkeypatch.setattr("analytics.properties.MOST_DESCRIBED", 1)
    answer = patch_json(api, address, {"description": "x"})
    assert answer.status_code == 400
    assert "at most 1 properties" in answer.content.decode()


def test_who_sees_no_addresses_sees_none_and_finds_none(viewer_client, url):
    found = {row["name"]: row for row in viewer_client.get(url).json()["results"]}
    assert found["email"]["examples"] == ["a…@example.com"]


def test_keys_change_with_the_scope_to_write(workspace, owner, client, url):
    address = f"{url}/{property_id(workspace.pk, 'purchase', 'plan')}"
    for scope, status in ((Right.READ, 403), (Right.CURATE, 403), (Right.WRITE, 200)):
        token = create_key(workspace=workspace, kind=KeyKind.SECRET, name=scope, by=owner, scopes=[scope])[1]
        answer = patch_json(client, address, {"description": "x"}, Authorization=f"Bearer {token}")
        assert answer.status_code == status, scope


@pytest.mark.parametrize("sampled", [2, 5_000])
def test_without_columns_it_is_told_from_the_newest_events(rows, monkeypatch, workspace, sampled):
    DayPack.objects.filter(workspace=workspace).update(columns=None)
    monkeypatch.setattr(ledger_properties, "EVENTS_SAMPLED", sampled)
    monkeypatch.setattr(ledger_properties, "EVENTS_AT_ONCE", 1)
    found = {row["name"]: row for row in rows(event="purchase")}
    numbers = ("events", "lookedAt", "isExact", "hasMoreValues", "columnDays", "columnSince", "columnBytes")
    if sampled == 2:
        assert found.keys() == {"plan", "email"}
        assert [found["plan"][name] for name in numbers] == [2, 2, False, True, 0, None, 0]
        assert found["plan"]["share"] == 1.0
    else:
        assert found.keys() == {"plan", "amount", "gift", "email"}
        assert [found["plan"][name] for name in numbers] == [4, 4, True, False, 0, None, 0]


def test_a_list_asks_few_queries(api, url, django_assert_max_num_queries):
    with django_assert_max_num_queries(15):
        api.get(url)
