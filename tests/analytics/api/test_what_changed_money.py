"""What changed of orders, of who ordered, and of what conversions are credited to: by hand, and what is refused."""

from urllib.parse import urlencode

import pytest

from analytics.lists.conversions import TOUCH_PARAMETERS
from analytics.models import Campaign
from tests.analytics.reports.items import contact, event, message
from tests.copied_rows import copied

WEEK = {"from": "2026-03-16", "to": "2026-03-22", "compare": "previous"}
"""Against 9 to 15 March."""
DIRECT = {"Direct / no touch": 0}
GOOGLE, NEWS = {"source": "google", "medium": "cpc"}, {"source": "news"}


@pytest.fixture
@copied
def shop(bulk, workspace, now):
    """Before, Ada comes by Google and buys for 10, Bob buys for 20. Now Ada also comes by News, clicks an email, and
    buys for 30; Bob comes by Google and buys twice, for 20 and 40; Eve only looks, and Dan buys from nowhere, for 5."""
    people = ("ada", "bob", "eve", "dan")
    bulk("contacts", [{**contact(name, "01-05 08:00"), "attributes": {"plan": name[0]}} for name in people])
    bulk("campaigns", [{"externalId": "spring", "name": "Spring"}])
    at = "03-17 09:00"
    bulk("messages", [message("m1", at, campaign="spring", sent=at, delivered=at, clicked="03-17 10:00")])
    bulk(
        "events",
        [
            event("visit", "ada", "03-10 08:00", utm=GOOGLE),
            bought("ada", "03-10 09:00", 10),
            bought("bob", "03-11 09:00", 20),
            event("visit", "ada", "03-17 08:00", utm=NEWS),
            bought("ada", "03-17 12:00", 30),
            event("visit", "bob", "03-18 08:00", utm=GOOGLE),
            bought("bob", "03-18 09:00", 20),
            bought("bob", "03-19 09:00", 40),
            event("visit", "eve", "03-18 08:00"),
            bought("dan", "03-20 09:00", 5),
        ],
    )


def bought(who, when, revenue):
    return event("purchase", who, when, properties={"revenue": revenue, "order_id": f"{who} {when}"})


@pytest.fixture
def ask(api, workspace):
    def answer_to(expected=200, **query):
        answer = api.get(f"/api/workspaces/{workspace.api_id}/analytics/what-changed", {**WEEK, **query})
        assert answer.status_code == expected, answer.content
        return answer.json()

    return answer_to


def parts_of(body, dimension):
    parts = next(each for each in body["dimensions"] if each["dimension"] == dimension)["parts"]
    assert sum(part["change"] for part in parts) == pytest.approx(body["change"], abs=1e-12)
    return {part["name"]: part for part in parts}


def changes_of(body, dimension):
    return {name: part["change"] for name, part in parts_of(body, dimension).items()}


def test_credit_is_divided_by_touches_and_what_has_none_is_a_part_of_its_own(ask, shop):
    body = ask(metric="credit", model="linear")
    assert (body["complete"]["value"], body["compared"]["value"], body["change"]) == (4, 2, 2)
    assert changes_of(body, "utm.source") == {
        "google": 1.333334,
        **dict.fromkeys(("news", "email"), 0.333333),
        **DIRECT,
    }
    assert [part["unattributed"] for part in parts_of(body, "utm.source").values()].count(True) == 1
    assert changes_of(body, "campaign") == {"Spring": 0.333333, None: 1.666667, **DIRECT}
    assert changes_of(body, "channel") == {"Email": 0.333333, None: 1.666667, **DIRECT}
    last = ask(metric="credit")
    assert changes_of(last, "utm.source") == {"google": 1, "email": 1, **DIRECT}
    assert changes_of(ask(metric="credit", breakdown="contact.plan"), "contact.plan") == {"b": 1, "d": 1, "a": 0}


def test_credited_revenue_is_in_minor_units(ask, shop):
    body = ask(metric="credited_revenue", model="linear")
    assert (body["complete"]["value"], body["compared"]["value"], body["change"]) == (9500, 3000, 6500)
    assert changes_of(body, "utm.source") == {"google": 6000, "news": 1000, "email": 1000, "Direct / no touch": -1500}
    assert body["complete"]["counts"] == {"credited_revenue": 9500}


def test_conditions_on_touches_choose_what_is_credited(ask, shop):
    of_google = ask(metric="credit", where="utm.source:google")
    assert (of_google["complete"]["value"], of_google["compared"]["value"]) == (2, 1)
    assert ask(metric="credit", where="utm.source:*")["complete"]["value"] == 3
    assert ask(metric="credit", where="utm.source!:*")["complete"]["value"] == 1
    spring = Campaign.objects.get().api_id
    assert ask(metric="credit", campaign=spring)["complete"]["value"] == 1
    assert ask(metric="credit", model="linear", where="channel:email")["complete"]["value"] == 0.333333
    assert ask(metric="credit", model="linear", where=f"campaign:{spring}")["complete"]["value"] == 0.333333
    assert ask(metric="credit", **{"model": "linear", "lookback.utm": "1h"})["change"] == 2


def test_every_part_of_credit_opens_to_the_conversions_that_it_is_a_share_of(api, ask, shop):
    body = ask(metric="credit", model="linear", rows="true")
    parts = [part for dimension in body["dimensions"] for part in dimension["parts"]]
    assert len(parts) > 10
    for part in (body, *parts):
        for side in ("complete", "compared"):
            address = part[side]["rows"]["counts.credit"]
            rows = api.get(address).json()["results"]
            is_of_touches = any(f"&{name}=" in address for name in TOUCH_PARAMETERS)
            shares = [row["credit"] if is_of_touches else 1 for row in rows]
            assert sum(shares) == pytest.approx(part[side]["counts"]["credit"], abs=1e-9), address


def test_of_a_path_its_conversions(api, workspace, ask, shop):
    days = {"from": WEEK["from"], "to": WEEK["to"]}
    paths = api.get(f"/api/workspaces/{workspace.api_id}/analytics/attribution/paths?{urlencode(days)}").json()["paths"]
    numbers = {row["key"]: row["conversions"] for row in paths}
    assert sorted(numbers.values()) == [1, 2]
    for key, number in numbers.items():
        assert ask(metric="credit", path=key)["complete"]["value"] == number


def test_an_average_order_is_divided_into_mix_and_rate(ask, shop):
    """1,500 of two orders before; 2,375 of four now: of google-buyer Bob 2,000, then 3,000 of half of them."""
    body = ask(metric="average_order", breakdown="contact.plan")
    assert (body["complete"]["value"], body["compared"]["value"], body["change"]) == (2375, 1500, 875)
    assert body["complete"]["counts"] == {"gross_revenue": 9500, "valued_orders": 4}
    middle = (2375 + 1500) / 2
    parts = parts_of(body, "contact.plan")
    assert parts["a"]["mix"] == pytest.approx((1 / 4 - 1 / 2) * ((3000 + 1000) / 2 - middle))
    assert parts["a"]["rate"] == pytest.approx((1 / 4 + 1 / 2) / 2 * 2000)
    assert parts["b"]["rate"] == pytest.approx(1 / 2 * 1000)
    assert (parts["d"]["new"], parts["d"]["rate"]) == (True, 0)
    assert not any(part["beyondChance"] for part in parts.values())


def test_who_ordered_is_divided_by_what_is_said_of_people_alone(ask, shop):
    body = ask(metric="buyer_rate", breakdown="contact.plan")
    assert body["complete"]["counts"] == {"buyers": 3, "active_people": 4}
    assert body["compared"]["counts"] == {"buyers": 2, "active_people": 2}
    assert body["change"] == -0.25
    assert parts_of(body, "contact.plan")["e"]["mix"] == pytest.approx(1 / 4 * (0 - (0.75 + 1) / 2))
    assert ask(metric="buyer_rate")["dimensions"] == []


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"metric": "credit", "model": "markov"}, "model"),
        ({"metric": "credit", "model": "fair"}, "model"),
        ({"metric": "events", "model": "last"}, "model"),
        ({"metric": "revenue", "reuse": "false"}, "reuse"),
        ({"metric": "events", "path": "0123456789abcdef"}, "path"),
        ({"metric": "credit", "where": "domain:google"}, "metric"),
        ({"metric": "credit", "breakdown": "utm.term"}, "metric"),
        ({"metric": "buyer_rate", "breakdown": "utm.source"}, "metric"),
        ({"metric": "average_order", "channel": "email"}, "metric"),
    ],
)
def test_what_means_nothing_is_refused(ask, shop, query, parameter):
    assert ask(400, **query)["parameter"] == parameter


def test_without_any_order_there_is_nothing_to_compare(ask, workspace, now):
    body = ask(metric="average_order")
    assert (body["change"], body["complete"]["value"]) == (None, None)
    assert ask(metric="credit")["change"] == 0


LISTED = {
    "events": "events",
    "contacts_new": "contacts",
    "enrollments_total": "enrollments",
    "orders": "orders",
    "opens": "messages",
    "credit": "conversions",
}


@pytest.mark.long
@pytest.mark.parametrize("metric", LISTED)
def test_weekdays_open_to_lists_of_each_kind(api, ask, bulk, workspace, now, metric):
    """Some on each of 29 days, in the last minute of one weekday and the first of the next, also of the day on which
    the clock changes."""
    bulk("campaigns", [{"externalId": "c", "name": "C"}])
    days = [f"03-{day:02}" for day in range(1, 30)]
    bulk("contacts", [contact(f"p{day}", f"{day} 23:59") for day in days])
    bulk(
        "enrollments", [{"campaign": "c", "contact": f"p{day}", "enrolledAt": f"2026-{day}T00:00:00Z"} for day in days]
    )
    at = dict.fromkeys(("sent", "delivered"), f"{days[0]} 00:00")
    bulk(
        "messages",
        [
            message(f"m{day}", f"{days[0]} 00:00", campaign="c", contact="p03-01", **at, opened=f"{day} 23:59")
            for day in days
        ],
    )
    bulk("events", [event("visit", f"p{day}", f"{day} 00:00") for day in days])
    bulk("events", [bought(f"p{day}", f"{day} 23:59", 5) for day in days])
    asking = {"from": "2026-03-15", "to": "2026-03-29", "compare": "custom", "metric": metric, "rows": "true"}
    body = ask(**asking, compareFrom="2026-03-01", compareTo="2026-03-14", match="date")
    parts = next(each for each in body["dimensions"] if each["dimension"] == "weekday")["parts"]
    assert sum(part["complete"]["value"] for part in parts) > 7
    for part in parts:
        for side in ("complete", "compared"):
            address = part[side]["rows"][f"counts.{metric}"]
            assert f"/{LISTED[metric]}?" in address
            assert f"weekday={part['value']}" in address
            assert len(api.get(f"{address}&pageSize=200").json()["results"]) == part[side]["counts"][metric], address


def test_a_weekday_needs_days(api, workspace, now):
    root = f"/api/workspaces/{workspace.api_id}"
    for query in ("weekday=1", "weekday=8&occurredFrom=2026-03-01&occurredBefore=2026-03-15"):
        for resource in ("events", "orders", "conversions"):
            answer = api.get(f"{root}/{resource}?{query}")
            assert (answer.status_code, answer.json()["parameter"]) == (400, "weekday")


def test_a_weekday_counts_also_beside_an_hour_that_the_list_does_not_know(api, workspace, bulk, now):
    bulk("events", [event("visit", f"p{day}", f"03-{day} 09:30") for day in range(16, 30)])
    days = {"from": "2026-03-16", "to": "2026-03-29", "weekday": "1"}
    for query in (days, {**days, "hourOfDay": "9"}):
        assert 'data-total="2"' in api.get(f"/w/{workspace.slug}/events/", query).text
