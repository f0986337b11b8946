"""Joining and parting contacts on their pages: each says first what will happen."""

import pytest
from django.urls import reverse

from analytics.models import Contact
from tests.analytics.ingest import stored
from tests.copied_rows import copied

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
@copied
def two(bulk, track):
    bulk("contacts", [{"externalId": "old", "email": "old@x.example"}, {"externalId": "new", "name": "Ada"}])
    track({"type": "track", "event": "x", "userId": "old"}, {"type": "track", "event": "x", "anonymousId": "d1"})
    track({"type": "identify", "userId": "new", "anonymousId": "d1", "timestamp": "2026-03-30T09:00:00Z"})


@pytest.fixture
def address(workspace, two):
    """Of a page of the contact `new`."""
    contact = Contact.objects.get(external_id="new").api_id
    return lambda name, *more: reverse(name, args=[workspace.slug, contact, *more])


def undo_of(workspace, identity):
    return f"join_{stored.own_number(workspace, identity)}"


@pytest.mark.long
def test_joining_says_what_will_happen_and_then_does_it(api, address, workspace):
    asking = api.get(address("contact_join"))
    assert "Which contact is the same person?" in asking.text
    confirmation = api.get(address("contact_join"), {"joined": "old"})
    for said in ("old@x.example becomes part of Ada", "1 event, 0 messages, 0 enrollments", "You can undo it later"):
        assert said in confirmation.text
    assert stored.contacts(workspace) == {"old", "new"}

    api.post(address("contact_join") + "?joined=old")

    assert stored.contacts(workspace) == {"new"}
    shown = api.get(address("contact")).text
    assert "joined by a member" in shown
    assert "old@x.example" in shown


@pytest.mark.parametrize(("given", "said"), [("nobody", "no contact with the ID nobody"), ("new", "this very contact")])
def test_whoever_is_not_another_contact_is_not_joined(api, address, given, said):
    for answer in (
        api.get(address("contact_join"), {"joined": given}),
        api.post(address("contact_join") + f"?joined={given}"),
    ):
        assert answer.status_code == 404
        assert said in answer.text


@pytest.mark.long
def test_undoing_says_what_will_happen_and_then_does_it(api, address, workspace):
    shown = api.get(address("contact")).text
    undo = address("contact_part", undo_of(workspace, "a:d1"))
    assert "a call that named both" in shown
    assert undo in shown
    confirmation = api.get(undo).text
    for said in ("The device d1 was joined to Ada", "30 Mar 2026", "Later calls that name both do not join them again"):
        assert said in confirmation

    assert api.post(undo).status_code == 302

    assert stored.device(workspace, "d1") != stored.user(workspace, "new")
    assert api.post(undo).status_code == 404


def test_parting_two_contacts_leads_to_the_one_that_is_there_again(api, address, workspace):
    api.post(address("contact_join") + "?joined=old")

    answer = api.post(address("contact_part", undo_of(workspace, "e:old")))

    assert answer["Location"].endswith(Contact.objects.get(external_id="old").api_id + "/")
    assert stored.contacts(workspace) == {"old", "new"}


def test_a_viewer_sees_joins_and_undoes_none(viewer_client, address, workspace):
    undo = address("contact_part", undo_of(workspace, "a:d1"))
    shown = viewer_client.get(address("contact")).text
    assert "a call that named both" in shown
    assert undo not in shown
    assert viewer_client.post(undo).status_code == 403
