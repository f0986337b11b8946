"""What the database refuses: each constraint with rows that go in and one that does not."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from analytics.providers import Provider
from workspaces.models import (
    FormerSlug,
    Invitation,
    KeptAnswer,
    Key,
    KeyKind,
    Membership,
    User,
    Webhook,
    Workspace,
    new_token,
    token_digest,
    unused_slug,
)
from workspaces.roles import Right, Role

numbers = count()


def user(**fields: Any) -> User:
    return User.objects.create(**{"email": f"user{next(numbers)}@example.com", **fields})


def workspace(**fields: Any) -> Workspace:
    return Workspace.objects.create(**{"name": "W", "slug": f"w{next(numbers)}", **fields})


def membership(**fields: Any) -> Membership:
    return Membership.objects.create(**{"workspace": workspace, "user": user, **fields})


def key(**fields: Any) -> Key:
    defaults = {"kind": KeyKind.WRITE, "name": "k", "prefix": "wk_", "digest": f"digest{next(numbers)}"}
    return Key.objects.create(**{**defaults, **fields})


def webhook(**fields: Any) -> Webhook:
    return Webhook.objects.create(**{"provider": "brevo", "token": f"t{next(numbers)}", "password": "p", **fields})


def former_slug(**fields: Any) -> FormerSlug:
    return FormerSlug.objects.create(workspace=workspace(), **fields)


def invitation(**fields: Any) -> Invitation:
    defaults = {"email": "a@example.com", "digest": f"digest{next(numbers)}", "expires_at": timezone.now()}
    return Invitation.objects.create(**{"workspace": fields.get("workspace") or workspace(), **defaults, **fields})


def kept_answer(**fields: Any) -> KeptAnswer:
    return KeptAnswer.objects.create(**{"fingerprint": "f", "created_at": timezone.now(), **fields})


@dataclass(frozen=True)
class Case:
    """`good` makes rows that go in beside each other, `bad` is one more that does not."""

    good: Callable[[], object]
    bad: Callable[[], object]


def cases() -> dict[str, Case]:
    return {
        "user.email": Case(
            good=lambda: [user(email="a@example.com"), user(email="b@example.com")],
            bad=lambda: user(email="a@example.com"),
        ),
        "user_email_is_lower_case": Case(
            good=lambda: user(email="owner@example.com"), bad=lambda: user(email="Someone@example.com")
        ),
        "workspace.slug": Case(
            good=lambda: [workspace(slug="acme"), workspace(slug="acme-2")], bad=lambda: workspace(slug="acme")
        ),
        "workspace.form_id": Case(
            good=lambda: [workspace(form_id=UUID(int=1)), workspace(form_id=UUID(int=2)), workspace(), workspace()],
            bad=lambda: workspace(form_id=UUID(int=1)),
        ),
        "membership_once_per_user": Case(
            good=lambda: [
                membership(workspace=workspace(slug="acme"), user=user(email="a@example.com")),
                membership(workspace=Workspace.objects.get(slug="acme"), user=user(email="b@example.com")),
                membership(workspace=workspace(slug="other"), user=User.objects.get(email="a@example.com")),
            ],
            bad=lambda: membership(
                workspace=Workspace.objects.get(slug="acme"),
                user=User.objects.get(email="a@example.com"),
                role=Role.ADMIN,
            ),
        ),
        "membership_role_is_known": Case(
            good=lambda: [membership(workspace=workspace(), user=user(), role=role) for role in Role],
            bad=lambda: membership(workspace=workspace(), user=user(), role="GUEST"),
        ),
        "formerslug.slug": Case(
            good=lambda: [former_slug(slug="acme"), former_slug(slug="acme-2")], bad=lambda: former_slug(slug="acme")
        ),
        "invitation.digest": Case(
            good=lambda: [invitation(digest="a"), invitation(digest="b")], bad=lambda: invitation(digest="a")
        ),
        "invitation_role_is_known": Case(
            good=lambda: [invitation(role=role) for role in Role], bad=lambda: invitation(role="GUEST")
        ),
        "invitation_email_is_lower_case": Case(
            good=lambda: invitation(email="a@example.com"), bad=lambda: invitation(email="A@example.com")
        ),
        "invitation_once_to_an_address": Case(
            good=lambda: [
                invitation(workspace=workspace(slug="acme"), revoked_at=timezone.now()),
                invitation(workspace=Workspace.objects.get(slug="acme"), accepted_at=timezone.now()),
                invitation(workspace=Workspace.objects.get(slug="acme")),
                invitation(workspace=Workspace.objects.get(slug="acme"), email="b@example.com"),
                invitation(),
            ],
            bad=lambda: invitation(workspace=Workspace.objects.get(slug="acme")),
        ),
        "key.digest": Case(
            good=lambda: [key(workspace=workspace(), digest="a"), key(workspace=workspace(), digest="b")],
            bad=lambda: key(workspace=workspace(), digest="a"),
        ),
        "key.predecessor": Case(
            good=lambda: key(workspace=workspace(), predecessor=key(workspace=workspace(), digest="old")),
            bad=lambda: key(workspace=workspace(), predecessor=Key.objects.get(digest="old")),
        ),
        "webhook.token": Case(
            good=lambda: [webhook(workspace=workspace(), token="a"), webhook(workspace=workspace(), token="b")],
            bad=lambda: webhook(workspace=workspace(), token="a"),
        ),
        "webhook_one_in_use": Case(
            good=lambda: [
                webhook(workspace=workspace(slug="acme"), revoked_at=timezone.now()),
                webhook(workspace=Workspace.objects.get(slug="acme"), revoked_at=timezone.now()),
                webhook(workspace=Workspace.objects.get(slug="acme")),
                webhook(workspace=Workspace.objects.get(slug="acme"), provider="mailjet"),
                webhook(workspace=workspace()),
            ],
            bad=lambda: webhook(workspace=Workspace.objects.get(slug="acme")),
        ),
        "webhook_provider_is_known": Case(
            good=lambda: [webhook(workspace=workspace(), provider=one) for one in Provider],
            bad=lambda: webhook(workspace=workspace(), provider="pigeon"),
        ),
        "key_kind_is_known": Case(
            good=lambda: [key(workspace=workspace(), kind=kind) for kind in KeyKind],
            bad=lambda: key(workspace=workspace(), kind="public"),
        ),
        "key_of_browsers_is_a_write_key": Case(
            good=lambda: [
                key(workspace=workspace(), kind="write", allows_browsers=True),
                key(workspace=workspace(), kind="secret"),
            ],
            bad=lambda: key(workspace=workspace(), kind="secret", allows_browsers=True),
        ),
        "kept_answer_once_per_key": Case(
            good=lambda: [
                kept_answer(workspace=workspace(slug="acme"), key="k"),
                kept_answer(workspace=workspace(slug="other"), key="k"),
                kept_answer(workspace=Workspace.objects.get(slug="acme"), key="l"),
            ],
            bad=lambda: kept_answer(workspace=Workspace.objects.get(slug="acme"), key="k"),
        ),
    }


@pytest.mark.django_db
@pytest.mark.parametrize("name", list(cases()))
def test_the_database_takes_the_good_rows_and_refuses_the_bad_one(name):
    case = cases()[name]
    case.good()
    with pytest.raises(IntegrityError), transaction.atomic():
        case.bad()


def test_every_constraint_has_a_case():
    there_are = set()
    for model in apps.get_app_config("workspaces").get_models():
        there_are |= {constraint.name for constraint in model._meta.constraints}
        for field in model._meta.local_concrete_fields:
            if field.unique and not field.primary_key:
                there_are.add(f"{model._meta.model_name}.{field.name}")
    assert there_are == set(cases())


@pytest.mark.django_db
def test_e_mails_are_kept_in_lower_case_and_found_in_any():
    made = User.objects.create_user(" Ada@Example.COM ", "pw")
    assert made.email == "ada@example.com"
    assert User.objects.get_by_natural_key("ADA@example.com ") == made
    assert made.check_password("pw")
    assert (made.is_staff, made.is_superuser) == (False, False)


@pytest.mark.django_db
def test_a_superuser_is_staff():
    made = User.objects.create_superuser("root@example.com", "pw")
    assert (made.is_staff, made.is_superuser) == (True, True)


@pytest.mark.django_db
def test_a_user_made_without_a_password_cannot_log_in_by_one():
    made = User.objects.create_user("a@example.com")
    assert not made.has_usable_password()
    assert not made.check_password("")


def test_people_are_called_by_their_name_or_else_their_e_mail():
    assert User(email="a@example.com", name="Ada").get_short_name() == "Ada"
    assert User(email="a@example.com").get_short_name() == "a@example.com"


@pytest.mark.django_db
def test_a_slug_is_the_first_that_nobody_has():
    assert unused_slug("Acme") == "acme"
    workspace(slug="acme")
    workspace(slug="acme-3")
    assert unused_slug("Acme") == "acme-2"
    workspace(slug="acme-2")
    assert unused_slug("ACME!") == "acme-4"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["x" * 200, "日本", "-", ""])
def test_a_slug_fits_its_field_whatever_the_name(name):
    for _ in range(3):
        workspace(slug=unused_slug(name)).full_clean()


@pytest.mark.django_db
def test_a_workspaces_time_zone_is_one_there_is():
    workspace(time_zone="Asia/Kathmandu").full_clean()
    with pytest.raises(ValidationError, match="'Mars/Olympus' is not a time zone"):
        workspace(time_zone="Mars/Olympus").full_clean()


@pytest.mark.django_db
def test_workspaces_of_a_member():
    mine, other = workspace(), workspace()
    me = user()
    membership(workspace=mine, user=me)
    membership(workspace=other, user=user())
    assert list(Workspace.objects.of_member(me)) == [mine]


@pytest.mark.django_db
def test_conversion_types_are_each_workspaces_own():
    first, second = workspace(), workspace()
    first.conversion_types.append("signup")
    assert second.conversion_types == ["purchase"]


@pytest.mark.parametrize(("kind", "beginning"), [(KeyKind.WRITE, "wk_"), (KeyKind.SECRET, "sk_")])
def test_a_token_says_its_kind_and_is_long(kind, beginning):
    tokens = {new_token(kind) for _ in range(100)}
    assert len(tokens) == 100
    assert all(token.startswith(beginning) and len(token) == 46 for token in tokens)


def test_any_token_has_a_digest():
    assert token_digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert len(token_digest("\ud800\0ü")) == 64


def test_a_keys_rights_are_its_scopes_but_never_to_manage():
    assert Key(scopes=["read", "write", "manage"]).rights == {Right.READ, Right.WRITE}
    assert Key(scopes=[]).rights == set()


@pytest.mark.django_db
def test_a_key_outlives_its_maker():
    maker = user()
    made = key(workspace=workspace(), created_by=maker)
    maker.delete()
    made.refresh_from_db()
    assert made.created_by is None
