"""Funnels by rules over the API: a window, an order, what is excluded, how long people took and when they entered.
Every number opens to the people it counts."""

import json

import pytest

from tests.analytics.reports.items import contact, event
from tests.conftest import post_json
from tests.copied_rows import copied

pytestmark = pytest.mark.usefixtures("now")
DAYS = {"from": "2026-03-10", "to": "2026-03-20"}


@pytest.fixture
@copied
def acts(bulk):
    """Ada buys after the days; Bob in time, after a first visit that led nowhere; Cy got his money back between; Di is
    too late; Eve came on the last day; Flo only before the days."""
    did = {
        "ada": ["visit 03-20 23:59:59.999999", "signup 03-20 23:59:59.999999", "purchase 03-25 12:00"],
        "bob": ["visit 03-10 00:00", "visit 03-18 10:00", "signup 03-18 10:30", "purchase 03-18 12:00"],
        "cy": ["visit 03-12 10:00", "refund 03-12 11:00", "signup 03-12 12:00"],
        "di": ["visit 03-11 10:00", "signup 03-11 10:02", "purchase 03-18 10:00:00.000001"],
        "eve": ["visit 03-30 10:00", "signup 03-30 11:00"],
        "flo": ["visit 03-09 10:00", "signup 03-11 10:00"],
    }
    split = [(who, *text.split(" ", 1)) for who, texts in did.items() for text in texts]
    bulk("events", [event(name, f"?{who}", when, properties={"plan": who[0]}) for who, name, when in split])


@pytest.fixture
def ask(api, workspace, acts):
    path = f"/api/workspaces/{workspace.api_id}/analytics/funnel"
    steps = {"steps": "visit,signup,purchase"}
    return lambda **query: api.get(path, {**({} if "step" in query else steps), **DAYS, **query})


@pytest.fixture
def counts(ask):
    return lambda **query: [row["count"] for row in ask(**query).json()["steps"]]


def test_without_rules_steps_lie_in_the_days(ask, counts):
    assert counts() == [4, 4, 2]
    assert counts(window="none", order="ordered") == [4, 4, 2]
    body = ask().json()
    assert body.keys() == {"period", "steps", "overallConversion", "revenue", "meta"}
    assert not {"window", "order", "exclude", "by"} & body["meta"]["question"].keys()


def test_within_a_window_people_complete_after_the_days_but_not_too_late(ask, counts):
    assert counts(window="7d") == [4, 4, 2], "Ada, and Bob by his second visit; Di a microsecond too late"
    assert counts(window="169h") == [4, 4, 3]
    assert counts(window="1m") == [4, 1, 0]
    assert ask(window="7d").json()["meta"]["question"]["window"] == "7d"
    assert ask(window="168h").json()["meta"]["question"]["window"] == "7d"


def test_those_whose_window_is_over_are_told_apart(ask):
    body = ask(**{"from": "2026-03-10", "to": "2026-03-31"}, window="7d").json()
    assert [(row["count"], row["mature"]["count"], row["young"]) for row in body["steps"]] == [
        (5, 4, 1),
        (5, 4, 1),
        (2, 2, 0),
    ]
    assert body["steps"][2]["mature"] == {"count": 2, "dropoff": 2, "conversionFromPrevious": 0.5}
    assert (body["overallConversion"], body["mature"]) == (0.4, {"overallConversion": 0.5})


def test_orders_and_exclusions(ask, counts):
    assert counts(window="7d", order="strict") == [4, 3, 2], "Cy had a refund between"
    assert counts(window="7d", exclude="refund@1-2") == [3, 3, 2]
    assert counts(window="7d", exclude="refund@2-3") == [4, 4, 2]
    assert counts(window="7d", exclude=["refund", "purchase@1-2"]) == [3, 3, 2]
    assert counts(steps="signup,visit", window="2d", order="any") == [5, 4], "Flo's visit was before the days"
    question = ask(window="7d", exclude=["refund@1-2", "refund@1-3"]).json()["meta"]["question"]
    assert question["exclude"] == ["refund@1-2", "refund@1-3"]


def test_any_of_several_and_who_signed_up_are_steps(ask, counts, bulk):
    assert counts(steps="visit,refund|purchase") == [4, 3]
    assert ask(steps='visit,"refund|purchase"').status_code == 400, "no event is called so"
    bulk("contacts", [contact("gil", "03-12 10:00"), contact("hal", "03-13 10:00")])
    bulk("events", [event("visit", "gil", "03-11 10:00"), event("purchase", "gil", "03-14 10:00")])
    body = ask(step=["visit", "contact:signup", "purchase|refund"], rows="true").json()
    assert [row["count"] for row in body["steps"]] == [5, 1, 1]
    assert [row["step"] for row in body["steps"]] == ["visit", "contact:signup", "purchase|refund"]
    first = ask(step=["contact:signup", "visit"], breakdown="contact.known").json()
    assert [row["count"] for row in first["steps"]] == [2, 0]
    assert ask(step=["contact:signup"], where="property.plan:a").status_code == 400


def test_how_long_people_took(ask):
    time = ask(window="7d").json()["time"]
    first, last = time["steps"]
    assert (first["from"], first["to"], first["people"]) == (1, 2, 4)
    assert [first[name] for name in ("p10", "p25", "p50", "p75", "p90")] == [0.0, 0.0, 120.0, 1800.0, 7200.0]
    assert first["mean"] == (0 + 120 + 1800 + 7200) / 4
    assert [(row["from"], row["to"], row["people"]) for row in first["histogram"]] == [
        (0, 60, 1),
        (60, 300, 1),
        (300, 900, 0),
        (900, 3600, 1),
        (3600, 21600, 1),
    ]
    assert (last["from"], last["to"], last["people"]) == (2, 3, 2)
    assert (time["overall"]["from"], time["overall"]["to"], time["overall"]["p10"]) == (1, 3, 7200.0)
    assert time["overall"]["histogram"][-1]["to"] == 7 * 86400
    nobody = ask(steps="visit,refund,purchase", window="1m").json()["time"]["overall"]
    assert (nobody["people"], nobody["mean"], nobody["p50"]) == (0, None, None)
    assert nobody["histogram"] == [{"from": 0, "to": 60, "people": 0}]
    assert "time" not in ask(steps="visit", window="7d").json()


def test_the_trend_of_entries_adds_up_to_the_funnel(ask):
    body = ask(**{"from": "2026-03-10", "to": "2026-03-31"}, window="14d", by="week").json()
    assert [tuple(row.values()) for row in body["trend"]] == [
        ("2026-03-10", 3, 2, 0.667, True),
        ("2026-03-16", 1, 1, 1.0, False),
        ("2026-03-23", 0, 0, 0.0, False),
        ("2026-03-30", 1, 0, 0.0, False),
    ]
    for by in ("day", "week", "month"):
        trend = ask(window="7d", by=by).json()["trend"]
        assert [sum(row[name] for row in trend) for name in ("entrants", "finishers")] == [4, 2]
    assert "trend" not in ask(window="7d").json()


def test_groups_are_by_the_entry_and_each_tells_its_difference_to_the_rest(ask):
    body = ask(window="7d", breakdown="property.plan").json()
    groups = {group["value"]: group for group in body["groups"]}
    assert {value: [row["count"] for row in group["steps"]] for value, group in groups.items()} == {
        "a": [1, 1, 1],
        "b": [1, 1, 1],
        "c": [1, 1, 0],
        "d": [1, 1, 0],
    }
    difference = groups["a"]["difference"]
    assert (difference["rest"], difference["difference"]) == (0.3333, 0.6667)
    assert difference["interval"][0] < 0.6667 < difference["interval"][1] <= 1
    assert difference["p"] < difference["pAdjusted"] <= 1
    assert groups["a"]["mature"] == {"overallConversion": 1.0}
    alone = ask(window="7d", breakdown="contact.known").json()["groups"]
    assert [group["difference"] for group in alone] == [None], "there is nobody else"


def all_rows(body):
    """What an answer says has so many rows: number and address."""
    if isinstance(body, list):
        return [pair for part in body for pair in all_rows(part)]
    if not isinstance(body, dict):
        return []
    own = [(body[name], address) for name, address in body.get("rows", {}).items() if address and name in body]
    return own + [pair for name, part in body.items() if name != "rows" for pair in all_rows(part)]


@pytest.mark.long
@pytest.mark.parametrize(
    "rules",
    [
        {"window": "7d", "by": "week"},
        {"window": "7d", "order": "strict", "to": "2026-03-31"},
        {"window": "2d", "order": "any", "exclude": "refund", "breakdown": "property.plan"},
        {"exclude": ["refund@1-2", "purchase@1-2"], "by": "month"},
    ],
)
def test_every_number_opens_to_its_people(ask, api, rules):
    pairs = all_rows(ask(**rules, rows="true").json())
    assert len(pairs) > 20
    for number, address in dict.fromkeys(pair for pair in pairs if "/people?" in pair[1]):
        assert len(api.get(address, {}).json()["results"]) == number, address


def people_on(page):
    return {who for who in ("ada", "bob", "cy", "di", "eve", "flo") if f"?{who}" in page}


@pytest.mark.long
def test_lists_of_people_on_pages_follow_the_same_rules(api, workspace, acts):
    path = f"/w/{workspace.slug}/people/"
    asked = {**DAYS, "steps": "visit,signup,purchase", "step": "2", "window": "7d", "exclude": "refund@1-2"}
    page = api.get(path, asked).content.decode()
    assert "Within 7 days of entering" in page
    assert "Without refund between steps 1 and 2" in page
    assert people_on(page) == {"ada", "bob", "di"}
    young = api.get(path, {**asked, "to": "2026-03-31", "entrants": "young"}).content.decode()
    assert "Window not over yet" in young
    assert people_on(young) == {"eve"}
    took = api.get(path, {**asked, "tookSince": "1", "tookFrom": "60", "tookBelow": "300"}).content.decode()
    assert "Took 1 minute to 5 minutes since step 1" in took
    assert people_on(took) == {"di"}
    entered = api.get(path, {**asked, "enteredFrom": "2026-03-11", "enteredTo": "2026-03-11"}).content.decode()
    assert people_on(entered) == {"di"}
    odd = api.get(path, {**asked, "window": "1y", "entrants": "old", "tookFrom": "x"}).content.decode()
    for name in ("window cannot be", "entrants cannot be", "tookFrom cannot be"):
        assert name in odd


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"window": "0"}, "window"),
        ({"window": "59s"}, "window"),
        ({"window": "366d"}, "window"),
        ({"order": "backwards"}, "order"),
        ({"exclude": "refund@2-1"}, "exclude"),
        ({"exclude": "refund@1-4"}, "exclude"),
        ({"exclude": "refund where channel:email"}, "exclude"),
        ({"exclude": "signup"}, "exclude"),
        ({"exclude": "refund@1-2", "order": "any"}, "exclude"),
        ({"exclude": ["a", "b", "c", "d", "e", "f"]}, "exclude"),
        ({"exclude": "message:clicked@cmp_99"}, "exclude"),
        ({"by": "hour"}, "by"),
    ],
)
def test_what_is_no_rule_is_refused(ask, query, parameter):
    refused = ask(**query)
    assert refused.status_code == 400
    assert refused.json()["parameter"] == parameter


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"entrants": "mature"}, "entrants"),
        ({"window": "7d", "entrants": "old"}, "entrants"),
        ({"enteredFrom": "2026-03-10"}, "enteredFrom"),
        ({"enteredFrom": "2026-03-12", "enteredTo": "2026-03-10"}, "enteredFrom"),
        ({"tookSince": "3", "tookFrom": "0"}, "tookSince"),
        ({"tookFrom": "0"}, "tookFrom"),
        ({"window": "x"}, "window"),
        ({"steps": "", "utmSource": "google", "window": "7d"}, "window"),
        ({"steps": "", "did": "event", "entrants": "mature"}, "entrants"),
    ],
)
def test_lists_of_people_refuse_what_they_cannot_follow(api, workspace, acts, query, parameter):
    days = {"occurredFrom": "2026-03-10", "occurredBefore": "2026-03-21"}
    refused = api.get(f"/api/workspaces/{workspace.api_id}/people", {"steps": "visit,signup", **days, **query})
    assert (refused.status_code, refused.json()["parameter"]) == (400, parameter)


def test_saved_funnels_keep_their_rules(api, workspace, ask):
    url = f"/api/workspaces/{workspace.api_id}/funnels"
    steps = {"name": "Checkout", "steps": ["visit", "signup", "purchase"]}
    made = post_json(api, url, {**steps, "window": "7d", "order": "strict", "exclude": ["refund@1-2"]}).json()
    assert (made["window"], made["order"], made["exclude"]) == ("7d", "strict", ["refund@1-2"])
    report = api.get(f"/api/workspaces/{workspace.api_id}/analytics/funnel", {**DAYS, "funnel": made["id"]}).json()
    assert [row["count"] for row in report["steps"]] == [3, 3, 2]
    assert report["meta"]["question"]["order"] == "strict"
    wider = api.get(
        f"/api/workspaces/{workspace.api_id}/analytics/funnel",
        {**DAYS, "funnel": made["id"], "order": "ordered", "window": "none"},
    ).json()
    assert [row["count"] for row in wider["steps"]] == [3, 3, 2]
    path = f"{url}/{made['id']}"
    changed = api.patch(path, json.dumps({"window": None, "exclude": []}), content_type="application/json").json()
    assert (changed["window"], changed["order"], changed["exclude"]) == (None, "strict", [])
    plain = post_json(api, url, {**steps, "name": "Plain"}).json()
    assert (plain["window"], plain["order"], plain["exclude"]) == ("14d", "ordered", [])
    for field, value in [("window", "1s"), ("order", "x"), ("exclude", ["refund@3-2"]), ("exclude", ["signup"])]:
        refused = post_json(api, url, {**steps, "name": "Bad", field: value})
        assert (refused.status_code, [*refused.json()["fields"]]) == (400, [field])
    refused = api.patch(path, json.dumps({"exclude": ["x@1-9"]}), content_type="application/json")
    assert refused.status_code == 400
