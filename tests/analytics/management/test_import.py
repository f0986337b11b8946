"""`manage.py import`: every resource from JSON Lines and CSV, what is refused, stopping and going on."""

import contextlib
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from analytics import ingest
from analytics.ingest.files import blocks, decoding, imports
from analytics.ingest.files.kept_mappings import keep_mapping
from analytics.ingest.files.mappings import FileMapping
from analytics.ingest.files.times import DayOrder
from analytics.ledger.rebuild import Difference, verify
from analytics.models import (
    Campaign,
    Contact,
    Enrolment,
    Event,
    IngestRemark,
    KeptMapping,
    Message,
    MessageEvent,
    Variant,
)
from tests.database import database_url, other_writer

AT = datetime(2026, 3, 1, tzinfo=UTC)
CAMPAIGN = {"externalId": "c1", "name": "Spring"}
CONTACT = {"externalId": "ada", "email": "ada@example.com"}
MESSAGE = {"externalId": "m1", "campaign": "c1", "contact": "ada", "channel": "EMAIL", "sentAt": "2026-03-01T08:00:00Z"}


def event(number, **fields):
    at = AT + timedelta(minutes=number)
    return {"type": "seen", "occurredAt": at.isoformat(), "anonymousId": f"d{number % 7}", **fields}


def lines(items):
    return "".join(json.dumps(item) + "\n" for item in items).encode()


@pytest.fixture
def run(workspace, tmp_path):
    """Imports what is given as the content of a file; answers the exit status and what was printed."""

    def run(resource, content=None, *, name="given", workspace_id=workspace.api_id, **options):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        out = StringIO()
        try:
            call_command("import", resource, str(path), workspace=workspace_id, stdout=out, stderr=out, **options)
            status = 0
        except SystemExit as stopped:
            status = stopped.code
        return status, out.getvalue()

    return run


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of a few lines, all read by the first process."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 300)
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 3)
    monkeypatch.setattr(imports, "BLOCKS_ALONE", 1000)
    monkeypatch.setattr(decoding, "TIMES_LARGER", 1)


def rejects(tmp_path, name="given"):
    return [json.loads(line) for line in (tmp_path / f"{name}.rejected.jsonl").read_text().splitlines()]


def test_every_resource_comes_from_json_lines(run):
    test = {"externalId": "t1", "name": "Subject", "variants": [{"name": "A"}, {"name": "B"}]}
    assert run("campaigns", lines([{**CAMPAIGN, "abTests": [test]}]))[0] == 0
    assert run("contacts", lines([CONTACT, {"externalId": "bob"}]))[0] == 0
    assert run("enrollments", lines([{"campaign": "c1", "contact": "ada"}]))[0] == 0
    assert run("messages", lines([{**MESSAGE, "abTest": "t1", "variant": "B"}]))[0] == 0
    opened = {"message": "m1", "type": "opened", "at": "2026-03-01T09:00:00Z"}
    assert run("message-events", lines([opened]))[0] == 0
    status, said = run("events", lines([event(1, contact="ada", utm={"source": "x"}, properties={"n": 1})]))
    assert (status, said) == (0, "Done after 1 lines: 1 accepted, 0 updated, 0 duplicates, 0 rejected.\n")
    assert Variant.objects.count() == 2
    assert Enrolment.objects.get().contact.external_id == "ada"
    assert Message.objects.get().opened_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert MessageEvent.objects.count() == 1
    assert (Event.objects.get().properties, Event.objects.get().utm.source) == ({"n": 1}, "x")


def test_every_resource_comes_from_csv(run):
    variants = '[{""externalId"": ""t1"", ""name"": ""Subject"", ""variants"": [{""name"": ""A""}]}]'
    assert run("campaigns", f'externalId,name,abTests\nc1,Spring,"{variants}"\n'.encode())[0] == 0
    contacts = 'externalId,email,attributes,attributes.age\nada,ada@example.com,"{""plan"": ""pro""}",36\nbob,,,\n'
    assert run("contacts", contacts.encode())[0] == 0
    assert run("enrollments", b"contact;campaign;status\nada;c1;COMPLETED\n")[0] == 0
    assert run("messages", b"externalId,campaign,contact,channel,abTest,variant\nm1,c1,ada,EMAIL,t1,A\n")[0] == 0
    assert run("message-events", b"message,type,at\nm1,clicked,2026-03-01T09:00:00Z\n")[0] == 0
    header = "type,occurredAt,contact,utm.source,utm.campaign,properties.plan,properties.n,properties.zip\n"
    row = "\ufefftype"[:1] + header + 'seen,2026-03-01T10:00:00Z,ada,News,,"a ""b"",\nc",9.5,007\n'
    assert run("events", row.encode())[0] == 0
    ada = Contact.objects.get(external_id="ada")
    assert (ada.email, ada.attributes) == ("ada@example.com", {"plan": "pro", "age": 36})
    assert Campaign.objects.get().ab_tests.get().variants.get().name == "A"
    assert Enrolment.objects.get().status == "COMPLETED"
    assert Message.objects.get().clicked_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    stored = Event.objects.get()
    assert stored.properties == {"plan": 'a "b",\nc', "n": 9.5, "zip": "007"}
    assert (stored.utm.source, stored.context) == ("news", {"campaign": {"source": "News"}})


def test_gzip_is_told_by_content_and_not_by_name(run):
    assert run("contacts", gzip.compress(lines([CONTACT])), name="contacts.csv")[0] == 0
    assert run("contacts", b"externalId\nbob\n", name="contacts.jsonl.gz")[0] == 0
    assert set(Contact.objects.values_list("external_id", flat=True)) == {"ada", "bob"}


def test_standard_input_is_read(workspace, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "piped").write_bytes(lines([CONTACT, {"email": "nobody"}]))
    with (tmp_path / "piped").open() as piped:
        monkeypatch.setattr(sys, "stdin", piped)
        with pytest.raises(SystemExit, match="3"):
            call_command("import", "contacts", "-", workspace=workspace.api_id)
    assert Contact.objects.count() == 1
    assert rejects(tmp_path, "standard-input")[0]["line"] == 2


def test_what_is_refused_is_written_beside_the_file(run, tmp_path):
    content = lines([event(1), event(2, occurredAt="soon")]) + b"{broken\n\n[]\nnull\n" + lines([event(3)])
    status, said = run("events", content)
    assert status == 3
    assert "Done after 7 lines: 2 accepted, 0 updated, 0 duplicates, 4 rejected." in said
    assert str(tmp_path / "given.rejected.jsonl") in said
    found = rejects(tmp_path)
    assert [(one["line"], one["code"]) for one in found] == [
        (2, "invalid_occurred_at"),
        (3, "invalid_json"),
        (5, "invalid_item"),
        (6, "invalid_item"),
    ]
    assert [one["item"] for one in found] == [event(2, occurredAt="soon"), "{broken", [], None]
    assert "2026-01-15T09:30:00Z" in found[0]["message"]
    kept = IngestRemark.objects.filter(source="import of given")
    assert set(kept.values_list("code", "count")) == {
        ("invalid_occurred_at", 1),
        ("invalid_json", 1),
        ("invalid_item", 2),
    }


def test_refused_rows_of_csv_keep_their_line_and_cells(run, tmp_path):
    status, _ = run("contacts", b'externalId,attributes\na,"{\n}"\nb\nc,{]\n\nundefined,\n')
    assert status == 3
    assert rejects(tmp_path) == [
        {
            "line": 4,
            "code": "invalid_row",
            "message": "The row has 1 cells; the header names 2 columns.",
            "item": {"externalId": "b"},
        },
        {
            "line": 5,
            "code": "invalid_attributes",
            "message": "attributes must be a JSON object; it is '{]'.",
            "item": {"externalId": "c", "attributes": "{]"},
        },
        {
            "line": 7,
            "code": "illegal_id",
            "message": "externalId 'undefined' names nobody; leave it out or send a real id.",
            "item": {"externalId": "undefined", "attributes": ""},
        },
    ]


def test_the_same_file_again_changes_nothing(run):
    content = lines([event(number) for number in range(5)] + [event(0), event(0, messageId="x")])
    run("events", content)
    assert Event.objects.count() == 7, "without an id, equal lines are different events"
    status, said = run("events", content)
    assert (status, Event.objects.count()) == (0, 7)
    assert "0 accepted, 0 updated, 7 duplicates" in said


def test_equal_lines_are_different_events_and_another_export_of_them_doubles_none(run, small_blocks):
    march = [event(number % 3) for number in range(9)] + [event(7)]
    assert "10 accepted" in run("events", lines(march))[1]

    longer = lines([event(20), *reversed(march), event(0)])
    assert "2 accepted, 0 updated, 10 duplicates" in run("events", longer, name="longer")[1]
    as_csv = "\n".join([",".join(march[0]), *(",".join(item.values()) for item in march)]).encode()
    assert "0 accepted, 0 updated, 10 duplicates" in run("events", as_csv, name="as_csv")[1]


def test_a_file_and_the_bulk_api_make_the_same_ids(run, bulk):
    items = [event(1), event(2), event(1)]
    assert bulk("events", items)["accepted"] == 3
    assert "0 accepted, 0 updated, 3 duplicates" in run("events", lines(items))[1]


def test_it_counts_what_was_imported_before_it_was_stopped(run, small_blocks, monkeypatch):
    content = lines([event(number % 2) for number in range(12)])
    written = imports.write_calls
    blocks_taken = []

    def write_until_stopped(*args, **kwargs):
        if len(blocks_taken) == 2:
            raise KeyboardInterrupt
        blocks_taken.append(args)
        return written(*args, **kwargs)

    monkeypatch.setattr(imports, "write_calls", write_until_stopped)
    assert run("events", content)[0] == 130
    assert 0 < Event.objects.count() < 12
    monkeypatch.setattr(imports, "write_calls", written)

    assert run("events", content)[0] == 0
    assert Event.objects.count() == 12


@pytest.mark.parametrize("stored_as", ["event", "identification"])
def test_what_is_stored_already_says_nothing_new(run, workspace, tmp_path, stored_as):
    if stored_as == "event":
        run("events", lines([event(1, messageId="m1")]))
    else:
        identify = {"type": "identify", "userId": "ada", "messageId": "m1", "timestamp": AT.isoformat()}
        assert ingest.take_calls(workspace, [identify], received_at=timezone.now()).accepted == 1
    before = {one.external_id for one in Contact.objects.all()}
    again = [event(2), event(3, messageId="m1", contact="eve"), event(4, messageId="m1"), event(5, contact="bob")]
    status, said = run("events", lines(again), name="again")
    assert status == 3
    assert "Done after 4 lines: 2 accepted, 0 updated, 0 duplicates, 2 rejected." in said
    assert {one["code"] for one in rejects(tmp_path, "again")} == {"id_reused"}
    assert {one.external_id for one in Contact.objects.all()} == {*before, "bob"}
    assert not [one for one in verify(workspace) if isinstance(one, Difference)]


def test_lines_with_what_no_database_should_hold_are_refused(run, tmp_path):
    """The items are not written as JSON again to find out, as they are elsewhere: it is seen in the line."""
    begin = json.dumps(event(1))[:-1]
    many, more = (", ".join(f'"{number}" : 1' for number in range(count)) for count in (400, 500))
    emoji, deep = '"\\ud83d\\ude00"', '{"a":' * 10 + "1" + "}" * 10
    problems = {
        '"properties": {"a": 1e999}': "invalid_number",
        '"properties": {"a": -1.0e400}': "invalid_number",
        '"properties": {"a": NaN}': "invalid_json",
        '"properties": {"a": "\\u0000"}': "invalid_text",
        '"properties": {"a": "\\uDFff"}': "invalid_text",
        f'"properties": {{"a": "{"x" * 32_700}"}}': "item_too_large",
        f'"properties": {deep}': "too_deep",
        f'"properties": {{{more}}}': "too_many_keys",
        '"unknown": {"a": 1e999}': "invalid_number",
        f'"properties": {{"a": {emoji}, "b": 1.5e10, "c": "\\u00e4", "d": "{"ä" * 4096}"}}': None,
        f'"properties": {{{many}}}': None,
    }
    run("events", "".join(f"{begin}, {said}}}\n" for said in problems).encode())
    assert [one["code"] for one in rejects(tmp_path)] == [code for code in problems.values() if code]
    fine, _ = sorted(Event.objects.all(), key=lambda one: len(one.properties))
    assert fine.properties == {"a": "😀", "b": 1.5e10, "c": "ä", "d": "ä" * 4096}


@pytest.mark.parametrize("as_csv", [False, True])
def test_it_goes_on_where_it_was_stopped(run, small_blocks, tmp_path, monkeypatch, workspace, as_csv):
    items = [event(number, messageId="" if number == 11 else f"m{number}") for number in range(20)]
    items[4]["type"] = items[15]["type"] = ""
    content = lines(items)
    if as_csv:
        rows = [",".join(map(str, item.values())) for item in items]
        content = "\n".join([",".join(items[0]), *rows]).encode()
    written = imports.write_calls
    blocks_taken = []

    def write_until_stopped(*args, **kwargs):
        if len(blocks_taken) == 3:
            raise KeyboardInterrupt
        blocks_taken.append(args)
        return written(*args, **kwargs)

    monkeypatch.setattr(imports, "write_calls", write_until_stopped)
    status, said = run("events", content)
    assert status == 130
    assert re.search(r"Stopped after \d+ lines: .*\n.*\n?Run the same command again to go on; what is", said)
    stored, refused = Event.objects.count(), len(rejects(tmp_path))
    assert 0 < stored < 18
    with (tmp_path / "given.rejected.jsonl").open("a") as half_written:
        half_written.write('{"line"')
    monkeypatch.setattr(imports, "write_calls", written)
    status, said = run("events")
    assert status == 3
    assert said.startswith(f"Going on after {stored + refused} lines.")
    assert "Done after 20 lines: 18 accepted, 0 updated, 0 duplicates, 2 rejected." in said
    assert Event.objects.count() == 18
    assert [one["line"] for one in rejects(tmp_path)] == ([6, 17] if as_csv else [5, 16])
    assert not (tmp_path / "given.import.json").exists()
    assert not [one for one in verify(workspace) if isinstance(one, Difference)]


def test_another_file_of_the_same_name_begins_anew(run, small_blocks, tmp_path, monkeypatch):
    monkeypatch.setattr(imports, "write_calls", stopping)
    run("events", lines([event(1)]))
    monkeypatch.undo()
    kept = {"resource": "events", "workspace": 1, "begins": "other", "handled": 7, "rejectsBytes": 0, "counts": {}}
    (tmp_path / "given.import.json").write_text(json.dumps(kept))
    assert "Going on" not in run("events", lines([event(1)]))[1]
    assert Event.objects.count() == 1


def stopping(*args, **kwargs):
    raise KeyboardInterrupt


@pytest.mark.long
def test_a_second_process_reads_what_is_many(run, monkeypatch, workspace, tmp_path):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 2_000)
    items = [event(number, contact=f"u{number % 5}") for number in range(300)]
    items[250]["occurredAt"] = 1
    content = lines(items).splitlines(keepends=True)
    content[260] = b"{broken\n"
    status, said = run("events", b"".join(content))
    assert (status, Event.objects.count()) == (3, 298)
    assert "Done after 300 lines: 298 accepted, 0 updated, 0 duplicates, 2 rejected." in said
    assert [each["line"] for each in rejects(tmp_path)] == [251, 261]
    assert not [one for one in verify(workspace) if isinstance(one, Difference)]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (gzip.compress(b'{"externalId": "a"}' * 9999, mtime=0)[:-20], "broken gzip or was cut off"),
        (b"\x1f\x8bnothing", "broken gzip"),
        (b"PK\x03\x04...", "The zip archive cannot be read: File is not a zip file"),
        (b'[{"externalId": "a"}, {"externalId"', "The JSON array is broken or was cut off within its element 2"),
        (
            b"externalId,e-mail,tel\na,b,c\n",
            "Unknown columns: 'e-mail' (perhaps 'email'?), 'tel'; contacts have: externalId, email,",
        ),
        (
            b"ada,ada@example.com\nbob,\n",
            "The first line must name the columns. Unknown columns: 'ada', 'ada@example.com';",
        ),
        (
            b"Email Address,First Name,Tags,Customer ID\na@b.example,Ada,x,7\n",
            "given: Unknown columns: 'Email Address' (perhaps 'email'?), 'First Name' (perhaps 'name'?), 'Tags', "
            "'Customer ID' (perhaps 'externalId'?); "
            "contacts have: externalId, email, phone, name, signedUpAt, unsubscribedAt, attributes, isUnsubscribed, "
            "attributes.…. Rename them",
        ),
        (
            b"externalId,campaign,contact,channel\nm,c,a,EMAIL\n",
            "given: The columns are those of messages. Unknown columns: 'campaign', 'contact', 'channel'; contacts "
            "have: externalId, email, phone, name, signedUpAt, unsubscribedAt, attributes, isUnsubscribed, "
            "attributes.…. Import the file as messages.",
        ),
        (
            ",".join(f"column {number}" for number in range(300)).encode() + b"\na\n",
            "'column 9' and 290 more; contacts have",
        ),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "given: The file is a PDF; save it as CSV in UTF-8"),
        (b"\n<!DOCTYPE html><html>", "given: The file is a web page or XML; save it as CSV in UTF-8"),
        (b"BZh91AY&SY", "given: The file is packed with bzip2; unpack it first."),
        (b"\x7fELF\x02\x01\x01\x00\x00", "given: The file is no text; save it as CSV in UTF-8"),
        (b"email,email,externalId\na,b,c\n", "Columns are there twice: 'email'"),
        (b"email\na\n", "Columns are missing: 'externalId'; contacts have: externalId, email, phone, name, signedUpAt"),
        (b"externalId;email;;\na;b;;\n", "Columns without a name: 3, 4 of 4. Name them, or take them out."),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_that_says_why(run, content, problem):
    with pytest.raises(CommandError, match=re.escape(problem)):
        run("contacts", content)


def test_a_first_line_that_tells_excel_the_delimiter_is_no_header(run, workspace):
    assert run("contacts", b"\xef\xbb\xbfsep=;\r\nexternalId;name\r\n0012;Doe, Ada\r\n;x\r\n")[0] == 3
    assert Contact.objects.get(external_id="0012").name == "Doe, Ada"


@pytest.mark.parametrize("day", ["03/04/2026", "3.4.2026", "04-03-26"])
def test_a_day_in_a_country_s_own_order_is_refused_with_how_to_write_it(run, tmp_path, day):
    status, _ = run("contacts", f"externalId;signedUpAt\na;{day}\n".encode())
    assert (status, Contact.objects.count()) == (3, 0)
    assert "allowed are days such as 2026-01-15, year first," in rejects(tmp_path)[0]["message"]


def test_what_was_taken_otherwise_or_deserves_a_look_is_told(run):
    content = lines(
        [
            {"externalId": "a", "email": "x@example.com", "nickname": "A"},
            {"externalId": "b", "email": "X@example.com", "nickname": "B"},
            {"externalId": "c", "signedUpAt": "2099-01-01"},
        ]
    )
    status, out = run("contacts", content)
    assert status == 0
    assert "Warnings: 4; the page Events lists them. The first of each kind:" in out
    assert "  email_shared, line 1: Another contact has the same email address: 'b'." in out
    assert "  future_time, line 3: signedUpAt lies over 24 hours ahead; it counts as of its receipt." in out
    assert "  unknown_field, line 1: 'nickname' is not read." in out
    assert "Warnings" not in run("contacts", lines([CONTACT]))[1]


def test_an_unreadable_file_is_not_said_to_go_on(run):
    with pytest.raises(CommandError) as raised:
        run("contacts", b"%PDF-1.7")
    assert "again" not in str(raised.value)


@pytest.mark.long
def test_a_file_that_breaks_off_in_the_middle_is_to_be_mended(run_until_error, small_blocks):
    contacts = ", ".join(json.dumps({"externalId": f"u{number}"}) for number in range(200))
    out = run_until_error("contacts", f"[{contacts}, {{".encode())
    assert re.search(r"Stopped after \d+ lines: ", out)
    assert out.endswith("Mend the file, and import it again; what is imported counts once.\n")


@pytest.fixture
def run_until_error(workspace, tmp_path):
    """Imports a file that ends in an error; answers what was printed until then."""

    def run(resource, content):
        (tmp_path / "given").write_bytes(content)
        out = StringIO()
        with pytest.raises(CommandError):
            call_command("import", resource, str(tmp_path / "given"), workspace=workspace.api_id, stdout=out)
        return out.getvalue()

    return run


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("resource", "items"), [("events", [event(1)]), ("contacts", [CONTACT])])
def test_it_waits_for_another_writer_says_so_and_goes_on(workspace, tmp_path, resource, items, monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.1)
    (tmp_path / "given").write_bytes(lines(items))
    with ExitStack() as stack:
        stack.enter_context(other_writer())
        if connection.vendor == "postgresql":
            stack.enter_context(connection.execute_wrapper(locked))
        out = Listener("Another program is writing, or the database does not answer (", stack.close)
        call_command("import", resource, str(tmp_path / "given"), workspace=workspace.api_id, stdout=out, stderr=out)
    assert out.was_heard
    assert "The database takes changes again; going on." in out.getvalue()
    assert "Done after 1 lines: 1 accepted" in out.getvalue()


class Listener(StringIO):
    """Acts when a text is written to it."""

    def __init__(self, text, act):
        super().__init__()
        self.text, self.act, self.was_heard = text, act, False

    def write(self, text):
        if self.text in text:
            self.was_heard = True
            self.act()
        return super().write(text)


def locked(execute, sql, params, many, context):
    """As PostgreSQL, where a lock is not to be had in time."""
    if sql.startswith("INSERT"):
        raise OperationalError("canceling statement due to lock timeout")
    return execute(sql, params, many, context)


def test_a_folder_that_takes_no_files_keeps_no_import_from_going_on(run, settings, tmp_path):
    """Not even root can make a file among a process's own descriptors."""
    settings.VAR_DIR = tmp_path / "var"
    items = [{**CONTACT, "externalId": f"u{number}"} for number in range(3)] + [{"externalId": ""}]
    (tmp_path / "given").write_bytes(lines(items))
    with (tmp_path / "given").open("rb") as file:
        status, said = run("contacts", name=f"/proc/self/fd/{file.fileno()}")
    assert status == 3
    [rejected] = (tmp_path / "var" / "imports").rglob("*.rejected.jsonl")
    assert f"What was rejected, and why: {rejected}" in said
    assert Contact.objects.count() == 3


def test_wrong_arguments_are_errors_that_say_what_is_allowed(run, tmp_path):
    with pytest.raises(CommandError, match=f"{tmp_path}/given: No such file or directory"):
        run("contacts")
    with pytest.raises(CommandError, match="Is a directory"):
        run("contacts", name="")
    with pytest.raises(CommandError, match=r"invalid choice: 'people' \(choose from"):
        run("people", b"")
    with pytest.raises(CommandError, match="There is no workspace 'ws_999'; their ids look like ws_1"):
        run("contacts", b"", workspace_id="ws_999")


@pytest.mark.parametrize(
    "content", [b"", gzip.compress(b"", mtime=0), b"type,occurredAt\n", b"type;occurredAt\n;\n;\n"]
)
def test_a_file_with_nothing_in_it_says_so(run, content):
    status, said = run("events", content)
    assert (status, said.partition(".")[0]) == (0, "There are no events in the file")


def test_lines_of_empty_cells_are_told_in_one_line(run):
    status, said = run("contacts", b"externalId;name\na;A\n;\n;\n")
    assert (status, said) == (
        0,
        "Done after 3 lines: 1 accepted, 0 updated, 0 duplicates, 0 rejected.\n"
        "Lines with empty cells alone: 2, skipped.\n",
    )


@pytest.fixture
def started(tmp_path):
    """Starts the command in a process of its own, over a file of some blocks."""
    path = tmp_path / "given"
    path.write_bytes(lines(event(number) for number in range(45_000)))
    running = []

    def start(workspace):
        command = [sys.executable, "manage.py", "import", "events", str(path), "--workspace", workspace.api_id]
        process = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": database_url(), "SECRET_KEY": "for-tests"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_for_the_first_block(path, process):
    end = time.monotonic() + 120
    while not path.exists():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.django_db(transaction=True)
@pytest.mark.processes
def test_a_process_that_is_killed_or_interrupted_goes_on_when_run_again(started, workspace, tmp_path):
    state = tmp_path / "given.import.json"
    killed = started(workspace)
    wait_for_the_first_block(state, killed)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    before = state.read_text()

    interrupted = started(workspace)
    end = time.monotonic() + 120
    while state.exists() and state.read_text() == before and time.monotonic() < end:
        time.sleep(0.01)
    if state.exists():  # else it is done already, and may be ending
        os.killpg(interrupted.pid, signal.SIGINT)
    out, errors = interrupted.communicate(timeout=120)
    assert interrupted.returncode in (0, 130), errors
    assert "Traceback" not in errors
    assert "Going on after" in out

    last = started(workspace)
    out, errors = last.communicate(timeout=300)
    assert last.returncode == 0, errors
    assert Event.objects.filter(workspace=workspace).count() == 45_000
    assert not [one for one in verify(workspace) if isinstance(one, Difference)]


EXPORT = b"Email Address,First Name,Signup Date,Plan\nada@example.com,Ada,01/02/2026,pro\nbob@example.com,Bob,%s,\n"


def test_another_tool_s_file_is_taken_as_its_columns_are_proposed(run):
    status, out = run("contacts", EXPORT % b"15/01/2026", map=True)
    assert status == 0
    assert "A file of another tool, times in Europe/Berlin:" in out
    assert "  Email Address \u2192 email\n  First Name \u2192 firstName\n  Signup Date \u2192 signedUpAt" in out
    assert "Done after 2 lines: 2 accepted" in out
    ada = Contact.objects.get(email="ada@example.com")
    assert (ada.external_id, ada.name, ada.attributes) == ("ada@example.com", "Ada", {"Plan": "pro"})
    assert ada.signed_up_at == datetime(2026, 1, 31, 23, tzinfo=UTC)


def test_days_that_may_be_either_are_asked_for(run):
    with pytest.raises(CommandError, match="Say which stands first in Signup Date: --day-first"):
        run("contacts", EXPORT % b"03/04/2026", map=True)
    assert not Contact.objects.exists()
    run("contacts", EXPORT % b"03/04/2026", map=True, order=DayOrder.MONTH_FIRST, zone="America/New_York")
    assert Contact.objects.get(email="bob@example.com").signed_up_at == datetime(2026, 3, 4, 5, tzinfo=UTC)


def test_what_columns_meant_is_kept_for_the_next_file_unless_it_is_to_be_forgotten(run, workspace):
    run("contacts", EXPORT % b"03/04/2026", map=True, order=DayOrder.MONTH_FIRST)
    [row] = KeptMapping.objects.all()
    kept = FileMapping.of_json(row.mapping)
    plan = replace(kept.columns[-1], target="attributes.tier")
    keep_mapping(workspace, replace(kept, columns=(*kept.columns[:-1], plan)), now=timezone.now())
    cy = b"Email Address,First Name,Signup Date,Plan\ncy@example.com,Cy,03/04/2026,max\n"

    _, out = run("contacts", cy, name="next", map=True)

    assert "  Signup Date \u2192 signedUpAt, as last time\n  Plan \u2192 attributes.tier, as last time\n" in out
    cy_before = Contact.objects.get(email="cy@example.com")
    assert (cy_before.attributes, cy_before.signed_up_at.month) == ({"tier": "max"}, 3)
    with pytest.raises(CommandError, match="Say which stands first in Signup Date"):
        run("contacts", cy, name="next", map=True, forget=True)
    _, out = run("contacts", cy, name="next", map=True, order=DayOrder.DAY_FIRST)
    assert "as last time" in out
    assert FileMapping.of_json(KeptMapping.objects.get().mapping).columns[2].order is DayOrder.DAY_FIRST


def test_an_archive_of_another_resource_says_so(run):
    call = {"type": "track", "messageId": "m", "timestamp": "2026-01-15T09:30:00Z", "context": {}, "event": "x"}
    with pytest.raises(CommandError, match=r"These are events of Segment\. Import the file as events"):
        run("contacts", lines([call]), map=True)
    with pytest.raises(CommandError, match="There is no time zone 'CET2'"):
        run("contacts", EXPORT, map=True, zone="CET2")
