"""Passkeys against a device that does as it is told: what no browser would send is refused, too."""

import hashlib
import json
from dataclasses import dataclass, field

import pytest
from allauth.account.app_settings import LOGIN_TIMEOUT
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.urls import reverse
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from tests.conftest import NOW, PASSWORD, prove
from workspaces.models import User

HOST = "localhost"
TOUCHED, VERIFIED = AuthenticatorData.FLAG.UP, AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV
LOG_IN = "mfa_login_webauthn"


@dataclass
class Device:
    """A key of one user's."""

    id: bytes = b"credential-1"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def added_to(self, user):
        public = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(b"\0" * 16, self.id, public)
        attestation = AttestationObject.create("none", _data(VERIFIED, credential), {})
        client_data = _client_data("webauthn.create", _text(b"at that time"))
        response = {"clientDataJSON": client_data, "attestationObject": _text(attestation)}
        shown = {"id": _text(self.id), "rawId": _text(self.id), "type": "public-key", "response": response}
        WebAuthn.add(user, "Phone", shown | {"clientExtensionResults": {"credProps": {"rk": True}}})
        return self

    def answer(self, challenge, user, flags=VERIFIED):
        """Whoever holds it says whose it is."""
        data, client_data = _data(flags), _client_data("webauthn.get", challenge)
        signed = bytes(data) + hashlib.sha256(websafe_decode(client_data)).digest()
        response = {
            "clientDataJSON": client_data,
            "authenticatorData": _text(data),
            "signature": _text(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
            "userHandle": _text(user_pk_to_url_str(user).encode()),
        }
        return {"id": _text(self.id), "rawId": _text(self.id), "type": "public-key", "response": response}


def _data(flags, credential=None):
    more = AuthenticatorData.FLAG.AT if credential else 0
    return AuthenticatorData.create(hashlib.sha256(HOST.encode()).digest(), flags | more, 0, credential or b"")


def _text(value):
    return websafe_encode(bytes(value))


def _client_data(kind, challenge):
    return _text(json.dumps({"type": kind, "challenge": challenge, "origin": f"http://{HOST}"}).encode())


def browser():
    return Client(headers={"Host": HOST})


def challenge_to_log_in(client):
    response = client.get(reverse(LOG_IN), headers={"X-Requested-With": "XMLHttpRequest"})
    return response.json()["request_options"]["publicKey"]["challenge"]


def send(client, credential, route=LOG_IN):
    return client.post(reverse(route), {"credential": json.dumps(credential)})


def is_logged_in(client):
    return client.get("/api/session").status_code == 200


@pytest.fixture
def device(owner, settings):
    settings.ALLOWED_HOSTS = [HOST]
    return Device().added_to(owner)


@pytest.fixture
def mallory(db):
    return User.objects.create_user("mallory@example.com", PASSWORD)


def test_an_answer_logs_in_once(device, owner):
    client = browser()
    answer = device.answer(challenge_to_log_in(client), owner)
    assert not is_logged_in(client)
    send(client, answer)
    assert is_logged_in(client)
    client.post("/logout/")
    send(client, answer)
    assert not is_logged_in(client)


def test_a_challenge_is_for_the_browser_that_got_it(device, owner):
    answer = device.answer(challenge_to_log_in(browser()), owner)
    other = browser()
    challenge_to_log_in(other)
    send(other, answer)
    assert not is_logged_in(other)


def test_a_key_that_asks_for_nothing_does_not_log_in_alone(device, owner):
    client = browser()
    send(client, device.answer(challenge_to_log_in(client), owner, TOUCHED))
    assert not is_logged_in(client)


@pytest.mark.parametrize("flags", [TOUCHED, VERIFIED])
def test_a_challenge_for_anothers_second_factor_does_not_log_in_alone(device, owner, mallory, flags, time_machine):
    """It does not ask for a fingerprint or PIN, so that a key that was found would be enough."""
    time_machine.move_to(NOW)
    Device(b"credential-2").added_to(mallory)
    client = browser()
    client.post("/login/", {"login": mallory.email, "password": PASSWORD})
    page = client.get(reverse("mfa_authenticate"))
    challenge = page.context["js_data"]["request_options"]["publicKey"]["challenge"]
    time_machine.shift(LOGIN_TIMEOUT + 1)  # until then it leads to the page that asks for the factor
    send(client, device.answer(challenge, owner, flags))
    assert not is_logged_in(client)


def test_ones_own_key_logs_nobody_else_in(device, owner, mallory):
    own = Device(b"credential-2").added_to(mallory)
    client = browser()
    send(client, own.answer(challenge_to_log_in(client), owner))
    assert not is_logged_in(client)


def test_a_key_with_anothers_id_logs_nobody_in(device, owner):
    forged = Device(device.id)
    client = browser()
    send(client, forged.answer(challenge_to_log_in(client), owner))
    assert not is_logged_in(client)


def test_who_is_switched_off_does_not_log_in_by_a_key(device, owner):
    User.objects.update(is_active=False)
    client = browser()
    send(client, device.answer(challenge_to_log_in(client), owner))
    assert not is_logged_in(client)


def test_a_key_that_was_removed_logs_nobody_in(device, owner):
    client = browser()
    challenge = challenge_to_log_in(client)
    Authenticator.objects.all().delete()
    send(client, device.answer(challenge, owner))
    assert not is_logged_in(client)


ODD = [
    None, [], 7, "x", {}, {"response": None}, {"response": []}, {"response": {"userHandle": None}},
    {"response": {"userHandle": 7}}, {"response": {"userHandle": "!"}}, {"id": [], "rawId": {}, "response": {}},
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_answer_is_told(device, odd):
    client = browser()
    challenge_to_log_in(client)
    assert send(client, odd)["Location"] == "/login/"


@pytest.mark.parametrize("handle", [None, 7, [], "", "!", "_____", _text(b"\xff"), _text(b"z" * 60), _text(b"-1")])
@pytest.mark.parametrize("name", ["userHandle", "signature", "authenticatorData", "clientDataJSON"])
def test_what_is_no_part_of_an_answer_is_told(device, owner, name, handle):
    client = browser()
    answer = device.answer(challenge_to_log_in(client), owner)
    answer["response"][name] = handle
    assert send(client, answer)["Location"] == "/login/"
    assert not is_logged_in(client)


def test_nobody_removes_or_renames_anothers_key(device, mallory):
    client = browser()
    client.post("/login/", {"login": mallory.email, "password": PASSWORD})
    prove(client)
    key = Authenticator.objects.get()
    for route in ("mfa_remove_webauthn", "mfa_edit_webauthn"):
        assert client.post(reverse(route, args=[key.pk]), {"name": "Mine"}).status_code == 404
    assert Authenticator.objects.get().wrap().name == "Phone"
