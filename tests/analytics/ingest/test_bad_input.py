"""Whatever is sent to a route that takes data: never a 5xx, always a clear answer, and nothing half-written."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings as project
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st

from analytics.models import Campaign, Contact, Event, Message
from tests.analytics.ingest import stored
from tests.copied_rows import copied
from tests.examples import examples
from workspaces.models import Workspace

pytestmark = [pytest.mark.usefixtures("now"), pytest.mark.long]


KINDS = ("track", "page", "screen", "identify", "alias", "group")
CALL = {"type": "track", "event": "did", "userId": "u1", "previousId": "d1"}
AT = "2026-03-01T00:00:00Z"
GOOD: dict[str, dict[str, Any]] = {
    "contacts": {"externalId": "new"},
    "campaigns": {"externalId": "new", "name": "New"},
    "enrollments": {"campaign": "c1", "contact": "u1"},
    "messages": {"externalId": "new", "campaign": "c1", "contact": "u1", "channel": "EMAIL"},
    "message-events": {"message": "m1", "type": "sent", "at": AT},
    "events": {"type": "did", "occurredAt": AT, "contact": "u1"},
}


@dataclass(frozen=True)
class Route:
    """A route that takes data: its path, an item that it takes, and the name of its list, if it takes many."""

    path: str
    item: dict[str, Any]
    many: str | None

    def body(self, item: object) -> Any:
        return item if self.many is None else {self.many: [item]}


SINGLE = [Route(f"/v1/{kind}", CALL, None) for kind in KINDS]
MANY = [
    Route("/v1/batch", CALL, "batch"),
    *(Route(f"/api/workspaces/{{workspace}}/{name}/bulk", item, "items") for name, item in GOOD.items()),
]
ROUTES = [*SINGLE, *MANY]
each_route = pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
each_of_many = pytest.mark.parametrize("route", MANY, ids=lambda route: route.path)
of_bodies = pytest.mark.either_database("a body is read, or refused, before the database is asked for what it holds")

SDK = [route for route in ROUTES if route.path.startswith("/v1/")]

Send = Callable[..., Any]


@pytest.fixture
def send(api: Client, workspace: Workspace, write_key: str) -> Send:
    """Sends bytes or JSON to a route, as somebody who may."""

    def post(route: Route, body: object, method: str = "POST", **headers: str) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        client = api
        if route.path.startswith("/v1/"):
            client, headers = Client(), {"Authorization": f"Bearer {write_key}", **headers}
        path = route.path.format(workspace=workspace.api_id)
        return client.generic(method, path, content, content_type="application/json", headers=headers)

    return post


@pytest.fixture
@copied
def some_rows(workspace: Workspace, bulk: Callable[..., Any]) -> None:
    bulk("contacts", [{"externalId": "u1", "name": "Ada"}])
    bulk("campaigns", [{"externalId": "c1", "name": "One"}])
    bulk("messages", [{**GOOD["messages"], "externalId": "m1"}])
    bulk("events", [{**GOOD["events"], "messageId": "e1"}])


@pytest.fixture
@copied
def contact_and_campaign(workspace: Workspace, bulk: Callable[..., Any]) -> None:
    bulk("contacts", [{"externalId": "u1"}])
    bulk("campaigns", [{"externalId": "c1", "name": "One"}])


@pytest.fixture
def untouched(some_rows: None) -> Iterator[None]:
    """Some rows are there, and afterwards none is more, less or other."""

    def rows() -> list[object]:
        return [stored.row_counts(), *(list(model.objects.values()) for model in (Contact, Campaign, Message, Event))]

    before = rows()
    yield
    assert rows() == before


def assert_refused(response: Any, status: int, *codes: str) -> None:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert body["code"] in codes
    assert body["message"] == body["detail"]
    assert len(body["message"]) > 10


@each_route
def test_what_is_good_is_taken(send: Send, contact_and_campaign: None, route: Route) -> None:
    response = send(route, route.body(route.item))

    assert response.status_code == 200
    assert response.json()["accepted"] == 1


# Bodies that cannot be read


BROKEN_JSON = [
    b"nonsense",
    b'{"items": [{"externalId": "a"',
    b"{'items': []}",
    b'{"items": [],}',
    b"{} {}",
    b"items=1&batch=2",
    b'\xff\xfe\xfa{"event": "x"}',
    b'{"items": [nan], "batch": [nan]}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"userId": "a\x00b"}',
]


@of_bodies
@pytest.mark.usefixtures("untouched")
@each_route
def test_a_body_that_is_no_json_is_refused(send: Send, route: Route) -> None:
    for body in BROKEN_JSON:
        assert_refused(send(route, body), 400, "invalid_json")


@of_bodies
@each_route
@pytest.mark.parametrize("frames", [0, 200, 400])
def test_how_deep_an_item_may_be_does_not_depend_on_the_stack(send: Send, route: Route, frames: int) -> None:
    """Neither 900 levels nor 100,000 cost anything but what lies there, wherever the body is parsed."""

    def from_deeper(left: int, body: bytes) -> Any:
        return from_deeper(left - 1, body) if left else send(route, body)

    for levels in (900, 100_000):
        deep = b"[" * levels + b"]" * levels
        body = json.dumps(route.body({**route.item, "more": "deep"})).encode().replace(b'"deep"', deep)
        answer = from_deeper(frames, body).json()
        assert answer["warnings" if route in SDK else "rejected"][0]["code"] == "too_deep"


NO_JSON = [
    (b"NaN", "invalid_number"),
    (b"[-Infinity]", "invalid_number"),
    (b'{"a": 1e999}', "invalid_number"),
    (b"9" * 5000, "invalid_number"),
    (b"-" + b"9" * 5000, "invalid_number"),
    (b"[" * 50_000 + b'"]"' + b"]" * 50_000, "too_deep"),
    (b'"\xe4\xf6"', "invalid_text"),
    (b'"\xf0\x9f\x98"', "invalid_text"),
]


@each_of_many
@pytest.mark.parametrize(("value", "code"), NO_JSON, ids=lambda value: str(value)[:20])
def test_what_json_does_not_have_costs_its_item_alone(
    send: Send, contact_and_campaign: None, route: Route, value: bytes, code: str
) -> None:
    item = json.dumps(route.item).encode()
    odd = item.replace(b"{", b'{"properties": {"a": [' + value + b"]}, ", 1)
    body = f'{{"{route.many}": ['.encode() + b", ".join([item, odd, item]) + b"]}"

    answer = send(route, body).json()

    is_mended = route in SDK and code != "invalid_number"
    assert answer["accepted"] + answer["duplicates"] == (3 if is_mended else 2)
    (remark,) = answer["warnings" if is_mended else "rejected"]
    assert (remark["index"], remark["code"]) == (1, code)


@each_of_many
def test_null_costs_its_item_alone(send: Send, contact_and_campaign: None, route: Route) -> None:
    answer = send(route, {route.many: [None, route.item, [], route.item]}).json()

    assert [remark["index"] for remark in answer["rejected"]] == [0, 2]
    assert answer["accepted"] + answer["duplicates"] == 2


@of_bodies
@pytest.mark.parametrize("depth", [40, 100, 600, 900, 950, 100_000])
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "deep"}], ids=["plain", "idempotent"])
@pytest.mark.parametrize(
    ("path", "item"),
    [
        *((name, {**item, "more": "DEEP"}) for name, item in GOOD.items() if name != "message-events"),
        *((f"{name}/bulk", {"items": [{**item, "more": "DEEP"}]}) for name, item in GOOD.items()),
        ("funnels", {"name": "DEEP", "steps": ["a"], "range": "DEEP"}),
        ("funnels", {"name": "f", "steps": ["DEEP"], "range": "30d"}),
        ("segments", {"name": "DEEP", "filter": "contact.known:true"}),
        ("segments", {"name": "s", "filter": "DEEP"}),
        ("segments", {"name": "s", "where": ["DEEP"]}),
        ("keys", {"kind": "DEEP", "name": "k", "expiresAt": "DEEP"}),
    ],
)
def test_a_deep_body_is_never_our_mistake(
    api: Client, workspace: Workspace, path: str, item: Any, headers: dict[str, str], depth: int
) -> None:
    deep = b'{"a":' * depth + b"1" + b"}" * depth
    body = json.dumps(item).encode().replace(b'"DEEP"', deep)
    address = f"/api/workspaces/{workspace.api_id}/{path}"

    response = api.generic("POST", address, body, content_type="application/json", headers=headers)

    assert response.status_code in (200, 400), response.content
    assert response.json()["rejected" if response.status_code == 200 else "code"]


@of_bodies
@pytest.mark.usefixtures("untouched")
@each_route
def test_an_empty_body_is_refused(send: Send, route: Route) -> None:
    assert_refused(send(route, b""), 400, "invalid_json", "invalid_items")


@of_bodies
@pytest.mark.usefixtures("untouched")
@each_route
def test_a_body_that_is_no_object_is_refused(send: Send, route: Route) -> None:
    for body in (None, True, 42, -1.5, "text", [], [CALL], [{"batch": [CALL]}]):
        assert_refused(send(route, body), 400, "invalid_body")


@of_bodies
@pytest.mark.usefixtures("untouched")
@each_of_many
def test_items_that_are_no_list_are_refused(send: Send, route: Route) -> None:
    for body in ({}, {"other": []}, *({route.many: items} for items in (None, {}, {"0": CALL}, "text", 7, True))):
        assert_refused(send(route, body), 400, f"invalid_{route.many}")


@of_bodies
@pytest.mark.usefixtures("untouched")
@each_of_many
def test_more_than_a_thousand_items_are_refused(send: Send, route: Route) -> None:
    assert_refused(send(route, {route.many: [route.item] * 1001}), 413, "batch_too_large")


@of_bodies
@pytest.mark.usefixtures("untouched")
@each_route
def test_another_method_is_refused(send: Send, route: Route) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        response = send(route, route.body(route.item), method)

        assert_refused(response, 405, "method_not_allowed")
        assert "POST" in response["Allow"]


# Sizes and encodings


@of_bodies
@pytest.mark.usefixtures("untouched")
@each_route
def test_a_body_of_10_mb_is_refused(send: Send, route: Route) -> None:
    body = json.dumps(route.body({**route.item, "more": "x" * 10_000_000})).encode()

    assert_refused(send(route, body), 413, "body_too_large")


@of_bodies
@pytest.mark.usefixtures("untouched")
@each_route
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_small_body_that_inflates_to_a_large_one_is_refused(send: Send, route: Route, encoding: str) -> None:
    compress = {"gzip": gzip.compress, "deflate": zlib.compress}[encoding]
    body = compress(b" " * (project.MAX_BODY_BYTES + 1))
    assert len(body) < 10_000

    assert_refused(send(route, body, **{"Content-Encoding": encoding}), 413, "body_too_large")


@of_bodies
@pytest.mark.usefixtures("untouched")
@each_route
def test_a_bomb_within_a_bomb_is_refused(send: Send, route: Route) -> None:
    body = gzip.compress(gzip.compress(b" " * 50_000_000))

    assert_refused(send(route, body, **{"Content-Encoding": "gzip"}), 400, "invalid_json")


@of_bodies
@pytest.mark.usefixtures("untouched")
@each_route
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_compressed_body_that_ends_early_is_refused(send: Send, route: Route, encoding: str) -> None:
    compress = {"gzip": gzip.compress, "deflate": zlib.compress}[encoding]
    whole = compress(json.dumps(route.body(route.item)).encode())
    for kept in (1, 5, 20, -8, -1):
        assert_refused(send(route, whole[:kept], **{"Content-Encoding": encoding}), 400, "invalid_encoding")


@of_bodies
@pytest.mark.usefixtures("untouched")
@each_route
def test_a_body_that_is_not_what_its_encoding_says_is_refused(send: Send, route: Route) -> None:
    for encoding in ("gzip", "x-gzip", "deflate", "GZIP"):
        response = send(route, route.body(route.item), **{"Content-Encoding": encoding})

        assert_refused(response, 400, "invalid_encoding")


@of_bodies
@pytest.mark.usefixtures("untouched")
@each_route
def test_an_encoding_that_is_not_known_is_a_415(send: Send, route: Route) -> None:
    for encoding in ("br", "zstd", "gzip, gzip", "x" * 1000, "é"):
        response = send(route, route.body(route.item), **{"Content-Encoding": encoding})

        assert_refused(response, 415, "unsupported_encoding")


@of_bodies
@each_route
def test_a_compressed_body_is_read(send: Send, contact_and_campaign: None, route: Route) -> None:
    whole = json.dumps(route.body(route.item)).encode()
    bodies = dict.fromkeys(("gzip", "x-gzip", " GZip "), gzip.compress(whole))
    bodies |= {"deflate": zlib.compress(whole), "identity": whole, "": whole}
    for encoding, body in bodies.items():
        answer = send(route, body, **{"Content-Encoding": encoding}).json()

        assert answer["accepted"] == (encoding == "gzip")
        assert answer["rejected"] == []


@of_bodies
@each_route
@pytest.mark.parametrize("padding", [b"", b"\0" * 512])
def test_all_members_of_a_gzip_body_are_read(
    send: Send, contact_and_campaign: None, route: Route, padding: bytes
) -> None:
    whole = json.dumps(route.body(route.item)).encode()
    body = b"".join(gzip.compress(whole[start : start + 10]) for start in range(0, len(whole), 10)) + padding

    assert send(route, body, **{"Content-Encoding": "gzip"}).json()["accepted"] == 1


@of_bodies
@pytest.mark.usefixtures("untouched")
def test_members_that_are_broken_too_large_or_too_many_are_refused(send: Send) -> None:
    one, large = (gzip.compress(b" " * size) for size in (1000, 3_000_000))
    for body, status, code in (
        (one + one[:-1], 400, "invalid_encoding"),
        (one + b"more", 400, "invalid_encoding"),
        (large + large, 413, "body_too_large"),
        (gzip.compress(b"") * 1001, 400, "invalid_encoding"),
    ):
        assert_refused(send(MANY[0], body, **{"Content-Encoding": "gzip"}), status, code)


@of_bodies
@each_of_many
def test_a_body_of_just_the_largest_size_is_read(send: Send, route: Route) -> None:
    body = json.dumps({route.many: []}).encode().ljust(project.MAX_BODY_BYTES)

    assert send(route, body).status_code == 200
    assert send(route, gzip.compress(body), **{"Content-Encoding": "gzip"}).status_code == 200
    assert_refused(send(route, body + b" "), 413, "body_too_large")


# Items that no database should hold


def nested(levels: int) -> Any:
    """An object within objects and lists, so many levels deep."""
    value: Any = 1
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


UNSTORABLE: list[tuple[Any, str]] = [
    (float("inf"), "invalid_number"),
    ([float("-inf")], "invalid_number"),
    (["x" * 8000] * 4 + ["y" * 1000], "item_too_large"),
    ("x" * 32_768, "item_too_large"),
    ({"é" * 16_384: 1}, "item_too_large"),
    ([123] * 10_000, "item_too_large"),
]
MENDABLE: list[tuple[Any, str]] = [
    ("a\0b", "invalid_text"),
    ({"a\0b": 1}, "invalid_text"),
    ("\ud800", "invalid_text"),
    (["ok", "\udfff"], "invalid_text"),
    ({"\udbff": 1}, "invalid_text"),
    (nested(10), "too_deep"),
    (nested(900), "too_deep"),
    ({str(number): 1 for number in range(501)}, "too_many_keys"),
    ([{str(number): {"a": 1}} for number in range(251)], "too_many_keys"),
]
"""What refuses an item of the bulk API, and is mended where clients send it that nobody can change."""


def as_json(value: object) -> bytes:
    """JSON in which infinities stand as numbers that are too large."""
    text = json.dumps(value)
    return text.replace("-Infinity", "-1e999").replace("Infinity", "1e999").encode()


@pytest.mark.usefixtures("untouched")
@each_route
@pytest.mark.parametrize("place", ["more", "properties", "messageId", "externalId"])
def test_an_item_that_cannot_be_stored_is_refused(send: Send, route: Route, place: str) -> None:
    for value, code in UNSTORABLE if route in SDK else [*UNSTORABLE, *MENDABLE]:
        response = send(route, as_json(route.body({**route.item, place: value})))

        if route.many is None:
            assert_refused(response, 400, code)
        else:
            assert response.status_code == 200
        [remark] = response.json()["rejected"]
        assert (remark["index"], remark["code"]) == (0, code)
        assert len(remark["message"]) > 10


@pytest.mark.parametrize("route", SDK, ids=lambda route: route.path)
@pytest.mark.parametrize("place", ["more", "properties", "messageId", "context"])
def test_what_clients_cannot_help_is_mended_and_told(send: Send, route: Route, place: str) -> None:
    for number, (value, code) in enumerate(MENDABLE):
        sent = {**route.item, "timestamp": f"2026-03-01T00:00:0{number}Z", place: value}

        answer = send(route, as_json(route.body(sent))).json()

        assert (answer["accepted"], answer["rejected"]) == (1, [])
        assert code in {remark["code"] for remark in answer["warnings"]}
        assert place in answer["warnings"][0]["message"]


def test_only_what_cannot_be_stored_is_mended(send: Send) -> None:
    fields = {
        "half": "a\ud83d",
        "whole": "😀",
        "nul\0": [1, "\0"],
        "deep": {"kept": 1, "lost": nested(9)},
        "price": 9.5,
    }

    answer = send(MANY[0], {"batch": [{**CALL, "properties": fields}]}).json()

    assert Event.objects.get().properties == {
        "half": "a\ufffd",
        "whole": "😀",
        "nul\ufffd": [1, "\ufffd"],
        "deep": {"kept": 1, "lost": nested(7) | {"a": [{"a": [{"a": [{}]}]}]}},
        "price": 9.5,
    }
    assert [remark["message"] for remark in answer["warnings"]] == [
        "NUL, half surrogate pairs and bytes that are no UTF-8 cannot be kept; U+FFFD stands for them. "
        "This is about properties.half, properties.nul\ufffd.",
        "What is nested more than 10 levels deep is left out. This is about properties.deep.lost.a.a.a.a.",
    ]


@each_route
def test_an_item_at_all_limits_is_taken(send: Send, contact_and_campaign: None, route: Route) -> None:
    items = [
        {**route.item, "more": nested(9)},
        {**route.item, "more": {str(number): 1 for number in range(499 - len(route.item))}},
        {**route.item, "more": "é" * 16_000},
        {**route.item, "more": [10**4000, -(2**63) - 1, 1e308, 5e-324, -0.0, 0.1]},
    ]
    for item in items:
        answer = send(route, route.body(item)).json()
        assert (len(answer["rejected"]), answer["accepted"] + answer["duplicates"]) == (0, 1)


@pytest.mark.parametrize("name", ["properties", "context"])
def test_what_is_taken_is_read_again_as_it_was(send: Send, name: str) -> None:
    value = {
        "large": 10**4000,
        "small": -(2**70),
        "float": 1e308,
        "tiny": 5e-324,
        "text": "\u2028\x7f😀\ufffe",
        "": None,
    }

    send(MANY[0], {"batch": [{**CALL, name: value}]})

    found = getattr(Event.objects.get(), name)
    assert float(found.pop("float")) == value.pop("float")  # PostgreSQL writes its digits out, as of a whole number
    assert found == value


@pytest.mark.usefixtures("untouched")
def test_an_unknown_resource_is_a_404(send: Send) -> None:
    response = send(Route("/api/workspaces/{workspace}/persons/bulk", {}, "items"), {"items": []})

    assert_refused(response, 404, "not_found")


@of_bodies
@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_the_bulk_api_takes_json_alone(api: Client, workspace: Workspace, content_type: str) -> None:
    path = f"/api/workspaces/{workspace.api_id}/contacts/bulk"

    response = api.generic("POST", path, b'{"items": [{"externalId": "a"}]}', content_type=content_type)

    assert_refused(response, 415, "unsupported_media_type")


# Anything at all


FIELDS = sorted(
    {name for item in (CALL, *GOOD.values()) for name in item}
    | {"messageId", "anonymousId", "traits", "properties", "context", "utm", "timestamp", "originalTimestamp", "sentAt"}
    | {"email", "phone", "attributes", "signedUpAt", "status", "startedAt", "enrolledAt", "completedAt", "abTests"}
    | {
        "abTest",
        "variant",
        "variants",
        "providerMessageId",
        "createdAt",
        "openedAt",
        "clickedAt",
        "id",
        "url",
        "weight",
    }
    | {"isControl", "page", "campaign", "source", "utm_source", "firstName", "reason", "name"}
)
PLAUSIBLE = ["u1", "c1", "m1", "d1", "a", "EMAIL", "ACTIVE", *KINDS, "sent", "opened", "clicked", AT, "2026-03-02", " "]
letters = st.text(st.characters(exclude_categories=()), max_size=12)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, -1, 2**31, 2**63, -(2**63) - 1, 10**12, -99_999_999_999, 10**400, 1e308]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(PLAUSIBLE),
    letters,
    st.datetimes().map(lambda at: at.isoformat()),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(FIELDS) | letters, inner, max_size=5),
    ),
    max_leaves=12,
)


def items_of(good: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Items that are good but for some fields, and things that are no item at all."""
    changes = st.dictionaries(st.sampled_from(FIELDS), values, max_size=4)
    return st.one_of(values, changes, changes.map(lambda changed: {**good, **changed}))


@each_of_many
def test_no_items_whatever_fail_and_all_are_answered_for(
    send: Send, contact_and_campaign: None, bulk: Callable[..., Any], route: Route
) -> None:
    bulk("messages", [{**GOOD["messages"], "externalId": "m1"}])

    @examples(25)
    @given(items=st.lists(items_of(route.item), max_size=6))
    @example(items=[{**route.item, "traits": {"createdAt": 10**400}, "type": "identify"}])
    @example(items=[{"externalId": "\ud800", "messageId": "\ud800"}])
    def check(items: list[Any]) -> None:
        response = send(route, {route.many: items})

        assert response.status_code == 200, response.content
        answer = response.json()
        counted = answer["accepted"] + answer["updated"] + answer["duplicates"] + len(answer["rejected"])
        assert counted == len(items)
        assert [remark["index"] for remark in answer["rejected"]] == sorted(
            {remark["index"] for remark in answer["rejected"]}
        )
        assert send(route, {route.many: items}).json()["accepted"] == 0

    check()


@pytest.mark.parametrize("route", SINGLE, ids=lambda route: route.path)
def test_no_single_call_whatever_fails(send: Send, route: Route) -> None:
    @examples(12)
    @given(body=items_of(route.item))
    def check(body: Any) -> None:
        response = send(route, body)

        answer = response.json()
        if response.status_code == 200:
            assert answer["accepted"] + answer["duplicates"] == 1
            assert answer["rejected"] == []
        else:
            assert response.status_code == 400
            assert answer["code"]
            assert answer["message"]

    check()


@examples(25)
@given(body=st.binary(max_size=200), encoding=st.sampled_from(["", "gzip", "deflate"]), fine=st.booleans())
def test_no_bytes_whatever_fail(send: Send, body: bytes, encoding: str, fine: bool) -> None:
    if fine and encoding:
        body = {"gzip": gzip.compress, "deflate": zlib.compress}[encoding](body)
    for route in (MANY[0], MANY[1], SINGLE[0]):
        response = send(route, body, **{"Content-Encoding": encoding})

        assert 400 <= response.status_code < 500
        assert response.json()["code"]
