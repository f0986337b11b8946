"""A file that is looked at before it is imported: what was foreseen is what happens, once, and nothing of it stays."""

import gzip
import json
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ingest import (
    take_assignments,
    take_calls,
    take_campaigns,
    take_contacts,
    take_events,
    take_message_events,
    take_messages,
)
from analytics.ingest.files import blocks
from analytics.ingest.files.problems import FileError
from analytics.ingest.files.unpacking import MOST_MEMBERS
from analytics.ingest.files.uploads import (
    UPLOADS_KEPT_FOR,
    expire_uploads,
    import_upload,
    keep_upload,
    take_out_rows,
)
from analytics.ingest.senders import TRUSTED
from analytics.ledger.rebuild import Difference, verify
from analytics.models import (
    Campaign,
    Contact,
    Event,
    IngestRemark,
    Message,
    MessageEvent,
    Upload,
    UploadedResource,
    Variant,
)
from tests.conftest import NOW
from tests.examples import examples
from workspaces.models import AuditEvent, User, Workspace

numbers = count()

IDS = st.sampled_from(["a", "b", "c", "d", "anonymous", "", 7])
TEXTS = st.sampled_from(["", "x", "y", None, 3])
INSTANTS = st.sampled_from([None, "2026-01-15", "2026-02-01T10:00:00Z", "soon"])
ATTRIBUTES = st.none() | st.dictionaries(st.sampled_from("pq"), st.sampled_from([1, "s", None, {"in": 1}]), max_size=2)
CONTACTS = st.fixed_dictionaries(
    {},
    optional={
        "externalId": IDS,
        "email": TEXTS,
        "phone": TEXTS,
        "name": TEXTS,
        "attributes": ATTRIBUTES,
        "signedUpAt": INSTANTS,
        "signupIsStated": st.sampled_from([None, True, False, "x"]),
        "formerIds": st.lists(st.sampled_from(["a", "b", "e", "f"]), max_size=2),
    },
)
VARIANTS = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["A", "B", ""])},
        optional={"weight": st.sampled_from([0, 1, 2.5, "x"]), "isControl": st.booleans()},
    ),
    max_size=3,
)
TESTS = st.lists(
    st.fixed_dictionaries(
        {"externalId": st.sampled_from(["t", "u"]), "name": st.sampled_from(["T", "U"])},
        optional={"variants": VARIANTS},
    ),
    max_size=2,
)
CAMPAIGNS = st.fixed_dictionaries(
    {"externalId": IDS, "name": st.sampled_from(["N", "M"])},
    optional={
        "channel": st.sampled_from([None, "email", "SMS", "pigeon"]),
        "status": st.sampled_from(["DRAFT", "ACTIVE"]),
        "startedAt": INSTANTS,
        "abTests": TESTS,
    },
)
OF_MESSAGE = {"campaign": st.sampled_from(["a", "none"]), "contact": st.sampled_from(["a", "none"])}
MESSAGES = st.fixed_dictionaries(
    {"externalId": st.sampled_from(["a", "b"]), **OF_MESSAGE, "channel": st.sampled_from(["EMAIL", "SMS", "x"])},
    optional={"sentAt": INSTANTS, "openedAt": INSTANTS, "providerMessageId": st.sampled_from(["p", ""])},
)
REPORTS = st.fixed_dictionaries(
    {"message": st.sampled_from(["a", "b"]), "type": st.sampled_from(["opened", "x"]), "at": INSTANTS},
    optional={"url": st.sampled_from(["", "https://x.example/"]), "id": st.sampled_from(["r1", "r2"])},
)
EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["buy", ""]), "occurredAt": INSTANTS},
    optional={"contact": IDS, "anonymousId": IDS, "properties": ATTRIBUTES, "messageId": st.sampled_from(["m1", "m2"])},
)
FEW = {
    "contact": st.sampled_from([None, "a", "new"]),
    "anonymousId": st.sampled_from([None, "d", "e"]),
    "messageId": st.sampled_from(["m1", "m2", "m3"]),
}
"""So that rows name the same people otherwise, under ids that others have."""
TIED_EVENTS = st.fixed_dictionaries({"type": st.just("buy"), "occurredAt": st.just("2026-01-15"), **FEW})
ARCHIVED = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["track", "track", "identify", "alias"]),
        "event": st.just("buy"),
        "timestamp": st.just("2026-01-15"),
        "context": st.just({}),
        "userId": FEW["contact"],
        "anonymousId": FEW["anonymousId"],
        "messageId": FEW["messageId"],
    },
    optional={"previousId": st.sampled_from(["a", "new", "d", "e"])},
)
"""As Segment keeps calls."""
LINES = {
    "contacts": CONTACTS,
    "campaigns": CAMPAIGNS,
    "messages": MESSAGES,
    "message-events": REPORTS,
    "events": EVENTS | TIED_EVENTS,
    "archives of calls": ARCHIVED,
}
TAKE = {
    "contacts": take_contacts,
    "campaigns": take_campaigns,
    "messages": take_messages,
    "message-events": take_message_events,
    "events": take_events,
    "archives of calls": partial(take_calls, sender=TRUSTED),
}
FIRST = {
    "messages": {"externalId": "a", "campaign": "a", "contact": "a", "channel": "EMAIL"},
    "message-events": {"message": "a", "type": "sent", "at": "2026-01-15"},
    "events": {"type": "buy", "occurredAt": "2026-01-15", "contact": "a", "messageId": "first"},
    "archives of calls": {
        **{"type": "track", "event": "buy", "timestamp": "2026-01-15", "context": {}},
        **{"userId": "a", "messageId": "first"},
    },
}
CALLS = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("identify"), "userId": st.sampled_from("abcd"), "traits": st.just({"name": "y", "p": 1})}
        ),
        st.fixed_dictionaries(
            {"type": st.just("alias"), "userId": st.sampled_from("ab"), "previousId": st.sampled_from("abcd")}
        ),
    ),
    max_size=4,
)


def fresh_workspace() -> tuple[Workspace, User]:
    number = next(numbers)
    user = User.objects.create(email=f"u{number}@example.com")
    return Workspace.objects.create(name="W", slug=f"w{number}"), user


def uploaded(
    workspace: Workspace, user: User, content: bytes, resource: str = "contacts", now: datetime = NOW
) -> Upload:
    kept = keep_upload(workspace=workspace, user=user, resource=resource, file_name="given", content=content, now=now)
    return Upload.objects.get(pk=kept.pk)


def fields_of(change: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(one["name"], one["before"], one["after"]) for one in change["fields"]]


def as_lines(items: list[Any]) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


@pytest.mark.django_db
def test_an_id_that_another_has_is_foreseen_as_theirs_whatever_named_it_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1)
    workspace, user = fresh_workspace()
    of_d = {"externalId": "d", "formerIds": ["a"]}
    take_contacts(workspace, [of_d], received_at=NOW)

    upload = uploaded(workspace, user, as_lines([{"externalId": "a", "name": "N"}, of_d]))

    import_upload(upload, by=user, seconds=60)
    done = Upload.objects.get(pk=upload.pk).done
    assert (upload.expected["warnings"], done["warnings"]) == (0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("of_file", [False, True])
@pytest.mark.parametrize(
    ("resource", "item", "other"),
    [
        pytest.param(
            "events", {"occurredAt": "2026-01-15", "messageId": "m1", "contact": "a"}, {"type": "sell"}, id="type"
        ),
        pytest.param(
            "events", {"occurredAt": "2026-01-15", "messageId": "m1", "contact": "a"}, {"contact": "b"}, id="person"
        ),
        pytest.param(
            "events",
            {"occurredAt": "2026-01-15", "messageId": "m1", "contact": "a"},
            {"occurredAt": "2026-01-16"},
            id="instant",
        ),
        pytest.param(
            "message-events", {"message": "a", "at": "2026-01-15", "id": "r"}, {"type": "opened"}, id="report"
        ),
    ],
)
def test_an_id_that_another_fact_has_is_foreseen(
    resource: str, item: dict[str, str], other: dict[str, str], of_file: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1)
    workspace, user = fresh_workspace()
    take_contacts(workspace, [{"externalId": "a"}, {"externalId": "b"}], received_at=NOW)
    first = {"type": "buy" if resource == "events" else "sent", **item}
    if not of_file:
        TAKE[resource](workspace, [first], received_at=NOW)

    upload = uploaded(workspace, user, as_lines([first, {**first, **other}, first]), resource)

    assert [(line, code) for line, code, _ in upload.rejected] == [(2, "id_reused")]
    assert (upload.expected["new"], upload.expected["unchanged"]) == ((1, 1) if of_file else (0, 2))
    import_upload(upload, by=user, seconds=60)
    assert Upload.objects.get(pk=upload.pk).rejected == upload.rejected


@pytest.mark.django_db
def test_whom_an_earlier_row_names_is_known_to_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1)
    workspace, user = fresh_workspace()
    event = {"type": "buy", "occurredAt": "2026-01-15"}
    ties = [{**event, "contact": "new", "anonymousId": "d", "messageId": "1"}]
    first, of_device = ({**event, **named, "messageId": "2"} for named in ({"contact": "new"}, {"anonymousId": "d"}))

    upload = uploaded(workspace, user, as_lines([*ties, first, of_device, {**of_device, "anonymousId": "e"}]), "events")

    assert [(line, code) for line, code, _ in upload.rejected] == [(4, "id_reused")]
    assert (upload.expected["new"], upload.expected["unchanged"]) == (2, 1)
    import_upload(upload, by=user, seconds=60)
    assert Upload.objects.get(pk=upload.pk).rejected == upload.rejected


@pytest.mark.django_db
def test_a_row_that_an_alias_named_before_updates_whom_it_leads_to() -> None:
    workspace, user = fresh_workspace()
    take_contacts(workspace, [{"externalId": "a", "signedUpAt": "2026-03-01"}], received_at=NOW)
    alias = {"type": "alias", "userId": "a", "previousId": "b", "messageId": "1"}
    take_calls(workspace, [alias], received_at=NOW, sender=TRUSTED)
    row = {"externalId": "b", "signedUpAt": "2026-02-01", "signupIsStated": False}

    upload = uploaded(workspace, user, as_lines([row, row]))
    import_upload(upload, by=user, seconds=60)

    for counts in (upload.expected, Upload.objects.get(pk=upload.pk).done):
        assert (counts["new"], counts["updated"], counts["unchanged"]) == (0, 1, 1)


def test_a_row_that_names_a_test_twice_changes_what_the_last_says() -> None:
    workspace, user = fresh_workspace()
    said, otherwise = ({"externalId": "t", "name": name} for name in "UT")
    campaign = {"externalId": "a", "name": "N", "abTests": [said]}
    take_campaigns(workspace, [campaign], received_at=NOW)
    back, away = ({**campaign, "abTests": tests} for tests in ([otherwise, said], [said, otherwise]))

    upload = uploaded(workspace, user, as_lines([back, away]), "campaigns")
    import_upload(upload, by=user, seconds=60)

    for counts in (upload.expected, Upload.objects.get(pk=upload.pk).done):
        assert (counts["new"], counts["updated"], counts["unchanged"]) == (0, 1, 1)


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("kind", list(LINES))
@examples(13)
@given(data=st.data())
def test_what_is_foreseen_is_what_importing_does(
    kind: str, data: st.DataObject, monkeypatch: pytest.MonkeyPatch, time_machine: Any
) -> None:
    time_machine.move_to(NOW)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 200)
    workspace, user = fresh_workspace()
    there, items = (data.draw(st.lists(LINES[kind], max_size=12)) for _ in range(2))
    if kind not in ("contacts", "campaigns"):
        take_contacts(workspace, [{"externalId": "a"}], received_at=NOW - timedelta(days=1))
        take_campaigns(workspace, [{"externalId": "a", "name": "A"}], received_at=NOW - timedelta(days=1))
    TAKE[kind](workspace, there, received_at=NOW - timedelta(days=1))
    hours = data.draw(st.sampled_from([-30, -1, 20]))
    calls = [
        {"messageId": str(number), "timestamp": (NOW + timedelta(hours=hours)).isoformat(), **call}
        for number, call in enumerate(data.draw(CALLS))
    ]
    take_calls(workspace, calls, received_at=NOW - timedelta(hours=1), sender=TRUSTED)
    bad = data.draw(st.sampled_from([b"", b"\n", b"{broken\n", b'["x"]\n{"a": NaN}\n']))
    first = FIRST.get(kind, {"externalId": "a", "name": "N"})
    content = as_lines([first, *items, first]) + bad
    before = rows(workspace)

    resource = kind if kind in UploadedResource.values else "events"
    upload = uploaded(workspace, user, content, resource)

    assert rows(workspace) == before
    import_upload(upload, by=user, seconds=60)
    done = Upload.objects.get(pk=upload.pk)
    expected = {name: number for name, number in upload.expected.items() if name != "things"}
    assert {name: done.done[name] for name in expected} == expected
    assert done.rejected == upload.rejected
    again = uploaded(workspace, user, content, resource).expected
    assert again["new"] == 0
    assert not [found for found in verify(workspace) if isinstance(found, Difference)]


def rows(workspace: Workspace) -> list[Any]:
    return [
        list(model._default_manager.filter(workspace=workspace).order_by("pk").values())
        for model in (Contact, Campaign, Variant, Message, MessageEvent, Event, IngestRemark, AuditEvent)
    ]


@pytest.fixture
def user(owner: User, now: datetime) -> User:
    return owner


def test_values_that_change_are_shown_as_they_were_and_would_be(workspace: Workspace, user: User) -> None:
    ada = {"externalId": "ada", "email": "old@example.com", "attributes": {"plan": "free", "age": 36}}
    take_contacts(workspace, [ada, {"externalId": "bob"}], received_at=NOW - timedelta(days=1))
    csv = b"externalId,email,attributes.plan,signedUpAt\nada,new@example.com,pro,\nbob,,,\ncy,,,2026-03-01\nada,,max,\n"

    upload = uploaded(workspace, user, csv)

    assert upload.expected == {
        **{"new": 1, "updated": 2, "unchanged": 1, "rejected": 0},
        **{"empty": 0, "things": 2, "warnings": 0},
    }
    assert [(one["line"], one["external_id"], one["is_new"], fields_of(one)) for one in upload.changes] == [
        (2, "ada", False, [("email", "old@example.com", "new@example.com"), ("attributes.plan", "free", "pro")]),
        (4, "cy", True, [("signedUpAt", None, "2026-02-28T23:00:00Z")]),  # that day in Berlin
        (5, "ada", False, [("attributes.plan", "pro", "max")]),
    ]


def test_tests_of_campaigns_are_compared_to_their_variants(workspace: Workspace, user: User) -> None:
    test = {"externalId": "t", "name": "Subject", "variants": [{"name": "A"}, {"name": "B", "weight": 2}]}
    spring = {"externalId": "spring", "name": "Spring", "abTests": [test]}
    take_campaigns(workspace, [spring], received_at=NOW)
    test["variants"][1] = {"name": "B", "weight": 3, "isControl": True}

    upload = uploaded(workspace, user, as_lines([spring, {**spring, "externalId": "new"}]), "campaigns")

    [changed, new] = upload.changes
    assert fields_of(changed) == [
        ("abTests.t.B.weight", 2.0, 3.0),
        ("abTests.t.B.isControl", False, True),
    ]
    assert (new["is_new"], new["fields"][0]["after"]) == (True, "Spring")
    assert fields_of(new)[-3:] == [
        ("abTests.t.B.name", None, "B"),
        ("abTests.t.B.weight", None, 3.0),
        ("abTests.t.B.isControl", None, True),
    ]


def test_tests_that_people_are_in_are_said_to_stay_as_they_are(workspace: Workspace, user: User) -> None:
    test = {"externalId": "t", "name": "Subject", "variants": [{"name": "A"}, {"name": "B", "weight": 2}]}
    spring = {"externalId": "spring", "name": "Spring", "abTests": [test]}
    take_campaigns(workspace, [spring], received_at=NOW)
    take_assignments(workspace, [{"abTest": "t", "variant": "A", "contact": "ada"}], received_at=NOW)
    test["variants"][1] = {"name": "B", "weight": 3}

    upload = uploaded(workspace, user, as_lines([spring, {"externalId": "new", "name": "New"}]), "campaigns")

    assert (upload.expected["rejected"], upload.expected["new"]) == (1, 1)
    import_upload(upload, by=user, seconds=60)
    upload.refresh_from_db()
    assert upload.done["rejected"] == 1


def test_an_id_that_was_merged_changes_whom_it_leads_to_now(workspace: Workspace, user: User) -> None:
    take_contacts(workspace, [{"externalId": "old", "name": "O"}, {"externalId": "ada"}], received_at=NOW)
    take_calls(workspace, [{"type": "alias", "userId": "ada", "previousId": "old"}], received_at=NOW, sender=TRUSTED)

    upload = uploaded(workspace, user, b"externalId,name\nold,Ada\nada,Ada\n")
    import_upload(upload, by=user, seconds=60)

    assert (upload.expected["updated"], upload.expected["unchanged"]) == (2, 0)
    assert Contact.objects.get(external_id="ada").name == "Ada"


def test_a_confirmed_file_is_imported_once_recorded_and_forgotten(workspace: Workspace, user: User) -> None:
    upload = uploaded(workspace, user, b"externalId,email\nada,ada@example.com\nbob,bob@example.com\nnull,\n")
    for _ in range(2):
        import_upload(upload, by=user, seconds=60)

    upload.refresh_from_db()
    assert upload.done == {"new": 2, "updated": 0, "unchanged": 0, "rejected": 1, "warnings": 0, "empty": 0}
    assert (bytes(upload.content), upload.changes, upload.finished_at) == (b"", [], NOW)
    [line] = AuditEvent.objects.filter(action="data_imported")
    assert (line.target, line.after) == (upload.api_id, {"resource": "contacts", "rows": 2})
    assert IngestRemark.objects.get().source == "import/contacts"


def test_a_file_that_takes_longer_goes_on_where_it_was(
    workspace: Workspace, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 2)
    upload = uploaded(workspace, user, b"externalId\na\nb\nc\nd\ne\n")
    told = []
    while upload.finished_at is None:
        import_upload(upload, by=user, seconds=0)
        upload.refresh_from_db()
        told.append((upload.handled, upload.done["new"], Contact.objects.count()))

    assert told == [(2, 2, 2), (4, 4, 4), (5, 5, 5), (5, 5, 5)]
    assert AuditEvent.objects.filter(action="data_imported").count() == 1


def test_another_file_takes_the_place_of_the_last_one_and_no_others(workspace: Workspace, user: User) -> None:
    csv = b"externalId,name\na,A\n"
    colleague = User.objects.create(email="colleague@example.com")
    first = uploaded(workspace, user, csv)
    others = [uploaded(workspace, user, csv, "campaigns"), uploaded(workspace, colleague, csv)]

    second = uploaded(workspace, user, csv)

    assert set(Upload.objects.values_list("pk", flat=True)) == {second.pk, *(one.pk for one in others)}
    with pytest.raises(Upload.DoesNotExist):
        import_upload(first, by=user, seconds=60)


def test_a_file_that_is_not_confirmed_goes_after_a_day(workspace: Workspace, user: User) -> None:
    uploaded(workspace, user, b"externalId\na\n")
    assert expire_uploads(NOW + UPLOADS_KEPT_FOR - timedelta(seconds=1)) == 0
    assert expire_uploads(NOW + UPLOADS_KEPT_FOR) == 1
    assert not Contact.objects.exists()


def test_a_file_is_unpacked_no_further_than_allowed(workspace: Workspace, user: User, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 1000
    assert uploaded(workspace, user, gzip.compress(b"externalId\na\n")).expected["new"] == 1
    with pytest.raises(FileError, match=r"Unpacked, the file is larger than"):
        uploaded(workspace, user, gzip.compress(b"externalId\n" + b"a" * 1000))
    with pytest.raises(FileError, match="broken gzip"):
        uploaded(workspace, user, gzip.compress(b"externalId\na\n")[:-9])
    assert Upload.objects.count() == 1


def test_a_gzip_file_may_be_made_of_pieces_unless_they_hold_next_to_nothing(workspace: Workspace, user: User) -> None:
    """200,000 empty ones took 16 seconds."""
    rows = [b"externalId\n", *(b"%-1000d\n" % number for number in range(MOST_MEMBERS + 50))]
    pieces = b"\0\0".join(map(gzip.compress, rows))
    assert uploaded(workspace, user, pieces + b"\0" * 40_000).expected["new"] == len(rows) - 1
    empty = gzip.compress(b"")
    assert (
        uploaded(workspace, user, gzip.compress(b"externalId\na\n") + empty * (MOST_MEMBERS - 1)).expected["new"] == 1
    )
    with pytest.raises(FileError, match=r"more than 1,000 pieces that hold next to nothing"):
        uploaded(workspace, user, gzip.compress(b"externalId\na\n") + empty * MOST_MEMBERS)
    with pytest.raises(FileError, match="broken gzip"):
        uploaded(workspace, user, gzip.compress(b"externalId\na\n") + b"rest")


PLAIN = b"externalId,email\nada,ada@x.example\nbob,b@x.example\n"
JSON_ARRAY = b'[{"externalId": "ada",\n"email": "ada@x.example"}, {"externalId": "bob"}]'


FILES = {
    "plain": PLAIN,
    "gzip": gzip.compress(PLAIN),
    "UTF-16": PLAIN.decode().encode("utf-16"),
    "old lines": PLAIN.replace(b"\n", b"\r"),
    "JSON array": JSON_ARRAY,
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_whoever_is_erased_leaves_no_row_in_a_file_of_any_kind(
    workspace: Workspace, user: User, content: bytes
) -> None:
    upload = uploaded(workspace, user, content)

    take_out_rows(workspace, is_named=lambda _, item: "ada@x.example" in str(item), is_told=lambda text: "ada" in text)

    upload.refresh_from_db()
    assert [change["external_id"] for change in upload.changes] == ["bob"]
    assert b"ada" not in b"".join(
        line
        for block in blocks.blocks(blocks.in_memory(bytes(upload.content)))
        for line in (*block.lines, str(block.rows).encode())
    )
    import_upload(upload, by=user, seconds=60)
    assert [contact.external_id for contact in Contact.objects.all()] == ["bob"]
