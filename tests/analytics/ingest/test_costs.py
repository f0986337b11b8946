"""What a batch costs does not depend on how much strangers put into it: statements are counted, and work."""

import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics import ingest
from analytics.ingest.removal.erasure import erase_contact
from analytics.ingest.senders import TRUSTED
from analytics.ledger import compaction
from analytics.models import Contact, UtmTriple
from tests.conftest import NOW
from workspaces.models import Workspace

pytestmark = [pytest.mark.usefixtures("now"), pytest.mark.long]

FEW, MANY = 8, 80
numbers = count()
Send = Callable[[Workspace, int], None]


def calls(workspace: Workspace, items: Sequence[dict[str, Any]]) -> None:
    numbered = [{"messageId": f"m{next(numbers)}", **item} for item in items]
    outcome = ingest.take_calls(workspace, numbered, received_at=NOW, sender=TRUSTED)
    assert outcome.rejected == []


def tracked(**more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "did", **more}


def aliases(workspace: Workspace, n: int) -> None:
    """All into one contact, half of them of contacts that are known."""
    calls(workspace, [tracked(userId=f"old-{n}-{number}") for number in range(0, n, 2)])
    calls(workspace, [{"type": "alias", "previousId": f"old-{n}-{number}", "userId": f"u{n}"} for number in range(n)])


def chain(workspace: Workspace, n: int) -> None:
    """Each into the next one."""
    calls(workspace, [tracked(userId=f"c-{n}-{number}") for number in range(n)])
    links = [(f"c-{n}-{number}", f"c-{n}-{number + 1}") for number in range(n - 1)]
    calls(workspace, [{"type": "alias", "previousId": gone, "userId": kept} for gone, kept in links])


def devices(workspace: Workspace, n: int) -> None:
    ids = [f"d-{n}-{number}" for number in range(n)]
    calls(workspace, [tracked(anonymousId=device) for device in ids])
    calls(workspace, [{"type": "identify", "userId": f"u{n}", "anonymousId": device} for device in ids])


def traits(workspace: Workspace, n: int) -> None:
    calls(workspace, [{"type": "identify", "userId": f"t-{n}-{m}", "traits": {"plan": m}} for m in range(n)])


def types(workspace: Workspace, n: int) -> None:
    calls(workspace, [tracked(userId="u", event=f"type {n} {number}") for number in range(n)])


def days(workspace: Workspace, n: int) -> None:
    at = [(NOW - timedelta(days=number + n)).isoformat() for number in range(n)]
    calls(workspace, [tracked(userId="u", timestamp=instant) for instant in at])


def triples(workspace: Workspace, n: int) -> None:
    """Of sources, and of campaigns of one source."""
    links = [{"source": f"s{n}-{number}"} for number in range(n)] + [
        {"source": "one", "name": f"c{n}-{m}"} for m in range(n)
    ]
    calls(workspace, [tracked(userId="u", context={"campaign": link}) for link in links])


def contacts(workspace: Workspace, n: int) -> None:
    items = [{"externalId": f"i-{n}-{number}", "email": f"{number}@x.example"} for number in range(n)]
    assert ingest.take_contacts(workspace, items, received_at=NOW).accepted == n


def members(workspace: Workspace, n: int) -> None:
    """What is said of a contact that many were joined to, and of each of these."""
    ids = [f"m-{n}-{number}" for number in range(n)]
    calls(workspace, [{"type": "alias", "previousId": gone, "userId": f"root{n}"} for gone in ids])
    calls(workspace, [{"type": "identify", "userId": gone, "traits": {gone: 1}} for gone in ids])


def campaigns(workspace: Workspace, n: int) -> None:
    variants = [{"name": f"v{number}"} for number in range(n)]
    tests = [{"externalId": f"t{number}", "name": "T", "variants": [{"name": "A"}]} for number in range(n)]
    items = [{"externalId": f"c-{n}-{number}", "name": "C", "abTests": tests[:2]} for number in range(n)]
    items.append(
        {
            "externalId": f"c-{n}",
            "name": "C",
            "abTests": [*tests, {**tests[0], "externalId": "x", "variants": variants}],
        }
    )
    assert ingest.take_campaigns(workspace, items, received_at=NOW).accepted == n + 1
    changed = [{**item, "name": "D"} for item in items]
    assert ingest.take_campaigns(workspace, changed, received_at=NOW).updated == n + 1


def enrollments(workspace: Workspace, n: int) -> None:
    contacts(workspace, n)
    ingest.take_campaigns(workspace, [{"externalId": "c", "name": "C"}], received_at=NOW)
    items = [{"campaign": "c", "contact": f"i-{n}-{number}"} for number in range(n)]
    assert ingest.take_enrollments(workspace, items, received_at=NOW).accepted == n


def erasure(workspace: Workspace, n: int) -> None:
    """Of a contact that many were joined to, with a triple and an event of each."""
    members(workspace, n)
    links = [{"source": f"e{n}-{number}"} for number in range(n)]
    calls(workspace, [tracked(userId=f"m-{n}-{m}", context={"campaign": link}) for m, link in enumerate(links)])
    erase_contact(workspace, Contact.objects.get(workspace=workspace, external_id=f"root{n}"))


SENDINGS: Sequence[Send] = (
    aliases,
    chain,
    devices,
    traits,
    types,
    days,
    triples,
    contacts,
    members,
    campaigns,
    enrollments,
    erasure,
)


@pytest.fixture(autouse=True)
def _ledger_is_merged_another_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "COMMITS_PER_LOOK", 1 << 62)


def work(send: Send, workspace: Workspace, n: int) -> tuple[int, int]:
    """How many statements it runs, and how many lines of our own ingest and ledger."""
    lines = 0

    def trace(frame: Any, event: str, arg: object) -> Any:
        nonlocal lines
        if not frame.f_code.co_filename.rpartition("/analytics/")[2].startswith(("ingest/", "ledger/")):
            return None
        lines += event == "line"
        return trace

    before = sys.gettrace()
    with CaptureQueriesContext(connection) as statements:
        sys.settrace(trace)
        try:
            send(workspace, n)
        finally:
            sys.settrace(before)
    return len(statements), lines


@pytest.mark.parametrize("send", SENDINGS, ids=lambda send: send.__name__)
def test_ten_times_as_many_cost_as_many_statements_and_ten_times_the_work(send: Send, workspace: Workspace) -> None:
    work(send, workspace, 3)  # what is imported or cached once

    few, many = work(send, workspace, FEW), work(send, workspace, MANY)

    assert many[0] <= few[0] + 1, "statements"
    assert many[1] <= 12 * few[1], "lines"


def test_of_a_source_with_very_many_campaigns_only_those_are_read_that_are_named(workspace: Workspace) -> None:
    rows = [UtmTriple(workspace=workspace, source="one", campaign=f"c{number}") for number in range(500)]
    UtmTriple.objects.bulk_create(rows)
    read: list[int] = []

    def counted(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if "analytics_utmtriple" in sql and sql.lstrip().startswith("SELECT"):
            found = context["cursor"].fetchall()
            read.append(len(found))
            context["cursor"].fetchall = lambda: found
        return result

    with connection.execute_wrapper(counted):
        calls(workspace, [tracked(userId="u", context={"campaign": {"source": "one", "name": "c7"}})])

    assert read == [1]
