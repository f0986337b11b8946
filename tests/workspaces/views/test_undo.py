"""What ends for good says so first; what is cheap can be undone from the notice that tells of it."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from analytics.funnels import save_funnel
from analytics.models import Campaign, SavedFunnel
from analytics.providers import Provider
from tests.copied_rows import copied
from workspaces.changes import create_key, create_webhook
from workspaces.models import Invitation, KeyKind, Membership, User
from workspaces.people import invite
from workspaces.roles import Role
from workspaces.undo import LIFE


def undo_of(response):
    return re.search(r'name="what" value="([^"]+)"', response.text)[1]


@pytest.fixture
@copied
def archived(api, workspace, bulk):
    """The page after archiving a running and a paused campaign."""
    statuses = {"a": "ACTIVE", "b": "PAUSED"}
    bulk(
        "campaigns",
        [{"externalId": key, "name": key, "channel": "EMAIL", "status": status} for key, status in statuses.items()],
    )
    chosen = [campaign.api_id for campaign in Campaign.objects.all()]
    response = api.post("/w/acme/campaigns/archive/", {"campaign": chosen}, follow=True)
    assert "Archived 2 campaigns." in response.text
    return response


def statuses():
    return dict(Campaign.objects.values_list("external_id", "status"))


def test_archiving_is_undone_to_what_each_campaign_was(api, archived):
    assert statuses() == {"a": "ARCHIVED", "b": "ARCHIVED"}
    Campaign.objects.filter(external_id="b").update(status="COMPLETED")  # somebody else, meanwhile
    response = api.post("/undo/", {"what": undo_of(archived), "next": "/w/acme/campaigns/"}, follow=True)
    assert response.redirect_chain == [("/w/acme/campaigns/", 302)]
    assert "Restored 1 campaign." in response.text
    assert statuses() == {"a": "ACTIVE", "b": "COMPLETED"}


@pytest.mark.long
def test_only_who_did_it_undoes_it_while_they_may_and_not_for_ever(api, archived, owner, workspace, time_machine):
    what = undo_of(archived)
    other = User.objects.create_user("admin@example.com")
    Membership.objects.create(workspace=workspace, user=other, role=Role.ADMIN)
    client = Client()
    client.force_login(other)
    assert client.post("/undo/", {"what": what}).status_code == 403
    Membership.objects.filter(user=owner).update(role=Role.VIEWER)
    assert api.post("/undo/", {"what": what}).status_code == 403
    Membership.objects.filter(user=owner).update(role=Role.OWNER)
    assert "too late" in api.post("/undo/", {"what": what + "x"}, follow=True).text
    assert Client().post("/undo/", {"what": what})["Location"].startswith("/login/")
    time_machine.move_to(timezone.now() + LIFE + timedelta(minutes=1))
    assert "too late" in api.post("/undo/", {"what": what}, follow=True).text
    assert statuses() == {"a": "ARCHIVED", "b": "ARCHIVED"}


@pytest.mark.long
def test_a_deleted_funnel_comes_back_under_its_address(api, workspace, owner):
    saved = save_funnel(workspace=workspace, name="Visits", steps=["a", "b"], range="7d", by=owner)
    deleted = api.post(f"/w/acme/funnels/{saved.pk}/delete/", follow=True)
    assert not SavedFunnel.objects.exists()
    what = undo_of(deleted)
    assert "Visits is there again." in api.post("/undo/", {"what": what}, follow=True).text
    back = SavedFunnel.objects.get()
    assert (back.pk, back.name, back.steps, back.range, back.created_by) == (
        saved.pk,
        "Visits",
        ["a", "b"],
        "7d",
        owner,
    )
    assert "Another funnel is called Visits by now." in api.post("/undo/", {"what": what}, follow=True).text


def test_a_removed_member_comes_back_with_their_role(api, workspace):
    user = User.objects.create_user("ada@example.com")
    member = Membership.objects.create(workspace=workspace, user=user, role=Role.ANALYST)
    removed = api.post(f"/w/acme/settings/members/{member.pk}/remove/", follow=True)
    assert not Membership.objects.filter(user=user).exists()
    assert "is a member again." in api.post("/undo/", {"what": undo_of(removed)}, follow=True).text
    assert Membership.objects.get(user=user).role == Role.ANALYST


@pytest.mark.long
def test_what_ends_for_good_says_what_ends_before_it_does(api, workspace, owner, bulk):
    key = create_key(workspace=workspace, kind=KeyKind.WRITE, name="Shop", by=owner)[0]
    webhook = create_webhook(workspace=workspace, provider=Provider.SENDGRID, by=owner)
    invitation = invite(workspace=workspace, email="new@example.com", role=Role.VIEWER, by=owner)[0]
    own = Membership.objects.get(user=owner)
    pages = {
        f"settings/keys/{key.pk}/revoke/": "are refused at once",
        f"settings/webhooks/{webhook.pk}/revoke/": "is lost",
        f"settings/webhooks/{webhook.pk}/signing-key/": "reports are refused",
        f"settings/webhooks/{webhook.pk}/rotate/": "The old address stops working at once",
        f"settings/invitations/{invitation.pk}/revoke/": "no longer works",
        f"settings/members/{own.pk}/remove/": "you need another invitation",
        "start/sample/": "as if the demo data had never been loaded",
    }
    for path, consequence in pages.items():
        response = api.get(f"/w/acme/{path}")
        assert response.status_code == 200, path
        assert consequence in response.text, path
        assert response.text.count('class="danger"') == 1, path
    for row in (key, webhook, Invitation.objects.get()):
        row.refresh_from_db()
        assert row.revoked_at is None
    for page in ("settings/keys/", "settings/webhooks/", "settings/members/"):
        forms = re.findall(r'<form method="post" action="([^"]*)"', api.get(f"/w/acme/{page}").text)
        assert not [action for action in forms if "revoke" in action or f"webhooks/{webhook.pk}/rotate" in action]


def test_viewers_are_not_asked_whether_they_would_remove_others(viewer_client, workspace, owner):
    own = Membership.objects.get(user=owner)
    assert viewer_client.get(f"/w/acme/settings/members/{own.pk}/remove/").status_code == 403
