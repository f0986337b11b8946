"""Nothing that was sent or asked for vanishes with success."""

import io
import json

import pytest

from analytics.ingest.files.imports import import_blocks
from analytics.models import Campaign, Contact, IngestRemark
from tests.conftest import post_json
from tests.copied_rows import copied
from workspaces.changes import create_workspace

pytestmark = pytest.mark.either_database("names that nobody knows are found before the database is asked")

REPORTS = ["", "/timeseries", "/attribution", "/funnel?steps=t", "/cohorts", "/campaigns/{campaign}"]
every_report = pytest.mark.parametrize("path", REPORTS)
NEW = {
    "contacts": {"externalId": "c2"},
    "campaigns": {"externalId": "p2", "name": "P"},
    "enrollments": {"campaign": "p", "contact": "c"},
    "messages": {"externalId": "m2", "campaign": "p", "contact": "c", "channel": "EMAIL"},
    "message-events": {"message": "m", "type": "opened", "at": "2026-03-01"},
    "events": {"type": "t", "occurredAt": "2026-03-01", "contact": "c"},
}
written_alone = pytest.mark.parametrize("resource", [name for name in NEW if name != "message-events"])


@pytest.fixture(autouse=True)
@copied
def data(bulk, now):
    bulk("contacts", [{"externalId": "c"}])
    bulk("campaigns", [{"externalId": "p", "name": "P"}])
    bulk("messages", [{"externalId": "m", "campaign": "p", "contact": "c", "channel": "EMAIL"}])
    bulk("events", [{"type": "t", "occurredAt": "2026-03-01", "contact": "c"}])


@pytest.fixture
def get(api, workspace):
    """The status and the body of an answer."""

    def of(path, query="", **headers):
        path = path.format(campaign=Campaign.objects.get(workspace=workspace).api_id)
        address = f"/api/workspaces/{workspace.api_id}{path}"
        response = api.get(address + ("&" if "?" in address else "?") + query, headers=headers)
        return response.status_code, response.json()

    return of


@every_report
def test_a_report_tells_what_nobody_knows(get, path):
    status, body = get(f"/analytics{path}", "utm=x&Days=7&_=1&_cache=2")
    assert (status, body["meta"]["ignored"]) == (200, ["Days", "utm"])
    assert "ignored" not in get(f"/analytics{path}", "_=1")[1]["meta"]


@every_report
def test_of_two_values_none_is_silently_taken(get, path):
    status, body = get(f"/analytics{path}", "days=7&days=30")
    assert (status, body["parameter"], body["given"]) == (400, "days", "7 and 30")
    assert body["message"] == "days is there 2 times, with different values; allowed: one value."
    assert get(f"/analytics{path}", "days=7&days=7")[0] == 200


def test_of_two_values_of_a_filter_none_is_silently_taken(get):
    status, body = get("/campaigns", "status=ACTIVE&status=DRAFT")
    assert (status, body["parameter"], body["given"]) == (400, "status", "ACTIVE and DRAFT")


@every_report
@pytest.mark.parametrize("name", ["limit", "pageSize", "signedUpFrom"])
def test_a_report_refuses_what_others_understand(get, path, name):
    status, body = get(f"/analytics{path}", f"{name}=x")
    assert (status, body["parameter"], body["given"]) == (400, name, "x")
    assert "days" in body["allowed"]
    assert body["message"].startswith(f"{name} is not understood here; understood are: ")


@pytest.mark.parametrize("prefer", ["handling=strict", 'respond-async, Handling = "strict"', "handling=strict; x=1"])
def test_who_prefers_it_is_refused_strictly(get, prefer):
    status, body = get("/analytics/timeseries", "utm=x", Prefer=prefer)
    assert (status, body["parameter"]) == (400, "utm")
    assert get("/contacts", "utm=x", Prefer=prefer)[0] == 400
    assert get("/contacts", "_=x", Prefer=prefer)[0] == 200
    assert get("/contacts", "utm=x", Prefer="handling=lenient")[0] == 200


@pytest.mark.parametrize("resource", [*NEW, "ab-tests", "funnels", "segments", "members", "keys", "invitations"])
def test_a_list_tells_what_nobody_knows_and_refuses_what_others_understand(get, resource):
    status, body = get(f"/{resource}", "utm=x")
    assert (status, body["meta"]) == (200, {"ignored": ["utm"]})
    assert get(f"/{resource}")[1].keys() == {"results", "next"}
    status, body = get(f"/{resource}", "steps=x")
    assert (status, body["parameter"]) == (400, "steps")


def test_a_row_tells_what_nobody_knows_and_refuses_what_lists_understand(get):
    row = f"/contacts/{Contact.objects.get().api_id}"
    status, body = get(row, "utm=x&format=json")
    assert (status, body["meta"]) == (200, {"ignored": ["utm"]})
    assert "meta" not in get(row)[1]
    assert get(row, "pageSize=5")[0] == 400


def test_a_rows_etag_is_the_rows_whatever_stands_in_its_address(api, workspace):
    row = f"/api/workspaces/{workspace.api_id}/contacts/{Contact.objects.get().api_id}"
    etag = api.get(row)["ETag"]
    assert api.get(f"{row}?utm=x")["ETag"] == etag
    unchanged = api.get(f"{row}?utm=x", headers={"If-None-Match": etag})
    assert (unchanged.status_code, unchanged["X-Ignored-Parameters"]) == (304, "utm")
    changed = api.patch(f"{row}?utm=x", {"name": "N"}, content_type="application/json", headers={"If-Match": etag})
    assert (changed.status_code, changed.json()["meta"]) == (200, {"ignored": ["utm"]})


def test_a_write_tells_what_nobody_knows_and_refuses_what_lists_understand(api, workspace):
    address = f"/api/workspaces/{workspace.api_id}/contacts"
    written = post_json(api, f"{address}?utm=x", NEW["contacts"])
    assert (written.status_code, written.json()["meta"]) == (201, {"ignored": ["utm"]})
    bulk = post_json(api, f"{address}/bulk?utm=x", {"items": [NEW["contacts"]]})
    assert (bulk.status_code, bulk.json()["meta"]) == (200, {"ignored": ["utm"]})
    for path in (address, f"{address}/bulk"):
        refused = post_json(api, f"{path}?signedUpFrom=2026-03-01", NEW["contacts"])
        assert (refused.status_code, refused.json()["parameter"]) == (400, "signedUpFrom")
    gone = api.delete(f"{address}/{written.json()['id']}?utm=x&%0Aa,b=1")
    assert (gone.status_code, gone["X-Ignored-Parameters"]) == (204, "%0Aa%2Cb, utm")


def test_the_first_answer_to_an_idempotency_key_comes_again_with_what_was_left_out(api, workspace):
    address = f"/api/workspaces/{workspace.api_id}/contacts?utm=x"
    bodies = [
        api.post(address, NEW["contacts"], content_type="application/json", headers={"Idempotency-Key": "k"}).json()
        for _ in range(2)
    ]
    assert bodies[0] == bodies[1]
    assert bodies[0]["meta"] == {"ignored": ["utm"]}


@pytest.mark.parametrize("path", ["/contacts.csv?", "/contacts?format=csv&"])
def test_a_file_tells_what_nobody_knows_beside_its_rows(api, workspace, path):
    address = f"/api/workspaces/{workspace.api_id}{path}"
    assert api.get(f"{address}utm=x")["X-Ignored-Parameters"] == "utm"
    assert "X-Ignored-Parameters" not in api.get(f"{address}_=x")


@pytest.mark.parametrize("path", ["/api/workspaces", "/api/session", "/api/metrics"])
def test_what_belongs_to_no_workspace_tells_it_too(api, path):
    assert api.get(f"{path}?utm=x").json()["meta"] == {"ignored": ["utm"]}
    assert api.get(f"{path}?steps=a").json()["parameter"] == "steps"


@pytest.mark.parametrize("path", ["/analytics", "/analytics/timeseries", "/contacts/{contact}", "/contacts", ""])
def test_a_format_there_is_not_is_a_bad_parameter(get, path):
    status, body = get(path.replace("{contact}", Contact.objects.get().api_id), "format=xml")
    assert (status, body["parameter"]) == (400, "format")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/messages", "campaign=cmp_999"),
        ("/messages", "contact=ct_999"),
        ("/enrollments", "campaign=cmp_999"),
        ("/enrollments", "contact=ct_999"),
        ("/ab-tests", "campaign=cmp_999"),
        ("/message-events", f"message=msg_{'0' * 32}"),
        ("/events", "type=nothing"),
        ("/events", "contact=ct_999"),
        ("/analytics/funnel", "steps=t,nothing"),
        ("/analytics/cohorts", "metric=event:nothing"),
    ],
)
def test_what_names_nothing_is_no_empty_answer(get, path, query):
    status, body = get(path, query)
    assert (status, body["code"]) == (400, "invalid_parameter")
    assert body["parameter"] == query.partition("=")[0]


@pytest.mark.parametrize("path", ["/messages.csv?", "/messages?format=csv&"])
def test_nor_is_it_an_empty_file(get, path):
    status, body = get(f"{path}campaign=cmp_999")
    assert (status, body["parameter"]) == (400, "campaign")


def test_another_workspaces_campaign_is_told_as_one_that_never_was(get, owner):
    elsewhere = create_workspace(name="Elsewhere", time_zone="UTC", by=owner)
    theirs = Campaign.objects.create(workspace=elsewhere, external_id="x", name="X")
    answers = [get("/ab-tests", f"campaign={campaign}") for campaign in (theirs.api_id, "cmp_999")]
    told = [(status, body["allowed"]) for status, body in answers]
    assert told == [(400, "a campaign of this workspace")] * 2


def test_what_is_there_and_has_no_rows_is_an_empty_answer(get):
    assert get("/ab-tests", f"campaign={Campaign.objects.get().api_id}")[1]["results"] == []
    assert get("/events", "type=purchase")[1]["results"] == [], "a conversion that is waited for"


@written_alone
def test_a_field_that_there_is_not_is_refused_in_a_single_write(api, workspace, resource):
    address = f"/api/workspaces/{workspace.api_id}/{resource}"
    response = post_json(api, address, {**NEW[resource], "colour": "red"})
    assert response.status_code == 400
    assert (response.json()["code"], list(response.json()["fields"])) == ("unknown_field", ["colour"])
    assert not Contact.objects.filter(external_id="c2").exists()
    assert post_json(api, address, NEW[resource]).status_code in (200, 201)


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ({"abTests": [{"externalId": "t", "name": "T", "wait": 1}]}, "abTests.wait"),
        ({"abTests": [{"externalId": "t", "name": "T", "variants": [{"name": "A", "x": 1}]}]}, "abTests.variants.x"),
    ],
)
def test_nor_is_one_within_another_taken(api, workspace, item, name):
    response = post_json(api, f"/api/workspaces/{workspace.api_id}/campaigns", {**NEW["campaigns"], **item})
    assert (response.status_code, list(response.json()["fields"])) == (400, [name])


def test_of_a_field_within_another_it_is_told_which_there_are_beside_it(api, workspace):
    item = {**NEW["campaigns"], "x": 1, "abTests": [{"externalId": "t", "name": "T", "wait": 1}]}
    address = f"/api/workspaces/{workspace.api_id}/campaigns"
    refused = post_json(api, address, item).json()
    warned = post_json(api, f"{address}/bulk", {"items": [item]}).json()["warnings"]
    for about_x, about_wait in (
        (refused["fields"]["x"][0], refused["fields"]["abTests.wait"][0]),
        sorted((remark["message"] for remark in warned), key=len, reverse=True),
    ):
        assert "there are externalId, name, channel, status," in about_x
        assert "there are externalId, name, variants." in about_wait
    assert refused["message"].startswith("x: There is no such field; there are externalId, name, channel")


def test_fields_beside_an_empty_list_are_told_too(api, workspace):
    answer = post_json(api, f"/api/workspaces/{workspace.api_id}/contacts/bulk", {"items": [], "itmes": [{}]}).json()
    assert [(remark["index"], remark["code"]) for remark in answer["warnings"]] == [(0, "unknown_field")]
    assert "'itmes' is not read beside items." in answer["warnings"][0]["message"]
    assert IngestRemark.objects.get(workspace=workspace, code="unknown_field").sample.startswith('{"items"')


@pytest.mark.parametrize("resource", NEW)
def test_in_bulk_each_name_is_warned_of_once(api, workspace, resource):
    odd = {**NEW[resource], "colour": "red", "": 1}
    items = [NEW[resource], odd, odd]
    body = {"items": items, "dryRun": True}
    answer = post_json(api, f"/api/workspaces/{workspace.api_id}/{resource}/bulk", body).json()
    assert answer["rejected"] == []
    warned = sorted((one["index"], one["code"], one["message"].split(" is ")[0]) for one in answer["warnings"])
    assert warned == [(0, "unknown_field", "'dryRun'"), (1, "unknown_field", "''"), (1, "unknown_field", "'colour'")]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/api/workspaces", {"name": "W"}),
        ("patch", "/api/workspaces/{}", {}),
        ("post", "/api/workspaces/{}/funnels", {"name": "F", "steps": ["t"]}),
        ("post", "/api/workspaces/{}/keys", {"name": "K", "kind": "WRITE"}),
        ("post", "/api/workspaces/{}/invitations", {"email": "a@example.com", "role": "VIEWER"}),
        ("post", "/api/session", {"email": "a@example.com", "password": "x"}),
    ],
)
def test_settings_refuse_fields_that_there_are_not(api, workspace, method, path, body):
    address = path.format(workspace.api_id)
    response = getattr(api, method)(address, {**body, "colour": "red"}, content_type="application/json")
    assert (response.status_code, list(response.json()["fields"])) == (400, ["colour"])


@pytest.mark.parametrize(
    ("path", "body", "field", "allowed"),
    [
        ("keys", {"name": "K", "kind": "SECRET"}, "kind", "write, secret"),
        ("keys", {"name": "K", "kind": "secret", "scopes": ["all"]}, "scopes", "read, curate, write"),
        ("invitations", {"email": "a@example.com", "role": "KING"}, "role", "OWNER, ADMIN, ANALYST, VIEWER"),
        ("funnels", {"name": "F", "steps": ["t"], "range": "8"}, "range", "today, yesterday, 7d"),
    ],
)
def test_a_choice_there_is_not_is_told_with_those_there_are(api, workspace, path, body, field, allowed):
    answer = post_json(api, f"/api/workspaces/{workspace.api_id}/{path}", body)
    assert answer.status_code == 400
    assert f"; allowed: {allowed}" in str(answer.json()["fields"][field])


@pytest.mark.long
def test_conversion_types_are_changed_by_the_api(api, workspace):
    address = f"/api/workspaces/{workspace.api_id}"

    def change(**body):
        return api.patch(address, body, content_type="application/json")

    assert change(conversionTypes=["signup", "a, b"]).json()["conversionTypes"] == ["signup", "a, b"]
    assert api.get(address).json()["conversionTypes"] == ["signup", "a, b"]
    for bad in ([""], ["x" * 201], [" a"], "purchase", [1, None]):
        assert change(conversionTypes=bad).status_code == 400, bad
    assert change(conversionTypes=[]).json()["conversionTypes"] == []
    answer = change(timeZone="Asia/Tokyo").json()
    assert (answer["timeZone"], answer["timezone"]) == ("Asia/Tokyo", "Asia/Tokyo")
    assert change(timezone="UTC").json()["timeZone"] == "UTC"


@every_report
def test_days_and_period_are_taken_alike(get, path):
    long, short = (get(f"/analytics{path}", query)[1]["meta"]["from"] for query in ("period=60d", "days=7"))
    assert long < short
    assert get(f"/analytics{path}", "days=7&period=7d")[0] == 200
    status, body = get(f"/analytics{path}", "days=7&period=8d")
    assert (status, body["parameter"]) == (400, "period")


def test_in_a_file_of_json_each_name_is_kept_as_a_warning(workspace):
    for resource, item in NEW.items():
        lines = [json.dumps(one).encode() for one in (item, {**item, "colour": "red"}, {**item, "colour": "blue"})]
        file = io.BufferedReader(io.BytesIO(b"\n".join(lines)))
        assert [one.rejected for one in import_blocks(workspace, resource, file, source=resource)] == [[]]
        [remark] = IngestRemark.objects.filter(source=resource, code="unknown_field")
        assert (remark.count, remark.message) == (1, "'colour' is not read.")
