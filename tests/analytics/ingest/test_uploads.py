"""A file that is looked at before it is imported: what was foreseen is what happens, once, and nothing of it stays."""

import json
import os
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.ingest import files, take_calls, take_campaigns, take_contacts
from analytics.ingest.uploads import import_upload, keep_upload
from analytics.ledger.rebuild import Difference, verify
from analytics.models import Campaign, Contact, IngestRemark, Upload, Variant
from tests.conftest import NOW
from workspaces.models import AuditEvent, User, Workspace

EXAMPLES = int(os.environ.get("HYPOTHESIS_EXAMPLES", "60"))
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
LINES = {"contacts": CONTACTS, "campaigns": CAMPAIGNS}
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


def as_lines(items: list[Any]) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


@pytest.mark.django_db
@pytest.mark.parametrize("resource", ["contacts", "campaigns"])
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_foreseen_is_what_importing_does(
    resource: str, data: st.DataObject, monkeypatch: pytest.MonkeyPatch, time_machine: Any
) -> None:
    time_machine.move_to(NOW)
    monkeypatch.setattr(files, "BLOCK_BYTES", 200)
    workspace, user = fresh_workspace()
    there, items = (data.draw(st.lists(LINES[resource], max_size=12)) for _ in range(2))
    take = {"contacts": take_contacts, "campaigns": take_campaigns}[resource]
    take(workspace, there, received_at=NOW - timedelta(days=1))
    hours = data.draw(st.sampled_from([-30, -1, 20]))
    calls = [
        {"messageId": str(number), "timestamp": (NOW + timedelta(hours=hours)).isoformat(), **call}
        for number, call in enumerate(data.draw(CALLS))
    ]
    take_calls(workspace, calls, received_at=NOW - timedelta(hours=1))
    bad = data.draw(st.sampled_from([b"", b"\n", b"{broken\n", b'["x"]\n{"a": NaN}\n']))
    content = as_lines([{"externalId": "a", "name": "N"}, *items]) + bad
    before = rows(workspace)

    upload = uploaded(workspace, user, content, resource)

    assert rows(workspace) == before
    import_upload(upload, by=user, seconds=60)
    done = Upload.objects.get(pk=upload.pk)
    expected = {name: number for name, number in upload.expected.items() if name != "things"}
    assert {name: done.done[name] for name in expected} == expected
    assert len(done.rejected) == expected["rejected"]
    last = {(one["external_id"], f["name"]): f["after"] for one in upload.changes for f in one["fields"]}
    for (external_id, name), after in last.items():
        if name in ("email", "phone", "name") and resource == "contacts":
            row = Contact.objects.get(workspace=workspace, external_id=external_id)
            assert getattr(row.known_by, name) == after or len({key[0] for key in last}) > 1
    again = uploaded(workspace, user, content, resource).expected
    assert again["new"] == 0
    assert not [found for found in verify(workspace) if isinstance(found, Difference)]


def rows(workspace: Workspace) -> list[Any]:
    return [
        list(model._default_manager.filter(workspace=workspace).order_by("pk").values())
        for model in (Contact, Campaign, Variant, IngestRemark, AuditEvent)
    ]
