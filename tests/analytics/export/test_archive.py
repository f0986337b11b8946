"""`manage.py archive`: a workspace read from its archive has the same ids, and every answer is the same to the byte."""

import json
import zipfile
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from analytics.export import archive as archive_module
from analytics.export import tallies
from analytics.export.archive_tables import ARCHIVED, STAYS, ArchiveTable, canonical_text
from analytics.ledger.rebuild import Difference, verify
from analytics.models import (
    Board,
    Campaign,
    Contact,
    DayCount,
    Event,
    ExchangeRate,
    Note,
    SavedFunnel,
    SavedQuestion,
)
from analytics.registry import REPORTS
from tests.analytics.reports.items import at, contact, event, message
from tests.analytics.two_campaigns import fill_two_campaigns
from tests.conftest import post_json
from tests.copied_rows import copied
from workspaces.changes import change_settings, create_workspace, delete_workspace
from workspaces.models import Key, Membership, Workspace

pytestmark = pytest.mark.usefixtures("now")
WRITTEN_ON_SQLITE = Path(__file__).with_name("written_on_sqlite.zip")
OF_THEN = {"contacts", "enrollments", "person_numbers", "people", "identities", "events", "messages"}
QUESTIONS = (
    ("/funnel", {"steps": "visit,purchase"}),
    ("/timeseries", {"metric": "events", "compare": "previous"}),
    ("", {"segment": "seg"}),
    ("/campaigns", {"segment": "seg"}),
    ("/revenue", {"range": "90d"}),
)
LISTS = ("campaigns", "contacts", "enrollments", "messages", "message-events", "events", "joins", "rates", "segments")


@pytest.fixture
@copied
def history(bulk, api, track, track_trusted, browser_key, workspace, owner):
    """Two campaigns with money in two currencies, a test, harm, a join that was undone and one that was not, a page's
    events, and what members made."""
    rule = {"kind": "sale", "amount": ["revenue"], "currency": ["currency"], "order": ["order_id"]}
    change_settings(workspace=workspace, by=owner, money_rules={"purchase": rule})
    fill_two_campaigns(bulk)
    variants = {"externalId": "subject", "name": "Subject", "variants": [{"name": "A"}, {"name": "B"}]}
    bulk("campaigns", [{"externalId": "late", "name": "Late", "abTests": [variants]}])
    bulk("contacts", [contact(name, "03-01 09:00") for name in ("old", "new", "a", "b")])
    of_test = {"campaign": "late", "abTest": "subject", "sent": "03-22 08:00", "delivered": "03-22 08:00"}
    bulk(
        "messages",
        [message(f"t{name}", "03-22 08:00", contact=name, variant=name.upper(), **of_test) for name in ("a", "b")],
    )
    reports = [("complained", "ta"), ("unsubscribed", "tb"), ("opened", "tb"), ("opened", "not-known")]
    bulk("message-events", [{"message": of, "type": type_, "at": at("03-22 09:00")} for type_, of in reports])
    bulk("enrollments", [{"campaign": "late", "contact": "a", "enrolledAt": at("03-22 07:00")}])
    bulk("events", [event("visit", "?d1", "03-23 09:00", properties={"n": 1e22, "ü": [None, "a\u2028b"]})])
    track({"type": "identify", "anonymousId": "?d1", "userId": "old", "traits": {"plan": "pro"}})
    pairs = [("old", "new"), ("a", "b")]
    track_trusted(*({"type": "alias", "previousId": old, "userId": new} for old, new in pairs))
    joined = Contact.objects.get(external_id="b").api_id
    joins = api.get(f"/api/workspaces/{workspace.api_id}/joins", {"contact": joined})
    assert api.delete(f"/api/workspaces/{workspace.api_id}/joins/{joins.json()['results'][0]['id']}").status_code == 204
    page = {"type": "track", "anonymousId": "page", "event": "visit", "messageId": "from-a-page"}
    assert post_json(api, "/v1/batch", {"batch": [page]}, Authorization=f"Bearer {browser_key}").status_code == 200
    ExchangeRate.objects.create(workspace=workspace, day="2026-03-01", source="USD", target="EUR", digits=9, places=1)
    made = {"workspace": workspace, "created_by": owner}
    campaign = Campaign.objects.get(external_id="spring")
    segment = {"name": "Buyers of spring", "filter": {"did": "purchase", "within": "30d"}}
    assert post_json(api, f"/api/workspaces/{workspace.api_id}/segments", segment).status_code == 201
    SavedFunnel.objects.create(name="Buying", steps=["visit", "purchase"], **made)
    asked = {"report": "overview", "parameters": {"campaign": campaign.api_id}}
    question = SavedQuestion.objects.create(name="Spring", **asked, **made)
    Board.objects.create(name="Mine", tiles=[{"question": question.api_id, "shows": "figure:events"}], **made)
    Note.objects.create(day="2026-03-20", text="Sent", campaign=campaign, **made)


def answers(api, workspace):
    """What the API says of everything, by address."""
    base = f"/api/workspaces/{workspace.api_id}"
    tests = [row["id"] for row in api.get(f"{base}/ab-tests").json()["results"]]
    campaigns = [row["id"] for row in api.get(f"{base}/campaigns").json()["results"]]
    places = [endpoint.place for report in REPORTS for endpoint in report.endpoints]
    ids = {r"(?P<campaign_id>[^/]+?)": campaigns[0], r"(?P<test_id>[^/]+?)": tests[0]}
    for pattern, api_id in ids.items():
        places = [place.replace(pattern, api_id) for place in places]
    places = [f"analytics{place}" for place in places]
    segment = api.get(f"{base}/segments").json()["results"][0]["id"]
    asked = [(place, {}) for place in (*places, *LISTS)]
    asked += [
        (f"analytics{place}", {name: segment if value == "seg" else value for name, value in params.items()})
        for place, params in QUESTIONS
    ]
    found = {}
    for place, params in asked:
        response = api.get(f"{base}/{place}", params)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        assert response.status_code == 200 or (place, params) == ("analytics/funnel", {}), (place, params, body)
        found[place, str(params)] = body
    return found


def archive(*words, **options):
    call_command("archive", *map(str, words), **options)


def differences(workspace):
    return [str(each) for each in verify(workspace) if isinstance(each, Difference)]


@pytest.mark.long
@pytest.mark.usefixtures("history")
def test_every_answer_is_the_same_once_it_was_read(workspace, owner, api, tmp_path, capsys):
    before = answers(api, workspace)
    assert len(before) > 30
    archive("write", tmp_path / "a.zip", workspace=workspace.api_id)
    delete_workspace(workspace=workspace, by=owner)
    assert not Event.objects.filter(workspace=workspace.pk).exists()
    Workspace.objects.filter(pk=workspace.pk).delete()
    archive("read", tmp_path / "a.zip", owner="OWNER@example.com")
    assert answers(api, workspace) == before
    assert differences(Workspace.objects.get(pk=workspace.pk)) == []
    archive("compare", tmp_path / "a.zip")
    assert "has what the archive" in capsys.readouterr().out
    board = Board.objects.get(workspace=workspace.pk)
    assert board.created_by == owner
    assert Membership.objects.get(workspace=workspace.pk).user == owner


@pytest.mark.usefixtures("history")
def test_rows_that_differ_from_the_archive_are_told_by_table_and_day(workspace, tmp_path, capsys):
    archive("write", tmp_path / "a.zip", workspace=workspace.api_id)
    Event.objects.filter(workspace=workspace, type="purchase", occurred_at__lt=at("03-21 10:30")).update(message_id="x")
    with pytest.raises(SystemExit, match="1"):
        archive("compare", tmp_path / "a.zip")
    told = capsys.readouterr().out.splitlines()[-1]
    assert told.startswith("events 2026-03-21: 3 (")
    assert " here, 3 (" in told


@pytest.mark.usefixtures("history")
def test_an_archive_says_how_many_there_were_of_each_on_each_day(workspace, tmp_path):
    archive("write", tmp_path / "a.zip", workspace=workspace.api_id)
    assert (tmp_path / "a.zip").stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(tmp_path / "a.zip") as zipped:
        told = json.loads(zipped.read("archive.json"))
        lines = {name: zipped.read(f"{name}.jsonl").decode().split("\n") for name in told["tables"]}
        everything = b"".join(map(zipped.read, zipped.namelist()))
    rows = {name: {day: of["rows"] for day, of in table["days"].items()} for name, table in told["tables"].items()}
    assert rows["events"] == {"2026-03-21": 3, "2026-03-23": 1, "2026-03-25": 1, "2026-03-31": 1}
    assert rows["contacts"] == {"": 1, "2026-01-10": 3, "2026-03-01": 3}
    assert {name: sum(days.values()) for name, days in rows.items()} == {
        name: len([line for line in text if line]) for name, text in lines.items()
    }
    secrets = [key.digest for key in Key.objects.filter(workspace=workspace)]
    assert secrets
    assert not any(digest.encode() in everything for digest in secrets)


@pytest.mark.usefixtures("history")
def test_a_ledger_that_counts_otherwise_is_in_the_way(workspace, tmp_path):
    DayCount.objects.filter(workspace=workspace, counted="messages", day="2026-03-22").update(n=5)
    with pytest.raises(CommandError, match=r"messages 2026-03-22: 2 rows, the ledger counts \d+ \(1 such days\)"):
        archive("write", tmp_path / "a.zip", workspace=workspace.api_id)
    assert [*tmp_path.iterdir()] == []


@pytest.fixture
def small(workspace, bulk, tmp_path) -> Path:
    """An archive of a workspace that is there no more."""
    bulk("campaigns", [{"externalId": "c", "name": "C"}])
    bulk("events", [event("visit", "?d", "03-23 09:00")])
    archive("write", tmp_path / "a.zip", workspace=workspace.api_id)
    return tmp_path / "a.zip"


def test_what_is_taken_is_not_stored_twice(workspace, owner, small):
    with pytest.raises(CommandError, match=f"There is a workspace {workspace.api_id} here already"):
        archive("read", small, owner=owner.email)
    other = create_workspace(name="Other", by=owner)
    taken = Campaign.objects.get(workspace=workspace).pk
    delete_workspace(workspace=workspace, by=owner)
    Campaign.objects.create(pk=taken, workspace=other, external_id="c", name="C", received_at=at("03-23 09:00"))
    with pytest.raises(CommandError, match="Some of the ids of its campaigns are taken here"):
        archive("read", small, owner=owner.email)
    assert not Workspace.objects.filter(pk=workspace.pk).exists()
    assert not Event.objects.filter(workspace=workspace.pk).exists()


def test_new_ids_are_none_that_an_archive_had(workspace, owner, small):
    had = Campaign.objects.get(workspace=workspace).pk
    delete_workspace(workspace=workspace, by=owner)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # as where nothing has been yet
            cursor.execute("SELECT setval(pg_get_serial_sequence('analytics_campaign', 'id'), 1, false)")
    archive("read", small, owner=owner.email)
    now = Campaign.objects.create(workspace=workspace, external_id="new", name="N", received_at=at("03-23 09:00"))
    assert now.pk > had


def test_its_keys_let_nobody_in(workspace, owner, small, browser_key, tmp_path):
    archive("write", tmp_path / "b.zip", workspace=workspace.api_id)
    pk = Key.objects.get(workspace=workspace).pk
    delete_workspace(workspace=workspace, by=owner)
    archive("read", tmp_path / "b.zip", owner=owner.email)
    key = Key.objects.get(workspace=workspace)
    assert (key.pk, key.revoked_at is not None) == (pk, True)
    assert not Key.objects.with_token(browser_key).exists()


def changed(path, target, name, change):
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for each in old.namelist():
            new.writestr(each, change(old.read(each)) if each == name else old.read(each))
    return target


def test_what_was_changed_on_the_way_is_refused_whole(workspace, owner, small, tmp_path):
    other_type = changed(small, tmp_path / "b.zip", "events.jsonl", lambda text: text.replace(b"visit", b"views"))
    newer = changed(
        small, tmp_path / "c.zip", "archive.json", lambda text: text.replace(b'"format": 1', b'"format": 9')
    )
    column = changed(small, tmp_path / "d.zip", "archive.json", lambda text: text.replace(b'"message_id"', b'"colour"'))
    (tmp_path / "e.zip").write_bytes(small.read_bytes()[:-30])
    delete_workspace(workspace=workspace, by=owner)
    for path, problem in (
        (other_type, "What was stored is not what it has: events 2026-03-23: 1"),
        (newer, "It has format 9, and this release reads 1"),
        (column, "events has columns that this release does not know: colour"),
        (tmp_path / "e.zip", "It is no archive, or not whole"),
    ):
        with pytest.raises(CommandError, match=problem):
            archive("read", path, owner=owner.email)
    assert not Workspace.objects.filter(pk=workspace.pk).exists()


def test_commands_say_what_they_lack(workspace, tmp_path):
    with pytest.raises(CommandError, match="Say which workspace"):
        archive("write", tmp_path / "a.zip")
    with pytest.raises(CommandError, match="Say whose it becomes"):
        archive("read", tmp_path / "a.zip", owner="nobody@example.com")


def test_each_table_of_a_workspace_is_archived_or_has_its_reason():
    tables = {
        model._meta.label
        for model in apps.get_models()
        if any(field.name == "workspace" for field in model._meta.concrete_fields)
    }
    archived = {table.model._meta.label for table in ARCHIVED}
    assert archived | {*STAYS} == tables
    assert not archived & {*STAYS}


def test_large_numbers_are_the_same_text_on_every_database():
    assert canonical_text([{"b": 1e22, "a": 1.5}]) == canonical_text([{"a": 1.5, "b": 10**22}])
    assert canonical_text([1.5e300]) == f"[15{'0' * 299}]"
    assert canonical_text(["1e+5"]) == '["1e+5"]'


def test_an_archive_of_sqlite_is_the_same_on_every_database(owner, api, capsys):
    """Written by an earlier release, from what `history` sends."""
    archive("read", WRITTEN_ON_SQLITE, owner=owner.email)
    workspace = Workspace.objects.get()
    assert differences(workspace) == []
    archive("compare", WRITTEN_ON_SQLITE)
    base = f"/api/workspaces/{workspace.api_id}/analytics"
    told = api.get(base).json()
    assert (told["contacts"]["total"], told["messages"]["sent"], told["messages"]["opened"]) == (6, 7, 3)
    assert (told["events"]["total"], told["campaigns"]["total"]) == (6, 3)
    funnel = api.get(f"{base}/funnel", {"steps": "visit,purchase"}).json()
    assert [step["count"] for step in funnel["steps"]] == [3, 1]


def test_an_archive_of_an_earlier_release_lacks_newer_columns_and_tables(
    workspace, owner, small, tmp_path, monkeypatch
):
    """As if the preview of campaigns and most tables were new."""
    Campaign.objects.filter(workspace=workspace).update(preview_text="")
    earlier = ArchiveTable("campaigns", Campaign, leaves_out=frozenset({"preview_text"}))
    with monkeypatch.context() as of_then:
        for module in (archive_module, tallies):
            of_then.setattr(module, "ARCHIVED", [earlier, *(each for each in ARCHIVED if each.name in OF_THEN)])
        archive("write", tmp_path / "b.zip", workspace=workspace.api_id)
    delete_workspace(workspace=workspace, by=owner)
    archive("read", tmp_path / "b.zip", owner=owner.email)
    assert Campaign.objects.get(workspace=workspace).preview_text == ""
    archive("compare", tmp_path / "b.zip")


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_what_comes_meanwhile_is_not_in_it(workspace, small, bulk, track, at_once, tmp_path):
    """Writing waits for nobody, and nobody for it."""
    with tallies.snapshot():
        before = tallies.workspace_tallies(workspace, {"events": ["id", "occurred_at"]})
        [response] = at_once(lambda: track({"type": "track", "anonymousId": "d", "event": "visit"}))
        assert response.json()["accepted"] == 1
        assert tallies.workspace_tallies(workspace, {"events": ["id", "occurred_at"]}) == before
    archive("write", tmp_path / "b.zip", workspace=workspace.api_id)
    with zipfile.ZipFile(tmp_path / "b.zip") as zipped:
        assert (
            sum(day["rows"] for day in json.loads(zipped.read("archive.json"))["tables"]["events"]["days"].values())
            == 2
        )
