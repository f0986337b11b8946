"""However much there is, and however long it is called: no page is larger than a browser and a reader can bear."""

from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from django.urls import resolve

from analytics.alerts import MOST_ALERTS, AlertItem, save_alert
from analytics.email_periods import Frequency
from analytics.endpoints import MOST_ENDPOINTS, add_endpoint
from analytics.funnels import save_funnel
from analytics.ingest import take_calls, take_campaigns, take_contacts, take_message_events, take_messages, take_rates
from analytics.ingest.files.uploads import keep_upload
from analytics.ingest.senders import TRUSTED
from analytics.models import (
    ABTest,
    Alert,
    AlertChange,
    Board,
    Campaign,
    Contact,
    EmailDays,
    Event,
    EventProperty,
    Join,
    Message,
    Note,
    OutgoingEvent,
    SavedFunnel,
    SavedQuestion,
    SavedSegment,
    ScheduledEmail,
    ShareLink,
    Upload,
    WebhookEndpoint,
)
from analytics.notes import write_note
from analytics.outbox import tell_endpoints
from analytics.providers import Provider
from analytics.questions.fields import field_of
from analytics.questions.filters import AllOf, AnyOf, Is
from analytics.registry import REPORTS
from analytics.scheduled_emails import MOST_EMAILS, MOST_RECIPIENTS, EmailItem, save_email
from analytics.segments import save_segment
from analytics.statistics.alarms import AlertKind, AlertRule
from tests.conftest import PASSWORD
from tests.copied_rows import copied
from tests.test_urls import PAGES, routes
from workspaces.changes import change_settings, create_key, create_webhook, create_workspace
from workspaces.conversions import REFUND
from workspaces.models import Key, KeyKind, Membership, User
from workspaces.people import invite
from workspaces.roles import Role

pytestmark = [
    pytest.mark.either_database("a page is made of what reports answer, which their own tests ask of both"),
    pytest.mark.long,
]

MOST_BYTES, MOST_NODES = 150_000, 4_000
NO_PAGES = {
    *("workspace", "event_json", "contact_export", "contacts_template", "campaigns_template", "import_rejected"),
    *(
        "settings-audit-csv",
        "first_arrived",
        "save_funnel",
        "delete_funnel",
        "save_segment",
        "add_filter",
        "funnel_steps",
    ),
    *("import_template", "import_columns", "save-question", "saved-question-delete"),
    *("board-tiles", "board-delete"),
    *("campaigns_archive", "import_confirm", "ab-test-end"),
    *("scheduled-email-briefing", "scheduled-email-pause", "scheduled-email-send", "scheduled-email-mine"),
    *("note_delete", "alert_snooze", "endpoint-switch", "delivery-again"),
    *("import_discard", "member-role", "key-rotate", "rates-upload", "rate-delete"),
}
"""What is a file or a part of a page, or leads on to one."""
EMAIL_PAGES = ("", "edit/", "preview/", "delete/")
LONG = "Übergrößenträger " * 5
SOURCES, CAMPAIGNS, TYPES, PEOPLE = 1500, 250, 300, 120
RULES_CHANGED = 4
"""Of how many types the ledger lacks what they say of money, so that each page tells of some that it reads events."""


class Nodes(HTMLParser):
    count = 0

    def handle_starttag(self, tag, attrs):
        self.count += 1


def size(response):
    nodes = Nodes()
    nodes.feed(response.text)
    return len(response.content), nodes.count


@pytest.fixture
@copied
def crowded_workspace(workspace, owner, now):
    """A workspace with more of everything that others choose than any page has room for."""

    def at(number):
        return (now - timedelta(hours=7 * number % (24 * 700), minutes=5)).isoformat()

    def take(function, items, **more):
        for start in range(0, len(items), 1000):
            assert function(workspace, items[start : start + 1000], received_at=now, **more).rejected == []

    types = [f"{number} {LONG}".strip() for number in range(100)]
    rules = {f"{name}r": {**REFUND.data, "amount": [f"{LONG * 2}{n}" for n in range(5)]} for name in types}
    change_settings(workspace=workspace, by=owner, conversion_types=types[RULES_CHANGED:], money_rules=rules)
    take(
        take_campaigns,
        [
            {
                "externalId": f"c{number}",
                "name": f"{number} {LONG * 2}",
                "channel": "EMAIL",
                "status": "ACTIVE",
                "startedAt": at(number),
                "abTests": [
                    {
                        "externalId": f"t{test}",
                        "name": f"{test} {LONG}",
                        "variants": [{"name": f"{variant} {LONG}"} for variant in range(12)],
                    }
                    for test in range(8 if number == 0 else 1)
                ],
            }
            for number in range(CAMPAIGNS)
        ],
    )
    take(
        take_contacts,
        [
            {
                "externalId": f"p{number}",
                "name": LONG,
                "email": f"{number}@{'x' * 60}.example",
                "attributes": {"text": "<" * 6000} if number == 0 else {},
                "signedUpAt": at(number),
            }
            for number in range(PEOPLE)
        ],
    )
    take(
        take_messages,
        [
            {
                "externalId": f"m{number}",
                "campaign": f"c{number % CAMPAIGNS}",
                "contact": "p0",
                "channel": "EMAIL",
                "createdAt": at(number % 60),
                "sentAt": at(number % 60),
                "bouncedAt": at(number % 60),
            }
            for number in range(CAMPAIGNS + 50)
        ],
    )
    take(
        take_message_events,
        [
            {"message": "m0", "type": "clicked", "at": at(0), "url": f"https://x.example/{number}/{'a' * 500}"}
            for number in range(150)
        ],
    )
    calls = [
        {
            "type": "track",
            "event": f"{number % TYPES} {LONG}",
            "userId": f"p{number % 2}",
            "messageId": f"e{number}",
            "timestamp": at(number % 60),
            "properties": {"text": '<"' * 1500},
            "context": {"campaign": {"source": f"{LONG}{number}", "medium": LONG, "name": LONG}},
        }
        for number in range(SOURCES)
    ]
    take(take_calls, calls, sender=TRUSTED)
    devices = [{"type": "identify", "anonymousId": f"d{number}"} for number in range(200)]
    take(take_calls, [*devices, *({**device, "userId": "p0"} for device in devices)], sender=TRUSTED)
    plans = AllOf((AnyOf(tuple(Is(field_of("contact.plan"), (f"{LONG}{number}",)) for number in range(20))),))
    for number in range(PEOPLE):
        user = User.objects.create(email=f"{number}@{'x' * 60}.example", name=LONG)
        Membership.objects.create(workspace=workspace, user=user, role=Role.VIEWER)
        invite(workspace=workspace, email=f"new-{number}@example.com", role=Role.VIEWER, by=owner)
        save_funnel(workspace=workspace, name=f"{number} {LONG}", steps=[LONG] * 8, range="30d", by=owner)
        save_segment(workspace=workspace, name=f"{number} {LONG}", condition=plans, by=owner)
        question = SavedQuestion.objects.create(workspace=workspace, name=f"{number} {LONG}", report="overview")
        parts = ("table:top_campaigns", "table:top_sources")
        tiles = [{"question": question.api_id, "shows": part} for part in parts] * 6
        Board.objects.create(workspace=workspace, name=f"{number} {LONG}", tiles=tiles)
        ShareLink.objects.create(workspace=workspace, question=question, digest=str(number), expires_at=now)
        write_note(workspace=workspace, day=now.date(), text=f"{number} {LONG}", by=owner)
        said = {"event_type": f"0 {LONG}".strip(), "name": f"{number} {LONG * 2}", "description": LONG * 5}
        EventProperty.objects.create(workspace=workspace, **said)
    for number in range(MOST_ALERTS):
        item = AlertItem(f"{number} {LONG}", "events", AlertRule(AlertKind.ANOMALY))
        alert = save_alert(workspace=workspace, item=item, by=owner)
        AlertChange.objects.create(workspace=workspace, alert=alert, opened=True, day=now.date(), at=now)
    recipients = Membership.objects.filter(workspace=workspace)[:MOST_RECIPIENTS]
    for number in range(MOST_EMAILS):
        item = EmailItem(f"{number} {LONG}", question, Frequency.DAILY, 7, EmailDays.PERIOD, recipients[: 1 + number])
        save_email(workspace=workspace, item=item, by=owner, now=now)
    for number in range(MOST_ENDPOINTS):
        url = f"https://hooks.example.com/{'x' * 1900}/{number}"
        add_endpoint(workspace=workspace, url=url, events=[OutgoingEvent.ALERT_OPENED], by=owner)
    for number in range(PEOPLE // MOST_ENDPOINTS):
        tell_endpoints(workspace.pk, OutgoingEvent.ALERT_OPENED, str(number), {}, at=now)
    for number in range(2 * PEOPLE):
        revoked_at = now if number % 2 else None
        Key.objects.create(
            workspace=workspace, kind="write", name=LONG, prefix="wk_", digest=str(number), revoked_at=revoked_at
        )
    for number in range(PEOPLE):
        create_workspace(name=f"{number} {LONG}", time_zone="UTC", by=owner)
    create_key(workspace=workspace, kind=KeyKind.WRITE, name=LONG, by=owner, allows_browsers=True)
    for provider in Provider:
        create_webhook(workspace=workspace, provider=provider, by=owner)
    rows = [f"p{number},{LONG * 3},{'no' if number % 2 else ''}" for number in range(2 * PEOPLE)]
    change_settings(workspace=workspace, by=owner, conversion_types=types)
    rates = [
        {"day": str(now.date() - timedelta(n)), "from": "EUR", "to": "USD", "rate": "1.00000000000001"}
        for n in range(PEOPLE)
    ]
    take(take_rates, rates)
    file = "\n".join(["externalId,name,signedUpAt", *rows]).encode()
    keep_upload(workspace=workspace, user=owner, resource="contacts", file_name="b.csv", content=file, now=now)
    return workspace


def pages(workspace):
    campaign = Campaign.objects.get(workspace=workspace, external_id="c0").api_id
    contact = Contact.objects.get(workspace=workspace, external_id="p0").api_id
    message = Message.objects.get(workspace=workspace, external_id="m0").api_id
    assert Event.objects.filter(workspace=workspace).count() == SOURCES
    reports = [report.name for report in REPORTS]
    ranges = ("", "?range=all", "?range=12mo&interval=day&compare=year")
    metrics = "metric=events&metric=messages_total&metric=opens&metric=clicks"
    lists = (
        "campaigns",
        "contacts",
        "messages",
        "clicks",
        "enrolments",
        "events",
        "orders",
        "conversions",
        "start",
        "import",
    )
    key, webhook = workspace.keys.get(allows_browsers=True).pk, workspace.webhooks.first().pk
    member, invitation = workspace.memberships.first().pk, workspace.invitations.first().pk
    funnel = SavedFunnel.objects.filter(workspace=workspace).first().pk
    segment = SavedSegment.objects.filter(workspace=workspace).first().pk
    test = ABTest.objects.filter(workspace=workspace).first().pk
    join = Join.objects.filter(workspace_id=workspace.pk).first().api_id
    upload = Upload.objects.get(workspace=workspace).pk
    question, link = (model.objects.filter(workspace=workspace).first().pk for model in (SavedQuestion, ShareLink))
    board = Board.objects.filter(workspace=workspace).first().pk
    note, alert = (model.objects.filter(workspace=workspace).first().pk for model in (Note, Alert))
    endpoint = WebhookEndpoint.objects.filter(workspace=workspace).first().pk
    email = ScheduledEmail.objects.filter(workspace=workspace).last().pk
    stated = EventProperty.objects.filter(workspace=workspace).first()
    return [
        *(f"reports/{name}/{query}" for name in reports for query in ranges),
        f"reports/timeseries/?range=12mo&interval=day&{metrics}",
        "reports/timeseries/?range=91d&breakdown=campaign&metric=sent&metric=opens&metric=clicks&metric=messages_total",
        "reports/attribution/?range=all&view=sources&page=2",
        *(f"reports/retention/?range=12mo&unit={unit}" for unit in ("day", "week", "month")),
        *(f"reports/campaign/?campaign={campaign}&range={days}" for days in ("30d", "all")),
        "reports/attribution/?range=all&view=paths",
        *(f"reports/attribution/?range=all&view={view}&rowsBy=touch" for view in ("credit", "models")),
        *(f"{name}/" for name in lists),
        "contacts/?campaign=x",
        *(f"find/{place}" for place in ("", "?q=a", "options/?q=a")),
        "segments/",
        *(f"saved/{place}" for place in ("", f"{question}/")),
        *(f"boards/{place}" for place in ("", f"{board}/", f"{board}/edit/", f"{board}/edit/?question=qst_{question}")),
        *(f"settings/links/{place}" for place in ("", f"{link}/revoke/")),
        *(f"notes/{place}" for place in ("", f"{note}/")),
        *(f"alerts/{place}" for place in ("", "new/", *(f"{alert}/{part}" for part in ("", "edit/", "delete/")))),
        *(f"settings/endpoints/{place}" for place in ("", f"{endpoint}/delete/")),
        *(f"emails/{place}" for place in ("", "new/", *(f"{email}/{part}" for part in EMAIL_PAGES))),
        "settings/properties/",
        f"settings/properties/?event={quote(stated.event_type)}",
        f"settings/properties/{stated.api_id}/",
        f"segments/{segment}/",
        *(f"ab-tests/{place}" for place in ("new/", f"{test}/", f"{test}/delete/")),
        f"segments/{segment}/delete/",
        f"contacts/{contact}/",
        f"contacts/{contact}/erase/",
        f"contacts/{contact}/join/",
        f"contacts/{contact}/join/?joined=p1",
        f"contacts/{contact}/joins/{join}/undo/",
        f"import/{upload}/",
        f"reports/funnel/{funnel}/?range=all",
        f"people/?steps={quote(f'0 {LONG}'.strip())}&from=2024-01-01&to=2026-03-31",
        *(f"events/?tab={tab}" for tab in ("rejected", "duplicates", "warnings")),
        "start/sample/",
        f"settings/keys/{key}/drop/?since=2024-01-01T00:00",
        f"settings/keys/{key}/revoke/",
        f"settings/members/{member}/remove/",
        f"settings/invitations/{invitation}/revoke/",
        *(f"settings/webhooks/{webhook}/{act}/" for act in ("rotate", "revoke", "signing-key")),
        f"messages/{message}/",
        "events/?rows=only",
        f"settings/money/type/?eventType={quote(workspace.conversion_types[0])}",
        *("settings/money/", "settings/money/type/", "settings/rates/"),
        *(f"settings/{name}" for name in ("", "members/", "keys/", "webhooks/", "audit/", "data/", "delete/")),
    ]


def test_no_page_is_larger_than_150_kb_or_has_more_than_4000_nodes(api, crowded_workspace):
    api.post("/account/reauthenticate/", {"password": PASSWORD})
    too_large = {}
    every = [
        *(f"/w/{crowded_workspace.slug}/{page}" for page in pages(crowded_workspace)),
        "/w/",
        "/account/sessions/",
        "/help/metrics/",
    ]
    assert {name for name, _ in routes() if name in PAGES} - NO_PAGES == {
        resolve(path.partition("?")[0]).url_name for path in every if path.startswith("/w/") and path != "/w/"
    }, "every page of a workspace"
    for path in every:
        response = api.get(path)
        assert response.status_code == 200, path
        found = size(response)
        if found[0] > MOST_BYTES or found[1] > MOST_NODES:
            too_large[path] = found
    assert too_large == {}


def test_what_a_page_leaves_out_is_told_and_can_be_had(api, crowded_workspace):
    sources = "reports/attribution/?view=sources"
    read = {path: api.get(f"/w/{crowded_workspace.slug}/{path}").text for path in (sources, "settings/members/")}
    assert f"of {SOURCES + 1:,}" in read[sources]
    assert f"1 to 50 of {PEOPLE + 1}" in read["settings/members/"]
    csv = api.get(f"/w/{crowded_workspace.slug}/reports/attribution/?range=30d&format=csv&table=sources")
    assert csv.getvalue().decode().count("\r\n") == SOURCES + 3
