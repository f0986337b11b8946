"""When a key or a session was last used is noted in passing: it makes no read wait, and none fail."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.database import other_writer
from workspaces.models import Key, Session, User

LONG_AGO = timezone.now() - timedelta(days=1)


@pytest.fixture
def reads(api, secret_key, workspace):
    """Answers' statuses for a key and for a session, neither of which was used for a day."""
    address = f"/api/workspaces/{workspace.api_id}/campaigns"
    Session.objects.update(last_seen_at=LONG_AGO)
    Key.objects.update(last_used_at=LONG_AGO)

    def read():
        by_key = Client().get(address, headers={"Authorization": f"Bearer {secret_key}"})
        return by_key.status_code, api.get(address).status_code

    return read


@contextmanager
def read_only():
    """Changes are refused, as on a full disk or a standby."""
    is_postgresql = connection.vendor == "postgresql"
    begin, end = (
        ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off")
        if is_postgresql
        else ("PRAGMA query_only = on", "PRAGMA query_only = off")
    )
    with connection.cursor() as cursor:
        cursor.execute(begin)
        try:
            yield
        finally:
            cursor.execute(end)


def somebody_writes():
    return other_writer("workspaces_key", "workspaces_session", "workspaces_user")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("hindrance", [somebody_writes, read_only])
def test_a_read_goes_on_where_its_use_cannot_be_noted(reads, hindrance):
    with hindrance():
        assert reads() == (200, 200)
    assert Key.objects.get().last_used_at == LONG_AGO
    assert Session.objects.get().last_seen_at == LONG_AGO
    assert reads() == (200, 200)
    assert Key.objects.get().last_used_at > LONG_AGO
    assert Session.objects.get().last_seen_at > LONG_AGO
    assert User.objects.get().last_seen_at > LONG_AGO


@pytest.mark.django_db(transaction=True)
def test_a_use_noted_by_a_clock_that_was_ahead_is_noted_anew(reads):
    ahead = timezone.now() + timedelta(days=365)
    Session.objects.update(last_seen_at=ahead)
    Key.objects.update(last_used_at=ahead)
    reads()
    assert Key.objects.get().last_used_at < ahead
    assert Session.objects.get().last_seen_at < ahead
