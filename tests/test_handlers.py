"""Test clients share their middleware as long as the settings stay, and the live server keeps nothing back."""

import http.client

import pytest
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


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_the_live_server_sends_answers_with_and_without_content_at_once(transactional_db, live_server, method):
    kept = http.client.HTTPConnection(live_server.thread.host, live_server.thread.port, timeout=5)
    for _ in range(2):
        kept.request(method, "/healthz")
        answer = kept.getresponse()
        assert bool(answer.read()) == (method != "HEAD")
        assert answer.status == (403 if method == "POST" else 200)
    kept.close()
