"""Test clients share their middleware as long as the settings stay."""

from django.test import Client


def chain_of_new_client() -> object:
    client = Client()
    client.get("/healthz")
    return client.handler._middleware_chain


def test_clients_share_their_middleware_until_a_setting_changes(db, settings):
    first = chain_of_new_client()
    assert chain_of_new_client() is first
    settings.SECURE_REFERRER_POLICY = "no-referrer"
    assert chain_of_new_client() is not first
    assert Client().get("/login/")["Referrer-Policy"] == "no-referrer"
