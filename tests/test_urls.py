"""Every address of the program, asked by everybody, for their own things and for others'.

A route without an expectation fails: whoever adds one says here who may go there.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from analytics.ingest import (
    take_assignments,
    take_calls,
    take_campaigns,
    take_contacts,
    take_enrollments,
    take_events,
    take_messages,
)
from analytics.ingest.ab_tests import take_tests
from analytics.ingest.files.uploads import keep_upload
from analytics.ingest.messages.reports import take_message_events
from analytics.ingest.removals import note_removals
from analytics.models import (
    ABTest,
    Alert,
    AlertChange,
    Assignment,
    Board,
    Campaign,
    Contact,
    Delivery,
    Enrolment,
    Event,
    ExchangeRate,
    Join,
    Message,
    MessageEvent,
    Note,
    Removal,
    RemovedFrom,
    SavedFunnel,
    SavedQuestion,
    SavedSegment,
    ScheduledEmail,
    ShareLink,
    WebhookEndpoint,
)
from analytics.models.properties import event_type_id, property_id
from analytics.providers import Provider
from analytics.registry import REPORTS
from tests.conftest import PASSWORD
from tests.copied_rows import copied
from workspaces.changes import create_key, create_webhook, create_workspace
from workspaces.models import AuditEvent, KeyKind, Membership, Session, User
from workspaces.people import invite
from workspaces.roles import RIGHTS, Right, Role

pytestmark = pytest.mark.either_database(
    "routes and rights say who may go where; what PostgreSQL adds is row level security, whose suite walks them again"
)

READ, CURATE, WRITE, MANAGE, OWN = Right.READ, Right.CURATE, Right.WRITE, Right.MANAGE, Right.OWN

PAGES: dict[str, tuple[str, Right]] = {
    "workspace": ("get", READ),
    **{report.name: ("get", READ) for report in REPORTS},
    **dict.fromkeys(
        ("saved_funnel", "add_filter", "funnel_steps", "campaigns", "contacts", "contact", "messages", "message"),
        ("get", READ),
    ),
    **dict.fromkeys(
        ("clicks", "enrolments", "people", "events", "orders", "conversions", "event_json", "start", "first_arrived"),
        ("get", READ),
    ),
    **dict.fromkeys(("save_funnel", "delete_funnel", "save_segment"), ("post", CURATE)),
    **dict.fromkeys(("save-question", "saved-question-delete"), ("post", CURATE)),
    "saved-questions": ("get", READ),
    "saved-question": ("get", CURATE),
    "boards": ("get", READ),
    "board": ("get", READ),
    "board-edit": ("get", CURATE),
    **dict.fromkeys(("board-tiles", "board-delete"), ("post", CURATE)),
    **dict.fromkeys(("settings-links", "share-link-revoke"), ("get", MANAGE)),
    **dict.fromkeys(("segments", "find", "find_options"), ("get", READ)),
    **dict.fromkeys(("segment", "segment_delete", "note"), ("get", CURATE)),
    **dict.fromkeys(("notes", "alerts", "alert"), ("get", READ)),
    **dict.fromkeys(("alert_new", "alert_edit", "alert_delete"), ("get", CURATE)),
    "alert_snooze": ("post", CURATE),
    **dict.fromkeys(("scheduled-emails", "scheduled-email", "scheduled-email-preview"), ("get", READ)),
    **dict.fromkeys(("scheduled-email-new", "scheduled-email-edit", "scheduled-email-delete"), ("get", CURATE)),
    **dict.fromkeys(("scheduled-email-briefing", "scheduled-email-pause"), ("post", CURATE)),
    **dict.fromkeys(("scheduled-email-send", "scheduled-email-mine"), ("post", READ)),
    **dict.fromkeys(("settings-endpoints", "endpoint-delete"), ("get", MANAGE)),
    **dict.fromkeys(("endpoint-switch", "delivery-again"), ("post", MANAGE)),
    "note_delete": ("post", CURATE),
    **dict.fromkeys(("campaigns_archive", "sample"), ("post", WRITE)),
    "contact_erasure": ("post", WRITE),
    "contact_export": ("get", READ),
    "contact_join": ("get", WRITE),
    "contact_part": ("post", WRITE),
    **dict.fromkeys(("import", "import_template"), ("get", WRITE)),
    **dict.fromkeys(("import_upload", "import_rejected"), ("get", WRITE)),
    **dict.fromkeys(("import_confirm", "import_discard", "import_columns"), ("post", WRITE)),
    **dict.fromkeys(("ab-test-new", "ab-test", "ab-test-delete"), ("get", WRITE)),
    "ab-test-end": ("post", WRITE),
    "settings": ("get", READ),
    **dict.fromkeys(("settings-members", "settings-money", "settings-rates"), ("get", READ)),
    "settings-money-type": ("get", MANAGE),
    "settings-properties": ("get", READ),
    "settings-property": ("get", WRITE),
    **dict.fromkeys(("rates-upload", "rate-delete"), ("post", MANAGE)),
    **dict.fromkeys(("settings-delete", "settings-data"), ("get", OWN)),
    **dict.fromkeys(("settings-keys", "settings-webhooks", "settings-audit", "settings-audit-csv"), ("get", MANAGE)),
    **dict.fromkeys(("member-role", "invitation-revoke", "key-rotate", "key-revoke"), ("post", MANAGE)),
    "key-drop": ("get", MANAGE),
    "member-remove": ("post", READ),
    **dict.fromkeys(("webhook-rotate", "webhook-revoke", "webhook-sign"), ("post", MANAGE)),
}
"""The pages of a workspace: by route, the method and what it needs."""
ON_OWNERS = {"member-remove": OWN}
"""Everybody may leave; but the member of the walk is an owner, whom only owners may take out."""
OF_ONE_MEMBER = {"import_upload", "import_rejected", "import_confirm", "import_discard", "import_columns"}
"""What belongs to one member, here to the owner that the workspace was made by: others with the right find nothing."""
QUERIES = {
    "api-funnel": "?steps=a",
    "api-funnel-csv": "?steps=a",
    "api-ab-test-arm": "?contact=a",
    "people": "?steps=a&from=2026-03-01&to=2026-03-31",
}

_LISTS = ("contacts", "campaigns", "enrollments", "messages", "events")
API: dict[str, dict[str, Right]] = {
    **{
        f"{endpoint.name}{file}": {"get": READ}
        for file in ("", "-csv")
        for report in REPORTS
        for endpoint in report.endpoints
    },
    **{f"{endpoint.name}-query": {"post": READ} for report in REPORTS for endpoint in report.endpoints},
    **{f"api-{name}": {"get": READ, "post": WRITE} for name in _LISTS},
    **{
        f"api-{name}-row": {"get": READ}
        for name in ("messages", "message-events", "events", "orders", "conversions", "people")
    },
    **{
        f"api-{name}-row": {"get": READ, "patch": WRITE, "delete": WRITE}
        for name in ("contacts", "campaigns", "rates", "ab-tests")
    },
    **{f"api-{name}-bulk": {"post": WRITE} for name in (*_LISTS, "message-events", "rates", "assignments")},
    "api-campaigns": {"get": READ, "post": WRITE},
    "api-rates": {"get": READ, "post": WRITE},
    "api-ab-tests": {"get": READ, "post": WRITE},
    "api-ab-test-arm": {"get": READ},
    "api-assignments": {"get": READ, "post": WRITE},
    "api-assignments-row": {"get": READ},
    "api-funnels": {"get": READ, "post": CURATE},
    "api-funnels-row": {"get": READ, "patch": CURATE, "delete": CURATE},
    "api-scheduled-emails": {"get": READ, "post": CURATE},
    "api-scheduled-emails-row": {"get": READ, "patch": CURATE, "delete": CURATE},
    "api-alerts": {"get": READ, "post": CURATE},
    "api-alerts-row": {"get": READ, "patch": CURATE, "delete": CURATE},
    "api-alert-changes": {"get": READ},
    "api-alert-changes-row": {"get": READ},
    "api-notes": {"get": READ, "post": CURATE},
    "api-notes-row": {"get": READ, "patch": CURATE, "delete": CURATE},
    "api-saved-questions": {"get": READ, "post": CURATE},
    "api-saved-questions-row": {"get": READ, "patch": CURATE, "delete": CURATE},
    "api-saved-question-answer": {"get": READ},
    "api-boards": {"get": READ, "post": CURATE},
    "api-boards-row": {"get": READ, "patch": CURATE, "delete": CURATE},
    "api-board-answer": {"get": READ},
    "api-webhook-endpoints": {"get": MANAGE, "post": MANAGE},
    "api-webhook-endpoints-row": {"get": MANAGE, "patch": MANAGE, "delete": MANAGE},
    **{f"api-webhook-deliveries{part}": {"get": MANAGE} for part in ("", "-row")},
    "api-webhook-delivery-resend": {"post": MANAGE},
    "api-share-links": {"get": MANAGE, "post": MANAGE},
    "api-share-links-row": {"get": MANAGE, "delete": MANAGE},
    "api-segments": {"get": READ, "post": CURATE},
    "api-segments-row": {"get": READ, "patch": CURATE, "delete": CURATE},
    **{f"api-{name}": {"get": READ} for name in ("event-types", "event-types-row", "event-properties")},
    "api-event-properties-row": {"get": READ, "patch": WRITE},
    "api-message-events": {"get": READ},
    "api-orders": {"get": READ},
    "api-conversions": {"get": READ},
    "api-people": {"get": READ},
    **{f"api-removals{part}": {"get": READ} for part in ("", "-csv", "-row")},
    "api-joins": {"get": READ, "post": WRITE},
    "api-joins-row": {"get": READ, "delete": WRITE},
    "api-enrollments-row": {"get": READ, "patch": WRITE},
    "api-workspace": {"get": READ, "patch": MANAGE},
    "api-members": {"get": READ},
    "api-members-row": {"get": READ, "patch": MANAGE},
    "api-invitations": {"get": MANAGE, "post": MANAGE},
    "api-invitations-row": {"get": MANAGE, "delete": MANAGE},
    "api-keys": {"get": MANAGE, "post": MANAGE},
    "api-keys-row": {"get": MANAGE, "delete": MANAGE},
    "api-key-rotation": {"post": MANAGE},
    "api-key-drop": {"post": MANAGE},
}
API |= {f"{name}-csv": {"get": methods["get"]} for name, methods in API.items() if f"{name}-row" in API}
"""The API below a workspace."""
SESSIONS_ONLY = (
    *("api-members", "api-members-csv", "api-members-row"),
    *("api-share-links", "api-share-links-csv", "api-share-links-row"),
    *("api-webhook-endpoints", "api-webhook-endpoints-csv", "api-webhook-endpoints-row"),
    *("api-webhook-deliveries", "api-webhook-deliveries-csv", "api-webhook-deliveries-row"),
    "api-webhook-delivery-resend",
)
"""Where a key is no way in, and is told so."""

OPEN = {
    *("account_login", "account_logout", "account_signup", "account_inactive", "theme", "metrics_help"),
    *("account_reset_password", "account_reset_password_done", "account_reset_password_from_key"),
    *("account_reset_password_from_key_done", "account_email_verification_sent", "account_confirm_email"),
    *("mfa_authenticate", "mfa_login_webauthn", "invitation", "shared", "healthz", "readyz", "metrics"),
    "email-unsubscribe",
    *("api-schema", "api-docs", "api-metrics", "api-session", "ingest-client-metrics"),
}
"""For everybody, each with tests of its own of what it tells whom."""
ACCOUNT = {
    *("home", "again", "undo", "workspaces", "profile", "sessions", "end-sessions", "api-workspaces"),
    "api-session-proof",
    *("account_reauthenticate", "account_email", "account_change_password", "account_set_password"),
    *("mfa_index", "mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes"),
    *("mfa_generate_recovery_codes", "mfa_download_recovery_codes", "mfa_list_webauthn", "mfa_add_webauthn"),
    *("mfa_reauthenticate_webauthn", "mfa_remove_webauthn", "mfa_edit_webauthn"),
}
"""For whoever is logged in: their own account, and nobody else's."""
WHOSE = "api-workspaces"
"""Where a secret key can ask which workspace it opens."""
BY_KEY = re.compile(r"ingest-\w+|webhook|api-mcp")
NAMELESS = {"csp-report", "^(?:api|v1|hooks)/", "admin"}


def routes() -> Iterator[tuple[str, str]]:
    """The name and the pattern of every route but the admin's, which all ask for staff."""

    def walk(patterns: list[Any], before: str) -> Iterator[tuple[str, str]]:
        for pattern in patterns:
            told = before + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                yield pattern.name or "", told
            elif isinstance(pattern, URLResolver) and told != "admin/":
                yield from walk(pattern.url_patterns, told)

    return walk(get_resolver().url_patterns, "")


class Ground:
    """A workspace with one row of everything, and the ids that stand in addresses."""

    def __init__(self, name: str, now: Any) -> None:
        self.owner = User.objects.create_user(f"owner@{name}.example", PASSWORD)
        self.workspace = workspace = create_workspace(name=name, time_zone="UTC", by=self.owner)
        at = now.isoformat()
        sent = {"campaign": "c", "contact": "a"}
        for take, item in (
            (take_contacts, {"externalId": "a"}),
            (take_campaigns, {"externalId": "c", "name": "C", "abTests": [{"externalId": "t", "name": "T"}]}),
            (take_tests, {"externalId": "p", "name": "P", "variants": [{"name": "A"}, {"name": "B"}]}),
            (take_assignments, {"abTest": "p", "variant": "A", "contact": "a"}),
            (take_enrollments, sent),
            (take_messages, {"externalId": "m", "channel": "SMS", **sent}),
            (take_message_events, {"message": "m", "type": "sent", "at": at}),
            (take_events, {"type": "buy", "occurredAt": at, "contact": "a", "properties": {"plan": "pro"}}),
            (take_events, {"type": "purchase", "occurredAt": at, "contact": "a", "messageId": "p"}),
        ):
            assert not take(workspace, [item], received_at=now).rejected
        of = {"workspace": workspace.pk}
        note_removals(workspace.pk, RemovedFrom.CAMPAIGNS, [9])
        device = {"type": "identify", "anonymousId": "d"}
        take_calls(workspace, [device, {**device, "userId": "a"}], received_at=now)
        key, _ = create_key(workspace=workspace, kind=KeyKind.WRITE, name="k", by=self.owner, allows_browsers=True)
        self.row = {
            "contacts": Contact.objects.get(**of).api_id,
            "campaigns": Campaign.objects.get(**of).api_id,
            "ab-tests": ABTest.objects.get(external_id="p", **of).api_id,
            "assignments": Assignment.objects.get(**of).api_id,
            "enrollments": Enrolment.objects.get(**of).api_id,
            "messages": Message.objects.get(**of).api_id,
            "message-events": MessageEvent.objects.get(**of).api_id,
            "events": Event.objects.get(type="buy", **of).api_id,
            "orders": Event.objects.get(type="purchase", **of).api_id,
            "conversions": Event.objects.get(type="purchase", **of).api_id,
            "joins": Join.objects.get(**of).api_id,
            "removals": Removal.objects.get(**of).api_id,
            "event-types": event_type_id(workspace.pk, "buy"),
            "event-properties": property_id(workspace.pk, "buy", "plan"),
            "people": f"per_{Contact.objects.get(**of).person_number}",
            "members": self.owner.api_id,
            "keys": key.api_id,
        }
        funnel = SavedFunnel.objects.create(workspace=workspace, name="F", steps=["a"]).pk
        self.row["funnels"] = f"fun_{funnel}"
        segment = SavedSegment.objects.create(workspace=workspace, name="S", condition="contact.known:true").pk
        note = Note.objects.create(workspace=workspace, day="2026-03-01", text="N")
        self.row["notes"] = note.api_id
        rule = {"metric": "events", "kind": "anomaly", "direction": "both"}
        alert = Alert.objects.create(workspace=workspace, name="A", **rule)
        self.row["alerts"] = alert.api_id
        change = AlertChange.objects.create(workspace=workspace, alert=alert, opened=True, day="2026-03-01", at=now)
        self.row["alert-changes"] = f"alc_{change.pk}"
        endpoint = WebhookEndpoint.objects.create(workspace=workspace, url="https://example.com", events=[])
        delivery = Delivery.objects.create(
            workspace=workspace,
            endpoint=endpoint,
            event="alert.opened",
            key="k",
            body={},
            state="failed",
            made_at=now,
            due_at=now,
        )
        self.row |= {"webhook-endpoints": endpoint.api_id, "webhook-deliveries": delivery.api_id}
        self.row["segments"] = f"seg_{segment}"
        question = SavedQuestion.objects.create(workspace=workspace, name="Q", report="overview")
        self.row["saved-questions"] = question.api_id
        board = Board.objects.create(workspace=workspace, name="B")
        self.row["boards"] = board.api_id
        emailing = {"question": question, "frequency": "weekly", "made_for": "2026-03-23"}
        email = ScheduledEmail.objects.create(workspace=workspace, name="E", **emailing)
        self.row["scheduled-emails"] = email.api_id
        link = ShareLink.objects.create(workspace=workspace, question=question, digest=name, expires_at=now)
        self.row["share-links"] = link.api_id
        currencies = {"source": "EUR", "target": "USD", "digits": 1, "places": 0}
        rate = ExchangeRate.objects.create(workspace=workspace, day="2026-03-01", **currencies)
        self.row["rates"] = rate.api_id
        csv = b"externalId\nb\n"
        upload = keep_upload(
            workspace=workspace, user=self.owner, resource="contacts", file_name="b.csv", content=csv, now=now
        )
        webhook = create_webhook(workspace=workspace, provider=Provider.SENDGRID, by=self.owner).pk
        invitation = invite(workspace=workspace, email=f"i@{name}.example", role=Role.VIEWER, by=self.owner)[0]
        self.row["invitations"] = invitation.api_id
        self.pk = {
            "member": workspace.memberships.get().pk,
            "invitation": invitation.pk,
            "key": key.pk,
            "webhook": webhook,
            "saved_funnel": funnel,
            "delete_funnel": funnel,
            "segment": segment,
            **dict.fromkeys(("note", "note_delete"), note.pk),
            "alert": alert.pk,
            **dict.fromkeys([name for name in PAGES if name.startswith("scheduled-email-")], email.pk),
            "scheduled-email": email.pk,
            **dict.fromkeys(("alert_edit", "alert_snooze", "alert_delete"), alert.pk),
            **dict.fromkeys(("endpoint-switch", "endpoint-delete"), endpoint.pk),
            "delivery-again": delivery.pk,
            "segment_delete": segment,
            **dict.fromkeys(("saved-question", "saved-question-delete"), question.pk),
            **dict.fromkeys(("board", "board-edit", "board-tiles", "board-delete"), board.pk),
            "share-link-revoke": link.pk,
            "rate-delete": rate.pk,
            "ab": ABTest.objects.get(external_id="p", **of).pk,
            **dict.fromkeys(OF_ONE_MEMBER, upload.pk),
        }

    def address(self, name: str, pattern: str, rows: "Ground") -> str:
        """The route's address in this workspace, with the ids of the rows of `rows`."""
        resource = name.removeprefix("api-").removesuffix("-row") if not name.startswith("api-key-") else "keys"
        answers = {"saved-question-answer": "saved-questions", "board-answer": "boards"}
        acts = {"ab-test-arm": "ab-tests", "webhook-delivery-resend": "webhook-deliveries"}
        resource = {**acts, **answers}.get(resource, resource)
        resource = "contacts" if name == "import_template" else resource
        values = {
            "resource": resource,
            "workspace_id": self.workspace.api_id,
            "slug": self.workspace.slug,
            "resource_id": rows.row.get(resource, ""),
            "campaign_id": rows.row["campaigns"],
            "test_id": rows.row["ab-tests"],
            "contact_id": rows.row["contacts"],
            "message_id": rows.row["messages"],
            "join_id": rows.row["joins"],
            "event_id": rows.row["events"],
            "property_id": rows.row["event-properties"],
            "pk": str(rows.pk.get(name, rows.pk.get(name.partition("-")[0], 1))),
        }
        address = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda found: values[found[1]], pattern)
        address = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], address)
        address = re.sub(r"\(\?:(\w+)(?:\|\w+)*\)", r"\1", address)
        return "/" + re.sub(r"/\?\$|[\^$\\]", "", address) + QUERIES.get(name, "")

    def caller(self, role: Role) -> Client:
        user = User.objects.create_user(f"a-{role.lower()}@{self.workspace.slug}.example", PASSWORD)
        Membership.objects.create(workspace=self.workspace, user=user, role=role)
        return logged_in(user)

    def key(self, kind: KeyKind, *scopes: Right) -> Client:
        token = create_key(workspace=self.workspace, kind=kind, name="x", by=self.owner, scopes=scopes)[1]
        return Client(headers={"Authorization": f"Bearer {token}"})


def refused_parameter(client: Client, method: str, address: str, **headers: str) -> str | None:
    """Of the API: the parameter that is refused, or None; whatever the request did is undone."""
    with transaction.atomic():
        options: dict[str, Any] = {} if method == "get" else {"data": {}, "content_type": "application/json"}
        response = getattr(client, method)(address, **options, headers=headers)
        transaction.set_rollback(True)
    is_error = response.status_code == 400 and not response.streaming
    return response.json().get("parameter") if is_error else None


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ask(client: Client, method: str, address: str) -> int:
    """The status of the answer; whatever it did is undone. 401 stands for the way to the log-in, too."""
    with transaction.atomic():
        if method == "get":
            response = client.get(address)
        else:
            data = json.dumps({}) if address.startswith("/api/") else {}
            kind = {"content_type": "application/json"} if address.startswith("/api/") else {}
            response = getattr(client, method)(address, data, **kind)
        transaction.set_rollback(True)
    at_the_door = response.status_code == 302 and response["Location"].startswith(("/login/", "/admin/login/"))
    return 401 if at_the_door else response.status_code


@pytest.fixture
@copied
def grounds(db: None, now: Any) -> tuple[Ground, Ground]:
    return Ground("own", now), Ground("other", now)


def test_every_route_has_an_expectation() -> None:
    known = {*PAGES, *API, *OPEN, *ACCOUNT}
    unknown = [
        pattern
        for name, pattern in routes()
        if name not in known and not BY_KEY.fullmatch(name) and not (name == "" and _is_nameless(pattern))
    ]
    assert not unknown, "say in tests/test_urls.py who may go there"
    assert known <= {name for name, _ in routes()}


def _is_nameless(pattern: str) -> bool:
    return pattern in NAMELESS or pattern.startswith("^(?P<page>")


@pytest.mark.either_database("names are judged before rows are asked for")
def test_every_operation_refuses_parameters_that_it_does_not_understand(grounds: tuple[Ground, Ground]) -> None:
    own, _ = grounds
    client = logged_in(own.owner)
    problems = []
    for name, pattern in routes():
        for method in API.get(name, {}):
            address = own.address(name, pattern, own)
            address += "&" if "?" in address else "?"
            has_steps = name in ("api-funnel", "api-cohorts", "api-people")
            known_elsewhere = "days" if name == "api-people" else "pageSize" if has_steps or "csv" in name else "steps"
            asked = {
                "colour=red": refused_parameter(client, method, f"{address}colour=red", Prefer="handling=strict"),
                known_elsewhere: refused_parameter(client, method, f"{address}{known_elsewhere}=5"),
            }
            problems += [f"{method} {address}{query} is answered" for query, found in asked.items()
                         if found != query.partition("=")[0]]  # fmt: skip
    assert not problems


def thing(name: str) -> str:
    """What a route is about, by its name: "api-contacts-row" is about contacts."""
    return name.removeprefix("api-").partition("-")[0]


@pytest.mark.parametrize("of", sorted({thing(name) for name in (*PAGES, *API)}))
def test_everybody_gets_to_their_own_and_nobody_to_others(grounds: tuple[Ground, Ground], of: str) -> None:
    own, other = grounds
    members = {role: own.caller(role) for role in Role}
    keys = {scope: own.key(KeyKind.SECRET, scope) for scope in (READ, CURATE, WRITE)}
    no_way_in = {"anonymous": Client(), "write key": own.key(KeyKind.WRITE)}
    stranger = logged_in(other.owner)
    problems: list[str] = []

    def expect(who: object, client: Client, method: str, address: str, *allowed: int, what: str = "") -> None:
        status = ask(client, method, address)
        if status not in allowed if allowed else status in (401, 403, 404, 405, 500):
            problems.append(f"{who}: {method} {address} answers {status} {what}")

    for name, pattern in routes():
        asked = {PAGES[name][0]: PAGES[name][1]} if name in PAGES else API.get(name, {})
        if thing(name) != of:
            continue
        for method, right in asked.items():
            address = own.address(name, pattern, own)
            for who, client in no_way_in.items():
                expect(who, client, method, address, 401)
            expect("stranger", stranger, method, address, 404)
            for role, client in members.items():
                may = ON_OWNERS.get(name, right) in RIGHTS[role]
                reaches = (404,) if name in OF_ONE_MEMBER else ()
                expect(role, client, method, address, *(reaches if may else (403,)))
            if name in OF_ONE_MEMBER:
                expect("its owner", logged_in(own.owner), method, address)
            for scope, client in keys.items():
                if name in PAGES or name in SESSIONS_ONLY:
                    expect(scope, client, method, address, 403 if name in SESSIONS_ONLY else 401)
                else:
                    expect(scope, client, method, address, *(() if right == scope else (403,)))
            reaching = {**members, **({scope: keys[scope] for scope in keys} if name in API else {})}
            elsewhere, foreign = other.address(name, pattern, other), own.address(name, pattern, other)
            for who, client in reaching.items():
                if name in SESSIONS_ONLY and who in keys:
                    continue
                expect(who, client, method, elsewhere, 404)
                if foreign != address:
                    may = right in (RIGHTS[Role(who)] if who in members else {who})
                    expect(who, client, method, foreign, 404 if may else 403)
    assert not problems, "\n".join(problems)


def unsafe_addresses(ground: Ground) -> Iterator[tuple[str, str]]:
    """Method and address of all that changes something by a session."""
    for name, pattern in routes():
        asked = {"post"} if name in ACCOUNT else {PAGES[name][0]} if name in PAGES else API.get(name, {}).keys()
        for method in sorted(asked - {"get"}):
            yield method, ground.address(name, pattern, ground)


@pytest.mark.parametrize("token", [None, "", "x" * 64, "another's"])
def test_nothing_is_changed_without_the_token_of_the_session(grounds: tuple[Ground, Ground], token: str | None) -> None:
    """403, or the form given back to be sent again: never what was asked for."""
    own, other = grounds
    client = Client(enforce_csrf_checks=True)
    client.force_login(own.owner)
    client.cookies["csrftoken"] = "a" * 32
    if token == "another's":
        token = str(logged_in(other.owner).get("/api/session").json()["csrfToken"])
    if token is not None:
        client.headers = {"X-CSRFToken": token}
    answers = {(method, address): ask(client, method, address) for method, address in unsafe_addresses(own)}
    assert {status for status in answers.values() if status != 403} <= {405}, answers
    assert list(answers.values()).count(403) > 40


@pytest.mark.parametrize("ending", ["logged out", "deleted", "expired", "user switched off", "password changed"])
def test_a_session_that_is_over_reaches_nothing(grounds: tuple[Ground, Ground], ending: str) -> None:
    own, _ = grounds
    client = logged_in(own.owner)
    key = client.session.session_key
    if ending == "logged out":
        other = Client()
        other.cookies["sessionid"] = key
        other.post("/logout/")
    elif ending == "deleted":
        Session.objects.filter(pk=key).delete()
    elif ending == "expired":
        Session.objects.filter(pk=key).update(expire_date=timezone.now())
    elif ending == "user switched off":
        User.objects.filter(pk=own.owner.pk).update(is_active=False)
    else:
        own.owner.set_password("another-good-password")
        own.owner.save()
    problems = []
    for name, pattern in routes():
        asked = [PAGES[name][0]] if name in PAGES else API.get(name, ["get"] if name in ACCOUNT else [])
        for method in asked:
            client.cookies["sessionid"] = key
            if (status := ask(client, method, own.address(name, pattern, own))) not in (401, 405):
                problems.append(f"{method} {name} answers {status}")
    assert not problems


def test_accounts_are_for_who_is_logged_in(grounds: tuple[Ground, Ground]) -> None:
    own, _ = grounds
    named = {name: own.address(name, pattern, own) for name, pattern in routes() if name in ACCOUNT}
    for client, may in ((Client(), set()), (own.key(KeyKind.WRITE), set()), (own.key(KeyKind.SECRET, READ), {WHOSE})):
        assert {name for name, address in named.items() if ask(client, "get", address) not in (401, 403, 405)} == may


def test_ids_of_others_in_a_query_or_a_body_find_nothing(grounds: tuple[Ground, Ground]) -> None:
    own, other = grounds
    client, url = logged_in(own.owner), f"/api/workspaces/{own.workspace.api_id}"
    take_contacts(other.workspace, [{"externalId": "theirs"}], received_at=other.workspace.created_at)
    for resource, parameter, of in (
        ("enrollments", "campaign", "campaigns"),
        ("enrollments", "contact", "contacts"),
        ("messages", "campaign", "campaigns"),
        ("messages", "contact", "contacts"),
        ("message-events", "message", "messages"),
        ("message-events", "campaign", "campaigns"),
        ("events", "contact", "contacts"),
        ("ab-tests", "campaign", "campaigns"),
    ):
        assert client.get(f"{url}/{resource}", {parameter: own.row[of]}).json()["results"], (resource, parameter)
        answers = [client.get(f"{url}/{resource}", {parameter: row}) for row in (other.row[of], _absent(other.row[of]))]
        told = [(answer.status_code, answer.json()["allowed"]) for answer in answers]
        assert told[0] == told[1], "as one that never was"
        assert told[0][0] == 400
    body = {"campaign": "c", "contact": "theirs"}
    refused = client.post(f"{url}/enrollments", json.dumps(body), content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (400, "unknown_contact")


FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "archive a campaign": ("campaigns/archive/", {"campaign": "campaigns"}),
    "note on a campaign": ("notes/", {"day": "=2026-03-01", "text": "=x", "campaign": "number of campaigns"}),
    "alert on a campaign": (
        "alerts/new/",
        {"name": "=x", "metric": "=sent", "kind": "=anomaly", "direction": "=both", "mailed": "=nobody",
         "where": "where campaign", "save": "="},
    ),
    "alert on a segment": (
        "alerts/new/",
        {"name": "=x", "metric": "=events", "kind": "=anomaly", "direction": "=both", "mailed": "=nobody",
         "segment": "segments", "save": "="},
    ),
    "question on a segment": ("saved/save/", {"name": "=x", "report": "=overview", "query": "query segment"}),
    "question on a campaign": ("saved/save/", {"name": "=x", "report": "=timeseries", "query": "query campaign"}),
    "segment of a segment": ("segments/save/", {"name": "=x", "segment": "segments"}),
    "tile of a question": (
        "boards/{board}/tiles/", {"act": "=add", "question": "saved-questions", "shows": "=figure:delivered"},
    ),
    "link to a question": ("settings/links/", {"question": "saved-questions"}),
    "link to a board": ("settings/links/", {"question": "boards"}),
    "link for a segment": ("settings/links/", {"question": "own saved-questions", "segment": "segments"}),
    "email of a question": (
        "emails/new/",
        {"name": "=x", "question": "pk saved-question", "frequency": "=weekly", "hour": "=7", "days": "=period",
         "members": "own pk member"},
    ),
    "email to a member": (
        "emails/new/",
        {"name": "=x", "question": "own pk saved-question", "frequency": "=weekly", "hour": "=7", "days": "=period",
         "members": "pk member"},
    ),
}  # fmt: skip
"""What is posted to pages: by field, a text behind "=", or what is named of a workspace, "own" of the caller's."""


def posted(fields: dict[str, str], own: Ground, of: Ground) -> dict[str, Any]:
    def value(said: str, ground: Ground) -> Any:
        if said.startswith("="):
            return said[1:]
        if said.startswith("own "):
            return value(said.removeprefix("own "), own)
        if said.startswith("pk "):
            return ground.pk[said.removeprefix("pk ")]
        campaign, segment = ground.row["campaigns"], ground.row["segments"]
        written = {
            "number of campaigns": campaign.partition("_")[2],
            "where campaign": f"campaign:{campaign}",
            "query segment": f"segment={segment}",
            "query campaign": f"where=campaign:{campaign}",
        }
        return written.get(said) or ground.row[said]

    return {name: value(said, of) for name, said in fields.items()}


def stored(*grounds: Ground) -> dict[str, Any]:
    """All rows of the workspaces but the audit trail."""
    models = [
        model
        for label in ("analytics", "workspaces")
        for model in apps.get_app_config(label).get_models()
        if model is not AuditEvent and any(field.name == "workspace" for field in model._meta.fields)
    ]
    return {
        f"{ground.workspace.slug} {model.__name__}": sorted(
            map(str, model._default_manager.filter(workspace=ground.workspace.pk).values_list())
        )
        for ground in grounds
        for model in models
    }


@pytest.mark.parametrize("name", FORMS)
def test_ids_of_others_in_a_pages_form_write_nothing(grounds: tuple[Ground, Ground], name: str) -> None:
    own, other = grounds
    path, fields = FORMS[name]
    client, address = logged_in(own.owner), f"/w/{own.workspace.slug}/{path.format(board=own.pk['board'])}"
    before = stored(own, other)

    refused = client.post(address, posted(fields, own, other))
    assert refused.status_code in (302, 400, 404)
    assert stored(own, other) == before

    done = client.post(address, posted(fields, own, own))
    assert stored(own, other) != before, re.findall(r'class="error[^>]*>([^<]*)', done.text)
    assert stored(other) == {name: rows for name, rows in before.items() if name.startswith(other.workspace.slug)}


def test_what_one_can_undo_nobody_undoes_elsewhere(grounds: tuple[Ground, Ground]) -> None:
    own, other = grounds
    client = logged_in(own.owner)
    client.post(f"/w/{own.workspace.slug}/campaigns/archive/", {"campaign": own.row["campaigns"]})
    token = re.search(r'name="what" value="([^"]+)"', client.get(f"/w/{own.workspace.slug}/campaigns/").text)
    assert token
    before = stored(own, other)
    logged_in(other.owner).post("/undo/", {"what": token[1]})
    assert stored(own, other) == before
    client.post("/undo/", {"what": token[1]})
    assert stored(own, other) != before


def _absent(api_id: str) -> str:
    """An id like this one, of nothing."""
    prefix, _, key = api_id.partition("_")
    return f"{prefix}_{'0' * 32 if len(key) == 32 else '999999'}"


@pytest.mark.parametrize("path", ["/admin/", "/admin/workspaces/workspace/", "/admin/analytics/contact/"])
def test_the_administration_is_for_staff(grounds: tuple[Ground, Ground], path: str) -> None:
    own, _ = grounds
    for client in (Client(), logged_in(own.owner), own.key(KeyKind.SECRET, READ)):
        assert client.get(path).status_code in (302, 403)
