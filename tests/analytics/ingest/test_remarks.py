"""What is kept of what was refused, known already or changed: which rows, by which ways in, and for how long."""

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from analytics.ingest import Outcome, expire_remarks, keep_refusal, keep_remarks, take_calls
from analytics.models import Event, IngestRemark
from tests.conftest import NOW, post_json
from workspaces.models import Workspace

pytestmark = pytest.mark.usefixtures("now")

Take = Callable[..., dict[str, Any]]


def call(**fields: Any) -> dict[str, Any]:
    return {"type": "track", "event": "did", "userId": "u1", **fields}


def remarks(workspace: Workspace) -> list[tuple[str, str, int, str, str]]:
    rows = IngestRemark.objects.filter(workspace=workspace).order_by("kind", "code")
    return [(row.kind, row.code, row.count, row.message_id, row.source) for row in rows]


def test_a_row_for_each_kind_and_code_with_the_first_item_as_sample(take: Take, workspace: Workspace) -> None:
    first = call(event=None, messageId="bad-1")
    take(call(messageId="known"))
    take(
        first,
        call(event=None, messageId="bad-2"),
        call(userId="null", messageId="nobody"),
        call(messageId="known"),
        call(messageId="ahead", timestamp=(NOW + timedelta(days=2)).isoformat()),
    )

    assert remarks(workspace) == [
        ("duplicate", "duplicate", 1, "known", "v1/batch"),
        ("rejected", "illegal_id", 1, "nobody", "v1/batch"),
        ("rejected", "missing_event", 2, "bad-1", "v1/batch"),
        ("warning", "future_time", 1, "ahead", "v1/batch"),
    ]
    kept = IngestRemark.objects.get(code="missing_event")
    assert (kept.message, kept.received_at) == ("event is required.", NOW)
    assert json.loads(kept.sample) == first
    assert kept.sample_hash == sha256(kept.sample.encode()).hexdigest()
    assert IngestRemark.objects.get(code="duplicate").message == "1 of 5 were there already."


def test_nothing_remarkable_costs_no_statement(workspace: Workspace, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        keep_remarks(workspace, Outcome(accepted=7, updated=3), [], source="x", received_at=NOW)


def test_a_long_item_is_kept_by_its_first_kilobyte(take: Take, workspace: Workspace) -> None:
    item = call(event=None, messageId="ä" * 20, properties={"text": "ö" * 3000})
    take(item)

    kept = IngestRemark.objects.get(workspace=workspace)
    whole = json.dumps(item, ensure_ascii=False).encode()
    assert kept.sample == whole[:1024].decode("utf-8", "ignore")
    assert kept.sample_hash == sha256(whole).hexdigest()


@pytest.mark.parametrize(
    "item",
    [
        None,
        7,
        "a\0b",
        [],
        call(userId="\0", event=None),
        {"messageId": "a\0b", "event": "\ud800"},
        {"messageId": "\udfff\0"},
    ],
)
def test_what_no_database_can_hold_is_kept_all_the_same(take: Take, workspace: Workspace, item: object) -> None:
    assert len(take(item)["rejected"]) == 1

    kept = IngestRemark.objects.get(workspace=workspace)
    assert kept.kind == "rejected"
    assert kept.sample


def test_an_item_nested_deeper_than_can_be_written_has_no_sample(workspace: Workspace) -> None:
    item: Any = []
    for _ in range(100_000):
        item = [item]
    outcome = take_calls(workspace, [item], received_at=NOW)
    keep_remarks(workspace, outcome, [item], source="x", received_at=NOW)

    assert IngestRemark.objects.get(workspace=workspace).sample == ""


def test_the_bulk_api_keeps_remarks_too(bulk: Take, workspace: Workspace) -> None:
    bulk("contacts", [{"externalId": "a"}])
    bulk("contacts", [{"externalId": "a"}, {"externalId": "null"}, {"name": "nobody"}])

    assert remarks(workspace) == [
        ("duplicate", "duplicate", 1, "", "bulk/contacts"),
        ("rejected", "illegal_id", 1, "null", "bulk/contacts"),
        ("rejected", "missing_external_id", 1, "", "bulk/contacts"),
    ]


REFUSED = [
    (b'{"batch": [', "invalid_json"),
    (b"[]", "invalid_body"),
    (b'{"batch": 7}', "invalid_batch"),
    (json.dumps({"batch": [{}] * 1001}).encode(), "batch_too_large"),
    (b" " * 6_000_000, "body_too_large"),
]


@pytest.mark.parametrize(("body", "code"), REFUSED)
def test_a_request_refused_as_a_whole_is_kept(write_key: str, workspace: Workspace, body: bytes, code: str) -> None:
    headers = {"Authorization": f"Bearer {write_key}"}
    response = Client().post("/v1/batch", body, content_type="application/json", headers=headers)

    assert response.status_code in (400, 413)
    assert remarks(workspace) == [("rejected", code, 1, "", "v1/batch")]
    kept = IngestRemark.objects.get()
    assert kept.message == response.json()["message"]
    assert kept.sample == ("" if code == "body_too_large" else body.decode()[:1024])


def test_a_compressed_request_is_kept_as_it_reads(write_key: str, workspace: Workspace) -> None:
    headers = {"Authorization": f"Bearer {write_key}", "Content-Encoding": "gzip"}
    Client().post("/v1/batch", gzip.compress(b"event=did"), content_type="text/plain", headers=headers)

    assert IngestRemark.objects.get(workspace=workspace).sample == "event=did"


@pytest.mark.parametrize(("body", "code"), REFUSED)
def test_a_bulk_request_refused_as_a_whole_is_kept(api: Client, workspace: Workspace, body: bytes, code: str) -> None:
    body = body.replace(b"batch", b"items")
    path = f"/api/workspaces/{workspace.api_id}/events/bulk"
    assert api.post(path, body, content_type="application/json").status_code in (400, 413)

    assert remarks(workspace) == [("rejected", code.replace("_batch", "_items"), 1, "", "bulk/events")]


def test_the_key_is_in_no_sample(write_key: str, workspace: Workspace) -> None:
    broken = f'{{"writeKey": "{write_key}", "api_key": "{write_key}", '
    headers = {"Authorization": f"Bearer {write_key}"}
    Client().post("/v1/batch", broken, content_type="application/json", headers=headers)
    post_json(Client(), "/v1/track", {"api_key": write_key, "writeKey": write_key, "userId": "u1"})
    post_json(Client(), "/batch/", {"api_key": write_key, "batch": 7})

    kept = list(IngestRemark.objects.filter(workspace=workspace).values_list("sample", flat=True))
    assert len(kept) == 3
    assert write_key not in str(kept)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wk_unknown"}])
def test_an_unknown_key_leaves_no_row(db: None, headers: dict[str, str]) -> None:
    for body in ({"batch": [{}], "writeKey": "wk_other"}, {"batch": 7}, []):
        assert post_json(Client(), "/v1/batch", body, **headers).status_code in (400, 401)

    assert not IngestRemark.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_remark_that_cannot_be_written_spoils_no_batch(
    take: Take, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(execute: Any, sql: str, *rest: Any) -> Any:
        if "ingestremark" in sql:
            raise DatabaseError("disk full")
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse):
        answer = take(call(messageId="good"), call(event=None))

    assert (answer["accepted"], len(answer["rejected"])) == (1, 1)
    assert Event.objects.get().message_id == "good"
    assert not IngestRemark.objects.exists()
    assert "Remarks on v1/batch could not be kept." in caplog.text


def test_remarks_are_kept_for_seven_days(workspace: Workspace, elsewhere: Workspace) -> None:
    for at in (NOW - timedelta(days=7, seconds=1), NOW - timedelta(days=7), NOW):
        for of in (workspace, elsewhere):
            keep_refusal(of, "invalid_json", "No.", source="hooks/sendgrid", received_at=at)

    assert expire_remarks(workspace.pk, NOW) == 1

    assert IngestRemark.objects.filter(workspace=workspace).count() == 2
    assert IngestRemark.objects.filter(workspace=elsewhere).count() == 3
    assert expire_remarks(workspace.pk, NOW) == 0
