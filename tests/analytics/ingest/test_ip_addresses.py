"""The address that somebody has in the network comes by every way in, and is kept nowhere."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from analytics.ingest.ip_addresses import IP_NAMES, struck_out_ips
from analytics.models import Contact, Event, IngestRemark
from analytics.providers import Provider
from tests.analytics.ingest import stored
from tests.analytics.intake.provider_payloads import sendgrid
from tests.conftest import post_json
from workspaces.changes import create_webhook
from workspaces.models import Workspace

pytestmark = pytest.mark.usefixtures("now")

IP = "203.0.113.77"
WHO = {"userId": "ada", "timestamp": "2026-03-20T10:00:00Z"}
ALL = dict.fromkeys(IP_NAMES, IP)
NESTED = {**ALL, "kept": [{"ip": [IP], "zip": "10115"}]}


@pytest.fixture
def send(write_key: str) -> Callable[..., Any]:
    """As a client behind that address."""

    def post(path: str, body: object) -> Any:
        client = Client(REMOTE_ADDR=IP, HTTP_X_FORWARDED_FOR=IP)
        return post_json(client, path, body, Authorization=f"Bearer {write_key}")

    return post


def assert_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    assert stored.columns_with(IP) == set()
    assert IP not in caplog.text


def test_calls_of_sdks_are_kept_without_them(send: Any, caplog: pytest.LogCaptureFixture) -> None:
    calls = [
        {"type": "track", "event": "a", "context": {**NESTED, "userAgent": "x"}, "properties": NESTED, **WHO},
        {"type": "identify", "traits": NESTED, "context": {"traits": ALL}, "ip": IP, "request_ip": IP, **WHO},
        {"type": "page", "properties": ALL, "context": ALL, **WHO},
    ]
    assert send("/v1/batch", {"batch": calls}).json()["accepted"] == 3

    assert_not_kept(caplog)
    assert Event.objects.get(type="a").context == {"kept": [{"zip": "10115"}], "userAgent": "x"}
    assert Contact.objects.get().attributes == {"kept": [{"zip": "10115"}]}


def test_what_is_remarked_on_is_kept_without_them(send: Any, caplog: pytest.LogCaptureFixture) -> None:
    good = {"type": "track", "event": "a", "messageId": "m", "context": NESTED, **WHO}
    send("/v1/batch", {"batch": [good]})
    send("/v1/batch", {"batch": [good, {**good, "event": "", "messageId": "n"}, [NESTED]]})
    send("/v1/track", [good])
    client = Client()
    client.generic("POST", "/v1/track", json.dumps(good)[:-5] + "}}", headers={"Authorization": "Bearer wrong"})

    assert IngestRemark.objects.count() == 4
    assert_not_kept(caplog)
    assert all(json.loads(sample)["context"]["ip"] == "…" for sample in samples("duplicate", "missing_event"))


def samples(*codes: str) -> list[str]:
    return list(IngestRemark.objects.filter(code__in=codes).values_list("sample", flat=True))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ('{"ip":"1.2.3.4","zip":"1"}', '{"ip":"…","zip":"1"}'),
        ('{"$ip" : "::1", "a": 1}', '{"$ip" : "…", "a": 1}'),
        ('{"ip":["1.2.3.4","::1"]}', '{"ip":"…"}'),
        ('{"ip":"1.2.3', '{"ip":"…"'),
        ('{"ip":["1.2.3.4"', '{"ip":"…"'),
        ('{"ship":"1.2.3.4","ip":null}', '{"ship":"1.2.3.4","ip":null}'),
    ],
)
def test_they_are_struck_out_of_texts_even_if_cut_off(said: str, kept: str) -> None:
    assert struck_out_ips(said) == kept


def test_posthogs_events_are_kept_without_them(send: Any, write_key: str, caplog: pytest.LogCaptureFixture) -> None:
    properties = {"$ip": IP, "$set": {"$ip": IP, "plan": "pro"}, "$set_once": {"ip": IP}}
    event = {"event": "a", "distinct_id": "ada", "properties": properties}
    assert send("/batch/", {"api_key": write_key, "batch": [event]}).json()["accepted"] == 1

    assert_not_kept(caplog)
    assert Contact.objects.get().attributes == {"plan": "pro"}


def test_the_bulk_api_keeps_none(bulk: Any, caplog: pytest.LogCaptureFixture) -> None:
    bulk("contacts", [{"externalId": "ada", "attributes": NESTED}, {"externalId": "", "ip": IP}])
    bulk("events", [{"type": "a", "occurredAt": WHO["timestamp"], "contact": "ada", "properties": NESTED, "utm": ALL}])

    assert_not_kept(caplog)
    assert Event.objects.count() == 1


@pytest.mark.long
@pytest.mark.parametrize("ref", ["known", "unknown"])
def test_webhooks_keep_none(workspace: Workspace, bulk: Any, ref: str, caplog: pytest.LogCaptureFixture) -> None:
    bulk("contacts", [{"externalId": "ada"}])
    bulk("campaigns", [{"externalId": "c", "name": "C"}])
    message = {"externalId": "m", "campaign": "c", "contact": "ada", "channel": "EMAIL", "providerMessageId": "known"}
    bulk("messages", [message])
    hook = create_webhook(workspace=workspace, provider=Provider.SENDGRID, by=None)
    [event] = sendgrid("opened", ref, "")
    password = b64encode(f"{hook.USER_NAME}:{hook.password}".encode()).decode()
    client = Client(REMOTE_ADDR=IP, HTTP_X_FORWARDED_FOR=IP)
    for body in ([event | {"ip": IP}], [event | {"ip": IP}], {"ip": IP}, [{**event, "ip": IP, "timestamp": "x"}]):
        post_json(client, hook.path, body, Authorization=f"Basic {password}")

    assert_not_kept(caplog)
