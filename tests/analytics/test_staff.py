"""The page of a workspace's state, for staff who help: read-only, but for two mails, which are audited."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client
from django.utils import timezone

from analytics.models import IngestRemark, RemarkKind
from tests.analytics.reports.items import event
from tests.conftest import PASSWORD, post_json
from workspaces.changes import create_key, create_webhook
from workspaces.models import Action, AuditEvent, Invitation, KeyKind, User
from workspaces.people import invite
from workspaces.roles import Right, Role

NOON = datetime(2026, 3, 24, 11, 0, tzinfo=UTC)


@pytest.fixture
def staff_of(db):
    """A client of staff who have these permissions."""

    def client(*codenames, is_superuser=False):
        user = User.objects.create_user(f"{'-'.join(codenames) or 'root'}@example.com", PASSWORD, is_staff=True)
        user.is_superuser = is_superuser
        user.save()
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        browser = Client()
        browser.force_login(user)
        return browser

    return client


@pytest.fixture
def root(staff_of):
    return staff_of(is_superuser=True)


@pytest.fixture
def address(workspace):
    return f"/admin/workspaces/workspace/{workspace.pk}/state/"


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html.partition("<main")[2]))


def refused(workspace, code, source, count, at=NOON):
    IngestRemark.objects.create(
        workspace_id=workspace.pk,
        kind=RemarkKind.REJECTED,
        code=code,
        source=source,
        count=count,
        message="no",
        received_at=at,
    )


def test_it_tells_what_came_in_and_what_was_refused_in_the_workspaces_zone(root, address, workspace, owner, bulk):
    bulk("events", [event("visit", "ada", "03-24 11:30")])
    for _ in range(2):
        refused(workspace, "too_old", "/v1/batch", 3)
    refused(workspace, "too_old", "webhook", 1)
    create_key(workspace=workspace, kind=KeyKind.WRITE, name="Shop", by=owner)
    create_webhook(workspace=workspace, provider="brevo", by=owner)
    text = text_of(root.get(address).text)
    assert "Last event visit, of 24 Mar 2026, 11:30:00" in text
    assert "too_old /v1/batch 6 24 Mar 2026, 12:00 Check where the time comes from" in text
    assert text.index("too_old /v1/batch 6") < text.index("too_old webhook 1")
    assert re.search(r"Shop Write key.* wk_\S+ owner@example.com never 0 in use", text)
    assert "brevo never in use" in text
    assert re.search(r"owner@example.com Owner none .*Send reset mail", text)
    assert "Europe/Berlin" in text


def test_each_key_tells_how_much_of_what_it_sent_was_refused_in_24_hours(root, address, workspace, owner, now):
    """Whatever way it came: items, single ones and whole requests. What a session sends is of no key."""
    tokens = {
        name: create_key(workspace=workspace, kind=kind, name=name, scopes=scopes, by=owner)[1]
        for name, kind, scopes in (
            ("Shop", KeyKind.WRITE, []),
            ("Import", KeyKind.SECRET, [Right.READ, Right.WRITE]),
            ("Calm", KeyKind.WRITE, []),
        )
    }
    refused(workspace, "too_old", "/v1/batch", 50)
    bad, good = {"type": "track", "userId": "u"}, {"type": "track", "userId": "u", "event": "visit"}
    post_json(Client(), "/v1/batch", {"batch": [bad, bad, good], "writeKey": tokens["Shop"]})
    post_json(Client(), "/v1/batch", {"batch": 1, "writeKey": tokens["Shop"]})
    post_json(Client(), "/v1/batch", {"batch": [good], "writeKey": tokens["Calm"]})
    api, of_import = f"/api/workspaces/{workspace.api_id}", {"Authorization": f"Bearer {tokens['Import']}"}
    post_json(Client(headers=of_import), f"{api}/contacts/bulk", {"items": [{"email": 1}]})
    post_json(Client(headers=of_import), f"{api}/contacts/bulk", {"items": 1})
    post_json(Client(headers=of_import), f"{api}/messages", {"externalId": "m"})
    text = text_of(root.get(address).text)
    failures = {
        name: re.search(rf"{name} (?:Write|Secret) key.*?(?:never|\d\d:\d\d) (\d+) in use", text)[1] for name in tokens
    }
    assert failures == {"Shop": "3", "Import": "3", "Calm": "0"}
    IngestRemark.objects.update(received_at=timezone.now() - timedelta(hours=25))
    assert "Shop Write key" in (later := text_of(root.get(address).text))
    assert re.findall(r"(\d+) in use", later.partition("API keys")[2])[:3] == ["0", "0", "0"]


def test_an_empty_workspace_says_so(root, address):
    text = text_of(root.get(address).text)
    for told in ("Nothing came in yet.", "Nothing was rejected.", "There are no keys.", "There are no webhooks."):
        assert told in text


def test_a_reset_mail_goes_to_the_member_alone_and_is_audited(root, address, workspace, owner):
    member = workspace.memberships.get(user=owner)
    text = root.post(f"{address}reset/{member.pk}/", follow=True).text
    assert "A mail to set a new password was sent to owner@example.com." in text
    (sent,) = mail.outbox
    assert sent.to == ["owner@example.com"]
    link = next(word for word in sent.body.split() if "/password/reset/" in word)
    assert link.removeprefix("http://testserver") not in text
    audited = AuditEvent.objects.get(action=Action.RESET_MAILED)
    assert (audited.account_id, audited.workspace_id, audited.actor_name) == (
        owner.pk,
        workspace.pk,
        "root@example.com",
    )
    form = Client().get(link.removeprefix("http://testserver"), follow=True)
    assert form.status_code == 200
    assert "password1" in form.text


@pytest.mark.long
def test_who_may_not_log_in_gets_no_mail_nor_anybody_many(root, address, workspace, owner):
    member = workspace.memberships.get(user=owner)
    for _ in range(6):
        text = root.post(f"{address}reset/{member.pk}/", follow=True).text
    assert "several such mails" in text
    assert len(mail.outbox) == 5
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert "may not log in: nothing was sent" in root.post(f"{address}reset/{member.pk}/", follow=True).text
    assert len(mail.outbox) == 5


def test_an_invitation_is_sent_again_with_another_link(root, address, workspace, owner):
    invitation, token = invite(workspace=workspace, email="eve@example.com", role=Role.VIEWER, by=owner)
    Invitation.objects.update(expires_at=NOON)
    assert "Pending invitations" in root.get(address).text
    text = root.post(f"{address}resend/{invitation.pk}/", follow=True).text
    assert "The invitation was sent to eve@example.com again." in text
    (sent,) = mail.outbox
    assert sent.to == ["eve@example.com"]
    link = next(word for word in sent.body.split() if "://" in word).removeprefix("http://testserver")
    assert link not in text
    assert "join" in Client().get(link).text.lower()
    assert Client().get(link.replace(link.split("/")[-2], token)).status_code == 404
    audited = AuditEvent.objects.get(action=Action.INVITATION_RESENT)
    assert (audited.target, audited.workspace_id) == (invitation.api_id, workspace.pk)


def test_an_invitation_that_is_over_is_not_sent_again(root, address, workspace, owner):
    invitation, _ = invite(workspace=workspace, email="eve@example.com", role=Role.VIEWER, by=owner)
    Invitation.objects.update(revoked_at=NOON)
    assert "accepted or revoked meanwhile" in root.post(f"{address}resend/{invitation.pk}/", follow=True).text
    assert mail.outbox == []


@pytest.mark.long
def test_staff_do_what_their_permissions_allow(staff_of, address, workspace, owner):
    member = workspace.memberships.get(user=owner)
    invitation, _ = invite(workspace=workspace, email="eve@example.com", role=Role.VIEWER, by=owner)
    reset, resend = f"{address}reset/{member.pk}/", f"{address}resend/{invitation.pk}/"
    asked = ((address, "get"), (reset, "post"), (resend, "post"))

    def statuses(client):
        return [getattr(client, method)(path).status_code for path, method in asked]

    assert statuses(staff_of()) == [403, 403, 403]
    viewing = staff_of("view_workspace")
    assert statuses(viewing) == [200, 403, 403]
    text = viewing.get(address).text
    assert "Send reset mail" not in text
    assert "Resend invitation" not in text
    assert statuses(staff_of("view_workspace", "change_user")) == [200, 302, 403]
    assert statuses(staff_of("view_workspace", "change_workspace")) == [200, 403, 302]


def test_nobody_else_comes_in_and_other_workspaces_rows_are_not_there(
    api, root, address, workspace, owner, stranger_client
):
    for client in (api, stranger_client, Client()):
        assert client.get(address).status_code == 302
        assert client.post(f"{address}reset/{workspace.memberships.get(user=owner).pk}/").status_code == 302
    assert mail.outbox == []
    other = address.replace(f"/{workspace.pk}/", "/999999/")
    assert root.get(other).status_code == 404
    assert root.post(f"{address}reset/999999/").status_code == 404
    assert root.post(f"{address}resend/999999/").status_code == 404
    assert root.get(f"{address}reset/1/").status_code == 405


def test_the_way_leads_from_the_list_and_from_the_workspace(root, address, workspace):
    for page in ("/admin/workspaces/workspace/", f"/admin/workspaces/workspace/{workspace.pk}/change/"):
        assert f'href="{address}"' in root.get(page).text


def test_the_administration_has_the_products_colours(root):
    html = root.get("/admin/").text
    assert "css/admin.css" in html
    assert "theme.js" not in html
    root.cookies["theme"] = "dark"
    assert re.search(r'<body class="[^"]*theme-dark', root.get("/admin/").text)
    root.cookies["theme"] = '"><script>'
    assert "theme-" not in root.get("/admin/").text.partition("<body")[2].partition(">")[0]
