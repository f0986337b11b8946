"""Outgoing webhooks among the settings."""

import re

import pytest
from django.utils import timezone

from analytics.models import Delivery, DeliveryState, OutgoingEvent, WebhookEndpoint
from analytics.outbox import tell_endpoints
from tests.analytics.views.texts import text_of

PAGE = "/w/acme/settings/endpoints/"
FORM = {"url": "https://hooks.example.com/acme", "events": ["alert.opened"]}


def test_a_webhook_is_created_with_a_secret_that_is_shown_once(api, workspace):
    made = api.post(PAGE, FORM)
    [secret] = re.findall(r'value="(whsec_[^"]+)"', made.text)
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.secret, endpoint.events) == (secret, ["alert.opened"])
    assert secret not in api.get(PAGE).text


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"url": "http://hooks.example.com/"}, "The address begins with https://."),
        ({"url": "https://127.0.0.1/"}, "This address is not public."),
        ({"url": ""}, "This field is required."),
        ({"events": []}, "This field is required."),
        ({"events": ["other"]}, "other is not one of the available choices"),
    ],
)
def test_what_is_wrong_is_told(api, workspace, changed, problem):
    refused = api.post(PAGE, {**FORM, **changed})
    assert refused.status_code == 400
    assert problem in text_of(refused.text)
    assert not WebhookEndpoint.objects.exists()


def test_what_was_sent_is_listed_and_can_be_sent_again(api, workspace, now):
    api.post(PAGE, FORM)
    tell_endpoints(workspace.pk, OutgoingEvent.ALERT_OPENED, "a", {}, at=timezone.now())
    attempts = [{"at": "2026-03-31T12:00:00+00:00", "status": 500, "problem": ""}]
    Delivery.objects.update(state=DeliveryState.FAILED, attempts=attempts)
    delivery = Delivery.objects.get()
    row = f"{delivery.api_id} alert.opened https://hooks.example.com/acme 31 Mar 2026, 14:00 Failed 500 Send again"
    assert row in text_of(api.get(PAGE).text)
    again = f"/w/acme/settings/deliveries/{delivery.pk}/again/"
    api.post(again)
    assert Delivery.objects.get().state == DeliveryState.WAITING
    assert api.post(again).status_code == 404


def test_a_webhook_is_switched_off_and_on_and_deleted(api, workspace):
    api.post(PAGE, FORM)
    address = f"{PAGE}{WebhookEndpoint.objects.get().pk}/"
    assert "Switched off" in api.post(f"{address}switch/", {"on": "false"}, follow=True).text
    api.post(f"{address}switch/", {"on": "true"})
    assert WebhookEndpoint.objects.get().disabled_at is None
    assert "Delete the webhook to https://hooks.example.com/acme" in text_of(api.get(f"{address}delete/").text)
    api.post(f"{address}delete/")
    assert not WebhookEndpoint.objects.exists()


def test_nothing_is_sent_again_to_a_webhook_that_is_off(api, workspace, now):
    api.post(PAGE, FORM)
    tell_endpoints(workspace.pk, OutgoingEvent.ALERT_OPENED, "a", {}, at=timezone.now())
    Delivery.objects.update(state=DeliveryState.FAILED)
    api.post(f"{PAGE}{WebhookEndpoint.objects.get().pk}/switch/", {"on": "false"})
    again = api.post(f"/w/acme/settings/deliveries/{Delivery.objects.get().pk}/again/", follow=True)
    assert "Its webhook is switched off: switch it on first." in again.text
    assert Delivery.objects.get().state == DeliveryState.FAILED
