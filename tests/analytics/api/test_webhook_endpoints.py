"""Outgoing webhooks over the API: as the settings have them, and what was sent."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from analytics.endpoints import MOST_ENDPOINTS
from analytics.models import Delivery, DeliveryState, OutgoingEvent, WebhookEndpoint
from analytics.outbox import mail, tell_endpoints
from tests.conftest import post_json
from workspaces.changes import create_workspace
from workspaces.models import AuditEvent
from workspaces.scope import scope

pytestmark = pytest.mark.usefixtures("now")

BODY = {"url": "https://hooks.example.com/acme", "events": ["alert.opened", "message.bounced"]}


@pytest.fixture
def url(workspace):
    return f"/api/workspaces/{workspace.api_id}/webhook-endpoints"


@pytest.fixture
def sent(workspace):
    return f"/api/workspaces/{workspace.api_id}/webhook-deliveries"


def patch(client, path, body, **options):
    return client.patch(path, json.dumps(body), content_type="application/json", **options)


def test_one_is_made_shown_switched_and_deleted(api, url):
    made = post_json(api, url, BODY)
    assert made.status_code == 201, made.content
    record = made.json()
    secret = record.pop("secret")
    assert record == {
        "id": record["id"],
        **BODY,
        "isOn": True,
        "disabledAt": None,
        "createdAt": "2026-03-31T12:00:00Z",
        "createdBy": "owner@example.com",
    }
    assert WebhookEndpoint.objects.get().secret == secret
    path = f"{url}/{record['id']}"
    assert api.get(url).json() == {"results": [record], "next": None}
    off = patch(api, path, {"isOn": False})
    assert off.json() == {**record, "isOn": False, "disabledAt": "2026-03-31T12:00:00Z"}
    assert patch(api, path, {"isOn": True}, headers={"If-Match": '"seen before"'}).status_code == 412
    assert patch(api, path, {"isOn": True}, headers={"If-Match": off["ETag"]}).json() == record
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    events = AuditEvent.objects.filter(target=record["id"]).order_by("pk")
    assert [event.action for event in events] == ["endpoint_added", *["endpoint_changed"] * 2, "endpoint_deleted"]
    assert secret not in json.dumps([[event.before, event.after] for event in events])


def test_its_secret_stands_in_the_first_answer_alone(api, url):
    first = post_json(api, url, BODY, **{"Idempotency-Key": "once"}).json()
    again = post_json(api, url, BODY, **{"Idempotency-Key": "once"})
    assert (again.status_code, again.json()) == (201, {**first, "secret": None})
    assert first["secret"].startswith("whsec_")
    answers = [api.get(url).content, api.get(f"{url}/{first['id']}").content, *api.get(f"{url}.csv")]
    assert b"whsec_" not in b"".join(answers)
    assert WebhookEndpoint.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "field", "problem"),
    [
        ({"url": "http://hooks.example.com/"}, "url", "The address begins with https://."),
        ({"url": "https://127.0.0.1/"}, "url", "This address is not public."),
        ({"url": "https://user@hooks.example.com/"}, "url", "without a user"),
        ({"url": ""}, "url", "blank"),
        ({"events": []}, "events", "empty"),
        ({"events": ["other"]}, "events", "other"),
        ({"secret": "mine"}, "secret", ""),
    ],
)
def test_what_no_endpoint_can_be_is_refused(api, url, changed, field, problem):
    refused = post_json(api, url, {**BODY, **changed})
    assert (refused.status_code, [*refused.json()["fields"]]) == (400, [field])
    assert problem in refused.text
    assert not WebhookEndpoint.objects.exists()


def test_a_workspace_has_only_so_many(api, url, workspace):
    full = [WebhookEndpoint(workspace=workspace, url=BODY["url"], events=[]) for _ in range(MOST_ENDPOINTS)]
    WebhookEndpoint.objects.bulk_create(full)
    refused = post_json(api, url, BODY)
    assert (refused.status_code, "delete one first" in refused.json()["message"]) == (409, True)


def test_what_was_sent_is_listed_and_sent_again_under_the_same_id(api, url, sent, workspace, now):
    endpoint = post_json(api, url, BODY).json()["id"]
    tell_endpoints(workspace.pk, OutgoingEvent.ALERT_OPENED, "a", {"alert": "alr_1"}, at=now)
    mail(workspace.pk, "owner@example.com", "email.scheduled", "b", {}, at=now)
    waiting = {
        "id": Delivery.objects.get(email="").api_id,
        "endpoint": endpoint,
        "event": "alert.opened",
        "state": "waiting",
        "body": {"type": "alert.opened", "timestamp": "2026-03-31T12:00:00+00:00", "data": {"alert": "alr_1"}},
        "attempts": [],
        "madeAt": "2026-03-31T12:00:00Z",
        "nextAt": "2026-03-31T12:00:00Z",
        "endedAt": None,
    }
    assert api.get(sent).json() == {"results": [waiting], "next": None}, "emails are none of them"
    again = f"{sent}/{waiting['id']}/resend"
    assert api.post(again).json()["message"] == "It waits to be sent already."
    tried = {"at": "2026-03-31T12:00:02+00:00", "status": 500, "problem": ""}
    ended = {"state": DeliveryState.FAILED, "attempts": [tried], "ended_at": now + timedelta(days=3)}
    Delivery.objects.filter(email="").update(**ended)
    failed = api.get(f"{sent}/{waiting['id']}").json()
    assert failed == {
        **waiting,
        "state": "failed",
        "attempts": [{**tried, "at": "2026-03-31T12:00:02Z"}],
        "nextAt": None,
        "endedAt": "2026-04-03T12:00:00Z",
    }
    resent = api.post(again)
    assert (resent.status_code, resent.json()) == (200, {**waiting, "attempts": failed["attempts"]})
    assert Delivery.objects.filter(state=DeliveryState.WAITING, endpoint__isnull=False).count() == 1


def test_nothing_is_sent_again_to_one_that_is_off(api, url, sent, workspace, now):
    endpoint = post_json(api, url, BODY).json()["id"]
    tell_endpoints(workspace.pk, OutgoingEvent.ALERT_OPENED, "a", {}, at=now)
    Delivery.objects.update(state=DeliveryState.FAILED, ended_at=now)
    patch(api, f"{url}/{endpoint}", {"isOn": False})
    refused = api.post(f"{sent}/{Delivery.objects.get().api_id}/resend")
    assert (refused.status_code, "switch it on first" in refused.json()["message"]) == (409, True)
    assert Delivery.objects.get().state == DeliveryState.FAILED


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["b", "a"]),
        ({"ordering": "madeAt"}, ["a", "b"]),
        ({"event": "alert.opened"}, ["a"]),
        ({"event": "alert.opened,message.bounced"}, ["b", "a"]),
        ({"state": "delivered"}, ["a"]),
        ({"state": "failed"}, []),
        ({"endpoint": "end_999999"}, []),
    ],
)
def test_deliveries_are_found_by_what_they_are(api, url, sent, workspace, now, query, found):
    post_json(api, url, BODY)
    tell_endpoints(workspace.pk, OutgoingEvent.ALERT_OPENED, "a", {}, at=now - timedelta(hours=1))
    tell_endpoints(workspace.pk, OutgoingEvent.MESSAGE_BOUNCED, "b", {}, at=now)
    Delivery.objects.filter(event="alert.opened").update(state=DeliveryState.DELIVERED)
    names = {each.api_id: each.key[0] for each in Delivery.objects.all()}
    assert [names[row["id"]] for row in api.get(sent, query).json()["results"]] == found


def test_a_page_of_deliveries_takes_as_many_queries_as_one_does(
    api, url, sent, workspace, now, django_assert_num_queries
):
    def tell(count):
        for number in range(count):
            tell_endpoints(workspace.pk, OutgoingEvent.ALERT_OPENED, f"{count}-{number}", {}, at=now)

    post_json(api, url, BODY)
    tell(1)
    with django_assert_num_queries(10, exact=False) as few:
        api.get(sent)
    tell(5)
    with django_assert_num_queries(len(few)):
        assert len(api.get(sent).json()["results"]) == 6


def test_those_of_others_are_not_there(api, url, sent, workspace, owner, now):
    other = create_workspace(name="Other", by=owner)
    with scope(other):
        theirs = WebhookEndpoint.objects.create(workspace=other, url=BODY["url"], events=["alert.opened"])
        tell_endpoints(other.pk, OutgoingEvent.ALERT_OPENED, "a", {}, at=now)
        delivery = Delivery.objects.get(workspace=other)
    assert api.get(url).json()["results"] == api.get(sent).json()["results"] == []
    assert api.get(sent, {"endpoint": theirs.api_id}).json()["results"] == []
    assert patch(api, f"{url}/{theirs.api_id}", {"isOn": False}).status_code == 404
    assert api.delete(f"{url}/{theirs.api_id}").status_code == 404
    assert api.post(f"{sent}/{delivery.api_id}/resend").status_code == 404


def test_neither_keys_nor_members_who_do_not_manage_get_in(viewer_client, secret_key, url, sent):
    for client in (viewer_client, Client(headers={"Authorization": f"Bearer {secret_key}"})):
        assert client.get(url).status_code == 403
        assert client.get(sent).status_code == 403
        assert post_json(client, url, BODY).status_code == 403
    assert not WebhookEndpoint.objects.exists()
