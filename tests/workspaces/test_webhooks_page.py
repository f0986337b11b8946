"""Settings, webhooks in: addresses to copy, rotated, revoked, signed, by those who manage."""

import pytest
from django.test import Client

from analytics.providers import Provider
from workspaces.models import Webhook


@pytest.fixture
def address(workspace):
    return f"/w/{workspace.slug}/settings/webhooks/"


def test_an_address_is_made_shown_rotated_and_revoked(api, address, workspace):
    assert "No email provider reports here yet" in api.get(address).content.decode()
    assert api.post(address, {"provider": Provider.POSTMARK}).status_code == 302
    made = Webhook.objects.get(workspace=workspace)
    html = api.get(address).content.decode()
    assert made.address("http://testserver") in html
    assert "Last report never" in html
    response = api.post(address, {"provider": Provider.POSTMARK})
    assert response.status_code == 400
    assert "has an address already" in response.content.decode()

    api.post(f"{address}{made.pk}/rotate/")
    new = Webhook.objects.usable().get()
    assert new.token != made.token
    html = api.get(address).content.decode()
    assert new.path in html
    assert made.path not in html
    api.post(f"{address}{new.pk}/revoke/")
    assert not Webhook.objects.usable().exists()


def test_a_signing_key_is_kept_but_not_shown(api, address):
    api.post(address, {"provider": Provider.MAILGUN})
    made = Webhook.objects.get()
    assert "Its reports are refused until you enter its signing key" in api.get(address).content.decode()
    api.post(f"{address}{made.pk}/signing-key/", {"key": "key with blanks é"})
    made.refresh_from_db()
    assert made.signing_key == ""
    api.post(f"{address}{made.pk}/signing-key/", {"key": "s3cret-signing-key"})
    made.refresh_from_db()
    assert made.signing_key == "s3cret-signing-key"
    assert "s3cret" not in api.get(address).content.decode()


@pytest.mark.parametrize("provider", ["", "pigeon"])
def test_a_provider_that_is_not_known_is_refused(api, address, provider):
    assert api.post(address, {"provider": provider}).status_code == 400


def test_only_those_who_manage_see_addresses(viewer_client, stranger_client, api, address):
    api.post(address, {"provider": Provider.POSTMARK})
    made = Webhook.objects.get()
    for client, status in ((viewer_client, 403), (stranger_client, 404), (Client(), 302)):
        assert client.get(address).status_code == status
        for action in ("rotate", "revoke", "signing-key"):
            assert client.post(f"{address}{made.pk}/{action}/").status_code == status
    assert Webhook.objects.usable().get() == made


def test_another_workspaces_webhook_is_not_found(stranger_client, api, address):
    api.post(address, {"provider": Provider.POSTMARK})
    made = Webhook.objects.get()
    slug = "elsewhere"
    assert stranger_client.post(f"/w/{slug}/settings/webhooks/{made.pk}/revoke/").status_code == 404
