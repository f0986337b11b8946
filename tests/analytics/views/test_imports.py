"""The import page: who may, what is wrong with a file, what would change, and that it happens once when confirmed."""

import gzip
import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from analytics.ingest import take_campaigns, take_contacts
from analytics.ingest.files import blocks
from analytics.ingest.removal.erasure import erase_contact
from analytics.models import Campaign, Contact, Event, Upload
from analytics.views import imports
from tests.conftest import NOW, PASSWORD
from workspaces.models import Membership, User, Workspace
from workspaces.roles import Role

pytestmark = pytest.mark.usefixtures("now", "workspace")

ADDRESS = "/w/acme/import/"
CSV = "\ufeffexternalId;email;attributes.plan\nada;new@example.com;pro\nbob;bob@example.com;\nnull;;\ncy;;\n".encode()


def send(client: Client, content: bytes, *, resource: str = "contacts", name: str = "list.csv") -> Any:
    return client.post(f"{ADDRESS}?resource={resource}", {"file": SimpleUploadedFile(name, content)})


def sent(client: Client, content: bytes = CSV, **more: str) -> str:
    """The address of the page that says what would change."""
    response = send(client, content, **more)
    assert response.status_code == 302, response.text
    return str(response["Location"])


def text(response: Any) -> str:
    """What is read on a page, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text.partition("<main")[2]))


@pytest.fixture
def ada(workspace: Workspace) -> Contact:
    take_contacts(workspace, [{"externalId": "ada", "email": "old@example.com"}, {"externalId": "cy"}], received_at=NOW)
    return Contact.objects.get(external_id="ada")


def colleague(workspace: Workspace, role: Role) -> Client:
    user = User.objects.create_user(f"a-{role.lower()}@example.com", PASSWORD)
    Membership.objects.create(workspace=workspace, user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


def test_what_would_change_is_shown_and_done_when_confirmed(api: Client, ada: Contact) -> None:
    address = sent(api)

    page = text(api.get(address))
    assert "list.csv: nothing is changed yet" in page
    assert "New 1 Updated 1 Unchanged 1 Rejected 1" in page
    assert "Email old@example.com → new@example.com" in page
    assert "Attribute: plan pro" in page
    assert "Line 4 externalId &#x27;null&#x27; names nobody" in page
    assert "Import 2 contacts" in page
    assert Contact.objects.count() == 2

    response = api.post(f"{address}confirm/")
    assert response["Location"] == address
    page = text(api.get(address))
    assert "list.csv is imported Rows Imported New 1 Updated 1 Unchanged 1 Rejected 1 Rows in the file 4" in page
    assert "numbers are others" not in page
    assert 'href="/w/acme/contacts/"' in api.get(address).text
    ada.refresh_from_db()
    assert (ada.email, ada.attributes, Contact.objects.count()) == ("new@example.com", {"plan": "pro"}, 3)


def test_confirming_again_does_nothing(api: Client, ada: Contact) -> None:
    address = sent(api)
    api.post(f"{address}confirm/")
    Contact.objects.filter(pk=ada.pk).update(email="changed@example.com")

    api.post(f"{address}confirm/")
    api.get(address)

    ada.refresh_from_db()
    assert ada.email == "changed@example.com"


def test_numbers_that_differ_from_those_shown_are_told(api: Client, workspace: Workspace) -> None:
    address = sent(api)
    take_contacts(workspace, [{"externalId": "bob", "email": "bob@example.com"}], received_at=NOW)

    api.post(f"{address}confirm/")

    page = text(api.get(address))
    assert "changed after the preview" in page
    assert "Rows In the preview Imported New 3 2 Updated 0 0 Unchanged 0 1 Rejected 1 1" in page


def test_warnings_are_told_and_lead_to_where_they_stand(api: Client) -> None:
    address = sent(api, b"externalId,email\na,x@example.com\nb,X@example.com\n")
    api.post(f"{address}confirm/")
    assert '<a href="/w/acme/events/?tab=warnings">2 warnings</a>' in api.get(address).text
    assert "same email address" in api.get("/w/acme/events/?tab=warnings").text


def test_what_would_be_altered_is_shown_before_anything_is_written(api: Client) -> None:
    address = sent(api, b"externalId;email;signedUpAt\na;x@example.com;2099-01-01\nb;X@example.com;\n;;\n")

    page = text(api.get(address))
    assert "Warnings These rows are imported, but some values differ from the file" in page
    assert "Line 2 signedUpAt lies over 24 hours ahead; it counts as of its receipt. future_time" in page
    assert "Line 3 Another contact has the same email address: &#x27;a&#x27;. email_shared" in page
    assert "1 line has empty cells alone and is skipped." in page
    api.post(f"{address}confirm/")
    assert "3 warnings" in text(api.get(address))
    assert Upload.objects.get().warnings == []


def test_campaigns_come_in_json_lines_gzipped(api: Client) -> None:
    content = gzip.compress(json.dumps({"externalId": "c", "name": "Spring", "startedAt": "2026-03-01"}).encode())
    address = sent(api, content, resource="campaigns", name="c.jsonl.gz")

    page = text(api.get(address))
    assert "Started 1 Mar 2026, 00:00:00" in page
    assert "Import 1 campaign " in page
    api.post(f"{address}confirm/")
    assert Campaign.objects.get().name == "Spring"


def test_where_nothing_changes_there_is_nothing_to_confirm(api: Client, ada: Contact) -> None:
    page = text(api.get(sent(api, b"externalId\nada\n")))
    assert "Everything in the file is there already. There is nothing to import." in page
    assert "All valid rows are there already." in text(api.get(sent(api, b"externalId\nada\nnull\n")))
    assert "No row is valid." in text(api.get(sent(api, b"externalId\nnull\n")))
    assert "Import 0" not in page


def test_a_long_import_goes_on_with_another_request(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 2)
    monkeypatch.setattr(imports, "IMPORT_SECONDS", 0)
    address = sent(api)

    api.post(f"{address}confirm/")

    page = api.get(address)
    assert "2 of 4 rows are done." in text(page)
    assert "data-goes-on" in page.text
    assert "partly imported" in text(api.get(ADDRESS))
    for _ in range(2):
        api.post(f"{address}confirm/")
    assert "list.csv is imported" in text(api.get(address))
    assert Contact.objects.count() == 3


def test_rejected_rows_are_a_file_without_formulas(api: Client) -> None:
    address = sent(api, b"externalId,signedUpAt\nnull,\na,=1\nb,x,y\n")

    response = api.get(f"{address}rejected/")

    told = b"".join(response).decode("utf-8-sig").splitlines()
    assert told[0] == "line,code,message"
    assert [line.split(",")[:2] for line in told[1:]] == [
        ["2", "illegal_id"],
        ["3", "invalid_signed_up_at"],
        ["4", "invalid_row"],
    ]
    assert response["Content-Disposition"] == 'attachment; filename="acme-contacts-rejected.csv"'


def test_only_the_first_rejected_rows_are_on_the_page(api: Client) -> None:
    page = text(api.get(sent(api, b"externalId\nada\n" + b"null\n" * 30)))
    assert "The first 20 of 30. These are left out" in page
    assert "Line 22 " in page
    assert "Line 23 " not in page


def test_a_dropped_file_is_gone(api: Client) -> None:
    address = sent(api)
    assert "list.csv" in text(api.get(ADDRESS))

    assert api.post(f"{address}discard/")["Location"] == f"{ADDRESS}?resource=contacts"

    assert "Discarded. Nothing was imported." in text(api.get(ADDRESS))
    assert (Upload.objects.count(), Contact.objects.count()) == (0, 0)
    assert api.get(address).status_code == api.post(f"{address}confirm/").status_code == 404


def test_a_file_is_not_there_any_more_after_a_day(api: Client, time_machine: Any) -> None:
    address = sent(api)
    time_machine.move_to(NOW + imports.UPLOADS_KEPT_FOR, tick=False)
    assert api.get(address).status_code == api.post(f"{address}confirm/").status_code == 404
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "The file is empty."),
        (b"externalId\n", "There are no contacts in the file."),
        (b"\n\n", "Columns are missing: &#x27;externalId&#x27;"),
        (b"PK\x03\x04xl/workbook", "The zip archive cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1", "an old Excel workbook (.xls)"),
        (b"%PDF-1.7\n1 0 obj\n", "The file is a PDF; save it as CSV in UTF-8"),
        (b"1,2\n3,4\n", "The first line must name the columns. Unknown columns: &#x27;1&#x27;"),
        (b'[{"externalId": "a"}', "The JSON array is broken or was cut off"),
        (gzip.compress(b"externalId\na\n", mtime=0)[:-9], "The file is broken gzip or was cut off"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_beside_it(api: Client, content: bytes, told: str) -> None:
    response = send(api, content)
    assert response.status_code == 400
    assert told in response.text
    assert 'aria-invalid="true"' in response.text
    assert not Upload.objects.exists()


def test_a_file_that_is_too_large_is_referred_to_the_command(api: Client, workspace: Workspace, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 500
    response = send(api, b"externalId\n" + b"a\n" * 300)
    assert response.status_code == 400
    assert f"manage.py import contacts FILE --workspace {workspace.api_id}" in response.text
    assert "Choose a file." not in response.text
    assert "Unpacked, the file is larger" in send(api, gzip.compress(b"externalId\n" + b"a\n" * 300)).text


def test_a_file_of_too_many_rows_is_referred_to_the_command(
    api: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analytics.ingest.files.foresight.MOST_ROWS_SEEN", 3)
    response = send(api, b"externalId\na\nb\nc\nd\n")
    assert (response.status_code, Upload.objects.count()) == (400, 0)
    assert "more than 3 rows" in response.text
    assert f"manage.py import contacts FILE --workspace {workspace.api_id}" in response.text
    assert send(api, b"externalId\na\nb\nc\n").status_code == 302


@pytest.mark.long
def test_without_a_file_it_is_asked_for(api: Client) -> None:
    response = api.post(ADDRESS)
    assert response.status_code == 400
    assert "Choose a file." in response.text


@pytest.mark.parametrize("resource", ["contacts", "campaigns"])
def test_the_template_is_a_file_that_can_be_imported(api: Client, resource: str) -> None:
    page = api.get(f"{ADDRESS}?resource={resource}").text
    assert f'href="/w/acme/import/{resource}.csv"' in page
    template = b"".join(api.get(f"/w/acme/import/{resource}.csv"))
    assert "New 1 Updated 0 Unchanged 0 Rejected 0" in text(api.get(sent(api, template, resource=resource)))
    for name in template.decode("utf-8-sig").splitlines()[0].split(","):
        assert f"<code>{name}</code>" in page


@pytest.mark.parametrize("resource", ["contacts", "campaigns"])
def test_all_that_is_there_is_a_file_that_changes_nothing(api: Client, workspace: Workspace, resource: str) -> None:
    take_campaigns(workspace, [{"externalId": "c", "name": "Süß; „groß“"}], received_at=NOW)
    take_contacts(workspace, [{"externalId": "0012", "phone": "+49 1", "signedUpAt": "2026-03-01"}], received_at=NOW)
    (address,) = re.findall(r'href="(/api/[^"]+)" download', api.get(f"{ADDRESS}?resource={resource}").text)
    page = text(api.get(sent(api, api.get(address).getvalue(), resource=resource)))
    assert re.search("New 0 Updated 0 Unchanged 1 Rejected 0", page)


def test_lists_lead_there_for_those_who_may_write(api: Client, viewer_client: Client) -> None:
    for name in ("contacts", "campaigns"):
        assert f'href="{ADDRESS}?resource={name}"' in api.get(f"/w/acme/{name}/").text
        assert ADDRESS not in viewer_client.get(f"/w/acme/{name}/").text
    assert 'aria-current="page">Contacts' in api.get(f"{ADDRESS}?resource=nonsense").text


@pytest.mark.parametrize("role", Role)
def test_a_file_is_seen_by_who_uploaded_it_alone(api: Client, workspace: Workspace, role: Role) -> None:
    address, other = sent(api), colleague(workspace, role)
    may = role in (Role.OWNER, Role.ADMIN)
    for ask, path in ((other.get, ""), (other.get, "rejected/"), (other.post, "confirm/"), (other.post, "discard/")):
        assert ask(f"{address}{path}").status_code == (404 if may else 403), path
    assert send(other, CSV).status_code == (302 if may else 403)
    assert Upload.objects.filter(user__email="owner@example.com").exists()
    if may:
        assert text(other.get(ADDRESS)).count("list.csv") == 1
    assert not Contact.objects.exists()


def test_in_another_workspace_it_is_not_there(api: Client, owner: User) -> None:
    address = sent(api)
    elsewhere = Workspace.objects.create(name="Elsewhere", slug="elsewhere")
    Membership.objects.create(workspace=elsewhere, user=owner, role=Role.OWNER)
    assert api.get(address.replace("acme", "elsewhere")).status_code == 404
    assert api.post(address.replace("acme", "elsewhere") + "confirm/").status_code == 404


def test_checking_and_showing_take_few_queries(api: Client, django_assert_max_num_queries: Any) -> None:
    address = sent(api, b"externalId\n" + b"".join(b"u%d\n" % number for number in range(200)))
    with django_assert_max_num_queries(8):
        api.get(address)


EXPORT = (
    b"Email Address,First Name,Signup Date,Plan,Shoe\n"
    b"ada@example.com,Ada,15/01/2026,pro,36\n"
    b"bob@example.com,Bob,01/02/2026,,\n"
)


def test_another_tool_s_file_is_taken_as_its_columns_are_proposed(api: Client) -> None:
    address = sent(api, EXPORT)

    page = text(api.get(address))
    assert "New 2 Updated 0 Unchanged 0 Rejected 0" in page
    assert "Email Address ada@example.com · bob@example.com" in page
    assert "Signed up Feb 1, 2026" in page or "Signed up 1 Feb 2026" in page
    assert "Attribute: Plan pro" in page
    api.post(f"{address}confirm/")
    ada = Contact.objects.get(email="ada@example.com")
    assert (ada.external_id, ada.name, ada.attributes) == ("ada@example.com", "Ada", {"Plan": "pro", "Shoe": 36})
    again = text(api.get(sent(api, EXPORT)))
    assert "New 0 Updated 0 Unchanged 2 Rejected 0" in again


def test_what_columns_mean_can_be_changed_and_is_known_next_month(api: Client) -> None:
    address = sent(api, EXPORT)

    response = api.post(f"{address}columns/", {"target-3": "phone", "others": "leave", "zone": "Asia/Tokyo"})

    assert response["Location"] == address
    assert "Phone pro" in text(api.get(address))
    api.post(f"{address}confirm/")
    ada = Contact.objects.get(email="ada@example.com")
    assert (ada.phone, ada.attributes, ada.signed_up_at.hour) == ("pro", {}, 15)
    upload = Upload.objects.get(pk=int(sent(api, EXPORT.replace(b"ada", b"eve")).rstrip("/").rpartition("/")[2]))
    assert [column["target"] for column in upload.mapping["columns"]] == [
        "email",
        "firstName",
        "signedUpAt",
        "phone",
        "",
    ]


def test_days_that_may_be_either_are_asked_for_before_anything_else(api: Client) -> None:
    address = sent(api, EXPORT.replace(b"15/01", b"05/01"))
    page = text(api.get(address))
    assert "Choose below whether day or month stands first in Signup Date" in page
    assert "Import 2 contacts" not in page
    api.post(f"{address}confirm/")
    assert not Contact.objects.exists()

    api.post(f"{address}columns/", {"order": "mdy"})
    api.post(f"{address}confirm/")

    assert Contact.objects.get(email="bob@example.com").signed_up_at.isoformat() == "2026-01-01T23:00:00+00:00"


def test_one_field_has_one_column(api: Client) -> None:
    address = sent(api, EXPORT)
    response = api.post(f"{address}columns/", {"target-3": "email"})
    assert response.status_code == 400
    assert "Two columns are chosen for: Email. Choose one of them." in text(response)
    assert "Choose one of the time zones" in text(api.post(f"{address}columns/", {"zone": "Mars"}))
    api.post(f"{address}columns/", {"target-0": "", "target-3": "nonsense"})
    assert "Choose below which column is: email" in text(api.get(address))


def test_sends_and_what_became_of_them_have_the_page_too(api: Client, workspace: Workspace) -> None:
    take_campaigns(workspace, [{"externalId": "spring", "name": "Spring"}], received_at=NOW)
    sends = (
        b"Message ID,Campaign,Email,Sent,Opened\n"
        b"m1,spring,a@example.com,2026-02-01 10:00,2026-02-01 11:00\n"
        b"m2,none,b@example.com,2026-02-01 10:00,\n"
    )
    address = sent(api, sends, resource="messages")
    page = text(api.get(address))
    assert "New 1 Updated 0 Unchanged 0 Rejected 1" in page
    api.post(f"{address}confirm/")
    assert "is imported Rows Imported New 1 Updated 0 Unchanged 0 Rejected 1" in text(api.get(address))
    acts = b"message,event,timestamp\nm1,click,2026-02-01 12:00\nm1,click,2026-02-01 12:00\n"
    address = sent(api, acts, resource="message-events")
    assert "New 1 Updated 0 Unchanged 1 Rejected 0" in text(api.get(address))
    api.post(f"{address}confirm/")
    page = text(api.get(sent(api, sends, resource="messages")))
    assert "New 0 Updated 0 Unchanged 1 Rejected 1" in page


def test_an_archive_is_of_events_whatever_was_asked_for(api: Client) -> None:
    call = {"type": "track", "event": "Bought", "userId": "u", "messageId": "m", "timestamp": "2026-02-01T10:00:00Z"}
    archive = json.dumps([{**call, "context": {}}, {**call, "context": {}, "messageId": "n"}]).encode()
    address = sent(api, archive)
    page = text(api.get(address))
    assert "Recognized as a file of Segment." in page
    assert "Import 2 events" in page
    api.post(f"{address}confirm/")
    assert "New 0 Updated 0 Unchanged 2" in text(api.get(sent(api, archive)))


def test_the_zone_of_an_archive_is_asked_where_it_may_be_one(api: Client) -> None:
    of_segment = {"type": "track", "event": "Bought", "userId": "u", "messageId": "m", "context": {}}
    page = api.get(sent(api, json.dumps({**of_segment, "timestamp": "2026-02-01T10:00:00Z"}).encode())).text
    assert 'name="zone"' not in page
    properties = {"time": 1769940000, "distinct_id": "u", "$insert_id": "i"}
    address = sent(api, json.dumps({"event": "Bought", "properties": properties}).encode())
    assert "Of a project that exports its own time zone" in text(api.get(address))
    api.post(f"{address}columns/", {"zone": "Europe/Berlin"})
    api.post(f"{address}confirm/")
    assert Event.objects.get().occurred_at.isoformat() == "2026-02-01T09:00:00+00:00"


def test_whoever_is_erased_leaves_no_row_of_another_tool_s_file(api: Client, workspace: Workspace) -> None:
    take_contacts(workspace, [{"externalId": "7", "email": "ada@example.com"}], received_at=NOW)
    sent(api, b"Customer Number,First Name\n7,Ada\n8,Bob\n".replace(b"Customer Number", b"Customer ID"))
    erase_contact(workspace, Contact.objects.get(external_id="7"))
    assert b"Ada" not in bytes(Upload.objects.get().content)


def test_each_row_of_the_file_is_a_fact_or_has_a_reason(api: Client) -> None:
    rows = [
        "a@x.example,A,15/01/2026",
        "a@x.example,A,15/01/2026",
        "none,B,15/01/2026",
        ",,",
        "c@x.example,C,32/01/2026",
        "d",
        '"e" f,E,',
    ]
    address = sent(api, "\n".join(["Email,First Name,Signup Date", *rows, "", ""]).encode())
    api.post(f"{address}confirm/")
    page = text(api.get(address))
    assert f"New 1 Updated 0 Unchanged 1 Rejected 4 Empty 1 Rows in the file {len(rows)}" in page
