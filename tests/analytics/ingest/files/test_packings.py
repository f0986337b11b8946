"""However a file is packed, and whatever it is of: each of its rows is a fact or has a reason, and counts once."""

import csv
import gzip
import io
import json
from collections.abc import Callable

import pytest

from analytics.ingest import take_campaigns, take_contacts, take_messages
from analytics.ingest.files.uploads import import_upload, keep_upload
from analytics.models import Campaign, Contact, Event, Message, MessageEvent, Upload, UploadedResource
from tests.analytics.ingest.files.exports import EXPORTS, Export
from tests.analytics.ingest.files.test_reading import packed, workbook
from tests.conftest import NOW
from workspaces.models import User, Workspace

Row = list[str]
FILES: dict[str, list[Row]] = {
    "contacts": [
        ["externalId", "email"],
        ["a", "a@x.example"],
        ["b", "b@x.example"],
        ["b", "b@x.example"],
        ["c", "none"],
        ["", "d@x.example"],
        ["é", "e@x.example"],
    ],
    "campaigns": [
        ["externalId", "name", "status"],
        ["a", "A", "ACTIVE"],
        ["b", "B", "DRAFT"],
        ["b", "B", "DRAFT"],
        ["c", "C", "GONE"],
        ["d", "", ""],
        ["é", "É", ""],
    ],
    "messages": [
        ["externalId", "campaign", "contact", "channel", "sentAt"],
        ["a", "known", "known", "EMAIL", "2026-02-01T10:00:00Z"],
        ["b", "known", "known", "SMS", "2026-02-01T10:00:00Z"],
        ["b", "known", "known", "SMS", "2026-02-01T10:00:00Z"],
        ["c", "unknown", "known", "EMAIL", ""],
        ["d", "known", "known", "PIGEON", ""],
        ["é", "known", "known", "EMAIL", ""],
    ],
    "message-events": [
        ["message", "type", "at", "url"],
        ["known", "opened", "2026-02-01T10:00:00Z", ""],
        ["known", "clicked", "2026-02-01T10:00:00Z", "https://x.example/é"],
        ["known", "clicked", "2026-02-01T10:00:00Z", "https://x.example/é"],
        ["known", "smelled", "2026-02-01T10:00:00Z", ""],
        ["known", "opened", "32 May", ""],
        ["known", "opened", "2026-02-01T11:00:00Z", ""],
    ],
    "events": [
        ["messageId", "type", "occurredAt", "contact"],
        ["a", "Bought", "2026-02-01T10:00:00Z", "known"],
        ["b", "Bought", "2026-02-01T10:00:00Z", "known"],
        ["b", "Bought", "2026-02-01T10:00:00Z", "known"],
        ["c", "", "2026-02-01T10:00:00Z", "known"],
        ["d", "Bought", "2026-02-01T10:00:00Z", ""],
        ["", "Visité", "2026-02-01T10:00:00Z", "known"],
    ],
}
"""By resource the names of columns, two rows, the second again, two with something wrong, and one more."""
MODELS = {
    "contacts": Contact,
    "campaigns": Campaign,
    "messages": Message,
    "message-events": MessageEvent,
    "events": Event,
}
EMPTY = 1


def text_of(table: list[Row], delimiter: str = ",") -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(table)
    return file.getvalue()


def with_empty(table: list[Row]) -> list[Row]:
    return [*table[:3], [""] * len(table[0]), *table[3:]]


def items_of(table: list[Row]) -> list[dict[str, str]]:
    return [{name: cell for name, cell in zip(table[0], row, strict=True) if cell} for row in table[1:]]


def json_lines(table: list[Row]) -> bytes:
    return "".join(json.dumps(item) + "\n" for item in items_of(table)).encode()


PACKINGS: dict[str, tuple[int, Callable[[list[Row]], bytes]]] = {
    "csv": (EMPTY, lambda table: text_of(with_empty(table)).encode()),
    "tabs in utf-16": (EMPTY, lambda table: text_of(with_empty(table), "\t").encode("utf-16")),
    "semicolons in windows-1252": (EMPTY, lambda table: text_of(with_empty(table), ";").encode("cp1252")),
    "told by Excel": (EMPTY, lambda table: b"sep=|\r\n" + text_of(with_empty(table), "|").encode()),
    "gzip": (EMPTY, lambda table: gzip.compress(text_of(with_empty(table)).encode())),
    "zip of two": (
        0,
        lambda table: packed(
            a_csv=text_of(table[:4]).encode(), b_gz=gzip.compress(text_of([table[0], *table[4:]]).encode())
        ),
    ),
    "workbook": (0, lambda table: workbook(*table)),
    "json lines": (0, json_lines),
    "json lines in zip": (0, lambda table: packed(a_jsonl=json_lines(table))),
    "json array": (0, lambda table: json.dumps(items_of(table), indent=1).encode()),
}
"""Of each how many empty rows it has, and its file."""


@pytest.fixture
def user(owner: User, now: object) -> User:
    return owner


@pytest.fixture
def known(workspace: Workspace, user: User) -> Workspace:
    """A workspace with a contact, a campaign and a message of that name."""
    take_contacts(workspace, [{"externalId": "known"}], received_at=NOW)
    take_campaigns(workspace, [{"externalId": "known", "name": "K"}], received_at=NOW)
    message = {"externalId": "known", "campaign": "known", "contact": "known", "channel": "EMAIL"}
    assert take_messages(workspace, [message], received_at=NOW).accepted == 1
    return workspace


def imported(workspace: Workspace, user: User, resource: str, content: bytes) -> dict[str, int]:
    """What became of the rows, as it was foreseen."""
    upload = keep_upload(workspace=workspace, user=user, resource=resource, file_name="list", content=content, now=NOW)
    import_upload(upload, by=user, seconds=60)
    done = Upload.objects.get(pk=upload.pk).done
    names = ("new", "updated", "unchanged", "rejected", "empty")
    assert {name: done.get(name, 0) for name in names} == {name: upload.expected[name] for name in names}
    return {name: done[name] for name in names if done.get(name)}


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("resource", UploadedResource.values)
def test_each_row_is_a_fact_or_has_a_reason(known: Workspace, user: User, resource: str, packing: str) -> None:
    table, model = FILES[resource], MODELS[resource]
    empty, pack = PACKINGS[packing]
    before = model._default_manager.filter(workspace=known).count()

    done = imported(known, user, resource, pack(table))

    of_empty = {"empty": empty} if empty else {}
    assert done == {"new": 3, "unchanged": 1, "rejected": 2, **of_empty}
    assert model._default_manager.filter(workspace=known).count() - before == 3
    resorted = pack([table[0], *table[:2:-1], table[1]])
    assert imported(known, user, resource, resorted) == {"unchanged": 3, "rejected": 2, **of_empty}
    assert model._default_manager.filter(workspace=known).count() - before == 3


@pytest.mark.parametrize("packing", ["workbook", "gzip", "zip of two", "utf-16"])
@pytest.mark.parametrize("export", EXPORTS, ids=[f"{each.tool}-{each.resource}" for each in EXPORTS])
@pytest.mark.long
def test_an_export_says_the_same_however_it_is_packed(
    workspace: Workspace, user: User, export: Export, packing: str
) -> None:
    plain = export.content()
    assert imported(workspace, user, export.resource, packed_export(export, packing)) == {"new": 2}
    assert imported(workspace, user, export.resource, plain) == {"unchanged": 2}


def packed_export(export: Export, packing: str) -> bytes:
    first, second = (export.content(lambda rows, place=place: [rows[place]]) for place in (0, 1))
    match packing:
        case "workbook" if export.header:
            return workbook(*export.workbook_rows())
        case "zip of two":
            return packed(a_csv=first, b_csv=second) if export.header else packed(a_json=first, b_json=second)
        case "utf-16":
            return export.content().decode().encode("utf-16")
    return gzip.compress(export.content())
