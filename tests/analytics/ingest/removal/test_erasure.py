"""Erasing a contact leaves nothing that names it: every text and JSON column of every model is looked through."""

import gzip
import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.ingest.files import blocks
from analytics.ingest.files.uploads import import_upload, keep_upload
from analytics.ingest.removal import erasure
from analytics.ingest.removal.erasure import erase_contact
from analytics.ledger import compaction, storage
from analytics.ledger.rebuild import Difference, verify
from analytics.models import Contact, Event, EventProperty, Identity, Message, MessageEvent, Upload, UtmTriple
from analytics.personal import PERSONAL
from analytics.providers import Provider
from tests.analytics.ingest import stored
from tests.analytics.intake.provider_payloads import sendgrid
from tests.conftest import PASSWORD, post_json
from workspaces.changes import create_webhook
from workspaces.models import User, Workspace

pytestmark = pytest.mark.usefixtures("now")

Report = Callable[..., dict[str, Any]]

MARK = "qqxq"
PHONE, IP = "+49 30 7177171", "203.0.113.77"
MARKS = (MARK, PHONE, IP)
"""In every value that the contact comes with, and nowhere else."""
EMAIL = f"{MARK}-email@example.com"
AT = "2026-03-20T10:00:00Z"

EXCEPTIONS: dict[str, str] = {}
"""Columns that may go on naming it, each with its reason. There is none."""


def of(name: str) -> str:
    return f"{MARK}-{name}"


class Life:
    """The contact comes by every way in, and each value it comes with has a mark."""

    def __init__(self, workspace: Workspace, api: Client, bulk: Any, secret_key: str) -> None:
        self.workspace, self.api, self.bulk, self.secret_key = workspace, api, bulk, secret_key
        self.url = f"/api/workspaces/{workspace.api_id}"

    def live(self) -> Contact:
        self.by_sdks()
        self.by_posthog()
        self.by_bulk()
        self.by_single_requests()
        self.by_webhook()
        self.by_page()
        contact = Contact.objects.get(workspace=self.workspace, external_id=of("user"))
        self.seen_by_people(contact)
        for event_type, name in ((of("event"), "plan"), ("x", EMAIL)):
            EventProperty.objects.create(workspace=self.workspace, event_type=event_type, name=name)
        return contact

    def send(self, path: str, body: object) -> Any:
        return post_json(Client(), path, body, Authorization=f"Bearer {self.secret_key}")

    def by_sdks(self) -> None:
        context = {
            "ip": IP,
            "userAgent": of("agent"),
            "page": {"url": f"https://shop.example/{of('page')}?utm_source={of('page-source')}"},
            "campaign": {"source": of("source"), "medium": of("medium"), "name": of("utm-campaign")},
        }
        who = {"userId": of("user"), "anonymousId": of("device"), "context": context, "timestamp": AT}
        traits = {"email": EMAIL, "phone": PHONE, "name": of("name"), of("trait"): of("city"), "ip": IP}
        calls = [
            {
                "type": "page",
                "anonymousId": of("device"),
                "name": of("page-name"),
                "messageId": of("m0"),
                "timestamp": AT,
            },
            {"type": "identify", "traits": traits, "messageId": of("m1"), **who},
            {"type": "track", "event": of("event"), "properties": {of("key"): [of("v")]}, "messageId": of("m2"), **who},
            {"type": "screen", "name": of("screen"), "messageId": of("m3"), **who},
            {"type": "group", "groupId": of("group"), "traits": {"name": of("team")}, "messageId": of("m4"), **who},
            {"type": "alias", "userId": of("user"), "previousId": of("previous"), "messageId": of("m5")},
            {"type": "track", "event": "known", "userId": of("old-user"), "messageId": of("m6")},
            {"type": "alias", "userId": of("user"), "previousId": of("old-user"), "messageId": of("m7")},
        ]
        refused = [
            {"type": "track", "messageId": of("m8"), **who},
            {"type": of("type"), "event": "x", "messageId": of("m9"), **who},
            {"type": "track", "event": "x", "messageId": of("m10"), **who, "timestamp": "2026-06-01T00:00:00Z"},
        ]
        assert self.send("/v1/batch", {"batch": calls}).json()["rejected"] == []
        assert self.send("/v1/batch", {"batch": calls}).json()["duplicates"] == len(calls)
        assert len(self.send("/v1/batch", {"batch": refused}).json()["rejected"]) == 2
        assert self.send("/v1/track", refused[0]).status_code == 400
        assert self.send("/v1/track", [*refused, *refused]).status_code == 400

    def by_posthog(self) -> None:
        properties = {
            "$ip": IP,
            "$current_url": of("url"),
            "$set": {"plan": of("plan")},
            "$anon_distinct_id": of("anon"),
        }
        events = [
            {"event": "$identify", "distinct_id": of("user"), "properties": properties, "uuid": of("u1")},
            {"event": of("posthog"), "distinct_id": of("user"), "properties": properties, "uuid": of("u2")},
            {"event": "", "distinct_id": of("user"), "properties": properties, "uuid": of("u3")},
        ]
        answer = post_json(Client(), "/batch/", {"api_key": self.secret_key, "batch": events}).json()
        assert (answer["accepted"], len(answer["rejected"])) == (2, 1)

    def by_bulk(self) -> None:
        self.bulk("campaigns", [{"externalId": "c", "name": "C"}])
        contact = {"externalId": of("user"), "email": EMAIL, "attributes": {"note": of("note"), of("n"): IP}}
        self.bulk("contacts", [{**contact, "email": f"former.{EMAIL}"}, contact])
        self.bulk("contacts", [contact, {**contact, "signedUpAt": of("day")}])
        self.bulk(
            "enrollments", [{"campaign": "c", "contact": of("user")}, {"campaign": of("c"), "contact": of("user")}]
        )
        message = {"campaign": "c", "contact": of("user"), "channel": "EMAIL", "createdAt": AT}
        self.bulk("messages", [{**message, "externalId": of("msg"), "providerMessageId": of("ref")}])
        report = {"message": of("msg"), "at": AT, "url": of("link"), "userAgent": of("reader"), "reason": of("reason")}
        self.bulk("message-events", [{**report, "type": kind} for kind in ("sent", "opened", "clicked", "nothing")])
        event = {"type": of("type"), "occurredAt": AT, "contact": of("user"), "messageId": of("e1")}
        self.bulk(
            "events", [{**event, "properties": {"email": EMAIL}, "utm": {"source": of("bulk")}}, {**event, "type": ""}]
        )

    def by_single_requests(self) -> None:
        sent: dict[str, Any] = {
            "contacts": {"externalId": of("user"), "email": EMAIL},
            "events": {"type": "x", "occurredAt": AT, "contact": of("user"), "properties": {"who": of("who")}},
            "messages": {"externalId": of("msg2"), "campaign": "c", "contact": of("user"), "channel": "SMS"},
        }
        for resource, item in sent.items():
            response = post_json(self.api, f"{self.url}/{resource}", item, **{"Idempotency-Key": of(resource)})
            assert response.status_code in (200, 201), response.content
        items = {"items": [{"externalId": of("z"), "signedUpAt": of("day")}, {"externalId": "other"}]}
        assert (
            post_json(self.api, f"{self.url}/contacts/bulk", items, **{"Idempotency-Key": of("k")}).status_code == 200
        )
        refused = {"externalId": of("x"), "campaign": "c", "contact": of("nobody"), "channel": "SMS"}
        assert post_json(self.api, f"{self.url}/messages", refused).status_code == 400

    def by_webhook(self) -> None:
        """Reports on a message of the contact's, and one on a message that never comes."""
        hook = create_webhook(workspace=self.workspace, provider=Provider.SENDGRID, by=None)
        for what, ref in (("opened", of("ref")), ("bounced", of("ref")), ("bounced", "never-told")):
            [event] = sendgrid(what, ref, "")
            event |= {"email": EMAIL, "ip": IP, "reason": f"550 <{EMAIL}> {PHONE}", "useragent": of("browser")}
            response = Client().post(
                hook.path,
                json.dumps([event]),
                content_type="application/json",
                headers={"Authorization": basic(hook.USER_NAME, hook.password)},
            )
            assert response.json()["accepted"] == 1, response.content

    def by_page(self) -> None:
        """Looked at, and not imported yet."""
        rows = [
            f"{of('user')},{PHONE} 1,,,",
            f"typo {EMAIL},,{of('day')},,",
            f"sharing,,,{EMAIL},",
            f'formerly,,,,"[""{of("user")}""]"',
            f"no list,,,,{of('user')}",
            "other,,,,",
        ]
        csv = "\n".join(["externalId,phone,signedUpAt,email,formerIds", *rows, ""])
        file = SimpleUploadedFile(f"{EMAIL}.csv", csv.encode())
        assert self.api.post(f"/w/{self.workspace.slug}/import/", {"file": file}).status_code == 302

    def seen_by_people(self, contact: Contact) -> None:
        page = f"/w/{self.workspace.slug}/contacts"
        assert self.api.get(f"{page}/", {"q": EMAIL}).status_code == 200
        assert EMAIL in self.api.get(f"{page}/{contact.api_id}/export/").getvalue().decode()
        staff = User.objects.create_superuser("staff@example.com", PASSWORD)
        client = Client()
        client.force_login(staff)
        form = {"name": of("renamed"), "email": EMAIL, "phone": PHONE}
        assert client.post(f"/admin/analytics/contact/{contact.pk}/change/", form).status_code == 302


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def life(workspace: Workspace, api: Client, bulk: Any, secret_key: str) -> Life:
    return Life(workspace, api, bulk, secret_key)


@pytest.mark.long
def test_the_export_has_all_that_is_kept_of_it(life: Life) -> None:
    contact = life.live()
    told = json.loads(life.api.get(f"/w/{life.workspace.slug}/contacts/{contact.api_id}/export/").getvalue())

    kept = {
        text
        for model in (Contact, Identity, Event, Message, MessageEvent, UtmTriple)
        for row in model._base_manager.all()
        for field in model._meta.concrete_fields
        for text in texts(getattr(row, field.attname))
        if any(mark in text for mark in MARKS) and getattr(row, "message_ref", "") != "never-told"
    }
    assert len(kept) > 40
    assert kept - set(texts(told)) == set()


def texts(value: Any) -> Iterator[str]:
    """All texts in JSON, names too."""
    if isinstance(value, dict):
        yield from value
        yield from (text for inner in value.values() for text in texts(inner))
    elif isinstance(value, list):
        yield from (text for inner in value for text in texts(inner))
    elif isinstance(value, str):
        yield value


def by_page(life: Life, contact: Contact) -> None:
    address = f"/w/{life.workspace.slug}/contacts/{contact.api_id}/erase/"
    assert life.api.get(address).status_code == 200
    assert life.api.post(address, {"confirm": of("other")}).status_code == 400
    assert life.api.post(address, {"confirm": EMAIL}).status_code == 302


def by_api(life: Life, contact: Contact) -> None:
    assert life.api.delete(f"{life.url}/contacts/{contact.api_id}").status_code == 204


@pytest.mark.long
@pytest.mark.parametrize("erase", [by_page, by_api])
def test_nothing_names_an_erased_contact(
    life: Life, erase: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether columns lie in their segments or, as those of large ones, by themselves."""
    monkeypatch.setattr(storage, "MOST_TOGETHER", 1)
    contact = life.live()
    compaction.merge_fully(life.workspace.pk)
    before = stored.columns_with(*MARKS)
    assert before == set(held())

    erase(life, contact)

    assert stored.columns_with(*MARKS) == EXCEPTIONS.keys()
    assert not [mark for mark in MARKS if mark in caplog.text.replace(contact.api_id, "")]


def held() -> Iterator[str]:
    for model, columns in PERSONAL.items():
        yield from (f"{model}.{name}" for name in columns)


@pytest.mark.long
def test_afterwards_all_totals_are_as_if_it_had_never_come(life: Life, report: Report) -> None:
    """Beside somebody else, who shares its campaign and where it came from."""
    life.bulk("campaigns", [{"externalId": "c", "name": "C"}])
    life.bulk("contacts", [{"externalId": "other", "signedUpAt": AT}])
    event = {"occurredAt": AT, "contact": "other", "utm": {"source": of("source")}}
    life.bulk("events", [{"type": "x", **event}, {"type": "known", **event}])

    def told() -> list[Any]:
        paths = ("", "/timeseries", "/attribution", "/cohorts", "/campaigns/cmp_1")
        paths = (*paths[:-1], f"/campaigns/{life.api.get(f'{life.url}/campaigns').json()['results'][0]['id']}")
        return [{**report(path), "meta": None} for path in paths] + [report("/funnel", steps="x,known")["steps"]]

    before = told()
    contact = life.live()
    assert told() != before

    by_api(life, contact)

    assert told() == before
    assert not [found for found in verify(life.workspace) if isinstance(found, Difference)]
    assert list(UtmTriple.objects.values_list("source", flat=True)) == [of("source")]


@pytest.mark.long
def test_a_file_that_waits_keeps_the_rows_of_others(life: Life) -> None:
    contact = life.live()
    life.bulk("contacts", [{"externalId": "typo"}])
    upload = Upload.objects.get()
    assert [upload.expected[name] for name in ("updated", "rejected", "warnings")] == [1, 2, 2]

    by_api(life, contact)

    upload.refresh_from_db()
    assert bytes(upload.content) == b"externalId,phone,signedUpAt,email,formerIds\n\n\n\n\n\nother,,,,\n"
    assert (upload.expected["unchanged"], upload.expected["things"]) == (1, 0)
    assert (upload.rejected, upload.warnings) == ([], [])
    assert life.api.get(f"/w/{life.workspace.slug}/import/{upload.pk}/").status_code == 200


def test_a_file_goes_on_being_imported_without_the_rows_of_who_was_erased(
    workspace: Workspace, owner: User, bulk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 2)
    bulk("contacts", [{"externalId": "u3", "email": "Ada@Example.com"}])
    rows = [f"u{number}," for number in range(6)]
    rows[1] = 'u1,"by\nADA@example.com"'
    upload = keep_upload(
        workspace=workspace,
        user=owner,
        resource="contacts",
        file_name="u.csv",
        content=gzip.compress("\n".join(["externalId,attributes.note", *rows]).encode()),
        now=timezone.now(),
    )
    import_upload(upload, by=owner, seconds=0)
    erase_contact(workspace, Contact.objects.get(external_id="u3"))
    import_upload(upload, by=owner, seconds=60)

    assert set(Contact.objects.values_list("external_id", flat=True)) == {"u0", "u1", "u2", "u4", "u5"}
    upload.refresh_from_db()
    assert (upload.done["new"], upload.done["rejected"], upload.done["empty"], upload.handled) == (5, 0, 0, 6)


@pytest.mark.long
def test_a_key_goes_on_guarding_what_was_answered_to_who_is_erased(life: Life) -> None:
    contact = life.live()
    other = post_json(life.api, f"{life.url}/contacts", {"externalId": "other2"}, **{"Idempotency-Key": "of-other"})
    by_api(life, contact)

    def again(path: str, body: object, key: str) -> Any:
        return post_json(life.api, f"{life.url}/{path}", body, **{"Idempotency-Key": key})

    erased = again("contacts", {"externalId": of("user"), "email": EMAIL}, of("contacts"))
    assert (erased.status_code, erased.json()["code"]) == (410, "answer_erased")
    assert not Contact.objects.filter(external_id=of("user")).exists()
    assert again("contacts", {"externalId": "x"}, of("contacts")).status_code == 422
    same = again("contacts", {"externalId": "other2"}, "of-other")
    assert (same.status_code, same.json()) == (201, other.json())
    items = {"items": [{"externalId": of("z"), "signedUpAt": of("day")}, {"externalId": "other"}]}
    told = again("contacts/bulk", items, of("k")).json()
    assert told["accepted"] == 1
    assert [(one["index"], one["code"], one["messageId"]) for one in told["rejected"]] == [
        (0, "invalid_signed_up_at", None)
    ]


@pytest.mark.long
def test_an_event_that_was_sent_before_somebody_was_known_is_in_no_kept_answer_afterwards(life: Life) -> None:
    event = {"type": "x", "occurredAt": AT, "anonymousId": "device", "messageId": "early", "properties": {"n": MARK}}
    assert post_json(life.api, f"{life.url}/events", event, **{"Idempotency-Key": "k"}).status_code == 201
    life.bulk("events", [{"type": "x", "occurredAt": AT, "contact": "ada", "anonymousId": "device", "messageId": "e"}])
    by_api(life, Contact.objects.get(external_id="ada"))
    assert not stored.columns_with(MARK)


@pytest.mark.long
@pytest.mark.parametrize(
    ("report", "is_theirs"),
    [
        ({"reason": "550 <ada.OLD@example.com> is full"}, True),
        ({"reason": "550 ada.new@example.com"}, True),
        ({"reason": "no route to 0049-30-7177-171"}, True),
        ({"url": "https://shop.example/?to=ada.old%40example.com"}, True),
        ({"url": "https://shop.example/u/17/cart"}, True),
        ({"url": "https://shop.example/?user=device-1&x=2"}, True),
        ({"message": "17"}, True),
        ({"userAgent": "Mail of ada.late@example.com"}, True),
        ({"reason": "550 5.1.17 bob@example.com"}, False),
        ({"url": "https://shop.example/?user=170"}, False),
        ({"reason": "550 xada.old@example.com"}, False),
    ],
)
def test_of_reports_that_wait_for_their_message_those_go_that_name_the_contact(
    workspace: Workspace, bulk: Any, track: Any, report: dict[str, str], is_theirs: bool
) -> None:
    """Also by an address or number that it has no longer, or that an older word said it had."""
    for email in ("Ada.Old@example.com", "ada.new@example.com"):
        bulk("contacts", [{"externalId": "17", "email": email, "phone": PHONE}])
    bulk("contacts", [{"externalId": "17", "phone": "+49 30 999 999 99"}])
    late = {"userId": "17", "anonymousId": "device-1", "traits": {"email": "ada.late@example.com"}}
    track({"type": "identify", **late, "timestamp": "2026-01-01T00:00:00Z"})
    bulk("message-events", [{"id": "1", "message": "never-came", "type": "bounced", "at": AT, **report}])
    bulk("message-events", [{"id": "2", "message": "never-came", "type": "bounced", "at": AT, "reason": "full"}])
    assert MessageEvent.objects.count() == 2

    erase_contact(workspace, Contact.objects.get())

    assert MessageEvent.objects.count() == (1 if is_theirs else 2)


@pytest.mark.long
def test_an_erasure_that_is_broken_off_leaves_facts_and_ledger_in_accord(
    workspace: Workspace, bulk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Very many events go step by step; who erases again erases the rest."""
    monkeypatch.setattr(erasure, "EVENTS_ERASED", 3)
    life = [
        {"type": f"t{n % 2}", "occurredAt": f"2026-03-{n + 1:02}T10:00:00Z", "contact": "ada", "messageId": f"m{n}"}
        for n in range(8)
    ]
    bulk("events", [{**event, "utm": {"source": "s"}} for event in life])
    bulk("events", [{**life[0], "contact": "bob", "messageId": "of-bob"}])
    ada = Contact.objects.get(external_id="ada")

    def differences() -> list[Any]:
        return [found for found in verify(workspace) if isinstance(found, Difference)]

    with pytest.raises(AttributeError):  # what erases is nobody whom the audit trail could name
        erase_contact(workspace, ada, by="nobody")  # type: ignore[arg-type]
    assert 0 < Event.objects.filter(person_number=ada.person_number).count() < 8
    assert differences() == []
    erase_contact(workspace, ada)
    assert set(Event.objects.values_list("message_id", flat=True)) == {"of-bob"}
    assert not UtmTriple.objects.exists()
    assert differences() == []


@pytest.mark.long
def test_erasing_a_long_life_takes_no_more_statements_than_a_short_one(
    workspace: Workspace, bulk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the portions in which the ledger is merged, each of so many keys."""
    monkeypatch.setattr(compaction, "MOST_KEYS", 1000)

    def statements(name: str, days: int) -> int:
        at = [f"2026-0{day // 28 + 1}-{day % 28 + 1:02}T10:00:00Z" for day in range(days)]
        bulk("campaigns", [{"externalId": f"c{n}", "name": "C"} for n in range(days)])
        bulk("contacts", [{"externalId": name}, {"externalId": "bob"}])
        events = [
            {"type": f"t{n}", "occurredAt": at[n], "messageId": f"{name}{n}", "utm": {"source": f"s{n}"}}
            for n in range(days)
        ]
        bulk("events", [{**event, "contact": name} for event in events])
        bulk("events", [{**event, "contact": "bob", "messageId": f"bob-{event['messageId']}"} for event in events])
        sent = {"contact": name, "channel": "SMS", "deliveredAt": at[-1]}
        bulk("messages", [{**sent, "externalId": f"{name}{n}", "campaign": f"c{n}"} for n in range(days)])
        with CaptureQueriesContext(connection) as queries:
            erase_contact(workspace, Contact.objects.get(external_id=name))
        return len(queries)

    short, long = statements("ada", 5), statements("eve", 50)
    assert long <= short
    assert not [found for found in verify(workspace) if isinstance(found, Difference)]
