"""Of two requests at once for what there can be but once, one is carried out, and the other one hears what is there."""

import json
import re
import uuid
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.forms import CharField, Form
from django.test import Client, RequestFactory
from django.utils import timezone

from analytics.audited import DataAction
from analytics.ingest import take_contacts
from analytics.models import Campaign, Contact, Event, Message, SavedFunnel, SavedSegment
from analytics.providers import Provider
from campaignos.conflicts import FormErrors, conflict_of
from campaignos.middleware import ConflictMiddleware
from tests.conftest import post_json, prove
from workspaces.changes import create_key, create_webhook, create_workspace
from workspaces.models import (
    Action,
    AuditEvent,
    FormerSlug,
    Invitation,
    Key,
    KeyKind,
    Membership,
    User,
    Webhook,
    Workspace,
)
from workspaces.people import invite
from workspaces.roles import Role

AT_ONCE = 6


def statuses(responses):
    return sorted(response.status_code for response in responses)


@pytest.fixture
def sending(owner):
    """Makes clients of the owner, and lets each of them do something at once; `proved`, where it asks who they are."""

    def send(do: Callable[[Client], object], at_once, times=AT_ONCE, proved=False):
        clients = []
        for _ in range(times):
            client = Client(raise_request_exception=False)
            client.force_login(owner)
            if proved:
                prove(client)
            clients.append(client)
        return at_once(*[lambda client=client: do(client) for client in clients])

    return send


pytestmark = pytest.mark.django_db(transaction=True)


def test_a_form_for_a_workspace_that_is_sent_twice_makes_one(sending, at_once, owner):
    client = Client()
    client.force_login(owner)
    form_id = re.search(r'name="form_id" value="([^"]+)"', client.get("/w/").text)[1]
    given = {"name": "Acme", "time_zone": "UTC", "currency": "EUR", "form_id": form_id}
    responses = sending(lambda one: one.post("/w/", given), at_once)
    assert {response["Location"] for response in responses} == {"/w/acme/"}
    assert Workspace.objects.count() == 1
    again = client.post("/w/", {**given, "form_id": str(uuid.uuid4())})
    assert again["Location"] == "/w/acme-2/"


def test_a_request_for_a_workspace_that_is_repeated_makes_one(sending, at_once, owner):
    def ask(client, name="Acme"):
        return post_json(client, "/api/workspaces", {"name": name}, **{"Idempotency-Key": "k1"})

    responses = sending(ask, at_once)
    assert statuses(responses) == [201] * AT_ONCE
    assert {response.json()["slug"] for response in responses} == {"acme"}
    assert Workspace.objects.count() == 1
    other = sending(lambda client: ask(client, "Other"), at_once, times=1)
    assert (statuses(other), other[0].json()["code"]) == ([422], "idempotency_key_reused")


def test_the_same_key_of_another_user_is_another_request(owner, db):
    for email in ("a@example.com", "b@example.com"):
        client = Client()
        client.force_login(User.objects.create_user(email))
        made = post_json(client, "/api/workspaces", {"name": "Acme"}, **{"Idempotency-Key": "k1"})
        assert made.status_code == 201
    assert Workspace.objects.count() == 2


def test_workspaces_of_one_name_get_addresses_of_their_own(at_once, db):
    users = [User.objects.create_user(f"u{number}@example.com") for number in range(AT_ONCE)]
    at_once(*[lambda user=user: create_workspace(name="Acme", time_zone="UTC", by=user) for user in users])
    slugs = set(Workspace.objects.values_list("slug", flat=True))
    assert slugs == {"acme", *(f"acme-{number}" for number in range(2, AT_ONCE + 1))}
    assert Membership.objects.count() == AT_ONCE


@pytest.mark.long
def test_an_address_that_two_workspaces_want_is_one_workspaces(at_once, sending, owner):
    for number in range(AT_ONCE):
        create_workspace(name=f"Acme {number}", time_zone="UTC", by=owner)
    slugs = iter(sorted(Workspace.objects.values_list("slug", flat=True)))

    def take(client):
        slug = next(slugs)
        given = {"name": slug, "slug": "wanted", "time_zone": "UTC", "conversion_types": "purchase"}
        return client.post(f"/w/{slug}/settings/", given)

    responses = sending(take, at_once)
    assert statuses(responses) == [302] + [400] * (AT_ONCE - 1)
    refused = next(response for response in responses if response.status_code == 400)
    assert "This address is taken." in refused.text
    assert Workspace.objects.filter(slug="wanted").count() == 1
    assert FormerSlug.objects.count() == 1


@pytest.mark.parametrize("door", ["page", "API"])
def test_an_address_is_invited_once(at_once, sending, workspace, door):
    body = {"email": "ada@example.com", "role": "VIEWER"}

    def ask(client):
        if door == "page":
            return client.post(f"/w/{workspace.slug}/settings/members/", body)
        return post_json(client, f"/api/workspaces/{workspace.api_id}/invitations", body)

    good, refused = (200, 400) if door == "page" else (201, 409)
    assert statuses(sending(ask, at_once)) == [good] + [refused] * (AT_ONCE - 1)
    assert Invitation.objects.open(timezone.now()).count() == 1


def test_an_invitation_makes_one_account(at_once, workspace, owner):
    _, token = invite(workspace=workspace, email="ada@example.com", role=Role.VIEWER, by=owner)
    given = {"name": "Ada", "password": "a-brand-new-password"}
    clients = [Client(raise_request_exception=False) for _ in range(AT_ONCE)]
    responses = at_once(*[lambda one=one: one.post(f"/invitations/{token}/", given) for one in clients])
    assert statuses(responses)[0] == 200 or 302 in statuses(responses)
    assert 500 not in statuses(responses)
    assert User.objects.filter(email="ada@example.com").count() == 1
    assert workspace.memberships.filter(user__email="ada@example.com").count() == 1


@pytest.mark.parametrize("door", ["page", "API"])
def test_a_key_is_rotated_once(at_once, sending, workspace, owner, door):
    key, _ = create_key(workspace=workspace, kind=KeyKind.WRITE, name="site", by=owner)

    def rotate(client):
        if door == "page":
            return client.post(f"/w/{workspace.slug}/settings/keys/{key.pk}/rotate/")
        return client.post(f"/api/workspaces/{workspace.api_id}/keys/{key.api_id}/rotate")

    responses = sending(rotate, at_once)
    good, refused = (200, {302, 409}) if door == "page" else (201, {409})
    assert statuses(responses).count(good) == 1
    assert set(statuses(responses)) <= {good, *refused}
    new = Key.objects.exclude(pk=key.pk).get()
    assert new.predecessor == key
    assert Key.objects.usable(timezone.now()).count() == 2


def test_a_key_that_was_rotated_names_the_one_that_took_its_place(api, workspace, owner):
    key, _ = create_key(workspace=workspace, kind=KeyKind.WRITE, name="site", by=owner)
    path = f"/api/workspaces/{workspace.api_id}/keys"
    new = api.post(f"{path}/{key.api_id}/rotate").json()["id"]
    again = api.post(f"{path}/{key.api_id}/rotate")
    assert (again.status_code, new in again.json()["message"]) == (409, True)
    assert api.post(f"{path}/{new}/rotate").status_code == 201


def test_a_provider_has_one_address(at_once, sending, workspace):
    page = f"/w/{workspace.slug}/settings/webhooks/"
    responses = sending(lambda client: client.post(page, {"provider": "postmark"}), at_once)
    assert statuses(responses) == [302] + [400] * (AT_ONCE - 1)
    assert "has an address already" in next(one for one in responses if one.status_code == 400).text
    assert Webhook.objects.usable().count() == 1


@pytest.mark.parametrize("door", ["page", "API"])
def test_a_funnel_is_saved_once_under_its_name(at_once, sending, workspace, door):
    def save(client):
        if door == "page":
            return client.post(f"/w/{workspace.slug}/funnels/", {"name": "F", "steps": "a,b"})
        body = {"name": "F", "steps": ["a", "b"]}
        return post_json(client, f"/api/workspaces/{workspace.api_id}/funnels", body)

    responses = sending(save, at_once)
    assert statuses(responses) == ([302] * AT_ONCE if door == "page" else [201] + [409] * (AT_ONCE - 1))
    assert SavedFunnel.objects.count() == 1
    if door == "API":
        refused = next(one for one in responses if one.status_code == 409)
        assert refused.json()["message"] == "Another funnel has this name."


@pytest.mark.parametrize("door", ["page", "API"])
def test_a_segment_is_saved_once_under_its_name(at_once, sending, workspace, door):
    def save(client):
        if door == "page":
            given = {"name": "S", "where": "contact.known:true", "back": f"/w/{workspace.slug}/contacts/"}
            return client.post(f"/w/{workspace.slug}/segments/save/", given)
        body = {"name": "S", "where": ["contact.known:true"]}
        return post_json(client, f"/api/workspaces/{workspace.api_id}/segments", body)

    good, refused = (302, 400) if door == "page" else (201, 409)
    assert statuses(sending(save, at_once)) == sorted([good] + [refused] * (AT_ONCE - 1))
    assert SavedSegment.objects.count() == 1


def test_of_two_segments_that_would_be_made_of_each_other_one_is_refused(at_once, sending, workspace):
    url = f"/api/workspaces/{workspace.api_id}/segments"
    condition = "contact.known:true"
    keys = [SavedSegment.objects.create(workspace=workspace, name=name, condition=condition).pk for name in "AB"]
    names = iter([(keys[0], keys[1]), (keys[1], keys[0])])

    def join(client):
        changed, named = next(names)
        body = json.dumps({"filter": {"segment": f"seg_{named}"}})
        return client.patch(f"{url}/seg_{changed}", body, content_type="application/json")

    assert statuses(sending(join, at_once, times=2)) == [200, 400]


@pytest.mark.long
def test_demo_data_is_loaded_once(at_once, sending, workspace):
    responses = sending(lambda client: client.post(f"/w/{workspace.slug}/start/sample/"), at_once, times=2)
    assert statuses(responses) == [302, 302]
    assert Event.objects.values("message_id").distinct().count() == Event.objects.count()
    assert len({message_id.split(":")[1] for message_id in Event.objects.values_list("message_id", flat=True)}) == 1
    assert Campaign.objects.filter(external_id__startswith="demo:").exists()
    assert Contact.objects.exists()
    assert Message.objects.exists()


def test_one_message_id_by_two_users_at_once_is_one_event(at_once, sending, workspace):
    users = iter(range(AT_ONCE))

    def send(client):
        body = {"type": "did", "messageId": "m1", "contact": f"u{next(users)}", "occurredAt": "2026-03-30T10:00:00Z"}
        return post_json(client, f"/api/workspaces/{workspace.api_id}/events", body)

    responses = sending(send, at_once)
    assert max(statuses(responses)) < 500
    assert statuses(responses).count(201) == 1
    assert Event.objects.count() == 1


@pytest.mark.long
@pytest.mark.parametrize("door", ["page", "API"])
def test_what_ends_by_two_requests_at_once_ends_once(at_once, sending, workspace, owner, door):
    api, page = f"/api/workspaces/{workspace.api_id}", f"/w/{workspace.slug}"
    member = Membership.objects.create(
        workspace=workspace, user=User.objects.create_user("viewer@example.com"), role=Role.VIEWER
    )
    key, _ = create_key(workspace=workspace, kind=KeyKind.WRITE, name="site", by=owner)
    invitation, _ = invite(workspace=workspace, email="ada@example.com", role=Role.VIEWER, by=owner)
    funnel = SavedFunnel.objects.create(workspace=workspace, name="F", steps=["a"])
    segment = SavedSegment.objects.create(workspace=workspace, name="S", condition="contact.known:true")
    take_contacts(workspace, [{"externalId": "u"}], received_at=timezone.now())
    contact = Contact.objects.get()
    for action, path, address in (
        (Action.MEMBER_REMOVED, f"/settings/members/{member.pk}/remove/", f"/members/{member.user.api_id}"),
        (Action.KEY_REVOKED, f"/settings/keys/{key.pk}/revoke/", f"/keys/{key.api_id}"),
        (
            Action.INVITATION_REVOKED,
            f"/settings/invitations/{invitation.pk}/revoke/",
            f"/invitations/{invitation.api_id}",
        ),
        (DataAction.FUNNEL_DELETED, f"/funnels/{funnel.pk}/delete/", f"/funnels/fun_{funnel.pk}"),
        (DataAction.SEGMENT_DELETED, f"/segments/{segment.pk}/delete/", f"/segments/{segment.api_id}"),
        (DataAction.CONTACT_ERASED, f"/contacts/{contact.api_id}/erase/", f"/contacts/{contact.api_id}"),
        *([(Action.WORKSPACE_DELETED, "/settings/delete/", "")] if door == "page" else []),
    ):
        given = {"confirm": "u", "name": workspace.name}

        def end(client, path=path, address=address, given=given):
            return client.post(page + path, given) if door == "page" else client.delete(api + address)

        responses = sending(end, at_once, times=4, proved=action == Action.WORKSPACE_DELETED)
        assert max(statuses(responses)) < 500, action
        assert min(statuses(responses)) < 400, action
        assert AuditEvent.objects.filter(action=action).count() == 1, action


def refusals() -> dict[str, tuple[Callable[[Workspace, User], object], str]]:
    return {
        "slug": (
            lambda workspace, owner: Workspace.objects.create(name="Other", slug=workspace.slug),
            "This address is taken.",
        ),
        "email": (lambda workspace, owner: User.objects.create_user(owner.email), "already exists"),
        "provider": (
            lambda workspace, owner: [
                create_webhook(workspace=workspace, provider=Provider.POSTMARK, by=owner) for _ in range(2)
            ],
            "has an address already",
        ),
        "user": (lambda workspace, owner: Membership.objects.create(workspace=workspace, user=owner), "sent twice"),
    }


@pytest.mark.parametrize("field", list(refusals()))
def test_a_constraint_says_in_words_what_is_there_and_of_which_field(workspace, owner, field):
    write, words = refusals()[field]
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        write(workspace, owner)
    conflict = conflict_of(refused.value)
    assert words in conflict.message
    assert field in conflict.fields
    form = type("AForm", (Form,), {field: CharField()})({field: "x"})
    with FormErrors(form), transaction.atomic():
        write(workspace, owner)
    assert form.errors[field] == [conflict.message]


def test_what_is_no_conflict_stays_an_error(workspace, owner):
    form = Form({})
    with pytest.raises(IntegrityError), FormErrors(form), transaction.atomic():
        Membership.objects.create(workspace=workspace, user=User.objects.create_user("a@example.com"), role="GUEST")
    assert not form.errors


@pytest.mark.parametrize(
    ("path", "status"), [("/w/acme/settings/", 409), ("/api/workspaces/ws_1", 409), ("/v1/batch", None)]
)
def test_nobody_but_senders_of_events_gets_an_error_for_a_conflict(workspace, path, status):
    """A 409 would tell the sender's client not to try again."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Workspace.objects.create(name="Other", slug=workspace.slug)
    answer = ConflictMiddleware(lambda request: None).process_exception(RequestFactory().post(path), refused.value)
    assert (answer and answer.status_code) == status
    assert answer is None or b"This address is taken." in answer.content
