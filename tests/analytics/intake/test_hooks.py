"""Webhooks of email providers: what each sends, signed as it signs, in any order, and all that is no provider's."""

import base64
import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from analytics import ingest
from analytics.intake.provider_reports import MAX_REPORTS, MAX_TRIED_BYTES, _Reading
from analytics.ledger.rebuild import Difference, verify
from analytics.models import Contact, IngestRemark, Message, MessageEvent
from analytics.providers import Provider
from tests.analytics.ingest import stored
from tests.analytics.intake.provider_payloads import EMAIL, FULL_LIFE, SENDERS, URL, Sender, at
from tests.conftest import NOW
from tests.examples import examples
from workspaces.changes import create_webhook, revoke_webhook, set_signing_key
from workspaces.models import User, Webhook, Workspace

PROVIDERS = sorted(SENDERS)
WITH_PASSWORD = sorted(name for name, sender in SENDERS.items() if not sender.signing_key)
SIGNED = sorted(set(PROVIDERS) - set(WITH_PASSWORD))
numbers = count()

pytestmark = pytest.mark.usefixtures("now")
of_reading = pytest.mark.either_database("who reports, and what, is read before anything is looked up")


def hook_of(workspace: Workspace, provider: str) -> Webhook:
    hook = create_webhook(workspace=workspace, provider=Provider(provider), by=None)
    set_signing_key(webhook=hook, key=SENDERS[provider].signing_key, by=None)
    return hook


@pytest.fixture
def hook(workspace: Workspace) -> Callable[[str], Webhook]:
    return lambda provider: hook_of(workspace, provider)


def send(hook: Webhook, payload: Any, *, body: bytes | None = None, **headers: str) -> Any:
    """As the provider sends it, with its password or signature, unless other headers are given."""
    body = json.dumps(payload).encode() if body is None else body
    password = base64.b64encode(f"campaignos:{hook.password}".encode()).decode()
    own = {"Authorization": f"Basic {password}"} if not hook.signing_key else {}
    own |= SENDERS[hook.provider].headers(body, payload)
    return Client().post(hook.path, body, content_type="application/json", headers={**own, **headers})


def deliver(hook: Webhook, payload: Any) -> dict[str, Any]:
    response = send(hook, payload)
    assert response.status_code == 200, response.content
    return response.json()


def make_messages(workspace: Workspace, sender: Sender) -> None:
    """The one that will be read, to ada, and the one that will bounce, to bob."""
    common = {"campaign": "c", "channel": "EMAIL", "createdAt": at("sent").isoformat()}
    items = [
        {**common, "externalId": f"our-{name}", "contact": name, "providerMessageId": ref}
        for name, ref in zip(("ada", "bob"), sender.refs, strict=True)
    ]
    ingest.take_campaigns(workspace, [{"externalId": "c", "name": "C"}], received_at=NOW)
    ingest.take_contacts(workspace, [{"externalId": name} for name in ("ada", "bob")], received_at=NOW)
    assert ingest.take_messages(workspace, items, received_at=NOW).rejected == []


def outcome(workspace: Workspace) -> dict[str, Any]:
    """All that the reports have left."""
    read, gone = (Message.objects.get(workspace=workspace, external_id=f"our-{name}") for name in ("ada", "bob"))
    reports = MessageEvent.objects.filter(workspace=workspace)
    of_message = dict(Message.objects.filter(workspace=workspace).values_list("pk", "external_id"))
    fields = ("message", "type", "occurred_at", "url", "bounce_kind", "actor", "actor_rule")
    return {
        "read": stored.reached(read),
        "people": (read.human_opened_at, read.human_clicked_at),
        "gone": stored.reached(gone),
        "contacts": list(
            Contact.objects.filter(workspace=workspace)
            .order_by("external_id")
            .values_list("external_id", "complained_at", "unsubscribed_at")
        ),
        "reports": sorted((of_message[message], *rest) for message, *rest in reports.values_list(*fields)),
    }


def wanted(sender: Sender) -> dict[str, Any]:
    said_sent = ("amazon_ses", "mailersend", "resend")  # the others only say that they have it
    sent = "sent" if sender in [SENDERS[name] for name in said_sent] else "delivered"
    statuses = {"sent": sent, "delivered": "delivered", "opened": "prefetched", "clicked": "clicked"}
    return {
        "read": {f"{status}_at": at(what) for status, what in statuses.items()},
        "people": (at("opened" if sender.tells_user_agents else "prefetched"), at("clicked")),
        "gone": {"sent_at": at("bounced"), "bounced_at": at("bounced")},
        "contacts": [
            ("ada", at("complained"), at("unsubscribed") if sender.knows("unsubscribed") else None),
            ("bob", None, None),
        ],
    }


def without_reports(found: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key != "reports"}


# What providers report


@pytest.mark.long
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_messages_life_as_the_provider_tells_it(provider: str, hook: Any, workspace: Workspace) -> None:
    sender, one = SENDERS[provider], hook(provider)
    make_messages(workspace, sender)

    answers = [deliver(one, payload) for payload in sender.reports()]

    assert all(answer["accepted"] == 1 and not answer["rejected"] for answer in answers)
    found = outcome(workspace)
    assert without_reports(found) == wanted(sender)
    bounce = MessageEvent.objects.get(type="bounced")
    assert (bounce.bounce_kind, bounce.message and bounce.message.external_id) == ("hard", "our-bob")
    assert bounce.reason
    assert MessageEvent.objects.get(type="clicked").url == URL
    prefetched = MessageEvent.objects.get(type="opened", occurred_at=at("prefetched"))
    assert prefetched.actor == ("prefetch" if sender.tells_user_agents else "human")
    assert [one for one in verify(workspace) if isinstance(one, Difference)] == []


@pytest.mark.long
@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_reports_may_come_before_the_message(provider: str, hook: Any, workspace: Workspace) -> None:
    sender, one = SENDERS[provider], hook(provider)
    for payload in reversed(sender.reports()):
        deliver(one, payload)
    assert set(MessageEvent.objects.values_list("message", flat=True)) == {None}

    make_messages(workspace, sender)

    assert without_reports(outcome(workspace)) == wanted(sender)


@pytest.mark.long
@pytest.mark.parametrize("provider", [name for name in PROVIDERS if SENDERS[name].gives_external_ids])
def test_a_message_is_found_by_our_own_id_if_the_provider_gives_it_back(
    provider: str, hook: Any, workspace: Workspace
) -> None:
    sender, one = SENDERS[provider], hook(provider)
    make_messages(workspace, sender)
    Message.objects.filter(workspace=workspace).update(provider_message_id="")

    for payload in sender.reports(external_ids=("our-ada", "our-bob")):
        deliver(one, payload)

    assert without_reports(outcome(workspace)) == wanted(sender)


@pytest.mark.long
@pytest.mark.django_db
@examples(10)
@given(provider=st.sampled_from(PROVIDERS), data=st.data())
def test_shuffled_and_repeated_reports_end_in_the_same_state(provider: str, data: st.DataObject) -> None:
    sender = SENDERS[provider]
    ends = []
    for is_shuffled in (False, True):
        workspace = Workspace.objects.create(name="W", slug=f"hooks-{next(numbers)}")
        hook = hook_of(workspace, provider)
        steps: list[Any] = sender.reports()
        if is_shuffled:
            again = data.draw(st.lists(st.sampled_from(steps), max_size=5))
            steps = data.draw(st.permutations([*steps, *again, None]))
        else:
            steps = [None, *steps]
        for step in steps:
            if step is None:
                make_messages(workspace, sender)
            else:
                deliver(hook, step)
        ends.append(outcome(workspace))

    assert ends[0] == ends[1]
    assert without_reports(ends[0]) == wanted(sender)


def test_what_was_known_is_told(hook: Any) -> None:
    one, payload = hook("postmark"), SENDERS["postmark"].reports()[0]

    assert deliver(one, payload) == {**deliver_body(), "accepted": 1}
    assert deliver(one, payload) == {**deliver_body(), "duplicates": 1}


def deliver_body() -> dict[str, Any]:
    return {"success": True, "accepted": 0, "updated": 0, "duplicates": 0, "rejected": [], "warnings": []}


@pytest.mark.long
def test_more_events_than_a_batch_are_taken(hook: Any) -> None:
    (event,) = SENDERS["sendgrid"].payload("opened", "ref", "")
    events = [
        {**event, "sg_event_id": f"e{number}", "timestamp": event["timestamp"] + number} for number in range(1500)
    ]

    assert deliver(hook("sendgrid"), events)["accepted"] == 1500


def test_an_event_that_names_no_message_is_refused_alone(hook: Any) -> None:
    good = SENDERS["sendgrid"].payload("opened", "ref", "")
    (bad,) = SENDERS["sendgrid"].payload("clicked", "ref", "")
    del bad["sg_message_id"], bad["smtp-id"]

    answer = deliver(hook("sendgrid"), [bad, *good])

    assert (answer["accepted"], [remark["code"] for remark in answer["rejected"]]) == (1, ["missing_message"])


@of_reading
@pytest.mark.parametrize(
    ("provider", "payload", "kind"),
    [
        ("sendgrid", [{"event": "bounce", "type": "blocked", "sg_message_id": "r", "timestamp": 1774000000}], "soft"),
        ("brevo", {"event": "soft_bounce", "message-id": "r", "ts_epoch": 1774000000000}, "soft"),
        ("mailjet", {"event": "bounce", "MessageID": 1, "time": 1774000000, "hard_bounce": False}, "soft"),
        (
            "postmark",
            {"RecordType": "Bounce", "Type": "SoftBounce", "MessageID": "r", "BouncedAt": "2026-03-20T09:00:00Z"},
            "soft",
        ),
        ("sparkpost", [{"msys": {"m": {"type": "bounce", "bounce_class": "22", "transmission_id": "r"}}}], "soft"),
    ],
)
def test_a_bounce_for_now_is_told_from_one_for_good(hook: Any, provider: str, payload: Any, kind: str) -> None:
    assert deliver(hook(provider), payload)["accepted"] == 1
    assert MessageEvent.objects.get().bounce_kind == kind


@of_reading
@pytest.mark.parametrize(("bot", "actor"), [("gmail", "proxied_human"), ("generic", "scanner"), ("", "human")])
def test_mailgun_says_who_it_was(hook: Any, bot: str, actor: str) -> None:
    payload = SENDERS["mailgun"].payload("opened", "<r>", "")
    payload["event-data"]["client-info"]["bot"] = bot
    deliver(hook("mailgun"), payload)
    assert MessageEvent.objects.get().actor == actor


def test_an_event_without_an_instant_happened_when_it_came_and_counts_once(hook: Any) -> None:
    one, payload = hook("brevo"), SENDERS["brevo"].payload("opened", "<r>", "")
    del payload["ts_epoch"]
    deliver(one, payload)
    assert MessageEvent.objects.get().occurred_at == NOW
    assert deliver(one, payload)["duplicates"] == 1


@pytest.mark.parametrize(
    ("event", "kept_as"),
    [
        ("group_resubscribe", "subscribed"),
        ("account_status_change", "unknown"),
        ("dropped", "failed"),
        ("deferred",) * 2,
    ],
)
def test_what_is_no_status_is_kept_and_what_was_refused_has_failed(hook: Any, event: str, kept_as: str) -> None:
    (payload,) = SENDERS["sendgrid"].payload("delivered", "r", "")
    deliver(hook("sendgrid"), [{**payload, "event": event, "reason": "Bounced Address"}])
    assert MessageEvent.objects.get().type == kept_as


@pytest.mark.long
def test_each_workspaces_reports_reach_its_own_messages(hook: Any, workspace: Workspace) -> None:
    sender, other = SENDERS["postmark"], Workspace.objects.create(name="Other", slug="other")
    make_messages(workspace, sender)
    make_messages(other, sender)

    for payload in sender.reports():
        deliver(hook_of(other, "postmark") if not Webhook.objects.exists() else Webhook.objects.get(), payload)

    assert outcome(workspace)["read"] == {}
    assert without_reports(outcome(other)) == wanted(sender)


def test_the_number_of_queries_does_not_grow(
    hook: Any, workspace: Workspace, django_assert_max_num_queries: Any
) -> None:
    one, sender = hook("sendgrid"), SENDERS["sendgrid"]
    make_messages(workspace, sender)
    deliver(one, sender.payload("sent", sender.refs[0], ""))
    for number in (1, 200):
        (event,) = sender.payload("opened", sender.refs[0], "")
        events = [
            {**event, "sg_event_id": f"{number}-{n}", "timestamp": event["timestamp"] + 60 * n} for n in range(number)
        ]
        with django_assert_max_num_queries(16):
            assert deliver(one, events)["accepted"] == number


# Objections


def test_an_objection_stays_with_the_person_when_contacts_become_one(
    hook: Any, workspace: Workspace, track_trusted: Callable[..., Any]
) -> None:
    sender, one = SENDERS["postmark"], hook("postmark")
    make_messages(workspace, sender)
    deliver(one, sender.payload("complained", sender.refs[0], ""))
    track_trusted({"type": "alias", "previousId": "ada", "userId": "bob"})
    assert Contact.objects.get(external_id="bob").complained_at == at("complained")

    deliver(one, sender.payload("unsubscribed", sender.refs[0], ""))
    assert Contact.objects.get(external_id="bob").unsubscribed_at == at("unsubscribed")


def test_the_earliest_objection_is_kept(bulk: Callable[..., Any], workspace: Workspace) -> None:
    make_messages(workspace, SENDERS["postmark"])
    report = {"message": "our-ada", "type": "unsubscribed"}
    days = ("2026-03-22", "2026-03-21", "2026-03-23")
    bulk("message-events", [{**report, "at": f"{day}T00:00:00Z"} for day in days])
    said = Contact.objects.get(external_id="ada").unsubscribed_at
    assert said is not None
    assert said.isoformat() == "2026-03-21T00:00:00+00:00"


# Who may send


@of_reading
@pytest.mark.parametrize("provider", WITH_PASSWORD)
@pytest.mark.parametrize("authorization", [None, "Basic", "Basic !", "Bearer x", "Basic Y2FtcGFpZ25vczp3cm9uZw=="])
def test_a_wrong_password_is_refused_with_a_challenge(hook: Any, provider: str, authorization: str | None) -> None:
    one, payload = hook(provider), SENDERS[provider].reports()[0]
    body = json.dumps(payload).encode()
    headers = SENDERS[provider].headers(body, payload) | ({"Authorization": authorization} if authorization else {})

    response = Client().post(one.path, body, content_type="application/json", headers=headers)

    assert (response.status_code, response.json()["code"]) == (401, "invalid_password")
    assert response["WWW-Authenticate"].startswith("Basic ")
    assert not MessageEvent.objects.exists()


@of_reading
@pytest.mark.parametrize("provider", SIGNED)
def test_a_wrong_signature_is_refused(hook: Any, provider: str) -> None:
    one, payload = hook(provider), SENDERS[provider].reports()[0]
    Webhook.objects.update(signing_key={**dict.fromkeys(SIGNED, "another-key"), **OTHER_KEYS}[provider])

    response = send(one, payload)

    assert (response.status_code, response.json()["code"]) == (403, "invalid_signature")
    assert not MessageEvent.objects.exists()


OTHER_KEYS = {
    "resend": "whsec_" + base64.b64encode(b"another key of 24 bytes.").decode(),
    "sendgrid": (
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8"
        "eNEc6wEA3F+g=="
    ),
}


@of_reading
@pytest.mark.parametrize("provider", SIGNED)
def test_no_signature_is_refused(hook: Any, provider: str) -> None:
    body = json.dumps({**SENDERS[provider].reports()[-1], "signature": {}} if provider == "mailgun" else []).encode()
    response = Client().post(hook(provider).path, body, content_type="application/json")
    assert response.status_code == 403
    assert not MessageEvent.objects.exists()


def test_a_signed_body_cannot_be_changed(hook: Any) -> None:
    for provider in ("mailersend", "mailtrap", "resend", "sendgrid"):
        one, payload = hook(provider), SENDERS[provider].reports()[1]
        headers = SENDERS[provider].headers(json.dumps(payload).encode(), payload)
        response = Client().post(one.path, json.dumps(payload) + " ", content_type="application/json", headers=headers)
        assert response.status_code == 403, provider


@of_reading
def test_an_old_signature_of_resends_is_refused(hook: Any, time_machine: Any) -> None:
    one, payload = hook("resend"), SENDERS["resend"].reports()[0]
    body = json.dumps(payload).encode()
    headers = SENDERS["resend"].headers(body, payload)
    time_machine.shift(301)
    response = Client().post(one.path, body, content_type="application/json", headers=headers)
    assert response.status_code == 403


@of_reading
def test_a_signature_of_mailguns_signs_nothing_once_it_is_a_day_old(hook: Any, time_machine: Any) -> None:
    one, payload = hook("mailgun"), SENDERS["mailgun"].payload("delivered", "<r>", "")
    time_machine.shift(24 * 3600 - 60)
    assert deliver(one, payload)["accepted"] == 1
    time_machine.shift(61)
    response = send(one, {**payload, "event-data": {**payload["event-data"], "event": "complained"}})
    assert (response.status_code, response.json()["code"]) == (403, "invalid_signature")


@of_reading
@pytest.mark.parametrize("provider", ["mailersend", "mailgun", "resend"])
def test_nothing_is_taken_before_the_signing_key_is_entered(workspace: Workspace, provider: str) -> None:
    one = create_webhook(workspace=workspace, provider=Provider(provider), by=None)
    response = send(one, SENDERS[provider].reports()[0])
    assert (response.status_code, response.json()["code"]) == (403, "missing_signing_key")


@pytest.mark.parametrize("provider", ["mailtrap", "sendgrid"])
def test_without_a_signing_key_a_password_does(workspace: Workspace, provider: str) -> None:
    one = create_webhook(workspace=workspace, provider=Provider(provider), by=None)
    assert deliver(one, SENDERS[provider].reports()[0])["accepted"] == 1
    response = send(one, SENDERS[provider].reports()[0], Authorization="Basic Y2FtcGFpZ25vczp3cm9uZw==")
    assert response.status_code == 401


@pytest.mark.parametrize("method", ["post", "head", "get", "put"])
def test_an_address_that_is_not_there_or_no_more_is_a_404(hook: Any, method: str, owner: User) -> None:
    one = hook("postmark")
    revoke_webhook(webhook=one, by=owner)
    unknown = ["/hooks/nothing/postmark/", one.path, one.path.replace("postmark", "brevo"), "/hooks/x/y", "/hooks/"]
    for path in unknown:
        response = getattr(Client(), method)(path)
        assert response.status_code == 404, path
        assert response["Content-Type"] == "application/json"


@of_reading
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options"])
def test_other_methods_are_refused(hook: Any, method: str) -> None:
    response = getattr(Client(), method)(hook("postmark").path)
    assert (response.status_code, response["Allow"]) == (405, "POST, HEAD")
    assert response.json()["code"] == "method_not_allowed"


@of_reading
def test_a_provider_that_looks_whether_somebody_is_there_is_answered(hook: Any) -> None:
    assert Client().head(hook("brevo").path).status_code == 200


def test_the_slash_at_the_end_may_be_missing(hook: Any) -> None:
    one = hook("postmark")
    assert Client().head(one.path.rstrip("/")).status_code == 200


def test_the_last_event_is_noted(hook: Any) -> None:
    one = hook("postmark")
    deliver(one, SENDERS["postmark"].reports()[0])
    one.refresh_from_db()
    assert one.last_event_at == NOW


def test_what_was_refused_is_kept_for_those_who_look_for_it(hook: Any) -> None:
    one, signed = hook("postmark"), hook("mailtrap")
    send(one, {}, Authorization="Basic Y2FtcGFpZ25vczp3cm9uZw==")
    send(one, None)
    send(signed, {"events": []}, **{"Mailtrap-Signature": "wrong"})
    Client().post(one.path, {}, content_type="application/json")
    remarks = IngestRemark.objects.order_by("code").values_list("source", "code")
    assert list(remarks) == [
        ("hooks/postmark", "invalid_body"),
        ("hooks/postmark", "invalid_password"),
        ("hooks/mailtrap", "invalid_signature"),
    ]


# Bodies that are no provider's

ODD_BODIES = [
    *(b"", b"{", b"null", b"42", b'"text"', b"true", b"[]", b"{}", b"[null]", b"[42]", b"[[]]", b"\xff\xfe", b"NaN"),
    *(b'{"event": null}', b'{"event-data": null, "signature": null}', b'{"type": [], "data": "x"}', b'{"msys": 1}'),
    *(b'[{"event": {}, "timestamp": "x"}]', b'{"Type": "Notification", "Message": "{}"}', b'{"events": {"a": 1}}'),
    b'{"Type": "Notification", "MessageId": "1", "Message": "[]"}',
    b'{"RecordType": "Bounce", "Metadata": [], "BouncedAt": 7}',
    b"[" * 5000,
]


@pytest.mark.long
@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_odd_body_is_a_4xx_or_counts_nothing(hook: Any, provider: str) -> None:
    one = hook(provider)
    for body in ODD_BODIES:
        try:
            payload = json.loads(body)
        except (ValueError, RecursionError):
            payload = None

        response = send(one, payload, body=body)

        assert response.status_code in (200, 400, 401, 403), body
        assert response.json()["success"] is (response.status_code == 200)
    assert not MessageEvent.objects.exists()


@pytest.mark.parametrize("body", [b"null", b"42", b"{", b""])
@pytest.mark.parametrize("provider", ["brevo", "mailjet", "postmark", "sendgrid", "sparkpost"])
def test_what_no_provider_sends_is_told_as_such(hook: Any, provider: str, body: bytes) -> None:
    response = send(hook(provider), None, body=body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_body")


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.long
@pytest.mark.django_db
@examples(10, times=10)
@given(provider=st.sampled_from(PROVIDERS), what=st.sampled_from(FULL_LIFE), data=st.data())
def test_a_field_that_a_report_can_do_without_costs_no_report_whatever_stands_there(
    provider: str, what: str, data: st.DataObject
) -> None:
    sender = SENDERS[provider]
    payload, without = (sender.payload(what, sender.refs[0], "") for _ in range(2))
    places = list(_places(payload))
    if not places:
        return
    number = data.draw(st.integers(0, len(places) - 1))
    holder, key = places[number]
    holder[key] = data.draw(odd)
    holder, key = list(_places(without))[number]
    del holder[key]
    response, plain = (
        send(hook_of(Workspace.objects.create(name="W", slug=f"hooks-{next(numbers)}"), provider), each)
        for each in (payload, without)
    )

    assert response.status_code in (200, 400, 401, 403), response.content
    if plain.status_code == 200 and plain.json()["accepted"]:
        assert response.status_code == 200 or (provider, key) in SIGNED_BY
        assert response.status_code != 200 or response.json()["accepted"], (provider, what, key, response.json())


SIGNED_BY = {("mailgun", "signature"), ("mailgun", "token"), ("mailgun", "timestamp")}
ODD_REPORTS = [
    *(b"null", b"42", b"[]", b"{}", b'{"event": {}}', b'{"event": "open", "sg_message_id": "r", "email": NaN}'),
    *(b'{"event": "open", "timestamp": "soon", "sg_message_id": "r1"}', b'{"event": null}', b'{"event": "\xff"}'),
    *(b"9" * 5000, b"[" * 3000 + b"]" * 3000, b'{"event": "open", "timestamp": ' + b"9" * 5000 + b"}"),
]


@pytest.mark.parametrize("body", ODD_REPORTS, ids=lambda body: body[:40])
def test_an_odd_report_costs_no_other(hook: Any, body: bytes) -> None:
    one, two = (
        json.dumps(*SENDERS["sendgrid"].payload("opened", ref, "")).encode() for ref in ("14c5d75ce93.one", "two")
    )

    answer = send(hook("sendgrid"), None, body=b"[" + b",".join([one, body, two]) + b"]").json()

    assert {"14c5d75ce93.one", "two"} <= set(MessageEvent.objects.values_list("message_ref", flat=True))
    assert answer["accepted"] + len(answer["rejected"]) == 3
    assert {remark["index"] for remark in answer["rejected"]} <= {1}


@pytest.mark.parametrize(
    ("provider", "wrap"),
    [
        ("mailjet", lambda reports: reports),
        ("sparkpost", lambda reports: [{"msys": {"message_event": each}} for each in reports]),
        ("mailtrap", lambda reports: {"events": reports}),
    ],
)
def test_each_provider_that_sends_many_loses_only_what_is_odd(hook: Any, provider: str, wrap: Any) -> None:
    good = SENDERS[provider].payload("bounced", SENDERS[provider].refs[0], "")
    reports = {"mailtrap": lambda: good["events"], "sparkpost": lambda: [*good[0]["msys"].values()]}.get(
        provider, lambda: good if isinstance(good, list) else [good]
    )()

    answer = deliver(hook(provider), wrap([7, *reports, 42]))

    assert (answer["accepted"], [remark["index"] for remark in answer["rejected"]]) == (1, [0, 2])
    assert {remark["code"] for remark in answer["rejected"]} == {"invalid_report"}
    assert IngestRemark.objects.get().count == 2


@of_reading
@pytest.mark.parametrize("report", [{"event": "open"}, 7])
def test_more_reports_than_providers_send_at_once_are_refused(hook: Any, report: Any) -> None:
    response = send(hook("sendgrid"), [report] * (MAX_REPORTS + 1))
    assert (response.status_code, response.json()["code"]) == (413, "too_many_reports")
    assert "more than 20,000 reports" in response.json()["message"]


@of_reading
@pytest.mark.parametrize("depth", [1, 60])
def test_a_large_report_is_not_read_again_without_each_of_its_fields(hook: Any, monkeypatch: Any, depth: int) -> None:
    """It took minutes, or more memory than there is."""
    read = []
    items_of = _Reading._items_of
    monkeypatch.setattr(_Reading, "_items_of", lambda *args: read.append(len(json.dumps(args[1]))) or items_of(*args))
    fields: dict[str, Any] = {f"field{number}": number for number in range(50_000)}
    for _ in range(depth):
        fields = {"within": fields}

    response = send(hook("mailjet"), [{"event": "open", "time": "noon", "MessageID": {"a": 1}, "Payload": fields}] * 2)

    assert response.status_code == 400
    assert sum(read) < 2 * MAX_TRIED_BYTES


def test_a_field_that_is_left_out_is_named(hook: Any) -> None:
    (event,) = SENDERS["sendgrid"].payload("opened", "r", "")

    answer = deliver(hook("sendgrid"), [{**event, "timestamp": {"at": "noon"}}])

    assert (answer["accepted"], answer["rejected"]) == (1, [])
    assert [(remark["index"], remark["message"]) for remark in answer["warnings"]] == [
        (0, "timestamp cannot be read. It is left out.")
    ]
    assert MessageEvent.objects.get().occurred_at == NOW


def test_a_time_that_is_no_number_is_told_too(hook: Any) -> None:
    (event,) = SENDERS["sendgrid"].payload("opened", "r", "")
    body = json.dumps([event]).replace(str(event["timestamp"]), "NaN").encode()

    answer = send(hook("sendgrid"), None, body=body).json()

    assert (answer["accepted"], [remark["code"] for remark in answer["warnings"]]) == (1, ["invalid_at"])
    assert MessageEvent.objects.get().occurred_at == NOW


TIMES = {
    "amazon_ses": ["Timestamp"],
    "brevo": ["ts_epoch"],
    "mailersend": ["created_at"],
    "mailgun": ["timestamp"],
    "mailjet": ["time"],
    "mailtrap": ["timestamp"],
    "postmark": ["ReceivedAt"],
    "resend": ["timestamp", "created_at"],
    "sendgrid": ["timestamp"],
    "sparkpost": ["timestamp"],
}
"""What each provider calls when it was opened."""


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_report_with_a_time_that_cannot_be_read_counts_as_of_its_receipt_and_says_so(
    hook: Any, provider: str
) -> None:
    sender = SENDERS[provider]
    payload = sender.payload("opened", sender.refs[0], "")
    for holder, key in list(_places(payload)):
        if key in TIMES[provider] and (provider, key, type(holder.get(key))) != ("mailgun", "timestamp", str):
            holder[key] = "soon"

    answer = deliver(hook(provider), payload)

    assert (answer["accepted"], answer["rejected"]) == (1, [])
    assert len(answer["warnings"]) == 1, answer["warnings"]
    assert MessageEvent.objects.get().occurred_at == NOW


@pytest.mark.parametrize(
    ("provider", "place"),
    [
        ("mailgun", ("event-data", "client-info")),
        ("mailgun", ("event-data", "user-variables")),
        ("postmark", ("Metadata",)),
        ("resend", ("data", "open")),
        ("mailersend", ("data", "morph")),
    ],
)
def test_null_for_an_object_is_an_empty_one(hook: Any, provider: str, place: tuple[str, ...]) -> None:
    payload = SENDERS[provider].payload("opened", SENDERS[provider].refs[0], "")
    holder = payload
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = None

    assert deliver(hook(provider), payload)["accepted"] == 1


def test_an_instant_before_1970_or_far_ahead_is_that_of_receipt(hook: Any) -> None:
    (event,) = SENDERS["sendgrid"].payload("opened", "r", "")
    reports = [{**event, "sg_event_id": str(at), "timestamp": at} for at in (-5, 4_000_000_000)]

    answer = deliver(hook("sendgrid"), reports)

    assert answer["accepted"] == 2
    assert {remark["code"] for remark in answer["warnings"]} == {"too_old", "future_time"}
    assert set(MessageEvent.objects.values_list("occurred_at", flat=True)) == {NOW}


def _places(value: Any) -> Any:
    """Each place in a payload where something else might stand."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from _places(inner)


@of_reading
def test_a_body_that_is_too_large_is_refused(hook: Any, settings: Any) -> None:
    settings.MAX_BODY_BYTES = 1000
    response = send(hook("sendgrid"), [{"event": "x" * 2000}])
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


@of_reading
@pytest.mark.parametrize("provider", PROVIDERS)
def test_where_https_is_required_plain_http_is_refused_and_not_led_elsewhere(
    hook: Any, settings: Any, provider: str
) -> None:
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True

    response = send(hook(provider), SENDERS[provider].reports()[0])

    assert (response.status_code, response.json()["code"]) == (403, "https_required")


# Amazon


def confirmation(url: str) -> dict[str, str]:
    return {"Type": "SubscriptionConfirmation", "MessageId": "1", "TopicArn": "arn", "Token": "t", "SubscribeURL": url}


def test_amazons_question_is_kept_to_be_answered_by_a_person(hook: Any) -> None:
    one = hook("amazon_ses")
    url = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn&Token=t"
    assert deliver(one, confirmation(url))["accepted"] == 0
    one.refresh_from_db()
    assert one.confirmation_url == url


@of_reading
@pytest.mark.parametrize(
    "url",
    ["https://evil.example/?sns.eu.amazonaws.com", "http://sns.eu-west-1.amazonaws.com/", "https://sns.x.evil.com/"],
)
def test_a_question_that_is_not_amazons_is_not_kept(hook: Any, url: str) -> None:
    one = hook("amazon_ses")
    deliver(one, confirmation(url))
    one.refresh_from_db()
    assert one.confirmation_url == ""


def test_the_question_is_forgotten_when_amazon_reports(hook: Any) -> None:
    one = hook("amazon_ses")
    deliver(one, confirmation("https://sns.eu-central-1.amazonaws.com/?Token=t"))
    deliver(one, SENDERS["amazon_ses"].reports()[0])
    one.refresh_from_db()
    assert one.confirmation_url == ""


def test_amazons_first_notice_is_no_error(hook: Any) -> None:
    notice = "Successfully validated SNS topic for Amazon SES event publishing."
    assert deliver(hook("amazon_ses"), {"Type": "Notification", "MessageId": "1", "Message": notice})["accepted"] == 0


def test_a_message_to_several_people_counts_once(hook: Any, workspace: Workspace) -> None:
    sender = SENDERS["amazon_ses"]
    make_messages(workspace, sender)
    payload = sender.payload("opened", sender.refs[0], "")
    message = json.loads(payload["Message"])
    message["mail"]["destination"] = [EMAIL, "bob@example.com"]
    deliver(hook("amazon_ses"), {**payload, "Message": json.dumps(message)})
    assert Message.objects.get(external_id="our-ada").human_opened_at == at("opened")
