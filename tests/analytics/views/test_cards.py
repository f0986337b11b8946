"""The list of one's workspaces: what it shows of each, in as many queries for many as for one."""

import re
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.ledger.weeks import events_by_day
from analytics.metrics import Counted
from analytics.models import DayCount
from analytics.periods import Window
from tests.analytics.rows import row
from workspaces.changes import create_workspace
from workspaces.models import Membership, User
from workspaces.roles import Role

NOW = datetime(2026, 1, 15, 23, 30, tzinfo=UTC)


@pytest.fixture
def stranger(db):
    return User.objects.create_user("stranger@example.com")


@pytest.fixture(autouse=True)
def at_that_time(time_machine):
    time_machine.move_to(NOW)


def counted(workspace, day, n):
    row(DayCount, workspace, day=day, counted=Counted.EVENTS, n=n)


def queries_of(client):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get("/w/").status_code == 200
    return len(queries)


@pytest.mark.long
def test_many_workspaces_cost_no_more_queries_than_one(api, workspace, owner):
    few = queries_of(api)
    for number in range(12):
        create_workspace(by=owner, name=f"Shop {number}", time_zone="UTC")
    assert queries_of(api) == few


def test_each_workspace_has_its_own_numbers_of_its_own_days(workspace, stranger):
    """It is the 16th already in Berlin, where the 9th is too long ago, and the 15th in New York."""
    elsewhere = create_workspace(by=stranger, name="Elsewhere", time_zone="America/New_York")
    for of, n in ((workspace, 1), (elsewhere, 100)):
        for day in (8, 9, 10, 15, 16):
            counted(of, date(2026, 1, day), n * day)
        row(DayCount, of, day=date(2026, 1, 15), counted=Counted.CONTACTS, n=7)
    windows = {each.pk: Window.last_days(7, zone=each.zone, now=NOW) for each in (workspace, elsewhere)}
    assert events_by_day(windows) == {
        workspace.pk: [10, 0, 0, 0, 0, 15, 16],
        elsewhere.pk: [900, 1000, 0, 0, 0, 0, 1500],
    }


def test_the_list_shows_the_numbers_of_ones_own_workspaces_alone(api, workspace, owner, stranger):
    mine = create_workspace(by=owner, name="Second", time_zone="UTC")
    other = create_workspace(by=stranger, name="Not mine", time_zone="UTC")
    for of, n in ((workspace, 11), (mine, 22), (other, 33)):
        counted(of, date(2026, 1, 15), n)
    page = api.get("/w/").text
    assert re.findall(r"(\d+) events in 7 days", page) == ["11", "22"]
    assert page.count('class="sparkline"') == 2
    Membership.objects.create(workspace=other, user=owner, role=Role.VIEWER)
    assert len(re.findall(r"(\d+) events in 7 days", api.get("/w/").text)) == 3


def test_who_belongs_to_no_workspace_is_asked_nothing_of_them(client, stranger):
    client.force_login(stranger)
    assert "You are not in a workspace yet" in client.get("/w/").text
