"""Lists and tables of reports as workbooks, from pages and from the API: the rows of their CSV files."""

import csv
import io
from datetime import date, datetime

import pytest

from campaignos.xlsx_export import XLSX
from tests.workbooks import rows_of_workbook

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def contacts(bulk):
    names = ["=1+1", "Ada", "Bob"]
    bulk(
        "contacts",
        [
            {"externalId": f"c{place}", "name": name, "signedUpAt": f"2026-03-2{place}T10:00:00Z"}
            for place, name in enumerate(names)
        ],
    )


def workbook(client, address, **query):
    response = client.get(address, {"format": "xlsx", **query})
    assert (response.status_code, response["Content-Type"]) == (200, XLSX), response.content[:500]
    content = response.getvalue()
    assert int(response["Content-Length"]) == len(content)
    rows = rows_of_workbook(content)
    assert int(response["X-Row-Count"]) == len(rows) - 1
    return response, rows


def lines(client, address, **query):
    content = client.get(address, {"format": "csv", **query}).getvalue().decode()
    return [*csv.reader(io.StringIO(content.lstrip("\ufeff")))]


@pytest.mark.usefixtures("contacts")
def test_a_list_of_the_api_as_a_workbook(api, workspace):
    address = f"/api/workspaces/{workspace.api_id}/contacts"
    response, (head, *rows) = workbook(api, address, ordering="name")
    assert response["Content-Disposition"] == 'attachment; filename="contacts.xlsx"'
    of_csv = lines(api, address, ordering="name")
    assert head == of_csv[0]
    assert [row[head.index("name")] for row in rows] == ["=1+1", "Ada", "Bob"]
    assert rows[0][head.index("signedUpAt")] == datetime(2026, 3, 20, 10)
    assert [row[0] for row in rows] == [row[0] for row in of_csv[1:]]
    assert api.get(address, {"format": "xlsx", "ordering": "x"}).status_code == 400
    assert api.get(address, {"format": "xls"}).status_code == 400
    by_header = api.get(address, {"ordering": "name"}, headers={"Accept": XLSX})
    assert rows_of_workbook(by_header.getvalue())[1:] == rows


@pytest.mark.usefixtures("contacts")
def test_a_list_of_pages_as_a_workbook_shows_who_looks_no_more_than_the_page(api, viewer_client, workspace):
    address = f"/w/{workspace.slug}/contacts/"
    response, (head, *rows) = workbook(api, address)
    assert response["Content-Disposition"] == f'attachment; filename="{workspace.slug}-contacts.xlsx"'
    assert f"Signed up ({workspace.zone.key})" in head
    of_csv = lines(api, address)
    assert [row[0] for row in rows] == [row[0].removeprefix("'") for row in of_csv[1:]]
    assert 'format=xlsx" download>Excel<' in api.get(address).content.decode().replace("&amp;", "&")


def test_a_viewer_finds_no_address_in_a_workbook(api, viewer_client, workspace, bulk):
    bulk("campaigns", [{"externalId": "spring", "name": "For ada@example.com"}])
    bulk("contacts", [{"externalId": "c0", "name": "bob@example.net", "email": "eve@example.org"}])
    address, contacts = f"/w/{workspace.slug}/campaigns/", f"/w/{workspace.slug}/contacts/"
    of_api = f"/api/workspaces/{workspace.api_id}/contacts"
    for client, sees in ((api, True), (viewer_client, False)):
        text = str([workbook(client, path)[1] for path in (address, contacts, of_api)])
        assert [local in text for local in ("ada@", "bob@", "eve@")] == 3 * [sees]
    assert "a…@example.com" in text
    assert "For ada@example.com" in str(workbook(viewer_client, address, q="ada@example.com")[1])


@pytest.mark.usefixtures("contacts")
def test_a_list_too_long_for_a_workbook_is_a_page_that_says_so(api, workspace, monkeypatch):
    monkeypatch.setattr("analytics.views.listing.MOST_ROWS", 2)
    address = f"/w/{workspace.slug}/contacts/"
    html = api.get(address, {"format": "xlsx"}).content.decode()
    assert "A workbook has at most 100,000 rows; the CSV file has all of them." in html
    assert ">Excel<" not in html
    assert len(lines(api, address)) == 4


def test_reports_as_workbooks_have_their_numbers_and_days(api, workspace, track):
    track({"type": "track", "userId": "c1", "event": "visit", "timestamp": "2026-03-30T10:00:00Z"})
    page = f"/w/{workspace.slug}/reports/timeseries/"
    response, (head, *rows) = workbook(api, page, table="days", range="7d")
    assert response["Content-Disposition"].endswith('.xlsx"')
    assert head == lines(api, page, table="days", range="7d")[0]
    assert [type(row[0]) for row in rows] == [*7 * [date], str]
    assert [type(value) for row in rows for value in row[1:3]] == 16 * [float]
    assert "?format=xlsx&amp;table=days" in api.get(page).content.decode()
    address = f"/api/workspaces/{workspace.api_id}/analytics/timeseries"
    head, *rows = workbook(api, address, days="7")[1]
    of_csv = lines(api, address, days="7")
    assert head == of_csv[0]
    assert [row[0].isoformat() for row in rows] == [line[0] for line in of_csv[1:]]
    assert [[float(value) for value in line[1:]] for line in of_csv[1:]] == [row[1:] for row in rows]
    assert api.get(f"{address}.csv", {"format": "xlsx"}).status_code == 400


@pytest.mark.parametrize("name", ["campaigns", "segments"])
def test_lists_that_are_tables_are_workbooks_too(api, workspace, bulk, name):
    bulk("campaigns", [{"externalId": "spring", "name": "Spring"}])
    _, *rows = workbook(api, f"/w/{workspace.slug}/{name}/")[1]
    assert len(rows) == (1 if name == "campaigns" else 0)
    assert (">Excel<" in api.get(f"/w/{workspace.slug}/{name}/").content.decode()) == bool(rows)
