"""What the API writes as a file can be imported again: there nothing changes, elsewhere the same comes out."""

import csv
import io

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from analytics.ingest import take_contacts, take_events
from analytics.ingest.files.imports import import_blocks
from analytics.models import Contact
from tests.conftest import NOW
from tests.examples import examples
from workspaces.changes import create_workspace
from workspaces.models import User

AT = "2026-03-{:02}T10:00:00Z"
SENT = {
    "contacts": [
        {"externalId": "+49 30 1", "phone": "+49 (30) 123456", "name": "=cmd", "signedUpAt": AT.format(1)},
        {
            "externalId": "'=x",
            "name": "''=y",
            "signedUpAt": AT.format(3),
            "attributes": {"plan": "pro", "tags": ["a,b", 'c"'], "n": {"1.0": 1}},
        },
        {"externalId": "-5", "email": "özil@example.com", "name": 'Zeile\nzwei, "drei"', "signedUpAt": AT.format(2)},
        {"externalId": "unsaid"},
        {"externalId": "early", "signedUpAt": AT.format(2), "signupIsStated": False, "email": "e@example.com"},
        {
            "externalId": "odd",
            "attributes": {
                **{"": "", "a.b": "", "empty": {}, "none": [], "null": {"in": None}, "=f": "=1+1", "z": "'x", "n": " "},
                **{
                    "yes": True,
                    "text": "true",
                    "zero": 0,
                    "float": 1.5,
                    "digits": "007",
                    "large": 2**53 + 1,
                    "ß,;": '"',
                },
            },
        },
    ],
    "campaigns": [
        {
            "externalId": "@spring",
            "name": "-Spring, early",
            "status": "ACTIVE",
            "startedAt": AT.format(3),
            "utm": {"source": "=n", "medium": "email", "campaign": "-spring"},
            "abTests": [
                {
                    "externalId": "t",
                    "name": "T",
                    "variants": [{"name": "B", "isControl": True}, {"name": "A", "weight": 2.5}],
                }
            ],
        },
        {"externalId": "plain", "name": "Plain", "channel": "SMS"},
        {
            "externalId": "over",
            "name": "Over",
            "status": "ARCHIVED",
            "startedAt": AT.format(1),
            "endedAt": AT.format(2),
            "subject": "Last call, Ada",
            "previewText": "=Until Sunday",
            "abTests": [{"externalId": "none", "name": "Without variants"}],
        },
    ],
    "enrollments": [
        {"campaign": "@spring", "contact": "'=x", "enrolledAt": AT.format(4)},
        {"campaign": "plain", "contact": "-5", "enrolledAt": AT.format(4), "completedAt": AT.format(5)},
        {"campaign": "over", "contact": "-5", "enrolledAt": AT.format(4), "status": "EXITED"},
        {"campaign": "over", "contact": "odd", "enrolledAt": AT.format(4), "status": "COMPLETED"},
        {
            "campaign": "over",
            "contact": "'=x",
            "enrolledAt": AT.format(4),
            "completedAt": AT.format(4),
            "status": "ACTIVE",
        },
    ],
    "messages": [
        {
            "externalId": "=m1",
            "campaign": "@spring",
            "contact": "'=x",
            "channel": "EMAIL",
            "abTest": "t",
            "variant": "A",
            "providerMessageId": "+p",
            "createdAt": AT.format(6),
            "sentAt": AT.format(6),
        },
        {"externalId": "m2", "campaign": "plain", "contact": "-5", "channel": "SMS", "openedAt": AT.format(7)},
    ],
    "message-events": [
        {"message": "=m1", "type": "opened", "at": AT.format(7), "userAgent": "=x", "providerHint": "prefetch"},
        {"message": "=m1", "type": "clicked", "at": AT.format(8), "url": "https://a.example/?a=1,2", "id": "mine"},
        {"message": "m2", "type": "clicked", "at": AT.format(8), "userAgent": "Googlebot/2.1"},
        {"message": "m2", "type": "bounced", "at": AT.format(9), "bounce": "soft", "reason": "-full-"},
        {"message": "m2", "type": "unsubscribed", "at": AT.format(9)},
        {"message": "=m1", "type": "complained", "at": AT.format(9)},
        {"message": "not known", "type": "failed", "at": AT.format(9), "reason": ""},
    ],
    "events": [
        {"type": "=a, b", "occurredAt": AT.format(9), "contact": "'=x", "properties": {"ö": [1, {"a.b": None}]}},
        {"type": "t", "occurredAt": AT.format(10), "anonymousId": "@d", "utm": {"source": "G", "term": "x"}},
        {"type": "t", "occurredAt": AT.format(10), "anonymousId": "-d", "context": {"library": {"name": "x"}}},
        {"type": "t", "occurredAt": AT.format(11), "anonymousId": "-d", "statedAt": AT.format(12), "messageId": "'-1"},
    ],
}
MADE_HERE = {"id", "contactId", "campaignId", "receivedAt"}


def written(api, workspace, resource):
    address = f"/api/workspaces/{workspace.api_id}/{resource}?format=csv"
    return b"".join(api.get(address).streaming_content)


def read(workspace, resource, content):
    file = io.BufferedReader(io.BytesIO(content))
    done = list(import_blocks(workspace, resource, file, source="test"))
    assert [remark for one in done for remark in one.rejected] == []
    counts = ("accepted", "updated", "duplicates")
    return {name: sum(getattr(one.outcome, name) for one in done) for name in counts}


def said(resource, content):
    """The rows without what each workspace has of its own."""
    rows = csv.DictReader(io.StringIO(content.decode()))
    left_out = MADE_HERE | ({"messageId"} if resource == "message-events" else set())
    return sorted(tuple((name, cell) for name, cell in row.items() if name not in left_out) for row in rows)


@pytest.fixture
def files(api, workspace, bulk):
    for resource, items in SENT.items():
        assert not bulk(resource, items)["rejected"], resource
    return {resource: written(api, workspace, resource) for resource in SENT}


@pytest.fixture
def copy(owner, files):
    """Another workspace into which the files were imported."""
    elsewhere = create_workspace(name="Elsewhere", time_zone="UTC", by=owner)
    for resource, content in files.items():
        counts = read(elsewhere, resource, content)
        assert counts == {"accepted": len(SENT[resource]), "updated": 0, "duplicates": 0}, resource
    return elsewhere


@pytest.mark.long
def test_importing_what_the_same_workspace_wrote_changes_nothing(api, workspace, files):
    for resource, content in files.items():
        rows = len(SENT[resource])
        assert read(workspace, resource, content) == {"accepted": 0, "updated": 0, "duplicates": rows}, resource
        assert written(api, workspace, resource) == files[resource]


@pytest.mark.long
def test_importing_it_into_another_workspace_makes_the_same_file(api, copy, files):
    for resource, content in files.items():
        again = written(api, copy, resource)
        assert said(resource, again) == said(resource, content), resource
        assert read(copy, resource, content)["accepted"] == 0, resource


@pytest.mark.long
def test_what_contacts_objected_to_and_since_when_they_are_known_comes_along(workspace, copy):
    columns = ("external_id", "complained_at", "unsubscribed_at", "signed_up_at", "signup_is_stated")
    here, there = (
        Contact.objects.filter(workspace=one).order_by("external_id").values_list(*columns) for one in (workspace, copy)
    )
    assert list(there) == list(here)
    unstated = {external_id for external_id, *_, is_stated in there if not is_stated}
    assert unstated == {"early", "odd", "unsaid"}
    assert Contact.objects.get(workspace=copy, external_id="-5").unsubscribed_at is not None


@pytest.mark.long
@pytest.mark.parametrize(("external_id", "is_moved"), [("unsaid", True), ("early", True), ("odd", True), ("-5", False)])
def test_an_earlier_fact_moves_a_signup_there_as_at_home(workspace, copy, external_id, is_moved):
    earlier = {"type": "visit", "occurredAt": AT.format(1), "contact": external_id}
    for one in (workspace, copy):
        take_events(one, [earlier], received_at=NOW)
        assert (Contact.objects.get(workspace=one, external_id=external_id).signed_up_at.day == 1) is is_moved


@pytest.mark.long
def test_files_write_true_and_false_as_json_does(files):
    cells = {row["signupIsStated"] for row in csv.DictReader(io.StringIO(files["contacts"].decode()))}
    assert cells == {"true", "false"}


@pytest.mark.parametrize("said", ["true", "TRUE", "1", "WAHR", ""])
def test_a_signup_in_a_file_is_stated_unless_it_says_otherwise(workspace, said):
    read(workspace, "contacts", f"externalId,signedUpAt,signupIsStated\na,2026-03-01,{said}\n".encode())
    assert Contact.objects.get().signup_is_stated


def test_an_unstated_signup_changes_nothing_that_is_stated(workspace):
    read(workspace, "contacts", b"externalId,signedUpAt\na,2026-03-02\n")
    content = b"externalId,signedUpAt,signupIsStated\na,2026-03-01,FALSCH\n"
    assert read(workspace, "contacts", content)["duplicates"] == 1
    contact = Contact.objects.get()
    assert (contact.signup_is_stated, contact.signed_up_at.day) == (True, 1)  # midnight of the 2nd in Berlin
    assert contact.signed_up_at.hour == 23


@pytest.fixture
def joined_files(api, workspace, track_trusted, bulk, now):
    """Of a contact to which another one was joined, and an id that an alias foresees."""
    bulk("contacts", [{"externalId": "ada", "name": "Ada"}, {"externalId": "old", "name": "A"}])
    for previous in ("old", "never seen", "device"):
        track_trusted({"type": "alias", "userId": "ada", "previousId": previous})
    bulk("contacts", [{"externalId": "bob", "formerIds": ["robert", "never seen", "bob"]}])
    return {"contacts": written(api, workspace, "contacts")}


def ids_of(content):
    return {row["externalId"]: row["formerIds"] for row in csv.DictReader(io.StringIO(content.decode()))}


@pytest.mark.long
def test_former_ids_come_along_and_lead_to_the_contact_there_as_well(api, owner, workspace, joined_files):
    content = joined_files["contacts"]
    assert ids_of(content) == {"ada": '["device","never seen","old"]', "bob": '["robert"]'}
    elsewhere = create_workspace(name="Elsewhere", time_zone="UTC", by=owner)
    assert read(elsewhere, "contacts", content)["accepted"] == 2
    again = written(api, elsewhere, "contacts")
    assert said("contacts", again) == said("contacts", content)
    assert read(elsewhere, "contacts", content) == {"accepted": 0, "updated": 0, "duplicates": 2}
    assert read(workspace, "contacts", content) == {"accepted": 0, "updated": 0, "duplicates": 2}

    event = {"type": "visit", "occurredAt": AT.format(1)}
    for one in (workspace, elsewhere):
        for former in ("old", "never seen", "robert"):
            take_events(one, [{**event, "contact": former}], received_at=NOW)
        take_events(one, [{**event, "anonymousId": "device"}], received_at=NOW)
    for one in (workspace, elsewhere):
        events = csv.DictReader(io.StringIO(written(api, one, "events").decode()))
        assert sorted(row["contact"] for row in events) == ["ada", "ada", "ada", "bob"]


def test_a_former_id_that_is_another_contact_s_is_left_out_with_a_warning(bulk, api, workspace):
    address = f"/api/workspaces/{workspace.api_id}/contacts/bulk"
    bulk("contacts", [{"externalId": "a"}, {"externalId": "b", "formerIds": ["b2"]}])
    items = [{"externalId": "a", "formerIds": ["b", "b2", "new"]}, {"externalId": "new", "name": "N"}]
    answer = api.post(address, {"items": items}, content_type="application/json").json()
    assert (answer["accepted"], answer["updated"], answer["rejected"]) == (0, 2, [])
    assert [(one["index"], one["code"]) for one in answer["warnings"]] == [(0, "identity_conflict")] * 2
    assert ids_of(written(api, workspace, "contacts")) == {"a": '["new"]', "b": '["b2"]'}
    assert Contact.objects.get(external_id="a").name == "N"


@pytest.mark.parametrize("ids", ["x", "", 0, False, {}, [["x"]], ["null"], ["x"] * 101])
def test_former_ids_are_a_list_of_ids(bulk, ids):
    [refused] = bulk("contacts", [{"externalId": "a", "formerIds": ids}])["rejected"]
    assert refused["code"] == ("illegal_id" if ids == ["null"] else "invalid_former_ids")


ODD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5) | st.sampled_from(
    ["=1", "'=1", "+49 1", "-", "007", "1E+5", "1,5", "true", "null", '"', ";", "\r\n", " a ", "\ufeff", "[]", "{}"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | ODD,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(ODD, inner, max_size=2),
    max_leaves=4,
)
CONTACTS = st.fixed_dictionaries(
    {"externalId": st.sampled_from(["a", "=b", "ß", "'+c"])},
    optional={
        "name": ODD,
        "phone": ODD,
        "email": st.sampled_from(["x@example.com", "X@Example.com", ""]),
        "attributes": st.dictionaries(ODD, VALUES, max_size=3),
        "signedUpAt": st.sampled_from([AT.format(1), AT.format(2)]),
        "signupIsStated": st.sampled_from([None, True, False]),
        "formerIds": st.lists(st.sampled_from(["f", "=g", "a"]), max_size=2),
    },
)


@pytest.mark.long
@pytest.mark.django_db
@examples(20)
@given(items=st.lists(CONTACTS, max_size=5))
def test_any_contacts_come_out_as_they_went_in(items):
    user = User.objects.create(email=f"u{User.objects.count()}@example.com")
    here, there = (create_workspace(name=name, time_zone="UTC", by=user) for name in ("Here", "There"))
    client = Client()
    client.force_login(user)
    take_contacts(here, items, received_at=NOW)
    content = written(client, here, "contacts")
    for one in (here, there):
        read(one, "contacts", content)
        assert said("contacts", written(client, one, "contacts")) == said("contacts", content)


def test_a_mark_of_ours_is_taken_off_and_no_other_apostrophe(workspace):
    content = b"externalId,name\n'=a,'t Hooft\n'+49 30,O'Neill\n"
    assert read(workspace, "contacts", content)["accepted"] == 2
    names = Contact.objects.order_by("id").values_list("external_id", "name")
    assert list(names) == [("=a", "'t Hooft"), ("+49 30", "O'Neill")]
