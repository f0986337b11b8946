"""Who is who: devices and users that are one person, contacts that are made, and when they signed up."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count, permutations
from typing import Any

import pytest
from django.test import Client

from analytics import ingest
from analytics.models import Contact, Event, Identity, Message, Person
from tests.analytics.ingest import stored
from tests.conftest import NOW, post_json
from workspaces.models import Workspace

pytestmark = pytest.mark.usefixtures("now")

Take = Callable[..., dict[str, Any]]
Calls = tuple[dict[str, Any], ...]
numbers = count()


def at(hour: float) -> str:
    """An hour of the day before."""
    return (datetime(2026, 3, 30, tzinfo=UTC) + timedelta(hours=hour)).isoformat()


def instant(hour: float) -> datetime:
    return datetime.fromisoformat(at(hour))


def track(hour: float, **who: Any) -> dict[str, Any]:
    return {"type": "track", "event": "did", "timestamp": at(hour), "messageId": f"t{hour}", **who}


def identify(hour: float, **who: Any) -> dict[str, Any]:
    return {"type": "identify", "timestamp": at(hour), "messageId": f"i{hour}", **who}


def alias(hour: float, previous_id: str, user_id: str) -> dict[str, Any]:
    ids = {"previousId": previous_id, "userId": user_id}
    return {"type": "alias", "timestamp": at(hour), "messageId": f"a{hour}", **ids}


def people(workspace: Workspace) -> int:
    """How many people there are, two that were joined being one."""
    return Person.objects.filter(workspace=workspace, joined_to=None).count()


# One person


def test_what_somebody_did_before_they_were_known_is_theirs(take: Take, workspace: Workspace) -> None:
    take(track(1, anonymousId="d1"))
    take(track(2, anonymousId="d1"))
    assert stored.contacts(workspace) == set()

    take(identify(3, userId="u1", anonymousId="d1"))
    take(track(4, userId="u1"), track(5, anonymousId="d1"))

    assert people(workspace) == 1
    assert len(set(stored.people_of_events(workspace).values())) == 1
    assert stored.device(workspace, "d1") == stored.user(workspace, "u1") == Contact.objects.get().person_number


def test_a_known_user_and_a_used_device_become_one_person(take: Take, workspace: Workspace) -> None:
    take(track(1, anonymousId="d1"), track(2, userId="u1"))
    assert people(workspace) == 2

    take(track(3, userId="u1", anonymousId="d1"))

    assert people(workspace) == 1
    assert len(set(stored.people_of_events(workspace).values())) == 1


def test_all_devices_of_a_user_are_one_person(take: Take, workspace: Workspace) -> None:
    devices = ["phone", "tablet", "laptop"]
    take(*(track(hour, anonymousId=device) for hour, device in enumerate(devices)))
    take(*(identify(hour, userId="u1", anonymousId=device) for hour, device in enumerate(devices)))

    assert {stored.device(workspace, device) for device in devices} == {stored.user(workspace, "u1")}
    assert people(workspace) == 1


def test_strangers_stay_two_people(take: Take, workspace: Workspace) -> None:
    take(track(1, userId="u1", anonymousId="d1"), track(2, userId="u2", anonymousId="d2"), track(3, anonymousId="d3"))

    assert len(set(stored.people_of_events(workspace).values())) == 3
    assert people(workspace) == 3


def test_a_user_id_and_a_device_of_the_same_letters_are_two_people(take: Take, workspace: Workspace) -> None:
    take(track(1, userId="same"), track(2, anonymousId="same"))

    assert stored.user(workspace, "same") != stored.device(workspace, "same")


def test_ids_differ_by_case_and_not_by_blanks_around_them(take: Take, workspace: Workspace) -> None:
    take(
        track(1, userId="Ann"),
        track(2, userId="ann"),
        track(3, userId=" ann "),
        track(4, userId=7),
        track(5, userId="7"),
    )

    assert stored.contacts(workspace) == {"Ann", "ann", "7"}


def test_people_of_two_workspaces_have_nothing_in_common(
    take: Take, take_elsewhere: Take, workspace: Workspace, elsewhere: Workspace
) -> None:
    take(track(1, anonymousId="d1"))
    take_elsewhere(identify(2, userId="u1", anonymousId="d1"))

    assert stored.contacts(workspace) == set()
    assert stored.contacts(elsewhere) == {"u1"}
    assert Identity.objects.filter(workspace=workspace).count() == 1


def test_events_of_the_bulk_api_join_people_like_calls(bulk: Take, workspace: Workspace) -> None:
    event = {"type": "did", "occurredAt": at(1)}

    bulk("events", [{**event, "messageId": "a", "anonymousId": "d1"}])
    bulk("events", [{**event, "messageId": "b", "anonymousId": "d1", "contact": "u1"}])

    assert len(set(stored.people_of_events(workspace).values())) == 1
    assert stored.contacts(workspace) == {"u1"}


# A device of several users


def test_a_device_claimed_by_two_users_stays_with_the_first(take: Take, workspace: Workspace) -> None:
    take(identify(1, userId="u1", anonymousId="shared"))
    take(track(2, userId="u2", anonymousId="shared"), track(3, anonymousId="shared"))

    first, second = stored.user(workspace, "u1"), stored.user(workspace, "u2")
    assert first != second
    assert stored.device(workspace, "shared") == first
    assert stored.people_of_events(workspace) == {"t2": second, "t3": first}


def test_who_identifies_with_anothers_device_is_told_that_it_stays(take: Take) -> None:
    take(identify(1, userId="u1", anonymousId="shared"))

    answer = take(
        identify(2, userId="u2", anonymousId="shared", traits={"plan": "pro"}),
        identify(3, userId="u1", anonymousId="shared"),
        track(4, userId="u2", anonymousId="shared"),
        identify(5, userId="u3", anonymousId="u1"),
    )

    assert (answer["accepted"], answer["rejected"]) == (4, [])
    [warning] = answer["warnings"]
    assert (warning["index"], warning["code"]) == (0, "identity_conflict")
    assert "belongs to another contact" in warning["message"]
    assert Contact.objects.get(external_id="u2").attributes == {"plan": "pro"}


def test_a_device_claimed_by_two_users_in_one_batch_stays_with_the_first_of_it(
    take: Take, workspace: Workspace
) -> None:
    take(
        track(1, anonymousId="shared"),
        identify(3, userId="u1", anonymousId="shared"),
        identify(2, userId="u2", anonymousId="shared"),
    )

    assert stored.device(workspace, "shared") == stored.user(workspace, "u1") != stored.user(workspace, "u2")


# Alias


def test_an_alias_joins_a_device_to_a_user(take: Take, workspace: Workspace) -> None:
    take(track(1, anonymousId="d1"))

    assert take(alias(2, "d1", "u1"))["accepted"] == 1

    assert stored.device(workspace, "d1") == stored.user(workspace, "u1")
    assert stored.contacts(workspace) == {"u1"}
    assert people(workspace) == 1


def test_an_alias_of_a_device_not_seen_yet_holds_for_what_comes(take: Take, workspace: Workspace) -> None:
    take(alias(1, "d1", "u1"))
    take(track(2, anonymousId="d1"), track(3, userId="u1"))

    assert len(set(stored.people_of_events(workspace).values())) == 1


@pytest.mark.long
def test_an_alias_of_a_user_not_seen_yet_holds_for_what_comes(take: Take, bulk: Take, workspace: Workspace) -> None:
    take(alias(1, "old", "new"))
    bulk("campaigns", [{"externalId": "c", "name": "C"}])
    sent = {"campaign": "c", "channel": "EMAIL"}
    answers = [
        bulk("messages", [{"externalId": "m1", "contact": "old", **sent}]),
        take(track(2, userId="old"), track(3, userId="new")),
        bulk("messages", [{"externalId": "m2", "contact": "old", **sent}]),
        bulk("contacts", [{"externalId": "old", "name": "Ada"}]),
    ]

    assert [answer["rejected"] for answer in answers] == [[], [], [], []]
    assert len(set(stored.people_of_events(workspace).values())) == 1
    assert stored.contacts(workspace) == {"new"}
    assert set(Message.objects.filter(workspace=workspace).values_list("contact__external_id", flat=True)) == {"new"}
    assert Contact.objects.current().get(workspace=workspace).name == "Ada"


def test_an_alias_of_two_users_makes_them_one_contact(take_trusted: Take, workspace: Workspace) -> None:
    take_trusted(track(1, userId="old", anonymousId="d1"), track(2, userId="new"))

    take_trusted(alias(3, "old", "new"))
    take_trusted(track(4, userId="old"), track(5, anonymousId="d1"))

    assert stored.contacts(workspace) == {"new"}
    assert Contact.objects.get(external_id="old").merged_into == Contact.objects.get(external_id="new")
    assert len(set(stored.people_of_events(workspace).values())) == 1
    assert people(workspace) == 1


def test_a_chain_of_aliases_leads_to_the_last_contact(take_trusted: Take, workspace: Workspace) -> None:
    take_trusted(*(track(hour, userId=user, anonymousId=f"d-{user}") for hour, user in enumerate("abc")))

    take_trusted(alias(11, "a", "b"))
    take_trusted(alias(12, "b", "c"))

    last = Contact.objects.get(external_id="c")
    assert stored.contacts(workspace) == {"c"}
    assert set(Contact.objects.exclude(pk=last.pk).values_list("merged_into", flat=True)) == {last.pk}
    assert set(stored.people_of_events(workspace).values()) == {last.person_number}
    assert set(Person.objects.exclude(number=last.person_number).values_list("joined_to", flat=True)) == {
        last.person_number
    }


def test_a_chain_of_aliases_in_one_batch_is_the_same(take_trusted: Take, workspace: Workspace) -> None:
    take_trusted(
        *(track(hour, userId=user) for hour, user in enumerate("abc")),
        alias(11, "a", "b"),
        alias(12, "b", "c"),
        track(13, userId="a"),
    )

    last = Contact.objects.get(external_id="c")
    assert stored.contacts(workspace) == {"c"}
    assert set(Contact.objects.exclude(pk=last.pk).values_list("merged_into", flat=True)) == {last.pk}
    assert set(stored.people_of_events(workspace).values()) == {last.person_number}


def test_aliases_in_a_circle_and_of_oneself_change_nothing_more(take_trusted: Take, workspace: Workspace) -> None:
    take_trusted(track(1, userId="a"), track(2, userId="b"), alias(3, "a", "b"))

    answer = take_trusted(alias(4, "b", "a"), alias(5, "a", "b"), alias(6, "b", "b"))

    assert (answer["accepted"], answer["rejected"]) == (3, [])
    assert stored.contacts(workspace) == {"b"}
    assert people(workspace) == 1


def test_an_alias_of_another_users_device_is_refused(take: Take, workspace: Workspace) -> None:
    take(identify(1, userId="u1", anonymousId="d1"), identify(2, userId="u2"))

    answer = take(alias(3, "d1", "u2"), alias(4, "d1", "u3"), alias(5, "d1", "u1"))

    assert [(remark["index"], remark["code"]) for remark in answer["rejected"]] == [
        (0, "identity_conflict"),
        (1, "identity_conflict"),
    ]
    assert answer["rejected"][0]["message"] == "previousId 'd1' already belongs to another contact."
    assert answer["accepted"] == 1
    assert stored.device(workspace, "d1") == stored.user(workspace, "u1")
    assert stored.contacts(workspace) == {"u1", "u2"}


def test_a_refused_alias_may_be_sent_again(take: Take) -> None:
    take(identify(1, userId="u1", anonymousId="d1"))

    answers = [take(alias(2, "d1", "u2")) for _ in range(2)]

    assert [len(answer["rejected"]) for answer in answers] == [1, 1]


@pytest.mark.parametrize("at_once", [True, False])
def test_the_id_of_a_refused_alias_is_still_free(take: Take, workspace: Workspace, at_once: bool) -> None:
    take(identify(1, userId="u1", anonymousId="d1"))
    calls = [alias(2, "d1", "u2"), track(2, userId="u3", messageId="a2"), track(2, userId="u4", messageId="a2")]

    answers = [take(*calls)] if at_once else [take(one) for one in calls]

    refused = [remark["code"] for answer in answers for remark in answer["rejected"]]
    assert refused == ["identity_conflict", "id_reused"]
    assert sum(answer["accepted"] for answer in answers) == 1
    assert stored.contacts(workspace) == {"u1", "u3"}
    assert list(stored.people_of_events(workspace).values()) == [stored.user(workspace, "u3")]


@pytest.mark.parametrize(
    ("old", "new", "signed_up", "is_stated"),
    [
        ({}, {}, 1, False),
        ({"createdAt": at(8)}, {}, 8, True),
        ({}, {"createdAt": at(9)}, 9, True),
        ({"createdAt": at(8)}, {"createdAt": at(9)}, 8, True),
        ({"createdAt": at(9)}, {"createdAt": at(8)}, 8, True),
    ],
)
def test_two_contacts_that_become_one_signed_up_when_the_first_did(
    take_trusted: Take, old: dict[str, Any], new: dict[str, Any], signed_up: int, is_stated: bool
) -> None:
    take_trusted(identify(1, userId="old", traits=old), identify(2, userId="new", traits=new))

    take_trusted(alias(20, "old", "new"))

    kept = Contact.objects.current().get()
    assert (kept.external_id, kept.signed_up_at, kept.signup_is_stated) == ("new", instant(signed_up), is_stated)


def test_what_is_said_of_a_merged_contact_is_said_of_the_one_that_stays(take_trusted: Take, bulk: Take) -> None:
    take_trusted(identify(1, userId="old"), identify(2, userId="new"), alias(3, "old", "new"))

    answers = [
        bulk("contacts", [{"externalId": "old", "email": "a@b.example"}]),
        take_trusted(identify(4, userId="old", traits={"plan": "pro"})),
    ]

    assert (answers[0]["updated"], answers[1]["accepted"]) == (1, 1)
    kept = Contact.objects.get(external_id="new")
    assert (kept.email, kept.attributes) == ("a@b.example", {"plan": "pro"})


def test_a_known_contact_is_joined_to_another_one_by_a_secret_key_only(
    take: Take, take_trusted: Take, workspace: Workspace
) -> None:
    take(track(1, userId="old"), track(2, userId="new"))
    before = stored.row_counts()

    answers = [take(alias(3, "old", "new")), take(alias(4, "old", "not seen yet"))]

    assert [answer["rejected"][0]["code"] for answer in answers] == ["identity_conflict"] * 2
    assert "a secret key" in answers[0]["rejected"][0]["message"]
    assert stored.row_counts() == before
    assert take_trusted(alias(3, "old", "new"))["accepted"] == 1
    assert stored.contacts(workspace) == {"new"}


def test_what_was_joined_to_a_contact_is_no_other_contacts(take_trusted: Take, workspace: Workspace) -> None:
    """An alias of somebody who was joined joins them, never the third contact that they were joined to."""
    take_trusted(*(track(hour, userId=user) for hour, user in enumerate(["old", "first", "second"])))
    take_trusted(alias(5, "old", "first"), alias(6, "d1", "first"), track(7, userId="d1"))

    answer = take_trusted(alias(8, "old", "second"), alias(9, "d1", "second"), alias(10, "old", "first"))

    assert [(one["index"], one["code"]) for one in answer["rejected"]] == [
        (0, "identity_conflict"),
        (1, "identity_conflict"),
    ]
    assert answer["rejected"][0]["message"] == "previousId 'old' already belongs to the contact 'first'."
    assert stored.contacts(workspace) == {"first", "second"}


# Ids of nobody


@pytest.mark.parametrize("illegal", ["null", "NULL", "undefined", "0", 0, "anonymous", " Anonymous "])
@pytest.mark.parametrize(
    "place",
    [
        {"type": "track", "event": "did", "userId": ...},
        {"type": "identify", "userId": ...},
        {"type": "alias", "userId": ..., "previousId": "d1"},
        {"type": "alias", "userId": "u1", "previousId": ...},
    ],
)
def test_an_id_that_names_nobody_is_refused(take: Take, place: dict[str, Any], illegal: object) -> None:
    before = stored.row_counts()

    answer = take({name: illegal if value is ... else value for name, value in place.items()})

    assert [remark["code"] for remark in answer["rejected"]] == ["illegal_id"]
    assert stored.row_counts() == before


@pytest.mark.parametrize("name", ["contact", "anonymousId"])
def test_an_id_that_names_nobody_is_refused_in_the_bulk_api(bulk: Take, name: str) -> None:
    answers = [
        bulk("events", [{"type": "did", "occurredAt": at(1), name: "undefined"}]),
        bulk("contacts", [{"externalId": "null"}]),
    ]

    assert [answer["rejected"][0]["code"] for answer in answers] == ["illegal_id"] * 2


# Signing up


@pytest.mark.parametrize(
    ("created_at", "meant"),
    [
        ("2024-05-06T07:08:09Z", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        (1714979289, datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        (1714979289.5, datetime(2024, 5, 6, 7, 8, 9, 500_000, tzinfo=UTC)),
        (1714979289000, datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        ("2024-05-06", datetime(2024, 5, 5, 22, tzinfo=UTC)),  # that day in Berlin
    ],
)
def test_a_contact_signed_up_when_its_traits_say(take: Take, created_at: object, meant: datetime) -> None:
    take(identify(5, userId="u1", traits={"createdAt": created_at}))

    contact = Contact.objects.get()
    assert (contact.signed_up_at, contact.signup_is_stated) == (meant, True)


@pytest.mark.parametrize("traits", [{}, {"createdAt": None}, {"createdAt": ""}])
def test_a_contact_signed_up_with_the_first_call_that_named_it_if_nobody_says(
    take: Take, traits: dict[str, Any]
) -> None:
    take(track(5, userId="u1"), track(1, anonymousId="d1"))
    take(identify(3, userId="u1", anonymousId="d1", traits=traits))
    take(track(4, userId="u1"))

    contact = Contact.objects.get()
    assert (contact.signed_up_at, contact.signup_is_stated) == (instant(3), False)


def test_a_signup_that_was_stated_is_not_moved_by_an_earlier_call(take: Take) -> None:
    take(identify(5, userId="u1", traits={"createdAt": at(4)}))
    take(track(1, userId="u1"), identify(2, userId="u1", traits={"createdAt": at(9)}))

    assert Contact.objects.get().signed_up_at == instant(4)


@pytest.mark.parametrize("kind", ["page", "screen", "group", "alias", "identify", "track"])
def test_any_call_that_names_a_user_makes_the_contact(take: Take, kind: str) -> None:
    take({"type": kind, "event": "did", "previousId": "d", "userId": "u1", "timestamp": at(5)})

    contact = Contact.objects.get()
    assert (contact.external_id, contact.signed_up_at) == ("u1", instant(5))


def test_no_contact_is_made_of_traits_without_a_user_id(take: Take, workspace: Workspace) -> None:
    take(identify(1, anonymousId="d1", traits={"email": "a@b.example"}))

    assert stored.contacts(workspace) == set()
    assert people(workspace) == 1


# Any order


def send_one_by_one(calls: Calls) -> Workspace:
    workspace = Workspace.objects.create(name="W", slug=f"w{next(numbers)}")
    for call in calls:
        outcome = ingest.take_calls(workspace, [call], received_at=NOW)
        assert outcome.accepted == 1, outcome
    return workspace


def send_as_a_batch(calls: Calls) -> Workspace:
    workspace = Workspace.objects.create(name="W", slug=f"w{next(numbers)}")
    assert ingest.take_calls(workspace, calls, received_at=NOW).accepted == len(calls)
    return workspace


SENDERS = [send_one_by_one, send_as_a_batch]


def partition(workspace: Workspace) -> set[frozenset[str]]:
    """The identities of each person."""
    of_person: dict[int, set[str]] = {}
    for identity in Identity.objects.filter(workspace=workspace):
        number = stored.known_by(workspace, identity.person_number)
        of_person.setdefault(number, set()).add(str(identity))
    return {frozenset(identities) for identities in of_person.values()}


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("send", SENDERS)
def test_devices_and_a_user_become_one_person_in_any_order(send: Callable[[Calls], Workspace]) -> None:
    calls = (
        track(1, anonymousId="d1"),
        track(2, anonymousId="d2"),
        identify(3, userId="u1", anonymousId="d1"),
        alias(4, "d2", "u1"),
        track(5, userId="u2"),
    )
    for order in permutations(calls):
        workspace = send(order)

        assert partition(workspace) == {frozenset({"a:d1", "a:d2", "p:d2", "e:u1"}), frozenset({"e:u2"})}
        owners = stored.people_of_events(workspace)
        assert owners["t1"] == owners["t2"] == stored.user(workspace, "u1") != owners["t5"]
        signups = Contact.objects.filter(workspace=workspace).values_list("external_id", "signed_up_at")
        assert dict(signups) == {"u1": instant(3), "u2": instant(5)}


@pytest.mark.django_db
@pytest.mark.parametrize("send", SENDERS)
def test_the_newest_word_on_a_contact_counts_in_any_order(send: Callable[[Calls], Workspace]) -> None:
    older = {"email": "older@x.example", "plan": "free", "city": "Bonn", "createdAt": at(1)}
    newer = {"email": "newer@x.example", "plan": "pro", "createdAt": at(2)}
    calls = (identify(3, userId="u1", traits=older), identify(4, userId="u1", traits=newer), track(9, userId="u1"))
    for order in permutations(calls):
        workspace = send(order)

        contact = Contact.objects.get(workspace=workspace)
        assert contact.email == "newer@x.example"
        assert contact.attributes == {**newer, "city": "Bonn"}
        assert contact.signed_up_at == instant(2)
        assert contact.signup_is_stated


def test_a_word_about_the_signup_alone_is_newer_than_what_was_said_before_it(take: Take, bulk: Take) -> None:
    take(track(1, userId="u1"))
    bulk("contacts", [{"externalId": "u1", "signedUpAt": at(3)}])

    take(identify(2, userId="u1", traits={"createdAt": at(0)}))

    assert Contact.objects.get().signed_up_at == instant(3)


# Traits


def test_traits_fill_the_contact_and_are_kept_as_attributes(take: Take) -> None:
    traits = {"email": " a@b.example ", "phone": 49301234, "firstName": "Ada", "lastName": "L", "plan": {"seats": 3}}

    take(identify(1, userId="u1", context={"traits": {"email": "context@b.example", "city": "Bonn"}}, traits=traits))

    contact = Contact.objects.get()
    assert (contact.email, contact.phone, contact.name) == ("a@b.example", "49301234", "Ada L")
    assert contact.attributes == {**traits, "city": "Bonn"}


@pytest.mark.parametrize(
    ("traits", "name"),
    [
        ({"name": "Ada"}, "Ada"),
        ({"name": "Ada", "firstName": "B", "lastName": "C"}, "Ada"),
        ({"lastName": "C"}, "C"),
        ({"name": " ", "firstName": "B"}, "B"),
        ({"firstName": "f" * 300, "lastName": "l" * 300}, "f" * 300),
        ({"firstName": "f" * 100, "lastName": "l" * 300}, "f" * 100 + " " + "l" * 199),
        ({}, ""),
    ],
)
def test_a_name_is_whole_or_in_two_parts(take: Take, traits: dict[str, Any], name: str) -> None:
    take(identify(1, userId="u1", traits=traits))

    assert Contact.objects.get().name == name


def test_traits_that_are_not_given_again_stay_and_null_takes_back(take: Take) -> None:
    take(identify(1, userId="u1", traits={"email": "a@b.example", "phone": "1", "plan": "free", "seats": 3}))
    take(identify(2, userId="u1", traits={"plan": "pro", "email": None, "phone": ""}))

    contact = Contact.objects.get()
    assert (contact.email, contact.phone) == ("", "")
    assert contact.attributes == {"phone": "", "plan": "pro", "seats": 3}


def test_a_group_call_says_nothing_of_the_contact(take: Take) -> None:
    take({"type": "group", "userId": "u1", "groupId": "g", "traits": {"name": "Acme Inc.", "email": "x@y.example"}})

    contact = Contact.objects.get()
    assert (contact.name, contact.email, contact.attributes) == ("", "", {})


# Reports


def test_a_person_who_is_found_to_be_one_counts_as_one_visitor(take: Take, report: Take) -> None:
    campaign = {"context": {"campaign": {"source": "news"}}}
    take(
        track(1, anonymousId="d1", **campaign),
        track(2, anonymousId="d2", **campaign),
        track(3, userId="u1", **campaign),
    )
    assert [row["uniqueVisitors"] for row in report("/attribution")["sources"]] == [3]

    take(identify(4, userId="u1", anonymousId="d1"), alias(5, "d2", "u1"))

    assert [row["uniqueVisitors"] for row in report("/attribution")["sources"]] == [1]


def test_a_batch_of_a_thousand_strangers_makes_a_thousand_people(write_key: str, workspace: Workspace) -> None:
    calls = [{"type": "track", "event": "did", "anonymousId": f"d{number}"} for number in range(1000)]

    post_json(Client(), "/v1/batch", {"batch": calls, "writeKey": write_key})

    assert people(workspace) == 1000
    assert len(set(Event.objects.values_list("person_number", flat=True))) == 1000


def test_a_funnel_begun_on_two_devices_and_ended_by_a_known_user_is_one_persons(take: Take, report: Take) -> None:
    steps = {"steps": "visit,basket,purchase", "days": 7}
    take(
        {**track(1, anonymousId="phone"), "event": "visit"},
        {**track(2, anonymousId="laptop"), "event": "basket"},
        {**track(3, userId="ada"), "event": "purchase"},
    )
    assert [step["count"] for step in report("/funnel", **steps)["steps"]] == [1, 0, 0]

    take(identify(4, userId="ada", anonymousId="laptop"))
    assert [step["count"] for step in report("/funnel", **steps)["steps"]] == [1, 0, 0]
    take(identify(5, userId="ada", anonymousId="phone"))

    assert [step["count"] for step in report("/funnel", **steps)["steps"]] == [1, 1, 1]
