"""The list that is written to: how it grows, and who on it still reads, small enough to be added up by hand."""

import pytest

from tests.analytics.reports.items import contact, message, report
from tests.copied_rows import copied

DAYS = {"from": "2026-03-23", "to": "2026-03-29"}
FLOWS = ("opening", "new", "resubscribed", "unsubscribed", "hardBounced", "complained", "closing")


@pytest.fixture
@copied
def people(bulk):
    """Ada stays, Bob leaves and comes back, Cleo signs up and leaves on a day, Dan's mailbox is gone, Eve complains."""
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}])
    names = ["ada", "bob", "dan", "eve"]
    signups = [*(contact(name, "03-01 08:00") for name in names), contact("cleo", "03-24 08:00")]
    bulk("contacts", [*signups, contact("finn", "03-26 08:00")])
    reached = {"sent": "03-23 09:00", "delivered": "03-23 09:00"}
    bulk(
        "messages", [message(f"m-{name}", "03-23 09:00", contact=name, **reached) for name in [*names, "cleo", "finn"]]
    )
    bulk("messages", [message("m2-bob", "03-27 09:00", contact="bob", delivered="03-27 09:00", sent="03-27 09:00")])
    bulk(
        "message-events",
        [
            {**report("m-ada", "clicked", "03-23 10:00"), "url": "https://shop.example/"},
            report("m-bob", "unsubscribed", "03-24 10:00"),
            report("m-bob", "subscribed", "03-25 10:00"),
            report("m-cleo", "unsubscribed", "03-24 11:00"),
            {**report("m-dan", "bounced", "03-25 10:00"), "bounce": "hard"},
            report("m-dan", "subscribed", "03-26 10:00"),
            report("m-eve", "complained", "03-25 12:00"),
            report("m-eve", "unsubscribed", "03-25 13:00"),
        ],
    )


@pytest.fixture
def ask(api, workspace):
    def get(place, **query):
        response = api.get(f"/api/workspaces/{workspace.api_id}/analytics/{place}", {**DAYS, **query})
        assert response.status_code == 200, response.content
        return response.json()

    return get


def flows(row):
    return tuple(row[name] for name in FLOWS)


@pytest.mark.long
def test_each_day_begins_where_the_day_before_ended(ask, people):
    body = ask("list-growth")
    told = {row["date"][-2:]: flows(row) for row in body["periods"]}
    assert told == {
        "23": (4, 0, 0, 0, 0, 0, 4),
        "24": (4, 1, 0, 2, 0, 0, 3),
        "25": (3, 0, 1, 0, 1, 1, 2),
        "26": (2, 1, 0, 0, 0, 0, 3),
        "27": (3, 0, 0, 0, 0, 0, 3),
        "28": (3, 0, 0, 0, 0, 0, 3),
        "29": (3, 0, 0, 0, 0, 0, 3),
    }
    assert flows(body["total"]) == (4, 2, 1, 2, 1, 1, 3)
    assert flows(ask("list-growth", interval="week")["periods"][0]) == flows(body["total"])


def test_a_subscription_brings_nobody_back_whose_mailbox_is_gone(ask, people):
    assert ask("list-growth", **{"from": "2026-03-26", "to": "2026-03-26"})["total"]["resubscribed"] == 0


@pytest.mark.long
def test_growth_is_compared_and_asked_of_some_people(ask, people):
    body = ask("list-growth", compare="previous")
    assert flows(body["comparison"]["compared"]["total"]) == (4, 0, 0, 0, 0, 0, 4)
    assert flows(ask("list-growth", where="contact.signedUpAt>=2026-03-20")["total"]) == (0, 2, 0, 1, 0, 0, 1)


def test_who_is_on_the_list_is_told_by_their_last_act(ask, people):
    body = ask("engagement")
    told = {row["lastAct"]: (row["people"], row["messagesSince"]) for row in body["lastActs"] if row["people"]}
    assert body["people"] == 3
    assert told == {"0-30": (1, 0.0), "never": (2, 1.5)}


@pytest.mark.long
def test_people_of_a_flow_are_a_list_of_the_api_and_of_pages(api, workspace, people):
    asked = {"occurredFrom": "2026-03-23", "occurredBefore": "2026-03-30"}

    def found(**query):
        response = api.get(f"/api/workspaces/{workspace.api_id}/people", {**asked, **query})
        assert response.status_code == 200, response.content
        return len(response.json()["results"])

    assert [found(flow=flow) for flow in FLOWS] == [4, 2, 1, 2, 1, 1, 3]
    assert (found(lastAct="0-30"), found(lastAct="never")) == (1, 2)
    page = api.get(f"/w/{workspace.slug}/people/", {"from": "2026-03-23", "to": "2026-03-29", "flow": "unsubscribed"})
    assert 'data-total="2"' in page.content.decode()
    assert "Left the list: unsubscribed" in page.content.decode()


@pytest.mark.parametrize(
    "query", [{"flow": "left"}, {"lastAct": "2"}, {"flow": "new", "lastAct": "never"}, {"flow": "new", "state": "new"}]
)
def test_what_is_no_flow_is_refused(api, workspace, people, query):
    asked = {"occurredFrom": "2026-03-23", "occurredBefore": "2026-03-30", **query}
    assert api.get(f"/api/workspaces/{workspace.api_id}/people", asked).status_code == 400


def test_growth_by_the_hour_is_refused(api, workspace):
    place = f"/api/workspaces/{workspace.api_id}/analytics/list-growth"
    assert api.get(place, {"interval": "hour"}).status_code == 400


@pytest.mark.long
def test_files_have_a_line_for_each_period_and_time(api, workspace, people):
    place = f"/api/workspaces/{workspace.api_id}/analytics"
    growth = api.get(f"{place}/list-growth.csv", {**DAYS, "interval": "week"}).getvalue().decode("utf-8-sig")
    assert growth.splitlines()[1] == "2026-03-23,2026-03-29,4,2,1,2,1,1,3,True"
    engagement = api.get(f"{place}/engagement.csv", DAYS).getvalue().decode("utf-8-sig")
    assert engagement.splitlines()[:2] == ["lastAct,people,share,messagesSince", "0-30,1,0.333,0.0"]


def test_nobody_is_on_an_empty_list(ask):
    assert flows(ask("list-growth")["total"]) == (0, 0, 0, 0, 0, 0, 0)
    assert ask("engagement")["people"] == 0


@pytest.mark.long
def test_who_comes_back_leaves_and_is_back_in_a_period_has_come_back_once(ask, bulk):
    bulk("contacts", [contact("fay", "03-01 08:00")])
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}])
    bulk("messages", [message(f"m{n}", "03-02 09:00", contact="fay", delivered="03-02 09:00") for n in range(3)])
    acts = [("m0", "unsubscribed", "03-10"), ("m0", "subscribed", "03-24"), ("m1", "unsubscribed", "03-25")]
    bulk("message-events", [report(name, kind, f"{day} 10:00") for name, kind, day in acts])
    assert flows(ask("list-growth")["total"]) == (0, 0, 1, 1, 0, 0, 0)
    bulk("message-events", [report("m1", "subscribed", "03-26 10:00")])
    assert flows(ask("list-growth")["total"]) == (0, 0, 1, 0, 0, 0, 1)
