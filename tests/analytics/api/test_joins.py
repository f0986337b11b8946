"""Joins over the API: what was joined to whom and why, joining two contacts, and undoing it."""

import pytest
from django.test import Client

from analytics.ledger.rebuild import Difference, verify
from analytics.models import Contact
from tests.analytics.ingest import stored
from tests.conftest import post_json
from tests.copied_rows import copied
from workspaces.models import AuditEvent

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def url(workspace):
    return f"/api/workspaces/{workspace.api_id}/joins"


@pytest.fixture
@copied
def two(bulk):
    bulk("contacts", [{"externalId": "old", "email": "old@x.example"}, {"externalId": "new", "name": "Ada"}])


def join(api, url, **headers):
    return post_json(api, url, {"contact": "new", "joined": "old"}, **headers)


@pytest.mark.long
def test_what_was_joined_is_listed_with_its_instant_and_cause(api, url, two, track, track_trusted):
    at = "2026-03-30T09:00:00Z"
    track({"type": "track", "event": "x", "anonymousId": "d1"})
    track({"type": "identify", "anonymousId": "d1", "userId": "old", "timestamp": at})
    track_trusted({"type": "alias", "previousId": "old", "userId": "new", "timestamp": at})
    old, new = (Contact.objects.get(external_id=name).api_id for name in ("old", "new"))

    rows = api.get(url, {"ordering": "id"}).json()["results"]

    same = {"contactId": new, "contact": "new", "joinedAt": at, "receivedAt": "2026-03-31T12:00:00Z"}
    contact = {"kind": "contact", "joinedId": old, "ids": ["old"], "cause": "alias", **same}
    device = {"kind": "device", "joinedId": None, "ids": ["d1"], "cause": "identify", **same}
    assert [{**row, "id": ""} for row in rows] == [{"id": "", **contact}, {"id": "", **device}]
    assert api.get(url, {"contact": old}).json()["results"] == api.get(url, {"contact": new}).json()["results"]
    assert len(api.get(url, {"contact": old}).json()["results"]) == 2
    assert api.get(f"{url}/{rows[0]['id']}").json() == rows[0]


@pytest.mark.long
def test_two_contacts_are_joined_and_parted_again(api, url, two, workspace):
    answer = join(api, url)
    assert (answer.status_code, answer.json()["cause"], answer.json()["ids"]) == (201, "member", ["old"])
    assert Contact.objects.current().get().email == "old@x.example"

    assert api.delete(f"{url}/{answer.json()['id']}").status_code == 204

    assert stored.contacts(workspace) == {"old", "new"}
    assert Contact.objects.get(external_id="new").email == ""
    assert api.get(f"{url}/{answer.json()['id']}").status_code == 404
    assert api.delete(f"{url}/{answer.json()['id']}").status_code == 404
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {"contacts_joined", "join_undone"}
    assert not [found for found in verify(workspace) if isinstance(found, Difference)]


def test_a_join_is_made_once_for_a_key_and_undone_only_as_it_was_seen(api, url, two, bulk):
    bulk("contacts", [{"externalId": "newest"}])
    first, again = (join(api, url, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert first.json() == again.json()
    address = f"{url}/{first.json()['id']}"
    seen = api.get(address)["ETag"]
    post_json(api, url, {"contact": "newest", "joined": "new"})
    assert api.delete(address, headers={"If-Match": seen}).status_code == 412

    assert api.delete(address, headers={"If-Match": api.get(address)["ETag"]}).status_code == 204


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"contact": "new", "joined": "new"}, 409, "conflict"),
        ({"contact": "new", "joined": "nobody"}, 400, "unknown_contact"),
        ({"contact": "nobody", "joined": "old"}, 400, "unknown_contact"),
        ({"contact": "new"}, 400, None),
    ],
)
def test_what_cannot_be_joined_is_refused(api, url, two, body, status, code):
    answer = post_json(api, url, body)
    assert answer.status_code == status
    assert code is None or answer.json()["code"] == code
    assert Contact.objects.current().count() == 2


def test_who_was_parted_stays_so_for_calls_and_is_joined_again_over_the_api(api, url, two, track_trusted):
    api.delete(f"{url}/{join(api, url).json()['id']}")
    alias = {"type": "alias", "previousId": "old", "userId": "new"}
    assert track_trusted(alias).json()["rejected"][0]["code"] == "identity_conflict"

    assert join(api, url).status_code == 201


def test_a_key_that_may_write_joins_and_a_viewer_does_not(url, two, secret_key, viewer_client):
    assert join(viewer_client, url).status_code == 403
    assert join(Client(headers={"Authorization": f"Bearer {secret_key}"}), url).status_code == 201


@pytest.mark.parametrize("number", [1, 9])
def test_a_list_costs_the_same_whatever_its_length(api, url, track, django_assert_num_queries, number):
    for device in range(number):
        track({"type": "track", "event": "x", "anonymousId": f"d{device}"}, {"type": "identify", "userId": "ada"})
        track({"type": "identify", "userId": "ada", "anonymousId": f"d{device}"})
    with django_assert_num_queries(7):
        assert len(api.get(url).json()["results"]) == number
