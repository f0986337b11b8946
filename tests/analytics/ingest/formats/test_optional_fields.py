"""Whatever stands in one optional field of a good call: the call counts, and so do its neighbours."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st

from tests.examples import examples

pytestmark = pytest.mark.usefixtures("now")

AT = "2026-03-01T08:00:00Z"
COMMON: dict[str, Any] = {
    "messageId": "m",
    "anonymousId": "d1",
    "timestamp": AT,
    "originalTimestamp": AT,
    "sentAt": "2026-03-31T11:59:00Z",
    "channel": "web",
    "version": "1",
    "integrations": {"All": True},
    "context": {
        "campaign": {"source": "news", "medium": "mail", "name": "Spring", "term": "t", "content": "c"},
        "page": {"url": "https://x.example/?utm_source=a#b", "search": "?q=1", "referrer": "https://y.example"},
        "traits": {"email": "ada@example.com", "createdAt": AT},
        "library": {"name": "x", "version": "1"},
        "ip": "127.0.0.1",
    },
    "properties": {
        "price": 9.5,
        "url": "https://x.example/",
        "utm_source": "s",
        "$set": {"name": "Ada", "phone": "1"},
        "$set_once": {"email": "a@b.example"},
        "$current_url": "https://x.example/",
    },
    "traits": {"email": "ada@example.com", "phone": "1", "name": "Ada", "firstName": "A", "createdAt": 1_700_000_000},
    "$set": {"name": "Ada"},
    "$set_once": {"email": "a@b.example"},
}
CALLS: dict[str, dict[str, Any]] = {
    "track": {**COMMON, "type": "track", "event": "did", "userId": "u1"},
    "page": {**COMMON, "type": "page", "userId": "u1", "name": "Home", "category": "Docs"},
    "screen": {**COMMON, "type": "screen", "userId": "u1", "name": "Home", "category": "Docs"},
    "identify": {**COMMON, "type": "identify", "userId": "u1"},
    "group": {**COMMON, "type": "group", "userId": "u1", "groupId": "g"},
    "alias": {**COMMON, "type": "alias", "userId": "u1", "previousId": "d1"},
    "report": {
        **COMMON,
        "type": "track",
        "event": "Email Opened",
        "userId": "u1",
        "properties": {"message_id": "m1", "link_url": "u", "user_agent": "x", "reason": "r"},
    },
}
POSTHOG = {
    "event": "purchase",
    "uuid": "m",
    "distinct_id": "u1",
    "timestamp": AT,
    "properties": {**COMMON["properties"], "$lib": "web", "$anon_distinct_id": "d1", "$is_identified": True},
    "$set": {"name": "Ada"},
    "$set_once": {"email": "a@b.example"},
}
REQUIRED = {"type", "event", "userId", "previousId", "distinct_id"}
"""Beside `userId`, the anonymous id is optional; the user's own may be anything that it can be told by."""

numbers = count()
texts = st.text(st.characters(exclude_categories=()), max_size=20)
plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(
        [10**400, -(2**63) - 1, 0, -1, "", " ", "undefined", "null", "2026-04-09", "9999-12-31", "x" * 9000]
    ),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
)
anything = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=10
)
deep: Any = "x"
for _ in range(30):
    deep = [{"a": deep}]


def places(value: Any, way: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The way to each field that may be anything, the outer ones first."""
    inner = value.items() if isinstance(value, dict) else ()
    fields = [(*way, name) for name, _ in inner if name not in REQUIRED]
    return [*fields, *(place for name, each in inner if name not in REQUIRED for place in places(each, (*way, name)))]


def changed(value: dict[str, Any], way: tuple[str, ...], new: Any) -> dict[str, Any]:
    name, *rest = way
    return {**value, name: changed(value[name], tuple(rest), new) if rest else new}


def with_id(item: dict[str, Any]) -> dict[str, Any]:
    """Under an id of its own."""
    return {**item, "uuid" if "uuid" in item else "messageId": f"m{next(numbers)}"}


def may_be_refused(way: tuple[str, ...], new: Any) -> bool:
    """Whether it is understood: an instant of before 1970, an id of another call; or makes the call too large."""
    if len(json.dumps(new, ensure_ascii=False).encode("utf-8", "replace")) > 30_000:
        return True
    if way[-1] in ("messageId", "uuid"):
        return isinstance(new, str | int)
    return way[-1] in ("timestamp", "originalTimestamp") and isinstance(new, str) and new.strip() < "1971"


@pytest.fixture
def answer(write_key: str) -> Callable[..., dict[str, Any]]:
    def send(path: str, body: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {write_key}"}
        response = Client().post(path, json.dumps(body), content_type="application/json", headers=headers)
        assert response.status_code == 200, response.content
        return response.json()

    return send


ONE_OF_EACH = [(kind, way) for kind, call in CALLS.items() for way in places(call)]


@pytest.mark.long
@examples(50)
@given(where=st.sampled_from(ONE_OF_EACH), new=anything)
@example(where=("track", ("properties",)), new=[])
@example(where=("track", ("properties",)), new={"deep": deep})
@example(where=("track", ("properties", "price")), new="half \ud83d")
@example(where=("track", ("properties", "price")), new="x" * 20_000)
@example(where=("track", ("properties",)), new={str(number): number for number in range(700)})
@example(where=("identify", ("traits", "createdAt")), new=10**400)
@example(where=("track", ("properties", "$set", "name")), new=["Ada"])
def test_any_one_optional_field_of_a_call_may_be_anything(
    answer: Callable[..., dict[str, Any]], where: tuple[str, tuple[str, ...]], new: Any
) -> None:
    kind, way = where
    if may_be_refused(way, new):
        return
    odd = changed(with_id(CALLS[kind]), way, new)
    neighbours = [with_id(CALLS["track"]) for _ in range(2)]

    answered = answer("/v1/batch", {"batch": [neighbours[0], odd, neighbours[1]]})
    alone = answer(f"/v1/{odd['type']}", changed(with_id(CALLS[kind]), way, new))

    assert answered["rejected"] == [] == alone["rejected"]
    assert answered["accepted"] + answered["duplicates"] == 3
    assert {remark["index"] for remark in answered["warnings"]} <= {1}


@pytest.mark.long
@examples(10)
@given(new=anything)
@example(new=1774949400)
@example(new="9999-12-31T23:59:59-14:00")
def test_the_batchs_own_fields_may_be_anything(answer: Callable[..., dict[str, Any]], new: Any) -> None:
    for path, item, names in (
        ("/v1/batch", CALLS["track"], ("sentAt", "context", "integrations", "timestamp")),
        ("/batch", POSTHOG, ("sent_at", "historical_migration")),
    ):
        for name in names:
            answered = answer(path, {"batch": [with_id(item), with_id(item)], name: new})

            assert answered["rejected"] == []
            assert answered["accepted"] + answered["duplicates"] == 2


@examples(25)
@given(way=st.sampled_from(places(POSTHOG)), new=anything)
@example(way=("properties",), new=[])
@example(way=("$set",), new=["x"])
def test_any_one_optional_field_of_a_posthog_event_may_be_anything(
    answer: Callable[..., dict[str, Any]], way: tuple[str, ...], new: Any
) -> None:
    if may_be_refused(way, new):
        return
    odd = changed(with_id(POSTHOG), way, new)

    answered = answer("/batch", {"batch": [with_id(POSTHOG), odd, with_id(POSTHOG)]})

    assert answered["rejected"] == []
    assert answered["accepted"] + answered["duplicates"] == 3
    assert {remark["index"] for remark in answered["warnings"]} <= {1}
