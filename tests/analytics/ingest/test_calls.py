"""Calls through `/v1/batch` and the routes of one kind: what is stored of them, and what is answered."""

import base64
import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics.ingest.formats.bulk import read_events
from analytics.ingest.formats.call_values import Call, Calls
from analytics.ledger.rebuild import Difference, rebuild, verify
from analytics.models import Contact, Event, IdentityCall, UtmTriple
from tests.analytics.ingest import stored
from tests.conftest import NOW, post_json
from workspaces.changes import create_key
from workspaces.models import Key, KeyKind, User, Workspace

pytestmark = pytest.mark.usefixtures("now")

Take = Callable[..., dict[str, Any]]
KINDS = ("track", "page", "screen", "identify", "alias", "group")
LETTERS = {"t": "track", "i": "identify", "p": "page", "s": "screen", "g": "group", "a": "alias"}


def call(kind: str = "track", **fields: Any) -> dict[str, Any]:
    """A call that is fine."""
    wanted = {"track": {"event": "did"}, "alias": {"previousId": "d1"}, "group": {"groupId": "g1"}}
    return {"type": kind, "userId": "u1", **wanted.get(kind, {}), **fields}


def iso(**later: float) -> str:
    return (NOW + timedelta(**later)).isoformat()


# Kinds of calls


@pytest.mark.parametrize(
    ("sent", "event_type"),
    [
        (call(event="  Signed Up "), "Signed Up"),
        (call(event="signed up"), "signed up"),
        (call(event=404), "404"),
        (call(event="é" * 200), "é" * 200),
        (call("page"), "page_view"),
        (call("page", event="no matter"), "page_view"),
        (call("screen"), "screen_view"),
        ({**call(), "type": "TRACK"}, "did"),
    ],
)
def test_the_type_of_an_event_is_its_name_or_that_of_its_kind(
    take: Take, sent: dict[str, Any], event_type: str
) -> None:
    assert take(sent)["accepted"] == 1

    assert Event.objects.get().type == event_type


@pytest.mark.parametrize("kind", ["identify", "alias", "group"])
def test_identify_alias_and_group_are_no_events(take: Take, kind: str) -> None:
    assert take(call(kind))["accepted"] == 1

    assert not Event.objects.exists()
    assert IdentityCall.objects.count() == 1
    assert Contact.objects.get().external_id == "u1"


def test_a_page_keeps_its_name_and_category_among_its_properties(take: Take) -> None:
    take(call("page", name="Home", category="Docs", properties={"url": "https://x.example/", "name": "Own"}))

    assert Event.objects.get().properties == {"name": "Own", "category": "Docs", "url": "https://x.example/"}


def test_properties_and_context_are_stored_as_sent_but_for_ip_addresses(take: Take) -> None:
    properties = {"price": 12.5, "count": 2**70, "tags": ["å", "😀", None, True], "nested": {"": {}}}
    context = {"library": {"name": "x", "version": "1"}}

    take(call(properties=properties, context={**context, "ip": "127.0.0.1"}))

    event = Event.objects.get()
    assert event.properties == properties
    assert event.context == context


@pytest.mark.parametrize("path", [*KINDS, *LETTERS])
@pytest.mark.parametrize("slash", ["", "/"])
def test_a_route_of_one_kind_says_the_kind(write_key: str, path: str, slash: str) -> None:
    kind = LETTERS.get(path, path)
    wanted = {"track": "did", "page": "page_view", "screen": "screen_view"}.get(kind)
    body = {**call(kind), "type": "nonsense", "writeKey": write_key}

    response = post_json(Client(), f"/v1/{path}{slash}", body)

    assert response.status_code == 200
    assert response.json()["accepted"] == 1
    assert [event.type for event in Event.objects.all()] == ([wanted] if wanted else [])


@pytest.mark.parametrize("path", ["batch", "batch/", "import", "b", "b/"])
def test_a_batch_has_several_addresses(write_key: str, path: str) -> None:
    response = post_json(Client(), f"/v1/{path}", {"batch": [call()], "writeKey": write_key})

    assert response.json()["accepted"] == 1


# The key


def basic(user: str, password: str = "") -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/track"])
@pytest.mark.parametrize("place", ["basic", "basic with a password", "bearer", "writeKey", "api_key"])
def test_the_key_is_taken_from_each_of_its_places(write_key: str, path: str, place: str) -> None:
    headers = {
        "basic": {"Authorization": basic(write_key)},
        "basic with a password": {"Authorization": basic(write_key, "no:matter")},
        "bearer": {"Authorization": f"bearer  {write_key}"},
    }.get(place, {})
    body: dict[str, Any] = {"batch": [call()]} if path == "/v1/batch" else call()
    if not headers:
        body[place] = write_key

    response = post_json(Client(), path, body, **headers)

    assert response.status_code == 200, response.content
    assert response.json()["accepted"] == 1


def test_the_header_counts_before_the_body(write_key: str) -> None:
    right_in_header = post_json(Client(), "/v1/track", {**call(), "writeKey": "wrong"}, Authorization=basic(write_key))
    wrong_in_header = post_json(Client(), "/v1/track", {**call(), "writeKey": write_key}, Authorization=basic("wrong"))
    write_key_first = post_json(Client(), "/v1/track", {**call(), "writeKey": write_key, "api_key": "wrong"})

    assert [right_in_header.status_code, wrong_in_header.status_code, write_key_first.status_code] == [200, 401, 200]


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Bearer ", "Digest x", basic(""), "x"])
def test_a_header_without_a_key_leaves_it_to_the_body(write_key: str, header: str) -> None:
    response = post_json(Client(), "/v1/track", {**call(), "writeKey": write_key}, Authorization=header)

    assert response.status_code == 200


@pytest.mark.parametrize("name", ["writeKey", "api_key", "key", "write_key"])
@pytest.mark.parametrize("path", ["/v1/batch", "/v1/track"])
def test_a_key_in_the_query_string_is_not_seen(write_key: str, path: str, name: str) -> None:
    before = stored.row_counts()

    response = post_json(Client(), f"{path}?{name}={write_key}", {**call(), "batch": [call()]})

    assert response.status_code == 401
    assert response.json()["code"] == "missing_key"
    assert response["WWW-Authenticate"] == 'Basic realm="CampaignOS"'
    assert stored.row_counts() == before


@pytest.mark.parametrize("token", ["wk_unknown", "a\0b", "\ud800", 7, True, ["x"], {"a": 1}, "x" * 100_000])
def test_a_key_that_is_none_is_refused(db: None, token: object) -> None:
    response = post_json(Client(), "/v1/track", {**call(), "writeKey": token})

    assert response.status_code == 401
    assert response.json()["code"] == "invalid_key"


def test_a_revoked_key_is_refused(write_key: str) -> None:
    Key.objects.filter(kind=KeyKind.WRITE).update(revoked_at=timezone.now())

    assert post_json(Client(), "/v1/track", call(), Authorization=basic(write_key)).status_code == 401
    assert not Event.objects.exists()


def test_the_key_is_stored_with_no_event(write_key: str) -> None:
    post_json(Client(), "/v1/track", {**call(), "writeKey": write_key, "api_key": write_key})

    event = Event.objects.get()
    assert write_key not in str([event.properties, event.context, event.message_id])


def test_a_key_writes_into_its_own_workspace(
    take: Take, take_elsewhere: Take, workspace: Workspace, elsewhere: Workspace
) -> None:
    answers = [take(call(messageId="same")), take_elsewhere(call(messageId="same"))]

    assert [answer["accepted"] for answer in answers] == [1, 1]
    assert set(Event.objects.values_list("workspace_id", flat=True)) == {workspace.pk, elsewhere.pk}


# Time


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2026-03-31T09:30:00Z", datetime(2026, 3, 31, 9, 30, tzinfo=UTC)),
        ("2026-03-31T09:30:00.123Z", datetime(2026, 3, 31, 9, 30, 0, 123_000, tzinfo=UTC)),
        ("2026-03-31T09:30:00.123456Z", datetime(2026, 3, 31, 9, 30, 0, 123_456, tzinfo=UTC)),
        ("2026-03-31T09:30:00+00:00", datetime(2026, 3, 31, 9, 30, tzinfo=UTC)),
        ("2026-03-31T09:30:00.123456+00:00", datetime(2026, 3, 31, 9, 30, 0, 123_456, tzinfo=UTC)),
        ("2026-03-31T11:30:00+02:00", datetime(2026, 3, 31, 9, 30, tzinfo=UTC)),
        ("2026-03-31T04:00:00-05:30", datetime(2026, 3, 31, 9, 30, tzinfo=UTC)),
        ("2026-03-31T09:30:00", datetime(2026, 3, 31, 9, 30, tzinfo=UTC)),
        ("2026-03-31 09:30", datetime(2026, 3, 31, 9, 30, tzinfo=UTC)),
        ("  2026-03-31T09:30:00Z\n", datetime(2026, 3, 31, 9, 30, tzinfo=UTC)),
        ("2026-03-31", datetime(2026, 3, 30, 22, tzinfo=UTC)),  # that day in Berlin
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        (iso(hours=24), NOW + timedelta(hours=24)),
        (None, NOW),
        ("", NOW),
    ],
)
def test_each_way_to_write_an_instant_is_understood(take: Take, given: str | None, meant: datetime) -> None:
    answer = take(call(timestamp=given))

    assert answer["warnings"] == []
    event = Event.objects.get()
    assert event.occurred_at == meant
    assert event.stated_at is None
    assert event.received_at == NOW


@pytest.mark.parametrize(
    "given",
    [
        "yesterday",
        "2026-02-30T00:00:00Z",
        "2026-03-31T25:00:00Z",
        "1774949400",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "٢٠٢٦-03-31",
        1774949400,
        1774949400000.5,
        True,
        [],
        {"at": 1},
    ],
)
@pytest.mark.parametrize("name", ["timestamp", "originalTimestamp", "sentAt"])
def test_an_instant_that_is_none_is_left_out_with_a_warning(take: Take, name: str, given: object) -> None:
    answer = take(call(**{name: given}))

    assert (answer["accepted"], answer["rejected"]) == (1, [])
    [remark] = answer["warnings"]
    snake = {"timestamp": "timestamp", "originalTimestamp": "original_timestamp", "sentAt": "sent_at"}[name]
    assert (remark["index"], remark["code"]) == (0, f"invalid_{snake}")
    assert remark["message"].startswith(name)
    assert Event.objects.get().occurred_at == NOW


def test_a_timestamp_that_can_be_read_stands_in_for_an_original_one_that_cannot(take: Take) -> None:
    take(call(originalTimestamp="soon", timestamp=iso(hours=-1)))

    assert Event.objects.get().occurred_at == NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("stated", "sent_at", "meant"),
    [
        ({"minutes": -20}, {"minutes": -10}, {"minutes": -10}),
        ({"minutes": 59}, {"minutes": 60}, {"minutes": -1}),
        ({"minutes": -1}, {"seconds": -4.999}, {"minutes": -1}),
        ({"minutes": -1}, {"seconds": 4.999}, {"minutes": -1}),
        ({"minutes": -1}, {"seconds": -5}, {"minutes": -1, "seconds": 5}),
        ({"minutes": -1}, {"seconds": 5}, {"minutes": -1, "seconds": -5}),
        ({"days": 400}, {"days": 400, "seconds": 30}, {"seconds": -30}),
        ({"days": -9000, "hours": -1}, {"days": -9000}, {"hours": -1}),
    ],
)
def test_a_clock_that_is_wrong_by_five_seconds_or_more_is_corrected(
    take: Take, stated: dict[str, float], sent_at: dict[str, float], meant: dict[str, float]
) -> None:
    take(call(timestamp=iso(**stated)), sentAt=iso(**sent_at))

    event = Event.objects.get()
    assert event.occurred_at == NOW + timedelta(**meant)
    assert event.stated_at == (None if stated == meant else NOW + timedelta(**stated))


def test_the_calls_own_instant_of_sending_counts_before_the_batchs(take: Take) -> None:
    take(call(timestamp=iso(hours=-3), sentAt=iso(hours=-2)), sentAt=iso(hours=-1))

    assert Event.objects.get().occurred_at == NOW - timedelta(hours=1)


def test_a_single_call_is_corrected_by_its_own_instant_of_sending(write_key: str) -> None:
    body = {**call(timestamp=iso(hours=-3)), "sentAt": iso(hours=-2), "writeKey": write_key}

    post_json(Client(), "/v1/track", body)

    assert Event.objects.get().occurred_at == NOW - timedelta(hours=1)


@pytest.mark.parametrize("sent_at", ["\ud800", 1774949400, ["2026-03-31"], {}, "1969-12-31", "2100-01-02", True])
def test_a_bad_instant_of_sending_the_batch_costs_no_call_and_is_told_once(take: Take, sent_at: object) -> None:
    answer = take(call(timestamp=iso(hours=-1)), call(timestamp=iso(hours=-1)), sentAt=sent_at)

    assert (answer["accepted"], answer["rejected"]) == (2, [])
    assert [remark["message"].partition(" ")[0] for remark in answer["warnings"]] == ["sentAt"]
    assert set(Event.objects.values_list("occurred_at", flat=True)) == {NOW - timedelta(hours=1)}


def test_an_instant_of_sending_by_which_it_happened_before_1970_is_left_out(take: Take) -> None:
    answer = take(call(timestamp=iso(hours=-1)), sentAt="2099-12-31T00:00:00Z")

    assert (answer["accepted"], [remark["code"] for remark in answer["warnings"]]) == (1, ["invalid_sent_at"])
    assert Event.objects.get().occurred_at == NOW - timedelta(hours=1)


def test_the_original_timestamp_counts_before_the_timestamp(take: Take) -> None:
    take(call(originalTimestamp=iso(hours=-2), timestamp=iso(hours=-1)))

    assert Event.objects.get().occurred_at == NOW - timedelta(hours=2)


def test_a_call_of_the_far_future_counts_as_of_its_receipt_and_says_so(take: Take) -> None:
    answer = take(call(), call(messageId="late", timestamp=iso(hours=24, microseconds=1)))

    assert answer == {
        "success": True,
        "accepted": 2,
        "updated": 0,
        "duplicates": 0,
        "rejected": [],
        "warnings": [
            {
                "index": 1,
                "messageId": "late",
                "code": "future_time",
                "message": "The event lies over 24 hours ahead; it counts as of its receipt.",
            }
        ],
    }
    event = Event.objects.get(message_id="late")
    assert event.occurred_at == NOW
    assert event.stated_at == NOW + timedelta(hours=24, microseconds=1)


@pytest.mark.parametrize("timestamp", ["2100-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_an_instant_of_any_later_year_counts_as_of_its_receipt(take: Take, timestamp: str) -> None:
    answers = [take(call(messageId="late", timestamp=timestamp)) for _ in range(2)]

    assert [answer["accepted"] for answer in answers] == [1, 0]
    assert [remark["code"] for remark in answers[0]["warnings"]] == ["future_time"]
    assert Event.objects.get().occurred_at == NOW


@pytest.mark.long
def test_the_first_day_is_one_as_any_other(take_trusted: Take, bulk: Callable[..., Any], workspace: Workspace) -> None:
    bulk("contacts", [{"externalId": "u1", "signedUpAt": "1970-01-01"}, {"externalId": "u2"}])
    take_trusted(call(timestamp="1970-01-01T00:00:00Z"), call("alias", userId="u1", previousId="u2"))
    for _ in range(2):
        assert [found for found in verify(workspace) if isinstance(found, Difference)] == []
        first, *_ = rebuild(workspace)
        assert first == date(1970, 1, 1)

    assert Contact.objects.get(external_id="u1").signed_up_at == datetime(1969, 12, 31, 23, tzinfo=UTC)


def test_a_call_from_before_1970_is_refused(take: Take) -> None:
    answer = take(call(timestamp="1969-12-31T23:59:59.999999Z"))

    assert [(remark["code"], remark["message"]) for remark in answer["rejected"]] == [
        ("too_old", "timestamp is 1969-12-31; allowed is from 1970-01-01 on.")
    ]
    assert not Event.objects.exists()


# Where the UTM triple comes from


PROPERTIES = {"utm_source": "prop", "utm_medium": "m", "utm_campaign": "c"}
CAMPAIGN = {"campaign": {"source": "ctx", "medium": "m", "name": "c"}}


def url(source: str) -> str:
    return f"https://x.example/?a=1&utm_source={source}&utm_medium=m&utm_campaign=c#utm_source=fragment"


@pytest.mark.parametrize(
    ("context", "properties", "triple"),
    [
        ({**CAMPAIGN, "page": {"url": url("page")}}, {**PROPERTIES, "url": url("prop")}, ("ctx", "m", "c")),
        ({"page": {"url": url("page")}}, {**PROPERTIES, "url": url("url")}, ("prop", "m", "c")),
        ({"page": {"url": url("page")}}, {"url": url("url"), "$current_url": url("now")}, ("page", "m", "c")),
        ({"page": {}}, {"url": url("url"), "$current_url": url("now")}, ("url", "m", "c")),
        ({}, {"$current_url": url("now")}, ("now", "m", "c")),
        ({"campaign": {"medium": "m", "name": "c"}}, PROPERTIES, ("prop", "m", "c")),
        ({"campaign": {"source": " ", "name": "c"}, "page": {"url": url("page")}}, {}, ("page", "m", "c")),
        ({"campaign": {"source": "s", "campaign": "old name"}}, {}, ("s", "", "old name")),
        ({"campaign": {"source": "s"}}, PROPERTIES, ("s", "", "")),
        (
            {"campaign": {"source": "  GooGLE ", "medium": " CPC\t", "name": " Summer Sale "}},
            {},
            ("google", "cpc", "Summer Sale"),
        ),
        ({"campaign": {"source": 7, "medium": 1.5, "name": 0}}, {}, ("7", "1.5", "")),
        (
            {"campaign": {"source": "s" * 300, "medium": "m" * 300, "name": "c" * 300}},
            {},
            ("s" * 200, "m" * 200, "c" * 200),
        ),
        ({"page": {"url": "https://x.example/?utm_source=a%20B%2Bc&utm_medium=%C3%84"}}, {}, ("a b+c", "ä", "")),
        ({"page": {"url": "/relative?utm_source=one&utm_source=two"}}, {}, ("one", "", "")),
        ({"page": {"url": "https://x.example/#utm_source=a&utm_medium=m"}}, {}, ("a", "m", "")),
        ({"page": {"url": "https://x.example/#/shop?utm_source=a&utm_campaign=c"}}, {}, ("a", "", "c")),
        ({"page": {"url": "https://x.example/?q=1#!/shop?utm_source=a"}}, {}, ("a", "", "")),
        ({"page": {"url": "https://x.example/?a=1&amp;utm_source=a&amp;utm_medium=m"}}, {}, ("a", "m", "")),
        ({"page": {"url": "https://x.example/?UTM_Source=a&Utm_MEDIUM=m&utm_campaign=c"}}, {}, ("a", "m", "c")),
        ({"page": {"search": "?utm_source=a&utm_medium=m"}}, {"url": url("url")}, ("a", "m", "")),
        ({"page": {"url": "https://[broken/?utm_source=a"}}, {}, ("a", "", "")),
        ({"campaign": {"source": "Cafe\u0301", "name": "Zu\u0308rich"}}, {}, ("caf\u00e9", "", "Z\u00fcrich")),
        ({"campaign": {"source": "\ufeffnews\u200bletter\u2060 ", "name": "\u200d"}}, {}, ("newsletter", "", "")),
        ({"campaign": {"source": "s" * 199 + " more"}}, {}, ("s" * 199, "", "")),
        ({"page": {"url": "https://x.example/?utm_source=a%00b%ED%A0%80"}}, {}, ("ab\ufffd\ufffd\ufffd", "", "")),
    ],
)
def test_the_first_place_with_a_source_gives_the_triple(
    take: Take, context: dict[str, Any], properties: dict[str, Any], triple: tuple[str, str, str]
) -> None:
    assert take(call("page", context=context, properties=properties))["accepted"] == 1

    event = Event.objects.get()
    assert event.utm is not None
    assert (event.utm.source, event.utm.medium, event.utm.campaign) == triple
    assert event.context == context
    assert event.properties == properties


@pytest.mark.parametrize(
    ("context", "properties"),
    [
        ({}, {}),
        ({"campaign": {"medium": "m", "name": "c"}}, {"utm_medium": "m"}),
        ({"campaign": "google"}, {"utm_source": None}),
        ({"campaign": {"source": ["google"]}}, {"utm_source": True}),
        ({"campaign": {"source": {}}, "page": "https://x.example/?utm_source=a"}, {"url": 7}),
        ({"page": {"url": "https://x.example/?utm_medium=a", "search": 7}}, {"url": "https://x.example/?utm_source="}),
        ({"page": {"url": "https://x.example/#fragment", "search": "?q=utm"}}, {"url": "utm_source"}),
    ],
)
def test_without_a_source_there_is_no_triple(take: Take, context: dict[str, Any], properties: dict[str, Any]) -> None:
    assert take(call(context=context, properties=properties))["accepted"] == 1

    assert Event.objects.get().utm is None
    assert not UtmTriple.objects.exists()


def test_a_triple_is_stored_once_however_it_is_written(take: Take) -> None:
    spellings = ["google", "GOOGLE", " Google "]

    take(*(call(context={"campaign": {"source": one, "name": "Sale"}}, messageId=one) for one in spellings))
    take(call(context={"campaign": {"source": "google", "name": "Sale"}}, messageId="later"))
    take(call(context={"campaign": {"source": "google", "name": "sale"}}, messageId="other name"))

    assert set(UtmTriple.objects.values_list("source", "campaign")) == {("google", "Sale"), ("google", "sale")}
    assert Event.objects.filter(utm__campaign="Sale").count() == 4


@pytest.mark.parametrize("kind", ["identify", "group", "alias"])
def test_a_call_that_is_no_event_makes_no_triple(take: Take, kind: str) -> None:
    take(call(kind, context=CAMPAIGN))

    assert not UtmTriple.objects.exists()


# The same again


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_message_id_counts_once(take: Take, kind: str) -> None:
    first = take(call(kind, messageId="a"), call(kind, messageId=" a "), call(kind, messageId="b"))
    before = stored.row_counts()
    again = take(call(kind, messageId="b"), call(kind, messageId="a"))

    assert (first["accepted"], first["duplicates"]) == (2, 1)
    assert (again["accepted"], again["duplicates"]) == (0, 2)
    assert stored.row_counts() == before


OTHERS = [
    call(event="other"),
    call("page"),
    call("identify"),
    call(userId="u2"),
    call(userId=None, anonymousId="d1"),
    call(timestamp=iso(hours=-1)),
]


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("together", [True, False])
def test_another_event_under_a_known_id_is_refused(take: Take, other: dict[str, Any], together: bool) -> None:
    first, second = call(messageId="a"), {**other, "messageId": "a"}

    answers = [take(first, second)] if together else [take(first), take(second)]

    [remark] = answers[-1]["rejected"]
    assert (remark["index"], remark["messageId"], remark["code"]) == (int(together), "a", "id_reused")
    assert "id of its own" in remark["message"]
    assert sum(answer["accepted"] for answer in answers) == 1
    assert Event.objects.get().type == "did"


@pytest.mark.parametrize("other", [call(), call(userId=None, anonymousId="d1")])
@pytest.mark.parametrize("together", [True, False])
def test_an_event_that_names_its_person_by_other_ids_is_the_same(
    take: Take, other: dict[str, Any], together: bool
) -> None:
    first, second = call(anonymousId="d1", messageId="a"), {**other, "messageId": "a"}

    answers = [take(first, second)] if together else [take(first), take(second)]

    assert sum(answer["accepted"] for answer in answers) == 1
    assert [answer["duplicates"] for answer in answers][-1] == 1
    assert not any(answer["rejected"] for answer in answers)


@pytest.mark.parametrize("other", [call(), call("identify", userId="u2"), call("group"), call("alias", previousId="d")])
@pytest.mark.parametrize("together", [True, False])
def test_another_call_under_the_id_of_an_identify_call_is_refused(
    take: Take, other: dict[str, Any], together: bool
) -> None:
    first, second = call("identify", messageId="a"), {**other, "messageId": "a"}

    answers = [take(first, second)] if together else [take(first), take(second)]

    assert [remark["code"] for remark in answers[-1]["rejected"]] == ["id_reused"]


def test_what_was_known_before_it_was_noted_what_it_was_is_the_same_again(take: Take) -> None:
    take(call("identify", messageId="a"))
    IdentityCall.objects.update(fingerprint="")

    assert take(call("identify", messageId="a", userId="u2"))["duplicates"] == 1


def test_a_retry_is_known_again_whenever_it_comes_and_whatever_the_clock_says_then(
    take: Take, time_machine: Any
) -> None:
    calls = [
        call(messageId="stated", timestamp=iso(hours=-1)),
        call(messageId="corrected", timestamp=iso(hours=-1), sentAt=iso(minutes=-10)),
        call(messageId="not stated"),
        call(messageId="ahead", timestamp=iso(days=3)),
        call("identify", messageId="identify"),
    ]
    take(*calls)
    time_machine.move_to(NOW + timedelta(days=1), tick=False)

    answer = take(*({**each, "sentAt": iso(days=1, minutes=-9)} for each in calls))

    assert (answer["duplicates"], answer["rejected"]) == (5, [])


def test_the_same_instant_with_fewer_digits_is_the_same(take: Take) -> None:
    stamps = ["2026-03-30T08:00:00.123456Z", "2026-03-30T08:00:00.123Z", "2026-03-30T08:00:00Z"]
    answers = [
        take(*(call(kind, messageId=kind, timestamp=timestamp) for kind in ("track", "identify")))
        for timestamp in stamps
    ]

    assert [answer["accepted"] for answer in answers] == [2, 0, 0]
    assert [answer["rejected"] for answer in answers] == [[], [], []]


def test_the_device_of_somebody_who_became_known_is_still_whose_event_it_was(take: Take) -> None:
    take(call(userId=None, anonymousId="d1", messageId="a"), call(userId="u1", messageId="b"))
    take(call("identify", userId="u1", anonymousId="d1"))

    answer = take(call(userId=None, anonymousId="d1", messageId="a"), call(messageId="b"))

    assert (answer["duplicates"], answer["rejected"]) == (2, [])


def test_a_message_id_that_is_an_event_and_an_identify_call_by_two_racing_requests_is_still_a_duplicate(
    take: Take, workspace: Workspace
) -> None:
    take(call(messageId="a"))
    IdentityCall.objects.create(id=Event.objects.get().pk, workspace=workspace, received_at=NOW)

    assert take(call(messageId="a"))["duplicates"] == 1


@pytest.mark.parametrize(
    "absent", [{}, {"messageId": None}, {"messageId": ""}, {"messageId": "  "}, {"messageId": [1]}]
)
def test_without_a_message_id_a_retry_of_what_states_its_instant_folds_whenever_it_comes(
    take: Take, absent: dict[str, Any], time_machine: Any
) -> None:
    sent = call(timestamp=iso(hours=-1), **absent)

    first = take(sent, sentAt=iso())
    other = take(call(timestamp=iso(hours=-1), properties={"n": 2}, **absent))
    time_machine.move_to(NOW + timedelta(days=1), tick=False)
    later = take(dict(reversed(sent.items())), sentAt=iso(days=1))

    assert [answer["accepted"] for answer in (first, other, later)] == [1, 1, 0]
    assert later["duplicates"] == 1


@pytest.mark.parametrize("instant", [{}, {"timestamp": None}, {"timestamp": "now"}])
def test_the_same_call_without_an_instant_is_another_one_a_second_later(
    take: Take, instant: dict[str, Any], time_machine: Any
) -> None:
    at_once = [take(call(**instant))["accepted"] for _ in range(2)]
    time_machine.move_to(NOW + timedelta(seconds=1), tick=False)
    later = take(call(**instant))["accepted"]

    assert (at_once, later) == ([1, 0], 1)


def test_equal_calls_of_a_batch_all_count_and_the_batch_again_none(take: Take) -> None:
    batch = [call(timestamp=iso(hours=-1)), call(event="other"), call(timestamp=iso(hours=-1)), call(event="other")]

    answers = [take(*batch), take(*reversed(batch)), take(*batch[:1], *batch)]

    assert [(answer["accepted"], answer["duplicates"]) for answer in answers] == [(4, 0), (0, 4), (1, 4)]


def test_the_key_in_the_body_does_not_hinder_folding_a_retry(write_key: str) -> None:
    in_header = post_json(Client(), "/v1/track", call(), Authorization=basic(write_key))
    in_body = post_json(Client(), "/v1/track", {**call(), "writeKey": write_key})

    assert (in_header.json()["accepted"], in_body.json()["duplicates"]) == (1, 1)


# Answers


def test_the_answer_says_what_became_of_each_call(take: Take) -> None:
    take(call(messageId="known"))

    answer = take(call(messageId="new"), {"messageId": "bad", "type": "track"}, call(messageId="known"), "no object")

    assert answer == {
        "success": True,
        "accepted": 1,
        "updated": 0,
        "duplicates": 1,
        "rejected": [
            {
                "index": 1,
                "messageId": "bad",
                "code": "missing_identity",
                "message": "userId or anonymousId is required.",
            },
            {"index": 3, "messageId": None, "code": "invalid_item", "message": "An item must be a JSON object."},
        ],
        "warnings": [],
    }


def test_an_empty_batch_is_taken(take: Take) -> None:
    assert take() == {
        "success": True,
        "accepted": 0,
        "updated": 0,
        "duplicates": 0,
        "rejected": [],
        "warnings": [],
    }


def test_a_single_call_that_is_refused_is_a_400_with_the_reason(write_key: str) -> None:
    response = post_json(Client(), "/v1/track", {"userId": "u1", "messageId": "m", "writeKey": write_key})

    assert response.status_code == 400
    assert response.json() == {
        "success": False,
        "accepted": 0,
        "updated": 0,
        "duplicates": 0,
        "rejected": [{"index": 0, "messageId": "m", "code": "missing_event", "message": "event is required."}],
        "warnings": [],
        "code": "missing_event",
        "message": "event is required.",
        "detail": "event is required.",
    }


BAD_CALLS = [
    (call(event=None), "missing_event"),
    (call(event="  "), "missing_event"),
    (call(event="e" * 201), "invalid_event"),
    (call(event=["did"]), "invalid_event"),
    (call(event=True), "invalid_event"),
    (call(event=1.5), "invalid_event"),
    (call(kind=""), "missing_type"),
    ({**call(), "type": None}, "missing_type"),
    (call("delete"), "invalid_type"),
    ({**call(), "type": ["track"]}, "invalid_type"),
    (call(userId=None), "missing_identity"),
    (call(userId=" ", anonymousId=""), "missing_identity"),
    (call("identify", userId=None), "missing_identity"),
    (call("group", userId=None), "missing_identity"),
    (call("alias", userId=None), "missing_user_id"),
    (call("alias", previousId=None), "missing_previous_id"),
    (call("alias", userId=None, anonymousId="d"), "missing_user_id"),
    (call(userId="u" * 256), "invalid_user_id"),
    (call(userId={"id": 1}), "invalid_user_id"),
    (call(userId=1.5), "invalid_user_id"),
    (None, "invalid_item"),
    (7, "invalid_item"),
    ("text", "invalid_item"),
    ([], "invalid_item"),
]


HALF_GOOD_CALLS = [
    (call(anonymousId=False), "invalid_anonymous_id"),
    (call(userId={"id": 1}, anonymousId="d1"), "invalid_user_id"),
    (call(messageId="m" * 256), "invalid_message_id"),
    (call(messageId=[1]), "invalid_message_id"),
    (call(properties="text"), "invalid_properties"),
    (call(context=[{}]), "invalid_context"),
    (call("page", name=["Home"]), "invalid_name"),
    (call("screen", category=1.5), "invalid_category"),
    (call("identify", traits="x"), "invalid_traits"),
    (call("identify", context={"traits": [1]}), "invalid_traits"),
    (call("identify", traits={"email": ["a@b.example"]}), "invalid_email"),
    (call("identify", traits={"email": "e" * 321}), "invalid_email"),
    (call("identify", traits={"phone": "1" * 51}), "invalid_phone"),
    (call("identify", traits={"name": {"first": "A"}}), "invalid_name"),
    (call("identify", traits={"firstName": "f" * 301}), "invalid_first_name"),
    (call("identify", traits={"createdAt": "long ago"}), "invalid_created_at"),
    (call("identify", traits={"createdAt": -1}), "too_old"),
    (call("identify", traits={"createdAt": -99_999_999_999}), "invalid_created_at"),
    (call("identify", traits={"createdAt": -(10**400)}), "invalid_created_at"),
    (call("identify", traits={"createdAt": 10**400}), "invalid_created_at"),
    (call("identify", traits={"createdAt": 1e300}), "invalid_created_at"),
    (call("identify", traits={"createdAt": True}), "invalid_created_at"),
    (call("identify", traits={"createdAt": iso(days=2)}), "future_time"),
    (call(**{"$set": [1]}), "invalid_$set"),
    (call(properties={"$set_once": {"name": ["Ada"]}}), "invalid_name"),
]


@pytest.mark.parametrize(("half_good", "code"), HALF_GOOD_CALLS)
def test_an_optional_field_that_cannot_be_read_is_left_out_with_a_warning(
    take: Take, half_good: dict[str, Any], code: str
) -> None:
    answer = take(call(userId="a"), half_good, call(userId="b"))

    assert (answer["accepted"], answer["rejected"]) == (3, [])
    assert [(remark["index"], remark["code"]) for remark in answer["warnings"]] == [(1, code)]
    assert len(answer["warnings"][0]["message"]) > 20


@pytest.mark.parametrize(
    "nobody", ["undefined", "NULL", "None", "NaN", "guest", "[object Object]", 0, "0", " anonymous "]
)
def test_an_id_that_names_nobody_is_left_out_beside_one_that_does(take: Take, nobody: object) -> None:
    answer = take(call(userId=nobody, anonymousId="d1"), call(userId="u1", anonymousId=nobody), call(userId=nobody))

    assert answer["accepted"] == 2
    assert [(remark["index"], remark["code"]) for remark in answer["warnings"]] == [
        (0, "illegal_id"),
        (1, "illegal_id"),
    ]
    assert [(remark["index"], remark["code"]) for remark in answer["rejected"]] == [(2, "illegal_id")]
    assert set(Contact.objects.values_list("external_id", flat=True)) == {"u1"}


@pytest.mark.parametrize("name", ["properties", "context", "traits", "$set", "$set_once"])
def test_an_empty_list_is_an_empty_object_for_that_is_what_php_makes_of_it(take: Take, name: str) -> None:
    assert take(call("identify", **{name: []}))["warnings"] == []


@pytest.mark.parametrize(("bad", "code"), BAD_CALLS)
def test_a_bad_call_spoils_no_other(take: Take, workspace: Workspace, bad: object, code: str) -> None:
    answer = take(call(userId="a", messageId="first"), bad, call(userId="b", messageId="last"))

    assert [(remark["index"], remark["code"]) for remark in answer["rejected"]] == [(1, code)]
    assert answer["rejected"][0]["message"]
    assert answer["accepted"] == 2
    assert set(stored.people_of_events(workspace)) == {"first", "last"}
    assert stored.contacts(workspace) == {"a", "b"}
    assert not IdentityCall.objects.exists()


def test_a_thousand_calls_are_taken_and_one_more_is_not(take: Take, track: Callable[..., Any]) -> None:
    calls = [call(messageId=str(number), userId=f"u{number % 300}") for number in range(1001)]

    refused = track(*calls)
    assert refused.status_code == 413
    assert refused.json() == {
        "success": False,
        "code": "batch_too_large",
        "message": "batch has 1,001 items; allowed are 1,000.",
        "detail": "batch has 1,001 items; allowed are 1,000.",
    }
    assert not Event.objects.exists()

    assert take(*calls[:1000])["accepted"] == 1000
    assert Event.objects.count() == 1000
    assert Contact.objects.count() == 300
    assert take(*calls[1:])["duplicates"] == 999


def test_a_call_by_a_key_of_a_workspace_needs_no_session_and_no_csrf_token(write_key: str) -> None:
    client = Client(enforce_csrf_checks=True)

    response = post_json(client, "/v1/track", {**call(), "writeKey": write_key})

    assert response.status_code == 200
    assert not response.cookies


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json"])
def test_the_content_type_does_not_matter(write_key: str, content_type: str) -> None:
    body = f'{{"userId": "u1", "event": "did", "writeKey": "{write_key}"}}'

    response = Client().post("/v1/track", body, content_type=content_type)

    assert response.json()["accepted"] == 1


def test_a_new_key_of_the_workspace_sees_what_another_one_sent(take: Take, workspace: Workspace, owner: User) -> None:
    take(call(messageId="a"))
    token = create_key(workspace=workspace, kind=KeyKind.WRITE, name="second", by=owner)[1]

    response = post_json(Client(), "/v1/track", call(messageId="a"), Authorization=f"Bearer {token}")

    assert response.json()["duplicates"] == 1


# Between the two processes of an import


@pytest.mark.parametrize("count", [0, 1, 4])
def test_what_one_process_has_read_another_one_has_whole(count: int) -> None:
    items = [
        {"type": "did", "occurredAt": iso(), "contact": "u1", "messageId": "a", "properties": {"n": "ü"}},
        {"type": "did", "occurredAt": iso(days=2), "anonymousId": "d1", "utm": {"source": "s", "campaign": "c"}},
        {"type": "did", "occurredAt": "yesterday", "contact": "u1"},
        {"type": "done", "occurredAt": iso(hours=-1), "contact": "u2", "anonymousId": "d1", "messageId": "b"},
    ]
    read = read_events(1, items[:count], received_at=NOW)

    assert pickle.loads(pickle.dumps(read)) == read
    assert len(read.indexes) == min(count, 3)
    assert Calls._fields == Call._fields
