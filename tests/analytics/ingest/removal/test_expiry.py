"""What a workspace keeps no longer goes, and nothing else; ledger, facts and reports agree afterwards."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics import ingest
from analytics.ingest.removal import expiry
from analytics.ingest.removal.expiry import ExpiredRows, expire, to_expire
from analytics.ingest.senders import TRUSTED
from analytics.ledger.rebuild import Difference, verify
from analytics.models import Contact, Enrolment, Event, Identity, Message, MessageEvent
from analytics.operations import jobs
from tests.conftest import NOW
from workspaces.changes import change_time_zone, create_workspace
from workspaces.models import Workspace

pytestmark = pytest.mark.usefixtures("now")

Report = Callable[..., dict[str, Any]]

BOUNDARY = datetime(2026, 3, 21, 23, tzinfo=UTC)
"""Midnight in Berlin, with which the last ten days begin."""
MOMENT = timedelta(microseconds=1)
OLD, LAST, FIRST, NEW = BOUNDARY - timedelta(days=40), BOUNDARY - MOMENT, BOUNDARY, NOW
RECEIVED_AT = BOUNDARY - timedelta(days=1)


def take(workspace: Workspace, name: str, *items: dict[str, Any], received_at: datetime = RECEIVED_AT) -> None:
    sender = {"sender": TRUSTED} if name == "calls" else {}
    outcome = getattr(ingest, f"take_{name}")(workspace, list(items), received_at=received_at, **sender)
    assert outcome.rejected == []


def event(message_id: str, at: datetime, **more: Any) -> dict[str, Any]:
    who = {} if "anonymousId" in more else {"contact": "ada"}
    return {"type": "seen", "messageId": message_id, "occurredAt": at.isoformat(), **who, **more}


def message(external_id: str, at: datetime, **instants: datetime) -> dict[str, Any]:
    told = {name: instant.isoformat() for name, instant in instants.items()}
    sent = {"campaign": "c", "contact": "ada", "channel": "EMAIL"}
    return {"externalId": external_id, "createdAt": at.isoformat(), **sent, **told}


def report_on(ref: str, at: datetime, kind: str = "opened") -> dict[str, Any]:
    return {"message": ref, "type": kind, "at": at.isoformat()}


@pytest.fixture
def past(workspace: Workspace) -> Workspace:
    """On both sides of the boundary: events of a contact and of devices, messages, and reports on unknown ones."""
    take(workspace, "contacts", {"externalId": "ada", "signedUpAt": OLD.isoformat()})
    take(workspace, "campaigns", {"externalId": "c", "name": "C"})
    take(workspace, "enrollments", {"campaign": "c", "contact": "ada", "enrolledAt": OLD.isoformat()})
    take(
        workspace,
        "messages",
        message("m-old", OLD, openedAt=OLD),
        message("m-last", LAST, openedAt=FIRST, clickedAt=NEW),
        message("m-first", FIRST, openedAt=NEW),
        received_at=NOW,
    )
    reports = [*(report_on("m-last", at) for at in (FIRST, NEW)), report_on("m-first", NEW)]
    take(workspace, "message_events", *reports, received_at=NOW)
    take(workspace, "message_events", report_on("unknown-last", LAST), report_on("unknown-first", FIRST))
    utm = {"source": "news"}
    take(
        workspace,
        "events",
        event("e-old", OLD, utm=utm),
        event("e-last", LAST, utm=utm),
        event("e-first", FIRST, utm=utm),
        event("d-old", OLD, anonymousId="gone"),
        event("d-both-old", OLD, anonymousId="stays"),
        event("d-both-new", NEW, anonymousId="stays"),
        received_at=NOW,
    )
    return workspace


def keep(workspace: Workspace, days: int | None = 10, **settings: Any) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(kept_days=days, **settings)
    workspace.refresh_from_db()


def expired(workspace: Workspace) -> ExpiredRows:
    """What went, in all steps."""
    steps = list(expire(workspace, NOW))
    return ExpiredRows(*(sum(getattr(step, name) for step in steps) for name in ("events", "messages", "contacts")))


def assert_ledger_agrees(workspace: Workspace) -> None:
    assert [found for found in verify(workspace) if isinstance(found, Difference)] == []


@pytest.mark.long
def test_what_lies_before_the_first_kept_day_goes_to_the_microsecond(past: Workspace) -> None:
    keep(past)

    assert expired(past) == ExpiredRows(events=4, messages=2)

    assert set(Event.objects.values_list("message_id", flat=True)) == {"e-first", "d-both-new"}
    assert set(Message.objects.values_list("external_id", flat=True)) == {"m-first"}
    assert set(MessageEvent.objects.values_list("message_ref", flat=True)) == {"m-first", "unknown-first"}
    assert_ledger_agrees(past)
    assert expired(past) == ExpiredRows()


@pytest.mark.long
def test_devices_of_which_nothing_is_left_are_forgotten(past: Workspace) -> None:
    keep(past)

    expired(past)

    assert set(Identity.objects.values_list("value", flat=True)) == {"ada", "stays"}


@pytest.mark.long
def test_a_device_is_known_as_long_as_one_it_was_joined_with(past: Workspace) -> None:
    alias = {"type": "alias", "userId": "ada", "previousId": "gone"}
    take(past, "calls", alias, received_at=NOW)
    keep(past)

    expired(past)

    assert set(Identity.objects.values_list("value", flat=True)) == {"ada", "gone", "stays"}


def test_what_is_kept_for_ever_stays(past: Workspace) -> None:
    assert expired(past) == ExpiredRows()
    assert Event.objects.count() == 6


@pytest.mark.long
def test_each_step_is_one_day(past: Workspace) -> None:
    keep(past)

    assert list(expire(past, NOW)) == [ExpiredRows(3, 1), ExpiredRows(1, 1)]


@pytest.mark.long
def test_reports_on_kept_days_lose_only_opens_of_messages_that_went(past: Workspace, report: Report) -> None:
    before = {row["date"]: row for row in report("/timeseries", days=30)["series"]}
    keep(past)
    expired(past)

    after = {row["date"]: row for row in report("/timeseries", days=30)["series"]}

    first, last, last_gone = "2026-03-22", "2026-03-31", "2026-03-21"
    assert before[last_gone] == {**after[last_gone], "events": 1, "messages": 1}
    assert after[last_gone] == {"date": last_gone, "events": 0, "contacts": 0, "messages": 0, "opens": 0, "clicks": 0}
    assert before[first] == {**after[first], "opens": 1}
    assert before[last] == {**after[last], "clicks": 1}
    assert {day for day in after if after[day] != before[day]} == {last_gone, first, last}


@pytest.mark.long
def test_contacts_and_enrollments_stay_and_go_on_being_counted(past: Workspace, report: Report) -> None:
    keep(past)
    expired(past)

    assert report()["contacts"]["total"] == 1
    assert Enrolment.objects.count() == 1


@pytest.mark.long
def test_reports_say_from_which_day_there_is_data(past: Workspace, report: Report, api: Any) -> None:
    assert report()["meta"]["dataFrom"] is None
    notice = "Events and messages are kept for 10 days"
    page = f"/w/{past.slug}/reports/timeseries/"
    assert notice not in api.get(page).text
    keep(past)
    assert report()["meta"]["dataFrom"] == "2026-03-22"
    assert notice in api.get(page).text
    assert notice not in api.get(page, {"range": "7d"}).text


@pytest.mark.long
def test_contacts_that_nothing_was_heard_of_go_where_the_workspace_says_so(past: Workspace) -> None:
    """Five are old, and heard of each in another way."""
    names = ("silent", "event", "message", "enrolment", "changed", "merged")
    take(past, "contacts", *({"externalId": name, "signedUpAt": OLD.isoformat()} for name in names))
    take(past, "events", event("x", NEW, contact="event"), event("y", OLD, contact="silent"), received_at=NOW)
    take(past, "messages", {**message("mx", NEW), "contact": "message"}, received_at=NOW)
    enrollment = {"campaign": "c", "contact": "enrolment", "enrolledAt": NEW.isoformat()}
    take(past, "enrollments", enrollment, received_at=NOW)
    take(past, "contacts", {"externalId": "changed", "name": "New"}, received_at=NOW)
    take(past, "calls", {"type": "alias", "userId": "silent", "previousId": "merged"}, received_at=RECEIVED_AT)
    take(past, "contacts", {"externalId": "imported", "signedUpAt": OLD.isoformat()}, received_at=NOW)
    keep(past, erases_idle_contacts=True)
    told = to_expire(past, kept_days=10, erases_idle_contacts=True, now=NOW)

    assert expired(past) == told == ExpiredRows(events=5, messages=2, contacts=1)

    left = set(Contact.objects.values_list("external_id", flat=True))
    assert left == {"ada", "event", "message", "enrolment", "changed", "imported"}
    assert not Identity.objects.filter(value__in=("silent", "merged")).exists()
    assert_ledger_agrees(past)


def test_what_would_go_is_told_before(past: Workspace) -> None:
    def told(**settings: Any) -> ExpiredRows:
        return to_expire(past, now=NOW, **{"kept_days": 10, "erases_idle_contacts": False, **settings})

    assert told() == ExpiredRows(events=4, messages=2)
    assert told(kept_days=11) == ExpiredRows(events=3, messages=1)
    assert told(kept_days=365) == ExpiredRows()
    assert told(kept_days=1, erases_idle_contacts=True) == ExpiredRows(events=5, messages=3, contacts=1)
    assert Event.objects.count() == 6


@pytest.mark.long
def test_many_contacts_go_in_steps(past: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "CONTACTS_LOOKED_AT", 2)
    monkeypatch.setattr(expiry, "CONTACTS_ERASED", 1)
    take(past, "contacts", *({"externalId": f"u{number}", "signedUpAt": OLD.isoformat()} for number in range(5)))
    keep(past, erases_idle_contacts=True)

    assert [step.contacts for step in expire(past, NOW)] == [0, 0, 1, 1, 1, 1, 1]

    assert_ledger_agrees(past)


@pytest.mark.long
def test_a_setting_taken_back_between_two_steps_is_obeyed(past: Workspace) -> None:
    keep(past)
    steps = expire(past, NOW)
    next(steps)
    Workspace.objects.update(kept_days=None)

    assert list(steps) == []
    assert Event.objects.filter(message_id="e-last").exists()


@pytest.mark.long
def test_a_zone_changed_between_two_steps_is_obeyed(past: Workspace) -> None:
    keep(past)
    steps = expire(past, NOW)
    next(steps)
    change_time_zone(Workspace.objects.get(), "Asia/Tokyo")
    list(steps)

    assert_ledger_agrees(past)


@pytest.mark.long
def test_the_other_workspace_keeps_its_own(past: Workspace, owner: Any) -> None:
    other = create_workspace(name="Other", time_zone="UTC", by=owner)
    take(other, "contacts", {"externalId": "ada", "signedUpAt": OLD.isoformat()})
    take(other, "events", event("o", OLD), received_at=NOW)
    keep(past)

    assert jobs.expire_facts(NOW) == {"events": 4, "messages": 2, "contacts": 0}

    assert Event.objects.filter(workspace=other).count() == 1
    assert_ledger_agrees(other)


@pytest.mark.long
def test_a_run_stops_after_its_time_and_goes_on_at_the_next(past: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(past)
    monkeypatch.setattr(jobs, "EXPIRY_SECONDS", -1)

    assert [jobs.expire_facts(NOW)["events"] for _ in range(3)] == [3, 1, 0]
