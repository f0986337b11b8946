"""Events of PostHog's shape through its routes: what they become, and whose they are."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from analytics.models import Contact, Event, IngestRemark
from tests.analytics.ingest import stored
from tests.analytics.ingest.test_bad_input import values
from tests.conftest import NOW, post_json
from tests.examples import examples
from workspaces.models import Workspace

pytestmark = pytest.mark.usefixtures("now")

NAMES = ["event", "uuid", "distinct_id", "timestamp", "properties", "$set", "$set_once", "alias"]
Send = Callable[..., dict[str, Any]]


@pytest.fixture
def send(write_key: str) -> Send:
    """Sends events as one batch, which is answered."""

    def post(*events: object, **batch: Any) -> dict[str, Any]:
        response = post_json(Client(), "/batch/", {"api_key": write_key, "batch": events, **batch})
        assert response.status_code == 200, response.content
        return response.json()

    return post


def event(name: str = "did", **fields: Any) -> dict[str, Any]:
    return {"event": name, "distinct_id": "u1", "properties": {}, **fields}


@pytest.mark.parametrize(
    ("name", "event_type"),
    [("signed up", "signed up"), ("$pageview", "page_view"), ("$screen", "screen_view"), ("$exception", "$exception")],
)
def test_events_have_our_types_and_their_own_properties(send: Send, name: str, event_type: str) -> None:
    properties = {"$lib": "posthog-node", "$current_url": "https://x.example/?utm_source=News", "price": 9.5}
    at = NOW - timedelta(hours=1)

    send(event(name, uuid="0192f3a4-0000-7000-8000-000000000001", properties=properties, timestamp=at.isoformat()))

    stored_event = Event.objects.get()
    assert (stored_event.type, stored_event.occurred_at) == (event_type, at)
    assert stored_event.message_id == "0192f3a4-0000-7000-8000-000000000001"
    assert stored_event.properties == properties
    assert stored_event.utm is not None
    assert stored_event.utm.source == "news"


@pytest.mark.parametrize("path", ["/batch", "/batch/", "/capture", "/capture/", "/e", "/e/"])
def test_each_route_takes_one_event_and_many(write_key: str, path: str) -> None:
    answers = [
        post_json(Client(), path, {"api_key": write_key, **event(uuid="one")}),
        post_json(Client(), path, {"api_key": write_key, "batch": [event(uuid="two"), event(uuid="one")]}),
        post_json(Client(), path, event(uuid="three"), Authorization=f"Bearer {write_key}"),
    ]

    assert [answer.json()["accepted"] for answer in answers] == [1, 1, 1]
    assert answers[1].json()["duplicates"] == 1


def test_the_senders_clock_is_corrected_by_sent_at(send: Send, write_key: str) -> None:
    wrong = NOW + timedelta(minutes=10)
    send(event(timestamp=wrong.isoformat(), uuid="a"), sent_at=wrong.isoformat())
    body = event(timestamp=wrong.isoformat(), uuid="b", sent_at=wrong.isoformat(), api_key=write_key)
    post_json(Client(), "/capture/", body)

    assert set(Event.objects.values_list("occurred_at", flat=True)) == {NOW}


def test_identify_joins_the_device_and_states_traits(send: Send, workspace: Workspace) -> None:
    send(event(distinct_id="d1", uuid="before", properties={"$process_person_profile": False}))
    send(
        event(
            "$identify",
            distinct_id="ada",
            properties={"$anon_distinct_id": "d1", "$set": {"email": "ada@example.com"}, "$set_once": {"plan": "free"}},
        )
    )
    send(event(distinct_id="ada", uuid="after"))

    assert len(set(stored.people_of_events(workspace).values())) == 1
    contact = Contact.objects.get()
    assert (contact.external_id, contact.email) == ("ada", "ada@example.com")
    assert contact.attributes == {"email": "ada@example.com", "plan": "free"}


@pytest.mark.parametrize("place", ["top", "properties"])
@pytest.mark.parametrize("name", ["$set", "purchase"])
def test_traits_are_set_by_any_event_at_both_places(send: Send, place: str, name: str) -> None:
    said = {"$set": {"plan": "pro", "name": "Ada"}, "$set_once": {"plan": "free", "first": "blog", "name": "A."}}
    send(event(name, **(said if place == "top" else {"properties": said})))

    contact = Contact.objects.get()
    assert contact.attributes == {"plan": "pro", "name": "Ada", "first": "blog"}
    assert contact.name == "Ada"


def test_large_traits_among_the_properties_count_once_against_the_limit(send: Send) -> None:
    assert send(event("$set", properties={"$set": {f"t{n}": "x" * 7000 for n in range(4)}}))["accepted"] == 1

    assert len(Contact.objects.get().attributes) == 4


def test_what_is_set_once_is_set_once(send: Send) -> None:
    for at, value in ((2, "second"), (1, "first"), (3, "third")):
        stated = (NOW - timedelta(hours=4 - at)).isoformat()
        said = {"came_from": value, "email": f"{value}@example.com"}
        send(event("$set", **{"$set_once": said}, timestamp=stated))

    contact = Contact.objects.get()
    assert contact.attributes == {"came_from": "first", "email": "first@example.com"}
    assert contact.email == "first@example.com"
    send(event("$set", **{"$set": {"email": "new@example.com"}}, timestamp=(NOW - timedelta(hours=5)).isoformat()))
    assert Contact.objects.get().email == "new@example.com"


def test_an_alias_leads_from_the_previous_id_to_the_new_one(send: Send, workspace: Workspace) -> None:
    send(event(distinct_id="anonymous_1", uuid="a"), event(distinct_id="ada", uuid="b"))

    send(event("$create_alias", distinct_id="anonymous_1", properties={"distinct_id": "anonymous_1", "alias": "ada"}))

    assert len(set(stored.people_of_events(workspace).values())) == 1
    assert stored.contacts(workspace) == {"ada"}


@pytest.mark.parametrize("flag", ["$process_person_profile", "$is_identified"])
def test_a_client_that_knows_nobody_makes_no_contact(send: Send, workspace: Workspace, flag: str) -> None:
    send(event(distinct_id="d1", properties={flag: False}, uuid="a"))

    assert stored.contacts(workspace) == set()
    assert stored.people_of_events(workspace) == {"a": stored.device(workspace, "d1")}


@pytest.mark.parametrize("made_up", ["$company_acme", "61efc5fa-8a4c-4b21-a331-691352550b15"])
def test_a_group_is_nobody(send: Send, workspace: Workspace, made_up: str) -> None:
    group = {"$group_type": "company", "$group_key": "acme", "$group_set": {"name": "Acme"}}

    assert send(event("$groupidentify", distinct_id=made_up, properties=group))["accepted"] == 1

    assert stored.contacts(workspace) == set()
    assert not Event.objects.exists()


def test_the_distinct_id_may_stand_among_the_properties(send: Send, workspace: Workspace) -> None:
    send({"event": "did", "properties": {"distinct_id": "ada"}})

    assert stored.contacts(workspace) == {"ada"}


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (None, "invalid_item"),
        (event(None), "missing_event"),
        (event(["x"]), "invalid_event"),
        ({"event": "did"}, "missing_identity"),
        (event(distinct_id="undefined"), "illegal_id"),
        (event("$create_alias"), "missing_user_id"),
    ],
)
def test_a_bad_event_spoils_no_other_and_is_kept_as_it_was_sent(send: Send, bad: Any, code: str) -> None:
    answer = send(event(uuid="first"), bad, event(uuid="last"))

    assert answer["accepted"] == 2
    assert [(remark["index"], remark["code"]) for remark in answer["rejected"]] == [(1, code)]
    kept = IngestRemark.objects.get()
    assert (kept.code, kept.source) == (code, "batch")
    assert '"type"' not in kept.sample


def test_a_single_event_that_is_refused_is_a_400(write_key: str) -> None:
    response = post_json(Client(), "/capture/", {"api_key": write_key, "event": "did"})

    assert response.status_code == 400
    assert response.json()["code"] == "missing_identity"


def test_the_same_event_twice_counts_once(send: Send) -> None:
    answers = [send(event(uuid="a")), send(event(uuid="a"))]

    assert [answer["duplicates"] for answer in answers] == [0, 1]
    assert Event.objects.count() == 1


@pytest.mark.long
@examples(25)
@given(
    events=st.lists(
        st.one_of(values, st.dictionaries(st.sampled_from(NAMES), values).map(lambda changed: {**event(), **changed})),
        max_size=6,
    )
)
def test_no_events_whatever_fail_and_all_are_answered_for(send: Send, events: list[Any]) -> None:
    answer = send(*events)

    assert answer["accepted"] + answer["duplicates"] + len(answer["rejected"]) == len(events)
    assert send(*events)["accepted"] == 0


@pytest.mark.parametrize(
    ("half_good", "code"),
    [
        (event(properties="x"), "invalid_properties"),
        (event(**{"$set": "x"}), "invalid_$set"),
        (event(properties={"$set": {"name": ["Ada"]}}), "invalid_name"),
        (event(timestamp="soon"), "invalid_timestamp"),
        (event(uuid=["x"]), "invalid_message_id"),
    ],
)
def test_an_optional_field_that_cannot_be_read_costs_no_event(send: Send, half_good: Any, code: str) -> None:
    answer = send(event(uuid="first"), half_good, event(uuid="last"))

    assert (answer["accepted"], answer["rejected"]) == (3, [])
    assert [(remark["index"], remark["code"]) for remark in answer["warnings"]] == [(1, code)]


# Contacts that only a distinct_id named


def identified(user: str, anonymous: str) -> dict[str, Any]:
    return event("$identify", distinct_id=user, properties={"$anon_distinct_id": anonymous}, uuid=f"{user} {anonymous}")


@pytest.mark.parametrize("first", ["event", "identify"])
def test_who_was_only_named_by_events_is_joined_like_a_device(send: Send, workspace: Workspace, first: str) -> None:
    calls = [event(distinct_id="anon-1", uuid="e1"), identified("ada", "anon-1")]

    answers = [send(call) for call in (calls if first == "event" else reversed(calls))]

    assert [answer["accepted"] for answer in answers] == [1, 1]
    assert stored.contacts(workspace) == {"ada"}
    assert stored.people_of_events(workspace)["e1"] == stored.user(workspace, "ada")


@pytest.mark.parametrize(
    "more",
    [
        event("$identify", distinct_id="anon-1"),
        event("$set", distinct_id="anon-1", **{"$set": {"plan": "pro"}}),
        event(distinct_id="anon-1", **{"$set_once": {"plan": "pro"}}),
        event("$create_alias", distinct_id="device", properties={"alias": "anon-1"}),
    ],
    ids=["identified", "set", "set once", "alias"],
)
def test_of_whom_more_was_said_is_somebody(send: Send, workspace: Workspace, more: dict[str, Any]) -> None:
    send(event(distinct_id="anon-1", uuid="e1"), {**more, "uuid": "e2"})

    answer = send(identified("ada", "anon-1"))

    assert (answer["rejected"], [one["code"] for one in answer["warnings"]]) == ([], ["identity_conflict"])
    assert stored.contacts(workspace) == {"anon-1", "ada"}


def test_who_came_in_a_file_is_somebody(send: Send, bulk: Send, workspace: Workspace) -> None:
    send(event(distinct_id="anon-1"))
    bulk("contacts", [{"externalId": "anon-1"}])

    send(identified("ada", "anon-1"))

    assert stored.contacts(workspace) == {"anon-1", "ada"}


def test_what_was_joined_like_a_device_is_no_second_persons(send: Send, workspace: Workspace) -> None:
    send(event(distinct_id="anon-1"), identified("ada", "anon-1"))

    send(identified("bob", "anon-1"))

    assert stored.user(workspace, "anon-1") == stored.user(workspace, "ada") != stored.user(workspace, "bob")


def test_what_somebody_did_before_they_were_known_is_no_signup(send: Send) -> None:
    earlier = (NOW - timedelta(days=9)).isoformat()
    send(event(distinct_id="anon-1", timestamp=earlier), identified("ada", "anon-1"))

    assert Contact.objects.current().get().signed_up_at == NOW
