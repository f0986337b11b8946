"""Queries that are written once answer anew each time, and only for the workspace that is acted for."""

import pytest

from analytics.models import Contact, Identity, IdentityKind
from analytics.models.fixed_queries import WORKSPACE, FixedQuery
from campaignos.fixed_rows import Placeholder
from tests.conftest import NOW
from workspaces.changes import create_workspace
from workspaces.models import User, Workspace
from workspaces.scope import ScopeError, scope

CONTACTS = FixedQuery(
    lambda: Contact.objects.filter(workspace_id=WORKSPACE, person_number__among=Placeholder("numbers")).values_list(
        "external_id", "signed_up_at"
    )
)
USERS = FixedQuery(
    lambda: Identity.objects.filter(
        workspace_id=WORKSPACE, kind=Placeholder("kind"), value__among=Placeholder("values")
    ).values_list("value", "person_number")
)


@pytest.fixture
def elsewhere(owner: User) -> Workspace:
    return create_workspace(name="Elsewhere", time_zone="UTC", by=owner)


def add_contact(workspace: Workspace, external_id: str, number: int) -> None:
    Contact.objects.create(
        workspace=workspace, external_id=external_id, person_number=number, attributes_at=NOW, signed_up_at=NOW
    )


def test_each_time_has_its_own_workspace_and_values(workspace: Workspace, elsewhere: Workspace) -> None:
    for number, external_id in enumerate(("a", "b", "c")):
        add_contact(workspace, external_id, number)
    add_contact(elsewhere, "z", 1)

    assert sorted(CONTACTS.rows(workspace.pk, numbers=[0, 1])) == [("a", NOW), ("b", NOW)]
    assert [*CONTACTS.rows(elsewhere.pk, numbers={0, 1, 2})] == [("z", NOW)]
    assert [*CONTACTS.rows(workspace.pk, numbers=())] == []


def test_texts_come_as_they_are(workspace: Workspace) -> None:
    odd = "it's {\"1,2\"} \\ 'NULL' ö"
    Identity.objects.create(workspace=workspace, kind=IdentityKind.EXTERNAL, value=odd, person_number=7)

    assert [*USERS.rows(workspace.pk, kind="e", values=["NULL", odd])] == [(odd, 7)]
    assert [*USERS.rows(workspace.pk, kind="a", values=[odd])] == []


def test_nothing_is_read_of_a_workspace_that_nobody_acts_for(workspace: Workspace, elsewhere: Workspace) -> None:
    add_contact(elsewhere, "z", 1)

    with scope(workspace), pytest.raises(ScopeError, match=f"workspace {elsewhere.pk}"):
        [*CONTACTS.rows(elsewhere.pk, numbers=[1])]
