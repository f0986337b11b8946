"""What came by a key for web pages since an instant is dropped as a whole, and nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from analytics import ingest
from analytics.ingest.removal import key_drops
from analytics.ingest.removal.key_drops import DroppedRows, SentByKey, drop_sent
from analytics.ingest.senders import BROWSER, TRUSTED, WRITE_KEY, Sender
from analytics.ledger.rebuild import Difference, verify
from analytics.models import Contact, Event, Identity, Join, UtmTriple
from tests.analytics.ingest import stored
from tests.analytics.ingest.people.test_any_order import world
from tests.conftest import NOW, post_json
from tests.examples import examples
from workspaces.changes import create_key, create_workspace
from workspaces.models import AuditEvent, Key, KeyKind, User, Workspace

AT = "2026-03-20T10:00:00Z"
ATTACK = NOW + timedelta(hours=1)


@pytest.fixture
def key(browser_key: str) -> Key:
    return Key.objects.get(allows_browsers=True)


@pytest.fixture
def page(browser_key: str) -> Callable[..., dict[str, Any]]:
    def send(*calls: dict[str, Any]) -> dict[str, Any]:
        answer = post_json(Client(), "/v1/batch", {"batch": calls, "writeKey": browser_key}, Origin="https://x.example")
        return answer.json()  # type: ignore[no-any-return]

    return send


def seen(number: int, **ids: Any) -> dict[str, Any]:
    utm = {"campaign": {"source": f"s{number % 3}"}}
    return {"type": "track", "event": "seen", "messageId": f"p{number}", "timestamp": AT, "context": utm, **ids}


@pytest.fixture
def attacked(page: Any, bulk: Any, track: Any, report: Any, time_machine: Any) -> list[Any]:
    """What the reports said before somebody sent by the key that stands in pages, beside servers and real visitors."""
    time_machine.move_to(NOW, tick=False)
    bulk("contacts", [{"externalId": "ada", "email": "ada@example.com", "signedUpAt": AT}, {"externalId": "bob"}])
    track({"type": "track", "event": "seen", "userId": "bob", "messageId": "s1", "timestamp": AT})
    page(seen(0, anonymousId="visitor"), seen(1, userId="eve"))
    page({"type": "identify", "userId": "eve", "traits": {"plan": "pro"}, "messageId": "i1"})
    before = told(report)

    time_machine.move_to(ATTACK, tick=False)
    page(*(seen(10 + number, anonymousId=f"junk{number}", event=f"e{number % 3}") for number in range(20)))
    page(*(seen(40 + number, userId=f"fake{number}") for number in range(10)))
    page(seen(60, userId="bob", anonymousId="junk-of-bob"), seen(61, anonymousId="visitor"))
    said = {"name": "Mallory", "email": "mallory@example.com", "createdAt": "2020-01-01T00:00:00Z"}
    page(
        *({"type": "identify", "userId": id, "traits": said, "messageId": f"x-{id}"} for id in ("bob", "fake1", "new"))
    )
    page({"type": "identify", "userId": "ada", "traits": said, "messageId": "x-ada"})
    return before


def told(report: Any) -> list[Any]:
    paths = ("", "/timeseries", "/attribution", "/cohorts")
    return [{**report(path), "meta": None} for path in paths] + [report("/funnel", steps="seen").get("steps")]


def differences(workspace: Workspace) -> list[Any]:
    return [found for found in verify(workspace) if isinstance(found, Difference)]


def sent(workspace: Workspace, key: Key, since: datetime = ATTACK) -> SentByKey:
    return SentByKey(workspace, key, since, until=ATTACK)


@pytest.mark.long
def test_what_came_since_is_dropped_as_if_it_had_never_come(
    attacked: list[Any], workspace: Workspace, key: Key, report: Any
) -> None:
    assert told(report) != attacked
    dropped = sum(drop_sent(sent(workspace, key), by=None), DroppedRows())

    assert told(report) == attacked
    assert differences(workspace) == []
    assert set(Event.objects.values_list("message_id", flat=True)) == {"s1", "p0", "p1"}
    assert stored.contacts(workspace) == {"ada", "bob", "eve"}
    assert not Identity.objects.filter(value__startswith="junk").exists()
    assert not Identity.objects.filter(value__startswith="fake").exists()
    assert stored.device(workspace, "visitor")
    ada, bob, eve = (Contact.objects.get(external_id=id) for id in ("ada", "bob", "eve"))
    assert (ada.name, ada.email) == ("", "ada@example.com")
    assert (bob.name, bob.email, bob.attributes, bob.signup_is_stated) == ("", "", {}, False)
    assert bob.signed_up_at == datetime(2026, 3, 20, 10, tzinfo=UTC)
    assert eve.attributes == {"plan": "pro"}, "it said so before"
    assert (dropped.events, dropped.contacts) == (32, 11)
    assert set(UtmTriple.objects.values_list("source", flat=True)) == {"s0", "s1"}
    line = AuditEvent.objects.latest("id")
    assert (line.action, line.target, line.after) == (
        "key_data_dropped",
        key.api_id,
        {"since": ATTACK.isoformat(timespec="seconds")},
    )


@pytest.mark.long
def test_a_drop_that_is_broken_off_goes_on_where_it_was(
    attacked: list[Any], workspace: Workspace, key: Key, report: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_drops, "EVENTS_DROPPED", 7)
    monkeypatch.setattr(key_drops, "CONTACTS_DROPPED", 3)
    steps = 0
    while True:
        running = drop_sent(sent(workspace, key), by=None)
        if next(running, None) is None:
            break
        running.close()
        steps += 1
        assert differences(workspace) == []
    assert steps > 7
    assert told(report) == attacked


@pytest.mark.long
def test_contacts_whom_others_know_stay(attacked: list[Any], workspace: Workspace, key: Key, bulk: Any) -> None:
    bulk("contacts", [{"externalId": "fake2", "name": "Real after all"}])
    bulk("campaigns", [{"externalId": "c", "name": "C"}])
    bulk("enrollments", [{"campaign": "c", "contact": "fake3"}])
    bulk("messages", [{"externalId": "m", "campaign": "c", "contact": "fake4", "channel": "SMS"}])
    bulk("events", [{"type": "x", "occurredAt": AT, "contact": "fake5", "messageId": "x5"}])
    list(drop_sent(sent(workspace, key), by=None))
    assert stored.contacts(workspace) == {"ada", "bob", "eve", "fake2", "fake3", "fake4", "fake5"}
    assert differences(workspace) == []


@pytest.mark.long
def test_what_others_sent_and_other_keys_stays(attacked: list[Any], workspace: Workspace, key: Key) -> None:
    other = Key.objects.filter(allows_browsers=False)[0]
    assert sum(drop_sent(sent(workspace, other), by=None), DroppedRows()) == DroppedRows()
    assert sent(workspace, key, ATTACK + timedelta(seconds=1)).count() == DroppedRows()
    assert Event.objects.count() == 35


@pytest.mark.long
def test_the_page_shows_what_would_go_and_drops_it_once_the_keys_beginning_is_typed(
    attacked: list[Any], api: Client, viewer_client: Client, workspace: Workspace, key: Key
) -> None:
    page = f"/w/{workspace.slug}/settings/keys/{key.pk}/drop/"
    assert page in api.get(f"/w/{workspace.slug}/settings/keys/").text
    since = "2026-03-31T15:00"
    shown = api.get(page, {"since": since}).text
    assert "32 events" in shown
    assert "11 contacts" in shown
    assert "0 joins of devices and contacts" in shown
    assert api.post(page, {"since": since, "confirm": "wk_x"}).status_code == 400
    assert viewer_client.get(page).status_code == 403
    assert Event.objects.count() == 35
    assert api.post(page, {"since": since, "confirm": key.prefix}).status_code == 302
    assert Event.objects.count() == 3
    assert api.get(page, {"since": "yesterday"}).status_code == 400
    other = Key.objects.filter(allows_browsers=False)[0]
    assert api.get(f"/w/{workspace.slug}/settings/keys/{other.pk}/drop/").status_code == 404


@pytest.mark.long
def test_the_api_drops_and_says_whether_that_was_all(
    attacked: list[Any], api: Client, workspace: Workspace, key: Key, secret_key: str
) -> None:
    url = f"/api/workspaces/{workspace.api_id}/keys/{key.api_id}/drop"
    answer = post_json(api, url, {"since": ATTACK.isoformat()})
    assert answer.json() == {"events": 32, "contacts": 11, "joins": 0, "fields": 10, "isDone": True}
    assert post_json(api, url, {"since": "soon"}).status_code == 400
    assert post_json(api, url, {}).status_code == 400
    assert post_json(Client(), url, {}, Authorization=f"Bearer {secret_key}").status_code == 403
    elsewhere = f"/api/workspaces/{workspace.api_id}/keys/key_999/drop"
    assert post_json(api, elsewhere, {"since": AT}).status_code == 404


@pytest.mark.long
def test_the_command_drops_all_of_it(attacked: list[Any], workspace: Workspace, key: Key, capsys: Any) -> None:
    call_command("drop", key.api_id, "--since", ATTACK.isoformat())
    assert "32 events, 11 contacts" in capsys.readouterr().out
    assert Event.objects.count() == 3
    for bad in (["key_999", "--since", AT], [key.api_id, "--since", "soon"]):
        with pytest.raises(CommandError):
            call_command("drop", *bad)


USERS, DEVICES = ("u1", "u2", "u3"), ("d1", "d2", "d3")
VALUES = st.sampled_from([None, "x", "y"])
STATED = st.sampled_from(["2001-01-01T00:00:00Z", "2026-03-30T23:00:00Z", "2026-03-31T08:00:00Z"])
users, devices = st.sampled_from(USERS), st.sampled_from(DEVICES)
traits = st.fixed_dictionaries({}, optional={"email": VALUES, "plan": VALUES, "name": VALUES, "createdAt": STATED})
numbers = count()


def call(type: str, **parts: Any) -> st.SearchStrategy[dict[str, Any]]:
    """With an instant, and an id of its own."""
    stated = {"type": st.just(type), "timestamp": STATED, "messageId": st.builds(lambda: f"n{next(numbers)}")}
    return st.fixed_dictionaries({**stated, **parts})


did = {"event": st.sampled_from(["seen", "purchase"])}
calls = st.one_of(
    call("identify", userId=users, traits=traits),
    call("identify", userId=users, anonymousId=devices, traits=traits),
    call("identify", userId=users, **{"$set_once": traits}),
    call("track", userId=users, **did),
    call("track", anonymousId=devices, **did),
    call("track", userId=users, anonymousId=devices, **did),
    call("alias", userId=users, previousId=st.sampled_from(USERS + DEVICES)),
)
distinct = {"names_provisionally": True}
PAGE = "by the key for web pages"
batches = st.lists(
    st.tuples(st.sampled_from([TRUSTED, WRITE_KEY, replace(WRITE_KEY, **distinct), PAGE]), st.lists(calls, max_size=3)),
    max_size=4,
)
attacks = st.lists(st.tuples(st.booleans(), st.lists(calls, min_size=1, max_size=4)), min_size=1, max_size=3)


def shown(client: Client, workspace: Workspace) -> dict[str, Any]:
    """Everything that is known of people, and what reports say."""

    def report(path: str = "", **query: Any) -> dict[str, Any]:
        return client.get(f"/api/workspaces/{workspace.api_id}/analytics{path}", query).json()  # type: ignore[no-any-return]

    provisional = Contact.objects.filter(workspace=workspace, is_provisional=True)
    joins = Join.objects.filter(workspace=workspace).values_list("gone", "kept")
    return {
        **world(workspace),
        "provisional": {*provisional.values_list("external_id", flat=True)},
        "joins": {*joins},
        "reports": told(report),
    }


@pytest.mark.long
@pytest.mark.usefixtures("now")
@examples(13)
@given(history=batches, attack=attacks)
def test_contacts_and_reports_are_as_if_nothing_had_come_by_the_key(
    api: Client, owner: User, history: list[tuple[Any, list[Any]]], attack: list[tuple[bool, list[Any]]]
) -> None:
    workspace = create_workspace(name="W", time_zone="UTC", by=owner)
    key = create_key(workspace=workspace, kind=KeyKind.WRITE, name="pages", by=owner, allows_browsers=True)[0]
    page = replace(BROWSER, browser_key=key.pk)

    def take(sender: Sender, sent: Sequence[dict[str, Any]], received_at: datetime) -> None:
        ingest.take_calls(workspace, sent, received_at=received_at, sender=sender)

    ingest.take_contacts(workspace, [{"externalId": "u1", "email": "u1@x.example"}], received_at=NOW)
    for sender, sent in history:
        take(page if sender is PAGE else sender, sent, NOW)
    before = shown(api, workspace)
    for is_provisional, sent in attack:
        take(replace(page, **distinct) if is_provisional else page, sent, ATTACK)
    list(drop_sent(SentByKey(workspace, key, ATTACK, until=ATTACK), by=None))

    assert shown(api, workspace) == before
    assert differences(workspace) == []
