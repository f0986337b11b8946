"""Contacts that turned out to be one: what the one that stays takes, how they are joined by hand, and parted again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client

from analytics.ingest.edits import people_held
from analytics.ingest.people.joins import NoSuchJoin, join_contacts, undo_join
from analytics.ingest.removal.erasure import erase_contact
from analytics.ledger.rebuild import Difference, rebuild, verify
from analytics.models import Contact, Enrolment, Join, Message
from tests.analytics.ingest import stored
from tests.analytics.ingest.people.test_any_order import world
from tests.conftest import NOW
from workspaces.models import AuditEvent, User, Workspace

pytestmark = pytest.mark.usefixtures("now")

Take = Callable[..., dict[str, Any]]
HOUR = timedelta(hours=1)


def at(hour: float) -> str:
    return (datetime(2026, 3, 30, tzinfo=UTC) + hour * HOUR).isoformat()


def identify(hour: float, user: str, device: str | None = None, **traits: Any) -> dict[str, Any]:
    who = {"userId": user, **({"anonymousId": device} if device else {})}
    return {"type": "identify", "timestamp": at(hour), "messageId": f"i{hour}", "traits": traits, **who}


def did(hour: float, **who: Any) -> dict[str, Any]:
    return {"type": "track", "event": "did", "timestamp": at(hour), "messageId": f"t{hour}", **who}


def alias(hour: float, previous: str, user: str) -> dict[str, Any]:
    return {"type": "alias", "timestamp": at(hour), "messageId": f"a{hour}", "previousId": previous, "userId": user}


def contact(external_id: str) -> Contact:
    return Contact.objects.get(external_id=external_id)


def differences(workspace: Workspace) -> list[Difference]:
    return [found for found in verify(workspace) if isinstance(found, Difference)]


@pytest.fixture
def undo(workspace: Workspace, owner: User) -> Callable[[str], Contact | None]:
    """Parts the person of an identity such as `e:old` from whom they were joined to."""

    def part(identity: str) -> Contact | None:
        with people_held(workspace):
            return undo_join(workspace, gone=stored.own_number(workspace, identity), by=owner, now=NOW)

    return part


def test_the_contact_that_stays_takes_what_it_has_not_the_newest_word_first(take_trusted: Take) -> None:
    take_trusted(identify(1, "older", email="older@x.example", phone="1", plan="free", city="Bonn"))
    take_trusted(identify(2, "newer", email="newer@x.example", plan="pro"))
    take_trusted(identify(0, "kept", name="Ada", plan="own"))

    take_trusted(alias(5, "older", "kept"), alias(6, "newer", "kept"))

    kept = contact("kept")
    assert (kept.email, kept.phone, kept.name) == ("newer@x.example", "1", "Ada")
    assert kept.attributes == {
        "name": "Ada",
        "email": "newer@x.example",
        "phone": "1",
        "plan": "own",
        "city": "Bonn",
    }


def test_what_was_taken_gives_way_to_a_word_of_its_own_and_null_takes_back_what_is_older(take_trusted: Take) -> None:
    take_trusted(identify(3, "old", email="old@x.example", plan="pro"), identify(1, "kept"), alias(4, "old", "kept"))

    take_trusted(identify(2, "kept", email="own@x.example"), identify(5, "kept", plan=None))

    kept = contact("kept")
    assert (kept.email, kept.attributes) == ("own@x.example", {"email": "own@x.example"})


def test_a_late_word_does_not_keep_a_newer_one_out_field_by_field(take: Take, bulk: Take) -> None:
    take(identify(1, "ada", email="old@x.example", plan="free"))
    bulk("contacts", [{"externalId": "ada", "attributes": {"plan": "pro"}}])

    take(identify(3, "ada", email="new@x.example", plan="late"))

    assert (contact("ada").email, contact("ada").attributes["plan"]) == ("new@x.example", "pro")


@pytest.mark.long
def test_undoing_a_join_gives_each_contact_back_what_was_said_of_it(
    take_trusted: Take, undo: Callable[[str], Contact | None], workspace: Workspace
) -> None:
    take_trusted(did(1, anonymousId="d1"), identify(2, "old", "d1", email="old@x.example", createdAt=at(-50)))
    take_trusted(identify(4, "new", name="Ada"), did(5, userId="old"), did(6, userId="new"))
    before = world(workspace)
    take_trusted(alias(7, "old", "new"))
    assert contact("new").email == "old@x.example"

    parted = undo("e:old")

    assert parted == contact("old")
    after = world(workspace)
    assert after["contacts"] == before["contacts"]
    assert after["events"]["t5"] != after["events"]["t6"]
    assert after["events"]["t1"] == after["events"]["t5"]
    assert differences(workspace) == []
    assert stored.contacts(workspace) == {"old", "new"}


@pytest.mark.long
def test_after_a_join_is_undone_reports_count_two_again(
    take_trusted: Take, undo: Callable[[str], Contact | None], report: Take, workspace: Workspace
) -> None:
    take_trusted(did(1, userId="old"), did(2, userId="new"))
    numbers = [report(), report("/timeseries"), report("/funnel", steps="did", days=7)["steps"]]
    take_trusted(alias(7, "old", "new"))
    assert report()["contacts"]["total"] == 1
    list(rebuild(workspace))

    undo("e:old")

    assert [report(), report("/timeseries"), report("/funnel", steps="did", days=7)["steps"]] == numbers
    assert differences(workspace) == []


def test_a_device_is_parted_from_its_contact_and_calls_do_not_join_it_again(
    take: Take, undo: Callable[[str], Contact | None], workspace: Workspace
) -> None:
    take(did(1, anonymousId="d1"), identify(2, "ada"), identify(3, "ada", "d1"))
    assert stored.device(workspace, "d1") == stored.user(workspace, "ada")

    assert undo("a:d1") is None
    answer = take(identify(4, "ada", "d1"), did(5, userId="ada", anonymousId="d1"), alias(6, "d1", "ada"))

    assert stored.device(workspace, "d1") != stored.user(workspace, "ada")
    assert [one["code"] for one in answer["rejected"]] == ["identity_conflict"]
    assert take(identify(7, "bob", "d1"))["accepted"] == 1
    assert stored.device(workspace, "d1") == stored.user(workspace, "bob")
    assert differences(workspace) == []


def test_a_join_in_the_middle_of_a_chain_takes_along_who_was_joined_before(
    take_trusted: Take, undo: Callable[[str], Contact | None], workspace: Workspace
) -> None:
    take_trusted(*(identify(hour, user, plan=user) for hour, user in enumerate("abc")))
    take_trusted(alias(11, "a", "b"), alias(12, "b", "c"))

    undo("e:b")

    assert stored.contacts(workspace) == {"b", "c"}
    assert contact("a").merged_into == contact("b")
    assert stored.user(workspace, "a") == stored.user(workspace, "b") != stored.user(workspace, "c")
    assert differences(workspace) == []


def test_undoing_is_noted_and_done_once(take_trusted: Take, undo: Callable[[str], Contact | None], owner: User) -> None:
    take_trusted(identify(1, "old"), identify(2, "new"), alias(3, "old", "new"))

    undo("e:old")

    [line] = AuditEvent.objects.filter(action="join_undone")
    assert (line.target, line.before, line.actor) == (
        contact("new").api_id,
        {"joined": contact("old").api_id},
        owner,
    )
    with pytest.raises(NoSuchJoin), transaction.atomic():
        undo("e:old")


def test_what_was_parted_is_joined_again_by_hand_only(
    take_trusted: Take, undo: Callable[[str], Contact | None], workspace: Workspace, owner: User
) -> None:
    take_trusted(identify(1, "old", email="a@x.example"), identify(2, "new"), alias(3, "old", "new"))
    undo("e:old")
    assert take_trusted(alias(4, "old", "new"))["rejected"][0]["code"] == "identity_conflict"

    with people_held(workspace):
        join = join_contacts(workspace, gone=contact("old"), kept=contact("new"), by=owner, now=NOW)

    assert (join.cause, join.joined_at, contact("new").email) == ("m", NOW, "a@x.example")
    assert stored.contacts(workspace) == {"new"}
    assert AuditEvent.objects.get(action="contacts_joined").after == {"joined": contact("old").api_id}
    assert differences(workspace) == []


@pytest.mark.long
def test_what_was_sent_to_a_contact_and_is_sent_again_after_it_was_joined_stays_its_own(
    take_trusted: Take, bulk: Take, undo: Callable[[str], Contact | None], workspace: Workspace
) -> None:
    bulk("campaigns", [{"externalId": "c", "name": "C"}])
    bulk("contacts", [{"externalId": "old"}, {"externalId": "new"}])
    message = {"externalId": "m", "campaign": "c", "contact": "old", "channel": "EMAIL"}
    bulk("messages", [message])
    bulk("enrollments", [{"campaign": "c", "contact": "old"}])
    take_trusted(alias(3, "old", "new"))

    assert bulk("messages", [{**message, "openedAt": at(5)}])["updated"] == 1
    assert bulk("enrollments", [{"campaign": "c", "contact": "old", "status": "COMPLETED"}])["updated"] == 1

    undo("e:old")
    assert Message.objects.get().contact == Enrolment.objects.get().contact == contact("old")
    assert Message.objects.get().person_number == contact("old").person_number
    assert differences(workspace) == []


@pytest.mark.long
def test_facts_of_both_are_the_contacts_that_stays_and_part_again(
    take_trusted: Take, bulk: Take, api: Client, undo: Callable[[str], Contact | None], workspace: Workspace
) -> None:
    bulk("campaigns", [{"externalId": name, "name": name} for name in ("c1", "c2")])
    bulk("contacts", [{"externalId": "old"}, {"externalId": "new"}])
    pairs = [("c1", "old"), ("c1", "new"), ("c2", "old")]
    bulk("enrollments", [{"campaign": campaign, "contact": contact} for campaign, contact in pairs])
    messages = [{"externalId": f"m-{id}", "campaign": "c1", "contact": id, "channel": "EMAIL"} for id in ("old", "new")]
    bulk("messages", messages)

    def rows_of(external_id: str) -> list[int]:
        url, asked = f"/api/workspaces/{workspace.api_id}", {"contact": contact(external_id).api_id}
        return [len(api.get(f"{url}/{name}", asked).json()["results"]) for name in ("enrollments", "messages")]

    before = rows_of("old"), rows_of("new")
    take_trusted(alias(7, "old", "new"))
    joined = rows_of("new")
    undo("e:old")

    assert before == ([2, 1], [1, 1]) == (rows_of("old"), rows_of("new"))
    assert joined == [3, 2]
    assert differences(workspace) == []


@pytest.mark.long
def test_an_erased_contact_leaves_no_join(take_trusted: Take, workspace: Workspace, owner: User) -> None:
    take_trusted(did(0, anonymousId="d1"), identify(1, "old", "d1"), identify(2, "new"), alias(3, "old", "new"))
    take_trusted(did(5, anonymousId="d2"), identify(6, "other"), identify(7, "other", "d2"))

    erase_contact(workspace, contact("new"), by=owner)

    assert [join.gone for join in Join.objects.all()] == [stored.own_number(workspace, "a:d2")]
    assert differences(workspace) == []


def test_contacts_of_the_past_take_what_they_lack_and_their_joins_are_of_unknown_cause(
    take_trusted: Take, undo: Callable[[str], Contact | None], workspace: Workspace
) -> None:
    """As the release before left them: joined, with nothing taken, and no word of when and why."""
    take_trusted(identify(1, "old", email="old@x.example", plan="free"), identify(2, "new", plan="pro"))
    before = world(workspace)["contacts"]
    take_trusted(alias(3, "old", "new"))
    joined = world(workspace)
    Join.objects.all().delete()
    Contact.objects.filter(external_id="new").update(
        email="", attributes={"plan": "pro"}, provenance={}, own_signed_up_at=None
    )

    import_module("analytics.migrations.0021_joins_of_the_past").note_joins(apps, None)
    import_module("analytics.migrations.0022_what_merged_contacts_left").take_what_is_missing(apps, None)

    assert world(workspace) == joined
    [join] = Join.objects.all()
    assert (join.cause, join.joined_at) == ("u", None)
    undo("e:old")
    assert {name: values[1] for name, values in world(workspace)["contacts"].items()} == {
        name: values[1] for name, values in before.items()
    }
    assert differences(workspace) == []
