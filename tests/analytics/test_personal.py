"""One list of personal columns: nothing is missing in it, and masking, filters, cursors and docs follow it."""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.test import Client

from analytics.api.resources.viewsets import RESOURCES
from analytics.ingest import take_campaigns, take_contacts, take_events, take_message_events, take_messages
from analytics.models import Contact
from analytics.personal import PERSONAL, PersonalKind
from analytics.registry import REPORTS
from campaignos.filters import TextFilter
from tests.conftest import post_json
from tests.test_urls import API, PAGES, SESSIONS_ONLY, Ground, routes
from workspaces.models import KeyKind
from workspaces.roles import Right, Role

TEXTS = (models.CharField, models.TextField, models.JSONField, models.BinaryField)
OF_NOBODY = {
    "analytics.Alert": {"direction", "kind", "mailed", "metric", "name", "parameters"},
    "analytics.Delivery": {"attempts", "body", "email", "event", "key", "state"},
    "analytics.ScheduledEmail": {"days", "frequency", "name", "problem"},
    "analytics.WebhookEndpoint": {"encrypted_secret", "events", "url"},
    "analytics.ABTest": {"external_id", "goal_event", "name", "seed"},
    "analytics.Removal": {"row"},
    "analytics.Campaign": {
        "external_id",
        "name",
        "preview_text",
        "subject",
        "utm_campaign",
        "utm_medium",
        "utm_source",
    },
    "analytics.Board": {"name", "tiles"},
    "analytics.DayCount": {"channel", "counted"},
    "analytics.DayPack": {"data"},
    "analytics.EventProperty": {"description"},
    "analytics.ExchangeRate": {"source", "target"},
    "analytics.IdentityCall": {"fingerprint"},
    "analytics.IngestRemark": {"code", "sample_hash", "source"},
    "analytics.JobRun": {"error", "job", "outcome", "result"},
    "analytics.KeptMapping": {"mapping", "signature"},
    "analytics.MessageEvent": {"actor_rule"},
    "analytics.Note": {"text"},
    "analytics.SavedFunnel": {"name", "range", "rules", "steps"},
    "analytics.SavedQuestion": {"name", "parameters", "report"},
    "analytics.SavedSegment": {"condition", "name"},
    "analytics.ShareLink": {"digest", "locks", "name", "origins", "password"},
    "analytics.Upload": {"expected", "done", "mapping"},
    "analytics.Variant": {"name"},
    "workspaces.AuditEvent": {"action", "actor_name", "after", "before", "request_id", "target"},
    "workspaces.FormerSlug": {"slug"},
    "workspaces.Invitation": {"digest", "email"},
    "workspaces.KeptAnswer": {"fingerprint", "headers", "key"},
    "workspaces.Key": {"digest", "name", "prefix", "scopes"},
    "workspaces.Session": {"session_data", "session_key", "user_agent"},
    "workspaces.User": {"email", "name", "password"},
    "workspaces.Webhook": {"confirmation_url", "password", "signing_key", "token"},
    "workspaces.Workspace": {
        "conversion_types",
        "currency",
        "money_before",
        "money_rules",
        "name",
        "slug",
        "time_zone",
    },
}
"""Columns of texts that hold nothing of contacts: names that people give to things, hashes, users of the product."""

LOCAL, NUMBER = "zorro.secret", "555 0199"
EMAIL, PHONE = f"{LOCAL}@example.net", f"+49 170 {NUMBER}"
MARKS = (LOCAL, NUMBER, NUMBER.replace(" ", ""))
NOBODY = "nobody.here@example.net"
REPORT_ENDPOINTS = {endpoint.name for report in REPORTS for endpoint in report.endpoints}
AT = "2026-03-20T10:00:00Z"


def columns_of_texts() -> Iterator[tuple[str, str]]:
    for app in ("analytics", "workspaces"):
        for model in apps.get_app_config(app).get_models():
            for field in model._meta.concrete_fields:
                if isinstance(field, TEXTS) and not field.choices:
                    yield model._meta.label, field.name


def test_every_column_of_texts_is_personal_or_says_why_not() -> None:
    known = {(model, column) for of in (PERSONAL, OF_NOBODY) for model, columns in of.items() for column in columns}
    missing = set(columns_of_texts()) - known
    assert not missing, "say in analytics/personal.py what they hold, or here that they hold nothing of contacts"
    assert {pair for pair in known if pair[0] in PERSONAL} <= set(columns_of_texts())


def test_the_documentation_has_the_list() -> None:
    documented = Path("docs/privacy.md").read_text()
    for model, columns in PERSONAL.items():
        table = apps.get_model(model)._meta.db_table
        for name, column in columns.items():
            assert f"| `{table}.{name}` | {column.of} | {column.kind} |" in documented


@pytest.fixture
def ground(db: None, now: Any) -> Ground:
    """A workspace in which everything has an address and a number in it."""
    ground = Ground("own", now)
    named = {"email": EMAIL, "phone": PHONE, "name": EMAIL}
    attributes = {"phone": "0170 555 0199", "mail": {"to": [EMAIL]}, "note": f"call {PHONE}", EMAIL: 1}
    sent = {"campaign": EMAIL, "contact": EMAIL, "channel": "EMAIL", "providerMessageId": EMAIL}
    report = {"message": EMAIL, "at": AT, "url": f"https://x.example/?m={EMAIL}&t=%2B491705550199"}
    told = {"reason": f"550 <{EMAIL}> {PHONE}", "userAgent": EMAIL}
    event = {"occurredAt": AT, "contact": EMAIL, "properties": attributes, "anonymousId": EMAIL}
    for take, items in (
        (take_contacts, [{"externalId": "a", **named, "attributes": attributes}, {"externalId": EMAIL, **named}]),
        (take_campaigns, [{"externalId": EMAIL, "name": f"For {EMAIL}", "channel": "EMAIL"}]),
        (take_messages, [{"externalId": EMAIL, "createdAt": AT, **sent}]),
        (
            take_message_events,
            [{"type": kind, **report, **told} for kind in ("sent", "delivered", "bounced", "opened", "clicked")],
        ),
        (
            take_events,
            [
                {"type": "buy", "messageId": EMAIL, "utm": {"source": EMAIL, "medium": EMAIL}, **event},
                {"type": EMAIL, "messageId": "e2", **event, "anonymousId": f"b-{EMAIL}", "contact": None},
            ],
        ),
    ):
        outcome = take(ground.workspace, items, received_at=now)  # type: ignore[operator]
        assert not outcome.rejected, outcome.rejected
    return ground


def told(response: Any) -> str:
    """All that an answer says, also what is wrapped in base64."""
    text = response.getvalue().decode() + str(response.headers)
    for token in re.findall(r"[A-Za-z0-9_-]{16,}={0,2}", text):
        try:
            text += base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("latin-1")
        except binascii.Error:
            continue
    return text


def leaks(client: Client, address: str) -> list[str]:
    text = told(client.get(address))
    return [f"{address}: {text[max(text.index(mark) - 60, 0) :][:100]}" for mark in MARKS if mark in text]


def addresses(ground: Ground, *, of_pages: bool) -> Iterator[str]:
    """Of everything that may be read there, also as files, and of lists by every order page by page."""
    for name, pattern in routes():
        method, right = PAGES[name] if name in PAGES else ("get", API.get(name, {}).get("get"))
        if method != "get" or right is not Right.READ or (name in PAGES) != of_pages or name in SESSIONS_ONLY:
            continue
        address = ground.address(name, pattern, ground)
        yield address
        joint = "&" if "?" in address else "?"
        days = "from=2026-03-01&to=2026-03-31"
        yield f"{address}{joint}{days}&format=csv" if of_pages else f"{address}{joint}format=csv"
        if name in REPORT_ENDPOINTS:
            yield f"{address}{joint}{days}&rows=true"
        if of_pages:
            yield f"{address}{joint}{days}"
            yield from (f"{address}{joint}{days}&format=csv&table={table}" for table in ("sources", "links"))
    for view in RESOURCES if not of_pages else ():
        for order in view.orderings:
            yield f"/api/workspaces/{ground.workspace.api_id}/{view.resource}?ordering=-{order}&pageSize=1"


@pytest.mark.long
@pytest.mark.either_database("what is shown of a row is the same on each")
def test_a_viewer_is_told_no_address_or_number_on_any_route(ground: Ground) -> None:
    client = ground.caller(Role.VIEWER)
    rows = [f"/w/{ground.workspace.slug}/contacts/{contact.api_id}/" for contact in Contact.objects.all()]
    rows += [f"{row}export/" for row in rows]
    asked = [*addresses(ground, of_pages=True), *addresses(ground, of_pages=False), *rows]
    assert len(asked) > 60
    assert [leak for address in asked for leak in leaks(client, address)] == []
    assert leaks(ground.caller(Role.ANALYST), rows[0]), "others see them"


@pytest.mark.long
@pytest.mark.either_database("what is shown of a row is the same on each")
def test_a_key_that_only_reads_is_told_no_address_or_number_on_any_route(ground: Ground) -> None:
    client = ground.key(KeyKind.SECRET, Right.READ)
    assert [leak for address in addresses(ground, of_pages=False) for leak in leaks(client, address)] == []
    whole = ground.key(KeyKind.SECRET, Right.READ, Right.WRITE)
    assert leaks(whole, f"/api/workspaces/{ground.workspace.api_id}/contacts"), "with `write` it would be"


@pytest.mark.long
def test_a_key_that_only_writes_is_answered_with_ids_alone(ground: Ground) -> None:
    client, url = ground.key(KeyKind.SECRET, Right.WRITE), f"/api/workspaces/{ground.workspace.api_id}"
    row = ground.row
    for path, item in (
        ("contacts", {"externalId": "a"}),
        ("events", {"type": "buy", "messageId": EMAIL, "occurredAt": AT, "contact": EMAIL}),
        ("messages", {"externalId": EMAIL, "campaign": EMAIL, "contact": EMAIL, "channel": "EMAIL"}),
        ("enrollments", {"campaign": "c", "contact": "a"}),
        ("campaigns", {"externalId": "c", "name": "C"}),
    ):
        answer = post_json(client, f"{url}/{path}", item)
        assert answer.status_code in (200, 201), answer.content
        assert not [mark for mark in MARKS if mark in told(answer)]
    answer = client.patch(f"{url}/contacts/{row['contacts']}", json.dumps({}), content_type="application/json")
    known = answer.json()
    assert (known["id"], known["externalId"]) == (row["contacts"], "a")
    assert (known["email"], known["phone"], known["name"], known["attributes"]) == (None, None, None, {})


@pytest.mark.long
def test_a_public_key_is_told_nothing_of_what_is_known(ground: Ground) -> None:
    client = ground.key(KeyKind.WRITE)
    calls: list[dict[str, Any]] = [
        {"type": "identify", "userId": "a", "traits": {"email": EMAIL}, "messageId": "1"},
        {"type": "identify", "userId": "a", "anonymousId": EMAIL, "messageId": "2"},
        {"type": "alias", "userId": "a", "previousId": EMAIL, "messageId": "3"},
        {"type": "alias", "userId": "new", "previousId": EMAIL, "messageId": "4"},
        {"type": "track", "event": "x", "userId": "a", "messageId": EMAIL},
        {"type": "identify", "userId": "a", "anonymousId": "device-of-a", "messageId": "5"},
        {"type": "alias", "userId": "b", "previousId": "device-of-a", "messageId": "6"},
    ]
    known = [{"externalId": "b"}]
    assert not take_contacts(ground.workspace, known, received_at=ground.workspace.created_at).rejected
    post_json(client, "/v1/batch", {"batch": calls[5:6]})
    calls = [call for call in calls if call["userId"] != "a" or call["type"] == "alias"]
    answer = post_json(client, "/v1/batch", {"batch": calls})
    assert [remark["code"] for remark in answer.json()["rejected"]].count("identity_conflict") >= 1
    assert answer.status_code == 200
    said = json.dumps(calls)
    for remark in (*answer.json()["rejected"], *answer.json()["warnings"]):
        assert set(re.findall(r"'([^']+)'", remark["message"])) <= set(re.findall(r'"([^"]+)"', said)), remark


@pytest.mark.long
@pytest.mark.parametrize("role", ["viewer", "key"])
def test_no_filter_confirms_an_address_to_who_sees_none(ground: Ground, role: str) -> None:
    client = ground.caller(Role.VIEWER) if role == "viewer" else ground.key(KeyKind.SECRET, Right.READ)
    url, asked = f"/api/workspaces/{ground.workspace.api_id}", 0
    for view in RESOURCES:
        for name, one in view.filters.base_filters.items():
            for part in (EMAIL, PHONE, f"{LOCAL}@", "@example.net", NUMBER) if isinstance(one, TextFilter) else ():
                if view.resource not in ("campaigns", "ab-tests"):
                    asked += 1
                    answer = client.get(f"{url}/{view.resource}", {name: part}).json()
                    assert answer.get("results", []) == [], (name, part)
                    assert answer.get("code", "invalid_parameter") == "invalid_parameter"
    assert asked > 30


@pytest.mark.long
@pytest.mark.parametrize(
    ("path", "parameter", "query"),
    [
        ("contacts", "q", {}),
        ("events", "value", {"property": "mail.to"}),
        ("events", "type", {}),
        ("events", "library", {}),
        ("events", "utmSource", {}),
        ("clicks", "link", {}),
        ("messages", "reason", {}),
        ("messages", "link", {}),
    ],
)
def test_no_list_confirms_an_address_to_a_viewer(
    ground: Ground, path: str, parameter: str, query: dict[str, str]
) -> None:
    client, page = ground.caller(Role.VIEWER), f"/w/{ground.workspace.slug}/{path}/"
    answers = [client.get(page, {**query, parameter: text}).text for text in (EMAIL, NOBODY)]
    totals = [re.findall(r'class="total"[^>]*>([^<]*)', answer) for answer in answers]
    assert totals[0] == totals[1] != []


def test_kinds_say_what_is_masked() -> None:
    assert {column.kind for columns in PERSONAL.values() for column in columns.values()} == set(PersonalKind)
