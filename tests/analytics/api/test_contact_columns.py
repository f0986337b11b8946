"""What the API's list of contacts tells of each besides, where columns are asked for, as JSON and as a file."""

import csv
from io import StringIO

import pytest

from tests.analytics.reports.items import contact, event, message, report
from tests.copied_rows import copied
from workspaces.models import Workspace


def contacts():
    return f"/api/workspaces/{Workspace.objects.get().api_id}/contacts"


@pytest.fixture
@copied
def people(bulk, now):
    said = {"attributes": {"plan": "pro", "deep": {"n": 5}, "mail": "ada@x.example"}}
    bulk("contacts", [{**contact("ada", "03-01 12:00"), **said}, contact("bob", "03-02 12:00")])
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}])
    bulk("messages", [message(name, "03-20 09:00") for name in ("m1", "m2")])
    bulk("message-events", [report("m1", "opened", "03-21 09:00")])
    sold = {"properties": {"revenue": 30, "currency": "EUR"}}
    bulk("events", [event("purchase", "ada", "03-25 09:00", **sold), event("visit", "ada", "03-26 09:00")])
    bulk("events", [event("visit", "ada", "03-26 08:00", anonymousId="d1")])


@pytest.fixture
def rows(api, people):
    def get(**query):
        response = api.get(contacts(), {"ordering": "externalId", **query})
        assert response.status_code == 200, response.content
        return response.json()["results"]

    return get


def test_rows_tell_the_columns_that_are_asked_for(rows):
    ada, bob = rows(columns="lastEvent,events,messages,opened,clicked,devices,contact.plan,contact.deep.n")
    assert ada["columns"] == {
        "lastEvent": "2026-03-26T08:00:00Z",
        "events": 3,
        "messages": 2,
        "opened": 1,
        "clicked": 0,
        "devices": ["d1"],
        "contact.plan": "pro",
        "contact.deep.n": 5,
    }
    nothing = {"events": 0, "messages": 0, "opened": 0, "clicked": 0, "devices": []}
    assert bob["columns"] == {"lastEvent": None, **nothing, "contact.plan": None, "contact.deep.n": None}
    assert all("columns" not in row for row in rows())
    assert [row["columns"] for row in rows(columns="events,opened")] == [
        {"events": 3, "opened": 1},
        {"events": 0, "opened": 0},
    ]


def test_money_is_in_minor_units_by_currency(rows):
    ada, bob = (row["columns"] for row in rows(columns="value,orders,lastOrder"))
    assert (ada["orders"], ada["lastOrder"]) == (1, "2026-03-25T08:00:00Z")
    assert ada["value"]["byCurrency"] == {"EUR": 3000}
    assert ada["value"]["exponents"]["EUR"] == 2
    assert (bob["orders"], bob["lastOrder"], bob["value"]["byCurrency"]) == (0, None, {})


def test_a_file_has_a_column_for_each(api, people):
    def lines(**query):
        response = api.get(contacts(), {"format": "csv", "ordering": "externalId", **query})
        return list(csv.reader(StringIO(b"".join(response.streaming_content).decode().removeprefix("\ufeff"))))

    usual, asked = lines(), lines(columns="opened,contact.plan,devices")
    assert asked[0] == [*usual[0], "opened", "contact.plan", "devices"]
    assert [line[-3:] for line in asked[1:]] == [["1", "pro", '["d1"]'], ["0", "", "[]"]]
    assert [line[:-3] for line in asked[1:]] == usual[1:]


@pytest.mark.parametrize(
    "columns", ["shoes", "contact.shoes", "property.plan", "events,email2", ",".join(map(str, range(30)))]
)
@pytest.mark.parametrize("format_", ["json", "csv"])
def test_other_columns_are_refused(api, people, columns, format_):
    response = api.get(contacts(), {"columns": columns, "format": format_})
    assert response.status_code == 400
    assert response.json()["message"].startswith("columns cannot be")


def test_addresses_in_columns_are_hidden_from_who_sees_none(viewer_client, people):
    (ada,) = viewer_client.get(contacts(), {"externalId": "ada", "columns": "contact.mail"}).json()["results"]
    assert "ada@x.example" not in str(ada)
    assert ada["columns"]["contact.mail"]


def test_columns_of_all_rows_of_a_page_are_read_together(api, bulk, people, django_assert_max_num_queries):
    bulk("contacts", [contact(f"u{n}", "03-03 12:00") for n in range(30)])
    with django_assert_max_num_queries(25):
        api.get(contacts(), {"columns": "lastEvent,messages,devices,value,contact.plan"})
