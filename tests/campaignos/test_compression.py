"""Pages and JSON come compressed to whoever takes that; answers that show a lasting secret never do."""

import gzip
import json

import pytest

from analytics.providers import Provider
from tests.conftest import PASSWORD
from workspaces.changes import create_webhook
from workspaces.models import Key

pytestmark = pytest.mark.either_database("answers are compressed whatever they are made of")

TAKES_GZIP = {"Accept-Encoding": "gzip, br"}


@pytest.fixture
def hundred_contacts(bulk):
    bulk("contacts", [{"externalId": str(number), "email": f"{number}@example.com"} for number in range(100)])


@pytest.mark.long
def test_pages_json_and_files_are_compressed(api, workspace, hundred_contacts):
    contacts = f"/api/workspaces/{workspace.api_id}/contacts?pageSize=100"
    for path in ("/w/acme/contacts/", contacts, "/w/acme/contacts/?format=csv"):
        plain, small = api.get(path), api.get(path, headers=TAKES_GZIP)
        assert "Content-Encoding" not in plain.headers, path
        assert small["Content-Encoding"] == "gzip", path
        assert "Accept-Encoding" in small["Vary"], path
        whole, sent = (one.getvalue() if one.streaming else one.content for one in (plain, small))
        assert len(gzip.decompress(sent)) == len(whole), path
        assert len(sent) < len(whole), path


@pytest.mark.long
def test_the_length_of_a_compressed_answer_varies(api, workspace, hundred_contacts):
    path = f"/api/workspaces/{workspace.api_id}/contacts?pageSize=100"
    assert len({len(api.get(path, headers=TAKES_GZIP).content) for _ in range(20)}) > 1


def test_small_answers_are_not_worth_it(api, workspace):
    assert "Content-Encoding" not in api.get("/api/session", headers=TAKES_GZIP).headers


@pytest.mark.long
def test_what_shows_a_secret_is_not_compressed(api, workspace, owner):
    create_webhook(workspace=workspace, provider=Provider.SENDGRID, by=owner)
    api.post("/account/reauthenticate/", {"password": PASSWORD})
    shown = api.post("/w/acme/settings/keys/", {"name": "Shop", "kind": "write"}, headers=TAKES_GZIP)
    assert Key.objects.get().prefix in shown.text
    invited = api.post("/w/acme/settings/members/", {"email": "a@example.com", "role": "VIEWER"}, headers=TAKES_GZIP)
    pages = [
        api.get(path, headers=TAKES_GZIP)
        for path in ("/w/acme/settings/webhooks/", "/account/second-factor/totp/activate/")
    ]
    for response in (shown, invited, *pages):
        assert response.status_code == 200
        assert len(response.content) > 1000
        assert "Content-Encoding" not in response.headers


@pytest.mark.long
def test_a_change_may_name_the_etag_of_a_compressed_answer(api, workspace, bulk):
    bulk("contacts", [{"externalId": "a", "attributes": {"text": "x" * 2000}}])
    url = json.loads(api.get(f"/api/workspaces/{workspace.api_id}/contacts").content)["results"][0]["id"]
    path = f"/api/workspaces/{workspace.api_id}/contacts/{url}"
    etag = api.get(path, headers=TAKES_GZIP)["ETag"]
    assert etag.startswith("W/")
    assert api.get(path, headers={"If-None-Match": etag, **TAKES_GZIP}).status_code == 304
    changed = api.patch(path, {"name": "Ada"}, content_type="application/json", headers={"If-Match": etag})
    assert changed.status_code == 200
