"""Several writers at once: nothing is lost, doubled or torn, and nobody is locked out."""

import contextlib
import threading
import time
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from analytics.ingest import (
    take_calls,
    take_campaigns,
    take_contacts,
    take_enrollments,
    take_message_events,
    take_messages,
)
from analytics.ingest.edits import all_held, delete_campaign, people_held
from analytics.ingest.files import blocks
from analytics.ingest.files.uploads import import_upload, keep_upload
from analytics.ingest.group_commit import GroupCommit
from analytics.ingest.people.joins import undo_join
from analytics.ingest.removal import erasure
from analytics.ingest.removal.erasure import erase_contact
from analytics.ingest.senders import TRUSTED
from analytics.ledger.rebuild import Difference, verify
from analytics.models import (
    Campaign,
    Contact,
    Enrolment,
    Event,
    Identity,
    Join,
    Message,
    MessageEvent,
    Person,
    UtmTriple,
    Variant,
)
from workspaces.changes import delete_workspace
from workspaces.scope import scope

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 4
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
AT = "2026-03-30T10:00:00Z"


@pytest.fixture(autouse=True, params=["as they come", "together"])
def batches(request, monkeypatch):
    """Batches of calls are written as by processes of their own, or as by threads of one, some of them together."""
    if request.param == "as they come":
        monkeypatch.setattr(GroupCommit, "take", lambda group, workspace, batch: group._write(workspace, [batch])[0])


def call(number, **ids):
    return {"type": "track", "event": "did", "messageId": f"m{number}", "timestamp": AT, **ids}


def test_the_same_batch_by_several_writers_counts_once(at_once, workspace):
    calls = [call(number, userId=f"u{number % 30}", anonymousId=f"d{number % 40}") for number in range(300)]
    outcomes = at_once(*[lambda: take_calls(workspace, calls, received_at=NOW)] * WRITERS)
    assert sum(outcome.accepted for outcome in outcomes) == 300
    assert sum(outcome.duplicates for outcome in outcomes) == 300 * (WRITERS - 1)
    assert Event.objects.count() == 300
    assert Contact.objects.count() == 30


def test_different_writers_of_the_same_new_people_make_each_once(at_once, workspace):
    def writer(place):
        calls = [call(f"{place}-{number}", userId=f"u{number}", anonymousId=f"d{number}") for number in range(50)]
        return lambda: take_calls(workspace, calls, received_at=NOW)

    outcomes = at_once(*map(writer, range(WRITERS)))
    assert [outcome.accepted for outcome in outcomes] == [50] * WRITERS
    assert Contact.objects.count() == Person.objects.count() == 50
    assert Identity.objects.count() == 100
    assert len(set(Event.objects.values_list("person_number", flat=True))) == 50
    numbers = sorted(Person.objects.values_list("number", flat=True))
    assert numbers == list(range(50))


@pytest.mark.long
def test_a_join_that_is_undone_while_calls_name_both_stays_undone(at_once, workspace):
    together = {"type": "identify", "userId": "ada", "anonymousId": "d1", "timestamp": AT}
    take_calls(workspace, [call(0, anonymousId="d1"), call(1, userId="ada")], received_at=NOW)
    take_calls(workspace, [{**together, "messageId": "i0"}], received_at=NOW)
    gone = Join.objects.get().gone

    def writer(place):
        calls = [{**together, "messageId": f"i{place}-{number}", "traits": {f"t{place}": 1}} for number in range(3)]
        return lambda: [take_calls(workspace, [one], received_at=NOW) for one in calls]

    def undo():
        with people_held(workspace):
            undo_join(workspace, gone=gone, by=None, now=NOW)

    at_once(*map(writer, range(1, WRITERS)), undo)
    assert Person.objects.get(number=gone).joined_to is None
    assert Contact.objects.get().attributes == {f"t{place}": 1 for place in range(1, WRITERS)}
    assert not [found for found in verify(workspace) if isinstance(found, Difference)]


def test_contacts_joined_both_ways_at_once_are_one(at_once, workspace):
    take_calls(workspace, [call(0, userId="a"), call(1, userId="b")], received_at=NOW)

    def alias(place, gone, kept):
        item = {"type": "alias", "previousId": gone, "userId": kept, "messageId": f"a{place}"}
        return lambda: take_calls(workspace, [item], received_at=NOW, sender=TRUSTED)

    at_once(*(alias(place, *pair) for place, pair in enumerate([("a", "b"), ("b", "a")] * 2)))
    assert Contact.objects.current().count() == Person.objects.filter(joined_to=None).count() == 1
    assert not [found for found in verify(workspace) if isinstance(found, Difference)]


def test_traits_said_at_once_are_all_kept(at_once, workspace):
    def writer(place):
        said = {"type": "identify", "userId": "ada", "traits": {f"t{place}": place}, "timestamp": AT}
        return lambda: take_calls(workspace, [{**said, "messageId": f"i{place}"}], received_at=NOW)

    at_once(*map(writer, range(WRITERS)))
    assert Contact.objects.get().attributes == {f"t{place}": place for place in range(WRITERS)}


def test_reports_on_one_message_at_once_keep_the_earliest_of_each(at_once, workspace):
    take_campaigns(workspace, [{"externalId": "c", "name": "C"}], received_at=NOW)
    take_contacts(workspace, [{"externalId": "ada"}], received_at=NOW)
    message = {"externalId": "m", "campaign": "c", "contact": "ada", "channel": "EMAIL", "createdAt": AT}

    def reports(minute):
        items = [
            {"message": "m", "type": kind, "at": f"2026-03-30T10:{minute + place:02}:00Z"}
            for place, kind in enumerate(("sent", "delivered", "opened", "clicked"))
        ]
        return lambda: take_message_events(workspace, items, received_at=NOW)

    at_once(
        lambda: take_messages(workspace, [message], received_at=NOW),
        *[reports(minute) for minute in (30, 20, 10)],
    )
    stored = Message.objects.get()
    assert [getattr(stored, name).minute for name in ("sent_at", "delivered_at", "opened_at", "clicked_at")] == [
        10,
        11,
        12,
        13,
    ]
    assert MessageEvent.objects.filter(message__isnull=True).count() == 0
    assert MessageEvent.objects.count() == 12


@pytest.mark.long
def test_a_burst_of_clicks_taken_by_several_writers_is_a_scanners(at_once, workspace):
    take_campaigns(workspace, [{"externalId": "c", "name": "C"}], received_at=NOW)
    take_contacts(workspace, [{"externalId": "ada"}], received_at=NOW)
    message = {"externalId": "m", "campaign": "c", "contact": "ada", "channel": "EMAIL", "createdAt": AT}
    click = {"message": "m", "type": "clicked", "at": AT}

    def report(**fields):
        return lambda: take_message_events(workspace, [{**click, **fields}], received_at=NOW)

    at_once(
        lambda: take_messages(workspace, [message], received_at=NOW),
        *[report(url=f"https://x.example/{n}") for n in range(3)],
        report(type="complained"),
    )
    stored = Message.objects.get()
    assert (stored.opened_at == stored.clicked_at, stored.human_clicked_at) == (True, None)
    assert set(MessageEvent.objects.exclude(type="complained").values_list("actor_rule", flat=True)) == {"click-burst"}
    assert Contact.objects.get().complained_at is not None


@pytest.fixture
def upload(workspace, owner, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 10)
    csv = b"externalId\n" + b"".join(b"u%d\n" % number for number in range(50))
    return keep_upload(workspace=workspace, user=owner, resource="contacts", file_name="u.csv", content=csv, now=NOW)


def test_an_import_confirmed_several_times_at_once_is_done_once(at_once, upload, owner):
    at_once(*[lambda: import_upload(upload, by=owner, seconds=60)] * WRITERS)
    upload.refresh_from_db()
    assert upload.done == {"new": 50, "updated": 0, "unchanged": 0, "empty": 0, "rejected": 0, "warnings": 0}
    assert Contact.objects.count() == 50


@pytest.mark.long
def test_an_erasure_meanwhile_takes_its_rows_out_of_an_import(at_once, workspace, upload, owner):
    take_contacts(workspace, [{"externalId": "u45"}], received_at=NOW)
    u45 = Contact.objects.get()
    at_once(
        lambda: import_upload(upload, by=owner, seconds=60),
        lambda: erase_contact(workspace, u45),
    )
    import_upload(upload, by=owner, seconds=60)
    assert set(Contact.objects.values_list("external_id", flat=True)) == {f"u{n}" for n in range(50) if n != 45}


@pytest.mark.long
def test_others_write_while_somebody_with_many_events_is_erased(at_once, workspace, monkeypatch):
    monkeypatch.setattr(erasure, "EVENTS_ERASED", 20)
    take_calls(workspace, [call(number, userId=f"u{number % 2}") for number in range(400)], received_at=NOW)
    u0 = Contact.objects.get(external_id="u0")

    def writer(place):
        calls = [call(f"{place}-{number}", userId="u1", anonymousId=f"d{place}") for number in range(50)]
        return lambda: [take_calls(workspace, [one], received_at=NOW).accepted for one in calls]

    def erase():
        with contextlib.suppress(Contact.DoesNotExist):  # the other one was faster
            erase_contact(workspace, u0)

    at_once(erase, erase, *map(writer, range(WRITERS)))
    assert not Contact.objects.filter(external_id="u0").exists()
    assert Event.objects.count() == 200 + WRITERS * 50
    assert not [found for found in verify(workspace) if isinstance(found, Difference)]


@pytest.mark.long
def test_the_first_batches_of_every_kind_at_once_count_each_item_once(at_once, workspace):
    take_campaigns(workspace, [{"externalId": "c0", "name": "C"}], received_at=NOW)
    tests = [{"externalId": "t", "name": "T", "variants": [{"name": "A"}, {"name": "B"}]}]
    campaigns = [{"externalId": f"c{n}", "name": "C", "abTests": tests} for n in range(5)]
    contacts = [{"externalId": f"u{n}"} for n in range(20)]
    utm = {"campaign": {"source": "news", "medium": "mail", "name": "spring"}}
    calls = [
        *(call(n, userId=f"u{n}", anonymousId=f"d{n}", context=utm) for n in range(20)),
        *(
            {"type": "alias", "userId": f"u{n}", "previousId": f"u{n + 10}", "messageId": f"a{n}", "timestamp": AT}
            for n in range(5)
        ),
    ]
    enrollments = [{"campaign": "c0", "contact": f"u{n}"} for n in range(20)]
    messages = [{"externalId": f"m{n}", "campaign": "c0", "contact": f"u{n}", "channel": "EMAIL"} for n in range(20)]
    reports = [{"message": f"m{n}", "type": "delivered", "at": AT} for n in range(20)]

    def writer(take, items, **options):
        return lambda: take(workspace, items, received_at=NOW, **options)

    outcomes = at_once(
        *[writer(take_campaigns, campaigns), writer(take_contacts, contacts)] * 2,
        *[writer(take_calls, calls, sender=TRUSTED)] * 2,
        *[writer(take_message_events, reports)] * 2,
    )
    assert [outcome.rejected for outcome in outcomes] == [[]] * 8
    outcomes = at_once(*[writer(take_enrollments, enrollments), writer(take_messages, messages)] * 3)
    assert [sum(outcome.accepted for outcome in outcomes[kind::2]) for kind in (0, 1)] == [15, 20], "five are joined"
    counts = [model.objects.count() for model in (Campaign, Variant, Contact, UtmTriple, Enrolment, Message)]
    assert counts == [5, 10, 20, 1, 15, 20]
    assert Message.objects.filter(delivered_at=None).count() == 0
    assert not [found for found in verify(workspace) if isinstance(found, Difference)]


@pytest.mark.skipif(connection.vendor == "sqlite", reason="one who writes there is alone")
def test_what_another_program_stores_at_the_same_moment_counts_as_known(at_once, workspace):
    """One that takes no locks, such as a shell: the constraint decides, and the second try finds the row."""
    stored, is_under_way = threading.Event(), threading.Event()

    def other():
        with transaction.atomic():
            Campaign.objects.create(workspace=workspace, external_id="c", name="C")
            stored.set()
            is_under_way.wait(10)
            time.sleep(0.2)  # until the second one waits for the first

    def ours():
        stored.wait(10)
        is_under_way.set()
        return take_campaigns(workspace, [{"externalId": "c", "name": "C"}], received_at=NOW)

    _, outcome = at_once(other, ours)
    assert (outcome.accepted, outcome.duplicates) == (0, 1)


@pytest.mark.long
def test_a_campaign_that_is_deleted_while_it_is_written_is_made_anew_or_goes(at_once, workspace):
    """With tests that refer to it, whose campaign must not go in between."""
    tests = [{"externalId": "t", "name": "T", "variants": [{"name": "A"}]}]

    def delete():
        for _ in range(20):
            with all_held(workspace):
                for campaign in Campaign.objects.all():
                    delete_campaign(workspace, campaign)

    def write(place):
        items = [{"externalId": "c", "name": f"C{place}", "abTests": [{**tests[0], "externalId": f"t{place}"}]}]
        return lambda: [take_campaigns(workspace, items, received_at=NOW).rejected for _ in range(20)]

    _, *refused = at_once(delete, *map(write, range(WRITERS)))
    assert refused == [[[]] * 20] * WRITERS


@pytest.mark.long
def test_who_sends_while_the_workspace_is_deleted_has_an_unknown_key_then(at_once, workspace, owner, track):
    def send():
        return [track({"type": "track", "event": "x", "userId": f"u{n}"}).status_code for n in range(20)]

    def delete():
        with scope(workspace):
            delete_workspace(workspace=workspace, by=owner)

    *statuses, _ = at_once(*[send] * WRITERS, delete)
    assert {status for of_sender in statuses for status in of_sender} <= {200, 401}
    assert send() == [401] * 20
    assert not Contact.objects.exists()
