"""A copy that is kept by the lists' changes alone is what the lists say, whatever happens and however often it asks."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from analytics.campaigns import archive_campaigns, restore_campaigns
from analytics.ingest import take_contacts, take_events
from analytics.ingest.ab_tests import take_tests
from analytics.ingest.edits import campaigns_held, people_held
from analytics.ingest.people.joins import join_contacts, undo_join
from analytics.ingest.references import contacts_by_external_id
from analytics.ingest.removal.erasure import erase_contact, erase_prefixed
from analytics.ingest.removal.expiry import expire
from analytics.ingest.removals import expire_removals
from analytics.models import Campaign, Contact, Event, Removal
from tests.analytics.ledger.test_state_machine import Life
from tests.examples import examples
from workspaces.models import Membership, User
from workspaces.roles import Role

AT = "2026-03-30T10:00:00Z"
IN_ORDER = ("contacts", "campaigns", "enrollments", "message-events", "messages", "events", "people", "removals")
"""Messages after the reports on them, so that those of messages that are gone are known; removals last."""
HAPPENED = {"events": "occurredAt", "messages": "createdAt", "message-events": "at"}
FOLLOWS_FROM_PEOPLE = ("contactId", "contact", "anonymousId")
NOT_FOLLOWED = ("formerIds", "anonymousIds", "lastEventAt")
OF_CHANGES = ("changedAt", "mergedInto", "joinedTo", "personId")


class Copy:
    """Rows as an integrator keeps them: docs/sync.md in Python."""

    def __init__(self, client, url):
        self.client, self.url = client, url
        self.rows = {name: {} for name in IN_ORDER}
        self.known = {}

    def all_of(self, resource, **query):
        """Rows of a list, page by page."""
        address, query = f"{self.url}/{resource}", {"pageSize": 3, **query}
        while address:
            response = self.client.get(address, query)
            assert response.status_code == 200, response.content
            page = response.json()
            yield from page["results"]
            address, query = page["next"], None

    def ask(self, resource):
        since = {"changedAfter": self.known[resource]} if resource in self.known else {}
        for row in self.all_of(resource, ordering="changedAt", **since):
            self.known[resource] = row["changedAt"]
            if resource == "removals":
                self.remove(row)
            else:
                self.rows[resource][row["id"]] = row

    def ask_all(self):
        for resource in IN_ORDER:
            self.ask(resource)

    def remove(self, removal):
        rows, removed_at = self.rows[removal["resource"]], datetime.fromisoformat(removal["changedAt"])
        for id, row in list(rows.items()):
            is_meant = id == removal["removed"] or self.is_expired(removal, row)
            if is_meant and datetime.fromisoformat(row["changedAt"]) < removed_at:
                del rows[id]

    def is_expired(self, removal, row):
        if removal["before"] is None or (row.get("messageId") is not None and removal["resource"] == "message-events"):
            return False
        happened_at = row[HAPPENED[removal["resource"]]]
        return datetime.fromisoformat(happened_at) < datetime.fromisoformat(removal["before"])

    def lists(self):
        """What the original's lists would say."""
        rows = self.rows
        return {
            "contacts": [row for row in rows["contacts"].values() if row["mergedInto"] is None],
            "people": [
                row | self.whose(row["id"]) for row in rows["people"].values() if row["joinedTo"] is None
            ],
            "campaigns": rows["campaigns"].values(),
            "message-events": [row for row in rows["message-events"].values() if self.is_of_a_message(row)],
            **{
                name: [row | self.whose(row["personId"]) for row in rows[name].values()]
                for name in ("enrollments", "messages", "events")
            },
        }  # fmt: skip

    def assert_is_the_original(self):
        """Asks, and holds each list to what it would say."""
        self.ask_all()
        for resource, rows in self.lists().items():
            assert self.plain(resource, rows) == self.plain(resource, self.all_of(resource)), resource

    def plain(self, resource, rows):
        """What is compared of them, by their ids."""
        left_out = {*NOT_FOLLOWED, *OF_CHANGES, *(("anonymousId",) if resource == "events" else ())}
        return {row["id"]: {name: value for name, value in row.items() if name not in left_out} for row in rows}

    def is_of_a_message(self, report):
        return report["messageId"] is None or report["messageId"] in self.rows["messages"]

    def whose(self, person):
        person = self.rows["people"][person]["joinedTo"] or person
        contacts = [row for row in self.rows["contacts"].values() if row["personId"] == person]
        contact = contacts[0] if contacts else {"id": None, "externalId": None}
        return {"contactId": contact["id"], "contact": contact["externalId"]}


class FollowedLife(Life):
    """What may happen to a workspace, and a copy that looks at some of its lists now and then."""

    compact_what_is_crowded = compact_all = compact_and_crash = rebuild = rebuild_and_crash = None
    build_columns = build_columns_and_stop = lose_the_ledger_and_rebuild = switch_a_column = move = None

    def __init__(self):
        super().__init__()
        self.user = User.objects.create(email=f"{self.workspace.slug}@example.com")
        Membership.objects.create(workspace=self.workspace, user=self.user, role=Role.OWNER)
        client = Client()
        client.force_login(self.user)
        self.copy = Copy(client, f"/api/workspaces/{self.workspace.api_id}")

    @rule(resources=st.sets(st.sampled_from(IN_ORDER[:-1])))
    def ask_for_some(self, resources):
        for resource in sorted(resources):
            self.copy.ask(resource)

    @rule()
    def compare(self):
        self.copy.assert_is_the_original()

    def teardown(self):
        self.compare()

    def ledger_and_facts_agree(self):
        """Is tested elsewhere."""

    def reports_agree(self):
        """Is tested elsewhere."""


@pytest.mark.long
@pytest.mark.django_db
def test_a_copy_kept_by_changes_is_the_original():
    run_state_machine_as_test(FollowedLife, settings=examples(12, stateful_step_count=15))


@pytest.fixture
def copy(api, workspace):
    return Copy(api, f"/api/workspaces/{workspace.api_id}")


def sent(*ids):
    return [{"messageId": id, "type": "buy", "contact": "ada", "occurredAt": AT} for id in ids]


def ids(rows):
    return [row["messageId"] for row in rows]


@pytest.mark.django_db
def test_only_what_changed_is_told_and_in_that_order(workspace, copy, bulk):
    bulk("campaigns", [{"externalId": name, "name": name} for name in "ab"])
    first = [*copy.all_of("campaigns", ordering="changedAt")]
    bulk("campaigns", [{"externalId": "a", "name": "a", "status": "ACTIVE"}])
    assert [row["externalId"] for row in copy.all_of("campaigns", ordering="changedAt")] == ["b", "a"]
    assert [row["externalId"] for row in copy.all_of("campaigns", changedAfter=first[-1]["changedAt"])] == ["a"]
    since = copy.all_of("campaigns", ordering="changedAt", changedFrom=first[-1]["changedAt"])
    assert [row["externalId"] for row in since] == ["b", "a"]
    assert [row["externalId"] for row in copy.all_of("campaigns", ordering="-changedAt")] == ["a", "b"]


@pytest.mark.django_db
def test_tests_of_a_campaign_are_changes_of_it(workspace, copy, bulk):
    bulk("campaigns", [{"externalId": name, "name": name} for name in "ab"])
    bulk("campaigns", [{"externalId": "a", "name": "a", "abTests": [{"externalId": "t", "name": "T"}]}])
    assert [row["externalId"] for row in copy.all_of("campaigns", ordering="changedAt")] == ["b", "a"]
    item = {"externalId": "u", "name": "U", "campaign": "b", "variants": [{"name": "A"}, {"name": "B"}]}
    assert not take_tests(workspace, [item], received_at=timezone.now()).rejected
    assert [row["externalId"] for row in copy.all_of("campaigns", ordering="changedAt")] == ["a", "b"]


@pytest.mark.django_db
def test_rows_from_before_there_were_stamps_come_first_as_they_were_received(workspace, copy, bulk):
    bulk("events", sent("new", "old", "older"))
    Event.objects.filter(message_id="old").update(written_at=None, received_at="2026-03-02T00:00:00Z")
    Event.objects.filter(message_id="older").update(written_at=None, received_at="2026-03-01T00:00:00Z")
    assert ids(copy.all_of("events", ordering="changedAt")) == ["older", "old", "new"]
    assert ids(copy.all_of("events", ordering="changedAt", changedFrom="2026-03-02T00:00:00Z")) == ["old", "new"]


@pytest.mark.django_db
def test_a_row_that_is_sent_again_after_its_removal_stays(workspace, copy, bulk):
    bulk("events", sent("e"))
    erase_contact(workspace, Contact.objects.get())
    bulk("events", sent("e"))
    copy.ask_all()
    assert ids(copy.rows["events"].values()) == ["e"]
    told = copy.client.get(f"{copy.url}/removals", {"resource": "events"}).json()["results"]
    assert [row["removed"] for row in told] == [*copy.rows["events"]]


OF_ADA = ("contacts", "enrollments", "message-events", "messages", "events")


@pytest.fixture
def ada(bulk):
    """Whatever there can be of a contact, on the last kept day and on the day before."""
    bulk("contacts", [{"externalId": "ada", "email": "ada@example.com"}])
    bulk("campaigns", [{"externalId": "a", "name": "a"}])
    bulk("enrollments", [{"campaign": "a", "contact": "ada", "enrolledAt": AT}])
    for name, day in (("old", "2026-03-27"), ("new", "2026-03-28")):
        noon = f"{day}T10:00:00Z"
        sent = {"campaign": "a", "contact": "ada", "channel": "EMAIL", "createdAt": noon}
        bulk("messages", [{"externalId": name, **sent}])
        bulk("message-events", [{"message": name, "type": "delivered", "at": noon}])
        refused = {"message": f"unknown-{name}", "type": "bounced", "at": noon, "reason": "550 ada@example.com"}
        bulk("message-events", [refused])
        bulk("events", [{"messageId": name, "type": "buy", "contact": "ada", "occurredAt": noon}])
    return Contact.objects.get()


@pytest.mark.django_db
def test_nothing_of_an_erased_contact_stays_in_a_copy(workspace, copy, ada):
    copy.ask_all()
    assert [len(copy.rows[name]) for name in OF_ADA] == [1, 1, 4, 2, 2]
    erase_contact(workspace, ada)
    copy.ask_all()
    assert [len(copy.rows[name]) for name in OF_ADA] == [0] * 5


@pytest.mark.django_db
def test_what_is_kept_no_longer_goes_from_a_copy(workspace, copy, ada, now):
    copy.ask_all()
    workspace.kept_days = 4
    workspace.save()
    assert list(expire(workspace, now))
    copy.assert_is_the_original()
    assert [row["externalId"] for row in copy.rows["messages"].values()] == ["new"]
    assert ids(copy.rows["events"].values()) == ["new"]
    assert {row["message"] for row in copy.lists()["message-events"]} == {"new", "unknown-new"}


@pytest.mark.django_db
@pytest.mark.parametrize("parted", ["bob", "cy"])
def test_who_is_parted_again_is_in_a_copy(workspace, copy, bulk, now, parted):
    """Also who had been joined to them before."""
    names = ["ada", "bob", "cy"]
    bulk("contacts", [{"externalId": name} for name in names])
    bulk("events", [{"messageId": name, "type": "buy", "contact": name, "occurredAt": AT} for name in names])
    for gone, kept in (("cy", "bob"), ("bob", "ada")):
        known = contacts_by_external_id(workspace.pk, [gone, kept])
        with people_held(workspace):
            join_contacts(workspace, gone=known[gone], kept=known[kept], by=None, now=now)
        copy.assert_is_the_original()
    with people_held(workspace):
        number = Contact.objects.get(external_id=parted).person_number
        undo_join(workspace, gone=number, by=None, now=now)
    copy.assert_is_the_original()
    assert len([*copy.lists()["contacts"]]) == 2


@pytest.mark.django_db
def test_a_campaign_that_is_deleted_or_archived_is_so_in_a_copy(workspace, copy, bulk, owner):
    bulk("campaigns", [{"externalId": name, "name": name} for name in "ab"])
    copy.ask_all()
    a, b = Campaign.objects.order_by("pk")
    assert copy.client.delete(f"{copy.url}/campaigns/{a.api_id}").status_code == 204
    before = archive_campaigns(workspace=workspace, campaign_ids=[b.pk])
    copy.assert_is_the_original()
    with campaigns_held(workspace):  # which takes another stamp, as each transaction does
        restore_campaigns(workspace=workspace, by=owner, statuses={str(pk): status for pk, status in before.items()})
    copy.assert_is_the_original()
    erase_prefixed(workspace, "b")
    copy.assert_is_the_original()


@pytest.mark.django_db
def test_how_many_rows_there_are_is_told_to_who_asks(workspace, api, copy, bulk):
    bulk("events", sent("a", "b", "c"))
    assert api.get(f"{copy.url}/events", {"count": "true", "pageSize": 1}).json()["count"] == 3
    assert api.get(f"{copy.url}/events", {"count": "true", "type": "x"}).status_code == 400
    assert "count" not in api.get(f"{copy.url}/events", {"count": "false"}).json()
    refused = api.get(f"{copy.url}/events", {"count": "yes"})
    assert (refused.status_code, refused.json()["parameter"]) == (400, "count")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["where", "segment", "filter", "until"])
def test_changes_of_what_meets_conditions_are_not_told(workspace, api, copy, name):
    refused = api.get(f"{copy.url}/events", {"ordering": "changedAt", name: "2026-01-01"})
    assert (refused.status_code, refused.json()["parameter"]) == (400, name)


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_late_comes_later(workspace, copy, at_once):
    """The first writer's rows are older, and there only after the second one's were."""
    if connection.vendor != "postgresql":
        pytest.skip("On SQLite the second would wait for the first.")
    ada = {"externalId": "ada", "signedUpAt": "2026-03-01T00:00:00Z"}
    assert not take_contacts(workspace, [ada], received_at=timezone.now()).rejected
    has_written, may_end = threading.Event(), threading.Event()

    def late():
        with transaction.atomic():
            take_events(workspace, sent("late"), received_at=timezone.now())
            has_written.set()
            assert may_end.wait(30)

    def other():
        assert has_written.wait(30)
        take_events(workspace, sent("soon"), received_at=timezone.now())
        copy.ask("events")
        told = ids(copy.rows["events"].values())
        may_end.set()
        return told

    assert at_once(late, other) == [None, []]
    copy.ask("events")
    assert ids(copy.rows["events"].values()) == ["late", "soon"]


@pytest.mark.django_db
def test_removals_are_told_for_ninety_days(workspace):
    now = timezone.now()
    for days in (89, 91):
        at = now - timedelta(days=days)
        Removal.objects.create(workspace=workspace, resource="events", row=f"evt_{days}", written_at=at)
    assert expire_removals(workspace.pk, now) == 1
    assert Removal.objects.get().row == "evt_89"
