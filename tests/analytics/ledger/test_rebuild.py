"""Rebuild and verify: differences are found and mended; erasing and moving to another time zone leave none."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from analytics.ingest.removal.erasure import erase_contact
from analytics.ledger.rebuild import Difference, verify
from analytics.models import Contact, DayCount, DayPack, Event, Identity, Message, MessageEvent
from tests.conftest import PASSWORD
from tests.copied_rows import copied
from workspaces.changes import change_time_zone
from workspaces.models import DEFAULT_LOOKBACK_DAYS, User, Workspace

LOOKBACK_DAYS = {f"{name}_lookback_days": days for name, days in DEFAULT_LOOKBACK_DAYS.items()}


@pytest.fixture
@copied
def history(bulk, track, workspace, now):
    bulk("campaigns", [{"externalId": "c", "name": "C"}])
    bulk("contacts", [{"externalId": f"u{n}", "signedUpAt": "2026-03-20T22:30:00Z"} for n in range(3)])
    sent = {
        "campaign": "c",
        "channel": "EMAIL",
        "createdAt": "2026-03-21T23:30:00Z",
        "openedAt": "2026-03-22T09:00:00Z",
    }
    bulk("messages", [{"externalId": f"m{n}", "contact": f"u{n}", **sent} for n in range(3)])
    bulk("message-events", [{"message": "m1", "type": "clicked", "at": "2026-03-23T09:00:00Z"}])
    bulk("enrollments", [{"campaign": "c", "contact": "u1", "enrolledAt": "2026-03-24T09:00:00Z"}])
    event = {"type": "track", "event": "e", "timestamp": "2026-03-25T23:30:00Z"}
    track(
        *({**event, "anonymousId": f"d{n}"} for n in range(3)),
        {"type": "identify", "userId": "u1", "anonymousId": "d1", "timestamp": "2026-03-26T10:00:00Z"},
    )


def differences(workspace, **days):
    return [str(found) for found in verify(workspace, **days) if isinstance(found, Difference)]


def run(command, *options):
    out = StringIO()
    call_command(command, *options, stdout=out, stderr=out)
    return out.getvalue()


@pytest.mark.long
def test_a_difference_is_told_and_mended(history, workspace):
    assert "Ledger and facts agree." in run("verify")
    DayCount.objects.filter(counted="events").update(n=7)
    DayPack.objects.filter(kind="open").delete()
    assert differences(workspace) == [
        "2026-03-22: open  (0 too many, 3 missing): the ledger has 0, the facts say 3",
        "2026-03-26: events: the ledger has 7, the facts say 3",
    ]
    with pytest.raises(SystemExit) as exit_:
        run("verify")
    assert exit_.value.code == 1
    assert "days made anew" in run("rebuild")
    assert "Ledger and facts agree." in run("verify", f"--workspace={workspace.api_id}")


@pytest.mark.long
def test_lost_joins_are_told_and_mended(history, workspace):
    DayPack.objects.filter(kind="join").delete()
    assert differences(workspace) == ["joins: people joined (1 lead elsewhere): the ledger has 0, the facts say 1"]
    run("rebuild")
    assert differences(workspace) == []


@pytest.mark.long
def test_rows_of_a_day_without_facts_go(history, workspace):
    DayCount.objects.create(workspace=workspace, day="2020-01-01", counted="events", n=1, through="2026-03-31T00:00Z")
    assert differences(workspace) == ["2020-01-01: events: the ledger has 1, the facts say 0"]
    run("rebuild")
    assert differences(workspace) == []


@pytest.mark.long
def test_only_the_days_asked_for_are_made_anew(history, workspace):
    DayCount.objects.all().delete()
    run("rebuild", "--day=2026-03-26")
    assert DayCount.objects.values_list("day", flat=True).distinct().get().isoformat() == "2026-03-26"
    run("rebuild", "--from=2026-03-22", "--to=2026-03-23")
    assert len(set(DayCount.objects.values_list("day", flat=True))) == 3


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--workspace=ws_x"], "There is no workspace 'ws_x'"),
        (["--day=2026-03-26", "--from=2026-03-25"], "--day does not go with"),
        (["--from=2026-03-26", "--to=2026-03-25"], "--from lies after --to"),
        (["--day=yesterday"], "'yesterday' is not a day"),
    ],
)
@pytest.mark.parametrize("command", ["rebuild", "verify"])
def test_what_cannot_be_asked_for_is_told(db, command, options, told):
    with pytest.raises(CommandError, match=told):
        run(command, *options)


def test_a_database_without_workspaces_is_not_taken_for_one_that_agrees(db):
    with pytest.raises(CommandError, match="There is no workspace in this database: nothing was compared"):
        call_command("verify")


@pytest.mark.long
def test_erasing_a_contact_leaves_nothing_of_it_and_the_rest_exact(history, workspace, report):
    other = Workspace.objects.create(name="Other", slug="other")
    contact = Contact.objects.get(workspace=workspace, external_id="u1")
    erase_contact(workspace, contact)
    assert differences(workspace) == []
    assert not Contact.objects.filter(external_id="u1").exists()
    assert set(Identity.objects.values_list("value", flat=True)) == {"u0", "u2", "d0", "d2"}
    assert (Event.objects.count(), Message.objects.count(), MessageEvent.objects.count()) == (2, 2, 0)
    answer = report("")
    assert (answer["contacts"]["total"], answer["messages"]["total"], answer["events"]["total"]) == (2, 2, 2)
    assert differences(other) == []


@pytest.mark.long
def test_in_another_time_zone_the_days_are_others(history, workspace, report):
    assert {row["date"] for row in report("/timeseries", days=10)["series"] if row["events"]} == {"2026-03-26"}
    change_time_zone(workspace, "America/New_York")
    assert differences(workspace) == []
    assert {row["date"] for row in report("/timeseries", days=10)["series"] if row["events"]} == {"2026-03-25"}


@pytest.mark.long
def test_staff_change_the_time_zone_in_the_admin(history, workspace, owner):
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com", PASSWORD))
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    form = {"name": "Acme", "slug": workspace.slug, "time_zone": "Asia/Tokyo", "currency": "EUR", **LOOKBACK_DAYS}
    form["conversion_types"] = '["purchase"]'
    empty = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    response = client.post(f"/admin/workspaces/workspace/{workspace.pk}/change/", form | empty)
    assert response.status_code == 302, response.content
    workspace.refresh_from_db()
    assert workspace.time_zone == "Asia/Tokyo"
    assert differences(workspace) == []
