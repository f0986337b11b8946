"""A query for a row that is written once finds what Django's own would, with values of its own each time."""

from datetime import timedelta, timezone

import pytest

from campaignos.fixed_rows import FixedRows, Placeholder
from tests.conftest import NOW
from workspaces.changes import create_key, create_workspace
from workspaces.models import Key, KeyKind

KEYS = Key.objects
OPEN = FixedRows(
    lambda: (
        KEYS.usable(Placeholder("now", Key._meta.get_field("expires_at")))
        .filter(name=Placeholder("name"), kind=KeyKind.SECRET)
        .select_related("workspace", "created_by", "predecessor")
    )
)


@pytest.fixture
def keys(workspace, owner):
    """Two of one workspace, of which one took the other's place, and one of another, with an end."""
    elsewhere = create_workspace(name="Elsewhere", time_zone="UTC", by=owner)
    old, new, other = (
        create_key(workspace=of, kind=KeyKind.SECRET, name=name, by=owner)[0]
        for of, name in ((workspace, "old"), (workspace, "new"), (elsewhere, 'it\'s "{1,2}" %s'))
    )
    KEYS.filter(pk=new.pk).update(predecessor=old, scopes=["read"])
    KEYS.filter(pk=old.pk).update(created_by=None)
    KEYS.filter(pk=other.pk).update(expires_at=NOW + timedelta(hours=1))
    return old, new, other


def contents(row):
    """All that a model has."""
    return row and {name: value for name, value in vars(row).items() if name != "_state"}


def test_it_is_the_row_that_django_finds_with_all_that_comes_with_it(now, keys, django_assert_num_queries):
    for key in keys:
        with django_assert_num_queries(1):
            found = OPEN.first(name=key.name, now=now)
            came_with_it = [found.workspace, found.created_by, found.predecessor]
        of_django = KEYS.get(pk=key.pk)
        related = [of_django.workspace, of_django.created_by, of_django.predecessor]
        assert [*map(contents, [found, *came_with_it])] == [*map(contents, [of_django, *related])]
        assert (found._state.db, found._state.adding) == ("default", False)


def test_an_instant_is_the_same_in_any_zone(now, keys):
    *_, other = keys
    before, after = (now + timedelta(hours=1, seconds=seconds) for seconds in (-1, 0))
    east = timezone(timedelta(hours=9))
    assert OPEN.first(name=other.name, now=before) == OPEN.first(name=other.name, now=before.astimezone(east)) == other
    assert OPEN.first(name=other.name, now=after) is OPEN.first(name=other.name, now=after.astimezone(east)) is None


def test_what_has_changed_is_found_changed(now, keys):
    old, *_ = keys
    KEYS.filter(pk=old.pk).update(scopes=["write"])
    assert OPEN.first(name="old", now=now).scopes == ["write"]
    KEYS.filter(pk=old.pk).update(revoked_at=now)
    assert OPEN.first(name="old", now=now) is None


def test_several_come_in_their_order(now, keys):
    old, new, _ = keys
    assert OPEN.all(name="nobody's", now=now) == []
    KEYS.filter(pk=new.pk).update(name="old")
    assert OPEN.all(name="old", now=now) == [new, old]
    assert OPEN.first(name="old", now=now) == new
