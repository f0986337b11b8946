"""Contacts through the bulk API: what is stored, what is refused, and that sending again updates."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from analytics.ingest import take_calls, take_contacts
from analytics.ingest.senders import TRUSTED
from analytics.ledger.rebuild import Difference, verify
from analytics.models import Contact
from tests.analytics.ingest import stored
from tests.conftest import NOW, post_json
from workspaces.models import Workspace

pytestmark = pytest.mark.usefixtures("now")

Bulk = Callable[..., dict[str, Any]]
SIGNUP = datetime(2026, 3, 1, 10, tzinfo=UTC)
FULL = {
    "externalId": "u1",
    "email": "ada@x.example",
    "phone": "+49 30 1234",
    "name": "Ada",
    "attributes": {"plan": "pro", "seats": 3, "tags": ["a", None]},
    "signedUpAt": SIGNUP.isoformat(),
}


def test_all_fields_are_stored(bulk: Bulk, workspace: Workspace) -> None:
    assert bulk("contacts", [FULL]) == {"accepted": 1, "updated": 0, "duplicates": 0, "rejected": []}

    contact = Contact.objects.get()
    assert contact.workspace == workspace
    assert contact.external_id == "u1"
    assert (contact.email, contact.phone, contact.name) == ("ada@x.example", "+49 30 1234", "Ada")
    assert contact.attributes == FULL["attributes"]
    assert (contact.signed_up_at, contact.signup_is_stated) == (SIGNUP, True)
    assert contact.received_at == NOW
    assert stored.user(workspace, "u1") == contact.person_number


def test_only_the_external_id_is_required_and_the_signup_is_now_until_something_earlier_is_known(bulk: Bulk) -> None:
    bulk("contacts", [{"externalId": 17}])

    contact = Contact.objects.get()
    assert (contact.external_id, contact.signed_up_at, contact.signup_is_stated) == ("17", NOW, False)
    assert (contact.email, contact.phone, contact.name, contact.attributes) == ("", "", "", {})


def test_the_same_again_changes_nothing(bulk: Bulk, time_machine: Any) -> None:
    bulk("contacts", [FULL])
    before = Contact.objects.values().get()
    time_machine.move_to("2026-04-01T00:00:00Z", tick=False)

    answer = bulk("contacts", [FULL, {"externalId": "u1"}])

    assert answer == {"accepted": 0, "updated": 0, "duplicates": 2, "rejected": []}
    assert Contact.objects.values().get() == {**before, "attributes_at": datetime(2026, 4, 1, tzinfo=UTC)}


def test_only_the_fields_that_are_given_change_and_null_takes_them_back(bulk: Bulk, time_machine: Any) -> None:
    bulk("contacts", [FULL])
    later = datetime(2026, 4, 1, tzinfo=UTC)
    time_machine.move_to(later, tick=False)

    item = {"externalId": "u1", "name": "Ada L", "email": None, "attributes": {"plan": "free", "seats": None}}
    answer = bulk("contacts", [item])

    assert answer == {"accepted": 0, "updated": 1, "duplicates": 0, "rejected": []}
    contact = Contact.objects.get()
    assert (contact.name, contact.email, contact.phone) == ("Ada L", "", "+49 30 1234")
    assert contact.attributes == {"plan": "free", "tags": ["a", None]}
    assert (contact.signed_up_at, contact.received_at) == (SIGNUP, later)


def test_a_contact_named_several_times_in_a_request_is_one_and_the_last_word_counts(bulk: Bulk) -> None:
    items = [{"externalId": "u1", "name": name} for name in ("A", "B", "B")]

    answer = bulk("contacts", [*items, {"externalId": "u1"}])

    assert answer == {"accepted": 1, "updated": 1, "duplicates": 2, "rejected": []}
    assert Contact.objects.get().name == "B"


def test_a_contact_that_a_call_made_is_completed(bulk: Bulk, track: Callable[..., Any], workspace: Workspace) -> None:
    track({"type": "track", "event": "did", "userId": "u1", "timestamp": "2026-03-30T00:00:00Z"})

    assert bulk("contacts", [FULL])["updated"] == 1

    assert stored.contacts(workspace) == {"u1"}
    assert (Contact.objects.get().name, Contact.objects.get().signed_up_at) == ("Ada", SIGNUP)


def test_without_a_signup_of_its_own_an_item_leaves_that_of_the_calls(bulk: Bulk, track: Callable[..., Any]) -> None:
    track({"type": "track", "event": "did", "userId": "u1", "timestamp": "2026-03-30T00:00:00Z"})

    bulk("contacts", [{"externalId": "u1", "name": "Ada"}])

    contact = Contact.objects.get()
    assert (contact.signed_up_at, contact.signup_is_stated) == (datetime(2026, 3, 30, tzinfo=UTC), False)


@pytest.mark.long
@pytest.mark.parametrize(
    ("resource", "fact"),
    [
        ("events", {"type": "did", "occurredAt": "2026-01-05T00:00:00Z", "contact": "u1", "messageId": "m"}),
        ("messages", {"createdAt": "2026-02-01T00:00:00Z", "sentAt": "2026-01-05T00:00:00Z"}),
        ("messages", {"openedAt": "2026-01-05T00:00:00Z"}),
        ("enrollments", {"enrolledAt": "2026-01-05T00:00:00Z"}),
        ("enrollments", {"enrolledAt": "2026-02-01T00:00:00Z", "completedAt": "2026-01-05T00:00:00Z"}),
    ],
)
def test_a_contact_that_came_without_a_date_signed_up_when_the_earliest_is_known_of_it(
    bulk: Bulk, workspace: Workspace, resource: str, fact: dict[str, Any]
) -> None:
    stated = {"externalId": "stated", "signedUpAt": "2026-03-01T00:00:00Z"}
    bulk("contacts", [{"externalId": "u1", "name": "Ada"}, stated])
    bulk("campaigns", [{"externalId": "c", "name": "C"}])
    message = {"externalId": "m", "channel": "EMAIL", "campaign": "c"} if resource == "messages" else {}
    enrollment = {"campaign": "c"} if resource == "enrollments" else {}
    assert Contact.objects.get(external_id="u1").signup_is_stated is False

    for contact in ("u1", "stated"):
        named = {"messageId": contact} if resource == "events" else {}
        external = {"externalId": contact} if resource == "messages" else {}
        item = {**message, **enrollment, **fact, "contact": contact, **named, **external}
        assert bulk(resource, [item])["accepted"] == 1

    assert Contact.objects.get(external_id="u1").signed_up_at == datetime(2026, 1, 5, tzinfo=UTC)
    assert Contact.objects.get(external_id="stated").signed_up_at == datetime(2026, 3, 1, tzinfo=UTC)
    assert not [found for found in verify(workspace) if isinstance(found, Difference)]


def test_the_same_address_under_two_ids_is_told(api: Client, workspace: Workspace) -> None:
    def send(*items: dict[str, Any]) -> list[tuple[int, str, str]]:
        answer = post_json(api, f"/api/workspaces/{workspace.api_id}/contacts/bulk", {"items": items}).json()
        return [(remark["index"], remark["code"], remark["message"]) for remark in answer["warnings"]]

    same = "Another contact has the same email address"
    assert send({"externalId": "a", "email": "Ada@Example.com"}, {"externalId": "b", "email": "bob@example.com"}) == []
    assert send({"externalId": "a", "email": "ada@example.com"}) == []
    assert send({"externalId": "c", "email": "ADA@example.com"}) == [(0, "email_shared", f"{same}: 'a'.")]
    assert send({"externalId": "d", "email": "ada@example.com"}, {"externalId": "e"}) == [
        (0, "email_shared", f"{same}: 'a' and 1 more.")
    ]
    assert send({"externalId": "e", "email": "eve@example.com"}) == []
    a = Contact.objects.get(external_id="a")
    shown = api.get(f"/w/{workspace.slug}/contacts/{a.api_id}/").text
    assert "Another contact has the same email address: &#x27;d&#x27; and 1 more." in shown


def test_a_call_with_what_is_no_address_keeps_it_among_the_attributes(track: Callable[..., Any]) -> None:
    answer = track({"type": "identify", "userId": "u1", "traits": {"email": "nobody", "plan": "pro"}})

    assert answer.json()["rejected"] == []
    assert (Contact.objects.get().email, Contact.objects.get().attributes) == ("", {"email": "nobody", "plan": "pro"})


def test_each_workspace_has_its_own_contacts(bulk: Bulk, bulk_elsewhere: Bulk) -> None:
    answers = [bulk("contacts", [FULL]), bulk_elsewhere("contacts", [FULL])]

    assert [answer["accepted"] for answer in answers] == [1, 1]
    assert Contact.objects.count() == 2


@pytest.mark.parametrize("external_id", [0, "0", "-1", "true", "id"])
def test_a_short_id_is_one_as_any_other(bulk: Bulk, workspace: Workspace, external_id: object) -> None:
    assert bulk("contacts", [{"externalId": external_id}])["accepted"] == 1

    assert stored.contacts(workspace) == {str(external_id)}


@pytest.mark.parametrize("signed_up_at", ["2026-04-02T00:00:00Z", "2150-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_signup_that_lies_ahead_is_as_of_the_first_receipt_however_often_it_is_sent(
    send_bulk: Bulk, signed_up_at: str, time_machine: Any
) -> None:
    item = {"externalId": "u1", "signedUpAt": signed_up_at}

    first = send_bulk("contacts", [item])
    time_machine.move_to(NOW + timedelta(hours=1), tick=False)
    again = send_bulk("contacts", [item])

    assert [(one["index"], one["code"]) for one in first["warnings"]] == [(0, "future_time")]
    assert (first["accepted"], again["duplicates"]) == (1, 1)
    assert Contact.objects.get().signed_up_at == NOW


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"externalId": None}, "missing_external_id"),
        ({"externalId": "  "}, "missing_external_id"),
        ({"externalId": "x" * 256}, "invalid_external_id"),
        ({"externalId": 1.5}, "invalid_external_id"),
        ({"externalId": True}, "invalid_external_id"),
        ({"externalId": ["u1"]}, "invalid_external_id"),
        ({"externalId": "Undefined"}, "illegal_id"),
        ({"email": "e" * 321}, "invalid_email"),
        ({"email": ["a@b.example"]}, "invalid_email"),
        ({"email": "nobody"}, "invalid_email"),
        ({"email": "Ada <ada@x.example>"}, "invalid_email"),
        ({"email": "ada@x.example, bob@x.example"}, "invalid_email"),
        ({"email": "ada@x..example"}, "invalid_email"),
        ({"email": "max@x"}, "invalid_email"),
        ({"email": "max@x."}, "invalid_email"),
        ({"externalId": "1.23E+15"}, "invalid_external_id"),
        ({"phone": "4,91234E+11"}, "invalid_phone"),
        ({"signupIsStated": "yes"}, "invalid_signup_is_stated"),
        ({"phone": "1" * 51}, "invalid_phone"),
        ({"phone": {"home": 1}}, "invalid_phone"),
        ({"name": "n" * 301}, "invalid_name"),
        ({"name": False}, "invalid_name"),
        ({"attributes": [1]}, "invalid_attributes"),
        ({"attributes": "plan"}, "invalid_attributes"),
        ({"signedUpAt": 1714979289}, "invalid_signed_up_at"),
        ({"signedUpAt": "soon"}, "invalid_signed_up_at"),
        ({"signedUpAt": "1969-12-31T23:59:59Z"}, "too_old"),
    ],
)
def test_a_bad_contact_spoils_no_other(bulk: Bulk, workspace: Workspace, changes: dict[str, Any], code: str) -> None:
    answer = bulk("contacts", [{"externalId": "a"}, {**FULL, **changes}, {"externalId": "b"}])

    assert [(remark["index"], remark["code"]) for remark in answer["rejected"]] == [(1, code)]
    assert answer["accepted"] == 2
    assert stored.contacts(workspace) == {"a", "b"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("externalId", "é" * 255), ("email", f"{'e' * 308}@example.com"), ("phone", "1" * 50), ("name", "😀" * 300)],
)
def test_the_longest_values_are_taken(bulk: Bulk, name: str, value: str) -> None:
    assert bulk("contacts", [{**FULL, name: value}])["accepted"] == 1

    field = {"externalId": "external_id"}.get(name, name)
    assert getattr(Contact.objects.get(), field) == value


@pytest.mark.long
def test_a_thousand_contacts_are_made_and_updated_at_once(bulk: Bulk) -> None:
    contacts = [{"externalId": f"u{number}", "name": "before"} for number in range(1000)]
    assert bulk("contacts", contacts)["accepted"] == 1000

    answer = bulk("contacts", [{**contact, "name": "after"} for contact in contacts])

    assert answer["updated"] == 1000
    assert Contact.objects.filter(name="after").count() == 1000


def test_a_contact_that_is_named_before_its_signup_so_far_counts_as_updated_once(workspace):
    call = {"type": "identify", "userId": "b", "timestamp": (NOW + timedelta(hours=20)).isoformat()}
    take_calls(workspace, [call], received_at=NOW)
    taken = take_contacts(workspace, [{"externalId": "b"}, {"externalId": "b"}], received_at=NOW + timedelta(hours=1))
    assert (taken.accepted, taken.updated, taken.duplicates) == (0, 1, 1)


def test_a_contact_is_not_told_of_its_own_address_that_a_contact_joined_to_it_has_as_well(
    api: Client, workspace: Workspace
) -> None:
    address = f"/api/workspaces/{workspace.api_id}/contacts/bulk"
    both = [{"externalId": external_id, "email": "ada@example.com"} for external_id in ("a", "b")]
    post_json(api, address, {"items": both})
    take_calls(workspace, [{"type": "alias", "previousId": "a", "userId": "b"}], received_at=NOW, sender=TRUSTED)

    assert post_json(api, address, {"items": both}).json()["warnings"] == []


@pytest.mark.parametrize(("before", "after"), [(1, True), (True, 1), ({"a": 1}, {"a": True}), (1, 1.0)])
def test_values_that_differ_as_json_take_each_others_place(
    bulk: Bulk, workspace: Workspace, before: object, after: object
) -> None:
    for value in (before, after):
        bulk("contacts", [{"externalId": "u1", "attributes": {"value": value}}])

    [stored_value] = Contact.objects.get(external_id="u1").attributes.values()
    assert repr(stored_value) == repr(after)


@pytest.mark.parametrize("plan", ["pro", "team"], ids=["unchanged", "changed"])
def test_what_is_said_again_is_compared_with_contacts_that_are_read_once(workspace: Workspace, plan: str) -> None:
    number = count()

    def say(plan: str) -> None:
        take_contacts(workspace, [{**FULL, "attributes": {"plan": plan}}], received_at=NOW)
        call = {"type": "identify", "userId": "u1", "traits": {"plan": plan}, "messageId": f"m{next(number)}"}
        take_calls(workspace, [call], received_at=NOW, sender=TRUSTED)

    say("pro")
    with CaptureQueriesContext(connection) as statements:
        say(plan)

    of_contacts = [each["sql"] for each in statements if 'FROM "analytics_contact" WHERE' in each["sql"]]
    assert len([sql for sql in of_contacts if "lower(" not in sql]) == 2, of_contacts
