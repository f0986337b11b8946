"""A/B tests and assignments over the API: made, changed, ended, deleted, listed; and which variant somebody gets."""

import csv
import io
import json

import pytest
from django.core.management import call_command

from analytics.draws import draw
from analytics.models import ABTest, Assignment
from tests.conftest import post_json
from workspaces.models import AuditEvent

AT = "2026-03-{:02}T10:00:00Z"
PRICE = {
    "externalId": "price",
    "name": "Price",
    "variants": [{"name": "A", "isControl": True}, {"name": "B", "weight": 2}],
    "startedAt": AT.format(1),
    "plannedSize": 8000,
    "goal": "event",
    "goalEvent": "signup",
    "windowDays": 14,
}


@pytest.fixture
def url(workspace):
    return f"/api/workspaces/{workspace.api_id}/ab-tests"


@pytest.fixture
def made(api, url):
    response = post_json(api, url, PRICE)
    assert response.status_code == 201, response.content
    return response.json()


def patch(api, address, **change):
    return api.patch(address, json.dumps(change), content_type="application/json")


def line():
    event = AuditEvent.objects.latest("id")
    return event.action, event.before, event.after


@pytest.mark.long
def test_a_test_is_made_shown_ended_and_deleted(api, url, made):
    [row] = ABTest.objects.all()
    assert made == {
        "id": row.api_id,
        **PRICE,
        "campaignId": None,
        "campaign": None,
        "isHoldout": False,
        "endedAt": None,
        "seed": "price",
        "variants": [
            {"name": "A", "weight": 1.0, "isControl": True},
            {"name": "B", "weight": 2.0, "isControl": False},
        ],
    }
    assert line()[0] == "test_made"
    assert post_json(api, url, PRICE).status_code == 200, "sent again"
    assert api.get(url).json()["results"] == [made]
    ended = patch(api, f"{url}/{row.api_id}", endedAt=AT.format(20)).json()
    assert ended == {**made, "endedAt": AT.format(20)}
    assert line() == ("test_changed", {"endedAt": None}, {"endedAt": "2026-03-20T10:00:00+00:00"})
    assert patch(api, f"{url}/{row.api_id}", endedAt=None).json() == made
    assert api.delete(f"{url}/{row.api_id}").status_code == 204
    assert line()[0] == "test_deleted"
    assert not ABTest.objects.exists()


def test_the_goal_is_clicks_of_a_campaign_and_else_conversions_unless_said(api, url, bulk):
    bulk("campaigns", [{"externalId": "c", "name": "C"}])
    plain = {"externalId": "t", "name": "T", "variants": PRICE["variants"]}
    assert post_json(api, url, plain).json()["goal"] == "conversion"
    of_campaign = post_json(api, url, {**plain, "campaign": "c"}).json()
    assert (of_campaign["goal"], of_campaign["campaign"]) == ("click", "c")
    named = {
        row["externalId"]: row["id"] for row in api.get(url, {"campaign": of_campaign["campaignId"]}).json()["results"]
    }
    assert named == {"t": of_campaign["id"]}
    changed = patch(api, f"{url}/{of_campaign['id']}", goal="event", goalEvent="signup").json()
    assert patch(api, f"{url}/{of_campaign['id']}", goal="open").json() == {
        **changed,
        "goal": "open",
        "goalEvent": None,
    }


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": None}, "missing_name"),
        ({"externalId": ""}, "missing_external_id"),
        ({"campaign": "unknown"}, "unknown_campaign"),
        ({"variants": []}, "invalid_variants"),
        ({"variants": [{"name": "A"}]}, "invalid_variants"),
        ({"variants": [{"name": "A"}, {"name": "A"}]}, "invalid_variants"),
        ({"variants": [{"name": "A", "weight": 0}, {"name": "B", "weight": 0}]}, "invalid_variants"),
        ({"variants": [{"name": "A", "isControl": True}, {"name": "B", "isControl": True}]}, "invalid_variants"),
        ({"variants": [{"name": str(number)} for number in range(21)]}, "invalid_variants"),
        ({"isHoldout": True, "variants": [{"name": "A"}, {"name": "B"}]}, "invalid_variants"),
        ({"isHoldout": True, "variants": [*PRICE["variants"], {"name": "C"}]}, "invalid_variants"),
        ({"endedAt": "2026-02-01"}, "invalid_ended_at"),
        ({"goal": "sales"}, "invalid_goal"),
        ({"goal": "event", "goalEvent": None}, "invalid_goal_event"),
        ({"goal": "click"}, "invalid_goal_event"),
        ({"plannedSize": 0}, "invalid_planned_size"),
        ({"windowDays": 366}, "invalid_window_days"),
        ({"windowDays": 1.5}, "invalid_window_days"),
    ],
)
def test_a_test_that_cannot_be_is_refused(api, url, change, code):
    response = post_json(api, url, {**PRICE, **change})
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert not ABTest.objects.exists()


@pytest.mark.long
def test_once_somebody_is_in_it_a_test_is_drawn_as_before_and_stays(api, url, made, bulk):
    address = f"{url}/{made['id']}"
    assert patch(api, address, variants=[{"name": "B", "weight": 1}]).json()["variants"][1]["weight"] == 1
    bulk("assignments", [{"abTest": "price", "variant": "A", "contact": "ada"}])
    variants = [{"name": "A", "isControl": False}, {"name": "C", "isControl": True}]
    for change in (
        {"variants": [{"name": "B", "weight": 5}]},
        {"variants": variants},
        {"seed": "x"},
        {"isHoldout": True},
    ):
        assert patch(api, address, **change).json()["code"] == "test_in_use"
    assert api.delete(address).status_code == 409
    assert patch(api, address, variants=[{"name": "A", "isControl": True, "weight": 1}]).json()["variants"] == list(
        api.get(address).json()["variants"]
    )
    assert patch(api, address, name="Prices", variants=[{"name": "C"}]).status_code == 200
    assert [variant["name"] for variant in api.get(address).json()["variants"]] == ["A", "B", "C"]


@pytest.mark.long
def test_assignments_are_made_listed_and_exported(api, workspace, made, bulk, tmp_path):
    url = f"/api/workspaces/{workspace.api_id}/assignments"
    item = {"abTest": "price", "variant": "B", "contact": "ada", "assignedAt": AT.format(3)}
    new = post_json(api, url, item)
    assert new.status_code == 201
    assert new.json() == {
        "id": Assignment.objects.get().api_id,
        "abTestId": made["id"],
        "campaign": None,
        **item,
        "contactId": new.json()["contactId"],
        "anonymousId": None,
        "withheld": False,
        "receivedAt": new.json()["receivedAt"],
    }
    assert post_json(api, url, item).status_code == 200
    bulk("assignments", [{**item, "variant": "A", "contact": None, "anonymousId": "d", "withheld": True}])
    rows = {name: len(api.get(url, query).json()["results"]) for name, query in QUERIES(made, new.json()).items()}
    assert rows == {"all": 2, "test": 2, "contact": 1, "withheld": 1, "before": 0, "from": 2}
    file = api.get(f"{url}.csv").getvalue()
    assert {row["variant"] for row in csv.DictReader(io.StringIO(file.decode()))} == {"A", "B"}
    (tmp_path / "a.csv").write_bytes(file)
    before = list(Assignment.objects.order_by("pk").values())
    call_command("import", "assignments", str(tmp_path / "a.csv"), workspace=workspace.api_id)
    assert list(Assignment.objects.order_by("pk").values()) == before


def QUERIES(made, row):
    return {
        "all": {},
        "test": {"abTest": made["id"]},
        "contact": {"contact": row["contactId"]},
        "withheld": {"withheld": "true"},
        "before": {"assignedBefore": AT.format(3)},
        "from": {"assignedFrom": AT.format(3)},
    }


def test_who_was_given_a_variant_gets_it_again_and_others_are_drawn(api, url, made, bulk, track):
    address = f"{url}/{made['id']}/arm"
    drawn = api.get(address, {"contact": "ada"}).json()
    assert drawn == {"variant": "A" if draw("price", "ada") < 1 / 3 else "B", "withheld": False, "isAssigned": False}
    other = {"A": "B", "B": "A"}[drawn["variant"]]
    bulk("assignments", [{"abTest": "price", "variant": other, "anonymousId": "d", "assignedAt": AT.format(3)}])
    assert api.get(address, {"contact": "ada"}).json() == drawn
    track({"type": "identify", "userId": "ada", "anonymousId": "d"})
    for who in ({"contact": "ada"}, {"anonymousId": "d"}):
        assert api.get(address, who).json() == {"variant": other, "withheld": False, "isAssigned": True}
    assert api.get(address).json()["parameter"] == "contact"
    assert api.get(address, {"contact": "x" * 256}).status_code == 400
    assert api.get(f"{url}/ab_0/arm", {"contact": "ada"}).status_code == 404


@pytest.mark.long
def test_a_holdout_says_to_whom_nothing_is_given(api, url):
    arms = [{"name": "treated", "weight": 0.9}, {"name": "held out", "weight": 0.1, "isControl": True}]
    test = post_json(api, url, {"externalId": "h", "name": "H", "isHoldout": True, "variants": arms}).json()
    answers = [api.get(f"{url}/{test['id']}/arm", {"contact": f"u{number}"}).json() for number in range(60)]
    assert {(each["variant"], each["withheld"]) for each in answers} == {("treated", False), ("held out", True)}


def test_who_writes_a_campaign_cannot_give_its_holdout_a_third_variant(api, url, workspace, bulk, track):
    bulk("campaigns", [{"externalId": "spring", "name": "Spring"}])
    variants = [{"name": "Nothing", "isControl": True}, {"name": "Sent"}]
    holdout = {"externalId": "held", "name": "Held", "campaign": "spring", "isHoldout": True, "variants": variants}
    assert post_json(api, url, holdout).status_code == 201
    of_campaign = {"externalId": "spring", "name": "Summer"}
    test = {"externalId": "held", "name": "Held out", "variants": [*variants, {"name": "Third"}]}
    campaigns = f"/api/workspaces/{workspace.api_id}/campaigns"
    refused = post_json(api, campaigns, {**of_campaign, "abTests": [test]})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_variants")
    assert "A holdout has two variants" in refused.json()["message"]
    assert ABTest.objects.get().variants.count() == 2
    assert ABTest.objects.get().campaign.name == "Spring", "nothing of the item is taken"
    assert post_json(api, campaigns, {**of_campaign, "abTests": [{**test, "variants": variants}]}).status_code == 200
    assert ABTest.objects.get().name == "Held out"
    assert api.get(f"/api/workspaces/{workspace.api_id}/analytics/holdouts").status_code == 200
