"""Columns of lists of people: chosen in the address, remembered, in files; and contacts sorted by some of them."""

import csv
import re
from io import StringIO

import pytest

from tests.analytics.reports.items import contact, event, message
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied

ALL = "contact,email,id,devices,signedUp,lastEvent,events,messages,opened,clicked,contact.plan,contact.tags"


@pytest.fixture
@copied
def shop(bulk, now):
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}])
    people = [("ada", "Zoe", {"plan": "pro", "tags": ["a", "b"]}), ("bob", "=Bob", {"plan": 5}), ("cy", "Al", {})]
    bulk(
        "contacts",
        [
            {**contact(id, f"03-0{n} 08:00"), "email": f"{id}@example.com", "name": name, "attributes": attributes}
            for n, (id, name, attributes) in enumerate(people, start=1)
        ],
    )
    bulk("messages", [message("m1", "03-20 09:00", opened="03-20 10:00"), message("m2", "03-21 09:00")])
    bulk("events", [event("visit", "ada", f"03-2{n} 10:00", anonymousId="d1") for n in range(3)])
    bulk("events", [event("visit", "?d9", "03-25 10:00")])


@pytest.fixture
def get(api, workspace):
    def page(name, client=api, **query):
        response = client.get(f"/w/{workspace.slug}/{name}/", query)
        assert response.status_code == 200
        return response.content.decode() if not response.streaming else b"".join(response.streaming_content).decode()

    return page


def heads(html):
    return re.findall(r'data-column="([^"]*)"', html)


def lines(text):
    return list(csv.reader(StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.long
def test_columns_are_those_of_the_address_in_its_order(get, shop):
    assert heads(get("contacts")) == ["contact", "email", "id", "signedUp", "lastEvent"]
    assert heads(get("contacts", columns="contact.plan,events,email")) == ["contact.plan", "events", "email"]
    assert heads(get("contacts", columns=["id", "contact"])) == ["id", "contact"]


def test_every_column_says_what_is_so(get, shop):
    ada = lines(get("contacts", columns=ALL, format="csv"))[3]
    assert ada[:4] == ["Zoe", "ada@example.com", "ada", "d1"]
    assert ada[4:6] == ["2026-03-01T08:00:00+01:00", "2026-03-22T10:00:00+01:00"]
    assert ada[6:] == ["3", "2", "1", "0", "pro", '[ "a", "b" ]']


def test_a_file_has_the_columns_that_are_shown_and_no_formulas(get, shop, api, workspace):
    asked = {"columns": "contact,contact.plan", "format": "csv", "where": "contact.plan:*"}
    assert lines(get("contacts", **asked)) == [["Contact", "Plan"], ["'=Bob", "5"], ["Zoe", "pro"]]
    assert api.get(f"/w/{workspace.slug}/contacts/", asked)["X-Row-Count"] == "2"


def test_what_is_no_column_is_left_out_and_told(get, shop):
    html = get("contacts", columns="email,nonsense,contact.nobodys")
    assert heads(html) == ["email"]
    assert "columns cannot be" in html
    assert "an attribute that a contact has" in html


@pytest.mark.long
def test_columns_are_remembered_for_each_list_until_others_are_chosen(get, shop):
    get("contacts", columns="email,events")
    assert heads(get("contacts")) == ["email", "events"]
    people = {"from": "2026-03-01", "to": "2026-03-31", "steps": "visit"}
    assert heads(get("people", **people)) == ["contact", "email", "id", "devices", "lastEvent"]
    usual = re.search(r'href="[^"]*columns=([^"&]*)[^"]*">Usual columns', get("contacts"))[1]
    assert heads(get("contacts", columns=usual.replace("%2C", ","))) == [
        *("contact", "email", "id", "signedUp", "lastEvent")
    ]


def test_the_chooser_offers_attributes_and_keeps_the_filters(get, shop):
    html = get("contacts", where="contact.plan:pro", columns="email,contact.tags")
    form = html.split("Columns</summary>")[1].split("</form>")[0]
    assert 'name="where" value="contact.plan:pro"' in form
    values = re.findall(r'name="columns" value="([^"]*)"( checked)?', form)
    assert values[:2] == [("email", " checked"), ("contact.tags", " checked")]
    assert ("contact.plan", "") in values


def test_people_of_a_funnel_have_ids_and_addresses_in_their_file(get, shop):
    people = {"from": "2026-03-01", "to": "2026-03-31", "steps": "visit", "format": "csv"}
    assert lines(get("people", **people)) == [
        ["Contact", "Email", "ID", "Device ID", "Last event"],
        ["Anonymous visitor", "", "", "?d9", "2026-03-25T10:00:00+01:00"],
        ["Zoe", "ada@example.com", "ada", "d1", "2026-03-22T10:00:00+01:00"],
    ]


def test_who_sees_no_addresses_sees_none_in_columns_and_files(get, shop, viewer_client, bulk):
    bulk("contacts", [{"externalId": "cy", "attributes": {"login": "cy@example.com"}}])
    asked = {"columns": "email,contact.login"}
    for text in (get("contacts", viewer_client, **asked), get("contacts", viewer_client, **asked, format="csv")):
        assert "ada@" not in text
        assert "cy@" not in text
        assert "a…@example.com" in text


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("signedUp", ["Zoe", "=Bob", "Al"]),
        ("-signedUp", ["Al", "=Bob", "Zoe"]),
        ("contact", ["=Bob", "Al", "Zoe"]),
        ("-contact", ["Zoe", "Al", "=Bob"]),
        ("id", ["Zoe", "=Bob", "Al"]),
    ],
)
def test_contacts_are_sorted_by_some_columns(get, shop, sort, names):
    text = text_of(get("contacts", sort=sort, columns="contact"))
    assert sorted(names, key=text.rindex) == names


def test_what_contacts_cannot_be_sorted_by_is_told(get, shop):
    html = get("contacts", sort="-events", columns="contact,events")
    assert "sort cannot be" in html
    assert re.findall(r'data-column="([^"]*)"[^>]*aria-sort', html) == ["contact"]


@pytest.mark.long
def test_sorted_pages_follow_each_other_without_gaps(get, shop, bulk):
    bulk("contacts", [{"externalId": f"x{n:03}", "name": f"N{n % 7}"} for n in range(120)])
    seen, after = [], {}
    while True:
        html = get("contacts", sort="contact", columns="id", **after)
        seen += re.findall(r'/contacts/ct_\d+/">(x\d+)<', html)
        following = re.search(r'after=([^&"]+)[^>]*rel=.next', html)
        if following is None:
            break
        after = {"after": following[1].replace("%3D", "=")}
    assert len(seen) == len(set(seen)) == 120
    file = lines(get("contacts", sort="contact", columns="id", format="csv"))
    assert [line[0] for line in file[1:] if line[0].startswith("x")] == seen
    assert seen == sorted(seen, key=lambda id: (int(id[1:]) % 7, int(id[1:])))
    assert 'rel="next"' in get("contacts", sort="id", after="nonsense")
