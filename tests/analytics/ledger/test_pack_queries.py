"""The query for packs is written once, and has places for what differs between those who ask alike."""

from datetime import date, timedelta

import pytest

from analytics.ledger import Series, pack_queries
from analytics.ledger.pack_queries import packs_of
from analytics.models import PackKind
from analytics.periods import Window
from tests.conftest import NOW
from workspaces.changes import create_workspace

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture
def writings(monkeypatch):
    """What was written of queries, from none on."""
    write, written = pack_queries._rows, []
    pack_queries._query.cache_clear()
    monkeypatch.setattr(pack_queries, "_rows", lambda shape: written.append(shape) or write(shape))
    yield written
    pack_queries._query.cache_clear()


@pytest.fixture
def events(track, now):
    for days, event in ((0, "view"), (1, "view"), (1, "buy")):
        at = (now - timedelta(days=days)).isoformat()
        track({"type": "track", "event": event, "messageId": f"{event}{days}", "userId": "u", "timestamp": at})


def on(workspace, first: date, last: date = TODAY) -> Window:
    return Window.between(first, last, zone=workspace.zone)


def keys(workspace, window, *series, also=()):
    """Of what is no join, in order."""
    _, rows = packs_of(workspace.pk, series, window, also)
    return sorted((event_type, day) for kind, day, event_type, *_ in rows if kind == PackKind.EVENT)


def test_other_days_types_columns_and_workspaces_are_values_of_the_same_query(workspace, owner, events, writings):
    yesterday = TODAY - timedelta(days=1)
    view, buy = Series.of_type("view"), Series.of_type("buy")
    assert keys(workspace, on(workspace, yesterday), view, also=["a"]) == [("view", yesterday), ("view", TODAY)]
    assert keys(workspace, on(workspace, TODAY), view, also=["b"]) == [("view", TODAY)]
    assert keys(workspace, on(workspace, yesterday, yesterday), buy, also=["'%s"]) == [("buy", yesterday)]
    elsewhere = create_workspace(name="Elsewhere", time_zone="UTC", by=owner)
    assert keys(elsewhere, on(elsewhere, yesterday), view, also=["a"]) == []
    assert len(writings) == 1


def test_other_kinds_and_other_uses_of_columns_are_other_queries(workspace, events, writings):
    window = on(workspace, TODAY - timedelta(days=1))
    view = Series.of_type("view")
    everything = [("buy", TODAY - timedelta(days=1)), ("view", TODAY - timedelta(days=1)), ("view", TODAY)]
    assert keys(workspace, window, Series.EVENTS) == everything
    assert keys(workspace, window, view) == everything[1:]
    assert keys(workspace, window, Series.SIGNUPS) == []
    assert keys(workspace, window, view, Series.EVENTS) == everything
    assert keys(workspace, window, view, also=["a"]) == everything[1:]
    assert keys(workspace, window, view, also=["a", "b"]) == everything[1:]
    assert keys(workspace, window, Series.of_status("delivered", view.where)) == []
    assert len(writings) == len({*writings}) == 7
