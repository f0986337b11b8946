"""Whatever order calls come in, and however they are cut into batches, the same contacts come of them."""

import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import ingest
from analytics.ingest.senders import TRUSTED, WRITE_KEY, Sender
from analytics.ledger.rebuild import Difference, verify
from analytics.models import Contact, Identity, Join, Person
from tests.analytics.ingest import stored
from tests.conftest import NOW
from tests.examples import examples
from workspaces.models import Workspace

slugs = count()

USERS, DEVICES = ("u1", "u2", "u3"), ("d1", "d2")
OWNER = {"d1": "u2", "d2": "u1", "u3": "u2", "u2": "u1"}
"""Whom each is joined to, so that no call contradicts another one, and there is no circle."""
VALUES = st.sampled_from([None, "x", "y"])
PLANS = st.sampled_from([None, "x", "y", 1, True, {"a": 1}, {"a": True}])

traits = st.fixed_dictionaries({}, optional={"email": VALUES, "plan": PLANS, "name": VALUES})
hours = st.integers(1, 4).map(lambda hour: (NOW - timedelta(hours=hour)).isoformat())


def calls(who: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Up to six, each with a time and an id of its own."""
    stated = st.builds(lambda call, at: {**call, "timestamp": at}, who, hours)
    numbered = st.lists(stated, min_size=2, max_size=6)
    return numbered.map(lambda them: [{**call, "messageId": f"m{n}"} for n, call in enumerate(them)])


def said_of(user: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    identify = {"type": st.just("identify"), "userId": user}
    once = st.fixed_dictionaries({**identify, "$set_once": traits})
    return st.fixed_dictionaries({**identify, "traits": traits}) | once


def names(who: dict[str, st.SearchStrategy[str]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just("track"), "event": st.just("did"), **who})


joining = st.sampled_from([*OWNER]).map(lambda gone: {"type": "alias", "previousId": gone, "userId": OWNER[gone]})
together = st.sampled_from(DEVICES).map(lambda device: {"anonymousId": device, "userId": OWNER[device]})
agreeing = st.one_of(
    said_of(st.sampled_from(USERS)),
    said_of(st.sampled_from(USERS)),
    names({"userId": st.sampled_from(USERS)}),
    names({"anonymousId": st.sampled_from(DEVICES)}),
    together.map(lambda who: {"type": "track", "event": "did", **who}),
    joining,
    joining,
)
anything = st.one_of(
    said_of(st.sampled_from(USERS)),
    names({"userId": st.sampled_from(USERS), "anonymousId": st.sampled_from(DEVICES)}),
    names({"anonymousId": st.sampled_from(DEVICES)}),
    st.fixed_dictionaries(
        {
            "type": st.just("alias"),
            "previousId": st.sampled_from(USERS + DEVICES),
            "userId": st.sampled_from(USERS),
        }
    ),
)


def sent(batches: Sequence[Sequence[dict[str, Any]]], sender: Sender) -> tuple[Workspace, set[str | None]]:
    """A workspace to which the batches came, and which calls were refused."""
    workspace = Workspace.objects.create(name="W", slug=f"order-{next(slugs)}")
    refused: set[str | None] = set()
    for batch in batches:
        outcome = ingest.take_calls(workspace, batch, received_at=NOW, sender=sender)
        refused |= {remark.message_id for remark in outcome.rejected}
    assert [found for found in verify(workspace) if isinstance(found, Difference)] == []
    return workspace, refused


def cut(calls: Sequence[dict[str, Any]], places: Sequence[bool]) -> list[list[dict[str, Any]]]:
    batches: list[list[dict[str, Any]]] = [[]]
    for call, begins in zip(calls, places, strict=False):
        if begins and batches[-1]:
            batches.append([])
        batches[-1].append(call)
    return batches


def world(workspace: Workspace) -> dict[str, Any]:
    """Everything about people but their numbers."""
    contacts = {
        row.external_id: (
            row.merged_into.external_id if row.merged_into else None,
            (row.email, row.phone, row.name, json.dumps(row.attributes, sort_keys=True)),
            (row.signed_up_at, row.signup_is_stated),
            row.former_addresses,
        )
        for row in Contact.objects.filter(workspace=workspace).select_related("merged_into")
    }
    root = {person.number: person.joined_to for person in Person.objects.filter(workspace=workspace)}
    people: dict[int, set[str]] = {}
    for identity in Identity.objects.filter(workspace=workspace):
        number = root[identity.person_number]
        people.setdefault(identity.person_number if number is None else number, set()).add(str(identity))
    events = {
        message_id: frozenset(people[number]) for message_id, number in stored.people_of_events(workspace).items()
    }
    return {"contacts": contacts, "people": {*map(frozenset, people.values())}, "events": events}


places = st.lists(st.booleans(), min_size=6, max_size=6)


@pytest.mark.long
@pytest.mark.django_db
@examples(10)
@given(data=st.data())
def test_calls_that_agree_end_in_the_same_contacts_in_any_order(data: st.DataObject) -> None:
    given_calls = data.draw(calls(agreeing))
    expected, refused = sent([given_calls], TRUSTED)
    assert refused == set()

    for _ in range(3):
        order = data.draw(st.permutations(given_calls))
        workspace, refused = sent(cut(order, data.draw(places)), TRUSTED)

        assert refused == set()
        assert world(workspace) == world(expected), order


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("sender", [TRUSTED, WRITE_KEY])
@examples(8)
@given(data=st.data())
def test_how_calls_are_cut_into_batches_changes_nothing_even_where_they_contradict(
    sender: Sender, data: st.DataObject
) -> None:
    given_calls = data.draw(calls(anything))
    together_, refused = sent([given_calls], sender)

    apart, refused_apart = sent(cut(given_calls, data.draw(places)), sender)

    assert refused_apart == refused
    assert world(apart) == world(together_)


@pytest.mark.django_db
def test_each_join_is_kept_with_its_instant_and_cause() -> None:
    at = NOW - timedelta(hours=2)
    workspace, _ = sent(
        [
            [
                {"type": "track", "event": "did", "anonymousId": "d1"},
                {"type": "identify", "userId": "u1"},
                {"type": "identify", "userId": "u2"},
            ],
            [
                {"type": "identify", "userId": "u1", "anonymousId": "d1", "timestamp": at.isoformat()},
                {"type": "alias", "userId": "u2", "previousId": "u1", "timestamp": NOW.isoformat()},
            ],
        ],
        TRUSTED,
    )

    joins = Join.objects.filter(workspace=workspace).order_by("joined_at")

    device, first, second = (stored.own_number(workspace, one) for one in ("a:d1", "e:u1", "e:u2"))
    assert [(join.gone, join.kept, join.cause, join.joined_at, join.undone_at) for join in joins] == [
        (device, first, "i", at, None),
        (first, second, "a", NOW, None),
    ]
