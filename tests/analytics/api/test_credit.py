"""Credit by a rule over the API: what the page owner asks is answered as ever, and a rule adds what it says."""

import csv
import io

import pytest

from analytics.models import Contact
from tests.analytics.reports.items import contact, event, message, report
from tests.analytics.reports.test_credit_money import LETTER, SEARCH, given_back, sold
from tests.copied_rows import copied

DAYS = {"from": "2026-03-01", "to": "2026-03-31"}


@pytest.fixture
@copied
def weeks(bulk, now):
    """Ada comes by a search, clicks in a message and orders twice; Bob just orders."""
    bulk("contacts", [contact(name, "01-10 09:00") for name in ("ada", "bob")])
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}])
    reached = dict.fromkeys(("sent", "delivered", "opened"), "03-20 08:00")
    bulk("messages", [message("m1", "03-20 08:00", clicked="03-20 10:00", **reached)])
    bulk("message-events", [report("m1", "clicked", "03-20 10:00")])
    bulk(
        "events",
        [
            event("visit", "ada", "03-10 09:00", utm=SEARCH),
            event("visit", "ada", "03-20 10:01", utm=LETTER),
            sold("ada", "03-21 09:00", revenue=10, currency="EUR", order_id="a1"),
            sold("ada", "03-22 09:00", revenue=7, currency="CHF", order_id="a2"),
            given_back("ada", "03-25 09:00", revenue=4, currency="EUR", order_id="a1"),
            sold("bob", "03-21 09:00", revenue=5),
        ],
    )


@pytest.fixture
def get(api, workspace, weeks):
    def asked(place="", status=200, **query):
        response = api.get(f"/api/workspaces/{workspace.api_id}/analytics/attribution{place}", query)
        assert response.status_code == status, response.content
        return response.json()

    return asked


def without_clock(body):
    return {
        **body,
        "meta": {name: said for name, said in body["meta"].items() if name not in ("generatedAt", "question")},
    }


def test_a_rule_adds_credit_to_the_answer_that_there_is_without_one(get):
    plain, by_rule = get(**DAYS), get(**DAYS, model="linear")
    credit = by_rule.pop("credit")
    assert without_clock(by_rule) == without_clock(plain)
    assert credit["model"] == "linear"
    assert (credit["conversions"], credit["credited"]) == (3, 2)
    assert credit["unattributed"] == {"conversions": 1, "revenue": {"EUR": 500, "CHF": 0}, "converted": 500}
    assert (credit["revenue"], credit["converted"]) == ({"EUR": 1100, "CHF": 700}, 1100)
    assert credit["money"] == {
        "currency": "EUR",
        "exponents": {"CHF": 2, "EUR": 2},
        "unconvertedRevenue": {"CHF": 700},
        "withoutAmount": 0,
        "currencyAssumed": 1,
    }
    assert (credit["touchpoints"], credit["lookback"]) == (["utm", "click"], {"utm": "30d", "click": "5d"})
    click, search = credit["breakdown"]
    assert click.pop("campaignId").startswith("cmp_")
    assert click == {
        "touch": "click",
        "source": "email",
        "medium": "email",
        "campaign": "Welcome",
        "variant": None,
        "variantId": None,
        "credit": 1.0,
        "interval": None,
        "assists": 2,
        "people": 1,
        "revenue": {"EUR": 300, "CHF": 350},
        "converted": 300,
    }
    assert (search["touch"], search["source"], search["credit"]) == ("utm", "google", 1.0)
    assert credit["others"] is None


def test_rows_beyond_the_limit_are_told_together(get):
    credit = get(**DAYS, model="first", limit="1")["credit"]
    assert [row["source"] for row in credit["breakdown"]] == ["google"]
    assert credit["others"] == {"names": 1, "credit": 0.0, "revenue": {"EUR": 0, "CHF": 0}, "converted": 0}


@pytest.mark.parametrize("by", ["source", "utm.source"])
def test_rows_can_be_of_sources(get, by):
    answer = get(**DAYS, model="last", breakdown=by)
    assert [set(row) >= {"source"} and "touch" not in row for row in answer["credit"]["breakdown"]] == [True, True]
    assert answer["meta"]["question"]["breakdown"] == "utm.source"


def test_what_is_asked_is_told(get):
    question = get(**DAYS, model="decay:3d", touchpoints="click,utm", lookback="7d", collapse="0")["meta"]["question"]
    assert question | DAYS == question
    assert {name: question[name] for name in ("model", "touchpoints", "lookback.utm", "collapse", "reuse")} == {
        "model": "decay:3d",
        "touchpoints": "utm,click",
        "lookback.utm": "7d",
        "collapse": "0",
        "reuse": "true",
    }


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"model": "best"}, "model"),
        ({"touchpoints": "utm,visit"}, "touchpoints"),
        ({"lookback": "1y"}, "lookback"),
        ({"lookback.open": "1d"}, "lookback.open"),
        ({"reuse": "maybe"}, "reuse"),
        ({"model": "last", "breakdown": "contact.plan"}, "breakdown"),
        ({"model": "last", "limit": "0"}, "limit"),
    ],
)
def test_what_is_no_rule_is_refused(get, query, parameter):
    assert get(status=400, **query)["parameter"] == parameter


def test_a_model_that_says_nothing_says_why(get):
    credit = get(**DAYS, model="markov")["credit"]
    assert credit["refusal"] == "Fewer than 30 conversions have a touch."
    assert {row["credit"] for row in credit["breakdown"]} == {None}


def test_a_comparison_has_credit_too(get):
    comparison = get(**DAYS, model="linear", compare="previous")["comparison"]
    assert comparison["compared"]["credit"]["conversions"] == 0
    assert comparison["complete"]["credit"]["conversions"] == 3


def test_models_stand_side_by_side(get):
    answer = get("/models", **DAYS, breakdown="source", model="decay:2d")
    assert answer["models"] == ["decay:2d", "first", "last", "linear", "linear:unique", "position:40,20,40", "markov"]
    assert answer["refusals"] == {"markov": "Fewer than 30 conversions have a touch."}
    assert answer["leftOut"] == 0
    email, google = answer["breakdown"]
    assert (google["source"], google["credit"]["first"], google["credit"]["last"]) == ("google", 2.0, 0.0)
    assert (google["range"], google["credit"]["markov"]) == ([0.0, 2.0], None)
    assert google["revenue"]["linear"] == {"EUR": 300, "CHF": 350}
    assert sum(row["credit"]["decay:2d"] for row in (email, google)) == answer["credited"]


def test_some_models_stand_side_by_side_in_their_order(get):
    """They say what they say among all models."""
    named = ["position:30,30,40", "first", "last", "linear", "decay:2d"]
    some = get("/models", **DAYS, breakdown="source", models=",".join(named))
    alone = get("/models", **DAYS, breakdown="source", model="decay:2d")
    assert some["models"] == named
    assert some["meta"]["question"]["models"] == ",".join(named)
    assert "model" not in some["meta"]["question"]
    assert some["refusals"] == {}
    for row in alone["breakdown"]:
        [same] = [each for each in some["breakdown"] if each["source"] == row["source"]]
        assert {*same["credit"]} == {*named}
        for name in named[1:]:
            assert (same["credit"][name], same["revenue"][name]) == (row["credit"][name], row["revenue"][name])
    by_last = get("/models", **DAYS, breakdown="source", models="last,first")["breakdown"]
    assert [row["source"] for row in by_last] == ["email", "google"]
    by_first = get("/models", **DAYS, breakdown="source", models="first,last")["breakdown"]
    assert [row["source"] for row in by_first] == ["google", "email"]


def test_a_model_that_says_nothing_alone(get):
    answer = get("/models", **DAYS, models="markov")
    assert {(row["credit"]["markov"], row["range"]) for row in answer["breakdown"]} == {(None, None)}


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"models": "first,best"}, "models"),
        ({"models": ""}, "models"),
        ({"models": "first,last", "model": "last"}, "model"),
    ],
)
def test_what_is_no_list_of_models_is_refused(get, query, parameter):
    assert get("/models", 400, **query)["parameter"] == parameter


@pytest.mark.parametrize("place", ["", "/paths"])
def test_several_models_are_asked_for_side_by_side_alone(get, place):
    assert get(place, 400, models="first,last")["parameter"] == "models"


@pytest.mark.parametrize("query", [{"limit": "1"}, {"where": "utm.source:google"}])
def test_rows_left_out_of_models_are_told_together(get, query):
    """So that by each model everything adds up to all conversions and all of their money."""
    answer = get("/models", **DAYS, models="first,last,linear,markov", **query)
    assert (len(answer["breakdown"]), answer["others"]["names"]) == (1, 1)
    parts = [*answer["breakdown"], answer["others"]]
    for model in ("first", "last", "linear"):
        assert sum(part["credit"][model] for part in parts) == answer["credited"]
        for currency, units in answer["revenue"].items():
            without = answer["unattributed"]["revenue"][currency]
            assert sum(part["revenue"][model][currency] for part in parts) + without == units
    assert answer["others"]["credit"]["markov"] is None
    assert get("/models", **DAYS)["others"] is None


def test_paths_tell_on_which_touches_people_convert(get):
    answer = get("/paths", **DAYS)
    [path] = answer["paths"]
    assert path["path"] == ["google / cpc / sale", "Welcome, clicked by email"]
    assert (path["conversions"], path["people"], path["touches"]) == (2, 1, 2)
    assert path["revenue"] == {"EUR": 600, "CHF": 700}
    assert (answer["withoutTouch"], answer["withOneTouch"], answer["withMoreTouches"]) == (1, 0, 2)
    assert answer["others"] == {"paths": 0, "conversions": 0}
    assert get("/paths", 400, min="3", max="2")["parameter"] == "min"


@pytest.fixture
def file_of(api, workspace, weeks):
    def rows(place, **query):
        answer = api.get(f"/api/workspaces/{workspace.api_id}/{place}.csv", query)
        return [*csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode().removeprefix("\ufeff")))]

    return rows


def test_files_have_the_same_rows(file_of):
    credit = file_of("analytics/attribution", **DAYS, model="linear")
    assert [(row["touch"], row["credit"], row["revenue.EUR"]) for row in credit] == [
        ("click", "1.0", "300"),
        ("utm", "1.0", "300"),
    ]
    [path] = file_of("analytics/attribution/paths", **DAYS)
    assert (path["touch1"], path["touch2"]) == ("google / cpc / sale", "Welcome, clicked by email")
    models = file_of("analytics/attribution/models", **DAYS)
    assert {row["credit.first"] for row in models} == {"0.0", "2.0"}


@pytest.fixture
def conversions(api, workspace, weeks):
    def get(place="", status=200, **query):
        response = api.get(f"/api/workspaces/{workspace.api_id}/conversions{place}", query)
        assert response.status_code == status, response.content
        return response.json()

    return get


def test_conversions_tell_their_path_and_shares(conversions):
    asked = {"occurredFrom": "2026-03-01", "occurredBefore": "2026-04-01", "model": "linear"}
    francs, *of_21st = conversions(**asked)["results"]
    bob, euros = sorted(of_21st, key=lambda row: row["contact"], reverse=True)
    assert (bob["path"], bob["credit"], bob["contact"]) == ([], 0.0, "bob")
    assert euros["revenue"] == {"EUR": 600}
    assert [(touch["touch"], touch["credit"], touch["revenue"]) for touch in euros["path"]] == [
        ("utm", 0.5, {"EUR": 300}),
        ("click", 0.5, {"EUR": 300}),
    ]
    [_, clicked] = conversions(**asked, touch="click")["results"]
    assert (clicked["id"], clicked["credit"], clicked["creditedRevenue"]) == (euros["id"], 0.5, {"EUR": 300})
    assert francs["path"][1]["campaign"] == "Welcome"


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({}, 3),
        ({"credited": "true"}, 2),
        ({"touch": "utm", "touchSource": "google"}, 2),
        ({"touch": "utm", "touchMedium": ""}, 0),
        ({"touchCampaignId": "none"}, 2),
        ({"touchVariantId": "none"}, 2),
        ({"oncePerPerson": "true"}, 2),
        ({"min": "2"}, 2),
        ({"max": "1", "credited": "true"}, 0),
        ({"otherPaths": "50,2,1000"}, 0),
        ({"otherPaths": "50,3,1000"}, 2),
        ({"currencyAssumed": "true"}, 1),
        ({"withoutAmount": "true"}, 0),
        ({"occurredFrom": "2026-03-22"}, 1),
        ({"occurredFrom": "2026-03-21T08:00:01Z", "occurredBefore": "2026-03-22"}, 0),
        ({"where": "property.revenue>6"}, 2),
    ],
)
def test_conversions_are_found_by_what_they_are(conversions, query, number):
    assert len(conversions(**query)["results"]) == number


def test_conversions_of_one_contact(conversions):
    bob = Contact.objects.get(external_id="bob").api_id
    [row] = conversions(contact=bob)["results"]
    assert conversions(f"/{row['id']}") == row


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"touch": "visit"}, "touch"),
        ({"touchCampaignId": "7"}, "touchCampaignId"),
        ({"otherPaths": "some"}, "otherPaths"),
        ({"model": "best"}, "model"),
    ],
)
def test_what_is_no_choice_is_refused(conversions, query, parameter):
    assert conversions(status=400, **query)["parameter"] == parameter


def test_a_file_of_conversions(file_of):
    rows = file_of("conversions", model="last")
    assert sorted((row["contact"], row["credit"]) for row in rows) == [("ada", "1.0"), ("ada", "1.0"), ("bob", "0.0")]
