"""Staff's pages for users, workspaces, members and keys."""

import re
from datetime import UTC, datetime
from itertools import count

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import get_resolver, reverse

from analytics.providers import Provider
from tests.conftest import PASSWORD, prove
from workspaces.access import usable_key
from workspaces.changes import create_key, create_webhook, create_workspace
from workspaces.models import (
    DEFAULT_LOOKBACK_DAYS,
    Action,
    AuditEvent,
    Key,
    KeyKind,
    Membership,
    User,
    Webhook,
    Workspace,
)
from workspaces.people import NEEDS_OWNER
from workspaces.roles import Right, Role

LOOKBACK_DAYS = {f"{name}_lookback_days": days for name, days in DEFAULT_LOOKBACK_DAYS.items()}

MODELS = [User, Workspace, Membership, Key, Webhook, Group]
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
numbers = count()
EMPTY_INLINE = {f"memberships-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}


@pytest.fixture
def staff(db):
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com", PASSWORD, name="Root"))
    prove(client)
    return client


def make(model):
    number = next(numbers)
    if model is Group:
        return Group.objects.create(name=f"group {number}")
    user = User.objects.create_user(f"user{number}@example.com")
    if model is User:
        return user
    workspace = create_workspace(name=f"Workspace {number}", time_zone="UTC", by=user)
    if model is Workspace:
        return workspace
    if model is Membership:
        return workspace.memberships.get()
    if model is Webhook:
        return create_webhook(workspace=workspace, provider=Provider.BREVO, by=user)
    return create_key(workspace=workspace, kind=KeyKind.SECRET, name=f"key {number}", by=user)[0]


def url(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_every_model_of_staff_is_tried_here():
    assert get_resolver().url_patterns  # with them come staff's pages
    tried = {model for model in admin.site._registry if model._meta.app_label != "analytics"}
    assert tried == {*MODELS, AuditEvent}


@pytest.mark.parametrize("model", [User, Workspace, Key])
def test_a_name_is_one_line(staff, model):
    thing = make(model)
    page = staff.post(url(model, "change", thing.pk), {"name": "Acme\nYour account is locked.", **EMPTY_INLINE})
    assert "Line breaks, tabs" in page.text
    thing.refresh_from_db()
    assert "locked" not in thing.name


def test_the_first_page_lists_every_model(staff):
    response = staff.get("/admin/")
    assert response.status_code == 200
    for model in MODELS:
        assert url(model, "changelist") in response.text


def test_the_address_without_a_slash_leads_there(staff):
    assert staff.get("/admin", follow=True).redirect_chain == [("/admin/", 302)]


@every_model
def test_the_list_opens_with_and_without_rows(staff, model):
    assert staff.get(url(model, "changelist")).status_code == 200
    made = make(model)
    response = staff.get(url(model, "changelist"))
    assert response.status_code == 200
    assert made in response.context["cl"].result_list


@every_model
def test_the_list_can_be_searched(staff, model):
    made = make(model)
    found = staff.get(url(model, "changelist"), {"q": "no such thing"})
    assert found.status_code == 200
    assert list(found.context["cl"].result_list) == []
    text = {
        User: lambda: made.email,
        Workspace: lambda: made.slug,
        Membership: lambda: made.user.email,
        Key: lambda: made.prefix,
        Webhook: lambda: made.workspace.name,
        Group: lambda: made.name,
    }[model]()
    assert list(staff.get(url(model, "changelist"), {"q": text}).context["cl"].result_list) == [made]


@pytest.mark.long
@every_model
def test_every_choice_of_every_filter_opens(staff, model):
    make(model)
    listed = staff.get(url(model, "changelist")).context["cl"]
    assert len(listed.filter_specs) == len(listed.list_filter)
    for spec in listed.filter_specs:
        for choice in spec.choices(listed):
            assert staff.get(url(model, "changelist") + choice["query_string"]).status_code == 200


@pytest.mark.long
@every_model
def test_every_column_can_be_sorted_by(staff, model):
    make(model)
    columns = staff.get(url(model, "changelist")).context["cl"].list_display
    for number in range(len(columns)):
        assert staff.get(url(model, "changelist"), {"o": f"-{number}"}).status_code == 200


@every_model
def test_the_forms_open(staff, model):
    made = make(model)
    assert staff.get(url(model, "add")).status_code == 200
    assert staff.get(url(model, "change", made.pk)).status_code == 200
    assert staff.get(url(model, "history", made.pk)).status_code == 200


@every_model
def test_a_row_that_is_not_there_leads_back_to_the_first_page(staff, model):
    assert staff.get(url(model, "change", 999999)).headers["Location"] == "/admin/"


@pytest.mark.either_database("the same queries are made of each")
@pytest.mark.long
@every_model
def test_more_rows_cost_no_more_queries(staff, model, django_assert_num_queries):
    for _ in range(5):
        make(model)
    with django_assert_num_queries(1000, exact=False) as few:
        staff.get(url(model, "changelist"))
    for _ in range(20):
        make(model)
    with django_assert_num_queries(len(few)):
        response = staff.get(url(model, "changelist"))
    assert len(response.context["cl"].result_list) >= 25


@pytest.mark.either_database("who comes in is judged by the program")
@every_model
@pytest.mark.parametrize("who", ["nobody", "a member"])
def test_only_staff_come_in(model, who, db):
    made, client = make(model), Client()
    if who == "a member":
        client.force_login(User.objects.create_user("member@example.com"))
    for address in (url(model, "changelist"), url(model, "add"), url(model, "change", made.pk)):
        response = client.get(address)
        assert response.status_code == 302
        assert response["Location"] == f"/admin/login/?next={address}"


def test_staff_without_rights_may_look_at_nothing(db):
    client = Client()
    client.force_login(User.objects.create_user("staff@example.com", is_staff=True))
    for model in MODELS:
        assert client.get(url(model, "changelist")).status_code == 403


def test_its_log_in_page_is_everybodys_with_all_its_limits(db):
    assert Client().get("/admin/login/?next=/admin/auth/").headers["Location"] == "/login/?next=%2Fadmin%2Fauth%2F"
    assert Client().post("/admin/login/", {"username": "root@example.com"}).status_code == 302


def test_a_member_who_is_no_staff_is_refused_at_its_log_in(db):
    client = Client()
    client.force_login(User.objects.create_user("member@example.com"))
    assert client.get("/admin/login/?next=/admin/").status_code == 403


def test_staff_can_be_made_to_have_a_second_factor(staff, settings):
    settings.STAFF_SECOND_FACTOR = True
    assert staff.get("/admin/").headers["Location"] == "/admin/login/?next=/admin/"
    assert staff.get("/admin/login/?next=/admin/").headers["Location"] == "/account/second-factor/"
    TOTP.activate(User.objects.get(), "A" * 32)
    assert staff.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    ("model", "field", "asked"),
    [
        (Membership, "user", User),
        (Membership, "workspace", Workspace),
        (Key, "workspace", Workspace),
    ],
)
def test_autocompletion_answers(staff, model, field, asked):
    made = make(asked)
    query = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field}
    term = made.email if asked is User else made.name
    answer = staff.get("/admin/autocomplete/", {**query, "term": term})
    assert answer.status_code == 200
    assert [row["id"] for row in answer.json()["results"]] == [str(made.pk)]
    assert Client().get("/admin/autocomplete/", query).status_code in (302, 403)


# Users


def test_a_user_is_made_with_an_e_mail_in_lower_case(staff):
    given = {"email": "Ada@Example.com", "name": "Ada", "usable_password": "true"}
    passwords = {"password1": PASSWORD, "password2": PASSWORD}
    response = staff.post(url(User, "add"), {**given, **passwords, **EMPTY_INLINE})
    assert response.status_code == 302
    made = User.objects.get(email="ada@example.com")
    assert made.check_password(PASSWORD)
    assert Client().login(username="ADA@example.com", password=PASSWORD)


def test_a_second_user_of_an_e_mail_is_refused_in_the_form(staff):
    User.objects.create_user("ada@example.com")
    given = {"email": "ADA@example.com", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    response = staff.post(url(User, "add"), {**given, **EMPTY_INLINE})
    assert response.status_code == 200
    assert "already exists" in response.text


def test_a_users_e_mail_is_changed_to_lower_case(staff):
    made = User.objects.create_user("ada@example.com")
    response = staff.post(url(User, "change", made.pk), {"email": "Ada@Other.example", "name": "", **EMPTY_INLINE})
    assert response.status_code == 302, response.context["errors"]
    made.refresh_from_db()
    assert made.email == "ada@other.example"


def test_a_users_e_mail_is_not_changed_to_another_users(staff):
    User.objects.create_user("ada@example.com")
    made = User.objects.create_user("bob@example.com")
    response = staff.post(url(User, "change", made.pk), {"email": "ADA@example.com", "name": "", **EMPTY_INLINE})
    assert response.status_code == 200
    assert "already exists" in response.text


@pytest.fixture
def helper(db):
    """Staff who may do everything with users and memberships, and are no superuser."""
    user = User.objects.create_user("helper@example.com", PASSWORD, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label__in=("workspaces", "auth")))
    client = Client()
    client.force_login(user)
    prove(client)
    client.user = user
    return client


RIGHTS = {"is_active": "on", "is_staff": "on", "is_superuser": "on", "email": "x@example.com", "name": "X"}


def test_staff_who_are_no_superuser_give_nobody_rights(helper):
    made = User.objects.create_user("x@example.com")
    permissions = [permission.pk for permission in Permission.objects.all()[:3]]
    given = {**RIGHTS, "user_permissions": permissions, "groups": [make(Group).pk], **EMPTY_INLINE}
    helper.post(url(User, "change", made.pk), given)
    made.refresh_from_db()
    assert (made.name, made.is_staff, made.is_superuser) == ("X", False, False)
    assert (made.groups.count(), made.user_permissions.count()) == (0, 0)


@pytest.mark.parametrize("who", ["helper", "root", "other staff"])
def test_staff_who_are_no_superuser_do_not_change_staff(helper, who):
    users = {
        "helper": helper.user,
        "root": User.objects.create_superuser("root@example.com", PASSWORD),
        "other staff": User.objects.create_user("staff@example.com", PASSWORD, is_staff=True),
    }
    user = users[who]
    Client().post("/login/", {"login": user.email, "password": PASSWORD})
    password = {"usable_password": "true", "password1": "a-brand-new-password", "password2": "a-brand-new-password"}
    assert helper.post(url(User, "change", user.pk), {**RIGHTS, **EMPTY_INLINE}).status_code == 403
    assert helper.post(f"/admin/workspaces/user/{user.pk}/password/", password).status_code == 403
    assert helper.post(url(User, "delete", user.pk), {"post": "yes"}).status_code == 403
    helper.post(url(User, "changelist"), {"action": "end_sessions", "_selected_action": [user.pk]})
    again = User.objects.get(pk=user.pk)
    assert (again.email, again.is_superuser, again.check_password(PASSWORD)) == (user.email, user.is_superuser, True)
    assert user.sessions.exists()


def test_staff_who_are_no_superuser_change_no_group(helper):
    group = make(Group)
    helper.user.groups.add(group)
    given = {"name": group.name, "permissions": [permission.pk for permission in Permission.objects.all()]}
    assert helper.post(url(Group, "change", group.pk), given).status_code == 403
    assert helper.post(url(Group, "add"), given).status_code == 403
    assert not group.permissions.exists()


def test_a_user_whom_staff_make_has_no_rights(helper):
    given = {"email": "new@example.com", "usable_password": "false", "is_superuser": "on", "is_staff": "on"}
    helper.post(url(User, "add"), {**given, **EMPTY_INLINE})
    made = User.objects.get(email="new@example.com")
    assert (made.is_staff, made.is_superuser) == (False, False)


@pytest.mark.long
@pytest.mark.parametrize("model", [User, Workspace, Membership, Key, Group])
def test_what_gives_rights_asks_staff_who_they_are_and_goes_on_then(db, model):
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root@example.com", PASSWORD))
    made = make(model)
    page = url(model, "delete", made.pk) if model in (Group, Key) else url(model, "change", made.pk)
    forms = {
        User: {"email": made.email if model is User else "", "name": "Ada", **EMPTY_INLINE},
        Workspace: {
            "name": "N",
            "slug": "new",
            "time_zone": "UTC",
            "currency": "EUR",
            **LOOKBACK_DAYS,
            "conversion_types": "[]",
            **EMPTY_INLINE,
        },
        Membership: {
            "user": getattr(made, "user_id", 0),
            "workspace": getattr(made, "workspace_id", 0),
            "role": "OWNER",
        },
    }
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(page).text)[1]
    given = {"post": "yes", **forms.get(model, {}), "csrfmiddlewaretoken": token}
    asked = client.post(page, given)
    assert asked["Location"].startswith("/account/reauthenticate/")
    assert not AuditEvent.objects.filter(action=Action.ADMINISTERED).exists()
    proof = {"password": PASSWORD, "next": page, "csrfmiddlewaretoken": token}
    assert client.post(asked["Location"], proof).status_code == 302
    assert AuditEvent.objects.filter(action=Action.ADMINISTERED).exists()


def test_a_password_that_staff_set_asks_who_they_are(db):
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com", PASSWORD))
    user = User.objects.create_user("ada@example.com", PASSWORD)
    given = {"usable_password": "true", "password1": "a-brand-new-password", "password2": "a-brand-new-password"}
    asked = client.post(f"/admin/workspaces/user/{user.pk}/password/", given)
    assert asked["Location"].startswith("/account/reauthenticate/")
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_superusers_give_rights_and_that_is_recorded(staff):
    made, group = User.objects.create_user("x@example.com"), make(Group)
    staff.post(url(User, "change", made.pk), {**RIGHTS, **EMPTY_INLINE})
    made.refresh_from_db()
    assert (made.is_staff, made.is_superuser) == (True, True)
    staff.post(url(Group, "change", group.pk), {"name": "Renamed", "permissions": [Permission.objects.first().pk]})
    events = AuditEvent.objects.filter(action=Action.ADMINISTERED).order_by("id")
    assert [event.target for event in events] == [made.api_id, f"group_{group.pk}"]
    assert "is_superuser" in str(events[0].after) or "Superuser" in str(events[0].after)


def test_a_users_page_shows_no_hash(staff):
    made = User.objects.create_user("ada@example.com", PASSWORD)
    page = staff.get(url(User, "change", made.pk)).text
    assert made.password not in page
    assert made.password.rsplit("$", 1)[-1] not in page


def test_a_users_password_can_be_set(staff):
    made = User.objects.create_user("ada@example.com")
    address = reverse("admin:auth_user_password_change", args=[made.pk])
    assert staff.get(address).status_code == 200
    given = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert staff.post(address, given).status_code == 302
    made.refresh_from_db()
    assert made.check_password(PASSWORD)


# Workspaces


def test_a_workspace_is_made_with_its_first_member(staff):
    owner = User.objects.create_user("ada@example.com")
    given = {
        "name": "Acme",
        "slug": "acme",
        "time_zone": "Asia/Kathmandu",
        "currency": "EUR",
        **LOOKBACK_DAYS,
        "conversion_types": '["purchase"]',
    }
    member = {"memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "0"}
    member |= {"memberships-0-user": str(owner.pk), "memberships-0-role": "OWNER"}
    response = staff.post(url(Workspace, "add"), {**given, **member})
    assert response.status_code == 302, response.context["errors"]
    made = Workspace.objects.get()
    assert (made.slug, made.time_zone, made.conversion_types) == ("acme", "Asia/Kathmandu", ["purchase"])
    assert [(one.user, one.role) for one in made.memberships.all()] == [(owner, Role.OWNER)]


def test_staff_change_a_currency_and_none_that_is_none(staff):
    made = make(Workspace)
    given = {"name": made.name, "slug": made.slug, "time_zone": "UTC", **LOOKBACK_DAYS, "conversion_types": "[]"}
    given |= inline([made.memberships.get()])
    refused = staff.post(url(Workspace, "change", made.pk), {**given, "currency": "Eur"})
    assert "allowed are codes of ISO 4217" in refused.text
    assert staff.post(url(Workspace, "change", made.pk), {**given, "currency": "USD"}).status_code == 302
    made.refresh_from_db()
    assert made.currency == "USD"


def test_a_workspace_with_an_unknown_time_zone_is_refused_in_the_form(staff):
    given = {
        "name": "Acme",
        "slug": "acme",
        "time_zone": "Mars/Olympus",
        "currency": "EUR",
        **LOOKBACK_DAYS,
        "conversion_types": "[]",
    }
    response = staff.post(url(Workspace, "add"), {**given, **EMPTY_INLINE})
    assert response.status_code == 200
    assert "is not a time zone" in response.text


BAD_TYPES = [
    '"purchase"',
    '{"a": 1}',
    "1",
    "[1]",
    "[null]",
    '[""]',
    '[" a"]',
    '["a", ["b"]]',
    '["a\\u0000"]',
    "purchase",
]


@pytest.mark.parametrize("types", [*BAD_TYPES, f'["{"x" * 201}"]'])
def test_conversion_types_that_are_no_event_types_are_refused_in_the_form(staff, types):
    given = {
        "name": "Acme",
        "slug": "acme",
        "time_zone": "UTC",
        "currency": "EUR",
        **LOOKBACK_DAYS,
        "conversion_types": types,
    }
    response = staff.post(url(Workspace, "add"), {**given, **EMPTY_INLINE})
    assert response.status_code == 200
    assert not Workspace.objects.exists()


@pytest.mark.parametrize("types", ["[]", "", "null"])
def test_a_workspace_may_have_no_conversion_types(staff, types):
    given = {
        "name": "Acme",
        "slug": "acme",
        "time_zone": "UTC",
        "currency": "EUR",
        **LOOKBACK_DAYS,
        "conversion_types": types,
    }
    assert staff.post(url(Workspace, "add"), {**given, **EMPTY_INLINE}).status_code == 302
    assert Workspace.objects.get().conversion_types == []


def test_the_list_counts_members(staff):
    workspace = make(Workspace)
    Membership.objects.create(workspace=workspace, user=make(User))
    [listed] = staff.get(url(Workspace, "changelist")).context["cl"].result_list
    assert listed.member_count == 2


def test_a_workspace_whose_address_staff_change_is_found_by_the_old_one(staff):
    made = make(Workspace)
    slug = made.slug
    owner = made.memberships.get().user
    given = {
        "name": made.name,
        "slug": "new-address",
        "time_zone": "UTC",
        "currency": "EUR",
        **LOOKBACK_DAYS,
        "conversion_types": "[]",
    }
    members = inline([made.memberships.get()])
    assert staff.post(url(Workspace, "change", made.pk), {**given, **members}).status_code == 302
    client = Client()
    client.force_login(owner)
    assert client.get(f"/w/{slug}/settings/")["Location"] == "/w/new-address/settings/"
    assert AuditEvent.objects.filter(action=Action.SETTINGS_CHANGED, workspace=made).exists()
    other = make(Workspace)
    taken = staff.post(url(Workspace, "change", other.pk), {**given, "slug": slug, **inline([other.memberships.get()])})
    assert "This address is taken." in taken.text


@pytest.mark.parametrize("page", ["membership", "workspace"])
def test_a_role_that_staff_change_gives_the_users_sessions_new_keys(staff, page):
    membership = make(Membership)
    Membership.objects.create(
        workspace=membership.workspace, user=User.objects.get(email="root@example.com"), role="OWNER"
    )
    client = Client()
    client.force_login(membership.user)
    before = client.session.session_key
    if page == "membership":
        given = {"user": membership.user_id, "workspace": membership.workspace_id, "role": "VIEWER"}
        response = staff.post(url(Membership, "change", membership.pk), given)
    else:
        workspace = membership.workspace
        given = {
            "name": workspace.name,
            "slug": workspace.slug,
            "time_zone": "UTC",
            "currency": "EUR",
            **LOOKBACK_DAYS,
            "conversion_types": "[]",
        }
        response = staff.post(url(Workspace, "change", workspace.pk), {**given, **inline([membership], role="VIEWER")})
    assert response.status_code == 302
    assert Membership.objects.get(pk=membership.pk).role == "VIEWER"
    client.get("/w/")
    assert client.session.session_key != before


def test_a_workspace_is_not_deleted_here(staff):
    workspace = make(Workspace)
    assert staff.get(url(Workspace, "delete", workspace.pk)).status_code == 403
    assert staff.post(url(Workspace, "delete", workspace.pk), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": workspace.pk, "post": "yes"}
    staff.post(url(Workspace, "changelist"), chosen)
    assert Workspace.objects.get() == workspace


# Keys


def shown(response):
    [message] = [str(one) for one in response.context["messages"] if "shown only now" in str(one)]
    return message.rsplit(" ", 1)[-1]


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_new_keys_token_is_shown_once(staff, kind):
    workspace = make(Workspace)
    given = {"workspace": workspace.pk, "kind": kind.value, "name": "Shop", "expires_at_0": "", "expires_at_1": ""}
    response = staff.post(url(Key, "add"), given, follow=True)

    token = shown(response)
    key = usable_key(token, kind)
    assert key is not None
    assert (key.workspace, key.name, key.created_by) == (workspace, "Shop", User.objects.get(name="Root"))
    assert key.rights == ({Right.READ, Right.WRITE} if kind is KeyKind.SECRET else set())
    again = [staff.get(url(Key, "changelist")), staff.get(url(Key, "change", key.pk))]
    assert all(token not in page.text for page in again)
    assert LogEntry.objects.get().object_id == str(key.pk)


def test_a_new_key_keeps_the_end_that_was_given(staff):
    workspace = make(Workspace)
    given = {"workspace": workspace.pk, "kind": "write", "name": "Shop"}
    staff.post(url(Key, "add"), {**given, "expires_at_0": "2030-01-01", "expires_at_1": "12:00"})
    assert Key.objects.get().expires_at == datetime(2030, 1, 1, 12, tzinfo=UTC)


def test_no_page_of_a_key_shows_its_hash(staff):
    key = make(Key)
    for page in (url(Key, "changelist"), url(Key, "change", key.pk), url(Key, "history", key.pk)):
        assert key.digest not in staff.get(page).text


def test_a_changed_key_keeps_its_token_workspace_and_kind(staff):
    key, token = create_key(workspace=make(Workspace), kind=KeyKind.SECRET, name="old", by=None)
    given = {"workspace": make(Workspace).pk, "kind": "write", "name": "new", "expires_at_0": "", "expires_at_1": ""}
    assert staff.post(url(Key, "change", key.pk), given).status_code == 302
    found = usable_key(token, KeyKind.SECRET)
    assert (found.pk, found.name, found.workspace) == (key.pk, "new", key.workspace)


def test_chosen_keys_are_revoked_and_others_are_not(staff, now):
    first, second, third = make(Key), make(Key), make(Key)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    Key.objects.filter(pk=second.pk).update(revoked_at=long_ago)
    response = staff.post(
        url(Key, "changelist"), {"action": "revoke", "_selected_action": [first.pk, second.pk]}, follow=True
    )
    assert "Keys revoked: 1." in response.text
    revoked = {key.pk: key.revoked_at for key in Key.objects.all()}
    assert revoked == {first.pk: now, second.pk: long_ago, third.pk: None}


# The audit trail


def test_what_staff_change_is_recorded_by_the_names_of_fields(staff):
    made = User.objects.create_user("ada@example.com")
    staff.post(url(User, "change", made.pk), {"email": "ada@new.example", "name": "Ada", **EMPTY_INLINE})
    event = AuditEvent.objects.get(action=Action.ADMINISTERED)
    assert (event.actor_name, event.account, event.target) == ("root@example.com", made, made.api_id)
    assert event.after["done"] == "changed"
    assert "ada" not in str(event.after).lower()


def test_a_membership_that_staff_delete_is_recorded_with_its_workspace(staff):
    membership = make(Membership)
    other = User.objects.create_user("other@example.com")
    Membership.objects.create(workspace=membership.workspace, user=other, role=Role.OWNER)
    staff.post(url(Membership, "delete", membership.pk), {"post": "yes"})
    event = AuditEvent.objects.get(action=Action.ADMINISTERED)
    assert (event.workspace, event.after) == (membership.workspace, {"done": "deleted", "fields": []})


def test_an_e_mail_that_staff_change_leaves_no_way_in_by_the_old_one(staff):
    made = User.objects.create_user("ada@example.com")
    EmailAddress.objects.create(user=made, email="ada@example.com", primary=True, verified=True)
    staff.post(url(User, "change", made.pk), {"email": "ada@new.example", "name": "", **EMPTY_INLINE})
    assert not EmailAddress.objects.filter(email="ada@example.com").exists()


def test_the_audit_trail_is_there_to_read_only(staff):
    make(Workspace)
    event = AuditEvent.objects.first()
    for page in (staff.get(url(AuditEvent, "changelist")).text, staff.get(url(AuditEvent, "change", event.pk)).text):
        assert "Workspace created" in page, "as the workspace's own log says it"
    assert "workspace_created" not in staff.get(url(AuditEvent, "change", event.pk)).text
    assert staff.get(url(AuditEvent, "changelist"), {"action": "workspace_created"}).context["cl"].result_count == 1
    assert staff.get(url(AuditEvent, "changelist"), {"action": "log_out"}).context["cl"].result_count == 0
    assert staff.get(url(AuditEvent, "change", event.pk)).status_code == 200
    assert staff.post(url(AuditEvent, "change", event.pk), {"action": "x"}).status_code == 403
    assert staff.get(url(AuditEvent, "add")).status_code == 403
    assert staff.post(url(AuditEvent, "delete", event.pk), {"post": "yes"}).status_code == 403


# Webhooks


def test_a_webhook_is_made_and_its_address_shown_as_often_as_wanted(staff):
    workspace = make(Workspace)
    form = {"workspace": workspace.pk, "provider": "postmark", "signing_key": ""}
    assert staff.post(url(Webhook, "add"), form).status_code == 302
    made = Webhook.objects.get()
    assert made.created_by.email == "root@example.com"
    for _ in range(2):
        page = staff.get(url(Webhook, "change", made.pk)).text
        assert f"http://campaignos:{made.password}@testserver/hooks/{made.token}/postmark/" in page


def test_a_signing_key_is_entered_and_a_wrong_one_refused(staff):
    workspace = make(Workspace)
    first, second = "whsec_c2l4dGVlbiBieXRlcyBvaw==", "whsec_dHdlbnR5LWZvdXIgYnl0ZXMgb2Yga2V5"
    form = {"workspace": workspace.pk, "provider": "resend", "signing_key": "no key"}
    assert "whsec_" in staff.post(url(Webhook, "add"), form | {"signing_key": "key"}).text
    assert staff.post(url(Webhook, "add"), form | {"signing_key": f" {first} "}).status_code == 302
    made = Webhook.objects.get()
    assert made.signing_key == first
    assert f"http://testserver{made.path}" in staff.get(url(Webhook, "change", made.pk)).text
    assert staff.post(url(Webhook, "change", made.pk), {"signing_key": second}).status_code == 302
    made.refresh_from_db()
    assert made.signing_key == second


def test_a_second_webhook_of_a_provider_is_refused_in_the_form(staff):
    first = make(Webhook)
    form = {"workspace": first.workspace_id, "provider": first.provider, "signing_key": ""}
    response = staff.post(url(Webhook, "add"), form)
    assert response.status_code == 200
    assert Webhook.objects.count() == 1


def test_chosen_webhooks_are_revoked_or_get_another_address(staff):
    first, second = make(Webhook), make(Webhook)
    chosen = {"action": "revoke", "_selected_action": [first.pk]}
    assert staff.post(url(Webhook, "changelist"), chosen).status_code == 302
    assert list(Webhook.objects.usable()) == [second]
    chosen = {"action": "rotate", "_selected_action": [first.pk, second.pk]}
    assert staff.post(url(Webhook, "changelist"), chosen).status_code == 302
    new = Webhook.objects.usable().get()
    assert (new.workspace, new.provider) == (second.workspace, second.provider)
    assert new.token != second.token


def test_staff_end_all_sessions_of_a_user(staff):
    made, client = User.objects.create_user("ada@example.com"), Client()
    client.force_login(made)
    staff.post(url(User, "changelist"), {"action": "end_sessions", "_selected_action": [made.pk]})
    assert client.get("/w/").status_code == 302
    assert staff.get("/w/").status_code == 200
    assert AuditEvent.objects.latest("id").account == made


# The last owner


@pytest.fixture
def owned(db):
    """A workspace of one owner, and a viewer."""
    membership = make(Membership)
    viewer = User.objects.create_user("viewer@example.com")
    Membership.objects.create(workspace=membership.workspace, user=viewer, role=Role.VIEWER)
    return membership


def inline(memberships, **last):
    """The form of these memberships, with what is said of the last one."""
    form = {"memberships-TOTAL_FORMS": len(memberships), "memberships-INITIAL_FORMS": len(memberships)}
    for number, row in enumerate(memberships):
        said = {"id": row.pk, "user": row.user_id, "workspace": row.workspace_id, "role": row.role}
        said |= last if row is memberships[-1] else {}
        form |= {f"memberships-{number}-{name}": value for name, value in said.items()}
    return form


def owners(workspace):
    return list(workspace.memberships.filter(role=Role.OWNER))


def test_the_last_owner_is_not_given_another_role(staff, owned):
    response = staff.post(
        url(Membership, "change", owned.pk),
        {"user": owned.user_id, "workspace": owned.workspace_id, "role": "ADMIN"},
    )
    assert NEEDS_OWNER in response.text
    assert owners(owned.workspace) == [owned]


@pytest.mark.long
@pytest.mark.parametrize("change", [{"role": "VIEWER"}, {"DELETE": "on"}])
def test_the_last_owner_is_not_taken_out_beside_the_workspace(staff, owned, change):
    workspace = owned.workspace
    said = {
        "name": "W",
        "slug": workspace.slug,
        "time_zone": "UTC",
        "currency": "EUR",
        **LOOKBACK_DAYS,
        "conversion_types": "[]",
    }
    address = url(Workspace, "change", workspace.pk)
    assert NEEDS_OWNER in staff.post(address, {**said, **inline([owned], **change)}).text
    assert owners(workspace) == [owned]
    viewer = workspace.memberships.get(role=Role.VIEWER)
    viewer.role = Role.OWNER
    assert staff.post(address, {**said, **inline([viewer, owned], **change)}).status_code == 302
    assert owners(workspace) == [viewer]


@pytest.mark.long
def test_two_owners_are_not_taken_out_at_once(staff, owned):
    workspace = owned.workspace
    other = workspace.memberships.get(role=Role.VIEWER)
    Membership.objects.filter(pk=other.pk).update(role=Role.OWNER)
    said = {
        "name": "W",
        "slug": workspace.slug,
        "time_zone": "UTC",
        "currency": "EUR",
        **LOOKBACK_DAYS,
        "conversion_types": "[]",
    }
    both = inline([other, owned]) | {"memberships-0-role": "ADMIN", "memberships-1-role": "ADMIN"}
    assert NEEDS_OWNER in staff.post(url(Workspace, "change", workspace.pk), {**said, **both}).text
    assert len(owners(workspace)) == 2


@every_model
def test_users_and_memberships_are_not_deleted_by_many(staff, model):
    make(model)
    offered = "delete_selected" in staff.get(url(model, "changelist")).text
    assert offered is (model in (Key, Group))


def test_the_last_owner_is_not_deleted_nor_the_user(staff, owned):
    for address in (url(Membership, "delete", owned.pk), url(User, "delete", owned.user_id)):
        assert staff.post(address, {"post": "yes"}).status_code == 403
    assert owners(owned.workspace) == [owned]
    viewer = owned.workspace.memberships.get(role=Role.VIEWER)
    assert staff.post(url(User, "delete", viewer.user_id), {"post": "yes"}).status_code == 302


def test_fields_of_rows_say_what_they_are_and_of_what(staff, workspace):
    member = Membership.objects.get(workspace=workspace)
    shown = staff.get(f"/admin/workspaces/workspace/{workspace.pk}/change/").content.decode()
    for name in ("role", "DELETE"):
        [tag] = re.findall(rf'<(?:select|input)[^>]*name="memberships-0-{name}"[^>]*>', shown)
        assert f'aria-label="{name.capitalize()}, {member}"' in tag
