"""Contacts in the ledger: of each the last row counts, a batch writes one row, and what is gone leaves the bytes."""

from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.ingest.edits import people_held
from analytics.ingest.people.joins import join_contacts, undo_join
from analytics.ingest.removal.erasure import erase_contact
from analytics.ledger import Ledger, LedgerPeople, compaction, forget_taken, storage
from analytics.ledger.contacts import newest_rows
from analytics.ledger.rebuild import Difference, rebuild, verify
from analytics.models import Contact, DayPack, PersonNumbers
from analytics.periods import Window, local_day
from analytics.questions.condition_values import ConditionValues
from analytics.questions.where import read_where

pytestmark = pytest.mark.django_db


@pytest.fixture
def send(bulk):
    def sent(*items):
        return bulk("contacts", [{"externalId": user, "attributes": attributes} for user, attributes in items])

    return sent


@pytest.fixture
def who(workspace, now):
    """The ids of the contacts who meet a condition."""
    today = local_day(now, workspace.zone)

    def found(text):
        condition = read_where(text, ConditionValues(workspace.zone))
        people = LedgerPeople(Ledger(workspace), Window.between(today, today, zone=workspace.zone)).people(condition)
        contacts = Contact.objects.filter(workspace=workspace, person_number__in=people.tolist())
        return sorted(contacts.values_list("external_id", flat=True))

    return found


def packs(workspace):
    return DayPack.objects.filter(workspace=workspace, kind="contact")


def columns_of(workspace):
    return b"".join(bytes(columns) for columns in packs(workspace).values_list("columns", flat=True))


def differences(workspace):
    return [str(found) for found in verify(workspace) if isinstance(found, Difference)]


def tables_read(ask, text):
    with CaptureQueriesContext(connection) as queries:
        ask(text)
    return [query["sql"] for query in queries if "person_number" in query["sql"] and "attributes" in query["sql"]]


@pytest.mark.long
def test_a_batch_writes_one_row_and_the_last_word_counts(workspace, send, who):
    send(("u1", {"plan": "pro"}), ("u2", {"plan": "free"}))
    assert [*packs(workspace).values_list("n", flat=True)] == [2]
    assert who("contact.plan:pro") == ["u1"]
    send(("u1", {"plan": "free"}), ("u2", {"plan": "pro"}))
    send(("u1", {"plan": "free"}))
    assert [*packs(workspace).order_by("pk").values_list("n", flat=True)] == [2, 2]
    assert who("contact.plan:pro") == ["u2"]
    assert tables_read(who, "contact.plan:pro") == []
    compaction.merge_fully(workspace.pk)
    assert [*packs(workspace).values_list("n", flat=True)] == [2]
    assert who("contact.plan:pro") == ["u2"]
    assert differences(workspace) == []


def test_a_merge_of_some_segments_keeps_what_the_others_may_still_decide(workspace, send, who):
    for plan in ("a", "b", "c", "d"):
        send(("u1", {"plan": plan}))
    first, second, third, fourth = packs(workspace)
    for some in ([first, fourth], [second, third]):
        compaction._replace(workspace.pk, some, list(compaction._merged_packs(workspace.pk, some, {}, is_whole=False)))
    assert sorted(packs(workspace).values_list("n", "level")) == [(1, 1), (1, 1)]
    assert who("contact.plan:d") == ["u1"]
    assert differences(workspace) == []


def test_contacts_are_merged_also_where_touches_would_be_left_alone(workspace, send):
    with patch.object(compaction, "MOST_TOUCHES", 2):
        for number in range(4):
            send(*((f"u{place}", {"n": number}) for place in range(3)))
        compaction.merge_fully(workspace.pk)
    assert [*packs(workspace).values_list("n", "level")] == [(3, 1)]


@pytest.mark.long
def test_joined_contacts_are_one_person_and_parted_ones_two(workspace, send, who, now):
    send(("u1", {"plan": "pro"}), ("u2", {"plan": "free", "size": 5}))
    kept, gone = Contact.objects.order_by("external_id")
    with people_held(workspace):
        join_contacts(workspace, gone=gone, kept=kept, by=None, now=now)
    assert (who("contact.plan:pro"), who("contact.plan:free"), who("contact.size:5")) == (["u1"], [], ["u1"])
    assert who("contact.known:true") == ["u1"]
    assert differences(workspace) == []
    list(rebuild(workspace))
    assert who("contact.size:5") == ["u1"]
    with people_held(workspace):
        undo_join(workspace, gone=gone.person_number, by=None, now=now)
    assert (who("contact.plan:pro"), who("contact.plan:free"), who("contact.size:5")) == (["u1"], ["u2"], ["u2"])
    assert differences(workspace) == []


def test_what_names_somebody_is_read_from_the_facts(workspace, send, who):
    send(("u1", {"name": "Ada", "plan": "pro"}), ("u2", {"name": "Bo"}))
    assert b"Ada" not in columns_of(workspace)
    assert who("contact.name:ada") == ["u1"]
    assert len(tables_read(who, "contact.name:ada")) == 1


@pytest.mark.long
def test_texts_that_nearly_all_differ_have_no_column_once_there_are_many(workspace, send, who):
    with patch("analytics.ledger.column_names.FEWEST_TEXTS", 8):
        send(*((f"u{n}", {"token": f"t{n}", "plan": f"p{n % 2}", "n": n}) for n in range(10)))
        assert who("contact.token:t3") == ["u3"]
        assert tables_read(who, "contact.token:t3") == []
        list(rebuild(workspace))
    assert b"t3" not in columns_of(workspace)
    assert who("contact.token:t3") == ["u3"]
    assert len(tables_read(who, "contact.token:t3")) == 1
    assert (len(who("contact.plan:p1")), who("contact.n:7")) == (5, ["u7"])
    assert tables_read(who, "contact.n:7") == []
    assert differences(workspace) == []


@pytest.mark.long
def test_nothing_of_an_erased_contact_stays(workspace, send, who):
    send(("u1", {"plan": "first"}), ("u2", {"plan": "pro"}))
    send(("u1", {"plan": "second"}))
    with patch("analytics.ingest.removal.erasure.forget_taken"):
        erase_contact(workspace, Contact.objects.get(external_id="u1"))
    assert (who("contact.plan:*"), who("contact.known:true")) == (["u2"], ["u2"])
    assert differences(workspace) == []
    compaction.merge_fully(workspace.pk)
    assert who("contact.plan:*") == ["u2"]
    forget_taken(workspace.pk)
    assert b"second" not in columns_of(workspace)
    assert b"first" not in columns_of(workspace)
    assert [*packs(workspace).values_list("n", flat=True)] == [1]
    assert who("contact.plan:*") == ["u2"]
    assert differences(workspace) == []


@pytest.mark.long
def test_a_ledger_that_does_not_know_all_contacts_is_not_asked_for_them(workspace, send, who):
    """As a former release left it, and went on for a while: whole again by `rebuild`."""
    send(("u1", {"plan": "pro"}), ("u2", {"plan": "free"}))
    packs(workspace).delete()
    PersonNumbers.objects.update(ledger_layout=1)
    send(("u2", {"plan": "pro"}), ("u3", {"plan": "pro"}))
    assert who("contact.plan:pro") == ["u1", "u2", "u3"]
    assert len(tables_read(who, "contact.plan:pro")) == 1
    assert differences(workspace) == []
    list(rebuild(workspace, first=local_day(Contact.objects.first().signed_up_at, workspace.zone)))
    assert len(tables_read(who, "contact.plan:pro")) == 1
    list(rebuild(workspace))
    assert who("contact.plan:pro") == ["u1", "u2", "u3"]
    assert tables_read(who, "contact.plan:pro") == []
    assert differences(workspace) == []


@pytest.mark.long
def test_what_the_ledger_lost_is_told_and_mended(workspace, send, who):
    send(("u1", {"plan": "pro"}))
    send(("u2", {"plan": "free"}))
    packs(workspace).first().delete()
    assert differences(workspace) == ["contacts (0 too many, 1 missing): the ledger has 1, the facts say 2"]
    list(rebuild(workspace))
    assert differences(workspace) == []
    Contact.objects.filter(external_id="u1").update(attributes={"plan": "free"})
    assert differences(workspace) == ["contacts (1 too many, 1 missing): the ledger has 2, the facts say 2"]


def test_a_changed_address_changes_the_mailbox(workspace, bulk):
    bulk("contacts", [{"externalId": "u1", "email": "a@gmail.com"}])
    bulk("contacts", [{"externalId": "u1", "email": "a@web.de"}])
    found = [*packs(workspace)]
    pieces = [*zip((pack.n for pack in found), storage.segments_of(workspace.pk, found), strict=True)]
    ((_, rows),) = newest_rows(pieces)
    assert rows.columns["domain"].list() == ["gmx"]
