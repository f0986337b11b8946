"""`manage.py export`: what lies in the folder is what the database has, each day once, and of the erased nothing."""

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from analytics.export.export import LedgerDiffers, export_workspace
from analytics.export.manifest import ExportFolder, ExportRunning
from analytics.export.parquet import rows_in
from analytics.ingest.removal.erasure import erase_contact
from analytics.models import Contact, DayCount, Event, Message, MessageEvent, Person
from workspaces.changes import create_workspace

FIRST_DAY = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path, workspace):
    return ExportFolder(tmp_path / "out" / workspace.api_id, workspace.api_id)


@pytest.fixture
def history(bulk, track, time_machine):
    """Three days on which something came in; of a message on two of them."""
    time_machine.move_to(FIRST_DAY, tick=False)
    bulk("campaigns", [{"externalId": "spring", "name": "Spring"}])
    bulk("contacts", [{"externalId": name, "email": f"{name}@example.com"} for name in ("ada", "bob")])
    message = {"campaign": "spring", "channel": "EMAIL", "createdAt": "2026-03-10T08:00:00Z"}
    bulk("messages", [{**message, "externalId": f"m-{name}", "contact": name} for name in ("ada", "bob")])
    for day, names in enumerate((("ada", "bob"), ("ada",), ("bob",))):
        time_machine.move_to(FIRST_DAY + timedelta(days=day), tick=False)
        calls = [
            {"type": "track", "userId": name, "event": "visit", "messageId": f"{name}-{day}", "properties": {"n": day}}
            for name in names
        ]
        calls[0]["context"] = {"campaign": {"source": "google", "medium": "cpc"}}
        assert track(*calls).json()["accepted"] == len(calls)
    opened = [{"externalId": "e1", "message": "m-ada", "type": "opened", "at": "2026-03-11T08:00:00Z"}]
    bulk("message-events", opened)
    time_machine.move_to(FIRST_DAY + timedelta(days=5), tick=False)


def run(workspace, folder):
    return export_workspace(workspace, folder, now=datetime.now(UTC))


def rows(folder, manifest, table):
    """The newest of each row, by its key, as a warehouse reads them."""
    found = {}
    for file in sorted(manifest.of_table(table), key=lambda file: file.day):
        for row in rows_in(folder.path / file.path):
            found[row.get("id", row.get("number"))] = row
    return found


def is_as_listed(folder, manifest):
    """Each file has the rows and the bytes that the manifest says, and there is no other."""
    for file in manifest.files:
        path = folder.path / file.path
        assert hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
        assert (pq.read_metadata(path).num_rows, path.stat().st_size) == (file.rows, file.bytes)
    there = {str(path.relative_to(folder.path)) for path in folder.path.rglob("*") if path.is_file()}
    assert there == {*(file.path for file in manifest.files), "manifest.json", ".lock"}
    assert json.loads((folder.path / "manifest.json").read_text())["files"][0]["path"] == manifest.files[0].path


@pytest.mark.usefixtures("history")
def test_a_folder_has_every_row_by_the_day_of_its_receipt(workspace, folder):
    manifest = run(workspace, folder)
    is_as_listed(folder, manifest)
    days = [(file.day, file.rows) for file in manifest.of_table("events")]
    assert days == [("2026-03-10", 2), ("2026-03-11", 1), ("2026-03-12", 1)]
    assert manifest.through == "2026-03-14"
    events = rows(folder, manifest, "events")
    assert {*events} == {event.pk.hex for event in Event.objects.filter(workspace=workspace)}
    event = Event.objects.get(workspace=workspace, message_id="ada-1")
    exported = events[event.pk.hex]
    assert (exported["type"], exported["person_number"]) == ("visit", event.person_number)
    assert (exported["utm_source"], exported["utm_medium"], exported["utm_campaign"]) == ("google", "cpc", None)
    assert (exported["occurred_at"], json.loads(exported["properties"])) == (event.occurred_at, {"n": 1})
    assert manifest.ledger == {"events": {"exported": 4, "later": 0, "ledger": 4}}
    assert {*rows(folder, manifest, "message_events")} == {
        event.pk.hex for event in MessageEvent.objects.filter(workspace=workspace)
    }
    contacts = rows(folder, manifest, "contacts")
    assert {row["email"] for row in contacts.values()} == {"ada@example.com", "bob@example.com"}
    assert {*rows(folder, manifest, "people")} == {
        person.number for person in Person.objects.filter(workspace_id=workspace.pk)
    }
    assert [row["name"] for row in rows(folder, manifest, "campaigns").values()] == ["Spring"]


@pytest.mark.usefixtures("history")
def test_a_message_is_in_the_file_of_its_newest_change(workspace, folder, bulk, time_machine):
    time_machine.move_to(datetime(2026, 3, 11, 2, tzinfo=UTC), tick=False)
    before = run(workspace, folder)
    assert before.through == "2026-03-10"
    time_machine.move_to(FIRST_DAY + timedelta(days=5), tick=False)
    manifest = run(workspace, folder)
    messages = rows(folder, manifest, "messages")
    stored = {message.pk.hex: message for message in Message.objects.filter(workspace=workspace)}
    assert {key: row["opened_at"] for key, row in messages.items()} == {
        key: message.opened_at for key, message in stored.items()
    }
    assert any(row["opened_at"] for row in messages.values())


@pytest.mark.usefixtures("history")
def test_what_was_exported_once_is_not_written_again(workspace, folder, time_machine, track):
    before = run(workspace, folder)
    written = {file.path: (folder.path / file.path).stat().st_mtime_ns for file in before.files}
    again = run(workspace, folder)
    assert again == before
    assert {file.path: (folder.path / file.path).stat().st_mtime_ns for file in again.files} == written
    track({"type": "track", "userId": "ada", "event": "visit", "messageId": "later"})
    later = run(workspace, folder)
    assert later.files == before.files
    assert later.ledger["events"] == {"exported": 4, "later": 1, "ledger": 5}
    time_machine.shift(timedelta(days=1, hours=2))
    next_day = run(workspace, folder)
    assert [file for file in next_day.of_table("events") if file not in before.files] == [
        next_day.of_table("events")[-1]
    ]
    assert next_day.of_table("events")[-1].day == "2026-03-15"


def test_a_day_is_exported_once_nobody_writes_it_any_more(workspace, folder, track, time_machine):
    time_machine.move_to(FIRST_DAY, tick=False)
    track({"type": "track", "userId": "ada", "event": "visit"})
    time_machine.move_to(datetime(2026, 3, 11, 0, 59, tzinfo=UTC), tick=False)
    assert run(workspace, folder).of_table("events") == []
    time_machine.move_to(datetime(2026, 3, 11, 1, tzinfo=UTC), tick=False)
    assert [file.day for file in run(workspace, folder).of_table("events")] == ["2026-03-10"]


@pytest.mark.usefixtures("history")
def test_of_the_erased_nothing_is_left_but_tombstones(workspace, folder, time_machine):
    before = run(workspace, folder)
    ada = Contact.objects.get(workspace=workspace, external_id="ada")
    gone = {event.pk.hex for event in Event.objects.filter(workspace=workspace, person_number=ada.person_number)}
    message = Message.objects.get(workspace=workspace, contact=ada).pk.hex
    erase_contact(workspace, ada)
    manifest = run(workspace, folder)
    is_as_listed(folder, manifest)
    [file] = manifest.of_table("tombstones")
    stones = {(row["table"], row["key"]) for row in rows_in(folder.path / file.path)}
    assert {("events", key) for key in gone} | {("messages", message), ("contacts", str(ada.pk))} <= stones
    assert len(stones) == len(gone) + 3
    left = [row for file in manifest.files for row in rows_in(folder.path / file.path)]
    assert re.search(r"\bada\b", str(left)) is None  # ids have her letters within them by chance
    assert {*rows(folder, manifest, "events")} == {event.pk.hex for event in Event.objects.filter(workspace=workspace)}
    assert [(file.day, file.version, file.rows) for file in manifest.of_table("events")] == [
        ("2026-03-10", 2, 1),
        ("2026-03-11", 2, 0),
        ("2026-03-12", 1, 1),
    ]
    assert {"table": "events", "day": "2026-03-10", "version": 1} in manifest.replaced
    written = [(file.table, file.day, file.version) for file in (*before.files, *manifest.files)]
    assert len({*written}) == len({*before.files, *manifest.files})
    assert run(workspace, folder) == manifest


@pytest.mark.usefixtures("history")
def test_people_who_are_one_are_so_in_the_next_file(workspace, folder, track_trusted):
    run(workspace, folder)
    assert track_trusted({"type": "alias", "userId": "bob", "previousId": "ada"}).status_code == 200
    people = rows(folder, run(workspace, folder), "people")
    stored = Person.objects.filter(workspace_id=workspace.pk)
    assert {key: row["joined_to"] for key, row in people.items()} == {each.number: each.joined_to for each in stored}
    assert any(row["joined_to"] is not None for row in people.values())


@pytest.mark.usefixtures("history")
def test_whoever_is_stopped_goes_on_where_the_manifest_is(workspace, folder, monkeypatch, tmp_path):
    with monkeypatch.context() as stopped:
        stopped.setattr(ExportFolder, "write_manifest", lambda self, manifest: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(workspace, folder)
    assert not (folder.path / "manifest.json").exists()
    manifest = run(workspace, folder)
    is_as_listed(folder, manifest)
    assert manifest == run(workspace, ExportFolder(tmp_path / "other", workspace.api_id))


@pytest.mark.usefixtures("history")
def test_files_that_differ_from_the_ledger_are_not_listed(workspace, folder):
    DayCount.objects.filter(workspace=workspace, counted="events").delete()
    with pytest.raises(LedgerDiffers, match="files have 4 events and 0 came later, but the ledger counts 0"):
        run(workspace, folder)
    assert not (folder.path / "manifest.json").exists()


def test_two_do_not_export_into_one_folder(workspace, folder):
    with folder.lock(), pytest.raises(ExportRunning, match="Another process exports into"):
        run(workspace, folder)


@pytest.mark.usefixtures("history")
def test_the_command_exports_each_workspace_into_a_folder_of_its_own(workspace, owner, tmp_path, capsys):
    elsewhere = create_workspace(name="Elsewhere", time_zone="UTC", by=owner)
    call_command("export", str(tmp_path))
    told = capsys.readouterr().out
    assert f"{workspace.api_id}: " in told
    assert "through 2026-03-14." in told
    theirs = json.loads((tmp_path / elsewhere.api_id / "manifest.json").read_text())
    assert sum(file["rows"] for file in theirs["files"]) == 0
    assert (Path(tmp_path) / workspace.api_id).stat().st_mode & 0o077 == 0
    with pytest.raises(CommandError, match="There is no workspace 'ws_999'"):
        call_command("export", str(tmp_path), workspace="ws_999")


@pytest.mark.usefixtures("history")
def test_a_check_tells_what_is_not_as_it_is_listed_and_writes_nothing(workspace, folder, capsys):
    root = str(folder.path.parent)
    with pytest.raises(CommandError, match="There is no export in"):
        call_command("export", root, "--check")
    manifest = run(workspace, folder)
    call_command("export", root, "--check")
    assert capsys.readouterr().out == f"{workspace.api_id}: all files are as they are listed.\n"
    first, second, third = manifest.of_table("events")
    (folder.path / first.path).write_bytes((folder.path / second.path).read_bytes())
    (folder.path / second.path).unlink()
    (folder.path / third.path).write_bytes(b"rubbish")
    (folder.path / "events" / "2026-01-01.1.parquet").write_bytes(b"")
    DayCount.objects.filter(workspace=workspace, counted="events").update(n=9)
    before = (folder.path / "manifest.json").read_bytes()
    with pytest.raises(SystemExit) as ended:
        call_command("export", root, "--check")
    told = capsys.readouterr().out.removesuffix("\n").split(f"{workspace.api_id}: ")[1:]
    assert ended.value.code == 1
    assert told[0] == f"{first.path}: rows is 1, and listed as 2.\n"
    assert told[2].startswith(f"{first.path}: sha256 is {second.sha256}, and listed as {first.sha256}.")
    assert told[3] == f"{second.path} is missing.\n"
    assert told[4].startswith(f"{third.path} cannot be read: ")
    assert told[5] == "events/2026-01-01.1.parquet is not listed.\n"
    assert "but the ledger counts" in told[6]
    assert (folder.path / "manifest.json").read_bytes() == before
