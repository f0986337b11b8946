"""The settings pages: who sees and changes what, and what each change does."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from smtplib import SMTPException

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from analytics.models import Campaign, Contact, DayCount, Event, PersonNumbers
from tests.conftest import PASSWORD, prove
from workspaces.access import usable_key
from workspaces.changes import change_settings, create_key
from workspaces.models import Action, AuditEvent, FormerSlug, Invitation, Key, KeyKind, Membership, User, Workspace
from workspaces.navigation import SETTINGS
from workspaces.people import invite
from workspaces.roles import RIGHTS, Right, Role

PAGES = {
    "": Right.READ,
    "money/": Right.READ,
    "rates/": Right.READ,
    "members/": Right.READ,
    "keys/": Right.MANAGE,
    "audit/": Right.MANAGE,
    "audit.csv": Right.MANAGE,
    "data/": Right.OWN,
    "delete/": Right.OWN,
}
MANAGERS, OWNERS, ALL = {Role.ADMIN, Role.OWNER}, {Role.OWNER}, set(Role)
POSTS = {
    "": MANAGERS,
    "money/": MANAGERS,
    "rates/": MANAGERS,
    "rates/upload/": MANAGERS,
    "members/": MANAGERS,
    "keys/": MANAGERS,
    "keys/{key}/rotate/": MANAGERS,
    "keys/{key}/revoke/": MANAGERS,
    "invitations/{invitation}/revoke/": MANAGERS,
    "members/{viewer}/role/": MANAGERS,
    "members/{viewer}/remove/": MANAGERS,
    "data/": OWNERS,
    "delete/": OWNERS,
}
GENERAL = {"name": "Acme", "slug": "acme", "time_zone": "Europe/Berlin"}

of_forms = pytest.mark.either_database("roles and forms are judged by the program")


@pytest.fixture
def clients(workspace, owner):
    """A client for each role, who has just proved who they are."""
    made = {}
    for role in Role:
        user = owner if role is Role.OWNER else User.objects.create_user(f"{role.lower()}@example.com", PASSWORD)
        Membership.objects.get_or_create(workspace=workspace, user=user, defaults={"role": role})
        made[role] = Client()
        made[role].force_login(user)
        prove(made[role])
    return made


@pytest.fixture
def ids(workspace, owner):
    """What the addresses name: a key, an invitation and a member who can be removed."""
    user = User.objects.create_user("removable@example.com")
    return {
        "key": create_key(workspace=workspace, kind=KeyKind.WRITE, name="Shop", by=owner)[0].pk,
        "invitation": invite(workspace=workspace, email="new@example.com", role=Role.VIEWER, by=owner)[0].pk,
        "viewer": Membership.objects.create(workspace=workspace, user=user, role=Role.VIEWER).pk,
    }


def address(page="", slug="acme"):
    return f"/w/{slug}/settings/{page}"


# Who


@of_forms
@pytest.mark.parametrize("page", list(PAGES))
def test_each_page_is_for_those_with_the_right(clients, page):
    may = {Right.READ: ALL, Right.MANAGE: MANAGERS, Right.OWN: OWNERS}[PAGES[page]]
    for role, client in clients.items():
        assert client.get(address(page)).status_code == (200 if role in may else 403), role


@of_forms
@pytest.mark.parametrize("page", list(POSTS))
def test_each_change_is_for_those_with_the_right(clients, ids, page):
    for role in (Role.VIEWER, Role.ANALYST, Role.ADMIN, Role.OWNER):
        response = clients[role].post(address(page.format(**ids)), {})
        assert (response.status_code != 403) is (role in POSTS[page]), role


@of_forms
@pytest.mark.parametrize("page", [*PAGES, *POSTS])
def test_strangers_find_nothing_and_nobody_is_sent_to_the_log_in(stranger_client, workspace, ids, page):
    path = address(page.format(**ids))
    method = "get" if page in PAGES else "post"
    if page != "delete/":
        assert getattr(stranger_client, method)(path).status_code == 404
    assert getattr(Client(), method)(path)["Location"].startswith("/login/?next=")


@of_forms
@pytest.mark.parametrize("page", [page for page in POSTS if "{" in page])
def test_what_belongs_to_another_workspace_is_not_found(stranger_client, workspace, ids, page):
    prove(stranger_client)
    assert stranger_client.post(address(page.format(**ids), "elsewhere"), {}).status_code == 404
    assert Key.objects.get(pk=ids["key"]).revoked_at is None
    assert Membership.objects.filter(pk=ids["viewer"]).exists()


@of_forms
@pytest.mark.parametrize("page", [page for page in POSTS if page not in PAGES])
def test_changes_need_a_post(api, workspace, ids, page):
    is_asked_first = page.endswith(("/revoke/", "/remove/"))
    assert api.get(address(page.format(**ids))).status_code == (200 if is_asked_first else 405)
    assert Key.objects.get(pk=ids["key"]).revoked_at is None
    assert Invitation.objects.get(pk=ids["invitation"]).revoked_at is None
    assert Membership.objects.filter(pk=ids["viewer"]).exists()


@pytest.mark.long
@of_forms
@pytest.mark.parametrize("page", [page for page in PAGES if not page.endswith(".csv")])
def test_a_page_leads_to_the_sections_of_the_role(clients, page):
    sections = {section.label: section.right for section in SETTINGS}
    assert (sections["General"], sections["Delete workspace"]) == (Right.READ, Right.OWN)
    for role, client in clients.items():
        response = client.get(address(page))
        if response.status_code == 200:
            shown = set(
                re.findall(r">([^<]+)</a>", re.search(r'aria-label="Settings">(.*?)</nav>', response.text, re.S)[1])
            )
            assert shown == {label for label, right in sections.items() if right in RIGHTS[role]}
            assert response.text.count('aria-current="page"') == 2


@of_forms
@pytest.mark.parametrize("page", [page for page in PAGES if not page.endswith(".csv")])
def test_a_title_says_which_section_it_is(clients, page):
    html = clients[Role.OWNER].get(address(page)).text
    section = re.search(r'aria-label="Settings">.*?aria-current="page">([^<]+)</a>', html, re.DOTALL)[1]
    assert f"<title>{section} · Settings · Acme · " in html


@pytest.mark.parametrize(
    ("page", "queries"),
    [("", 4), ("money/", 6), ("members/", 6), ("keys/", 6), ("audit/", 5), ("data/", 4), ("delete/", 4)],
)
def test_a_page_costs_few_queries_however_much_there_is(
    api, workspace, owner, ids, page, queries, django_assert_max_num_queries
):
    for number in range(10):
        user = User.objects.create_user(f"more{number}@example.com")
        Membership.objects.create(workspace=workspace, user=user)
        create_key(workspace=workspace, kind=KeyKind.WRITE, name=str(number), by=owner)
    with django_assert_max_num_queries(queries):
        assert api.get(address(page)).status_code == 200


# General


def test_settings_are_changed_and_recorded(api, workspace):
    given = {**GENERAL, "name": "Acme Ltd", "time_zone": "UTC"}
    assert api.post(address(), given)["Location"] == address()
    workspace.refresh_from_db()
    assert (workspace.name, workspace.time_zone) == ("Acme Ltd", "UTC")
    event = AuditEvent.objects.latest("id")
    assert event.before == {"name": "Acme", "time_zone": "Europe/Berlin"}
    assert event.after == {"name": "Acme Ltd", "time_zone": "UTC"}


def test_nothing_changed_is_nothing_recorded(api, workspace):
    before = AuditEvent.objects.count()
    assert api.post(address(), GENERAL).status_code == 302
    assert AuditEvent.objects.count() == before


def test_another_time_zone_counts_days_anew(api, workspace, track):
    track({"type": "track", "userId": "a", "event": "e", "timestamp": "2026-03-01T23:30:00Z"})
    assert api.post(address(), {**GENERAL, "time_zone": "America/New_York"}).status_code == 302
    workspace.refresh_from_db()
    assert workspace.time_zone == "America/New_York"
    counts = DayCount.objects.filter(workspace_id=workspace.pk, counted="events")
    assert [(count.day.isoformat(), count.n) for count in counts] == [("2026-03-01", 1)]


@of_forms
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("slug", ""),
        ("slug", "with space"),
        ("slug", "elsewhere"),
        ("time_zone", "Mars/Olympus"),
    ],
)
def test_bad_settings_are_a_400_that_changes_nothing(api, workspace, stranger_client, field, value):
    response = api.post(address(), {**GENERAL, field: value})
    assert response.status_code == 400
    assert f'id="id_{field}_error"' in response.text
    workspace.refresh_from_db()
    assert workspace.name == "Acme"


def test_a_former_address_leads_to_the_new_one_for_members_alone(api, workspace, stranger_client):
    api.post(address(), {**GENERAL, "slug": "acme-ltd"})
    moved = api.get("/w/acme/reports/overview/?range=7d")
    assert moved["Location"] == "/w/acme-ltd/reports/overview/?range=7d"
    assert stranger_client.get("/w/acme/reports/overview/").status_code == 404
    assert stranger_client.post(address("", "elsewhere"), {**GENERAL, "slug": "acme"}).status_code == 400


def test_an_address_can_be_taken_back(workspace, owner):
    change_settings(workspace=workspace, by=owner, slug="acme-ltd")
    change_settings(workspace=workspace, by=owner, slug="acme")
    assert list(FormerSlug.objects.values_list("slug", flat=True)) == ["acme-ltd"]


def test_an_admin_cannot_ask_for_second_factors(clients, workspace):
    clients[Role.ADMIN].post(address(), {**GENERAL, "second_factor_required": "on"})
    workspace.refresh_from_db()
    assert not workspace.second_factor_required


@pytest.mark.long
def test_owners_and_admins_can_be_made_to_have_a_second_factor(clients, workspace):
    clients[Role.OWNER].post(address(), {**GENERAL, "second_factor_required": "on"})
    for role, client in clients.items():
        page = client.get("/w/acme/reports/overview/")
        api = client.get(f"/api/workspaces/{workspace.api_id}/analytics")
        if role in MANAGERS:
            assert page["Location"] == "/account/second-factor/"
            assert (api.status_code, api.json()["code"]) == (403, "permission_denied")
        else:
            assert (page.status_code, api.status_code) == (200, 200)


# Members


def test_an_invited_colleague_gets_a_mail_and_the_inviter_a_link(api, workspace):
    response = api.post(address("members/"), {"email": "Ada@example.com", "role": "ANALYST"})
    assert response.status_code == 200
    [sent] = mail.outbox
    assert sent.to == ["ada@example.com"]
    link = re.search(r'value="(http://testserver/invitations/[^"]+)"', response.text)[1]
    assert link in sent.body
    assert link not in api.get(address("members/")).text
    assert "ada@example.com" in api.get(address("members/")).text


def test_a_name_of_before_makes_no_lines_in_an_invitation(api, workspace, owner):
    """They may hold line breaks that nobody can enter any more."""
    Workspace.objects.update(name="Acme\n\nYour account is locked.")
    User.objects.update(name="Ada\r\nBcc: all@example.com")
    api.post(address("members/"), {"email": "ada@example.com", "role": "ANALYST"})
    [sent] = mail.outbox
    assert sent.subject.endswith("invited to Acme Your account is locked.")
    assert sent.body.startswith("Ada Bcc: all@example.com invites you to Acme Your account is locked. in CampaignOS")


def test_where_no_mail_goes_out_the_link_is_passed_on_by_hand(api, workspace, monkeypatch):
    def fails(*args, **kwargs):
        raise SMTPException("no server")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", fails)
    response = api.post(address("members/"), {"email": "ada@example.com", "role": "VIEWER"})
    assert "could not be sent" in response.text
    assert "/invitations/" in response.text


def test_after_the_password_the_page_that_invited_goes_on_inviting(api, workspace):
    asked = api.post(address("members/"), {"email": "ada@example.com", "role": "ADMIN"})
    page = api.post(asked["Location"], {"password": PASSWORD, "next": address("members/")})
    assert workspace.invitations.get().email == "ada@example.com"
    assert f'<form method="post" action="{address("members/")}" class="stacked">' in page.text


def test_every_form_of_settings_says_where_it_is_sent():
    """Behind a proof, its page stands at the address of the proof."""
    forms = [
        line
        for path in (settings.BASE_DIR / "templates" / "settings").glob("*.html")
        for line in re.findall(r'<form method="post"[^>]*>', path.read_text())
    ]
    assert len(forms) > 10
    assert [form for form in forms if "action=" not in form] == []


@of_forms
@pytest.mark.parametrize("given", [{}, {"email": "x", "role": "VIEWER"}, {"email": "a@example.com", "role": "KING"}])
def test_a_bad_invitation_is_a_400(api, workspace, given):
    assert api.post(address("members/"), given).status_code == 400
    assert not Invitation.objects.exists()


def test_inviting_a_member_again_is_a_400_that_says_so(api, workspace, viewer_client):
    response = api.post(address("members/"), {"email": "viewer@example.com", "role": "ADMIN"})
    assert response.status_code == 400
    assert "member already" in response.text


def test_an_admin_is_not_offered_to_make_or_touch_owners(clients, ids):
    html = clients[Role.ADMIN].get(address("members/")).text
    assert 'value="OWNER"' not in html
    assert "Remove owner@example.com" not in html
    assert "Remove analyst@example.com" in html


def test_a_role_is_changed_after_proving_who_one_is(api, clients, ids):
    path, given = address(f"members/{ids['viewer']}/role/"), {"role": "ANALYST"}
    fresh = Client()
    fresh.force_login(User.objects.get(email="owner@example.com"))
    assert fresh.post(path, given)["Location"].startswith("/account/reauthenticate/")
    assert clients[Role.OWNER].post(path, given)["Location"] == address("members/")
    assert Membership.objects.get(pk=ids["viewer"]).role == Role.ANALYST
    assert "no such role" in clients[Role.OWNER].post(path, {"role": "KING"}, follow=True).text


def test_a_viewer_looks_and_does_not_change(clients, workspace):
    viewer = clients[Role.VIEWER]
    assert "<form" not in re.sub(r"<header.*?</header>", "", viewer.get(address()).text, flags=re.S)
    shown = viewer.get(address("members/")).text
    actions = set(re.findall(r'(?:action|class="button" href)="([^"]*settings[^"]*)"', shown))
    own = Membership.objects.get(user__email="viewer@example.com")
    assert actions == {address(f"members/{own.pk}/remove/")}
    assert viewer.post(address(), {**GENERAL, "name": "Mine"}).status_code == 403
    assert Workspace.objects.get().name == "Acme"


def test_everybody_may_leave_but_the_last_owner(clients, workspace):
    viewer = Membership.objects.get(user__email="viewer@example.com")
    assert clients[Role.VIEWER].post(address(f"members/{viewer.pk}/remove/"))["Location"] == "/w/"
    assert clients[Role.VIEWER].get(address()).status_code == 404
    own = Membership.objects.get(user__email="owner@example.com")
    response = clients[Role.OWNER].post(address(f"members/{own.pk}/remove/"), follow=True)
    assert "needs an owner" in response.text


# Invitations


@pytest.fixture
def link(workspace, owner):
    return f"/invitations/{invite(workspace=workspace, email='ada@example.com', role=Role.VIEWER, by=owner)[1]}/"


def test_a_new_colleague_makes_an_account_and_is_in(link):
    client = Client()
    assert "Join Acme" in client.get(link).text
    response = client.post(link, {"name": "Ada", "password": "a-brand-new-password"})
    assert response["Location"] == "/w/acme/"
    assert client.get("/w/acme/reports/overview/").status_code == 200
    assert client.post(address(), GENERAL).status_code == 403


@of_forms
@pytest.mark.parametrize(
    "given", [{}, {"name": "Ada", "password": "short"}, {"name": "Ada", "password": "ada@example.com"}]
)
def test_a_bad_name_or_password_is_a_400(link, given):
    assert Client().post(link, given).status_code == 400
    assert not User.objects.filter(email="ada@example.com").exists()


def test_a_colleague_with_an_account_logs_in_and_joins(link):
    User.objects.create_user("ada@example.com", PASSWORD)
    client = Client()
    assert f"/login/?next={link}" in client.get(link).text
    assert client.post(link, {"name": "Eve", "password": "a-brand-new-password"}).status_code == 200
    assert client.post("/login/", {"login": "ada@example.com", "password": PASSWORD, "next": link})["Location"] == link
    assert client.post(link)["Location"] == "/w/acme/"


def test_another_user_cannot_take_it(link, stranger_client):
    assert "is for another address" in stranger_client.get(link).text
    stranger_client.post(link)
    assert stranger_client.get("/w/acme/").status_code == 404


def test_an_invitation_that_is_over_or_none_is_a_404(link, workspace):
    Invitation.objects.update(revoked_at=timezone.now())
    for path in (link, "/invitations/made-up/"):
        for method in ("get", "post"):
            response = getattr(Client(), method)(path)
            assert response.status_code == 404
            assert "is no longer valid" in response.text


# Keys


def token_of(response):
    return re.search(r'value="((?:wk|sk)_[^"]+)"', response.text)[1]


def test_a_keys_token_is_shown_once(api, workspace):
    response = api.post(address("keys/"), {"name": "CRM", "kind": "secret", "scopes": ["read", "curate"]})
    token = token_of(response)
    key = usable_key(token, KeyKind.SECRET)
    assert (key.name, key.rights) == ("CRM", {Right.READ, Right.CURATE})
    assert token not in api.get(address("keys/")).text
    assert response["Cache-Control"] == "no-store"


def test_a_write_key_has_no_scopes(api, workspace):
    key = usable_key(
        token_of(api.post(address("keys/"), {"name": "Shop", "kind": "write", "scopes": ["read"]})), KeyKind.WRITE
    )
    assert key.scopes == []


def test_a_write_key_may_be_for_web_pages(api, workspace):
    made = api.post(address("keys/"), {"name": "Shop", "kind": "browsers"})
    key = workspace.keys.get()
    assert (key.kind, key.allows_browsers, key.scopes) == (KeyKind.WRITE, True, [])
    assert "Put it into your web pages: it need not be secret." in made.text
    assert 'Write <span class="muted">web pages</span>' in made.text
    assert AuditEvent.objects.latest("id").after["browsers"] is True
    assert "Put it into your web pages" in api.post(address(f"keys/{key.pk}/rotate/")).text


def test_a_key_ends_with_its_last_day_in_the_workspaces_zone(api, workspace, now):
    api.post(address("keys/"), {"name": "CRM", "kind": "write", "expires_on": "2026-04-30"})
    assert Key.objects.get().expires_at == datetime(2026, 4, 30, 22, tzinfo=UTC)


@of_forms
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"name": "x", "kind": "public"},
        {"name": "x", "kind": "secret"},
        {"name": "x", "kind": "secret", "scopes": ["manage"]},
        {"name": "x", "kind": "write", "expires_on": "2020-01-01"},
        {"name": "x", "kind": "write", "expires_on": "soon"},
        {"name": "x", "kind": "write", "expires_on": "2100-01-01"},
        {"name": "x", "kind": "write", "expires_on": "9999-12-31"},
    ],
)
def test_a_bad_key_is_a_400(api, workspace, given):
    assert api.post(address("keys/"), given).status_code == 400
    assert not Key.objects.exists()


def test_a_rotated_key_works_for_24_hours_beside_the_new_one(api, workspace, owner, time_machine):
    start = datetime(2026, 3, 31, 12, tzinfo=UTC)
    time_machine.move_to(start, tick=False)
    old, old_token = create_key(
        workspace=workspace,
        kind=KeyKind.SECRET,
        name="CRM",
        by=owner,
        scopes=[Right.READ],
        expires_at=start + timedelta(days=90),
    )
    rotated = api.post(address(f"keys/{old.pk}/rotate/"))
    assert f'action="{address(f"keys/{old.pk}/rotate/")}"' not in rotated.text
    new_token = token_of(rotated)
    new = usable_key(new_token, KeyKind.SECRET)
    assert (new.name, new.scopes, new.expires_at) == ("CRM", ["read"], start + timedelta(days=90))
    time_machine.move_to(start + timedelta(hours=23), tick=False)
    assert usable_key(old_token, KeyKind.SECRET) == old
    time_machine.move_to(start + timedelta(hours=24), tick=False)
    assert usable_key(old_token, KeyKind.SECRET) is None
    assert usable_key(new_token, KeyKind.SECRET) == new
    response = api.post(address(f"keys/{old.pk}/rotate/"), follow=True)
    assert "make a new one" in response.text


def test_a_revoked_key_works_no_more(api, workspace, secret_key):
    key = Key.objects.get()
    assert api.post(address(f"keys/{key.pk}/revoke/"))["Location"] == address("keys/")
    assert usable_key(secret_key, KeyKind.SECRET) is None
    assert "Revoked and expired (1)" in api.get(address("keys/")).text


# The audit log


def test_the_log_is_filtered(api, workspace, secret_key):
    html = api.get(address("audit/")).text
    assert "Workspace created" in html
    assert "Key created" in html
    rows = api.get(address("audit/"), {"action": "key_created"}).context["events"]
    assert {row.action for row in rows} == {"key_created"}
    assert api.get(address("audit/"), {"who": "owner@"}).context["events"]
    assert not api.get(address("audit/"), {"who": "nobody"}).context["events"]
    assert not api.get(address("audit/"), {"until": "2020-01-01"}).context["events"]
    assert api.get(address("audit/"), {"since": "2020-01-01"}).context["events"]


@pytest.mark.parametrize(
    "query",
    [
        {"action": "nothing"},
        {"since": "soon"},
        {"before": "x"},
        {"before": "9" * 30},
        {"since": "0001-01-01"},
        {"until": "9999-12-31"},
    ],
)
def test_a_bad_filter_is_left_out(api, workspace, query):
    response = api.get(address("audit/"), query)
    assert response.status_code == 200
    assert response.context["events"]
    assert len(b"".join(api.get(address("audit.csv"), query).streaming_content).splitlines()) > 1


@pytest.mark.long
def test_older_lines_are_a_page_further(api, workspace, owner):
    for number in range(60):
        change_settings(workspace=workspace, by=owner, name=f"Acme {number}")
    first = api.get(address("audit/"), {"action": "settings_changed"})
    assert len(first.context["events"]) == 50
    second = api.get(address("audit/"), {"action": "settings_changed", "before": first.context["older"]})
    assert len(second.context["events"]) == 10
    assert second.context["older"] is None


def test_the_csv_holds_what_the_filters_choose_and_no_formula(api, workspace, owner):
    change_settings(workspace=workspace, by=owner, name='=HYPERLINK("http://evil.example")')
    AuditEvent.objects.create(workspace=workspace, action=Action.LOG_IN, actor_name="=1+1", at=timezone.now())
    response = api.get(address("audit.csv"))
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert rows[0] == ["at", "actor", "action", "target", "before", "after", "ip", "request id"]
    assert rows[1][1] == "'=1+1"
    assert [row[2] for row in rows[1:]] == ["Logged in", "Settings changed", "Workspace created"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert "attachment" in response["Content-Disposition"]


# The end


def test_a_workspace_is_deleted_by_its_name_with_all_that_is_in_it(clients, workspace, stranger_client, bulk, track):
    bulk("contacts", [{"externalId": "a"}])
    bulk("campaigns", [{"externalId": "c", "name": "C"}])
    track({"type": "track", "userId": "a", "event": "e"})
    owner = clients[Role.OWNER]
    assert owner.post(address("delete/"), {"name": "acme"}).status_code == 400
    assert Workspace.objects.filter(pk=workspace.pk).exists()
    assert owner.post(address("delete/"), {"name": "Acme"})["Location"] == "/w/"
    assert not Workspace.objects.filter(pk=workspace.pk).exists()
    for model in (Contact, Campaign, Event, PersonNumbers):
        assert not model.objects.filter(workspace_id=workspace.pk).exists(), model
    assert AuditEvent.objects.filter(action=Action.WORKSPACE_DELETED).exists()
    assert Workspace.objects.filter(name="Elsewhere").exists()


def test_deleting_asks_for_the_password_first(api, workspace):
    assert api.get(address("delete/")).status_code == 200
    assert api.post(address("delete/"), {"name": "Acme"})["Location"].startswith("/account/reauthenticate/")
    assert Workspace.objects.exists()


def test_after_the_password_the_deletion_goes_on(api, workspace):
    asked = api.post(address("delete/"), {"name": "Acme"})["Location"]
    response = api.post(asked, {"password": PASSWORD})
    assert response["Location"] == "/w/"
    assert not Workspace.objects.exists()
