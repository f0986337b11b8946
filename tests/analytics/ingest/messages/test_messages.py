"""Messages and the reports on them through the bulk API, in whatever order they come."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count, permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import ingest
from analytics.ledger.rebuild import Difference, verify
from analytics.models import Message, MessageEvent
from tests.analytics.ingest import stored
from tests.conftest import NOW
from tests.copied_rows import copied
from tests.examples import examples
from workspaces.models import Workspace

Bulk = Callable[..., dict[str, Any]]
numbers = count()
CREATED = datetime(2026, 3, 20, 9, tzinfo=UTC)
STATUSES = ("sent", "delivered", "opened", "clicked", "bounced", "failed")
RECEIVED = ("opened", "clicked", "complained", "unsubscribed")
PROOFS = {
    "sent": ("delivered", "bounced", *RECEIVED),
    "delivered": RECEIVED,
    "opened": ("clicked",),
    "clicked": (),
    "bounced": (),
    "failed": (),
}
"""By status, what shows that a message reached it."""
MESSAGE = {"externalId": "m1", "campaign": "c1", "contact": "u1", "channel": "EMAIL"}
VARIANTS = [{"name": "A"}, {"name": "B"}]
CAMPAIGNS = [
    {"externalId": "c1", "name": "One", "abTests": [{"externalId": "t1", "name": "T", "variants": VARIANTS}]},
    {"externalId": "c2", "name": "Two", "abTests": [{"externalId": "t2", "name": "T", "variants": VARIANTS}]},
]


def at(minutes: float) -> str:
    return (CREATED + timedelta(minutes=minutes)).isoformat()


def instant(minutes: float) -> datetime:
    return CREATED + timedelta(minutes=minutes)


def report(kind: str, minutes: float = 1, message: str = "m1", **fields: Any) -> dict[str, Any]:
    return {"message": message, "type": kind, "at": at(minutes), **fields}


@pytest.fixture
@copied
def catalogue(now: datetime, bulk: Bulk) -> None:
    bulk("campaigns", CAMPAIGNS)
    bulk("contacts", [{"externalId": "u1"}, {"externalId": "u2"}])


# Messages


@pytest.mark.usefixtures("catalogue")
def test_all_fields_of_a_message_are_stored(bulk: Bulk, workspace: Workspace) -> None:
    item = {**MESSAGE, "abTest": "t1", "variant": "B", "providerMessageId": "p1", "createdAt": at(0)}
    item |= {f"{status}At": at(minute) for minute, status in enumerate(STATUSES, start=1)}

    assert bulk("messages", [item]) == {"accepted": 1, "updated": 0, "duplicates": 0, "rejected": []}

    message = Message.objects.get()
    assert (message.external_id, message.provider_message_id) == ("m1", "p1")
    assert (message.campaign.external_id, message.contact.external_id) == ("c1", "u1")
    assert (message.channel, message.created_at, message.received_at) == ("EMAIL", CREATED, NOW)
    assert message.variant is not None
    assert (message.variant.test.external_id, message.variant.name) == ("t1", "B")
    assert stored.reached(message) == {f"{status}_at": instant(n) for n, status in enumerate(STATUSES, start=1)}
    assert message.person_number == stored.user(workspace, "u1")


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    ("given_instants", "created_at"),
    [
        ({}, NOW),
        ({"sentAt": at(2), "deliveredAt": at(1)}, instant(1)),
        ({"createdAt": at(5), "sentAt": at(2)}, instant(5)),
    ],
)
def test_a_message_was_created_when_it_says_or_with_the_first_that_is_known_of_it_or_now(
    bulk: Bulk, given_instants: dict[str, str], created_at: datetime
) -> None:
    bulk("messages", [{**MESSAGE, **given_instants}])

    assert Message.objects.get().created_at == created_at


@pytest.mark.usefixtures("catalogue")
def test_a_click_is_an_open(bulk: Bulk) -> None:
    bulk("messages", [{**MESSAGE, "clickedAt": at(3)}, {**MESSAGE, "externalId": "m2"}])
    bulk("message-events", [report("clicked", 4, "m2")])

    assert Message.objects.get(external_id="m1").opened_at == instant(3)
    assert Message.objects.get(external_id="m2").opened_at == instant(4)


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    ("kind", "implied"),
    [
        ("sent", ("sent",)),
        ("delivered", ("sent", "delivered")),
        ("opened", ("sent", "delivered", "opened")),
        ("clicked", ("sent", "delivered", "opened", "clicked")),
        ("bounced", ("sent", "bounced")),
        ("failed", ("failed",)),
        ("complained", ("sent", "delivered")),
        ("unsubscribed", ("sent", "delivered")),
        ("deferred", ()),
    ],
)
def test_a_status_implies_those_that_a_message_passes_before_it(
    bulk: Bulk, workspace: Workspace, kind: str, implied: tuple[str, ...]
) -> None:
    bulk("messages", [MESSAGE])

    bulk("message-events", [report(kind, 3)])

    assert stored.reached(Message.objects.get()) == {f"{status}_at": instant(3) for status in implied}
    assert [found for found in verify(workspace) if isinstance(found, Difference)] == []


@pytest.mark.usefixtures("catalogue")
def test_what_is_implied_is_as_early_as_what_implies_it(bulk: Bulk) -> None:
    item = {**MESSAGE, "sentAt": at(9), "deliveredAt": at(8), "openedAt": at(7), "clickedAt": at(6), "bouncedAt": at(5)}

    bulk("messages", [item])

    assert stored.reached(Message.objects.get()) == {
        **dict.fromkeys(("delivered_at", "opened_at", "clicked_at"), instant(6)),
        **dict.fromkeys(("sent_at", "bounced_at"), instant(5)),
    }


@pytest.mark.usefixtures("catalogue")
def test_an_open_is_not_hasty_after_a_delivery_that_it_implies_itself(bulk: Bulk, workspace: Workspace) -> None:
    bulk("messages", [MESSAGE])
    bulk("message-events", [report("opened", 1, url="a", userAgent="GoogleImageProxy")])
    assert Message.objects.get().delivered_at == instant(1)
    assert actors(workspace)["a"] == ("proxied_human", "image-proxy")

    bulk("message-events", [report("delivered", 0.99)])
    assert actors(workspace)["a"] == ("prefetch", "hasty-open")


@pytest.mark.usefixtures("catalogue")
def test_an_open_after_the_click_is_not_the_first(bulk: Bulk) -> None:
    bulk("messages", [{**MESSAGE, "clickedAt": at(3), "openedAt": at(5)}])
    assert Message.objects.get().opened_at == instant(3)

    bulk("message-events", [report("opened", 2), report("opened", 4)])
    assert Message.objects.get().opened_at == instant(2)
    assert Message.objects.get().clicked_at == instant(3)


@pytest.mark.usefixtures("catalogue")
def test_the_same_message_again_changes_nothing(bulk: Bulk, time_machine: Any) -> None:
    item = {**MESSAGE, "createdAt": at(0), "sentAt": at(1), "abTest": "t1", "variant": "A"}
    bulk("messages", [item])
    before = Message.objects.values().get()
    time_machine.move_to("2026-04-01T00:00:00Z", tick=False)

    answer = bulk("messages", [item, MESSAGE])

    assert answer == {"accepted": 0, "updated": 0, "duplicates": 2, "rejected": []}
    assert Message.objects.values().get() == before


@pytest.mark.usefixtures("catalogue")
def test_a_message_is_updated_by_what_is_given_and_keeps_its_earliest_instants(bulk: Bulk, time_machine: Any) -> None:
    bulk("messages", [{**MESSAGE, "createdAt": at(0), "sentAt": at(5), "openedAt": at(9), "providerMessageId": "p1"}])
    later = datetime(2026, 4, 1, tzinfo=UTC)
    time_machine.move_to(later, tick=False)
    changes = {"campaign": "c2", "contact": "u2", "channel": "SMS", "abTest": "t2", "variant": "A"}

    answer = bulk("messages", [{**MESSAGE, **changes, "sentAt": at(4), "openedAt": at(10), "bouncedAt": at(6)}])

    assert answer == {"accepted": 0, "updated": 1, "duplicates": 0, "rejected": []}
    message = Message.objects.get()
    assert (message.campaign.external_id, message.contact.external_id, message.channel) == ("c2", "u2", "SMS")
    assert message.person_number == message.contact.person_number
    assert message.variant is not None
    assert message.variant.test.external_id == "t2"
    assert (message.created_at, message.provider_message_id, message.received_at) == (CREATED, "p1", later)
    assert stored.reached(message) == {
        "sent_at": instant(4),
        "delivered_at": instant(9),
        "opened_at": instant(9),
        "bounced_at": instant(6),
    }


@pytest.mark.usefixtures("catalogue")
def test_a_message_named_several_times_in_a_request_is_one(bulk: Bulk) -> None:
    answer = bulk("messages", [MESSAGE, {**MESSAGE, "sentAt": at(1)}, {**MESSAGE, "sentAt": at(2)}, MESSAGE])

    assert answer == {"accepted": 1, "updated": 1, "duplicates": 2, "rejected": []}
    assert stored.reached(Message.objects.get()) == {"sent_at": instant(1)}


@pytest.mark.long
@pytest.mark.usefixtures("catalogue")
def test_each_workspace_has_its_own_messages_and_reports(
    bulk: Bulk, bulk_elsewhere: Bulk, elsewhere: Workspace, workspace: Workspace
) -> None:
    bulk_elsewhere("campaigns", CAMPAIGNS)
    bulk_elsewhere("contacts", [{"externalId": "u1"}])
    bulk("messages", [MESSAGE])
    bulk_elsewhere("messages", [MESSAGE])

    answers = [bulk("message-events", [report("opened", 1, id="same")])]
    answers += [bulk_elsewhere("message-events", [report("sent", 2, id="same")])]

    assert [answer["accepted"] for answer in answers] == [1, 1]
    assert "opened_at" in stored.reached(Message.objects.get(workspace=workspace))
    assert stored.reached(Message.objects.get(workspace=elsewhere)) == {"sent_at": instant(2)}


@pytest.mark.usefixtures("catalogue")
def test_a_message_to_a_merged_contact_is_one_to_the_contact_that_stays(
    bulk: Bulk, track_trusted: Callable[..., Any]
) -> None:
    track_trusted({"type": "alias", "previousId": "u1", "userId": "u2"})

    bulk("messages", [MESSAGE])

    message = Message.objects.get()
    assert message.contact.external_id == "u2"
    assert message.person_number == message.contact.person_number


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"externalId": None}, "missing_external_id"),
        ({"externalId": " "}, "missing_external_id"),
        ({"externalId": "x" * 256}, "invalid_external_id"),
        ({"externalId": {}}, "invalid_external_id"),
        ({"campaign": None}, "missing_campaign"),
        ({"contact": None}, "missing_contact"),
        ({"channel": None}, "missing_channel"),
        ({"channel": "FAX"}, "invalid_channel"),
        ({"channel": 7}, "invalid_channel"),
        ({"campaign": ["c1"]}, "invalid_campaign"),
        ({"contact": True}, "invalid_contact"),
        ({"campaign": "unknown"}, "unknown_campaign"),
        ({"contact": "unknown"}, "unknown_contact"),
        ({"campaign": -1}, "unknown_campaign"),
        ({"contact": -(2**63)}, "unknown_contact"),
        ({"campaign": "elsewhere"}, "unknown_campaign"),
        ({"contact": "elsewhere"}, "unknown_contact"),
        ({"abTest": "t1"}, "incomplete_variant"),
        ({"variant": "A"}, "incomplete_variant"),
        ({"abTest": "t1", "variant": ""}, "incomplete_variant"),
        ({"abTest": "t1", "variant": "Z"}, "unknown_variant"),
        ({"abTest": "t2", "variant": "A"}, "unknown_variant"),
        ({"abTest": "elsewhere", "variant": "A"}, "unknown_variant"),
        ({"abTest": ["t1"], "variant": "A"}, "invalid_ab_test"),
        ({"abTest": "t1", "variant": "v" * 301}, "invalid_variant"),
        ({"providerMessageId": "p" * 256}, "invalid_provider_message_id"),
        ({"providerMessageId": ["p"]}, "invalid_provider_message_id"),
        ({"createdAt": "soon"}, "invalid_created_at"),
        ({"createdAt": 1774949400}, "invalid_created_at"),
        *(({f"{status}At": "1969-12-31T00:00:00Z"}, "too_old") for status in STATUSES),
        *(({f"{status}At": []}, f"invalid_{status}_at") for status in STATUSES),
    ],
)
def test_a_bad_message_spoils_no_other(bulk: Bulk, bulk_elsewhere: Bulk, changes: dict[str, Any], code: str) -> None:
    tests = [{"externalId": "elsewhere", "name": "T", "variants": VARIANTS}]
    bulk_elsewhere("campaigns", [{"externalId": "elsewhere", "name": "Elsewhere", "abTests": tests}])
    bulk_elsewhere("contacts", [{"externalId": "elsewhere"}])

    answer = bulk("messages", [{**MESSAGE, "externalId": "a"}, {**MESSAGE, **changes}, {**MESSAGE, "externalId": "b"}])

    assert [(remark["index"], remark["code"]) for remark in answer["rejected"]] == [(1, code)]
    assert answer["accepted"] == 2
    assert set(Message.objects.values_list("external_id", flat=True)) == {"a", "b"}


@pytest.mark.long
@pytest.mark.usefixtures("catalogue")
def test_a_thousand_messages_are_made_and_updated_and_reported_on_at_once(bulk: Bulk) -> None:
    items = [{**MESSAGE, "externalId": f"m{number}"} for number in range(1000)]

    made = bulk("messages", items)
    updated = bulk("messages", [{**item, "channel": "PUSH"} for item in items])
    reported = bulk("message-events", [report("opened", 1, item["externalId"]) for item in items])

    assert (made["accepted"], updated["updated"], reported["accepted"]) == (1000, 1000, 1000)
    assert Message.objects.filter(channel="PUSH", opened_at=instant(1)).count() == 1000


# Reports on messages


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("ref", ["m1", "p1"])
def test_a_report_reaches_its_message_whichever_comes_first(bulk: Bulk, early: bool, ref: str) -> None:
    message = {**MESSAGE, "providerMessageId": "p1", "createdAt": at(0)}
    sends = [("message-events", [report(status, 3, ref) for status in STATUSES]), ("messages", [message])]

    for resource, items in sends if early else reversed(sends):
        assert bulk(resource, items)["rejected"] == []

    message_row = Message.objects.get()
    assert stored.reached(message_row) == {f"{status}_at": instant(3) for status in STATUSES}
    assert set(MessageEvent.objects.values_list("message", flat=True)) == {message_row.pk}


@pytest.mark.usefixtures("catalogue")
def test_a_report_waits_until_its_message_has_the_provider_id(bulk: Bulk) -> None:
    bulk("message-events", [report("opened", 3, "p1")])
    bulk("messages", [MESSAGE])
    assert MessageEvent.objects.get().message is None

    bulk("messages", [{**MESSAGE, "providerMessageId": "p1"}])

    assert MessageEvent.objects.get().message == Message.objects.get()
    assert Message.objects.get().opened_at == instant(3)


@pytest.mark.usefixtures("catalogue")
def test_a_report_on_no_message_is_kept_and_counts_nowhere(bulk: Bulk, report: Bulk) -> None:
    event = {"message": "unknown", "type": "opened", "at": at(1), "url": "u", "userAgent": "a", "reason": "r"}

    assert bulk("message-events", [event])["accepted"] == 1

    kept = MessageEvent.objects.get()
    assert (kept.message, kept.message_ref, kept.type, kept.occurred_at) == (None, "unknown", "opened", instant(1))
    assert (kept.url, kept.user_agent, kept.reason, kept.received_at) == ("u", "a", "r", NOW)
    assert sum(row["opens"] for row in report("/timeseries")["series"]) == 0


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize("early", [True, False])
def test_an_external_id_counts_before_an_equal_provider_id(bulk: Bulk, early: bool) -> None:
    messages = [{**MESSAGE, "externalId": "x"}, {**MESSAGE, "externalId": "y", "providerMessageId": "x"}]
    sends = [("message-events", [report("opened", 3, "x")]), ("messages", messages)]

    for resource, items in sends if early else reversed(sends):
        bulk(resource, items)

    assert list(Message.objects.filter(opened_at=instant(3)).values_list("external_id", flat=True)) == ["x"]


@pytest.mark.usefixtures("catalogue")
def test_a_report_that_is_no_status_is_kept_and_leaves_the_message_as_it_is(bulk: Bulk) -> None:
    bulk("messages", [MESSAGE])
    before = Message.objects.values().get()

    bulk("message-events", [report("deferred")])

    assert MessageEvent.objects.get().message == Message.objects.get()
    assert Message.objects.values().get() == before


@pytest.mark.usefixtures("catalogue")
def test_a_report_counts_once_by_its_id(bulk: Bulk) -> None:
    bulk("messages", [MESSAGE])

    first = bulk(
        "message-events", [report("opened", 5, id="a"), report("opened", 5, id="a"), report("sent", 1, id="b")]
    )
    again = bulk("message-events", [report("opened", 5, id=" a ", reason="r"), report("sent", 1, id="b")])

    assert (first["accepted"], first["duplicates"]) == (2, 1)
    assert (again["accepted"], again["duplicates"]) == (0, 2)
    reached = {"sent_at": instant(1), "delivered_at": instant(5), "opened_at": instant(5)}
    assert stored.reached(Message.objects.get()) == reached


@pytest.mark.usefixtures("catalogue")
def test_what_lies_ahead_of_a_message_is_as_of_its_receipt_however_often_it_is_sent(
    send_bulk: Bulk, time_machine: Any
) -> None:
    item = {**MESSAGE, "createdAt": "2026-04-02T00:00:00Z", "openedAt": "2150-01-01T00:00:00Z", "sentAt": at(1)}

    first = send_bulk("messages", [item])
    time_machine.move_to(NOW + timedelta(hours=1), tick=False)
    again = send_bulk("messages", [item])

    assert [(one["code"], one["message"].partition(" ")[0]) for one in first["warnings"]] == [
        ("future_time", "openedAt"),
        ("future_time", "createdAt"),
    ]
    assert (first["accepted"], again["duplicates"]) == (1, 1)
    message = Message.objects.get()
    assert (message.created_at, message.sent_at, message.opened_at) == (instant(1), instant(1), NOW)


@pytest.mark.usefixtures("catalogue")
def test_a_report_that_lies_ahead_is_as_of_its_receipt_and_counts_once(send_bulk: Bulk, time_machine: Any) -> None:
    send_bulk("messages", [MESSAGE])
    ahead = {**report("opened"), "at": "2030-01-01T00:00:00Z"}

    first = send_bulk("message-events", [ahead])
    time_machine.move_to(NOW + timedelta(hours=1), tick=False)
    again = send_bulk("message-events", [ahead])

    assert [one["code"] for one in first["warnings"]] == ["future_time"]
    assert (first["accepted"], again["duplicates"]) == (1, 1)
    assert Message.objects.get().opened_at == NOW


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize("other", [report("sent", 1), report("opened", 2), report("opened", 1, message="m2")])
@pytest.mark.parametrize("together", [True, False])
def test_another_report_under_a_known_id_is_refused(bulk: Bulk, other: dict[str, Any], together: bool) -> None:
    bulk("messages", [MESSAGE, {**MESSAGE, "externalId": "m2"}])
    first, second = report("opened", 1, id="a"), {**other, "id": "a"}

    answers = [bulk("message-events", batch) for batch in ([[first, second]] if together else [[first], [second]])]

    assert [remark["code"] for remark in answers[-1]["rejected"]] == ["id_reused"]
    assert answers[-1]["rejected"][0]["index"] == int(together)
    assert (sum(answer["accepted"] for answer in answers), answers[-1]["duplicates"]) == (1, 0)


@pytest.mark.usefixtures("catalogue")
def test_a_report_is_the_same_by_whichever_id_of_its_message(bulk: Bulk) -> None:
    bulk("messages", [{**MESSAGE, "providerMessageId": "p1"}])

    answers = [bulk("message-events", [report("opened", 1, message=ref, id="a")]) for ref in ("m1", "p1")]

    assert [answer["accepted"] for answer in answers] == [1, 0]
    assert answers[1]["duplicates"] == 1


@pytest.mark.usefixtures("catalogue")
def test_a_report_without_an_id_counts_once_by_message_type_instant_and_url(bulk: Bulk) -> None:
    one = report("clicked", 1, url="https://x.example/a")
    others = [
        {**one, "message": "m2"},
        {**one, "type": "opened"},
        {**one, "at": at(2)},
        {**one, "url": "https://x.example/b"},
    ]

    first = bulk("message-events", [one, *others])
    again = bulk(
        "message-events", [*others, {**one, "at": "2026-03-20T10:01:00+01:00", "type": "CLICKED", "reason": "r"}]
    )

    assert (first["accepted"], again["duplicates"], again["accepted"]) == (5, 5, 0)
    assert MessageEvent.objects.count() == 5


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"message": None}, "missing_message"),
        ({"message": "m" * 256}, "invalid_message"),
        ({"message": ["m1"]}, "invalid_message"),
        ({"type": None}, "missing_type"),
        ({"type": "read"}, "invalid_type"),
        ({"type": {"is": "sent"}}, "invalid_type"),
        ({"at": None}, "missing_at"),
        ({"at": "soon"}, "invalid_at"),
        ({"at": 1774949400}, "invalid_at"),
        ({"at": "1969-12-31T23:59:59Z"}, "too_old"),
        ({"id": "i" * 256}, "invalid_id"),
        ({"id": [1]}, "invalid_id"),
        ({"url": "u" * 2001}, "invalid_url"),
        ({"url": ["u"]}, "invalid_url"),
        ({"userAgent": {}}, "invalid_user_agent"),
        ({"reason": 1.5}, "invalid_reason"),
        ({"reason": "r" * 8193}, "invalid_reason"),
        ({"providerHint": "robot"}, "invalid_provider_hint"),
    ],
)
def test_a_bad_report_spoils_no_other(bulk: Bulk, changes: dict[str, Any], code: str) -> None:
    bulk("messages", [MESSAGE])

    answer = bulk("message-events", [report("sent"), {**report("opened"), **changes}, report("delivered")])

    assert [(remark["index"], remark["code"]) for remark in answer["rejected"]] == [(1, code)]
    assert answer["accepted"] == 2
    assert stored.reached(Message.objects.get()) == {"sent_at": instant(1), "delivered_at": instant(1)}


@pytest.mark.usefixtures("catalogue")
def test_reports_on_two_messages_do_not_mix(bulk: Bulk) -> None:
    bulk("messages", [MESSAGE, {**MESSAGE, "externalId": "m2"}])

    bulk("message-events", [report("sent", 1), report("opened", 2, "m2"), report("delivered", 3)])

    assert stored.reached(Message.objects.get(external_id="m1")) == {
        "sent_at": instant(1),
        "delivered_at": instant(3),
    }
    assert Message.objects.get(external_id="m2").opened_at == instant(2)


# Human or machine


def actors(workspace: Workspace) -> dict[str, tuple[str, str]]:
    """By url of each open and click, who it was and which rule says so."""
    rows = MessageEvent.objects.filter(workspace=workspace).exclude(actor="")
    return {url: (actor, rule) for url, actor, rule in rows.values_list("url", "actor", "actor_rule")}


def humans(message: Message) -> tuple[datetime | None, datetime | None]:
    return message.human_opened_at, message.human_clicked_at


@pytest.mark.usefixtures("catalogue")
def test_an_open_or_click_says_who_it_was_and_counts_as_a_persons_or_not(bulk: Bulk, workspace: Workspace) -> None:
    bulk("messages", [MESSAGE])

    bulk("message-events", [report("opened", 1, url="a", userAgent="Mozilla/5.0"), report("delivered", 0)])
    assert actors(workspace) == {"a": ("prefetch", "apple-privacy")}
    assert humans(Message.objects.get()) == (None, None)

    bulk("message-events", [report("clicked", 2, url="b", providerHint="bot")])
    assert humans(Message.objects.get()) == (None, None)

    bulk("message-events", [report("clicked", 4, url="c"), report("opened", 5, url="d", userAgent="YahooMailProxy")])
    assert actors(workspace)["c"] == ("human", "no-sign")
    assert actors(workspace)["d"] == ("proxied_human", "image-proxy")
    assert humans(Message.objects.get()) == (instant(4), instant(4))

    bulk("message-events", [report("opened", 3, url="e")])
    assert humans(Message.objects.get()) == (instant(3), instant(4))
    assert stored.reached(Message.objects.get()) == {
        "sent_at": instant(0),
        "delivered_at": instant(0),
        "opened_at": instant(1),
        "clicked_at": instant(2),
    }


@pytest.mark.usefixtures("catalogue")
def test_a_later_report_changes_who_an_earlier_one_was(bulk: Bulk, workspace: Workspace) -> None:
    bulk("messages", [MESSAGE])
    bulk("message-events", [report("clicked", 5, url="a"), report("opened", 1, url="o", userAgent="GoogleImageProxy")])
    assert humans(Message.objects.get()) == (instant(1), instant(5))

    bulk("message-events", [report("clicked", 5.02, url="b")])
    assert actors(workspace)["a"] == actors(workspace)["b"] == ("scanner", "click-burst")
    assert humans(Message.objects.get()) == (instant(1), None)

    bulk("messages", [{**MESSAGE, "deliveredAt": at(0.99)}])
    assert actors(workspace)["o"] == ("prefetch", "hasty-open")
    assert humans(Message.objects.get()) == (None, None)
    assert Message.objects.get().opened_at == instant(1)


@pytest.mark.usefixtures("catalogue")
def test_what_a_message_was_sent_with_is_a_persons_where_no_report_tells_more(bulk: Bulk) -> None:
    bulk("messages", [{**MESSAGE, "openedAt": at(1), "clickedAt": at(2)}])
    assert humans(Message.objects.get()) == (instant(1), instant(2))

    bulk("message-events", [report("opened", 1, userAgent="Mozilla/5.0")])
    assert humans(Message.objects.get()) == (instant(2), instant(2))

    bulk("message-events", [report("clicked", 2, userAgent="curl/8.5.0")])
    assert humans(Message.objects.get()) == (None, None)
    assert (Message.objects.get().opened_at, Message.objects.get().clicked_at) == (instant(1), instant(2))


@pytest.mark.usefixtures("catalogue")
def test_a_report_that_waits_is_classified_at_once_and_again_with_its_message(bulk: Bulk, workspace: Workspace) -> None:
    bulk("message-events", [report("clicked", 1, url="a"), report("clicked", 1, url="b")])
    assert actors(workspace) == {"a": ("human", "no-sign"), "b": ("human", "no-sign")}

    bulk("messages", [MESSAGE])

    assert actors(workspace) == {"a": ("scanner", "click-burst"), "b": ("scanner", "click-burst")}
    assert humans(Message.objects.get()) == (None, None)


# Any order


def new_workspace() -> Workspace:
    workspace = Workspace.objects.create(name="W", slug=f"w{next(numbers)}")
    ingest.take_campaigns(workspace, CAMPAIGNS, received_at=NOW)
    ingest.take_contacts(workspace, [{"externalId": "u1"}], received_at=NOW)
    return workspace


def send(workspace: Workspace, resource: str, *items: dict[str, Any]) -> None:
    function = {"messages": ingest.take_messages, "message-events": ingest.take_message_events}[resource]
    outcome = function(workspace, items, received_at=NOW)
    assert outcome.rejected == []


def state(workspace: Workspace) -> dict[str, Any]:
    """All that is known of the one message, but for when it was written last."""
    message = Message.objects.get(workspace=workspace)
    own = {field.attname for field in Message._meta.concrete_fields} - {
        "id",
        "workspace_id",
        "campaign_id",
        "contact_id",
        "written_at",
    }
    assert not MessageEvent.objects.filter(workspace=workspace, message=None).exists()
    return {name: getattr(message, name) for name in own}


@pytest.mark.long
@pytest.mark.django_db
def test_every_order_of_a_messages_life_leaves_the_same_row() -> None:
    life = [
        ("messages", {**MESSAGE, "createdAt": at(0), "providerMessageId": "p1"}),
        ("messages", {**MESSAGE, "sentAt": at(1), "createdAt": at(0)}),
        ("message-events", report("delivered", 2, "p1")),
        ("message-events", report("clicked", 3)),
        ("message-events", report("opened", 4)),
    ]
    states = []
    for order in permutations(life):
        workspace = new_workspace()
        for resource, item in order:
            send(workspace, resource, item)
        states.append(state(workspace))

    assert all(one == states[0] for one in states)
    assert states[0]["opened_at"] == states[0]["clicked_at"] == instant(3)
    assert (states[0]["sent_at"], states[0]["delivered_at"]) == (instant(1), instant(2))


minutes = st.sampled_from([0, 1, 1.01, 1.02, 1.1, 2, 2.02, 5])
reports = st.builds(
    lambda kind, minute, ref, url, agent, hint: (
        "message-events",
        report(
            kind, minute, ref, url=url, userAgent=agent, providerHint=hint, id=f"{kind}{minute}{ref}{url}{agent}{hint}"
        ),
    ),
    st.sampled_from([*STATUSES, "opened", "clicked", "clicked", "complained", "unsubscribed"]),
    minutes,
    st.sampled_from(["m1", "p1"]),
    st.sampled_from(["", "https://x.example/a", "https://x.example/b"]),
    st.sampled_from(["", "Mozilla/5.0", "GoogleImageProxy"]),
    st.sampled_from(["", "", "prefetch"]),
)
messages = st.builds(
    lambda reached: ("messages", {**MESSAGE, **{f"{status}At": at(minute) for status, minute in reached.items()}}),
    st.dictionaries(st.sampled_from(STATUSES), minutes),
)


@pytest.mark.long
@pytest.mark.django_db
@examples(13)
@given(said=st.lists(st.one_of(reports, reports, messages), max_size=8), data=st.data())
def test_the_same_reports_in_another_order_leave_the_earliest_of_each(
    said: list[tuple[str, dict[str, Any]]], data: st.DataObject
) -> None:
    made = ("messages", {**MESSAGE, "createdAt": at(0), "providerMessageId": "p1"})
    said = [(resource, item | {"createdAt": at(0)} if resource == "messages" else item) for resource, item in said]
    order = data.draw(st.permutations([made, *said, *said[:2]]))
    workspace = new_workspace()

    for resource, item in order:
        send(workspace, resource, item)

    wanted: dict[str, list[str]] = {}
    for resource, item in said:
        pairs = [(item["type"], item["at"])] if resource == "message-events" else []
        pairs += [(status, item[f"{status}At"]) for status in STATUSES if f"{status}At" in item]
        for status, when in pairs:
            wanted.setdefault(status, []).append(when)
    for status, proofs in PROOFS.items():
        wanted[status] = [when for proof in (status, *proofs) for when in wanted.get(proof, [])]
    earliest = {f"{status}_at": datetime.fromisoformat(min(wanted[status])) for status in STATUSES if wanted[status]}
    assert stored.reached(Message.objects.get(workspace=workspace)) == earliest
    assert [found for found in verify(workspace) if isinstance(found, Difference)] == []
    assert state(workspace)["created_at"] == CREATED

    as_said = new_workspace()
    for resource, item in [made, *said]:
        send(as_said, resource, item)
    assert state(workspace) == state(as_said)
    assert labels(workspace) == labels(as_said)


def labels(workspace: Workspace) -> list[tuple[Any, ...]]:
    rows = MessageEvent.objects.filter(workspace=workspace)
    return sorted(rows.values_list("occurred_at", "type", "url", "user_agent", "provider_hint", "actor", "actor_rule"))
